//! The tape: a network recorded once as a straight-line program, read forwards and swept backwards.
//!
//! A tape holds shapes and operations, never numbers: parameters live in one flat vector described by its
//! [`ParameterLayout`], and the values of a batch live in a [`Sweep`](crate::Sweep). So one tape serves every
//! thread, precision and batch size.

use std::ops::Range;
use std::sync::Arc;

use ndarray::{Array2, ArrayView2};

use crate::layers::{Activation, Conv2d, ConvGeometry, Pool2d, PoolGeometry};
use crate::parameters::Role;
use crate::{ParameterLayout, Real, Shape, TensorError};

/// A value on the tape: the input, or the result of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Node(pub(crate) usize);

/// What an operation does; its inputs are earlier nodes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation {
    Input,
    Dense {
        weight: Range<usize>,
        bias: Option<Range<usize>>,
    },
    /// A matrix that is no parameter.
    FixedDense {
        weight: Arc<Array2<f64>>,
    },
    Convolution {
        geometry: ConvGeometry,
        weight: Range<usize>,
        bias: Option<Range<usize>>,
    },
    MaxPool(PoolGeometry),
    AveragePool(PoolGeometry),
    Activation(Activation),
    Normalise {
        groups: usize,
        epsilon: f64,
        scale: Range<usize>,
        shift: Range<usize>,
    },
    Flatten,
    Scale(f64),
    Add,
}

impl Operation {
    /// Whether the operation holds parameters.
    pub(crate) fn has_parameters(&self) -> bool {
        matches!(self, Self::Dense { .. } | Self::Convolution { .. } | Self::Normalise { .. })
    }
}

/// One line of the program.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) name: String,
    pub(crate) operation: Operation,
    /// One or two earlier nodes; the input node names itself.
    pub(crate) inputs: [usize; 2],
    pub(crate) shape: Shape,
    /// Whether any parameter stands at or before this node, so that a cotangent here is worth carrying on.
    pub(crate) depends_on_parameters: bool,
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
#[derive(Clone, Debug, PartialEq)]
pub struct Tape {
    pub(crate) records: Vec<Record>,
    pub(crate) output: usize,
    parameters: ParameterLayout,
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
        self.records[0].shape
    }

    /// The number `m` of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.records[self.output].shape.len()
    }

    /// Where each layer's parameters lie in the flat parameter vector.
    #[must_use]
    pub fn parameters(&self) -> &ParameterLayout {
        &self.parameters
    }

    /// The names of the layers with parameters, in order: the terms of the layer sum T13.
    #[must_use]
    pub fn layers_with_parameters(&self) -> Vec<&str> {
        let with = self.records.iter().filter(|record| record.operation.has_parameters());
        with.map(|record| record.name.as_str()).collect()
    }

    /// How many layers hold parameters.
    pub(crate) fn layer_count(&self) -> usize {
        self.records.iter().filter(|record| record.operation.has_parameters()).count()
    }

    /// A bound on the relative round-off of what a backward pass in precision `T` gathers: of a squared gradient norm, and of
    /// an eigenvalue of a structural matrix relative to the largest.
    ///
    /// A backward pass is a chain of linear maps applied to the stored activations, which both quantities share; a map
    /// whose longest inner product has `k` terms errs by `gamma_k = k u / (1 - k u)` relative to the norms of its
    /// factors (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1), the collector's products by as
    /// much again, and squaring doubles both. A convolution that takes rows in pairs has two thirds of the terms and an error of at most 8
    /// times the norms of its factors (the norms of `|A|`, `|G|` and `|B|` in its kernels, 2.24, 1.51 and 2.29), which the terms
    /// counted for it exceed, as it has eight output channels or more. The norms of the factors exceed that of the product by the layers'
    /// condition, for which a factor 8 is allowed; the eigenvalue solver stays within the last term.
    #[must_use]
    pub fn backward_roundoff<T: Real>(&self) -> f64 {
        let longest = |record: &Record| {
            let input = self.records[record.inputs[0]].shape.len();
            match &record.operation {
                Operation::Dense { .. } | Operation::FixedDense { .. } => record.shape.len() + input,
                Operation::Convolution { geometry, .. } => {
                    geometry.channels_out * (geometry.kernel * geometry.kernel + geometry.patch())
                        + geometry.positions()
                }
                Operation::Normalise { .. } => 4 * input,
                Operation::AveragePool(_) | Operation::MaxPool(_) => input / record.shape.channels().max(1),
                Operation::Input | Operation::Flatten => 0,
                Operation::Activation(_) | Operation::Scale(_) | Operation::Add => 4,
            }
        };
        let terms: usize = self.records.iter().map(longest).sum();
        16.0 * T::UNIT_ROUNDOFF * (terms + 16 * self.outputs()) as f64
    }

    /// The layers in order, for a printed table.
    #[must_use]
    pub fn summary(&self) -> Vec<LayerSummary> {
        let size = |range: &Option<Range<usize>>| range.as_ref().map_or(0, ExactSizeIterator::len);
        self.records
            .iter()
            .map(|record| LayerSummary {
                name: record.name.clone(),
                shape: record.shape,
                parameters: match &record.operation {
                    Operation::Dense { weight, bias } | Operation::Convolution { weight, bias, .. } => {
                        weight.len() + size(bias)
                    }
                    Operation::Normalise { scale, shift, .. } => scale.len() + shift.len(),
                    _ => 0,
                },
            })
            .collect()
    }
}

