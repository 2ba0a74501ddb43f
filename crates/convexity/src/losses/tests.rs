//! Every loss: derivative, Fenchel-Young identity, bounds with their tightness, moduli, large logits, bad input.

mod bounds;
mod closed_forms;
mod precise;
mod reference;

use super::*;
use std::sync::Arc;

use ndarray::{Array1, array};

fn fenchel_young() -> Vec<Box<dyn FenchelYoung>> {
    let mut losses: Vec<Box<dyn FenchelYoung>> =
        vec![Box::new(SquaredError), Box::new(SoftmaxCrossEntropy), Box::new(Sparsemax), Box::new(Logistic)];
    for alpha in [1.01, 1.1, 1.5, 2.0, 3.0, 8.0, 20.0, 100.0] {
        losses.push(Box::new(Entmax::new(alpha).unwrap()));
    }
    losses
}

fn all() -> Vec<Box<dyn Loss>> {
    let mut losses: Vec<Box<dyn Loss>> =
        vec![Box::new(SquaredError), Box::new(SoftmaxCrossEntropy), Box::new(Sparsemax), Box::new(Logistic)];
    for alpha in [1.01, 1.1, 1.5, 2.0, 3.0] {
        losses.push(Box::new(Entmax::new(alpha).unwrap()));
    }
    for (c, r) in [(1.0, 2.0), (0.3, 1.4), (2.0, 3.5)] {
        losses.push(Box::new(NormPowerLoss::new(c, r).unwrap()));
    }
    for k in [2.0, 3.0, 6.0] {
        losses.push(Box::new(PowerRegression::new(k).unwrap()));
    }
    for weight in [0.37, 2.0] {
        losses.push(Box::new(Weighted::new(weight, Arc::new(SoftmaxCrossEntropy)).unwrap()));
        losses.push(Box::new(Weighted::new(weight, Arc::new(Logistic)).unwrap()));
        losses.push(Box::new(Weighted::new(weight, Arc::new(PowerRegression::new(3.0).unwrap())).unwrap()));
    }
    losses
}

/// Admissible for every loss: points of the simplex.
fn targets() -> Vec<Array1<f64>> {
    vec![
        array![1.0, 0.0, 0.0, 0.0],
        array![0.0, 0.0, 1.0, 0.0],
        array![0.25, 0.25, 0.25, 0.25],
        array![0.5, 0.3, 0.2, 0.0],
        array![0.01, 0.0, 0.0, 0.99],
    ]
}

fn outputs() -> Vec<Array1<f64>> {
    let sizes = [1e-6, 0.03, 0.4, 1.0, 3.0, 20.0];
    (0..90)
        .map(|k| {
            let size = sizes[k % 6];
            Array1::from_shape_fn(4, |i| size * (k as f64 * 1.7 + i as f64 * 2.3).sin())
        })
        .chain([array![0.0, 0.0, 0.0, 0.0], array![0.0, 0.0, -30.0, 0.0], array![9.0, 0.1, 0.1, 0.1]])
        .collect()
}

fn evaluate(loss: &dyn Loss, y: &Array1<f64>, f: &Array1<f64>) -> (f64, Array1<f64>) {
    let mut e = Array1::zeros(y.len());
    let value = loss.value_and_residual(y, f, &mut e).unwrap();
    assert_eq!(value, loss.value(y, f).unwrap());
    (value, e)
}

#[test]
fn residuals_are_derivatives() {
    for loss in all() {
        for y in targets() {
            for f in outputs().iter().filter(|f| f.iter().all(|f| f.abs() < 4.0)).step_by(3) {
                let (_, e) = evaluate(&*loss, &y, f);
                for i in 0..4 {
                    let h = 1e-6;
                    let (mut above, mut below) = (f.clone(), f.clone());
                    above[i] += h;
                    below[i] -= h;
                    let slope = (evaluate(&*loss, &y, &above).0 - evaluate(&*loss, &y, &below).0) / (2.0 * h);
                    // Second derivatives of the powers reach a few hundred here; entmax is C^1 with steep kinks.
                    assert!(
                        (slope - e[i]).abs() < 1e-4 * (1.0 + e[i].abs()),
                        "{}: {slope} {}",
                        loss.name(),
                        e[i]
                    );
                }
                if loss.residual_sums_to_zero() {
                    assert!(e.sum().abs() < 4e-16 * 4.0, "{}: {}", loss.name(), e.sum());
                }
            }
        }
    }
}

