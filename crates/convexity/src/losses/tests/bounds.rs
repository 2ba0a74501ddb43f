//! A search for violations of `lower(t) <= l - l_inf <= upper(t)`, judged in 256 bits.
//!
//! A draw is a target and a prediction, each exact; the residual and the loss follow from their definitions without an
//! output, so that masses of 1e-300, predictions beside the target and saturated ones cost no accuracy.

use super::super::*;
use super::reference::*;
use crate::number::{Number, Precise};
use fenchel_random::{Seed, Stream};
use ndarray::aview1;

/// `x - log(1 + x)`.
fn gap(x: &Precise) -> Precise {
    if x.abs() > precise(1e-15) {
        return x.clone() - x.ln_1p();
    }
    // The next term is x^5/5.
    let square = x.square();
    square.clone() * 0.5 - square.clone() * x / 3.0 + square.square() * 0.25
}

/// Masses of any size, some of them 0; the last is what is left.
fn masses(stream: &mut Stream, m: usize) -> Vec<f64> {
    let depth = [0.5, 5.0, 40.0, 300.0][stream.random_range(0..4)];
    let mut y: Vec<f64> = (1..m)
        .map(|_| match stream.random_range(0..4) {
            0 => 0.0,
            _ => 10_f64.powf(-depth * stream.random_range(0.0..1.0)) / m as f64,
        })
        .collect();
    y.push(1.0 - y.iter().sum::<f64>());
    y
}

/// The residual of a prediction: the target's masses moved by a share of themselves, or another draw, or a corner.
fn residual(stream: &mut Stream, y: &[Precise]) -> Vec<Precise> {
    let m = y.len();
    let share = precise(10_f64.powf(-[0.0, 3.0, 20.0, 250.0][stream.random_range(0..4)]));
    let mut e: Vec<Precise> = match stream.random_range(0..3) {
        0 => y.iter().map(|y| y.clone() * &share * stream.random_range(-0.99..0.99)).collect(),
        1 => {
            let other = normalised(&masses(stream, m));
            other.iter().zip(y).map(|(p, y)| (p.clone() - y) * &share).collect()
        }
        _ => {
            let corner = stream.random_range(0..m);
            let p = |i: usize| precise(if i == corner { 1.0 } else { 0.0 });
            y.iter().enumerate().map(|(i, y)| (p(i) - y) * (-share.clone() * 0.5 + 1.0)).collect()
        }
    };
    // The largest mass takes what the others leave, so that the sum is 0 exactly.
    let top = (0..m).fold(0, |top, i| if y[i] > y[top] { i } else { top });
    e[top] = Precise::zero();
    e[top] = -sum(&e);
    e
}

fn judge(bounds: &Bounds, loss: &Precise, e: &[Precise], what: &str) -> (bool, bool) {
    let t = sum(&e.iter().map(Number::square).collect::<Vec<_>>()).sqrt().to_f64();
    let (lower, upper) = (bounds.lower(t.next_down().max(0.0)), bounds.upper(t.next_up()));
    assert!(precise(lower) <= *loss, "{what}, t = {t:e}: {lower:e} > {:e}", loss.to_f64());
    assert!(*loss <= precise(upper), "{what}, t = {t:e}: {:e} > {upper:e}", loss.to_f64());
    (lower > 0.0, upper < f64::INFINITY)
}

#[test]
fn no_loss_leaves_its_bounds_at_any_mass() {
    let mut stream = Seed::new(3).derive("bounds").stream();
    let (mut positive, mut finite) = (0, 0);
    let draws = 400;
    for draw in 0..draws {
        let m = stream.random_range(2..7);
        let mut given = masses(&mut stream, m);
        if draw % 4 == 0 {
            given.fill(0.0);
            given[stream.random_range(0..m)] = 1.0;
        }
        let (y, target) = (normalised(&given), &aview1(&given));
        let e = residual(&mut stream, &y);
        let p: Vec<Precise> = y.iter().zip(&e).map(|(y, e)| y.clone() + e).collect();
        if p.iter().any(|p| *p < Precise::zero()) {
            continue;
        }
        let inside = (0..m).all(|i| p[i] > Precise::zero());
        if inside {
            let terms: Vec<Precise> = (0..m)
                .map(|i| match y[i] > Precise::zero() {
                    true => gap(&(e[i].clone() / &y[i])) * &y[i],
                    false => e[i].clone(),
                })
                .collect();
            let bounds = SoftmaxCrossEntropy.bounds(target).unwrap();
            let (low, high) = judge(&bounds, &sum(&terms), &e, &format!("softmax at {given:?}"));
            (positive, finite) = (positive + usize::from(low), finite + usize::from(high));
        }
        for alpha in [1.01, 1.5, 2.0, 3.0, 100.0] {
            // Entries without mass lie a little below the threshold, or far.
            let below = precise(10_f64.powf(stream.random_range(-20.0..3.0)));
            let terms: Vec<Precise> = (0..m)
                .map(|i| match p[i] > Precise::zero() {
                    true => divergence(alpha, &y[i], &e[i]),
                    false => divergence(alpha, &y[i], &e[i]) + y[i].clone() * &below,
                })
                .collect();
            let bounds = Entmax::new(alpha).unwrap().bounds(target).unwrap();
            judge(&bounds, &sum(&terms), &e, &format!("entmax({alpha}) at {given:?}"));
        }
        // A coordinate each: y and 1 - y.
        if inside {
            let (mut terms, mut hard) = (Vec::new(), false);
            for i in 0..m {
                let (own, other) = (precise(given[i]), precise(1.0) - given[i]);
                let e = &e[i];
                if own.clone() + e >= precise(1.0) || own.clone() + e <= Precise::zero() {
                    hard = true;
                    break;
                }
                let term = |y: &Precise, e: Precise| match *y > Precise::zero() {
                    true => gap(&(e / y)) * y,
                    false => e,
                };
                terms.push(term(&own, e.clone()) + term(&other, -e.clone()));
            }
            if !hard {
                let bounds = Logistic.bounds(target).unwrap();
                judge(&bounds, &sum(&terms), &e, &format!("logistic at {given:?}"));
            }
        }
    }
    // Neither side is left out.
    assert!(positive * 2 > draws / 2 && finite * 8 > draws, "{positive} and {finite} of {draws}");
}

#[test]
fn no_power_leaves_its_bounds_at_any_size() {
    let mut stream = Seed::new(4).derive("bounds").stream();
    for _ in 0..60 {
        let m = stream.random_range(1..6);
        let size = 10_f64.powf(stream.random_range(-300.0..300.0));
        let f: Vec<f64> = (0..m).map(|_| size * stream.random_range(-1.0..1.0)).collect();
        let y = vec![0.0; m];
        let target = &aview1(&y);
        for k in [2.0, 2.5, 4.0, 7.0, 100.0, 1e6] {
            let (loss, e) = power_loss(k, &y, &f);
            let bounds = PowerRegression::new(k).unwrap().bounds(target).unwrap();
            judge(&bounds, &loss, &e, &format!("power {k} at {f:?}"));
        }
        for (c, r) in [(1.0, 2.0), (0.3, 1.1), (1e300, 2.0), (1e-290, 3.7), (1e290, 100.0), (7.0, 1.013)] {
            let (loss, e) = norm_power_loss(c, r, &y, &f);
            let bounds = NormPowerLoss::new(c, r).unwrap().bounds(target).unwrap();
            judge(&bounds, &loss, &e, &format!("norm power {c} {r} at {f:?}"));
        }
    }
}
