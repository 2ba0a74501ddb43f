//! A convolution's kernels for cotangents that stand at a few positions only.
//!
//! Behind a max pool all cotangents of a window stand at one position, the largest entry's, whatever their number: of a 2x2
//! pooling's positions one in four. So the cotangents stay in a list by channel, `C' x Q x lanes`, with the position of each, and
//! both products of the backward pass run over the list alone. A sample's cotangents are the lanes: each entry is one scalar
//! (a patch's entry, a weight) times a few vectors.

use super::dispatch::{Kernel, dispatch};
use super::vector::{InstructionSet, MOST_LANES, Vector};
use crate::Real;

/// The cotangents of one sample are held in at most this many vectors at a time.
const MOST_VECTORS: usize = 4;

/// The lanes that `cotangents` numbers are padded to: whole vectors, and beyond a few vectors whole groups of them.
pub(crate) fn padded_lanes<T: Real>(cotangents: usize) -> usize {
    struct Pad<T>(usize, std::marker::PhantomData<T>);
    impl<T: Real> Kernel for Pad<T> {
        type Output = usize;
        #[inline(always)]
        fn run<I: InstructionSet>(self) -> usize {
            let vector = T::Vector::<I>::LANES;
            let padded = self.0.next_multiple_of(vector);
            if padded > MOST_VECTORS * vector {
                self.0.next_multiple_of(MOST_VECTORS * vector)
            } else {
                padded
            }
        }
    }
    dispatch(Pad::<T>(cotangents, std::marker::PhantomData))
}

/// `block[t] = sum_q x[base[q] + offset[t]] u[q]` for one output channel: `taps x lanes`.
pub(crate) fn gather_weight_block<T: Real>(
    x: &[T],
    offsets: &[usize],
    bases: &[usize],
    u: &[T],
    lanes: usize,
    block: &mut [T],
) {
    dispatch(WeightBlock { x, offsets, bases, u, lanes, block });
}

struct WeightBlock<'a, T> {
    x: &'a [T],
    offsets: &'a [usize],
    bases: &'a [usize],
    u: &'a [T],
    lanes: usize,
    block: &'a mut [T],
}

impl<T: Real> Kernel for WeightBlock<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        let vector = T::Vector::<I>::LANES;
        let group = self.lanes.min(MOST_VECTORS * vector);
        for first in (0..self.lanes).step_by(group) {
            // Vectors of lanes, and as many taps as make twelve vectors of sums.
            match group / vector {
                1 => self.all_taps::<T::Vector<I>, 1, 12>(first),
                2 => self.all_taps::<T::Vector<I>, 2, 6>(first),
                3 => self.all_taps::<T::Vector<I>, 3, 4>(first),
                _ => self.all_taps::<T::Vector<I>, 4, 3>(first),
            }
        }
    }
}

impl<T: Real> WeightBlock<'_, T> {
    #[inline(always)]
    fn all_taps<V: Vector<T>, const W: usize, const A: usize>(&mut self, first: usize) {
        let taps = self.offsets.len();
        let mut tap = 0;
        while tap < taps {
            let left = taps - tap;
            if left >= A {
                self.some_taps::<V, W, A>(tap, first);
                tap += A;
            } else if left >= 3 {
                self.some_taps::<V, W, 3>(tap, first);
                tap += 3;
            } else {
                self.some_taps::<V, W, 1>(tap, first);
                tap += 1;
            }
        }
    }

    #[inline(always)]
    fn some_taps<V: Vector<T>, const W: usize, const A: usize>(&mut self, tap: usize, first: usize) {
        let mut offsets = [0; A];
        offsets.copy_from_slice(&self.offsets[tap..tap + A]);
        let mut sums = [[V::splat(T::zero()); W]; A];
        for (&base, u) in self.bases.iter().zip(self.u.chunks_exact(self.lanes)) {
            let mut lanes = [V::splat(T::zero()); W];
            for w in 0..W {
                lanes[w] = V::load(&u[first + w * V::LANES..]);
            }
            let x = &self.x[base..];
            for a in 0..A {
                let x = V::splat(x[offsets[a]]);
                for w in 0..W {
                    sums[a][w] = x.multiply_add(lanes[w], sums[a][w]);
                }
            }
        }
        for a in 0..A {
            for w in 0..W {
                sums[a][w].store(&mut self.block[(tap + a) * self.lanes + first + w * V::LANES..]);
            }
        }
    }
}