#[test]
fn the_bounds_enclose_every_loss() {
    for loss in all() {
        for y in targets() {
            let bounds = loss.bounds(&y).unwrap();
            for f in outputs() {
                let (value, e) = evaluate(&*loss, &y, &f);
                let t = e.dot(&e).sqrt();
                // p - y carries the round-off of p (a few ulps of 1; a power 1/(alpha-1) multiplies it by up to 10).
                let error = 64.0 * f64::EPSILON * (1.0 + f.iter().map(|f| f.abs()).sum::<f64>()).min(40.0);
                let lower = bounds.lower((t - error).max(0.0));
                let upper = bounds.upper(t + error);
                let gap = value - loss.infimum(&y);
                assert!(
                    gap >= 0.0 && lower <= gap * (1.0 + 1e-13),
                    "{} {y} {f}: {lower} > {gap}",
                    loss.name()
                );
                assert!(gap <= upper * (1.0 + 1e-13), "{} {y} {f}: {gap} > {upper}", loss.name());
            }
        }
    }
}

#[test]
fn the_bounds_do_not_decrease() {
    for loss in all() {
        for y in targets() {
            let bounds = loss.bounds(&y).unwrap();
            let (mut low, mut high) = (0.0, 0.0);
            for k in 0..400 {
                let t = f64::from(k) * 0.006;
                let (lower, upper) = (bounds.lower(t), bounds.upper(t));
                assert!(lower >= low && upper >= high && lower <= upper, "{} {y} at {t}", loss.name());
                (low, high) = (lower, upper);
            }
            assert!(low > 0.0 && bounds.lower(0.0) == 0.0 && bounds.upper(0.0) == 0.0);
            assert!(bounds.lower(-1.0).is_nan() && bounds.upper(f64::NAN).is_nan());
        }
    }
}

/// The largest lower/gap and gap/upper that a search finds.
fn tightness(loss: &dyn Loss, y: &Array1<f64>, outputs: &[Array1<f64>]) -> (f64, f64) {
    let bounds = loss.bounds(y).unwrap();
    outputs.iter().fold((0.0_f64, 0.0_f64), |(low, high), f| {
        let (value, e) = evaluate(loss, y, f);
        let t = e.dot(&e).sqrt();
        let (lower, upper) = (bounds.lower(t), bounds.upper(t));
        (low.max(lower / value), high.max(if upper.is_finite() { value / upper } else { 0.0 }))
    })
}

#[test]
fn bounds_marked_tight_are_attained() {
    let y = array![1.0, 0.0, 0.0, 0.0];
    // Near targets for sparsemax; all wrong mass on one class, and spread, for the others.
    let outputs = [
        array![1.0, 0.5, 0.4, 0.3],
        array![0.0, 0.5, -800.0, -800.0],
        array![2.0, 0.0, 0.0, 0.0],
        array![1.5, 1.0, 0.0, 0.0],
        array![-0.5, 0.5, 0.5, 0.5],
    ];
    let nearly = |pair: (f64, f64)| pair.0 > 1.0 - 1e-12 && pair.1 > 1.0 - 1e-12;
    for loss in [&SoftmaxCrossEntropy as &dyn Loss, &Sparsemax, &SquaredError, &Entmax::new(2.0).unwrap()] {
        assert!(nearly(tightness(loss, &y, &outputs)), "{}", loss.name());
    }
    assert!(nearly(tightness(&NormPowerLoss::new(0.3, 1.4).unwrap(), &y, &outputs)));
    let corners = [array![1.0, 2.0, 0.0, 0.0], array![2.0, 1.0, 1.0, 1.0]];
    assert!(nearly(tightness(&PowerRegression::new(3.0).unwrap(), &y, &corners)));
    // One wrong coordinate: the logistic lower bound; m = 1: both.
    let alone = [array![40.0, -0.4, -40.0, -40.0]];
    assert!(tightness(&Logistic, &y, &alone).0 > 1.0 - 1e-12);
    assert!(nearly(tightness(&Logistic, &array![1.0], &[array![0.3], array![-2.0]])));
}

