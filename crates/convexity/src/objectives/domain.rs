//! Domains of objectives.

use crate::error::{ConvexityError, require_dimension, require_finite};
use crate::number::Number;
use crate::simplex;
use ndarray::aview1;

/// Where a function is defined: a convex set.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Domain {
    /// All of R^m.
    Whole,
    /// `lower_i <= x_i <= upper_i`; ends may be infinite.
    Box {
        /// The lower ends.
        lower: Vec<f64>,
        /// The upper ends.
        upper: Vec<f64>,
    },
    /// The probability simplex: entries at least 0 that sum to 1.
    Simplex,
}

impl Domain {
    /// The non-negative orthant of R^m.
    #[must_use]
    pub fn non_negative(dimension: usize) -> Self {
        Self::Box { lower: vec![0.0; dimension], upper: vec![f64::INFINITY; dimension] }
    }

    /// Checks that the set is one of a space and not empty.
    ///
    /// # Errors
    ///
    /// If a box is of another dimension, or has an end that is NaN or a lower end above the upper one.
    pub fn check(&self, dimension: usize) -> Result<(), ConvexityError> {
        match self {
            Self::Whole | Self::Simplex => Ok(()),
            Self::Box { lower, upper } => {
                require_dimension("lower ends of the box", lower.len(), dimension)?;
                require_dimension("upper ends of the box", upper.len(), dimension)?;
                match lower.iter().zip(upper).position(|(lo, hi)| lo.is_nan() || hi.is_nan() || lo > hi) {
                    None => Ok(()),
                    Some(i) => Err(ConvexityError::Incompatible {
                        what: "the ends of the box",
                        reason: format!(
                            "in coordinate {i} they are {} and {}; pass a lower end that is at most the upper one",
                            lower[i], upper[i]
                        ),
                    }),
                }
            }
        }
    }

    /// By how much x fails to lie in the domain, in its worst condition; zero inside, infinite for a NaN.
    #[must_use]
    pub fn residual(&self, x: &[f64]) -> f64 {
        // A maximum would pass over it.
        if x.iter().any(|x| x.is_nan()) {
            return f64::INFINITY;
        }
        match self {
            Self::Whole => 0.0,
            Self::Box { lower, upper } => x
                .iter()
                .zip(lower.iter().zip(upper))
                .fold(0.0, |worst: f64, (x, (lo, hi))| worst.max(lo - x).max(x - hi)),
            Self::Simplex => simplex::residual(x.iter().copied()),
        }
    }

    /// Whether x lies in the domain; on the simplex the sum may be off 1 by 1e-9.
    #[must_use]
    pub fn contains(&self, x: &[f64]) -> bool {
        self.residual(x) == 0.0
    }

    /// Checks that x lies in the domain.
    ///
    /// # Errors
    ///
    /// [`ConvexityError::OutsideDomain`], or as [`require_finite`], naming `argument`.
    pub fn require(&self, argument: &'static str, x: &[f64]) -> Result<(), ConvexityError> {
        require_finite(argument, &aview1(x))?;
        let residual = self.residual(x);
        if residual == 0.0 {
            return Ok(());
        }
        let set = match self {
            Self::Whole => "R^m",
            Self::Box { .. } => "the box",
            Self::Simplex => simplex::NAME,
        };
        Err(simplex::outside(argument, set, residual))
    }

    /// Moves x into the domain: to the nearest point, up to round-off.
    pub fn project(&self, x: &mut [f64]) {
        match self {
            Self::Whole => {}
            Self::Box { lower, upper } => {
                for (x, (lo, hi)) in x.iter_mut().zip(lower.iter().zip(upper)) {
                    // No `clamp`, which panics on a box that `check` would refuse.
                    *x = x.max(*lo).min(*hi);
                }
            }
            Self::Simplex => simplex::project(x),
        }
    }

    /// Moves a point that lies in the domain up to round-off to one that lies there exactly, in any arithmetic.
    ///
    /// On the simplex the largest entry becomes 1 less the others; a certificate must do so, or it would prove
    /// something about a point beside the simplex.
    pub fn snap<N: Number>(&self, x: &mut [N]) {
        if matches!(self, Self::Simplex) && !x.is_empty() {
            let largest =
                (0..x.len()).fold(0, |best, i| if x[i].to_f64() > x[best].to_f64() { i } else { best });
            x[largest] = N::zero();
            x[largest] = N::one() - N::sum(x.iter());
        }
    }

    /// A direction made feasible: on the simplex its entries must sum to zero.
    pub fn tangent(&self, direction: &mut [f64]) {
        if matches!(self, Self::Simplex) {
            let mean = direction.iter().sum::<f64>() / direction.len() as f64;
            direction.iter_mut().for_each(|entry| *entry -= mean);
        }
    }

    /// The largest t >= 0 with `x + t d` in the domain, for x in the domain and a direction made feasible.
    #[must_use]
    pub fn reach(&self, x: &[f64], direction: &[f64]) -> f64 {
        let mut reach = f64::INFINITY;
        for (i, (&x, &d)) in x.iter().zip(direction).enumerate() {
            let (lo, hi) = match self {
                Self::Whole => return f64::INFINITY,
                Self::Box { lower, upper } => (lower[i], upper[i]),
                Self::Simplex => (0.0, 1.0),
            };
            if d > 0.0 {
                reach = reach.min((hi - x) / d);
            } else if d < 0.0 {
                reach = reach.min((lo - x) / d);
            }
        }
        reach.max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projection_onto_the_simplex_is_the_nearest_point() {
        let start = [0.9, 0.8, -0.4];
        let mut x = start;
        Domain::Simplex.project(&mut x);
        assert!(Domain::Simplex.contains(&x));
        // Optimality: <start - x, y - x> <= 0 at every corner y.
        for corner in 0..3 {
            let inner: f64 =
                (0..3).map(|i| (start[i] - x[i]) * (f64::from(u8::from(i == corner)) - x[i])).sum();
            assert!(inner < 1e-15, "{inner}");
        }
    }

    #[test]
    fn snapping_sums_to_one_exactly() {
        let mut x = [0.1, 0.2, 0.7000000001];
        Domain::Simplex.snap(&mut x);
        assert_eq!(x[2], 1.0 - (0.1 + 0.2));
    }

    #[test]
    fn the_reach_ends_at_the_edge() {
        let unit = Domain::Box { lower: vec![0.0, 0.0], upper: vec![1.0, f64::INFINITY] };
        assert_eq!(unit.reach(&[0.5, 2.0], &[0.25, 1.0]), 2.0);
        assert_eq!(unit.reach(&[0.5, 2.0], &[0.0, 1.0]), f64::INFINITY);
        assert_eq!(Domain::Simplex.reach(&[0.5, 0.5], &[-1.0, 1.0]), 0.5);
        assert!(unit.require("v", &[1.5, 0.0]).unwrap_err().to_string().contains("`v`"));
    }
}
