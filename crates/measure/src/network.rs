//! A described network with its numbers.

use std::ops::Range;
use std::sync::Arc;

use fenchel_nn::description::{Description, Row};
use fenchel_nn::weights::Tensors;
use fenchel_tensor::{Engine, Real, Shape};
use ndarray::{Array2, ArrayView2};

use crate::MeasureError;

/// A network that can be measured: its tape, its parameters in precision `T`, and the rows of its printed table.
#[derive(Debug)]
pub struct Network<T> {
    pub(crate) engine: Engine<T>,
    pub(crate) parameters: Vec<T>,
    table: Vec<Row>,
}

impl<T: Real> Network<T> {
    /// Builds a description with the parameters and constants that these tensors hold.
    ///
    /// # Errors
    /// If a layer cannot take the shape that reaches it, or a tensor is missing, unknown, of another shape, or not finite.
    pub fn load(description: &Description, tensors: &Tensors) -> Result<Self, MeasureError> {
        let (_, table) = description.build()?;
        let (tape, parameters) = description.load::<T>(tensors)?;
        Ok(Self { engine: Engine::new(Arc::clone(&tape)), parameters, table })
    }

    /// The number `m` of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.engine.tape().outputs()
    }

    /// The shape of one input sample.
    #[must_use]
    pub fn input(&self) -> Shape {
        self.engine.tape().input_shape()
    }

    /// The rows of the network's table.
    #[must_use]
    pub fn table(&self) -> &[Row] {
        &self.table
    }

    /// The paths of the layers that hold parameters, in order.
    #[must_use]
    pub fn layers(&self) -> Vec<String> {
        self.engine.tape().layers_with_parameters().into_iter().map(Into::into).collect()
    }

    /// The parameter tensors in order: name, shape, and place in the flat vector.
    pub fn tensors(&self) -> impl Iterator<Item = (String, Vec<usize>, Range<usize>)> + '_ {
        let slots = self.engine.tape().parameters().slots();
        slots.iter().map(|slot| (slot.name.clone(), slot.shape.clone(), slot.range.clone()))
    }

    /// The outputs of samples, `N x m`.
    ///
    /// # Errors
    /// If the inputs do not fit.
    pub fn outputs_of(&self, inputs: ArrayView2<'_, T>) -> Result<Array2<f64>, MeasureError> {
        self.engine.tape().check_ids(inputs)?;
        Ok(self.engine.outputs(&self.parameters, inputs)?.mapv(T::as_f64))
    }

    /// Whether its inputs are the ids of tokens, which must be whole and within its vocabulary.
    #[must_use]
    pub fn reads_ids(&self) -> bool {
        self.engine.tape().vocabulary().is_some()
    }

    /// Whether samples of this shape, the number of samples first, are what the network takes.
    ///
    /// # Errors
    /// If they are not: what they are and what would do.
    pub fn check_inputs(&self, shape: &[usize]) -> Result<(), MeasureError> {
        let own = self.input();
        let d = own.len();
        let fits = match (own, shape) {
            (_, [_, features]) => *features == d,
            (Shape::Vector(_), [_, c, h, w]) => c.checked_mul(*h).and_then(|a| a.checked_mul(*w)) == Some(d),
            (Shape::Sequence { tokens, features }, [_, t, f]) => [*t, *f] == [tokens, features],
            (Shape::Image { channels, height, width }, [_, c, h, w]) => {
                [*c, *h, *w] == [channels, height, width]
            }
            _ => false,
        };
        if fits && shape[0] > 0 {
            return Ok(());
        }
        let needs = match own {
            Shape::Vector(d) => format!("[N, {d}], or [N, C, H, W] with C H W = {d}"),
            Shape::Sequence { tokens, features } => {
                format!("[N, {tokens}, {features}] or [N, {d}], token by token")
            }
            Shape::Image { channels, height, width } => {
                format!("[N, {channels}, {height}, {width}] or [N, {d}], channels before rows before columns")
            }
        };
        Err(MeasureError::Inputs { got: shape.to_vec(), needs: format!("{needs}, with at least one sample") })
    }
}
