//! Weighted sums of shifted rows: a convolution, with any number of lanes innermost.

use std::ops::Range;

use super::dispatch::{Kernel, dispatch};
use super::vector::{InstructionSet, MOST_LANES, Vector};
use crate::Real;

/// How many outputs a register block holds: with two vectors each, twelve accumulators.
const BLOCK: usize = 6;

/// Each block of outputs reads the source anew, a part at a time that the second-level cache holds beside all else: this many bytes.
const CACHE_BYTES: usize = 160 * 1024;

/// Rows at equal distances in the source and in the target.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows {
    pub(crate) count: usize,
    /// How many numbers each row has.
    pub(crate) len: usize,
    pub(crate) source: usize,
    pub(crate) source_step: usize,
    pub(crate) target: usize,
    pub(crate) target_step: usize,
}

/// `y[m, row, i] = bias[m] + sum_t weight[m, t] x[row + offset[t] + i]` for all `m`, all rows and all `i` in a row.
pub(crate) struct Correlation<'a, T> {
    pub(crate) x: &'a [T],
    /// Where each tap reads, relative to the row's start.
    pub(crate) offsets: &'a [usize],
    /// As [`pack`] lays them out.
    pub(crate) weights: &'a [T],
    /// One for each output, or none at all.
    pub(crate) bias: Option<&'a [T]>,
    pub(crate) outputs: usize,
    pub(crate) rows: Rows,
    /// The distance between outputs in `y`.
    pub(crate) plane: usize,
    pub(crate) y: &'a mut [T],
    /// Whether to add to `y`.
    pub(crate) accumulate: bool,
}

/// The sizes of the register blocks for `outputs` outputs: as equal as possible, none above [`BLOCK`].
fn blocks(outputs: usize) -> impl Iterator<Item = Range<usize>> {
    let count = outputs.div_ceil(BLOCK).max(1);
    (0..count).map(move |b| outputs * b / count..outputs * (b + 1) / count)
}

/// Appends weights in the order of use: for each block of outputs, for each tap, the block's weights.
pub(crate) fn pack<T: Real>(
    outputs: usize,
    taps: usize,
    weight: impl Fn(usize, usize) -> T,
    packed: &mut Vec<T>,
) {
    for block in blocks(outputs) {
        for tap in 0..taps {
            packed.extend(block.clone().map(|m| weight(m, tap)));
        }
    }
}

/// Computes a [`Correlation`].
///
/// The source must reach one tile (the lanes of two vector registers) beyond the last number that is used; what stands there does
/// not matter.
pub(crate) fn correlate<T: Real>(correlation: Correlation<'_, T>) {
    dispatch(correlation);
}

impl<T: Real> Kernel for Correlation<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        let taps = self.offsets.len();
        let row_bytes = size_of_val(self.x) / self.rows.count.max(1);
        let parts = self.rows.count.div_ceil((CACHE_BYTES / row_bytes.max(1)).max(1));
        for part in 0..parts {
            let rows = self.rows.count * part / parts..self.rows.count * (part + 1) / parts;
            for block in blocks(self.outputs) {
                let weights = &self.weights[block.start * taps..block.end * taps];
                match block.len() {
                    6 => self.block::<T::Vector<I>, 6>(block.start, rows.clone(), weights),
                    5 => self.block::<T::Vector<I>, 5>(block.start, rows.clone(), weights),
                    4 => self.block::<T::Vector<I>, 4>(block.start, rows.clone(), weights),
                    3 => self.block::<T::Vector<I>, 3>(block.start, rows.clone(), weights),
                    2 => self.block::<T::Vector<I>, 2>(block.start, rows.clone(), weights),
                    _ => self.block::<T::Vector<I>, 1>(block.start, rows.clone(), weights),
                }
            }
        }
    }
}

