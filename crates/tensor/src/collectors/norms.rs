//! Per-sample squared gradient norms.

use super::{LaneCollector, Site};
use crate::layers::{ConvGeometry, ConvScratch, add_weight_norms};
use crate::{Real, Shape};

/// Adds each layer's share of `‖J_b' u_b‖²` to one number for each lane.
pub(crate) struct SquaredNorms<'a, T> {
    pub(crate) norms: &'a mut [T],
    /// Two numbers a lane.
    pub(crate) sums: &'a mut Vec<T>,
}

impl<T: Real> SquaredNorms<'_, T> {
    /// Adds the squares of each channel's sums of cotangents, or of their products with `factors`.
    fn add_channel_sums(&mut self, channels: usize, u: &[T], factors: Option<&[T]>) {
        let lanes = self.norms.len();
        let block = u.len() / channels;
        self.sums.resize(lanes, T::zero());
        for channel in 0..channels {
            self.sums.fill(T::zero());
            let places = channel * block..(channel + 1) * block;
            match factors {
                None => add_rows(self.sums, &u[places]),
                Some(factors) => add_product_rows(self.sums, &factors[places.clone()], &u[places]),
            }
            for (norm, &sum) in self.norms.iter_mut().zip(&*self.sums) {
                *norm += sum * sum;
            }
        }
    }
}

impl<T: Real> LaneCollector<T> for SquaredNorms<'_, T> {
    fn dense(&mut self, site: &Site, lanes: usize, input: &[T], u: &[T]) {
        // (‖a‖² + 1) ‖u‖² with bias, ‖a‖² ‖u‖² without.
        let start = if site.bias.is_some() { T::one() } else { T::zero() };
        self.sums.clear();
        self.sums.resize(2 * lanes, T::zero());
        let (inputs, cotangents) = self.sums.split_at_mut(lanes);
        inputs.fill(start);
        add_product_rows(inputs, input, input);
        add_product_rows(cotangents, u, u);
        for ((norm, &input), &u) in self.norms.iter_mut().zip(&*inputs).zip(&*cotangents) {
            *norm += input * u;
        }
    }

    fn convolution(
        &mut self,
        site: &Site,
        geometry: ConvGeometry,
        _lanes: usize,
        input: &[T],
        u: &[T],
        scratch: &mut ConvScratch<T>,
    ) {
        add_weight_norms(geometry, input, u, self.norms, self.sums, scratch);
        if site.bias.is_some() {
            self.add_channel_sums(geometry.channels_out, u, None);
        }
    }

    fn normalisation(&mut self, _site: &Site, shape: Shape, _lanes: usize, normalised: &[T], u: &[T]) {
        self.add_channel_sums(shape.channels(), u, Some(normalised));
        self.add_channel_sums(shape.channels(), u, None);
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
fn add_product_rows<T: Real>(sums: &mut [T], a: &[T], b: &[T]) {
    for (a, b) in a.chunks_exact(sums.len()).zip(b.chunks_exact(sums.len())) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
}
