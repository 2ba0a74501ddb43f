//! What is claimed of a function: one side of the definitions with its constants.

use super::Region;
use crate::error::{require_positive, require_range};
use crate::norms::Norm;
use crate::objectives::Objective;
use crate::{ConvexityError, Exponent};
use std::fmt;

/// Which side of the definitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// The claim that a function is H(phi)-convex or H(Phi)-smooth with a norm power (c/r) `||.||^r` and an offset.
///
/// The numbers are meant as they stand: a constant given as 0.333 is 0.333 and not a third.
///
/// ```
/// use fenchel_convexity::falsification::{Claim, Side};
/// use fenchel_convexity::norms::Norm;
/// use fenchel_convexity::number::Number;
/// use fenchel_convexity::objectives::Formula;
///
/// #[derive(Debug)]
/// struct Cosine;
/// impl Formula for Cosine {
///     fn name(&self) -> String { "cos x".into() }
///     fn dimension(&self) -> usize { 1 }
///     fn value<N: Number>(&self, x: &[N]) -> N { x[0].cos() }
/// }
///
/// let claim = Claim::new(&Cosine, Side::Smooth, 1.0, 2.0, Norm::L2)?;
/// assert_eq!(claim.to_string(), "cos x is smooth with (1/2) ||.||^2 in l_2");
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub(super) objective: &'a dyn Objective,
    pub(super) side: Side,
    pub(super) constant: f64,
    pub(super) exponent: f64,
    pub(super) norm: Norm,
    pub(super) offset: f64,
    pub(super) region: Region,
}

impl<'a> Claim<'a> {
    /// The claim with offset zero, everywhere in the function's domain.
    ///
    /// # Errors
    ///
    /// If the constant is not positive, the exponent is not in [1, inf), or the norm is of another dimension.
    pub fn new(
        objective: &'a dyn Objective,
        side: Side,
        constant: f64,
        exponent: f64,
        norm: Norm,
    ) -> Result<Self, ConvexityError> {
        require_positive("constant", constant)?;
        Exponent::new(exponent)?;
        require_range("exponent", exponent, exponent < f64::INFINITY, "in [1, inf)")?;
        norm.require_dimension("norm", objective.dimension())?;
        Ok(Self { objective, side, constant, exponent, norm, offset: 0.0, region: Region::Everywhere })
    }

    /// The claim weakened by an offset.
    ///
    /// # Errors
    ///
    /// If the offset is negative or not finite.
    pub fn with_offset(mut self, offset: f64) -> Result<Self, ConvexityError> {
        require_range("offset", offset, offset >= 0.0, "finite and at least 0")?;
        self.offset = offset;
        Ok(self)
    }

    /// The claim restricted to a region.
    ///
    /// # Errors
    ///
    /// If the region does not fit the function.
    pub fn within(mut self, region: Region) -> Result<Self, ConvexityError> {
        region.check(self.objective)?;
        self.region = region;
        Ok(self)
    }

    /// The function.
    #[must_use]
    pub fn objective(&self) -> &'a dyn Objective {
        self.objective
    }

    /// The side.
    #[must_use]
    pub const fn side(&self) -> Side {
        self.side
    }

    /// The constant c of (c/r) `||.||^r`.
    #[must_use]
    pub const fn constant(&self) -> f64 {
        self.constant
    }

    /// The exponent r.
    #[must_use]
    pub const fn exponent(&self) -> f64 {
        self.exponent
    }

    /// The norm.
    #[must_use]
    pub const fn norm(&self) -> &Norm {
        &self.norm
    }

    /// The offset.
    #[must_use]
    pub const fn offset(&self) -> f64 {
        self.offset
    }

    /// The region.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }
}

impl fmt::Display for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { side, constant, exponent, norm, .. } = self;
        write!(
            f,
            "{} is {side} with ({constant}/{exponent}) ||.||^{exponent} in {norm}",
            self.objective.name()
        )?;
        if self.offset > 0.0 {
            write!(f, " and offset {}", self.offset)?;
        }
        Ok(())
    }
}
