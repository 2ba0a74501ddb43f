//! The sum of two nodes. It reads more than one, so a list of layers has it as a residual block.

use crate::layer::{At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// The sum of two nodes of one shape.
#[derive(Clone, Copy, Debug)]
struct Add;

impl TapeBuilder {
    /// The sum of two nodes of one shape: what a skip connection does.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn add(&mut self, a: Node, b: Node) -> Result<Node, TensorError> {
        self.put("add", Add, &[a, b])
    }
}

impl Layer for Add {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        match inputs.iter().find(|&&shape| shape != inputs[0]) {
            Some(other) => Err(Misfit::Input(format!("two values of one shape; the other is {other}"))),
            None => Ok(inputs[0]),
        }
    }

    fn terms(&self, _place: &Place) -> usize {
        4
    }
}

impl<T: Real> Kernel<T> for Add {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        for ((y, &a), &b) in y.iter_mut().zip(at.x(0)).zip(at.x(1)) {
            *y = a + b;
        }
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, _at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        to.put(T::one(), u);
    }

    fn pull_rows(&self, _at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        to.put(T::one(), u);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        dy.fill(T::zero());
        for dx in [0, 1].into_iter().filter_map(|input| tangent.x(at.place, input)) {
            Target { dx: &mut *dy, accumulate: true }.put(T::one(), dx);
        }
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        (0..at.place.shape.len()).for_each(|place| carry.entry(0, place, place, 1.0));
    }
}
