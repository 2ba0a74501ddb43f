//! The norms l_p.

use crate::exponent::Exponent;
use crate::number::{Number, Sign};

/// A sum of powers between these bounds has neither overflowed nor lost digits to underflow.
const SAFE: std::ops::Range<f64> = 1e-280..1e300;

pub(super) fn value<N: Number>(p: Exponent, u: &[N]) -> N {
    match p.get() {
        1.0 => u.iter().fold(N::zero(), |sum, x| sum + x.abs()),
        2.0 => with_scale(u, 2.0, |sum| sum.sqrt()),
        f64::INFINITY => u.iter().fold(N::zero(), |most, x| most.max(&x.abs())),
        p => with_scale(u, p, |sum| root(sum, p)),
    }
}

/// The norm as the root of a sum of powers, rescaled only where the sum leaves the range of f64.
fn with_scale<N: Number>(u: &[N], p: f64, root: impl Fn(&N) -> N) -> N {
    let sum = powers(u, 1.0, p);
    if SAFE.contains(&sum.to_f64()) {
        return root(&sum);
    }
    let scale = scale(u);
    root(&powers(u, scale, p)) * scale
}

pub(super) fn power<N: Number>(p: Exponent, u: &[N], r: f64) -> N {
    match u {
        [x] => raise(&x.abs(), r),
        // From the sum of the powers itself, if it stays in range.
        _ if p.get() == 2.0 || (p.get() == r && r != 1.0) => {
            let sum = powers(u, 1.0, p.get());
            if !SAFE.contains(&sum.to_f64()) {
                raise(&value(p, u), r)
            } else if p.get() == r {
                sum
            } else {
                raise(&sum, r / 2.0)
            }
        }
        _ => raise(&value(p, u), r),
    }
}

/// x^r for x >= 0, by products where r is a small integer.
pub(crate) fn raise<N: Number>(x: &N, r: f64) -> N {
    match r {
        1.0 => x.clone(),
        2.0 => x.square(),
        3.0 | 4.0 | 6.0 | 8.0 => x.powi(r as i32),
        _ => x.powf(r),
    }
}

pub(super) fn subgradient<N: Number>(p: Exponent, u: &[N], out: &mut [N]) {
    match p.get() {
        1.0 => out.iter_mut().zip(u).for_each(|(s, x)| *s = x.signum()),
        f64::INFINITY => largest(u, out),
        exponent => {
            let norm = value(p, u);
            let (one, minus) = (N::one(), -N::one());
            if norm.sign() != Sign::Positive {
                out.iter_mut().for_each(|s| *s = near_origin(&norm));
                return;
            }
            for (s, x) in out.iter_mut().zip(u) {
                let ratio = x.clone() / &norm;
                let entry = if exponent == 2.0 {
                    ratio
                } else {
                    ratio.signum() * decremented_power(&ratio.abs(), exponent)
                };
                // Within [-1, 1] also after rounding.
                *s = entry.min(&one).max(&minus);
            }
        }
    }
}

/// An entry of a subgradient where the norm is zero or may be: 0 at the origin, else anything within [-1, 1].
pub(super) fn near_origin<N: Number>(norm: &N) -> N {
    norm.between(-N::one(), N::one())
}

/// The sign of the first of the largest entries, at its place.
fn largest<N: Number>(u: &[N], out: &mut [N]) {
    let sizes: Vec<N> = u.iter().map(N::abs).collect();
    indicate_largest(&sizes, out);
    out.iter_mut().zip(u).for_each(|(s, x)| *s = s.clone() * x.signum());
}

/// 1 at the first of the largest entries and 0 elsewhere; the hull over the orders that are open.
pub(crate) fn indicate_largest<N: Number>(sizes: &[N], out: &mut [N]) {
    let mut first = 0;
    let mut decided = true;
    for i in 1..sizes.len() {
        match (sizes[i].clone() - &sizes[first]).sign() {
            Sign::Positive => first = i,
            Sign::Negative | Sign::Zero => {}
            Sign::Undecided => decided = false,
        }
    }
    if decided {
        out.iter_mut().for_each(|s| *s = N::zero());
        out[first] = N::one();
        return;
    }
    for i in 0..sizes.len() {
        // Compared with every other entry: strictly greater than those before, at least those after.
        let mut entry = N::one();
        for j in 0..sizes.len() {
            let kept = entry.clone();
            if j < i {
                // Negative where entry i is strictly greater; `select` sees only one side of an interval that touches 0.
                let margin = sizes[j].clone() - &sizes[i];
                entry = margin.select(|| kept, N::zero);
            } else if j > i {
                let margin = sizes[i].clone() - &sizes[j];
                entry = margin.select(N::zero, || kept);
            }
        }
        out[i] = entry;
    }
}

/// A constant near the largest entry, by which to divide; 1 if there is none. Any constant gives the same exact norm.
fn scale<N: Number>(u: &[N]) -> f64 {
    let most = u.iter().fold(0.0_f64, |most, x| most.max(x.to_f64().abs()));
    if most.is_finite() && most > 0.0 { most } else { 1.0 }
}

fn powers<N: Number>(u: &[N], scale: f64, p: f64) -> N {
    if scale == 1.0 {
        u.iter().fold(N::zero(), |sum, x| sum + raise(&x.abs(), p))
    } else {
        u.iter().fold(N::zero(), |sum, x| sum + raise(&(x.clone() / scale).abs(), p))
    }
}

/// The p-th root of x >= 0.
///
/// Not `powf(1/p)`: 1/p is rounded, and an interval would enclose the wrong function.
fn root<N: Number>(x: &N, p: f64) -> N {
    let root = |x: &N| (x.ln() / p).exp();
    match x.sign() {
        // Zero as a value, of whose derivative nothing is known.
        Sign::Zero => x.signum(),
        Sign::Positive => root(x),
        // An interval that reaches zero: its sign is [0, 1], which adds the root of zero to the roots from a tiny
        // number on.
        _ => root(&x.max(&N::from_f64(f64::MIN_POSITIVE))) * x.signum().abs(),
    }
}

/// x^(p-1) for x >= 0. The difference is exact for 1 <= p <= 2^53, so intervals enclose the right power.
pub(crate) fn decremented_power<N: Number>(x: &N, p: f64) -> N {
    raise(x, p - 1.0)
}
