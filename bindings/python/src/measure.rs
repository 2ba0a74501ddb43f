//! Measuring on arrays.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fenchel_measure as rust;
use fenchel_measure::{MeasureError, Measurement, Targets};
use fenchel_nn::losses::LossName;
use fenchel_nn::measurement::Side;
use fenchel_tensor::Real;
use numpy::PyReadonlyArrayDyn;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{answers, exception, inputs, numpy};
use crate::network::{Network, in_precision};
use crate::report::Measured;

/// How outputs are compared with answers: a loss by name, smoothing, weights, a label that does not count.
#[pyclass(module = "fenchel", frozen)]
#[derive(Debug)]
pub(crate) struct Criterion(rust::Criterion);

#[pymethods]
impl Criterion {
    #[new]
    #[pyo3(signature = (loss, smoothing = 0.0, class_weights = None, ignore_label = None))]
    fn new(
        loss: &str,
        smoothing: f64,
        class_weights: Option<Vec<f64>>,
        ignore_label: Option<i64>,
    ) -> PyResult<Self> {
        let bad = |error: fenchel_nn::NnError| exception(error.into());
        let name: LossName = loss.parse().map_err(bad)?;
        let mut criterion = rust::Criterion::new(name).map_err(bad)?.smoothed(smoothing).map_err(bad)?;
        if let Some(weights) = class_weights {
            criterion = criterion.weighing(weights).map_err(exception)?;
        }
        if let Some(label) = ignore_label {
            criterion = criterion.ignoring(label);
        }
        Ok(Self(criterion))
    }

    /// The loss, with its parameters.
    #[getter]
    fn loss(&self) -> String {
        self.0.name().to_string()
    }
}

impl Criterion {
    pub(crate) fn targets(
        &self,
        y: &Bound<'_, PyAny>,
        weight: Option<Vec<f64>>,
        samples: usize,
        outputs: usize,
    ) -> PyResult<Targets> {
        self.0.targets(&answers(y)?, weight.as_deref(), samples, outputs).map_err(exception)
    }
}

/// Measures every sample: a dict of arrays, and what there is to say about them.
#[pyfunction]
#[pyo3(signature = (network, x, y, criterion, weight = None, threads = None, structure = true, progress = None))]
#[expect(clippy::too_many_arguments, reason = "they are the keywords of a Python function")]
pub(crate) fn measure<'py>(
    py: Python<'py>,
    network: &Network,
    x: PyReadonlyArrayDyn<'py, f64>,
    y: &Bound<'py, PyAny>,
    criterion: &Criterion,
    weight: Option<Vec<f64>>,
    threads: Option<usize>,
    structure: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let outputs = in_precision!(network, own => own.outputs());
    let mut matrices = Vec::new();
    let (count, measured) = in_precision!(network, own => {
        let rows = samples(own, &x)?;
        let targets = criterion.targets(y, weight, rows.nrows(), outputs)?;
        let keep = structure.then_some(&mut matrices);
        (rows.nrows(), py.detach(|| work(own, rows, &targets, keep, threads, progress))?)
    });
    let result = arrays(py, measured)?;
    if structure {
        result.set_item("structure", numpy(py, &[count, outputs, outputs], matrices)?)?;
    }
    Ok(result)
}

/// The samples as rows, of a shape that the network takes.
fn samples<T: Real>(
    network: &rust::Network<T>,
    x: &PyReadonlyArrayDyn<'_, f64>,
) -> PyResult<ndarray::Array2<T>> {
    let (shape, rows) = inputs(x)?;
    network.check_inputs(&shape).map_err(exception)?;
    Ok(rows)
}

fn work<T: Real>(
    network: &rust::Network<T>,
    rows: ndarray::Array2<T>,
    targets: &Targets,
    mut matrices: Option<&mut Vec<f64>>,
    threads: Option<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Measurement> {
    // What was raised between two blocks: by an interrupt, or by whoever is told of progress.
    let raised: Mutex<Option<PyErr>> = Mutex::new(None);
    let measured = rust::with_threads(threads, || {
        let keep = |matrix: &[f64]| {
            if let Some(matrices) = matrices.as_deref_mut() {
                matrices.extend_from_slice(matrix);
            }
            if lock(&raised).is_some() { Err(MeasureError::Stopped) } else { Ok(()) }
        };
        let tell = |done: usize, total: usize| {
            let heard = Python::attach(|py| {
                py.check_signals()?;
                progress.as_ref().map_or(Ok(()), |progress| progress.call1(py, (done, total)).map(|_| ()))
            });
            // The measurement ends with the next sample.
            if let Err(error) = heard {
                lock(&raised).get_or_insert(error);
            }
        };
        rust::measure(network, rows.view(), targets, keep, tell)
    });
    match lock(&raised).take() {
        Some(error) => Err(error),
        None => measured.and_then(|inner| inner).map_err(exception),
    }
}

/// The value behind a lock that no panic can have spoiled.
fn lock<V>(mutex: &Mutex<V>) -> MutexGuard<'_, V> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The arrays of a measurement, and its counts.
pub(crate) fn arrays(py: Python<'_>, measured: Measurement) -> PyResult<Bound<'_, PyDict>> {
    let result = PyDict::new(py);
    for (name, shape, values) in measured.arrays() {
        result.set_item(name, numpy(py, &shape, values.to_vec())?)?;
    }
    let failures: Vec<(usize, &str)> =
        measured.failures().iter().map(|failure| (failure.sample, failure.reason.as_str())).collect();
    let violations: Vec<(usize, &str)> =
        measured.violations().iter().map(|&(sample, side)| (sample, name(side))).collect();
    let (classified, right) = measured.classified();
    result.set_item("failures", failures)?;
    result.set_item("violations", violations)?;
    result.set_item("classified", classified)?;
    result.set_item("right", right)?;
    result.set_item("measured", Measured { own: measured, verdicts: None })?;
    Ok(result)
}

pub(crate) fn name(side: Side) -> &'static str {
    match side {
        Side::Lower => "lower",
        Side::Upper => "upper",
    }
}

/// The outputs of every sample, N x m.
#[pyfunction]
pub(crate) fn outputs<'py>(
    py: Python<'py>,
    network: &Network,
    x: PyReadonlyArrayDyn<'py, f64>,
) -> PyResult<Bound<'py, numpy::PyArrayDyn<f64>>> {
    let values = in_precision!(network, own => {
        let rows = samples(own, &x)?;
        own.outputs_of(rows.view()).map_err(exception)?
    });
    let shape = values.shape().to_vec();
    numpy(py, &shape, values.into_iter().collect())
}

