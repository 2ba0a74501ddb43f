//! The product of two nodes, entry by entry: a gate.

use crate::layer::{At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// The product of two values of one shape, or of an image with a gate of one number a channel.
#[derive(Clone, Copy, Debug)]
struct Multiply;

impl TapeBuilder {
    /// The product of `x` with a node of its shape, or of an image with one of as many channels and a single position,
    /// which gates every channel as a whole (Hu, Shen, Sun, 2018).
    ///
    /// # Errors
    /// If the shapes are others.
    ///
    /// ```
    /// use fenchel_tensor::{Shape, Sweep, TapeBuilder};
    /// use ndarray::array;
    ///
    /// let mut net = TapeBuilder::new(Shape::vector(1));
    /// let x = net.input();
    /// let a = net.dense_without_bias("a", x, 1)?;
    /// let b = net.dense_without_bias("b", x, 1)?;
    /// let y = net.multiply("product", a, b)?;
    /// let mut sweep = Sweep::new(std::sync::Arc::new(net.finish(y)?));
    /// let mut pass = sweep.forward(&[3.0, 5.0], array![[2.0]].view())?;
    /// assert_eq!(pass.outputs(), array![[60.0]]);
    /// assert_eq!(pass.jacobian(), array![[[20.0, 12.0]]]);
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn multiply(&mut self, name: &str, x: Node, gate: Node) -> Result<Node, TensorError> {
        self.put(name, Multiply, &[x, gate])
    }
}

impl Layer for Multiply {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let (x, gate) = (inputs[0], inputs[1]);
        let by_channel = Shape::Image { channels: x.channels(), height: 1, width: 1 };
        if gate == x || (gate == by_channel && matches!(x, Shape::Image { .. })) {
            return Ok(x);
        }
        let needs = format!(
            "a second factor of its own shape, or {by_channel} if it is an image; the other is {gate}"
        );
        Err(Misfit::Input(needs))
    }

    fn terms(&self, place: &Place) -> usize {
        4 + spread(place)
    }
}

/// How many entries of `x` one entry of the gate multiplies.
fn spread(place: &Place) -> usize {
    place.shapes[0].len() / place.shapes[1].len()
}

/// The numbers that entries of `x` are multiplied by.
struct Factor<'a, T> {
    numbers: &'a [T],
    /// How many entries share a row.
    spread: usize,
    /// How many numbers a row has: the lanes, or one for all of them.
    width: usize,
}

impl<T: Real> Factor<'_, T> {
    fn of(&self, entry: usize, lane: usize) -> T {
        self.numbers[entry / self.spread * self.width + if self.width == 1 { 0 } else { lane }]
    }
}

/// An input as a factor of entries of `x`.
fn factor<'a, T: Real>(at: &At<'a, T>, input: usize) -> Factor<'a, T> {
    let spread = if input == 0 { 1 } else { spread(at.place) };
    Factor { numbers: at.x(input), spread, width: if at.is_shared { 1 } else { at.lanes } }
}

/// `dy += values * factor`, entry by entry; `values` may be the gate's, one row for `spread` of them.
fn add_product<T: Real>(dy: &mut [T], lanes: usize, values: &[T], spread: usize, factor: &Factor<'_, T>) {
    for (entry, dy) in dy.chunks_exact_mut(lanes).enumerate() {
        let values = &values[entry / spread * lanes..][..lanes];
        for (lane, (dy, &value)) in dy.iter_mut().zip(values).enumerate() {
            *dy += value * factor.of(entry, lane);
        }
    }
}

impl<T: Real> Kernel<T> for Multiply {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        y.fill(T::zero());
        add_product(y, at.lanes, at.x(0), 1, &factor(at, 1));
    }

    fn pull(&self, at: &At<'_, T>, input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        let Target { dx, accumulate } = to;
        if !accumulate {
            dx.fill(T::zero());
        }
        let other = factor(at, 1 - input);
        if input == 0 {
            return add_product(dx, at.lanes, u, 1, &other);
        }
        let spread = spread(at.place);
        for (entry, u) in u.chunks_exact(at.lanes).enumerate() {
            let dx = &mut dx[entry / spread * at.lanes..][..at.lanes];
            for (lane, (dx, &u)) in dx.iter_mut().zip(u).enumerate() {
                *dx += u * other.of(entry, lane);
            }
        }
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        dy.fill(T::zero());
        for input in 0..2 {
            let Some(dx) = tangent.x(at.place, input) else { continue };
            let spread = if input == 0 { 1 } else { spread(at.place) };
            add_product(dy, at.lanes, dx, spread, &factor(at, 1 - input));
        }
    }

    fn pull_bounded(&self, at: &At<'_, T>, input: usize, carry: &mut Carry<'_>) {
        let (other, spread) = (factor(at, 1 - input), spread(at.place));
        for entry in 0..at.place.shape.len() {
            let (into, terms) = if input == 0 { (entry, 1) } else { (entry / spread, spread + 1) };
            carry.entry(terms, entry, into, other.of(entry, 0).as_f64());
        }
    }
}
