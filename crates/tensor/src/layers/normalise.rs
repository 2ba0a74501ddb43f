//! Group and layer normalisation.

use crate::{Real, Shape};

/// What the forward pass keeps for the backward one: the normalised values, and `1 / sigma` of each group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Normalised<T> {
    /// The values before scale and shift, in the shape of the layer's value.
    pub(crate) values: Vec<T>,
    /// `groups` numbers a sample.
    pub(crate) inverse_deviations: Vec<T>,
}

/// `y = scale * (x - mean) / sqrt(variance + epsilon) + shift`, mean and variance over each sample's groups.
#[expect(clippy::too_many_arguments, reason = "a leaf kernel: every argument is a different array or size")]
pub(crate) fn normalise<T: Real>(
    shape: Shape,
    groups: usize,
    epsilon: f64,
    x: &[T],
    scale: &[T],
    shift: &[T],
    saved: &mut Normalised<T>,
    y: &mut [T],
) {
    let (len, positions) = (shape.len(), shape.positions());
    let group = len / groups;
    let count = T::of(group as f64);
    saved.values.resize(x.len(), T::zero());
    saved.inverse_deviations.resize(x.len() / group, T::zero());
    let blocks = x.chunks_exact(group).zip(saved.values.chunks_exact_mut(group));
    for ((x, values), inverse) in blocks.zip(&mut saved.inverse_deviations) {
        let mean = x.iter().copied().sum::<T>() / count;
        // Two passes: the mean square less the squared mean would cancel.
        let variance = x.iter().map(|&x| (x - mean) * (x - mean)).sum::<T>() / count;
        *inverse = T::one() / (variance + T::of(epsilon)).sqrt();
        for (value, &x) in values.iter_mut().zip(x) {
            *value = (x - mean) * *inverse;
        }
    }
    let channels = saved.values.chunks_exact(positions).zip(y.chunks_exact_mut(positions)).enumerate();
    for (index, (values, y)) in channels {
        let channel = index % shape.channels();
        for (y, &value) in y.iter_mut().zip(values) {
            *y = scale[channel] * value + shift[channel];
        }
    }
}

/// `dX` for `K` cotangents of each sample; adds to `dx` if `accumulate`.
///
/// With `v = scale * u`: `dx = (v - mean v - xhat mean(v xhat)) / sigma`, the means over the group.
#[expect(clippy::too_many_arguments, reason = "a leaf kernel: every argument is a different array or size")]
pub(crate) fn normalise_backward<T: Real>(
    shape: Shape,
    groups: usize,
    cotangents: usize,
    scale: &[T],
    saved: &Normalised<T>,
    u: &[T],
    dx: &mut [T],
    accumulate: bool,
) {
    let (len, positions) = (shape.len(), shape.positions());
    let group = len / groups;
    let count = T::of(group as f64);
    // Where entry i of cotangent k lies in its sample's block.
    let (stride_entry, stride_cotangent) = match shape {
        Shape::Vector(_) => (1, len),
        Shape::Image { .. } => (cotangents, 1),
    };
    let block = len * cotangents;
    let samples = u.chunks_exact(block).zip(dx.chunks_exact_mut(block));
    for (sample, (u, dx)) in samples.enumerate() {
        for g in 0..groups {
            let inverse = saved.inverse_deviations[sample * groups + g];
            let values = &saved.values[sample * len + g * group..][..group];
            for k in 0..cotangents {
                let place = |i: usize| (g * group + i) * stride_entry + k * stride_cotangent;
                let scaled = |i: usize| scale[(g * group + i) / positions] * u[place(i)];
                let (mut sum, mut product) = (T::zero(), T::zero());
                for (i, &value) in values.iter().enumerate() {
                    let v = scaled(i);
                    sum += v;
                    product += v * value;
                }
                let (mean, correlation) = (sum / count, product / count);
                for (i, &value) in values.iter().enumerate() {
                    let v = inverse * (scaled(i) - mean - value * correlation);
                    let dx = &mut dx[place(i)];
                    *dx = if accumulate { *dx + v } else { v };
                }
            }
        }
    }
}
