//! The gap between a sample's two bounds, cut into parts that can be blamed on something.
//!
//! With t = ‖e‖ the residual's norm, t₋ = ‖∇l‖ / √λ_max and t₊ = ‖∇l‖ / √λ_min, T10 says t₋ ≤ t ≤ t₊ and
//!
//! ```text
//!   log hi(t₊) - log lo(t₋)  =  [log hi(t₊) - log hi(t)]      structure, above
//!                             + [log hi(t)  - log l]          the loss's own gap, above
//!                             + [log l      - log lo(t)]      the loss's own gap, below
//!                             + [log lo(t)  - log lo(t₋)]     structure, below
//! ```
//!
//! Every part is at least 0, so none hides behind another. If lo and hi are one power of t, as for the squared error, the loss's
//! own gap is 0 and the structure's is D = log cond. The same sums without logarithms decompose hi − lo itself.

use fenchel_convexity::losses::Bounds;
use fenchel_nn::measurement::SampleMeasurement;
use serde::{Deserialize, Serialize};

/// The four parts of a gap; of a sample, or their means over samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parts {
    /// What the smallest eigenvalue adds above.
    pub structure_above: f64,
    /// What the loss's upper bound adds, were the residual's norm known.
    pub loss_above: f64,
    /// What the loss's lower bound gives away, were the residual's norm known.
    pub loss_below: f64,
    /// What the largest eigenvalue gives away below.
    pub structure_below: f64,
}

impl Parts {
    /// The parts of the telescope hi(t₊) ≥ hi(t) ≥ l ≥ lo(t) ≥ lo(t₋).
    fn of([upper, upper_at, excess, lower_at, lower]: [f64; 5]) -> Self {
        Self {
            structure_above: upper - upper_at,
            loss_above: upper_at - excess,
            loss_below: excess - lower_at,
            structure_below: lower_at - lower,
        }
    }

    /// The parts from above to below.
    #[must_use]
    pub fn array(&self) -> [f64; 4] {
        [self.structure_above, self.loss_above, self.loss_below, self.structure_below]
    }

    /// The whole gap.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.array().iter().sum()
    }

    /// The structure's share: D, for a loss whose bounds are one power of the residual's norm.
    #[must_use]
    pub fn structure(&self) -> f64 {
        self.structure_above + self.structure_below
    }

    /// The loss's own gap.
    #[must_use]
    pub fn loss(&self) -> f64 {
        self.loss_above + self.loss_below
    }

    /// The mean of each part.
    #[must_use]
    pub fn mean(parts: &[Self]) -> Self {
        let mean = |part: fn(&Self) -> f64| parts.iter().map(part).sum::<f64>() / parts.len() as f64;
        Self {
            structure_above: mean(|p| p.structure_above),
            loss_above: mean(|p| p.loss_above),
            loss_below: mean(|p| p.loss_below),
            structure_below: mean(|p| p.structure_below),
        }
    }
}

/// One sample's gap and its parts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decomposition {
    /// The sharper bounds, as the probe measured them.
    pub lower: f64,
    /// See `lower`.
    pub upper: f64,
    /// log cond on the directions that the bounds use.
    pub d: f64,
    /// The parts of log(hi / lo).
    pub logarithmic: Parts,
    /// The parts of hi − lo.
    pub linear: Parts,
    /// Whether all parts are at least 0 beyond the round-off of what was measured.
    pub ordered: bool,
    /// A bound on the round-off of the sum of the logarithmic parts, and of log(hi/lo) − D for the squared error.
    pub rounding: f64,
}

impl Decomposition {
    /// Decomposes a sample's gap; none where the upper bound is infinite or a number is 0, so that there is no finite logarithm.
    ///
    /// `roundoff` is the relative error of squared norms, and that of eigenvalues relative to the largest.
    pub(super) fn new(sample: &SampleMeasurement, bounds: &Bounds, roundoff: f64) -> Option<Self> {
        let eigenvalues = sample.sum_zero_eigenvalues.unwrap_or(sample.eigenvalues);
        let residual = sample.squared_residual_norm.sqrt();
        // The bounds at the measured numbers themselves, for the parts are to add up: those of the sandwich
        // carry their round-off.
        let bound = |eigenvalue: f64| (sample.squared_gradient_norm / eigenvalue).sqrt();
        let lower = bounds.lower(bound(eigenvalues.max));
        let upper = if sample.sum_zero_sandwich.unwrap_or(sample.sandwich).upper.is_finite() {
            bounds.upper(bound(eigenvalues.min))
        } else {
            f64::INFINITY
        };
        let (lower_at, upper_at) = (bounds.lower(residual), bounds.upper(residual));
        let telescope = [upper, upper_at, sample.excess, lower_at, lower];
        if telescope.iter().any(|&value| !(value > 0.0 && value.is_finite())) {
            return None;
        }
        let logarithms = telescope.map(f64::ln);
        // T10, every measured number moved against it by its round-off; and the loss's bounds, exact to a few units.
        let (square, e) = (sample.squared_gradient_norm, sample.squared_residual_norm);
        let own = 16.0 * f64::EPSILON;
        let below = square * (1.0 - roundoff) <= e * (1.0 + own) * eigenvalues.max * (1.0 + roundoff);
        let above =
            e * (1.0 - own) * (eigenvalues.min - eigenvalues.max * roundoff) <= square * (1.0 + roundoff);
        // Near the largest residual a unit of t is many units of the bounds.
        let (low, high) = (residual * (1.0 - own), residual * (1.0 + own));
        let between = bounds.lower(low) * (1.0 - own) <= sample.excess
            && sample.excess * (1.0 - own) <= bounds.upper(high);
        // Each logarithm errs by a unit of itself and by the relative error of its argument, a few units; a sum of four
        // differences adds a unit for each partial sum, none of which exceeds the largest logarithms' sizes.
        let size = logarithms.iter().map(|value| value.abs()).sum::<f64>();
        let d = eigenvalues.structural_error().d;
        Some(Self {
            lower,
            upper,
            d,
            logarithmic: Parts::of(logarithms),
            linear: Parts::of(telescope),
            ordered: below && above && between,
            rounding: 64.0 * f64::EPSILON * (1.0 + size + d),
        })
    }

