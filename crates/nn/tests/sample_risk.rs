//! T20 on networks whose least risk is known: linear ones, heads on frozen features with the squared error and with the
//! cross-entropy, and ones that interpolate.

use std::sync::Arc;

use fenchel_convexity::linear_algebra::Bracket;
use fenchel_convexity::losses::{SoftmaxCrossEntropy, SquaredError};
use fenchel_convexity::theorems::sample_risk::{Means, RiskBounds, linear_head, softmax_head};
use fenchel_nn::measurement::{Probe, ProbeMeasurement};
use fenchel_nn::models::{DenseChain, Model};
use fenchel_random::{Seed, Stream};
use fenchel_tensor::Shape;
use ndarray::{Array2, Axis, concatenate};

const N: usize = 12;
const D: usize = 3;
const M: usize = 2;

fn matrix(stream: &mut Stream, rows: usize, columns: usize) -> Array2<f64> {
    Array2::from_shape_simple_fn((rows, columns), || stream.random_range(-1.0..1.0))
}

fn bounds(measured: &ProbeMeasurement, least: Bracket) -> RiskBounds {
    let means = Means {
        samples: measured.samples.len(),
        excess: measured.risk(),
        lower: measured.mean(|sample| sample.sandwich.lower),
        upper: measured.mean(|sample| sample.sandwich.upper),
        infimum: 0.0,
    };
    RiskBounds::new(&means, least).unwrap()
}

/// The least squared error with a bias.
fn least(features: &Array2<f64>, targets: &Array2<f64>) -> Bracket {
    let ones = Array2::ones((features.nrows(), 1));
    let features = concatenate(Axis(1), &[features.view(), ones.view()]).unwrap();
    linear_head(features.view(), targets.view()).unwrap()
}

#[test]
fn a_linear_network_runs_between_bounds_that_meet_the_excess_risk() {
    // A = (‖x‖² + 1) I: lower and upper bound of every sample are its loss, and the risk's are R - R_inf.
    let tape = DenseChain::new(0, 0).tape(Shape::vector(D), M).unwrap();
    let probe = Probe::<f64>::new(tape.clone(), Arc::new(SquaredError));
    for seed in 0..100 {
        let mut stream = Seed::new(seed).derive("linear").stream();
        let (inputs, targets) = (matrix(&mut stream, N, D), matrix(&mut stream, N, M));
        let least = least(&inputs, &targets);
        let parameters: Vec<f64> =
            (0..tape.parameters().len()).map(|_| stream.random_range(-1.0..1.0)).collect();
        let measured = probe.measure(&parameters, inputs.view(), targets.view()).unwrap();
        let bounds = bounds(&measured, least);
        assert!(bounds.hold() && bounds.excess.lower >= 0.0);
        assert!(bounds.upper - bounds.lower < 1e-9 && bounds.capacity.lower > 0.01, "{bounds:?}");
        assert!((bounds.excess.upper - (measured.risk() - least.upper)).abs() < 1e-12);
    }
}

#[test]
fn a_head_on_frozen_features_and_the_whole_network_share_their_samples_bounds() {
    // Two layers: the head alone has a least risk that is known, the whole network one between 0 and that.
    for seed in 0..20 {
        let mut stream = Seed::new(seed).derive("head").stream();
        let (inputs, targets) = (matrix(&mut stream, N, D), matrix(&mut stream, N, M));
        let tape = DenseChain::new(1, 4).tape(Shape::vector(D), M).unwrap();
        let probe = Probe::<f64>::new(tape.clone(), Arc::new(SquaredError));
        let parameters: Vec<f64> =
            (0..tape.parameters().len()).map(|_| stream.random_range(-1.0..1.0)).collect();
        let measured = probe.measure(&parameters, inputs.view(), targets.view()).unwrap();
        let whole = bounds(&measured, Bracket { lower: 0.0, upper: measured.risk() });
        assert!(whole.hold() && whole.lower <= 0.0 && whole.capacity.lower == 0.0);
        // The frozen features as inputs of a linear network.
        let features = matrix(&mut stream, N, 4).mapv(|z| z.max(0.0));
        let known = least(&features, &targets);
        let head = DenseChain::new(0, 0).tape(Shape::vector(4), M).unwrap();
        let probe = Probe::<f64>::new(head.clone(), Arc::new(SquaredError));
        let weights: Vec<f64> =
            (0..head.parameters().len()).map(|_| stream.random_range(-1.0..1.0)).collect();
        let measured = probe.measure(&weights, features.view(), targets.view()).unwrap();
        let bounds = bounds(&measured, known);
        assert!(bounds.hold() && bounds.excess.lower >= 0.0 && bounds.capacity.lower > 0.0);
    }
}

