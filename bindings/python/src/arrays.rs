//! Arrays of NumPy and of Rust into each other, and errors into exceptions.

use fenchel_measure::{Answers, MeasureError};
use fenchel_tensor::Real;
use ndarray::{Array2, IxDyn};
use numpy::{Element, PyArray, PyArrayDyn, PyArrayMethods, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

pyo3::create_exception!(fenchel, Unmeasurable, PyValueError, "No sample at all can be measured.");

/// The exception for an error: its message names the thing and the remedy.
pub(crate) fn exception(error: MeasureError) -> PyErr {
    match error {
        MeasureError::All { .. } => Unmeasurable::new_err(error.to_string()),
        other => PyValueError::new_err(other.to_string()),
    }
}

/// Numbers of any shape, row-major.
pub(crate) fn numpy<'py>(
    py: Python<'py>,
    shape: &[usize],
    values: Vec<f64>,
) -> PyResult<Bound<'py, PyArrayDyn<f64>>> {
    PyArray::from_vec(py, values).reshape(IxDyn(shape))
}

/// The numbers of an array in the order of its indices, whatever its order in memory.
pub(crate) fn row_major<T: Element + Copy>(array: &PyReadonlyArrayDyn<'_, T>) -> Vec<T> {
    array.as_array().iter().copied().collect()
}

/// The inputs `x` as rows in precision `T`, with the shape that they have in Python.
pub(crate) fn inputs<T: Real>(x: &PyReadonlyArrayDyn<'_, f64>) -> PyResult<(Vec<usize>, Array2<T>)> {
    let shape = x.shape().to_vec();
    let values: Vec<T> = x.as_array().iter().map(|&value| T::of(value)).collect();
    let count = shape.first().copied().unwrap_or(0);
    let width = values.len().checked_div(count).unwrap_or(0);
    let rows = Array2::from_shape_vec((count, width), values);
    Ok((shape, rows.map_err(|error| PyValueError::new_err(error.to_string()))?))
}

/// The answers `y`: an array of `int64` or `float64`.
pub(crate) fn answers(y: &Bound<'_, PyAny>) -> PyResult<Answers> {
    if let Ok(whole) = y.extract::<PyReadonlyArrayDyn<'_, i64>>() {
        let values = whole.as_array().iter().map(|&value| value.into()).collect();
        return Ok(Answers::Whole { shape: whole.shape().to_vec(), values });
    }
    let Ok(real) = y.extract::<PyReadonlyArrayDyn<'_, f64>>() else {
        return Err(PyTypeError::new_err("`y` must be an array of int64 or float64"));
    };
    let values = row_major(&real);
    if let Some(place) = values.iter().position(|value| !value.is_finite()) {
        let row = values.len() / real.shape().first().copied().unwrap_or(1).max(1);
        let (value, sample) = (values[place], place / row.max(1));
        return Err(PyValueError::new_err(format!(
            "`y` of sample {sample} is {value}; leave the sample out, or mend its answer"
        )));
    }
    Ok(Answers::Real { shape: real.shape().to_vec(), values })
}
