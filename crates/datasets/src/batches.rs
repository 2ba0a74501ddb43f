//! Batches in a seeded order, written into buffers of the caller.

use fenchel_random::{Seed, SliceRandom};
use ndarray::Array2;

use crate::{Dataset, Element, Error, Normalisation, Result};

/// Samples as reals with their labels, ready for a model.
///
/// The buffers are reused from batch to batch: in a steady loop nothing is allocated, also when the last batch is
/// smaller.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch<A: Element = f32> {
    /// B x (channels x height x width), each row flattened in that order.
    pub inputs: Array2<A>,
    /// The label of each row.
    pub labels: Vec<usize>,
    /// The index of each row's sample in the set.
    pub indices: Vec<usize>,
}

impl<A: Element> Batch<A> {
    /// The samples of `set` at `indices` as one batch, normalised.
    ///
    /// # Errors
    /// If an index is past the end, or the normalisation does not fit the set.
    pub fn gather(set: &dyn Dataset, indices: &[usize], normalisation: &Normalisation) -> Result<Self> {
        if let Some(&i) = indices.iter().find(|&&i| i >= set.len()) {
            return Err(Error::argument("indices", format!("{i} is past the {} samples", set.len())));
        }
        normalisation.check(set.shape(), set.name())?;
        let mut batch = Self::default();
        batch.fill(set, indices, normalisation);
        Ok(batch)
    }

    /// The number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether the batch holds no sample, as before it is first filled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    fn fill(&mut self, set: &dyn Dataset, indices: &[usize], normalisation: &Normalisation) {
        let shape = set.shape();
        let features = shape.features();
        if self.inputs.dim() != (indices.len(), features) {
            // An array cannot change its size, but its vector can: within the capacity nothing is allocated.
            let mut reals = std::mem::take(&mut self.inputs).into_raw_vec_and_offset().0;
            reals.resize(indices.len() * features, A::zero());
            self.inputs = Array2::from_shape_vec((indices.len(), features), reals)
                .expect("the vector was resized to the shape");
        }
        self.indices.clear();
        self.indices.extend_from_slice(indices);
        self.labels.clear();
        self.labels.extend(indices.iter().map(|&i| set.label(i)));
        for (mut row, &i) in self.inputs.rows_mut().into_iter().zip(indices) {
            let row = row.as_slice_mut().expect("rows of a standard-layout array are contiguous");
            A::write_sample(set, i, row);
            normalisation.apply(shape, row);
        }
    }
}

/// What becomes of the samples left over when the batch size does not divide the set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastBatch {
    /// They make a smaller last batch.
    #[default]
    Keep,
    /// They sit this epoch out; the order changes each epoch, so it is not always the same ones.
    Drop,
}

/// The order in which an epoch visits the samples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// A random permutation, a function of (seed, epoch).
    #[default]
    Shuffled,
    /// As they are, for evaluation.
    Sequential,
}

/// The batches of a set, epoch after epoch.
///
/// The order of epoch e is drawn from a stream of its own, so that epoch e has the same batches whether or not the
/// earlier ones were run: a resumed run continues at ([`epoch`](Self::epoch), [`position`](Self::position)) by
/// [`seek`](Self::seek).
pub struct Batches<'a> {
    set: &'a dyn Dataset,
    size: usize,
    seed: Seed,
    last: LastBatch,
    order: Order,
    normalisation: Normalisation,
    epoch: u64,
    position: usize,
    permutation: Vec<usize>,
}

impl std::fmt::Debug for Batches<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batches")
            .field("set", &self.set.name())
            .field("size", &self.size)
            .field("epoch", &self.epoch)
            .field("position", &self.position)
            .finish_non_exhaustive()
    }
}

impl<'a> Batches<'a> {
    /// Batches of `size` samples of `set`, shuffled, the smaller last batch kept, not normalised; at epoch 0.
    ///
    /// # Errors
    /// If the set is empty or the size is 0.
    pub fn new(set: &'a dyn Dataset, size: usize, seed: Seed) -> Result<Self> {
        if set.is_empty() {
            return Err(Error::argument("set", format!("{} is empty", set.name())));
        }
        if size == 0 {
            return Err(Error::argument("size", "a batch needs at least one sample"));
        }
        let mut batches = Self {
            set,
            size,
            seed,
            last: LastBatch::default(),
            order: Order::default(),
            normalisation: Normalisation::identity(set.shape().channels),
            epoch: 0,
            position: 0,
            permutation: Vec::new(),
        };
        batches.start_epoch(0);
        Ok(batches)
    }

    /// Chooses what becomes of the smaller last batch.
    ///
    /// # Errors
    /// If it is dropped and the set is smaller than one batch: there would be no batch at all.
    pub fn last(mut self, last: LastBatch) -> Result<Self> {
        if last == LastBatch::Drop && self.set.len() < self.size {
            return Err(Error::argument(
                "last",
                format!(
                    "dropping the last batch leaves none: {} samples, batches of {}",
                    self.set.len(),
                    self.size
                ),
            ));
        }
        self.last = last;
        Ok(self)
    }

    /// Chooses the order and starts the epoch again in it.
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self.start_epoch(self.epoch);
        self
    }

    /// Normalises each batch by `normalisation`.
    ///
    /// # Errors
    /// If it does not fit the set's channels, or is not finite, or divides by 0.
    pub fn normalised(mut self, normalisation: Normalisation) -> Result<Self> {
        normalisation.check(self.set.shape(), self.set.name())?;
        self.normalisation = normalisation;
        Ok(self)
    }

    /// The number of batches in an epoch.
    #[must_use]
    pub fn per_epoch(&self) -> usize {
        match self.last {
            LastBatch::Keep => self.set.len().div_ceil(self.size),
            LastBatch::Drop => self.set.len() / self.size,
        }
    }

    /// The epoch, counted from 0.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The number of batches of this epoch already given.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Starts epoch `epoch` from its first batch.
    pub fn start_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
        self.position = 0;
        self.permutation.clear();
        self.permutation.extend(0..self.set.len());
        if self.order == Order::Shuffled {
            self.permutation.shuffle(&mut self.seed.derive("epoch").index(epoch).stream());
        }
    }

    /// Continues at batch `position` of epoch `epoch`, as if the earlier ones had been taken.
    ///
    /// # Errors
    /// If the epoch has fewer batches.
    pub fn seek(&mut self, epoch: u64, position: usize) -> Result<()> {
        if position > self.per_epoch() {
            return Err(Error::argument(
                "position",
                format!("batch {position} of an epoch of {} batches", self.per_epoch()),
            ));
        }
        self.start_epoch(epoch);
        self.position = position;
        Ok(())
    }

    /// Fills `batch` with the epoch's next batch; false, leaving `batch` alone, when the epoch is over.
    pub fn fill_next<A: Element>(&mut self, batch: &mut Batch<A>) -> bool {
        if self.position >= self.per_epoch() {
            return false;
        }
        let start = self.position * self.size;
        let end = (start + self.size).min(self.permutation.len());
        batch.fill(self.set, &self.permutation[start..end], &self.normalisation);
        self.position += 1;
        true
    }
}
