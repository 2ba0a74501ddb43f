//! The sandwich of one sample: its excess loss between the two bounds of theorem T11.

use fenchel_convexity::losses::Bounds;
use fenchel_tensor::BackwardRoundoff;

use super::ExtremeEigenvalues;

/// Which bound a loss has crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The loss lies below the lower bound.
    Lower,
    /// The loss lies above the upper bound.
    Upper,
}

/// `lower <= excess <= upper`, as measured: both bounds are moved outwards by the round-off of all that they
/// were computed from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sandwich {
    /// At most `lo(‖grad l‖ / sqrt(lambda_max))`; 0 where no eigenvalue is known to be positive.
    pub lower: f64,
    /// The excess loss `l - l_inf`.
    pub excess: f64,
    /// At least `hi(‖grad l‖ / sqrt(lambda_min))`, infinite where `lambda_min` may be 0 or the loss has no
    /// finite bound there.
    pub upper: f64,
}

/// The losses' own rounding: excess and bounds are evaluated to a few units in the last place each.
const OWN: f64 = 16.0 * f64::EPSILON;

impl Sandwich {
    /// Puts the three numbers together.
    ///
    /// The excess itself is exact to a few units in the last place for the outputs at hand; the squared
    /// gradient norm and the eigenvalues are off by no more than `roundoff`.
    #[must_use]
    pub fn new(
        bounds: &Bounds,
        excess: f64,
        squared_gradient_norm: f64,
        eigenvalues: ExtremeEigenvalues,
        roundoff: BackwardRoundoff,
    ) -> Self {
        let ExtremeEigenvalues { min, max } = eigenvalues;
        let least = squared_gradient_norm - roundoff.squared_norm;
        // Not `max`, which would turn a NaN into a bound.
        let least = if least < 0.0 { 0.0 } else { least };
        let most = squared_gradient_norm + roundoff.squared_norm;
        let smallest = min - roundoff.eigenvalue;
        let lower = if max == 0.0 {
            0.0
        } else {
            bounds.lower((least / (max + roundoff.eigenvalue)).sqrt()) * (1.0 - OWN)
        };
        let upper = if smallest <= 0.0 {
            f64::INFINITY
        } else {
            bounds.upper((most / smallest).sqrt()) * (1.0 + OWN)
        };
        Self { lower, excess, upper }
    }

    /// The bound that is violated by more than round-off, if one is. A NaN anywhere is a violation.
    #[must_use]
    pub fn violation(&self) -> Option<Side> {
        let above = self.lower <= self.excess;
        let below = self.excess <= self.upper;
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
        let bounds = SquaredError.bounds(&array![0.0, 1.0]).unwrap();
        let eigenvalues = ExtremeEigenvalues { min, max };
        let squared_norm = roundoff * square + f64::MIN_POSITIVE;
        let roundoff = BackwardRoundoff { squared_norm, eigenvalue: roundoff * max };
        Sandwich::new(&bounds, excess, square, eigenvalues, roundoff)
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
