//! Eigenvalues of many small symmetric matrices at once, one matrix in each lane: Householder's reduction to a tridiagonal matrix, then
//! implicit QL with Wilkinson's shifts, every lane going its own way by choices in place of branches.
//!
//! Both steps are backward stable (Golub and Van Loan, Matrix Computations, 4th edition, section 8.3; Parlett, The Symmetric
//! Eigenvalue Problem, chapters 7 and 8): the eigenvalues are those of a matrix that differs by a small multiple of the unit
//! round-off times the norm. One matrix alone would spend its time waiting for square roots and quotients.

use super::dispatch::{Kernel, dispatch};
use super::vector::{InstructionSet, Vector};

/// How many QL steps an eigenvalue may take; it takes two or three.
const MOST_STEPS: usize = 60;

/// Relative to a largest entry of about one, this does not count. It keeps sums of squares above zero.
const NOTHING: f64 = 1e-150;

/// Writes the eigenvalues of symmetric `size x size` matrices of finite numbers to the rows of `values`, in no order. Only the lower triangles
/// are read. NaN takes the place of a matrix whose iteration did not end, which no matrix is known to bring about.
pub(crate) fn symmetric_eigenvalues(size: usize, matrices: &[f64], values: &mut [f64]) {
    dispatch(Eigenvalues { size, matrices, values });
}

struct Eigenvalues<'a> {
    size: usize,
    matrices: &'a [f64],
    values: &'a mut [f64],
}

impl Kernel for Eigenvalues<'_> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(self) {
        all::<I::Double>(self.size, self.matrices, self.values);
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
fn all<V: Vector<f64>>(size: usize, matrices: &[f64], values: &mut [f64]) {
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
    let mut spread = [0.0; WIDEST];
    let mut scales = [[1.0; 2]; WIDEST];
    let groups = matrices.chunks(together * size * size).zip(values.chunks_mut(together * size));
    for (matrices, values) in groups {
        for (scale, matrix) in scales.iter_mut().zip(matrices.chunks_exact(size * size)) {
            *scale = to_one(matrix);
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
        let left = lanes.iterate();
        for (i, entry) in lanes.diagonal.iter().enumerate() {
            entry[0].store(&mut spread);
            entry[1].store(&mut spread[V::LANES..]);
            for (lane, values) in values.chunks_exact_mut(size).enumerate() {
                values[i] = spread[lane] / scales[lane][0] / scales[lane][1];
            }
        }
        if let Some(left) = left {
            left[0].store(&mut spread);
            left[1].store(&mut spread[V::LANES..]);
            for (values, &left) in values.chunks_exact_mut(size).zip(&spread) {
                if left > 0.0 {
                    values.fill(f64::NAN);
                }
            }
        }
    }
}

/// No pair of vectors is wider than this.
const WIDEST: usize = 16;

/// A power of two, in two factors, that takes the largest entry to about one: exactly, and however large or small it is.
fn to_one(matrix: &[f64]) -> [f64; 2] {
    let largest = matrix.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
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
                let done = |already: V, not_yet: V| below.choose(zero, already, not_yet);
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

    /// Turns the diagonals into eigenvalues. Lanes above zero in what it returns, if anything, are not done.
    #[inline(always)]
    fn iterate(&mut self) -> Option<Pair<V>> {
        let (zero, one) = (V::splat(0.0), V::splat(1.0));
        for l in 0..self.size.saturating_sub(1) {
            for step in 0.. {
                let mut active = [zero; 2];
                for h in 0..2 {
                    active[h] = self.counts(l, h, one);
                }
                if active[0].plus(active[1]).sum() == 0.0 {
                    break;
                }
                if step == MOST_STEPS {
                    return Some(active);
                }
                self.sweep(l, active);
            }
        }
        None
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
                let inverse = one.over(r.choose(zero, one, r));
                sine[h] = f.times(inverse);
                cosine[h] = r.choose(zero, one, g[h].times(inverse));
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

    /// Symmetric matrices: dense ones, of low rank, graded over many orders, with equal eigenvalues, diagonal, tridiagonal.
    fn matrix(size: usize) -> impl Strategy<Value = Vec<f64>> {
        let numbers = prop::collection::vec(-1.0_f64..1.0, size * size.max(3));
        (0_usize..6, 0..=size, -300_i32..300, numbers).prop_map(move |(kind, rank, exponent, numbers)| {
            let entry = |i: usize, j: usize| {
                let (i, j) = (i.max(j), i.min(j));
                let value = match kind {
                    0 => numbers[size * i + j],
                    1 => (0..rank).map(|r| numbers[size * i + r] * numbers[size * j + r]).sum(),
                    2 => numbers[size * i + j] * 0.01_f64.powi((i + j) as i32),
                    3 => f64::from(u8::from(i == j)) - 2.0 * f64::from(u8::from(i == 0 && j == 0)),
                    4 => f64::from(u8::from(i == j)) * numbers[i],
                    _ => f64::from(u8::from(i - j < 2)) * numbers[i] * 1e-9_f64.powi((i % 3) as i32),
                };
                value * 10.0_f64.powi(exponent)
            };
            (0..size * size).map(|e| entry(e / size, e % size)).collect()
        })
    }

    fn sorted(mut values: Vec<f64>) -> Vec<f64> {
        values.sort_unstable_by(f64::total_cmp);
        values
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        /// Both solvers are backward stable: they differ by a small multiple of the unit round-off times the norm, here the size squared,
        /// as the roundings of `n` reflections of `n` entries may add up, times a few.
        #[test]
        fn agrees_with_a_library(
            (size, matrices) in (1_usize..14).prop_flat_map(|n| (Just(n), prop::collection::vec(matrix(n), 1..20))),
        ) {
            let all = matrices.concat();
            let mut baseline = vec![0.0; matrices.len() * size];
            let mut values = baseline.clone();
            symmetric_eigenvalues(size, &all, &mut values);
            Eigenvalues { size, matrices: &all, values: &mut baseline }.run::<Baseline>();
            for (index, matrix) in matrices.iter().enumerate() {
                let largest = matrix.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
                let library = DMatrix::from_row_slice(size, size, matrix).symmetric_eigenvalues();
                let want = sorted(library.as_slice().to_vec());
                let bound = 8.0 * (size * size) as f64 * f64::EPSILON * largest;
                let place = index * size..(index + 1) * size;
                for got in [&values[place.clone()], &baseline[place.clone()]] {
                    for (got, want) in sorted(got.to_vec()).iter().zip(&want) {
                        prop_assert!(
                            (got - want).abs() <= bound.max(f64::MIN_POSITIVE),
                            "{got:e} against {want:e} of {largest:e}"
                        );
                    }
                }
                // Neighbours in the batch make no difference.
                let mut alone = vec![0.0; size];
                symmetric_eigenvalues(size, matrix, &mut alone);
                prop_assert_eq!(&alone[..], &values[place]);
            }
        }
    }
}
