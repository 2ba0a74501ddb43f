//! Theorems T10 and T11 on random networks: measured sandwiches against brute force, and the bounds themselves.

use std::sync::Arc;

use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy, SquaredError};
use fenchel_nn::measurement::Probe;
use fenchel_nn::models::{ConvChain, DenseChain, LeNet5, Model, Skip};
use fenchel_nn::{Initialiser, Trainer, evaluate, one_hot, optimisers::Sgd};
use fenchel_random::{Rng, Seed};
use fenchel_tensor::{Shape, Sweep};
use ndarray::{Array2, Axis, s};
use proptest::prelude::*;

fn losses() -> [Arc<dyn Loss>; 2] {
    [Arc::new(SoftmaxCrossEntropy), Arc::new(SquaredError)]
}

fn models() -> Vec<(Box<dyn Model>, Shape)> {
    let image = Shape::image(2, 8, 8);
    let mut models: Vec<(Box<dyn Model>, Shape)> = vec![
        (Box::new(ConvChain { modules: 3, skip: false }), image),
        (Box::new(ConvChain { modules: 3, skip: true }), image),
        (Box::new(LeNet5), Shape::image(1, 20, 20)),
    ];
    for skip in [Skip::None, Skip::Plain, Skip::Scaled, Skip::LayerNorm] {
        models.push((Box::new(DenseChain::new(3, 9).with_skip(skip)), image));
    }
    models
}

fn samples(shape: Shape, count: usize, seed: Seed) -> (Array2<f64>, Array2<f64>) {
    let mut stream = seed.stream();
    let mut inputs = Array2::from_shape_simple_fn((count, shape.len()), || stream.random_range(-1.0..1.0));
    let labels: Vec<usize> = (0..count).map(|_| stream.random_range(0..4)).collect();
    // The label shows in the brightness, so that there is something to learn.
    for (mut row, &label) in inputs.rows_mut().into_iter().zip(&labels) {
        row += 0.5 * label as f64 - 0.75;
    }
    (inputs, one_hot(&labels, 4).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_measured_sandwich_is_the_brute_force_one(index in 0_usize..7, which in 0_usize..2, seed: u64) {
        let (model, shape) = models().swap_remove(index);
        let loss = losses()[which].clone();
        let tape = model.tape(shape, 4).unwrap();
        let seed = Seed::new(seed);
        let parameters = Initialiser::FanInUniform.draw(&tape, seed).unwrap();
        let (inputs, targets) = samples(shape, 3, seed.derive("samples"));
        let probe = Probe::new(tape.clone(), loss.clone());
        let measured = probe.measure(&parameters, inputs.view(), targets.view()).unwrap();
        for (b, sample) in measured.samples.iter().enumerate() {
            let mut sweep = Sweep::new(tape.clone());
            let output = sweep.forward(&parameters, inputs.slice(s![b..=b, ..])).unwrap().row(0).to_owned();
            let jacobian = sweep.jacobian(&parameters).unwrap().index_axis(Axis(0), 0).to_owned();
            let mut residual = output.clone();
            let value = loss.value_and_residual(targets.row(b), output.view(), residual.view_mut()).unwrap();
            let gradient = residual.dot(&jacobian);
            prop_assert!((sample.excess - value).abs() <= 1e-13 * value);
            let square = gradient.dot(&gradient);
            prop_assert!((sample.squared_gradient_norm - square).abs() <= 1e-10 * square);
            // T10 with the residual that was measured, whatever the loss.
            let slack = 1e-10 * sample.eigenvalues.max * sample.squared_residual_norm;
            prop_assert!(sample.eigenvalues.min * sample.squared_residual_norm <= square + slack);
            prop_assert!(square <= sample.eigenvalues.max * sample.squared_residual_norm + slack);
            // T12: the head is linear with bias, so lambda_min >= 1.
            prop_assert!(sample.eigenvalues.min >= 1.0 - 1e-9);
        }
        let (checked, violated) = measured.violations();
        prop_assert_eq!(checked, if loss.residual_sums_to_zero() { 6 } else { 3 });
        prop_assert_eq!(violated, 0);
    }
}

/// The sandwich holds along training too, for true and for wrong labels, and training lowers the risk.
#[test]
fn bounds_hold_along_training() {
    for (model, shape) in models() {
        for loss in losses() {
            let tape = model.tape(shape, 4).unwrap();
            let (inputs, targets) = samples(shape, 32, Seed::new(1));
            let probe = Probe::new(tape.clone(), loss.clone());
            let measure = |parameters: &[f64], targets: &Array2<f64>| {
                probe.measure(parameters, inputs.view(), targets.view()).unwrap()
            };
            let start = Initialiser::FanInUniform.draw(&tape, Seed::new(2)).unwrap();
            let sgd = Box::new(Sgd::new(0.02, 0.9).unwrap());
            let mut trainer = Trainer::<f32>::new(
                tape.clone(),
                start.iter().map(|&p| p as f32).collect(),
                loss.clone(),
                sgd,
            );
            let inputs32 = inputs.mapv(|v| v as f32);
            let first = measure(&start, &targets);
            for step in 0..60 {
                trainer.step(inputs32.view(), targets.view()).unwrap();
                if step % 20 == 19 {
                    let now: Vec<f64> = trainer.parameters().iter().map(|&p| f64::from(p)).collect();
                    let wrong = Array2::from_shape_fn(targets.dim(), |(i, j)| targets[[i, (j + 1) % 4]]);
                    for measured in [measure(&now, &targets), measure(&now, &wrong)] {
                        assert_eq!(measured.violations().1, 0, "{} {}", model.name(), loss.name());
                    }
                }
            }
            let last: Vec<f64> = trainer.parameters().iter().map(|&p| f64::from(p)).collect();
            let last = measure(&last, &targets);
            assert!(last.risk() < 0.9 * first.risk(), "{} {}: {}", model.name(), loss.name(), last.risk());
        }
    }
}

#[test]
fn mistakes_are_named() {
    let tape = LeNet5.tape(Shape::image(1, 20, 20), 10).unwrap();
    let probe = Probe::<f64>::new(tape.clone(), losses()[0].clone());
    let parameters = vec![0.0; tape.parameters().len()];
    let refused = |targets: (usize, usize)| {
        let measured =
            probe.measure(&parameters, Array2::zeros((2, 400)).view(), Array2::zeros(targets).view());
        measured.unwrap_err().to_string()
    };
    assert!(refused((3, 10)).contains("2 rows"));
    assert!(refused((2, 9)).contains("targets"));
    let error = one_hot(&[1, 7], 5).unwrap_err().to_string();
    assert!(error.contains("sample 1 is 7") && error.contains("0 to 4"), "{error}");
    let error = LeNet5.tape(Shape::vector(400), 10).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        error,
        "layer `conv1` got an input of shape 400, but needs an image (channels x height x width)"
    );
}

