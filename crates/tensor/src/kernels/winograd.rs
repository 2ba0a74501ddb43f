//! The transforms of Winograd's minimal filtering `F(2 x 2, 3 x 3)`: sixteen products for thirty-six.
//!
//! The outputs of a convolution by three by three are cut into tiles of two by two, each of which sees four by four inputs `d`. With
//!
//! ```text
//!      1  0 -1  0          1    0    0
//! B' = 0  1  1  0      G = 1/2  1/2  1/2      A' = 1  1  1  0
//!      0 -1  1  0          1/2 -1/2  1/2           0  1 -1 -1
//!      0  1  0 -1          0    0    1
//! ```
//!
//! a tile of outputs is `A' [(G g G') * (B' d B)] A` for a kernel `g`, the product in the middle being entry by entry and summed over
//! the channels before `A`. (Winograd, Arithmetic Complexity of Computations, 1980; the signs of Lavin and Gray, Fast Algorithms for
//! Convolutional Neural Networks, 2016.) What is linear in `g` turns round: the gradient in the kernel, for cotangents `u` of a
//! tile, is `G' [(A u A') * (B' d B)] G`, summed over the tiles before `G`.
//!
//! # Round-off
//! All factors but the halves of `G` are 1 or -1, and halving is exact (barring underflow, and overflow that a direct sum would not meet). `B' d B` takes two additions, `G g G'`
//! four, `A' p A` four, `A u A'` two, `G' p G` four, and a bias or what a result is added to one more. So where a direct sum of `n`
//! products errs by at most `gamma_n` times `sum |g| |d|`, a tile, whose sums have `n / 9`, errs by at most `gamma_(n/9 + 12)` times
//! `sum |A'| [(|G| |g| |G'|) * (|B'| |d| |B|)] |A|`, and a gradient, whose sums have one term for each of `n` tiles, by at most
//! `gamma_(n + 10)` times `sum |G'| [(|A| |u| |A'|) * (|B'| |d| |B|)] |G|`. These are larger than `sum |g| |d|` and `sum |u| |d|` by
//! products that cancel in exact arithmetic. Integers are exact as long as these sums are.

use super::dispatch::{Kernel, dispatch};
use super::vector::{Four, InstructionSet, MOST_LANES, One, Vector};
use crate::Real;

/// `B' d`.
#[inline(always)]
fn spread_four<T: Real, V: Vector<T>>(d: [V; 4]) -> [V; 4] {
    [d[0].minus(d[2]), d[1].plus(d[2]), d[2].minus(d[1]), d[1].minus(d[3])]
}

/// `A u`, but for the sign of the last entry, which [`gather_three`] knows of.
#[inline(always)]
fn spread_two<T: Real, V: Vector<T>>(u: [V; 2]) -> [V; 4] {
    [u[0], u[0].plus(u[1]), u[0].minus(u[1]), u[1]]
}

/// `G g`.
#[inline(always)]
fn spread_three<T: Real, V: Vector<T>>(g: [V; 3]) -> [V; 4] {
    let half = V::splat(T::of(0.5));
    let zero = V::splat(T::zero());
    let (ends, middle) = (g[0].plus(g[2]).multiply_add(half, zero), g[1].multiply_add(half, zero));
    [g[0], ends.plus(middle), ends.minus(middle), g[2]]
}

/// `A' p`.
#[inline(always)]
fn gather_two<T: Real, V: Vector<T>>(p: [V; 4]) -> [V; 2] {
    [p[0].plus(p[1].plus(p[2])), p[1].minus(p[2]).minus(p[3])]
}

/// `G' p`, with the last of `p` negated.
#[inline(always)]
fn gather_three<T: Real, V: Vector<T>>(p: [V; 4]) -> [V; 3] {
    let half = V::splat(T::of(0.5));
    let zero = V::splat(T::zero());
    let (ends, middle) =
        (p[1].plus(p[2]).multiply_add(half, zero), p[1].minus(p[2]).multiply_add(half, zero));
    [p[0].plus(ends), middle, ends.minus(p[3])]
}

/// Runs a transform of runs of numbers with the widest vectors that a run fills.
macro_rules! by_runs {
    ($self:ident, $run:expr, $instructions:ident, $method:ident) => {
        if $run >= T::Vector::<$instructions>::LANES {
            $self.$method::<T::Vector<$instructions>>()
        } else if $run >= Four::<T>::LANES {
            $self.$method::<Four<T>>()
        } else {
            $self.$method::<One<T>>()
        }
    };
}

