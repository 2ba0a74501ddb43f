//! Exponent 2, by second derivatives.

use super::branch_and_bound::{Effort, Proof, minimise, prove};
use super::enclosed::{OnBox, meet};
use super::{check, kinked};
use crate::ConvexityError;
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::number::{Dual, Interval, Number};
use crate::objectives::Formula;

/// What is asked of `d'H(x)d` and `||d||^2`.
#[derive(Clone, Copy)]
enum Question {
    /// The slack of a constant.
    Slack(f64),
    /// The constant itself: the quotient, with a minus sign on the smooth side, whose best constant is a maximum.
    Constant,
}

/// The question on boxes of (x, t): the direction is (1, t) or (t, 1), which together are all directions up to scale.
struct Curvature<'a, F> {
    formula: &'a F,
    norm: &'a Norm,
    side: Side,
    question: Question,
    /// Which entry of the direction is 1.
    lead: usize,
}

impl<F: Formula> OnBox for Curvature<'_, F> {
    fn enclose(&self, region: &[Interval]) -> Interval {
        let m = self.formula.dimension();
        let direction: Vec<Interval> =
            (0..m).map(|i| if i == self.lead { Interval::one() } else { region[m] }).collect();
        let second = second_derivative(self.formula, &region[..m], &direction);
        let square = self.norm.power_of(&direction, 2.0);
        match (self.question, self.side) {
            (Question::Slack(c), Side::Convex) => second - square * c,
            (Question::Slack(c), Side::Smooth) => square * c - second,
            (Question::Constant, Side::Convex) => second / square,
            (Question::Constant, Side::Smooth) => -(second / square),
        }
    }
}

/// `d'H(x)d`, enclosed in two ways: the function's own gradient differentiated along d, and its value differentiated twice.
///
/// The first says more where the value is written with absolute values that cancel, the second often elsewhere.
pub(super) fn second_derivative<F: Formula>(formula: &F, x: &[Interval], direction: &[Interval]) -> Interval {
    let along: Vec<Dual<Interval>> =
        x.iter().zip(direction).map(|(&value, &derivative)| Dual { value, derivative }).collect();
    let mut gradient = vec![Dual::constant(Interval::zero()); x.len()];
    formula.gradient(&along, &mut gradient);
    let of_gradient =
        gradient.iter().zip(direction).fold(Interval::zero(), |sum, (g, d)| sum + g.derivative * d);
    let twice: Vec<Dual<Dual<Interval>>> =
        along.into_iter().map(|value| Dual { value, derivative: Dual::constant(value.derivative) }).collect();
    meet(of_gradient, formula.value(&twice).derivative.derivative)
}

/// The boxes of (x, t); in one variable there is one direction only.
fn start(region: &[Interval]) -> Vec<Interval> {
    let mut start = region.to_vec();
    if region.len() == 2 {
        start.push(Interval::hull(-1.0, 1.0));
    }
    start
}

fn require_smooth<F: Formula>(formula: &F, region: &[Interval]) -> Result<(), ConvexityError> {
    check(formula, region)?;
    if kinked(formula, region) {
        let what = "second derivative on a box that a kink meets";
        return Err(ConvexityError::Unsupported { name: formula.name(), what });
    }
    Ok(())
}

/// The constant and the norm of a modulus of exponent 2 without offset, for a formula without a kink on the box.
pub(crate) fn exponent_two<'a, F: Formula>(
    formula: &F,
    modulus: &'a Modulus,
    region: &[Interval],
) -> Result<(f64, &'a Norm), ConvexityError> {
    require_smooth(formula, region)?;
    let (constant, norm) = match modulus.as_norm_power() {
        Some((c, r, norm)) if r.get() == 2.0 && modulus.offset() == 0.0 => (c, norm),
        _ => {
            let reason =
                "second derivatives decide norm powers of exponent 2 without offset; see prove_pairs".into();
            return Err(ConvexityError::Incompatible { what: "the modulus", reason });
        }
    };
    norm.require_dimension("modulus", formula.dimension())?;
    Ok((constant, norm))
}

/// Proves a modulus of exponent 2 for all pairs of points of a box, in one or two variables and any norm, or refutes it.
///
/// A refutation is a box of points (and t, for the direction (1, t) or (t, 1)) at which the second derivative is on the
/// wrong side.
///
/// # Errors
///
/// If the modulus is no norm power of exponent 2 without offset, the formula has more than two variables, the box does not
/// fit, or a kink meets it.
pub fn prove_curvature<F: Formula>(
    formula: &F,
    modulus: &Modulus,
    region: &[Interval],
    effort: &Effort,
) -> Result<Proof, ConvexityError> {
    let (constant, norm) = exponent_two(formula, modulus, region)?;
    let mut examined = 0;
    for lead in 0..formula.dimension() {
        let side = modulus.side();
        let curvature = Curvature { formula, norm, side, question: Question::Slack(constant), lead };
        match prove(&curvature, vec![start(region)], effort) {
            Proof::Proved { boxes } => examined += boxes,
            other => return Ok(other),
        }
    }
    Ok(Proof::Proved { boxes: examined })
}

/// Encloses the best constant of exponent 2 on a box: the largest convex one (it may be negative), or the least smooth one.
///
/// Ends when the enclosure is at most `tolerance` wide, or the effort is spent: the enclosure is valid in either case.
///
/// # Errors
///
/// If the formula has more than two variables, the box or the norm does not fit, or a kink meets the box.
pub fn best_curvature<F: Formula>(
    formula: &F,
    side: Side,
    norm: &Norm,
    region: &[Interval],
    tolerance: f64,
    effort: &Effort,
) -> Result<Interval, ConvexityError> {
    require_smooth(formula, region)?;
    norm.require_dimension("norm", formula.dimension())?;
    let mut best: Option<Interval> = None;
    for lead in 0..formula.dimension() {
        let curvature = Curvature { formula, norm, side, question: Question::Constant, lead };
        let own = minimise(&curvature, vec![start(region)], tolerance, effort).value;
        best = Some(best.map_or(own, |other| Number::min(&other, &own)));
    }
    let best = best.unwrap_or_else(Interval::whole);
    Ok(if side == Side::Convex { best } else { -best })
}
