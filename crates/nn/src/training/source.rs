//! Where batches come from.

use fenchel_random::Seed;
use fenchel_tensor::{Real, TensorError};
use ndarray::{Array2, ArrayView2, Axis};

use crate::NnError;
use crate::losses::Targets;
use crate::optimisers::require;

/// One batch, as its source lends it.
#[derive(Clone, Copy, Debug)]
pub struct BatchView<'a, T> {
    /// `B x d`.
    pub inputs: ArrayView2<'a, T>,
    /// Labels or rows.
    pub targets: Targets<'a>,
    /// The place of each sample in its set: what messages and measurements call it by.
    pub indices: &'a [usize],
}

impl<T> BatchView<'_, T> {
    /// The same for a shorter time.
    #[must_use]
    pub fn view(&self) -> BatchView<'_, T> {
        BatchView { inputs: self.inputs.view(), targets: self.targets.view(), indices: self.indices }
    }
}

/// A source of batches, epoch after epoch, whose order is a function of the epoch alone.
///
/// That is what makes a training resumable: [`seek`](Self::seek) to a position gives what an uninterrupted run would have got there.
pub trait BatchSource<T>: Send {
    /// The number of batches in an epoch.
    fn per_epoch(&self) -> usize;

    /// Goes to batch `position` of epoch `epoch`; a position behind the last batch is the epoch's end.
    ///
    /// # Errors
    /// If the epoch has fewer batches.
    fn seek(&mut self, epoch: u64, position: usize) -> Result<(), NnError>;

    /// The next batch of the epoch; none at its end.
    ///
    /// # Errors
    /// If the samples cannot be had.
    fn next_batch(&mut self) -> Result<Option<BatchView<'_, T>>, NnError>;
}

/// Samples in memory, shuffled anew in every epoch; the last batch of an epoch may be smaller.
#[derive(Clone, Debug)]
pub struct Samples<T> {
    inputs: Array2<T>,
    targets: Held,
    size: usize,
    seed: Seed,
    order: Vec<usize>,
    position: usize,
    batch: Array2<T>,
    batch_targets: Held,
}

#[derive(Clone, Debug)]
enum Held {
    Labels(Vec<usize>),
    Rows(Array2<f64>),
}

impl<T: Real> Samples<T> {
    /// Samples with targets as rows: `inputs` is `n x d`, `targets` `n x m`.
    ///
    /// # Errors
    /// If there is no sample, the rows differ in number, or the size of a batch is 0.
    pub fn rows(inputs: Array2<T>, targets: Array2<f64>, size: usize, seed: Seed) -> Result<Self, NnError> {
        Self::new(inputs, Held::Rows(targets), size, seed)
    }

    /// Samples with labels.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub fn labelled(inputs: Array2<T>, labels: Vec<usize>, size: usize, seed: Seed) -> Result<Self, NnError> {
        Self::new(inputs, Held::Labels(labels), size, seed)
    }

    fn new(inputs: Array2<T>, targets: Held, size: usize, seed: Seed) -> Result<Self, NnError> {
        let (rows, right_rows) = (inputs.nrows(), targets.view().len());
        if rows != right_rows {
            return Err(NnError::Rows { left: "inputs", left_rows: rows, right: "targets", right_rows });
        }
        if rows == 0 {
            let needs = "at least one sample".to_owned();
            return Err(TensorError::Argument { argument: "inputs", got: vec![0], needs }.into());
        }
        require("size", size as f64, size > 0, "at least 1")?;
        let (batch, batch_targets) = (Array2::zeros((0, 0)), targets.select(&[]));
        let mut samples =
            Self { inputs, targets, size, seed, order: Vec::new(), position: 0, batch, batch_targets };
        samples.seek(0, 0)?;
        Ok(samples)
    }
}

impl Held {
    fn view(&self) -> Targets<'_> {
        match self {
            Self::Labels(labels) => Targets::Labels(labels),
            Self::Rows(rows) => Targets::Rows(rows.view()),
        }
    }

    fn select(&self, indices: &[usize]) -> Self {
        match self {
            Self::Labels(labels) => Self::Labels(indices.iter().map(|&i| labels[i]).collect()),
            Self::Rows(rows) => Self::Rows(rows.select(Axis(0), indices)),
        }
    }
}

impl<T: Real> BatchSource<T> for Samples<T> {
    fn per_epoch(&self) -> usize {
        self.inputs.nrows().div_ceil(self.size)
    }

    fn seek(&mut self, epoch: u64, position: usize) -> Result<(), NnError> {
        let needs = "at most the number of batches in an epoch";
        require("position", position as f64, position <= self.per_epoch(), needs)?;
        self.order = (0..self.inputs.nrows()).collect();
        self.seed.derive("epoch").index(epoch).stream().shuffle(&mut self.order);
        self.position = position;
        Ok(())
    }

    fn next_batch(&mut self) -> Result<Option<BatchView<'_, T>>, NnError> {
        let start = (self.position * self.size).min(self.order.len());
        let indices = &self.order[start..(start + self.size).min(self.order.len())];
        if indices.is_empty() {
            return Ok(None);
        }
        self.position += 1;
        self.batch = self.inputs.select(Axis(0), indices);
        self.batch_targets = self.targets.select(indices);
        Ok(Some(BatchView { inputs: self.batch.view(), targets: self.batch_targets.view(), indices }))
    }
}
