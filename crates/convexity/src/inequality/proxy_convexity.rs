//! (g, h)-proxy convexity at a pair: `<grad f(w), w - v> >= tau (g(w) - h(v))`.
//!
//! In the names of the search w is u. With g = h = f it is star-convexity at v (tau = 1) and quasar-convexity (tau < 1).

use super::{Inequality, Pair, Points, Sense, Slope, Terms};
use crate::number::{Interval, Number, PreciseInterval};
use crate::objectives::{Enclosure, Objective, slope};
use crate::verdict::Witness;
use ndarray::ArrayView1;

/// The inequality.
#[derive(Clone, Debug)]
pub(crate) struct ProxyConvexity<'a> {
    pub(crate) f: &'a dyn Objective,
    pub(crate) g: &'a dyn Objective,
    pub(crate) h: &'a dyn Objective,
    pub(crate) tau: f64,
}

impl ProxyConvexity<'_> {
    fn enclosed<N: Enclosure>(&self, w: &[N], v: &[N]) -> Terms<N> {
        let mut gradient = vec![N::zero(); w.len()];
        N::gradient(self.f, w, &mut gradient);
        let difference: Vec<N> = w.iter().zip(v).map(|(w, v)| w.clone() - v).collect();
        let (g, h) = (N::value(self.g, w), N::value(self.h, v));
        let inner = N::dot(&gradient, &difference);
        let size = inner.to_f64().abs() + self.tau.abs() * (g.to_f64().abs() + h.to_f64().abs());
        Terms { measured: inner, unit: g - h, size }
    }
}

impl Inequality for ProxyConvexity<'_> {
    fn ground(&self) -> &dyn Objective {
        self.f
    }

    fn functions(&self) -> Vec<&dyn Objective> {
        vec![self.f, self.g, self.h]
    }

    fn points(&self) -> Points {
        Points::Two
    }

    fn sense(&self) -> Sense {
        Sense::AtLeast
    }

    fn constant(&self) -> f64 {
        self.tau
    }

    fn offset(&self) -> f64 {
        0.0
    }

    fn terms(&self, pair: &Pair) -> Option<Terms<f64>> {
        let (w, v) = (ArrayView1::from(&pair.u), ArrayView1::from(&pair.v));
        let gradient = slope(self.f, &w).ok()?;
        let (mut inner, mut size) = (0.0, 0.0);
        for ((s, w), v) in gradient.iter().zip(w).zip(v) {
            inner += s * (w - v);
            size += (s * (w - v)).abs();
        }
        let (g, h) = (self.g.value(&w).ok()?, self.h.value(&v).ok()?);
        Some(Terms { measured: inner, unit: g - h, size: size + self.tau.abs() * (g.abs() + h.abs()) })
    }

    fn coarse(&self, u: &[Interval], v: &[Interval]) -> Terms<Interval> {
        self.enclosed(u, v)
    }

    fn fine(&self, u: &[PreciseInterval], v: &[PreciseInterval]) -> Terms<PreciseInterval> {
        self.enclosed(u, v)
    }

    fn by_definition(&self, u: &[PreciseInterval], v: &[PreciseInterval]) -> Terms<PreciseInterval> {
        self.enclosed(u, v)
    }

    fn slopes(&self, u: &[PreciseInterval], v: &[PreciseInterval]) -> Vec<Slope<'_>> {
        // Towards v, where the domain is.
        let direction: Vec<PreciseInterval> = u.iter().zip(v).map(|(w, v)| v.clone() - w).collect();
        let declared = -self.enclosed(u, v).measured;
        vec![Slope { function: self.f, at: u.to_vec(), direction, declared }]
    }

    fn with_slopes(
        &self,
        _: &[PreciseInterval],
        _: &[PreciseInterval],
        slopes: &[PreciseInterval],
    ) -> PreciseInterval {
        slopes.iter().fold(PreciseInterval::zero(), |sum, slope| sum - slope)
    }

    fn whole(&self, terms: &Terms<f64>) -> f64 {
        terms.size
    }

    fn witness(&self, pair: &Pair) -> Witness {
        Witness::default().with("w", &pair.u).with("v", &pair.v)
    }
}
