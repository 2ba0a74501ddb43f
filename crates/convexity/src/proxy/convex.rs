//! (g, h)-proxy convexity of a function, and whether it is so.

use super::IntoObjective;
use super::along::along;
use crate::claims::refute;
use crate::error::{ConvexityError, require_dimension, require_vector};
use crate::inequality::{Pair, ProxyConvexity, verdict_at};
use crate::objectives::{Objective, Region, slope};
use crate::search::SearchConfig;
use crate::trajectory::Trajectory;
use crate::verdict::{Report, Verdict};
use ndarray::ArrayRef1;
use std::sync::Arc;

/// The claim `<grad f(w), w - v> >= g(w) - h(v)`.
///
/// ```
/// use fenchel_convexity::catalogue::Quadratic;
/// use fenchel_convexity::objectives::Region;
/// use fenchel_convexity::search::SearchConfig;
/// use fenchel_convexity::proxy::{ProxyConvex, Surrogate};
/// use std::sync::Arc;
///
/// // A convex f is (f, f)-proxy convex ...
/// let f = Arc::new(Quadratic::diagonal(&[1.0, 3.0])?);
/// let claim = ProxyConvex::new(f.clone(), f.clone(), f.clone())?;
/// let config = SearchConfig::budget(3000);
/// assert!(claim.falsify(&Region::Everywhere, &config)?.holds());
/// // ... but not (3f, f): at v = 0 a quadratic gives 2f, not more.
/// let greedy = ProxyConvex::new(f.clone(), Surrogate::new(f.clone(), 3.0, 0.0)?, f)?;
/// assert!(greedy.falsify(&Region::Everywhere, &config)?.is_violated());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProxyConvex {
    f: Arc<dyn Objective>,
    g: Arc<dyn Objective>,
    h: Arc<dyn Objective>,
}

impl ProxyConvex {
    /// The claim for f with the surrogates g and h.
    ///
    /// # Errors
    ///
    /// If the dimensions differ.
    pub fn new(
        f: impl IntoObjective,
        g: impl IntoObjective,
        h: impl IntoObjective,
    ) -> Result<Self, ConvexityError> {
        let (f, g, h) = (f.into_objective(), g.into_objective(), h.into_objective());
        require_dimension("g", g.dimension(), f.dimension())?;
        require_dimension("h", h.dimension(), f.dimension())?;
        Ok(Self { f, g, h })
    }

    /// (f, f).
    pub(super) fn of_one(f: Arc<dyn Objective>) -> Self {
        Self { g: f.clone(), h: f.clone(), f }
    }

    /// f, on which gradient descent runs.
    #[must_use]
    pub const fn f(&self) -> &Arc<dyn Objective> {
        &self.f
    }

    /// g, which the guarantees bound.
    #[must_use]
    pub const fn g(&self) -> &Arc<dyn Objective> {
        &self.g
    }

    /// h, what the comparator costs.
    #[must_use]
    pub const fn h(&self) -> &Arc<dyn Objective> {
        &self.h
    }

    /// `<grad f(w), w - v> - g(w) + h(v)` in f64: negative where the claim fails.
    ///
    /// # Errors
    ///
    /// If a point is not in the domain, or a value leaves f64.
    pub fn slack(&self, w: &ArrayRef1<f64>, v: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        require_vector("v", v, self.f.dimension())?;
        let gradient = slope(&*self.f, w)?;
        let inner = gradient.iter().zip(w).zip(v).fold(0.0, |sum, ((s, w), v)| sum + s * (w - v));
        Ok(inner - self.g.value(w)? + self.h.value(v)?)
    }

    /// Whether the claim holds at one pair, decided by an enclosure where f64 could err.
    #[must_use]
    pub fn at(&self, w: &ArrayRef1<f64>, v: &ArrayRef1<f64>) -> Verdict {
        verdict_at(&self.inequality(), &Pair { u: w.to_vec(), v: v.to_vec() })
    }

    /// Searches a region for a counterexample: w and v in a ball or sublevel set, or v fixed
    /// ([`Region::Around`]) and w anywhere.
    ///
    /// # Errors
    ///
    /// If the region does not fit f, or the budget is 0.
    pub fn falsify(&self, region: &Region, config: &SearchConfig) -> Result<Verdict, ConvexityError> {
        region.check(&*self.f)?;
        Ok(refute(&self.inequality(), region, config, &mut |_| {})?.0)
    }

    /// Examines the claim at every point of a trajectory, against a fixed comparator v.
    ///
    /// The report has no hypotheses: it is itself the hypothesis of P1 and P2.
    ///
    /// # Errors
    ///
    /// If v does not fit, or as [`ProxyConvex::slack`].
    pub fn along(&self, trajectory: &Trajectory, v: &ArrayRef1<f64>) -> Result<Report, ConvexityError> {
        require_vector("v", v, self.f.dimension())?;
        along(&self.inequality(), trajectory, v)
    }

    pub(super) fn inequality(&self) -> ProxyConvexity<'_> {
        ProxyConvexity { f: &*self.f, g: &*self.g, h: &*self.h, tau: 1.0 }
    }
}
