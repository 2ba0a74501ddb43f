//! Small Gram matrices: of the columns of a tall matrix, and of a few long vectors.

use super::dispatch::{Kernel, dispatch};
use super::outer_products::{OuterProducts, sum_outer_products};
use super::vector::{InstructionSet, Vector};
use crate::Real;

/// Adds `R'R` to the `size x size` matrix `gram`, for the matrix `R` whose rows of `size` numbers stand `step` apart.
///
/// `rows` must reach one tile (the lanes of two vector registers) beyond the start of its last row's last tile; what stands there does not
/// matter.
pub(crate) fn add_row_gram<T: Real>(rows: &[T], count: usize, step: usize, size: usize, gram: &mut [T]) {
    sum_outer_products(row_products(rows, rows, count, step, size, gram, true));
}

/// Adds the symmetric part of `A'B`, for two such matrices, to `gram`.
pub(crate) fn add_row_products<T: Real>(
    left: &[T],
    right: &[T],
    count: usize,
    step: usize,
    size: usize,
    gram: &mut [T],
) {
    let mut product = vec![T::zero(); size * size];
    sum_outer_products(row_products(left, right, count, step, size, &mut product, false));
    let half = T::of(0.5);
    for i in 0..size {
        for j in 0..size {
            gram[i * size + j] += half * (product[i * size + j] + product[j * size + i]);
        }
    }
}

/// `A'B`, for two matrices whose rows of `size` numbers stand `step` apart.
fn row_products<'a, T>(
    left: &'a [T],
    right: &'a [T],
    count: usize,
    step: usize,
    size: usize,
    sums: &'a mut [T],
    accumulate: bool,
) -> OuterProducts<'a, T> {
    OuterProducts {
        count,
        left,
        left_step: step,
        lefts: size,
        right,
        right_step: step,
        rights: size,
        sums,
        sums_step: size,
        accumulate,
    }
}

/// Adds `factor V V'` to the `count x count` matrix `gram`, for the row-major `count x len` matrix `V`.
pub(crate) fn add_vector_gram<T: Real>(vectors: &[T], count: usize, len: usize, factor: T, gram: &mut [T]) {
    dispatch(VectorGram { vectors, count, len, factor, gram });
}

struct VectorGram<'a, T> {
    vectors: &'a [T],
    count: usize,
    len: usize,
    factor: T,
    gram: &'a mut [T],
}

impl<T: Real> Kernel for VectorGram<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        // Blocks of 3 x 2 inner products, on and above the diagonal.
        for i in (0..self.count).step_by(3) {
            for j in (i..self.count).step_by(2) {
                match ((self.count - i).min(3), (self.count - j).min(2)) {
                    (3, 2) => self.block::<T::Vector<I>, 3, 2>(i, j),
                    (2, 2) => self.block::<T::Vector<I>, 2, 2>(i, j),
                    (1, 2) => self.block::<T::Vector<I>, 1, 2>(i, j),
                    (3, _) => self.block::<T::Vector<I>, 3, 1>(i, j),
                    (2, _) => self.block::<T::Vector<I>, 2, 1>(i, j),
                    (_, _) => self.block::<T::Vector<I>, 1, 1>(i, j),
                }
            }
        }
    }
}

impl<T: Real> VectorGram<'_, T> {
    #[inline(always)]
    fn block<V: Vector<T>, const A: usize, const B: usize>(&mut self, i: usize, j: usize) {
        let tile_len = 2 * V::LANES;
        let vectors = self.vectors;
        let len = self.len;
        let mut sums = [[[V::splat(T::zero()); 2]; B]; A];
        let whole = len / tile_len * tile_len;
        for start in (0..whole).step_by(tile_len) {
            let mut right = [[V::splat(T::zero()); 2]; B];
            for b in 0..B {
                let v = &vectors[(j + b) * len + start..][..tile_len];
                right[b] = [V::load(v), V::load(&v[V::LANES..])];
            }
            for a in 0..A {
                let v = &vectors[(i + a) * len + start..][..tile_len];
                let left = [V::load(v), V::load(&v[V::LANES..])];
                for b in 0..B {
                    sums[a][b][0] = left[0].multiply_add(right[b][0], sums[a][b][0]);
                    sums[a][b][1] = left[1].multiply_add(right[b][1], sums[a][b][1]);
                }
            }
        }
        for a in 0..A {
            for b in 0..B {
                let mut product = sums[a][b][0].plus(sums[a][b][1]).sum();
                for n in whole..len {
                    product += vectors[(i + a) * len + n] * vectors[(j + b) * len + n];
                }
                product *= self.factor;
                let (row, column) = (i + a, j + b);
                // Blocks reach across the diagonal: each entry is added once, and to its mirror.
                if row <= column {
                    self.gram[row * self.count + column] += product;
                    if row < column {
                        self.gram[column * self.count + row] += product;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::vector::Baseline;
    use super::*;
    use crate::kernels::SLACK;
    use fenchel_random::Seed;
    use proptest::prelude::*;

    fn integers<T: Real>(seed: u64, count: usize) -> Vec<T> {
        let mut stream = Seed::new(seed).stream();
        (0..count).map(|_| T::of(f64::from(stream.random_range(-4_i8..5)))).collect()
    }

    /// Small integers: every sum is exact, in any order and precision.
    fn check<T: Real>(size: usize, count: usize, extra: usize, seed: u64) {
        let step = size + extra;
        let (rows, others) =
            (integers::<T>(seed, count * step + SLACK), integers(seed ^ 1, count * step + SLACK));
        let half = integers::<T>(seed ^ 2, size * size);
        let before: Vec<T> = (0..size * size)
            .map(|e| half[(e / size).min(e % size) * size + (e / size).max(e % size)])
            .collect();
        let product = |a: &[T], b: &[T], i: usize, j: usize| {
            (0..count).map(|r| a[r * step + i] * b[r * step + j]).sum::<T>()
        };
        let want: Vec<T> =
            (0..size * size).map(|e| before[e] + product(&rows, &rows, e / size, e % size)).collect();
        let mut gram = before.clone();
        add_row_gram(&rows, count, step, size, &mut gram);
        assert_eq!(gram, want);

        let vectors: Vec<T> =
            (0..size).flat_map(|i| (0..count).map(move |r| r * step + i)).map(|e| rows[e]).collect();
        let mut gram = before.clone();
        add_vector_gram(&vectors, size, count, T::one(), &mut gram);
        assert_eq!(gram, want);
        let mut gram = before.clone();
        VectorGram { vectors: &vectors, count: size, len: count, factor: T::one(), gram: &mut gram }
            .run::<Baseline>();
        assert_eq!(gram, want, "baseline");

        let want: Vec<T> = (0..size * size)
            .map(|e| {
                let (i, j) = (e / size, e % size);
                let both = product(&rows, &others, i, j) + product(&rows, &others, j, i);
                before[e] + T::of(0.5) * both
            })
            .collect();
        let mut gram = before;
        add_row_products(&rows, &others, count, step, size, &mut gram);
        assert_eq!(gram, want);
    }

    proptest! {
        #[test]
        fn all_agree_with_the_definition(size in 1_usize..40, count in 0_usize..40, extra in 0_usize..4, seed: u64) {
            check::<f32>(size, count, extra, seed);
            check::<f64>(size, count, extra, seed);
        }
    }
}
