//! The options that say how outputs are compared with answers: those of `measure` and `judge`.

use clap::Args;
use fenchel_harness::Failure;
use fenchel_measure::Criterion;
use fenchel_nn::losses::LossName;

/// A loss with what changes it.
#[derive(Debug, Args)]
pub(crate) struct CriterionOptions {
    /// The loss of a sample: ce (softmax cross-entropy), squared (half the sum of squares), logistic (binary cross-entropy
    /// with logits, of one output or by output), sparsemax, entmax:ALPHA, norm-power:C:R, power:K. Natural logarithms.
    #[arg(long, value_name = "LOSS", value_parser = loss)]
    loss: LossName,
    /// Label smoothing in [0, 1), as in training.
    #[arg(long, value_name = "S", default_value_t = 0.0)]
    smoothing: f64,
    /// A factor of the loss for each class, in order.
    #[arg(long, value_name = "W,W,...", value_delimiter = ',')]
    class_weights: Option<Vec<f64>>,
    /// A label whose samples do not count: they have the weight 0.
    #[arg(long, value_name = "LABEL", allow_negative_numbers = true)]
    ignore_label: Option<i64>,
}

fn loss(text: &str) -> Result<LossName, String> {
    text.parse().map_err(|error: fenchel_nn::NnError| error.to_string())
}

impl CriterionOptions {
    /// The criterion of the options.
    pub(crate) fn criterion(&self) -> Result<Criterion, Failure> {
        let mut criterion = Criterion::new(self.loss)?.smoothed(self.smoothing)?;
        if let Some(weights) = &self.class_weights {
            criterion = criterion.weighing(weights.clone())?;
        }
        if let Some(label) = self.ignore_label {
            criterion = criterion.ignoring(label);
        }
        Ok(criterion)
    }

    /// The name of the loss.
    pub(crate) fn name(&self) -> String {
        self.loss.to_string()
    }
}
