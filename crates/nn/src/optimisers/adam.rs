//! Adam, and AdamW as Adam with decoupled weight decay.

use fenchel_tensor::Real;

use super::in_parts::in_parts;
use super::{Optimiser, State, WeightDecay, epsilon, scheduled_rate, share, starting_rate};
use crate::NnError;

/// Adam (Kingma and Ba, 2015), in PyTorch's form:
/// `m <- beta1 m + (1 - beta1) g`, `v <- beta2 v + (1 - beta2) g²`,
/// `x <- x - (rate / (1 - beta1^t)) m / (sqrt(v / (1 - beta2^t)) + epsilon)`.
///
/// With [`WeightDecay::Decoupled`] it is AdamW (Loshchilov and Hutter, 2019).
///
/// ```
/// use fenchel_nn::optimisers::{Adam, Optimiser};
/// // The first step has the length of the rate, whatever the gradient's.
/// let mut adam = Adam::new(0.001)?;
/// let mut x = [1.0_f64];
/// adam.step(&mut x, &[1e3]);
/// assert!((x[0] - 0.999).abs() < 1e-12);
/// # Ok::<(), fenchel_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Adam<T> {
    rate: f64,
    beta1: f64,
    beta2: f64,
    epsilon: f64,
    decay: WeightDecay,
    state: State<T>,
}

impl<T: Real> Adam<T> {
    /// Adam with a rate (PyTorch's default is 0.001), `beta1 = 0.9`, `beta2 = 0.999`, `epsilon = 1e-8`.
    ///
    /// # Errors
    /// Unless the rate is finite and positive.
    pub fn new(rate: f64) -> Result<Self, NnError> {
        let (rate, state) = (starting_rate(rate)?, State::new(&["first_moment", "second_moment"]));
        Ok(Self { rate, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: WeightDecay::None, state })
    }

    /// With other shares of the past in the moments.
    ///
    /// # Errors
    /// Unless both lie in [0, 1).
    pub fn betas(self, beta1: f64, beta2: f64) -> Result<Self, NnError> {
        Ok(Self { beta1: share("beta1", beta1)?, beta2: share("beta2", beta2)?, ..self })
    }

    /// With another epsilon.
    ///
    /// # Errors
    /// Unless it is finite and positive.
    pub fn epsilon(self, value: f64) -> Result<Self, NnError> {
        Ok(Self { epsilon: epsilon(value)?, ..self })
    }

    /// With weight decay.
    ///
    /// # Errors
    /// Unless its lambda is finite and not negative.
    pub fn weight_decay(self, decay: WeightDecay) -> Result<Self, NnError> {
        Ok(Self { decay: decay.checked()?, ..self })
    }
}

impl<T: Real> Optimiser<T> for Adam<T> {
    fn name(&self) -> String {
        let Self { rate, beta1, beta2, epsilon, .. } = self;
        format!("adam (rate {rate}, betas {beta1} {beta2}, epsilon {epsilon}{})", self.decay.suffix())
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn set_rate(&mut self, rate: f64) -> Result<(), NnError> {
        self.rate = scheduled_rate(rate)?;
        Ok(())
    }

    fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        let (t, vectors) = self.state.update::<2>(parameters.len());
        let (coupled, shrink) = self.decay.factors::<T>(self.rate);
        let t = t as f64;
        // The corrections need f64: 1 - 0.999 in f32 has four digits.
        let rate = T::of(self.rate / (1.0 - self.beta1.powf(t)));
        let scale = T::of((1.0 - self.beta2.powf(t)).sqrt().recip());
        let (beta1, rest1) = (T::of(self.beta1), T::of(1.0 - self.beta1));
        let (beta2, rest2) = (T::of(self.beta2), T::of(1.0 - self.beta2));
        let epsilon = T::of(self.epsilon);
        in_parts(parameters, gradient, vectors, &|parameters, gradient, [first, second]| {
            for (((x, &g), m), v) in parameters.iter_mut().zip(gradient).zip(first).zip(second) {
                let g = g + coupled * *x;
                *m = beta1 * *m + rest1 * g;
                *v = beta2 * *v + rest2 * g * g;
                *x = *x * shrink - rate * *m / (v.sqrt() * scale + epsilon);
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
