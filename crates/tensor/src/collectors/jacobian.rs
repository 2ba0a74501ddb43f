//! Full per-sample Jacobians, for tests and small models.

use super::{Block, Collector, ConvolutionSite, DenseSite, NormalisationSite, Site};
use crate::Real;

/// Writes the rows `u_k' J` of every sample into `S x K x n`.
pub(crate) struct Jacobian<'a, T> {
    pub(crate) rows: &'a mut [T],
    pub(crate) parameters: usize,
    pub(crate) block: &'a mut Block<T>,
}

impl<T: Real> Jacobian<'_, T> {
    /// Copies the block's columns into one sample's rows, weights first, then biases.
    fn write_block(&mut self, site: &Site<'_, T>, sample: usize) {
        let places = site.weight.clone().chain(site.bias.clone().into_iter().flatten());
        for (values, place) in self.block.values.chunks_exact(site.cotangents).zip(places) {
            for (k, &value) in values.iter().enumerate() {
                self.rows[(sample * site.cotangents + k) * self.parameters + place] = value;
            }
        }
    }
}

impl<T: Real> Collector<T> for Jacobian<'_, T> {
    fn dense(&mut self, dense: &DenseSite<'_, T>) {
        let inputs = dense.inputs();
        let samples = self.rows.chunks_exact_mut(self.parameters * dense.site.cotangents);
        for (rows, (input, u)) in samples.zip(dense.by_sample()) {
            for (row, u) in rows.chunks_exact_mut(self.parameters).zip(u.chunks_exact(dense.outputs)) {
                let weight = row[dense.site.weight.clone()].chunks_exact_mut(inputs);
                for (row, &u) in weight.zip(u) {
                    for (entry, &a) in row.iter_mut().zip(input) {
                        *entry = u * a;
                    }
                }
                if let Some(bias) = &dense.site.bias {
                    row[bias.clone()].copy_from_slice(u);
                }
            }
        }
    }

    fn convolution(&mut self, convolution: &ConvolutionSite<'_, T>) {
        for sample in 0..convolution.site.samples {
            convolution.block(sample, self.block);
            self.write_block(&convolution.site, sample);
        }
    }

    fn normalisation(&mut self, normalisation: &NormalisationSite<'_, T>) {
        for sample in 0..normalisation.site.samples {
            normalisation.block(sample, self.block);
            self.write_block(&normalisation.site, sample);
        }
    }
}
