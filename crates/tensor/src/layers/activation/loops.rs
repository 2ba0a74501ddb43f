//! Functions of every entry, and products with their slopes, over whole arrays.

use super::function::Function;
use crate::Real;
use crate::kernels::vectorised;

/// A function over whole arrays. Which one it is, is asked once for an array and not for every entry.
pub(super) trait Loops<T: Real> {
    /// `y = f(x)`, entry by entry.
    fn values(&self, x: &[T], y: &mut [T]);

    /// `y = f'(x)`, entry by entry.
    fn slopes(&self, x: &[T], y: &mut [T]);

    /// `dX = f'(x) U`, entry by entry; adds to `dx` if `accumulate`.
    fn pull(&self, x: &[T], u: &[T], dx: &mut [T], accumulate: bool);
}

impl<T: Real, F: Function> Loops<T> for F {
    fn values(&self, x: &[T], y: &mut [T]) {
        values(*self, x, y);
    }

    fn slopes(&self, x: &[T], y: &mut [T]) {
        slopes(*self, x, y);
    }

    fn pull(&self, x: &[T], u: &[T], dx: &mut [T], accumulate: bool) {
        pull(*self, x, u, dx, accumulate);
    }
}

vectorised! {
    fn values<T: Real, F: Function>(function: F, x: &[T], y: &mut [T]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = function.value(x);
        }
    }
}

vectorised! {
    fn slopes<T: Real, F: Function>(function: F, x: &[T], y: &mut [T]) {
        for (y, &x) in y.iter_mut().zip(x) {
            *y = function.derivative(x);
        }
    }
}

vectorised! {
    fn pull<T: Real, F: Function>(function: F, x: &[T], u: &[T], dx: &mut [T], accumulate: bool) {
        let entries = dx.iter_mut().zip(x.iter().zip(u));
        if accumulate {
            for (dx, (&x, &u)) in entries {
                *dx += function.derivative(x) * u;
            }
        } else {
            for (dx, (&x, &u)) in entries {
                *dx = function.derivative(x) * u;
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
