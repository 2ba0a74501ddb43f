//! The rectifier with a trained slope on its negative side.

use super::channels::{add_channel_norms, channel_rows, channel_sums};
use super::described::{Described, Keys};
use crate::kernels::vectorised;
use crate::layer::{
    At, Carry, Cotangents, Kept, Kernel, Layer, Misfit, Place, RowBound, Rows, Scratch, Take, Tangent,
    Target, Tools, Trained,
};
use crate::parameters::{Role, Tensor};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// `x` for `x > 0`, `a x` otherwise, with a trained `a` that starts at 0.25 (He, Zhang, Ren, Sun, 2015).
///
/// At 0 the derivatives are those of the left side, as in PyTorch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PRelu {
    /// Whether each channel, or feature of a vector, has a slope of its own; otherwise all share one.
    pub by_channel: bool,
}

impl TapeBuilder {
    /// A rectifier whose slope on the negative side is trained: one slope, or one for each channel.
    ///
    /// # Errors
    /// If the name is taken.
    ///
    /// ```
    /// use fenchel_tensor::{Shape, Sweep, TapeBuilder, layers::PRelu};
    /// use ndarray::array;
    ///
    /// let mut net = TapeBuilder::new(Shape::vector(2));
    /// let x = net.input();
    /// let y = net.prelu("slope", x, PRelu { by_channel: false })?;
    /// let mut sweep = Sweep::new(std::sync::Arc::new(net.finish(y)?));
    /// let mut pass = sweep.forward(&[0.25], array![[3.0, -4.0]].view())?;
    /// assert_eq!(pass.outputs(), array![[3.0, -1.0]]);
    /// assert_eq!(pass.jacobian(), array![[[0.0], [-4.0]]]);
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn prelu(&mut self, name: &str, x: Node, prelu: PRelu) -> Result<Node, TensorError> {
        self.put(name, prelu, &[x])
    }
}

impl Described for PRelu {
    const TYPE: &'static str = "prelu";
    const PYTORCH: Option<&'static str> = Some("PReLU");
    const BLANK: Self = Self { by_channel: false };
    const REMARK: &'static str = "one trained slope, or one a channel";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.flag("by_channel", &mut self.by_channel, false)
    }

    fn summary(&self) -> String {
        if self.by_channel { "prelu by channel".to_owned() } else { "prelu".to_owned() }
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.prelu(name, x, *self)
    }

    fn examples() -> Vec<Self> {
        vec![Self { by_channel: false }, Self { by_channel: true }]
    }
}

impl Layer for PRelu {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        Ok(inputs[0])
    }

    fn terms(&self, place: &Place) -> usize {
        4 + place.shape.len()
    }

    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        Some(self)
    }
}

impl Trained for PRelu {
    fn tensors(&self, inputs: &[Shape]) -> Vec<Tensor> {
        let slopes = if self.by_channel { inputs[0].channels() } else { 1 };
        vec![Tensor::by_channel(Role::Scale, slopes, 0.25)]
    }
}

impl<T: Real> Kernel<T> for PRelu {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        y.copy_from_slice(at.x(0));
        bend(at.x(0), at.tensor(0), 1, y);
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        let bent = tools.scratch.get::<Vec<T>>();
        bent.clear();
        bent.extend_from_slice(u);
        bend(at.x(0), at.tensor(0), if at.is_shared { at.lanes } else { 1 }, bent);
        to.put(T::one(), bent);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], scratch: &mut Scratch) {
        match tangent.x(at.place, 0) {
            Some(dx) => dy.copy_from_slice(dx),
            None => dy.fill(T::zero()),
        }
        bend(at.x(0), at.tensor(0), 1, dy);
        let factors = negative_side(at.x(0), scratch.get());
        let moved = tangent.tensor(at.place, 0);
        let block = dy.len() / moved.len();
        let channels = dy.chunks_exact_mut(block).zip(factors.chunks_exact(block));
        for ((dy, factors), &moved) in channels.zip(moved) {
            dy.iter_mut().zip(factors).for_each(|(dy, &factor)| *dy += moved * factor);
        }
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let block = at.x(0).len() / at.tensor(0).len();
        for (place, &x) in at.x(0).iter().enumerate() {
            let slope = if x > T::zero() { 1.0 } else { at.tensor(0)[place / block].as_f64() };
            carry.entry(1, place, place, slope);
        }
    }
}

