//! Generalised stochastic gradient descent: the step that duality prescribes for a majorant (theorem T6).

use fenchel_tensor::Real;

use super::{Optimiser, State, StepNorm, WeightDecay, require, scheduled_rate, starting_rate};
use crate::NnError;

/// The profile of a majorant Phi in the norm of the steps.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Majorant {
    /// `(c/r) ‖u‖^r`.
    Power {
        /// The constant of smoothness.
        c: f64,
        /// The exponent, greater than 1.
        r: f64,
    },
    /// The indicator of the ball of this radius, the limit `r = inf`: every step is as long as the radius.
    Ball {
        /// The radius.
        radius: f64,
    },
}

/// `x <- x - rate grad Phi*(g)` for a majorant `Phi = (c/r) ‖.‖^r` (T6), with g the gradient of the batch's mean loss.
///
/// If the batch's loss is H(Phi)-smooth along the step, it falls by at least `(q a - (q-1) a^r) Phi*(g)` at the rate a; the best rate is 1.
/// With r = 2 and l2 this is SGD with the rate a/c, with l_inf a sign step scaled by `‖g‖_1 / c`, layer-wise a step of its own length for every
/// layer. A ball in l_inf gives sign descent with steps of fixed size. Source: Qi, Gong, Li, arXiv 2410.05807.
///
/// ```
/// use fenchel_nn::optimisers::{GeneralisedSgd, Majorant, Optimiser, StepNorm};
/// // Phi = 2 ‖.‖_inf^2 / 2, Phi*(g) = ‖g‖_1^2 / 4.
/// let mut descent = GeneralisedSgd::new(Majorant::Power { c: 2.0, r: 2.0 }, StepNorm::Lp(f64::INFINITY), 1.0)?;
/// assert_eq!(descent.energy(&[3.0_f64, -1.0]), 4.0);
/// let mut x = [0.0_f64, 0.0];
/// descent.step(&mut x, &[3.0, -1.0]);
/// assert_eq!(x, [-2.0, 2.0]);
/// # Ok::<(), fenchel_nn::NnError>(())
/// ```
#[derive(Clone, Debug)]
pub struct GeneralisedSgd<T> {
    majorant: Majorant,
    norm: StepNorm,
    rate: f64,
    decay: WeightDecay,
    state: State<T>,
    gradient: Vec<T>,
    direction: Vec<T>,
}

impl<T: Real> GeneralisedSgd<T> {
    /// The rule for a majorant in a norm, with the relative rate a of T6.
    ///
    /// # Errors
    /// Unless rate, c and radius are finite and positive, r is finite and greater than 1, and the norm's exponent lies in `[1, inf]`.
    pub fn new(majorant: Majorant, norm: StepNorm, rate: f64) -> Result<Self, NnError> {
        let positive =
            |name, value: f64| require(name, value, value.is_finite() && value > 0.0, "finite and positive");
        match majorant {
            Majorant::Power { c, r } => {
                positive("c", c)?;
                require("r", r, r.is_finite() && r > 1.0, "finite and greater than 1")?;
            }
            Majorant::Ball { radius } => {
                positive("radius", radius)?;
            }
        }
        Ok(Self {
            majorant,
            norm: norm.checked()?,
            rate: starting_rate(rate)?,
            decay: WeightDecay::None,
            state: State::new(&[]),
            gradient: Vec::new(),
            direction: Vec::new(),
        })
    }

    /// With weight decay.
    ///
    /// # Errors
    /// Unless its lambda is finite and not negative.
    pub fn weight_decay(self, decay: WeightDecay) -> Result<Self, NnError> {
        Ok(Self { decay: decay.checked()?, ..self })
    }

    /// The gradient energy `Phi*(g)`, `(1/q) c^{-(q-1)} ‖g‖_*^q` or the radius times `‖g‖_*`.
    #[must_use]
    pub fn energy(&self, gradient: &[T]) -> f64 {
        let g = self.norm.dual_value(gradient);
        match self.majorant {
            Majorant::Power { c, r } => g * (g / c).powf((r - 1.0).recip()) * (r - 1.0) / r,
            Majorant::Ball { radius } => radius * g,
        }
    }
}

impl<T: Real> Optimiser<T> for GeneralisedSgd<T> {
    fn name(&self) -> String {
        let majorant = match self.majorant {
            Majorant::Power { c, r } => format!("c {c}, r {r}"),
            Majorant::Ball { radius } => format!("ball of radius {radius}"),
        };
        let (norm, decay) = (self.norm.name(), self.decay.suffix());
        format!("generalised sgd (rate {}, {majorant}, {norm}{decay})", self.rate)
    }

    fn rate(&self) -> f64 {
        self.rate
    }

    fn set_rate(&mut self, rate: f64) -> Result<(), NnError> {
        self.rate = scheduled_rate(rate)?;
        Ok(())
    }

    fn step(&mut self, parameters: &mut [T], gradient: &[T]) {
        self.state.updates += 1;
        let (coupled, shrink) = self.decay.factors::<T>(self.rate);
        self.gradient.clear();
        self.gradient.extend(gradient.iter().zip(&*parameters).map(|(&g, &x)| g + coupled * x));
        self.direction.resize(parameters.len(), T::zero());
        // grad Phi* = (‖g‖_* / c)^(1/(r-1)) times the subgradient of the dual norm.
        let length = match self.majorant {
            Majorant::Power { c, r } => (self.norm.dual_value(&self.gradient) / c).powf((r - 1.0).recip()),
            Majorant::Ball { radius } => radius,
        };
        self.norm.direction(&self.gradient, self.rate * length, &mut self.direction);
        for (x, &d) in parameters.iter_mut().zip(&self.direction) {
            *x = *x * shrink - d;
        }
    }

    fn state(&self) -> &State<T> {
        &self.state
    }

    fn state_mut(&mut self) -> &mut State<T> {
        &mut self.state
    }
}
