//! Structural matrices with their eigenvalues, and per-sample gradient norms, on a batch of 64.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fenchel_benches::{BATCH, pool, workloads};
use fenchel_tensor::spectrum::batched_eigenvalues;
use fenchel_tensor::{Engine, TensorError};
use ndarray::{Array2, s};

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

fn gradient_norms(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("per-sample squared gradient norms");
    group.throughput(Throughput::Elements(BATCH as u64));
    for load in workloads().expect("the workloads are sound") {
        let engine = Engine::<f32>::new(load.tape);
        let residuals = Array2::from_elem((BATCH, 10), 0.1_f32);
        group.bench_function(load.name, |bencher| {
            pool(1).install(|| {
                bencher.iter(|| {
                    engine.map_chunks::<_, TensorError, _>(BATCH, |sweep, rows| {
                        sweep.forward(&load.parameters, load.inputs.slice(s![rows.clone(), ..]))?;
                        sweep.squared_gradient_norms(&load.parameters, residuals.slice(s![rows, ..]))
                    })
                });
            });
        });
    }
}

criterion_group!(structure_benches, structure, gradient_norms);
criterion_main!(structure_benches);
