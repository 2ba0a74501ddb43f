//! What a training step costs beside the products of the network: the loss, the looks at every number, the optimiser, the loop.
//!
//! `cargo run --release -p fenchel-nn --example training_cost` prints microseconds a step, the median of many: LeNet-5 and a small dense chain on
//! 28 x 28 inputs, batches of 64.

#![allow(clippy::print_stdout)]

use std::sync::Arc;
use std::time::Instant;

use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy};
use fenchel_nn::models::{DenseChain, LeNet5, Model};
use fenchel_nn::optimisers::{Adam, Optimiser, Sgd};
use fenchel_nn::training::{Control, Moment, Observer, Samples, Training};
use fenchel_nn::{Initialiser, NnError, Schedule, Trainer};
use fenchel_random::Seed;
use fenchel_tensor::{Engine, Shape, Tape};
use ndarray::Array2;

const BATCH: usize = 64;
const STEPS: usize = 150;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut stream = Seed::new(0).stream();
    let inputs = Array2::from_shape_simple_fn((BATCH, 784), || stream.random_range(-1.0_f32..1.0));
    let labels: Vec<usize> = (0..BATCH).map(|_| stream.random_range(0..10)).collect();
    let models: [Box<dyn Model>; 2] = [Box::new(LeNet5), Box::new(DenseChain::new(2, 64))];
    for model in models {
        let tape = model.tape(Shape::image(1, 28, 28), 10)?;
        let start: Vec<f32> =
            Initialiser::FanInUniform.draw(&tape, Seed::new(0))?.iter().map(|&p| p as f32).collect();
        println!("{}", model.name());

        let engine = Engine::new(tape.clone());
        let mut gradient = vec![0.0; start.len()];
        let passes = median(|| {
            engine.gradient_sum::<NnError>(&start, inputs.view(), &mut gradient, |_, _, mut residuals| {
                residuals.fill(1e-3);
                Ok(())
            })
        })?;
        println!("  forward and backward pass alone      {passes:8.0}");
        let kernel = step_time(&tape, &start, Arc::new(SoftmaxCrossEntropy), sgd(), &inputs, &labels)?;
        println!("  step, cross-entropy by its kernel    {kernel:8.0}");
        let hidden: Arc<dyn Loss> = Arc::new(SoftmaxCrossEntropy);
        let by_row = step_time(&tape, &start, hidden, sgd(), &inputs, &labels)?;
        println!("  step, cross-entropy by row           {by_row:8.0}");
        let adam = Box::new(Adam::new(1e-4)?);
        let adam = step_time(&tape, &start, Arc::new(SoftmaxCrossEntropy), adam, &inputs, &labels)?;
        println!("  step with Adam                       {adam:8.0}");

        let samples = Samples::labelled(inputs.clone(), labels.clone(), BATCH, Seed::new(1))?;
        let trainer = Trainer::new(tape, start, Arc::new(SoftmaxCrossEntropy), sgd());
        let mut clock = Clock::default();
        Training::new(trainer, samples, Schedule::constant(), STEPS as u64).observed(&mut clock).run()?;
        println!("  step in the loop, batches in memory  {:8.0}", clock.median());
    }
    Ok(())
}

fn sgd() -> Box<dyn Optimiser<f32>> {
    Box::new(Sgd::new(1e-4, 0.9).expect("sound settings"))
}

fn step_time(
    tape: &Arc<Tape>,
    start: &[f32],
    loss: impl Into<fenchel_nn::losses::BatchLoss>,
    optimiser: Box<dyn Optimiser<f32>>,
    inputs: &Array2<f32>,
    labels: &[usize],
) -> Result<f64, NnError> {
    let mut trainer = Trainer::new(tape.clone(), start.to_vec(), loss, optimiser);
    median(|| trainer.step(inputs.view(), labels))
}

/// Microseconds of the middle of many calls.
fn median<R>(mut call: impl FnMut() -> Result<R, NnError>) -> Result<f64, NnError> {
    let mut times = Vec::with_capacity(STEPS);
    for _ in 0..STEPS {
        let begun = Instant::now();
        call()?;
        times.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    Ok(middle(&mut times))
}

fn middle(times: &mut [f64]) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// Times whole steps of the loop, from the end of one to the end of the next.
#[derive(Default)]
struct Clock {
    last: Option<Instant>,
    times: Vec<f64>,
}

impl Clock {
    fn median(&mut self) -> f64 {
        middle(&mut self.times)
    }
}

impl Observer<f32> for Clock {
    fn name(&self) -> String {
        "clock".to_owned()
    }

    fn after_step(&mut self, _moment: &Moment<'_, f32>) -> Result<Control, NnError> {
        let now = Instant::now();
        if let Some(last) = self.last.replace(now) {
            self.times.push((now - last).as_secs_f64() * 1e6);
        }
        Ok(Control::Continue)
    }
}
