//! T20: From samples to the risk: what bounds on the losses of samples say of the empirical risk.
//!
//! **Statement.** `R = (1/n) sum l_i`, `R_G(1) = R_inf - (1/n) sum inf l_i` the capacity risk of single samples. At
//! every x `(1/n) sum (l_i - inf l_i) = R - R_inf + R_G(1)`, so with bounds `lo_i <= l_i - inf l_i <= hi_i`, as T11 or
//! T4 have them, `(1/n) sum lo_i - R_G(1) <= R - R_inf <= (1/n) sum hi_i - R_G(1)`. If R_inf lies in [a, b], R_G(1)
//! lies in [a, b] less the mean of the infima.
//!
//! **Assumptions.** The bounds at the samples; that R_inf lies in the bracket, for which [`linear_head`] and [`softmax_head`] have
//! a proof where the model is linear in its parameters and the loss is the squared error or the cross-entropy.
//!
//! **What is computed.** [`RiskBounds`]: the interval of the excess risk, and the two bounds on it.
//! [`linear_head`]: the least mean squared error, as the last pivot of a Gram matrix in 256 bits; [`softmax_head`]: the least
//! cross-entropy, between a risk and the dual. That R_G falls to 0
//! with the size of batches is [`check_risks`](super::capacity_risk::check_risks), and the bounds of T4 are examined
//! by [`check`](super::capacity_risk::check) with batches of one.
//!
//! **Reference.** GCS (arXiv 2608.09523) has R_G; the identity adds and subtracts R_inf.
//!
//! **Cost.** [`linear_head`]: `m n d^2` products in 256 bits.
//!
//! ```
//! use fenchel_convexity::theorems::sample_risk::{Means, RiskBounds, linear_head};
//! use ndarray::array;
//!
//! // f = w, targets 0 and 2: each sample alone reaches 0, both together (1 + 1)/4.
//! let least = linear_head(array![[1.0], [1.0]].view(), array![[0.0], [2.0]].view())?;
//! assert!(least.lower <= 0.5 && 0.5 <= least.upper && least.upper - least.lower < 1e-15);
//! // At w = 3 the losses are 9/2 and 1/2, which bounds of 90 % to 110 % enclose.
//! let means = Means { samples: 2, excess: 2.5, lower: 2.25, upper: 2.75, infimum: 0.0 };
//! let bounds = RiskBounds::new(&means, least)?;
//! // Rounded outward.
//! assert!(bounds.excess.lower <= 2.0 && 2.0 <= bounds.excess.upper && bounds.capacity.lower > 0.49);
//! assert!((bounds.lower - 1.75).abs() < 1e-13 && (bounds.upper - 2.25).abs() < 1e-13 && bounds.hold());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod softmax_head;

pub use softmax_head::softmax_head;

use crate::error::{ConvexityError, require_dimension, require_finite, require_range};
use crate::linear_algebra::Bracket;
use crate::linear_algebra::inertia::distance_from_span;
use crate::number::{Number, PreciseInterval};
use ndarray::{Array1, ArrayView1, ArrayView2};

/// Means over all samples at one x.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Means {
    /// How many samples: a plain mean of n numbers of one sign is off by n units.
    pub samples: usize,
    /// Of `l_i - inf l_i`.
    pub excess: f64,
    /// Of the lower bounds on it.
    pub lower: f64,
    /// Of the upper bounds on it; may be infinite.
    pub upper: f64,
    /// Of `inf l_i`.
    pub infimum: f64,
}

/// The excess of the risk over its infimum, between two bounds. All are rounded outward.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RiskBounds {
    /// `R - R_inf`.
    pub excess: Bracket,
    /// `R_G(1)`.
    pub capacity: Bracket,
    /// At most `R - R_inf`.
    pub lower: f64,
    /// At least `R - R_inf`.
    pub upper: f64,
    /// Whether the mean excess lies between the means of the bounds.
    within: bool,
}

