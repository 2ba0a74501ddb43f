//! The largest entry.

use crate::error::{ConvexityError, require_range};
use crate::norms::indicate_largest;
use crate::number::Number;
use crate::objectives::{Formula, Kink};

/// `max_i x_i`; chosen subgradient at a tie: the first of the largest.
///
/// Known: D(u, v) <= 2 ||u - v||_inf, tight from two entries on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Maximum {
    dimension: usize,
}

impl Maximum {
    /// The function on R^m.
    ///
    /// # Errors
    ///
    /// If m is 0.
    pub fn new(dimension: usize) -> Result<Self, ConvexityError> {
        require_range("dimension", dimension as f64, dimension > 0, "at least 1")?;
        Ok(Self { dimension })
    }
}

impl Formula for Maximum {
    fn name(&self) -> String {
        "max x_i".into()
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[1..].iter().fold(x[0].clone(), |most, x| most.max(x))
    }

    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        indicate_largest(x, gradient);
    }

    fn kinks(&self) -> Vec<Kink> {
        (1..self.dimension).map(|j| Kink::tie(self.dimension, 0, j)).collect()
    }
}
