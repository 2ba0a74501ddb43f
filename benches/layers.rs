//! Every layer's kernels at one shape of use, each in a network of that layer, a global mean and a tiny head: forward, backward, and the
//! backward pass of a structural matrix.

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fenchel_benches::BATCH;
use fenchel_tensor::layers::{AnyLayer, Dense, Described, MaxPool};
use fenchel_tensor::{Activation, Conv2d, Node, Pool2d, Shape, Sweep, Tape, TapeBuilder, TensorError};
use ndarray::Array2;

/// Every layer's examples, and sizes of use of the convolution, each behind a 1x1 convolution, so that cotangents
/// pass through it; what takes no image stands behind a flatten.
fn cases() -> Vec<(String, Vec<AnyLayer>)> {
    let conv = |conv: Conv2d| (format!("{}, 16 channels", conv.summary()), vec![conv.into()]);
    let mut cases = vec![
        ("nothing (the network around each layer)".to_owned(), vec![]),
        conv(Conv2d::new(16, 1)),
        conv(Conv2d::new(16, 3).padded(1)),
        conv(Conv2d::new(16, 5).padded(2)),
        conv(Conv2d::new(16, 3).padded(1).strided(2)),
        ("dense 64".to_owned(), vec![Dense { outputs: 64, bias: true }.into()]),
    ];
    let pooled =
        [Conv2d::new(16, 3).padded(1).into(), Activation::Relu.into(), MaxPool(Pool2d::square(2)).into()];
    cases.push(("convolution 3x3, then relu and max pool".to_owned(), pooled.to_vec()));
    for (number, layer) in AnyLayer::examples().into_iter().enumerate() {
        cases.push((format!("{number} {}", layer.summary()), vec![layer]));
    }
    cases
}

/// Brings an image to what a layer may take.
type Turn = fn(&mut TapeBuilder, Node) -> Result<Node, TensorError>;

/// `None` where an example fits neither 16 channels of 16 x 16, nor the vector of them, nor their 256 tokens.
fn tape(layers: &[AnyLayer]) -> Option<Arc<Tape>> {
    let mut net = TapeBuilder::new(Shape::image(3, 16, 16));
    let mut x = net.conv2d("before", net.input(), Conv2d::new(16, 1)).ok()?;
    for (index, layer) in layers.iter().enumerate() {
        let name = format!("layer {index}");
        let attempts: [Turn; 3] =
            [|_, x| Ok(x), |net, x| net.flatten(x), |net, x| net.image_to_tokens("tokens", x)];
        (net, x) = attempts.into_iter().find_map(|turn| {
            let mut net = net.clone();
            let x = turn(&mut net, x).ok()?;
            let x = layer.record(&mut net, &name, x).ok()?;
            Some((net, x))
        })?;
    }
    let x = match net.shape(x) {
        Shape::Vector(_) => x,
        Shape::Image { .. } => net.global_average_pool(x).ok()?,
        Shape::Sequence { .. } => net.mean_over_tokens("mean", x).ok()?,
    };
    let y = net.dense("head", x, 10).ok()?;
    net.finish(y).map(Arc::new).ok()
}

fn layers(criterion: &mut Criterion) {
    for (name, layers) in cases() {
        let Some(tape) = tape(&layers) else { continue };
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(BATCH as u64));
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
