//! The definitions on functions of Python, the catalogue, and the losses with their bounds.

use std::sync::{Arc, Mutex, PoisonError};

use fenchel_convexity::catalogue::entries;
use fenchel_convexity::claims::Claim;
use fenchel_convexity::moduli::{Modulus, Side};
use fenchel_convexity::norms::Norm;
use fenchel_convexity::objectives::{Closure, Domain};
use fenchel_convexity::search::SearchConfig;
use fenchel_convexity::{ConvexityError, verdict::Verdict};
use fenchel_nn::losses::LossName;
use ndarray::Array1;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::exception;

fn bad(error: ConvexityError) -> PyErr {
    exception(error.into())
}

/// A callable, and the first error that it raised.
struct Callable {
    call: Py<PyAny>,
    raised: Arc<Mutex<Option<PyErr>>>,
}

impl Callable {
    /// What it returns at a point; none, and the error kept, where it raises.
    fn at<R>(&self, x: &[f64], read: impl FnOnce(&Bound<'_, PyAny>) -> PyResult<R>) -> Option<R> {
        Python::attach(|py| {
            let point = PyArray1::from_slice(py, x);
            match self.call.bind(py).call1((point,)).and_then(|result| read(&result)) {
                Ok(result) => Some(result),
                Err(error) => {
                    self.raised.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    None
                }
            }
        })
    }
}

/// Searches for a pair of points at which f is not H(N(constant, exponent, l_p))-smooth (or -convex).
#[pyfunction]
#[pyo3(signature = (side, f, gradient, dimension, constant, exponent = 2.0, p = 2.0, lower = None, upper = None, simplex = false, budget = 20_000, seed = 0))]
#[expect(clippy::too_many_arguments, reason = "they are the keywords of a Python function")]
pub(crate) fn check<'py>(
    py: Python<'py>,
    side: &str,
    f: Py<PyAny>,
    gradient: Py<PyAny>,
    dimension: usize,
    constant: f64,
    exponent: f64,
    p: f64,
    lower: Option<Vec<f64>>,
    upper: Option<Vec<f64>>,
    simplex: bool,
    budget: u64,
    seed: u64,
) -> PyResult<Bound<'py, PyDict>> {
    let norm = Norm::lp(p).map_err(bad)?;
    let modulus = match side {
        "smooth" => Modulus::smooth(constant, exponent, norm),
        "convex" => Modulus::convex(constant, exponent, norm),
        other => {
            return Err(PyValueError::new_err(format!(
                "side must be \"smooth\" or \"convex\", not {other:?}"
            )));
        }
    };
    let modulus = modulus.map_err(bad)?;
    let raised = Arc::new(Mutex::new(None));
    let value = Callable { call: f, raised: Arc::clone(&raised) };
    let slope = Callable { call: gradient, raised: Arc::clone(&raised) };
    let objective = Closure::new(
        "f",
        dimension,
        move |x: &[f64]| value.at(x, |result| result.extract::<f64>()).unwrap_or(f64::NAN),
        move |x: &[f64], into: &mut [f64]| {
            let read = |result: &Bound<'_, PyAny>| {
                let slopes: PyReadonlyArray1<'_, f64> = result.extract()?;
                let slopes = slopes.as_array();
                if slopes.len() != into.len() {
                    let (got, needs) = (slopes.len(), into.len());
                    return Err(PyValueError::new_err(format!(
                        "the gradient has {got} entries, but the point has {needs}"
                    )));
                }
                into.iter_mut().zip(slopes).for_each(|(to, &s)| *to = s);
                Ok(())
            };
            if slope.at(x, read).is_none() {
                into.fill(f64::NAN);
            }
        },
    );
    let domain = match (lower, upper, simplex) {
        (None, None, true) => Domain::Simplex,
        (None, None, false) => Domain::Whole,
        (lower, upper, false) => Domain::Box {
            lower: lower.unwrap_or_else(|| vec![f64::NEG_INFINITY; dimension]),
            upper: upper.unwrap_or_else(|| vec![f64::INFINITY; dimension]),
        },
        _ => return Err(PyValueError::new_err("give either the ends of a box or the simplex")),
    };
    domain.check(dimension).map_err(bad)?;
    let objective = objective.map_err(bad)?.with_domain(domain);
    let found =
        py.detach(|| Claim::new(&objective, modulus)?.falsify(&SearchConfig::budget(budget).seed(seed)));
    if let Some(error) = raised.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(error);
    }
    let found = found.map_err(bad)?;
    let result = PyDict::new(py);
    let word = match &found.verdict {
        Verdict::Holds { .. } => "holds",
        Verdict::Violated { .. } => "violated",
        _ => "undecided",
    };
    result.set_item("verdict", word)?;
    result.set_item("text", found.to_string())?;
    result.set_item("evaluations", found.evaluations)?;
    Ok(result)
}

/// The catalogue in a dimension: each function's name with its known constants.
#[pyfunction]
pub(crate) fn catalogue(py: Python<'_>, dimension: usize) -> PyResult<Vec<Bound<'_, PyDict>>> {
    let mut rows = Vec::new();
    for entry in entries(dimension).map_err(bad)? {
        for known in entry.constants() {
            let row = PyDict::new(py);
            row.set_item("function", entry.objective().name())?;
            row.set_item("side", if known.modulus.side() == Side::Smooth { "smooth" } else { "convex" })?;
            row.set_item("statement", known.modulus.to_string())?;
            row.set_item("constant", known.modulus.as_norm_power().map(|(constant, ..)| constant))?;
            row.set_item("exponent", known.modulus.as_norm_power().map(|(_, exponent, _)| exponent.get()))?;
            row.set_item("tight", known.tight)?;
            row.set_item("source", known.source)?;
            rows.push(row);
        }
    }
    Ok(rows)
}

/// The loss of outputs f at a target y, and its residual.
#[pyfunction]
pub(crate) fn loss<'py>(
    py: Python<'py>,
    name: &str,
    y: PyReadonlyArray1<'py, f64>,
    f: PyReadonlyArray1<'py, f64>,
) -> PyResult<(f64, Bound<'py, PyArray1<f64>>)> {
    let named = |error: fenchel_nn::NnError| exception(error.into());
    let loss = name.parse::<LossName>().and_then(LossName::loss).map_err(named)?;
    let mut residual = Array1::zeros(f.as_array().len());
    let value = loss.value_and_residual(&y.as_array(), &f.as_array(), &mut residual).map_err(bad)?;
    Ok((value, PyArray1::from_owned_array(py, residual)))
}

/// lo(t) and hi(t): the least and the largest excess loss of outputs whose residual has the norm t.
#[pyfunction]
pub(crate) fn loss_bounds(name: &str, y: PyReadonlyArray1<'_, f64>, t: f64) -> PyResult<(f64, f64)> {
    let named = |error: fenchel_nn::NnError| exception(error.into());
    let loss = name.parse::<LossName>().and_then(LossName::loss).map_err(named)?;
    let bounds = loss.bounds(&y.as_array()).map_err(bad)?;
    Ok((bounds.lower(t), bounds.upper(t)))
}
