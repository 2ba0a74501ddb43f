//! Model descriptions: a network as a list or a graph of layers, residual blocks nested, in TOML or in code.
//!
//! ```toml
//! name = "small"
//! input = [1, 8, 8]                                         # channels, height, width; or [features]; or [tokens, features]
//! layers = [
//!   { type = "conv2d", channels = 4, kernel = 3, padding = 1 },
//!   { type = "relu" },
//!   { type = "residual", body = [
//!     { type = "conv2d", channels = 8, kernel = 3, padding = 1, stride = 2 },
//!     { type = "relu" },
//!   ], projection = [
//!     { type = "conv2d", channels = 8, kernel = 1, stride = 2 },
//!   ] },
//!   { type = "global_average_pool" },
//!   { type = "dense", outputs = 10 },
//! ]
//! ```
//!
//! A layer's *path* is its place, counted from 0 as in PyTorch's `nn.Sequential`: `0`, `2.body.0`, `2.projection.0`, `4`. It names
//! the layer's parameters (`2.body.0.weight`) and the layer itself in every message. A `name` replaces the whole path, so
//! that the names of any other program's parameters can be spelled.
//!
//! A residual block is `shortcut(x) + scale * body(x)`, the shortcut being the projection or, without one, `x` itself.
//!
//! A layer reads the one before it, unless it names its `inputs` by their paths; so a list is a graph in the order in
//! which it is computed. `add`, `multiply` and `concatenate` read several.

mod entries;
mod error;
mod list;
mod read;
mod record;
mod table;
#[cfg(test)]
mod tests;
mod write;

pub use error::DescriptionError;
pub use list::list;
pub use table::{Row, table};

use std::path::Path;
use std::sync::Arc;

use fenchel_tensor::layers::{AnyLayer, Dense};
use fenchel_tensor::{Activation, Constants, Real, Shape, Tape, TapeBuilder, TensorError};

use crate::NnError;
use crate::weights::Tensors;

/// A network: the shape of its input and its layers in order.
///
/// ```
/// use fenchel_nn::description::Description;
///
/// let text = r#"
///     input = [4]
///     layers = [{ type = "dense", outputs = 8 }, { type = "relu" }, { type = "dense", outputs = 3 }]
/// "#;
/// let description = Description::from_toml(text, "example")?;
/// let tape = description.tape()?;
/// assert_eq!((tape.outputs(), tape.parameters().len()), (3, 67));
/// assert!(tape.parameters().find("2.bias").is_some());
/// assert_eq!(Description::from_toml(&description.to_toml(), "again")?, description);
///
/// let wrong = text.replace("relu", "max_pool\", window = 2, about = \"pooling");
/// let error = Description::from_toml(&wrong, "example").unwrap_err().to_string();
/// assert!(error.starts_with("example, line 3: layer `1`: unknown key `about`"), "{error}");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    /// A name for tables; may be empty.
    pub name: String,
    /// The shape of one input sample.
    pub input: Shape,
    /// The layers, from the input to the output.
    pub layers: Vec<Layer>,
}

/// One layer of a description.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// The layer's path in full; `None` takes it from the layer's place.
    pub name: Option<String>,
    /// The layers before it that it reads, by their paths, `input` being the network's input; none for the one before it.
    pub inputs: Vec<String>,
    /// What the layer does.
    pub kind: LayerKind,
}

/// What a layer does.
#[derive(Clone, Debug, PartialEq)]
pub enum LayerKind {
    /// One of the list of layers.
    Plain(AnyLayer),
    /// `shortcut(x) + scale * body(x)`.
    Residual {
        /// The layers of the body; at least one.
        body: Vec<Layer>,
        /// The layers of the shortcut; none for `x` itself.
        projection: Vec<Layer>,
        /// The factor of the body.
        scale: f64,
    },
    /// Joins the values of two layers or more.
    Join(Join),
}

/// How values are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Join {
    /// Their sum.
    Add,
    /// The product of two of one shape, or of an image and a gate for each of its channels.
    Multiply,
    /// One behind the other: features of vectors, channels of images.
    Concatenate,
}

