//! How parameters are drawn: the two starts that experiments compare, and all starts by name.

use fenchel_harness::Failure;
use fenchel_nn::Initialiser;
use fenchel_random::Seed;
use fenchel_tensor::{Real, Tape};
use serde::{Deserialize, Serialize};

/// The starts whose structural errors are compared with depth and with width.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Start {
    /// Weights and biases from `U(±fan_in^{-1/2})`.
    Default,
    /// Weights from `N(0, 2/fan_in)`, biases 0.
    Kaiming,
}

impl Start {
    /// Both starts.
    pub const ALL: [Self; 2] = [Self::Default, Self::Kaiming];

    /// The name in identifiers and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Kaiming => "kaiming",
        }
    }

    /// What draws the parameters.
    #[must_use]
    pub const fn initialiser(self) -> Initialiser {
        match self {
            Self::Default => Initialiser::FanInUniform,
            Self::Kaiming => Initialiser::Kaiming,
        }
    }
}

/// A start as a training takes it: drawn in `f64` and rounded to the training's precision.
///
/// # Errors
/// If the start does not suit the model.
pub fn drawn<T: Real>(initialiser: Initialiser, tape: &Tape, seed: Seed) -> Result<Vec<T>, Failure> {
    Ok(initialiser.draw(tape, seed)?.iter().map(|&p| T::of(p)).collect())
}

/// The start called `name`: `fan-in-uniform`, `kaiming`, `xavier`, `lecun`, `orthogonal` (gain √2), `gaussian:0.01`
/// (deviation), `equal:0.01` (every weight and bias the same), `equal-weights:0.01` (biases 0), `zeros`.
///
/// # Errors
/// For an unknown name, with the known ones.
///
/// ```
/// use fenchel_experiments::ingredients::initialiser;
/// assert_eq!(initialiser("zeros").unwrap(), initialiser("equal:0").unwrap());
/// assert!(initialiser("gaussian").is_err());
/// ```
pub fn initialiser(name: &str) -> Result<Initialiser, Failure> {
    let unknown = || {
        format!(
            "there is no initialiser `{name}`; known are: fan-in-uniform, kaiming, xavier, lecun, orthogonal, \
             gaussian:DEVIATION, equal:VALUE, equal-weights:VALUE, zeros"
        )
    };
    if let Some((family, number)) = name.split_once(':') {
        let number: f64 = number.parse().map_err(|_| unknown())?;
        return match family {
            "gaussian" => Ok(Initialiser::Gaussian { deviation: number }),
            "equal" => Ok(Initialiser::Constant { weight: number, bias: number }),
            "equal-weights" => Ok(Initialiser::Constant { weight: number, bias: 0.0 }),
            _ => Err(unknown().into()),
        };
    }
    Ok(match name {
        "fan-in-uniform" => Initialiser::FanInUniform,
        "kaiming" => Initialiser::Kaiming,
        "xavier" => Initialiser::Xavier,
        "lecun" => Initialiser::LeCun,
        "orthogonal" => Initialiser::Orthogonal { gain: 2.0_f64.sqrt() },
        "zeros" => Initialiser::Constant { weight: 0.0, bias: 0.0 },
        _ => return Err(unknown().into()),
    })
}
