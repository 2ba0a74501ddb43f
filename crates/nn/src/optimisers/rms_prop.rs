//! RMSprop.

use fenchel_tensor::Real;

use super::in_parts::in_parts;
use super::{Optimiser, State, WeightDecay, epsilon, scheduled_rate, share, starting_rate};
use crate::NnError;

/// RMSprop (Tieleman and Hinton, 2012), in PyTorch's form, not centred:
/// `v <- alpha v + (1 - alpha) g²`, `d <- momentum d + g / (sqrt v + epsilon)`, `x <- x - rate d`.
///
/// ```
/// use fenchel_nn::optimisers::{Optimiser, RmsProp};
/// let mut rms_prop = RmsProp::new(0.01)?.alpha(0.75)?;
/// let mut x = [1.0_f64];
/// rms_prop.step(&mut x, &[-8.0]); // v = 16
/// assert!((x[0] - 1.02).abs() < 1e-10);
/// # Ok::<(), fenchel_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RmsProp<T> {
    rate: f64,
    alpha: f64,
    epsilon: f64,
    momentum: f64,
    decay: WeightDecay,
    state: State<T>,
}

impl<T: Real> RmsProp<T> {
    /// RMSprop with a rate (PyTorch's default is 0.01), `alpha = 0.99`, `epsilon = 1e-8`, no momentum.
    ///
    /// # Errors
    /// Unless the rate is finite and positive.
    pub fn new(rate: f64) -> Result<Self, NnError> {
        let (rate, state) = (starting_rate(rate)?, State::new(&["mean_square"]));
        Ok(Self { rate, alpha: 0.99, epsilon: 1e-8, momentum: 0.0, decay: WeightDecay::None, state })
    }

    /// With another share of the past in the mean square.
    ///
    /// # Errors
    /// Unless it lies in [0, 1).
    pub fn alpha(self, alpha: f64) -> Result<Self, NnError> {
        Ok(Self { alpha: share("alpha", alpha)?, ..self })
    }

    /// With another epsilon.
    ///
    /// # Errors
    /// Unless it is finite and positive.
    pub fn epsilon(self, value: f64) -> Result<Self, NnError> {
        Ok(Self { epsilon: epsilon(value)?, ..self })
    }

    /// With momentum, on the scaled gradient.
    ///
    /// # Errors
    /// Unless it lies in [0, 1).
    pub fn momentum(self, momentum: f64) -> Result<Self, NnError> {
        let momentum = share("momentum", momentum)?;
        let names: &[_] = if momentum > 0.0 { &["mean_square", "velocity"] } else { &["mean_square"] };
        Ok(Self { momentum, state: State::new(names), ..self })
    }

    /// With weight decay.
    ///
    /// # Errors
    /// Unless its lambda is finite and not negative.
    pub fn weight_decay(self, decay: WeightDecay) -> Result<Self, NnError> {
        Ok(Self { decay: decay.checked()?, ..self })
    }
}

impl<T: Real> Optimiser<T> for RmsProp<T> {
    fn name(&self) -> String {
        let Self { rate, alpha, epsilon, momentum, .. } = self;
        format!(
            "rmsprop (rate {rate}, alpha {alpha}, epsilon {epsilon}, momentum {momentum}{})",
            self.decay.suffix()
        )
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn set_rate(&mut self, rate: f64) -> Result<(), NnError> {
        self.rate = scheduled_rate(rate)?;
        Ok(())
    }

    fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        let (rate, momentum, epsilon) = (T::of(self.rate), T::of(self.momentum), T::of(self.epsilon));
        let (alpha, rest) = (T::of(self.alpha), T::of(1.0 - self.alpha));
        let (coupled, shrink) = self.decay.factors::<T>(self.rate);
        if self.momentum == 0.0 {
            let (_, vectors) = self.state.update::<1>(parameters.len());
            in_parts(parameters, gradient, vectors, &|parameters, gradient, [square]| {
                for ((x, &g), v) in parameters.iter_mut().zip(gradient).zip(square) {
                    let g = g + coupled * *x;
                    *v = alpha * *v + rest * g * g;
                    *x = *x * shrink - rate * g / (v.sqrt() + epsilon);
                }
            });
            return;
        }
        let (_, vectors) = self.state.update::<2>(parameters.len());
        in_parts(parameters, gradient, vectors, &|parameters, gradient, [square, velocity]| {
            for (((x, &g), v), d) in parameters.iter_mut().zip(gradient).zip(square).zip(velocity) {
                let g = g + coupled * *x;
                *v = alpha * *v + rest * g * g;
                *d = momentum * *d + g / (v.sqrt() + epsilon);
                *x = *x * shrink - rate * *d;
            }
        });
    }

    fn state(&self) -> &State<T> {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State<T> {
        &mut self.state
    }
}
