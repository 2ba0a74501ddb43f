//! Recording a tape: every layer checks its shapes and settings, and claims its parameters' places. The method
//! that records a layer stands in the layer's own file.

use std::sync::Arc;

use super::{Node, Record, Tape};
use crate::layer::{Layer, Misfit, Place, check_input, within};
use crate::{Constants, ParameterLayout, Shape, TensorError};

/// The most numbers that the layers of a fresh network hold fixed: a tape holds each of them several times over from the
/// moment it is recorded, whereas parameters and values take no room before they are used.
const MOST_FIXED: usize = 1 << 24;

/// Records a network, checking every shape as it goes.
#[derive(Clone, Debug)]
pub struct TapeBuilder {
    records: Vec<Record>,
    parameters: ParameterLayout,
    given: Constants,
    constants: Constants,
    /// How many fixed numbers the layers so far made for themselves.
    fixed: usize,
}

impl TapeBuilder {
    /// A tape whose input samples have this shape.
    #[must_use]
    pub fn new(input: Shape) -> Self {
        let place = Place {
            inputs: Vec::new(),
            shapes: Vec::new(),
            moves: Vec::new(),
            shape: input,
            tensors: Vec::new(),
            number: 0,
        };
        let record = Record { name: "input".to_owned(), layer: None, place, depends_on_parameters: false };
        Self {
            records: vec![record],
            parameters: ParameterLayout::default(),
            given: Constants::default(),
            constants: Constants::default(),
            fixed: 0,
        }
    }

    /// The fixed numbers that layers recorded from here on will hold. What is not among them is as in a fresh
    /// network; what no layer asks for is left aside.
    #[must_use]
    pub fn with_constants(self, constants: Constants) -> Self {
        Self { given: constants, ..self }
    }

    /// The input node.
    #[must_use]
    pub fn input(&self) -> Node {
        Node(0)
    }

    /// The shape of one sample's value at a node.
    #[must_use]
    pub fn shape(&self, node: Node) -> Shape {
        self.records[node.0].place.shape
    }

    /// The parameters of the layers so far.
    #[must_use]
    pub fn parameters(&self) -> &ParameterLayout {
        &self.parameters
    }

    /// Ends the recording: the network's output is `output`.
    ///
    /// # Errors
    /// If the output is not a vector, the input is empty or too large to hold, or no parameter influences the
    /// output.
    pub fn finish(self, output: Node) -> Result<Tape, TensorError> {
        self.check_input()?;
        let refuse = |misfit: Misfit| Err(misfit.of("output", self.shape(output)));
        if !self.shape(output).is_vector() {
            return refuse(Misfit::Input("a vector; put a flatten before it".to_owned()));
        }
        if !self.records[output.0].depends_on_parameters {
            let reason = "no parameter influences it, so there is nothing to train";
            return refuse(Misfit::Setting(reason.to_owned()));
        }
        let Self { records, parameters, constants, .. } = self;
        Ok(Tape { records, output: output.0, parameters, constants })
    }

    /// The fixed numbers that a layer holds under `suffix`: `count` of them, as they were given, or all `fresh`.
    pub(crate) fn constant(
        &mut self,
        layer: &str,
        suffix: &str,
        count: usize,
        fresh: f64,
    ) -> Result<Vec<f64>, TensorError> {
        let name = format!("{layer}.{suffix}");
        if self.constants.get(&name).is_some() {
            return Err(TensorError::DuplicateName { name: layer.to_owned() });
        }
        if self.given.get(&name).is_none() {
            self.claim_fixed(layer, count)?;
        }
        let values = self.given.get(&name).map_or_else(|| vec![fresh; count], <[f64]>::to_vec);
        if values.len() != count {
            let reason = format!(
                "its {suffix} has {} numbers, but needs one for each of {count} channels",
                values.len()
            );
            return Err(TensorError::LayerSetting { layer: layer.to_owned(), reason });
        }
        self.constants.insert(name, values.clone());
        Ok(values)
    }

