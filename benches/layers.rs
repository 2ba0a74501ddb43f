//! Every layer's kernels at one shape of use, each in a network of that layer, a global mean and a tiny head: forward, backward, and the
//! backward pass of a structural matrix.

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fenchel_benches::BATCH;
use fenchel_tensor::{Activation, Conv2d, Node, Pool2d, Shape, Sweep, Tape, TapeBuilder, TensorError};
use ndarray::Array2;

/// How one layer is put on a tape behind a 1x1 convolution, so that cotangents pass through it.
type Layer = fn(&mut TapeBuilder, Node) -> Result<Node, TensorError>;

const LAYERS: [(&str, Layer); 19] = [
    ("nothing (the network around each layer)", |_, x| Ok(x)),
    ("convolution 1x1", |net, x| net.conv2d("layer", x, Conv2d::new(16, 1))),
    ("convolution 3x3", |net, x| net.conv2d("layer", x, Conv2d::new(16, 3).padded(1))),
    ("convolution 5x5", |net, x| net.conv2d("layer", x, Conv2d::new(16, 5).padded(2))),
    ("convolution 3x3, stride 2", |net, x| net.conv2d("layer", x, Conv2d::new(16, 3).padded(1).strided(2))),
    ("max pool 2x2", |net, x| net.max_pool(x, Pool2d::square(2))),
    ("average pool 2x2", |net, x| net.average_pool(x, Pool2d::square(2))),
    ("relu", |net, x| net.activation(x, Activation::Relu)),
    ("leaky relu", |net, x| net.activation(x, Activation::LeakyRelu { slope: 0.1 })),
    ("tanh", |net, x| net.activation(x, Activation::Tanh)),
    ("sigmoid", |net, x| net.activation(x, Activation::Sigmoid)),
    ("softplus", |net, x| net.activation(x, Activation::Softplus)),
    ("gelu", |net, x| net.activation(x, Activation::Gelu)),
    ("add", |net, x| net.add(x, x)),
    ("group norm", |net, x| net.group_norm("layer", x, 4)),
    ("flatten and dense 64", |net, x| {
        let x = net.flatten(x)?;
        net.dense("layer", x, 64)
    }),
    ("flatten and layer norm", |net, x| {
        let x = net.flatten(x)?;
        net.layer_norm("layer", x)
    }),
    ("global average pool", |net, x| net.global_average_pool(x)),
    ("convolution 3x3, then relu and max pool", |net, x| {
        let x = net.conv2d("layer", x, Conv2d::new(16, 3).padded(1))?;
        let x = net.relu(x);
        net.max_pool(x, Pool2d::square(2))
    }),
];

fn tape(layer: Layer) -> Result<Arc<Tape>, TensorError> {
    let mut net = TapeBuilder::new(Shape::image(3, 16, 16));
    let x = net.input();
    let x = net.conv2d("before", x, Conv2d::new(16, 1))?;
    let x = layer(&mut net, x)?;
    let x = if matches!(net.shape(x), Shape::Image { .. }) { net.global_average_pool(x)? } else { x };
    let y = net.dense("head", x, 10)?;
    net.finish(y).map(Arc::new)
}

fn layers(criterion: &mut Criterion) {
    for (name, layer) in LAYERS {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(BATCH as u64));
        let tape = tape(layer).expect("the networks are sound");
        let parameters = vec![0.01_f32; tape.parameters().len()];
        let inputs = Array2::from_shape_fn((BATCH, 3 * 256), |(i, j)| ((i * 31 + j * 7) % 13) as f32 - 6.0);
        let residuals = Array2::from_elem((BATCH, 10), 0.1_f32);
        let mut gradient = vec![0.0; parameters.len()];
        let mut sweep = Sweep::new(tape);
        group.bench_function("forward", |bencher| {
            bencher.iter(|| sweep.forward(&parameters, inputs.view()).map(drop));
        });
        group.bench_function("backward", |bencher| {
            let mut pass = sweep.forward(&parameters, inputs.view()).expect("sound shapes");
            bencher.iter(|| pass.gradient_sum(residuals.view(), &mut gradient));
        });
        group.bench_function("structure", |bencher| {
            let mut pass = sweep.forward(&parameters, inputs.view()).expect("sound shapes");
            bencher.iter(|| pass.structure());
        });
        group.finish();
    }
}

criterion_group!(layer_benches, layers);
criterion_main!(layer_benches);
