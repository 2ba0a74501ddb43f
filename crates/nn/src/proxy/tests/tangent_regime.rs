//! E4: the tangent regime, its measured and proved errors, and their near misses.

use super::*;
use crate::proxy::{Classification, HiddenLayer, TangentInstance};
use fenchel_convexity::proxy::{Comparator, Descent};
use fenchel_tensor::Activation;

const LEAKY: Activation = Activation::LeakyRelu { slope: 0.1 };

fn instance(index: u64, width: usize, activation: Activation, radius: f64) -> TangentInstance {
    let mut stream = stream("tangent", index);
    let v = unit(&mut stream, 4);
    let (inputs, labels) = separable(&mut stream, v.view(), 10, 0.2, 0);
    let net = HiddenLayer::new(4, width, activation).unwrap();
    let start = net.gaussian(1.0, Seed::new(index));
    TangentInstance::new(Classification::new(net, inputs, labels).unwrap(), start, radius).unwrap()
}

#[test]
fn the_search_stays_in_the_ball_and_below_the_bound() {
    for index in 0..PROBLEMS {
        for activation in
            [LEAKY, Activation::Tanh, Activation::Softplus, Activation::Silu, Activation::Sigmoid]
        {
            let instance = instance(index, 64, activation, 1.0);
            let found = instance.search(Seed::new(index), 20).unwrap();
            for point in [&found.w, &found.v] {
                let offset = point - &instance.start();
                assert!(offset.dot(&offset).sqrt() <= 1.0 + 1e-9);
            }
            let bound = instance.bound().unwrap();
            assert!(0.0 < found.e && found.e <= found.linearisation && found.linearisation <= bound);
            assert!(instance.random_pairs(Seed::new(index), 10).unwrap() < found.e);
        }
    }
}

#[test]
fn the_nonlinearity_falls_with_the_width() {
    // tanh: m^{-1/2}, an eighth from 16 to 1024; leaky ReLU no faster than its bound, m^{-1/6}, which is a half. That is
    // said of the mean: what is found for leaky ReLU in a single instance need not fall.
    for (activation, factor) in [(LEAKY, 0.8), (Activation::Tanh, 0.3)] {
        let of = |width| {
            let found =
                |index| instance(index, width, activation, 1.0).search(Seed::new(0), 30).unwrap().e.ln();
            ((0..4).map(found).sum::<f64>() / 4.0).exp()
        };
        let (narrow, wide) = (of(16), of(1024));
        assert!(wide < factor * narrow, "{activation:?}: {narrow} {wide}");
    }
}

#[test]
fn the_guarantee_holds_in_the_ball() {
    for index in 0..PROBLEMS {
        for activation in [LEAKY, Activation::Tanh] {
            let instance = instance(index, 128, activation, 2.0);
            let e = instance.search(Seed::new(index), 20).unwrap().e;
            let comparator = instance.comparator(0.5, 40, e).unwrap();
            let oracle = instance.oracle(1).unwrap();
            let method = Descent::new(0.5, 40).unwrap();
            let run = method.gradient(&oracle, &instance.start(), &comparator).unwrap();
            assert_sound(&instance.check(&[run], &comparator).unwrap(), "GD");
            let method = Descent::new(0.3, 40).unwrap();
            let runs =
                method.stochastic(&oracle, &instance.start(), &comparator, RUNS, Seed::new(index)).unwrap();
            assert_sound(&instance.check(&runs, &comparator).unwrap(), "SGD");
        }
    }
}

/// e claimed zero or halved: the search finds a pair that refutes it; a step beyond 2/L2; a pair outside the ball beats the ball's bound.
#[test]
fn near_misses_are_seen() {
    let mut outside = 0;
    for index in 0..PROBLEMS {
        let instance = instance(index, 64, LEAKY, 1.0);
        let found = instance.search(Seed::new(index), 20).unwrap();
        // Convexity (e = 0) fails at the pair found: <grad L(W), W - V> < L(W) - L(V), and by more than round-off.
        let (loss, gradient) = instance.task().loss_and_gradient(found.w.view()).unwrap();
        let at_v = instance.task().margins(found.v.view()).unwrap().loss;
        assert!(gradient.dot(&(&found.w - &found.v)) < loss - at_v - 0.9 * found.e && found.e > 1e-6);
        // Half the e found is refuted by a run that starts at W and is compared with V.
        let cheap = Comparator::new(found.v.clone(), at_v + 0.5 * found.e).unwrap();
        let oracle = instance.oracle(1).unwrap();
        let run = Descent::new(1e-3, 2).unwrap().gradient(&oracle, &found.w, &cheap).unwrap();
        assert_unmet(&instance.check(&[run], &cheap).unwrap(), "<∇f(w), w - v>");
        let comparator = instance.comparator(0.5, 10, found.e).unwrap();
        let limit = 2.0 / instance.task().radius().powi(2);
        let run = Descent::new(1.01 * limit, 20)
            .unwrap()
            .gradient(&oracle, &instance.start(), &comparator)
            .unwrap();
        assert_unmet(&instance.check(&[run], &comparator).unwrap(), "eta < 2/L2");
        // The radius understated.
        let small = TangentInstance::new(instance.task().clone(), instance.start().to_owned(), 0.02).unwrap();
        outside += usize::from(found.e > small.bound().unwrap());
    }
    assert_eq!(outside, PROBLEMS as usize);
}

#[test]
fn senseless_instances_are_refused() {
    let good = instance(0, 8, Activation::Tanh, 1.0);
    assert!(TangentInstance::new(good.task().clone(), Array1::zeros(3), 1.0).is_err());
    assert!(TangentInstance::new(good.task().clone(), good.start().to_owned(), 0.0).is_err());
    assert!(instance(0, 8, Activation::Relu6, 1.0).bound().is_err(), "its kinks are two");
}
