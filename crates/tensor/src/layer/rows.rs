//! A layer's rows of the Jacobian, and what every quantity in the parameters makes of them.

use super::{At, Cotangents, RowBound, Scratch};
use crate::Real;
use crate::kernels::add_row_gram;

/// Part of one sample's Jacobian, transposed: row `r` holds the `K` derivatives in one parameter.
pub(crate) struct Part<'a, T> {
    /// `count` rows, and beyond them the [`SLACK`](crate::kernels::SLACK) that kernels read.
    pub(crate) rows: &'a [T],
    pub(crate) count: usize,
    /// The distance between rows, at least `K`.
    pub(crate) step: usize,
    /// The place of a row's parameter in the flat vector.
    pub(crate) parameter: &'a dyn Fn(usize) -> usize,
}

/// Who takes the parts, one by one.
pub(crate) type Take<'a, T> = &'a mut dyn FnMut(&Part<'_, T>);

/// A layer whose Jacobian has the rows `u_k a'`, `a` being its input, and `u_k` itself in its biases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Outer {
    pub(crate) bias: bool,
}

/// What a layer with parameters gives to the quantities.
pub(crate) trait Rows<T: Real> {
    /// Shows one sample's Jacobian in the layer's own parameters, part by part and every parameter once, but for
    /// those that it does not have any derivative in; `at` is that sample's.
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>);

    /// Adds the gradient of the samples' sum to `gradient`, which holds all parameters, or writes it over.
    /// Samples are lanes, `u` is `len x L`.
    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, scratch: &mut Scratch) {
        if overwrite {
            at.place.tensors.iter().for_each(|range| gradient[range.clone()].fill(T::zero()));
        }
        for sample in 0..at.samples {
            self.gradient_of_one(at, u, sample, scratch, &mut |place, value| gradient[place] += value);
        }
    }

    /// Adds every lane's squared norm of its gradient to `norms`.
    fn add_norms(&self, at: &At<'_, T>, u: &[T], norms: &mut [T], scratch: &mut Scratch) {
        for (sample, norm) in norms.iter_mut().enumerate().take(at.samples) {
            self.gradient_of_one(at, u, sample, scratch, &mut |_, value| *norm += value * value);
        }
    }

    /// Shows the place and the derivative of every parameter, of one of the samples that are lanes.
    fn gradient_of_one(
        &self,
        at: &At<'_, T>,
        u: &[T],
        sample: usize,
        scratch: &mut Scratch,
        take: &mut dyn FnMut(usize, T),
    ) {
        let (column, u) = (at.column(sample), at.of_lane(u, sample));
        self.rows(&column.at(at, 1), Cotangents::All(&u), scratch, &mut |part| {
            for row in 0..part.count {
                take((part.parameter)(row), part.rows[row * part.step]);
            }
        });
    }

    /// Adds one sample's `J_l J_l'` to `gram`, `K x K`.
    fn add_gram(&self, at: &At<'_, T>, u: Cotangents<'_, T>, gram: &mut [T], scratch: &mut Scratch) {
        let cotangents = at.lanes;
        self.rows(at, u, scratch, &mut |part| {
            add_row_gram(part.rows, part.count, part.step, cotangents, gram);
        });
    }

    /// Whether input and cotangents say all of the Jacobian.
    fn outer(&self) -> Option<Outer> {
        None
    }

    /// How much longer than the cotangents one sample's rows of the Jacobian may be.
    fn bound(&self, at: &At<'_, T>) -> RowBound;
}
