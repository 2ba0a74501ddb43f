//! Whether a slope is one: declared slopes against difference quotients in 256 bits.
//!
//! A violation says something about a function only if the slope in it belongs to the function. Formulas can get it wrong in
//! silence: kinks that cancel leave the automatic gradient with the slope of one piece, a gradient written by hand may have a
//! slip. So before a violation is said, the slope at x in the direction d is compared with `(G(x + t d) - G(x)) / t` and
//! `(G(x) - G(x - t d)) / t` at two steps t.
//!
//! This can only withhold a refutation. Where G has a kink, every slope between the two quotients is a chosen subgradient and
//! stands; a slope outside of them is no slope of G.

use crate::number::{Number, PreciseInterval, Sign};
use crate::objectives::{Domain, Enclosure, Objective};

/// The two steps, as powers of 2, relative to the point.
const STEPS: [i32; 2] = [-60, -90];
/// A quotient with less round-off than this, relative to the declared slope, is heard.
const RESOLVED: f64 = 1e-6;

/// A directional slope that an inequality uses.
pub(crate) struct Slope<'a> {
    /// Of which function.
    pub(crate) function: &'a dyn Objective,
    /// Where.
    pub(crate) at: Vec<PreciseInterval>,
    /// In which direction.
    pub(crate) direction: Vec<PreciseInterval>,
    /// What the function's gradient says.
    pub(crate) declared: PreciseInterval,
}

impl Slope<'_> {
    /// An enclosure of what the slope may be: the declared one with the round-off of the difference quotients, if it lies between
    /// them, and else all from the one to the others. Undefined if no quotient can be had.
    ///
    /// With it comes whether the declared slope lies between the quotients, up to what they leave open.
    pub(crate) fn judged(&self) -> (PreciseInterval, bool) {
        let sides = [self.quotient(1.0), self.quotient(-1.0)];
        let seen = sides.iter().flatten().map(|quotient| quotient.with_open()).reduce(|a, b| a.union(&b));
        let Some(seen) = seen else { return (PreciseInterval::unknown(), false) };
        let apart = (seen.clone() - &self.declared).sign();
        if matches!(apart, Sign::Negative | Sign::Positive) {
            return (seen.union(&self.declared), false);
        }
        let noise = sides.iter().flatten().map(Quotient::noise).fold(0.0, f64::max);
        ((self.declared.clone() - noise).union(&(self.declared.clone() + noise)), true)
    }

    /// The quotients on one side; none if the side leaves the domain or the function is undefined there.
    fn quotient(&self, side: f64) -> Option<Quotient> {
        let reach = reach(&self.function.domain(), &self.at, &self.direction, side);
        if reach <= 0.0 {
            return None;
        }
        let near = self.quotient_at(side, self.scale().min(reach));
        // Next to an entry that is almost 0 the quotient may drown in the value; the unit step is less local, but heard.
        match near {
            Some(near) if near.noise() <= RESOLVED * self.declared.to_f64().abs() => Some(near),
            near => {
                let far = self.quotient_at(side, reach.min(1.0));
                let quieter = |a: &Quotient, b: &Quotient| a.noise().total_cmp(&b.noise());
                [near, far].into_iter().flatten().min_by(quieter)
            }
        }
    }

    fn quotient_at(&self, side: f64, scale: f64) -> Option<Quotient> {
        let start = PreciseInterval::value(self.function, &self.at);
        let [large, small] = STEPS.map(|power| {
            let t = PreciseInterval::from_f64(side * scale) * 2.0_f64.powi(power);
            let there: Vec<PreciseInterval> =
                self.at.iter().zip(&self.direction).map(|(x, d)| x.clone() + d.clone() * &t).collect();
            (PreciseInterval::value(self.function, &there) - &start) / t
        });
        (large.is_finite() && small.is_finite()).then_some(Quotient { large, small })
    }

    /// The unit of the steps: 1, or less where the direction is long against an entry of the point.
    fn scale(&self) -> f64 {
        self.at.iter().zip(&self.direction).fold(1.0, |least: f64, (x, d)| {
            let (x, d) = (x.to_f64().abs(), d.to_f64().abs());
            if x > 0.0 && d > 0.0 && x / d > 0.0 { least.min(x / d) } else { least }
        })
    }
}

/// The difference quotients at the two steps.
struct Quotient {
    large: PreciseInterval,
    small: PreciseInterval,
}

impl Quotient {
    /// That at the smaller step, with what is still open there: as much as it changed since the larger one.
    fn with_open(&self) -> PreciseInterval {
        let moved = Number::abs(&(self.large.clone() - &self.small));
        self.small.clone() + (-moved.clone()).union(&moved)
    }

    /// How much of it is the round-off of the values.
    fn noise(&self) -> f64 {
        self.small.to_f64_interval().width()
    }
}

/// How far the domain reaches from x along the direction, or against it.
fn reach(domain: &Domain, x: &[PreciseInterval], direction: &[PreciseInterval], side: f64) -> f64 {
    let x: Vec<f64> = x.iter().map(Number::to_f64).collect();
    let along: Vec<f64> = direction.iter().map(|d| side * d.to_f64()).collect();
    domain.reach(&x, &along)
}
