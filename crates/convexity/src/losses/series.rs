//! Differences of elementary functions, accurate relative to their size where the plain formula cancels.

/// `exp(u) - 1 - u`.
pub(super) fn exp_m1_minus(u: f64) -> f64 {
    if u.abs() > 0.5 {
        return u.exp_m1() - u;
    }
    // The Taylor series from u^2/2 on; at |u| = 1/2 the terms fall below 1e-17 of the first after 14 of them.
    let (mut term, mut sum) = (0.5 * u * u, 0.0);
    for k in 3..18 {
        sum += term;
        term *= u / f64::from(k);
    }
    sum
}

/// `-a - log(1 - a)`, 0 <= a < 1: that is `x - log(1 + x)` at x = -a.
pub(super) fn entropy_gap(a: f64) -> f64 {
    if a > 0.25 {
        return -(-a).ln_1p() - a;
    }
    // a^2/2 + a^3/3 + ...
    let (mut power, mut sum) = (a * a, 0.0);
    for k in 2..28 {
        sum += power / f64::from(k);
        power *= a;
    }
    sum
}

/// `((1 + x)^alpha - 1 - alpha x) / (alpha (alpha - 1))`, x >= -1, alpha > 1.
pub(super) fn power_gap(alpha: f64, x: f64) -> f64 {
    if x.abs() > 0.1 {
        let rise = if x <= -1.0 { -1.0 } else { (alpha * x.ln_1p()).exp_m1() };
        return (rise - alpha * x) / (alpha * (alpha - 1.0));
    }
    // The binomial series: x^2/2 + (alpha - 2) x^3/6 + ...
    let (mut term, mut sum) = (0.5 * x * x, 0.0);
    for k in 2..24 {
        sum += term;
        term *= (alpha - f64::from(k)) * x / f64::from(k + 1);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_and_formula_meet() {
        for a in [0.2499, 0.2501] {
            assert!((entropy_gap(a) / (-f64::ln_1p(-a) - a) - 1.0).abs() < 1e-14);
        }
        for u in [0.4999, 0.5001, -0.4999, -0.5001] {
            assert!((exp_m1_minus(u) / (f64::exp_m1(u) - u) - 1.0).abs() < 1e-14);
        }
        for alpha in [1.01, 1.5, 2.0, 3.7] {
            for x in [0.0999, 0.1001, -0.0999, -0.1001] {
                let direct = (f64::powf(1.0 + x, alpha) - 1.0 - alpha * x) / (alpha * (alpha - 1.0));
                assert!((power_gap(alpha, x) / direct - 1.0).abs() < 1e-11, "{alpha} {x}");
            }
            assert!((power_gap(alpha, -1.0) - 1.0 / alpha).abs() < 1e-13);
            assert!((power_gap(alpha, 1e-9) / 5e-19 - 1.0).abs() < 1e-8);
        }
    }
}
