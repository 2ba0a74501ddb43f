//! Eigenvalues of many small symmetric matrices at once, one matrix in each lane: Householder's reduction to a tridiagonal matrix, then
//! implicit QL with Wilkinson's shifts, every lane going its own way by choices in place of branches.
//!
//! Both steps are backward stable (Golub and Van Loan, Matrix Computations, 4th edition, section 8.3; Parlett, The Symmetric
//! Eigenvalue Problem, chapters 7 and 8): the eigenvalues are those of a matrix that differs by a small multiple of the unit
//! round-off times the norm. One matrix alone would spend its time waiting for square roots and quotients.

use super::dispatch::{Kernel, dispatch};
use super::vector::{InstructionSet, MOST_LANES, Vector};

/// How many QL steps an eigenvalue may take; it takes two or three.
const MOST_STEPS: usize = 60;

/// Relative to a largest entry of about one, this does not count. The squares of all that counts are normal numbers, so that a
/// reflection or rotation made from them is orthogonal.
const NOTHING: f64 = 1e-150;

/// Writes the eigenvalues of symmetric `size x size` matrices of finite numbers to the rows of `values`, in no order. Only the lower triangles
/// are read. NaN takes the place of a matrix whose iteration did not end, which no matrix is known to bring about.
pub(crate) fn symmetric_eigenvalues(size: usize, matrices: &[f64], values: &mut [f64]) {
    dispatch(Eigenvalues { size, matrices, values, most_steps: MOST_STEPS });
}

struct Eigenvalues<'a> {
    size: usize,
    matrices: &'a [f64],
    values: &'a mut [f64],
    most_steps: usize,
}

impl Kernel for Eigenvalues<'_> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(self) {
        all::<I::Double>(self);
    }
}

/// Two vectors of matrices, so that one may go on while the other waits.
type Pair<V> = [V; 2];

/// What [`all`] works on, entries of one pair of vectors each.
struct Lanes<V> {
    size: usize,
    matrix: Vec<Pair<V>>,
    diagonal: Vec<Pair<V>>,
    /// The entries beside the diagonal; the last one has no meaning.
    beside: Vec<Pair<V>>,
    /// A reflection's vector and its product.
    v: Vec<Pair<V>>,
    w: Vec<Pair<V>>,
}

#[inline(always)]
fn all<V: Vector<f64>>(eigenvalues: Eigenvalues<'_>) {
    let Eigenvalues { size, matrices, values, most_steps } = eigenvalues;
    let nothing = [V::splat(0.0); 2];
    let row = || vec![nothing; size];
    let mut lanes = Lanes {
        size,
        matrix: vec![nothing; size * size],
        diagonal: row(),
        beside: row(),
        v: row(),
        w: row(),
    };
    let together = 2 * V::LANES;
    // Two vectors of `f64` hold as many numbers as one of `f32`.
    let mut spread = [0.0; MOST_LANES];
    let mut scales = [[1.0; 2]; MOST_LANES];
    let groups = matrices.chunks(together * size * size).zip(values.chunks_mut(together * size));
    for (matrices, values) in groups {
        for (scale, matrix) in scales.iter_mut().zip(matrices.chunks_exact(size * size)) {
            *scale = to_one(size, matrix);
        }
        for i in 0..size {
            for j in 0..=i {
                spread.fill(0.0);
                for (lane, matrix) in matrices.chunks_exact(size * size).enumerate() {
                    spread[lane] = matrix[i * size + j] * scales[lane][0] * scales[lane][1];
                }
                let entry = [V::load(&spread), V::load(&spread[V::LANES..])];
                (lanes.matrix[i * size + j], lanes.matrix[j * size + i]) = (entry, entry);
            }
        }
        lanes.reduce();
        let failed = lanes.iterate(most_steps);
        for (i, entry) in lanes.diagonal.iter().enumerate() {
            entry[0].store(&mut spread);
            entry[1].store(&mut spread[V::LANES..]);
            for (lane, values) in values.chunks_exact_mut(size).enumerate() {
                values[i] = spread[lane] / scales[lane][0] / scales[lane][1];
            }
        }
        failed[0].store(&mut spread);
        failed[1].store(&mut spread[V::LANES..]);
        for (values, &failed) in values.chunks_exact_mut(size).zip(&spread) {
            if failed > 0.0 {
                values.fill(f64::NAN);
            }
        }
    }
}

