//! Why a layer cannot stand where it was put. Sizes that could not be held are refused before anything is
//! multiplied or laid out.

use crate::{Shape, TensorError};

/// A layer's complaint, which the tape signs with the layer's name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Misfit {
    /// The shape of its first input; what it would take.
    Input(String),
    /// A setting; what is wrong and what to do.
    Setting(String),
}

impl Misfit {
    /// The complaint of a layer about an input of this shape.
    pub(crate) fn of(self, layer: &str, got: Shape) -> TensorError {
        let layer = layer.to_owned();
        match self {
            Self::Input(needs) => TensorError::LayerInput { layer, got, needs },
            Self::Setting(reason) => TensorError::LayerSetting { layer, reason },
        }
    }
}

/// No value and no tensor of parameters may have more entries: 2^32, 32 GiB in double precision. So a layout
/// of as many layers as memory holds cannot wrap, either.
const MOST: u64 = 1 << 32;

/// Refuses a value or tensor of too many entries.
pub(crate) fn within(what: &str, sizes: &[usize]) -> Result<(), Misfit> {
    let product = sizes.iter().try_fold(1_u64, |product, &size| product.checked_mul(size as u64));
    if product.is_some_and(|product| product <= MOST) {
        return Ok(());
    }
    let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
    let sizes = sizes.join(" x ");
    Err(Misfit::Setting(format!(
        "{what} would have {sizes} entries, beyond the limit of 2^32; make it smaller"
    )))
}

/// Refuses an input of a network that has no entry, or too many.
pub(crate) fn check_input(shape: Shape) -> Result<(), Misfit> {
    let sizes = shape.sizes();
    if sizes.contains(&0) {
        return Err(Misfit::Setting(format!("its shape is {shape}; every size must be at least 1")));
    }
    within("its value", &sizes)
}

/// Refuses a stride beyond the image, whose remainders would cost more than the image itself: it moves
/// nothing.
pub(crate) fn check_stride(stride: usize, side: usize) -> Result<(), Misfit> {
    if stride <= side {
        return Ok(());
    }
    Err(Misfit::Setting(format!(
        "its stride {stride} is beyond the image of {side} rows or columns, so it has one position whatever the \
         stride; give a stride of at most {side}"
    )))
}
