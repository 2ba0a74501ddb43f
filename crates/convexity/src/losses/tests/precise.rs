//! Every loss against 256 bits: ordinary, saturated and extreme arguments, entmax at every alpha.
//!
//! A difference of outputs, rounded, is off by half a unit of itself, and so a loss by `|e_i|` times that; p is off by
//! a few units of 1. Beyond that every loss is a sum of non-negative terms, each off by a few units.

use super::reference::*;
use super::*;
use crate::number::{Number, Precise};
use fenchel_random::Seed;
use ndarray::aview1;

const EPS: f64 = f64::EPSILON;
const SMALLEST: f64 = f64::from_bits(1);

type Reference = Box<dyn Fn(&[f64], &[f64]) -> (Precise, Vec<Precise>)>;

/// A loss, its reference, and by what power of a difference its errors are multiplied.
fn pairs() -> Vec<(Box<dyn Loss>, Reference, f64)> {
    let mut pairs: Vec<(Box<dyn Loss>, Reference, f64)> = vec![
        (Box::new(SoftmaxCrossEntropy), Box::new(softmax_loss), 1.0),
        (Box::new(Logistic), Box::new(logistic_loss), 1.0),
        (Box::new(Sparsemax), Box::new(|y, f| entmax_loss(2.0, y, f)), 1.0),
        (Box::new(SquaredError), Box::new(|y, f| norm_power_loss(1.0, 2.0, y, f)), 2.0),
    ];
    for alpha in [1.01, 1.5, 100.0] {
        pairs.push((
            Box::new(Entmax::new(alpha).unwrap()),
            Box::new(move |y, f| entmax_loss(alpha, y, f)),
            1.0,
        ));
    }
    for k in [2.0, 3.3, 100.0] {
        let loss = PowerRegression::new(k).unwrap();
        pairs.push((Box::new(loss), Box::new(move |y, f| power_loss(k, y, f)), k));
    }
    for (c, r) in [(1.0, 2.0), (0.3, 1.1), (2.0, 40.0), (1e300, 2.0), (1e-290, 2.0)] {
        let loss = NormPowerLoss::new(c, r).unwrap();
        pairs.push((Box::new(loss), Box::new(move |y, f| norm_power_loss(c, r, y, f)), r));
    }
    pairs
}

fn distance(got: f64, exact: &Precise) -> f64 {
    (precise(got) - exact).to_f64().abs()
}

/// What a unit of round-off in every difference and sum does to the loss: for powers of degree r, r of itself.
fn sensitivity(y: &[f64], f: &[f64], loss: f64, residual: &[Precise], degree: f64) -> f64 {
    let m = residual.len() as f64;
    if degree > 1.0 {
        return loss * degree * (1.0 + m);
    }
    let max = f.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let terms = residual.iter().zip(y).zip(f).map(|((e, &y), &f)| {
        let log = if y > 0.0 { y.ln().abs() } else { 0.0 };
        // Beyond 800 an exponential is 0 in f64; where it is not, the difference is the loss.
        e.to_f64().abs() * ((max - f).min(800.0) + f.abs().min(800.0) + log + m)
    });
    loss + terms.sum::<f64>()
}

/// Compares a loss and its residual with the reference; an error must be due, and name the output.
fn compare(loss: &dyn Loss, reference: &Reference, degree: f64, y: &[f64], f: &[f64]) {
    let what = format!("{} at y = {y:?}, f = {f:?}", loss.name());
    let (exact, residual) = reference(y, f);
    let mut e = Array1::zeros(y.len());
    let (target, output) = (&aview1(y), &aview1(f));
    let value = match loss.value_and_residual(target, output, &mut e) {
        Ok(value) => value,
        Err(error) => {
            assert!(error.to_string().contains("`output`"), "{what}: {error}");
            let beyond = |x: f64| !x.is_finite();
            let spread = f.iter().flat_map(|a| f.iter().chain(y).map(move |b| a - b)).any(beyond);
            let large = beyond(exact.to_f64()) || residual.iter().any(|e| beyond(e.to_f64()));
            assert!(spread || large, "{what}: {error}");
            return;
        }
    };
    assert_eq!(value, loss.value(target, output).unwrap(), "{what}");
    let allowed = 8.0 * EPS * sensitivity(y, f, exact.to_f64(), &residual, degree);
    // The references of losses on probabilities cancel too, 60 digits further down.
    let rounded = SMALLEST * 4.0 * y.len() as f64 + if degree > 1.0 { 0.0 } else { 1e-65 };
    assert!(distance(value, &exact) <= allowed + rounded, "{what}: {value} is not {}", exact.to_f64());
    for (got, exact) in e.iter().zip(&residual) {
        // Of a probability, a few units of 1; of a power, relative.
        let size = if degree > 1.0 { degree * (1.0 + y.len() as f64) * exact.to_f64().abs() } else { 4.0 };
        let off = distance(*got, exact);
        assert!(off <= 8.0 * EPS * size + rounded, "{what}: {got} is not {}", exact.to_f64());
    }
}

