//! The batches of a data set as the source of a training.

use fenchel_datasets::{Batch, Batches};
use fenchel_nn::NnError;
use fenchel_nn::losses::Targets;
use fenchel_nn::training::{BatchSource, BatchView};

/// [`Batches`] behind the trait of `fenchel-nn`, which knows no data sets.
pub(super) struct DatasetBatches<'a> {
    batches: Batches<'a>,
    batch: Batch<f32>,
}

impl<'a> DatasetBatches<'a> {
    pub(super) fn new(batches: Batches<'a>) -> Self {
        Self { batches, batch: Batch::default() }
    }
}

impl BatchSource<f32> for DatasetBatches<'_> {
    fn per_epoch(&self) -> usize {
        self.batches.per_epoch()
    }

    fn seek(&mut self, epoch: u64, position: usize) -> Result<(), NnError> {
        self.batches
            .seek(epoch, position)
            .map_err(|error| NnError::Outside { what: "the data set".to_owned(), reason: error.to_string() })
    }

    fn next_batch(&mut self) -> Result<Option<BatchView<'_, f32>>, NnError> {
        if !self.batches.fill_next(&mut self.batch) {
            return Ok(None);
        }
        let Batch { inputs, labels, indices } = &self.batch;
        Ok(Some(BatchView { inputs: inputs.view(), targets: Targets::Labels(labels), indices }))
    }
}
