//! The batches of a set in a seeded order, epoch after epoch.

use fenchel_random::Seed;

use crate::{Augmentation, Batch, Dataset, Element, Error, Normalisation, Result};

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
///
/// ```
/// use fenchel_datasets::{Augmentation, Batch, Batches, LastBatch, glyphs};
/// use fenchel_random::Seed;
///
/// let set = glyphs::generate(Seed::new(0), 100, 0).train;
/// let mut batches = Batches::new(&set, 32, Seed::new(1))?
///     .last(LastBatch::Drop)?
///     .augmented(Augmentation { flip: false, shift: 2 });
/// let mut batch = Batch::<f32>::default();
/// batches.seek(2, 1)?; // The second batch of the third epoch.
/// assert!(batches.fill_next(&mut batch));
/// assert_eq!((batch.len(), batches.position(), batches.per_epoch()), (32, 2, 3));
/// # Ok::<(), fenchel_datasets::Error>(())
/// ```
pub struct Batches<'a> {
    set: &'a dyn Dataset,
    size: usize,
    seed: Seed,
    last: LastBatch,
    order: Order,
    normalisation: Normalisation,
    augmentation: Augmentation,
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
            augmentation: Augmentation::default(),
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

    /// Varies each sample before normalising it, anew in each epoch.
    #[must_use]
    pub fn augmented(mut self, augmentation: Augmentation) -> Self {
        self.augmentation = augmentation;
        self
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
            self.seed.derive("epoch").index(epoch).stream().shuffle(&mut self.permutation);
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
        // The variation of a sample depends on the epoch, not on the batch that it is in.
        let seed = self.seed.derive("augment").index(self.epoch);
        let augmentation =
            (self.augmentation != Augmentation::default()).then_some((self.augmentation, seed));
        batch.fill(self.set, &self.permutation[start..end], &self.normalisation, augmentation);
        self.position += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{ImageSet, ImageShape, Provenance};

    /// Sample i has the pixels i, i + 1 and the label i mod 3.
    fn numbered(len: usize) -> ImageSet {
        let pixels = (0..len).flat_map(|i| [i as u8, i as u8 + 1]).collect();
        let labels = (0..len).map(|i| (i % 3) as u8).collect();
        let classes = ["a", "b", "c"].map(str::to_owned).to_vec();
        ImageSet::new("numbered", ImageShape::grey(1, 2), classes, pixels, labels, Provenance::Given).unwrap()
    }

    fn epoch(batches: &mut Batches<'_>, epoch: u64) -> Vec<Batch> {
        batches.start_epoch(epoch);
        std::iter::from_fn(|| {
            let mut batch = Batch::default();
            batches.fill_next(&mut batch).then_some(batch)
        })
        .collect()
    }

    proptest! {
        #[test]
        fn an_epoch_visits_every_sample_once_with_its_own_label(len in 1_usize..80, size in 1_usize..30, seed: u64) {
            let set = numbered(len);
            let mut batches = Batches::new(&set, size, Seed::new(seed)).unwrap();
            let all = epoch(&mut batches, 3);
            prop_assert_eq!(all.len(), batches.per_epoch());
            let mut seen = vec![false; len];
            for (i, batch) in all.iter().enumerate() {
                prop_assert_eq!(batch.len(), if i + 1 < all.len() { size } else { len - i * size });
                prop_assert_eq!(batch.inputs.dim(), (batch.len(), 2));
                for ((row, &label), &sample) in batch.inputs.rows().into_iter().zip(&batch.labels).zip(&batch.indices) {
                    prop_assert!(!std::mem::replace(&mut seen[sample], true));
                    prop_assert_eq!(label, sample % 3);
                    prop_assert_eq!((row[0], row[1]), (sample as f32 / 255.0, (sample + 1) as f32 / 255.0));
                }
            }
            prop_assert!(seen.into_iter().all(|seen| seen));
        }

        #[test]
        fn seeking_gives_the_batches_of_an_uninterrupted_run(len in 1_usize..60, size in 1_usize..20, at: usize) {
            let set = numbered(len);
            let mut batches = Batches::new(&set, size, Seed::new(7)).unwrap();
            let straight = epoch(&mut batches, 5);
            let position = at % (straight.len() + 1);
            let mut resumed = Batches::new(&set, size, Seed::new(7)).unwrap();
            resumed.seek(5, position).unwrap();
            let mut batch = Batch::default();
            for expected in &straight[position..] {
                prop_assert!(resumed.fill_next(&mut batch));
                prop_assert_eq!(&batch, expected);
            }
            prop_assert!(!resumed.fill_next(&mut batch));
            prop_assert!(resumed.seek(5, straight.len() + 1).is_err());
        }
    }

    #[test]
    fn the_order_is_a_function_of_seed_and_epoch() {
        let set = numbered(50);
        let order = |seed, number| -> Vec<usize> {
            let mut batches = Batches::new(&set, 50, Seed::new(seed)).unwrap();
            epoch(&mut batches, number).remove(0).indices
        };
        assert_eq!(order(1, 2), order(1, 2));
        assert_ne!(order(1, 2), order(1, 3));
        assert_ne!(order(1, 2), order(2, 2));
        // Pinned: another order changes every published result.
        assert_eq!(order(0, 0)[..8], PINNED);
        let mut sequential = Batches::new(&set, 20, Seed::new(1)).unwrap().order(Order::Sequential);
        assert_eq!(epoch(&mut sequential, 9)[2].indices, (40..50).collect::<Vec<_>>());
    }

    const PINNED: [usize; 8] = [25, 33, 7, 40, 41, 17, 45, 3];

    #[test]
    fn the_smaller_last_batch_is_dropped_only_if_asked() {
        let set = numbered(10);
        let keep = Batches::new(&set, 4, Seed::new(1)).unwrap();
        assert_eq!(keep.per_epoch(), 3);
        let mut drop = keep.last(LastBatch::Drop).unwrap();
        let sizes: Vec<usize> = epoch(&mut drop, 0).iter().map(Batch::len).collect();
        assert_eq!(sizes, [4, 4]);
        assert!(Batches::new(&set, 11, Seed::new(1)).unwrap().last(LastBatch::Drop).is_err());
        assert!(Batches::new(&set, 0, Seed::new(1)).is_err());
        assert!(Batches::new(&numbered(0), 1, Seed::new(1)).is_err());
    }

    #[test]
    fn a_steady_loop_keeps_its_buffers() {
        let set = numbered(70);
        let mut batches = Batches::new(&set, 32, Seed::new(1)).unwrap();
        let mut batch = Batch::<f64>::default();
        assert!(batches.fill_next(&mut batch));
        let buffers = (batch.inputs.as_ptr(), batch.labels.as_ptr(), batch.indices.as_ptr());
        for number in 0..3 {
            batches.start_epoch(number);
            while batches.fill_next(&mut batch) {
                // Also through the last batch of 6 and back to 32.
                assert_eq!((batch.inputs.as_ptr(), batch.labels.as_ptr(), batch.indices.as_ptr()), buffers);
            }
        }
    }

    #[test]
    fn augmentation_is_a_function_of_seed_epoch_and_sample() {
        let set = numbered(30);
        let augmentation = Augmentation { flip: true, shift: 0 };
        let sums = |size, number| -> Vec<(usize, bool)> {
            let mut batches = Batches::new(&set, size, Seed::new(1)).unwrap().augmented(augmentation);
            let mut flips: Vec<(usize, bool)> = epoch(&mut batches, number)
                .iter()
                .flat_map(|batch| {
                    let rows = batch.inputs.rows().into_iter().map(|row| row[0] > row[1]);
                    batch.indices.iter().copied().zip(rows).collect::<Vec<_>>()
                })
                .collect();
            flips.sort_unstable();
            flips
        };
        assert_eq!(sums(7, 2), sums(30, 2));
        assert_ne!(sums(7, 2), sums(7, 3));
        let flipped = sums(7, 2).iter().filter(|(_, flipped)| *flipped).count();
        assert!((5..=25).contains(&flipped), "{flipped}");
    }
}