#[test]
fn every_loss_is_right_at_ordinary_and_extreme_arguments() {
    let targets: [&[f64]; 6] = [
        &[1.0, 0.0, 0.0],
        &[0.0, 0.0, 1.0],
        &[0.2, 0.5, 0.3],
        &[1.0, 1e-30, 0.0],
        &[1e-320, 0.75, 0.25],
        &[0.999_999_999_5, 0.0, 0.0],
    ];
    let outputs: [&[f64]; 14] = [
        &[0.3, -0.2, 0.1],
        &[0.0, 0.0, 0.0],
        &[40.0, 3.0, -2.0],
        &[1e4, 9999.9, 0.0],
        &[-750.0, 700.0, 0.0],
        &[1e-300, 0.0, -1e-310],
        &[1e-12, 1.0, 2e-12],
        &[1e150, -1e150, 0.0],
        &[1e300, 0.0, -1e300],
        &[1e308, 1e308, 1e308],
        &[1e308, -1e308, 0.0],
        &[-1e308, 1e308, 1e308],
        &[f64::MAX, f64::MAX, 0.0],
        &[1.0, 1e-300, 1e-17],
    ];
    for (loss, reference, degree) in pairs() {
        for y in targets {
            for f in outputs {
                compare(&*loss, &reference, degree, y, f);
            }
        }
        // One class.
        for f in [0.0, -3.0, 1e308, 1e-310] {
            compare(&*loss, &reference, degree, &[1.0], &[f]);
        }
    }
}

#[test]
fn one_class_on_the_simplex_has_no_loss() {
    for loss in all().iter().filter(|loss| loss.residual_sums_to_zero()) {
        let (y, f) = (ndarray::array![1.0], ndarray::array![-1e308]);
        let mut e = ndarray::array![7.0];
        assert_eq!(loss.value_and_residual(&y, &f, &mut e).unwrap(), 0.0);
        let bounds = loss.bounds(&y).unwrap();
        assert!(e[0] == 0.0 && bounds.lower(0.5) == 0.0 && bounds.upper(0.5) < 1e-320, "{}", loss.name());
    }
}

const ALPHAS: [f64; 12] = [1.01, 1.05, 1.5, 2.0, 3.0, 4.0, 5.0, 8.0, 10.0, 20.0, 50.0, 100.0];

#[test]
fn entmax_is_right_at_every_alpha() {
    let mut stream = Seed::new(11).derive("entmax").stream();
    for alpha in ALPHAS {
        let loss = Entmax::new(alpha).unwrap();
        let reference: Reference = Box::new(move |y, f| entmax_loss(alpha, y, f));
        // Differences beyond about 1/(alpha - 1) leave one class.
        let sizes = [1.0, 3.0, 0.3 / (alpha - 1.0), 1.0 / (alpha - 1.0), 1e-3 / (alpha - 1.0), 1e4];
        for size in sizes {
            let m = stream.random_range(2..6);
            let mut f: Vec<f64> = (0..m).map(|_| size * stream.random_range(-1.0..1.0)).collect();
            if size == 1e4 {
                f[1] = f[0] - 0.1 / alpha;
            }
            let mut y = vec![0.0; m];
            y[stream.random_range(0..m)] = 1.0;
            compare(&loss, &reference, 1.0, &y, &f);
            let y: Vec<f64> = (0..m).map(|_| stream.random_range(0.0..1.0)).collect();
            let total: f64 = y.iter().sum();
            let y: Vec<f64> = y.into_iter().map(|y| y / total).collect();
            compare(&loss, &reference, 1.0, &y, &f);
        }
    }
}

