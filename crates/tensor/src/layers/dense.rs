//! The dense layer `y = W x + b` of a vector; of each token of a sequence it is [`PerToken`].

use ndarray::ArrayView2;

use super::channels::{add_product_rows, channel_rows, channel_sums};
use super::dense_per_token::PerToken;
use super::described::{Described, Keys, Usual};
use crate::gemm::{gemm, view, view_mut};
use crate::kernels::{SLACK, add_vector_gram, sum_of_products};
use crate::layer::{
    At, Carry, Cotangents, Kept, Kernel, Layer, Misfit, Outer, Part, Place, RowBound, Rows, Scratch, Take,
    Tangent, Target, Tools, Trained, within,
};
use crate::parameters::{Role, Tensor};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// `y = W x + b`, or `y = W x`, of a vector or of each token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dense {
    /// The number of outputs.
    pub outputs: usize,
    /// Whether there is a `b`.
    pub bias: bool,
}

impl TapeBuilder {
    /// `y = W x + b`, with `W` of shape `outputs x inputs`; of a sequence for each token.
    ///
    /// # Errors
    /// If `x` is an image (flatten it first), `outputs` is 0 or too large to hold, or the name is taken.
    pub fn dense(&mut self, name: &str, x: Node, outputs: usize) -> Result<Node, TensorError> {
        Dense { outputs, bias: true }.record(self, name, x)
    }

    /// `y = W x`: a dense layer without bias.
    ///
    /// # Errors
    /// As for [`dense`](Self::dense).
    pub fn dense_without_bias(&mut self, name: &str, x: Node, outputs: usize) -> Result<Node, TensorError> {
        Dense { outputs, bias: false }.record(self, name, x)
    }
}

impl Described for Dense {
    const TYPE: &'static str = "dense";
    const PYTORCH: Option<&'static str> = Some("Linear");
    const BLANK: Self = Self { outputs: 1, bias: true };

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("outputs", &mut self.outputs, 1, Usual::No)?;
        keys.flag("bias", &mut self.bias, true)
    }

    fn summary(&self) -> String {
        if self.bias { "dense".to_owned() } else { "dense, no bias".to_owned() }
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        match net.shape(x) {
            Shape::Sequence { .. } => net.put(name, PerToken::new(*self), &[x]),
            Shape::Vector(_) | Shape::Image { .. } => net.put(name, *self, &[x]),
        }
    }

    fn examples() -> Vec<Self> {
        vec![Self { outputs: 5, bias: true }, Self { outputs: 3, bias: false }]
    }
}

impl Layer for Dense {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let Shape::Vector(inputs) = inputs[0] else {
            return Err(Misfit::Input("a vector; put a flatten before it".to_owned()));
        };
        self.check(inputs)?;
        Ok(Shape::Vector(self.outputs))
    }

    fn terms(&self, place: &Place) -> usize {
        self.outputs + place.shapes[0].len()
    }

    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        Some(self)
    }
}

impl Trained for Dense {
    fn tensors(&self, inputs: &[Shape]) -> Vec<Tensor> {
        let (inputs, outputs) = (inputs[0].channels(), self.outputs);
        let weight = Tensor::drawn(Role::Weight, vec![outputs, inputs], inputs, outputs);
        let bias = self.bias.then(|| Tensor::drawn(Role::Bias, vec![outputs], inputs, outputs));
        std::iter::once(weight).chain(bias).collect()
    }
}

impl Dense {
    /// Refuses what could not be held, for so many inputs.
    pub(super) fn check(self, inputs: usize) -> Result<(), Misfit> {
        if self.outputs == 0 {
            return Err(Misfit::Setting("it has no outputs; give it at least one".to_owned()));
        }
        within("its weight", &[self.outputs, inputs])
    }

    fn weight<'a, T: Real>(&self, at: &At<'a, T>) -> ArrayView2<'a, T> {
        view(self.outputs, at.place.shapes[0].len(), at.tensor(0))
    }
}

impl<T: Real> Kernel<T> for Dense {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        multiply(at.lanes, at.x(0), self.weight(at), at.optional(1), y);
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        multiply_back(at.lanes, u, self.weight(at), to);
    }

    fn pull_rows(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        multiply_rows_back(at.samples * at.lanes, u, self.weight(at), to);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], scratch: &mut Scratch) {
        let direction = view(self.outputs, at.place.shapes[0].len(), tangent.tensor(at.place, 0));
        multiply(at.lanes, at.x(0), direction, tangent.optional(at.place, 1), dy);
        if let Some(dx) = tangent.x(at.place, 0) {
            let term = scratch.get::<Vec<T>>();
            term.resize(dy.len(), T::zero());
            multiply(at.lanes, dx, self.weight(at), None, term);
            dy.iter_mut().zip(&*term).for_each(|(dy, &term)| *dy += term);
        }
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let inputs = at.place.shapes[0].len();
        for (place, weight) in at.tensor(0).iter().enumerate() {
            carry.entry(self.outputs, place / inputs, place % inputs, weight.as_f64());
        }
    }
}