/// The gradient of the mean loss, an array for each parameter tensor by its name.
#[pyfunction]
#[pyo3(signature = (network, x, y, criterion, weight = None, threads = None))]
pub(crate) fn mean_gradient<'py>(
    py: Python<'py>,
    network: &Network,
    x: PyReadonlyArrayDyn<'py, f64>,
    y: &Bound<'py, PyAny>,
    criterion: &Criterion,
    weight: Option<Vec<f64>>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let result = PyDict::new(py);
    in_precision!(network, own => {
        let rows = samples(own, &x)?;
        let targets = criterion.targets(y, weight, rows.nrows(), own.outputs())?;
        let gradient = py.detach(|| rust::with_threads(threads, || rust::mean_gradient(own, rows.view(), &targets)));
        let gradient = gradient.and_then(|inner| inner).map_err(exception)?;
        for (name, shape, range) in own.tensors() {
            let values = gradient[range].iter().map(|value| value.as_f64()).collect();
            result.set_item(name, numpy(py, &shape, values)?)?;
        }
    });
    Ok(result)
}

/// By layer and below the head: trace, smallest and largest eigenvalue of the part of each sample's structural matrix.
#[pyfunction]
#[pyo3(signature = (network, x, threads = None))]
pub(crate) fn layer_parts<'py>(
    py: Python<'py>,
    network: &Network,
    x: PyReadonlyArrayDyn<'py, f64>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let parts = in_precision!(network, own => {
        let rows = samples(own, &x)?;
        py.detach(|| rust::with_threads(threads, || rust::layer_parts(own, rows.view(), &[])))
    });
    let parts = parts.and_then(|inner| inner).map_err(exception)?;
    let (count, layers) = (parts.samples.len(), parts.layers.len());
    let result = PyDict::new(py);
    result.set_item("layers", &parts.layers)?;
    for (name, number) in rust::LayerParts::NUMBERS {
        let by_layer: Vec<Vec<f64>> =
            (0..layers).map(|layer| parts.numbers(|sum| number(&sum.layers[layer]))).collect();
        let all = (0..count).flat_map(|sample| by_layer.iter().map(move |values| values[sample])).collect();
        result.set_item(name, numpy(py, &[count, layers], all)?)?;
        let below = parts.numbers(|sum| number(&sum.below_head));
        result.set_item(format!("below_head_{name}"), numpy(py, &[count], below)?)?;
    }
    Ok(result)
}

/// The empirical neural tangent kernel between two sets of samples, `(N_a m) x (N_b m)`.
#[pyfunction]
#[pyo3(signature = (network, a, b = None, threads = None))]
pub(crate) fn tangent_kernel<'py>(
    py: Python<'py>,
    network: &Network,
    a: PyReadonlyArrayDyn<'py, f64>,
    b: Option<PyReadonlyArrayDyn<'py, f64>>,
    threads: Option<usize>,
) -> PyResult<Bound<'py, numpy::PyArrayDyn<f64>>> {
    let kernel = in_precision!(network, own => {
        let a = samples(own, &a)?;
        let b = match b {
            Some(b) => Some(samples(own, &b)?),
            None => None,
        };
        let b = b.as_ref().unwrap_or(&a);
        py.detach(|| rust::with_threads(threads, || rust::tangent_kernel(own, a.view(), b.view())))
    });
    let kernel = kernel.and_then(|inner| inner).map_err(exception)?;
    let shape = kernel.shape().to_vec();
    let (values, offset) = kernel.into_raw_vec_and_offset();
    if offset.unwrap_or(0) != 0 {
        return Err(PyValueError::new_err("the kernel does not start at its first number"));
    }
    numpy(py, &shape, values)
}
