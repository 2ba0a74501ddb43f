//! Sums of one function over the coordinates.

use crate::error::{ConvexityError, require_range};
use crate::number::{Dual, Number};
use crate::objectives::{Formula, Kink};
use std::fmt::Debug;

/// A function of one variable, written over any [`Number`].
pub trait Scalar: Clone + Send + Sync + Debug {
    /// The name, as a formula in x.
    fn name(&self) -> String;

    /// The value.
    fn value<N: Number>(&self, x: &N) -> N;

    /// The derivative, or the chosen subgradient; by default from dual numbers.
    fn derivative<N: Number>(&self, x: &N) -> N {
        self.value(&Dual::variable(x.clone())).derivative
    }

    /// Where the derivative jumps.
    fn kinks(&self) -> Vec<f64> {
        Vec::new()
    }
}

/// `sum_i g(x_i)`.
///
/// ```
/// use fenchel_convexity::catalogue::{Separable, Softplus};
/// use fenchel_convexity::objectives::Objective;
/// use ndarray::array;
///
/// let g = Separable::new(Softplus, 2)?;
/// assert_eq!(g.value(&array![0.0, 1e4])?, 1e4 + 2f64.ln());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Separable<S> {
    scalar: S,
    dimension: usize,
}

impl<S: Scalar> Separable<S> {
    /// The sum over m coordinates.
    ///
    /// # Errors
    ///
    /// If m is 0.
    pub fn new(scalar: S, dimension: usize) -> Result<Self, ConvexityError> {
        require_range("dimension", dimension as f64, dimension > 0, "at least 1")?;
        Ok(Self { scalar, dimension })
    }
}

impl<S: Scalar> Formula for Separable<S> {
    fn name(&self) -> String {
        let name = self.scalar.name();
        if self.dimension == 1 { name } else { format!("sum of {name}") }
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x.iter().fold(N::zero(), |sum, x| sum + self.scalar.value(x))
    }

    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        gradient.iter_mut().zip(x).for_each(|(s, x)| *s = self.scalar.derivative(x));
    }

    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        // Coordinate by coordinate: the round-off is that of each term, not of the whole sum.
        u.iter().zip(v).fold(N::zero(), |sum, (u, v)| {
            let linear = self.scalar.derivative(v) * (u.clone() - v);
            sum + (self.scalar.value(u) - self.scalar.value(v) - linear)
        })
    }

    fn kinks(&self) -> Vec<Kink> {
        let kinks = self.scalar.kinks();
        (0..self.dimension)
            .flat_map(|i| kinks.iter().map(move |&at| (i, at)))
            .map(|(i, at)| Kink::coordinate(self.dimension, i, at))
            .collect()
    }
}
