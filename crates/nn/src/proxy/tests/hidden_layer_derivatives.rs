//! The closed forms of the hidden layer against the tape, and of the two oracles against finite differences.

use super::*;
use crate::proxy::{
    Classification, HiddenLayer, SandwichInstance, SandwichObjective, Surrogate, TangentInstance,
};
use fenchel_convexity::proxy::Oracle;
use fenchel_tensor::{Activation, Shape, Sweep, TapeBuilder};
use ndarray::Axis;
use std::sync::Arc;

#[test]
fn outputs_and_gradients_are_the_tapes() {
    for (problem, activation) in
        [Activation::LeakyRelu { slope: 0.3 }, Activation::Tanh, Activation::Softplus].into_iter().enumerate()
    {
        let mut stream = stream("tape", problem as u64);
        let (d, m, n) = (3, 7, 5);
        let net = HiddenLayer::new(d, m, activation).unwrap();
        let weights = net.gaussian(1.0, Seed::new(problem as u64));
        let inputs = Array2::from_shape_simple_fn((n, d), || stream.random_range(-1.0..1.0));

        let mut tape = TapeBuilder::new(Shape::vector(d));
        let x = tape.input();
        let hidden = tape.dense_without_bias("hidden", x, m).unwrap();
        let hidden = tape.activation(hidden, activation).unwrap();
        let output = tape.dense_without_bias("outer", hidden, 1).unwrap();
        let tape = Arc::new(tape.finish(output).unwrap());
        let mut parameters = weights.to_vec();
        parameters.extend((0..m).map(|j| net.outer_weight(j)));
        let mut sweep = Sweep::new(tape);
        let mut pass = sweep.forward(&parameters, inputs.view()).unwrap();
        let by_tape = pass.outputs().column(0).to_owned();
        let outputs = net.outputs(weights.view(), inputs.view()).unwrap();
        assert!((&outputs - &by_tape).iter().all(|e| e.abs() < 1e-14), "{outputs} {by_tape}");
        let jacobian = pass.jacobian();
        let z = net.pre_activations(weights.view(), inputs.view()).unwrap();
        let squares = net.squared_gradients(&z, inputs.view());
        for i in 0..n {
            let row = jacobian.index_axis(Axis(0), i).row(0).slice(ndarray::s![..m * d]).to_owned();
            let mut one = Array1::zeros(n);
            one[i] = 1.0;
            let gradient = net.weighted_gradient(&z, inputs.view(), one.view());
            assert!((&gradient - &row).iter().all(|e| e.abs() < 1e-14));
            assert!((squares[i] - row.dot(&row)).abs() < 1e-13);
            // The linear response to a direction.
            let direction = Array1::from_shape_simple_fn(m * d, || stream.random_range(-1.0..1.0));
            let along = net.pre_activations(direction.view(), inputs.view()).unwrap();
            assert!((net.linear_response(&z, &along)[i] - row.dot(&direction)).abs() < 1e-13);
        }
    }
}

/// The gradient of an oracle by central differences of its f.
fn assert_gradient(oracle: &dyn Oracle, w: &Array1<f64>) {
    let seen = oracle.observe(w).unwrap();
    for i in 0..w.len() {
        let f = |t: f64| {
            let mut w = w.clone();
            w[i] += t;
            oracle.observe(&w).unwrap().f
        };
        let h = 1e-5;
        let difference = (f(h) - f(-h)) / (2.0 * h);
        // Round-off u f / h and truncation h² f''' / 6, with room for third derivatives of order ten.
        assert!(
            (difference - seen.gradient[i]).abs() < 1e-8 * (1.0 + seen.f),
            "{difference} {}",
            seen.gradient[i]
        );
    }
}

#[test]
fn oracles_differentiate_their_losses_and_state_their_second_moments() {
    for problem in 0..10 {
        let mut stream = stream("oracle", problem);
        let v = unit(&mut stream, 4);
        let (inputs, labels) = separable(&mut stream, v.view(), 12, 0.2, 2);
        let net = HiddenLayer::new(4, 6, Activation::Tanh).unwrap();
        let w = net.gaussian(1.0, Seed::new(problem));
        let task = Classification::new(net, inputs, labels).unwrap();
        let oracle = task.oracle(Surrogate::Slope, 1).unwrap();
        assert_gradient(&oracle, &w);
        let (loss, by_task) = task.loss_and_gradient(w.view()).unwrap();
        let seen = oracle.observe(&w).unwrap();
        let error = seen.error.unwrap();
        assert!((loss - seen.f).abs() <= error.f);
        assert!((&by_task - &seen.gradient).iter().all(|e| e.abs() <= error.gradient));
        let margins = task.margins(w.view()).unwrap();
        assert!((margins.slope - seen.g).abs() <= error.g && margins.wrong <= 2.0 * margins.slope);
        // The mean over draws of one sample.
        let (mut mean, mut moment, draws) = (Array1::<f64>::zeros(w.len()), 0.0, 3000);
        for _ in 0..draws {
            let sampled = oracle.sample(&w, &mut stream).unwrap();
            mean += &sampled;
            moment += sampled.dot(&sampled);
        }
        let draws = f64::from(draws);
        let error = &mean / draws - &seen.gradient;
        assert!(error.dot(&error) < 36.0 * seen.second_moment / draws);
        assert!(
            (moment / draws - seen.second_moment).abs() < 6.0 * seen.second_moment * (12.0 / draws).sqrt()
        );

        for objective in [SandwichObjective::SquaredError, SandwichObjective::CrossEntropy] {
            let target = Array1::from(vec![0.0, 1.0, 0.0]);
            let x = unit(&mut stream, 4) * 2.0;
            let instance = SandwichInstance::new(x, target, 5, Activation::Tanh, objective).unwrap();
            let start = instance.gaussian(Seed::new(problem));
            assert_gradient(&instance, &start);
        }
    }
}

#[test]
fn nonlinearities_follow_their_definition() {
    for problem in 0..10 {
        let mut stream = stream("nonlinearity", problem);
        let v = unit(&mut stream, 3);
        let (inputs, labels) = separable(&mut stream, v.view(), 8, 0.2, 0);
        let net = HiddenLayer::new(3, 10, Activation::LeakyRelu { slope: 0.2 }).unwrap();
        let start = net.gaussian(1.0, Seed::new(problem));
        let task = Classification::new(net.clone(), inputs, labels).unwrap();
        let instance = TangentInstance::new(task.clone(), start.clone(), 1.0).unwrap();
        let (w, v) = (net.gaussian(1.0, Seed::new(100)), net.gaussian(1.0, Seed::new(101)));
        let (e, linearisation) = instance.nonlinearity(w.view(), v.view()).unwrap();
        let (at_w, gradient) = task.loss_and_gradient(w.view()).unwrap();
        let at_v = task.margins(v.view()).unwrap().loss;
        assert!((e - (at_w - at_v - gradient.dot(&(&w - &v)))).abs() < 1e-13);
        assert!(e <= linearisation + 1e-14);
    }
}