#[test]
fn fenchel_young_losses_are_what_their_name_says() {
    for loss in fenchel_young() {
        for y in targets() {
            for f in outputs().iter().filter(|f| f.iter().all(|f| f.abs() < 4.0)) {
                let (value, e) = evaluate(&*loss, &y, f);
                let (omega, star) = (loss.generator(&y).unwrap(), loss.conjugate(f).unwrap());
                let identity = omega + star - y.dot(f);
                assert!(
                    (identity - value).abs() < 1e-13 * (10.0 + star.abs()),
                    "{}: {identity} {value}",
                    loss.name()
                );
                let p = loss.prediction(f).unwrap();
                for i in 0..4 {
                    assert!((p[i] - y[i] - e[i]).abs() < 1e-15, "{}", loss.name());
                }
            }
        }
    }
}

#[test]
fn moduli_hold_on_sampled_pairs() {
    for loss in all() {
        let y = array![0.5, 0.3, 0.2, 0.0];
        for modulus in loss.moduli(4).unwrap() {
            let outputs = outputs();
            for (u, v) in outputs.iter().zip(outputs.iter().rev()).chain(outputs.iter().zip(&outputs[1..])) {
                let (at_v, e) = evaluate(&*loss, &y, v);
                let at_u = evaluate(&*loss, &y, u).0;
                let d = u - v;
                let divergence = at_u - at_v - e.dot(&d);
                let size = at_u + at_v + e.dot(&d).abs();
                let slack = modulus.slack(divergence, &d.to_vec());
                assert!(slack >= -1e-12 * (1.0 + size), "{}: {modulus}: {slack}", loss.name());
            }
        }
    }
}

#[test]
fn logits_of_ten_thousand_are_stable() {
    let f = array![1e4, -1e4, 9999.5, 0.0];
    for loss in fenchel_young() {
        for y in targets() {
            let (value, e) = evaluate(&*loss, &y, &f);
            assert!(value.is_finite() && value >= 0.0 && e.iter().all(|e| e.is_finite()), "{}", loss.name());
            let shifted = evaluate(&*loss, &y, &(&f + 4.0)).0;
            if loss.residual_sums_to_zero() {
                assert!((shifted - value).abs() <= 1e-11 * (1.0 + value), "{}", loss.name());
            }
        }
    }
}

#[test]
fn bad_input_is_named() {
    for loss in all() {
        let y = array![0.5, 0.5];
        assert!(loss.value(&y, &array![1.0]).is_err(), "{}", loss.name());
        assert!(loss.value(&y, &array![f64::NAN, 1.0]).is_err());
        assert!(loss.value(&array![], &array![]).is_err());
        assert!(loss.value(&array![f64::NAN, 1.0], &y).is_err());
        assert!(loss.infimum(&array![f64::INFINITY, 1.0]).is_nan());
        assert!(loss.value_and_residual(&y, &y, &mut Array1::zeros(3)).is_err());
        if loss.residual_sums_to_zero() {
            assert!(loss.value(&array![0.9, 0.9], &y).is_err());
        }
    }
    assert!(Logistic.value(&array![1.5], &array![0.0]).is_err());
    assert!(Entmax::new(1.0).is_err() && Entmax::new(f64::NAN).is_err());
    assert!(NormPowerLoss::new(1.0, 1.0).is_err() && PowerRegression::new(1.5).is_err());
}