impl<T: Real> Correlation<'_, T> {
    #[inline(always)]
    fn block<V: Vector<T>, const M: usize>(&mut self, first: usize, rows: Range<usize>, weights: &[T]) {
        let tile_len = 2 * V::LANES;
        let mut bias = [T::zero(); M];
        if let Some(all) = self.bias {
            bias.copy_from_slice(&all[first..first + M]);
        }
        let mut spill = [T::zero(); 2 * MOST_LANES];
        for row in rows {
            let source = self.rows.source + row * self.rows.source_step;
            let target = self.rows.target + row * self.rows.target_step;
            for start in (0..self.rows.len).step_by(tile_len) {
                let sums = tile::<T, V, M>(&self.x[source + start..], self.offsets, weights, bias);
                let width = tile_len.min(self.rows.len - start);
                for m in 0..M {
                    let y = &mut self.y[(first + m) * self.plane + target + start..][..width];
                    if width == tile_len && !self.accumulate {
                        sums[m][0].store(y);
                        sums[m][1].store(&mut y[V::LANES..]);
                        continue;
                    }
                    sums[m][0].store(&mut spill);
                    sums[m][1].store(&mut spill[V::LANES..]);
                    if self.accumulate {
                        for (y, &sum) in y.iter_mut().zip(&spill) {
                            *y += sum;
                        }
                    } else {
                        y.copy_from_slice(&spill[..width]);
                    }
                }
            }
        }
    }
}

/// The sums of `M` outputs at two vectors of neighbouring places, in registers from the first tap to the last.
#[inline(always)]
fn tile<T: Real, V: Vector<T>, const M: usize>(
    x: &[T],
    offsets: &[usize],
    weights: &[T],
    bias: [T; M],
) -> [[V; 2]; M] {
    let mut sums = [[V::splat(T::zero()); 2]; M];
    for m in 0..M {
        sums[m] = [V::splat(bias[m]); 2];
    }
    for (&offset, weights) in offsets.iter().zip(weights.chunks_exact(M)) {
        let x = &x[offset..offset + 2 * V::LANES];
        let x = [V::load(x), V::load(&x[V::LANES..])];
        for m in 0..M {
            let weight = V::splat(weights[m]);
            sums[m][0] = weight.multiply_add(x[0], sums[m][0]);
            sums[m][1] = weight.multiply_add(x[1], sums[m][1]);
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::super::vector::Baseline;
    use super::*;
    use fenchel_random::Seed;
    use proptest::prelude::*;

    /// Small integers: every sum is exact, in any order and precision.
    #[allow(clippy::too_many_arguments, reason = "each is another dimension of the property")]
    fn check<T: Real>(
        outputs: usize,
        taps: usize,
        count: usize,
        len: usize,
        accumulate: bool,
        biased: bool,
        beyond: usize,
        seed: u64,
    ) {
        let mut stream = Seed::new(seed).stream();
        let mut draw =
            |n: usize| (0..n).map(|_| T::of(f64::from(stream.random_range(-4_i8..5)))).collect::<Vec<_>>();
        let rows = Rows { count, len, source: 3, source_step: 80, target: 1, target_step: 75 };
        // A source that the cache does not hold is read a part at a time.
        let x = draw(3 + 80 * count + 40 + 2 * MOST_LANES + beyond);
        let (weight, bias) = (draw(outputs * taps), draw(outputs));
        let offsets: Vec<usize> = (0..taps).map(|t| (t * 7) % 30).collect();
        let before = draw(outputs * 300);
        let mut packed = Vec::new();
        pack(outputs, taps, |m, t| weight[m * taps + t], &mut packed);
        let mut want = before.clone();
        for m in 0..outputs {
            for row in 0..count {
                for i in 0..len {
                    let place = &mut want[m * 300 + 1 + 75 * row + i];
                    let start = if accumulate { *place } else { T::zero() };
                    let start = start + if biased { bias[m] } else { T::zero() };
                    let terms = (0..taps).map(|t| weight[m * taps + t] * x[3 + 80 * row + offsets[t] + i]);
                    *place = start + terms.sum::<T>();
                }
            }
        }
        for baseline in [false, true] {
            let mut y = before.clone();
            let correlation = Correlation {
                x: &x,
                offsets: &offsets,
                weights: &packed,
                bias: biased.then_some(&bias[..]),
                outputs,
                rows,
                plane: 300,
                y: &mut y,
                accumulate,
            };
            if baseline {
                correlation.run::<Baseline>();
            } else {
                correlate(correlation);
            }
            assert_eq!(y, want, "baseline: {baseline}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(
            outputs in 1_usize..20, taps in 1_usize..12, count in 1_usize..4, len in 1_usize..70,
            accumulate: bool, biased: bool,
            beyond in prop_oneof![Just(0_usize), Just(60_000)], seed: u64,
        ) {
            check::<f32>(outputs, taps, count, len, accumulate, biased, beyond, seed);
            check::<f64>(outputs, taps, count, len, accumulate, biased, beyond, seed);
        }
    }
}
