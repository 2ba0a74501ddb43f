//! Inner products of shifted rows with rows of cotangents: a convolution's weight gradient, with samples as lanes.

use super::correlate::Rows;
use super::dispatch::{Kernel, dispatch};
use super::vector::{InstructionSet, Vector};
use crate::Real;

/// How many taps and how many channels a register block holds: with two vectors each, twelve accumulators.
const TAPS: usize = 3;
const CHANNELS: usize = 2;

/// `sum over rows and i of x[row + offset[t] + i] u[c, row + i]` for all taps `t` and channels `c`, apart by lane.
pub(crate) struct Contraction<'a, T> {
    pub(crate) x: &'a [T],
    /// Where each tap reads, relative to the row's start.
    pub(crate) offsets: &'a [usize],
    pub(crate) u: &'a [T],
    /// The distance between channels in `u`.
    pub(crate) plane: usize,
    pub(crate) channels: usize,
    /// `source` is of `x`, `target` of `u`.
    pub(crate) rows: Rows,
    /// How many lanes are to be kept apart: a power of two, or a multiple of every tile.
    pub(crate) lanes: usize,
    /// How many neighbouring taps read the same channel of `x`.
    pub(crate) taps_by_channel: usize,
    /// Room for sums over some of the rows.
    pub(crate) partial: &'a mut Vec<T>,
}

/// One channel of the inputs and two of the cotangents should fit the first-level cache: this many bytes of them.
const CACHE_BYTES: usize = 24 * 1024;

/// Calls `take(channel, tap, first lane, sums)` for every channel and tap; `sums[n]` belongs to lane `(first lane + n) % lanes`.
///
/// As for [`correlate`](super::correlate), `x` must reach one tile beyond the last number that is used, with finite numbers.
pub(crate) fn contract<T: Real>(
    contraction: Contraction<'_, T>,
    take: impl FnMut(usize, usize, usize, &[T]),
) {
    dispatch(Contract { contraction, take });
}

/// One register block's work: some rows, taps and channels.
struct Turn {
    rows: std::ops::Range<usize>,
    tap: usize,
    channel: usize,
    first: usize,
    is_first: bool,
    is_last: bool,
}

struct Contract<'a, T, F> {
    contraction: Contraction<'a, T>,
    take: F,
}

impl<T: Real, F: FnMut(usize, usize, usize, &[T])> Kernel for Contract<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        self.all_blocks::<T::Vector<I>>();
    }
}

/// No tile is wider than this.
const WIDEST: usize = 64;

