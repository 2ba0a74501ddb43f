//! Random architectures: up to six layers of every kind, with skip connections, on odd shapes.

use std::sync::Arc;

use fenchel_random::Seed;
use fenchel_tensor::layers::{
    AnyLayer, AveragePool, Dense, Flatten, GlobalAveragePool, GroupNorm, MaxPool, Scale,
};
use fenchel_tensor::{Activation, Constants, Conv2d, Node, Pool2d, Real, Shape, Tape, TapeBuilder};
use ndarray::Array2;
use proptest::prelude::*;

/// One random layer; what does not fit the shape at hand is left out.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    Layer(AnyLayer),
    /// Adds the value of up to two layers ago, if the shapes agree.
    Skip {
        back: usize,
    },
    /// Adds the value to itself: one node used twice by one operation.
    Double,
    /// Puts the values of two layers behind each other.
    Concatenate {
        back: usize,
    },
    /// The product with the value of an earlier layer, if the shapes agree.
    Product {
        back: usize,
    },
    /// A gate for each channel, made of the image itself.
    Gate,
}

impl<L: Into<AnyLayer>> From<L> for Choice {
    fn from(layer: L) -> Self {
        Self::Layer(layer.into())
    }
}

fn choice() -> impl Strategy<Value = Choice> {
    let pool =
        (1_usize..4, 1_usize..4, any::<bool>(), any::<bool>()).prop_map(|(window, stride, pad, ceil)| {
            Pool2d { window, stride, padding: if pad { window / 2 } else { 0 }, ceil }
        });
    let convolution = (1_usize..5, 1_usize..5, 1_usize..4, 0_usize..3, any::<bool>()).prop_map(
        |(channels, kernel, stride, padding, bias)| Conv2d {
            channels,
            kernel,
            stride,
            padding,
            bias,
            groups: 1,
        },
    );
    // Behind an input of as many channels, or one after the other: these go by tiles of two by two.
    let wide =
        (16_usize..19, 0_usize..3).prop_map(|(channels, padding)| Conv2d::new(channels, 3).padded(padding));
    // Weight gradients tap by tap, as outer products.
    let middling =
        (8_usize..11, 1_usize..4, 1_usize..3, 0_usize..2).prop_map(|(channels, kernel, stride, padding)| {
            Conv2d { channels, kernel, stride, padding, bias: true, groups: 1 }
        });
    prop_oneof![
        // Whoever adds a layer adds its examples.
        6 => prop::sample::select(AnyLayer::examples()).prop_map(Choice::Layer),
        3 => (1_usize..8, any::<bool>()).prop_map(|(outputs, bias)| Dense { outputs, bias }.into()),
        4 => convolution.prop_map(Choice::from),
        2 => wide.prop_map(Choice::from),
        1 => middling.prop_map(Choice::from),
        1 => pool.clone().prop_map(|pool| MaxPool(pool).into()),
        1 => (pool, any::<bool>()).prop_map(|(pool, count_padding)| AveragePool { pool, count_padding }.into()),
        1 => Just(GlobalAveragePool.into()),
        2 => Just(Activation::Relu.into()),
        2 => (1_usize..4).prop_map(|groups| GroupNorm::new(groups).into()),
        1 => Just(Flatten.into()),
        1 => (-2.0_f64..2.0).prop_map(|factor| Scale { factor }.into()),
        3 => (1_usize..3).prop_map(|back| Choice::Skip { back }),
        1 => Just(Choice::Double),
        2 => (0_usize..3).prop_map(|back| Choice::Concatenate { back }),
        2 => (0_usize..3).prop_map(|back| Choice::Product { back }),
        1 => Just(Choice::Gate),
    ]
}

/// A random network with a dense head.
#[derive(Clone, Debug)]
pub(crate) struct Architecture {
    pub(crate) input: Shape,
    pub(crate) layers: Vec<Choice>,
    pub(crate) outputs: usize,
    pub(crate) seed: u64,
}

pub(crate) fn architecture() -> impl Strategy<Value = Architecture> {
    let input = prop_oneof![
        (1_usize..9).prop_map(Shape::vector),
        (1_usize..4, 1_usize..8, 1_usize..8).prop_map(|(c, h, w)| Shape::image(c, h, w)),
        (16_usize..18, 2_usize..6, 1_usize..6).prop_map(|(c, h, w)| Shape::image(c, h, w)),
        (1_usize..7, 1_usize..13).prop_map(|(tokens, features)| Shape::sequence(tokens, features)),
    ];
    // Many outputs now and then: more lanes than a kernel holds at once.
    let outputs = prop_oneof![5 => 1_usize..5, 1 => 17_usize..40];
    (input, prop::collection::vec(choice(), 0..7), outputs, any::<u64>())
        .prop_map(|(input, layers, outputs, seed)| Architecture { input, layers, outputs, seed })
}

