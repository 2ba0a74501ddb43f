//! Average pooling, over windows and over whole images.

use super::described::{Described, Keys};
use super::pool::{Pool2d, PoolGeometry, Windows, average_pool, average_pool_backward};
use crate::layer::{At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// The mean of each window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AveragePool {
    /// The windows.
    pub pool: Pool2d,
    /// Whether the zeros of the padding count; what lies beyond the padding never does.
    pub count_padding: bool,
}

impl AveragePool {
    /// The means of these windows, in which zeros of the padding count.
    #[must_use]
    pub const fn new(pool: Pool2d) -> Self {
        Self { pool, count_padding: true }
    }
}

/// The mean of every channel: an image becomes a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GlobalAveragePool;

impl TapeBuilder {
    /// The mean of each window, in which zeros of the padding count.
    ///
    /// # Errors
    /// If `x` is not an image, the window or the stride is larger than it, or the padding than half a window.
    pub fn average_pool(&mut self, x: Node, pool: Pool2d) -> Result<Node, TensorError> {
        AveragePool::new(pool).record(self, "average pool", x)
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
    const BLANK: Self = Self::new(Pool2d::square(1));
    const REMARK: &'static str = "`count_padding` is PyTorch's `count_include_pad`";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        self.pool.keys(keys)?;
        keys.flag("count_padding", &mut self.count_padding, true)
    }

    fn summary(&self) -> String {
        let text = self.pool.summary(Self::TYPE);
        if self.count_padding { text } else { text + ", padding not counted" }
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.put(name, Mean { windows: self.pool.windows(), own: !self.count_padding }, &[x])
    }

    fn examples() -> Vec<Self> {
        let uncounted = Pool2d::square(2).strided(1).padded(1);
        vec![
            Self::new(Pool2d::square(2)),
            Self::new(Pool2d::square(2).strided(1)),
            Self::new(Pool2d::square(4).strided(3).padded(2).with_ceil()),
            Self { pool: uncounted, count_padding: false },
        ]
    }
}

impl Described for GlobalAveragePool {
    const TYPE: &'static str = "global_average_pool";
    const PYTORCH: Option<&'static str> = Some("AdaptiveAvgPool2d(1), Flatten()");
    const BLANK: Self = Self;
    const REMARK: &'static str = "gives a vector";

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        // The shape rule refuses all but images.
        let (height, width) = match net.shape(x) {
            Shape::Image { height, width, .. } => (height, width),
            Shape::Vector(_) | Shape::Sequence { .. } => (1, 1),
        };
        let windows = Windows { height, width, stride: 1, padding: 0, ceil: false };
        let pooled = net.put(name, Mean { windows, own: false }, &[x])?;
        net.flatten(pooled)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}

/// The mean of each window, over what lies inside the image alone if `own`.
#[derive(Clone, Copy, Debug)]
struct Mean {
    windows: Windows,
    own: bool,
}

impl Layer for Mean {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        self.windows.over(inputs[0]).map(PoolGeometry::shape)
    }

    fn terms(&self, place: &Place) -> usize {
        place.shapes[0].len() / place.shape.channels().max(1)
    }
}

impl<T: Real> Kernel<T> for Mean {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], _keep: &mut Kept<T>, _scratch: &mut Scratch) {
        average_pool(self.windows.at(at.place), self.own, at.lanes, at.x(0), y);
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        average_pool_backward(self.windows.at(at.place), self.own, at.lanes, u, to.dx, to.accumulate);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        average_pool(self.windows.at(at.place), self.own, at.lanes, tangent.only(at.place), dy);
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let geometry = self.windows.at(at.place);
        for window in 0..geometry.count() {
            geometry.for_each_entry::<T>(window, self.own, |entry, weight| {
                carry.entry(geometry.area(), window, entry, weight);
            });
        }
    }
}
