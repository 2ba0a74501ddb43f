//! The sandwich in general norms on random Jacobians, every loss and every pair of norms; constants that are
//! attained, and those a hundredth too good.

use super::*;
use crate::losses::{Entmax, Logistic, PowerRegression, SoftmaxCrossEntropy, Sparsemax, SquaredError};
use crate::strategies::{draws, seed};
use crate::theorems::by_hand::measured_hypothesis;
use crate::verdict::Verdict;
use fenchel_random::{Seed, Stream};
use ndarray::array;

const EXPONENTS: [f64; 5] = [1.0, 4.0 / 3.0, 2.0, 3.0, f64::INFINITY];

/// A random sample with m outputs and some layers, with a loss and an admissible target.
fn draw(stream: &mut Stream) -> (Sample, Box<dyn Loss>, Vec<usize>) {
    let m = stream.random_range(2..6_usize);
    let layers: Vec<usize> = (0..stream.random_range(1..4)).map(|_| stream.random_range(1..6)).collect();
    let scale = 10f64.powf(stream.random_range(-2.0..1.0));
    let n = layers.iter().sum();
    let jacobian = Array2::from_shape_simple_fn((m, n), || scale * stream.random_range(-1.0..1.0));
    let class = stream.random_range(0..m);
    let one_hot = Array1::from_shape_fn(m, |i| f64::from(u8::from(i == class)));
    let spread = 10f64.powf(stream.random_range(-3.0..1.0));
    let output = Array1::from_shape_simple_fn(m, || spread * stream.random_range(-1.0..1.0));
    let loss: Box<dyn Loss> = match stream.random_range(0..6) {
        0 => Box::new(SquaredError),
        1 => Box::new(SoftmaxCrossEntropy),
        2 => Box::new(Logistic),
        3 => Box::new(Sparsemax),
        4 => Box::new(PowerRegression::new(4.0).unwrap()),
        _ => Box::new(Entmax::new(1.5).unwrap()),
    };
    (Sample { jacobian, target: one_hot, output }, loss, layers)
}

/// How many sandwiches held, and how many of them are closed from above.
fn random_sandwiches(draws: u64, seed: u64) -> [u64; 2] {
    let mut counts = [0; 2];
    for index in 0..draws {
        let mut stream = Seed::new(seed).derive("general norms").index(index).stream();
        let (sample, loss, layers) = draw(&mut stream);
        let p = EXPONENTS[stream.random_range(0..EXPONENTS.len())];
        let gradients = match stream.random_range(0..4) {
            0 => Gradients::Entries,
            1 => Gradients::Layers(1.0, layers),
            2 => Gradients::Layers(2.0, layers),
            _ => Gradients::Layers(f64::INFINITY, layers),
        };
        let constants = Constants::of(&sample, &*loss, p, &gradients).unwrap();
        let report = check(&sample, &*loss, p, &gradients, constants).unwrap();
        assert!(report.verdict().holds(), "{index}: {}, {p}, {gradients:?}: {report:?}", loss.name());
        counts[0] += 1;
        counts[1] += u64::from(constants.lower > 0.0);
    }
    counts
}

#[test]
fn random_samples_lie_in_every_sandwich() {
    let wanted = draws(400);
    let [all, closed] = random_sandwiches(wanted, seed(1));
    assert!(all == wanted && closed > wanted / 3, "{closed} of {all}");
}

#[test]
fn two_classes_attain_both_sides_in_every_norm() {
    // Residuals are multiples of (1, -1): sigma = sigma_0, and lo = hi in l_1, l_2 and l_inf.
    let sample = Sample {
        jacobian: array![[0.7, -0.2, 0.4], [0.1, 0.9, -0.3]],
        target: array![0.0, 1.0],
        output: array![0.8, -0.3],
    };
    let loss = SoftmaxCrossEntropy;
    for p in EXPONENTS {
        for gradients in
            [Gradients::Entries, Gradients::Layers(1.0, vec![2, 1]), Gradients::Layers(2.0, vec![1, 1, 1])]
        {
            let own = Constants::of(&sample, &loss, p, &gradients).unwrap();
            let report = check(&sample, &loss, p, &gradients, own).unwrap();
            assert!(report.verdict().holds(), "{p}: {}", report.verdict());
            if [1.0, 2.0].contains(&p) && gradients != Gradients::Entries {
                assert!(report.slack < 1e-6, "{p} {gradients:?}: {}", report.slack);
            }
            // A hundredth better, either one, and the claim is refuted where it was attained.
            let tight = check(&sample, &loss, p, &gradients, exact(&sample, p, &gradients)).unwrap();
            assert!(tight.verdict().holds() && tight.slack < 1e-9, "{p}: {tight:?}");
            let Constants { induced, lower } = exact(&sample, p, &gradients);
            for (better, name) in [
                (Constants { induced: 0.99 * induced, lower }, "at most sigma"),
                (Constants { induced, lower: 1.01 * lower }, "at least sigma_0"),
            ] {
                let report = check(&sample, &loss, p, &gradients, better).unwrap();
                assert!(report.inequality.is_violated() && report.verdict().is_undecided());
                let (residual, granted) = measured_hypothesis(&report, name);
                assert!((residual / 0.01 - 1.0).abs() < 0.02 && granted < 1e-9, "{name}: {residual}");
            }
        }
    }
}

