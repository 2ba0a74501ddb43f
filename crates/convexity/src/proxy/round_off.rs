//! What round-off did to f64 numbers: their distance from 256-bit enclosures of what they stand for.

use super::{ProxyConvex, RoundOff};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, Objective, lift, slope};
use ndarray::ArrayRef1;

impl ProxyConvex {
    /// Bounds on the errors of f, g and the gradient at w in f64; none where one of them has no enclosure.
    ///
    /// A function without a formula is enclosed by the forward error that its owner states, if there is one.
    pub(super) fn round_off(&self, w: &ArrayRef1<f64>) -> Option<RoundOff> {
        let gradient = slope(&**self.f(), w).ok()?;
        let x: Vec<PreciseInterval> = lift(&w.to_vec());
        let mut exact = vec![PreciseInterval::zero(); x.len()];
        PreciseInterval::gradient(&**self.f(), &x, &mut exact);
        let mut square = 0.0;
        for (computed, exact) in gradient.iter().zip(&exact) {
            square += distance(*computed, exact)?.powi(2);
        }
        // Squares below the range of f64 are lost, each less than the square of 1e-150.
        let rounding = 1.0 + (x.len() + 4) as f64 * f64::EPSILON;
        let lost = 1e-150 * (x.len() as f64).sqrt();
        let gradient = square.sqrt() * rounding + lost;
        Some(RoundOff { f: value_error(&**self.f(), w)?, g: value_error(&**self.g(), w)?, gradient })
    }
}

/// A bound on the error of f(w) in f64; none where there is no enclosure.
pub(super) fn value_error(function: &dyn Objective, w: &ArrayRef1<f64>) -> Option<f64> {
    let computed = function.value(w).ok()?;
    distance(computed, &PreciseInterval::value(function, &lift::<PreciseInterval>(&w.to_vec())))
}

/// The largest distance of a number from any in an enclosure; none where the enclosure is undefined or
/// unbounded.
fn distance(computed: f64, exact: &PreciseInterval) -> Option<f64> {
    if exact.is_undefined() {
        return None;
    }
    let apart = (exact.clone() - computed).to_f64_interval();
    let most = apart.lo().abs().max(apart.hi().abs());
    most.is_finite().then_some(most)
}
