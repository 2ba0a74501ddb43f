//! A potential as an objective.

use crate::error::{ConvexityError, require_range};
use crate::number::Number;
use crate::objectives::{Formula, Kink};
use crate::potentials::Potential;

/// A potential on R^m, examined as a function: norm powers, half squared norms, Huber's function of a norm.
///
/// At the origin the chosen subgradient is 0.
#[derive(Clone, Debug, PartialEq)]
pub struct PotentialFunction {
    potential: Potential,
    dimension: usize,
}

impl PotentialFunction {
    /// The potential on R^m, finite everywhere.
    ///
    /// # Errors
    ///
    /// If m is 0, the potential is of another dimension, or it is infinite somewhere.
    pub fn new(potential: Potential, dimension: usize) -> Result<Self, ConvexityError> {
        require_range("dimension", dimension as f64, dimension > 0, "at least 1")?;
        potential.require_dimension("dimension", dimension)?;
        if !potential.is_finite_everywhere() {
            return Err(ConvexityError::Incompatible {
                what: "a potential and the whole space",
                reason: format!("{potential} is infinite outside a ball"),
            });
        }
        Ok(Self { potential, dimension })
    }

    /// The potential.
    pub const fn potential(&self) -> &Potential {
        &self.potential
    }
}

impl Formula for PotentialFunction {
    fn name(&self) -> String {
        self.potential.to_string()
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        self.potential.value_of(x)
    }

    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        self.potential.gradient_of(x, gradient);
    }

    fn kinks(&self) -> Vec<Kink> {
        let mut kinks = vec![Kink::Point(vec![0.0; self.dimension])];
        kinks.extend((0..self.dimension).map(|i| Kink::coordinate(self.dimension, i, 0.0)));
        kinks
    }
}
