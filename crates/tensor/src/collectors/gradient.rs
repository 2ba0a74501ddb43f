//! The gradient of a sum over samples.

use super::{Block, Collector, ConvolutionSite, DenseSite, NormalisationSite};
use crate::Real;
use crate::gemm::gemm;
use crate::layers::{unfold, view, view_mut};

/// Adds `sum_b J_b' u_b` into a flat gradient; needs `K = 1`.
pub(crate) struct GradientSum<'a, T> {
    pub(crate) gradient: &'a mut [T],
    pub(crate) block: &'a mut Block<T>,
}

impl<T: Real> Collector<T> for GradientSum<'_, T> {
    fn dense(&mut self, dense: &DenseSite<'_, T>) {
        let (samples, outputs, inputs) = (dense.site.samples, dense.outputs, dense.inputs());
        let u = view(samples, outputs, dense.site.u);
        let weight = view_mut(outputs, inputs, &mut self.gradient[dense.site.weight.clone()]);
        gemm(T::one(), u.t(), view(samples, inputs, dense.input), T::one(), weight);
        if let Some(bias) = &dense.site.bias {
            let bias = &mut self.gradient[bias.clone()];
            for u in dense.site.u.chunks_exact(outputs) {
                for (bias, &u) in bias.iter_mut().zip(u) {
                    *bias += u;
                }
            }
        }
    }

    fn convolution(&mut self, convolution: &ConvolutionSite<'_, T>) {
        let geometry = convolution.geometry;
        let (positions, patch, channels) = (geometry.positions(), geometry.patch(), geometry.channels_out);
        self.block.patches.resize(patch * positions, T::zero());
        let inputs = convolution.input.chunks_exact(geometry.in_len());
        for (input, u) in inputs.zip(convolution.site.u.chunks_exact(channels * positions)) {
            unfold(geometry, input, &mut self.block.patches);
            let weight = view_mut(channels, patch, &mut self.gradient[convolution.site.weight.clone()]);
            let patches = view(patch, positions, &self.block.patches);
            gemm(T::one(), view(channels, positions, u), patches.t(), T::one(), weight);
            if let Some(bias) = &convolution.site.bias {
                for (bias, u) in self.gradient[bias.clone()].iter_mut().zip(u.chunks_exact(positions)) {
                    *bias += u.iter().copied().sum::<T>();
                }
            }
        }
    }

    fn normalisation(&mut self, normalisation: &NormalisationSite<'_, T>) {
        let channels = normalisation.shape.channels();
        for sample in 0..normalisation.site.samples {
            normalisation.block(sample, self.block);
            let (scales, shifts) = self.block.values.split_at(channels);
            add(&mut self.gradient[normalisation.site.weight.clone()], scales);
            if let Some(bias) = &normalisation.site.bias {
                add(&mut self.gradient[bias.clone()], shifts);
            }
        }
    }
}

fn add<T: Real>(total: &mut [T], term: &[T]) {
    for (total, &term) in total.iter_mut().zip(term) {
        *total += term;
    }
}
