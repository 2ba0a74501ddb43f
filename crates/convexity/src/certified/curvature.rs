//! Exponent 2, by second derivatives.

use super::branch_and_bound::{Effort, Proof, minimise, prove};
use super::check;
use super::enclosed::{OnBox, divergence, formula_of, is_differentiable, lift};
use crate::ConvexityError;
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::number::{Interval, Number, PreciseInterval};
use crate::objectives::{Enclosable, Kink, Objective};

/// What is asked of `d'H(x)d` and `||d||^2`.
#[derive(Clone, Copy)]
enum Question {
    /// The slack of a constant.
    Slack(f64),
    /// The constant itself: the quotient, with a minus sign on the smooth side, whose best constant is a
    /// maximum.
    Constant,
}

/// The question on boxes of (x, t): the direction is (1, t) or (t, 1), which together are all directions up
/// to scale.
struct Curvature<'a> {
    formula: &'a dyn Enclosable,
    dimension: usize,
    region: &'a [Interval],
    norm: &'a Norm,
    side: Side,
    question: Question,
    /// Which entry of the direction is 1.
    lead: usize,
}

/// The step from x to the other point of a pair, as a part of the box.
const STEP: f64 = 1.0 / (1_u64 << 60) as f64;

impl Curvature<'_> {
    /// (1, t) or (t, 1).
    fn direction<N: Number>(&self, t: Option<&N>) -> Vec<N> {
        let t = t.cloned().unwrap_or_else(N::zero);
        (0..self.dimension).map(|i| if i == self.lead { N::one() } else { t.clone() }).collect()
    }

    /// The answer where `d'H(x)d` is `second`.
    fn answer<N: Number>(&self, second: N, direction: &[N]) -> N {
        let square = self.norm.power_of(direction, 2.0);
        match (self.question, self.side) {
            (Question::Slack(c), Side::Convex) => second - square * c,
            (Question::Slack(c), Side::Smooth) => square * c - second,
            (Question::Constant, Side::Convex) => second / square,
            (Question::Constant, Side::Smooth) => -(second / square),
        }
    }
}

impl OnBox for Curvature<'_> {
    fn enclose(&self, region: &[Interval]) -> Interval {
        let m = self.dimension;
        let direction = self.direction(region.get(m));
        self.answer(self.formula.curvature_of(&region[..m], &direction), &direction)
    }

    // Not from the second derivative, which is not what the claim is about, but from the pair (x + h d, x): 2
    // D/h^2 in its place.
    fn at(&self, point: &[f64]) -> Option<PreciseInterval> {
        let v = lift(&point[..self.dimension]);
        let direction = self.direction(lift(point).get(v.len()));
        let width = self.region.iter().map(Interval::width).fold(1.0, f64::min);
        let inside = |u: &[PreciseInterval]| {
            u.iter().zip(self.region).all(|(u, side)| {
                let u = u.to_f64_interval();
                side.lo() <= u.lo() && u.hi() <= side.hi()
            })
        };
        [STEP * width, -STEP * width].into_iter().find_map(|h| {
            let u: Vec<_> = v.iter().zip(&direction).map(|(v, d)| v.clone() + d.clone() * h).collect();
            if !inside(&u) || !is_differentiable(self.formula, &v) {
                return None;
            }
            let twice = divergence(self.formula, &u, &v) / h / h * 2.0;
            Some(self.answer(twice, &direction))
        })
    }
}

/// The boxes of (x, t); in one variable there is one direction only.
fn start(region: &[Interval]) -> Vec<Interval> {
    let mut start = region.to_vec();
    if region.len() == 2 {
        start.push(Interval::hull(-1.0, 1.0));
    }
    start
}

fn require_smooth(formula: &dyn Objective, region: &[Interval]) -> Result<(), ConvexityError> {
    check(formula, region)?;
    if let Some(side) = region.iter().find(|side| side.lo() == side.hi()) {
        let requirement = "of positive width on every side";
        return Err(ConvexityError::OutOfRange { argument: "region", value: side.lo(), requirement });
    }
    // Only to say early what would be found out late: that a kink is declared proves nothing, nor that none
    // is.
    if declares_kink(formula, region) {
        let what = "second derivative on a box that a kink meets";
        return Err(ConvexityError::Unsupported { name: formula.name(), what });
    }
    Ok(())
}

