//! Stochastic gradient descent with momentum.

use fenchel_tensor::Real;

use super::in_parts::in_parts;
use super::{Optimiser, State, WeightDecay, scheduled_rate, share, starting_rate};
use crate::NnError;

/// `v <- momentum v + g`, `x <- x - rate v`: gradient descent where the gradient is that of a batch; with momentum 0 the plain
/// method.
///
/// The velocity is not multiplied by the rate (PyTorch's form), so that a change of the rate acts at once.
///
/// ```
/// use fenchel_nn::optimisers::{Optimiser, Sgd};
/// let mut sgd = Sgd::new(0.5, 0.0)?;
/// let mut x = [1.0_f64];
/// let gradient = [2.0];
/// sgd.step(&mut x, &gradient);
/// assert_eq!(x, [0.0]);
/// # Ok::<(), fenchel_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Sgd<T> {
    rate: f64,
    momentum: f64,
    nesterov: bool,
    decay: WeightDecay,
    state: State<T>,
}

impl<T: Real> Sgd<T> {
    /// SGD with a learning rate and a momentum.
    ///
    /// # Errors
    /// Unless the rate is finite and positive and the momentum lies in [0, 1).
    pub fn new(rate: f64, momentum: f64) -> Result<Self, NnError> {
        let (rate, momentum) = (starting_rate(rate)?, share("momentum", momentum)?);
        let buffers: &[_] = if momentum > 0.0 { &["velocity"] } else { &[] };
        Ok(Self { rate, momentum, nesterov: false, decay: WeightDecay::None, state: State::new(buffers) })
    }

    /// Nesterov's momentum: `x <- x - rate (g + momentum v)`, with v already updated.
    ///
    /// # Errors
    /// If the momentum is 0, as there is then nothing to look ahead by.
    pub fn nesterov(self) -> Result<Self, NnError> {
        super::require("momentum", self.momentum, self.momentum > 0.0, "positive for Nesterov's form")?;
        Ok(Self { nesterov: true, ..self })
    }

    /// With weight decay.
    ///
    /// # Errors
    /// Unless its lambda is finite and not negative.
    pub fn weight_decay(self, decay: WeightDecay) -> Result<Self, NnError> {
        Ok(Self { decay: decay.checked()?, ..self })
    }
}

impl<T: Real> Optimiser<T> for Sgd<T> {
    fn name(&self) -> String {
        let kind = if self.nesterov { "nesterov" } else { "sgd" };
        format!("{kind} (rate {}, momentum {}{})", self.rate, self.momentum, self.decay.suffix())
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn set_rate(&mut self, rate: f64) -> Result<(), NnError> {
        self.rate = scheduled_rate(rate)?;
        Ok(())
    }

    fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        let (rate, momentum) = (T::of(self.rate), T::of(self.momentum));
        let (coupled, shrink) = self.decay.factors::<T>(self.rate);
        if self.momentum == 0.0 {
            self.state.updates += 1;
            in_parts(parameters, gradient, [], &|parameters, gradient, []| {
                for (x, &g) in parameters.iter_mut().zip(gradient) {
                    let g = g + coupled * *x;
                    *x = *x * shrink - rate * g;
                }
            });
            return;
        }
        let nesterov = self.nesterov;
        let (_, vectors) = self.state.update::<1>(parameters.len());
        in_parts(parameters, gradient, vectors, &|parameters, gradient, [velocity]| {
            for ((x, &g), v) in parameters.iter_mut().zip(gradient).zip(velocity) {
                let g = g + coupled * *x;
                *v = momentum * *v + g;
                let direction = if nesterov { g + momentum * *v } else { *v };
                *x = *x * shrink - rate * direction;
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Twenty steps on a quadratic against the closed form of the recursion's state, kept apart as a 2x2 system.
    #[test]
    fn follows_its_recursion() {
        let (rate, momentum, curvature) = (0.1, 0.9, 3.0);
        let mut sgd = Sgd::<f64>::new(rate, momentum).unwrap();
        let mut x = [1.0];
        let (mut position, mut previous) = (1.0_f64, 1.0_f64);
        for _ in 0..20 {
            let gradient = [curvature * x[0]];
            sgd.step(&mut x, &gradient);
            // The heavy-ball form: x+ = x - rate g + momentum (x - x-).
            let next = position - rate * curvature * position + momentum * (position - previous);
            (previous, position) = (position, next);
            assert!((x[0] - position).abs() < 1e-14, "{} against {position}", x[0]);
        }
    }

    #[test]
    fn refuses_settings_that_make_no_sense() {
        for (rate, momentum) in
            [(0.0, 0.0), (-1.0, 0.0), (f64::NAN, 0.0), (0.1, 1.0), (0.1, -0.1), (0.1, f64::NAN)]
        {
            assert!(Sgd::<f32>::new(rate, momentum).is_err(), "{rate}, {momentum}");
        }
        assert!(Sgd::<f32>::new(0.1, 0.0).unwrap().nesterov().is_err());
        let decay = WeightDecay::Coupled(-1.0);
        let message = Sgd::<f32>::new(0.1, 0.0).unwrap().weight_decay(decay).unwrap_err().to_string();
        assert!(message.contains("`weight_decay` is -1"), "{message}");
    }
}