/// One term of a data gradient: which cotangents (where they start in `u`), and which weights (where they start).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Term {
    pub(crate) cotangents: u32,
    pub(crate) weights: u32,
}

/// How many input channels share one pass over the terms: with two vectors each, twelve sums.
pub(crate) const CHANNEL_BLOCK: usize = 6;

/// `sums[position, m] = sum over the position's terms of weight[m] u` for a block of at most [`CHANNEL_BLOCK`] input channels.
///
/// `terms` are in the order of positions, `ends[p]` the end of position `p`'s. Calls `take(position, m, sums)` with the first
/// `cotangents` lanes of each sum.
pub(crate) fn gather_data_gradient<T: Real>(
    gradient: &GatheredGradient<'_, T>,
    take: impl FnMut(usize, usize, &[T]),
) {
    dispatch(DataGradient { gradient, take });
}

/// The operands of [`gather_data_gradient`].
pub(crate) struct GatheredGradient<'a, T> {
    pub(crate) terms: &'a [Term],
    pub(crate) ends: &'a [u32],
    pub(crate) u: &'a [T],
    pub(crate) lanes: usize,
    pub(crate) cotangents: usize,
    /// For each output channel and tap, the weights of this block's input channels, [`CHANNEL_BLOCK`] apart.
    pub(crate) weights: &'a [T],
    /// How many input channels this block has.
    pub(crate) channels: usize,
}

struct DataGradient<'a, T, F> {
    gradient: &'a GatheredGradient<'a, T>,
    take: F,
}

impl<T: Real, F: FnMut(usize, usize, &[T])> Kernel for DataGradient<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        let (vector, lanes) = (T::Vector::<I>::LANES, self.gradient.lanes);
        let mut first = 0;
        // Vectors of nothing but padding are left out.
        while first < self.gradient.cotangents {
            if first + 2 * vector <= lanes {
                self.all_positions::<T::Vector<I>, 2>(first);
                first += 2 * vector;
            } else {
                self.all_positions::<T::Vector<I>, 1>(first);
                first += vector;
            }
        }
    }
}

