//! Mini-batch descent on a finite sum, recorded.

use super::{FiniteSum, GeneralisedDescent, Trajectory};
use crate::error::{ConvexityError, require_range};
use crate::objectives::Objective;
use fenchel_random::Seed;
use ndarray::{Array1, ArrayRef1};

/// One step on one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchStep {
    /// The places of the batch's samples, without repetition.
    pub batch: Vec<usize>,
}

/// The record of a mini-batch method: the points, evaluated on the whole sum, and the batch of every step.
#[derive(Clone, Debug)]
pub struct BatchRun {
    trajectory: Trajectory,
    steps: Vec<BatchStep>,
}

impl BatchRun {
    /// A record of a method run elsewhere: its points, and the batch of every step.
    ///
    /// # Errors
    ///
    /// If there is not one batch for every step, or a batch is empty, repeats a sample or names one that
    /// does not exist.
    pub fn record(
        sum: &FiniteSum,
        points: impl IntoIterator<Item = Array1<f64>>,
        batches: Vec<Vec<usize>>,
    ) -> Result<Self, ConvexityError> {
        let trajectory = Trajectory::record(sum, points)?;
        crate::error::require_dimension("batches", batches.len(), trajectory.steps())?;
        for batch in &batches {
            sum.batch(batch)?;
        }
        Ok(Self { trajectory, steps: batches.into_iter().map(|batch| BatchStep { batch }).collect() })
    }

    /// The points, with value and gradient of the whole sum.
    #[must_use]
    pub const fn trajectory(&self) -> &Trajectory {
        &self.trajectory
    }

    /// The batch of every step.
    #[must_use]
    pub fn steps(&self) -> &[BatchStep] {
        &self.steps
    }
}

/// Mini-batch generalised descent: each step is [`GeneralisedDescent`]'s for the mean loss of a batch.
///
/// Batches are drawn without repetition, independently at every step, from the seed.
///
/// ```
/// use fenchel_convexity::catalogue::Quadratic;
/// use fenchel_convexity::norms::Norm;
/// use fenchel_convexity::objectives::Objective;
/// use fenchel_convexity::potentials::Potential;
/// use fenchel_convexity::trajectory::{FiniteSum, GeneralisedDescent, MiniBatchDescent};
/// use fenchel_random::Seed;
/// use ndarray::array;
/// use std::sync::Arc;
///
/// let parabola = |a, b| Quadratic::diagonal(&[a, b]).map(|f| Arc::new(f) as Arc<dyn Objective>);
/// let risk = FiniteSum::new(vec![parabola(1.0, 0.0)?, parabola(0.0, 1.0)?])?;
/// let step = GeneralisedDescent::new(Potential::norm_power(1.0, 2.0, Norm::L2)?, 1.0)?;
/// let run = MiniBatchDescent::new(step, 1, Seed::new(0))?.run(&risk, &array![1.0, 1.0], 20)?;
/// assert_eq!(run.trajectory().states()[20].value, 0.0);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MiniBatchDescent {
    method: GeneralisedDescent,
    size: usize,
    seed: Seed,
}

impl MiniBatchDescent {
    /// A method with batches of a size.
    ///
    /// # Errors
    ///
    /// If the size is 0.
    pub fn new(method: GeneralisedDescent, size: usize, seed: Seed) -> Result<Self, ConvexityError> {
        require_range("size", size as f64, size > 0, "at least 1")?;
        Ok(Self { method, size, seed })
    }

    /// Takes steps from a start and records them.
    ///
    /// # Errors
    ///
    /// If batches are larger than the sum, or as [`GeneralisedDescent::run`].
    pub fn run(
        &self,
        sum: &FiniteSum,
        start: &ArrayRef1<f64>,
        steps: usize,
    ) -> Result<BatchRun, ConvexityError> {
        require_range("size", self.size as f64, self.size <= sum.len(), "at most the number of samples")?;
        let mut points = vec![start.to_owned()];
        let mut batches = Vec::with_capacity(steps);
        for k in 0..steps {
            let mut order: Vec<usize> = (0..sum.len()).collect();
            let mut stream = self.seed.derive("batch").index(k as u64).stream();
            stream.partial_shuffle(&mut order, self.size);
            // `partial_shuffle` leaves its draw at the end.
            let batch = order.split_off(sum.len() - self.size);
            let gradient = sum.batch(&batch)?.gradient(&points[k])?;
            points.push(self.method.next(&points[k], &gradient)?);
            batches.push(batch);
        }
        BatchRun::record(sum, points, batches)
    }
}
