//! The samples of a file: inputs `x`, answers `y`, and weights if there are any.

use std::path::Path;

use fenchel_nn::weights::Tensors;
use fenchel_tensor::Real;
use ndarray::Array2;

use crate::{Answers, Criterion, MeasureError, Network, Targets};

/// Inputs, `N x d`, and targets.
pub(super) struct Samples<T> {
    pub(super) inputs: Array2<T>,
    pub(super) targets: Targets,
}

impl<T: Real> Samples<T> {
    /// Reads and checks the samples of a file for a network and a criterion.
    pub(super) fn read(
        path: &Path,
        network: &Network<T>,
        criterion: &Criterion,
    ) -> Result<Self, MeasureError> {
        let tensors = Tensors::read(path)?;
        let needs = "[N, d], [N, tokens, features] or [N, C, H, W]";
        let (shape, values) = match tensors.integers("x", needs) {
            // Token ids, which no network reads beside other numbers.
            Ok((shape, ids)) if network.reads_ids() => {
                (shape.to_vec(), ids.iter().map(|id| T::of(id as f64)).collect())
            }
            _ => tensors.numbers::<T>("x", needs)?,
        };
        network.check_inputs(&shape).map_err(|error| error.within(path))?;
        let count = shape[0];
        let targets = targets(&tensors, criterion, count, network.outputs())?;
        let inputs = Array2::from_shape_vec((count, values.len() / count), values);
        Ok(Self { inputs: inputs.expect("the shape was checked"), targets })
    }
}

/// The targets that `y` and `weight` of a file make for so many samples and outputs.
pub(super) fn targets(
    tensors: &Tensors,
    criterion: &Criterion,
    count: usize,
    outputs: usize,
) -> Result<Targets, MeasureError> {
    let answers = Answers::of(tensors, "y")?;
    let weights = match tensors.get("weight") {
        Some(_) => Some(tensors.floats::<f64>("weight", &[count])?),
        None => None,
    };
    let targets = criterion.targets(&answers, weights.as_deref(), count, outputs);
    targets.map_err(|error| error.within(tensors.path()))
}
