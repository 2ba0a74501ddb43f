//! Enclosures of a formula on a box: natural, and by the mean-value theorem.

use crate::number::{Dual, Interval, Number};
use crate::objectives::Formula;

/// A function of which intervals can be enclosed.
pub(super) trait OnBox {
    /// An interval that contains every value on the box; undefined if the function may be undefined there.
    fn enclose(&self, region: &[Interval]) -> Interval;
}

/// A formula of one or two variables.
pub(super) struct FormulaOnBox<'a, F>(pub(super) &'a F);

impl<F: Formula> OnBox for FormulaOnBox<'_, F> {
    fn enclose(&self, region: &[Interval]) -> Interval {
        let mut best = self.0.value(region);
        if best.is_undefined() || region.iter().all(|x| x.width() == 0.0) {
            return best;
        }
        let slopes: Vec<Interval> = (0..region.len())
            .map(|i| {
                let mut point: Vec<Dual<Interval>> = region.iter().copied().map(Dual::constant).collect();
                point[i].derivative = Interval::one();
                self.0.value(&point).derivative
            })
            .collect();
        // From each side of the box across it: f(x) lies in f(side) + slope (x - side). This also catches monotone functions.
        for i in 0..region.len() {
            for end in [region[i].lo(), region[i].hi()] {
                if end.is_finite() {
                    let mut side = region.to_vec();
                    side[i] = Interval::point(end);
                    best = meet(best, self.0.value(&side) + slopes[i] * (region[i] - end));
                }
            }
        }
        // And from the middle in all directions.
        if region.iter().all(Number::is_finite) {
            let middle: Vec<Interval> = region.iter().map(|x| Interval::point(x.midpoint())).collect();
            let across = (0..region.len()).fold(self.0.value(&middle), |sum: Interval, i| {
                sum + slopes[i] * (region[i] - middle[i].lo())
            });
            best = meet(best, across);
        }
        best
    }
}

/// What lies in both enclosures of the same values; an undefined one tells nothing.
pub(super) fn meet(a: Interval, b: Interval) -> Interval {
    if a.is_undefined() {
        return b;
    }
    let (lo, hi) = (a.lo().max(b.lo()), a.hi().min(b.hi()));
    // f64::max and min pass over a NaN. Two enclosures of the same values meet; if not, one was wrong, and neither is used.
    if lo <= hi { Interval::hull(lo, hi) } else { Interval::undefined() }
}
