//! Sums of outer products: the product of a matrix's transpose with another, for matrices that the first cache holds.

use super::dispatch::{Kernel, dispatch};
use super::vector::{InstructionSet, MOST_LANES, Vector};
use crate::Real;

/// How many rows of the result a register block holds: with two vectors each, twelve accumulators.
const BLOCK: usize = 6;

/// `sums[m, n] = sum over k < count of left[k, m] right[k, n]` for `m < lefts` and `n < rights`.
///
/// All three matrices are row-major, their rows `left_step`, `right_step` and `sums_step` numbers apart. `right` must reach one tile beyond the start of
/// its last row's last tile; what stands there does not matter.
pub(crate) struct OuterProducts<'a, T> {
    pub(crate) count: usize,
    pub(crate) left: &'a [T],
    pub(crate) left_step: usize,
    pub(crate) lefts: usize,
    pub(crate) right: &'a [T],
    pub(crate) right_step: usize,
    pub(crate) rights: usize,
    pub(crate) sums: &'a mut [T],
    pub(crate) sums_step: usize,
    /// Whether to add to `sums`.
    pub(crate) accumulate: bool,
}

/// Computes [`OuterProducts`].
pub(crate) fn sum_outer_products<T: Real>(products: OuterProducts<'_, T>) {
    dispatch(products);
}

impl<T: Real> Kernel for OuterProducts<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        let lanes = T::Vector::<I>::LANES;
        let blocks = self.lefts.div_ceil(BLOCK);
        for block in 0..blocks {
            let (from, to) = (self.lefts * block / blocks, self.lefts * (block + 1) / blocks);
            for column in (0..self.rights).step_by(2 * lanes) {
                // A last tile of one vector at most is not worth two.
                let whole = self.rights - column > lanes;
                match (to - from, whole) {
                    (6, true) => self.block::<T::Vector<I>, 6, 2>(from, column),
                    (5, true) => self.block::<T::Vector<I>, 5, 2>(from, column),
                    (4, true) => self.block::<T::Vector<I>, 4, 2>(from, column),
                    (3, true) => self.block::<T::Vector<I>, 3, 2>(from, column),
                    (2, true) => self.block::<T::Vector<I>, 2, 2>(from, column),
                    (_, true) => self.block::<T::Vector<I>, 1, 2>(from, column),
                    (6, false) => self.block::<T::Vector<I>, 6, 1>(from, column),
                    (5, false) => self.block::<T::Vector<I>, 5, 1>(from, column),
                    (4, false) => self.block::<T::Vector<I>, 4, 1>(from, column),
                    (3, false) => self.block::<T::Vector<I>, 3, 1>(from, column),
                    (2, false) => self.block::<T::Vector<I>, 2, 1>(from, column),
                    (_, false) => self.block::<T::Vector<I>, 1, 1>(from, column),
                }
            }
        }
    }
}

