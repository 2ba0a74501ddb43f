//! Full per-sample Jacobians, for tests and small models.

use super::{Quantity, Site};
use crate::Real;

/// Writes the rows `u_k' J` of every sample into `S x K x n`.
pub(crate) struct Jacobian<'a, T> {
    pub(crate) rows: &'a mut [T],
    /// `n`.
    pub(crate) parameters: usize,
}

impl<T: Real> Quantity<T> for Jacobian<'_, T> {
    fn site(&mut self, mut site: Site<'_, T>) {
        let (n, outputs) = (self.parameters, site.at.lanes);
        let block = &mut self.rows[site.sample * outputs * n..][..outputs * n];
        site.for_each_parameter(|parameter, derivatives| {
            for (k, &value) in derivatives.iter().enumerate() {
                block[k * n + parameter] = value;
            }
        });
    }
}
