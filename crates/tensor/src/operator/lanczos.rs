//! The Lanczos method for the extreme eigenvalues of a symmetric operator.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::TensorError;

/// Extreme eigenvalues found by [`lanczos`], each with a bound on its distance from an eigenvalue of the operator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Extremes {
    /// The smallest Ritz value: never below the smallest eigenvalue, up to round-off.
    pub smallest: f64,
    /// Some eigenvalue lies within this distance of `smallest`, the round-off of the products included.
    pub smallest_residual: f64,
    /// The largest Ritz value: never above the largest eigenvalue, up to round-off.
    pub largest: f64,
    /// Some eigenvalue lies within this distance of `largest`, likewise.
    pub largest_residual: f64,
    /// How many products with the operator were made.
    pub steps: usize,
}

/// Runs the Lanczos method with full reorthogonalisation on a symmetric operator, given by its products.
///
/// After `k` steps the Krylov space of `start` is spanned by an orthonormal basis `Q`, and the eigenvalues of the tridiagonal `Q'AQ`
/// are the best approximations from that space (Golub, Van Loan, Matrix Computations, 2013, chapter 10). For an eigenvector `s` of
/// `Q'AQ` the residual is `beta_k |s_k|`, and some eigenvalue of `A` lies within it. The run ends early when the space is
/// invariant, which is at the latest after as many steps as the operator has dimensions; then both ends are eigenvalues up to
/// round-off.
///
/// `roundoff` bounds the error of a product relative to the norm of the operator: a few units of the
/// precision that it is computed in, whatever the precision here. With products `A q_j` that are each off by
/// `f_j`, the residual is off by `F s`, at most `sqrt(k)` times the largest `‖f_j‖`. That is added to the
/// residuals, with what the subtractions here lose; and what is left of a product within it is no new
/// direction.
///
/// # Errors
/// If `start` is empty, zero or not finite, `steps` is 0, a product is not finite, or the operator fails.
///
/// ```
/// use fenchel_tensor::lanczos;
///
/// // diag(1, 2, ..., 100): both ends from 40 products.
/// let start = [1.0; 100];
/// let found = lanczos(&start, 40, f64::EPSILON, |v, product| {
///     for (i, (product, v)) in product.iter_mut().zip(v).enumerate() {
///         *product = (i + 1) as f64 * v;
///     }
///     Ok(())
/// })?;
/// assert!((found.largest - 100.0).abs() <= found.largest_residual);
/// assert!(found.largest_residual < 1e-2);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
pub fn lanczos(
    start: &[f64],
    steps: usize,
    roundoff: f64,
    mut apply: impl FnMut(&[f64], &mut [f64]) -> Result<(), TensorError>,
) -> Result<Extremes, TensorError> {
    let dimension = start.len();
    let size = norm(start);
    if steps == 0 || dimension == 0 {
        return Err(TensorError::Argument {
            argument: "steps and start",
            got: vec![steps, dimension],
            needs: "at least one step and one number".to_owned(),
        });
    }
    if !(size.is_finite() && size > 0.0) {
        return Err(TensorError::NonFinite {
            argument: "norm of start (it must be positive)",
            index: 0,
            value: size,
        });
    }
    let mut basis = vec![start.iter().map(|v| v / size).collect::<Vec<f64>>()];
    let (mut diagonal, mut beside) = (Vec::new(), Vec::new());
    let mut product = vec![0.0; dimension];
    // No product with a unit vector is longer than the norm of the operator.
    let mut norm_so_far = 0.0_f64;
    for step in 0..steps.min(dimension) {
        apply(&basis[step], &mut product)?;
        if let Some(index) = product.iter().position(|value| !value.is_finite()) {
            return Err(TensorError::NonFinite {
                argument: "product with the operator",
                index,
                value: product[index],
            });
        }
        let scale = norm(&product);
        diagonal.push(dot(&product, &basis[step]));
        // Twice is enough (Kahan, Parlett): afterwards the product is orthogonal to the basis to working precision.
        for _ in 0..2 {
            for vector in &basis {
                let share = dot(&product, vector);
                product.iter_mut().zip(vector).for_each(|(p, v)| *p -= share * v);
            }
        }
        let rest = norm(&product);
        norm_so_far = norm_so_far.max(scale);
        // What is left of an invariant space is round-off of the product and of the subtractions.
        let invariant = rest <= product_error(roundoff, step + 1, dimension) * norm_so_far;
        beside.push(if invariant { 0.0 } else { rest });
        if invariant || step + 1 == steps.min(dimension) {
            break;
        }
        basis.push(product.iter().map(|p| p / rest).collect());
    }
    let off = (diagonal.len() as f64).sqrt() * product_error(roundoff, diagonal.len(), dimension);
    Ok(extremes(&diagonal, &beside, off))
}

/// What a product is off by after the subtractions of `steps` vectors, relative to the norm of the operator:
/// its own error, and for each vector, twice, an inner product of `dimension` terms and a subtraction.
fn product_error(roundoff: f64, steps: usize, dimension: usize) -> f64 {
    roundoff + 2.0 * (steps + 1) as f64 * (dimension + 2) as f64 * f64::EPSILON
}

