//! Where each layer's parameters lie in the one flat parameter vector.

use std::ops::Range;

/// What a parameter tensor does in its layer; initialisers treat the kinds differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The matrix of a dense layer (`out x in`) or the kernels of a convolution (`out x in x kh x kw`).
    Weight,
    /// What a dense layer or a convolution adds to each output or channel.
    Bias,
    /// What a layer multiplies each channel or feature by, as normalisations do.
    Scale,
    /// What a layer adds to each channel or feature, as normalisations do.
    Shift,
    /// A trained value of the network itself, `1 x tokens x features` or of an image's or vector's shape: position and
    /// class tokens.
    Value,
}

impl Role {
    /// The last part of the parameter's name: `weight` or `bias`, as other systems call them. A value has its layer's
    /// name alone.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Weight | Self::Scale => "weight",
            Self::Bias | Self::Shift => "bias",
            Self::Value => "",
        }
    }
}

/// One parameter tensor that a layer asks for.
#[derive(Clone, Debug)]
pub(crate) struct Tensor {
    pub(crate) role: Role,
    pub(crate) shape: Vec<usize>,
    pub(crate) fan_in: usize,
    pub(crate) fan_out: usize,
    pub(crate) start: Option<f64>,
    /// What stands between the layer's name and the role's suffix.
    joint: &'static str,
}

impl Tensor {
    /// Numbers that an initialiser draws.
    pub(crate) fn drawn(role: Role, shape: Vec<usize>, fan_in: usize, fan_out: usize) -> Self {
        let joint = if role == Role::Value { "" } else { "." };
        Self { role, shape, fan_in, fan_out, start: None, joint }
    }

    /// `count` numbers, one for each channel or feature, that are `start` in every fresh model.
    pub(crate) fn by_channel(role: Role, count: usize, start: f64) -> Self {
        Self { start: Some(start), ..Self::drawn(role, vec![count], 1, 1) }
    }

    /// The same called `layer_weight` in place of `layer.weight`.
    pub(crate) fn underscored(self) -> Self {
        Self { joint: "_", ..self }
    }

    /// Its name in a layer of this name.
    pub(crate) fn name(&self, layer: &str) -> String {
        format!("{layer}{}{}", self.joint, self.role.suffix())
    }
}

/// One parameter tensor: its name, its shape and its range in the flat parameter vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// `layer.weight` or `layer.bias`; of a [value](Role::Value) `layer`.
    pub name: String,
    /// What the tensor does.
    pub role: Role,
    /// Its shape: `[out, in]`, `[out, in, kh, kw]`, `[features]` or that of a value, of a sequence `[1, tokens, features]`.
    pub shape: Vec<usize>,
    /// Its range in the flat parameter vector, row-major.
    pub range: Range<usize>,
    /// How many inputs one output of the layer sums over.
    pub fan_in: usize,
    /// How many outputs one input of the layer reaches.
    pub fan_out: usize,
    /// The number that every entry has in a fresh model, whatever the initialiser; `None` where it is drawn.
    pub start: Option<f64>,
}

impl Slot {
    /// The name of the layer that it belongs to.
    #[must_use]
    pub fn layer(&self) -> &str {
        match self.role {
            Role::Value => &self.name,
            role => {
                let layer = self.name.strip_suffix(role.suffix()).unwrap_or(&self.name);
                layer.strip_suffix(['.', '_']).unwrap_or(layer)
            }
        }
    }
}

/// The layout of a model's flat parameter vector: every tensor once, in the order of the layers.
///
/// Optimisers and checkpoints work on the flat vector and need no knowledge of layers; initialisers and files go
/// by the slots.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ParameterLayout {
    slots: Vec<Slot>,
    len: usize,
}

impl ParameterLayout {
    /// Appends a layer's tensor and returns its range.
    pub(crate) fn push(&mut self, layer: &str, tensor: Tensor) -> Range<usize> {
        let name = tensor.name(layer);
        let Tensor { role, shape, fan_in, fan_out, start, .. } = tensor;
        let range = self.len..self.len + shape.iter().product::<usize>();
        self.len = range.end;
        self.slots.push(Slot { name, role, shape, range: range.clone(), fan_in, fan_out, start });
        range
    }

    /// The tensors, in the order of the flat vector.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The number `n` of parameters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is nothing to train.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The tensor called `name`, if there is one.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name == name)
    }
}