/// A power of two, in two factors, that takes the largest entry to about one: exactly, and however large or small it is.
fn to_one(size: usize, matrix: &[f64]) -> [f64; 2] {
    let lower = matrix.chunks_exact(size).enumerate().flat_map(|(i, row)| &row[..=i]);
    let largest = lower.fold(0.0_f64, |most, value| most.max(value.abs()));
    if largest == 0.0 {
        return [1.0; 2];
    }
    let exponent = -(largest.log2().floor() as i32);
    [f64::powi(2.0, exponent / 2), f64::powi(2.0, exponent - exponent / 2)]
}

impl<V: Vector<f64>> Lanes<V> {
    /// Reduces the matrices to tridiagonal ones of the same spectrum.
    #[inline(always)]
    fn reduce(&mut self) {
        let Self { size, matrix, diagonal, beside, v, w } = self;
        let n = *size;
        let (zero, one, half) = (V::splat(0.0), V::splat(1.0), V::splat(0.5));
        for k in 0..n {
            diagonal[k] = matrix[k * n + k];
            let size = n - k - 1;
            if size == 0 {
                break;
            }
            let (v, w) = (&mut v[..size], &mut w[..size]);
            // By symmetry the column below the diagonal is the row beside it.
            v.copy_from_slice(&matrix[k * n + k + 1..(k + 1) * n]);
            let mut taus = [zero; 2];
            for h in 0..2 {
                let first = v[0][h];
                let mut below = zero;
                for entry in &v[1..] {
                    below = entry[h].multiply_add(entry[h], below);
                }
                // The reflection I - tau v v' takes the column to (beta, 0, ..., 0); where it is that already, tau is zero.
                let norm = first.multiply_add(first, below).root();
                let beta = first.choose(zero, norm, zero.minus(norm));
                let done =
                    |already: V, not_yet: V| below.choose(V::splat(NOTHING * NOTHING), already, not_yet);
                taus[h] = done(zero, beta.minus(first).over(done(one, beta)));
                let scale = one.over(done(one, first.minus(beta)));
                v[0][h] = one;
                for entry in &mut v[1..] {
                    entry[h] = entry[h].times(scale);
                }
                beside[k][h] = done(first, beta);
            }
            let block = &mut matrix[(k + 1) * n..];
            w.fill([zero; 2]);
            for (row, factor) in block.chunks_exact(n).zip(&*v) {
                for (w, value) in w.iter_mut().zip(&row[k + 1..]) {
                    for h in 0..2 {
                        w[h] = factor[h].multiply_add(value[h], w[h]);
                    }
                }
            }
            // A - v w' - w v' with w = tau A v - (tau^2 v'A v / 2) v, where v'A v is the sum of v times what w is now.
            for h in 0..2 {
                let mut form = zero;
                for (v, w) in v.iter().zip(&*w) {
                    form = v[h].multiply_add(w[h], form);
                }
                let share = half.times(taus[h]).times(taus[h]).times(form);
                for (w, v) in w.iter_mut().zip(&*v) {
                    w[h] = taus[h].times(w[h]).minus(share.times(v[h]));
                }
            }
            for ((row, v_row), w_row) in block.chunks_exact_mut(n).zip(&*v).zip(&*w) {
                for ((value, v), w) in row[k + 1..].iter_mut().zip(&*v).zip(&*w) {
                    for h in 0..2 {
                        let both = v_row[h].multiply_add(w[h], w_row[h].times(v[h]));
                        value[h] = value[h].minus(both);
                    }
                }
            }
        }
    }

    /// Turns the diagonals into eigenvalues. Lanes above zero in what it returns did not end.
    #[inline(always)]
    fn iterate(&mut self, most_steps: usize) -> Pair<V> {
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        let mut failed = [zero; 2];
        for l in 0..self.size.saturating_sub(1) {
            for step in 0.. {
                let mut active = [zero; 2];
                for h in 0..2 {
                    active[h] = self.counts(l, h, one);
                }
                if active[0].plus(active[1]).sum() == 0.0 {
                    break;
                }
                if step == most_steps {
                    for h in 0..2 {
                        failed[h] = failed[h].plus(active[h]);
                    }
                    break;
                }
                self.sweep(l, active);
            }
        }
        failed
    }

    /// `yes` where the entry beside the diagonal at `i` counts, and zero where it does not.
    #[inline(always)]
    fn counts(&self, i: usize, h: usize, yes: V) -> V {
        let neighbours = size_of_lanes(self.diagonal[i][h]).plus(size_of_lanes(self.diagonal[i + 1][h]));
        let limit = neighbours.multiply_add(V::splat(f64::EPSILON), V::splat(NOTHING));
        size_of_lanes(self.beside[i][h]).choose(limit, V::splat(0.0), yes)
    }

