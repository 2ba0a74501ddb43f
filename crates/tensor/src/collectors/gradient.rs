//! The gradient of a sum over samples.

use super::{LaneCollector, Site};
use crate::gemm::gemm;
use crate::layers::{ConvGeometry, ConvScratch, view, view_mut, weight_products};
use crate::{Real, Shape};

/// Adds `sum_b J_b' u_b` into a flat gradient.
pub(crate) struct GradientSum<'a, T> {
    pub(crate) gradient: &'a mut [T],
}

impl<T: Real> GradientSum<'_, T> {
    /// Adds each channel's sum of cotangents to its bias.
    fn add_biases(&mut self, site: &Site, u: &[T]) {
        if let Some(bias) = &site.bias {
            let bias = &mut self.gradient[bias.clone()];
            let by_channel = u.len() / bias.len();
            for (bias, u) in bias.iter_mut().zip(u.chunks_exact(by_channel)) {
                *bias += sum(u);
            }
        }
    }
}

impl<T: Real> LaneCollector<T> for GradientSum<'_, T> {
    fn dense(&mut self, site: &Site, lanes: usize, input: &[T], u: &[T]) {
        let (outputs, inputs) = (u.len() / lanes, input.len() / lanes);
        let weight = view_mut(outputs, inputs, &mut self.gradient[site.weight.clone()]);
        gemm(T::one(), view(outputs, lanes, u), view(inputs, lanes, input).reversed_axes(), T::one(), weight);
        self.add_biases(site, u);
    }

    fn convolution(
        &mut self,
        site: &Site,
        geometry: ConvGeometry,
        lanes: usize,
        input: &[T],
        u: &[T],
        scratch: &mut ConvScratch<T>,
    ) {
        let weight = &mut self.gradient[site.weight.clone()];
        let patch = geometry.patch();
        weight_products(geometry, lanes, input, u, scratch, |channel, tap, _, products| {
            weight[channel * patch + tap] += sum(products);
        });
        self.add_biases(site, u);
    }

    fn normalisation(&mut self, site: &Site, shape: Shape, lanes: usize, normalised: &[T], u: &[T]) {
        let block = shape.positions() * lanes;
        let scales = &mut self.gradient[site.weight.clone()];
        for ((scale, values), u) in
            scales.iter_mut().zip(normalised.chunks_exact(block)).zip(u.chunks_exact(block))
        {
            *scale += values.iter().zip(u).map(|(&value, &u)| value * u).sum::<T>();
        }
        self.add_biases(site, u);
    }
}

/// A sum with eight partial sums: its order is fixed, and it is short work for vectors.
fn sum<T: Real>(values: &[T]) -> T {
    let mut partial = [T::zero(); 8];
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder().iter().copied().sum::<T>();
    for chunk in chunks {
        for (partial, &value) in partial.iter_mut().zip(chunk) {
            *partial += value;
        }
    }
    partial.into_iter().sum::<T>() + rest
}
