//! Sums over the positions and samples of each channel: what the gradients of biases, scales and shifts are.

use std::ops::Range;

use crate::kernels::{SLACK, sum, sum_of_products};
use crate::layer::{Cotangents, Part};
use crate::{Real, Shape};

/// Writes each channel's sum of cotangents, times the factors if there are any, to its place of the gradient, or adds
/// it.
pub(super) fn channel_sums<T: Real>(
    gradient: &mut [T],
    places: Range<usize>,
    factors: Option<&[T]>,
    u: &[T],
    overwrite: bool,
) {
    let targets = &mut gradient[places];
    let block = u.len() / targets.len();
    for (channel, target) in targets.iter_mut().enumerate() {
        let u = &u[channel * block..][..block];
        let total = match factors {
            Some(factors) => sum_of_products(u, &factors[channel * block..][..block]),
            None => sum(u),
        };
        *target = if overwrite { total } else { *target + total };
    }
}

/// Adds the squares of each channel's sums of cotangents, or of their products with `factors`, for every lane.
pub(super) fn add_channel_norms<T: Real>(
    norms: &mut [T],
    channels: usize,
    u: &[T],
    factors: Option<&[T]>,
    sums: &mut Vec<T>,
) {
    let lanes = norms.len();
    let block = u.len() / channels;
    sums.resize(lanes, T::zero());
    for channel in 0..channels {
        sums.fill(T::zero());
        let places = channel * block..(channel + 1) * block;
        match factors {
            None => add_rows(sums, &u[places]),
            Some(factors) => add_product_rows(sums, &factors[places.clone()], &u[places]),
        }
        for (norm, &sum) in norms.iter_mut().zip(&*sums) {
            *norm += sum * sum;
        }
    }
}

/// `sums += the rows of values`.
fn add_rows<T: Real>(sums: &mut [T], values: &[T]) {
    for row in values.chunks_exact(sums.len()) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

/// `sums += the rows of a times b`, entry by entry.
pub(super) fn add_product_rows<T: Real>(sums: &mut [T], a: &[T], b: &[T]) {
    for (a, b) in a.chunks_exact(sums.len()).zip(b.chunks_exact(sums.len())) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
}

/// Shows one sample's Jacobian in numbers of which each channel has one: the sums over its positions of the
/// cotangents times a factor for every entry, or of the cotangents alone.
pub(super) fn channel_rows<T: Real>(
    shape: Shape,
    parameters: &Range<usize>,
    factors: Option<&[T]>,
    u: Cotangents<'_, T>,
    cotangents: usize,
    buffers: &mut [Vec<T>; 2],
    take: &mut dyn FnMut(&Part<'_, T>),
) {
    let [turned, rows] = buffers;
    let u = u.by_entry(shape, cotangents, turned);
    let channels = parameters.len();
    rows.clear();
    rows.resize(channels * cotangents + SLACK, T::zero());
    let block = u.len() / channels;
    for (channel, (sums, u)) in rows.chunks_exact_mut(cotangents).zip(u.chunks_exact(block)).enumerate() {
        for (position, u) in u.chunks_exact(cotangents).enumerate() {
            match factors {
                Some(factors) => {
                    let factor = factors[channel * (block / cotangents) + position];
                    sums.iter_mut().zip(u).for_each(|(sum, &u)| *sum += u * factor);
                }
                None => sums.iter_mut().zip(u).for_each(|(sum, &u)| *sum += u),
            }
        }
    }
    let parameter = |row| parameters.start + row;
    take(&Part { rows, count: channels, step: cotangents, parameter: &parameter });
}
