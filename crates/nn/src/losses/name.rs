//! Losses by name, as command lines and settings write them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use fenchel_convexity::losses::{
    Entmax, Logistic, Loss, NormPowerLoss, PowerRegression, SoftmaxCrossEntropy, Sparsemax, SquaredError,
};

use crate::NnError;

/// A loss by name, with its parameters; text and value convert into each other.
///
/// | text | loss | targets |
/// |---|---|---|
/// | `ce` | softmax cross-entropy `KL(y, softmax f)` | labels, or rows of the simplex |
/// | `squared` | `1/2 ‖f - y‖²` | labels (as one-hot rows), or real rows |
/// | `logistic` | element-wise logistic | labels, or rows in `[0, 1]^m` |
/// | `sparsemax` | sparsemax | labels, or rows of the simplex |
/// | `entmax:ALPHA` | entmax, `ALPHA` in `[1.01, 100]` | labels, or rows of the simplex |
/// | `norm-power:C:R` | `(C/R) ‖f - y‖^R`, `C > 0`, `R > 1` | labels (as one-hot rows), or real rows |
/// | `power:K` | `‖f - y‖_K^K`, `K >= 2` | labels (as one-hot rows), or real rows |
///
/// ```
/// use fenchel_nn::losses::LossName;
/// let name: LossName = "entmax:1.5".parse()?;
/// assert_eq!(name, LossName::Entmax { alpha: 1.5 });
/// assert_eq!(name.to_string(), "entmax:1.5");
/// assert!("entmax:0.5".parse::<LossName>()?.loss().is_err());
/// # Ok::<(), fenchel_nn::NnError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum LossName {
    /// Softmax cross-entropy.
    CrossEntropy,
    /// Half the squared error.
    Squared,
    /// The element-wise logistic loss.
    Logistic,
    /// Sparsemax.
    Sparsemax,
    /// Entmax.
    Entmax {
        /// The exponent alpha.
        alpha: f64,
    },
    /// A norm power of the error.
    NormPower {
        /// The constant c.
        c: f64,
        /// The exponent r.
        r: f64,
    },
    /// The sum of the k-th powers of the errors.
    Power {
        /// The exponent k.
        k: f64,
    },
}

impl LossName {
    /// The loss itself.
    ///
    /// # Errors
    /// If a parameter is out of its range.
    pub fn loss(self) -> Result<Arc<dyn Loss>, NnError> {
        Ok(match self {
            Self::CrossEntropy => Arc::new(SoftmaxCrossEntropy),
            Self::Squared => Arc::new(SquaredError),
            Self::Logistic => Arc::new(Logistic),
            Self::Sparsemax => Arc::new(Sparsemax),
            Self::Entmax { alpha } => Arc::new(Entmax::new(alpha)?),
            Self::NormPower { c, r } => Arc::new(NormPowerLoss::new(c, r)?),
            Self::Power { k } => Arc::new(PowerRegression::new(k)?),
        })
    }
}

impl fmt::Display for LossName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CrossEntropy => f.pad("ce"),
            Self::Squared => f.pad("squared"),
            Self::Logistic => f.pad("logistic"),
            Self::Sparsemax => f.pad("sparsemax"),
            Self::Entmax { alpha } => write!(f, "entmax:{alpha}"),
            Self::NormPower { c, r } => write!(f, "norm-power:{c}:{r}"),
            Self::Power { k } => write!(f, "power:{k}"),
        }
    }
}

impl FromStr for LossName {
    type Err = NnError;

    fn from_str(text: &str) -> Result<Self, NnError> {
        let mut parts = text.split(':');
        let name = parts.next().unwrap_or_default();
        let numbers: Option<Vec<f64>> = parts.map(|part| part.parse().ok()).collect();
        match (name, numbers.as_deref()) {
            ("ce", Some([])) => Ok(Self::CrossEntropy),
            ("squared", Some([])) => Ok(Self::Squared),
            ("logistic", Some([])) => Ok(Self::Logistic),
            ("sparsemax", Some([])) => Ok(Self::Sparsemax),
            ("entmax", Some(&[alpha])) => Ok(Self::Entmax { alpha }),
            ("norm-power", Some(&[c, r])) => Ok(Self::NormPower { c, r }),
            ("power", Some(&[k])) => Ok(Self::Power { k }),
            _ => Err(NnError::Name {
                kind: "loss",
                name: text.to_owned(),
                known: "ce, squared, logistic, sparsemax, entmax:ALPHA, norm-power:C:R, power:K",
            }),
        }
    }
}
