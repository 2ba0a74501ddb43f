//! Descriptions against an interpreter of their own: nested loops in `f64`, parameters by name, derivatives by differences.

use std::collections::HashMap;

use fenchel_nn::Initialiser;
use fenchel_nn::description::{Description, Layer, LayerKind};
use fenchel_nn::models::{
    ConvChain, DenseChain, LeNet5, LinearChain, Model, Neuron, OneHiddenLayer, ResNet, Skip,
};
use fenchel_nn::weights::{self, Tensors};
use fenchel_random::Seed;
use fenchel_tensor::layers::{AnyLayer, AveragePool, Dense, FixedDense, FixedWeights, MaxPool, Scale};
use fenchel_tensor::{Activation, Engine, Shape, Tape};
use ndarray::{Array2, Axis};

/// A value and its sizes: `[features]` or `[channels, height, width]`.
type Value = (Vec<usize>, Vec<f64>);

/// The parameters by name.
type Parameters = HashMap<String, Vec<f64>>;

fn interpret(layers: &[Layer], prefix: &str, p: &Parameters, mut x: Value) -> Value {
    for (index, layer) in layers.iter().enumerate() {
        let path = layer.name.clone().unwrap_or_else(|| format!("{prefix}{index}"));
        x = apply(&layer.kind, &path, p, x);
    }
    x
}

fn apply(kind: &LayerKind, path: &str, p: &Parameters, (shape, x): Value) -> Value {
    match kind {
        LayerKind::Plain(layer) => plain(layer, path, p, (shape, x)),
        LayerKind::Residual { body, projection, scale } => {
            let x = (shape, x);
            let (shape, branch) = interpret(body, &format!("{path}.body."), p, x.clone());
            let (_, shortcut) = interpret(projection, &format!("{path}.projection."), p, x);
            (shape, shortcut.iter().zip(&branch).map(|(s, b)| s + scale * b).collect())
        }
        LayerKind::Join(_) => unreachable!("lists of layers that read the one before them only"),
    }
}

/// Every group of channels with mean 0 and variance 1, then scaled and shifted by channel.
fn normalised(path: &str, p: &Parameters, (shape, x): Value, (groups, epsilon): (usize, f64)) -> Value {
    let tensor = |suffix: &str| p.get(&format!("{path}.{suffix}")).unwrap();
    let (scale, shift) = (tensor("weight"), tensor("bias"));
    let (size, area) = (x.len() / groups, x.len() / shape[0]);
    let y = (0..x.len()).map(|i| {
        let group = &x[i / size * size..][..size];
        let mean = group.iter().sum::<f64>() / size as f64;
        let variance = group.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / size as f64;
        (x[i] - mean) / (variance + epsilon).sqrt() * scale[i / area] + shift[i / area]
    });
    (shape, y.collect())
}

fn plain(layer: &AnyLayer, path: &str, p: &Parameters, (shape, x): Value) -> Value {
    let tensor = |suffix: &str| p.get(&format!("{path}.{suffix}"));
    match layer {
        AnyLayer::Dense(Dense { outputs, bias }) => {
            let weight = tensor("weight").unwrap();
            let y = (0..*outputs).map(|o| {
                let sum: f64 = (0..x.len()).map(|i| weight[o * x.len() + i] * x[i]).sum();
                if *bias { sum + tensor("bias").unwrap()[o] } else { sum }
            });
            (vec![*outputs], y.collect())
        }
        AnyLayer::FixedDense(FixedDense(FixedWeights::Signs)) => {
            let sum: f64 = x.iter().enumerate().map(|(j, &x)| if j % 2 == 0 { x } else { -x }).sum();
            (vec![1], vec![sum / (x.len() as f64).sqrt()])
        }
        AnyLayer::FixedDense(FixedDense(FixedWeights::Rows(rows))) => {
            let y = rows.iter().map(|row| row.iter().zip(&x).map(|(a, x)| a * x).sum());
            (vec![rows.len()], y.collect())
        }
        AnyLayer::Conv2d(conv) => {
            let (weight, k, inputs) = (tensor("weight").unwrap(), conv.kernel, shape[0]);
            windows(&shape, &x, conv.channels, k, conv.stride, conv.padding, |window, c| {
                let sum: f64 = (0..inputs * k * k)
                    .map(|i| weight[c * inputs * k * k + i] * window(i).unwrap_or(0.0))
                    .sum();
                if conv.bias { sum + tensor("bias").unwrap()[c] } else { sum }
            })
        }
        AnyLayer::MaxPool(MaxPool(pool)) if !pool.ceil => {
            let area = pool.window * pool.window;
            windows(&shape, &x, shape[0], pool.window, pool.stride, pool.padding, |window, c| {
                let entries = (c * area..(c + 1) * area).filter_map(window);
                entries.fold(f64::NEG_INFINITY, f64::max)
            })
        }
        AnyLayer::AveragePool(AveragePool { pool, count_padding: true }) if !pool.ceil => {
            let area = pool.window * pool.window;
            windows(&shape, &x, shape[0], pool.window, pool.stride, pool.padding, |window, c| {
                (c * area..(c + 1) * area).filter_map(window).sum::<f64>() / area as f64
            })
        }
        AnyLayer::GlobalAveragePool(_) => {
            let area = shape[1] * shape[2];
            (
                vec![shape[0]],
                x.chunks(area).map(|channel| channel.iter().sum::<f64>() / area as f64).collect(),
            )
        }
        AnyLayer::Flatten(_) => (vec![x.len()], x),
        AnyLayer::Identity(_) => (shape, x),
        AnyLayer::Activation(activation) => {
            let y = x.iter().map(|&x| match activation {
                Activation::Relu => x.max(0.0),
                Activation::LeakyRelu { slope } => x.max(0.0) + slope * x.min(0.0),
                Activation::Tanh => x.tanh(),
                Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
                Activation::Softplus => (1.0 + x.exp()).ln(),
                Activation::Gelu => {
                    0.5 * x
                        * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh())
                }
                other => panic!("{other:?} is new and unknown here"),
            });
            let y = y.collect();
            (shape, y)
        }
        AnyLayer::GroupNorm(norm) => normalised(path, p, (shape, x), (norm.groups, norm.epsilon)),
        AnyLayer::LayerNorm(norm) => normalised(path, p, (shape, x), (1, norm.epsilon)),
        AnyLayer::Scale(Scale { factor }) => {
            let y = x.iter().map(|x| factor * x).collect();
            (shape, y)
        }
        other => panic!("{other:?} is new and unknown here"),
    }
}