/// sigma = sigma_0 of two classes, by the definition.
fn exact(sample: &Sample, p: f64, gradients: &Gradients) -> Constants {
    let e = [1.0, -1.0];
    let gradient = sample.jacobian.t().dot(&array![1.0, -1.0]).to_vec();
    let norm = match gradients {
        Gradients::Entries => Norm::L1,
        Gradients::Layers(s, lengths) => {
            Norm::product(*s, lengths.iter().map(|&length| (length, Norm::L2)).collect()).unwrap()
        }
    };
    let sigma = norm.value_of(&gradient) / Norm::lp(p).unwrap().value_of(&e);
    Constants { induced: sigma, lower: sigma }
}

#[test]
fn l_2_is_the_sandwich_of_t11() {
    let mut stream = Seed::new(3).stream();
    for _ in 0..20 {
        let (sample, _, layers) = draw(&mut stream);
        let gram = sample.jacobian.dot(&sample.jacobian.t());
        let values = crate::linear_algebra::symmetric_eigenvalues(gram.view()).unwrap();
        let own = Constants::of(&sample, &SquaredError, 2.0, &Gradients::Layers(2.0, layers)).unwrap();
        let (least, most) = (values[0].max(0.0).sqrt(), values[values.len() - 1].sqrt());
        assert!((own.induced / most - 1.0).abs() < 1e-9 && own.induced >= most * (1.0 - 1e-14));
        assert!((own.lower - least).abs() < 1e-6 * most, "{} {least}", own.lower);
    }
}

#[test]
fn the_losses_own_bounds_in_l_p_are_attained() {
    // Cross-entropy: all wrong mass on one class, and evenly; log-probabilities by hand.
    for m in [2_usize, 3, 7] {
        let target = Array1::from_shape_fn(m, |i| f64::from(u8::from(i == 0)));
        for p in [1.0, 1.5, 2.0, 5.0, f64::INFINITY] {
            let bounds = SoftmaxCrossEntropy.bounds_in(p, &target).unwrap();
            for wrong in [1e-9_f64, 0.3, 0.9] {
                let loss = -(-wrong).ln_1p();
                let mut one = vec![0.0; m];
                (one[0], one[1]) = (-wrong, wrong);
                let mut even = vec![wrong / (m - 1) as f64; m];
                even[0] = -wrong;
                let norm = |e: &[f64]| Norm::lp(p).unwrap().value_of(e);
                let (low, high) = (bounds.lower(norm(&one)), bounds.upper(norm(&even)));
                assert!(low <= loss && low > loss * (1.0 - 1e-12), "{m} {p} {wrong}: {low} {loss}");
                assert!(high >= loss && high < loss * (1.0 + 1e-12), "{m} {p} {wrong}: {high} {loss}");
                if p == 1.0 || p == f64::INFINITY {
                    assert!(bounds.lower(norm(&even)) > loss * (1.0 - 1e-12));
                }
            }
        }
    }
    // Power regression in its own l_q, at any residual.
    for k in [2.0, 3.0, 4.0] {
        let loss = PowerRegression::new(k).unwrap();
        let (target, output) = (array![0.3, -1.0, 2.0], array![1.0, 0.5, 1.9]);
        let mut residual = Array1::zeros(3);
        let value = loss.value_and_residual(&target, &output, &mut residual).unwrap();
        let q = k / (k - 1.0);
        let t = Norm::lp(q).unwrap().value_of(&residual.to_vec());
        let bounds = loss.bounds_in(q, &target).unwrap();
        assert!(bounds.lower(t) <= value && value <= bounds.upper(t));
        assert!(bounds.upper(t) - bounds.lower(t) < 1e-12 * value, "{k}");
    }
    assert!(SquaredError.bounds_in(0.5, &array![1.0]).is_err());
}

