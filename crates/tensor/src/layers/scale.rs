//! Multiplication with a fixed factor.

use super::described::{Described, Keys, Usual};
use crate::layer::{At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// `factor * x`, with a fixed factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The factor.
    pub factor: f64,
}

impl TapeBuilder {
    /// `factor * x`, with a fixed factor (a residual block's `1 / sqrt(depth)`, say).
    ///
    /// # Errors
    /// If the factor is not finite.
    pub fn scale(&mut self, x: Node, factor: f64) -> Result<Node, TensorError> {
        self.put("scale", Scale { factor }, &[x])
    }
}

impl Described for Scale {
    const TYPE: &'static str = "scale";
    const PYTORCH: Option<&'static str> = None;
    const BLANK: Self = Self { factor: 1.0 };

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.number("factor", &mut self.factor, Usual::No)
    }

    fn summary(&self) -> String {
        format!("scale by {}", self.factor)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.put(name, *self, &[x])
    }

    fn examples() -> Vec<Self> {
        vec![Self { factor: -0.75 }]
    }
}

impl Layer for Scale {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        if !self.factor.is_finite() {
            return Err(Misfit::Setting("its factor must be a finite number".to_owned()));
        }
        Ok(inputs[0])
    }

    fn terms(&self, _place: &Place) -> usize {
        4
    }
}

impl<T: Real> Kernel<T> for Scale {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        Target { dx: y, accumulate: false }.put(T::of(self.factor), at.x(0));
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, _at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        to.put(T::of(self.factor), u);
    }

    fn pull_rows(&self, _at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        to.put(T::of(self.factor), u);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        Target { dx: dy, accumulate: false }.put(T::of(self.factor), tangent.only(at.place));
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let factor = T::of(self.factor).as_f64();
        (0..at.place.shape.len()).for_each(|place| carry.entry(1, place, place, factor));
    }
}