/// An image from a function of each window and output channel; the window is indexed over channels, rows, columns, and is
/// `None` on the padding.
fn windows(
    shape: &[usize],
    x: &[f64],
    channels: usize,
    size: usize,
    stride: usize,
    padding: usize,
    f: impl Fn(&dyn Fn(usize) -> Option<f64>, usize) -> f64,
) -> Value {
    let (height, width) = (shape[1], shape[2]);
    let steps = |length: usize| (length + 2 * padding - size) / stride + 1;
    let mut y = Vec::new();
    for channel in 0..channels {
        for row in 0..steps(height) {
            for column in 0..steps(width) {
                let window = |i: usize| {
                    let (c, r, k) = (i / (size * size), i / size % size, i % size);
                    let r = (row * stride + r).checked_sub(padding).filter(|&r| r < height)?;
                    let k = (column * stride + k).checked_sub(padding).filter(|&k| k < width)?;
                    Some(x[(c * height + r) * width + k])
                };
                y.push(f(&window, channel));
            }
        }
    }
    (vec![channels, steps(height), steps(width)], y)
}

fn by_name(tape: &Tape, flat: &[f64]) -> Parameters {
    let slots = tape.parameters().slots().iter();
    slots.map(|slot| (slot.name.clone(), flat[slot.range.clone()].to_vec())).collect()
}

/// Smooth everywhere, so that differences converge: every layer without a kink, residual blocks nested, projected, scaled.
const SMOOTH: &str = r#"
    input = [2, 7, 7]
    layers = [
      { type = "conv2d", channels = 4, kernel = 3, stride = 2, padding = 1 },
      { type = "group_norm", groups = 2 },
      { type = "softplus" },
      { type = "residual", scale = 0.7, body = [
        { type = "conv2d", channels = 6, kernel = 2, padding = 1, bias = false },
        { type = "tanh" },
        { type = "residual", body = [{ type = "conv2d", channels = 6, kernel = 1 }, { type = "gelu_tanh" }] },
        { type = "average_pool", window = 2, stride = 1 },
      ], projection = [{ type = "conv2d", channels = 6, kernel = 1 }] },
      { type = "global_average_pool" },
      { type = "residual", body = [{ type = "layer_norm" }, { type = "dense", outputs = 6 }, { type = "sigmoid" }] },
      { type = "fixed_dense", weights = [[0.5, -1.0, 0.25, 2.0, 0.0, 1.0], [1, 1, -1, 0.5, 3.0, -0.5], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]] },
      { type = "scale", factor = 1.5 },
      { type = "dense", outputs = 4, bias = false },
    ]
"#;

fn uniform(count: usize, seed: u64) -> Vec<f64> {
    let mut stream = Seed::new(seed).stream();
    (0..count).map(|_| stream.random_range(-1.0..1.0)).collect()
}

