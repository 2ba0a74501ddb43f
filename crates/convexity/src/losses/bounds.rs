//! The two bounds on the excess of a loss, for one target.
//!
//! A loss hands over its two bounds as formulas over the reals; what f64 does to them is dealt with here, once.
//! A formula forms its arguments from the norm by at most seven roundings (constants such as sqrt 2 among them),
//! each of at most half a unit (2^-53 relative): [`ARGUMENT`] is more. Every function, product and sum after
//! that is one of at most a unit each, and there are fewer than seven: [`WIDEN`] is more. Below the normal numbers
//! a rounding costs up to half of 2^-1074 instead, for which [`TINY`] stands.

use crate::exponent::Exponent;
use std::fmt;

/// The relative widening of a bound.
pub(crate) const WIDEN: f64 = 8.0 * f64::EPSILON;

/// The relative widening of the norm.
const ARGUMENT: f64 = 4.0 * f64::EPSILON;

/// 16 of the smallest positive numbers: the absolute widening of both.
const TINY: f64 = 16.0 * f64::from_bits(1);

/// A function of the residual's norm.
type Curve = Box<dyn Fn(f64) -> f64 + Send + Sync>;

/// `lower(||e||_2) <= l - l_inf <= upper(||e||_2)` for every output, at one target: see
/// [`Loss::bounds`](super::Loss::bounds).
///
/// Both functions are non-decreasing. The norm is taken as an exact number: one that is known up to round-off
/// belongs rounded down into `lower` and rounded up into `upper`.
///
/// ```
/// use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy};
/// use ndarray::array;
///
/// let bounds = SoftmaxCrossEntropy.bounds(&array![0.0, 1.0, 0.0])?;
/// // Uniform output: e = (1/3, -2/3, 1/3), and the loss is log 3.
/// let t = (6.0_f64 / 9.0).sqrt();
/// assert!(bounds.lower(t) < 3_f64.ln() && 3_f64.ln() <= bounds.upper(t));
/// assert!(bounds.upper(t).is_finite() && bounds.upper(1.3).is_infinite());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub struct Bounds {
    lower: Curve,
    upper: Curve,
}

impl Bounds {
    /// Bounds by formulas that are non-decreasing functions of the norm t > 0.
    ///
    /// They may be evaluated in f64 as they stand on paper, as long as they stay within the roundings that the
    /// head of this file allows; the results are rounded outward here.
    #[must_use]
    pub fn new(
        lower: impl Fn(f64) -> f64 + Send + Sync + 'static,
        upper: impl Fn(f64) -> f64 + Send + Sync + 'static,
    ) -> Self {
        Self { lower: Box::new(lower), upper: Box::new(upper) }
    }

    /// Bounds of a loss that is at its infimum for every output.
    pub(super) fn zero() -> Self {
        Self::new(|_| 0.0, |_| 0.0)
    }

    /// A lower bound on the excess at every output whose residual has at least the norm t; finite.
    ///
    /// NaN if t is negative or NaN.
    #[must_use]
    pub fn lower(&self, t: f64) -> f64 {
        if t.is_nan() || t < 0.0 {
            return f64::NAN;
        }
        let t = (t * (1.0 - ARGUMENT) - TINY).min(f64::MAX);
        // A loss beyond f64 is above all of f64.
        if t > 0.0 { ((self.lower)(t) * (1.0 - WIDEN) - TINY).clamp(0.0, f64::MAX) } else { 0.0 }
    }

    /// An upper bound on the excess at every output whose residual has at most the norm t; may be infinite.
    ///
    /// NaN if t is negative or NaN.
    #[must_use]
    pub fn upper(&self, t: f64) -> f64 {
        if t.is_nan() || t < 0.0 {
            return f64::NAN;
        }
        if t == 0.0 {
            return 0.0;
        }
        (self.upper)(t * (1.0 + ARGUMENT) + TINY) * (1.0 + WIDEN) + TINY
    }
}

/// Bounds by the norm in l_p on R^m, from those by the Euclidean one.
pub(super) fn compared_with_euclidean(own: Bounds, p: Exponent, m: usize) -> Bounds {
    if p == Exponent::TWO {
        return own;
    }
    // ||e||_p / over <= ||e||_2 <= under ||e||_p.
    let (over, under) = (p.over_euclidean(m) * (1.0 + WIDEN), p.under_euclidean(m) * (1.0 + WIDEN));
    let Bounds { lower, upper } = own;
    Bounds::new(move |t| lower(t / over), move |t| upper(t * under))
}

impl fmt::Debug for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bounds").finish_non_exhaustive()
    }
}
