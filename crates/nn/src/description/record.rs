//! A description recorded on a tape, every layer under its path.

use fenchel_tensor::{Activation, Conv2d, Node, Pool2d, Shape, TapeBuilder, TensorError};
use ndarray::Array2;

use super::{FixedWeights, Layer, LayerKind, Row};

/// Records layers one after the other and notes a row of the table for each.
pub(super) struct Recorder<'a> {
    net: &'a mut TapeBuilder,
    rows: Vec<Row>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(net: &'a mut TapeBuilder) -> Self {
        let shape = net.shape(net.input());
        let rows = vec![Row { path: "input".into(), kind: String::new(), shape, parameters: 0 }];
        Self { net, rows }
    }

    pub(super) fn input(&self) -> Node {
        self.net.input()
    }

    pub(super) fn rows(self) -> Vec<Row> {
        self.rows
    }

    /// Records `layers` from `x` on, under paths that begin with `prefix`.
    pub(super) fn layers(
        &mut self,
        mut x: Node,
        layers: &[Layer],
        prefix: &str,
    ) -> Result<Node, TensorError> {
        for (index, layer) in layers.iter().enumerate() {
            let path = layer.name.clone().unwrap_or_else(|| format!("{prefix}{index}"));
            x = self.layer(x, layer, &path)?;
        }
        Ok(x)
    }

    fn layer(&mut self, x: Node, layer: &Layer, path: &str) -> Result<Node, TensorError> {
        let kind = layer.kind.name();
        // A name says which layer is meant; of a number one would have to count.
        let titled = if layer.name.is_some() { path.to_owned() } else { format!("{path} ({kind})") };
        check_path(path, kind)?;
        if let LayerKind::Residual { body, projection, scale } = &layer.kind {
            return self.residual(x, body, projection, *scale, path, &titled);
        }
        let before = self.net.shape(x);
        let node = self.plain(x, &layer.kind, path).map_err(|error| retitle(error, &titled))?;
        let parameters = parameters(&layer.kind, before);
        let shape = self.net.shape(node);
        self.rows.push(Row { path: path.to_owned(), kind: layer.kind.summary(), shape, parameters });
        Ok(node)
    }

    fn plain(&mut self, x: Node, kind: &LayerKind, path: &str) -> Result<Node, TensorError> {
        let net = &mut *self.net;
        match kind {
            LayerKind::Dense { outputs, bias: true } => net.dense(path, x, *outputs),
            LayerKind::Dense { outputs, bias: false } => net.dense_without_bias(path, x, *outputs),
            LayerKind::FixedDense(weights) => {
                let matrix = fixed(weights, net.shape(x).len(), path)?;
                net.fixed_dense(path, x, matrix.view())
            }
            LayerKind::Conv2d(conv) => net.conv2d(path, x, *conv),
            LayerKind::MaxPool(pool) => net.max_pool(x, *pool),
            LayerKind::AveragePool(pool) => net.average_pool(x, *pool),
            LayerKind::GlobalAveragePool => net.global_average_pool(x),
            LayerKind::Flatten => net.flatten(x),
            LayerKind::Identity => Ok(x),
            LayerKind::Activation(activation) => net.activation(x, *activation),
            LayerKind::GroupNorm { groups } => net.group_norm(path, x, *groups),
            LayerKind::LayerNorm => net.layer_norm(path, x),
            LayerKind::Scale { factor } => net.scale(x, *factor),
            LayerKind::Residual { .. } => unreachable!("blocks are recorded by their own function"),
        }
    }

    fn residual(
        &mut self,
        x: Node,
        body: &[Layer],
        projection: &[Layer],
        scale: f64,
        path: &str,
        titled: &str,
    ) -> Result<Node, TensorError> {
        if body.is_empty() {
            return Err(setting(titled, "its body is empty; give it at least one layer".to_owned()));
        }
        if !scale.is_finite() {
            return Err(setting(titled, format!("its scale is {scale}; give a finite number")));
        }
        let mut branch = self.layers(x, body, &format!("{path}.body."))?;
        // Multiplying by 1 changes nothing but would cost a pass over the values.
        if scale != 1.0 {
            branch = self.net.scale(branch, scale).map_err(|error| retitle(error, titled))?;
        }
        let shortcut = self.layers(x, projection, &format!("{path}.projection."))?;
        let (ours, theirs) = (self.net.shape(branch), self.net.shape(shortcut));
        if ours != theirs {
            let reason = format!(
                "its body gives {ours} and its shortcut {theirs}, which cannot be added; give it a projection (a 1x1 \
                 convolution with the body's channels and stride, or a dense layer of its width) that brings the input \
                 to {ours}, or change the body"
            );
            return Err(setting(titled, reason));
        }
        let sum = self.net.add(shortcut, branch)?;
        let kind = if scale == 1.0 { "residual".into() } else { format!("residual, scale {scale}") };
        self.rows.push(Row { path: path.to_owned(), kind, shape: ours, parameters: 0 });
        Ok(sum)
    }
}

