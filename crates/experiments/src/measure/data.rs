//! The samples to be measured: inputs `x` and labels `y` of one file.

use std::path::Path;

use fenchel_nn::weights::Tensors;
use fenchel_tensor::{Real, Shape, Tape};
use ndarray::Array2;

use super::MeasureError;

/// Inputs, `N x d`, and one-hot targets, `N x m`.
pub(super) struct Samples<T> {
    pub(super) inputs: Array2<T>,
    pub(super) targets: Array2<f64>,
}

impl<T: Real> Samples<T> {
    /// Reads and checks the samples of a file for a network.
    pub(super) fn read(path: &Path, tape: &Tape) -> Result<Self, MeasureError> {
        let tensors = Tensors::read(path)?;
        let shape = tape.input_shape();
        let d = shape.len();
        let needs = match shape {
            Shape::Vector(d) => format!("[N, {d}], or [N, C, H, W] with C H W = {d}"),
            Shape::Image { channels, height, width } => {
                format!("[N, {channels}, {height}, {width}] or [N, {d}], channels before rows before columns")
            }
            Shape::Sequence { tokens, features } => {
                format!("[N, {tokens}, {features}] or [N, {d}], token by token")
            }
        };
        let wrong = |tensor, got: String, needs: String| MeasureError::Data {
            path: path.to_path_buf(),
            tensor,
            got,
            needs,
        };
        let (sizes, values) = match tensors.integers("x", &needs) {
            // Token ids, which no network reads beside other numbers.
            Ok((sizes, ids)) if tape.vocabulary().is_some() => {
                (sizes.to_vec(), ids.iter().map(|id| T::of(id as f64)).collect())
            }
            _ => tensors.floats_of_any_shape::<T>("x", &needs)?,
        };
        let fits = match (shape, &sizes[..]) {
            (_, [_, features]) => *features == d,
            (Shape::Vector(_), [_, c, h, w]) => c.checked_mul(*h).and_then(|a| a.checked_mul(*w)) == Some(d),
            (Shape::Image { channels, height, width }, [_, c, h, w]) => {
                [*c, *h, *w] == [channels, height, width]
            }
            (Shape::Sequence { tokens, features }, [_, t, f]) => [*t, *f] == [tokens, features],
            _ => false,
        };
        let count = sizes.first().copied().unwrap_or(0);
        if !fits || count == 0 {
            let got = format!("has shape {sizes:?}");
            return Err(wrong("x", got, format!("{needs}, with at least one sample")));
        }
        let (sizes, labels) = tensors.integers("y", "N labels")?;
        if sizes != [count] {
            let got = format!("has shape {sizes:?}");
            return Err(wrong("y", got, format!("[{count}], one integer label for each sample of `x`")));
        }
        let outputs = tape.outputs();
        let mut targets = Array2::zeros((count, outputs));
        for (sample, label) in labels.iter().enumerate() {
            let class = usize::try_from(label).ok().filter(|&class| class < outputs);
            let class = class.ok_or_else(|| MeasureError::Label {
                path: path.to_path_buf(),
                sample,
                label,
                outputs,
            })?;
            targets[[sample, class]] = 1.0;
        }
        let inputs = Array2::from_shape_vec((count, d), values).expect("the shape was checked");
        tape.check_ids(inputs.view())?;
        Ok(Self { inputs, targets })
    }
}
