//! The tight constants of `(1/r) ||x||_2^r` with respect to norm powers of its own exponent.
//!
//! With `h_r(s) = (1-s)^r + s^{r-1} (r - s)` on [0, 1]: the function is H(N(c, r, l_2))-convex with `c = min h_r` for r >= 2, and
//! H(N(C, r, l_2))-smooth with `C = max h_r` for 1 < r <= 2, both tight. Why: take |u - v| = 1. The divergence is convex in the angle's cosine between v and
//! u - v; for |v| >= 1/2 its minimum is `|v|^{r-2}/2 >= h_r(1/2)/r`, and else it lies on the line v = -s (u - v), where it is `h_r(s)/r`. T3 gives the smooth
//! side: `max h_q = (min h_r)^{-(q-1)}`.

use crate::error::{ConvexityError, require_range};

/// h_r of the module's formula, on [0, 1].
fn h(r: f64, s: f64) -> f64 {
    (1.0 - s).powf(r) + s.powf(r - 1.0) * (r - s)
}

/// The smallest c with `(1/r)||x||_2^r` H(N(c, r, l_2))-convex, r >= 2, rounded down.
///
/// # Errors
///
/// If r is not finite or less than 2.
///
/// ```
/// use fenchel_convexity::moduli::norm_power_convexity;
///
/// assert!((norm_power_convexity(4.0)? - 1.0 / 3.0).abs() < 1e-12);
/// assert!((norm_power_convexity(3.0)? - (2.0 - 2f64.sqrt())).abs() < 1e-12);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub fn norm_power_convexity(r: f64) -> Result<f64, ConvexityError> {
    require_range("r", r, r >= 2.0, "finite and at least 2")?;
    Ok(if r == 2.0 { 1.0 } else { -largest(|s| -h(r, s)) * (1.0 - SLACK) })
}

/// The smallest C with `(1/r)||x||_2^r` H(N(C, r, l_2))-smooth, 1 < r <= 2, rounded up.
///
/// # Errors
///
/// If r is not in (1, 2].
///
/// ```
/// use fenchel_convexity::moduli::norm_power_smoothness;
///
/// assert!((norm_power_smoothness(4.0 / 3.0)? - 3f64.cbrt()).abs() < 1e-12);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub fn norm_power_smoothness(r: f64) -> Result<f64, ConvexityError> {
    require_range("r", r, r > 1.0 && r <= 2.0, "in (1, 2]")?;
    Ok(if r == 2.0 { 1.0 } else { largest(|s| h(r, s)) * (1.0 + SLACK) })
}

/// Covers the round-off of h (a few ulps of numbers of size r) and of the place of its extremum (which counts squared).
const SLACK: f64 = 1e-13;

/// The maximum over [0, 1]: a grid, then golden sections around its best point.
fn largest(f: impl Fn(f64) -> f64) -> f64 {
    const GRID: usize = 4096;
    let at = |k: usize| k as f64 / GRID as f64;
    let best = (0..=GRID).max_by(|&a, &b| f(at(a)).total_cmp(&f(at(b)))).unwrap_or(0);
    let (mut a, mut b) = (at(best.saturating_sub(1)), at((best + 1).min(GRID)));
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    for _ in 0..80 {
        let (left, right) = (b - ratio * (b - a), a + ratio * (b - a));
        if f(left) > f(right) { b = right } else { a = left }
    }
    f(0.5 * (a + b)).max(f(at(best)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_known_values_come_out() {
        assert_eq!(norm_power_convexity(2.0).unwrap(), 1.0);
        assert!((norm_power_smoothness(1.5).unwrap() - 1.3066).abs() < 1e-4);
        // Duality: max h_q = (min h_r)^{-(q-1)}.
        for r in [2.2, 3.0, 5.0, 8.0] {
            let q = r / (r - 1.0);
            let dual = norm_power_convexity(r).unwrap().powf(-(q - 1.0));
            assert!((norm_power_smoothness(q).unwrap() / dual - 1.0).abs() < 1e-10, "{r}");
            // Looser, printed bounds.
            assert!(norm_power_convexity(r).unwrap() >= 2f64.powf(2.0 - r));
        }
        assert!(norm_power_convexity(1.9).is_err() && norm_power_smoothness(2.1).is_err());
        assert!(norm_power_smoothness(f64::NAN).is_err());
    }
}
