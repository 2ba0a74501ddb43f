//! The gradient of a sum over samples.

use super::LaneCollector;
use crate::Real;
use crate::layer::{At, Place, Rows, Scratch};

/// Writes `sum_b J_b' u_b` into a flat gradient, or adds it.
pub(crate) struct GradientSum<'a, T> {
    pub(crate) gradient: &'a mut [T],
    /// Whether what the gradient held before does not count.
    pub(crate) overwrite: bool,
}

impl<T: Real> LaneCollector<T> for GradientSum<'_, T> {
    fn site(&mut self, layer: &dyn Rows<T>, at: &At<'_, T>, u: &[T], scratch: &mut Scratch) {
        layer.gradient(at, u, self.gradient, self.overwrite, scratch);
    }

    fn absent(&mut self, place: &Place) {
        if self.overwrite {
            place.tensors.iter().for_each(|range| self.gradient[range.clone()].fill(T::zero()));
        }
    }
}
