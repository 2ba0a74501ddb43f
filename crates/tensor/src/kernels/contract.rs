//! Inner products of shifted rows with rows of cotangents: a convolution's weight gradient, with samples as lanes.

use super::correlate::Rows;
use super::dispatch::{Kernel, dispatch};
use super::vector::{InstructionSet, MOST_LANES, Vector};
use crate::Real;

/// How many taps and how many channels a register block holds: twelve accumulators, or ten for kernels of five by five; with the
/// taps' inputs and one channel's cotangents that is all that sixteen registers hold.
const BY_THREES: (usize, usize) = (3, 4);
const BY_FIVES: (usize, usize) = (5, 2);

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

/// One channel of the inputs and a block of the cotangents should stay near the core: this many bytes of them. Half of it comes from the
/// second-level cache then, which costs less than setting sums aside more often.
const CACHE_BYTES: usize = 64 * 1024;

/// Calls `take(channel, tap, first lane, sums)` for every channel and tap; `sums[n]` belongs to lane `(first lane + n) % lanes`, and one lane
/// has one sum.
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

impl<T: Real, F: FnMut(usize, usize, usize, &[T])> Contract<'_, T, F> {
    #[inline(always)]
    fn all_blocks<V: Vector<T>>(&mut self) {
        let Contraction { channels, rows, lanes, taps_by_channel, .. } = self.contraction;
        let taps = self.contraction.offsets.len();
        let fives = taps_by_channel.is_multiple_of(5) && !taps_by_channel.is_multiple_of(3);
        let (most_taps, most_channels) = if fives { BY_FIVES } else { BY_THREES };
        let row_bytes = (most_channels + 1) * rows.len * size_of::<T>();
        let parts = rows.count.div_ceil((CACHE_BYTES / row_bytes.max(1)).max(1)).max(1);
        if parts > 1 {
            self.contraction.partial.resize(channels * taps * lanes.max(V::LANES), T::zero());
        }
        for part in 0..parts {
            let rows = rows.count * part / parts..rows.count * (part + 1) / parts;
            for start in (0..taps).step_by(taps_by_channel) {
                let mut channel = 0;
                while channel < channels {
                    let width =
                        [most_channels, 2].into_iter().find(|&w| channel + w <= channels).unwrap_or(1);
                    let mut tap = start;
                    while tap < start + taps_by_channel {
                        let side = if tap + most_taps <= start + taps_by_channel { most_taps } else { 1 };
                        // Lanes of one position may be more than a vector; then each vector's worth is a turn of its own.
                        for first in (0..lanes).step_by(V::LANES) {
                            let turn = Turn {
                                rows: rows.clone(),
                                tap,
                                channel,
                                first,
                                is_first: part == 0,
                                is_last: part + 1 == parts,
                            };
                            match (side, width) {
                                (5, 2) => self.block::<V, 5, 2>(&turn),
                                (5, _) => self.block::<V, 5, 1>(&turn),
                                (3, 4) => self.block::<V, 3, 4>(&turn),
                                (3, 2) => self.block::<V, 3, 2>(&turn),
                                (3, _) => self.block::<V, 3, 1>(&turn),
                                (_, 4) => self.block::<V, 1, 4>(&turn),
                                (_, 2) => self.block::<V, 1, 2>(&turn),
                                _ => self.block::<V, 1, 1>(&turn),
                            }
                        }
                        tap += side;
                    }
                    channel += width;
                }
            }
        }
    }

    #[inline(always)]
    fn block<V: Vector<T>, const A: usize, const B: usize>(&mut self, turn: &Turn) {
        let lanes = self.contraction.lanes;
        let step = lanes.max(V::LANES);
        let &Turn { tap, channel, first, .. } = turn;
        let Contraction { x, offsets, u, plane, rows, partial, .. } = &mut self.contraction;
        let taps = offsets.len();
        let mut tap_offsets = [0; A];
        tap_offsets.copy_from_slice(&offsets[tap..tap + A]);
        let mut sums = [[V::splat(T::zero()); B]; A];
        let saved = |a: usize, b: usize| ((channel + b) * taps + tap + a) * step + first;
        if !turn.is_first {
            for a in 0..A {
                for b in 0..B {
                    sums[a][b] = V::load(&partial[saved(a, b)..]);
                }
            }
        }
        let furthest = tap_offsets.iter().fold(0, |most, &offset| most.max(offset));
        // What the loop without checks relies on: the last row ends inside `x` and `u`, for the furthest tap and the last channel.
        let last = turn.rows.end.saturating_sub(1);
        let end = |start: usize, step: usize, beyond: usize| {
            last.checked_mul(step)?.checked_add(start)?.checked_add(beyond)?.checked_add(rows.len)
        };
        let before = (channel + B - 1).checked_mul(*plane);
        assert!(first <= rows.len);
        assert!(end(rows.source, rows.source_step, furthest).is_some_and(|end| end <= x.len()));
        assert!(
            before
                .and_then(|before| end(rows.target, rows.target_step, before))
                .is_some_and(|end| end <= u.len())
        );
        let len = rows.len - first;
        for row in turn.rows.clone() {
            let source = rows.source + row * rows.source_step + first;
            let target = rows.target + row * rows.target_step + first;
            let mut start = 0;
            while len.saturating_sub(start) >= V::LANES {
                let mut held = [V::splat(T::zero()); A];
                for a in 0..A {
                    let place = source + tap_offsets[a] + start;
                    // SAFETY: this row's numbers lie in `x` for every tap, as the last row's do for the furthest tap: see above.
                    held[a] = V::load(unsafe { x.get_unchecked(place..place + V::LANES) });
                }
                for b in 0..B {
                    let place = (channel + b) * *plane + target + start;
                    // SAFETY: the same for `u` and its channels.
                    let cotangent = V::load(unsafe { u.get_unchecked(place..place + V::LANES) });
                    for a in 0..A {
                        sums[a][b] = held[a].multiply_add(cotangent, sums[a][b]);
                    }
                }
                start += step;
            }
            if start < len {
                // Zeros beyond the row's end: what `x` holds there does not count.
                for b in 0..B {
                    let mut last = [T::zero(); MOST_LANES];
                    last[..len - start]
                        .copy_from_slice(&u[(channel + b) * *plane + target + start..][..len - start]);
                    let cotangent = V::load(&last);
                    for a in 0..A {
                        let input = V::load(&x[source + tap_offsets[a] + start..]);
                        sums[a][b] = input.multiply_add(cotangent, sums[a][b]);
                    }
                }
            }
        }
        if !turn.is_last {
            for a in 0..A {
                for b in 0..B {
                    sums[a][b].store(&mut partial[saved(a, b)..]);
                }
            }
            return;
        }
        let mut spill = [T::zero(); MOST_LANES];
        for a in 0..A {
            for b in 0..B {
                if lanes == 1 {
                    (self.take)(channel + b, tap + a, 0, &[sums[a][b].sum()]);
                    continue;
                }
                sums[a][b].store(&mut spill);
                (self.take)(channel + b, tap + a, first, &spill[..V::LANES]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::vector::Baseline;
    use super::*;
    use fenchel_random::Seed;
    use proptest::prelude::*;

    /// Small integers: every sum is exact, in any order and precision.
    fn check<T: Real>(
        (channels, taps, taps_by_channel): (usize, usize, usize),
        (count, columns, lanes): (usize, usize, usize),
        seed: u64,
    ) {
        let mut stream = Seed::new(seed).stream();
        let mut draw =
            |n: usize| (0..n).map(|_| T::of(f64::from(stream.random_range(-4_i8..5)))).collect::<Vec<_>>();
        let len = columns * lanes;
        let (source_step, target_step) = (len + 3 * lanes, len + lanes);
        let rows = Rows { count, len, source: 2 * lanes, source_step, target: lanes, target_step };
        let offsets: Vec<usize> = (0..taps).map(|t| (t % 3) * lanes).collect();
        let x = draw(2 * lanes + count * source_step + 3 * lanes + MOST_LANES);
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
            let partial = &mut Vec::new();
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

    /// Two rows of two columns of eight lanes, with one tap that reaches a column beyond, over arrays of the given lengths.
    fn contract_over(x: usize, u: usize) {
        let (x, u) = (vec![0.0_f32; x], vec![0.0_f32; u]);
        let rows = Rows { count: 2, len: 16, source: 0, source_step: 24, target: 0, target_step: 16 };
        let contraction = Contraction {
            x: &x,
            offsets: &[8],
            u: &u,
            plane: 32,
            channels: 2,
            rows,
            lanes: 1,
            taps_by_channel: 1,
            partial: &mut Vec::new(),
        };
        contract(contraction, |_, _, _, _| {});
    }

    #[test]
    fn takes_arrays_that_end_with_the_last_number() {
        contract_over(48, 64);
    }

    #[test]
    #[should_panic(expected = "x.len()")]
    fn refuses_inputs_that_end_before_the_last_number() {
        contract_over(47, 64);
    }

    #[test]
    #[should_panic(expected = "u.len()")]
    fn refuses_cotangents_that_end_before_the_last_number() {
        contract_over(48, 63);
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(
            channels in 1_usize..6, sources in 1_usize..3,
            taps_by_channel in prop_oneof![1_usize..10, Just(15), Just(25)],
            count in 1_usize..4, columns in 1_usize..9,
            lanes in prop_oneof![Just(1_usize), Just(2), Just(4), Just(8), Just(16), Just(32), Just(64)], seed: u64,
        ) {
            let taps = (channels, sources * taps_by_channel, taps_by_channel);
            check::<f32>(taps, (count, columns, lanes), seed);
            check::<f64>(taps, (count, columns, lanes), seed);
        }

        /// So many rows that they are taken in parts, whose sums wait in `partial`.
        #[test]
        fn agrees_with_the_definition_in_parts(channels in 1_usize..6, seed: u64) {
            check::<f32>((channels, 9, 9), (90, 8, 16), seed);
            check::<f64>((channels, 25, 25), (90, 8, 16), seed);
        }
    }
}
