//! Losses in 256 bits, by their definitions and by other algorithms than the library's.

use crate::number::{Number, Precise};

pub(super) fn precise(x: f64) -> Precise {
    Precise::from_f64(x)
}

pub(super) fn sum(terms: &[Precise]) -> Precise {
    Precise::sum(terms.iter())
}

/// `x^r`, with `0^r = 0`.
pub(super) fn power(x: &Precise, r: &Precise) -> Precise {
    if *x > Precise::zero() { (x.ln() * r).exp() } else { Precise::zero() }
}

fn largest(x: &[f64]) -> f64 {
    x.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// The target as the point of the simplex for which it stands.
pub(super) fn normalised(y: &[f64]) -> Vec<Precise> {
    let y: Vec<Precise> = y.iter().map(|&y| precise(y)).collect();
    let total = sum(&y);
    y.into_iter().map(|y| y / &total).collect()
}

/// Entmax's prediction, by bisection of the logarithm of the height over the threshold of the lowest entry with mass.
pub(super) fn entmax(alpha: f64, f: &[f64]) -> Vec<Precise> {
    let beta = precise(alpha) - 1.0;
    let mut order: Vec<usize> = (0..f.len()).collect();
    order.sort_by(|&i, &j| f[j].partial_cmp(&f[i]).unwrap());
    let masses = |lowest: usize, log_height: &Precise| -> Vec<Precise> {
        let height = log_height.exp();
        let rises = order[..=lowest].iter().map(|&i| precise(f[i]) - f[order[lowest]]);
        rises.map(|rise| (((rise + &height) * &beta).ln() / &beta).exp()).collect()
    };
    // Heights at which the mass is exp(-1e5), and 1.
    let (low, high) = (precise(-1e5) * &beta - beta.ln(), -beta.ln());
    let lowest = (0..f.len()).rev().find(|&k| sum(&masses(k, &low)) < precise(1.0)).unwrap_or(0);
    let (mut left, mut right) = (low, high);
    for _ in 0..170 {
        let middle = (left.clone() + &right) * 0.5;
        if sum(&masses(lowest, &middle)) < precise(1.0) { left = middle } else { right = middle }
    }
    let mut p = vec![Precise::zero(); f.len()];
    order.iter().zip(masses(lowest, &right)).for_each(|(&i, mass)| p[i] = mass);
    p
}

/// Loss and residual of entmax by its name: `Omega(y) - Omega(p) + <p - y, f>`.
pub(super) fn entmax_loss(alpha: f64, y: &[f64], f: &[f64]) -> (Precise, Vec<Precise>) {
    let (p, y, max) = (entmax(alpha, f), normalised(y), largest(f));
    let alpha = precise(alpha);
    let scale = alpha.clone() * (alpha.clone() - 1.0);
    let omega = |x: &Precise| (power(x, &alpha) - x) / &scale;
    let residual: Vec<Precise> = p.iter().zip(&y).map(|(p, y)| p.clone() - y).collect();
    let mut terms = Vec::new();
    for i in 0..f.len() {
        terms.push(omega(&y[i]) - omega(&p[i]) + residual[i].clone() * (precise(f[i]) - max));
    }
    (sum(&terms), residual)
}

/// Cross-entropy: `sum y log(y/p)`.
pub(super) fn softmax_loss(y: &[f64], f: &[f64]) -> (Precise, Vec<Precise>) {
    let (y, max) = (normalised(y), largest(f));
    let logits: Vec<Precise> = f.iter().map(|&f| precise(f) - max).collect();
    let powers: Vec<Precise> = logits.iter().map(Number::exp).collect();
    let log = sum(&powers).ln();
    let mut terms = Vec::new();
    for (y, logit) in y.iter().zip(&logits) {
        if *y > Precise::zero() {
            terms.push(y.clone() * (y.ln() - logit + &log));
        }
    }
    let residual = logits.iter().zip(&y).map(|(logit, y)| (logit.clone() - &log).exp() - y).collect();
    (sum(&terms), residual)
}

fn softplus(f: &Precise) -> Precise {
    f.max(&Precise::zero()) + (-f.abs()).exp().ln_1p()
}

/// The logistic loss: two terms `y log(y/p)` a coordinate.
pub(super) fn logistic_loss(y: &[f64], f: &[f64]) -> (Precise, Vec<Precise>) {
    let term = |y: Precise, log_p: Precise| {
        if y > Precise::zero() { y.clone() * (y.ln() - log_p) } else { Precise::zero() }
    };
    let (mut terms, mut residual) = (Vec::new(), Vec::new());
    for (&y, &f) in y.iter().zip(f) {
        let (y, f) = (precise(y), precise(f));
        let log_p = -softplus(&-f.clone());
        residual.push(log_p.exp() - &y);
        terms.push(term(y.clone(), log_p));
        terms.push(term(-y + 1.0, -softplus(&f)));
    }
    (sum(&terms), residual)
}

/// `sum |d|^k` and its gradient.
pub(super) fn power_loss(k: f64, y: &[f64], f: &[f64]) -> (Precise, Vec<Precise>) {
    let d: Vec<Precise> = y.iter().zip(f).map(|(&y, &f)| precise(f) - y).collect();
    let k = precise(k);
    let terms: Vec<Precise> = d.iter().map(|d| power(&d.abs(), &k)).collect();
    let slope = |d: &Precise| {
        let size = power(&d.abs(), &(k.clone() - 1.0)) * &k;
        if *d < Precise::zero() { -size } else { size }
    };
    (sum(&terms), d.iter().map(slope).collect())
}

/// `(c/r) ||d||^r` and its gradient.
pub(super) fn norm_power_loss(c: f64, r: f64, y: &[f64], f: &[f64]) -> (Precise, Vec<Precise>) {
    let d: Vec<Precise> = y.iter().zip(f).map(|(&y, &f)| precise(f) - y).collect();
    let norm = sum(&d.iter().map(|d| d.clone() * d).collect::<Vec<_>>()).sqrt();
    let r = precise(r);
    let loss = power(&norm, &r) * c / &r;
    let slope = power(&norm, &(r - 2.0)) * c;
    (loss, d.into_iter().map(|d| d * &slope).collect())
}

/// The divergence of `x^alpha / (alpha (alpha - 1))` from y to p = y + e.
pub(super) fn divergence(alpha: f64, y: &Precise, e: &Precise) -> Precise {
    let (p, alpha) = (y.clone() + e, precise(alpha));
    let beta = alpha.clone() - 1.0;
    if e.abs() < p.clone() * 1e-15 {
        // From p, with x = -e/p: x^2/2 + (alpha - 2) x^3/6 and smaller.
        let x = -e.clone() / &p;
        let series = x.square() * 0.5 + x.square() * &x * (alpha.clone() - 2.0) / 6.0;
        return power(&p, &alpha) * series;
    }
    let slope = if beta == precise(1.0) { p.clone() } else { power(&p, &beta) };
    (power(y, &alpha) + power(&p, &alpha) * &beta - slope * y * &alpha) / (alpha.clone() * &beta)
}
