//! Predictions that are sparse points of the simplex, and the Fenchel-Young losses built on them.
//!
//! For `Omega(y) = sum_i w(y_i)` on the simplex with w' increasing from w'(0) = 0, the prediction is
//! `p_i = (w')^{-1}(f_i - tau)` where `f_i > tau`, and 0 elsewhere. With e = p - y, which sums to zero, the loss is
//!
//! `l = sum_i D_w(y_i, p_i) + sum_{p_i = 0} y_i (tau - f_i)`,
//!
//! a sum of non-negative terms, so nothing cancels.

/// The threshold tau relative to the largest output, and that output.
pub(super) struct Threshold {
    pub(super) max: f64,
    pub(super) tau: f64,
}

impl Threshold {
    /// `f_i - tau`, from differences of outputs only.
    pub(super) fn above(&self, f: f64) -> f64 {
        (f - self.max) - self.tau
    }
}