/// The ends of the spectrum of the tridiagonal matrix, with their residuals; `off` bounds those of exact
/// pairs relative to the norm.
fn extremes(diagonal: &[f64], beside: &[f64], off: f64) -> Extremes {
    let size = diagonal.len();
    let tridiagonal = DMatrix::from_fn(size, size, |i, j| match i.abs_diff(j) {
        0 => diagonal[i],
        1 => beside[i.min(j)],
        _ => 0.0,
    });
    // The norm of the operator itself is larger by no more than its round-off and what no step has found;
    // Frobenius' norm is no smaller than the largest Ritz value.
    let norm = tridiagonal.norm();
    let eigen = SymmetricEigen::new(tridiagonal);
    let end = |better: fn(f64, f64) -> bool| {
        let first = (0, eigen.eigenvalues[0]);
        let values = eigen.eigenvalues.iter().copied().enumerate();
        let (index, value) =
            values.fold(first, |best, next| if better(next.1, best.1) { next } else { best });
        (value, beside[size - 1] * eigen.eigenvectors[(size - 1, index)].abs() + off * norm)
    };
    let (smallest, smallest_residual) = end(|a, b| a < b);
    let (largest, largest_residual) = end(|a, b| a > b);
    Extremes { smallest, smallest_residual, largest, largest_residual, steps: size }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(v: &[f64]) -> f64 {
    dot(v, v).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A Householder reflection of a diagonal matrix: a full symmetric matrix with a known spectrum.
    fn apply(spectrum: &[f64], v: &[f64], product: &mut [f64]) {
        let n = spectrum.len() as f64;
        let reflect = |x: &mut Vec<f64>| {
            let mean = x.iter().sum::<f64>() / n;
            x.iter_mut().for_each(|x| *x -= 2.0 * mean);
        };
        let mut x = v.to_vec();
        reflect(&mut x);
        x.iter_mut().zip(spectrum).for_each(|(x, s)| *x *= s);
        reflect(&mut x);
        product.copy_from_slice(&x);
    }

    proptest! {
        #[test]
        fn all_steps_find_both_ends_and_few_steps_bound_them(
            spectrum in prop::collection::vec(0.0_f64..10.0, 2..30), few in 1_usize..10,
        ) {
            let start: Vec<f64> = (0..spectrum.len()).map(|i| 1.0 + (i as f64 * 0.7).sin()).collect();
            let product = |v: &[f64], p: &mut [f64]| { apply(&spectrum, v, p); Ok(()) };
            let run = |steps| lanczos(&start, steps, f64::EPSILON, product).unwrap();
            let (low, high) = spectrum.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), &s| (l.min(s), h.max(s)));
            let round_off = 1e-11 * high.max(1e-3);
            let found = run(few);
            prop_assert!(found.largest <= high + round_off && found.smallest >= low - round_off);
            let near = |value: f64, radius: f64| spectrum.iter().any(|s| (s - value).abs() <= radius);
            prop_assert!(near(found.largest, found.largest_residual));
            prop_assert!(near(found.smallest, found.smallest_residual));
            let all = run(spectrum.len());
            prop_assert!(all.largest_residual <= round_off && near(all.largest, round_off));
        }
    }

    proptest! {
        /// Products in single precision: the residuals reach an eigenvalue all the same.
        #[test]
        fn residuals_carry_the_round_off_of_the_products(
            spectrum in prop::collection::vec(0.0_f64..10.0, 2..30), steps in 1_usize..40,
        ) {
            let start: Vec<f64> = (0..spectrum.len()).map(|i| 1.0 + (i as f64 * 0.7).sin()).collect();
            let unit = f64::from(f32::EPSILON);
            let found = lanczos(&start, steps, unit, |v, p| {
                apply(&spectrum, v, p);
                // Rounded to single precision, each entry by half a unit of itself.
                p.iter_mut().for_each(|p| *p = f64::from(*p as f32));
                Ok(())
            }).unwrap();
            let Extremes { smallest, smallest_residual, largest, largest_residual, .. } = found;
            for (value, radius) in [(smallest, smallest_residual), (largest, largest_residual)] {
                let distance = spectrum.iter().map(|s| (s - value).abs()).fold(f64::INFINITY, f64::min);
                prop_assert!(distance <= radius, "{value}: {distance:e} beyond {radius:e}");
            }
            prop_assert!(steps < spectrum.len() || found.largest_residual <= 1e-3, "{found:?}");
        }
    }

    #[test]
    fn refuses_a_zero_start_and_a_product_that_is_not_finite() {
        let zero = lanczos(&[0.0; 3], 2, 0.0, |_, _| Ok(())).unwrap_err().to_string();
        assert!(zero.contains("start"), "{zero}");
        let nan = lanczos(&[1.0; 3], 2, 0.0, |_, p| {
            p[1] = f64::NAN;
            Ok(())
        })
        .unwrap_err()
        .to_string();
        assert!(nan.contains("index 1"), "{nan}");
        assert!(lanczos(&[1.0], 0, 0.0, |_, _| Ok(())).is_err());
    }
}
