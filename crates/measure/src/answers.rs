//! What a network's outputs are compared with, as users have it: labels, one-hot or soft rows, real numbers.

use fenchel_nn::weights::{Tensors, Values, WeightsError};

/// The answers `y` to the samples: whole or real numbers of some shape, row-major.
///
/// What they mean follows from the loss and the number of outputs, see [`Criterion::targets`](crate::Criterion::targets).
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// Whole numbers: labels, or rows of them.
    Whole {
        /// The sizes, samples first.
        shape: Vec<usize>,
        /// The numbers.
        values: Vec<i128>,
    },
    /// Real numbers: soft labels, probabilities, targets of a regression.
    Real {
        /// The sizes, samples first.
        shape: Vec<usize>,
        /// The numbers, all finite.
        values: Vec<f64>,
    },
}

impl Answers {
    /// One label a sample.
    #[must_use]
    pub fn labels(labels: &[i64]) -> Self {
        Self::Whole { shape: vec![labels.len()], values: labels.iter().map(|&label| label.into()).collect() }
    }

    /// A tensor of a file.
    ///
    /// # Errors
    /// If there is none of that name, it holds neither integers nor floats, or one that is not finite.
    pub fn of(tensors: &Tensors, name: &str) -> Result<Self, WeightsError> {
        const NEEDS: &str = "N labels, or N rows of numbers";
        if let Some(tensor) = tensors.get(name)
            && matches!(tensor.values, Values::F32(_) | Values::F64(_))
        {
            let (shape, values) = tensors.floats_of_any_shape(name, NEEDS)?;
            return Ok(Self::Real { shape, values });
        }
        let (shape, values) = tensors.integers(name, NEEDS)?;
        Ok(Self::Whole { shape: shape.to_vec(), values: values.iter().collect() })
    }

    /// The sizes, samples first.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Whole { shape, .. } | Self::Real { shape, .. } => shape,
        }
    }
}
