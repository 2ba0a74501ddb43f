//! Bounds and moduli at points where their closed forms are numbers that can be looked up.

use super::*;

fn close(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() <= 1e-12 * expected.abs(), "{what}: {got}, not {expected}");
}

#[test]
fn every_branch_of_the_logistic_bounds_has_its_own_formula() {
    let hard = Logistic.bounds(&array![1.0, 0.0, 0.0, 1.0]).unwrap();
    close(hard.lower(0.6), -0.4_f64.ln(), "below the turn, -log(1 - t)");
    // Where -log(1 - u) is tangent to a multiple of u^2: u = 0.715331862959, -log(1 - u)/u^2 = 2.455407487366.
    close(hard.lower(1.2) / 1.44, hard.lower(0.9) / 0.81, "between the turns, a parabola");
    assert!((hard.lower(1.2) / 1.44 - 2.455_407).abs() < 1e-6);
    close(hard.lower(1.6), -4.0 * 0.2_f64.ln(), "beyond, -m log(1 - t/sqrt m)");
    close(hard.upper(0.5), 2.0 * 2.0_f64.ln(), "-sqrt(m) log(1 - t)");
    assert_eq!(hard.upper(1.0), f64::INFINITY);
    assert!(hard.upper(1.0 - 1e-12).is_finite());
    let one = Logistic.bounds(&array![0.0]).unwrap();
    close(one.lower(0.9), 10.0_f64.ln(), "m = 1: -log(1 - t) throughout");
    let soft = Logistic.bounds(&array![0.5]).unwrap();
    close(soft.lower(0.3), 0.18, "2 t^2");
    // y (-a - log(1 - a)) with a = t/y = 1/2, for y and for 1 - y.
    close(soft.upper(0.25), 2.0_f64.ln() - 0.5, "soft");
    assert_eq!(soft.upper(0.5), f64::INFINITY);
    let mixed = Logistic.bounds(&array![0.5, 1.0, 0.25]).unwrap();
    close(mixed.lower(0.2), 0.08, "2 t^2 where one entry is soft");
    let (quarter, rest) = (-0.4 - 0.6_f64.ln(), -0.1 / 0.75 - (1.0_f64 - 0.1 / 0.75).ln());
    close(
        mixed.upper(0.1),
        0.25 * quarter + 0.75 * rest - 0.9_f64.ln(),
        "the largest of the soft entries and the hard ones",
    );
}

#[test]
fn moduli_carry_the_constants_of_their_theorems() {
    let at_unit = |loss: &dyn Loss| -> Vec<f64> {
        let unit = [1.0, 0.0, 0.0, 0.0];
        loss.moduli(4).unwrap().iter().map(|modulus| modulus.bound_of(&unit)).collect()
    };
    for (loss, expected) in [
        (&SquaredError as &dyn Loss, vec![0.5, 0.5]),
        (&SoftmaxCrossEntropy, vec![0.25, 0.5]),
        (&Logistic, vec![0.125]),
        (&Sparsemax, vec![0.5]),
        (&Entmax::new(1.5).unwrap(), vec![0.5]),
        // Omega is N(c, 3)-convex with c = m^(1 - 3/2)/2 = 1/4; the conjugate of c |u|^3/3 at 1 is c^(-1/2) 2/3.
        (&Entmax::new(3.0).unwrap(), vec![4.0 / 3.0]),
        // |x|^3 is 3 (2 - sqrt 2)-convex of its own power.
        (&PowerRegression::new(3.0).unwrap(), vec![2.0 - 2.0_f64.sqrt()]),
        (&PowerRegression::new(2.0).unwrap(), vec![1.0]),
        (&NormPowerLoss::new(0.3, 2.0).unwrap(), vec![0.15, 0.15]),
        (&NormPowerLoss::new(2.0, 3.0).unwrap(), vec![2.0 * (2.0 - 2.0_f64.sqrt()) / 3.0]),
    ] {
        let got = at_unit(loss);
        assert_eq!(got.len(), expected.len(), "{}", loss.name());
        for (got, expected) in got.into_iter().zip(expected) {
            close(got, expected, &loss.name());
        }
    }
}
