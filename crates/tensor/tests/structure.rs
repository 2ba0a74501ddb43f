//! Structural matrices, Jacobians, gradients and norms of random architectures, each against an independent computation.

mod architectures;

use architectures::{Architecture, architecture};
use fenchel_tensor::{Engine, Sweep, TensorError};
use ndarray::{Array1, Array2, Array3, Axis, s};
use proptest::prelude::*;

/// The Jacobian row by row: one ordinary backward pass of one sample for each output.
fn jacobian_one_by_one(net: &Architecture, samples: usize) -> Array3<f64> {
    let tape = net.tape();
    let parameters = net.parameters(&tape);
    let inputs = net.inputs(samples);
    let mut rows = Array3::zeros((samples, tape.outputs(), parameters.len()));
    for b in 0..samples {
        for k in 0..tape.outputs() {
            let mut sweep = Sweep::new(tape.clone());
            let mut pass = sweep.forward(&parameters, inputs.slice(s![b..=b, ..])).unwrap();
            let mut unit = Array2::zeros((1, tape.outputs()));
            unit[[0, k]] = 1.0;
            let mut row = rows.slice_mut(s![b, k, ..]);
            pass.gradient_sum(unit.view(), row.as_slice_mut().unwrap()).unwrap();
        }
    }
    rows
}

