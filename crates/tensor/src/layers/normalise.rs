//! The loops of group and layer normalisation.

use crate::kernels::vectorised;
use crate::{Real, Shape};

/// The sets of entries that are normalised each by itself: a group of channels, of a sequence for each token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sets {
    /// How many there are.
    pub(super) count: usize,
    /// How many entries each has.
    pub(super) len: usize,
    /// The tokens, whose entries lie side by side; 1 of what is no sequence.
    tokens: usize,
    /// How many entries share a scale.
    positions: usize,
}

impl Sets {
    /// Those of `groups` groups of channels, or of each token's features.
    pub(super) fn of(shape: Shape, groups: usize) -> Self {
        let tokens = match shape {
            Shape::Sequence { tokens, .. } => tokens,
            Shape::Vector(_) | Shape::Image { .. } => 1,
        };
        let count = groups * tokens;
        Self { count, len: shape.len() / count, tokens, positions: shape.positions() }
    }

    /// The entries of one set.
    #[inline(always)]
    pub(super) fn entries(self, set: usize) -> impl Iterator<Item = usize> + Clone {
        let first = set / self.tokens * self.len * self.tokens + set % self.tokens;
        (0..self.len).map(move |entry| first + entry * self.tokens)
    }

    /// Which of the scales an entry has.
    #[inline(always)]
    pub(super) fn channel(self, entry: usize) -> usize {
        entry / self.positions
    }
}

vectorised! {
/// `values = (x - mean) / sqrt(variance + epsilon)`, mean and variance over each of a sample's sets, `len x L`, and
/// `1 / sigma` of each set, `sets x L`.
#[allow(clippy::too_many_arguments, reason = "a leaf kernel: every argument is a different array or size")]
pub(super) fn normalise<T: Real>(
    sets: Sets,
    lanes: usize,
    epsilon: f64,
    x: &[T],
    values: &mut [T],
    inverse_deviations: &mut [T],
    scratch: &mut Vec<T>,
) {
    let count = T::of(sets.len as f64);
    let (mean, _) = moments(scratch, lanes);
        for (set, inverse) in inverse_deviations.chunks_exact_mut(lanes).enumerate() {
            mean.fill(T::zero());
            for i in sets.entries(set) {
                for (mean, &x) in mean.iter_mut().zip(&x[i * lanes..][..lanes]) {
                    *mean += x;
                }
            }
            for mean in mean.iter_mut() {
                *mean /= count;
            }
            // Two passes: the mean square less the squared mean would cancel.
            inverse.fill(T::zero());
            for i in sets.entries(set) {
                for ((inverse, &x), &mean) in inverse.iter_mut().zip(&x[i * lanes..][..lanes]).zip(&*mean) {
                    *inverse += (x - mean) * (x - mean);
                }
            }
            for inverse in inverse.iter_mut() {
                let variance = *inverse / count + T::of(epsilon);
                // Where the squares overflow, 1 / infinity would make finite zeros of them, and nobody would
                // see it.
                *inverse = if variance.is_finite() { T::one() / variance.sqrt() } else { T::nan() };
            }
            for i in sets.entries(set) {
                let (values, x) = (&mut values[i * lanes..][..lanes], &x[i * lanes..][..lanes]);
                for (((value, &x), &mean), &inverse) in values.iter_mut().zip(x).zip(&*mean).zip(&*inverse) {
                    *value = (x - mean) * inverse;
                }
            }
        }
}
}

