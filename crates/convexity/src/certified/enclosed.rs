//! Enclosures of a formula on a box, with the help of its derivatives.
//!
//! All derivatives are those of the formula's value; see [`Differentiate`].

use crate::ConvexityError;
use crate::number::{Endpoint, Interval, Number, PreciseInterval};
use crate::objectives::{Differentiate, Enclosable, Evaluate, Objective};

/// The function as a formula.
pub(super) fn formula_of(function: &dyn Objective) -> Result<&dyn Enclosable, ConvexityError> {
    let what = "formula to be enclosed on boxes";
    function.enclosable().ok_or_else(|| ConvexityError::Unsupported { name: function.name(), what })
}

/// A function of which intervals can be enclosed.
pub(super) trait OnBox {
    /// An interval that contains every value on the box; undefined if the function may be undefined there.
    fn enclose(&self, region: &[Interval]) -> Interval;

    /// The value at a point, in 256 bits and from the definition; none where the definition does not apply.
    fn at(&self, point: &[f64]) -> Option<PreciseInterval>;
}

/// A formula of one or two variables.
pub(super) struct FormulaOnBox<'a>(pub(super) &'a dyn Enclosable);

impl OnBox for FormulaOnBox<'_> {
    fn enclose(&self, region: &[Interval]) -> Interval {
        let mut best: Interval = self.0.value_of(region);
        if best.is_undefined() || region.iter().all(|x| x.width() == 0.0) {
            return best;
        }
        let slopes = self.0.slopes_of(region);
        // From each side of the box across it: f(x) lies in f(side) + slope (x - side). This also catches
        // monotone functions.
        for i in 0..region.len() {
            for end in [region[i].lo(), region[i].hi()] {
                if end.is_finite() {
                    let mut side = region.to_vec();
                    side[i] = Interval::point(end);
                    best = meet(best, self.0.value_of(&side) + slopes[i] * (region[i] - end));
                }
            }
        }
        // And from the middle in all directions.
        if region.iter().all(Number::is_finite) {
            let middle: Vec<Interval> = region.iter().map(|x| Interval::point(x.midpoint())).collect();
            let across = (0..region.len()).fold(self.0.value_of(&middle), |sum: Interval, i| {
                sum + slopes[i] * (region[i] - middle[i].lo())
            });
            best = meet(best, across);
        }
        best
    }

    fn at(&self, point: &[f64]) -> Option<PreciseInterval> {
        Some(self.0.value_of(&lift(point)))
    }
}

/// A point in 256 bits.
pub(super) fn lift(point: &[f64]) -> Vec<PreciseInterval> {
    point.iter().map(|&x| Number::from_f64(x)).collect()
}

/// The Bregman divergence from the value alone.
pub(super) fn divergence<E: Endpoint>(
    formula: &dyn Enclosable,
    u: &[Interval<E>],
    v: &[Interval<E>],
) -> Interval<E>
where
    for<'a> dyn Enclosable + 'a: Evaluate<Interval<E>> + Differentiate<E>,
{
    let slopes = formula.slopes_of(v);
    let linear = u
        .iter()
        .zip(v)
        .zip(slopes)
        .fold(Interval::zero(), |sum: Interval<E>, ((u, v), s)| sum + s * (u.clone() - v));
    formula.value_of(u) - formula.value_of(v) - linear
}

/// Whether the slopes at a point are known to be derivatives, and no mean of the two sides of a kink.
///
/// The words that give a slope at a kink give no second derivative there.
pub(super) fn is_differentiable(formula: &dyn Enclosable, x: &[PreciseInterval]) -> bool {
    (0..x.len()).all(|i| {
        let mut axis = vec![PreciseInterval::zero(); x.len()];
        axis[i] = PreciseInterval::one();
        formula.curvature_of(x, &axis).is_finite()
    })
}

/// Pieces of the segment on which the second derivative is enclosed.
const PIECES: usize = 8;

/// The integrals of G''(v + t(u-v)) and of (1-t) G''(v + t(u-v)) over [0, 1], piece by piece; the weights are
/// dyadic, hence exact.
///
/// In one variable; times u - v the first is G'(u) - G'(v), and times (u-v)^2 the second is the divergence.
pub(super) fn mean_curvatures(formula: &dyn Enclosable, u: Interval, v: Interval) -> (Interval, Interval) {
    let step = 1.0 / PIECES as f64;
    let hull = u.union(&v);
    (0..PIECES).fold((Interval::zero(), Interval::zero()), |(plain, weighted), k| {
        let (from, to) = (k as f64 * step, (k + 1) as f64 * step);
        let t = Interval::hull(from, to);
        let piece = meet(hull, u * t + v * (-t + 1.0));
        let second = formula.curvature_of(&[piece], &[Interval::one()]);
        (plain + second * step, weighted + second * (step * (1.0 - 0.5 * (from + to))))
    })
}

/// What lies in both enclosures of the same values; an undefined one tells nothing.
pub(super) fn meet(a: Interval, b: Interval) -> Interval {
    if a.is_undefined() {
        return b;
    }
    let (lo, hi) = (a.lo().max(b.lo()), a.hi().min(b.hi()));
    // f64::max and min pass over a NaN. Two enclosures of the same values meet; if not, one was wrong, and
    // neither is used.
    if lo <= hi { Interval::hull(lo, hi) } else { Interval::undefined() }
}