    /// Whether the logarithmic parts sum to log hi − log lo.
    pub(super) fn adds_up(&self) -> bool {
        let gap = self.upper.ln() - self.lower.ln();
        (self.logarithmic.sum() - gap).abs() <= self.rounding
    }

    /// Whether log(hi / lo) is D.
    pub(super) fn is_d(&self) -> bool {
        (self.upper.ln() - self.lower.ln() - self.d).abs() <= self.rounding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy, SquaredError};
    use fenchel_nn::measurement::{ExtremeEigenvalues, Sandwich};
    use fenchel_tensor::BackwardRoundoff;
    use ndarray::array;

    /// A sample of a model whose Jacobian is diag(a, b), so that A = diag(a², b²).
    fn sample(loss: &dyn Loss, target: [f64; 2], output: [f64; 2], [a, b]: [f64; 2]) -> SampleMeasurement {
        let (target, mut residual) = (array![target[0], target[1]], array![0.0, 0.0]);
        let excess = loss.value_and_residual(&target, &array![output[0], output[1]], &mut residual).unwrap();
        let square = (a * residual[0]).powi(2) + (b * residual[1]).powi(2);
        let eigenvalues = ExtremeEigenvalues { min: (a * a).min(b * b), max: (a * a).max(b * b) };
        let roundoff = BackwardRoundoff { squared_norm: 1e-14 * square, eigenvalue: 1e-14 * eigenvalues.max };
        SampleMeasurement {
            roundoff,
            excess,
            squared_residual_norm: residual.dot(&residual),
            squared_gradient_norm: square,
            eigenvalues,
            sum_zero_eigenvalues: None,
            sandwich: Sandwich::new(&loss.bounds(&target).unwrap(), excess, square, eigenvalues, roundoff),
            sum_zero_sandwich: None,
        }
    }

    fn bounds(loss: &dyn Loss) -> Bounds {
        loss.bounds(&array![1.0, 0.0]).unwrap()
    }

    #[test]
    fn the_squared_error_has_no_gap_of_its_own() {
        let sample = sample(&SquaredError, [1.0, 0.0], [0.0, 2.0], [3.0, 1.0]);
        // e = (-1, 2): t² = 5, ‖∇l‖² = 9 + 4 = 13, cond = 9.
        let parts = Decomposition::new(&sample, &bounds(&SquaredError), 1e-14).unwrap();
        let near = |value: f64, expected: f64| (value - expected).abs() < 1e-13;
        assert!(near(parts.logarithmic.structure_above, (13.0_f64 / 5.0).ln()));
        assert!(near(parts.logarithmic.structure_below, (45.0_f64 / 13.0).ln()));
        assert!(near(parts.logarithmic.loss(), 0.0) && near(parts.d, 9.0_f64.ln()));
        assert!(near(parts.linear.sum(), 0.5 * (13.0 - 13.0 / 9.0)));
        assert!(parts.ordered && parts.adds_up() && parts.is_d());
    }

    #[test]
    fn two_classes_under_cross_entropy_leave_only_the_structure() {
        // With two classes both bounds of T11 are -log(1 - t/√2), which is the loss.
        let loss = SoftmaxCrossEntropy;
        let sample = sample(&loss, [1.0, 0.0], [3.0, 0.0], [2.0, 1.5]);
        let parts = Decomposition::new(&sample, &bounds(&loss), 1e-14).unwrap();
        assert!(parts.logarithmic.loss().abs() < 1e-13 && parts.logarithmic.structure() > 0.1);
        assert!(parts.ordered && parts.adds_up() && !parts.is_d());
    }

    #[test]
    fn a_broken_order_and_an_infinite_bound_are_seen() {
        let good = sample(&SquaredError, [1.0, 0.0], [0.0, 2.0], [3.0, 1.0]);
        let decompose =
            |sample: &SampleMeasurement| Decomposition::new(sample, &bounds(&SquaredError), 1e-14);
        let mut gradient = good.clone();
        gradient.squared_gradient_norm = 46.0;
        assert!(!decompose(&gradient).unwrap().ordered);
        let mut loss = good.clone();
        loss.excess *= 1.0 + 1e-9;
        assert!(!decompose(&loss).unwrap().ordered);
        let mut singular = good.clone();
        singular.sandwich.upper = f64::INFINITY;
        assert!(decompose(&singular).is_none());
    }

    #[test]
    fn means_are_taken_part_by_part() {
        let one = Parts::of([16.0, 8.0, 4.0, 2.0, 1.0]);
        assert_eq!(one.array(), [8.0, 4.0, 2.0, 1.0]);
        assert_eq!((one.sum(), one.structure(), one.loss()), (15.0, 9.0, 6.0));
        assert_eq!(Parts::mean(&[one, Parts::default()]).array(), [4.0, 2.0, 1.0, 0.5]);
    }
}
