//! Self-attention with several heads (Vaswani et al., 2017), and the product of its middle for networks that have the
//! layers around it under names of their own.
//!
//! It is three records of a tape: the dense layer that gives queries, keys and values, all at once and per token; the
//! product, which has no parameters; the dense layer behind it.

mod head;

use super::dense::Dense;
use super::dense_per_token::PerToken;
use super::described::{Described, Keys, Usual};
use crate::kernels::transpose;
use crate::layer::{
    At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools, gamma, passed_on, within,
};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};
use head::{Heads, Pull};

/// Self-attention of a sequence: `W_o attention(W_q x, W_k x, W_v x)`, with the tensors of PyTorch's
/// `nn.MultiheadAttention`: `in_proj_weight`, which has `W_q`, `W_k` and `W_v` one below the other, `in_proj_bias`,
/// `out_proj.weight` and `out_proj.bias`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfAttention {
    /// Into how many heads the features are divided.
    pub heads: usize,
    /// Whether a token sees itself and those before it alone.
    pub causal: bool,
    /// Whether the dense layers have biases.
    pub bias: bool,
}

/// `softmax(Q' K / sqrt(d)) V` for every head, of a sequence whose features are queries, keys and values one behind the
/// other; `d` is the number of features of a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DotProductAttention {
    /// Into how many heads queries, keys and values are divided.
    pub heads: usize,
    /// Whether a token sees itself and those before it alone.
    pub causal: bool,
}

impl TapeBuilder {
    /// Self-attention with several heads.
    ///
    /// # Errors
    /// If `x` is no sequence, the heads do not divide its features, or a name is taken.
    ///
    /// ```
    /// use fenchel_tensor::{Shape, TapeBuilder, layers::SelfAttention};
    ///
    /// let mut net = TapeBuilder::new(Shape::sequence(5, 8));
    /// let y = net.self_attention("attention", net.input(), SelfAttention { heads: 2, causal: false, bias: true })?;
    /// assert_eq!(net.shape(y), Shape::sequence(5, 8));
    /// let weight = net.parameters().find("attention.in_proj_weight").map(|slot| &slot.shape[..]);
    /// assert_eq!(weight, Some(&[24, 8][..]));
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn self_attention(
        &mut self,
        name: &str,
        x: Node,
        attention: SelfAttention,
    ) -> Result<Node, TensorError> {
        let SelfAttention { heads, causal, bias } = attention;
        let shape = self.shape(x);
        let Shape::Sequence { features, .. } = shape else {
            return Err(Misfit::Input("a sequence".to_owned()).of(name, shape));
        };
        if heads == 0 || !features.is_multiple_of(heads) {
            let needs = format!("a sequence whose features {heads} heads divide");
            return Err(Misfit::Input(needs).of(name, shape));
        }
        let packed = PerToken::underscored(Dense { outputs: features.saturating_mul(3), bias });
        let x = self.put(&format!("{name}.in_proj"), packed, &[x])?;
        let x = self.dot_product_attention(name, x, DotProductAttention { heads, causal })?;
        let out = PerToken::new(Dense { outputs: features, bias });
        self.put(&format!("{name}.out_proj"), out, &[x])
    }

    /// `softmax(Q' K / sqrt(d)) V` for every head, of a sequence whose features are queries, keys and values.
    ///
    /// # Errors
    /// If `x` is no sequence, or its features are not divided by three and the heads.
    pub fn dot_product_attention(
        &mut self,
        name: &str,
        x: Node,
        attention: DotProductAttention,
    ) -> Result<Node, TensorError> {
        self.put(name, attention, &[x])
    }
}

fn titled(kind: &str, heads: usize, causal: bool) -> String {
    let plural = if heads == 1 { "" } else { "s" };
    format!("{kind}, {heads} head{plural}{}", if causal { ", causal" } else { "" })
}

impl Described for SelfAttention {
    const TYPE: &'static str = "self_attention";
    const PYTORCH: Option<&'static str> = Some("MultiheadAttention(batch_first=True)(x, x, x)");
    const BLANK: Self = Self { heads: 1, causal: false, bias: true };

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("heads", &mut self.heads, 1, Usual::No)?;
        keys.flag("causal", &mut self.causal, false)?;
        keys.flag("bias", &mut self.bias, true)
    }

    fn summary(&self) -> String {
        titled(Self::TYPE, self.heads, self.causal) + if self.bias { "" } else { ", no bias" }
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.self_attention(name, x, *self)
    }

    fn examples() -> Vec<Self> {
        let one = Self::BLANK;
        vec![one, Self { heads: 2, causal: true, ..one }, Self { bias: false, ..one }]
    }
}

impl Described for DotProductAttention {
    const TYPE: &'static str = "dot_product_attention";
    const PYTORCH: Option<&'static str> = Some("functional.scaled_dot_product_attention");
    const BLANK: Self = Self { heads: 1, causal: false };
    const REMARK: &'static str = "reads queries, keys and values as features one behind the other";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("heads", &mut self.heads, 1, Usual::No)?;
        keys.flag("causal", &mut self.causal, false)
    }

    fn summary(&self) -> String {
        titled(Self::TYPE, self.heads, self.causal)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.dot_product_attention(name, x, *self)
    }

    fn examples() -> Vec<Self> {
        vec![Self::BLANK, Self { heads: 2, causal: false }, Self { heads: 1, causal: true }]
    }
}

impl DotProductAttention {
    fn heads(self, place: &Place) -> Heads {
        let (tokens, features) = (place.shape.positions(), place.shape.channels() / self.heads);
        Heads { count: self.heads, features, tokens, causal: self.causal }
    }
}