/// Records a network, checking every shape as it goes.
#[derive(Clone, Debug)]
pub struct TapeBuilder {
    records: Vec<Record>,
    parameters: ParameterLayout,
}

impl TapeBuilder {
    /// A tape whose input samples have this shape.
    #[must_use]
    pub fn new(input: Shape) -> Self {
        let record = Record {
            name: "input".to_owned(),
            operation: Operation::Input,
            inputs: [0, 0],
            shape: input,
            depends_on_parameters: false,
        };
        Self { records: vec![record], parameters: ParameterLayout::default() }
    }

    /// The input node.
    #[must_use]
    pub fn input(&self) -> Node {
        Node(0)
    }

    /// The shape of one sample's value at a node.
    #[must_use]
    pub fn shape(&self, node: Node) -> Shape {
        self.records[node.0].shape
    }

    /// `y = W x + b`, with `W` of shape `outputs x inputs`.
    ///
    /// # Errors
    /// If `x` is an image (flatten it first), `outputs` is 0, or the name is taken.
    pub fn dense(&mut self, name: &str, x: Node, outputs: usize) -> Result<Node, TensorError> {
        self.dense_layer(name, x, outputs, true)
    }

    /// `y = W x`: a dense layer without bias.
    ///
    /// # Errors
    /// As for [`dense`](Self::dense).
    pub fn dense_without_bias(&mut self, name: &str, x: Node, outputs: usize) -> Result<Node, TensorError> {
        self.dense_layer(name, x, outputs, false)
    }

    /// `y = A x` with a fixed matrix `A`, `outputs x inputs`, that is no parameter: random features, or the outer weights
    /// of a network of which only the hidden layer is trained.
    ///
    /// # Errors
    /// If `x` is an image (flatten it first), `A` has another number of columns or no row, or an entry is not finite.
    pub fn fixed_dense(
        &mut self,
        name: &str,
        x: Node,
        weight: ArrayView2<'_, f64>,
    ) -> Result<Node, TensorError> {
        let (outputs, inputs) = weight.dim();
        if self.shape(x) != Shape::Vector(inputs) {
            return Err(self.refuse(
                name,
                x,
                format!("a vector of {inputs}, the columns of its fixed weights"),
            ));
        }
        if outputs == 0 {
            return Err(setting(name, "its fixed weights have no rows; give it at least one output"));
        }
        if weight.iter().any(|entry| !entry.is_finite()) {
            return Err(setting(name, "its fixed weights must be finite numbers"));
        }
        let weight = Arc::new(weight.as_standard_layout().into_owned());
        Ok(self.record(name, Operation::FixedDense { weight }, [x, x], Shape::Vector(outputs)))
    }

    fn dense_layer(
        &mut self,
        name: &str,
        x: Node,
        outputs: usize,
        with_bias: bool,
    ) -> Result<Node, TensorError> {
        let Shape::Vector(inputs) = self.shape(x) else {
            return Err(self.refuse(name, x, "a vector; put a flatten before it".to_owned()));
        };
        if outputs == 0 {
            return Err(setting(name, "it has no outputs; give it at least one"));
        }
        self.claim(name)?;
        let weight = self.parameters.push(name, Role::Weight, vec![outputs, inputs], inputs, outputs);
        let bias = with_bias.then(|| self.parameters.push(name, Role::Bias, vec![outputs], inputs, outputs));
        Ok(self.record(name, Operation::Dense { weight, bias }, [x, x], Shape::Vector(outputs)))
    }

