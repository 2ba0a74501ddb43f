//! Criterion benches, one file a subject: `cargo xtask bench`.
//!
//! This library holds what they share: the workloads, so that training, gradient norms and structure are timed on the same
//! models and batches. Compare medians of runs on one idle machine; ratios travel, absolute times do not.

use std::sync::Arc;

use fenchel_nn::models::{DenseChain, LeNet5, Model, ResNet};
use fenchel_nn::{Initialiser, NnError, one_hot};
use fenchel_random::Seed;
use fenchel_tensor::{Shape, Tape};
use ndarray::Array2;

/// Samples in every timed batch.
pub const BATCH: usize = 64;

/// A model at its initialisation, with a batch of random inputs and labels.
#[derive(Debug)]
pub struct Workload {
    /// The name in the bench's report.
    pub name: &'static str,
    /// The model.
    pub tape: Arc<Tape>,
    /// Its parameters.
    pub parameters: Vec<f32>,
    /// `BATCH x d`.
    pub inputs: Array2<f32>,
    /// `BATCH x 10`, one-hot.
    pub targets: Array2<f64>,
}

/// The timed models.
///
/// # Errors
/// None but defects of the models themselves.
pub fn workloads() -> Result<Vec<Workload>, NnError> {
    let grey = Shape::image(1, 28, 28);
    let colour = Shape::image(3, 32, 32);
    let models: [(&str, Box<dyn Model>, Shape); 4] = [
        ("mlp-784-256-256-10", Box::new(DenseChain::new(2, 256)), grey),
        ("lenet5-28x28", Box::new(LeNet5), grey),
        ("lenet5-32x32x3", Box::new(LeNet5), colour),
        ("resnet-2-2-2-32x32x3", Box::new(ResNet { blocks: 2, groups: None }), colour),
    ];
    models.into_iter().map(|(name, model, shape)| workload(name, &*model, shape)).collect()
}

fn workload(name: &'static str, model: &dyn Model, shape: Shape) -> Result<Workload, NnError> {
    let tape = model.tape(shape, 10)?;
    let parameters = Initialiser::FanInUniform.draw(&tape, Seed::new(0))?.iter().map(|&p| p as f32).collect();
    let mut stream = Seed::new(1).derive("inputs").stream();
    let inputs = Array2::from_shape_simple_fn((BATCH, shape.len()), || stream.random_range(-1.0..1.0));
    let labels: Vec<usize> = (0..BATCH).map(|_| stream.random_range(0..10)).collect();
    Ok(Workload { name, tape, parameters, inputs, targets: one_hot(&labels, 10)? })
}

/// A pool of this many threads, for the benches that compare thread counts.
///
/// # Panics
/// If the machine cannot start the threads.
#[must_use]
pub fn pool(threads: usize) -> rayon::ThreadPool {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a few threads can be started")
}