impl<T: Real> OuterProducts<'_, T> {
    #[inline(always)]
    fn block<V: Vector<T>, const M: usize, const N: usize>(&mut self, first: usize, column: usize) {
        let tile = N * V::LANES;
        let Self { count, left, left_step, right, right_step, .. } = *self;
        // What the loop without checks relies on: the last row's numbers lie inside `left` and `right`.
        let end = |step: usize, beyond: usize| count.saturating_sub(1).checked_mul(step)?.checked_add(beyond);
        assert!(count == 0 || end(left_step, first + M).is_some_and(|end| end <= left.len()));
        assert!(count == 0 || end(right_step, column + tile).is_some_and(|end| end <= right.len()));
        let mut sums = [[V::splat(T::zero()); N]; M];
        let (mut l, mut r) = (first, column);
        for _ in 0..count {
            let mut held = [V::splat(T::zero()); N];
            for n in 0..N {
                let place = r + n * V::LANES;
                // SAFETY: row `k` of `right` starts at `k right_step`, and the last row's tile lies inside: see above.
                held[n] = V::load(unsafe { right.get_unchecked(place..place + V::LANES) });
            }
            for m in 0..M {
                // SAFETY: the same for `left` and a block of its columns.
                let left = V::splat(unsafe { *left.get_unchecked(l + m) });
                for n in 0..N {
                    sums[m][n] = left.multiply_add(held[n], sums[m][n]);
                }
            }
            l += left_step;
            r += right_step;
        }
        let width = tile.min(self.rights - column);
        let mut spill = [T::zero(); 2 * MOST_LANES];
        for m in 0..M {
            let target = &mut self.sums[(first + m) * self.sums_step + column..][..width];
            if width == tile {
                for n in 0..N {
                    let target = &mut target[n * V::LANES..];
                    let sum = sums[m][n];
                    if self.accumulate { V::load(target).plus(sum) } else { sum }.store(target);
                }
                continue;
            }
            for n in 0..N {
                sums[m][n].store(&mut spill[n * V::LANES..]);
            }
            for (target, &sum) in target.iter_mut().zip(&spill) {
                *target = if self.accumulate { *target + sum } else { sum };
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
        count: usize,
        (lefts, rights): (usize, usize),
        extra: usize,
        accumulate: bool,
        seed: u64,
    ) {
        let mut stream = Seed::new(seed).stream();
        let mut draw =
            |n: usize| (0..n).map(|_| T::of(f64::from(stream.random_range(-4_i8..5)))).collect::<Vec<_>>();
        let (left_step, right_step) = (lefts + extra, rights + 2 * extra);
        let (left, right) = (draw(count * left_step), draw(count * right_step + 2 * MOST_LANES));
        let sums_step = rights + 3 * extra;
        let before = draw(lefts * sums_step);
        let want: Vec<T> = (0..lefts * sums_step)
            .map(|e| {
                let (m, n) = (e / sums_step, e % sums_step);
                if n >= rights {
                    return before[e];
                }
                let start = if accumulate { before[e] } else { T::zero() };
                start + (0..count).map(|k| left[k * left_step + m] * right[k * right_step + n]).sum::<T>()
            })
            .collect();
        for baseline in [false, true] {
            let mut sums = before.clone();
            let products = OuterProducts {
                count,
                left: &left,
                left_step,
                lefts,
                right: &right,
                right_step,
                rights,
                sums: &mut sums,
                sums_step,
                accumulate,
            };
            if baseline {
                products.run::<Baseline>();
            } else {
                sum_outer_products(products);
            }
            assert_eq!(sums, want, "baseline: {baseline}");
        }
    }

    /// Three rows of one number on the left and of four on the right, of arrays of the given lengths.
    fn products_of(left: usize, right: usize) {
        sum_outer_products(OuterProducts {
            count: 3,
            left: &vec![0.0_f32; left],
            left_step: 2,
            lefts: 1,
            right: &vec![0.0_f32; right],
            right_step: 4,
            rights: 4,
            sums: &mut [0.0; 4],
            sums_step: 4,
            accumulate: false,
        });
    }

    #[test]
    fn takes_arrays_that_end_a_tile_beyond() {
        products_of(5, 8 + 2 * MOST_LANES);
    }

    #[test]
    #[should_panic(expected = "left.len()")]
    fn refuses_a_left_side_that_ends_before() {
        products_of(4, 8 + 2 * MOST_LANES);
    }

    #[test]
    #[should_panic(expected = "right.len()")]
    fn refuses_a_right_side_that_ends_before() {
        products_of(5, 11);
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(
            count in 0_usize..20, sizes in (1_usize..20, 1_usize..50), extra in 0_usize..3, accumulate: bool, seed: u64,
        ) {
            check::<f32>(count, sizes, extra, accumulate, seed);
            check::<f64>(count, sizes, extra, accumulate, seed);
        }
    }
}
