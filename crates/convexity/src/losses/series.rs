//! Elementary functions and their differences, accurate relative to their size where the plain formula is not.

/// `exp(u) - 1 - u`.
fn exp_m1_minus(u: f64) -> f64 {
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

/// `y log(y/p) + p - y` for y > 0, given `log_ratio = log(p/y)`: the Bregman divergence of `x log x`.
pub(super) fn entropy_divergence(y: f64, p: f64, log_ratio: f64) -> f64 {
    // p is needed where exp would overflow; y where p is not within f64.
    if log_ratio > 1.0 { p - y - y * log_ratio } else { y * exp_m1_minus(log_ratio) }
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

/// `x^(a/b)` for a > 0, b > 0 as given: the quotient's round-off, which log x multiplies, is put right.
pub(super) fn rational_power(x: f64, a: f64, b: f64) -> f64 {
    let exponent = a / b;
    let power = x.powf(exponent);
    if power.is_normal() { power * (1.0 + exponent.mul_add(-b, a) / b * x.ln()) } else { power }
}

/// `c x^r` for c, x, r >= 0, also where `x^r` alone is beyond f64.
pub(super) fn times_power(c: f64, x: f64, r: f64) -> f64 {
    let power = x.powf(r);
    if power.is_normal() {
        return c * power;
    }
    // A fourth of the way at a time, the product stays between its first and its last value.
    let fourth = x.powf(0.25 * r);
    c * fourth * fourth * fourth * fourth
}

/// The divergence of `x^alpha / (alpha (alpha - 1))` from y to p, of which one is positive, given `e = p - y`.
pub(super) fn power_divergence(alpha: f64, y: f64, p: f64, e: f64) -> f64 {
    let beta = alpha - 1.0;
    if y == 0.0 {
        return p.powf(alpha) / alpha;
    }
    let x = -e / p;
    // The binomial series of ((1 + x)^alpha - 1 - alpha x) / (alpha beta): x^2/2 + (alpha - 2) x^3/6 + ...
    // No term is more than a third of the one before.
    if x.abs() <= (1.0 / alpha).min(0.25) {
        let (mut term, mut sum, mut k) = (0.5 * x * x, 0.0, 2.0);
        while sum + term != sum {
            sum += term;
            term *= (alpha - k) * x / (k + 1.0);
            k += 1.0;
        }
        return p.powf(alpha) * sum;
    }
    // With the larger number taken out and r the quotient, 1 - r^beta holds what is left for alpha near 1.
    let (larger, scaled) = if e > 0.0 {
        let r = y / p;
        (p, beta * (e / p) + r * (beta * r.ln()).exp_m1())
    } else {
        let fall = (beta * (p / y).ln()).exp_m1();
        (y, -fall + beta * (1.0 + fall) * (e / y))
    };
    larger.powf(alpha) * scaled / (alpha * beta)
}
