//! A loss over the rows of a batch.

use std::any::TypeId;
use std::sync::Arc;

use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy, SquaredError};
use fenchel_tensor::{Real, TensorError};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ArrayViewMut2};

use super::{LossName, Targets, kernels};
use crate::NnError;

/// A loss over batches: values, residuals and bounds by row, all in `f64`.
///
/// With smoothing `s`, the row of a label is `(1 - s)` at its class plus `s / m` everywhere (Szegedy et al., 2016), as in PyTorch. Softmax
/// cross-entropy here is `KL(y, p)`, whose infimum is 0: PyTorch's `CrossEntropyLoss` on smoothed labels is larger by the entropy of the
/// smoothed row, a constant with no gradient.
///
/// ```
/// use fenchel_nn::losses::{BatchLoss, LossName, Targets};
/// use ndarray::array;
///
/// let loss = BatchLoss::named(LossName::CrossEntropy)?;
/// let outputs = array![[2.0_f32, 2.0], [0.0, 50.0]];
/// let values = loss.values(outputs.view(), Targets::Labels(&[0, 1]))?;
/// assert_eq!(values[0], 2.0_f64.ln());
/// assert!((values[1] / (-50.0_f64).exp() - 1.0).abs() < 1e-15);
/// # Ok::<(), fenchel_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchLoss {
    loss: Arc<dyn Loss>,
    kernel: Kernel,
    smoothing: f64,
}

/// How rows are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    SoftmaxCrossEntropy,
    SquaredError,
    /// By the loss itself, row by row.
    ByRow,
}

impl BatchLoss {
    /// The loss of a name.
    ///
    /// # Errors
    /// If a parameter of the loss is out of its range.
    pub fn named(name: LossName) -> Result<Self, NnError> {
        Ok(match name {
            LossName::CrossEntropy => Self::from(Arc::new(SoftmaxCrossEntropy)),
            LossName::Squared => Self::from(Arc::new(SquaredError)),
            other => Self::from(other.loss()?),
        })
    }

    /// The same with label smoothing `s` in `[0, 1)`.
    ///
    /// It applies to labels and to rows that lie in the probability simplex; for other rows it has no meaning, and they are refused.
    ///
    /// # Errors
    /// If `s` is not in `[0, 1)`.
    pub fn smoothed(self, smoothing: f64) -> Result<Self, NnError> {
        if !(0.0..1.0).contains(&smoothing) {
            return Err(NnError::Setting { name: "smoothing", value: smoothing, needs: "in [0, 1)" });
        }
        Ok(Self { smoothing, ..self })
    }

    /// The loss by row.
    #[must_use]
    pub fn by_row(&self) -> &Arc<dyn Loss> {
        &self.loss
    }

    /// The label smoothing, 0 for none.
    #[must_use]
    pub fn smoothing(&self) -> f64 {
        self.smoothing
    }

    /// The name of the loss, with its parameters.
    #[must_use]
    pub fn name(&self) -> String {
        let smoothing = self.smoothing;
        let name = self.loss.name();
        if smoothing == 0.0 { name } else { format!("{name}, labels smoothed by {smoothing}") }
    }

    /// The targets as rows `B x m`, smoothed: what the loss by row sees.
    ///
    /// # Errors
    /// If a label names no class, a row has another length than `m`, or a row to be smoothed is not in the simplex.
    pub fn rows(&self, targets: Targets<'_>, m: usize) -> Result<Array2<f64>, NnError> {
        let mut rows = match targets {
            Targets::Labels(labels) => crate::one_hot(labels, m)?,
            Targets::Rows(rows) => rows.to_owned(),
        };
        if rows.ncols() != m {
            return Err(wrong_width("targets", &rows.view(), m));
        }
        if self.smoothing > 0.0 {
            let s = self.smoothing;
            for (row, mut target) in rows.rows_mut().into_iter().enumerate() {
                let (sum, least) = (target.sum(), target.fold(f64::INFINITY, |a, &b| a.min(b)));
                // The losses on the simplex allow as much.
                if !((sum - 1.0).abs() <= 1e-9 && least >= 0.0) {
                    return Err(NnError::Smoothing { row, sum });
                }
                target.mapv_inplace(|y| (1.0 - s) * y + s / m as f64);
            }
        }
        Ok(rows)
    }

