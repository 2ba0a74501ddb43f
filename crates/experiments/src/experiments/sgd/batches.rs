//! Batches of one size from a fixed set, as the sums of T8 need them.

use fenchel_random::Seed;

/// The samples of a set in a new order every epoch; what is left over when the size does not divide the set sits that epoch out.
#[derive(Clone, Debug)]
pub(super) struct EqualBatches {
    seed: Seed,
    size: usize,
    epoch: u64,
    order: Vec<usize>,
    position: usize,
}

impl EqualBatches {
    /// Batches of `size` of `samples` samples, `0 < size <= samples`.
    pub(super) fn new(samples: usize, size: usize, seed: Seed) -> Self {
        let mut batches = Self { seed, size, epoch: 0, order: (0..samples).collect(), position: 0 };
        batches.shuffle();
        batches
    }

    fn shuffle(&mut self) {
        self.order.sort_unstable();
        self.seed.derive("epoch").index(self.epoch).stream().shuffle(&mut self.order);
        self.position = 0;
    }

    /// The places of the next batch's samples.
    pub(super) fn next(&mut self) -> &[usize] {
        if self.position + self.size > self.order.len() {
            self.epoch += 1;
            self.shuffle();
        }
        let start = self.position;
        self.position += self.size;
        &self.order[start..self.position]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_names_no_sample_twice() {
        let mut batches = EqualBatches::new(10, 3, Seed::new(1));
        let mut epochs = Vec::new();
        for _ in 0..4 {
            let mut epoch: Vec<usize> = (0..3).flat_map(|_| batches.next().to_vec()).collect();
            epochs.push(epoch.clone());
            epoch.sort_unstable();
            epoch.dedup();
            assert_eq!(epoch.len(), 9);
        }
        assert!(epochs[0] != epochs[1]);
        let mut whole = EqualBatches::new(4, 4, Seed::new(1));
        let mut all = whole.next().to_vec();
        all.sort_unstable();
        assert_eq!(all, [0, 1, 2, 3]);
    }
}