#[test]
fn structures_agree_with_derivatives_by_differences() {
    let description = Description::from_toml(SMOOTH, "smooth").unwrap();
    let tape = description.tape().unwrap();
    let flat = uniform(tape.parameters().len(), 1);
    let input = uniform(tape.input_shape().len(), 2);
    let f = |flat: &[f64]| {
        interpret(&description.layers, "", &by_name(&tape, flat), (vec![2, 7, 7], input.clone())).1
    };
    // The five-point formula: its own error is of order h^4 = 1e-12, that of rounding 1e-16 / h = 1e-13.
    let h = 1e-3;
    let mut jacobian = Array2::zeros((4, flat.len()));
    for j in 0..flat.len() {
        let at = |step: f64| {
            let mut moved = flat.clone();
            moved[j] += step * h;
            f(&moved)
        };
        let [a, b, c, d] = [-2.0, -1.0, 1.0, 2.0].map(at);
        for i in 0..4 {
            jacobian[[i, j]] = (a[i] - 8.0 * b[i] + 8.0 * c[i] - d[i]) / (12.0 * h);
        }
    }
    let by_differences = jacobian.dot(&jacobian.t());
    let engine = Engine::<f64>::new(tape.clone());
    let inputs = Array2::from_shape_vec((1, input.len()), input.clone()).unwrap();
    let structure = engine.structure(&flat, inputs.view()).unwrap();
    let largest = by_differences.iter().fold(0.0_f64, |max, v| max.max(v.abs()));
    let error = (&structure.index_axis(Axis(0), 0) - &by_differences).mapv(f64::abs);
    let error = error.iter().copied().fold(0.0, f64::max);
    assert!(error <= 1e-9 * largest, "{error} of {largest}");
}

#[test]
fn every_model_computes_what_its_description_says() {
    let (gray, vector) = (Shape::image(1, 12, 12), Shape::vector(5));
    let leaky = Activation::LeakyRelu { slope: 0.1 };
    let mut models: Vec<(Box<dyn Model>, Shape, usize)> = vec![
        (Box::new(ConvChain { modules: 3, skip: true }), gray, 3),
        (Box::new(ConvChain { modules: 2, skip: false }), gray, 3),
        (Box::new(LeNet5), gray, 10),
        (Box::new(ResNet { blocks: 1, groups: Some(4) }), gray, 3),
        (Box::new(ResNet { blocks: 2, groups: None }), gray, 3),
        (Box::new(LinearChain { depth: 2, width: 4 }), vector, 3),
        (Box::new(OneHiddenLayer { width: 7, activation: leaky }), vector, 1),
        (Box::new(Neuron { activation: leaky }), vector, 1),
    ];
    for skip in [Skip::None, Skip::Plain, Skip::Scaled, Skip::Averaged, Skip::LayerNorm, Skip::PreLayerNorm] {
        models.push((Box::new(DenseChain::new(3, 6).with_skip(skip)), vector, 3));
    }
    for (model, shape, outputs) in models {
        let description = model.description(shape, outputs);
        let tape = description.tape().unwrap();
        let flat = Initialiser::FanInUniform.draw(&tape, Seed::new(3)).unwrap();
        let input = uniform(shape.len(), 4);
        let sizes = match shape {
            Shape::Vector(features) => vec![features],
            Shape::Image { channels, height, width } => vec![channels, height, width],
            Shape::Sequence { tokens, features } => vec![tokens, features],
        };
        let (_, expected) =
            interpret(&description.layers, "", &by_name(&tape, &flat), (sizes, input.clone()));
        let inputs = Array2::from_shape_vec((1, input.len()), input).unwrap();
        let got = Engine::<f64>::new(tape.clone()).outputs(&flat, inputs.view()).unwrap();
        let size = expected.iter().fold(0.0_f64, |max, v| max.max(v.abs()));
        for (got, expected) in got.iter().zip(&expected) {
            // The same sums in another order: the tape's own bound on its round-off, and ours is smaller.
            let error = tape.backward_roundoff::<f64>() * size;
            assert!((got - expected).abs() <= error, "{}: {got} against {expected}", model.name());
        }
    }
}

/// The products of fixed outer weights: `f` is 1-homogeneous in the hidden weights, and only these are parameters.
#[test]
fn fixed_outer_weights_are_no_parameters() {
    let model = OneHiddenLayer { width: 8, activation: Activation::LeakyRelu { slope: 0.1 } };
    let tape = model.tape(Shape::vector(3), 1).unwrap();
    assert_eq!(tape.layers_with_parameters(), ["hidden"]);
    let engine = Engine::<f64>::new(tape);
    let (w, x) = (uniform(24, 5), Array2::from_shape_vec((1, 3), uniform(3, 6)).unwrap());
    let twice: Vec<f64> = w.iter().map(|w| 2.0 * w).collect();
    let f = |w: &[f64]| engine.outputs(w, x.view()).unwrap()[[0, 0]];
    assert_eq!(f(&twice), 2.0 * f(&w));
    // A = sum_j a_j^2 s'(<w_j, x>)^2 ‖x‖^2, a_j^2 = 1/8.
    let square: f64 = x.iter().map(|x| x * x).sum();
    let slopes = w.chunks(3).map(|row| {
        let inner: f64 = row.iter().zip(&x).map(|(w, x)| w * x).sum();
        if inner > 0.0 { 1.0_f64 } else { 0.1 }
    });
    let expected = square / 8.0 * slopes.map(|slope| slope * slope).sum::<f64>();
    let got = engine.structure(&w, x.view()).unwrap()[[0, 0, 0]];
    assert!((got - expected).abs() <= 1e-14 * expected, "{got} against {expected}");
}

