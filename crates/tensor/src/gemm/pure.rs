//! The pure-Rust back end: the `gemm` crate.

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::Real;

/// `C <- alpha A B + beta C` on one thread.
pub(super) fn gemm<T: Real>(
    alpha: T,
    a: ArrayView2<'_, T>,
    b: ArrayView2<'_, T>,
    beta: T,
    mut c: ArrayViewMut2<'_, T>,
) {
    let ((m, k), n) = (a.dim(), b.ncols());
    let (c_strides, a_strides, b_strides) = (
        [c.strides()[0], c.strides()[1]],
        [a.strides()[0], a.strides()[1]],
        [b.strides()[0], b.strides()[1]],
    );
    // SAFETY: the three pointers and stride pairs describe live views of m x n, m x k and k x n elements (the entry
    // point checked that the shapes fit), `c` is borrowed mutably and so overlaps neither input, and `read_dst` is
    // false exactly when the old values of `c` must not be used.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            c_strides[1],
            c_strides[0],
            beta != T::zero(),
            a.as_ptr(),
            a_strides[1],
            a_strides[0],
            b.as_ptr(),
            b_strides[1],
            b_strides[0],
            beta,
            alpha,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// The crate's name and the widest vector unit that it finds.
pub(super) fn description() -> String {
    #[cfg(target_arch = "x86_64")]
    let vectors = if std::is_x86_feature_detected!("avx512f") {
        "AVX-512"
    } else if std::is_x86_feature_detected!("avx2") && std::is_x86_feature_detected!("fma") {
        "AVX2"
    } else {
        "SSE2"
    };
    #[cfg(not(target_arch = "x86_64"))]
    let vectors = std::env::consts::ARCH;
    format!("gemm 0.19 (pure Rust, {vectors})")
}