    /// A two-dimensional convolution (as in all deep-learning systems, a cross-correlation) with zero padding.
    ///
    /// # Errors
    /// If `x` is not an image, the kernel does not fit the padded image, a size is 0, or the name is taken.
    pub fn conv2d(&mut self, name: &str, x: Node, conv: Conv2d) -> Result<Node, TensorError> {
        let Shape::Image { channels, height, width } = self.shape(x) else {
            return Err(self.refuse(name, x, "an image (channels x height x width)".to_owned()));
        };
        if conv.channels == 0 || conv.kernel == 0 || conv.stride == 0 {
            return Err(setting(name, "channels, kernel and stride must be at least 1"));
        }
        let Some(geometry) = ConvGeometry::new(conv, channels, height, width) else {
            let needs = format!(
                "an image at least {0}x{0} after padding by {1} on each side",
                conv.kernel, conv.padding
            );
            return Err(self.refuse(name, x, needs));
        };
        self.claim(name)?;
        let area = conv.kernel * conv.kernel;
        let (fan_in, fan_out) = (channels * area, conv.channels * area);
        let shape = vec![conv.channels, channels, conv.kernel, conv.kernel];
        let weight = self.parameters.push(name, Role::Weight, shape, fan_in, fan_out);
        let bias =
            conv.bias.then(|| self.parameters.push(name, Role::Bias, vec![conv.channels], fan_in, fan_out));
        let shape = Shape::image(conv.channels, geometry.out_height, geometry.out_width);
        Ok(self.record(name, Operation::Convolution { geometry, weight, bias }, [x, x], shape))
    }

    /// The largest value of each window. Windows over the edge of the image are left out.
    ///
    /// # Errors
    /// If `x` is not an image, or the window is larger than it.
    pub fn max_pool(&mut self, x: Node, pool: Pool2d) -> Result<Node, TensorError> {
        let (geometry, shape) = self.pool_geometry("max pool", x, pool)?;
        Ok(self.record("max pool", Operation::MaxPool(geometry), [x, x], shape))
    }

    /// The mean of each window. Windows over the edge of the image are left out.
    ///
    /// # Errors
    /// If `x` is not an image, or the window is larger than it.
    pub fn average_pool(&mut self, x: Node, pool: Pool2d) -> Result<Node, TensorError> {
        let (geometry, shape) = self.pool_geometry("average pool", x, pool)?;
        Ok(self.record("average pool", Operation::AveragePool(geometry), [x, x], shape))
    }

    /// The mean of every channel: an image becomes a vector of its channels.
    ///
    /// # Errors
    /// If `x` is not an image.
    pub fn global_average_pool(&mut self, x: Node) -> Result<Node, TensorError> {
        let Shape::Image { channels, height, width } = self.shape(x) else {
            return Err(self.refuse("global average pool", x, "an image".to_owned()));
        };
        let geometry = PoolGeometry::global(channels, height, width);
        let pooled = self.record(
            "global average pool",
            Operation::AveragePool(geometry),
            [x, x],
            Shape::image(channels, 1, 1),
        );
        self.flatten(pooled)
    }

    fn pool_geometry(&self, name: &str, x: Node, pool: Pool2d) -> Result<(PoolGeometry, Shape), TensorError> {
        let Shape::Image { channels, height, width } = self.shape(x) else {
            return Err(self.refuse(name, x, "an image (channels x height x width)".to_owned()));
        };
        if pool.window == 0 || pool.stride == 0 {
            return Err(setting(name, "window and stride must be at least 1"));
        }
        let geometry = PoolGeometry::new(pool, channels, height, width).ok_or_else(|| {
            self.refuse(name, x, format!("an image of at least {0}x{0} for its window", pool.window))
        })?;
        let shape = Shape::image(channels, geometry.out_height, geometry.out_width);
        Ok((geometry, shape))
    }

    /// An activation function on every entry.
    ///
    /// # Errors
    /// If the activation's own parameter is not finite.
    pub fn activation(&mut self, x: Node, activation: Activation) -> Result<Node, TensorError> {
        if let Activation::LeakyRelu { slope } = activation
            && !slope.is_finite()
        {
            return Err(setting("leaky ReLU", "its slope must be a finite number"));
        }
        let shape = self.shape(x);
        Ok(self.record(activation.name(), Operation::Activation(activation), [x, x], shape))
    }

    /// `max(x, 0)` on every entry.
    pub fn relu(&mut self, x: Node) -> Node {
        let shape = self.shape(x);
        let activation = Activation::Relu;
        self.record(activation.name(), Operation::Activation(activation), [x, x], shape)
    }

