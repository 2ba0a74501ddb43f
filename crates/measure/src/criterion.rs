//! The loss of a sample with all that changes it: label smoothing, weights, a label that does not count.

use std::sync::Arc;

use fenchel_convexity::losses::{Loss, Weighted};
use fenchel_nn::NnError;
use fenchel_nn::losses::{BatchLoss, LossName, Targets as Batch, argmax};
use ndarray::{Array2, ArrayView1};

use crate::{Answers, MeasureError};

/// How outputs are compared with answers.
///
/// ```
/// use fenchel_measure::{Answers, Criterion};
/// use fenchel_nn::losses::LossName;
///
/// // A network of one output under the logistic loss (binary cross-entropy with logits), classes weighed 1 and 3.
/// let criterion = Criterion::new(LossName::Logistic)?.weighing(vec![1.0, 3.0])?;
/// let targets = criterion.targets(&Answers::labels(&[0, 1]), None, 2, 1)?;
/// assert_eq!((targets.row(1)[0], targets.weight(1)), (1.0, 3.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Criterion {
    name: LossName,
    batch: BatchLoss,
    class_weights: Option<Vec<f64>>,
    ignored: Option<i128>,
}

/// What answers a loss takes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Probabilities of m classes.
    Simplex,
    /// A probability for each output.
    Probabilities,
    /// Any numbers.
    Real,
}

impl Criterion {
    /// The plain loss of this name.
    ///
    /// # Errors
    /// If a parameter of the loss is out of its range.
    pub fn new(name: LossName) -> Result<Self, NnError> {
        Ok(Self { name, batch: BatchLoss::named(name)?, class_weights: None, ignored: None })
    }

    /// The same with label smoothing in `[0, 1)`: `1 - s` at the class, and `s / m` everywhere.
    ///
    /// # Errors
    /// If the smoothing is out of its range.
    pub fn smoothed(self, smoothing: f64) -> Result<Self, NnError> {
        Ok(Self { batch: self.batch.smoothed(smoothing)?, ..self })
    }

    /// The same with each sample's loss multiplied by the weight of its class.
    ///
    /// # Errors
    /// If a weight is negative or not finite.
    pub fn weighing(self, class_weights: Vec<f64>) -> Result<Self, MeasureError> {
        class_weights
            .iter()
            .try_for_each(|&weight| Weighted::new(weight, Arc::clone(self.loss())).map(|_| ()))?;
        Ok(Self { class_weights: Some(class_weights), ..self })
    }

    /// The same with samples of this label given the weight 0.
    #[must_use]
    pub fn ignoring(self, label: i64) -> Self {
        Self { ignored: Some(label.into()), ..self }
    }

    /// The name of the loss.
    #[must_use]
    pub fn name(&self) -> LossName {
        self.name
    }

    /// The loss without weights.
    #[must_use]
    pub fn loss(&self) -> &Arc<dyn Loss> {
        self.batch.by_row()
    }

    fn kind(&self) -> Kind {
        match self.name {
            LossName::CrossEntropy | LossName::Sparsemax | LossName::Entmax { .. } => Kind::Simplex,
            LossName::Logistic => Kind::Probabilities,
            _ => Kind::Real,
        }
    }

