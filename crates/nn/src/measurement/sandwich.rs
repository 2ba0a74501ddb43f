//! The sandwich of one sample: its excess loss between the two bounds of theorem T11.

use fenchel_convexity::losses::Bounds;

use super::ExtremeEigenvalues;

/// Which bound a loss has crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The loss lies below the lower bound.
    Lower,
    /// The loss lies above the upper bound.
    Upper,
}

/// `lower <= excess <= upper`, as measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sandwich {
    /// `lo(‖grad l‖ / sqrt(lambda_max))`.
    pub lower: f64,
    /// The excess loss `l - l_inf`.
    pub excess: f64,
    /// `hi(‖grad l‖ / sqrt(lambda_min))`, infinite where `lambda_min` is 0 or the loss has no finite bound there.
    pub upper: f64,
    /// The lower bound with every measured number moved against the theorem by its round-off.
    lower_with_roundoff: f64,
    /// The upper bound likewise.
    upper_with_roundoff: f64,
}

impl Sandwich {
    /// Puts the three numbers together.
    ///
    /// `roundoff` bounds the relative error of the squared gradient norm, and the error of an eigenvalue relative to
    /// `lambda_max`; see [`Tape::backward_roundoff`](fenchel_tensor::Tape::backward_roundoff). The excess itself is
    /// exact to a few units in the last place for the outputs at hand.
    ///
    /// `underflow` bounds what the squared norm loses where squares fall below the normal numbers: the smallest normal number of
    /// the passes' precision, since each of the squares of n parameters loses at most a unit of the subnormal ones, and n of these
    /// are less as long as n has fewer bits than a mantissa. It matters for a sample that is right with a loss of 1e-160.
    #[must_use]
    pub fn new(
        bounds: &Bounds,
        excess: f64,
        squared_gradient_norm: f64,
        eigenvalues: ExtremeEigenvalues,
        roundoff: f64,
        underflow: f64,
    ) -> Self {
        let ExtremeEigenvalues { min, max } = eigenvalues;
        let lower = |square: f64, max: f64| {
            if max > 0.0 { bounds.lower((square / max).sqrt()) } else { 0.0 }
        };
        let upper = |square: f64, min: f64| {
            if min > 0.0 { bounds.upper((square / min).sqrt()) } else { f64::INFINITY }
        };
        let least = squared_gradient_norm * (1.0 - roundoff) - underflow;
        Self {
            lower: lower(squared_gradient_norm, max),
            excess,
            upper: upper(squared_gradient_norm, min),
            // Not `max`, which would turn a NaN into a bound.
            lower_with_roundoff: lower(if least < 0.0 { 0.0 } else { least }, max * (1.0 + roundoff)),
            upper_with_roundoff: upper(
                squared_gradient_norm * (1.0 + roundoff) + underflow,
                min - max * roundoff,
            ),
        }
    }

    /// The bound that is violated by more than round-off, if one is. A NaN anywhere is a violation.
    #[must_use]
    pub fn violation(&self) -> Option<Side> {
        // The losses' own rounding: evaluated to a few units in the last place.
        let own = 8.0 * f64::EPSILON;
        let above = self.lower_with_roundoff * (1.0 - own) <= self.excess;
        let below = self.excess * (1.0 - own) <= self.upper_with_roundoff;
        match (above, below) {
            (true, true) => None,
            (false, _) => Some(Side::Lower),
            (_, false) => Some(Side::Upper),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_convexity::losses::{Loss, SquaredError};
    use ndarray::array;

    fn sandwich(excess: f64, square: f64, min: f64, max: f64, roundoff: f64) -> Sandwich {
        let bounds = SquaredError.bounds(array![0.0, 1.0].view()).unwrap();
        let eigenvalues = ExtremeEigenvalues { min, max };
        Sandwich::new(&bounds, excess, square, eigenvalues, roundoff, f64::MIN_POSITIVE)
    }

    #[test]
    fn finds_violations_and_forgives_only_roundoff() {
        // ‖e‖² = 2, so 1/2 ‖e‖² = 1; the gradient is as long as the eigenvalue 4 makes it.
        assert_eq!(sandwich(1.0, 8.0, 4.0, 4.0, 1e-12).violation(), None);
        assert_eq!(sandwich(1.0 + 1e-9, 8.0, 4.0, 4.0, 1e-12).violation(), Some(Side::Upper));
        assert_eq!(sandwich(1.0 - 1e-9, 8.0, 4.0, 4.0, 1e-12).violation(), Some(Side::Lower));
        assert_eq!(sandwich(1.0 - 1e-13, 8.0, 4.0, 4.0, 1e-12).violation(), None);
        assert_eq!(sandwich(f64::NAN, 8.0, 4.0, 4.0, 1e-12).violation(), Some(Side::Lower));
    }

    #[test]
    fn squares_that_underflow_are_no_violation() {
        // A residual of 1e-160 has the loss 5e-321 for the squared error and a gradient whose square is no number but 0.
        assert_eq!(sandwich(5e-321, 0.0, 1.0, 1.0, 1e-12).violation(), None);
        assert_eq!(sandwich(1e-300, 0.0, 1.0, 1.0, 1e-12).violation(), Some(Side::Upper));
        assert_eq!(sandwich(0.0, 1e-300, 1.0, 1.0, 1e-12).violation(), Some(Side::Lower));
    }

    #[test]
    fn a_singular_matrix_bounds_nothing_from_above() {
        let open = sandwich(1e9, 8.0, 0.0, 4.0, 1e-12);
        assert_eq!(open.upper, f64::INFINITY);
        assert_eq!(open.violation(), None);
        assert_eq!(sandwich(0.5, 0.0, 0.0, 0.0, 0.0).lower, 0.0);
    }
}
