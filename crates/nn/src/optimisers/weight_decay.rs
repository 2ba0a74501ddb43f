//! Weight decay, coupled with the gradient or decoupled from it.

use fenchel_tensor::Real;

use super::require;
use crate::NnError;

/// How strongly, and by which way, parameters are pulled towards 0.
///
/// For plain SGD both ways are the same; with a memory or an adaptive scale they are not.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum WeightDecay {
    /// Not at all.
    #[default]
    None,
    /// `g <- g + lambda x`: the gradient of `(lambda/2) ‖x‖²` joins the loss's.
    Coupled(f64),
    /// `x <- (1 - rate lambda) x` before the step.
    Decoupled(f64),
}

impl WeightDecay {
    /// The decay, if its lambda is sound.
    ///
    /// # Errors
    /// Unless lambda is finite and not negative.
    pub fn checked(self) -> Result<Self, NnError> {
        let (Self::Coupled(lambda) | Self::Decoupled(lambda)) = self else { return Ok(self) };
        require("weight_decay", lambda, lambda.is_finite() && lambda >= 0.0, "finite and not negative")?;
        Ok(self)
    }

    /// What is added to the gradient for each unit of the parameter, and what the parameter is multiplied by, at a rate.
    ///
    /// Without decay they are 0 and 1, which change no bit of finite numbers (but the sign of a zero gradient).
    pub(super) fn factors<T: Real>(self, rate: f64) -> (T, T) {
        match self {
            Self::None => (T::zero(), T::one()),
            Self::Coupled(lambda) => (T::of(lambda), T::one()),
            Self::Decoupled(lambda) => (T::zero(), T::of(1.0 - rate * lambda)),
        }
    }

    /// For an optimiser's name.
    pub(super) fn suffix(self) -> String {
        match self {
            Self::None => String::new(),
            Self::Coupled(lambda) => format!(", weight decay {lambda}"),
            Self::Decoupled(lambda) => format!(", decoupled weight decay {lambda}"),
        }
    }
}
