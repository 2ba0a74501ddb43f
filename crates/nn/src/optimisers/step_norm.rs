//! The norms in which generalised SGD measures a step, and the duality map of their duals.

use std::ops::Range;

use fenchel_tensor::{ParameterLayout, Real};

use super::require;
use crate::NnError;

/// A norm of steps. Gradients are measured in its dual.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum StepNorm {
    /// l_p, p in `[1, inf]`: 2 gives normalised gradients, infinity sign descent, 1 descent in one coordinate.
    Lp(f64),
    /// The l_p norm of the Euclidean norms of the layers' steps: for p infinite, every layer moves as far as the others.
    LayerWise {
        /// The exponent over the layers.
        outer: f64,
        /// The ranges of the layers, in order and without gaps.
        layers: Vec<Range<usize>>,
    },
}

impl StepNorm {
    /// The layer-wise norm of a model: one block for the tensors of each layer (weight and bias together).
    #[must_use]
    pub fn layer_wise(outer: f64, layout: &ParameterLayout) -> Self {
        let mut layers: Vec<Range<usize>> = Vec::new();
        let mut last = None;
        for slot in layout.slots() {
            let layer = slot.layer();
            match layers.last_mut() {
                Some(range) if last == Some(layer) => range.end = slot.range.end,
                _ => layers.push(slot.range.clone()),
            }
            last = Some(layer);
        }
        Self::LayerWise { outer, layers }
    }

    /// The norm, if its exponent is one and its layers are consecutive.
    pub(super) fn checked(self) -> Result<Self, NnError> {
        let (name, p) = match &self {
            Self::Lp(p) => ("p", *p),
            Self::LayerWise { outer, layers } => {
                let mut end = 0;
                for range in layers {
                    let follows = range.start == end && range.end > range.start;
                    require(
                        "layers",
                        range.start as f64,
                        follows,
                        "where the layer before ends, and none empty",
                    )?;
                    end = range.end;
                }
                require("layers", layers.len() as f64, !layers.is_empty(), "at least one range")?;
                ("outer", *outer)
            }
        };
        require(name, p, p >= 1.0, "in [1, inf]")?;
        Ok(self)
    }

    /// `‖g‖_*`, in `f64`, summed in the order of the parameters.
    pub fn dual_value<T: Real>(&self, gradient: &[T]) -> f64 {
        match self {
            Self::Lp(p) => norm(conjugate(*p), || gradient.iter().map(|g| g.as_f64().abs())),
            Self::LayerWise { outer, layers } => {
                let norms = layer_norms(layers, gradient);
                norm(conjugate(*outer), || norms.iter().copied())
            }
        }
    }

    /// Writes `scale` times the subgradient of the dual norm at g, which has norm 1 in the norm itself: the direction of the steepest descent.
    /// Of several the one that `fenchel-convexity` takes: 0 at 0, the first of the largest entries.
    pub(super) fn direction<T: Real>(&self, gradient: &[T], scale: f64, out: &mut [T]) {
        match self {
            Self::Lp(p) => {
                let q = conjugate(*p);
                let slopes = Slopes::new(q, || gradient.iter().map(|g| g.as_f64().abs()));
                for (i, (to, g)) in out.iter_mut().zip(gradient).enumerate() {
                    let g = g.as_f64();
                    let sign = if g > 0.0 { 1.0 } else { -1.0 };
                    *to = T::of(scale * sign * slopes.at(i, g.abs()));
                }
            }
            Self::LayerWise { outer, layers } => {
                let norms = layer_norms(layers, gradient);
                let slopes = Slopes::new(conjugate(*outer), || norms.iter().copied());
                for (l, (range, &norm)) in layers.iter().zip(&norms).enumerate() {
                    let factor = if norm > 0.0 { scale * slopes.at(l, norm) / norm } else { 0.0 };
                    for (to, g) in out[range.clone()].iter_mut().zip(&gradient[range.clone()]) {
                        *to = T::of(factor * g.as_f64());
                    }
                }
            }
        }
    }

    /// For an optimiser's name.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Lp(p) => format!("l_{p}"),
            Self::LayerWise { outer, layers } => format!("l_{outer} of {} layers", layers.len()),
        }
    }
}

/// The derivative of an l_q norm in each absolute value.
struct Slopes {
    q: f64,
    norm: f64,
    /// The first of the largest, which alone counts for q infinite.
    first: usize,
}

impl Slopes {
    fn new<I: Iterator<Item = f64>>(q: f64, values: impl Fn() -> I) -> Self {
        Self { q, norm: norm(q, &values), first: crate::losses::argmax(values()) }
    }

    fn at(&self, index: usize, value: f64) -> f64 {
        if value == 0.0 {
            0.0
        } else if self.q == 1.0 {
            1.0
        } else if self.q == f64::INFINITY {
            if index == self.first { 1.0 } else { 0.0 }
        } else if self.q == 2.0 {
            value / self.norm
        } else {
            (value / self.norm).powf(self.q - 1.0)
        }
    }
}

/// The conjugate exponent.
fn conjugate(p: f64) -> f64 {
    if p == 1.0 {
        f64::INFINITY
    } else if p == f64::INFINITY {
        1.0
    } else {
        p / (p - 1.0)
    }
}

/// The l_q norm of numbers that are not negative, scaled by the largest where powers could overflow.
fn norm<I: Iterator<Item = f64>>(q: f64, values: impl Fn() -> I) -> f64 {
    if q == 1.0 {
        return values().sum();
    }
    let largest = values().fold(0.0, f64::max);
    if q == f64::INFINITY || largest == 0.0 {
        return largest;
    }
    let powers = |v: f64| if q == 2.0 { v * v } else { v.powf(q) };
    largest * values().map(|v| powers(v / largest)).sum::<f64>().powf(q.recip())
}

fn layer_norms<T: Real>(layers: &[Range<usize>], gradient: &[T]) -> Vec<f64> {
    let of = |range: &Range<usize>| norm(2.0, || gradient[range.clone()].iter().map(|g| g.as_f64().abs()));
    layers.iter().map(of).collect()
}
