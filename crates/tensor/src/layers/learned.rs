//! Trained values of the network itself: one that is added, as position tokens are, and one that comes first, as a class
//! token does (Dosovitskiy et al., 2021). Each of their numbers stands in one entry of the value, with derivative 1.

use super::channels::add_product_rows;
use super::described::Described;
use crate::kernels::{SLACK, sum};
use crate::layer::{
    At, Carry, Cotangents, Kept, Kernel, Layer, Misfit, Part, Place, RowBound, Rows, Scratch, Take, Tangent,
    Target, Tools, Trained,
};
use crate::parameters::{Role, Tensor};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// `x` plus a trained value of its shape. The layer's name is the tensor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddLearned;

/// A trained token before the tokens of `x`. The layer's name is the tensor's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrependToken;

impl TapeBuilder {
    /// `x` plus a trained value of its shape, called `name`: position tokens, for example.
    ///
    /// # Errors
    /// If the name is taken.
    pub fn add_learned(&mut self, name: &str, x: Node) -> Result<Node, TensorError> {
        self.put(name, Learned::Added, &[x])
    }

    /// A trained token, called `name`, before the tokens of `x`.
    ///
    /// # Errors
    /// If `x` is no sequence, or the name is taken.
    ///
    /// ```
    /// use fenchel_tensor::{Shape, Sweep, TapeBuilder};
    /// use ndarray::array;
    ///
    /// let mut net = TapeBuilder::new(Shape::sequence(1, 2));
    /// let x = net.prepend_token("class_token", net.input())?;
    /// let x = net.add_learned("positions", x)?;
    /// let y = net.flatten(x)?;
    /// let tape = net.finish(y)?;
    /// assert_eq!(tape.parameters().find("positions").map(|slot| &slot.shape[..]), Some(&[1, 2, 2][..]));
    /// let mut sweep = Sweep::new(std::sync::Arc::new(tape));
    /// let pass = sweep.forward(&[10.0, 20.0, 1.0, 2.0, 3.0, 4.0], array![[100.0, 200.0]].view())?;
    /// assert_eq!(pass.outputs(), array![[11.0, 22.0, 103.0, 204.0]]);
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn prepend_token(&mut self, name: &str, x: Node) -> Result<Node, TensorError> {
        self.put(name, Learned::Prepended, &[x])
    }
}

impl Described for AddLearned {
    const TYPE: &'static str = "add_learned";
    const PYTORCH: Option<&'static str> = Some("x + parameter");
    const BLANK: Self = Self;
    const REMARK: &'static str = "a tensor called as the layer, of the shape of a sample";

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.add_learned(name, x)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}

impl Described for PrependToken {
    const TYPE: &'static str = "prepend_token";
    const PYTORCH: Option<&'static str> = Some("torch.cat([parameter.expand(len(x), -1, -1), x], 1)");
    const BLANK: Self = Self;
    const REMARK: &'static str = "a tensor called as the layer, of the shape of one token";

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.prepend_token(name, x)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}

/// Where the trained value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Learned {
    Added,
    Prepended,
}

impl Learned {
    /// The entry of a value of this shape, as it is held, in which a number of the tensor stands.
    fn entry(self, shape: Shape, number: usize) -> usize {
        match self {
            Self::Added => shape.entry_of(number),
            Self::Prepended => number * shape.positions(),
        }
    }

    /// The lanes of a value in which each number of the tensor stands, in order.
    fn lanes<T>(self, shape: Shape, lanes: usize, values: &[T]) -> impl Iterator<Item = &[T]> {
        let count = match self {
            Self::Added => shape.len(),
            Self::Prepended => shape.channels(),
        };
        (0..count).map(move |number| &values[self.entry(shape, number) * lanes..][..lanes])
    }

    /// Adds numbers of the tensor's to a value.
    fn add<T: Real>(self, shape: Shape, lanes: usize, tensor: &[T], y: &mut [T]) {
        for (number, &value) in tensor.iter().enumerate() {
            y[self.entry(shape, number) * lanes..][..lanes].iter_mut().for_each(|y| *y += value);
        }
    }

