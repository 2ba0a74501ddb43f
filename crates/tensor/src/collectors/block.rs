//! One sample's Jacobian in the weights of one convolution, in parts that fit the cache.

use crate::Real;
use crate::gemm::gemm;
use crate::kernels::{SLACK, gather_weight_block, vectorised};
use crate::layers::{ConvGeometry, ConvScratch, Fan, Gathered, unfold, view, view_mut};

/// The buffers that a convolution's Jacobian needs.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockScratch<T> {
    pub(crate) convolution: ConvScratch<T>,
    bases: Vec<usize>,
    /// Rows of one part; kernels read whole tiles, so it reaches a little further.
    pub(crate) rows: Vec<T>,
    /// The unfolded input, `patch x positions`.
    pub(crate) patches: Vec<T>,
    /// The cotangents with channels inside positions, `P x (C' K)`.
    pub(crate) by_position: Vec<T>,
}

/// Part of a Jacobian, transposed: row `r` holds the `K` derivatives in one parameter.
pub(crate) struct Part<'a, T> {
    pub(crate) rows: &'a [T],
    pub(crate) count: usize,
    /// The distance between rows, at least `K`.
    pub(crate) step: usize,
}

impl<T: Real> BlockScratch<T> {
    /// Calls `take(part, parameter of a row)` for every part of the Jacobian in the weights, for cotangents in a list.
    pub(crate) fn gathered_parts(
        &mut self,
        geometry: ConvGeometry,
        input: &[T],
        u: &Gathered<T>,
        mut take: impl FnMut(&Part<'_, T>, &dyn Fn(usize) -> usize),
    ) {
        let patch = geometry.patch();
        geometry.frame_one(input, &mut self.convolution);
        let frame = &self.convolution;
        let (down, right) = geometry.steps_one();
        let entries = u.positions.len() / geometry.channels_out;
        self.rows.resize(patch * u.lanes + SLACK, T::zero());
        let lists = u.positions.chunks_exact(entries).zip(u.u.chunks_exact(entries * u.lanes));
        for (channel, (positions, u_channel)) in lists.enumerate() {
            self.bases.clear();
            self.bases.extend(positions.iter().map(|p| p.row as usize * down + p.column as usize * right));
            let block = &mut self.rows[..patch * u.lanes];
            gather_weight_block(frame.image(), frame.taps(), &self.bases, u_channel, u.lanes, block);
            let part = Part { rows: &self.rows, count: patch, step: u.lanes };
            take(&part, &|row| channel * patch + row);
        }
    }

    /// The same for cotangents at all positions: one part.
    pub(crate) fn whole_part(
        &mut self,
        geometry: ConvGeometry,
        input: &[T],
        cotangents: usize,
        u: &[T],
        take: impl FnOnce(&Part<'_, T>, &dyn Fn(usize) -> usize),
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
        let part = Part { rows: &self.rows, count: patch * channels, step: cotangents };
        take(&part, &|row| row % channels * patch + row / channels);
    }

    /// Unfolds one sample's input into `patches`.
    pub(crate) fn unfold(&mut self, geometry: ConvGeometry, input: &[T]) {
        self.patches.resize(geometry.patch() * geometry.positions(), T::zero());
        unfold(geometry, input, &mut self.patches);
    }

    /// Sorts cotangents `C' x P x K` into `by_position`, `P x C' x K`.
    pub(crate) fn sort_by_position(&mut self, geometry: ConvGeometry, cotangents: usize, u: &[T]) {
        let (positions, channels) = (geometry.positions(), geometry.channels_out);
        self.by_position.resize(positions * channels * cotangents + SLACK, T::zero());
        for (channel, u) in u.chunks_exact(positions * cotangents).enumerate() {
            let places = self.by_position.chunks_exact_mut(channels * cotangents);
            for (place, u) in places.zip(u.chunks_exact(cotangents)) {
                place[channel * cotangents..][..cotangents].copy_from_slice(u);
            }
        }
    }

    /// The sums over positions of one sample's cotangents, `C' x K`, in `rows`: the Jacobian in the biases.
    pub(crate) fn bias_rows(&mut self, channels: usize, cotangents: usize, u: &Fan<T>) -> &[T] {
        self.rows.resize(channels * cotangents + SLACK, T::zero());
        let (step, all) =
            if u.is_gathered { (u.gathered.lanes, &u.gathered.u) } else { (cotangents, &u.all) };
        let lists = all.chunks_exact(all.len() / channels);
        for (sums, u) in self.rows.chunks_exact_mut(cotangents).zip(lists) {
            sums.fill(T::zero());
            add_rows(step, u, sums);
        }
        &self.rows
    }
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
