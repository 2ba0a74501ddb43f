//! Optimisers on the flat parameter vector.

mod sgd;

pub use sgd::Sgd;

use fenchel_tensor::Real;

/// A rule that moves the parameters, given the gradient of the batch's mean loss.
pub trait Optimiser<T: Real>: Send + std::fmt::Debug {
    /// The rule's name with its settings, for tables.
    fn name(&self) -> String;

    /// Moves `parameters`, of the same length as `gradient`, by one step.
    fn step(&mut self, parameters: &mut [T], gradient: &[T]);
}