    /// A QL step from the end to `l`, with a shift for the eigenvalue at `l`, where `active` is one. Where an entry beside the diagonal
    /// does not count, one block ends and another starts.
    #[inline(always)]
    fn sweep(&mut self, l: usize, active: Pair<V>) {
        let (zero, one, two) = (V::splat(0.0), V::splat(1.0), V::splat(2.0));
        let mut shift = [zero; 2];
        for h in 0..2 {
            let beside = active[h].choose(zero, one, self.beside[l][h]);
            let slope = self.diagonal[l + 1][h].minus(self.diagonal[l][h]).over(two.times(beside));
            let root = slope.multiply_add(slope, one).root();
            let signed = zero.choose(slope, root, zero.minus(root));
            shift[h] = self.diagonal[l][h].minus(beside.over(slope.plus(signed)));
        }
        let last = self.size - 1;
        let (mut sine, mut cosine, mut moved) = ([one; 2], [one; 2], [zero; 2]);
        // Whether a block starts here: then what the rotation would leave below it does not exist.
        let mut fresh = [one; 2];
        let mut g = [zero; 2];
        for h in 0..2 {
            g[h] = self.diagonal[last][h].minus(shift[h]);
        }
        for i in (l..last).rev() {
            for h in 0..2 {
                let (above, below, e) = (self.diagonal[i][h], self.diagonal[i + 1][h], self.beside[i][h]);
                let counts = self.counts(i, h, one);
                let (f, b) = (sine[h].times(e), cosine[h].times(e));
                let r = f.multiply_add(f, g[h].times(g[h])).root();
                // Where there is nothing to rotate, nothing is rotated.
                let nothing = V::splat(NOTHING);
                let inverse = one.over(r.choose(nothing, one, r));
                sine[h] = r.choose(nothing, zero, f.times(inverse));
                cosine[h] = r.choose(nothing, one, g[h].times(inverse));
                let rest = below.minus(moved[h]);
                let next = above.minus(rest).multiply_add(sine[h], two.times(cosine[h]).times(b));
                let left = fresh[h].choose(zero, counts.choose(zero, g[h], r), zero);
                moved[h] = counts.choose(zero, zero, sine[h].times(next));
                g[h] = counts.choose(zero, above.minus(shift[h]), cosine[h].times(next).minus(b));
                sine[h] = counts.choose(zero, one, sine[h]);
                cosine[h] = counts.choose(zero, one, cosine[h]);
                fresh[h] = one.minus(counts);
                self.diagonal[i + 1][h] = active[h].choose(zero, below, rest.plus(moved[h]));
                self.beside[i + 1][h] = active[h].choose(zero, self.beside[i + 1][h], left);
            }
        }
        for h in 0..2 {
            let diagonal = self.diagonal[l][h];
            self.diagonal[l][h] = active[h].choose(zero, diagonal, diagonal.minus(moved[h]));
            self.beside[l][h] = active[h].choose(zero, self.beside[l][h], g[h]);
        }
    }
}

/// The absolute value of every lane.
#[inline(always)]
fn size_of_lanes<V: Vector<f64>>(value: V) -> V {
    value.choose(V::splat(0.0), V::splat(0.0).minus(value), value)
}

#[cfg(test)]
mod tests {
    use super::super::vector::Baseline;
    use super::*;
    use nalgebra::DMatrix;
    use proptest::prelude::*;

    /// Matrices by their lower triangles, what stands above being of no use: dense ones, of low rank, graded over many orders, with equal
    /// eigenvalues, diagonal, tridiagonal, and with some entries whose squares are no normal numbers.
    fn matrix(size: usize) -> impl Strategy<Value = Vec<f64>> {
        let numbers = prop::collection::vec(-1.0_f64..1.0, size * size);
        (0_usize..7, 0..=size, -150_i32..300, numbers).prop_map(move |(kind, rank, exponent, numbers)| {
            let entry = |i: usize, j: usize| {
                let number = numbers[size * i + j];
                let value = match kind {
                    _ if j > i => 1e200 * number,
                    0 => number,
                    1 => (0..rank).map(|r| numbers[size * i + r] * numbers[size * j + r]).sum(),
                    2 => number * 0.01_f64.powi((i + j) as i32),
                    3 => f64::from(u8::from(i == j)) - 2.0 * f64::from(u8::from(i == 0 && j == 0)),
                    4 => f64::from(u8::from(i == j)) * number,
                    5 => f64::from(u8::from(i - j < 2)) * number * 1e-9_f64.powi((i % 3) as i32),
                    _ => number * [1.0, 1e-149, 1e-151, 1e-155, 4e-162, 1e-170, 0.0][(3 * i + 5 * j) % 7],
                };
                value * 10.0_f64.powi(exponent.min(100))
            };
            (0..size * size).map(|e| entry(e / size, e % size)).collect()
        })
    }

