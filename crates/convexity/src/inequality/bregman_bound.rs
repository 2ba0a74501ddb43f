//! A bound on the Bregman divergence: `D_G(u, v) >= c phi(u - v) - offset`, or `<= c phi(u - v) + offset`.
//!
//! With c = 1 these are the two definitions. Below, c may be 0 (plain convexity) or negative (weak convexity).

use super::{Inequality, Pair, Points, Sense, Slope, Terms};
use crate::moduli::Side;
use crate::number::{Interval, Number, PreciseInterval};
use crate::objectives::{Enclosure, Objective, slope};
use crate::potentials::Potential;
use crate::verdict::Witness;
use ndarray::{Array1, ArrayRef1, ArrayView1, aview1};

/// The bound.
#[derive(Clone, Debug)]
pub(crate) struct BregmanBound<'a> {
    pub(crate) objective: &'a dyn Objective,
    pub(crate) side: Side,
    pub(crate) constant: f64,
    pub(crate) potential: Potential,
    pub(crate) offset: f64,
}

fn difference<N: Number>(u: &[N], v: &[N]) -> Vec<N> {
    u.iter().zip(v).map(|(u, v)| u.clone() - v).collect()
}

impl BregmanBound<'_> {
    fn enclosed<N: Number>(&self, u: &[N], v: &[N], divergence: N) -> Terms<N> {
        let unit = self.potential.value_of(&difference(u, v));
        let size = divergence.to_f64().abs() + (unit.to_f64() * self.constant).abs() + self.offset;
        Terms { measured: divergence, unit, size }
    }

    /// `H(v)d`, by a difference quotient where the function does not offer it.
    fn hessian_product(&self, v: &ArrayRef1<f64>, d: &[f64], at_v: &Array1<f64>) -> Option<Array1<f64>> {
        if let Ok(product) = self.objective.hessian_vector(v, &aview1(d)) {
            return Some(product);
        }
        let step = 1e-6;
        let mut ahead: Vec<f64> = v.iter().zip(d).map(|(v, d)| v + step * d).collect();
        self.objective.domain().project(&mut ahead);
        Some((slope(self.objective, &Array1::from(ahead)).ok()? - at_v) / step)
    }
}

impl Inequality for BregmanBound<'_> {
    fn ground(&self) -> &dyn Objective {
        self.objective
    }

    fn functions(&self) -> Vec<&dyn Objective> {
        vec![self.objective]
    }

    fn points(&self) -> Points {
        Points::Two
    }

    fn sense(&self) -> Sense {
        match self.side {
            Side::Smooth => Sense::AtMost,
            Side::Convex => Sense::AtLeast,
        }
    }

    fn constant(&self) -> f64 {
        self.constant
    }

    fn offset(&self) -> f64 {
        self.offset
    }

    fn terms(&self, pair: &Pair) -> Option<Terms<f64>> {
        let (u, v) = (ArrayView1::from(&pair.u), ArrayView1::from(&pair.v));
        let unit = self.potential.value_of(&difference(&pair.u, &pair.v));
        let divergence = self.objective.bregman(&u, &v).ok()?;
        let values = self.objective.value(&u).ok()?.abs() + self.objective.value(&v).ok()?.abs();
        // Where a lower bound is infinite no finite divergence meets it; the largest number stands for it in the search.
        let unit = if self.side == Side::Convex { unit.min(f64::MAX) } else { unit };
        // Equal points, or points so far apart that an upper bound overflows, say nothing.
        (unit > 0.0 && unit.is_finite()).then_some(Terms {
            measured: divergence,
            unit,
            size: values + divergence.abs(),
        })
    }

    fn coarse(&self, u: &[Interval], v: &[Interval]) -> Terms<Interval> {
        self.enclosed(u, v, Interval::bregman(self.objective, u, v))
    }

    fn fine(&self, u: &[PreciseInterval], v: &[PreciseInterval]) -> Terms<PreciseInterval> {
        self.enclosed(u, v, PreciseInterval::bregman(self.objective, u, v))
    }

    fn by_definition(&self, u: &[PreciseInterval], v: &[PreciseInterval]) -> Terms<PreciseInterval> {
        self.enclosed(u, v, PreciseInterval::bregman_by_definition(self.objective, u, v))
    }

    fn slopes(&self, u: &[PreciseInterval], v: &[PreciseInterval]) -> Vec<Slope<'_>> {
        let mut gradient = vec![PreciseInterval::zero(); v.len()];
        PreciseInterval::gradient(self.objective, v, &mut gradient);
        let direction = difference(u, v);
        let declared = Number::dot(&gradient, &direction);
        vec![Slope { function: self.objective, at: v.to_vec(), direction, declared }]
    }

    fn with_slopes(
        &self,
        u: &[PreciseInterval],
        v: &[PreciseInterval],
        slopes: &[PreciseInterval],
    ) -> PreciseInterval {
        let values = PreciseInterval::value(self.objective, u) - PreciseInterval::value(self.objective, v);
        slopes.iter().fold(values, |divergence, slope| divergence - slope)
    }

    fn whole(&self, terms: &Terms<f64>) -> f64 {
        let whole = self.constant.abs() * terms.unit + self.offset;
        if whole > 0.0 { whole } else { terms.unit }
    }

    /// grad_u D = s_u - s_v and grad_v D = -H(v)(u - v); the Hessian product is a difference of gradients where
    /// the function does not offer it.
    fn gradient(
        &self,
        pair: &Pair,
        by_measured: f64,
        by_unit: f64,
        to_u: &mut [f64],
        to_v: &mut [f64],
    ) -> bool {
        let m = pair.u.len();
        let (u, v) = (ArrayView1::from(&pair.u), ArrayView1::from(&pair.v));
        let d = difference(&pair.u, &pair.v);
        let (Ok(at_u), Ok(at_v)) = (slope(self.objective, &u), slope(self.objective, &v)) else {
            return false;
        };
        let Some(curved) = self.hessian_product(&v, &d, &at_v) else { return false };
        let mut slope = vec![0.0; m];
        self.potential.gradient_of(&d, &mut slope);
        for i in 0..m {
            to_u[i] = by_measured * (at_u[i] - at_v[i]) + by_unit * slope[i];
            to_v[i] = -by_measured * curved[i] - by_unit * slope[i];
        }
        true
    }

    fn witness(&self, pair: &Pair) -> Witness {
        Witness::pair(&pair.u, &pair.v)
    }
}