impl RiskBounds {
    /// The bounds, from those of the samples and a bracket of `R_inf`.
    ///
    /// # Errors
    ///
    /// If a number is not finite (the upper bound may be infinite), or the bracket is empty or ends below the mean
    /// of the infima, which is a lower bound on `R_inf`.
    pub fn new(means: &Means, risk_infimum: Bracket) -> Result<Self, ConvexityError> {
        let &Means { samples, excess, lower, upper, infimum } = means;
        for (name, value) in [("excess", excess), ("lower", lower), ("infimum", infimum)] {
            require_range(name, value, true, "finite")?;
        }
        if upper.is_nan() {
            return Err(ConvexityError::OutOfRange {
                argument: "upper",
                value: upper,
                requirement: "a number, or infinite",
            });
        }
        let rounded = (samples as f64 + 8.0) * f64::EPSILON;
        let Bracket { lower: a, upper: b } = risk_infimum;
        require_range("risk_infimum", b - a, b >= a, "a bracket of two finite numbers")?;
        let off = rounded * (excess.abs() + lower.abs() + infimum.abs() + a.abs().max(b.abs()));
        let (a, b) = (a.max(infimum), b + off);
        require_range("risk_infimum", b, b >= infimum, "at least the mean of the samples' infima")?;
        let capacity = Bracket { lower: (a - infimum - off).max(0.0), upper: b - infimum + off };
        Ok(Self {
            excess: Bracket { lower: excess - capacity.upper - off, upper: excess - capacity.lower + off },
            capacity,
            lower: lower - capacity.upper - off,
            upper: upper * (1.0 + rounded) - capacity.lower + off,
            within: lower - off <= excess && excess <= upper * (1.0 + rounded) + off,
        })
    }

    /// Whether the risk lies between the bounds, up to the rounding of means. The excess risk and both bounds are those of
    /// the samples less the same `R_G(1)`, so that this asks the bounds of the samples, however wide the bracket is.
    #[must_use]
    pub const fn hold(&self) -> bool {
        self.within
    }
}

/// The least of `(1/2n) sum_i ||y_i - W h_i||^2` over all W: h_i the rows of `features` (n x d; a column of ones for a
/// bias), y_i those of `targets` (n x m).
///
/// # Errors
///
/// If there is no sample or no target, shapes do not fit, an entry is not finite, or the features' columns are dependent as far as 256 bits can
/// tell.
pub fn linear_head(features: ArrayView2<f64>, targets: ArrayView2<f64>) -> Result<Bracket, ConvexityError> {
    require_samples(features, targets)?;
    let lift = |column: ArrayView1<f64>| -> Vec<PreciseInterval> {
        column.iter().map(|&x| PreciseInterval::from_f64(x)).collect()
    };
    let columns: Vec<Vec<PreciseInterval>> = features.columns().into_iter().map(lift).collect();
    let mut total = PreciseInterval::zero();
    for target in targets.columns() {
        let mut rows = columns.clone();
        rows.push(lift(target));
        total = total + distance_from_span(&rows).map_err(dependent)?;
    }
    let least = (total / (2.0 * features.nrows() as f64)).to_f64_interval();
    Ok(Bracket { lower: least.lo().max(0.0), upper: least.hi().max(0.0) })
}

/// One finite target for each of some samples.
fn require_samples(features: ArrayView2<f64>, targets: ArrayView2<f64>) -> Result<(), ConvexityError> {
    for (name, count) in [("features (rows)", features.nrows()), ("targets (columns)", targets.ncols())] {
        require_range(name, count as f64, count > 0, "at least 1")?;
    }
    require_dimension("targets", targets.nrows(), features.nrows())?;
    for (name, matrix) in [("features", features), ("targets", targets)] {
        require_finite(name, &Array1::from_iter(matrix.iter().copied()))?;
    }
    Ok(())
}