    fn sorted(mut values: Vec<f64>) -> Vec<f64> {
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    fn by_library(size: usize, matrix: &[f64]) -> Vec<f64> {
        let lower = DMatrix::from_fn(size, size, |i, j| matrix[i.max(j) * size + i.min(j)]);
        sorted(lower.symmetric_eigenvalues().as_slice().to_vec())
    }

    /// What two backward stable solvers may differ by: the roundings of `n` reflections of `n` entries add up to a small multiple of
    /// the size squared times the unit round-off and the norm.
    fn bound(size: usize, matrix: &[f64]) -> f64 {
        let lower = matrix.chunks_exact(size).enumerate().flat_map(|(i, row)| &row[..=i]);
        let largest = lower.fold(0.0_f64, |most, value| most.max(value.abs()));
        8.0 * (size * size) as f64 * f64::EPSILON * largest
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn agrees_with_a_library(
            (size, matrices) in
                prop_oneof![4 => 1_usize..14, 1 => 14_usize..33]
                    .prop_flat_map(|n| (Just(n), prop::collection::vec(matrix(n), 1..20))),
        ) {
            let all = matrices.concat();
            let mut baseline = vec![0.0; matrices.len() * size];
            let mut values = baseline.clone();
            symmetric_eigenvalues(size, &all, &mut values);
            Eigenvalues { size, matrices: &all, values: &mut baseline, most_steps: MOST_STEPS }.run::<Baseline>();
            for (index, matrix) in matrices.iter().enumerate() {
                let (want, bound) = (by_library(size, matrix), bound(size, matrix));
                let place = index * size..(index + 1) * size;
                for got in [&values[place.clone()], &baseline[place.clone()]] {
                    for (got, want) in sorted(got.to_vec()).iter().zip(&want) {
                        prop_assert!((got - want).abs() <= bound, "{got:e} against {want:e} to {bound:e}");
                    }
                }
                // Neighbours in the batch make no difference.
                let mut alone = vec![0.0; size];
                symmetric_eigenvalues(size, matrix, &mut alone);
                prop_assert_eq!(&alone[..], &values[place]);
            }
        }
    }

    #[test]
    fn entries_whose_squares_vanish_do_no_harm() {
        let x = 4e-162;
        let mut values = [0.0; 3];
        symmetric_eigenvalues(3, &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, x, 0.0, 3.0], &mut values);
        assert_eq!(sorted(values.to_vec()), [1.0, 1.0, 3.0]);
    }

    /// With too few steps some lanes fail; the others are as they are with enough.
    #[test]
    fn a_matrix_that_does_not_end_is_named_and_harms_no_other() {
        let dense = [2.0, 0.0, 0.0, 1.0, 3.0, 0.0, 0.5, 1.0, 4.0];
        let diagonal = [5.0, 0.0, 0.0, 0.0, 6.0, 0.0, 0.0, 0.0, 7.0];
        let half = [1.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0, 0.0, 9.0];
        let all = [dense, diagonal, half].concat();
        let mut values = [0.0; 9];
        Eigenvalues { size: 3, matrices: &all, values: &mut values, most_steps: 0 }.run::<Baseline>();
        assert!(values[..3].iter().chain(&values[6..]).all(|value| value.is_nan()), "{values:?}");
        assert_eq!(values[3..6], [5.0, 6.0, 7.0]);
        let mut enough = [0.0; 9];
        Eigenvalues { size: 3, matrices: &all, values: &mut enough, most_steps: 20 }.run::<Baseline>();
        let most = (1..20).find(|&most_steps| {
            Eigenvalues { size: 3, matrices: &all, values: &mut values, most_steps }.run::<Baseline>();
            values.iter().any(|value| value.is_finite()) && !values[6].is_nan()
        });
        assert!(most.is_some() && values[6..] == enough[6..], "{values:?} against {enough:?}");
    }
}
