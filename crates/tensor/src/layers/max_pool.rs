//! Max pooling.

use super::described::{Described, Keys};
use super::pool::{
    Pool2d, PoolGeometry, max_pool, max_pool_backward, max_pool_backward_fan, max_pool_select,
};
use crate::layer::{
    At, Carry, Fan, FanTarget, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools,
};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// The largest value of each window, of what lies inside the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxPool(pub Pool2d);

impl TapeBuilder {
    /// The largest value of each window, of what lies inside the image.
    ///
    /// # Errors
    /// If `x` is not an image, the window or the stride is larger than it, or the padding than half a window.
    pub fn max_pool(&mut self, x: Node, pool: Pool2d) -> Result<Node, TensorError> {
        self.put("max pool", MaxPool(pool), &[x])
    }
}

impl Described for MaxPool {
    const TYPE: &'static str = "max_pool";
    const PYTORCH: Option<&'static str> = Some("MaxPool2d");
    const BLANK: Self = Self(Pool2d::square(1));

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        self.0.keys(keys)
    }

    fn summary(&self) -> String {
        self.0.summary(Self::TYPE)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.put(name, *self, &[x])
    }

    fn examples() -> Vec<Self> {
        let pools = [
            Pool2d::square(2),
            Pool2d::square(3).strided(1),
            Pool2d::square(3).strided(2).padded(1),
            Pool2d::square(2).strided(3).with_ceil(),
        ];
        pools.map(Self).to_vec()
    }
}

impl MaxPool {
    fn geometry(self, place: &Place) -> PoolGeometry {
        self.0.windows().at(place)
    }
}

impl Layer for MaxPool {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        self.0.windows().over(inputs[0]).map(PoolGeometry::shape)
    }

    fn terms(&self, place: &Place) -> usize {
        place.shapes[0].len() / place.shape.channels().max(1)
    }
}

/// It keeps which entry of each window was the largest.
impl<T: Real> Kernel<T> for MaxPool {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], keep: &mut Kept<T>, _scratch: &mut Scratch) {
        keep.places.resize(y.len(), 0);
        max_pool(self.geometry(at.place), at.lanes, at.x(0), y, &mut keep.places);
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        let geometry = self.geometry(at.place);
        if at.is_shared {
            let mut list = Fan::default();
            max_pool_backward_fan(geometry, at.lanes, at.places, u, &mut list.gathered);
            list.is_gathered = true;
            to.put(T::one(), list.spread(at.place.shapes[0], at.lanes, true));
        } else {
            max_pool_backward(geometry, at.lanes, at.places, u, to.dx, to.accumulate);
        }
    }

    fn pull_fan(
        &self,
        at: &At<'_, T>,
        input: usize,
        u: &mut Fan<T>,
        into: FanTarget<'_, T>,
        tools: Tools<'_, T>,
    ) {
        if into.accumulate {
            self.pull(at, input, &u.all, into.spread(at.place.shapes[0], at.lanes), tools);
        } else {
            let into = into.fan;
            let geometry = self.geometry(at.place);
            max_pool_backward_fan(geometry, at.lanes, at.places, &u.all, &mut into.gathered);
            into.is_gathered = true;
        }
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        max_pool_select(self.geometry(at.place), at.lanes, at.places, tangent.only(at.place), dy);
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let geometry = self.geometry(at.place);
        for (window, &number) in at.places.iter().enumerate() {
            carry.entry(geometry.area(), window, geometry.place(window, number as usize), 1.0);
        }
    }
}
