//! A description recorded on a tape, every layer under its path.

use fenchel_tensor::{Node, TapeBuilder, TensorError};

use super::{Layer, LayerKind, Row};

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
        match &layer.kind {
            LayerKind::Residual { body, projection, scale } => {
                self.residual(x, body, projection, *scale, path, &titled)
            }
            LayerKind::Plain(layer) => {
                let before = self.net.parameters().len();
                let node = layer.record(self.net, path, x).map_err(|error| retitle(error, &titled))?;
                let (shape, parameters) = (self.net.shape(node), self.net.parameters().len() - before);
                self.rows.push(Row { path: path.to_owned(), kind: layer.summary(), shape, parameters });
                Ok(node)
            }
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

/// The same complaint under the layer's path and kind.
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
            Self::Plain(layer) => layer.kind(),
            Self::Residual { .. } => "residual",
        }
    }
}
