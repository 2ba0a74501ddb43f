//! Per-sample Gram matrices: the structural matrix as a sum over layers (theorem T13).

use super::{BlockScratch, FanCollector, FanConvolution, Site};
use crate::Real;
use crate::gemm::gemm;
use crate::kernels::{SLACK, add_row_gram, add_row_products, add_vector_gram, sum_of_products};
use crate::layers::{ConvGeometry, view, view_mut};

/// Adds each layer's `J_l J_l'` to its sample's `K x K` matrix: to one total, or to a matrix for each layer.
pub(crate) struct Gram<'a, T> {
    /// `S x K x K`, or `layers x S x K x K`.
    pub(crate) matrices: &'a mut [T],
    pub(crate) samples: usize,
    /// Whether `matrices` has a part for each layer.
    pub(crate) by_layer: bool,
}

impl<T: Real> Gram<'_, T> {
    /// The matrix that a layer's term of a sample goes to.
    fn target(&mut self, layer: usize, sample: usize, cotangents: usize) -> &mut [T] {
        let size = cotangents * cotangents;
        let start = if self.by_layer { layer * self.samples } else { 0 };
        &mut self.matrices[(start + sample) * size..][..size]
    }
}

impl<T: Real> FanCollector<T> for Gram<'_, T> {
    fn dense(&mut self, site: &Site, cotangents: usize, input: &[T], u: &[T]) {
        let samples = self.samples;
        let (inputs, outputs) = (input.len() / samples, u.len() / (samples * cotangents));
        let fans = input.chunks_exact(inputs).zip(u.chunks_exact(cotangents * outputs));
        for (sample, (input, u)) in fans.enumerate() {
            let square = sum_of_products(input, input);
            let factor = if site.bias.is_some() { square + T::one() } else { square };
            add_vector_gram(u, cotangents, outputs, factor, self.target(site.layer, sample, cotangents));
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
        let target = self.target(site.layer, sample, cotangents);
        if u.is_gathered {
            scratch.gathered_parts(geometry, input, &u.gathered, |part, _| {
                add_row_gram(part.rows, part.count, part.step, cotangents, target);
            });
        } else if position_space_is_cheaper(geometry, cotangents) {
            position_gram(geometry, input, cotangents, &u.all, scratch, target);
        } else {
            scratch.whole_part(geometry, input, cotangents, &u.all, |part, _| {
                add_row_gram(part.rows, part.count, part.step, cotangents, target);
            });
        }
        if site.bias.is_some() {
            let channels = geometry.channels_out;
            add_row_gram(
                scratch.bias_rows(channels, cotangents, u),
                channels,
                cotangents,
                cotangents,
                target,
            );
        }
    }

    fn rows(&mut self, site: &Site, sample: usize, cotangents: usize, rows: &[T]) {
        let count = (rows.len() - SLACK) / cotangents;
        add_row_gram(rows, count, cotangents, cotangents, self.target(site.layer, sample, cotangents));
    }
}

/// Whether the Gram matrix of the patches, `P x P`, is the shorter way: multiply-adds of both, as derived beside the code.
fn position_space_is_cheaper(geometry: ConvGeometry, cotangents: usize) -> bool {
    let (positions, patch, channels) = (geometry.positions(), geometry.patch(), geometry.channels_out);
    let columns = channels * cotangents;
    let weight_space = positions * patch * columns + patch * columns * cotangents;
    let position_space =
        positions * positions * patch + positions * positions * columns + positions * columns * cotangents;
    position_space < weight_space
}

/// `(J J')_kj = sum_{p, p'} <x_p, x_p'> <u_k(p), u_j(p')>`: with `G = X'X` of the patches, the inner products of `U` with `G U`.
fn position_gram<T: Real>(
    geometry: ConvGeometry,
    input: &[T],
    cotangents: usize,
    u: &[T],
    scratch: &mut BlockScratch<T>,
    target: &mut [T],
) {
    let (positions, patch) = (geometry.positions(), geometry.patch());
    let columns = geometry.channels_out * cotangents;
    scratch.unfold(geometry, input);
    scratch.sort_by_position(geometry, cotangents, u);
    let square = positions * positions;
    scratch.rows.resize(square + positions * columns + SLACK, T::zero());
    let (gram, product) = scratch.rows.split_at_mut(square);
    let patches = view(patch, positions, &scratch.patches);
    gemm(T::one(), patches.t(), patches, T::zero(), view_mut(positions, positions, gram));
    gemm(
        T::one(),
        view(positions, positions, gram),
        view(positions, columns, &scratch.by_position[..positions * columns]),
        T::zero(),
        view_mut(positions, columns, &mut product[..positions * columns]),
    );
    add_row_products(
        &scratch.by_position,
        product,
        positions * geometry.channels_out,
        cotangents,
        cotangents,
        target,
    );
}
