//! What is claimed of a function: a modulus of convexity or smoothness on a region.

use super::Region;
use crate::ConvexityError;
use crate::definitions::{Modulus, Side};
use crate::number::Number;
use crate::objectives::Objective;
use std::fmt;

/// The claim that a function is H(phi)-convex or H(Phi)-smooth, with an offset or without, on a region.
///
/// The numbers are meant as they stand: a constant given as 0.333 is 0.333 and not a third.
///
/// ```
/// use fenchel_convexity::definitions::Modulus;
/// use fenchel_convexity::falsification::Claim;
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
/// let claim = Claim::new(&Cosine, Modulus::smooth(1.0, 2.0, Norm::L2)?)?;
/// assert_eq!(claim.to_string(), "cos x is smooth with N(1, 2, l_2)");
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub(super) objective: &'a dyn Objective,
    pub(super) modulus: Modulus,
    pub(super) region: Region,
}

impl<'a> Claim<'a> {
    /// The claim everywhere in the function's domain.
    ///
    /// # Errors
    ///
    /// If the modulus is of another dimension than the function.
    pub fn new(objective: &'a dyn Objective, modulus: Modulus) -> Result<Self, ConvexityError> {
        modulus.potential().require_dimension("modulus", objective.dimension())?;
        Ok(Self { objective, modulus, region: Region::Everywhere })
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

    /// The modulus claimed.
    #[must_use]
    pub const fn modulus(&self) -> &Modulus {
        &self.modulus
    }

    /// The region.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    pub(super) fn side(&self) -> Side {
        self.modulus.side()
    }

    /// A violation so small relative to the bound that none was seen: what f64 showed was round-off.
    ///
    /// Where the bound is attained in the limit (log cosh x under x^2/2 at x = 1e-60) not even 256 bits tell the two apart.
    pub(super) fn negligible(&self, u: &[f64], v: &[f64]) -> f64 {
        let displacement: Vec<f64> = u.iter().zip(v).map(|(u, v)| u - v).collect();
        1e-30 * self.modulus.potential().value_of(&displacement)
    }

    /// A point of the pair in another arithmetic, moved exactly into domain and region where f64 only lies nearby.
    pub(super) fn lift<N: Number>(&self, x: &[f64]) -> Vec<N> {
        self.region.lift(&self.objective.domain(), x)
    }

    /// The slack of the claim's inequality, given the divergence.
    pub(super) fn slack<N: Number>(&self, u: &[N], v: &[N], divergence: N) -> N {
        let displacement: Vec<N> = u.iter().zip(v).map(|(u, v)| u.clone() - v).collect();
        self.modulus.slack(divergence, &displacement)
    }
}

impl fmt::Display for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.objective.name(), self.modulus)
    }
}