    /// The loss of every row of the outputs, `B x m`.
    ///
    /// # Errors
    /// If shapes differ, a target is not admissible, or an output is not finite; the row is named.
    pub fn values<T: Real>(
        &self,
        outputs: ArrayView2<'_, T>,
        targets: Targets<'_>,
    ) -> Result<Vec<f64>, NnError> {
        let mut values = vec![0.0; outputs.nrows()];
        self.evaluate(outputs, targets, &mut values, |_, _| {})?;
        Ok(values)
    }

    /// The mean loss of the rows, summed in their order.
    ///
    /// # Errors
    /// As [`values`](Self::values), and if there is no row.
    pub fn mean<T: Real>(&self, outputs: ArrayView2<'_, T>, targets: Targets<'_>) -> Result<f64, NnError> {
        let values = self.values(outputs, targets)?;
        if values.is_empty() {
            let got = outputs.shape().to_vec();
            let needs = "at least one sample".to_owned();
            return Err(TensorError::Argument { argument: "outputs", got, needs }.into());
        }
        Ok(values.iter().sum::<f64>() / values.len() as f64)
    }

    /// Writes the loss of every row to `values`, and `share` times its residual `e = grad_f l` to `residuals`, `B x m`.
    ///
    /// With `share = 1/B` the residuals are the gradient of the mean loss in the outputs.
    ///
    /// # Errors
    /// As [`values`](Self::values).
    pub fn residuals<T: Real>(
        &self,
        outputs: ArrayView2<'_, T>,
        targets: Targets<'_>,
        mut residuals: ArrayViewMut2<'_, T>,
        share: f64,
        values: &mut [f64],
    ) -> Result<(), NnError> {
        if residuals.dim() != outputs.dim() || values.len() != outputs.nrows() {
            let got = residuals.shape().to_vec();
            let needs = format!("{:?}, and as many values as rows", outputs.shape());
            return Err(TensorError::Argument { argument: "residuals", got, needs }.into());
        }
        self.evaluate(outputs, targets, values, |row, residual| {
            residuals.row_mut(row).iter_mut().zip(residual).for_each(|(to, &e)| *to = T::of(share * e));
        })
    }

    /// For every row the bounds `lo(‖e‖)` and `hi(‖e‖)` of its excess `l - l_inf`, given the norms of the residuals (T11's output side).
    ///
    /// A norm whose squares vanished (a residual below 1e-162 in `f64`) is a wrong norm, and its bounds are too: see
    /// [`Norm::value`](fenchel_convexity::norms::Norm::value), which rescales.
    ///
    /// # Errors
    /// As [`rows`](Self::rows), if a target is not admissible, and unless there is one norm a row.
    pub fn bounds(
        &self,
        targets: Targets<'_>,
        m: usize,
        residual_norms: &[f64],
    ) -> Result<Vec<(f64, f64)>, NnError> {
        if residual_norms.len() != targets.len() {
            let (left_rows, right_rows) = (residual_norms.len(), targets.len());
            return Err(NnError::Rows { left: "residual_norms", left_rows, right: "targets", right_rows });
        }
        let rows = self.rows(targets, m)?;
        let pairs = rows.rows().into_iter().zip(residual_norms).enumerate();
        pairs
            .map(|(row, (target, &t))| {
                let bounds = self.loss.bounds(&target).map_err(|source| NnError::Sample { row, source })?;
                Ok((bounds.lower(t), bounds.upper(t)))
            })
            .collect()
    }

