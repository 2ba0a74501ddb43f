//! Flattening: in lanes nothing moves but a sequence, whose tokens come one after the other; for fans it is the border
//! between the two layouts.

use super::described::Described;
use super::pick::{Pick, Picked};
use crate::kernels::transpose;
use crate::layer::{At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// An image or a sequence as a vector; a vector stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flatten;

impl TapeBuilder {
    /// An image as a vector, in the order channels, rows, columns; a sequence token by token. A vector stays as it is.
    ///
    /// # Errors
    /// If the network's input is empty or too large to hold.
    pub fn flatten(&mut self, x: Node) -> Result<Node, TensorError> {
        match self.shape(x) {
            Shape::Vector(_) => Ok(x),
            Shape::Image { .. } => self.put("flatten", Flatten, &[x]),
            Shape::Sequence { .. } => self.put("flatten", Picked(TokenByToken), &[x]),
        }
    }
}

/// A sequence as a vector.
#[derive(Clone, Copy, Debug)]
struct TokenByToken;

impl Pick for TokenByToken {
    fn shape(self, input: Shape) -> Result<Shape, Misfit> {
        Ok(Shape::Vector(input.len()))
    }

    fn source(self, input: Shape, entry: usize) -> usize {
        input.entry_of(entry)
    }
}

impl Described for Flatten {
    const TYPE: &'static str = "flatten";
    const PYTORCH: Option<&'static str> = Some("Flatten");
    const BLANK: Self = Self;
    const REMARK: &'static str = "a vector stays as it is";

    fn record(&self, net: &mut TapeBuilder, _name: &str, x: Node) -> Result<Node, TensorError> {
        net.flatten(x)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}

impl Layer for Flatten {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        Ok(Shape::Vector(inputs[0].len()))
    }

    fn terms(&self, _place: &Place) -> usize {
        0
    }
}

impl<T: Real> Kernel<T> for Flatten {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        y.copy_from_slice(at.x(0));
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, _at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        to.put(T::one(), u);
    }

    fn pull_border(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        let (len, cotangents) = (at.place.shape.len(), at.lanes);
        if to.accumulate {
            for (i, lanes) in to.dx.chunks_exact_mut(cotangents).enumerate() {
                for (k, dx) in lanes.iter_mut().enumerate() {
                    *dx += u[k * len + i];
                }
            }
        } else {
            transpose(cotangents, len, u, len, to.dx, cotangents);
        }
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        dy.copy_from_slice(tangent.only(at.place));
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        (0..at.place.shape.len()).for_each(|place| carry.entry(0, place, place, 1.0));
    }
}
