//! Whole batches on all cores: fixed shards over rayon, with the same bits at any thread count.

mod ordered_sum;

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use ndarray::{Array2, Array3, ArrayView2, ArrayViewMut2, Axis, s};
use rayon::prelude::*;

use crate::{Real, Sweep, Tape, TensorError};
use ordered_sum::ordered_sum;

/// Runs a tape over whole batches.
///
/// A batch is cut into shards by its length alone, never by the number of threads; each shard is swept on one thread,
/// and what the shards give is put together in their order. So a result has the same bits on one core and on
/// sixty-four. The buffers of finished shards are kept and used again.
///
/// ```
/// use std::sync::Arc;
/// use fenchel_tensor::{Engine, Shape, TapeBuilder};
/// use ndarray::{Array2, array};
///
/// let mut net = TapeBuilder::new(Shape::vector(3));
/// let x = net.input();
/// let y = net.dense("head", x, 2)?;
/// let engine = Engine::<f64>::new(Arc::new(net.finish(y)?));
///
/// // d/dW of sum_b <u_b, W x_b + b> is sum_b u_b x_b'.
/// let parameters = vec![0.0; 8];
/// let mut gradient = vec![0.0; 8];
/// let inputs = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// engine.gradient_sum::<fenchel_tensor::TensorError>(&parameters, inputs.view(), &mut gradient, |_, _, mut u| {
///     u.fill(1.0);
///     Ok(())
/// })?;
/// assert_eq!(gradient, [5.0, 7.0, 9.0, 5.0, 7.0, 9.0, 2.0, 2.0]);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[derive(Debug)]
pub struct Engine<T> {
    tape: Arc<Tape>,
    idle: Mutex<Vec<Worker<T>>>,
}

/// The buffers of one shard.
#[derive(Debug)]
struct Worker<T> {
    sweep: Sweep<T>,
    residuals: Array2<T>,
    gradient: Vec<T>,
}

/// Where a shard puts its result.
type Slot<T, E> = Mutex<Option<Result<Worker<T>, E>>>;

/// The most shards that one gradient is summed from: enough for the cores of one machine, few enough that their
/// gradients fit in memory.
const MOST_SHARDS: usize = 8;

/// A sweep's largest value should fit a second-level cache, beside what is read with it: this many bytes.
const CACHE_BYTES: usize = 320 * 1024;

impl<T: Real> Engine<T> {
    /// An engine for a tape.
    #[must_use]
    pub fn new(tape: Arc<Tape>) -> Self {
        Self { tape, idle: Mutex::new(Vec::new()) }
    }

    /// The tape that this engine runs.
    #[must_use]
    pub fn tape(&self) -> &Arc<Tape> {
        &self.tape
    }

    /// Sweeps `rows` samples in chunks of a fixed size; `work` gets a sweep to use and the chunk's range of rows. Its
    /// results come back in the order of the rows.
    ///
    /// # Errors
    /// The first error, in the order of the rows, that `work` returns.
    pub fn map_chunks<R, E, F>(&self, rows: usize, work: F) -> Result<Vec<R>, E>
    where
        R: Send,
        E: Send,
        F: Fn(&mut Sweep<T>, Range<usize>) -> Result<R, E> + Sync,
    {
        let chunk = self.chunk_rows();
        let results: Vec<Result<R, E>> = (0..rows.div_ceil(chunk))
            .into_par_iter()
            .map(|index| {
                let mut worker = self.take();
                let result = work(&mut worker.sweep, index * chunk..rows.min((index + 1) * chunk));
                self.give_back(worker);
                result
            })
            .collect();
        results.into_iter().collect()
    }

    /// How many samples one sweep holds: as many as keep the largest value in the second-level cache, a power of two between 8
    /// and 32.
    #[must_use]
    pub fn chunk_rows(&self) -> usize {
        let largest = self.tape.records.iter().map(|record| record.place.shape.len()).max().unwrap_or(1);
        let rows = CACHE_BYTES / (largest * size_of::<T>()).max(1);
        1 << rows.clamp(8, 32).ilog2()
    }

    /// The outputs `B x m`.
    ///
    /// # Errors
    /// If an argument has the wrong shape.
    pub fn outputs(&self, parameters: &[T], inputs: ArrayView2<'_, T>) -> Result<Array2<T>, TensorError> {
        self.tape.check_ids(inputs)?;
        let chunks = self.map_chunks(inputs.nrows(), |sweep, rows| {
            sweep.forward(parameters, inputs.slice(s![rows, ..])).map(|pass| pass.outputs().to_owned())
        })?;
        let mut result = Array2::zeros((0, self.tape.outputs()));
        for chunk in chunks {
            result.append(Axis(0), chunk.view()).expect("every chunk has one column per output");
        }
        Ok(result)
    }