impl Layer for DotProductAttention {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let parts = self.heads.saturating_mul(3);
        match inputs[0] {
            Shape::Sequence { tokens, features } if parts > 0 && features.is_multiple_of(parts) => {
                within("its matrices of weights", &[self.heads, tokens, tokens])?;
                Ok(Shape::sequence(tokens, features / 3))
            }
            _ => Err(Misfit::Input(format!(
                "a sequence of queries, keys and values, whose features 3 x {} heads divide",
                self.heads
            ))),
        }
    }

    fn terms(&self, place: &Place) -> usize {
        self.heads(place).roundings()
    }
}

/// Buffers, one sample after the other where samples were lanes.
#[derive(Default)]
struct Columns<T> {
    x: Vec<T>,
    weights: Vec<T>,
    u: Vec<T>,
    y: Vec<T>,
}

/// `len x L` as `L x len`.
fn columns<'a, T: Real>(lanes: usize, values: &[T], into: &'a mut Vec<T>) -> &'a mut Vec<T> {
    let len = values.len() / lanes;
    into.resize(values.len(), T::zero());
    transpose(len, lanes, values, lanes, into, len);
    into
}

/// It keeps the weights, `heads x tokens x tokens` rows: of each token, what it takes of every other.
impl<T: Real> Kernel<T> for DotProductAttention {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], keep: &mut Kept<T>, scratch: &mut Scratch) {
        let (heads, lanes) = (self.heads(at.place), at.lanes);
        let Columns { x, weights, y: by_sample, .. } = scratch.get();
        columns(lanes, at.x(0), x);
        let (inner, outer, square) = (x.len() / lanes, y.len() / lanes, heads.weights());
        weights.resize(square * lanes, T::zero());
        by_sample.resize(y.len(), T::zero());
        let samples = x.chunks_exact(inner).zip(weights.chunks_exact_mut(square));
        for ((x, weights), y) in samples.zip(by_sample.chunks_exact_mut(outer)) {
            heads.forward(x, weights, y);
        }
        keep.numbers.resize(weights.len(), T::zero());
        transpose(lanes, square, weights, square, &mut keep.numbers, lanes);
        transpose(lanes, outer, by_sample, outer, y, lanes);
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        let (heads, lanes) = (self.heads(at.place), at.lanes);
        let mut buffers = std::mem::take(tools.scratch.get::<Columns<T>>());
        let between = tools.scratch.get::<Vec<T>>();
        if at.is_shared {
            let pull = Pull { x: at.x(0), weights: at.numbers, u, lanes, sign: -T::one() };
            heads.pull(pull, to.dx, to.accumulate, between);
        } else {
            let Columns { x, weights, u: by_sample, y: pulled } = &mut buffers;
            columns(lanes, at.x(0), x);
            columns(lanes, at.numbers, weights);
            columns(lanes, u, by_sample);
            pulled.resize(x.len(), T::zero());
            let (inner, outer, square) = (x.len() / lanes, u.len() / lanes, heads.weights());
            let samples = x.chunks_exact(inner).zip(weights.chunks_exact(square));
            let cotangents = by_sample.chunks_exact(outer).zip(pulled.chunks_exact_mut(inner));
            for ((x, weights), (u, dx)) in samples.zip(cotangents) {
                heads.pull(Pull { x, weights, u, lanes: 1, sign: -T::one() }, dx, false, between);
            }
            // In place of the inputs, which are done with.
            transpose(lanes, inner, pulled, inner, x, lanes);
            to.put(T::one(), x);
        }
        *tools.scratch.get() = buffers;
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], scratch: &mut Scratch) {
        let (heads, lanes) = (self.heads(at.place), at.lanes);
        let mut buffers = std::mem::take(scratch.get::<Columns<T>>());
        let Columns { x, weights, u: moved, y } = &mut buffers;
        columns(lanes, at.x(0), x);
        columns(lanes, at.numbers, weights);
        columns(lanes, tangent.only(at.place), moved);
        y.resize(dy.len(), T::zero());
        let (inner, outer, square) = (x.len() / lanes, dy.len() / lanes, heads.weights());
        let samples = x.chunks_exact(inner).zip(weights.chunks_exact(square));
        let tangents = moved.chunks_exact(inner).zip(y.chunks_exact_mut(outer));
        let between = scratch.get::<Vec<T>>();
        for ((x, weights), (dx, dy)) in samples.zip(tangents) {
            heads.push(x, weights, dx, dy, between);
        }
        transpose(lanes, outer, y, outer, dy, lanes);
        *scratch.get() = buffers;
    }

    /// Every number that is pulled back is a sum over paths of products of what the forward pass stored, with no more than so
    /// many roundings each. So the same sums over sizes, none of which cancel, bound what is carried and what is lost.
    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let heads = self.heads(at.place);
        let gamma = gamma(heads.roundings() + carry.readers, carry.unit);
        let mut x: Vec<f64> = at.x(0).iter().map(|x| x.as_f64()).collect();
        let weights: Vec<f64> = at.numbers.iter().map(|weight| weight.as_f64()).collect();
        let pull = |x: &[f64], u: &[f64], sign: f64, into: &mut [f64]| {
            heads.pull(Pull { x, weights: &weights, u, lanes: carry.k, sign }, into, true, &mut Vec::new());
        };
        pull(&x, &carry.u.values, -1.0, &mut carry.into.values);
        x.iter_mut().for_each(|x| *x = x.abs());
        let carried = carry.u.values.iter().zip(&carry.u.errors);
        let sizes: Vec<f64> = carried.map(|(&value, &error)| passed_on(value, error, gamma)).collect();
        pull(&x, &sizes, 1.0, &mut carry.into.errors);
    }
}