    /// The targets of `samples` samples for a network of `outputs` outputs, from the answers and the samples' own
    /// weights.
    ///
    /// | answers | mean |
    /// |---|---|
    /// | N whole numbers, m > 1 | labels, as one-hot rows |
    /// | N numbers, m = 1 | the targets themselves; for `logistic` in `[0, 1]` |
    /// | N x m numbers | the targets by row: one-hot, soft, real |
    ///
    /// # Errors
    /// If there are not as many answers as samples, their shape or their numbers are none that the loss takes, weights
    /// are negative or cannot be told; always the sample, what it has and what to do.
    pub fn targets(
        &self,
        answers: &Answers,
        weights: Option<&[f64]>,
        samples: usize,
        outputs: usize,
    ) -> Result<Targets, MeasureError> {
        if outputs == 1 && self.kind() == Kind::Simplex {
            return Err(MeasureError::OneOutput { loss: self.name.to_string() });
        }
        if outputs == 1 && self.batch.smoothing() > 0.0 {
            return Err(MeasureError::Smoothing);
        }
        let mut weights = self.checked(weights, samples)?;
        let shape = answers.shape();
        let by_row = shape == [samples, outputs];
        if shape != [samples] && !by_row {
            return Err(self.answers(answers, samples, outputs));
        }
        let labels = match answers {
            Answers::Whole { values, .. } => (shape == [samples]).then_some(values),
            Answers::Real { .. } => None,
        };
        let counts = |value: &i128| self.ignored != Some(*value);
        let mut rows = Array2::zeros((samples, outputs));
        match (answers, labels) {
            (_, Some(labels)) if outputs > 1 => {
                for (sample, label) in labels.iter().enumerate() {
                    let class = usize::try_from(*label).ok().filter(|&class| class < outputs);
                    match class {
                        Some(class) => rows[[sample, class]] = 1.0,
                        // Any admissible row does: it does not count.
                        None if !counts(label) => rows[[sample, 0]] = 1.0,
                        None => return Err(MeasureError::Label { sample, label: *label, outputs }),
                    }
                }
            }
            (Answers::Whole { values, .. }, _) => {
                for (place, (to, &value)) in rows.iter_mut().zip(values).enumerate() {
                    let counted = labels.is_none() || counts(&value);
                    // Up to 2^53 nothing is rounded.
                    if counted && value.unsigned_abs() > 1 << 53 {
                        return Err(MeasureError::Large { sample: place / outputs, value });
                    }
                    *to = if counted { value as f64 } else { 0.0 };
                }
            }
            (Answers::Real { values, .. }, _) if by_row || outputs == 1 => {
                rows.iter_mut().zip(values).for_each(|(to, &value)| *to = value);
            }
            (Answers::Real { .. }, _) => return Err(self.answers(answers, samples, outputs)),
        }
        if let Some(of_class) = &self.class_weights {
            let labels = labels.ok_or(MeasureError::ClassWeights { reason: "the answers are no labels" })?;
            if self.batch.smoothing() > 0.0 {
                return Err(MeasureError::ClassWeights { reason: "a smoothed label belongs to every class" });
            }
            self.weigh(labels, of_class, outputs, weights.get_or_insert_with(|| vec![1.0; samples]))?;
        }
        if self.ignored.is_some() {
            let labels = labels.ok_or(MeasureError::Ignored)?;
            let weights = weights.get_or_insert_with(|| vec![1.0; samples]);
            weights.iter_mut().zip(labels).filter(|(_, label)| !counts(label)).for_each(|(w, _)| *w = 0.0);
        }
        let rows = self.batch.rows(Batch::Rows(rows.view()), outputs)?;
        for (sample, row) in rows.rows().into_iter().enumerate() {
            let wrong = |source| MeasureError::Target { sample, source };
            self.loss().require_target(&row).map_err(wrong)?;
        }
        let classes = labels.is_some() && (outputs > 1 || self.kind() == Kind::Probabilities);
        Ok(Targets {
            loss: Arc::clone(self.loss()),
            rows,
            weights,
            classes,
            simplex: self.name == LossName::CrossEntropy,
        })
    }

    fn weigh(
        &self,
        labels: &[i128],
        of_class: &[f64],
        outputs: usize,
        weights: &mut [f64],
    ) -> Result<(), MeasureError> {
        // One output tells two classes apart, unless it is a regression.
        let classes = match (outputs, self.kind()) {
            (1, Kind::Probabilities) => 2,
            (1, _) => return Err(MeasureError::ClassWeights { reason: "a regression has no classes" }),
            (m, _) => m,
        };
        if of_class.len() != classes {
            return Err(MeasureError::CountOfClassWeights { got: of_class.len(), needs: classes });
        }
        for (sample, (label, weight)) in labels.iter().zip(weights).enumerate() {
            if self.ignored == Some(*label) {
                continue;
            }
            let class = usize::try_from(*label).ok().filter(|&class| class < classes);
            let class = class.ok_or(MeasureError::Label { sample, label: *label, outputs: classes })?;
            *weight *= of_class[class];
        }
        Ok(())
    }

    /// The samples' weights, if there are any: as many as samples, none of them negative.
    fn checked(&self, weights: Option<&[f64]>, samples: usize) -> Result<Option<Vec<f64>>, MeasureError> {
        let Some(weights) = weights else { return Ok(None) };
        if weights.len() != samples {
            return Err(MeasureError::CountOfWeights { got: weights.len(), samples });
        }
        for (sample, &weight) in weights.iter().enumerate() {
            Weighted::new(weight, Arc::clone(self.loss()))
                .map_err(|source| MeasureError::Target { sample, source })?;
        }
        Ok(Some(weights.to_vec()))
    }