    /// Evaluates row by row; `write` gets the row's number and residual.
    fn evaluate<T: Real>(
        &self,
        outputs: ArrayView2<'_, T>,
        targets: Targets<'_>,
        values: &mut [f64],
        mut write: impl FnMut(usize, &[f64]),
    ) -> Result<(), NnError> {
        let m = outputs.ncols();
        if targets.len() != outputs.nrows() {
            let (left_rows, right_rows) = (outputs.nrows(), targets.len());
            return Err(NnError::Rows { left: "outputs", left_rows, right: "targets", right_rows });
        }
        if let Targets::Rows(rows) = targets
            && rows.ncols() != m
        {
            return Err(wrong_width("targets", &rows, m));
        }
        let smooth = if self.smoothing > 0.0 { Some(self.rows(targets, m)?) } else { None };
        let targets: Targets<'_> = match &smooth {
            Some(rows) => Targets::Rows(rows.view()),
            None => targets.view(),
        };
        let mut scratch = vec![0.0; m];
        for (row, (output, value)) in outputs.rows().into_iter().zip(values).enumerate() {
            scratch.iter_mut().zip(output).for_each(|(to, &f)| *to = f.as_f64());
            if let Some(quick) = self.quick(targets, row, &mut scratch)? {
                *value = quick;
            } else {
                // The kernel may have written over the outputs.
                let output = output.mapv(T::as_f64);
                *value = self.slow(targets, row, output.view(), &mut scratch)?;
            }
            write(row, &scratch);
        }
        Ok(())
    }

    /// By a kernel, if there is one for this row and the result is finite.
    fn quick(&self, targets: Targets<'_>, row: usize, scratch: &mut [f64]) -> Result<Option<f64>, NnError> {
        let m = scratch.len();
        if let Targets::Labels(labels) = targets
            && labels[row] >= m
        {
            return Err(NnError::Label { sample: row, label: labels[row], last: m.saturating_sub(1) });
        }
        Ok(match (self.kernel, targets) {
            (Kernel::ByRow, _) => None,
            (Kernel::SoftmaxCrossEntropy, Targets::Labels(labels)) => {
                kernels::softmax_cross_entropy(labels[row], scratch)
            }
            (Kernel::SoftmaxCrossEntropy, Targets::Rows(rows)) => {
                one_hot_class(rows.row(row)).and_then(|class| kernels::softmax_cross_entropy(class, scratch))
            }
            (Kernel::SquaredError, Targets::Labels(labels)) => {
                let label = labels[row];
                kernels::squared_error((0..m).map(|i| if i == label { 1.0 } else { 0.0 }), scratch)
            }
            (Kernel::SquaredError, Targets::Rows(rows)) => {
                kernels::squared_error(rows.row(row).iter().copied(), scratch)
            }
        })
    }

    /// By the loss itself, which also finds the words for whatever is wrong.
    fn slow(
        &self,
        targets: Targets<'_>,
        row: usize,
        output: ArrayView1<'_, f64>,
        residual: &mut [f64],
    ) -> Result<f64, NnError> {
        let mut residual = ndarray::ArrayViewMut1::from(residual);
        let value = match targets {
            Targets::Rows(rows) => self.loss.value_and_residual(&rows.row(row), &output, &mut residual),
            Targets::Labels(labels) => {
                let mut target = Array1::zeros(output.len());
                target[labels[row]] = 1.0;
                self.loss.value_and_residual(&target, &output, &mut residual)
            }
        };
        value.map_err(|source| NnError::Sample { row, source })
    }
}

/// The class of a one-hot row.
fn one_hot_class(row: ArrayView1<'_, f64>) -> Option<usize> {
    let mut class = None;
    for (i, &y) in row.iter().enumerate() {
        if y == 1.0 && class.is_none() {
            class = Some(i);
        } else if y != 0.0 {
            return None;
        }
    }
    class
}

fn wrong_width(argument: &'static str, rows: &ArrayView2<'_, f64>, m: usize) -> NnError {
    TensorError::Argument { argument, got: rows.shape().to_vec(), needs: format!("[samples, {m}]") }.into()
}

impl From<Arc<dyn Loss>> for BatchLoss {
    /// Any loss, by row: what stands behind the `dyn` is not known.
    fn from(loss: Arc<dyn Loss>) -> Self {
        Self { loss, kernel: Kernel::ByRow, smoothing: 0.0 }
    }
}

impl<L: Loss + 'static> From<Arc<L>> for BatchLoss {
    /// A loss of a known type, by its kernel where it has one.
    fn from(loss: Arc<L>) -> Self {
        let kernel = if TypeId::of::<L>() == TypeId::of::<SoftmaxCrossEntropy>() {
            Kernel::SoftmaxCrossEntropy
        } else if TypeId::of::<L>() == TypeId::of::<SquaredError>() {
            Kernel::SquaredError
        } else {
            Kernel::ByRow
        };
        Self { loss, kernel, smoothing: 0.0 }
    }
}
