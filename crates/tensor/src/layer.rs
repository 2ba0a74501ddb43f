//! The contract of a layer: what the tape and the passes ask of it.
//!
//! A layer is one file of [`layers`](crate::layers). Its type is its settings, and implements
//!
//! | trait | what it says |
//! |---|---|
//! | [`Layer`] | the shape rule, and the layer's share of the estimate of round-off |
//! | [`Kernel`] | its arithmetic: forward, back, along a direction, and a bound on what going back may lose |
//! | [`Trained`], [`Rows`] | if it has parameters: their tensors, and its rows of the Jacobian |
//! | [`Described`](crate::layers::Described) | its name, keys and row in the list of layers of a model description |
//!
//! Every quantity in the parameters goes through [`Rows::rows`], and a layer overrides what it can do faster. A
//! layer is asked once for a batch, or for a sample, and its loops are its own.

mod at;
mod bounded;
mod cotangents;
mod misfit;
mod rows;
mod scratch;

pub(crate) use at::{At, Kept, Place, Tangent};
pub(crate) use bounded::{Bounded, Carry, OWN, RowBound, gamma, passed_on};
pub(crate) use cotangents::{Cotangents, Fan, Gathered, Position};
pub(crate) use misfit::{Misfit, check_input, check_stride, within};
pub(crate) use rows::{Outer, Part, Rows, Take};
pub(crate) use scratch::{Prepared, Scratch, Tools};

use std::fmt::Debug;

use crate::kernels::transpose;
use crate::parameters::Tensor;
use crate::real::Both;
use crate::{Real, Shape};

/// An operation of a tape.
pub(crate) trait Layer: Kernel<f32> + Kernel<f64> + Debug + Send + Sync {
    /// The shape of one sample's value, if the inputs' shapes and the settings allow it. No size wraps that
    /// the rule accepts.
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit>;

    /// How many terms the longest sums of its backward pass and of its parameters' gradient have together:
    /// its share of [`Tape::backward_roundoff`](crate::Tape::backward_roundoff).
    fn terms(&self, place: &Place) -> usize;

    /// How many token ids there are, if its input holds such.
    fn vocabulary(&self) -> Option<usize> {
        None
    }

    /// The layer's parameters, if it has any.
    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        None
    }
}

/// A layer that has parameters. Whoever has tensors has rows, so that no quantity can leave a layer out.
pub(crate) trait Trained: Rows<f32> + Rows<f64> {
    /// Its parameter tensors, in the order of the flat vector.
    fn tensors(&self, inputs: &[Shape]) -> Vec<Tensor>;
}

impl Both for dyn Layer {
    type In<T: Real> = dyn Kernel<T>;

    fn single(&self) -> &(dyn Kernel<f32> + 'static) {
        self
    }

    fn double(&self) -> &(dyn Kernel<f64> + 'static) {
        self
    }
}

impl Both for dyn Trained {
    type In<T: Real> = dyn Rows<T>;

    fn single(&self) -> &(dyn Rows<f32> + 'static) {
        self
    }

    fn double(&self) -> &(dyn Rows<f64> + 'static) {
        self
    }
}

