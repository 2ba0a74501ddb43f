//! The g-proxy Polyak-Lojasiewicz inequality at a point: `||grad f(w)||^alpha >= (mu/2)(g(w) - xi)`.
//!
//! In the names of the search w is u, and v plays no part.

use super::{Inequality, Pair, Points, Sense, Slope, Terms};
use crate::number::{Interval, Number, PreciseInterval};
use crate::objectives::{Enclosure, Objective, slope};
use crate::verdict::Witness;
use ndarray::ArrayView1;

/// By how much the slope along the diagonal may be uncertain without a veto.
const DIAGONAL: f64 = 1e-9;

/// The inequality.
#[derive(Clone, Debug)]
pub(crate) struct PolyakLojasiewicz<'a> {
    pub(crate) f: &'a dyn Objective,
    pub(crate) g: &'a dyn Objective,
    pub(crate) xi: f64,
    pub(crate) alpha: f64,
    pub(crate) mu: f64,
}

impl PolyakLojasiewicz<'_> {
    fn power<N: Number>(&self, gradient: &[N]) -> N {
        let square = gradient.iter().fold(N::zero(), |sum, s| sum + s.square());
        if self.alpha == 2.0 { square } else { square.powf(0.5 * self.alpha) }
    }

    fn enclosed<N: Enclosure>(&self, w: &[N]) -> Terms<N> {
        let mut gradient = vec![N::zero(); w.len()];
        N::gradient(self.f, w, &mut gradient);
        let g = N::value(self.g, w);
        let measured = self.power(&gradient);
        let size = measured.to_f64() + 0.5 * self.mu * (g.to_f64().abs() + self.xi.abs());
        Terms { measured, unit: (g - self.xi) * 0.5, size }
    }
}

impl Inequality for PolyakLojasiewicz<'_> {
    fn ground(&self) -> &dyn Objective {
        self.f
    }

    fn functions(&self) -> Vec<&dyn Objective> {
        vec![self.f, self.g]
    }

    fn points(&self) -> Points {
        Points::One
    }

    fn sense(&self) -> Sense {
        Sense::AtLeast
    }

    fn constant(&self) -> f64 {
        self.mu
    }

    fn offset(&self) -> f64 {
        0.0
    }

    fn terms(&self, pair: &Pair) -> Option<Terms<f64>> {
        let w = ArrayView1::from(&pair.u);
        let gradient = slope(self.f, &w).ok()?;
        let norm = gradient.iter().fold(0.0_f64, |norm, s| norm.hypot(*s));
        let g = self.g.value(&w).ok()?;
        let measured = norm.powf(self.alpha);
        let size = measured + 0.5 * self.mu * (g.abs() + self.xi.abs());
        Some(Terms { measured, unit: 0.5 * (g - self.xi), size })
    }

    fn coarse(&self, u: &[Interval], _: &[Interval]) -> Terms<Interval> {
        self.enclosed(u)
    }

    fn fine(&self, u: &[PreciseInterval], _: &[PreciseInterval]) -> Terms<PreciseInterval> {
        self.enclosed(u)
    }

    fn by_definition(&self, u: &[PreciseInterval], _: &[PreciseInterval]) -> Terms<PreciseInterval> {
        self.enclosed(u)
    }

    fn slopes(&self, u: &[PreciseInterval], _: &[PreciseInterval]) -> Vec<Slope<'_>> {
        let mut gradient = vec![PreciseInterval::zero(); u.len()];
        PreciseInterval::gradient(self.f, u, &mut gradient);
        let slope = |direction: Vec<PreciseInterval>| {
            let declared = Number::dot(&gradient, &direction);
            Slope { function: self.f, at: u.to_vec(), direction, declared }
        };
        let axis = |i: usize| {
            let mut direction = vec![PreciseInterval::zero(); u.len()];
            direction[i] = PreciseInterval::one();
            direction
        };
        // The axes, and the diagonal: at a kink every axis may allow a slope that together are none.
        let mut slopes: Vec<Slope<'_>> = (0..u.len()).map(|i| slope(axis(i))).collect();
        slopes.push(slope(vec![PreciseInterval::one(); u.len()]));
        slopes
    }

    fn with_slopes(
        &self,
        u: &[PreciseInterval],
        _: &[PreciseInterval],
        slopes: &[PreciseInterval],
    ) -> PreciseInterval {
        let mut gradient = vec![PreciseInterval::zero(); u.len()];
        PreciseInterval::gradient(self.f, u, &mut gradient);
        gradient.iter_mut().zip(slopes).for_each(|(own, slope)| *own = slope.clone());
        // The diagonal's slope has no place in the norm: it vetoes.
        let diagonal = slopes.last().map(PreciseInterval::to_f64_interval);
        match diagonal {
            Some(slope) if slope.width() <= DIAGONAL * (1.0 + slope.midpoint().abs()) => {
                self.power(&gradient)
            }
            Some(_) | None => PreciseInterval::unknown(),
        }
    }

    fn whole(&self, terms: &Terms<f64>) -> f64 {
        terms.size
    }

    fn witness(&self, pair: &Pair) -> Witness {
        Witness::default().with("w", &pair.u)
    }
}