    /// Group normalisation (Wu, He, 2018): each sample's channels in `groups` groups are brought to mean 0 and
    /// variance 1, then scaled and shifted per channel. One group over a vector is layer normalisation.
    ///
    /// Batch normalisation is not offered: it couples the samples of a batch, and then neither a per-sample
    /// gradient nor a structural matrix is defined.
    ///
    /// # Errors
    /// If the channels cannot be divided into `groups`, or the name is taken.
    pub fn group_norm(&mut self, name: &str, x: Node, groups: usize) -> Result<Node, TensorError> {
        let shape = self.shape(x);
        let channels = shape.channels();
        if groups == 0 || !channels.is_multiple_of(groups) {
            let needs = format!("a number of channels that {groups} groups divide");
            return Err(self.refuse(name, x, needs));
        }
        self.claim(name)?;
        let scale = self.parameters.push(name, Role::Scale, vec![channels], 1, 1);
        let shift = self.parameters.push(name, Role::Shift, vec![channels], 1, 1);
        // The value that the other systems use by default, so that exported models agree.
        let operation = Operation::Normalise { groups, epsilon: 1e-5, scale, shift };
        Ok(self.record(name, operation, [x, x], shape))
    }

    /// Layer normalisation (Ba, Kiros, Hinton, 2016) of a vector: group normalisation with one group.
    ///
    /// # Errors
    /// If `x` is an image (use [`group_norm`](Self::group_norm), whose scale is per channel), or the name is taken.
    pub fn layer_norm(&mut self, name: &str, x: Node) -> Result<Node, TensorError> {
        match self.shape(x) {
            Shape::Vector(_) => self.group_norm(name, x, 1),
            Shape::Image { .. } => {
                Err(self.refuse(name, x, "a vector; for images use group normalisation".to_owned()))
            }
        }
    }

    /// The sum of two nodes of one shape: what a skip connection does.
    ///
    /// # Errors
    /// If the shapes differ.
    pub fn add(&mut self, a: Node, b: Node) -> Result<Node, TensorError> {
        if self.shape(a) != self.shape(b) {
            let needs = format!("two values of one shape; the other is {}", self.shape(b));
            return Err(self.refuse("add", a, needs));
        }
        let shape = self.shape(a);
        Ok(self.record("add", Operation::Add, [a, b], shape))
    }

    /// `factor * x`, with a fixed factor (a residual block's `1 / sqrt(depth)`, say).
    ///
    /// # Errors
    /// If the factor is not finite.
    pub fn scale(&mut self, x: Node, factor: f64) -> Result<Node, TensorError> {
        if !factor.is_finite() {
            return Err(setting("scale", "its factor must be a finite number"));
        }
        let shape = self.shape(x);
        Ok(self.record("scale", Operation::Scale(factor), [x, x], shape))
    }

    /// An image as a vector, in the order channels, rows, columns. A vector stays as it is.
    ///
    /// # Errors
    /// None today; kept fallible like every other operation that depends on shapes.
    pub fn flatten(&mut self, x: Node) -> Result<Node, TensorError> {
        match self.shape(x) {
            Shape::Vector(_) => Ok(x),
            image @ Shape::Image { .. } => {
                Ok(self.record("flatten", Operation::Flatten, [x, x], Shape::Vector(image.len())))
            }
        }
    }

    /// Ends the recording: the network's output is `output`.
    ///
    /// # Errors
    /// If the output is not a vector, the input is empty, or no parameter influences the output.
    pub fn finish(self, output: Node) -> Result<Tape, TensorError> {
        if self.records[0].shape.is_empty() {
            return Err(setting("input", "it has no entries; every size must be at least 1"));
        }
        if !matches!(self.shape(output), Shape::Vector(_)) {
            return Err(self.refuse("output", output, "a vector; put a flatten before it".to_owned()));
        }
        if !self.records[output.0].depends_on_parameters {
            return Err(setting("output", "no parameter influences it, so there is nothing to train"));
        }
        Ok(Tape { records: self.records, output: output.0, parameters: self.parameters })
    }

    fn record(&mut self, name: &str, operation: Operation, inputs: [Node; 2], shape: Shape) -> Node {
        let depends_on_parameters = operation.has_parameters()
            || inputs.iter().any(|input| self.records[input.0].depends_on_parameters);
        self.records.push(Record {
            name: name.to_owned(),
            operation,
            inputs: [inputs[0].0, inputs[1].0],
            shape,
            depends_on_parameters,
        });
        Node(self.records.len() - 1)
    }

    /// Refuses a name that another layer with parameters has.
    fn claim(&self, name: &str) -> Result<(), TensorError> {
        let taken = ["weight", "bias"]
            .iter()
            .any(|suffix| self.parameters.find(&format!("{name}.{suffix}")).is_some());
        if taken { Err(TensorError::DuplicateName { name: name.to_owned() }) } else { Ok(()) }
    }

    fn refuse(&self, layer: &str, x: Node, needs: String) -> TensorError {
        TensorError::LayerInput { layer: layer.to_owned(), got: self.shape(x), needs }
    }
}

fn setting(layer: &str, reason: &str) -> TensorError {
    TensorError::LayerSetting { layer: layer.to_owned(), reason: reason.to_owned() }
}