fn dependent(column: usize) -> ConvexityError {
    ConvexityError::Matrix {
        argument: "features",
        requirement: "of independent columns; leave out those that the others determine",
        reason: format!("column {column} adds nothing to those before it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_random::Seed;
    use ndarray::{Array2, array};

    #[test]
    fn the_least_squared_error_is_that_of_the_normal_equations() {
        // A line through three points: residuals (1, -2, 1)/6 times the second difference.
        let features = array![[0.0, 1.0], [1.0, 1.0], [2.0, 1.0]];
        let targets = array![[0.0, 3.0], [0.0, 1.0], [6.0, -1.0]];
        let least = linear_head(features.view(), targets.view()).unwrap();
        assert!(least.lower <= 1.0 && 1.0 <= least.upper && least.upper - least.lower < 1e-15, "{least:?}");
        // No W does better, and one of these comes near.
        let mut stream = Seed::new(1).stream();
        let features = Array2::from_shape_simple_fn((9, 2), || stream.random_range(-1.0..1.0));
        let targets = Array2::from_shape_simple_fn((9, 1), || stream.random_range(-1.0..1.0));
        let least = linear_head(features.view(), targets.view()).unwrap();
        let risk = |w: &Array2<f64>| (&targets - &features.dot(w)).mapv(|e| e * e).sum() / 18.0;
        let mut w = array![[0.0], [0.0]];
        for _ in 0..400 {
            w = &w + &(features.t().dot(&(&targets - &features.dot(&w))) * 0.2);
            let off = Array2::from_shape_simple_fn((2, 1), || stream.random_range(-1.0..1.0));
            assert!(risk(&(&w + &off)) >= least.lower);
        }
        assert!(risk(&w) >= least.lower && risk(&w) <= least.upper + 1e-12);
        // As many features as samples reach 0; dependent ones are refused.
        let least = linear_head(Array2::<f64>::eye(3).view(), array![[1.0], [2.0], [5.0]].view()).unwrap();
        assert_eq!((least.lower, least.upper), (0.0, 0.0));
        assert!(linear_head(array![[1.0, 2.0], [2.0, 4.0]].view(), array![[1.0], [0.0]].view()).is_err());
        assert!(linear_head(array![[1.0]].view(), array![[1.0], [0.0]].view()).is_err());
        let (none, nothing) = (Array2::zeros((0, 1)), Array2::zeros((1, 0)));
        assert!(linear_head(none.view(), none.view()).is_err());
        assert!(linear_head(array![[1.0]].view(), nothing.view()).is_err());
        assert!(linear_head(array![[f64::NAN]].view(), array![[1.0]].view()).is_err());
    }

    #[test]
    fn bounds_shift_by_the_capacity_risk_and_see_a_broken_sandwich() {
        let means = Means { samples: 4, excess: 2.0, lower: 1.5, upper: 3.0, infimum: 0.25 };
        let bounds = RiskBounds::new(&means, Bracket { lower: 0.75, upper: 1.0 }).unwrap();
        let near = |a: f64, b: f64| (a - b).abs() < 1e-13;
        assert!(near(bounds.capacity.lower, 0.5) && near(bounds.capacity.upper, 0.75));
        assert!(near(bounds.excess.lower, 1.25) && near(bounds.excess.upper, 1.5));
        assert!(near(bounds.lower, 0.75) && near(bounds.upper, 2.5) && bounds.hold());
        // A bracket that begins below the infima begins at them.
        let open = RiskBounds::new(&means, Bracket { lower: -9.0, upper: 1.0 }).unwrap();
        assert_eq!(open.capacity.lower, 0.0);
        let exact = Bracket { lower: 1.0, upper: 1.0 };
        for broken in [Means { lower: 2.01, ..means }, Means { upper: 1.99, ..means }] {
            // However wide the bracket.
            for bracket in [exact, Bracket { lower: 0.25, upper: 2.25 }] {
                assert!(!RiskBounds::new(&broken, bracket).unwrap().hold());
            }
        }
        assert!(RiskBounds::new(&Means { upper: f64::NAN, ..means }, exact).is_err());
        assert!(RiskBounds::new(&Means { upper: f64::INFINITY, ..means }, exact).unwrap().hold());
        for wrong in [Bracket { lower: 1.0, upper: 0.5 }, Bracket { lower: 0.0, upper: 0.2 }] {
            assert!(RiskBounds::new(&means, wrong).is_err());
        }
        assert!(RiskBounds::new(&Means { excess: f64::NAN, ..means }, exact).is_err());
    }
}
