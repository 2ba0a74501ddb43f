//! A described network with its numbers, in one precision.

use fenchel_measure::{MeasureError, Network as Measured};
use fenchel_nn::description::{Description, table};
use fenchel_nn::weights::Tensors;
use fenchel_tensor::Shape;
use numpy::{PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::{exception, row_major};

/// In which precision a network is evaluated.
#[derive(Debug)]
pub(crate) enum Precise {
    F32(Measured<f32>),
    F64(Measured<f64>),
}

/// Runs the same expression on the network of either precision.
macro_rules! in_precision {
    ($network:expr, $own:ident => $body:expr) => {
        match &$network.own {
            $crate::network::Precise::F32($own) => $body,
            $crate::network::Precise::F64($own) => $body,
        }
    };
}
pub(crate) use in_precision;

/// A network that can be measured: a description in TOML, and its tensors by name.
#[pyclass(module = "fenchel", frozen)]
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) own: Precise,
    toml: String,
}

#[pymethods]
impl Network {
    /// Builds the network; every tensor is an array of float32, float64 or int64.
    #[new]
    #[pyo3(signature = (description, tensors, precision = "f64"))]
    fn new(description: &str, tensors: &Bound<'_, PyDict>, precision: &str) -> PyResult<Self> {
        let bad = |error: MeasureError| exception(error);
        let description =
            Description::from_toml(description, "description").map_err(|error| bad(error.into()))?;
        let mut named = Tensors::new();
        for (name, array) in tensors {
            let name: String = name.extract()?;
            let inserted = if let Ok(values) = array.extract::<PyReadonlyArrayDyn<'_, f32>>() {
                named.insert(&name, values.shape(), &row_major(&values))
            } else if let Ok(values) = array.extract::<PyReadonlyArrayDyn<'_, f64>>() {
                named.insert(&name, values.shape(), &row_major(&values))
            } else if let Ok(values) = array.extract::<PyReadonlyArrayDyn<'_, i64>>() {
                named.insert_integers(&name, values.shape(), &row_major(&values))
            } else {
                return Err(PyTypeError::new_err(format!(
                    "tensor `{name}` must be an array of float32, float64 or int64"
                )));
            };
            inserted.map_err(|error| bad(error.into()))?;
        }
        let own = match precision {
            "f32" => Precise::F32(Measured::load(&description, &named).map_err(bad)?),
            "f64" => Precise::F64(Measured::load(&description, &named).map_err(bad)?),
            other => {
                return Err(PyValueError::new_err(format!(
                    "precision must be \"f32\" or \"f64\", not {other:?}"
                )));
            }
        };
        Ok(Self { own, toml: description.to_toml() })
    }

    /// The number of outputs.
    #[getter]
    fn outputs(&self) -> usize {
        in_precision!(self, own => own.outputs())
    }

    /// The shape of one input sample.
    #[getter]
    fn input_shape(&self) -> Vec<usize> {
        match in_precision!(self, own => own.input()) {
            Shape::Vector(features) => vec![features],
            Shape::Sequence { tokens, features } => vec![tokens, features],
            Shape::Image { channels, height, width } => vec![channels, height, width],
        }
    }

    /// Whether its inputs are the ids of tokens.
    #[getter]
    fn reads_ids(&self) -> bool {
        in_precision!(self, own => own.reads_ids())
    }

    /// The precision of the passes: "f32" or "f64".
    #[getter]
    fn precision(&self) -> &'static str {
        match self.own {
            Precise::F32(_) => "f32",
            Precise::F64(_) => "f64",
        }
    }

    /// The number of parameters.
    #[getter]
    fn parameters(&self) -> usize {
        in_precision!(self, own => own.table().iter().map(|row| row.parameters).sum())
    }

    /// The paths of the layers that hold parameters, in order.
    #[getter]
    fn layers(&self) -> Vec<String> {
        in_precision!(self, own => own.layers())
    }

    /// The description in TOML.
    #[getter]
    fn toml(&self) -> &str {
        &self.toml
    }

    /// The layers as a table: path, kind, output shape, parameters.
    fn table(&self) -> String {
        in_precision!(self, own => table(own.table()))
    }

    fn __repr__(&self) -> String {
        format!(
            "Network(input_shape={:?}, outputs={}, parameters={}, precision={:?})",
            self.input_shape(),
            self.outputs(),
            self.parameters(),
            self.precision()
        )
    }
}
