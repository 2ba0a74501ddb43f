//! Activation functions: one file each, and what they have in common as layers.

mod elu;
mod function;
mod gelu;
mod gelu_erf;
mod hardswish;
mod leaky_relu;
mod loops;
mod mish;
mod relu;
mod relu6;
mod selu;
mod sigmoid;
mod silu;
mod softplus;
mod tanh;

use elu::Elu;
use function::Function;
use gelu::Gelu;
use gelu_erf::GeluErf;
use hardswish::Hardswish;
use leaky_relu::LeakyRelu;
use loops::Loops;
use mish::Mish;
use relu::Relu;
use relu6::Relu6;
use selu::Selu;
use sigmoid::Sigmoid;
use silu::Silu;
use softplus::Softplus;
use tanh::Tanh;

use super::described::{Described, Keys};
use crate::layer::{
    At, Carry, Fan, FanTarget, Gathered, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools,
};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// Makes the enum of all functions from their list.
macro_rules! activations {
    ($($(#[$doc:meta])* $name:ident $({ $($(#[$field_doc:meta])* $field:ident: f64,)+ })?,)+) => {
        /// A function applied to every entry.
        ///
        /// At a kink the derivative is that of the left side: ReLU has derivative 0 at 0, as in other systems.
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Activation {
            $($(#[$doc])* $name $({ $($(#[$field_doc])* $field: f64,)+ })?,)+
        }

        $(impl From<$name> for Activation {
            fn from($name { $($($field,)+)? }: $name) -> Self {
                Self::$name { $($($field,)+)? }
            }
        })+

        impl Activation {
            /// The activation's usual name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $name::NAME,)+
                }
            }

            /// The value at `x`.
            #[inline(always)]
            pub fn value<T: Real>(self, x: T) -> T {
                match self {
                    $(Self::$name { $($($field,)+)? } => $name { $($($field,)+)? }.value(x),)+
                }
            }

            /// The derivative at `x`, to a few units in the last place however saturated the unit is: nothing is
            /// taken from a value near 1.
            ///
            /// GELU's tanh form alone loses more far out, where its own condition is as bad: `|z|` units, `z` the argument of
            /// its sigmoid. Where a derivative is a sum of two signs (GELU, SiLU, Mish), the units are those of its
            /// terms.
            #[inline(always)]
            pub fn derivative<T: Real>(self, x: T) -> T {
                match self {
                    $(Self::$name { $($($field,)+)? } => $name { $($($field,)+)? }.derivative(x),)+
                }
            }

            /// A bound on the size of the derivative.
            #[must_use]
            pub fn steepest(self) -> f64 {
                match self {
                    $(Self::$name { $($($field,)+)? } => $name { $($($field,)+)? }.steepest(),)+
                }
            }

            /// Where the derivative jumps, in ascending order.
            #[must_use]
            pub fn kinks(self) -> &'static [f64] {
                match self {
                    $(Self::$name { $($($field,)+)? } => $name { $($($field,)+)? }.kinks(),)+
                }
            }

            /// A bound on the size of the second derivative, on both sides of every kink.
            #[must_use]
            pub fn curvature(self) -> f64 {
                match self {
                    $(Self::$name { $($($field,)+)? } => $name { $($($field,)+)? }.curvature(),)+
                }
            }

            /// Asks the function for something over whole arrays.
            fn loops<T: Real>(self, ask: impl FnOnce(&dyn Loops<T>)) {
                match self {
                    $(Self::$name { $($($field,)+)? } => ask(&$name { $($($field,)+)? }),)+
                }
            }

            fn check(self) -> Result<(), Misfit> {
                match self {
                    $(Self::$name { $($($field,)+)? } => $name { $($($field,)+)? }.check(),)+
                }
            }
        }

        impl Described for Activation {
            const TYPE: &'static str = "activation";
            const PYTORCH: Option<&'static str> = None;
            const BLANK: Self = Self::Relu;

            fn types() -> Vec<&'static str> {
                vec![$($name::TYPE),+]
            }

            fn blank(kind: &str) -> Option<Self> {
                match kind {
                    $($name::TYPE => Some($name::blank().into()),)+
                    _ => None,
                }
            }

            fn kind(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $name::TYPE,)+
                }
            }

            fn pytorch(&self) -> Option<&'static str> {
                match self {
                    $(Self::$name { .. } => Some($name::PYTORCH),)+
                }
            }

            fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
                match *self {
                    $(Self::$name { $($($field,)+)? } => {
                        let mut function = $name { $($($field,)+)? };
                        function.keys(keys)?;
                        *self = function.into();
                    })+
                }
                Ok(())
            }

            fn summary(&self) -> String {
                match *self {
                    $(Self::$name { $($($field,)+)? } => $name { $($($field,)+)? }.summary(),)+
                }
            }

            fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
                net.put(name, *self, &[x])
            }

            fn examples() -> Vec<Self> {
                vec![$($name::blank().into()),+]
            }
        }
    };
}

