//! Activation functions and their derivatives.

use crate::Real;
use crate::kernels::vectorised;

/// A function applied to every entry.
///
/// At a kink the derivative is that of the left side: ReLU has derivative 0 at 0, as in other systems.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Activation {
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
}

impl Activation {
    /// The activation's usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::LeakyRelu { .. } => "leaky relu",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::Softplus => "softplus",
            Self::Gelu => "gelu",
        }
    }

    /// The value at `x`.
    #[inline(always)]
    pub fn value<T: Real>(self, x: T) -> T {
        let zero = T::zero();
        match self {
            Self::Relu => relu(x),
            Self::LeakyRelu { slope } => {
                if x > zero {
                    x
                } else {
                    T::of(slope) * x
                }
            }
            Self::Tanh => x.tanh(),
            Self::Sigmoid => sigmoid(x),
            // max(x, 0) + log(1 + exp(-|x|)) neither overflows nor loses the small values.
            Self::Softplus => (if x > zero { x } else { zero }) + (-x.abs()).exp().ln_1p(),
            // (1 + tanh z) / 2 is the sigmoid at 2 z; the sum would cancel for negative x.
            Self::Gelu => x * sigmoid(gelu_argument(x)),
        }
    }

    /// The derivative at `x`, to a few units in the last place however saturated the unit is: nothing is
    /// taken from a value near 1.
    ///
    /// GELU alone loses more far out, where its own condition is as bad: `|z|` units, `z` the argument of its
    /// sigmoid.
    #[inline(always)]
    pub fn derivative<T: Real>(self, x: T) -> T {
        let (zero, one) = (T::zero(), T::one());
        match self {
            Self::Relu => {
                if x > zero {
                    one
                } else {
                    zero
                }
            }
            Self::LeakyRelu { slope } => {
                if x > zero {
                    one
                } else {
                    T::of(slope)
                }
            }
            Self::Tanh => T::of(4.0) * sigmoid_derivative(x + x),
            Self::Sigmoid => sigmoid_derivative(x),
            Self::Softplus => sigmoid(x),
            Self::Gelu => gelu_derivative(x),
        }
    }
}

/// `max(x, 0)`, written so that a NaN stays one and is not hidden.
#[inline(always)]
fn relu<T: Real>(x: T) -> T {
    if x < T::zero() { T::zero() } else { x }
}

const SQRT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;
const GELU_CUBIC: f64 = 0.044_715;

/// Twice the argument of GELU's hyperbolic tangent.
fn gelu_argument<T: Real>(x: T) -> T {
    x * (T::of(2.0 * SQRT_2_OVER_PI) + T::of(2.0 * SQRT_2_OVER_PI * GELU_CUBIC) * (x * x))
}

/// `s(z) + x s'(z) z'(x)`, for negative x with the factor `exp(z)` that both terms share taken out.
fn gelu_derivative<T: Real>(x: T) -> T {
    let (zero, one) = (T::zero(), T::one());
    let e = (-gelu_argument(x).abs()).exp();
    if e == zero {
        // Far out `z'` may overflow, and 0 times that is no number.
        return if x > zero { one } else { zero };
    }
    let growth = x * (T::of(2.0 * SQRT_2_OVER_PI) + T::of(6.0 * SQRT_2_OVER_PI * GELU_CUBIC) * (x * x));
    let sum = one + e;
    if x >= zero { (one + e * growth / sum) / sum } else { e * (one + growth / sum) / sum }
}

/// `s(x) s(-x)`, an even function: `s (1 - s)` would cancel where `s` is close to 1.
fn sigmoid_derivative<T: Real>(x: T) -> T {
    let e = (-x.abs()).exp();
    let sum = T::one() + e;
    e / (sum * sum)
}

fn sigmoid<T: Real>(x: T) -> T {
    let one = T::one();
    if x >= T::zero() {
        one / (one + (-x).exp())
    } else {
        let e = x.exp();
        e / (one + e)
    }
}

vectorised! {
    /// `y = f(x)`, entry by entry.
    pub(crate) fn activate<T: Real>(activation: Activation, x: &[T], y: &mut [T]) {
        // ReLU apart, so that its loop is a plain maximum which the compiler turns into vector code.
        if activation == Activation::Relu {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = Activation::Relu.value(x);
            }
        } else {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = activation.value(x);
            }
        }
    }
}

vectorised! {
    /// `y = f'(x)`, entry by entry.
    pub(crate) fn slopes<T: Real>(activation: Activation, x: &[T], y: &mut [T]) {
        if activation == Activation::Relu {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = Activation::Relu.derivative(x);
            }
        } else {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = activation.derivative(x);
            }
        }
    }
}

vectorised! {
    /// `dX = f'(x) U`, entry by entry; adds to `dx` if `accumulate`.
    pub(crate) fn activate_backward<T: Real>(
        activation: Activation,
        x: &[T],
        u: &[T],
        dx: &mut [T],
        accumulate: bool,
    ) {
        let entries = dx.iter_mut().zip(x.iter().zip(u));
        match (activation, accumulate) {
            (Activation::Relu, false) => {
                for (dx, (&x, &u)) in entries {
                    *dx = Activation::Relu.derivative(x) * u;
                }
            }
            (_, false) => {
                for (dx, (&x, &u)) in entries {
                    *dx = activation.derivative(x) * u;
                }
            }
            (_, true) => {
                for (dx, (&x, &u)) in entries {
                    *dx += activation.derivative(x) * u;
                }
            }
        }
    }
}

vectorised! {
    /// `dX = s U` for a fan of `cotangents` rows, each as long as the slopes; adds to `dx` if `accumulate`.
    pub(crate) fn scale_rows<T: Real>(slopes: &[T], u: &[T], dx: &mut [T], accumulate: bool) {
        for (u, dx) in u.chunks_exact(slopes.len()).zip(dx.chunks_exact_mut(slopes.len())) {
            if accumulate {
                for ((dx, &u), &slope) in dx.iter_mut().zip(u).zip(slopes) {
                    *dx += slope * u;
                }
            } else {
                for ((dx, &u), &slope) in dx.iter_mut().zip(u).zip(slopes) {
                    *dx = slope * u;
                }
            }
        }
    }
}

vectorised! {
    /// `dX = s U` for a fan with its cotangents innermost, one slope for each entry; adds to `dx` if `accumulate`.
    pub(crate) fn scale_entries<T: Real>(
        slopes: &[T],
        cotangents: usize,
        u: &[T],
        dx: &mut [T],
        accumulate: bool,
    ) {
        let lanes = u.chunks_exact(cotangents).zip(dx.chunks_exact_mut(cotangents));
        for (&slope, (u, dx)) in slopes.iter().zip(lanes) {
            if accumulate {
                for (dx, &u) in dx.iter_mut().zip(u) {
                    *dx += slope * u;
                }
            } else {
                for (dx, &u) in dx.iter_mut().zip(u) {
                    *dx = slope * u;
                }
            }
        }
    }
}

vectorised! {
    /// `U = s U` for a list of cotangents, one slope for each entry of `lanes` numbers.
    pub(crate) fn scale_lists<T: Real>(slopes: &[T], lanes: usize, u: &mut [T]) {
        for (u, &slope) in u.chunks_exact_mut(lanes).zip(slopes) {
            for u in u {
                *u *= slope;
            }
        }
    }
}