    /// The value that `x` makes with zeros in the tensor.
    fn spread<T: Real>(self, place: &Place, lanes: usize, x: &[T], y: &mut [T]) {
        if self == Self::Added {
            return y.copy_from_slice(x);
        }
        let tokens = place.shape.positions() * lanes;
        for (y, x) in y.chunks_exact_mut(tokens).zip(x.chunks_exact(tokens - lanes)) {
            y[..lanes].fill(T::zero());
            y[lanes..].copy_from_slice(x);
        }
    }
}

impl Layer for Learned {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        match (self, inputs[0]) {
            (Self::Added, shape) => Ok(shape),
            // Within u64, as no size is above 2^32.
            (Self::Prepended, Shape::Sequence { tokens, features }) => {
                Ok(Shape::sequence(tokens + 1, features))
            }
            (Self::Prepended, _) => Err(Misfit::Input("a sequence".to_owned())),
        }
    }

    fn terms(&self, place: &Place) -> usize {
        4 + place.shape.len()
    }

    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        Some(self)
    }
}

impl Trained for Learned {
    fn tensors(&self, inputs: &[Shape]) -> Vec<Tensor> {
        let shape = match (self, inputs[0]) {
            (Self::Added, Shape::Sequence { tokens, features }) => vec![1, tokens, features],
            (Self::Added, other) => other.sizes(),
            (Self::Prepended, other) => vec![1, 1, other.channels()],
        };
        vec![Tensor::drawn(Role::Value, shape, inputs[0].channels(), 1)]
    }
}

impl<T: Real> Kernel<T> for Learned {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        self.spread(at.place, at.lanes, at.x(0), y);
        self.add(at.place.shape, at.lanes, at.tensor(0), y);
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        if *self == Self::Added {
            return to.put(T::one(), u);
        }
        let tokens = at.place.shape.positions() * at.lanes;
        for (u, dx) in u.chunks_exact(tokens).zip(to.dx.chunks_exact_mut(tokens - at.lanes)) {
            Target { dx, accumulate: to.accumulate }.put(T::one(), &u[at.lanes..]);
        }
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        match tangent.x(at.place, 0) {
            Some(dx) => self.spread(at.place, at.lanes, dx, dy),
            None => dy.fill(T::zero()),
        }
        self.add(at.place.shape, at.lanes, tangent.tensor(at.place, 0), dy);
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let (inner, outer) = (at.place.shapes[0].positions(), at.place.shape.positions());
        for entry in 0..at.place.shapes[0].len() {
            carry.entry(0, entry / inner * outer + entry % inner + outer - inner, entry, 1.0);
        }
    }
}

impl<T: Real> Rows<T> for Learned {
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        let [turned, rows] = scratch.get::<[Vec<T>; 2]>();
        let u = u.by_entry(at.place.shape, at.lanes, turned);
        rows.clear();
        self.lanes(at.place.shape, at.lanes, u).for_each(|lanes| rows.extend_from_slice(lanes));
        let count = rows.len() / at.lanes;
        rows.resize(rows.len() + SLACK, T::zero());
        let parameter = |row| at.place.tensors[0].start + row;
        take(&Part { rows, count, step: at.lanes, parameter: &parameter });
    }

    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, _scratch: &mut Scratch) {
        let targets = gradient[at.place.tensors[0].clone()].iter_mut();
        for (target, u) in targets.zip(self.lanes(at.place.shape, at.lanes, u)) {
            *target = if overwrite { sum(u) } else { *target + sum(u) };
        }
    }

    fn add_norms(&self, at: &At<'_, T>, u: &[T], norms: &mut [T], _scratch: &mut Scratch) {
        self.lanes(at.place.shape, at.lanes, u).for_each(|u| add_product_rows(norms, u, u));
    }

    fn bound(&self, at: &At<'_, T>) -> RowBound {
        RowBound { factor: 1.0, terms: at.place.shape.len(), tiles: 0.0 }
    }
}