/// Where the next vector of a run of numbers starts, after one at `place`: the last one overlaps the one before it if it must.
#[inline(always)]
fn next_place<T, V: Vector<T>>(place: usize, run: usize) -> Option<usize> {
    let next = place + V::LANES;
    (next < run).then(|| next.min(run - V::LANES))
}

/// The sum of some products, or `None` if it is no address.
#[inline(always)]
fn reach<const N: usize>(products: [(usize, usize); N]) -> Option<usize> {
    products.iter().try_fold(0_usize, |sum, (a, b)| sum.checked_add(a.checked_mul(*b)?))
}

/// `B' d B` for a row of tiles, which overlap by two columns.
pub(crate) struct SpreadInputs<'a, T> {
    /// Four rows of positions.
    pub(crate) rows: [&'a [T]; 4],
    /// How far positions stand apart.
    pub(crate) step: usize,
    /// How many numbers of each position are transformed.
    pub(crate) run: usize,
    pub(crate) tiles: usize,
    /// `16 x tiles x run`, the sixteen `entry_step` apart.
    pub(crate) spread: &'a mut [T],
    pub(crate) entry_step: usize,
}

/// Computes [`SpreadInputs`].
pub(crate) fn spread_inputs<T: Real>(inputs: SpreadInputs<'_, T>) {
    dispatch(inputs);
}

impl<T: Real> Kernel for SpreadInputs<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        by_runs!(self, self.run, I, all);
    }
}

impl<T: Real> SpreadInputs<'_, T> {
    #[inline(always)]
    fn all<V: Vector<T>>(&mut self) {
        let Self { rows: [d0, d1, d2, d3], step, run, tiles, .. } = *self;
        // One row of `B' d` after the other, so that what two neighbouring tiles share stays in registers.
        self.entries::<V, true>(0, d0, d2, step, run, tiles);
        self.entries::<V, false>(1, d1, d2, step, run, tiles);
        self.entries::<V, true>(2, d2, d1, step, run, tiles);
        self.entries::<V, true>(3, d1, d3, step, run, tiles);
    }

    /// Four entries, for the difference of two rows or for their sum.
    #[inline(always)]
    fn entries<V: Vector<T>, const MINUS: bool>(
        &mut self,
        row: usize,
        a: &[T],
        b: &[T],
        step: usize,
        run: usize,
        tiles: usize,
    ) {
        let entry_step = self.entry_step;
        let spread = &mut self.spread[4 * row * entry_step..];
        // What the loop without checks relies on: the last position of the last tile lies inside, here and there.
        let last = tiles.checked_mul(2).and_then(|columns| reach([(columns + 1, step), (1, run)]));
        assert!(run >= V::LANES && last.is_some_and(|last| last <= a.len().min(b.len())));
        assert!(reach([(3, entry_step), (tiles, run)]).is_some_and(|last| last <= spread.len()));
        let combined = |place: usize| {
            // SAFETY: see above.
            let a = V::load(unsafe { a.get_unchecked(place..place + V::LANES) });
            // SAFETY: see above.
            let b = V::load(unsafe { b.get_unchecked(place..place + V::LANES) });
            if MINUS { a.minus(b) } else { a.plus(b) }
        };
        let mut place = Some(0);
        while let Some(n) = place {
            let mut d = [combined(n), combined(step + n), V::splat(T::zero()), V::splat(T::zero())];
            for tile in 0..tiles {
                let from = 2 * tile * step + n;
                d[2] = combined(from + 2 * step);
                d[3] = combined(from + 3 * step);
                let entries = spread_four(d);
                for j in 0..4 {
                    let to = j * entry_step + tile * run + n;
                    // SAFETY: see above.
                    entries[j].store(unsafe { spread.get_unchecked_mut(to..to + V::LANES) });
                }
                d = [d[2], d[3], d[2], d[3]];
            }
            place = next_place::<T, V>(n, run);
        }
    }
}

/// `A u A'` for a row of tiles, with signs for [`GatherWeights`].
pub(crate) struct SpreadCotangents<'a, T> {
    /// Two rows of positions.
    pub(crate) rows: [&'a [T]; 2],
    /// How far positions stand apart.
    pub(crate) step: usize,
    /// How many numbers of each position are transformed.
    pub(crate) run: usize,
    pub(crate) tiles: usize,
    /// `16 x tiles x run`, the sixteen `entry_step` apart.
    pub(crate) spread: &'a mut [T],
    pub(crate) entry_step: usize,
}

