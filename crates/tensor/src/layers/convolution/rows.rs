//! One sample's Jacobian in the weights of one convolution, in parts that fit the cache.

use std::ops::Range;

use super::{ConvGeometry, ConvScratch, unfold};
use crate::gemm::{gemm, view, view_mut};
use crate::kernels::{SLACK, add_row_gram, add_row_products, gather_weight_block, vectorised};
use crate::layer::{Cotangents, Gathered, Part};
use crate::{Real, Shape};

/// The buffers that a convolution's Jacobian needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockScratch<T> {
    bases: Vec<usize>,
    /// Rows of one part; kernels read whole tiles, so it reaches a little further.
    rows: Vec<T>,
    /// The unfolded input, `patch x positions`.
    patches: Vec<T>,
    /// The cotangents with channels inside positions, `P x (C' K)`.
    by_position: Vec<T>,
}

impl<T: Real> BlockScratch<T> {
    /// Shows the Jacobian in the weights, which lie from `first` on, for cotangents in a list.
    pub(crate) fn gathered_parts(
        &mut self,
        geometry: ConvGeometry,
        input: &[T],
        u: &Gathered<T>,
        first: usize,
        frame: &mut ConvScratch<T>,
        take: &mut dyn FnMut(&Part<'_, T>),
    ) {
        let patch = geometry.patch();
        geometry.frame_one(input, frame);
        let (down, right) = geometry.steps_one();
        let entries = u.positions.len() / geometry.channels_out;
        self.rows.resize(patch * u.lanes + SLACK, T::zero());
        let lists = u.positions.chunks_exact(entries).zip(u.u.chunks_exact(entries * u.lanes));
        for (channel, (positions, u_channel)) in lists.enumerate() {
            self.bases.clear();
            self.bases.extend(positions.iter().map(|p| p.row as usize * down + p.column as usize * right));
            let block = &mut self.rows[..patch * u.lanes];
            gather_weight_block(frame.image(), frame.taps(), &self.bases, u_channel, u.lanes, block);
            let parameter = |row| first + channel * patch + row;
            take(&Part { rows: &self.rows, count: patch, step: u.lanes, parameter: &parameter });
        }
    }

    /// The same for cotangents at all positions: one part.
    pub(crate) fn whole_part(
        &mut self,
        geometry: ConvGeometry,
        input: &[T],
        cotangents: usize,
        u: &[T],
        first: usize,
        take: &mut dyn FnMut(&Part<'_, T>),
    ) {
        let (positions, patch, channels) = (geometry.positions(), geometry.patch(), geometry.channels_out);
        self.unfold(geometry, input);
        self.sort_by_position(geometry, cotangents, u);
        let columns = channels * cotangents;
        self.rows.resize(patch * columns + SLACK, T::zero());
        gemm(
            T::one(),
            view(patch, positions, &self.patches),
            view(positions, columns, &self.by_position[..positions * columns]),
            T::zero(),
            view_mut(patch, columns, &mut self.rows[..patch * columns]),
        );
        let parameter = |row| first + row % channels * patch + row / channels;
        take(&Part { rows: &self.rows, count: patch * channels, step: cotangents, parameter: &parameter });
    }

    /// Adds the Gram matrix of the Jacobian in the weights to `gram`, by way of the positions:
    /// `(J J')_kj = sum_{p, p'} <x_p, x_p'> <u_k(p), u_j(p')>`, with `G = X'X` of the patches the inner
    /// products of `U` with `G U`.
    fn position_gram(
        &mut self,
        geometry: ConvGeometry,
        input: &[T],
        cotangents: usize,
        u: &[T],
        gram: &mut [T],
    ) {
        let (positions, patch) = (geometry.positions(), geometry.patch());
        let columns = geometry.channels_out * cotangents;
        self.unfold(geometry, input);
        self.sort_by_position(geometry, cotangents, u);
        let square = positions * positions;
        self.rows.resize(square + positions * columns + SLACK, T::zero());
        let (inner, product) = self.rows.split_at_mut(square);
        let patches = view(patch, positions, &self.patches);
        gemm(T::one(), patches.t(), patches, T::zero(), view_mut(positions, positions, inner));
        gemm(
            T::one(),
            view(positions, positions, inner),
            view(positions, columns, &self.by_position[..positions * columns]),
            T::zero(),
            view_mut(positions, columns, &mut product[..positions * columns]),
        );
        let rows = positions * geometry.channels_out;
        add_row_products(&self.by_position, product, rows, cotangents, cotangents, gram);
    }

    /// Adds the Gram matrix of the Jacobian in the weights, and in the biases if there are any, for cotangents at all
    /// positions, by the shorter way.
    pub(crate) fn add_gram(
        &mut self,
        geometry: ConvGeometry,
        input: &[T],
        cotangents: usize,
        u: &[T],
        biases: Option<&Range<usize>>,
        gram: &mut [T],
    ) {
        let add = |part: &Part<'_, T>, gram: &mut [T]| {
            add_row_gram(part.rows, part.count, part.step, cotangents, gram);
        };
        if position_space_is_cheaper(geometry, cotangents) {
            self.position_gram(geometry, input, cotangents, u, gram);
        } else {
            self.whole_part(geometry, input, cotangents, u, 0, &mut |part| add(part, gram));
        }
        if let Some(biases) = biases {
            let shape = Shape::image(geometry.channels_out, geometry.out_height, geometry.out_width);
            self.bias_part(shape, biases, cotangents, Cotangents::All(u), &mut |part| add(part, gram));
        }
    }

    /// Unfolds one sample's input into `patches`.
    fn unfold(&mut self, geometry: ConvGeometry, input: &[T]) {
        self.patches.resize(geometry.patch() * geometry.positions(), T::zero());
        unfold(geometry, input, &mut self.patches);
    }

    /// Sorts cotangents `C' x P x K` into `by_position`, `P x C' x K`.
    fn sort_by_position(&mut self, geometry: ConvGeometry, cotangents: usize, u: &[T]) {
        let (positions, channels) = (geometry.positions(), geometry.channels_out);
        self.by_position.resize(positions * channels * cotangents + SLACK, T::zero());
        for (channel, u) in u.chunks_exact(positions * cotangents).enumerate() {
            let places = self.by_position.chunks_exact_mut(channels * cotangents);
            for (place, u) in places.zip(u.chunks_exact(cotangents)) {
                place[channel * cotangents..][..cotangents].copy_from_slice(u);
            }
        }
    }

    /// Shows the Jacobian in the biases: the sums over positions of one sample's cotangents.
    pub(crate) fn bias_part(
        &mut self,
        shape: Shape,
        biases: &Range<usize>,
        cotangents: usize,
        u: Cotangents<'_, T>,
        take: &mut dyn FnMut(&Part<'_, T>),
    ) {
        let channels = biases.len();
        self.rows.resize(channels * cotangents + SLACK, T::zero());
        let mut turned = Vec::new();
        let (step, all) = match u {
            Cotangents::List(list) => (list.lanes, &*list.u),
            Cotangents::All(_) | Cotangents::Rows(_) => {
                (cotangents, u.by_entry(shape, cotangents, &mut turned))
            }
        };
        let lists = all.chunks_exact(all.len() / channels);
        for (sums, u) in self.rows.chunks_exact_mut(cotangents).zip(lists) {
            sums.fill(T::zero());
            add_rows(step, u, sums);
        }
        let parameter = |row| biases.start + row;
        take(&Part { rows: &self.rows, count: channels, step: cotangents, parameter: &parameter });
    }
}

/// Whether the Gram matrix of the patches, `P x P`, is the shorter way: multiply-adds of both, as derived beside the
/// code.
fn position_space_is_cheaper(geometry: ConvGeometry, cotangents: usize) -> bool {
    let (positions, patch, channels) = (geometry.positions(), geometry.patch(), geometry.channels_out);
    let columns = channels * cotangents;
    let weight_space = positions * patch * columns + patch * columns * cotangents;
    let position_space =
        positions * positions * patch + positions * positions * columns + positions * columns * cotangents;
    position_space < weight_space
}

vectorised! {
    /// Adds rows of `step` numbers, as far as the sums reach.
    fn add_rows<T: Real>(step: usize, rows: &[T], sums: &mut [T]) {
        for row in rows.chunks_exact(step) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }
}
