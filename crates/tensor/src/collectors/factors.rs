//! The factors of each layer's Jacobian, for products between the Jacobians of different samples.

use std::ops::Range;

use super::{BlockScratch, FanCollector, FanConvolution, Site};
use crate::Real;
use crate::kernels::SLACK;

/// What one layer gives to the Jacobians of some samples.
#[derive(Clone, Debug)]
pub(crate) enum Factor<T> {
    /// A dense layer: `J` has the rows `u_k a'` (and `u_k`), so the factors say it all.
    Dense {
        /// `S x in`.
        inputs: Vec<T>,
        /// `S x K x out`.
        cotangents: Vec<T>,
        /// Whether the layer has a bias.
        bias: bool,
    },
    /// Any other layer: the Jacobian itself in some of its parameters, `S x K x width`.
    Rows {
        /// The rows.
        rows: Vec<T>,
        /// How many parameters.
        width: usize,
    },
}

impl<T: Real> Factor<T> {
    /// Appends the factors of the samples that follow.
    pub(crate) fn append(&mut self, next: Self) {
        match (self, next) {
            (Self::Dense { inputs, cotangents, .. }, Self::Dense { inputs: i, cotangents: c, .. }) => {
                inputs.extend(i);
                cotangents.extend(c);
            }
            (Self::Rows { rows, .. }, Self::Rows { rows: r, .. }) => rows.extend(r),
            _ => unreachable!("every chunk of samples passes the same layers"),
        }
    }
}

/// Gathers the factors of dense layers, or the Jacobian in a range of the other layers' parameters: the factors of dense layers are
/// small, those of the others as large as their Jacobian, which may have to come in parts.
pub(crate) struct Factors<T> {
    samples: usize,
    /// `None` for the dense layers, or the range of parameters that is wanted of the others.
    range: Option<Range<usize>>,
    /// Each layer's number and factor, in the order in which the backward pass met them first.
    layers: Vec<(usize, Factor<T>)>,
}

impl<T: Real> Factors<T> {
    pub(crate) fn new(samples: usize, range: Option<Range<usize>>) -> Self {
        Self { samples, range, layers: Vec::new() }
    }

    /// The factors, layer by layer.
    pub(crate) fn into_factors(self) -> Vec<Factor<T>> {
        self.layers.into_iter().map(|(_, factor)| factor).collect()
    }

    /// The wanted part of a layer's parameters, if any; makes room for it when the layer is met first.
    fn wanted(&mut self, site: &Site, cotangents: usize) -> Option<(Range<usize>, &mut [T])> {
        let range = self.range.clone()?;
        // Weights and biases of a layer are neighbours in the parameter vector.
        let end = site.bias.as_ref().map_or(site.weight.end, |bias| bias.end);
        let part = range.start.max(site.weight.start)..range.end.min(end);
        if part.is_empty() {
            return None;
        }
        let place = self.layers.iter().position(|(layer, _)| *layer == site.layer).unwrap_or_else(|| {
            let rows = vec![T::zero(); self.samples * cotangents * part.len()];
            self.layers.push((site.layer, Factor::Rows { rows, width: part.len() }));
            self.layers.len() - 1
        });
        let Factor::Rows { rows, .. } = &mut self.layers[place].1 else { return None };
        Some((part, rows))
    }
}

/// Writes the `K` derivatives of one sample in one parameter.
fn write<T: Real>(rows: &mut [T], part: &Range<usize>, sample: usize, parameter: usize, derivatives: &[T]) {
    if part.contains(&parameter) {
        let first = sample * derivatives.len();
        for (k, &value) in derivatives.iter().enumerate() {
            rows[(first + k) * part.len() + parameter - part.start] = value;
        }
    }
}

impl<T: Real> FanCollector<T> for Factors<T> {
    fn dense(&mut self, site: &Site, _cotangents: usize, input: &[T], u: &[T]) {
        if self.range.is_none() {
            let bias = site.bias.is_some();
            let factor = Factor::Dense { inputs: input.to_vec(), cotangents: u.to_vec(), bias };
            self.layers.push((site.layer, factor));
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
        let Some((part, rows)) = self.wanted(site, cotangents) else { return };
        let mut take = |block: &super::block::Part<'_, T>, parameter: &dyn Fn(usize) -> usize| {
            for (row, derivatives) in block.rows.chunks_exact(block.step).take(block.count).enumerate() {
                write(rows, &part, sample, site.weight.start + parameter(row), &derivatives[..cotangents]);
            }
        };
        if u.is_gathered {
            scratch.gathered_parts(geometry, input, &u.gathered, take);
        } else {
            scratch
                .whole_part(geometry, input, cotangents, &u.all, |block, parameter| take(block, parameter));
        }
        if let Some(bias) = &site.bias {
            let sums = scratch.bias_rows(geometry.channels_out, cotangents, u);
            for (parameter, sums) in bias.clone().zip(sums.chunks_exact(cotangents)) {
                write(rows, &part, sample, parameter, sums);
            }
        }
    }

    fn rows(&mut self, site: &Site, sample: usize, cotangents: usize, rows: &[T]) {
        let Some((part, into)) = self.wanted(site, cotangents) else { return };
        let parameters = site.weight.clone().chain(site.bias.clone().into_iter().flatten());
        for (row, parameter) in rows[..rows.len() - SLACK].chunks_exact(cotangents).zip(parameters) {
            write(into, &part, sample, parameter, row);
        }
    }
}
