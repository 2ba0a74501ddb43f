//! Per-sample squared gradient norms.

use super::LaneCollector;
use crate::Real;
use crate::layer::{At, Rows, Scratch};

/// Adds each layer's share of `‖J_b' u_b‖²` to one number for each lane.
pub(crate) struct SquaredNorms<'a, T> {
    pub(crate) norms: &'a mut [T],
}

impl<T: Real> LaneCollector<T> for SquaredNorms<'_, T> {
    fn site(&mut self, layer: &dyn Rows<T>, at: &At<'_, T>, u: &[T], scratch: &mut Scratch) {
        layer.add_norms(at, u, self.norms, scratch);
    }
}
