//! A measurement as Rust holds it, for the page that it makes.

use std::path::PathBuf;

use fenchel_measure::Measurement;
use fenchel_measure::judge::Verdict;
use fenchel_measure::report::{Beside, Series, page};
use fenchel_nn::description::table;
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::network::{Network, in_precision};

/// What was measured or judged.
#[pyclass(module = "fenchel", frozen)]
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) own: Measurement,
    pub(crate) verdicts: Option<Vec<Verdict>>,
}

#[pymethods]
impl Measured {
    /// Writes the page: one HTML file with figures. `along` are lists by name, of a training of which this is the last
    /// measurement.
    #[pyo3(signature = (path, loss, network = None, along = None))]
    fn report(
        &self,
        path: PathBuf,
        loss: &str,
        network: Option<&Network>,
        along: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let network = network.map(|network| in_precision!(network, own => table(own.table())));
        let along = along.map(series).transpose()?;
        let beside = Beside {
            loss,
            network: network.as_deref(),
            parts: None,
            verdicts: self.verdicts.as_deref(),
            along: along.as_ref(),
        };
        let page = page(&self.own, &beside).map_err(|error| PyValueError::new_err(error.to_string()))?;
        page.write(&path).map_err(|error| PyOSError::new_err(error.to_string()))
    }
}

fn series(along: &Bound<'_, PyDict>) -> PyResult<Series> {
    let list = |name: &str| match along.get_item(name)? {
        Some(values) => values.extract::<Vec<f64>>(),
        None => Err(PyValueError::new_err(format!("the series along a training have no `{name}`"))),
    };
    Ok(Series {
        steps: list("steps")?,
        loss: list("loss")?,
        lower: list("lower")?,
        upper: list("upper")?,
        structural_error: list("D")?,
        squared_gradient_norm: list("grad_norm_sq")?,
    })
}
