//! The OpenBLAS back end, through ndarray's own BLAS path.

use std::ffi::{CStr, c_char, c_int};
use std::sync::Once;

use blas_src as _;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2};

use crate::Real;

// SAFETY: the signatures are those of OpenBLAS's own header `cblas.h`.
unsafe extern "C" {
    fn openblas_set_num_threads(threads: c_int);
    fn openblas_get_config() -> *const c_char;
    fn openblas_get_corename() -> *const c_char;
}

/// `C <- alpha A B + beta C` on one thread.
pub(super) fn gemm<T: Real>(
    alpha: T,
    a: ArrayView2<'_, T>,
    b: ArrayView2<'_, T>,
    beta: T,
    mut c: ArrayViewMut2<'_, T>,
) {
    one_thread();
    general_mat_mul(alpha, &a, &b, beta, &mut c);
}

/// Takes OpenBLAS's own threads away, once: they would fight with ours, and change the bits with their number.
fn one_thread() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: a plain setter of OpenBLAS, linked by `openblas-src`; `Once` keeps two threads from calling it together.
        unsafe { openblas_set_num_threads(1) };
    });
}

/// OpenBLAS's version and the kernel that it chose for this processor.
pub(super) fn description() -> String {
    // SAFETY: both functions take nothing and return pointers to static strings that end in zero.
    let (config, core) =
        unsafe { (CStr::from_ptr(openblas_get_config()), CStr::from_ptr(openblas_get_corename())) };
    let config = config.to_string_lossy();
    let version = config.split_whitespace().nth(1).unwrap_or("of unknown version").to_owned();
    format!("openblas {version} (kernel {})", core.to_string_lossy())
}
