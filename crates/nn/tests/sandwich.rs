//! Theorems T10 and T11 on random networks: measured sandwiches against brute force, and the bounds themselves.

use std::sync::Arc;

use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy, SquaredError};
use fenchel_nn::measurement::{MeasuredSample, Probe, SampleBounds, layer_sums};
use fenchel_nn::models::{ConvChain, DenseChain, LeNet5, Model, Skip, ViT};
use fenchel_nn::{Initialiser, Trainer, evaluate, one_hot, optimisers::Sgd};
use fenchel_random::Seed;
use fenchel_tensor::{Engine, Real, Shape, Sweep, Tape, TapeBuilder};
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
        (Box::new(ViT { patch: 4, features: 8, heads: 2, hidden: 12, blocks: 2 }), image),
    ];
    for skip in [Skip::None, Skip::Plain, Skip::Scaled, Skip::LayerNorm, Skip::PreLayerNorm] {
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
    fn the_measured_sandwich_is_the_brute_force_one(index in 0_usize..9, which in 0_usize..2, seed: u64) {
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
            let mut pass = sweep.forward(&parameters, inputs.slice(s![b..=b, ..])).unwrap();
            let output = pass.outputs().row(0).to_owned();
            let jacobian = pass.jacobian().index_axis(Axis(0), 0).to_owned();
            let mut residual = output.clone();
            let value = loss.value_and_residual(&targets.row(b), &output, &mut residual).unwrap();
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

/// `f = w3' W2 W1 x` with `W1 = 0` and one output, so that both bounds are equalities: the columns of W2 are
/// orthogonal to w3 up to delta, and the product in the middle cancels by 1/delta.
#[test]
fn a_product_that_cancels_is_no_violation() {
    const WIDTH: usize = 12;
    let mut net = TapeBuilder::new(Shape::vector(3));
    let h = net.dense_without_bias("1", net.input(), WIDTH).unwrap();
    let h = net.dense_without_bias("2", h, WIDTH).unwrap();
    let y = net.dense_without_bias("3", h, 1).unwrap();
    let tape = Arc::new(net.finish(y).unwrap());
    let probe = Probe::<f64>::new(tape.clone(), Arc::new(SquaredError));
    for power in [3, 6, 9, 12] {
        let mut stream = Seed::new(power).stream();
        let mut draw =
            |count: usize| -> Vec<f64> { (0..count).map(|_| stream.random_range(0.5..1.5)).collect() };
        let outer = draw(WIDTH);
        let square: f64 = outer.iter().map(|w| w * w).sum();
        let mut middle = draw(WIDTH * WIDTH);
        for column in 0..WIDTH {
            let along: f64 =
                (0..WIDTH).map(|row| middle[row * WIDTH + column] * outer[row]).sum::<f64>() / square;
            for row in 0..WIDTH {
                middle[row * WIDTH + column] -= (1.0 - 0.1_f64.powi(power as i32)) * along * outer[row];
            }
        }
        let parameters = [vec![0.0; 3 * WIDTH], middle, outer].concat();
        let inputs = Array2::from_shape_vec((16, 3), draw(48)).unwrap();
        let measured = probe.measure(&parameters, inputs.view(), Array2::ones((16, 1)).view()).unwrap();
        assert_eq!(measured.violations(), (16, 0), "delta 1e-{power}");
        if power == 6 {
            judged_again(&tape, &parameters, &inputs);
        }
    }
}

/// A squared norm that is off by 1e-11 is beyond the estimate and within the running bound; one that is off by
/// 1e-4 is beyond both.
fn judged_again(tape: &Arc<Tape>, parameters: &[f64], inputs: &Array2<f64>) {
    let (target, residual) = (ndarray::array![1.0], ndarray::array![-1.0]);
    let estimate = tape.backward_roundoff::<f64>();
    let mut sweep = Sweep::new(tape.clone());
    let mut pass = sweep.forward(parameters, inputs.view()).unwrap();
    let structure = pass.structure();
    for sample in 0..inputs.nrows() {
        let eigenvalue = structure[[sample, 0, 0]];
        let judged = |off: f64| {
            let measured = MeasuredSample {
                residual: residual.view(),
                excess: 0.5,
                squared_gradient_norm: eigenvalue * (1.0 + off),
                ends: [eigenvalue; 2],
                sum_zero_ends: None,
            };
            SampleBounds::new(&pass, sample, &SquaredError.bounds(&target).unwrap(), &measured, estimate)
                .unwrap()
        };
        let (plain, again, wrong) = (judged(0.0), judged(1e-11), judged(1e-4));
        let relative = |bounds: &SampleBounds| bounds.roundoff.squared_norm / eigenvalue;
        assert!(relative(&plain) < 1e-12 && relative(&again) > 1e-11 && relative(&again) < 1e-6);
        assert_eq!((plain.sandwich.violation(), again.sandwich.violation()), (None, None));
        assert!(wrong.sandwich.violation().is_some());
    }
}

/// Two features and five outputs by a fixed matrix: A has rank 2 whatever the parameters.
fn singular<T: Real>() {
    let mut net = TapeBuilder::new(Shape::vector(6));
    let h = net.dense("0", net.input(), 8).unwrap();
    let h = net.activation(h, fenchel_tensor::Activation::Tanh).unwrap();
    let h = net.dense("2", h, 2).unwrap();
    let fixed = Array2::from_shape_fn((5, 2), |(i, j)| ((3 * i + 7 * j) as f64).sin());
    let y = net.fixed_dense("3", h, fixed.view()).unwrap();
    let tape = Arc::new(net.finish(y).unwrap());
    let mut stream = Seed::new(5).stream();
    let mut draw =
        |count: usize| -> Vec<T> { (0..count).map(|_| T::of(stream.random_range(-1.0..1.0))).collect() };
    let parameters = draw(tape.parameters().len());
    let inputs = Array2::from_shape_vec((300, 6), draw(1800)).unwrap();
    let targets = one_hot(&[1; 300], 5).unwrap();
    let probe = Probe::<T>::new(tape.clone(), Arc::new(SquaredError));
    let infinite = f64::INFINITY;
    for sample in probe.measure(&parameters, inputs.view(), targets.view()).unwrap().samples {
        let error = sample.eigenvalues.structural_error();
        assert_eq!((sample.eigenvalues.min, error.u, error.d), (0.0, infinite, infinite));
        assert_eq!((sample.sandwich.upper, sample.sandwich.violation()), (infinite, None));
        assert!(sample.sandwich.lower > 0.0 && error.l.is_finite());
    }
    for sum in layer_sums(&Engine::<T>::new(tape), &parameters, inputs.view()).unwrap() {
        let error = sum.whole.eigenvalues.structural_error();
        assert_eq!((error.u, error.d), (infinite, infinite));
    }
}

#[test]
fn the_sign_of_a_rounding_error_does_not_decide_what_is_singular() {
    singular::<f64>();
    singular::<f32>();
}

#[test]
fn a_dead_network_has_the_worst_structural_error_and_no_upper_bound() {
    let mut net = TapeBuilder::new(Shape::vector(2));
    let h = net.dense_without_bias("0", net.input(), 1).unwrap();
    let h = net.relu(h);
    let y = net.dense_without_bias("2", h, 3).unwrap();
    let tape = Arc::new(net.finish(y).unwrap());
    let parameters = [-1.0, -1.0, 1.0, 2.0, 3.0];
    let inputs = ndarray::array![[1.0, 1.0], [0.5, 2.0]];
    for loss in losses() {
        let probe = Probe::<f64>::new(tape.clone(), loss);
        let measured =
            probe.measure(&parameters, inputs.view(), one_hot(&[0, 1], 3).unwrap().view()).unwrap();
        for sample in measured.samples {
            let error = sample.eigenvalues.structural_error();
            assert_eq!([error.u, error.l, error.d], [f64::INFINITY; 3]);
            assert_eq!((sample.sandwich.lower, sample.sandwich.upper), (0.0, f64::INFINITY));
            assert_eq!(sample.sandwich.violation(), None);
        }
    }
}

/// With two classes both bounds are the loss itself, and near its largest residual a unit of it is many units
/// of the bounds.
fn bounds_as_written<T: Real>(largest: u32) {
    let tape = DenseChain::new(0, 0).tape(Shape::vector(1), 2).unwrap();
    let probe = Probe::<T>::new(tape, Arc::new(SoftmaxCrossEntropy));
    let targets = one_hot(&[1], 2).unwrap();
    for tenths in 1..=10 * largest {
        let logit = T::of(f64::from(tenths) / 10.0);
        let parameters = [T::zero(), T::zero(), logit, T::zero()];
        let inputs = Array2::from_elem((1, 1), T::of(0.3));
        let measured = probe.measure(&parameters, inputs.view(), targets.view()).unwrap();
        let sandwich = measured.samples[0].sandwich;
        assert!(sandwich.lower <= sandwich.excess && sandwich.excess <= sandwich.upper, "{sandwich:?}");
        assert!(sandwich.lower >= 0.0);
    }
}

#[test]
fn bounds_hold_as_they_are_written_at_large_losses() {
    bounds_as_written::<f64>(60);
    bounds_as_written::<f32>(40);
}
