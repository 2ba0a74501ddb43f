//! Per-sample squared gradient norms.

use super::{Block, Collector, ConvolutionSite, DenseSite, NormalisationSite};
use crate::Real;

/// Adds each layer's share of `‖J_b' u_b‖²` to one number a sample; needs `K = 1`.
pub(crate) struct SquaredNorms<'a, T> {
    pub(crate) norms: &'a mut [T],
    pub(crate) block: &'a mut Block<T>,
}

impl<T: Real> Collector<T> for SquaredNorms<'_, T> {
    fn dense(&mut self, dense: &DenseSite<'_, T>) {
        for (norm, (input, u)) in self.norms.iter_mut().zip(dense.by_sample()) {
            *norm += dense.input_factor(input) * square(u);
        }
    }

    fn convolution(&mut self, convolution: &ConvolutionSite<'_, T>) {
        for (sample, norm) in self.norms.iter_mut().enumerate() {
            convolution.block(sample, self.block);
            *norm += square(&self.block.values);
        }
    }

    fn normalisation(&mut self, normalisation: &NormalisationSite<'_, T>) {
        for (sample, norm) in self.norms.iter_mut().enumerate() {
            normalisation.block(sample, self.block);
            *norm += square(&self.block.values);
        }
    }
}

fn square<T: Real>(values: &[T]) -> T {
    values.iter().map(|&v| v * v).sum()
}