#[test]
fn a_softmax_head_has_its_least_risk_from_the_dual() {
    let tape = DenseChain::new(0, 0).tape(Shape::vector(D), M).unwrap();
    let probe = Probe::<f64>::new(tape.clone(), Arc::new(SoftmaxCrossEntropy));
    let (weight, bias) =
        (tape.parameters().find("head.weight").unwrap(), tape.parameters().find("head.bias").unwrap());
    for seed in 0..20 {
        let mut stream = Seed::new(seed).derive("softmax").stream();
        // Every input once with either label: no head separates them.
        let half = matrix(&mut stream, N / 2, D);
        let inputs = concatenate(Axis(0), &[half.view(), half.view()]).unwrap();
        let targets = Array2::from_shape_fn((N, M), |(i, k)| f64::from((i < N / 2) == (k == 0)));
        let parameters: Vec<f64> =
            (0..tape.parameters().len()).map(|_| stream.random_range(-1.0..1.0)).collect();
        let measured = probe.measure(&parameters, inputs.view(), targets.view()).unwrap();
        // At equal probabilities for all the risk is least: ln 2.
        let features = concatenate(Axis(1), &[inputs.view(), Array2::ones((N, 1)).view()]).unwrap();
        let at = |w: &Array2<f64>| softmax_head(features.view(), targets.view(), w.view()).unwrap();
        let least = at(&Array2::zeros((M, D + 1)));
        assert!(least.lower <= 2.0_f64.ln() && 2.0_f64.ln() <= least.upper);
        assert!(least.upper - least.lower < 1e-14, "{least:?}");
        let bounds = bounds(&measured, least);
        assert!(bounds.hold() && bounds.excess.lower >= 0.0 && bounds.capacity.lower > 0.69, "{bounds:?}");
        // The network's own parameters give a bracket, too, whose upper end is the measured risk.
        let own = Array2::from_shape_fn((M, D + 1), |(k, j)| match j {
            D => parameters[bias.range.start + k],
            _ => parameters[weight.range.start + k * D + j],
        });
        let own = at(&own);
        assert!((own.upper - measured.risk()).abs() < 1e-13 && own.lower <= least.upper, "{own:?}");
    }
}

#[test]
fn where_one_network_serves_all_samples_there_is_no_capacity_risk() {
    // Labels from a linear teacher: R_inf = 0, and the bounds are those of the risk itself.
    let tape = DenseChain::new(0, 0).tape(Shape::vector(D), M).unwrap();
    let probe = Probe::<f64>::new(tape.clone(), Arc::new(SquaredError));
    let mut stream = Seed::new(5).stream();
    let inputs = matrix(&mut stream, N, D);
    // Integers, so that the teacher's labels are exact.
    let inputs = inputs.mapv(|x| (8.0 * x).round());
    let targets = inputs.dot(&matrix(&mut stream, D, M).mapv(|w| (8.0 * w).round()));
    let least = least(&inputs, &targets);
    assert!(least.upper < 1e-60, "{least:?}");
    let parameters: Vec<f64> = (0..tape.parameters().len()).map(|_| stream.random_range(-1.0..1.0)).collect();
    let measured = probe.measure(&parameters, inputs.view(), targets.view()).unwrap();
    let bounds = bounds(&measured, least);
    assert!(bounds.hold() && bounds.capacity.upper < 1e-10 * measured.risk());
}
