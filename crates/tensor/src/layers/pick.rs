//! Layers that only move entries: each entry of the value is one of the input's, and none is read twice.

use std::fmt::Debug;

use crate::layer::{At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools};
use crate::{Real, Shape};

/// Which entries go where.
pub(super) trait Pick: Copy + Debug + Send + Sync {
    /// The shape of the value.
    fn shape(self, input: Shape) -> Result<Shape, Misfit>;

    /// The place in an input of this shape of an entry of the value; both as they are held.
    fn source(self, input: Shape, entry: usize) -> usize;
}

/// A layer of picked entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Picked<P>(pub(super) P);

impl<P: Pick> Picked<P> {
    fn source(&self, place: &Place, entry: usize) -> usize {
        self.0.source(place.shapes[0], entry)
    }

    fn gather<T: Real>(&self, place: &Place, lanes: usize, x: &[T], y: &mut [T]) {
        for (entry, y) in y.chunks_exact_mut(lanes).enumerate() {
            y.copy_from_slice(&x[self.source(place, entry) * lanes..][..lanes]);
        }
    }
}

impl<P: Pick + 'static> Layer for Picked<P> {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        self.0.shape(inputs[0])
    }

    fn terms(&self, _place: &Place) -> usize {
        0
    }
}

impl<T: Real, P: Pick> Kernel<T> for Picked<P> {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        self.gather(at.place, at.lanes, at.x(0), y);
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        if !to.accumulate {
            to.dx.fill(T::zero());
        }
        for (entry, u) in u.chunks_exact(at.lanes).enumerate() {
            let dx = &mut to.dx[self.source(at.place, entry) * at.lanes..][..at.lanes];
            dx.iter_mut().zip(u).for_each(|(dx, &u)| *dx += u);
        }
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        self.gather(at.place, at.lanes, tangent.only(at.place), dy);
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        for entry in 0..at.place.shape.len() {
            carry.entry(0, entry, self.source(at.place, entry), 1.0);
        }
    }
}