/// Adding, removing or renaming a layer leaves the other layers' first numbers as they were, under every initialiser.
#[test]
fn streams_are_named_by_layer_and_do_not_shift() {
    let described = |layers: &str| {
        Description::from_toml(&format!("input = [6]\nlayers = [{layers}]"), "text").unwrap().tape().unwrap()
    };
    let (a, b) =
        (r#"{ type = "dense", outputs = 5, name = "a" }"#, r#"{ type = "dense", outputs = 4, name = "b" }"#);
    let with = described(&format!(
        r#"{a}, {{ type = "residual", body = [{{ type = "layer_norm" }}, {{ type = "dense", outputs = 5 }}] }}, {b}"#
    ));
    let without = described(&format!(r#"{a}, {{ type = "relu" }}, {b}"#));
    for initialiser in [
        Initialiser::FanInUniform,
        Initialiser::Kaiming,
        Initialiser::Xavier,
        Initialiser::LeCun,
        Initialiser::Orthogonal { gain: 1.5 },
        Initialiser::Gaussian { deviation: 0.1 },
        Initialiser::Constant { weight: 0.5, bias: -0.25 },
    ] {
        let [with_draw, without_draw] =
            [&with, &without].map(|tape| initialiser.draw(tape, Seed::new(7)).unwrap());
        for name in ["a.weight", "a.bias", "b.weight", "b.bias"] {
            let [one, two] = [(&with, &with_draw), (&without, &without_draw)]
                .map(|(tape, draw)| &draw[tape.parameters().find(name).unwrap().range.clone()]);
            assert_eq!(one, two, "{initialiser:?}, {name}");
        }
    }
}

/// A convolution's orthogonal kernel is orthogonal as the matrix of its patches, and its fans count the kernel's area.
#[test]
fn initialisers_count_a_kernel_s_area() {
    let text = "input = [3, 9, 9]\nlayers = [{ type = \"conv2d\", channels = 16, kernel = 5 }, \
                { type = \"global_average_pool\" }]";
    let tape = Description::from_toml(text, "text").unwrap().tape().unwrap();
    let weight = |initialiser: Initialiser| {
        let draw = initialiser.draw(&tape, Seed::new(8)).unwrap();
        Array2::from_shape_vec((16, 75), draw[..16 * 75].to_vec()).unwrap()
    };
    let orthogonal = weight(Initialiser::Orthogonal { gain: 3.0 });
    let defect = orthogonal.dot(&orthogonal.t()) - Array2::<f64>::eye(16) * 9.0;
    assert!(defect.iter().all(|d| d.abs() < 1e-13), "{defect}");
    for (initialiser, variance) in [
        (Initialiser::FanInUniform, 1.0 / (3.0 * 75.0)),
        (Initialiser::Kaiming, 2.0 / 75.0),
        (Initialiser::Xavier, 2.0 / (75.0 + 16.0 * 25.0)),
        (Initialiser::LeCun, 1.0 / 75.0),
    ] {
        let measured = weight(initialiser).iter().map(|w| w * w).sum::<f64>() / 1200.0;
        // Five standard errors of the mean square of 1200 Gaussians; the uniform's are smaller.
        assert!(
            (measured / variance - 1.0).abs() < 5.0 * (2.0_f64 / 1200.0).sqrt(),
            "{initialiser:?}: {measured}"
        );
    }
}

#[test]
fn a_model_goes_through_files_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let description = ResNet { blocks: 1, groups: Some(4) }.description(Shape::image(3, 8, 8), 5);
    let (model, parameters) = (folder.path().join("model.toml"), folder.path().join("weights.npz"));
    std::fs::write(&model, description.to_toml()).unwrap();
    let tape = description.tape().unwrap();
    let draw = Initialiser::Kaiming.draw(&tape, Seed::new(9)).unwrap();
    weights::write(&parameters, &tape, &draw).unwrap();
    let again = Description::read(&model).unwrap().tape().unwrap();
    assert_eq!(weights::read::<f64>(&parameters, &again).unwrap(), draw);
    assert_eq!(Tensors::read(&parameters).unwrap().get("3.body.0.weight").unwrap().shape, [16, 16, 3, 3]);
}
