//! Full per-sample Jacobians, for tests and small models.

use super::{BlockScratch, FanCollector, FanConvolution, Site};
use crate::Real;
use crate::kernels::SLACK;

/// Writes the rows `u_k' J` of every sample into `S x K x n`.
pub(crate) struct Jacobian<'a, T> {
    pub(crate) rows: &'a mut [T],
    /// `n`.
    pub(crate) parameters: usize,
}

impl<T: Real> Jacobian<'_, T> {
    /// Writes the `K` derivatives of one sample in one parameter.
    fn write(&mut self, sample: usize, parameter: usize, derivatives: &[T]) {
        let first = sample * derivatives.len();
        for (k, &value) in derivatives.iter().enumerate() {
            self.rows[(first + k) * self.parameters + parameter] = value;
        }
    }
}

impl<T: Real> FanCollector<T> for Jacobian<'_, T> {
    fn dense(&mut self, site: &Site, cotangents: usize, input: &[T], u: &[T]) {
        let samples = self.rows.len() / (self.parameters * cotangents);
        let (inputs, outputs) = (input.len() / samples, u.len() / (samples * cotangents));
        let fans = input.chunks_exact(inputs).zip(u.chunks_exact(cotangents * outputs));
        let blocks = self.rows.chunks_exact_mut(self.parameters * cotangents);
        for (rows, (input, u)) in blocks.zip(fans) {
            for (row, u) in rows.chunks_exact_mut(self.parameters).zip(u.chunks_exact(outputs)) {
                let weight = row[site.weight.clone()].chunks_exact_mut(inputs);
                for (row, &u) in weight.zip(u) {
                    for (entry, &a) in row.iter_mut().zip(input) {
                        *entry = u * a;
                    }
                }
                if let Some(bias) = &site.bias {
                    row[bias.clone()].copy_from_slice(u);
                }
            }
        }
    }

    fn convolution(
        &mut self,
        site: &Site,
        sample: usize,
        cotangents: usize,
        convolution: &FanConvolution<'_, T>,
        scratch: &mut BlockScratch<T>,
    ) {
        let FanConvolution { geometry, input, u } = *convolution;
        let mut write = |part: &super::block::Part<'_, T>, parameter: &dyn Fn(usize) -> usize| {
            for (row, derivatives) in part.rows.chunks_exact(part.step).take(part.count).enumerate() {
                self.write(sample, site.weight.start + parameter(row), &derivatives[..cotangents]);
            }
        };
        if u.is_gathered {
            scratch.gathered_parts(geometry, input, &u.gathered, write);
        } else {
            scratch.whole_part(geometry, input, cotangents, &u.all, |part, parameter| write(part, parameter));
        }
        if let Some(bias) = &site.bias {
            let sums = scratch.bias_rows(geometry.channels_out, cotangents, u);
            for (parameter, sums) in bias.clone().zip(sums.chunks_exact(cotangents)) {
                self.write(sample, parameter, sums);
            }
        }
    }

    fn rows(&mut self, site: &Site, sample: usize, cotangents: usize, rows: &[T]) {
        let rows = &rows[..rows.len() - SLACK];
        let parameters = site.weight.clone().chain(site.bias.clone().into_iter().flatten());
        for (row, parameter) in rows.chunks_exact(cotangents).zip(parameters) {
            self.write(sample, parameter, row);
        }
    }
}
