//! One training step (forward, loss, backward, SGD) on a batch of 64, with one and two threads.

use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fenchel_benches::{BATCH, pool, workloads};
use fenchel_convexity::losses::SoftmaxCrossEntropy;
use fenchel_nn::Trainer;
use fenchel_nn::optimisers::Sgd;

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training step");
    group.throughput(Throughput::Elements(BATCH as u64));
    for threads in [1, 2] {
        let pool = pool(threads);
        for load in workloads().expect("the workloads are sound") {
            let sgd = Box::new(Sgd::new(1e-4, 0.9).expect("sound settings"));
            let mut trainer = Trainer::new(load.tape, load.parameters, Arc::new(SoftmaxCrossEntropy), sgd);
            group.bench_function(BenchmarkId::new(load.name, format!("{threads} threads")), |bencher| {
                pool.install(|| {
                    bencher.iter(|| {
                        trainer.step(load.inputs.view(), load.targets.view()).expect("a sound step")
                    });
                });
            });
        }
    }
}

criterion_group!(training_benches, steps);
criterion_main!(training_benches);
