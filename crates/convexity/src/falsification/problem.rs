//! The function that the search climbs: how far a pair is beyond the bound, in f64, less what round-off explains.

use super::{Claim, Region, Side};
use crate::norms::Norm;
use crate::objectives::{Domain, Objective};
use ndarray::{Array1, ArrayView1};

/// Round-off of a divergence in units of the machine epsilon times the size of its terms: a generous guess, as
/// nothing rests on it but which pairs are worth a certificate.
const NOISE: f64 = 16.0 * f64::EPSILON;

/// A pair of points, as a definition mentions them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pair {
    pub(crate) u: Vec<f64>,
    pub(crate) v: Vec<f64>,
}

/// What is climbed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Measure {
    /// The violation of the bound with this constant, relative to the bound.
    Violation { constant: f64 },
    /// The constant that the pair asks for: a smooth constant itself, a convex one with a minus sign.
    Constant,
}

/// The search problem of a claim or of an estimate.
#[derive(Clone, Debug)]
pub(crate) struct Problem<'a> {
    pub(crate) objective: &'a dyn Objective,
    pub(crate) domain: Domain,
    pub(crate) side: Side,
    pub(crate) exponent: f64,
    pub(crate) norm: Norm,
    pub(crate) offset: f64,
    pub(crate) region: Region,
    pub(crate) measure: Measure,
}

/// The height of a pair, with the two numbers behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Height {
    pub(crate) score: f64,
    /// D_G(u, v).
    pub(crate) divergence: f64,
    /// `||u - v||^r / r`.
    pub(crate) power: f64,
}

impl Height {
    const NONE: Self = Self { score: f64::NEG_INFINITY, divergence: f64::NAN, power: f64::NAN };
}

impl<'a> Problem<'a> {
    pub(crate) fn of_claim(claim: &Claim<'a>) -> Self {
        Self {
            objective: claim.objective,
            domain: claim.objective.domain(),
            side: claim.side,
            exponent: claim.exponent,
            norm: claim.norm.clone(),
            offset: claim.offset,
            region: claim.region.clone(),
            measure: Measure::Violation { constant: claim.constant },
        }
    }

    pub(crate) fn dimension(&self) -> usize {
        self.objective.dimension()
    }

    pub(crate) fn admit(&self, pair: &mut Pair) {
        self.region.admit(self.objective, &self.domain, &mut pair.u, &mut pair.v);
    }

    fn difference(pair: &Pair) -> Vec<f64> {
        pair.u.iter().zip(&pair.v).map(|(u, v)| u - v).collect()
    }

    /// The height of an admitted pair: minus infinity where it cannot be computed.
    pub(crate) fn height(&self, pair: &Pair) -> Height {
        let (u, v) = (ArrayView1::from(&pair.u), ArrayView1::from(&pair.v));
        let power = self.norm.power_of(&Self::difference(pair), self.exponent) / self.exponent;
        let (Ok(divergence), Ok(at_u), Ok(at_v)) =
            (self.objective.bregman(u, v), self.objective.value(u), self.objective.value(v))
        else {
            return Height::NONE;
        };
        let noise = NOISE * (at_u.abs() + at_v.abs() + divergence.abs());
        self.score(divergence, power, noise).map_or(Height::NONE, |score| Height { score, divergence, power })
    }

    fn score(&self, divergence: f64, power: f64, noise: f64) -> Option<f64> {
        let score = match (self.measure, self.side) {
            (Measure::Violation { constant }, Side::Smooth) => {
                let bound = constant * power + self.offset;
                (divergence - bound - noise) / bound
            }
            (Measure::Violation { constant }, Side::Convex) => {
                let bound = constant * power;
                (bound - self.offset - divergence - noise) / (bound + self.offset)
            }
            (Measure::Constant, Side::Smooth) => (divergence - self.offset - noise) / power,
            (Measure::Constant, Side::Convex) => -(divergence + self.offset + noise) / power,
        };
        // Equal points, or points so far apart that the bound overflows, say nothing.
        (score.is_finite() && power > 0.0 && power.is_finite()).then_some(score)
    }

    /// Writes the gradient of the score with respect to u and v; false where there is none.
    ///
    /// grad_u D = s_u - s_v and grad_v D = -H(v)(u - v); the Hessian product is a difference of gradients where
    /// the function does not offer it.
    pub(crate) fn gradient(&self, pair: &Pair, height: &Height, to_u: &mut [f64], to_v: &mut [f64]) -> bool {
        let m = self.dimension();
        let (u, v) = (ArrayView1::from(&pair.u), ArrayView1::from(&pair.v));
        let d = Self::difference(pair);
        let (mut at_u, mut at_v, mut curved) = (Array1::zeros(m), Array1::zeros(m), Array1::zeros(m));
        if self.objective.gradient(u, at_u.view_mut()).is_err()
            || self.objective.gradient(v, at_v.view_mut()).is_err()
            || !self.hessian_product(v, &d, &at_v, &mut curved)
        {
            return false;
        }
        // The slopes of the score in D and in the power ||d||^r / r.
        let Height { score, power, .. } = *height;
        let (by_divergence, by_power) = match (self.measure, self.side) {
            (Measure::Violation { constant }, Side::Smooth) => {
                let bound = constant * power + self.offset;
                (1.0 / bound, -constant * (1.0 + score) / bound)
            }
            (Measure::Violation { constant }, Side::Convex) => {
                let bound = constant * power + self.offset;
                (-1.0 / bound, constant * (1.0 - score) / bound)
            }
            (Measure::Constant, Side::Smooth) => (1.0 / power, -score / power),
            (Measure::Constant, Side::Convex) => (-1.0 / power, -score / power),
        };
        let mut direction = vec![0.0; m];
        self.norm.subgradient_of(&d, &mut direction);
        let length = (self.exponent * power).powf(1.0 - 1.0 / self.exponent);
        for i in 0..m {
            let norm_part = by_power * length * direction[i];
            to_u[i] = by_divergence * (at_u[i] - at_v[i]) + norm_part;
            to_v[i] = -by_divergence * curved[i] - norm_part;
        }
        if matches!(self.region, Region::Around { .. }) {
            to_v.fill(0.0);
        }
        to_u.iter().chain(&*to_v).all(|g| g.is_finite())
    }

    fn hessian_product(
        &self,
        v: ArrayView1<f64>,
        d: &[f64],
        at_v: &Array1<f64>,
        product: &mut Array1<f64>,
    ) -> bool {
        let direction = ArrayView1::from(d);
        if self.objective.hessian_vector(v, direction, product.view_mut()).is_ok() {
            return true;
        }
        let step = 1e-6;
        let mut ahead: Vec<f64> = v.iter().zip(d).map(|(v, d)| v + step * d).collect();
        self.domain.project(&mut ahead);
        if self.objective.gradient(ArrayView1::from(&ahead), product.view_mut()).is_err() {
            return false;
        }
        product.iter_mut().zip(at_v).for_each(|(p, s)| *p = (*p - s) / step);
        true
    }
}