activations! {
    /// `max(x, 0)`.
    Relu,
    /// `x` for `x > 0`, `slope * x` otherwise.
    LeakyRelu {
        /// The derivative on the negative side.
        slope: f64,
    },
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `log(1 + exp(x))`.
    Softplus,
    /// `x Phi(x)` in its tanh form (Hendrycks, Gimpel, 2016).
    Gelu,
    /// `x Phi(x)` with the distribution function `Phi` of the standard normal variable: GELU itself.
    GeluErf,
    /// `x s(x)` with the sigmoid `s`.
    Silu,
    /// `x tanh(log(1 + exp(x)))`.
    Mish,
    /// `x` for `x > 0`, `alpha (exp(x) - 1)` otherwise.
    Elu {
        /// Minus the limit on the negative side.
        alpha: f64,
    },
    /// The same times 1.0507, with the alpha, 1.6733, with which a standard normal variable keeps mean 0 and variance 1.
    Selu,
    /// `min(max(x, 0), 6)`.
    Relu6,
    /// `x min(max(x + 3, 0), 6) / 6`.
    Hardswish,
}

impl TapeBuilder {
    /// An activation function on every entry.
    ///
    /// # Errors
    /// If the activation's own parameter is not finite.
    pub fn activation(&mut self, x: Node, activation: Activation) -> Result<Node, TensorError> {
        self.put(activation.name(), activation, &[x])
    }

    /// `max(x, 0)` on every entry.
    pub fn relu(&mut self, x: Node) -> Node {
        self.put_unchecked("relu", Activation::Relu, &[x], self.shape(x))
    }
}

impl Layer for Activation {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        self.check()?;
        Ok(inputs[0])
    }

    fn terms(&self, _place: &Place) -> usize {
        4
    }
}

impl<T: Real> Kernel<T> for Activation {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        self.loops(|function| function.values(at.x(0), y));
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        let x = at.x(0);
        if at.is_shared {
            let slopes = tools.scratch.get::<Vec<T>>();
            slopes.resize(x.len(), T::zero());
            self.loops(|function| function.slopes(x, slopes));
            loops::scale_entries(slopes, at.lanes, u, to.dx, to.accumulate);
        } else {
            self.loops(|function| function.pull(x, u, to.dx, to.accumulate));
        }
    }

    fn pull_rows(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        let (x, len) = (at.x(0), at.place.shape.len());
        let slopes = tools.scratch.get::<Vec<T>>();
        slopes.resize(x.len(), T::zero());
        self.loops(|function| function.slopes(x, slopes));
        let fans = u.chunks_exact(at.lanes * len).zip(to.dx.chunks_exact_mut(at.lanes * len));
        for (slopes, (u, dx)) in slopes.chunks_exact(len).zip(fans) {
            loops::scale_rows(slopes, u, dx, to.accumulate);
        }
    }

    fn takes_lists(&self) -> bool {
        true
    }

    fn pull_fan(
        &self,
        at: &At<'_, T>,
        input: usize,
        u: &mut Fan<T>,
        into: FanTarget<'_, T>,
        tools: Tools<'_, T>,
    ) {
        let shape = at.place.shape;
        if !u.is_gathered || into.accumulate {
            return self.pull(at, input, u.whole(shape, at.lanes), into.spread(shape, at.lanes), tools);
        }
        let into = into.fan;
        // No other node reads this node's fan again, so the list moves on.
        std::mem::swap(&mut u.gathered, &mut into.gathered);
        into.is_gathered = true;
        let Gathered { u, lanes, positions } = &mut into.gathered;
        let by_channel = positions.len() / shape.channels();
        let ([values, slopes], width) = (tools.scratch.get::<[Vec<T>; 2]>(), shape.width());
        values.clear();
        let channels = positions.chunks_exact(by_channel).zip(at.x(0).chunks_exact(shape.positions()));
        for (positions, channel) in channels {
            values.extend(positions.iter().map(|&p| channel[p.number(width)]));
        }
        slopes.resize(values.len(), T::zero());
        self.loops(|function| function.slopes(values, slopes));
        loops::scale_lists(slopes, *lanes, u);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        let dx = tangent.only(at.place);
        self.loops(|function| function.pull(at.x(0), dx, dy, false));
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        for (place, &x) in at.x(0).iter().enumerate() {
            carry.entry(1, place, place, self.derivative(x).as_f64());
        }
    }
}
