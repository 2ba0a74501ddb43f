//! What is known of an infimum, and whether the numbers of an instance agree with it.

use super::condition::{Condition, Slack, gradient, lift, measure};
use crate::error::{ConvexityError, require_range, require_vector};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, Objective};
use crate::verdict::Hypothesis;
use ndarray::Array1;

/// What is known of the infimum of a function.
#[derive(Clone, Debug, PartialEq)]
pub enum Infimum {
    /// It is attained here.
    At(Array1<f64>),
    /// It is at least this number.
    AtLeast(f64),
}

impl Infimum {
    /// The number in f64.
    pub(super) fn value(&self, function: &dyn Objective) -> Result<f64, ConvexityError> {
        match self {
            Self::At(point) => {
                require_vector("infimum", point, function.dimension())?;
                function.value(point)
            }
            Self::AtLeast(value) => {
                require_range("infimum", *value, true, "finite")?;
                Ok(*value)
            }
        }
    }

    /// The number in another arithmetic.
    pub(super) fn value_in<E: Enclosure>(&self, function: &dyn Objective) -> E {
        match self {
            Self::At(point) => E::value(function, &lift(function, &point.to_vec())),
            Self::AtLeast(value) => E::from_f64(*value),
        }
    }

    /// The number in 256 bits. A minimiser that is no f64 is named by a neighbour u, whose value lies
    /// above the infimum by no more than its slope times the distance of a few units, if the function is
    /// convex around it.
    pub(super) fn enclosed(&self, function: &dyn Objective) -> PreciseInterval {
        let value: PreciseInterval = self.value_in(function);
        let Self::At(point) = self else { return value };
        let slopes = gradient::<PreciseInterval>(function, &lift(function, &point.to_vec()));
        let excess = slopes.iter().zip(point).fold(PreciseInterval::zero(), |sum, (slope, x)| {
            sum + Number::abs(slope) * (beside(x.abs(), f64::next_up) - x.abs())
        });
        if excess.is_finite() { (value.clone() - excess).union(&value) } else { value }
    }

    /// That these points do not lie below it, and that the point named, if there is one, is stationary.
    pub(super) fn hypotheses(&self, function: &dyn Objective, points: &[&[f64]]) -> Vec<Hypothesis> {
        let above = Above { function, infimum: self, points };
        let mut all = vec![measure(
            "no recorded value lies below the infimum",
            &above,
            points.len(),
            function.enclosable().is_some(),
        )];
        if let Self::At(point) = self {
            all.push(stationary(function, &point.to_vec()));
        }
        all
    }
}

/// No value lies below the infimum.
struct Above<'a> {
    function: &'a dyn Objective,
    infimum: &'a Infimum,
    points: &'a [&'a [f64]],
}

impl Condition for Above<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let value = E::value(self.function, &lift(self.function, self.points[place]));
        Slack::of(self.infimum.value_in(self.function), value, 0.0)
    }
}

/// By how many units the rounding of its computation may have moved a minimiser that is no f64.
const UNITS: usize = 4;

/// The f64 some units beside a number.
fn beside(x: f64, next: fn(f64) -> f64) -> f64 {
    (0..UNITS).fold(x, |x, _| next(x))
}

/// Whether the chosen subgradient at a point is 0, up to a few units of the point.
///
/// A minimiser need not be an f64. In each coordinate 0 has to lie among the slopes at the point and at
/// those beside it; the residual is the largest distance by which it does not.
pub(super) fn stationary(function: &dyn Objective, point: &[f64]) -> Hypothesis {
    let slope = |i: usize, next: fn(f64) -> f64| -> f64 {
        let mut x = point.to_vec();
        x[i] = beside(x[i], next);
        if function.domain().residual(&x) > 0.0 {
            return f64::NAN;
        }
        match function.enclosable() {
            Some(_) => gradient::<PreciseInterval>(function, &lift(function, &x))[i].to_f64(),
            None => gradient::<f64>(function, &x)[i],
        }
    };
    let mut residual: f64 = 0.0;
    for i in 0..point.len() {
        let here = slope(i, |x| x);
        // A neighbour outside of the domain says nothing.
        let (below, above) = (slope(i, f64::next_down), slope(i, f64::next_up));
        let (least, most) = (here.min(below).min(above), here.max(below).max(above));
        let off = if here.is_nan() { f64::NAN } else { least.max(-most).max(0.0) };
        residual = if off.is_nan() || residual.is_nan() { f64::NAN } else { residual.max(off) };
    }
    Hypothesis::measured("the chosen subgradient at the minimiser is 0", residual, 0.0)
}
