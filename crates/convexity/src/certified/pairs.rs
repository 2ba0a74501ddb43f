//! Any exponent, by covering the pairs; one variable.

use super::branch_and_bound::{Effort, Proof, prove};
use super::check;
use super::enclosed::{OnBox, divergence, formula_of, is_differentiable, lift, mean_curvatures, meet};
use crate::ConvexityError;
use crate::error::require_range;
use crate::moduli::{Modulus, Side};
use crate::number::{Interval, Number, PreciseInterval};
use crate::objectives::{Enclosable, Objective};

/// The slack of a modulus on boxes of pairs (u, v).
struct PairSlack<'a> {
    formula: &'a dyn Enclosable,
    modulus: &'a Modulus,
    /// Constant over exponent, and the exponent.
    power: (Interval, f64),
}

impl PairSlack<'_> {
    /// The slack by the mean-value theorem from the middle of the box: its slopes are small where u and v are
    /// near.
    fn mean_value(&self, u: Interval, v: Interval, hull: Interval) -> Interval {
        let (at_u, at_v) = (Interval::point(u.midpoint()), Interval::point(v.midpoint()));
        let there = self.modulus.slack(divergence(self.formula, &[at_u], &[at_v]), &[at_u - at_v]);
        let displacement = u - v;
        let one = [Interval::one()];
        let (of_u, of_v): (Interval, Interval) =
            (self.formula.slopes_of(&[u])[0], self.formula.slopes_of(&[v])[0]);
        let mut of_bound = [Interval::zero()];
        self.modulus.potential().gradient_of(&[displacement], &mut of_bound);
        // The slopes of the divergence: G'(u) - G'(v), which is also G'' (u - v), and -G''(v) (u - v).
        let by_u = meet(of_u - of_v, self.formula.curvature_of(&[hull], &one) * displacement) - of_bound[0];
        let by_v = of_bound[0] - self.formula.curvature_of(&[v], &one) * displacement;
        let change = by_u * (u - at_u) + by_v * (v - at_v);
        match self.modulus.side() {
            Side::Convex => there + change,
            Side::Smooth => there - change,
        }
    }

    /// The bound's constant / exponent times d^(exponent - 2), for d up to a distance.
    fn power(&self, distance: Interval) -> Interval {
        let (constant, exponent) = self.power;
        if exponent >= 2.0 {
            return constant * distance.powf(exponent - 2.0);
        }
        // It grows beyond every bound as d falls to 0, where both the divergence and the bound are 0.
        let least = constant * Interval::point(distance.hi()).powf(exponent - 2.0);
        if least.is_undefined() { least } else { Interval::hull(least.lo(), f64::INFINITY) }
    }
}

impl OnBox for PairSlack<'_> {
    fn enclose(&self, region: &[Interval]) -> Interval {
        let (u, v) = (region[0], region[1]);
        let displacement = u - v;
        let direct = self.modulus.slack(divergence(self.formula, &[u], &[v]), &[displacement]);
        // Near the diagonal the slack itself tends to 0, but D = d^2 times the integral of (1-t) G''(v + td)
        // over [0, 1]: the slack is d^2 times a factor whose sign can be told.
        let (_, mean) = mean_curvatures(self.formula, u, v);
        let power = self.power(Number::abs(&displacement));
        let factor = match self.modulus.side() {
            Side::Convex => mean - power,
            Side::Smooth => power - mean,
        };
        if factor.lo() >= 0.0 {
            return Interval::hull(0.0, f64::INFINITY);
        }
        let hull = u.union(&v);
        if hull.is_finite() { meet(direct, self.mean_value(u, v, hull)) } else { direct }
    }

    fn at(&self, point: &[f64]) -> Option<PreciseInterval> {
        let (u, v) = (lift(&point[..1]), lift(&point[1..]));
        let displacement = [u[0].clone() - &v[0]];
        is_differentiable(self.formula, &v)
            .then(|| self.modulus.slack(divergence(self.formula, &u, &v), &displacement))
    }
}

fn pair_slack<'a>(
    function: &'a dyn Objective,
    modulus: &'a Modulus,
) -> Result<PairSlack<'a>, ConvexityError> {
    let formula = formula_of(function)?;
    require_range("formula", function.dimension() as f64, function.dimension() == 1, "of one variable")?;
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
/// A refutation is a pair (u, v). At a point where both the second derivative and the bound vanish (x^4 at 0)
/// the proof stays open; see [`prove_homogeneous`].
///
/// # Errors
///
/// If the formula is not of one variable, the modulus is no norm power, or the interval leaves the domain.
pub fn prove_pairs(
    formula: &dyn Objective,
    modulus: &Modulus,
    region: Interval,
    effort: &Effort,
) -> Result<Proof, ConvexityError> {
    check(formula, &[region])?;
    Ok(prove(&pair_slack(formula, modulus)?, vec![vec![region, region]], effort))
}

/// Proves a modulus on the whole line for a function that is homogeneous of the degree r of the bound, or
/// refutes it.
///
/// If G(tx) = t^r G(x) for t > 0, the slack of the pair (tu, tv) is t^r times that of (u, v), so the pairs
/// with max(|u|, |v|) = 1 stand for all. That the function is homogeneous is the caller's word.
///
/// # Errors
///
/// As [`prove_pairs`]; also if the modulus has an offset.
pub fn prove_homogeneous(
    formula: &dyn Objective,
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