impl<T: Real> Rows<T> for Dense {
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        let buffers = scratch.get::<[Vec<T>; 2]>();
        let (x, lanes) = (at.x(0), at.lanes);
        let [turned, rows] = buffers;
        let by_output = u.by_entry(at.place.shape, lanes, turned);
        rows.resize(x.len() * lanes + SLACK, T::zero());
        for (output, u) in by_output.chunks_exact(lanes).enumerate() {
            for (row, &x) in rows.chunks_exact_mut(lanes).zip(x) {
                row.iter_mut().zip(u).for_each(|(entry, &u)| *entry = u * x);
            }
            let parameter = |row| at.place.tensors[0].start + output * x.len() + row;
            take(&Part { rows, count: x.len(), step: lanes, parameter: &parameter });
        }
        if self.bias {
            channel_rows(at.place.shape, &at.place.tensors[1], None, u, lanes, buffers, take);
        }
    }

    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, _scratch: &mut Scratch) {
        let (lanes, inputs) = (at.lanes, at.place.shapes[0].len());
        let weight = view_mut(self.outputs, inputs, &mut gradient[at.place.tensors[0].clone()]);
        let beta = if overwrite { T::zero() } else { T::one() };
        let x = view(inputs, lanes, at.x(0));
        gemm(T::one(), view(self.outputs, lanes, u), x.reversed_axes(), beta, weight);
        if let Some(bias) = at.place.tensors.get(1) {
            channel_sums(gradient, bias.clone(), None, u, overwrite);
        }
    }

    fn add_norms(&self, at: &At<'_, T>, u: &[T], norms: &mut [T], scratch: &mut Scratch) {
        // (‖a‖² + 1) ‖u‖² with bias, ‖a‖² ‖u‖² without.
        let start = if self.bias { T::one() } else { T::zero() };
        let sums = scratch.get::<Vec<T>>();
        sums.clear();
        sums.resize(2 * at.lanes, T::zero());
        let (inputs, cotangents) = sums.split_at_mut(at.lanes);
        inputs.fill(start);
        add_product_rows(inputs, at.x(0), at.x(0));
        add_product_rows(cotangents, u, u);
        for ((norm, &input), &u) in norms.iter_mut().zip(&*inputs).zip(&*cotangents) {
            *norm += input * u;
        }
    }

    fn add_gram(&self, at: &At<'_, T>, u: Cotangents<'_, T>, gram: &mut [T], scratch: &mut Scratch) {
        let square = sum_of_products(at.x(0), at.x(0));
        let factor = if self.bias { square + T::one() } else { square };
        let u = u.by_output(at.place.shape, at.lanes, scratch.get::<Vec<T>>());
        add_vector_gram(u, at.lanes, self.outputs, factor, gram);
    }

    fn outer(&self) -> Option<Outer> {
        Some(Outer { bias: self.bias })
    }

    fn bound(&self, at: &At<'_, T>) -> RowBound {
        let squares = at.x(0).iter().map(|x| x.as_f64().powi(2));
        let factor = squares.sum::<f64>() + f64::from(u8::from(self.bias));
        RowBound { factor: factor.sqrt(), terms: at.place.shapes[0].len() + self.outputs, tiles: 0.0 }
    }
}

/// `Y = W X + b 1'` for any number of lanes; `weight` is `out x in`.
pub(super) fn multiply<T: Real>(
    lanes: usize,
    x: &[T],
    weight: ArrayView2<'_, T>,
    bias: Option<&[T]>,
    y: &mut [T],
) {
    let (outputs, inputs) = weight.dim();
    gemm(T::one(), weight, view(inputs, lanes, x), T::zero(), view_mut(outputs, lanes, y));
    if let Some(bias) = bias {
        for (y, &bias) in y.chunks_exact_mut(lanes).zip(bias) {
            for y in y {
                *y += bias;
            }
        }
    }
}

/// `dX = W' U` for any number of lanes.
pub(super) fn multiply_back<T: Real>(lanes: usize, u: &[T], weight: ArrayView2<'_, T>, to: Target<'_, T>) {
    let (outputs, inputs) = weight.dim();
    let beta = if to.accumulate { T::one() } else { T::zero() };
    gemm(T::one(), weight.t(), view(outputs, lanes, u), beta, view_mut(inputs, lanes, to.dx));
}

/// `dX = U W` for the `rows = S K` cotangents of all fans at once.
pub(super) fn multiply_rows_back<T: Real>(
    rows: usize,
    u: &[T],
    weight: ArrayView2<'_, T>,
    to: Target<'_, T>,
) {
    let (outputs, inputs) = weight.dim();
    let beta = if to.accumulate { T::one() } else { T::zero() };
    gemm(T::one(), view(rows, outputs, u), weight, beta, view_mut(rows, inputs, to.dx));
}
