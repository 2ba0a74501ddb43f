//! Whole transformers, of images and of tokens that occur twice: every quantity against independent computations.

use std::sync::Arc;

use fenchel_random::Seed;
use fenchel_tensor::layers::{Embedding, SelfAttention};
use fenchel_tensor::{Activation, Conv2d, Engine, Node, Shape, Sweep, Tape, TapeBuilder, TensorError};
use ndarray::{Array1, Array2, ArrayView1, Axis, array, s};

fn attention(heads: usize, causal: bool) -> SelfAttention {
    SelfAttention { heads, causal, bias: true }
}

/// A block with the normalisations first.
fn block(
    net: &mut TapeBuilder,
    name: &str,
    x: Node,
    features: usize,
    attends: SelfAttention,
) -> Result<Node, TensorError> {
    let y = net.layer_norm(&format!("{name}.ln_1"), x)?;
    let y = net.self_attention(&format!("{name}.attention"), y, attends)?;
    let x = net.add(x, y)?;
    let y = net.layer_norm(&format!("{name}.ln_2"), x)?;
    let y = net.dense(&format!("{name}.up"), y, 2 * features)?;
    let y = net.activation(y, Activation::GeluErf)?;
    let y = net.dense(&format!("{name}.down"), y, features)?;
    net.add(x, y)
}

fn vit() -> Result<Arc<Tape>, TensorError> {
    let mut net = TapeBuilder::new(Shape::image(2, 6, 4));
    let x = net.conv2d("patches", net.input(), Conv2d::new(6, 2).strided(2))?;
    let x = net.image_to_tokens("tokens", x)?;
    let x = net.prepend_token("class_token", x)?;
    let x = net.add_learned("positions", x)?;
    let x = block(&mut net, "0", x, 6, attention(2, false))?;
    let x = block(&mut net, "1", x, 6, attention(3, false))?;
    let x = net.layer_norm("ln", x)?;
    let x = net.take_token("class", x, 0)?;
    let y = net.dense("head", x, 3)?;
    net.finish(y).map(Arc::new)
}

fn text() -> Result<Arc<Tape>, TensorError> {
    let mut net = TapeBuilder::new(Shape::vector(5));
    let x = net.embedding("words", net.input(), Embedding { count: 7, features: 4 })?;
    let x = net.add_learned("positions", x)?;
    let x = block(&mut net, "0", x, 4, attention(2, true))?;
    let x = net.mean_over_tokens("mean", x)?;
    let y = net.dense("head", x, 2)?;
    net.finish(y).map(Arc::new)
}

/// Tapes, their parameters and inputs.
fn cases() -> Vec<(Arc<Tape>, Vec<f64>, Array2<f64>)> {
    let tapes = [vit().unwrap(), text().unwrap()];
    tapes
        .map(|tape| {
            let mut stream = Seed::new(5).stream();
            let parameters = (0..tape.parameters().len()).map(|_| stream.random_range(-1.0..1.0)).collect();
            let inputs =
                Array2::from_shape_simple_fn((9, tape.input_shape().len()), || match tape.vocabulary() {
                    Some(count) => stream.random_range(0..count) as f64,
                    None => stream.random_range(-1.0..1.0),
                });
            (tape, parameters, inputs)
        })
        .into()
}

fn max_abs<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |most: f64, v| most.max(v.abs()))
}

#[test]
fn jacobians_are_the_gradients_one_by_one_and_differences_of_outputs() {
    for (tape, parameters, inputs) in cases() {
        let (m, n) = (tape.outputs(), parameters.len());
        let mut sweep = Sweep::new(tape.clone());
        let mut pass = sweep.forward(&parameters, inputs.view()).unwrap();
        let (jacobian, structure) = (pass.jacobian(), pass.structure());
        let direction: Vec<f64> = (0..n).map(|i| ((i * 37 % 101) as f64 - 50.0) / 50.0).collect();
        let pushed = pass.jacobian_vector(&direction).unwrap();
        for b in 0..inputs.nrows() {
            let one = inputs.slice(s![b..=b, ..]);
            let own = jacobian.index_axis(Axis(0), b);
            for k in 0..m {
                let mut unit = Array2::zeros((1, m));
                unit[[0, k]] = 1.0;
                let mut gradient = vec![0.0; n];
                let mut alone = Sweep::new(tape.clone());
                let mut pass = alone.forward(&parameters, one).unwrap();
                pass.gradient_sum(unit.view(), &mut gradient).unwrap();
                let gradient = ArrayView1::from(&gradient);
                assert!(max_abs(&(&own.row(k) - &gradient)) <= 1e-13 * max_abs(gradient));
                let norm = pass.squared_gradient_norms(unit.view()).unwrap()[0];
                assert!((norm - gradient.dot(&gradient)).abs() <= 1e-12 * norm);
            }
            let gram = own.dot(&own.t());
            assert!(max_abs(&(&structure.index_axis(Axis(0), b) - &gram)) <= 1e-12 * max_abs(&gram));
            let product = own.dot(&ArrayView1::from(&direction));
            assert!(max_abs(&(&pushed.row(b) - &product)) <= 1e-12 * max_abs(&product).max(1.0));
        }
        // Central differences.
        let h = 1e-5;
        let at = |t: f64| {
            let moved = &ArrayView1::from(&parameters) + &(&Array1::from(direction.clone()) * t);
            let mut sweep = Sweep::new(tape.clone());
            sweep.forward(moved.as_slice().unwrap(), inputs.view()).unwrap().outputs().to_owned()
        };
        let difference = (at(h) - at(-h)) / (2.0 * h);
        let defect = max_abs(&(&difference - &pushed));
        assert!(defect <= 1e-6 * max_abs(&pushed), "{defect} of {}", max_abs(&pushed));
    }
}

