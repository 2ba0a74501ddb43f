//! Sizes that could not be held are refused when a layer is recorded, before anything is multiplied or laid
//! out.

use super::builder::setting;
use crate::layers::Conv2d;
use crate::{Shape, TensorError};

/// No value and no tensor of parameters may have more entries: 2^32, 32 GiB in double precision. So a layout
/// of as many layers as memory holds cannot wrap, either.
const MOST: u64 = 1 << 32;

/// Refuses a value or tensor of too many entries.
pub(super) fn within(layer: &str, what: &str, sizes: &[usize]) -> Result<(), TensorError> {
    let product = sizes.iter().try_fold(1_u64, |product, &size| product.checked_mul(size as u64));
    if product.is_some_and(|product| product <= MOST) {
        return Ok(());
    }
    let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
    let reason =
        format!("{what} would have {} entries, beyond the limit of 2^32; make it smaller", sizes.join(" x "));
    Err(setting(layer, &reason))
}

/// Refuses an input that has no entry, or too many.
pub(super) fn check_input(shape: Shape) -> Result<(), TensorError> {
    let sizes = match shape {
        Shape::Vector(features) => [features, 1, 1],
        Shape::Image { channels, height, width } => [channels, height, width],
    };
    if sizes.contains(&0) {
        return Err(setting("input", &format!("its shape is {shape}; every size must be at least 1")));
    }
    within("input", "its value", &sizes)
}

/// Refuses a convolution whose weights, values or patches would be too many.
pub(super) fn check_convolution(
    name: &str,
    conv: Conv2d,
    (channels, height, width): (usize, usize, usize),
) -> Result<(), TensorError> {
    let Conv2d { channels: out, kernel, padding, .. } = conv;
    within(name, "its weight", &[out, channels, kernel, kernel])?;
    let padded = |size: usize| padding.saturating_mul(2).saturating_add(size);
    within(
        name,
        "its value, with its padding and for want of stride,",
        &[out, padded(height), padded(width)],
    )?;
    within(
        name,
        "its matrix of patches, with its padding,",
        &[channels, kernel, kernel, padded(height), padded(width)],
    )
}

/// Refuses a stride beyond the image, whose remainders would cost more than the image itself: it moves
/// nothing.
pub(super) fn check_stride(name: &str, stride: usize, side: usize) -> Result<(), TensorError> {
    if stride <= side {
        return Ok(());
    }
    let reason = format!(
        "its stride {stride} is beyond the image of {side} rows or columns, so it has one position whatever \
         the stride; give a stride of at most {side}"
    );
    Err(setting(name, &reason))
}
