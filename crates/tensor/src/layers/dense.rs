//! The dense layer `y = W x + b`.

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::Real;
use crate::gemm::gemm;

/// `Y = W X + b 1'` for `lanes` samples; `weight` is `out x in`.
pub(crate) fn dense<T: Real>(
    lanes: usize,
    x: &[T],
    weight: ArrayView2<'_, T>,
    bias: Option<&[T]>,
    y: &mut [T],
) {
    let (outputs, inputs) = weight.dim();
    gemm(T::one(), weight, view(inputs, lanes, x), T::zero(), view_mut(outputs, lanes, y));
    if let Some(bias) = bias {
        for (y, &bias) in y.chunks_exact_mut(lanes).zip(bias) {
            for y in y {
                *y += bias;
            }
        }
    }
}

/// `dX = W' U` for one cotangent a sample; adds to `dx` if `accumulate`.
pub(crate) fn dense_backward<T: Real>(
    lanes: usize,
    u: &[T],
    weight: ArrayView2<'_, T>,
    dx: &mut [T],
    accumulate: bool,
) {
    let (outputs, inputs) = weight.dim();
    gemm(T::one(), weight.t(), view(outputs, lanes, u), beta(accumulate), view_mut(inputs, lanes, dx));
}

/// `dX = U W` for the `rows = S K` cotangents of all fans at once; adds to `dx` if `accumulate`.
pub(crate) fn dense_backward_fan<T: Real>(
    rows: usize,
    u: &[T],
    weight: ArrayView2<'_, T>,
    dx: &mut [T],
    accumulate: bool,
) {
    let (outputs, inputs) = weight.dim();
    gemm(T::one(), view(rows, outputs, u), weight, beta(accumulate), view_mut(rows, inputs, dx));
}

fn beta<T: Real>(accumulate: bool) -> T {
    if accumulate { T::one() } else { T::zero() }
}

/// A row-major matrix over a slice that has exactly its length.
pub(crate) fn view<T>(rows: usize, columns: usize, data: &[T]) -> ArrayView2<'_, T> {
    ArrayView2::from_shape((rows, columns), data).expect("the caller sized the buffer to the matrix")
}

/// A row-major mutable matrix over a slice that has exactly its length.
pub(crate) fn view_mut<T>(rows: usize, columns: usize, data: &mut [T]) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape((rows, columns), data).expect("the caller sized the buffer to the matrix")
}
