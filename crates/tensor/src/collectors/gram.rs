//! Per-sample Gram matrices: the structural matrix as a sum over layers (theorem T13).

use super::{Block, Collector, ConvolutionSite, DenseSite, NormalisationSite};
use crate::Real;
use crate::gemm::gemm;
use crate::layers::{view, view_mut};

/// Adds each layer's `J_l J_l'` to its sample's `K x K` matrix: to one total, or to a matrix for each layer.
pub(crate) struct Gram<'a, T> {
    /// `S x K x K`, or `layers x S x K x K`.
    pub(crate) matrices: &'a mut [T],
    /// Whether `matrices` has a part for each layer.
    pub(crate) by_layer: bool,
    pub(crate) block: &'a mut Block<T>,
}

impl<T: Real> Gram<'_, T> {
    /// The matrices that a layer's terms go to, one a sample.
    fn target(&mut self, layer: usize, samples: usize, cotangents: usize) -> &mut [T] {
        let len = samples * cotangents * cotangents;
        let start = if self.by_layer { layer * len } else { 0 };
        &mut self.matrices[start..start + len]
    }

    /// Adds the Gram matrix of the block's columns to one sample's matrix.
    fn add_block(&mut self, layer: usize, samples: usize, cotangents: usize, sample: usize) {
        let values = std::mem::take(&mut self.block.values);
        let size = cotangents * cotangents;
        let matrix = &mut self.target(layer, samples, cotangents)[sample * size..][..size];
        let rows = view(values.len() / cotangents, cotangents, &values);
        gemm(T::one(), rows.t(), rows, T::one(), view_mut(cotangents, cotangents, matrix));
        self.block.values = values;
    }
}

impl<T: Real> Collector<T> for Gram<'_, T> {
    fn dense(&mut self, dense: &DenseSite<'_, T>) {
        let (samples, cotangents) = (dense.site.samples, dense.site.cotangents);
        let target = self.target(dense.site.layer, samples, cotangents);
        for (matrix, (input, u)) in target.chunks_exact_mut(cotangents * cotangents).zip(dense.by_sample()) {
            let u = view(cotangents, dense.outputs, u);
            gemm(dense.input_factor(input), u, u.t(), T::one(), view_mut(cotangents, cotangents, matrix));
        }
    }

    fn convolution(&mut self, convolution: &ConvolutionSite<'_, T>) {
        let (samples, cotangents) = (convolution.site.samples, convolution.site.cotangents);
        for sample in 0..samples {
            convolution.block(sample, self.block);
            self.add_block(convolution.site.layer, samples, cotangents, sample);
        }
    }

    fn normalisation(&mut self, normalisation: &NormalisationSite<'_, T>) {
        let (samples, cotangents) = (normalisation.site.samples, normalisation.site.cotangents);
        for sample in 0..samples {
            normalisation.block(sample, self.block);
            self.add_block(normalisation.site.layer, samples, cotangents, sample);
        }
    }
}
