//! Structural matrices with their eigenvalues, and per-sample gradient norms beside the ordinary gradient, on a batch of 64.

use std::ops::Range;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fenchel_benches::{BATCH, pool, workloads};
use fenchel_tensor::spectrum::batched_eigenvalues;
use fenchel_tensor::{Engine, TensorError};
use ndarray::{Array2, ArrayView2, ArrayViewMut2, s};

fn structure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("structural matrices with eigenvalues");
    group.throughput(Throughput::Elements(BATCH as u64));
    for threads in [1, 2] {
        let pool = pool(threads);
        for load in workloads().expect("the workloads are sound") {
            let engine = Engine::<f32>::new(load.tape);
            group.bench_function(BenchmarkId::new(load.name, format!("{threads} threads")), |bencher| {
                pool.install(|| {
                    bencher.iter(|| {
                        let matrices =
                            engine.structure(&load.parameters, load.inputs.view()).expect("sound shapes");
                        batched_eigenvalues(matrices.view()).expect("finite matrices")
                    });
                });
            });
        }
    }
}

/// The forward pass alone is timed beside both, so that the backward passes can be compared.
fn gradient_norms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("per-sample squared gradient norms");
    group.throughput(Throughput::Elements(BATCH as u64));
    for load in workloads().expect("the workloads are sound") {
        let engine = Engine::<f32>::new(load.tape);
        let residuals = Array2::from_elem((BATCH, 10), 0.1_f32);
        let mut gradient = vec![0.0; load.parameters.len()];
        let rows_of = |rows: Range<usize>| load.inputs.slice(s![rows, ..]);
        group.bench_function(BenchmarkId::new(load.name, "forward pass"), |bencher| {
            pool(1).install(|| {
                bencher.iter(|| {
                    engine
                        .map_chunks::<_, TensorError, _>(BATCH, |sweep, rows| {
                            sweep.forward(&load.parameters, rows_of(rows)).map(drop)
                        })
                        .expect("sound shapes")
                });
            });
        });
        group.bench_function(BenchmarkId::new(load.name, "gradient of the sum"), |bencher| {
            pool(1).install(|| {
                bencher.iter(|| {
                    let residuals = |rows, _: ArrayView2<'_, f32>, mut into: ArrayViewMut2<'_, f32>| {
                        into.assign(&residuals.slice(s![rows, ..]));
                        Ok::<(), TensorError>(())
                    };
                    engine
                        .gradient_sum(&load.parameters, load.inputs.view(), &mut gradient, residuals)
                        .expect("sound shapes");
                });
            });
        });
        group.bench_function(BenchmarkId::new(load.name, "norms"), |bencher| {
            pool(1).install(|| {
                bencher.iter(|| {
                    engine
                        .map_chunks::<_, TensorError, _>(BATCH, |sweep, rows| {
                            sweep
                                .forward(&load.parameters, rows_of(rows.clone()))?
                                .squared_gradient_norms(residuals.slice(s![rows, ..]))
                        })
                        .expect("sound shapes")
                });
            });
        });
    }
}

criterion_group!(structure_benches, structure, gradient_norms);
criterion_main!(structure_benches);
