//! Functions of every entry, and products with their slopes, over whole arrays.

use super::Activation;
use crate::Real;
use crate::kernels::vectorised;

vectorised! {
    /// `y = f(x)`, entry by entry.
    pub(super) fn activate<T: Real>(activation: Activation, x: &[T], y: &mut [T]) {
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
    pub(super) fn slopes<T: Real>(activation: Activation, x: &[T], y: &mut [T]) {
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
    pub(super) fn activate_backward<T: Real>(
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
    pub(super) fn scale_rows<T: Real>(slopes: &[T], u: &[T], dx: &mut [T], accumulate: bool) {
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
    pub(super) fn scale_entries<T: Real>(
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
    pub(super) fn scale_lists<T: Real>(slopes: &[T], lanes: usize, u: &mut [T]) {
        for (u, &slope) in u.chunks_exact_mut(lanes).zip(slopes) {
            for u in u {
                *u *= slope;
            }
        }
    }
}