/// The arithmetic of a layer in one precision.
pub(crate) trait Kernel<T: Real> {
    /// The value `y`, `len x L`, of samples as lanes, and what the backward passes will want beside the inputs.
    fn forward(&self, at: &At<'_, T>, y: &mut [T], keep: &mut Kept<T>, scratch: &mut Scratch);

    /// Whether its backward passes read the inputs' values.
    fn reads_inputs(&self) -> bool {
        true
    }

    /// Brings its weights into the order in which [`pull`](Self::pull) wants them.
    fn prepare(&self, _at: &At<'_, T>, _prepared: &mut Prepared<T>) {}

    /// The cotangents of one input from those of the output: `dx = J' u`, added to what `dx` holds if
    /// `accumulate`. Both are `len x L`, and so are the values, or, if `at.is_shared`, the lanes are the
    /// cotangents of one sample and the values have none.
    fn pull(&self, at: &At<'_, T>, input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>);

    /// The same between vectors for the fans of all samples, `S x K x d`.
    fn pull_rows(&self, at: &At<'_, T>, input: usize, u: &[T], to: Target<'_, T>, mut tools: Tools<'_, T>) {
        let (lanes, out, inner) = (at.lanes, at.place.shape.len(), at.place.shapes[input].len());
        let mut turned = std::mem::take(tools.scratch.get::<[Vec<T>; 2]>());
        let fans = u.chunks_exact(lanes * out).zip(to.dx.chunks_exact_mut(lanes * inner));
        for (sample, (u, dx)) in fans.enumerate() {
            let [by_entry, pulled] = &mut turned;
            by_entry.resize(lanes * out, T::zero());
            pulled.resize(lanes * inner, T::zero());
            transpose(lanes, out, u, out, by_entry, lanes);
            let whole = Target { dx: pulled, accumulate: false };
            self.pull(&at.sample(sample), input, by_entry, whole, tools.again());
            if to.accumulate {
                for (k, dx) in dx.chunks_exact_mut(inner).enumerate() {
                    dx.iter_mut().enumerate().for_each(|(i, dx)| *dx += pulled[i * lanes + k]);
                }
            } else {
                transpose(inner, lanes, pulled, lanes, dx, inner);
            }
        }
        *tools.scratch.get() = turned;
    }

    /// The same from a vector, `K x len`, to an image for one sample.
    fn pull_border(&self, at: &At<'_, T>, input: usize, u: &[T], to: Target<'_, T>, mut tools: Tools<'_, T>) {
        let mut by_entry = std::mem::take(&mut tools.scratch.get::<[Vec<T>; 2]>()[0]);
        by_entry.resize(u.len(), T::zero());
        transpose(at.lanes, at.place.shape.len(), u, at.place.shape.len(), &mut by_entry, at.lanes);
        self.pull(at, input, &by_entry, to, tools.again());
        tools.scratch.get::<[Vec<T>; 2]>()[0] = by_entry;
    }

    /// Whether [`pull_fan`](Self::pull_fan), and its rows, take cotangents in a list.
    fn takes_lists(&self) -> bool {
        false
    }

    /// The same between images for one sample's fan, which may come as a list, or become one.
    fn pull_fan(
        &self,
        at: &At<'_, T>,
        input: usize,
        u: &mut Fan<T>,
        into: FanTarget<'_, T>,
        tools: Tools<'_, T>,
    ) {
        self.pull(at, input, &u.all, into.spread(at.place.shapes[input], at.lanes), tools);
    }

    /// The derivative `dy` of the value along a direction, of samples as lanes.
    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], scratch: &mut Scratch);

    /// What [`pull`](Self::pull) makes of one sample's cotangents, exactly, and a bound on what it may lose.
    fn pull_bounded(&self, at: &At<'_, T>, input: usize, carry: &mut Carry<'_>);
}

/// Where cotangents go.
pub(crate) struct Target<'a, T> {
    pub(crate) dx: &'a mut [T],
    /// Whether they are added to what stands there.
    pub(crate) accumulate: bool,
}

/// Where one sample's fan goes.
pub(crate) struct FanTarget<'a, T> {
    pub(crate) fan: &'a mut Fan<T>,
    /// Whether it is added to what stands there.
    pub(crate) accumulate: bool,
}

impl<'a, T: Real> FanTarget<'a, T> {
    /// The whole array, sized for a node of this shape.
    pub(crate) fn spread(self, shape: Shape, cotangents: usize) -> Target<'a, T> {
        let accumulate = self.accumulate;
        Target { dx: self.fan.spread(shape, cotangents, accumulate), accumulate }
    }
}

impl<T: Real> Target<'_, T> {
    /// Writes or adds `factor u`.
    pub(crate) fn put(self, factor: T, u: &[T]) {
        if self.accumulate {
            for (dx, &u) in self.dx.iter_mut().zip(u) {
                *dx += factor * u;
            }
        } else {
            for (dx, &u) in self.dx.iter_mut().zip(u) {
                *dx = factor * u;
            }
        }
    }
}
