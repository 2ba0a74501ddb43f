//! Judging numbers that were computed elsewhere.

use fenchel_measure::MeasureError;
use fenchel_measure::judge::{Numbers, Roundoff, Structure, Verdict, default_error};
use ndarray::{Ix2, Ix3};
use numpy::{PyReadonlyArray1, PyReadonlyArrayDyn};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::exception;
use crate::measure::{Criterion, arrays, name};
use crate::report::Measured;

/// The arrays of a measurement with a verdict for each sample; exactly one of `structure` and `eigenvalues` is given.
#[pyfunction]
#[pyo3(signature = (logits, y, grad_norm_sq, criterion, structure = None, eigenvalues = None, weight = None, error = None, roundoff = None, single = false))]
#[expect(clippy::too_many_arguments, reason = "they are the keywords of a Python function")]
pub(crate) fn judge<'py>(
    py: Python<'py>,
    logits: PyReadonlyArrayDyn<'py, f64>,
    y: &Bound<'py, PyAny>,
    grad_norm_sq: PyReadonlyArray1<'py, f64>,
    criterion: &Criterion,
    structure: Option<PyReadonlyArrayDyn<'py, f64>>,
    eigenvalues: Option<PyReadonlyArrayDyn<'py, f64>>,
    weight: Option<Vec<f64>>,
    error: Option<f64>,
    roundoff: Option<PyReadonlyArrayDyn<'py, f64>>,
    single: bool,
) -> PyResult<Bound<'py, PyDict>> {
    let of_rows = |array: &'static str, values: &PyReadonlyArrayDyn<'py, f64>| {
        let wrong = |_| wrong(array, values.as_array().shape(), "two dimensions, a row a sample");
        values.as_array().to_owned().into_dimensionality::<Ix2>().map_err(wrong)
    };
    let logits = of_rows("logits", &logits)?;
    let structure = match (structure, eigenvalues) {
        (Some(matrices), None) => {
            let wrong =
                |_| wrong("structure", matrices.as_array().shape(), "three dimensions, a matrix a sample");
            Structure::Matrices(matrices.as_array().to_owned().into_dimensionality::<Ix3>().map_err(wrong)?)
        }
        (None, Some(ends)) => Structure::Eigenvalues(of_rows("eigenvalues", &ends)?),
        _ => return Err(PyValueError::new_err("give either `structure` or `eigenvalues`")),
    };
    let roundoff = match roundoff {
        Some(rows) => Roundoff::BySample(of_rows("roundoff", &rows)?),
        None => Roundoff::Relative(error.unwrap_or_else(|| default_error(single))),
    };
    let targets = criterion.targets(y, weight, logits.nrows(), logits.ncols())?;
    let squared_gradient_norms = grad_norm_sq.as_array().to_vec();
    let numbers = Numbers { logits, structure, squared_gradient_norms, roundoff };
    let (measured, verdicts) = fenchel_measure::judge::judge(&numbers, &targets).map_err(exception)?;
    let result = arrays(py, measured.clone())?;
    let words: Vec<String> = verdicts.iter().map(|&verdict| word(verdict)).collect();
    result.set_item("verdict", words)?;
    result.set_item("measured", Measured { own: measured, verdicts: Some(verdicts) })?;
    Ok(result)
}

fn word(verdict: Verdict) -> String {
    match verdict {
        Verdict::Holds => "holds".to_owned(),
        Verdict::Violated(side) => format!("violated: {}", name(side)),
        Verdict::Apart { quadratic_form } => format!("apart: e'Ae = {quadratic_form:e}"),
        Verdict::Indefinite => "indefinite".to_owned(),
        Verdict::Undefined => "undefined".to_owned(),
    }
}

fn wrong(array: &'static str, got: &[usize], needs: &str) -> PyErr {
    let got = format!("has shape {got:?}");
    exception(MeasureError::Array { array, got, needs: needs.to_owned() })
}