impl Join {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Add, Self::Multiply, Self::Concatenate];

    /// Its type in TOML.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Multiply => "multiply",
            Self::Concatenate => "concatenate",
        }
    }
}

impl Layer {
    /// The same layer with a path of its own.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The same layer, reading these.
    #[must_use]
    pub fn reading<'a>(self, inputs: impl IntoIterator<Item = &'a str>) -> Self {
        Self { inputs: inputs.into_iter().map(str::to_owned).collect(), ..self }
    }

    /// A dense layer with bias.
    #[must_use]
    pub fn dense(outputs: usize) -> Self {
        Dense { outputs, bias: true }.into()
    }

    /// A ReLU.
    #[must_use]
    pub fn relu() -> Self {
        Activation::Relu.into()
    }

    /// A residual block `x + scale * body(x)`.
    #[must_use]
    pub fn residual(scale: f64, body: Vec<Self>) -> Self {
        LayerKind::Residual { body, projection: Vec::new(), scale }.into()
    }
}

impl<L: Into<AnyLayer>> From<L> for Layer {
    fn from(layer: L) -> Self {
        LayerKind::Plain(layer.into()).into()
    }
}

impl From<LayerKind> for Layer {
    fn from(kind: LayerKind) -> Self {
        Self { name: None, inputs: Vec::new(), kind }
    }
}

impl Description {
    /// Reads a TOML file.
    ///
    /// # Errors
    /// If the file cannot be read, or as for [`from_toml`](Self::from_toml).
    pub fn read(path: &Path) -> Result<Self, DescriptionError> {
        let text = std::fs::read_to_string(path).map_err(|error| DescriptionError::Unreadable {
            path: path.to_path_buf(),
            reason: error.to_string(),
        })?;
        Self::from_toml(&text, &path.display().to_string())
    }

    /// Reads TOML; `origin` names the text in messages.
    ///
    /// # Errors
    /// If the text is not TOML, a key is unknown, missing or of the wrong type, or a layer is one that Fenchel refuses
    /// (dropout). Whether the shapes fit is seen when the network is [built](Self::tape).
    pub fn from_toml(text: &str, origin: &str) -> Result<Self, DescriptionError> {
        read::description(text, origin)
    }

    /// The description as TOML 1.0, which [`from_toml`](Self::from_toml) reads back to an equal one.
    #[must_use]
    pub fn to_toml(&self) -> String {
        write::description(self)
    }

    /// Builds the network, its constants as in a fresh one.
    ///
    /// # Errors
    /// If a layer cannot take the shape that reaches it: its path, what it got, what it needs.
    pub fn tape(&self) -> Result<Arc<Tape>, TensorError> {
        self.build().map(|(tape, _)| tape)
    }

    /// Builds the network, and the rows of its printed table.
    ///
    /// # Errors
    /// As for [`tape`](Self::tape).
    pub fn build(&self) -> Result<(Arc<Tape>, Vec<Row>), TensorError> {
        self.build_with(Constants::new())
    }

    /// Builds the network with the numbers that these tensors hold: its constants, which are on the tape, and its
    /// parameters.
    ///
    /// # Errors
    /// As for [`tape`](Self::tape) and [`Tensors::network`]; if a constant is out of its range.
    pub fn load<T: Real>(&self, tensors: &Tensors) -> Result<(Arc<Tape>, Vec<T>), NnError> {
        let fresh = self.tape()?;
        let (tape, _) = self.build_with(tensors.constants(&fresh)?)?;
        let parameters = tensors.network(&tape)?;
        Ok((tape, parameters))
    }

    fn build_with(&self, constants: Constants) -> Result<(Arc<Tape>, Vec<Row>), TensorError> {
        let mut net = TapeBuilder::new(self.input).with_constants(constants);
        let mut recorder = record::Recorder::new(&mut net);
        let input = recorder.input();
        let output = recorder.layers(input, &self.layers, "")?;
        let rows = recorder.rows(output)?;
        Ok((Arc::new(net.finish(output)?), rows))
    }
}