    /// The complaint about answers of a shape or kind that fits nothing, with what would do.
    fn answers(&self, answers: &Answers, samples: usize, outputs: usize) -> MeasureError {
        let shape = answers.shape();
        let whole = match answers {
            Answers::Whole { .. } => true,
            Answers::Real { values, .. } => values.iter().all(|value| value.fract() == 0.0),
        };
        let remedy = match (shape, answers) {
            ([n], _) if *n != samples => "there must be one answer for each sample of `x`".to_owned(),
            ([_], Answers::Real { .. }) if whole => {
                "if these are labels, convert them, with .astype(\"int64\") for example".to_owned()
            }
            ([_], _) => format!(
                "numbers with fractions are no labels; rows of {outputs} numbers would be soft labels or real targets, and a \
                 single number a sample is the target of a network with one output"
            ),
            ([n, 1], _) if *n == samples && whole => {
                "flatten them, with .reshape(-1) for example, if these are labels".to_owned()
            }
            _ => format!(
                "the rows must be as long as the network has outputs, {outputs}, in the order of the samples"
            ),
        };
        let kind = match answers {
            Answers::Whole { .. } => "whole numbers",
            Answers::Real { .. } => "real numbers",
        };
        let needs = match (self.kind(), outputs) {
            (Kind::Simplex, _) => format!("[{samples}] labels, or [{samples}, {outputs}] probabilities"),
            (Kind::Probabilities, 1) => format!("[{samples}] labels 0 and 1, or probabilities"),
            (Kind::Probabilities, _) => {
                format!("[{samples}] labels, or [{samples}, {outputs}] probabilities")
            }
            (Kind::Real, 1) => format!("[{samples}] numbers"),
            (Kind::Real, _) => format!("[{samples}, {outputs}] numbers, or [{samples}] labels"),
        };
        MeasureError::Answers { got: format!("{kind} of shape {shape:?}"), needs, remedy }
    }
}

/// The target and the weight of every sample.
#[derive(Clone, Debug)]
pub struct Targets {
    loss: Arc<dyn Loss>,
    rows: Array2<f64>,
    /// None where all are 1.
    weights: Option<Vec<f64>>,
    classes: bool,
    /// Whether the loss is the cross-entropy, whose users may count the entropy of a soft label in.
    simplex: bool,
}

impl Targets {
    /// The number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.nrows()
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.rows.ncols()
    }

    /// The target of a sample, smoothed.
    #[must_use]
    pub fn row(&self, sample: usize) -> ArrayView1<'_, f64> {
        self.rows.row(sample)
    }

    /// The weight of a sample; 0 where it does not count.
    #[must_use]
    pub fn weight(&self, sample: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[sample])
    }

    /// The sum of the weights, by which a mean divides.
    #[must_use]
    pub fn total_weight(&self) -> f64 {
        self.weights.as_ref().map_or(self.len() as f64, |weights| weights.iter().sum())
    }

    /// Whether each sample has a class, so that an output can be right or wrong.
    #[must_use]
    pub fn are_classes(&self) -> bool {
        self.classes
    }

    /// The loss of a sample, its weight included.
    ///
    /// # Errors
    /// Never for targets that a criterion made.
    pub fn loss(&self, sample: usize) -> Result<Arc<dyn Loss>, MeasureError> {
        let loss = Arc::clone(&self.loss);
        match &self.weights {
            None => Ok(loss),
            Some(weights) => Ok(Arc::new(Weighted::new(weights[sample], loss)?)),
        }
    }

    /// Whether the outputs put a sample on the right side; `None` where it has no class or does not count.
    #[must_use]
    pub fn is_right(&self, sample: usize, outputs: &[f64]) -> Option<bool> {
        if !self.classes || self.weight(sample) == 0.0 {
            return None;
        }
        Some(match outputs {
            &[output] => (output > 0.0) == (self.rows[[sample, 0]] > 0.5),
            _ => argmax(outputs.iter().copied()) == argmax(self.row(sample).iter().copied()),
        })
    }

    /// For the cross-entropy with soft labels, what other systems add to the loss: the weight times the entropy of the
    /// label. `None` for every other loss, and where all labels are hard.
    #[must_use]
    pub fn entropies(&self) -> Option<Vec<f64>> {
        let hard = self.rows.iter().all(|&y| y == 0.0 || y == 1.0);
        let term = |&y: &f64| if y == 0.0 { 0.0 } else { -y * y.ln() };
        (self.simplex && !hard).then(|| {
            (0..self.len()).map(|i| self.weight(i) * self.row(i).iter().map(term).sum::<f64>()).collect()
        })
    }
}
