//! Recording a tape: every operation checks its shapes and settings, and claims its parameters' places.

use std::sync::Arc;

use ndarray::ArrayView2;

use super::sizes::{check_convolution, check_input, check_stride, within};
use super::{Node, Operation, Record, Tape};
use crate::layers::{Activation, Conv2d, ConvGeometry, Pool2d, PoolGeometry};
use crate::parameters::Role;
use crate::{ParameterLayout, Shape, TensorError};

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
    /// If `x` is an image (flatten it first), `outputs` is 0 or too large to hold, or the name is taken.
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
        check_input(self.records[0].shape)?;
        let Shape::Vector(inputs) = self.shape(x) else {
            return Err(self.refuse(name, x, "a vector; put a flatten before it".to_owned()));
        };
        if outputs == 0 {
            return Err(setting(name, "it has no outputs; give it at least one"));
        }
        within(name, "its weight", &[outputs, inputs])?;
        self.claim(name)?;
        let weight = self.parameters.push(name, Role::Weight, vec![outputs, inputs], inputs, outputs);
        let bias = with_bias.then(|| self.parameters.push(name, Role::Bias, vec![outputs], inputs, outputs));
        Ok(self.record(name, Operation::Dense { weight, bias }, [x, x], Shape::Vector(outputs)))
    }

    /// A two-dimensional convolution (as in all deep-learning systems, a cross-correlation) with zero padding.
    ///
    /// # Errors
    /// If `x` is not an image, the kernel does not fit the padded image, a size is 0 or too large to hold,
    /// the stride is beyond the padded image, or the name is taken.
    pub fn conv2d(&mut self, name: &str, x: Node, conv: Conv2d) -> Result<Node, TensorError> {
        check_input(self.records[0].shape)?;
        let Shape::Image { channels, height, width } = self.shape(x) else {
            return Err(self.refuse(name, x, "an image (channels x height x width)".to_owned()));
        };
        if conv.channels == 0 || conv.kernel == 0 || conv.stride == 0 {
            return Err(setting(name, "channels, kernel and stride must be at least 1"));
        }
        check_convolution(name, conv, (channels, height, width))?;
        let Some(geometry) = ConvGeometry::new(conv, channels, height, width) else {
            let needs = format!(
                "an image at least {0}x{0} after padding by {1} on each side",
                conv.kernel, conv.padding
            );
            return Err(self.refuse(name, x, needs));
        };
        check_stride(name, conv.stride, height.max(width) + 2 * conv.padding)?;
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
    /// If `x` is not an image, or the window or the stride is larger than it.
    pub fn max_pool(&mut self, x: Node, pool: Pool2d) -> Result<Node, TensorError> {
        let (geometry, shape) = self.pool_geometry("max pool", x, pool)?;
        Ok(self.record("max pool", Operation::MaxPool(geometry), [x, x], shape))
    }

    /// The mean of each window. Windows over the edge of the image are left out.
    ///
    /// # Errors
    /// If `x` is not an image, or the window or the stride is larger than it.
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
        check_stride(name, pool.stride, height.max(width))?;
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
    /// If the output is not a vector, the input is empty or too large to hold, or no parameter influences the
    /// output.
    pub fn finish(self, output: Node) -> Result<Tape, TensorError> {
        check_input(self.records[0].shape)?;
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

pub(super) fn setting(layer: &str, reason: &str) -> TensorError {
    TensorError::LayerSetting { layer: layer.to_owned(), reason: reason.to_owned() }
}