impl<T: Real, F: FnMut(usize, usize, &[T])> DataGradient<'_, T, F> {
    #[inline(always)]
    fn all_positions<V: Vector<T>, const W: usize>(&mut self, first: usize) {
        match self.gradient.channels {
            6 => self.positions::<V, W, 6>(first),
            5 => self.positions::<V, W, 5>(first),
            4 => self.positions::<V, W, 4>(first),
            3 => self.positions::<V, W, 3>(first),
            2 => self.positions::<V, W, 2>(first),
            _ => self.positions::<V, W, 1>(first),
        }
    }

    #[inline(always)]
    fn positions<V: Vector<T>, const W: usize, const M: usize>(&mut self, first: usize) {
        let GatheredGradient { terms, ends, u, cotangents, weights, .. } = *self.gradient;
        let width = (W * V::LANES).min(cotangents - first);
        let mut spill = [T::zero(); 4 * MOST_LANES];
        let mut start = 0;
        for (position, &end) in ends.iter().enumerate() {
            let mut sums = [[V::splat(T::zero()); W]; M];
            for term in &terms[start..end as usize] {
                let u = &u[term.cotangents as usize + first..][..W * V::LANES];
                let weights = &weights[term.weights as usize..][..M];
                let mut lanes = [V::splat(T::zero()); W];
                for w in 0..W {
                    lanes[w] = V::load(&u[w * V::LANES..]);
                }
                for m in 0..M {
                    let weight = V::splat(weights[m]);
                    for w in 0..W {
                        sums[m][w] = weight.multiply_add(lanes[w], sums[m][w]);
                    }
                }
            }
            start = end as usize;
            for m in 0..M {
                for w in 0..W {
                    sums[m][w].store(&mut spill[w * V::LANES..]);
                }
                (self.take)(position * cotangents + first, m, &spill[..width]);
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
    fn check<T: Real>(cotangents: usize, taps: usize, entries: usize, channels: usize, seed: u64) {
        let mut stream = Seed::new(seed).stream();
        for baseline in [false, true] {
            let lanes = if baseline {
                // The baseline pads to vectors of its own.
                cotangents.next_multiple_of(if cotangents > 16 { 16 } else { 4 })
            } else {
                padded_lanes::<T>(cotangents)
            };
            let mut draw = |n: usize| {
                (0..n).map(|_| T::of(f64::from(stream.random_range(-4_i8..5)))).collect::<Vec<_>>()
            };
            let x = draw(100);
            let u = draw(entries * lanes);
            let weights = draw(taps * CHANNEL_BLOCK);
            let offsets: Vec<usize> = (0..taps).map(|t| (t * 7) % 50).collect();
            let bases: Vec<usize> = (0..entries).map(|q| (q * 5) % 50).collect();

            let mut block = vec![T::zero(); taps * lanes];
            let mut want = block.clone();
            for t in 0..taps {
                for q in 0..entries {
                    for k in 0..lanes {
                        want[t * lanes + k] += x[bases[q] + offsets[t]] * u[q * lanes + k];
                    }
                }
            }
            if baseline {
                let block = &mut block;
                WeightBlock { x: &x, offsets: &offsets, bases: &bases, u: &u, lanes, block }
                    .run::<Baseline>();
            } else {
                gather_weight_block(&x, &offsets, &bases, &u, lanes, &mut block);
            }
            assert_eq!(block, want, "weights, baseline: {baseline}");

            // Every entry meets every tap, at three positions in turn.
            let mut by_position = [Vec::new(), Vec::new(), Vec::new()];
            for q in 0..entries {
                for t in 0..taps {
                    by_position[(q + t) % 3]
                        .push(Term { cotangents: (q * lanes) as u32, weights: (t * CHANNEL_BLOCK) as u32 });
                }
            }
            let mut ends = Vec::new();
            let mut terms = Vec::new();
            for position in &by_position {
                terms.extend_from_slice(position);
                ends.push(terms.len() as u32);
            }
            let gradient = GatheredGradient {
                terms: &terms,
                ends: &ends,
                u: &u,
                lanes,
                cotangents,
                weights: &weights,
                channels,
            };
            let mut got = vec![T::zero(); channels * 3 * cotangents];
            let take = |place: usize, m: usize, sums: &[T]| {
                got[m * 3 * cotangents + place..][..sums.len()].copy_from_slice(sums);
            };
            if baseline {
                DataGradient { gradient: &gradient, take }.run::<Baseline>();
            } else {
                gather_data_gradient(&gradient, take);
            }
            for m in 0..channels {
                for (position, terms) in by_position.iter().enumerate() {
                    for k in 0..cotangents {
                        let sum = terms
                            .iter()
                            .map(|t| weights[t.weights as usize + m] * u[t.cotangents as usize + k])
                            .sum::<T>();
                        assert_eq!(got[(m * 3 + position) * cotangents + k], sum, "baseline: {baseline}");
                    }
                }
            }
        }
    }

    proptest! {
        #[test]
        fn both_agree_with_the_definition(
            cotangents in 1_usize..40, taps in 1_usize..20, entries in 0_usize..20,
            channels in 1_usize..=CHANNEL_BLOCK, seed: u64,
        ) {
            check::<f32>(cotangents, taps, entries, channels, seed);
            check::<f64>(cotangents, taps, entries, channels, seed);
        }
    }
}
