//! Functions as arguments: by value, or behind an `Arc` of their own type or of any.

use crate::objectives::Objective;
use std::sync::Arc;

/// What can be used as a function of a claim: an objective, or an `Arc` of one.
///
/// ```
/// use fenchel_convexity::catalogue::Quadratic;
/// use fenchel_convexity::proxy::{ProxyConvex, Surrogate};
/// use std::sync::Arc;
///
/// let f = Arc::new(Quadratic::diagonal(&[1.0, 3.0])?);
/// let claim = ProxyConvex::new(f.clone(), Surrogate::new(f.clone(), 2.0, 0.0)?, f)?;
/// assert!(claim.f().name().contains("x'Qx"));
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub trait IntoObjective {
    /// The function, shared.
    fn into_objective(self) -> Arc<dyn Objective>;
}

impl<F: Objective + 'static> IntoObjective for F {
    fn into_objective(self) -> Arc<dyn Objective> {
        Arc::new(self)
    }
}

impl<F: Objective + 'static> IntoObjective for Arc<F> {
    fn into_objective(self) -> Arc<dyn Objective> {
        self
    }
}

impl IntoObjective for Arc<dyn Objective> {
    fn into_objective(self) -> Arc<dyn Objective> {
        self
    }
}