    /// The structural matrices `A_b = J_b J_b'`, `B x m x m`, by the layer sum T13.
    ///
    /// # Errors
    /// If an argument has the wrong shape.
    pub fn structure(&self, parameters: &[T], inputs: ArrayView2<'_, T>) -> Result<Array3<T>, TensorError> {
        self.tape.check_ids(inputs)?;
        let chunks = self.map_chunks(inputs.nrows(), |sweep, rows| {
            sweep.forward(parameters, inputs.slice(s![rows, ..])).map(|mut pass| pass.structure())
        })?;
        let mut result = Array3::zeros((0, self.tape.outputs(), self.tape.outputs()));
        for chunk in chunks {
            result.append(Axis(0), chunk.view()).expect("every chunk has m x m matrices");
        }
        Ok(result)
    }

    /// Overwrites `gradient` with that of `sum_b <u_b, f(x_b)>`, where `residuals` writes `u` (`S x m`) for the given
    /// rows from their outputs (`S x m`). What it returns for each shard comes back in the order of the rows.
    ///
    /// # Errors
    /// If an argument has the wrong shape, or what `residuals` returns.
    pub fn gradient_sum<E: From<TensorError> + Send>(
        &self,
        parameters: &[T],
        inputs: ArrayView2<'_, T>,
        gradient: &mut [T],
        residuals: impl Fn(Range<usize>, ArrayView2<'_, T>, ArrayViewMut2<'_, T>) -> Result<(), E> + Sync,
    ) -> Result<(), E> {
        // Before any shard runs, and for no sample, too: a sum over the shorter of two vectors would be a
        // wrong gradient.
        self.tape.check_parameters("parameters", parameters.len())?;
        self.tape.check_parameters("gradient", gradient.len())?;
        self.tape.check_inputs(inputs.shape())?;
        self.tape.check_ids(inputs)?;
        let rows = inputs.nrows();
        if rows == 0 {
            gradient.fill(T::zero());
            return Ok(());
        }
        let chunk_rows = self.chunk_rows();
        let shards = rows.div_ceil(chunk_rows).clamp(1, MOST_SHARDS);
        let bounds = |shard: usize| rows * shard / shards..rows * (shard + 1) / shards;
        let run = |shard: usize| {
            let mut worker = self.take();
            worker.gradient.resize(parameters.len(), T::zero());
            let shard_rows = bounds(shard);
            for start in shard_rows.clone().step_by(chunk_rows) {
                let chunk = start..shard_rows.end.min(start + chunk_rows);
                let Worker { sweep, residuals: u, gradient } = &mut worker;
                let mut pass = sweep.forward(parameters, inputs.slice(s![chunk.clone(), ..]))?;
                let outputs = pass.outputs();
                if u.dim() != outputs.dim() {
                    *u = Array2::zeros(outputs.dim());
                }
                residuals(chunk, outputs, u.view_mut())?;
                if start == shard_rows.start {
                    pass.gradient_over(u.view(), gradient)?;
                } else {
                    pass.gradient_sum(u.view(), gradient)?;
                }
            }
            Ok(worker)
        };
        let slots: [Slot<T, E>; MOST_SHARDS] = std::array::from_fn(|_| Mutex::new(None));
        let fill = |shard: usize| {
            let worker = run(shard);
            *slots[shard].lock().unwrap_or_else(PoisonError::into_inner) = Some(worker);
        };
        if shards == 1 {
            fill(0);
        } else {
            (0..shards).into_par_iter().for_each(fill);
        }
        let mut finished: [Option<Worker<T>>; MOST_SHARDS] = [const { None }; MOST_SHARDS];
        for (slot, finished) in slots.into_iter().zip(&mut finished).take(shards) {
            let worker = slot.into_inner().unwrap_or_else(PoisonError::into_inner);
            *finished = Some(worker.expect("every shard fills its slot")?);
        }
        let mut terms: [&[T]; MOST_SHARDS] = [&[]; MOST_SHARDS];
        for (term, worker) in terms.iter_mut().zip(finished.iter().flatten()) {
            *term = &worker.gradient;
        }
        ordered_sum(gradient, &terms[..shards], 0);
        finished.into_iter().flatten().for_each(|worker| self.give_back(worker));
        Ok(())
    }

    fn take(&self) -> Worker<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        idle.unwrap_or_else(|| Worker {
            sweep: Sweep::new(self.tape.clone()),
            residuals: Array2::zeros((0, 0)),
            gradient: Vec::new(),
        })
    }

    fn give_back(&self, worker: Worker<T>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(worker);
    }
}
