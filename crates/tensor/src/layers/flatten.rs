//! Flattening: the border between the two layouts of cotangents.

use crate::Real;

/// Turns each sample's cotangents from `K x len` (of the vector) into `len x K` (of the image).
pub(crate) fn flatten_backward<T: Real>(
    len: usize,
    cotangents: usize,
    u: &[T],
    dx: &mut [T],
    accumulate: bool,
) {
    let block = len * cotangents;
    for (u, dx) in u.chunks_exact(block).zip(dx.chunks_exact_mut(block)) {
        for (i, lanes) in dx.chunks_exact_mut(cotangents).enumerate() {
            for (k, dx) in lanes.iter_mut().enumerate() {
                let u = u[k * len + i];
                *dx = if accumulate { *dx + u } else { u };
            }
        }
    }
}