/// The fixed matrix for inputs of `len` numbers.
fn fixed(weights: &FixedWeights, len: usize, path: &str) -> Result<Array2<f64>, TensorError> {
    match weights {
        FixedWeights::Signs => {
            let size = (len as f64).sqrt().recip();
            Ok(Array2::from_shape_fn((1, len), |(_, j)| if j % 2 == 0 { size } else { -size }))
        }
        FixedWeights::Rows(rows) => {
            let columns = rows.first().map_or(0, Vec::len);
            let entries = rows.iter().flatten().copied().collect();
            Array2::from_shape_vec((rows.len(), columns), entries)
                .map_err(|_| setting(path, "the rows of its weights differ in length".to_owned()))
        }
    }
}

/// How many parameters a layer of this kind holds for an input of this shape, which it has accepted.
fn parameters(kind: &LayerKind, input: Shape) -> usize {
    match kind {
        LayerKind::Dense { outputs, bias } => outputs * (input.len() + usize::from(*bias)),
        LayerKind::Conv2d(conv) => {
            conv.channels * (input.channels() * conv.kernel * conv.kernel + usize::from(conv.bias))
        }
        LayerKind::GroupNorm { .. } | LayerKind::LayerNorm => 2 * input.channels(),
        _ => 0,
    }
}

/// A path must serve as the name of a tensor in a file, and in a message.
fn check_path(path: &str, kind: &str) -> Result<(), TensorError> {
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ' ');
    if path.trim() == path && !path.is_empty() && path.chars().all(allowed) && path != "input" {
        return Ok(());
    }
    let reason =
        "a name has letters, digits, dots, underscores, hyphens and inner spaces, and is not `input`";
    Err(setting(&format!("{path} ({kind})"), reason.to_owned()))
}

/// The same complaint under the layer's path and kind: the tape does not know the names of layers without parameters.
fn retitle(error: TensorError, titled: &str) -> TensorError {
    match error {
        TensorError::LayerInput { got, needs, .. } => {
            TensorError::LayerInput { layer: titled.to_owned(), got, needs }
        }
        // No layer may be called `input`: this is a complaint about the input itself.
        TensorError::LayerSetting { layer, reason } if layer != "input" => setting(titled, reason),
        other => other,
    }
}

fn setting(layer: &str, reason: String) -> TensorError {
    TensorError::LayerSetting { layer: layer.to_owned(), reason }
}

impl LayerKind {
    /// The layer's `type` in TOML.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Dense { .. } => "dense",
            Self::FixedDense(_) => "fixed_dense",
            Self::Conv2d(_) => "conv2d",
            Self::MaxPool(_) => "max_pool",
            Self::AveragePool(_) => "average_pool",
            Self::GlobalAveragePool => "global_average_pool",
            Self::Flatten => "flatten",
            Self::Identity => "identity",
            Self::Activation(activation) => match activation {
                Activation::Relu => "relu",
                Activation::LeakyRelu { .. } => "leaky_relu",
                Activation::Tanh => "tanh",
                Activation::Sigmoid => "sigmoid",
                Activation::Softplus => "softplus",
                Activation::Gelu => "gelu_tanh",
                other => other.name(),
            },
            Self::GroupNorm { .. } => "group_norm",
            Self::LayerNorm => "layer_norm",
            Self::Scale { .. } => "scale",
            Self::Residual { .. } => "residual",
        }
    }

    /// The kind with the settings that the shapes do not show.
    fn summary(&self) -> String {
        let name = self.name();
        match self {
            Self::Dense { bias: false, .. } => format!("{name}, no bias"),
            Self::Conv2d(Conv2d { kernel, stride, padding, bias, .. }) => {
                let mut text = format!("{name} {kernel}x{kernel}");
                for (what, value, usual) in [("stride", *stride, 1), ("padding", *padding, 0)] {
                    if value != usual {
                        text += &format!(", {what} {value}");
                    }
                }
                if *bias { text } else { text + ", no bias" }
            }
            Self::MaxPool(pool) | Self::AveragePool(pool) => {
                let Pool2d { window, stride } = *pool;
                let stride = if stride == window { String::new() } else { format!(", stride {stride}") };
                format!("{name} {window}x{window}{stride}")
            }
            Self::Activation(Activation::LeakyRelu { slope }) => format!("{name}, slope {slope}"),
            Self::GroupNorm { groups } => format!("{name}, {groups} groups"),
            Self::Scale { factor } => format!("{name} by {factor}"),
            _ => name.to_owned(),
        }
    }
}
