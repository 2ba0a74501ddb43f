//! Our side of `cargo xtask bench --peers`: training, gradient norms and structural matrices of the four models, one line each,
//! `model<TAB>quantity<TAB>system<TAB>samples per second`.
//!
//! `PEER_THREADS` threads (1 unless told), `PEER_SECONDS` seconds a measurement, models whose name contains `PEER_MODEL`: the same
//! for all peers.

// This program speaks to `cargo xtask`.
#![allow(clippy::print_stdout)]

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fenchel_benches::{BATCH, Workload, pool, workloads};
use fenchel_convexity::losses::SoftmaxCrossEntropy;
use fenchel_nn::Trainer;
use fenchel_nn::optimisers::Sgd;
use fenchel_tensor::spectrum::batched_eigenvalues;
use fenchel_tensor::{Engine, TensorError};
use ndarray::{Array2, s};

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let setting = |name: &str| std::env::var(name).ok();
    let threads = setting("PEER_THREADS").map_or(Ok(1), |value| value.parse())?;
    let seconds = setting("PEER_SECONDS").map_or(Ok(2.0), |value| value.parse())?;
    let only = setting("PEER_MODEL").unwrap_or_default();
    let time = Duration::from_secs_f64(seconds);
    for load in workloads()?.into_iter().filter(|load| load.name.contains(&only)) {
        pool(threads).install(|| measure(load, time))?;
    }
    Ok(())
}

fn measure(load: Workload, time: Duration) -> Result<(), Box<dyn Error + Send + Sync>> {
    let Workload { name, tape, parameters, inputs, targets } = load;
    let report = |quantity: &str, rate: f64| println!("{name}\t{quantity}\tFenchel\t{rate:.1}");
    let sgd = Box::new(Sgd::new(1e-4, 0.9)?);
    let mut trainer = Trainer::new(tape.clone(), parameters.clone(), Arc::new(SoftmaxCrossEntropy), sgd);
    report("training", rate(time, || trainer.step(inputs.view(), targets.view()).map(drop))?);
    let engine = Engine::<f32>::new(tape);
    let residuals = Array2::from_elem((BATCH, 10), 0.1_f32);
    let norms = || {
        let chunks = engine.map_chunks::<_, TensorError, _>(BATCH, |sweep, rows| {
            let mut pass = sweep.forward(&parameters, inputs.slice(s![rows.clone(), ..]))?;
            pass.squared_gradient_norms(residuals.slice(s![rows, ..]))
        });
        chunks.map(drop)
    };
    report("gradient norms", rate(time, norms)?);
    let structure = || {
        let matrices = engine.structure(&parameters, inputs.view())?;
        batched_eigenvalues(matrices.view()).map(drop)
    };
    report("structure", rate(time, structure)?);
    Ok(())
}

/// Samples per second: the median over as many batches as fit the time.
fn rate<E>(time: Duration, mut batch: impl FnMut() -> Result<(), E>) -> Result<f64, E> {
    batch()?;
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < time || times.len() < 3 {
        let begin = Instant::now();
        batch()?;
        times.push(begin.elapsed().as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    Ok(BATCH as f64 / times[times.len() / 2])
}
