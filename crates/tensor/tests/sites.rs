//! What a quantity of one's own sees at a site: the input and the cotangents are those of the layer and the sample.

use std::sync::Arc;

use fenchel_tensor::{
    Activation, Conv2d, Engine, Quantity, Shape, Site, Sweep, Tape, TapeBuilder, TensorError,
};
use ndarray::{Array2, s};

const IMAGE: Shape = Shape::image(2, 5, 5);

/// `conv -> group norm -> ReLU -> dense -> tanh -> dense`, ended at its so many-th node; and the nodes in which layers with
/// parameters take their inputs.
fn tape(end: Option<usize>) -> Result<Tape, TensorError> {
    let mut net = TapeBuilder::new(IMAGE);
    let conv = net.conv2d(
        "conv",
        net.input(),
        Conv2d { channels: 4, kernel: 3, stride: 1, padding: 1, bias: true, groups: 1 },
    )?;
    if end == Some(1) {
        let flat = net.flatten(conv)?;
        return net.finish(flat);
    }
    let norm = net.group_norm("norm", conv, 2)?;
    let relu = net.relu(norm);
    let flat = net.flatten(relu)?;
    if end == Some(2) {
        return net.finish(flat);
    }
    let hidden = net.dense("hidden", flat, 6)?;
    let bent = net.activation(hidden, Activation::Tanh)?;
    if end == Some(3) {
        return net.finish(bent);
    }
    let head = net.dense("head", bent, 3)?;
    net.finish(head)
}

/// Layer, sample, the input there, the cotangents.
struct Seen(Vec<(usize, usize, Vec<f64>, Array2<f64>)>);

impl Quantity<f64> for Seen {
    fn site(&mut self, site: Site<'_, f64>) {
        self.0.push((site.layer(), site.sample(), site.input().to_vec(), site.cotangents()));
    }
}

#[test]
fn every_site_shows_its_own_input_and_cotangents() {
    let whole = Arc::new(tape(None).unwrap());
    let parameters: Vec<f64> = (0..whole.parameters().len()).map(|i| (1.3 * i as f64).sin()).collect();
    // Three samples: some lanes are padding.
    let inputs = Array2::from_shape_fn((3, IMAGE.len()), |(b, i)| (0.7 * (b * 11 + i) as f64).cos());
    let mut sweep = Sweep::new(whole.clone());
    let mut seen = Seen(Vec::new());
    sweep.forward(&parameters, inputs.view()).unwrap().collect(&mut seen);
    assert_eq!(seen.0.len(), 4 * 3);
    for (layer, sample, input, cotangents) in &seen.0 {
        let expected = match layer {
            0 => inputs.row(*sample).to_vec(),
            layer => {
                let part = Arc::new(tape(Some(*layer)).unwrap());
                let own = &parameters[..part.parameters().len()];
                Engine::new(part).outputs(own, inputs.view()).unwrap().row(*sample).to_vec()
            }
        };
        assert_eq!(*input, expected, "layer {layer}, sample {sample}");
        assert_eq!(cotangents.nrows(), 3);
        if *layer == 3 {
            assert_eq!(*cotangents, Array2::eye(3));
        }
    }
}

#[test]
fn a_sample_without_variance_leaves_its_batch_a_gradient() {
    let tape = Arc::new(tape(None).unwrap());
    let mut parameters: Vec<f32> = (0..tape.parameters().len()).map(|i| (1.3 * i as f32).sin()).collect();
    // The convolution's biases off: a sample of zeros, like the padding, is constant before the norm.
    let weights = 4 * 2 * 9;
    parameters[weights..weights + 4].fill(0.0);
    let mut inputs = Array2::from_shape_fn((3, IMAGE.len()), |(b, i)| (0.7 * (b * 11 + i) as f32).cos());
    inputs.slice_mut(s![1, ..]).fill(0.0);
    let mut sweep = Sweep::new(tape.clone());
    let mut gradient = vec![0.0; parameters.len()];
    let ones = Array2::ones((3, 3));
    sweep.forward(&parameters, inputs.view()).unwrap().gradient_sum(ones.view(), &mut gradient).unwrap();
    assert!(gradient.iter().all(|entry| entry.is_finite()));
}
