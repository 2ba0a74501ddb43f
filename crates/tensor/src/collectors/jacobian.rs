//! Full per-sample Jacobians, for tests and small models.

use super::FanCollector;
use crate::Real;
use crate::layer::{At, Cotangents, Rows, Scratch};

/// Writes the rows `u_k' J` of every sample into `S x K x n`.
pub(crate) struct Jacobian<'a, T> {
    pub(crate) rows: &'a mut [T],
    /// `n`.
    pub(crate) parameters: usize,
}

impl<T: Real> FanCollector<T> for Jacobian<'_, T> {
    fn site(
        &mut self,
        layer: &dyn Rows<T>,
        at: &At<'_, T>,
        sample: usize,
        u: Cotangents<'_, T>,
        scratch: &mut Scratch,
    ) {
        let n = self.parameters;
        let block = &mut self.rows[sample * at.lanes * n..][..at.lanes * n];
        layer.rows(at, u, scratch, &mut |part| {
            for (row, derivatives) in part.rows.chunks_exact(part.step).take(part.count).enumerate() {
                let parameter = (part.parameter)(row);
                for (k, &value) in derivatives[..at.lanes].iter().enumerate() {
                    block[k * n + parameter] = value;
                }
            }
        });
    }
}
