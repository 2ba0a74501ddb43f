//! Moduli: how convex, or how smooth.

use crate::error::{ConvexityError, require_range};
use crate::exponent::Exponent;
use crate::norms::Norm;
use crate::number::Number;
use crate::objectives::Objective;
use crate::potentials::Potential;
use ndarray::ArrayRef1;
use std::fmt;

/// Which side of the definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// H(phi)-convexity: `D_G(u, v) >= phi(u - v) - offset`.
    Convex,
    /// H(Phi)-smoothness: `D_G(u, v) <= Phi(u - v) + offset`.
    Smooth,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Convex => "convex",
            Self::Smooth => "smooth",
        })
    }
}

/// A statement of convexity or smoothness: the side, the potential, and the offset that weakens it.
///
/// ```
/// use fenchel_convexity::moduli::Modulus;
/// use fenchel_convexity::norms::Norm;
///
/// // 1/2-smooth in the Euclidean norm: D(u, v) <= 1/4 ||u - v||^2.
/// let smooth = Modulus::smooth(0.5, 2.0, Norm::L2)?;
/// assert_eq!(smooth.slack(0.9, &[2.0, 0.0]), 1.0 - 0.9);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Modulus {
    side: Side,
    potential: Potential,
    offset: f64,
}

impl Modulus {
    /// A statement with any potential.
    ///
    /// # Errors
    ///
    /// If the potential carries an offset of its own (give it here), or the offset is negative or not finite.
    pub fn new(side: Side, potential: Potential, offset: f64) -> Result<Self, ConvexityError> {
        require_range("offset", offset, offset >= 0.0, "finite and at least 0")?;
        require_range(
            "potential",
            potential.offset(),
            potential.offset() == 0.0,
            "without an offset of its own",
        )?;
        Ok(Self { side, potential, offset })
    }

    /// H(N(c, r, norm))-convexity, offset 0.
    ///
    /// # Errors
    ///
    /// As [`Potential::norm_power`].
    pub fn convex(c: f64, r: f64, norm: Norm) -> Result<Self, ConvexityError> {
        Self::new(Side::Convex, Potential::norm_power(c, r, norm)?, 0.0)
    }

    /// H(N(c, r, norm))-smoothness, offset 0.
    ///
    /// # Errors
    ///
    /// As [`Potential::norm_power`].
    pub fn smooth(c: f64, r: f64, norm: Norm) -> Result<Self, ConvexityError> {
        Self::new(Side::Smooth, Potential::norm_power(c, r, norm)?, 0.0)
    }

    /// The same statement with this offset.
    ///
    /// # Errors
    ///
    /// If the offset is negative or not finite.
    pub fn with_offset(self, offset: f64) -> Result<Self, ConvexityError> {
        Self::new(self.side, self.potential, offset)
    }

    /// The side.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.side
    }

    /// The potential, without the offset.
    #[must_use]
    pub const fn potential(&self) -> &Potential {
        &self.potential
    }

    /// The offset, at least 0.
    #[must_use]
    pub const fn offset(&self) -> f64 {
        self.offset
    }

    /// c, r and the norm, if the potential is a norm power.
    #[must_use]
    pub fn as_norm_power(&self) -> Option<(f64, Exponent, &Norm)> {
        self.potential.as_norm_power()
    }

    /// c, r and the norm, if the potential is a norm power with r > 1: what gradient steps and their rates ask for.
    pub(crate) fn require_power(&self) -> Result<(f64, f64, &Norm), ConvexityError> {
        match self.as_norm_power() {
            Some((c, r, norm)) if r.get() > 1.0 => Ok((c, r.get(), norm)),
            _ => Err(ConvexityError::Incompatible {
                what: "a gradient step and a modulus",
                reason: "the potential must be a norm power with r > 1".into(),
            }),
        }
    }

    /// The bound on the divergence, as a potential: `phi - offset` or `Phi + offset`.
    ///
    /// # Errors
    ///
    /// None that a modulus can meet; the signature is that of the composition of potentials.
    pub fn bound(&self) -> Result<Potential, ConvexityError> {
        self.potential.clone().with_offset(match self.side {
            Side::Convex => -self.offset,
            Side::Smooth => self.offset,
        })
    }

    /// The bound at a displacement u - v, in any arithmetic.
    pub fn bound_of<N: Number>(&self, displacement: &[N]) -> N {
        let potential = self.potential.value_of(displacement);
        match self.side {
            _ if self.offset == 0.0 => potential,
            Side::Convex => potential - self.offset,
            Side::Smooth => potential + self.offset,
        }
    }

    /// How far a divergence is from breaking the bound at a displacement; negative if it breaks it.
    pub fn slack<N: Number>(&self, divergence: N, displacement: &[N]) -> N {
        let bound = self.bound_of(displacement);
        match self.side {
            Side::Convex => divergence - bound,
            Side::Smooth => bound - divergence,
        }
    }

    /// The slack of a function at a pair, in f64.
    ///
    /// # Errors
    ///
    /// As [`Objective::bregman`], and if the potential is of another dimension.
    pub fn slack_at(
        &self,
        objective: &dyn Objective,
        u: &ArrayRef1<f64>,
        v: &ArrayRef1<f64>,
    ) -> Result<f64, ConvexityError> {
        self.potential.require_dimension("objective", objective.dimension())?;
        let divergence = objective.bregman(u, v)?;
        let displacement: Vec<f64> = u.iter().zip(v).map(|(u, v)| u - v).collect();
        Ok(self.slack(divergence, &displacement))
    }
}

impl fmt::Display for Modulus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_norm_power() {
            Some((c, r, norm)) => write!(f, "{} with N({c}, {r}, {norm})", self.side)?,
            None => write!(f, "{} with {}", self.side, self.potential)?,
        }
        if self.offset == 0.0 { Ok(()) } else { write!(f, ", offset {}", self.offset) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_weaken_either_side() {
        let convex = Modulus::convex(1.0, 2.0, Norm::L2).unwrap();
        let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
        for divergence in [0.0, 0.5, 3.0] {
            let d = [0.6, -0.8];
            assert!((convex.slack(divergence, &d) - (divergence - 0.5)).abs() < 1e-15);
            assert!((smooth.slack(divergence, &d) - (0.5 - divergence)).abs() < 1e-15);
            for modulus in [&convex, &smooth] {
                let weaker = (*modulus).clone().with_offset(0.25).unwrap();
                assert_eq!(weaker.slack(divergence, &d), modulus.slack(divergence, &d) + 0.25);
                let bound = weaker.bound().unwrap();
                assert_eq!(bound.value_of(&d), weaker.bound_of(&d));
            }
        }
        assert!(convex.with_offset(-0.1).is_err() && smooth.with_offset(f64::NAN).is_err());
        let raised = Potential::norm_power(1.0, 2.0, Norm::L2).unwrap().with_offset(1.0).unwrap();
        assert!(Modulus::new(Side::Smooth, raised, 0.0).is_err());
    }
}
