//! A description recorded on a tape, every layer under its path.

use std::collections::{BTreeMap, HashSet};

use fenchel_tensor::{Node, TapeBuilder, TensorError};

use super::{Join, Layer, LayerKind, Row};

/// Records layers one after the other and notes a row of the table for each.
pub(super) struct Recorder<'a> {
    net: &'a mut TapeBuilder,
    rows: Vec<Row>,
    /// Every layer so far by its path, with what it is called in messages; nothing where two have one path.
    values: BTreeMap<String, Option<Node>>,
    /// The layers in order, as they are called in messages.
    order: Vec<(String, Node)>,
    /// What some layer reads.
    read: HashSet<Node>,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(net: &'a mut TapeBuilder) -> Self {
        let shape = net.shape(net.input());
        let rows = vec![Row { path: "input".into(), kind: String::new(), shape, parameters: 0 }];
        let values = BTreeMap::from([("input".to_owned(), Some(net.input()))]);
        Self { net, rows, values, order: Vec::new(), read: HashSet::new() }
    }

    pub(super) fn input(&self) -> Node {
        self.net.input()
    }

    /// The rows of the table of a network with this output.
    pub(super) fn rows(self, output: Node) -> Result<Vec<Row>, TensorError> {
        let lost = self.order.iter().find(|(_, node)| *node != output && !self.read.contains(node));
        match lost {
            Some((titled, _)) => {
                let reason =
                    "no layer reads it, and it is not the last one; name it among some layer's `inputs`";
                Err(setting(titled, reason.to_owned()))
            }
            None => Ok(self.rows),
        }
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

    fn layer(&mut self, before: Node, layer: &Layer, path: &str) -> Result<Node, TensorError> {
        let kind = layer.kind.name();
        // A name says which layer is meant; of a number one would have to count.
        let titled = if layer.name.is_some() { path.to_owned() } else { format!("{path} ({kind})") };
        check_path(path, kind)?;
        let inputs = match &layer.inputs[..] {
            [] => vec![before],
            names => names.iter().map(|name| self.value(name, &titled)).collect::<Result<_, _>>()?,
        };
        self.read.extend(&inputs);
        let node = match (&layer.kind, &inputs[..]) {
            (LayerKind::Residual { body, projection, scale }, &[x]) => {
                self.residual(x, body, projection, *scale, path, &titled)?
            }
            (LayerKind::Plain(plain), &[x]) => {
                let before = self.net.parameters().len();
                let node = plain.record(self.net, path, x).map_err(|error| retitle(error, &titled))?;
                self.row(path, plain.summary(), node, self.net.parameters().len() - before);
                node
            }
            (LayerKind::Join(join), [_, _, ..]) => {
                let node = self.join(*join, &inputs, path).map_err(|error| retitle(error, &titled))?;
                self.row(path, format!("{kind}, {} inputs", inputs.len()), node, 0);
                node
            }
            (LayerKind::Join(_), _) => {
                let reason = "it joins values; give it `inputs`, the paths of two layers or more";
                return Err(setting(&titled, reason.to_owned()));
            }
            (LayerKind::Residual { .. } | LayerKind::Plain(_), _) => {
                let reason =
                    "it reads one value; join several by a layer of type add, multiply or concatenate";
                return Err(setting(&titled, reason.to_owned()));
            }
        };
        self.values.entry(path.to_owned()).and_modify(|value| *value = None).or_insert(Some(node));
        self.order.push((titled, node));
        Ok(node)
    }

    fn row(&mut self, path: &str, kind: String, node: Node, parameters: usize) {
        self.rows.push(Row { path: path.to_owned(), kind, shape: self.net.shape(node), parameters });
    }

    /// The value of the layer with this path.
    fn value(&self, name: &str, reader: &str) -> Result<Node, TensorError> {
        match self.values.get(name) {
            Some(&Some(node)) => Ok(node),
            Some(None) => {
                Err(setting(reader, format!("it reads `{name}`, but two layers have that path; name them")))
            }
            None => {
                let known: Vec<&str> = self.values.keys().map(String::as_str).collect();
                let reason = format!(
                    "it reads `{name}`, but the layers before it are {}; an input comes first",
                    known.join(", ")
                );
                Err(setting(reader, reason))
            }
        }
    }

    fn join(&mut self, join: Join, inputs: &[Node], path: &str) -> Result<Node, TensorError> {
        match (join, inputs) {
            (Join::Concatenate, _) => self.net.concatenate(path, inputs),
            (Join::Multiply, &[x, gate]) => self.net.multiply(path, x, gate),
            (Join::Multiply, _) => Err(setting(
                path,
                "it is the product of two; multiply the others one after the other".to_owned(),
            )),
            (Join::Add, _) => {
                let (first, others) = inputs.split_first().expect("two or more");
                others.iter().try_fold(*first, |sum, &other| self.net.add(sum, other))
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
        self.read.insert(branch);
        // Multiplying by 1 changes nothing but would cost a pass over the values.
        if scale != 1.0 {
            branch = self.net.scale(branch, scale).map_err(|error| retitle(error, titled))?;
        }
        let shortcut = self.layers(x, projection, &format!("{path}.projection."))?;
        self.read.insert(shortcut);
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
        self.row(path, kind, sum, 0);
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
            Self::Join(join) => join.name(),
        }
    }
}
