//! The gradient of a sum over samples.

use std::ops::Range;

use super::{LaneCollector, Site};
use crate::gemm::gemm;
use crate::kernels::{sum, sum_of_products};
use crate::layers::{ConvGeometry, ConvScratch, view, view_mut, weight_gradient};
use crate::{Real, Shape};

/// Writes `sum_b J_b' u_b` into a flat gradient, or adds it.
pub(crate) struct GradientSum<'a, T> {
    pub(crate) gradient: &'a mut [T],
    /// Whether what the gradient held before does not count.
    pub(crate) overwrite: bool,
}

impl<T: Real> GradientSum<'_, T> {
    /// Writes each channel's sum of cotangents, times the factors if there are any, to its place, or adds it.
    fn channel_sums(&mut self, places: Range<usize>, factors: Option<&[T]>, u: &[T]) {
        let targets = &mut self.gradient[places];
        let block = u.len() / targets.len();
        for (channel, target) in targets.iter_mut().enumerate() {
            let u = &u[channel * block..][..block];
            let total = match factors {
                Some(factors) => sum_of_products(u, &factors[channel * block..][..block]),
                None => sum(u),
            };
            *target = if self.overwrite { total } else { *target + total };
        }
    }
}

impl<T: Real> LaneCollector<T> for GradientSum<'_, T> {
    fn dense(&mut self, site: &Site, lanes: usize, input: &[T], u: &[T]) {
        let (outputs, inputs) = (u.len() / lanes, input.len() / lanes);
        let weight = view_mut(outputs, inputs, &mut self.gradient[site.weight.clone()]);
        let beta = if self.overwrite { T::zero() } else { T::one() };
        gemm(T::one(), view(outputs, lanes, u), view(inputs, lanes, input).reversed_axes(), beta, weight);
        if let Some(bias) = site.bias.clone() {
            self.channel_sums(bias, None, u);
        }
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
        let gradient = &mut self.gradient[site.weight.clone()];
        weight_gradient(geometry, lanes, input, u, gradient, !self.overwrite, scratch);
        if let Some(bias) = site.bias.clone() {
            self.channel_sums(bias, None, u);
        }
    }

    fn normalisation(&mut self, site: &Site, _shape: Shape, _lanes: usize, normalised: &[T], u: &[T]) {
        self.channel_sums(site.weight.clone(), Some(normalised), u);
        if let Some(bias) = site.bias.clone() {
            self.channel_sums(bias, None, u);
        }
    }

    fn absent(&mut self, site: &Site) {
        if self.overwrite {
            for range in std::iter::once(&site.weight).chain(&site.bias) {
                self.gradient[range.clone()].fill(T::zero());
            }
        }
    }
}
