//! The g-proxy, xi-optimal Polyak-Lojasiewicz inequality of a function, and whether it is so.

use super::IntoObjective;
use super::along::along;
use crate::claims::refute;
use crate::error::{ConvexityError, require_dimension, require_positive, require_range};
use crate::inequality::{Pair, PolyakLojasiewicz, verdict_at};
use crate::objectives::{Objective, Region, slope};
use crate::search::SearchConfig;
use crate::trajectory::Trajectory;
use crate::verdict::{Report, Verdict};
use ndarray::ArrayRef1;
use std::sync::Arc;

/// The claim `||grad f(w)||^alpha >= (mu/2)(g(w) - xi)`.
///
/// ```
/// use fenchel_convexity::catalogue::Quadratic;
/// use fenchel_convexity::objectives::Region;
/// use fenchel_convexity::search::SearchConfig;
/// use fenchel_convexity::proxy::ProxyPl;
/// use std::sync::Arc;
///
/// // ‖∇f‖² = x² + 9y² >= x² + 3y² = 2f, with equality on the first axis: mu = 4 in this normalisation.
/// let f = Arc::new(Quadratic::diagonal(&[1.0, 3.0])?);
/// let config = SearchConfig::budget(3000);
/// let tight = ProxyPl::new(f.clone(), f.clone(), 0.0, 2.0, 4.0)?;
/// assert!(tight.falsify(&Region::Everywhere, &config)?.holds());
/// let overstated = ProxyPl::new(f.clone(), f, 0.0, 2.0, 4.04)?;
/// assert!(overstated.falsify(&Region::Everywhere, &config)?.is_violated());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProxyPl {
    f: Arc<dyn Objective>,
    g: Arc<dyn Objective>,
    xi: f64,
    alpha: f64,
    mu: f64,
}

impl ProxyPl {
    /// The claim for f with the surrogate g.
    ///
    /// # Errors
    ///
    /// If the dimensions differ, alpha or mu is not positive, or a number is not finite.
    pub fn new(
        f: impl IntoObjective,
        g: impl IntoObjective,
        xi: f64,
        alpha: f64,
        mu: f64,
    ) -> Result<Self, ConvexityError> {
        let (f, g) = (f.into_objective(), g.into_objective());
        require_dimension("g", g.dimension(), f.dimension())?;
        require_range("xi", xi, true, "finite")?;
        require_positive("alpha", alpha)?;
        require_positive("mu", mu)?;
        Ok(Self { f, g, xi, alpha, mu })
    }

    /// f, on which gradient descent runs.
    #[must_use]
    pub const fn f(&self) -> &Arc<dyn Objective> {
        &self.f
    }

    /// g, which the guarantee bounds.
    #[must_use]
    pub const fn g(&self) -> &Arc<dyn Objective> {
        &self.g
    }

    /// xi, below which the inequality says nothing.
    #[must_use]
    pub const fn xi(&self) -> f64 {
        self.xi
    }

    /// The exponent alpha.
    #[must_use]
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }

    /// mu.
    #[must_use]
    pub const fn mu(&self) -> f64 {
        self.mu
    }

    /// `||grad f(w)||^alpha - (mu/2)(g(w) - xi)` in f64: negative where the claim fails.
    ///
    /// # Errors
    ///
    /// If w is not in the domain, or a value leaves f64.
    pub fn slack(&self, w: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        let gradient = slope(&*self.f, w)?;
        let norm = gradient.iter().fold(0.0_f64, |norm, s| norm.hypot(*s));
        Ok(norm.powf(self.alpha) - 0.5 * self.mu * (self.g.value(w)? - self.xi))
    }

    /// Whether the claim holds at one point, decided by an enclosure where f64 could err.
    #[must_use]
    pub fn at(&self, w: &ArrayRef1<f64>) -> Verdict {
        verdict_at(&self.inequality(), &Pair { u: w.to_vec(), v: w.to_vec() })
    }

    /// Searches a region for a counterexample.
    ///
    /// # Errors
    ///
    /// If the region does not fit f, or the budget is 0.
    pub fn falsify(&self, region: &Region, config: &SearchConfig) -> Result<Verdict, ConvexityError> {
        region.check(&*self.f)?;
        Ok(refute(&self.inequality(), region, config, &mut |_| {})?.0)
    }

    /// Examines the claim at every point of a trajectory.
    ///
    /// # Errors
    ///
    /// As [`ProxyPl::slack`].
    pub fn along(&self, trajectory: &Trajectory) -> Result<Report, ConvexityError> {
        let first = trajectory.states()[0].point.clone();
        along(&self.inequality(), trajectory, &first)
    }

    fn inequality(&self) -> PolyakLojasiewicz<'_> {
        PolyakLojasiewicz { f: &*self.f, g: &*self.g, xi: self.xi, alpha: self.alpha, mu: self.mu }
    }
}