impl<T: Real, F: FnMut(usize, usize, usize, &[T])> Contract<'_, T, F> {
    #[inline(always)]
    fn all_blocks<V: Vector<T>>(&mut self) {
        let Contraction { channels, rows, lanes, taps_by_channel, .. } = self.contraction;
        let taps = self.contraction.offsets.len();
        let tile_len = 2 * V::LANES;
        let row_bytes = (CHANNELS + 1) * rows.len * size_of::<T>();
        let parts = rows.count.div_ceil((CACHE_BYTES / row_bytes.max(1)).max(1)).max(1);
        if parts > 1 {
            self.contraction.partial.resize(channels * taps * tile_len, T::zero());
        }
        // Lanes of one position may be more than a tile; then each tile's worth of them is a pass of its own.
        for first in (0..lanes).step_by(tile_len) {
            for part in 0..parts {
                let rows = rows.count * part / parts..rows.count * (part + 1) / parts;
                for start in (0..taps).step_by(taps_by_channel) {
                    let mut channel = 0;
                    while channel < channels {
                        let pair = channel + CHANNELS <= channels;
                        let mut tap = start;
                        while tap < start + taps_by_channel {
                            let triple = tap + TAPS <= start + taps_by_channel;
                            let turn = Turn {
                                rows: rows.clone(),
                                tap,
                                channel,
                                first,
                                is_first: part == 0,
                                is_last: part + 1 == parts,
                            };
                            match (triple, pair) {
                                (true, true) => self.block::<V, TAPS, CHANNELS>(&turn),
                                (true, false) => self.block::<V, TAPS, 1>(&turn),
                                (false, true) => self.block::<V, 1, CHANNELS>(&turn),
                                (false, false) => self.block::<V, 1, 1>(&turn),
                            }
                            tap += if triple { TAPS } else { 1 };
                        }
                        channel += if pair { CHANNELS } else { 1 };
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn block<V: Vector<T>, const A: usize, const B: usize>(&mut self, turn: &Turn) {
        let tile_len = 2 * V::LANES;
        let step = self.contraction.lanes.max(tile_len);
        let &Turn { tap, channel, first, .. } = turn;
        let Contraction { x, offsets, u, plane, rows, partial, .. } = &mut self.contraction;
        let taps = offsets.len();
        let mut tap_offsets = [0; A];
        tap_offsets.copy_from_slice(&offsets[tap..tap + A]);
        let mut sums = [[[V::splat(T::zero()); 2]; B]; A];
        if !turn.is_first {
            for a in 0..A {
                for b in 0..B {
                    let saved = &partial[((channel + b) * taps + tap + a) * tile_len..][..tile_len];
                    sums[a][b] = [V::load(saved), V::load(&saved[V::LANES..])];
                }
            }
        }
        for row in turn.rows.clone() {
            let source = &x[rows.source + row * rows.source_step..];
            let target = rows.target + row * rows.target_step;
            let mut start = first;
            while start < rows.len {
                let mut cotangents = [[V::splat(T::zero()); 2]; B];
                for b in 0..B {
                    let u = &u[(channel + b) * *plane + target + start..];
                    if start + tile_len <= rows.len {
                        cotangents[b] = [V::load(u), V::load(&u[V::LANES..])];
                    } else {
                        // Zeros beyond the row's end: what `x` holds there does not count.
                        let mut last = [T::zero(); WIDEST];
                        last[..rows.len - start].copy_from_slice(&u[..rows.len - start]);
                        cotangents[b] = [V::load(&last), V::load(&last[V::LANES..])];
                    }
                }
                for a in 0..A {
                    let x = &source[tap_offsets[a] + start..][..tile_len];
                    let x = [V::load(x), V::load(&x[V::LANES..])];
                    for b in 0..B {
                        sums[a][b][0] = x[0].multiply_add(cotangents[b][0], sums[a][b][0]);
                        sums[a][b][1] = x[1].multiply_add(cotangents[b][1], sums[a][b][1]);
                    }
                }
                start += step;
            }
        }
        if !turn.is_last {
            for a in 0..A {
                for b in 0..B {
                    let saved = &mut partial[((channel + b) * taps + tap + a) * tile_len..][..tile_len];
                    sums[a][b][0].store(saved);
                    sums[a][b][1].store(&mut saved[V::LANES..]);
                }
            }
            return;
        }
        let mut spill = [T::zero(); WIDEST];
        for a in 0..A {
            for b in 0..B {
                sums[a][b][0].store(&mut spill);
                sums[a][b][1].store(&mut spill[V::LANES..]);
                (self.take)(channel + b, tap + a, first, &spill[..tile_len]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::vector::Baseline;
    use super::*;
    use fenchel_random::{Rng, Seed};
    use proptest::prelude::*;

    /// Small integers: every sum is exact, in any order and precision.
    fn check<T: Real>(channels: usize, taps: usize, count: usize, columns: usize, lanes: usize, seed: u64) {
        let mut stream = Seed::new(seed).stream();
        let mut draw =
            |n: usize| (0..n).map(|_| T::of(f64::from(stream.random_range(-4_i8..5)))).collect::<Vec<_>>();
        let len = columns * lanes;
        let (source_step, target_step) = (len + 3 * lanes, len + lanes);
        let rows = Rows { count, len, source: 2 * lanes, source_step, target: lanes, target_step };
        let offsets: Vec<usize> = (0..taps).map(|t| (t % 3) * lanes).collect();
        let x = draw(2 * lanes + count * source_step + 3 * lanes + WIDEST);
        let plane = lanes + count * target_step;
        let u = draw(channels * plane);
        let mut want = vec![T::zero(); channels * taps * lanes];
        for c in 0..channels {
            for t in 0..taps {
                for row in 0..count {
                    for i in 0..len {
                        want[(c * taps + t) * lanes + i % lanes] += x
                            [rows.source + row * source_step + offsets[t] + i]
                            * u[c * plane + rows.target + row * target_step + i];
                    }
                }
            }
        }
        for baseline in [false, true] {
            let mut got = vec![T::zero(); channels * taps * lanes];
            let take = |c: usize, t: usize, first: usize, sums: &[T]| {
                for (n, &sum) in sums.iter().enumerate() {
                    got[(c * taps + t) * lanes + (first + n) % lanes] += sum;
                }
            };
            let (mut partial, taps_by_channel) = (Vec::new(), taps);
            let partial = &mut partial;
            let contraction = Contraction {
                x: &x,
                offsets: &offsets,
                u: &u,
                plane,
                channels,
                rows,
                lanes,
                taps_by_channel,
                partial,
            };
            if baseline {
                Contract { contraction, take }.run::<Baseline>();
            } else {
                contract(contraction, take);
            }
            assert_eq!(got, want, "baseline: {baseline}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(
            channels in 1_usize..6, taps in 1_usize..9, count in 1_usize..4, columns in 1_usize..9,
            lanes in prop_oneof![Just(1_usize), Just(2), Just(4), Just(8), Just(16), Just(32), Just(64)], seed: u64,
        ) {
            check::<f32>(channels, taps, count, columns, lanes, seed);
            check::<f64>(channels, taps, count, columns, lanes, seed);
        }
    }
}
