//! Optimisers on the flat parameter vector, and the schedules of their rates.
//!
//! | rule | update of the parameters x by the gradient g | as in |
//! |---|---|---|
//! | [`Sgd`] | `v <- momentum v + g`, `x <- x - rate v`; Nesterov's form `x <- x - rate (g + momentum v)` | PyTorch's `SGD` |
//! | [`GeneralisedSgd`] | `x <- x - rate grad Phi*(g)` for a majorant Phi of the loss (T6) | section 3 of the theory |
//! | [`Adam`] | Kingma and Ba, 2015 | PyTorch's `Adam`, and `AdamW` with decoupled decay |
//! | [`RmsProp`] | Tieleman and Hinton, 2012 | PyTorch's `RMSprop`, not centred |
//!
//! The defaults are PyTorch's, where it has any. Weight decay is coupled (`g <- g + lambda x`, as PyTorch's `weight_decay` of `SGD`, `Adam` and
//! `RMSprop`) or decoupled (`x <- (1 - rate lambda) x` before the step, as its `AdamW`; Loshchilov and Hutter, 2019); it acts on all parameters.
//! Updates are computed in the precision of the parameters, norms and corrections in `f64`.
//!
//! Everything that an optimiser remembers is its [`State`], which a checkpoint stores.
//!
//! Cost: a few operations a parameter and step, and one buffer of the parameters' length for momentum and RMSprop, two for Adam.

mod adam;
mod generalised;
mod in_parts;
mod rms_prop;
mod sgd;
mod state;
mod step_norm;
mod weight_decay;

pub use adam::Adam;
pub use generalised::{GeneralisedSgd, Majorant};
pub use rms_prop::RmsProp;
pub use sgd::Sgd;
pub use state::State;
pub use step_norm::StepNorm;
pub use weight_decay::WeightDecay;

use fenchel_tensor::Real;

use crate::NnError;

/// A rule that moves the parameters, given the gradient of the batch's mean loss.
pub trait Optimiser<T: Real>: Send + std::fmt::Debug {
    /// The rule's name with its settings, for tables.
    fn name(&self) -> String;

    /// The rate of the next step.
    fn rate(&self) -> f64;

    /// Sets the rate of the next steps, as a schedule has it; 0 is allowed and moves nothing but the memory.
    ///
    /// # Errors
    /// Unless the rate is finite and not negative.
    fn set_rate(&mut self, rate: f64) -> Result<(), NnError>;

    /// Moves `parameters`, of the same length as `gradient`, by one step.
    fn step(&mut self, parameters: &mut [T], gradient: &[T]);

    /// What the rule remembers between steps.
    fn state(&self) -> &State<T>;

    /// The same, to be restored from a checkpoint.
    fn state_mut(&mut self) -> &mut State<T>;
}

/// Refuses a setting, naming it.
pub(crate) fn require(
    name: &'static str,
    value: f64,
    sound: bool,
    needs: &'static str,
) -> Result<f64, NnError> {
    if sound { Ok(value) } else { Err(NnError::Setting { name, value, needs }) }
}

/// A rate that an optimiser starts with.
fn starting_rate(rate: f64) -> Result<f64, NnError> {
    require("rate", rate, rate.is_finite() && rate > 0.0, "finite and positive")
}

/// A rate that a schedule asks for.
fn scheduled_rate(rate: f64) -> Result<f64, NnError> {
    require("rate", rate, rate.is_finite() && rate >= 0.0, "finite and not negative")
}

/// A share in [0, 1), such as a momentum.
fn share(name: &'static str, value: f64) -> Result<f64, NnError> {
    require(name, value, (0.0..1.0).contains(&value), "in [0, 1)")
}

/// A number that keeps a denominator from 0.
fn epsilon(value: f64) -> Result<f64, NnError> {
    require("epsilon", value, value.is_finite() && value > 0.0, "finite and positive")
}

#[cfg(test)]
mod tests;
