//! Generalised gradient descent: the step that duality prescribes for a majorant.

use super::{Trajectory, state};
use crate::error::{ConvexityError, require_finite, require_positive, require_vector};
use crate::number::Number;
use crate::objectives::Objective;
use crate::potentials::Potential;
use ndarray::{Array1, ArrayRef1};

/// The method `x+ = x - a grad Phi*(grad G(x))` of T6.
///
/// For `Phi = N(C, 2, l_2)` it is gradient descent with the rate a/C, for l_inf and l_1 sign and
/// coordinate descent, for `N(C, r, .)` descent with a power of the gradient. Where grad Phi* has several
/// values the potential's chosen subgradient is taken.
///
/// ```
/// use fenchel_convexity::catalogue::Quadratic;
/// use fenchel_convexity::norms::Norm;
/// use fenchel_convexity::potentials::Potential;
/// use fenchel_convexity::trajectory::GeneralisedDescent;
/// use ndarray::array;
///
/// let parabola = Quadratic::diagonal(&[1.0, 4.0])?;
/// let method = GeneralisedDescent::new(Potential::norm_power(4.0, 2.0, Norm::L2)?, 1.0)?;
/// let trajectory = method.run(&parabola, &array![1.0, 1.0], 2)?;
/// assert_eq!(trajectory.states()[1].point, array![0.75, 0.0]);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct GeneralisedDescent {
    dual: Potential,
    step: f64,
}

impl GeneralisedDescent {
    /// The method for a majorant Phi with the relative step a; a = 1 is the best step of T6.
    ///
    /// # Errors
    ///
    /// If the step is not finite and positive, or Phi has no conjugate within f64.
    pub fn new(majorant: Potential, step: f64) -> Result<Self, ConvexityError> {
        require_positive("step", step)?;
        Ok(Self { dual: majorant.conjugate()?, step })
    }

    /// Phi*, whose value at the gradient is the gradient energy.
    #[must_use]
    pub const fn dual(&self) -> &Potential {
        &self.dual
    }

    /// The relative step a.
    #[must_use]
    pub const fn step(&self) -> f64 {
        self.step
    }

    /// The point after x, given the gradient at x, in any arithmetic.
    pub fn next_of<N: Number>(&self, x: &[N], gradient: &[N]) -> Vec<N> {
        let mut direction = vec![N::zero(); x.len()];
        self.dual.gradient_of(gradient, &mut direction);
        x.iter().zip(direction).map(|(x, d)| x.clone() - d * self.step).collect()
    }

    /// The point after x.
    ///
    /// # Errors
    ///
    /// If a vector is not finite or they do not fit, the gradient lies where Phi* is infinite, or a
    /// number leaves f64.
    pub fn next(&self, x: &ArrayRef1<f64>, gradient: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
        require_finite("gradient", gradient)?;
        require_vector("x", x, gradient.len())?;
        let direction = self.dual.gradient(gradient)?;
        let next = Array1::from_shape_fn(x.len(), |i| x[i] - direction[i] * self.step);
        if next.iter().all(|entry| entry.is_finite()) {
            Ok(next)
        } else {
            Err(ConvexityError::Overflow { what: "the step" })
        }
    }

    /// Takes steps from a start and records them.
    ///
    /// # Errors
    ///
    /// As [`GeneralisedDescent::next`], [`Objective::value`] and [`Objective::gradient`], as when the
    /// iterates diverge.
    pub fn run(
        &self,
        function: &dyn Objective,
        start: &ArrayRef1<f64>,
        steps: usize,
    ) -> Result<Trajectory, ConvexityError> {
        let mut states = vec![state(function, start.to_owned())?];
        for k in 0..steps {
            let next = self.next(&states[k].point, &states[k].gradient)?;
            states.push(state(function, next)?);
        }
        Ok(Trajectory { states })
    }
}
