//! Matrix products of the shapes that the layers need, on one thread.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fenchel_tensor::Real;
use fenchel_tensor::gemm::gemm;
use ndarray::Array2;

/// `m x k` by `k x n`: square, a dense layer's batch, its head, LeNet's convolutions.
const SHAPES: [(usize, usize, usize); 6] =
    [(512, 512, 512), (64, 784, 256), (64, 256, 10), (640, 256, 256), (6, 25, 784), (16, 150, 100)];

fn products<T: Real>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group(format!("gemm {}", T::NAME));
    for (m, k, n) in SHAPES {
        let a = Array2::from_shape_fn((m, k), |(i, j)| T::of(((i * 7 + j * 3) % 11) as f64 - 5.0));
        let b = Array2::from_shape_fn((k, n), |(i, j)| T::of(((i * 5 + j * 2) % 13) as f64 - 6.0));
        let mut c = Array2::zeros((m, n));
        group.throughput(Throughput::Elements((2 * m * k * n) as u64));
        group.bench_function(BenchmarkId::from_parameter(format!("{m}x{k}x{n}")), |bencher| {
            bencher.iter(|| gemm(T::one(), black_box(a.view()), b.view(), T::zero(), c.view_mut()));
        });
    }
}

fn benches(criterion: &mut Criterion) {
    products::<f32>(criterion);
    products::<f64>(criterion);
}

criterion_group!(gemm_benches, benches);
criterion_main!(gemm_benches);