/// Computes [`SpreadCotangents`].
pub(crate) fn spread_cotangents<T: Real>(cotangents: SpreadCotangents<'_, T>) {
    dispatch(cotangents);
}

impl<T: Real> Kernel for SpreadCotangents<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        by_runs!(self, self.run, I, all);
    }
}

impl<T: Real> SpreadCotangents<'_, T> {
    #[inline(always)]
    fn all<V: Vector<T>>(&mut self) {
        let Self { rows: [above, below], step, run, tiles, ref mut spread, entry_step } = *self;
        // What the loop without checks relies on: the last position of the last tile lies inside, here and there.
        let last = tiles.checked_mul(2).and_then(|columns| reach([(columns.max(1) - 1, step), (1, run)]));
        assert!(run >= V::LANES && last.is_some_and(|last| last <= above.len().min(below.len())));
        assert!(reach([(15, entry_step), (tiles, run)]).is_some_and(|last| last <= spread.len()));
        for tile in 0..tiles {
            let mut place = Some(0);
            while let Some(n) = place {
                let mut columns = [[V::splat(T::zero()); 4]; 2];
                for j in 0..2 {
                    let from = (2 * tile + j) * step + n;
                    // SAFETY: see above.
                    let above = V::load(unsafe { above.get_unchecked(from..from + V::LANES) });
                    // SAFETY: see above.
                    let below = V::load(unsafe { below.get_unchecked(from..from + V::LANES) });
                    columns[j] = spread_two([above, below]);
                }
                for i in 0..4 {
                    let row = spread_two([columns[0][i], columns[1][i]]);
                    for j in 0..4 {
                        let to = (4 * i + j) * entry_step + tile * run + n;
                        // SAFETY: see above.
                        row[j].store(unsafe { spread.get_unchecked_mut(to..to + V::LANES) });
                    }
                }
                place = next_place::<T, V>(n, run);
            }
        }
    }
}

/// `A' p A` and a bias, for a row of tiles: two rows of outputs, or one where the image ends.
pub(crate) struct GatherOutputs<'a, T> {
    /// `16 x tiles x run`, the sixteen `entry_step` apart.
    pub(crate) products: &'a [T],
    pub(crate) entry_step: usize,
    pub(crate) run: usize,
    pub(crate) bias: T,
    /// A row of outputs, positions `run` apart; its length says how many columns there are.
    pub(crate) upper: &'a mut [T],
    /// The next row, if there is one.
    pub(crate) lower: Option<&'a mut [T]>,
    /// Whether to add to the rows.
    pub(crate) accumulate: bool,
}

/// Computes [`GatherOutputs`].
pub(crate) fn gather_outputs<T: Real>(outputs: GatherOutputs<'_, T>) {
    dispatch(outputs);
}

impl<T: Real> Kernel for GatherOutputs<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        by_runs!(self, self.run, I, all);
    }
}

impl<T: Real> GatherOutputs<'_, T> {
    #[inline(always)]
    fn all<V: Vector<T>>(&mut self) {
        // One row of `A' p` after the other, so that fewer entries are met at a time.
        if self.accumulate {
            self.row::<V, false, true>();
            self.row::<V, true, true>();
        } else {
            self.row::<V, false, false>();
            self.row::<V, true, false>();
        }
    }

    #[inline(always)]
    fn row<V: Vector<T>, const LOWER: bool, const ACCUMULATE: bool>(&mut self) {
        let Self { products, entry_step, run, bias, .. } = *self;
        let Some(y) = (if LOWER { self.lower.as_deref_mut() } else { Some(&mut *self.upper) }) else {
            return;
        };
        let columns = y.len() / run;
        let bias = V::splat(bias);
        let products = if LOWER { &products[4 * entry_step..] } else { products };
        // What the loop without checks relies on: the last tile of the last entry lies inside.
        let last = reach([(11, entry_step), (columns.div_ceil(2), run)]);
        assert!(run >= V::LANES && last.is_some_and(|last| last <= products.len()));
        let mut place = Some(0);
        let mut done = 0;
        while let Some(n) = place {
            for left in (0..columns).step_by(2) {
                let mut sums = [V::splat(T::zero()); 4];
                for j in 0..4 {
                    let mut p = [V::splat(T::zero()); 3];
                    for i in 0..3 {
                        let from = (4 * i + j) * entry_step + left / 2 * run + n;
                        // SAFETY: see above.
                        p[i] = V::load(unsafe { products.get_unchecked(from..from + V::LANES) });
                    }
                    sums[j] = if LOWER { p[0].minus(p[1]).minus(p[2]) } else { p[0].plus(p[1].plus(p[2])) };
                }
                let pair = gather_two(sums);
                for j in 0..2 {
                    if left + j == columns {
                        break;
                    }
                    let value = pair[j].plus(bias);
                    let from = (left + j) * run + n;
                    // SAFETY: column `left + j` of `y` has `run` numbers, of which a vector from `n` on are the last ones.
                    let to = unsafe { y.get_unchecked_mut(from..from + V::LANES) };
                    if !ACCUMULATE {
                        value.store(to);
                    } else if n == done {
                        V::load(to).plus(value).store(to);
                    } else {
                        add_last(value, to, done - n);
                    }
                }
            }
            done = n + V::LANES;
            place = next_place::<T, V>(n, run);
        }
    }
}