impl Architecture {
    pub(crate) fn tape(&self) -> Arc<Tape> {
        let mut net = TapeBuilder::new(self.input);
        let mut nodes = vec![net.input()];
        for (index, choice) in self.layers.iter().enumerate() {
            if let Some(node) = add(&mut net, &nodes, choice, &format!("layer {index}")) {
                nodes.push(node);
            }
        }
        let last = net.flatten(nodes[nodes.len() - 1]).unwrap();
        let head = net.dense("head", last, self.outputs).unwrap();
        Arc::new(net.finish(head).unwrap())
    }

    /// Parameters of order one, so that no layer's share is lost in another's.
    pub(crate) fn parameters(&self, tape: &Tape) -> Vec<f64> {
        let mut stream = Seed::new(self.seed).derive("parameters").stream();
        (0..tape.parameters().len()).map(|_| stream.random_range(-1.0..1.0)).collect()
    }

    pub(crate) fn inputs<T: Real>(&self, samples: usize) -> Array2<T> {
        let mut stream = Seed::new(self.seed).derive("inputs").stream();
        let ids = self.tape().vocabulary();
        Array2::from_shape_simple_fn((samples, self.input.len()), || match ids {
            Some(count) => T::of(stream.random_range(0..count) as f64),
            None => T::of(stream.random_range(-1.0..1.0)),
        })
    }
}

/// Puts one layer on the tape if it fits.
fn add(net: &mut TapeBuilder, nodes: &[Node], choice: &Choice, name: &str) -> Option<Node> {
    let x = nodes[nodes.len() - 1];
    match choice {
        // One feature a group has no variance: its derivative is 0 up to round-off that 1/sqrt(epsilon) magnifies.
        Choice::Layer(AnyLayer::GroupNorm(norm)) if alone(net.shape(x)) <= norm.groups => None,
        Choice::Layer(AnyLayer::LayerNorm(_)) if alone(net.shape(x)) == 1 => None,
        Choice::Layer(AnyLayer::InstanceNorm(_))
            if matches!(net.shape(x), Shape::Image { height: 1, width: 1, .. }) =>
        {
            None
        }
        Choice::Layer(layer) => {
            *net = net.clone().with_constants(statistics(name, net.shape(x).channels()));
            layer.record(net, name, x).ok()
        }
        Choice::Skip { back } => earlier(nodes, *back).and_then(|other| net.add(x, other).ok()),
        Choice::Double => net.add(x, x).ok(),
        Choice::Concatenate { back } => {
            earlier(nodes, *back).and_then(|other| net.concatenate(name, &[other, x]).ok())
        }
        Choice::Product { back } => earlier(nodes, *back).and_then(|other| net.multiply(name, other, x).ok()),
        Choice::Gate => gate(net, x, name),
    }
}

/// How many numbers one group would normalise.
fn alone(shape: Shape) -> usize {
    match shape {
        Shape::Sequence { features, .. } => features,
        Shape::Vector(_) | Shape::Image { .. } => shape.len(),
    }
}

fn earlier(nodes: &[Node], back: usize) -> Option<Node> {
    nodes.len().checked_sub(back + 1).map(|index| nodes[index])
}

fn gate(net: &mut TapeBuilder, x: Node, name: &str) -> Option<Node> {
    let Shape::Image { channels, height, width } = net.shape(x) else { return None };
    if height != width {
        return None;
    }
    let whole = Pool2d { window: height, stride: height, padding: 0, ceil: false };
    let mean = net.average_pool(x, whole).ok()?;
    let gate = net.conv2d(name, mean, Conv2d::new(channels, 1)).ok()?;
    net.multiply("gate", x, gate).ok()
}

/// Eighths as means, so that both precisions hold them, and two variances.
fn statistics(name: &str, channels: usize) -> Constants {
    let mut statistics = Constants::new();
    let means = (0..channels).map(|channel| ((5 * channel + 3) % 17) as f64 / 8.0 - 1.0);
    let variances = (0..channels).map(|channel| if channel % 2 == 0 { 13.0 } else { 1.0 });
    statistics.insert(format!("{name}.running_mean"), means.collect());
    statistics.insert(format!("{name}.running_var"), variances.collect());
    statistics
}
