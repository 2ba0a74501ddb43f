//! The one entry point for matrix products, with two back ends.
//!
//! With the feature `openblas` the product goes through ndarray's BLAS path to the system's OpenBLAS; without it, to the
//! pure-Rust `gemm` crate, whose kernels are chosen for the processor at run time, AVX-512 included. Either way a
//! product runs on the calling thread alone: parallelism stands above the kernels, over shards and cells, and the
//! bits of a result do not depend on the number of threads.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2, Axis};

use crate::Real;

#[cfg(feature = "openblas")]
mod openblas;
#[cfg(feature = "openblas")]
use openblas as back_end;

#[cfg(not(feature = "openblas"))]
mod pure;
#[cfg(not(feature = "openblas"))]
use pure as back_end;

/// `C <- alpha A B + beta C`; with `beta = 0`, what stood in `C` does not matter (not even NaN).
///
/// Any strides are allowed, so a transpose is a view.
///
/// # Panics
/// If the shapes do not fit: this is a kernel, its callers have checked them.
///
/// ```
/// use fenchel_tensor::gemm::gemm;
/// use ndarray::array;
///
/// let a = array![[1.0, 2.0], [3.0, 4.0]];
/// let mut c = array![[f64::NAN, 0.0], [0.0, 0.0]];
/// gemm(1.0, a.view(), a.t(), 0.0, c.view_mut());
/// assert_eq!(c, array![[5.0, 11.0], [11.0, 25.0]]);
/// ```
pub fn gemm<T: Real>(
    alpha: T,
    a: ArrayView2<'_, T>,
    b: ArrayView2<'_, T>,
    beta: T,
    mut c: ArrayViewMut2<'_, T>,
) {
    let ((m, k), (k_b, n)) = (a.dim(), b.dim());
    assert!(
        k == k_b && c.dim() == (m, n),
        "gemm of {m}x{k} and {k_b}x{n} into {:?}: the shapes do not fit",
        c.dim()
    );
    if m == 0 || n == 0 {
        return;
    }
    if k == 0 || alpha == T::zero() {
        c.map_inplace(|c| *c = if beta == T::zero() { T::zero() } else { beta * *c });
        return;
    }
    back_end::gemm(alpha, a, b, beta, c);
}

/// `A B`, as a new matrix: what `a.dot(&b)` gives, which under the feature `openblas` would go to the library
/// past the setting of its threads.
///
/// # Panics
/// If the shapes do not fit.
#[must_use]
pub fn product<T: Real>(a: ArrayView2<'_, T>, b: ArrayView2<'_, T>) -> Array2<T> {
    let mut c = Array2::zeros((a.nrows(), b.ncols()));
    gemm(T::one(), a, b, T::zero(), c.view_mut());
    c
}

/// `A x`, as a new vector: what `a.dot(&x)` gives, likewise.
///
/// # Panics
/// If the shapes do not fit.
#[must_use]
pub fn product_with<T: Real>(a: ArrayView2<'_, T>, x: ArrayView1<'_, T>) -> Array1<T> {
    product(a, x.insert_axis(Axis(1))).index_axis_move(Axis(1), 0)
}

/// A row-major matrix over a slice that has exactly its length.
pub(crate) fn view<T>(rows: usize, columns: usize, data: &[T]) -> ArrayView2<'_, T> {
    ArrayView2::from_shape((rows, columns), data).expect("the caller sized the buffer to the matrix")
}

/// A row-major mutable matrix over a slice that has exactly its length.
pub(crate) fn view_mut<T>(rows: usize, columns: usize, data: &mut [T]) -> ArrayViewMut2<'_, T> {
    ArrayViewMut2::from_shape((rows, columns), data).expect("the caller sized the buffer to the matrix")
}

/// The back end in use, for manifests: its name, version and kernel where it tells them.
#[must_use]
pub fn back_end() -> String {
    back_end::description()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::s;
    use proptest::prelude::*;

    /// The plain triple loop in f64 on f32 inputs, and the sum of absolute products for the error bound.
    fn reference(a: &Array2<f64>, b: &Array2<f64>) -> (Array2<f64>, Array2<f64>) {
        let product = |x: &Array2<f64>, y: &Array2<f64>| {
            Array2::from_shape_fn((x.nrows(), y.ncols()), |(i, j)| {
                (0..x.ncols()).map(|k| x[[i, k]] * y[[k, j]]).sum::<f64>()
            })
        };
        (product(a, b), product(&a.mapv(f64::abs), &b.mapv(f64::abs)))
    }

    fn check<T: Real>(m: usize, k: usize, n: usize, transposed: bool, beta: f64, seed: u64) {
        use fenchel_random::Seed;
        let mut stream = Seed::new(seed).stream();
        let mut draw = |rows, columns| {
            Array2::from_shape_simple_fn((rows, columns), || T::of(stream.random::<f64>() - 0.5))
        };
        let a = if transposed { draw(k, m).reversed_axes() } else { draw(m, k) };
        let b = if transposed { draw(n, k).reversed_axes() } else { draw(k, n) };
        // Every other column of a wider matrix: strided output.
        let mut wide = draw(m, 2 * n);
        let before = wide.clone();
        gemm(T::one(), a.view(), b.view(), T::of(beta), wide.slice_mut(s![.., ..;2]));
        let (exact, absolute) = reference(&a.mapv(T::as_f64), &b.mapv(T::as_f64));
        for i in 0..m {
            for j in 0..n {
                let start = before[[i, 2 * j]].as_f64();
                let want = exact[[i, j]] + beta * start;
                // A sum of k products and one addition, in any order: gamma_{k+2} on the absolute values.
                let bound =
                    (k + 2) as f64 * T::UNIT_ROUNDOFF * 1.01 * (absolute[[i, j]] + (beta * start).abs());
                let got = wide[[i, 2 * j]].as_f64();
                assert!((got - want).abs() <= bound, "({i},{j}): {got} against {want}, bound {bound}");
                assert_eq!(wide[[i, 2 * j + 1]], before[[i, 2 * j + 1]], "a neighbour was touched");
            }
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_triple_loop_at_every_small_shape(
            m in 1_usize..40, k in 1_usize..70, n in 1_usize..40,
            transposed: bool, beta in prop_oneof![Just(0.0), Just(1.0), Just(-0.5)], seed: u64,
        ) {
            check::<f32>(m, k, n, transposed, beta, seed);
            check::<f64>(m, k, n, transposed, beta, seed);
        }
    }

    #[test]
    fn an_empty_inner_dimension_gives_zeros() {
        let a = Array2::<f64>::zeros((2, 0));
        let b = Array2::<f64>::zeros((0, 3));
        let mut c = Array2::from_elem((2, 3), f64::NAN);
        gemm(1.0, a.view(), b.view(), 0.0, c.view_mut());
        assert_eq!(c, Array2::zeros((2, 3)));
    }

    #[test]
    fn the_back_end_tells_its_name() {
        let expected = if cfg!(feature = "openblas") { "openblas" } else { "gemm" };
        assert!(back_end().starts_with(expected), "{}", back_end());
    }
}