    /// Refuses `count` more fixed numbers that a layer makes for itself if they are too many, before they are made.
    pub(crate) fn claim_fixed(&mut self, layer: &str, count: usize) -> Result<(), TensorError> {
        self.check_input()?;
        let fixed = self.fixed.saturating_add(count);
        if fixed > MOST_FIXED {
            let reason = format!(
                "it would hold {count} fixed numbers, and {fixed} with the layers before it, beyond the limit of 2^24; \
                 give it fewer channels or features"
            );
            return Err(TensorError::LayerSetting { layer: layer.to_owned(), reason });
        }
        self.fixed = fixed;
        Ok(())
    }

    /// Records a layer that reads these nodes.
    pub(crate) fn put(
        &mut self,
        name: &str,
        layer: impl Layer + 'static,
        inputs: &[Node],
    ) -> Result<Node, TensorError> {
        self.check_input()?;
        let shapes: Vec<Shape> = inputs.iter().map(|&node| self.shape(node)).collect();
        let refuse = |misfit: Misfit| misfit.of(name, shapes[0]);
        let shape = layer.shape(&shapes).map_err(refuse)?;
        within("its value", &shape.sizes()).map_err(refuse)?;
        let moves = |node: &Node| self.records[node.0].depends_on_parameters;
        if !shape.is_vector() && inputs.iter().any(|node| self.shape(*node).is_vector() && moves(node)) {
            // The backward pass of a fan goes through all vectors before the first image.
            return Err(refuse(Misfit::Setting(format!("it would make {shape} of a vector"))));
        }
        for tensor in layer.trained().map_or_else(Vec::new, |trained| trained.tensors(&shapes)) {
            let own = tensor.name(name);
            within(&format!("its `{own}`"), &tensor.shape).map_err(refuse)?;
            if self.parameters.find(&own).is_some() {
                return Err(TensorError::DuplicateName { name: name.to_owned() });
            }
        }
        Ok(self.put_unchecked(name, layer, inputs, shape))
    }

    /// Records a layer that gives any input this shape.
    pub(crate) fn put_unchecked(
        &mut self,
        name: &str,
        layer: impl Layer + 'static,
        inputs: &[Node],
        shape: Shape,
    ) -> Node {
        let shapes: Vec<Shape> = inputs.iter().map(|&node| self.shape(node)).collect();
        let moves: Vec<bool> = inputs.iter().map(|node| self.records[node.0].depends_on_parameters).collect();
        let tensors = layer.trained().map_or_else(Vec::new, |trained| trained.tensors(&shapes));
        let record = Record {
            name: name.to_owned(),
            depends_on_parameters: layer.trained().is_some() || moves.contains(&true),
            layer: Some(Arc::new(layer)),
            place: Place {
                inputs: inputs.iter().map(|node| node.0).collect(),
                shapes,
                moves,
                shape,
                tensors: tensors.into_iter().map(|tensor| self.parameters.push(name, tensor)).collect(),
                number: self.records.iter().filter(|record| record.trained().is_some()).count(),
            },
        };
        self.records.push(record);
        Node(self.records.len() - 1)
    }

    fn check_input(&self) -> Result<(), TensorError> {
        let input = self.records[0].place.shape;
        check_input(input).map_err(|misfit| misfit.of("input", input))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_layers_hold_fixed_is_counted_together() {
        let mut net = TapeBuilder::new(Shape::vector(4));
        net.claim_fixed("a", MOST_FIXED / 2).unwrap();
        net.claim_fixed("b", MOST_FIXED / 2).unwrap();
        let error = net.claim_fixed("c", 1).unwrap_err().to_string();
        assert!(error.contains("`c`") && error.contains("16777217") && error.contains("2^24"), "{error}");
        assert!(net.claim_fixed("c", usize::MAX).is_err());
        net.claim_fixed("c", 0).unwrap();
    }
}
