//! Any exponent, by covering the pairs; one variable.

use super::branch_and_bound::{Effort, Proof, prove};
use super::curvature::second_derivative;
use super::enclosed::{OnBox, meet};
use super::{check, kinked};
use crate::ConvexityError;
use crate::error::require_range;
use crate::moduli::{Modulus, Side};
use crate::number::{Interval, Number};
use crate::objectives::Formula;

/// The slack of a modulus on boxes of pairs (u, v).
struct PairSlack<'a, F> {
    formula: &'a F,
    modulus: &'a Modulus,
    /// Constant over exponent, and the exponent.
    power: (Interval, f64),
}

/// Pieces of the segment on which the second derivative is enclosed.
const PIECES: usize = 8;

impl<F: Formula> PairSlack<'_, F> {
    /// The integral of (1-t) G''(v + t(u-v)) over [0, 1], piece by piece; the weights are dyadic, hence exact.
    fn weighted_mean(&self, u: Interval, v: Interval, hull: Interval) -> Interval {
        let step = 1.0 / PIECES as f64;
        (0..PIECES).fold(Interval::zero(), |sum, k| {
            let (from, to) = (k as f64 * step, (k + 1) as f64 * step);
            let t = Interval::hull(from, to);
            let piece = meet(hull, u * t + v * (-t + 1.0));
            let second = second_derivative(self.formula, &[piece], &[Interval::one()]);
            sum + second * (step * (1.0 - 0.5 * (from + to)))
        })
    }
}

impl<F: Formula> PairSlack<'_, F> {
    /// The slack by the mean-value theorem from the middle of the box: its slopes are small where u and v are near.
    fn mean_value(&self, u: Interval, v: Interval, hull: Interval) -> Interval {
        let (at_u, at_v) = (Interval::point(u.midpoint()), Interval::point(v.midpoint()));
        let there = self.modulus.slack(self.formula.bregman(&[at_u], &[at_v]), &[at_u - at_v]);
        let displacement = u - v;
        let one = [Interval::one()];
        let mut gradients = [[Interval::zero()]; 3];
        self.formula.gradient(&[u], &mut gradients[0]);
        self.formula.gradient(&[v], &mut gradients[1]);
        self.modulus.potential().gradient_of(&[displacement], &mut gradients[2]);
        let [[of_u], [of_v], [of_bound]] = gradients;
        // The slopes of the divergence: G'(u) - G'(v), which is also G'' (u - v), and -G''(v) (u - v).
        let by_u =
            meet(of_u - of_v, second_derivative(self.formula, &[hull], &one) * displacement) - of_bound;
        let by_v = of_bound - second_derivative(self.formula, &[v], &one) * displacement;
        let change = by_u * (u - at_u) + by_v * (v - at_v);
        match self.modulus.side() {
            Side::Convex => there + change,
            Side::Smooth => there - change,
        }
    }
}

impl<F: Formula> OnBox for PairSlack<'_, F> {
    fn enclose(&self, region: &[Interval]) -> Interval {
        let (u, v) = (region[0], region[1]);
        let displacement = u - v;
        let direct = self.modulus.slack(self.formula.bregman(&[u], &[v]), &[displacement]);
        // Near the diagonal the slack itself tends to 0, but D = d^2 times the integral of (1-t) G''(v + td) over [0, 1]: the
        // slack is d^2 times a factor whose sign can be told.
        let hull = u.union(&v);
        if kinked(self.formula, &[hull]) {
            return direct;
        }
        let mean = self.weighted_mean(u, v, hull);
        let distance = Number::abs(&displacement);
        let power = self.power.0 * distance.powf(self.power.1 - 2.0);
        let factor = match self.modulus.side() {
            Side::Convex => mean - power,
            Side::Smooth => power - mean,
        };
        if factor.lo() >= 0.0 {
            return Interval::hull(0.0, f64::INFINITY);
        }
        if hull.is_finite() { meet(direct, self.mean_value(u, v, hull)) } else { direct }
    }
}

fn pair_slack<'a, F: Formula>(
    formula: &'a F,
    modulus: &'a Modulus,
) -> Result<PairSlack<'a, F>, ConvexityError> {
    require_range("formula", formula.dimension() as f64, formula.dimension() == 1, "of one variable")?;
    modulus.potential().require_dimension("modulus", 1)?;
    let Some((constant, exponent, norm)) = modulus.as_norm_power() else {
        let reason = "pairs are covered for norm powers only".into();
        return Err(ConvexityError::Incompatible { what: "the modulus", reason });
    };
    // The norm on the line is a multiple of the absolute value.
    let unit = norm.power_of(&[Interval::one()], exponent.get());
    Ok(PairSlack { formula, modulus, power: (unit * constant / exponent.get(), exponent.get()) })
}

/// Proves a norm-power modulus of any exponent, with any offset, for all pairs of an interval, or refutes it.
///
/// A refutation is a box of pairs (u, v). At a point where both the second derivative and the bound vanish (x^4 at 0) the
/// proof stays open; see [`prove_homogeneous`].
///
/// # Errors
///
/// If the formula is not of one variable, the modulus is no norm power, or the interval leaves the domain.
pub fn prove_pairs<F: Formula>(
    formula: &F,
    modulus: &Modulus,
    region: Interval,
    effort: &Effort,
) -> Result<Proof, ConvexityError> {
    check(formula, &[region])?;
    Ok(prove(&pair_slack(formula, modulus)?, vec![vec![region, region]], effort))
}

/// Proves a modulus on the whole line for a function that is homogeneous of the degree r of the bound, or refutes it.
///
/// If G(tx) = t^r G(x) for t > 0, the slack of the pair (tu, tv) is t^r times that of (u, v), so the pairs with
/// max(|u|, |v|) = 1 stand for all. That the function is homogeneous is the caller's word.
///
/// # Errors
///
/// As [`prove_pairs`]; also if the modulus has an offset.
pub fn prove_homogeneous<F: Formula>(
    formula: &F,
    modulus: &Modulus,
    effort: &Effort,
) -> Result<Proof, ConvexityError> {
    let across = Interval::hull(-1.0, 1.0);
    check(formula, &[across])?;
    require_range("offset", modulus.offset(), modulus.offset() == 0.0, "zero: an offset is not homogeneous")?;
    let edges = [-1.0, 1.0]
        .into_iter()
        .flat_map(|end| [vec![Interval::point(end), across], vec![across, Interval::point(end)]])
        .collect();
    Ok(prove(&pair_slack(formula, modulus)?, edges, effort))
}
