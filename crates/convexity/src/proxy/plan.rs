//! The answer to "which step size and how many steps?".

/// A step size with a number of steps that a guarantee says is enough.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// eta.
    pub step: f64,
    /// T.
    pub steps: u64,
}

impl Plan {
    /// The least T with `numerator / T <= 1`, at least 1; none beyond 2^53, where T + 1 is no f64 any more.
    pub(super) fn new(step: f64, numerator: f64) -> Option<Self> {
        let steps = numerator.ceil().max(1.0);
        (steps <= 9.0e15 && step > 0.0).then_some(Self { step, steps: steps as u64 })
    }
}