fn max_abs<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |m, &v| m.max(v.abs()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn structure_equals_the_gram_of_one_by_one_jacobians(net in architecture(), samples in 1_usize..4) {
        let tape = net.tape();
        let parameters = net.parameters(&tape);
        let rows = jacobian_one_by_one(&net, samples);
        let mut sweep = Sweep::new(tape.clone());
        let inputs = net.inputs(samples);
        let mut pass = sweep.forward(&parameters, inputs.view()).unwrap();
        let structure = pass.structure();
        let by_layer = pass.structure_by_layer();
        let jacobian = pass.jacobian();
        for b in 0..samples {
            let row = rows.index_axis(Axis(0), b);
            let gram = row.dot(&row.t());
            let scale = max_abs(&gram);
            let close = |a: &Array2<f64>| max_abs(&(a - &gram)) <= 1e-10 * scale;
            prop_assert!(close(&structure.index_axis(Axis(0), b).to_owned()));
            prop_assert!(close(&by_layer.index_axis(Axis(1), b).sum_axis(Axis(0))));
            let defect = max_abs(&(&jacobian.index_axis(Axis(0), b) - &row));
            prop_assert!(defect <= 1e-10 * max_abs(row));
        }
    }

    #[test]
    fn one_backward_pass_agrees_with_central_differences(net in architecture()) {
        let tape = net.tape();
        let parameters = Array1::from(net.parameters(&tape));
        let inputs = net.inputs(2);
        let direction = Array1::from(Architecture { seed: net.seed ^ 1, ..net.clone() }.parameters(&tape));
        let at = |t: f64| {
            let moved = &parameters + &(&direction * t);
            let mut sweep = Sweep::new(tape.clone());
            sweep.forward(moved.as_slice().unwrap(), inputs.view()).unwrap().outputs().to_owned()
        };
        let h = 1e-5;
        let (minus, here, plus) = (at(-h), at(0.0), at(h));
        // A kink between -h and h bends the function by a slope times h; a smooth function by a curvature times h^2.
        let bend = max_abs(&(&plus + &minus - &here * 2.0));
        let scale = 1.0 + max_abs(&here);
        prop_assume!(bend <= 1e-3 * h * scale);
        let difference = (&plus - &minus) / (2.0 * h);
        let mut sweep = Sweep::new(tape.clone());
        let jacobian = sweep.forward(parameters.as_slice().unwrap(), inputs.view()).unwrap().jacobian();
        for b in 0..2 {
            let derivative = jacobian.index_axis(Axis(0), b).dot(&direction);
            // Bounds: the bend that was let pass, and round-off of the outputs divided by h.
            let bound = 1e-3 * scale + 1e3 * f64::EPSILON * scale / h;
            let defect = max_abs(&(&derivative - &difference.row(b)));
            prop_assert!(defect <= bound, "{defect} against {bound}");
        }
    }

    #[test]
    fn gradient_norms_are_those_of_the_jacobian(net in architecture(), samples in 1_usize..4) {
        let tape = net.tape();
        let parameters = net.parameters(&tape);
        let rows = jacobian_one_by_one(&net, samples);
        let residuals = Architecture { input: fenchel_tensor::Shape::vector(net.outputs), ..net.clone() }.inputs::<f64>(samples);
        let mut sweep = Sweep::new(tape.clone());
        let inputs = net.inputs(samples);
        let mut pass = sweep.forward(&parameters, inputs.view()).unwrap();
        let norms = pass.squared_gradient_norms(residuals.view()).unwrap();
        let mut sum = Array1::<f64>::zeros(parameters.len());
        for b in 0..samples {
            let gradient = residuals.row(b).dot(&rows.index_axis(Axis(0), b));
            let scale = max_abs(rows.index_axis(Axis(0), b)).powi(2) * parameters.len() as f64;
            prop_assert!((norms[b] - gradient.dot(&gradient)).abs() <= 1e-10 * scale);
            sum += &gradient;
        }
        let mut total = vec![0.0; parameters.len()];
        pass.gradient_sum(residuals.view(), &mut total).unwrap();
        prop_assert!(max_abs(&(&Array1::from(total) - &sum)) <= 1e-10 * max_abs(&rows).max(1e-300) * samples as f64);
    }

    /// The engine's shards and chunks put together what single sweeps give; f32 stays near f64.
    #[test]
    fn the_engine_agrees_with_single_sweeps(net in architecture()) {
        let tape = net.tape();
        let parameters = net.parameters(&tape);
        let samples = 37;
        let inputs = net.inputs::<f64>(samples);
        let engine = Engine::<f64>::new(tape.clone());
        let mut sweep = Sweep::new(tape.clone());
        let mut pass = sweep.forward(&parameters, inputs.view()).unwrap();
        let outputs = pass.outputs().to_owned();
        let scale = 1.0 + max_abs(&outputs);
        prop_assert!(max_abs(&(&engine.outputs(&parameters, inputs.view()).unwrap() - &outputs)) <= 1e-12 * scale);
        let structure = pass.structure();
        let whole = engine.structure(&parameters, inputs.view()).unwrap();
        prop_assert!(max_abs(&(&whole - &structure)) <= 1e-12 * max_abs(&structure));
        // Residuals = outputs: the gradient of half the sum of squared outputs.
        let mut expected = vec![0.0; parameters.len()];
        pass.gradient_sum(outputs.view(), &mut expected).unwrap();
        let mut gradient = vec![f64::NAN; parameters.len()];
        engine.gradient_sum::<TensorError>(&parameters, inputs.view(), &mut gradient, |_, outputs, mut u| {
            u.assign(&outputs);
            Ok(())
        }).unwrap();
        let size = max_abs(&expected).max(1e-300);
        prop_assert!(gradient.iter().zip(&expected).all(|(a, b)| (a - b).abs() <= 1e-10 * size));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// Forward mode is the Jacobian times the direction, and Lanczos finds the ends of the kernel's spectrum from products alone.
    #[test]
    fn products_with_the_jacobian_agree_with_it(net in architecture(), samples in 1_usize..4) {
        let tape = net.tape();
        let parameters = net.parameters(&tape);
        let direction = Architecture { seed: net.seed ^ 1, ..net.clone() }.parameters(&tape);
        let inputs = net.inputs::<f64>(samples);
        let mut sweep = Sweep::new(tape.clone());
        let rows = sweep.forward(&parameters, inputs.view()).unwrap().jacobian();
        let flat = rows.to_shape((samples * tape.outputs(), parameters.len())).unwrap();
        let engine = Engine::<f64>::new(tape.clone());
        let product = engine.jacobian_vector(&parameters, inputs.view(), &direction).unwrap();
        let exact = flat.dot(&Array1::from(direction));
        let size = max_abs(&flat) * parameters.len() as f64;
        prop_assert!(product.iter().zip(&exact).all(|(a, b)| (a - b).abs() <= 1e-11 * size));
        let start: Vec<f64> = (0..flat.nrows()).map(|i| 1.0 + (i as f64 * 0.7).sin()).collect();
        let found = engine.extreme_eigenvalues(&parameters, inputs.view(), &start, flat.nrows()).unwrap();
        let spectrum = fenchel_tensor::spectrum::eigenvalues(flat.dot(&flat.t()).view()).unwrap();
        let largest = spectrum[spectrum.len() - 1];
        let near = |value: f64, radius: f64| spectrum.iter().any(|s| (s - value).abs() <= radius + 1e-9 * largest);
        prop_assert!(near(found.largest, found.largest_residual) && near(found.smallest, found.smallest_residual));
        prop_assert!(found.largest <= largest * (1.0 + 1e-9) && found.smallest >= spectrum[0] - 1e-9 * largest);
    }

    /// The tangent kernel between two sets is the product of their Jacobians; its diagonal blocks are the structural matrices.
    #[test]
    fn the_tangent_kernel_is_the_product_of_jacobians(net in architecture(), a in 1_usize..12, b in 1_usize..12) {
        let tape = net.tape();
        let parameters = net.parameters(&tape);
        let inputs = net.inputs::<f64>(a + b);
        let engine = Engine::<f64>::new(tape.clone());
        let mut sweep = Sweep::new(tape.clone());
        let rows = sweep.forward(&parameters, inputs.view()).unwrap().jacobian();
        let rows = rows.to_shape(((a + b) * tape.outputs(), parameters.len())).unwrap();
        let exact = rows.dot(&rows.t());
        let scale = max_abs(&exact);
        let (left, right) = inputs.view().split_at(Axis(0), a);
        let m = tape.outputs();
        let cross = engine.tangent_kernel(&parameters, left, right).unwrap();
        prop_assert!(max_abs(&(&cross - &exact.slice(s![..a * m, a * m..]))) <= 1e-10 * scale);
        let whole = engine.tangent_kernel(&parameters, inputs.view(), inputs.view()).unwrap();
        prop_assert!(max_abs(&(&whole - &exact)) <= 1e-10 * scale);
    }
}

/// What the engine returns must not depend on the number of threads, bit for bit.
#[test]
fn the_same_bits_at_every_thread_count() {
    let net = Architecture {
        input: fenchel_tensor::Shape::image(2, 7, 5),
        layers: vec![
            fenchel_tensor::Conv2d::new(3, 3).padded(1).into(),
            fenchel_tensor::Activation::Relu.into(),
            fenchel_tensor::layers::MaxPool(fenchel_tensor::Pool2d::square(2)).into(),
        ],
        outputs: 4,
        seed: 5,
    };
    let tape = net.tape();
    let parameters: Vec<f32> = net.parameters(&tape).iter().map(|&p| p as f32).collect();
    let inputs = net.inputs::<f32>(150);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let engine = Engine::<f32>::new(tape.clone());
            let mut gradient = vec![0.0; parameters.len()];
            engine
                .gradient_sum::<TensorError>(
                    &parameters,
                    inputs.view(),
                    &mut gradient,
                    |_, outputs, mut u| {
                        u.assign(&outputs);
                        Ok(())
                    },
                )
                .unwrap();
            let structure = engine.structure(&parameters, inputs.view()).unwrap();
            let bits = gradient.iter().chain(&structure).map(|v| v.to_bits());
            bits.collect::<Vec<_>>()
        })
    };
    let one = run(1);
    assert_eq!(one, run(2));
    assert_eq!(one, run(5));
}

#[test]
fn wrong_shapes_are_named() {
    let net = Architecture { input: fenchel_tensor::Shape::vector(3), layers: vec![], outputs: 2, seed: 1 };
    let mut sweep = Sweep::<f64>::new(net.tape());
    let error = sweep.forward(&[0.0; 8], Array2::zeros((1, 4)).view()).unwrap_err().to_string();
    assert!(error.contains("inputs") && error.contains("[samples, 3]"), "{error}");
    let error = sweep.forward(&[0.0; 7], Array2::zeros((1, 3)).view()).unwrap_err().to_string();
    assert!(error.contains("parameters") && error.contains("[8]"), "{error}");
    let mut pass = sweep.forward(&[0.0; 8], Array2::zeros((1, 3)).view()).unwrap();
    let error = pass.gradient_sum(Array2::zeros((2, 2)).view(), &mut [0.0; 8]).unwrap_err();
    assert!(error.to_string().contains("cotangents"), "{error}");
}
