//! The tape: a network recorded once as a straight-line program, read forwards and swept backwards.
//!
//! A tape holds shapes and operations, and no numbers but those that never change ([`Constants`], fixed weights):
//! parameters live in one flat vector described by its [`ParameterLayout`], and the values of a batch live in a
//! [`Sweep`](crate::Sweep). So one tape serves every thread, precision and batch size.

mod builder;

use std::sync::Arc;

use ndarray::ArrayView2;

use crate::layer::{Layer, Place, Trained};
use crate::{Constants, ParameterLayout, Real, Shape, TensorError};

pub use builder::TapeBuilder;

/// A value on the tape: the input, or the result of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node(pub(crate) usize);

/// One line of the program.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) name: String,
    /// What it does; the input does nothing.
    pub(crate) layer: Option<Arc<dyn Layer>>,
    pub(crate) place: Place,
    /// Whether any parameter stands at or before this node, so that a cotangent here is worth carrying on.
    pub(crate) depends_on_parameters: bool,
}

impl Record {
    /// The layer's parameters, if it has any.
    pub(crate) fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        self.layer.as_ref().and_then(|layer| layer.trained())
    }
}

/// A recorded network: from an input of one shape to a vector of outputs.
///
/// ```
/// use fenchel_tensor::{Activation, Shape, TapeBuilder};
///
/// let mut net = TapeBuilder::new(Shape::vector(4));
/// let x = net.input();
/// let h = net.dense("hidden", x, 8)?;
/// let h = net.activation(h, Activation::Relu)?;
/// let y = net.dense("head", h, 3)?;
/// let tape = net.finish(y)?;
/// assert_eq!(tape.outputs(), 3);
/// assert_eq!(tape.parameters().len(), (4 + 1) * 8 + (8 + 1) * 3);
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tape {
    pub(crate) records: Vec<Record>,
    pub(crate) output: usize,
    parameters: ParameterLayout,
    constants: Constants,
}

/// One line of a printed tape: the layer's name, the shape of its output and its number of parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerSummary {
    /// The layer's name.
    pub name: String,
    /// The shape of one sample's output.
    pub shape: Shape,
    /// How many parameters the layer holds.
    pub parameters: usize,
}

impl Tape {
    /// The shape of one input sample.
    #[must_use]
    pub fn input_shape(&self) -> Shape {
        self.records[0].place.shape
    }

    /// The number `m` of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.records[self.output].place.shape.len()
    }

    /// Where each layer's parameters lie in the flat parameter vector.
    #[must_use]
    pub fn parameters(&self) -> &ParameterLayout {
        &self.parameters
    }

    /// The fixed numbers that its layers hold beside their parameters.
    #[must_use]
    pub fn constants(&self) -> &Constants {
        &self.constants
    }

    /// The names of the layers with parameters, in order: the terms of the layer sum T13.
    #[must_use]
    pub fn layers_with_parameters(&self) -> Vec<&str> {
        let with = self.records.iter().filter(|record| record.trained().is_some());
        with.map(|record| record.name.as_str()).collect()
    }

    /// How many layers hold parameters.
    pub(crate) fn layer_count(&self) -> usize {
        self.records.iter().filter(|record| record.trained().is_some()).count()
    }

    /// Refuses a vector that does not have one number for each parameter.
    pub(crate) fn check_parameters(&self, argument: &'static str, got: usize) -> Result<(), TensorError> {
        let want = self.parameters.len();
        if got == want {
            return Ok(());
        }
        Err(TensorError::Argument { argument, got: vec![got], needs: format!("[{want}]") })
    }

    /// Refuses inputs `[samples, features]` of another number of features.
    pub(crate) fn check_inputs(&self, got: &[usize]) -> Result<(), TensorError> {
        let want = self.input_shape().len();
        if got[1] == want {
            return Ok(());
        }
        let needs = format!("[samples, {want}]");
        Err(TensorError::Argument { argument: "inputs", got: got.to_vec(), needs })
    }

    /// How many token ids there are, if the input holds ids: whole numbers from 0 to one below.
    #[must_use]
    pub fn vocabulary(&self) -> Option<usize> {
        self.records.iter().filter_map(|record| record.layer.as_ref()?.vocabulary()).min()
    }

    /// Refuses inputs, `samples x features`, that hold something else than token ids where the network reads such.
    ///
    /// # Errors
    /// The first sample that does, counted from 0.
    pub fn check_ids<T: Real>(&self, inputs: ArrayView2<'_, T>) -> Result<(), TensorError> {
        let Some(count) = self.vocabulary() else { return Ok(()) };
        let is_id = |value: f64| value >= 0.0 && value < count as f64 && value.fract() == 0.0;
        match inputs.indexed_iter().find(|(_, value)| !is_id(value.as_f64())) {
            Some(((sample, place), value)) => {
                Err(TensorError::TokenId { sample, place, value: value.as_f64(), last: count - 1 })
            }
            None => Ok(()),
        }
    }

    /// A bound on the relative round-off of what a backward pass in precision `T` gathers: of a squared gradient norm, and of
    /// an eigenvalue of a structural matrix relative to the largest.
    ///
    /// A backward pass is a chain of linear maps applied to the stored activations, which both quantities share; a map
    /// whose longest inner product has `k` terms errs by `gamma_k = k u / (1 - k u)` relative to the norms of its
    /// factors (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1), the collector's products by as
    /// much again, and squaring doubles both. A convolution that goes by tiles of two by two has a ninth of the terms in each of its sums
    /// and twelve roundings beside, its weight gradient one term a tile and ten; their factors have norms that are larger, by 40 at most for the
    /// one (in each direction sqrt(5) for `|A'|`, 1 for a row of `|G|`, sqrt(8) for `|B'|` over windows that overlap) and by 16 for the other
    /// (in each direction sqrt(4 + sqrt(13)) for a row of the form `|G'| (|A| |u| * |B'| |d|)`, and sqrt(2) for the overlap), and that
    /// counts as so many times the terms. The norms of the factors exceed that of the product by the layers'
    /// condition, for which a factor 8 is allowed; the eigenvalue solver stays within the last term.
    #[must_use]
    pub fn backward_roundoff<T: Real>(&self) -> f64 {
        let layers = self.records.iter().filter_map(|record| Some((record.layer.as_ref()?, &record.place)));
        let terms: usize = layers.map(|(layer, place)| layer.terms(place)).sum();
        16.0 * T::UNIT_ROUNDOFF * (terms + (16 + self.outputs()) * self.outputs()) as f64
    }

    /// The layers in order, for a printed table.
    #[must_use]
    pub fn summary(&self) -> Vec<LayerSummary> {
        let line = |record: &Record| LayerSummary {
            name: record.name.clone(),
            shape: record.place.shape,
            parameters: record.place.tensors.iter().map(ExactSizeIterator::len).sum(),
        };
        self.records.iter().map(line).collect()
    }
}
