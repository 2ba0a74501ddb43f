//! Targets in the probability simplex.
//!
//! Entries given in f64 hardly ever sum to exactly 1. A target y stands for the point `y / sum_i y_i`: the losses,
//! their residuals and their bounds are those of that point, for which the theorems hold.

use crate::error::{ConvexityError, require_finite};
use crate::simplex;
use ndarray::ArrayRef1;

/// Checks that a target is a point of the simplex, up to the round-off of its sum.
pub(super) fn require_simplex(target: &ArrayRef1<f64>) -> Result<(), ConvexityError> {
    require_finite("target", target)?;
    match simplex::residual(target.iter().copied()) {
        0.0 => Ok(()),
        residual => Err(simplex::outside("target", simplex::NAME, residual)),
    }
}

/// What the bounds need to know of a target.
pub(super) struct Masses {
    /// The number m of classes, at least 1.
    pub(super) classes: f64,
    /// The number of classes without mass.
    pub(super) zeros: f64,
    /// The smallest positive mass.
    pub(super) smallest: f64,
}

impl Masses {
    /// Examines an admissible target.
    pub(super) fn of(target: &ArrayRef1<f64>) -> Self {
        let smallest = target.iter().copied().filter(|&y| y > 0.0).fold(f64::INFINITY, f64::min);
        let zeros = target.iter().filter(|&&y| y == 0.0).count() as f64;
        Self { classes: target.len() as f64, zeros, smallest: smallest / total(target) }
    }

    /// Whether all mass is on one class.
    pub(super) fn one_hot(&self) -> bool {
        self.zeros + 1.0 == self.classes
    }

    /// `sqrt((m-1)/m)`: no entry of a sum-zero vector is below minus this times its norm.
    pub(super) fn share(&self) -> f64 {
        ((self.classes - 1.0) / self.classes).sqrt()
    }
}

/// The sum of a target's entries, which are to be divided by it.
pub(super) fn total(target: &ArrayRef1<f64>) -> f64 {
    simplex::sum(target.iter().copied())
}

/// The class with all the mass, if there is one.
pub(super) fn hot_class(target: &ArrayRef1<f64>) -> Option<usize> {
    let class = target.iter().position(|&y| y > 0.0)?;
    target.iter().skip(class + 1).all(|&y| y == 0.0).then_some(class)
}
