//! Average pooling, over windows and over whole images.

use super::described::{Described, Keys};
use super::pool::{Pool2d, PoolGeometry, average_pool, average_pool_backward};
use crate::layer::{At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// The mean of each window. Windows over the edge of the image are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AveragePool(pub Pool2d);

/// The mean of every channel: an image becomes a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalAveragePool;

impl TapeBuilder {
    /// The mean of each window. Windows over the edge of the image are left out.
    ///
    /// # Errors
    /// If `x` is not an image, or the window or the stride is larger than it.
    pub fn average_pool(&mut self, x: Node, pool: Pool2d) -> Result<Node, TensorError> {
        AveragePool(pool).record(self, "average pool", x)
    }

    /// The mean of every channel: an image becomes a vector of its channels.
    ///
    /// # Errors
    /// If `x` is not an image.
    pub fn global_average_pool(&mut self, x: Node) -> Result<Node, TensorError> {
        GlobalAveragePool.record(self, "global average pool", x)
    }
}

impl Described for AveragePool {
    const TYPE: &'static str = "average_pool";
    const PYTORCH: Option<&'static str> = Some("AvgPool2d");
    const BLANK: Self = Self(Pool2d::square(1));
    const REMARK: &'static str = "windows over the edge are left out";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        self.0.keys(keys)
    }

    fn summary(&self) -> String {
        self.0.summary(Self::TYPE)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        let Pool2d { window, stride } = self.0;
        net.put(name, Windows { height: window, width: window, stride }, &[x])
    }

    fn examples() -> Vec<Self> {
        vec![Self(Pool2d::square(2)), Self(Pool2d { window: 2, stride: 1 })]
    }
}

impl Described for GlobalAveragePool {
    const TYPE: &'static str = "global_average_pool";
    const PYTORCH: Option<&'static str> = Some("AdaptiveAvgPool2d(1), Flatten()");
    const BLANK: Self = Self;
    const REMARK: &'static str = "gives a vector";

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        // The shape rule refuses a vector.
        let (height, width) = match net.shape(x) {
            Shape::Image { height, width, .. } => (height, width),
            Shape::Vector(_) => (1, 1),
        };
        let pooled = net.put(name, Windows { height, width, stride: 1 }, &[x])?;
        net.flatten(pooled)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}

/// The mean of each window.
#[derive(Clone, Copy, Debug)]
struct Windows {
    height: usize,
    width: usize,
    stride: usize,
}

impl Windows {
    fn windows(self, image: Shape) -> Result<PoolGeometry, Misfit> {
        PoolGeometry::new((self.height, self.width), self.stride, image)
    }

    fn geometry(self, place: &Place) -> PoolGeometry {
        self.windows(place.shapes[0]).expect("the shape rule accepted this image")
    }
}

impl Layer for Windows {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        self.windows(inputs[0]).map(PoolGeometry::shape)
    }

    fn terms(&self, place: &Place) -> usize {
        place.shapes[0].len() / place.shape.channels().max(1)
    }
}

impl<T: Real> Kernel<T> for Windows {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        average_pool(self.geometry(at.place), at.lanes, at.x(0), y);
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        average_pool_backward(self.geometry(at.place), at.lanes, u, to.dx, to.accumulate);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        average_pool(self.geometry(at.place), at.lanes, tangent.only(at.place), dy);
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let geometry = self.geometry(at.place);
        let weight = (T::one() / T::of(geometry.area() as f64)).as_f64();
        for window in 0..at.place.shape.len() {
            for number in 0..geometry.area() {
                carry.entry(geometry.area(), window, geometry.place(window, number), weight);
            }
        }
    }
}