/// Adds the numbers of a vector from place `first` on.
#[inline(always)]
fn add_last<T: Real, V: Vector<T>>(value: V, to: &mut [T], first: usize) {
    let mut spill = [T::zero(); MOST_LANES];
    value.store(&mut spill);
    for (target, &value) in to.iter_mut().zip(&spill).skip(first) {
        *target += value;
    }
}

/// `G g G'` for many kernels side by side.
pub(crate) struct SpreadWeights<'a, T> {
    /// The nine weights of each kernel, by rows: entry `t` of all kernels from `t len` on.
    pub(crate) weights: &'a [T],
    pub(crate) len: usize,
    /// Whether the kernels are turned round: their last weight first.
    pub(crate) turned: bool,
    /// `16 x len`, the sixteen `entry_step` apart.
    pub(crate) spread: &'a mut [T],
    pub(crate) entry_step: usize,
}

/// Computes [`SpreadWeights`].
pub(crate) fn spread_weights<T: Real>(weights: SpreadWeights<'_, T>) {
    dispatch(weights);
}

impl<T: Real> Kernel for SpreadWeights<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        by_runs!(self, self.len, I, all);
    }
}

impl<T: Real> SpreadWeights<'_, T> {
    #[inline(always)]
    fn all<V: Vector<T>>(&mut self) {
        let mut place = Some(0);
        while let Some(n) = place {
            let mut columns = [[V::splat(T::zero()); 4]; 3];
            for j in 0..3 {
                let mut g = [V::splat(T::zero()); 3];
                for i in 0..3 {
                    let entry = if self.turned { 8 - (3 * i + j) } else { 3 * i + j };
                    g[i] = V::load(&self.weights[entry * self.len + n..]);
                }
                columns[j] = spread_three(g);
            }
            for i in 0..4 {
                let row = spread_three([columns[0][i], columns[1][i], columns[2][i]]);
                for j in 0..4 {
                    row[j].store(&mut self.spread[(4 * i + j) * self.entry_step + n..]);
                }
            }
            place = next_place::<T, V>(n, self.len);
        }
    }
}

/// `G' p G` for many kernels side by side, `p` having the signs of [`SpreadCotangents`].
pub(crate) struct GatherWeights<'a, T> {
    /// `16 x len`, the sixteen `entry_step` apart.
    pub(crate) products: &'a [T],
    pub(crate) entry_step: usize,
    pub(crate) len: usize,
    /// The nine weights of each kernel, by rows: entry `t` of all kernels from `t len` on.
    pub(crate) weights: &'a mut [T],
}

/// Computes [`GatherWeights`].
pub(crate) fn gather_weights<T: Real>(weights: GatherWeights<'_, T>) {
    dispatch(weights);
}

impl<T: Real> Kernel for GatherWeights<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(mut self) {
        by_runs!(self, self.len, I, all);
    }
}

impl<T: Real> GatherWeights<'_, T> {
    #[inline(always)]
    fn all<V: Vector<T>>(&mut self) {
        let mut place = Some(0);
        while let Some(n) = place {
            let mut columns = [[V::splat(T::zero()); 3]; 4];
            for j in 0..4 {
                let mut p = [V::splat(T::zero()); 4];
                for i in 0..4 {
                    p[i] = V::load(&self.products[(4 * i + j) * self.entry_step + n..]);
                }
                columns[j] = gather_three(p);
            }
            for i in 0..3 {
                let row = gather_three([columns[0][i], columns[1][i], columns[2][i], columns[3][i]]);
                for j in 0..3 {
                    row[j].store(&mut self.weights[(3 * i + j) * self.len + n..]);
                }
            }
            place = next_place::<T, V>(n, self.len);
        }
    }
}

#[cfg(test)]
mod tests;