/// Large losses, tiny ones and none: f = (x, 0) with x near the margin 1/(alpha - 1), and the target at the first.
#[test]
fn entmax_near_a_corner_is_accurate_relative_to_the_loss() {
    for alpha in ALPHAS {
        let loss = Entmax::new(alpha).unwrap();
        for distance_to_margin in [0.5, 0.1, 1e-3, 1e-6, 1e-10] {
            let f = [(1.0 - distance_to_margin) / (alpha - 1.0), 0.0];
            // The definition cancels where the loss is below 1e-60: the two divergences do not.
            let wrong = &entmax(alpha, &f)[1];
            let exact = divergence(alpha, &precise(1.0), &-wrong.clone())
                + divergence(alpha, &Precise::zero(), wrong);
            let value = loss.value(&aview1(&[1.0, 0.0]), &aview1(&f)).unwrap();
            // p_2^beta is off by a few units, p_2 by 1/beta of them and less, its alpha-th power by alpha.
            let allowed = 16.0 * EPS * alpha * (1.0 + 1.0 / (alpha - 1.0)) * exact.to_f64();
            assert!(
                distance(value, &exact) <= allowed,
                "{alpha} {distance_to_margin}: {value:e} is not {:e}",
                exact.to_f64()
            );
        }
    }
}

#[test]
fn entmax_agrees_with_four_hundred_digits() {
    // To the digits given: bisection with 400 digits.
    let cases: [(f64, &[f64], &[f64], f64); 3] = [
        (10.0, &[10000.0, 9999.9, 0.0], &[0.98836, 0.01164, 0.0], f64::NAN),
        (100.0, &[1e-3, 0.0], &[0.97691, 0.02309], 1.0682e-3),
        (100.0, &[-1e-3, 0.0], &[0.02309, 0.97691], 6.8152e-5),
    ];
    for (alpha, f, p, value) in cases {
        let loss = Entmax::new(alpha).unwrap();
        let got = loss.prediction(&aview1(f)).unwrap();
        assert!(got.iter().zip(p).all(|(got, p)| (got - p).abs() < 6e-6), "{alpha} {f:?}: {got}");
        if !value.is_nan() {
            let got = loss.value(&aview1(&[0.0, 1.0]), &aview1(f)).unwrap();
            assert!((got / value - 1.0).abs() < 6e-5, "{alpha} {f:?}: {got}");
        }
    }
}

/// A thousand classes, ties among them: the equations that define p, evaluated in 256 bits at the library's p.
#[test]
fn entmax_of_a_thousand_classes_satisfies_its_equations() {
    let mut stream = Seed::new(12).derive("entmax").stream();
    for alpha in [1.01, 1.5, 2.0, 5.0, 100.0] {
        let beta = precise(alpha) - 1.0;
        let loss = Entmax::new(alpha).unwrap();
        let size = 3.0 / (alpha - 1.0) * 1e-3_f64.powf((alpha - 1.0).min(60.0));
        let mut f: Vec<f64> = (0..1000).map(|_| size * stream.random_range(-1.0..1.0)).collect();
        f[..20].fill(0.5 * size);
        let p = loss.prediction(&aview1(&f)).unwrap();
        // From the library's own anchor the others follow, and their sum shows by how much it is off.
        let with_mass = (0..1000).filter(|&i| p[i] > 0.0);
        let anchor = if alpha < 2.0 {
            with_mass.fold(0, |best, i| if f[i] > f[best] { i } else { best })
        } else {
            with_mass.reduce(|best, i| if f[i] < f[best] { i } else { best }).unwrap()
        };
        let height = power(&precise(p[anchor]), &beta);
        let exact: Vec<Precise> = f
            .iter()
            .map(|&fi| power(&((precise(fi) - f[anchor]) * &beta + &height), &beta.recip()))
            .collect();
        let off = (sum(&exact) - 1.0).to_f64().abs();
        // The anchor is off by less than this, and the slope of the sum in it is at least 1.
        assert!(off <= 8.0 * EPS * 8.0, "{alpha}: the sum is off by {off:e}");
        for (got, exact) in p.iter().zip(&exact) {
            assert!(distance(*got, exact) <= 8.0 * EPS * 4.0, "{alpha}: {got} {exact:?}");
        }
        assert!(p.iter().filter(|&&p| p > 0.0).count() > 20, "{alpha}");
    }
}
