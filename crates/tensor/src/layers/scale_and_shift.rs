//! What a normalisation does with its normalised values: a trained scale and shift by channel, if it has them.

use super::channels::{add_channel_norms, channel_rows, channel_sums};
use crate::kernels::vectorised;
use crate::layer::{At, Cotangents, RowBound, Scratch, Take, Tangent};
use crate::parameters::{Role, Tensor};
use crate::{Real, Shape};

/// The parameters: the scales, 1 in a fresh network, and the shifts, 0.
pub(super) fn tensors(shape: Shape) -> Vec<Tensor> {
    let channels = shape.channels();
    vec![Tensor::by_channel(Role::Scale, channels, 1.0), Tensor::by_channel(Role::Shift, channels, 0.0)]
}

/// The scales of a layer that may lack them: then ones, in the buffer.
pub(super) fn scales<'a, T: Real>(at: &At<'a, T>, ones: &'a mut Vec<T>) -> &'a [T] {
    at.optional(0).unwrap_or_else(|| {
        ones.clear();
        ones.resize(at.place.shape.channels(), T::one());
        ones
    })
}

/// `y = scale * values + shift`.
pub(super) fn forward<T: Real>(at: &At<'_, T>, values: &[T], y: &mut [T]) {
    match (at.optional(0), at.optional(1)) {
        (Some(scale), Some(shift)) => scale_and_shift(values, scale, shift, y),
        _ => y.copy_from_slice(values),
    }
}

vectorised! {
    fn scale_and_shift<T: Real>(values: &[T], scale: &[T], shift: &[T], y: &mut [T]) {
        let block = values.len() / scale.len();
        let channels = values.chunks_exact(block).zip(y.chunks_exact_mut(block));
        for ((values, y), (&scale, &shift)) in channels.zip(scale.iter().zip(shift)) {
            for (y, &value) in y.iter_mut().zip(values) {
                *y = scale * value + shift;
            }
        }
    }
}

/// `dy` of the moved values, held in `dy`, becomes that of the layer: scaled, and the moves of scale and shift added.
pub(super) fn push<T: Real>(at: &At<'_, T>, tangent: &Tangent<'_, T>, values: &[T], dy: &mut [T]) {
    let Some(scale) = at.optional(0) else { return };
    let block = dy.len() / scale.len();
    let moved = tangent.tensor(at.place, 0).iter().zip(tangent.tensor(at.place, 1));
    let channels = dy.chunks_exact_mut(block).zip(values.chunks_exact(block));
    for ((dy, values), (&scale, (&scale_moved, &shift_moved))) in channels.zip(scale.iter().zip(moved)) {
        for (dy, &value) in dy.iter_mut().zip(values) {
            *dy = scale * *dy + (scale_moved * value + shift_moved);
        }
    }
}

/// For each channel the sums over its positions of `u xhat`, then of `u`.
pub(super) fn rows<T: Real>(
    at: &At<'_, T>,
    values: &[T],
    u: Cotangents<'_, T>,
    scratch: &mut Scratch,
    take: Take<'_, T>,
) {
    for (tensor, factors) in at.place.tensors.iter().zip([Some(values), None]) {
        channel_rows(at.place.shape, tensor, factors, u, at.lanes, scratch.get(), take);
    }
}

pub(super) fn gradient<T: Real>(at: &At<'_, T>, values: &[T], u: &[T], gradient: &mut [T], overwrite: bool) {
    for (tensor, factors) in at.place.tensors.iter().zip([Some(values), None]) {
        channel_sums(gradient, tensor.clone(), factors, u, overwrite);
    }
}

pub(super) fn add_norms<T: Real>(
    at: &At<'_, T>,
    values: &[T],
    u: &[T],
    norms: &mut [T],
    scratch: &mut Scratch,
) {
    let (channels, sums) = (at.place.shape.channels(), scratch.get::<Vec<T>>());
    add_channel_norms(norms, channels, u, Some(values), sums);
    add_channel_norms(norms, channels, u, None, sums);
}

pub(super) fn bound<T: Real>(shape: Shape, values: &[T]) -> RowBound {
    let channels = values.chunks_exact(shape.positions());
    let squares = channels.map(|channel| channel.iter().map(|v| v.as_f64().powi(2)).sum::<f64>());
    let factor = squares.fold(0.0_f64, f64::max) + shape.positions() as f64;
    RowBound { factor: factor.sqrt(), terms: shape.len() + shape.positions(), tiles: 0.0 }
}