fn declares_kink(formula: &dyn Objective, region: &[Interval]) -> bool {
    formula.kinks().iter().any(|kink| match kink {
        Kink::Point(point) => {
            point.len() == region.len() && region.iter().zip(point).all(|(x, p)| x.contains(*p))
        }
        Kink::Hyperplane { normal, offset } => {
            let side = normal.iter().zip(region).fold(Interval::point(-offset), |sum, (n, x)| sum + *x * *n);
            normal.len() == region.len() && side.contains(0.0)
        }
    })
}

/// The constant and the norm of a modulus of exponent 2 without offset, for a formula without a kink on the box.
pub(crate) fn exponent_two<'a>(
    formula: &dyn Objective,
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

/// Proves a modulus of exponent 2 for all pairs of points of a box, in one or two variables and any norm, or
/// refutes it.
///
/// A refutation is a point v (and t, for the direction d = (1, t) or (t, 1)) such that the pair (v + hd, v)
/// with a small h breaks the definition; its value is the slack of that pair times 2/h^2. Where the formula
/// has a kink, declared or not, no second derivative is known, and the answer is never a proof.
///
/// # Errors
///
/// If the modulus is no norm power of exponent 2 without offset, the formula has more than two variables, the
/// box does not fit or has no width, or a declared kink meets it.
pub fn prove_curvature(
    formula: &dyn Objective,
    modulus: &Modulus,
    region: &[Interval],
    effort: &Effort,
) -> Result<Proof, ConvexityError> {
    let (constant, norm) = exponent_two(formula, modulus, region)?;
    prove_constant(formula, modulus.side(), constant, norm, region, effort)
}

/// As [`prove_curvature`], for a constant of either sign.
pub(crate) fn prove_constant(
    function: &dyn Objective,
    side: Side,
    constant: f64,
    norm: &Norm,
    region: &[Interval],
    effort: &Effort,
) -> Result<Proof, ConvexityError> {
    require_smooth(function, region)?;
    norm.require_dimension("norm", function.dimension())?;
    let (formula, dimension) = (formula_of(function)?, function.dimension());
    let question = Question::Slack(constant);
    let mut examined = 0;
    for lead in 0..dimension {
        let curvature = Curvature { formula, dimension, region, norm, side, question, lead };
        match prove(&curvature, vec![start(region)], effort) {
            Proof::Proved { boxes } => examined += boxes,
            other => return Ok(other),
        }
    }
    Ok(Proof::Proved { boxes: examined })
}

/// Encloses the best constant of exponent 2 on a box: the largest convex one (it may be negative), or the
/// least smooth one.
///
/// Ends when the enclosure is at most `tolerance` wide, or the effort is spent: the enclosure is valid in
/// either case.
///
/// # Errors
///
/// If the formula has more than two variables, the box or the norm does not fit, or a declared kink meets the
/// box.
pub fn best_curvature(
    formula: &dyn Objective,
    side: Side,
    norm: &Norm,
    region: &[Interval],
    tolerance: f64,
    effort: &Effort,
) -> Result<Interval, ConvexityError> {
    require_smooth(formula, region)?;
    norm.require_dimension("norm", formula.dimension())?;
    let mut best: Option<Interval> = None;
    let (function, dimension, question) = (formula_of(formula)?, formula.dimension(), Question::Constant);
    for lead in 0..dimension {
        let curvature = Curvature { formula: function, dimension, region, norm, side, question, lead };
        let own = minimise(&curvature, vec![start(region)], tolerance, effort).value;
        best = Some(best.map_or(own, |other| Number::min(&other, &own)));
    }
    let best = best.unwrap_or_else(Interval::whole);
    Ok(if side == Side::Convex { best } else { -best })
}