/// The derivative in a slope is the sum over its entries of `u min(x, 0)`.
impl<T: Real> Rows<T> for PRelu {
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        let factors = std::mem::take(negative_side(at.x(0), scratch.get()));
        channel_rows(at.place.shape, &at.place.tensors[0], Some(&factors), u, at.lanes, scratch.get(), take);
        *scratch.get() = factors;
    }

    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, scratch: &mut Scratch) {
        let factors = negative_side(at.x(0), scratch.get());
        channel_sums(gradient, at.place.tensors[0].clone(), Some(factors), u, overwrite);
    }

    fn add_norms(&self, at: &At<'_, T>, u: &[T], norms: &mut [T], scratch: &mut Scratch) {
        let factors = std::mem::take(negative_side(at.x(0), scratch.get()));
        let [sums, _] = scratch.get::<[Vec<T>; 2]>();
        add_channel_norms(norms, at.tensor(0).len(), u, Some(&factors), sums);
        *scratch.get() = factors;
    }

    fn bound(&self, at: &At<'_, T>) -> RowBound {
        let block = at.x(0).len() / at.tensor(0).len();
        let squares = at
            .x(0)
            .chunks_exact(block)
            .map(|channel| channel.iter().map(|x| x.as_f64().min(0.0).powi(2)).sum::<f64>());
        let factor = squares.fold(0.0_f64, f64::max).sqrt();
        RowBound { factor, terms: block + at.tensor(0).len(), tiles: 0.0 }
    }
}

/// `min(x, 0)`, entry by entry; a NaN stays one.
fn negative_side<'a, T: Real>(x: &[T], into: &'a mut Vec<T>) -> &'a mut Vec<T> {
    into.clear();
    into.extend(x.iter().map(|&x| if x > T::zero() { T::zero() } else { x }));
    into
}

vectorised! {
    /// Multiplies the `lanes` numbers of each entry that is not positive with its channel's slope.
    fn bend<T: Real>(x: &[T], slopes: &[T], lanes: usize, numbers: &mut [T]) {
        let block = x.len() / slopes.len();
        let channels = x.chunks_exact(block).zip(numbers.chunks_exact_mut(block * lanes));
        for ((x, numbers), &slope) in channels.zip(slopes) {
            for (&x, numbers) in x.iter().zip(numbers.chunks_exact_mut(lanes)) {
                let factor = if x > T::zero() { T::one() } else { slope };
                for number in numbers {
                    *number *= factor;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sweep;
    use ndarray::{Array2, Array3, Axis};
    use std::sync::Arc;

    /// Two channels of 1 x 2, by hand: `J` in the slopes has the negative entries where the channel is.
    #[test]
    fn slopes_are_one_or_one_a_channel_and_start_at_a_quarter() {
        let x = [[-1.0, 2.0, -3.0, -5.0]];
        for (by_channel, slopes) in [(false, vec![0.5]), (true, vec![0.5, -2.0])] {
            let mut net = TapeBuilder::new(Shape::image(2, 1, 2));
            let y = net.prelu("bend", net.input(), PRelu { by_channel }).unwrap();
            let y = net.flatten(y).unwrap();
            let tape = Arc::new(net.finish(y).unwrap());
            let slot = &tape.parameters().slots()[0];
            assert_eq!((slot.name.as_str(), slot.start), ("bend.weight", Some(0.25)));
            let mut sweep = Sweep::new(tape);
            let mut pass = sweep.forward(&slopes, Array2::from(x.to_vec()).view()).unwrap();
            let second = *slopes.last().unwrap();
            assert_eq!(pass.outputs().as_slice().unwrap(), [-0.5, 2.0, -3.0 * second, -5.0 * second]);
            let rows = [[-1.0, 0.0], [0.0, 0.0], [0.0, -3.0], [0.0, -5.0]];
            let mut jacobian = Array3::from(vec![rows]);
            if !by_channel {
                jacobian = jacobian.sum_axis(Axis(2)).insert_axis(Axis(2));
            }
            assert_eq!(pass.jacobian(), jacobian);
        }
    }

    /// PyTorch gives the slope's side at 0, and a NaN stays one.
    #[test]
    fn the_kink_belongs_to_the_left_and_a_nan_stays() {
        let mut net = TapeBuilder::new(Shape::vector(2));
        let x = net.dense_without_bias("w", net.input(), 2).unwrap();
        let y = net.prelu("bend", x, PRelu { by_channel: false }).unwrap();
        let mut sweep = Sweep::new(Arc::new(net.finish(y).unwrap()));
        let parameters = [1.0, 0.0, 0.0, 1.0, 0.25];
        let mut pass = sweep.forward(&parameters, ndarray::array![[1.0, 0.0]].view()).unwrap();
        let jacobian = pass.jacobian();
        assert_eq!((jacobian[[0, 0, 0]], jacobian[[0, 1, 2]], jacobian[[0, 1, 4]]), (1.0, 0.25, 0.0));
        let pass = sweep.forward(&parameters, ndarray::array![[f64::NAN, 0.0]].view()).unwrap();
        assert!(pass.outputs()[[0, 0]].is_nan());
    }
}
