//! Stochastic gradient descent with momentum.

use fenchel_tensor::Real;

use super::Optimiser;
use crate::NnError;

/// `v <- momentum v + g`, `x <- x - rate v`: gradient descent where the gradient is that of a batch; with momentum 0 the plain
/// method.
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
    rate: T,
    momentum: T,
    velocity: Vec<T>,
}

impl<T: Real> Sgd<T> {
    /// SGD with a learning rate and a momentum.
    ///
    /// # Errors
    /// Unless the rate is finite and positive and the momentum lies in [0, 1).
    pub fn new(rate: f64, momentum: f64) -> Result<Self, NnError> {
        if !(rate.is_finite() && rate > 0.0) {
            return Err(NnError::Setting { name: "rate", value: rate, needs: "finite and positive" });
        }
        if !(0.0..1.0).contains(&momentum) {
            return Err(NnError::Setting { name: "momentum", value: momentum, needs: "in [0, 1)" });
        }
        Ok(Self { rate: T::of(rate), momentum: T::of(momentum), velocity: Vec::new() })
    }
}

impl<T: Real> Optimiser<T> for Sgd<T> {
    fn name(&self) -> String {
        format!("sgd (rate {}, momentum {})", self.rate, self.momentum)
    }

    fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        if self.momentum == T::zero() {
            for (x, &g) in parameters.iter_mut().zip(gradient) {
                *x -= self.rate * g;
            }
            return;
        }
        self.velocity.resize(parameters.len(), T::zero());
        for ((x, &g), v) in parameters.iter_mut().zip(gradient).zip(&mut self.velocity) {
            *v = self.momentum * *v + g;
            *x -= self.rate * *v;
        }
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
    }
}