#[test]
fn tangent_kernels_are_products_of_jacobians_with_the_same_bits_at_any_number_of_threads() {
    for (tape, parameters, inputs) in cases() {
        let engine = Engine::<f64>::new(tape.clone());
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let rows = inputs.select(Axis(0), &(0..80).map(|i| i % 9).collect::<Vec<_>>());
                let mut gradient = vec![0.0; parameters.len()];
                let residuals =
                    |_, outputs: ndarray::ArrayView2<'_, f64>, mut u: ndarray::ArrayViewMut2<'_, f64>| {
                        u.assign(&outputs);
                        Ok::<_, TensorError>(())
                    };
                engine.gradient_sum(&parameters, rows.view(), &mut gradient, residuals).unwrap();
                let kernel = engine.tangent_kernel(&parameters, inputs.view(), inputs.view()).unwrap();
                (gradient, engine.structure(&parameters, rows.view()).unwrap(), kernel)
            })
        };
        let (one, two) = (on(1), on(3));
        assert_eq!(one, two);
        let mut sweep = Sweep::new(tape.clone());
        let jacobian = sweep.forward(&parameters, inputs.view()).unwrap().jacobian();
        let rows = jacobian.to_shape((9 * tape.outputs(), parameters.len())).unwrap();
        let kernel = rows.dot(&rows.t());
        assert!(max_abs(&(&one.2 - &kernel)) <= 1e-12 * max_abs(&kernel));
    }
}

#[test]
fn a_causal_token_does_not_see_what_comes_after_it() {
    let mut net = TapeBuilder::new(Shape::sequence(3, 4));
    let x = net.self_attention("attention", net.input(), attention(2, true)).unwrap();
    let y = net.take_token("second", x, 1).unwrap();
    let tape = Arc::new(net.finish(y).unwrap());
    let parameters: Vec<f64> = (0..tape.parameters().len()).map(|i| (i as f64).sin()).collect();
    let row = Array2::from_shape_fn((1, 12), |(_, i)| (i as f64).cos());
    let mut other = row.clone();
    other.slice_mut(s![.., 8..]).fill(1e3);
    let mut sweep = Sweep::new(tape);
    let first = sweep.forward(&parameters, row.view()).unwrap().outputs().to_owned();
    assert_eq!(first, sweep.forward(&parameters, other.view()).unwrap().outputs());
}

#[test]
fn attention_does_not_overflow_and_a_nan_stays_one() {
    let mut net = TapeBuilder::new(Shape::sequence(2, 1));
    let x = net.self_attention("attention", net.input(), attention(1, false)).unwrap();
    let y = net.flatten(x).unwrap();
    let mut sweep = Sweep::new(Arc::new(net.finish(y).unwrap()));
    let parameters = [1.0_f32, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let outputs = sweep.forward(&parameters, array![[1e3, -1e3]].view()).unwrap().outputs().to_owned();
    assert_eq!(outputs, array![[1e3, -1e3]]);
    let pass = sweep.forward(&parameters, array![[f32::NAN, 1.0]].view()).unwrap();
    assert!(pass.outputs().iter().all(|y| y.is_nan()));
}

#[test]
fn what_are_no_ids_is_refused_with_the_sample() {
    let engine = Engine::<f64>::new(text().unwrap());
    let parameters = vec![0.0; engine.tape().parameters().len()];
    let mut ids = Array2::zeros((50, 5));
    assert!(engine.outputs(&parameters, ids.view()).is_ok());
    for wrong in [7.0, -1.0, 0.5, f64::NAN] {
        ids[[41, 3]] = wrong;
        let error = engine.structure(&parameters, ids.view()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("sample 41 has {wrong} at place 3")), "{error}");
        assert_eq!(engine.outputs(&parameters, ids.view()).unwrap_err().to_string(), error);
    }
}

#[test]
fn sequences_that_layers_cannot_take_are_refused() {
    let refused = |record: &dyn Fn(&mut TapeBuilder) -> Result<Node, TensorError>, needs: &str| {
        let error = record(&mut TapeBuilder::new(Shape::sequence(5, 8))).unwrap_err().to_string();
        assert!(error.contains(needs), "{error}");
    };
    refused(
        &|net| net.self_attention("a", net.input(), attention(3, false)),
        "whose features 3 heads divide",
    );
    refused(&|net| net.self_attention("a", net.input(), attention(0, false)), "heads divide");
    refused(&|net| net.take_token("t", net.input(), 5), "a token 5, counted from 0");
    refused(
        &|net| net.embedding("e", net.input(), Embedding { count: 4, features: 2 }),
        "a vector of token ids",
    );
    refused(&|net| net.conv2d("c", net.input(), Conv2d::new(1, 1)), "an image");
    let later = |net: &mut TapeBuilder| {
        let x = net.flatten(net.input())?;
        net.embedding("e", x, Embedding { count: 4, features: 2 })
    };
    refused(&later, "only the network's input");
    let error = TapeBuilder::new(Shape::sequence(5, 8)).finish(TapeBuilder::new(Shape::vector(1)).input());
    assert!(error.unwrap_err().to_string().contains("put a flatten before it"));
}
