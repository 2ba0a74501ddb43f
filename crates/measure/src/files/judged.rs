//! Numbers from elsewhere, judged from file to file.

use std::path::PathBuf;

use fenchel_nn::weights::{NpzWriter, Tensors, Values, WeightsError};
use ndarray::{Array2, Array3};

use super::require_distinct;
use super::samples::targets;
use crate::judge::{Numbers, Roundoff, Structure, Verdict, default_error};
use crate::{Criterion, MeasureError, Measurement};

/// What is to be judged.
#[derive(Clone, Debug)]
pub struct JudgeRequest {
    /// The numbers: `logits`, `y`, `grad_norm_sq`, and `structure` or `eigenvalues`; perhaps `weight` and `roundoff`.
    pub numbers: PathBuf,
    /// How outputs are compared with answers.
    pub criterion: Criterion,
    /// The relative error of the backward passes, where the file has no `roundoff`; `None` for [`default_error`].
    pub error: Option<f64>,
    /// The npz file to write, if one is wanted.
    pub out: Option<PathBuf>,
}

/// What was judged.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The arrays.
    pub measurement: Measurement,
    /// Sample by sample.
    pub verdicts: Vec<Verdict>,
    /// The relative error that the verdicts allow for; none where the file bounds each sample's.
    pub error: Option<f64>,
}

/// Judges the numbers of a file, and writes the arrays if that is wanted.
///
/// # Errors
/// If an array is missing, malformed or does not fit the others, or the result cannot be written.
pub fn judge(request: &JudgeRequest) -> Result<Judged, MeasureError> {
    let tensors = Tensors::read(&request.numbers)?;
    let (shape, logits) = tensors.floats_of_any_shape::<f64>("logits", "[N, m]")?;
    let &[count, outputs] = &shape[..] else {
        let got = format!("has shape {shape:?}");
        let needs = "[N, m], a row of outputs for each sample".to_owned();
        return Err(MeasureError::Array { array: "logits", got, needs }.within(&request.numbers));
    };
    let structure = structure(&tensors)?;
    let single = ["logits", "structure", "eigenvalues", "grad_norm_sq"]
        .iter()
        .any(|name| tensors.get(name).is_some_and(|tensor| matches!(tensor.values, Values::F32(_))));
    let (roundoff, error) = match (tensors.get("roundoff"), request.error) {
        (Some(_), Some(_)) => return Err(MeasureError::TwoErrors),
        (Some(_), None) => {
            let values = tensors.floats::<f64>("roundoff", &[count, 2])?;
            (
                Roundoff::BySample(
                    Array2::from_shape_vec((count, 2), values).expect("the shape was checked"),
                ),
                None,
            )
        }
        (None, stated) => {
            let error = stated.unwrap_or_else(|| default_error(single));
            (Roundoff::Relative(error), Some(error))
        }
    };
    let numbers = Numbers {
        logits: Array2::from_shape_vec((count, outputs), logits).expect("a row of outputs for each sample"),
        structure,
        squared_gradient_norms: tensors.floats("grad_norm_sq", &[count])?,
        roundoff,
    };
    let targets = targets(&tensors, &request.criterion, count, outputs)?;
    let within = |error: MeasureError| error.within(&request.numbers);
    let (measurement, verdicts) = crate::judge::judge(&numbers, &targets).map_err(within)?;
    if let Some(out) = &request.out {
        require_distinct(out, [&request.numbers])?;
        let mut file = NpzWriter::create(out)?;
        for (name, shape, values) in measurement.arrays() {
            file.array(name, &shape, values)?;
        }
        let codes: Vec<f64> = verdicts.iter().map(|verdict| f64::from(verdict.code())).collect();
        file.array("verdict", &[count], &codes)?;
        file.finish()?;
    }
    Ok(Judged { measurement, verdicts, error })
}

fn structure(tensors: &Tensors) -> Result<Structure, WeightsError> {
    if tensors.get("structure").is_some() || tensors.get("eigenvalues").is_none() {
        let needs = "[N, m, m]; or `eigenvalues`, [N, 2] with the smallest and the largest";
        let (shape, values) = tensors.floats_of_any_shape::<f64>("structure", needs)?;
        let sizes: [usize; 3] =
            shape.as_slice().try_into().map_err(|_| of_shape(tensors, "structure", &shape, needs))?;
        return Ok(Structure::Matrices(
            Array3::from_shape_vec(sizes, values).expect("as many as its shape says"),
        ));
    }
    let needs = "[N, m], or [N, 2] with the smallest and the largest";
    let (shape, values) = tensors.floats_of_any_shape::<f64>("eigenvalues", needs)?;
    let sizes: [usize; 2] =
        shape.as_slice().try_into().map_err(|_| of_shape(tensors, "eigenvalues", &shape, needs))?;
    Ok(Structure::Eigenvalues(Array2::from_shape_vec(sizes, values).expect("as many as its shape says")))
}

fn of_shape(tensors: &Tensors, tensor: &str, got: &[usize], needs: &str) -> WeightsError {
    WeightsError::Shape {
        path: tensors.path().to_path_buf(),
        tensor: tensor.to_owned(),
        got: got.to_vec(),
        needs: needs.to_owned(),
    }
}
