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
    /// What difference quotients say of the slope: an enclosure of the slopes between those of the two sides.
    ///
    /// None if the declared slope lies in it, up to what the quotients leave open, or if nothing can be said.
    pub(crate) fn contradiction(&self) -> Option<PreciseInterval> {
        if self.function.enclosable().is_none() || self.declared.is_undefined() {
            return None;
        }
        let ahead = self.quotient(1.0);
        let behind = self.quotient(-1.0);
        let seen = match (ahead, behind) {
            (Some(a), Some(b)) => a.union(&b),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return None,
        };
        let apart = (seen.clone() - &self.declared).sign();
        matches!(apart, Sign::Negative | Sign::Positive).then_some(seen)
    }

    /// The slope on one side, with what is still open at the smaller step: as much as it changed since the larger one.
    fn quotient(&self, side: f64) -> Option<PreciseInterval> {
        if !inside(&self.function.domain(), &self.at, &self.direction, side) {
            return None;
        }
        let start = PreciseInterval::value(self.function, &self.at);
        let scale = self.scale();
        let [large, small] = STEPS.map(|power| {
            let t = side * scale * 2.0_f64.powi(power);
            let there: Vec<PreciseInterval> =
                self.at.iter().zip(&self.direction).map(|(x, d)| x.clone() + d.clone() * t).collect();
            (PreciseInterval::value(self.function, &there) - &start) / t
        });
        let moved = Number::abs(&(large - &small));
        let open = (-moved.clone()).union(&moved);
        let quotient = small + open;
        quotient.is_finite().then_some(quotient)
    }

    /// The unit of the steps: 1, or less where the direction is long against an entry of the point.
    fn scale(&self) -> f64 {
        self.at.iter().zip(&self.direction).fold(1.0, |least: f64, (x, d)| {
            let (x, d) = (x.to_f64().abs(), d.to_f64().abs());
            if x > 0.0 && d > 0.0 && x / d > 0.0 { least.min(x / d) } else { least }
        })
    }
}

/// Whether a small step from x along the direction, or against it, stays in the domain.
fn inside(domain: &Domain, x: &[PreciseInterval], direction: &[PreciseInterval], side: f64) -> bool {
    let x: Vec<f64> = x.iter().map(Number::to_f64).collect();
    let along: Vec<f64> = direction.iter().map(|d| side * d.to_f64()).collect();
    domain.reach(&x, &along) > 0.0
}
