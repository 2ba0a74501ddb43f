//! Flattening: in lanes nothing moves; for fans it is the border between the two layouts.

use crate::Real;
use crate::kernels::transpose;

/// Turns one sample's cotangents from `K x len` (of the vector) into `len x K` (of the image).
pub(crate) fn flatten_backward_fan<T: Real>(
    len: usize,
    cotangents: usize,
    u: &[T],
    dx: &mut [T],
    accumulate: bool,
) {
    if accumulate {
        for (i, lanes) in dx.chunks_exact_mut(cotangents).enumerate() {
            for (k, dx) in lanes.iter_mut().enumerate() {
                *dx += u[k * len + i];
            }
        }
    } else {
        transpose(cotangents, len, u, len, dx, cotangents);
    }
}
