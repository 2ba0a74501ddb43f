//! Recorded trajectories: the points that an optimiser visited, with the value and the gradient at each.
//!
//! The theorems about descent (T6 to T9) are statements about sequences of points. They are checked on a
//! record, so that it does not matter who made the sequence: [`GeneralisedDescent`] of this module, a
//! mini-batch method on a [`FiniteSum`], or code elsewhere whose points are handed to
//! [`Trajectory::record`].
//!
//! Points are f64 and exact: a checker may evaluate them again in 256 bits.

mod finite_sum;
mod generalised_descent;
mod mini_batch;

pub use finite_sum::FiniteSum;
pub use generalised_descent::GeneralisedDescent;
pub use mini_batch::{BatchRun, BatchStep, MiniBatchDescent};

use crate::error::ConvexityError;
use crate::objectives::{Objective, slope};
use ndarray::Array1;

/// One point of a trajectory.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// x.
    pub point: Array1<f64>,
    /// G(x).
    pub value: f64,
    /// The gradient of G at x, or the chosen subgradient.
    pub gradient: Array1<f64>,
}

/// The points x_0, ..., x_T that an optimiser visited; at least one.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    states: Vec<State>,
}

impl Trajectory {
    /// Evaluates a function along points.
    ///
    /// # Errors
    ///
    /// If there is no point, or as [`Objective::value`] and [`Objective::gradient`].
    ///
    /// ```
    /// use fenchel_convexity::catalogue::Quadratic;
    /// use fenchel_convexity::trajectory::Trajectory;
    /// use ndarray::array;
    ///
    /// let parabola = Quadratic::diagonal(&[2.0])?;
    /// let halving = [4.0, 2.0, 1.0].map(|x| array![x]);
    /// let trajectory = Trajectory::record(&parabola, halving)?;
    /// assert_eq!(trajectory.steps(), 2);
    /// assert_eq!(trajectory.states()[1].value, 4.0);
    /// # Ok::<(), fenchel_convexity::ConvexityError>(())
    /// ```
    pub fn record(
        function: &dyn Objective,
        points: impl IntoIterator<Item = Array1<f64>>,
    ) -> Result<Self, ConvexityError> {
        let states: Vec<State> =
            points.into_iter().map(|point| state(function, point)).collect::<Result<_, _>>()?;
        if states.is_empty() {
            return Err(ConvexityError::Empty { argument: "points" });
        }
        Ok(Self { states })
    }

    /// The points with their values and gradients, in order.
    #[must_use]
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// T, one less than the number of points.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.states.len() - 1
    }

    /// The dimension of the points.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.states[0].point.len()
    }
}

fn state(function: &dyn Objective, point: Array1<f64>) -> Result<State, ConvexityError> {
    let value = function.value(&point)?;
    let gradient = slope(function, &point)?;
    Ok(State { point, value, gradient })
}

#[cfg(test)]
mod tests;
