//! Per-sample Gram matrices: the structural matrix as a sum over layers (theorem T13).

use super::{Quantity, Site};
use crate::Real;

/// Adds each layer's `J_l J_l'` to its sample's `K x K` matrix: to one total, or to a matrix for each layer.
pub(crate) struct Gram<'a, T> {
    /// `S x K x K`, or `layers x S x K x K`.
    pub(crate) matrices: &'a mut [T],
    pub(crate) samples: usize,
    /// Whether `matrices` has a part for each layer.
    pub(crate) by_layer: bool,
}

impl<T: Real> Quantity<T> for Gram<'_, T> {
    fn site(&mut self, site: Site<'_, T>) {
        let Site { layer, at, sample, u, scratch } = site;
        let size = at.lanes * at.lanes;
        let start = if self.by_layer { at.place.number * self.samples } else { 0 };
        layer.add_gram(&at, u, &mut self.matrices[(start + sample) * size..][..size], scratch);
    }
}
