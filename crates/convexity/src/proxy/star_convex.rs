//! E1: convex, star-convex and quasar-convex functions.
//!
//! **Statement.** A convex f is (f, f)-proxy convex: `<grad f(w), w - v> >= f(w) - f(v)` is the definition. f
//! is *tau-quasar-convex* about a minimiser w* if `f(w*) >= f(w) + (1/tau) <grad f(w), w* - w>`, and
//! *star-convex* for tau = 1. Then `<grad f(w), w - w*> >= tau f(w) - tau f(w*)`: at the comparator v = w* f
//! is proxy convex with `g = tau f` and `h(w*) = tau f(w*)`.
//!
//! **P2.** Where f is L-smooth on the whole space with minimum f*, `||grad f||^2 <= 2L (f - f*)` (T4). For
//! f* >= 0 that is at most `(2L/tau) g`.
//!
//! Two families whose constants are known:
//!
//! - [`RootPower`]: `((||w - w*||^2 + e)^{p/2} - e^{p/2}) / p`, p in (0, 2]. Quasar-convex with tau = p and
//!   not better: with `s = ||w - w*||^2 + e`, `<grad f, w - w*> = s^{p/2} - e s^{p/2-1}`, which is at least
//!   `p f = s^{p/2} - e^{p/2}` because `(s/e)^{p/2-1} <= 1`, and their ratio tends to 1 far away for p > 0.
//!   The Hessian's eigenvalues are `s^{p/2-1}` and `s^{p/2-2}(e + (p-1)||w - w*||^2)`, both at most
//!   `L = e^{p/2-1}` in absolute value; for p < 1 f is not even star-convex.
//! - [`EvenPolynomial`]: `sum_k c_k prod_i (w_i - w*_i)^{2 a_ki}`, c_k > 0, in general not convex. By Euler's
//!   identity `<grad f, w - w*>` is the sum of (degree x term), so tau is the least degree. On the ball
//!   `||w - w*|| <= R` each term t of degree d has `||grad t||^2 <= 4 c |a|^2 R^{d-2} t`, as
//!   `t / (w_i - w*_i)^2 <= c R^{d-2}`; the sum of K terms has at most K times the largest of these factors
//!   times f.
//!
//! **Reference.** Frei, Gu, arXiv 2106.13792, section 2; quasar-convexity: Hardt, Ma, Recht, 2018; Hinder,
//! Sidford, Sohoni, 2020.

mod even_polynomial;
mod root_power;

pub use even_polynomial::EvenPolynomial;
pub use root_power::RootPower;

use super::{Comparator, IntoObjective, ProxyConvex, SmoothGuarantee, Surrogate};
use crate::error::{ConvexityError, require_positive};
use ndarray::{Array1, ArrayRef1};
use std::sync::Arc;

/// A convex function as an instance: (f, f).
#[must_use]
pub fn convex(f: impl IntoObjective) -> ProxyConvex {
    ProxyConvex::of_one(f.into_objective())
}

/// A tau-quasar-convex function as an instance: (tau f, tau f), claimed at v = w* only.
///
/// # Errors
///
/// If tau is not positive.
///
/// ```
/// use fenchel_convexity::objectives::Region;
/// use fenchel_convexity::search::SearchConfig;
/// use fenchel_convexity::proxy::star_convex::{RootPower, quasar_convex};
/// use std::sync::Arc;
///
/// let f = Arc::new(RootPower::new(vec![0.0, 0.0], 0.5, 1.0)?);
/// let at_minimiser = Region::Around { point: vec![0.0, 0.0] };
/// let config = SearchConfig::budget(4000);
/// assert!(quasar_convex(f.clone(), 0.5)?.falsify(&at_minimiser, &config)?.holds());
/// assert!(quasar_convex(f, 0.51)?.falsify(&at_minimiser, &config)?.is_violated());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub fn quasar_convex(f: impl IntoObjective, tau: f64) -> Result<ProxyConvex, ConvexityError> {
    require_positive("tau", tau)?;
    let f = f.into_objective();
    let scaled = Arc::new(Surrogate::new(f.clone(), tau, 0.0)?);
    ProxyConvex::new(f, scaled.clone(), scaled)
}

/// An instance with its minimiser and the constant that P2 needs.
#[derive(Clone, Debug)]
pub struct StarConvex {
    proxy: ProxyConvex,
    minimiser: Vec<f64>,
    smoothness: f64,
}

impl StarConvex {
    /// f with its surrogates.
    #[must_use]
    pub const fn proxy(&self) -> &ProxyConvex {
        &self.proxy
    }

    /// The minimiser w* as a comparator; both families have f(w*) = 0, so it costs nothing.
    #[must_use]
    pub fn comparator(&self) -> Comparator {
        Comparator { point: Array1::from(self.minimiser.clone()), cost: 0.0 }
    }

    /// P2 for a start.
    ///
    /// # Errors
    ///
    /// If w_0 does not fit.
    pub fn guarantee(&self, start: &ArrayRef1<f64>) -> Result<SmoothGuarantee, ConvexityError> {
        self.comparator().guarantee(start, self.smoothness)
    }

    /// L2 with `||grad f||^2 <= L2 g`.
    #[must_use]
    pub const fn smoothness(&self) -> f64 {
        self.smoothness
    }
}
