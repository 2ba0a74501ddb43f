//! What a search climbs: how far a pair is beyond a bound, in f64, less what round-off explains.

use crate::inequality::{Inequality, Pair, Points, Sense, Terms};
use crate::norms::Norm;
use crate::number::{Interval, Number};
use crate::objectives::{Domain, Region};

/// Round-off of a term in units of the machine epsilon times the size of what it is made of: a guess, on which nothing
/// rests but which pairs are worth an enclosure.
const NOISE: f64 = 16.0 * f64::EPSILON;

/// What is climbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// The violation of the bound, relative to the bound.
    Violation,
    /// The constant that the pair asks for: on the bounded-above side itself, on the other with a minus sign.
    Factor,
    /// The offset that the pair asks for, the constant given.
    Offset,
}

/// An inequality over a region, seen as a height over pairs.
pub(crate) struct Landscape<'a> {
    pub(crate) inequality: &'a dyn Inequality,
    pub(crate) domain: Domain,
    pub(crate) region: Region,
    pub(crate) measure: Measure,
    /// The norm and the length to which every difference u - v is brought, if it is fixed.
    pub(crate) distance: Option<(Norm, f64)>,
}

/// The height of a pair, with what its slopes need.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Height {
    pub(crate) score: f64,
    /// The height if there were no round-off: how good the pair could be.
    pub(crate) hope: f64,
    unit: f64,
    whole: f64,
}

impl Height {
    const NONE: Self =
        Self { score: f64::NEG_INFINITY, hope: f64::NEG_INFINITY, unit: f64::NAN, whole: f64::NAN };

    /// Whether round-off is as large as the bound.
    pub(crate) fn is_drowned(&self) -> bool {
        self.hope - self.score >= 1.0
    }
}

impl<'a> Landscape<'a> {
    pub(crate) fn new(inequality: &'a dyn Inequality, region: Region, measure: Measure) -> Self {
        Self { inequality, domain: inequality.ground().domain(), region, measure, distance: None }
    }

    pub(crate) fn dimension(&self) -> usize {
        self.inequality.ground().dimension()
    }

    pub(crate) fn points(&self) -> Points {
        self.inequality.points()
    }

    pub(crate) fn admit(&self, pair: &mut Pair) {
        self.region.admit(self.inequality.ground(), &self.domain, &mut pair.u, &mut pair.v);
        if let Some((norm, length)) = &self.distance {
            let difference: Vec<f64> = pair.u.iter().zip(&pair.v).map(|(u, v)| u - v).collect();
            let factor = length / norm.value_of(&difference);
            for ((u, v), d) in pair.u.iter_mut().zip(&pair.v).zip(difference) {
                *u = v + factor * d;
            }
        }
    }

    /// Whether an admitted pair, stretched to the distance, still lies where it must.
    fn is_allowed(&self, pair: &Pair) -> bool {
        self.distance.is_none() || {
            let mut again = pair.clone();
            self.region.admit(self.inequality.ground(), &self.domain, &mut again.u, &mut again.v);
            again == *pair
        }
    }

    /// The height of an admitted pair: minus infinity where it cannot be computed.
    ///
    /// A pair that would be higher than `incumbent` is evaluated once more in intervals, and its height is the one that is
    /// beyond its round-off.
    pub(crate) fn height(&self, pair: &Pair, incumbent: f64) -> Height {
        if !self.is_allowed(pair) {
            return Height::NONE;
        }
        let Some(terms) = self.inequality.terms(pair) else { return Height::NONE };
        let noise = NOISE * terms.size;
        let quick = self.scored(&terms, noise).unwrap_or(Height::NONE);
        if quick.score > incumbent { self.beyond_round_off(pair, &terms).unwrap_or(quick) } else { quick }
    }

    /// The height with the round-off taken from an enclosure; none where there is no bounded one.
    fn beyond_round_off(&self, pair: &Pair, terms: &Terms<f64>) -> Option<Height> {
        let lift = |x: &[f64]| self.region.lift::<Interval>(&self.domain, x);
        let enclosed = self.inequality.coarse(&lift(&pair.u), &lift(&pair.v));
        let bound = enclosed.unit * self.inequality.constant();
        let error = enclosed.measured.width() + bound.width();
        if !(enclosed.measured.is_finite() && enclosed.unit.is_finite()) {
            return None;
        }
        let terms = Terms { measured: enclosed.measured.midpoint(), ..terms.clone() };
        self.scored(&terms, error)
    }

    fn scored(&self, terms: &Terms<f64>, noise: f64) -> Option<Height> {
        let (measured, unit) = (terms.measured, terms.unit);
        let (bound, offset) = (self.inequality.constant() * unit, self.inequality.offset());
        let whole = self.inequality.whole(terms);
        let sense = self.inequality.sense();
        let (height, share) = match (self.measure, sense) {
            (Measure::Violation, Sense::AtMost) => ((measured - bound - offset) / whole, whole),
            (Measure::Violation, Sense::AtLeast) => ((bound - offset - measured) / whole, whole),
            (Measure::Factor, Sense::AtMost) => ((measured - offset) / unit, unit),
            (Measure::Factor, Sense::AtLeast) => (-(measured + offset) / unit, unit),
            (Measure::Offset, Sense::AtMost) => (measured - bound, 1.0),
            (Measure::Offset, Sense::AtLeast) => (bound - measured, 1.0),
        };
        let score = height - noise / share;
        (score.is_finite() && share > 0.0 && whole.is_finite()).then_some(Height {
            score,
            hope: height,
            unit,
            whole,
        })
    }

    /// Writes the gradient of the score with respect to u and v; false where there is none.
    pub(crate) fn gradient(&self, pair: &Pair, height: &Height, to_u: &mut [f64], to_v: &mut [f64]) -> bool {
        let Height { score, unit, whole, .. } = *height;
        let constant = self.inequality.constant();
        // How the whole grows with the unit: with the bound, or, where the bound is 0, with the unit itself.
        let growth = if constant == 0.0 && self.inequality.offset() == 0.0 { 1.0 } else { constant.abs() };
        let (by_measured, by_unit) = match (self.measure, self.inequality.sense()) {
            (Measure::Violation, Sense::AtMost) => (1.0 / whole, -(constant + score * growth) / whole),
            (Measure::Violation, Sense::AtLeast) => (-1.0 / whole, (constant - score * growth) / whole),
            (Measure::Factor, Sense::AtMost) => (1.0 / unit, -score / unit),
            (Measure::Factor, Sense::AtLeast) => (-1.0 / unit, -score / unit),
            (Measure::Offset, Sense::AtMost) => (1.0, -constant),
            (Measure::Offset, Sense::AtLeast) => (-1.0, constant),
        };
        if !self.inequality.gradient(pair, by_measured, by_unit, to_u, to_v) {
            return false;
        }
        self.region.restrict(to_u, to_v);
        to_u.iter().chain(&*to_v).all(|g| g.is_finite())
    }
}
