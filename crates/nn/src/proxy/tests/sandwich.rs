//! E5: the sandwich as a proxy PL inequality, against the measurements of a probe.

use super::*;
use crate::measurement::Probe;
use crate::models::{DenseChain, Model};
use crate::proxy::{SandwichInstance, SandwichObjective};
use fenchel_convexity::losses::SquaredError;
use fenchel_convexity::proxy::{Comparator, Descent, Oracle};
use fenchel_tensor::{Activation, Shape};
use std::sync::Arc;

fn instance(index: u64, objective: SandwichObjective) -> SandwichInstance {
    let mut stream = stream("sandwich", index);
    let target = match objective {
        SandwichObjective::SquaredError => unit(&mut stream, 3),
        SandwichObjective::CrossEntropy => {
            let label = stream.random_range(0..3);
            Array1::from_shape_fn(3, |i| if i == label { 1.0 } else { 0.0 })
        }
    };
    SandwichInstance::new(unit(&mut stream, 4), target, 6, Activation::Tanh, objective).unwrap()
}

#[test]
fn the_structural_matrix_and_the_gradient_are_the_probes() {
    let mut stream = stream("probe", 0);
    let (x, y) = (unit(&mut stream, 4), unit(&mut stream, 3));
    let instance =
        SandwichInstance::new(x.clone(), y.clone(), 6, Activation::Relu, SandwichObjective::SquaredError)
            .unwrap();
    let parameters = instance.gaussian(Seed::new(1));
    let tape = DenseChain::new(1, 6).tape(Shape::vector(4), 3).unwrap();
    assert_eq!(tape.parameters().len(), instance.dimension());
    let probe = Probe::<f64>::new(tape, Arc::new(SquaredError));
    let measured = probe
        .measure(
            parameters.as_slice().unwrap(),
            x.insert_axis(ndarray::Axis(0)).view(),
            y.insert_axis(ndarray::Axis(0)).view(),
        )
        .unwrap();
    let seen = instance.observe(&parameters).unwrap();
    let sample = &measured.samples[0];
    assert!((sample.excess - seen.f).abs() < 1e-13);
    assert!((sample.squared_gradient_norm - seen.gradient.dot(&seen.gradient)).abs() < 1e-12);
    let lambda = instance.lambda_min(parameters.view()).unwrap();
    let least = sample.eigenvalues.min;
    assert!((least - lambda).abs() < 1e-12, "{least} {lambda}");
}

#[test]
fn the_guarantee_holds_with_the_heads_floor() {
    for index in 0..PROBLEMS {
        for objective in [SandwichObjective::SquaredError, SandwichObjective::CrossEntropy] {
            let instance = instance(index, objective);
            let start = instance.gaussian(Seed::new(index));
            let comparator = Comparator::new(start.clone(), 0.0).unwrap();
            let run = Descent::new(0.05, 150).unwrap().gradient(&instance, &start, &comparator).unwrap();
            // T12: lambda >= 1.
            let first = run.steps()[0].f;
            let guarantee = instance.guarantee(first, 1.0, 20.0).unwrap();
            assert_sound(&guarantee.check(&[run]).unwrap(), "GD");
            let noisy = instance.clone().with_noise(0.1).unwrap();
            let runs = Descent::new(0.05, 60)
                .unwrap()
                .stochastic(&noisy, &start, &comparator, RUNS, Seed::new(index))
                .unwrap();
            let guarantee = noisy.guarantee(first, 1.0, 20.0).unwrap();
            assert_sound(&guarantee.check(&runs).unwrap(), "SGD");
        }
    }
}

/// lambda overstated, a step without descent, the smoothness understated.
#[test]
fn near_misses_are_seen() {
    for index in 0..PROBLEMS {
        for objective in [SandwichObjective::SquaredError, SandwichObjective::CrossEntropy] {
            let instance = instance(index, objective);
            let start = instance.gaussian(Seed::new(index));
            let comparator = Comparator::new(start.clone(), 0.0).unwrap();
            let run =
                |step: f64| Descent::new(step, 60).unwrap().gradient(&instance, &start, &comparator).unwrap();
            let slow = run(0.02);
            let first = slow.steps()[0].f;
            // Four times as much as lambda_max can be is too much for any residual.
            let most = 4.0 * (1.0 + 6.0 + 2.0 * start.dot(&start)) * 2.0;
            let greedy = instance.guarantee(first, most, 20.0).unwrap();
            assert_unmet(&greedy.check(&[slow]).unwrap(), "‖∇f(w)‖^alpha");
            let honest = instance.guarantee(first, 1.0, 20.0).unwrap();
            let fast = honest.check(&[run(0.2)]).unwrap();
            assert_unmet(&fast, "eta <= 1/L");
            let noisy = instance.clone().with_noise(0.1).unwrap();
            let runs = Descent::new(0.02, 30)
                .unwrap()
                .stochastic(&noisy, &start, &comparator, 2, Seed::new(index))
                .unwrap();
            let flat = noisy.guarantee(first, 1.0, 0.01).unwrap();
            assert_unmet(&flat.check(&runs).unwrap(), "f(w+)");
        }
    }
}

#[test]
fn senseless_instances_are_refused() {
    let (x, y) = (Array1::from(vec![1.0]), Array1::from(vec![1.0, 0.0]));
    let make = |x: &Array1<f64>, y: &Array1<f64>, width, objective| {
        SandwichInstance::new(x.clone(), y.clone(), width, Activation::Tanh, objective)
    };
    assert!(make(&x, &y, 0, SandwichObjective::CrossEntropy).is_err());
    assert!(make(&x, &Array1::from(vec![0.5, 0.5]), 2, SandwichObjective::CrossEntropy).is_err());
    assert!(make(&Array1::from(vec![f64::NAN]), &y, 2, SandwichObjective::SquaredError).is_err());
    let good = make(&x, &y, 2, SandwichObjective::CrossEntropy).unwrap();
    assert!(good.mu(0.0).is_err());
    assert!(good.lambda_min(Array1::zeros(3).view()).is_err());
    assert!(good.with_noise(-1.0).is_err());
}
