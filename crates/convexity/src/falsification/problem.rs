//! The function that the search climbs: how far a pair is beyond the bound, in f64, less what round-off explains.

use super::{Claim, Region};
use crate::definitions::Side;
use crate::norms::Norm;
use crate::objectives::{Domain, Objective};
use crate::potentials::Potential;
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
    /// The violation of the bound, relative to the bound.
    Violation,
    /// The factor of the potential that the pair asks for: on the smooth side itself, on the convex with a minus sign.
    Factor,
    /// The offset that the pair asks for, the potential given.
    Offset,
}

/// The search problem of a claim or of an estimate.
#[derive(Clone, Debug)]
pub(crate) struct Problem<'a> {
    pub(crate) objective: &'a dyn Objective,
    pub(crate) domain: Domain,
    pub(crate) side: Side,
    pub(crate) potential: Potential,
    pub(crate) offset: f64,
    pub(crate) region: Region,
    pub(crate) measure: Measure,
    /// The norm and the length to which every difference u - v is brought, if it is fixed.
    pub(crate) distance: Option<(Norm, f64)>,
}

/// The height of a pair, with the two numbers behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Height {
    pub(crate) score: f64,
    /// D_G(u, v).
    pub(crate) divergence: f64,
    /// The potential of u - v.
    pub(crate) bound: f64,
}

impl Height {
    const NONE: Self = Self { score: f64::NEG_INFINITY, divergence: f64::NAN, bound: f64::NAN };
}

impl<'a> Problem<'a> {
    pub(crate) fn of_claim(claim: &Claim<'a>) -> Self {
        Self {
            objective: claim.objective,
            domain: claim.objective.domain(),
            side: claim.side(),
            potential: claim.modulus.potential().clone(),
            offset: claim.modulus.offset(),
            region: claim.region.clone(),
            measure: Measure::Violation,
            distance: None,
        }
    }

    pub(crate) fn dimension(&self) -> usize {
        self.objective.dimension()
    }

    pub(crate) fn admit(&self, pair: &mut Pair) {
        self.region.admit(self.objective, &self.domain, &mut pair.u, &mut pair.v);
        if let Some((norm, length)) = &self.distance {
            let difference = Self::difference(pair);
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
            self.region.admit(self.objective, &self.domain, &mut again.u, &mut again.v);
            again == *pair
        }
    }

    fn difference(pair: &Pair) -> Vec<f64> {
        pair.u.iter().zip(&pair.v).map(|(u, v)| u - v).collect()
    }

    /// The height of an admitted pair: minus infinity where it cannot be computed.
    pub(crate) fn height(&self, pair: &Pair) -> Height {
        let (u, v) = (ArrayView1::from(&pair.u), ArrayView1::from(&pair.v));
        if !self.is_allowed(pair) {
            return Height::NONE;
        }
        let bound = self.potential.value_of(&Self::difference(pair));
        let (Ok(divergence), Ok(at_u), Ok(at_v)) =
            (self.objective.bregman(u, v), self.objective.value(u), self.objective.value(v))
        else {
            return Height::NONE;
        };
        let noise = NOISE * (at_u.abs() + at_v.abs() + divergence.abs());
        self.score(divergence, bound, noise).map_or(Height::NONE, |score| Height { score, divergence, bound })
    }

    fn score(&self, divergence: f64, bound: f64, noise: f64) -> Option<f64> {
        let score = match (self.measure, self.side) {
            (Measure::Violation, Side::Smooth) => {
                (divergence - bound - self.offset - noise) / (bound + self.offset)
            }
            (Measure::Violation, Side::Convex) => {
                (bound - self.offset - divergence - noise) / (bound + self.offset)
            }
            (Measure::Factor, Side::Smooth) => (divergence - self.offset - noise) / bound,
            (Measure::Factor, Side::Convex) => -(divergence + self.offset + noise) / bound,
            (Measure::Offset, Side::Smooth) => divergence - bound - noise,
            (Measure::Offset, Side::Convex) => bound - divergence - noise,
        };
        // Equal points, or points so far apart that the bound overflows, say nothing.
        (score.is_finite() && bound > 0.0 && bound.is_finite()).then_some(score)
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
        // The slopes of the score in the divergence and in the potential.
        let Height { score, bound, .. } = *height;
        let whole = bound + self.offset;
        let (by_divergence, by_bound) = match (self.measure, self.side) {
            (Measure::Violation, Side::Smooth) => (1.0 / whole, -(1.0 + score) / whole),
            (Measure::Violation, Side::Convex) => (-1.0 / whole, (1.0 - score) / whole),
            (Measure::Factor, Side::Smooth) => (1.0 / bound, -score / bound),
            (Measure::Factor, Side::Convex) => (-1.0 / bound, -score / bound),
            (Measure::Offset, Side::Smooth) => (1.0, -1.0),
            (Measure::Offset, Side::Convex) => (-1.0, 1.0),
        };
        let mut slope = vec![0.0; m];
        self.potential.gradient_of(&d, &mut slope);
        for i in 0..m {
            to_u[i] = by_divergence * (at_u[i] - at_v[i]) + by_bound * slope[i];
            to_v[i] = -by_divergence * curved[i] - by_bound * slope[i];
        }
        self.region.restrict(to_u, to_v);
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