#[test]
fn a_mean_over_no_sample_is_refused() {
    let tape = DenseChain::new(1, 5).tape(Shape::vector(3), 2).unwrap();
    let parameters = vec![0.1_f32; tape.parameters().len()];
    let sgd = Box::new(Sgd::new(0.1, 0.0).unwrap());
    let mut trainer = Trainer::new(tape, parameters.clone(), losses()[0].clone(), sgd);
    let (inputs, targets) = (Array2::<f32>::zeros((0, 3)), Array2::zeros((0, 2)));
    let error = trainer.step(inputs.view(), targets.view()).unwrap_err().to_string();
    assert!(error.contains("at least one sample"), "{error}");
    assert_eq!((trainer.steps(), trainer.parameters()), (0, &parameters[..]));
    let evaluated = evaluate(trainer.engine(), &parameters, &*losses()[0], inputs.view(), targets.view());
    assert!(evaluated.unwrap_err().to_string().contains("at least one sample"));
}

#[test]
fn a_nan_in_the_inputs_stops_training() {
    let tape = DenseChain::new(1, 5).tape(Shape::vector(3), 2).unwrap();
    let parameters = vec![0.1_f32; tape.parameters().len()];
    let mut trainer =
        Trainer::new(tape, parameters.clone(), losses()[0].clone(), Box::new(Sgd::new(0.1, 0.0).unwrap()));
    let mut inputs = Array2::<f32>::ones((2, 3));
    inputs[[1, 2]] = f32::NAN;
    let error = trainer.step(inputs.view(), one_hot(&[0, 1], 2).unwrap().view()).unwrap_err();
    let message = error.to_string();
    assert!(message.contains("step 0, row 1 of the batch has the input NaN at feature 2"), "{message}");
    assert_eq!(trainer.parameters(), parameters);
}
