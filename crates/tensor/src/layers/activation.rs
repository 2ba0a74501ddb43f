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
            Self::Gelu => {
                let half = T::of(0.5);
                half * x * (T::one() + gelu_inner(x).tanh())
            }
        }
    }

    /// The derivative at `x`.
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
            Self::Tanh => {
                let t = x.tanh();
                one - t * t
            }
            Self::Sigmoid => {
                let s = sigmoid(x);
                s * (one - s)
            }
            Self::Softplus => sigmoid(x),
            Self::Gelu => {
                let half = T::of(0.5);
                let t = gelu_inner(x).tanh();
                let inner = T::of(SQRT_2_OVER_PI) * (one + T::of(3.0 * GELU_CUBIC) * x * x);
                half * (one + t) + half * x * (one - t * t) * inner
            }
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

fn gelu_inner<T: Real>(x: T) -> T {
    T::of(SQRT_2_OVER_PI) * (x + T::of(GELU_CUBIC) * x * x * x)
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
