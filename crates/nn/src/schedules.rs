//! Schedules: the rate of each step as a function of the step alone, so that a resumed run has it without any memory.

use crate::NnError;
use crate::optimisers::require;

/// How the rate runs over the steps, as a factor of the base rate.
///
/// With a warm-up of w steps, step t < w has the factor `(t + 1) / (w + 1)` and the shape begins at step w.
///
/// ```
/// use fenchel_nn::Schedule;
/// let schedule = Schedule::cosine(100, 0.0)?.warm_up(10);
/// assert_eq!(schedule.factor(0), 1.0 / 11.0);
/// assert_eq!(schedule.factor(10), 1.0);
/// assert!((schedule.factor(55) - 0.5).abs() < 1e-15);
/// # Ok::<(), fenchel_nn::NnError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    shape: Shape,
    warm_up: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Constant,
    Step { every: u64, factor: f64 },
    Cosine { steps: u64, floor: f64 },
}

impl Default for Schedule {
    fn default() -> Self {
        Self::constant()
    }
}

impl Schedule {
    /// Always the base rate.
    #[must_use]
    pub const fn constant() -> Self {
        Self { shape: Shape::Constant, warm_up: 0 }
    }

    /// Multiplied by `factor` every `every` steps: `factor^(t / every)`, rounded down (PyTorch's `StepLR`, counted in steps).
    ///
    /// # Errors
    /// Unless `every` is positive and `factor` lies in (0, 1].
    pub fn step(every: u64, factor: f64) -> Result<Self, NnError> {
        require("every", every as f64, every > 0, "at least 1")?;
        require("factor", factor, factor > 0.0 && factor <= 1.0, "in (0, 1]")?;
        Ok(Self { shape: Shape::Step { every, factor }, warm_up: 0 })
    }

    /// Half a cosine from 1 at step 0 to `floor` at step `steps`, the warm-up included in `steps`; `floor` afterwards (the closed form of
    /// PyTorch's `CosineAnnealingLR`; Loshchilov and Hutter, 2017).
    ///
    /// # Errors
    /// Unless `steps` is positive and `floor` lies in [0, 1].
    pub fn cosine(steps: u64, floor: f64) -> Result<Self, NnError> {
        require("steps", steps as f64, steps > 0, "at least 1")?;
        require("floor", floor, (0.0..=1.0).contains(&floor), "in [0, 1]")?;
        Ok(Self { shape: Shape::Cosine { steps, floor }, warm_up: 0 })
    }

    /// With a linear warm-up over this many steps.
    #[must_use]
    pub const fn warm_up(self, steps: u64) -> Self {
        Self { warm_up: steps, ..self }
    }

    /// The factor of the base rate at step t, counted from 0.
    #[must_use]
    pub fn factor(&self, t: u64) -> f64 {
        if t < self.warm_up {
            return (t + 1) as f64 / (self.warm_up + 1) as f64;
        }
        let t = t - self.warm_up;
        match self.shape {
            Shape::Constant => 1.0,
            Shape::Step { every, factor } => factor.powf((t / every) as f64),
            Shape::Cosine { steps, floor } => {
                let rest = steps.saturating_sub(self.warm_up).max(1);
                let done = (t as f64 / rest as f64).min(1.0);
                floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_what_they_say() {
        let step = Schedule::step(30, 0.1).unwrap();
        for (t, factor) in [(0, 1.0), (29, 1.0), (30, 0.1), (59, 0.1), (60, 0.01)] {
            assert!((step.factor(t) / factor - 1.0).abs() < 1e-15, "{t}");
        }
        let cosine = Schedule::cosine(200, 0.1).unwrap();
        assert_eq!((cosine.factor(0), cosine.factor(200), cosine.factor(10_000)), (1.0, 0.1, 0.1));
        // PyTorch's recursion for eta_t, from eta_{t-1}, has the closed form as its solution.
        let mut eta = 1.0;
        for t in 1..200_u64 {
            let angle = |t: u64| (std::f64::consts::PI * t as f64 / 200.0).cos();
            eta = 0.1 + (1.0 + angle(t)) / (1.0 + angle(t - 1)) * (eta - 0.1);
            assert!((cosine.factor(t) - eta).abs() < 1e-12, "{t}: {} against {eta}", cosine.factor(t));
        }
        let warm = Schedule::step(10, 0.5).unwrap().warm_up(4);
        let factors: Vec<f64> = (0..16).map(|t| warm.factor(t)).collect();
        assert_eq!(factors[..5], [0.2, 0.4, 0.6, 0.8, 1.0]);
        assert_eq!(factors[13..16], [1.0, 0.5, 0.5]);
        assert_eq!(Schedule::default().factor(u64::MAX), 1.0);
        // A warm-up as long as the cosine leaves no room and no NaN.
        assert!(Schedule::cosine(5, 0.0).unwrap().warm_up(9).factor(9).is_finite());
    }

    #[test]
    fn settings_are_checked() {
        assert!(Schedule::step(0, 0.1).is_err() && Schedule::step(5, 0.0).is_err());
        assert!(Schedule::step(5, f64::NAN).is_err() && Schedule::cosine(0, 0.0).is_err());
        let message = Schedule::cosine(5, 1.5).unwrap_err().to_string();
        assert!(message.contains("`floor` is 1.5"), "{message}");
    }
}
