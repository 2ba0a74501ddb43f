//! T21 on networks: against explicit Jacobians, and against the sandwich of T11 where both are l_2.

use std::sync::Arc;

use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy, SquaredError};
use fenchel_convexity::theorems::general_norms::{Constants, Gradients, Sample, check};
use fenchel_nn::Initialiser;
use fenchel_nn::measurement::{GeneralSandwich, Probe, general_sandwiches};
use fenchel_nn::models::{DenseChain, Model};
use fenchel_random::Seed;
use fenchel_tensor::{Engine, Shape, Sweep, Tape};
use ndarray::{Array2, ArrayView2};

const INPUTS: usize = 5;
const OUTPUTS: usize = 4;
const SAMPLES: usize = 9;

fn network(seed: u64) -> (Arc<Tape>, Vec<f64>, Array2<f64>, Array2<f64>) {
    let tape = DenseChain::new(2, 9).tape(Shape::vector(INPUTS), OUTPUTS).unwrap();
    let parameters = Initialiser::FanInUniform.draw(&tape, Seed::new(seed)).unwrap();
    let mut stream = Seed::new(seed).derive("samples").stream();
    let inputs = Array2::from_shape_simple_fn((SAMPLES, INPUTS), || stream.random_range(-1.0..1.0));
    let targets = Array2::from_shape_fn((SAMPLES, OUTPUTS), |(i, k)| f64::from(i % OUTPUTS == k));
    (tape, parameters, inputs, targets)
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * (a.abs() + b.abs())
}

#[test]
fn it_is_what_the_checker_says_of_the_explicit_jacobian() {
    let losses: [&dyn Loss; 2] = [&SoftmaxCrossEntropy, &SquaredError];
    for seed in 0..12 {
        let (tape, parameters, inputs, targets) = network(seed);
        let mut sweep = Sweep::<f64>::new(tape.clone());
        let mut pass = sweep.forward(&parameters, inputs.view()).unwrap();
        let (outputs, jacobians) = (pass.outputs().to_owned(), pass.jacobian());
        let names: Vec<String> = tape.layers_with_parameters().iter().map(ToString::to_string).collect();
        let length = |name: &String| {
            let own = |slot: &&fenchel_tensor::Slot| slot.name.rsplit_once('.').unwrap().0 == name;
            tape.parameters().slots().iter().filter(own).map(|slot| slot.range.len()).sum::<usize>()
        };
        let lengths: Vec<usize> = names.iter().map(length).collect();
        assert_eq!(lengths.iter().sum::<usize>(), parameters.len());
        let engine = Engine::<f64>::new(tape.clone());
        for loss in losses {
            for (p, s) in [(1.0, 2.0), (2.0, 2.0), (f64::INFINITY, 2.0), (1.0, 1.0), (3.0, f64::INFINITY)] {
                let found =
                    general_sandwiches(&engine, loss, &parameters, inputs.view(), targets.view(), (p, s))
                        .unwrap();
                for (i, found) in found.iter().enumerate() {
                    let sample = Sample {
                        jacobian: jacobians.index_axis(ndarray::Axis(0), i).to_owned(),
                        target: targets.row(i).to_owned(),
                        output: outputs.row(i).to_owned(),
                    };
                    let gradients = Gradients::Layers(s, lengths.clone());
                    let constants = Constants::of(&sample, loss, p, &gradients).unwrap();
                    assert!(near(constants.induced, found.induced.upper), "{p} {s}: {found:?} {constants:?}");
                    assert!(near(constants.lower, found.least.lower), "{p} {s}: {found:?} {constants:?}");
                    assert!(check(&sample, loss, p, &gradients, constants).unwrap().verdict().holds());
                    let GeneralSandwich { excess, lower, upper, gradient, residual, .. } = *found;
                    assert!(lower <= excess * (1.0 + 1e-9) && excess <= upper * (1.0 + 1e-9), "{found:?}");
                    // The hypothesis behind it, with the gradient itself.
                    assert!(found.least.lower * residual <= gradient.upper * (1.0 + 1e-9));
                    assert!(gradient.lower <= found.induced.upper * residual * (1.0 + 1e-9));
                }
            }
        }
    }
}

#[test]
fn in_l_2_it_is_the_sandwich_of_the_probe() {
    fn of(loss: Arc<dyn Loss>, (tape, parameters, x, y): &(Arc<Tape>, Vec<f64>, Array2<f64>, Array2<f64>)) {
        let engine = Engine::<f64>::new(tape.clone());
        let (x, y): (ArrayView2<'_, f64>, ArrayView2<'_, f64>) = (x.view(), y.view());
        let found = general_sandwiches(&engine, &*loss, parameters, x, y, (2.0, 2.0)).unwrap();
        let probe = Probe::<f64>::new(tape.clone(), loss).measure(parameters, x, y).unwrap();
        for (found, sample) in found.iter().zip(&probe.samples) {
            assert!(near(found.lower, sample.sandwich.lower), "{found:?} {sample:?}");
            assert!(near(found.upper, sample.sandwich.upper), "{found:?} {sample:?}");
        }
    }
    for seed in 20..26 {
        of(Arc::new(SquaredError), &network(seed));
    }
}

#[test]
fn misfits_are_refused_and_a_dead_network_says_nothing() {
    let (tape, parameters, x, y) = network(1);
    let engine = Engine::<f64>::new(tape.clone());
    let of = |parameters: &[f64], y: &Array2<f64>, norms| {
        general_sandwiches(&engine, &SquaredError, parameters, x.view(), y.view(), norms)
    };
    assert!(of(&parameters, &y, (0.5, 2.0)).is_err() && of(&parameters, &y, (2.0, f64::NAN)).is_err());
    assert!(of(&parameters[1..], &y, (2.0, 2.0)).is_err());
    assert!(of(&parameters, &Array2::zeros((SAMPLES, OUTPUTS + 1)), (2.0, 2.0)).is_err());
    assert!(of(&parameters, &Array2::zeros((1, OUTPUTS)), (2.0, 2.0)).is_err());
    // Zero weights: the head's bias alone moves the outputs, layer by layer nothing else does.
    let zeros = of(&vec![0.0; parameters.len()], &y, (1.0, f64::INFINITY)).unwrap();
    assert!(zeros.iter().all(|found| found.lower <= found.excess && found.excess <= found.upper));
}