#[test]
fn constants_of_another_sample_are_named_and_misfits_refused() {
    let sample = Sample {
        jacobian: array![[3.0, 0.0, 1.0], [0.0, 2.0, 0.0]],
        target: array![0.3, -0.2],
        output: array![1.0, 1.5],
    };
    let gradients = Gradients::Layers(2.0, vec![3]);
    let foreign = Sample { jacobian: &sample.jacobian * 0.01, ..sample.clone() };
    for (other, name) in [(&foreign, "at most sigma"), (&sample, "at least sigma_0")] {
        let constants = Constants::of(other, &SquaredError, 1.0, &gradients).unwrap();
        let at = if name.contains("most") { &sample } else { &foreign };
        let report = check(at, &SquaredError, 1.0, &gradients, constants).unwrap();
        assert!(!matches!(report.verdict(), Verdict::Violated { .. }) && !report.verdict().holds());
        assert!(measured_hypothesis(&report, name).0 > 0.0);
    }
    let own = Constants::of(&sample, &SquaredError, 1.0, &gradients).unwrap();
    assert!(check(&sample, &SquaredError, 1.0, &Gradients::Layers(2.0, vec![2]), own).is_err());
    assert!(check(&sample, &SquaredError, 1.0, &gradients, Constants { lower: -1.0, ..own }).is_err());
    assert!(check(&sample, &SquaredError, 0.3, &gradients, own).is_err());
    let short = Sample { target: array![1.0], ..sample };
    assert!(Constants::of(&short, &SquaredError, 1.0, &gradients).is_err());
}

/// lo(t) = -log(1 - t/2) is steep near t = 2: what the hypotheses let pass must not become a violation there.
#[test]
fn constants_that_are_wrong_by_less_than_is_granted_refute_nothing() {
    for gap in [0.1, 1.0, 5.0, 14.0, 25.0] {
        for sign in [1.0, -1.0] {
            let sample = Sample {
                jacobian: array![[1.0, 0.0], [0.0, 1.0]],
                target: array![1.0, 0.0],
                output: array![0.0, sign * gap],
            };
            for p in EXPONENTS {
                for gradients in [Gradients::Entries, Gradients::Layers(2.0, vec![1, 1])] {
                    let own = exact(&sample, p, &gradients);
                    for off in [-9e-13, -5e-13, -1e-15, 1e-15, 5e-13, 9e-13] {
                        let (induced, lower) = (own.induced * (1.0 + off), own.lower * (1.0 - off));
                        let near = Constants { induced, lower };
                        let report = check(&sample, &SoftmaxCrossEntropy, p, &gradients, near).unwrap();
                        assert!(!report.verdict().is_violated(), "{gap} {p} {off}: {report:?}");
                    }
                    let wrong = Constants { induced: own.induced * (1.0 - 1e-11), lower: own.lower };
                    let report = check(&sample, &SoftmaxCrossEntropy, p, &gradients, wrong).unwrap();
                    assert!(!report.verdict().holds() && !report.verdict().is_violated(), "{gap} {p}");
                }
            }
        }
    }
}

/// The squared error with bounds that are not its own.
#[derive(Debug)]
struct Boast;

impl Loss for Boast {
    fn name(&self) -> String {
        "the squared error, said to be twice as large".into()
    }

    fn require_target(&self, target: &ndarray::ArrayRef1<f64>) -> Result<(), ConvexityError> {
        SquaredError.require_target(target)
    }

    fn evaluate(
        &self,
        target: &ndarray::ArrayRef1<f64>,
        output: &ndarray::ArrayRef1<f64>,
        residual: Option<&mut ndarray::ArrayRef1<f64>>,
    ) -> f64 {
        SquaredError.evaluate(target, output, residual)
    }

    fn bounds(&self, _: &ndarray::ArrayRef1<f64>) -> Result<crate::losses::Bounds, ConvexityError> {
        Ok(crate::losses::Bounds::new(|t| t * t, |t| t * t))
    }

    fn residual_sums_to_zero(&self) -> bool {
        SquaredError.residual_sums_to_zero()
    }

    fn moduli(&self, dimension: usize) -> Result<Vec<crate::moduli::Modulus>, ConvexityError> {
        SquaredError.moduli(dimension)
    }
}

#[test]
fn a_loss_that_boasts_is_named_and_nothing_is_refuted() {
    let sample = Sample {
        jacobian: array![[1.0, 0.0, 0.5], [0.0, 2.0, 0.3]],
        target: array![1.0, 0.0],
        output: array![0.2, 0.9],
    };
    for p in EXPONENTS {
        let gradients = Gradients::Layers(2.0, vec![3]);
        let constants = Constants::of(&sample, &Boast, p, &gradients).unwrap();
        let report = check(&sample, &Boast, p, &gradients, constants).unwrap();
        let (residual, tolerance) = measured_hypothesis(&report, "the loss lies within its own bounds");
        assert!(residual > 0.1 && tolerance < 1e-6 && report.verdict().is_undecided(), "{p}: {residual}");
    }
}
