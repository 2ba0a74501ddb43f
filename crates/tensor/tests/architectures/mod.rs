//! Random architectures: up to six layers of every kind, with skip connections, on odd shapes.

use std::sync::Arc;

use fenchel_random::Seed;
use fenchel_tensor::{Activation, Conv2d, Node, Pool2d, Real, Shape, Tape, TapeBuilder};
use ndarray::Array2;
use proptest::prelude::*;

/// One random layer; what does not fit the shape at hand is left out.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    Dense {
        outputs: usize,
        bias: bool,
    },
    Convolution(Conv2d),
    MaxPool(Pool2d),
    AveragePool(Pool2d),
    GlobalAveragePool,
    Activation(Activation),
    GroupNorm {
        groups: usize,
    },
    Flatten,
    Scale(f64),
    /// Adds the value of up to two layers ago, if the shapes agree.
    Skip {
        back: usize,
    },
    /// Adds the value to itself: one node used twice by one operation.
    Double,
}

fn choice() -> impl Strategy<Value = Choice> {
    let pool = (1_usize..4, 1_usize..4).prop_map(|(window, stride)| Pool2d { window, stride });
    let convolution = (1_usize..5, 1_usize..5, 1_usize..4, 0_usize..3, any::<bool>()).prop_map(
        |(channels, kernel, stride, padding, bias)| Conv2d { channels, kernel, stride, padding, bias },
    );
    // Behind an input of as many channels, or one after the other: these go by tiles of two by two.
    let wide =
        (16_usize..19, 0_usize..3).prop_map(|(channels, padding)| Conv2d::new(channels, 3).padded(padding));
    // Weight gradients tap by tap, as outer products.
    let middling =
        (8_usize..11, 1_usize..4, 1_usize..3, 0_usize..2).prop_map(|(channels, kernel, stride, padding)| {
            Conv2d { channels, kernel, stride, padding, bias: true }
        });
    let activation = prop_oneof![
        Just(Activation::Relu),
        Just(Activation::LeakyRelu { slope: 0.1 }),
        Just(Activation::Tanh),
        Just(Activation::Sigmoid),
        Just(Activation::Softplus),
        Just(Activation::Gelu),
    ];
    prop_oneof![
        3 => (1_usize..8, any::<bool>()).prop_map(|(outputs, bias)| Choice::Dense { outputs, bias }),
        4 => convolution.prop_map(Choice::Convolution),
        2 => wide.prop_map(Choice::Convolution),
        1 => middling.prop_map(Choice::Convolution),
        1 => pool.clone().prop_map(Choice::MaxPool),
        1 => pool.prop_map(Choice::AveragePool),
        1 => Just(Choice::GlobalAveragePool),
        4 => activation.prop_map(Choice::Activation),
        2 => (1_usize..4).prop_map(|groups| Choice::GroupNorm { groups }),
        1 => Just(Choice::Flatten),
        1 => (-2.0_f64..2.0).prop_map(Choice::Scale),
        3 => (1_usize..3).prop_map(|back| Choice::Skip { back }),
        1 => Just(Choice::Double),
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
        Array2::from_shape_simple_fn((samples, self.input.len()), || T::of(stream.random_range(-1.0..1.0)))
    }
}

/// Puts one layer on the tape if it fits.
fn add(net: &mut TapeBuilder, nodes: &[Node], choice: &Choice, name: &str) -> Option<Node> {
    let x = nodes[nodes.len() - 1];
    match *choice {
        Choice::Dense { outputs, bias: true } => net.dense(name, x, outputs).ok(),
        Choice::Dense { outputs, bias: false } => net.dense_without_bias(name, x, outputs).ok(),
        Choice::Convolution(conv) => net.conv2d(name, x, conv).ok(),
        Choice::MaxPool(pool) => net.max_pool(x, pool).ok(),
        Choice::AveragePool(pool) => net.average_pool(x, pool).ok(),
        Choice::GlobalAveragePool => net.global_average_pool(x).ok(),
        Choice::Activation(activation) => net.activation(x, activation).ok(),
        // One feature a group has no variance: its derivative is 0 up to round-off that 1/sqrt(epsilon) magnifies.
        Choice::GroupNorm { groups } if net.shape(x).len() > groups => net.group_norm(name, x, groups).ok(),
        Choice::GroupNorm { .. } => None,
        Choice::Flatten => net.flatten(x).ok(),
        Choice::Scale(factor) => net.scale(x, factor).ok(),
        Choice::Skip { back } => nodes.len().checked_sub(back + 1).and_then(|i| net.add(x, nodes[i]).ok()),
        Choice::Double => net.add(x, x).ok(),
    }
}