vectorised! {
/// `dX` for one cotangent a sample; adds to `dx` if `accumulate`.
///
/// With `v = scale * u`: `dx = (v - mean v - xhat mean(v xhat)) / sigma`, the means over the set.
#[allow(clippy::too_many_arguments, reason = "a leaf kernel: every argument is a different array or size")]
pub(super) fn normalise_backward<T: Real>(
    sets: Sets,
    lanes: usize,
    scale: &[T],
    values: &[T],
    inverse_deviations: &[T],
    u: &[T],
    dx: &mut [T],
    accumulate: bool,
    scratch: &mut Vec<T>,
) {
    let count = T::of(sets.len as f64);
    let (mean, correlation) = moments(scratch, lanes);
        for g in 0..sets.count {
            let inverse = &inverse_deviations[g * lanes..][..lanes];
            mean.fill(T::zero());
            correlation.fill(T::zero());
            for i in sets.entries(g) {
                let scale = scale[sets.channel(i)];
                let (u, values) = (&u[i * lanes..][..lanes], &values[i * lanes..][..lanes]);
                for l in 0..lanes {
                    let v = scale * u[l];
                    mean[l] += v;
                    correlation[l] += v * values[l];
                }
            }
            for l in 0..lanes {
                mean[l] /= count;
                correlation[l] /= count;
            }
            for i in sets.entries(g) {
                let scale = scale[sets.channel(i)];
                let (u, values) = (&u[i * lanes..][..lanes], &values[i * lanes..][..lanes]);
                let dx = &mut dx[i * lanes..][..lanes];
                for l in 0..lanes {
                    let v = inverse[l] * (scale * u[l] - mean[l] - values[l] * correlation[l]);
                    dx[l] = if accumulate { dx[l] + v } else { v };
                }
            }
        }
}
}

vectorised! {
/// The same for one sample's fan, `(entries) x K`; `values` and `inverse_deviations` are that sample's.
#[allow(clippy::too_many_arguments, reason = "a leaf kernel: every argument is a different array or size")]
pub(super) fn normalise_backward_fan<T: Real>(
    sets: Sets,
    cotangents: usize,
    scale: &[T],
    values: &[T],
    inverse_deviations: &[T],
    u: &[T],
    dx: &mut [T],
    accumulate: bool,
    scratch: &mut Vec<T>,
) {
    let count = T::of(sets.len as f64);
    let (mean, correlation) = moments(scratch, cotangents);
        for g in 0..sets.count {
            mean.fill(T::zero());
            correlation.fill(T::zero());
            for i in sets.entries(g) {
                let (scale, value) = (scale[sets.channel(i)], values[i]);
                let u = &u[i * cotangents..][..cotangents];
                for k in 0..cotangents {
                    let v = scale * u[k];
                    mean[k] += v;
                    correlation[k] += v * value;
                }
            }
            for k in 0..cotangents {
                mean[k] /= count;
                correlation[k] /= count;
            }
            for i in sets.entries(g) {
                let (scale, value) = (scale[sets.channel(i)], values[i]);
                let u = &u[i * cotangents..][..cotangents];
                let dx = &mut dx[i * cotangents..][..cotangents];
                for k in 0..cotangents {
                    let v = inverse_deviations[g] * (scale * u[k] - mean[k] - value * correlation[k]);
                    dx[k] = if accumulate { dx[k] + v } else { v };
                }
            }
        }
}
}

/// Two sums for each lane.
fn moments<T: Real>(scratch: &mut Vec<T>, lanes: usize) -> (&mut [T], &mut [T]) {
    scratch.resize(2 * lanes, T::zero());
    scratch.split_at_mut(lanes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalised<T: Real>(x: &[T], groups: usize) -> Vec<T> {
        let (mut values, mut inverse) = (vec![T::zero(); x.len()], vec![T::zero(); groups]);
        let sets = Sets::of(Shape::vector(x.len()), groups);
        normalise(sets, 1, 1e-5, x, &mut values, &mut inverse, &mut Vec::new());
        values
    }

    #[test]
    fn what_overflows_is_no_finite_number() {
        for size in [2e19_f32, 1e30, f32::MAX, f32::INFINITY, f32::NAN] {
            let y = normalised(&[size, -size, 1.0, 2.0], 2);
            assert!(y[..2].iter().all(|y| y.is_nan()), "{size}: {y:?}");
            assert!(y[2..].iter().all(|y| y.is_finite()), "another group: {y:?}");
        }
        for size in [1.4e154_f64, f64::MAX] {
            assert!(normalised(&[size, -size, 0.0], 1).iter().all(|y| y.is_nan()));
        }
        let large = normalised(&[1e18_f32, -1e18, 1e18, -1e18], 1);
        assert!(large.iter().all(|y| (y.abs() - 1.0).abs() < 1e-6), "{large:?}");
    }
}
