//! T7: How fast generalised gradient descent is, four times: for any function, convex functions, and
//! functions dominated by their gradient.
//!
//! **Statement.** G H(Phi)-smooth with offset `c_Phi >= 0`, `D_k = G(x_k) - G_inf`, steps with a = 1. (i)
//! `min_{k<T} Phi*(grad G(x_k)) <= D_0 / T + c_Phi`. For `Phi = N(C, r, .)`, r > 1: (ii) G convex with a
//! minimiser from which the points before T stay within R: the decay of kappa = q, `B = (1/q) C^{-(q-1)}
//! R^{-q}`. (iii) `G - G_inf <= phi*(grad G) + c_phi`, `phi = N(c, r, .)`, `beta = min(1, (c/C)^{q-1})`:
//! `D_T <= D* + (1 - beta)^T (D_0 - D*)`, `D* = c_phi + c_Phi / beta`. (iv) The same with the exponents
//! `kappa = q_Phi / q_phi > 1`: the decay of kappa, `B = K_Phi K_phi^{-kappa}`, `K = (1/q) c^{-(q-1)}`.
//!
//! The decay: with `X = (c_Phi/B)^{1/kappa}`, `D* = c_phi + X` (c_phi = 0 in (ii)), `E_0 = max(D_0 - D*, 0)`,
//! `z = kappa c_Phi / X` and `W_T = min((E_0^{-(kappa-1)} + (kappa-1) B T)^{-1/(kappa-1)}, max(1-z, 0)^T E_0)`,
//! the least of `D_0, ..., D_T` is at most `D* + W_T` and `D_T <= D* + max(o, W_T)`, where `o = (X/kappa) (z -
//! kappa + (kappa-1) z^{-1/(kappa-1)})` if z > 1, else 0. Without offsets `D* = o = z = 0`.
//!
//! **Assumptions.** Those of T6; no value below the infimum, and the subgradient 0 at a minimiser that is
//! named; for (ii) `G(u*) >= G(x_k) + <grad G(x_k), u* - x_k>`, for (iii) and (iv) the domination at every
//! point before T: all measured along the trajectory, which is what the proofs use. R is the largest
//! distance so far.
//!
//! **What is computed.** Both sides at every prefix T. All four follow from `D_{k+1} <= D_k - Phi*(grad
//! G(x_k)) + c_Phi`, by a map that never increases distances. A step whose rounding costs e, as T6 counts
//! it, therefore weakens every later bound by e at most: where f64 shows a negative slack, these e are
//! enclosed in 256 bits and granted, and the slack counts beyond that.
//!
//! **Reference.** GCS (arXiv 2608.09523), section 4; (ii) to (iv) by the integral bound for `D - B D^kappa`;
//! the offsets are this project's.
//!
//! **Cost.** One conjugate and one divergence for each step; 256-bit evaluations of the prefixes in doubt.
//!
//! ```
//! use fenchel_convexity::catalogue::Quadratic;
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::theorems::descent::Run;
//! use fenchel_convexity::theorems::gradient_bounds::Infimum;
//! use fenchel_convexity::theorems::rates;
//! use fenchel_convexity::trajectory::GeneralisedDescent;
//! use ndarray::array;
//!
//! let function = Quadratic::diagonal(&[1.0, 3.0])?;
//! let (smooth, convex) = (Modulus::smooth(3.0, 2.0, Norm::L2)?, Modulus::convex(1.0, 2.0, Norm::L2)?);
//! let method = GeneralisedDescent::new(smooth.potential().clone(), 1.0)?;
//! let trajectory = method.run(&function, &array![2.0, 1.0], 50)?;
//! let run = Run::new(&function, &smooth, &trajectory);
//! assert!(rates::energy(&run, &Infimum::AtLeast(0.0))?.verdict().holds());
//! assert!(rates::convex(&run, &array![0.0, 0.0])?.verdict().holds());
//! assert!(rates::dominated(&run, &convex, &Infimum::AtLeast(0.0))?.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod assumptions;
mod bound;
mod prefixes;

pub use bound::{Decay, Floor};

use super::condition::measure;
use super::descent::Run;
use super::infimum::{Infimum, stationary};
use super::steps::Steps;
use crate::error::{ConvexityError, require_range};
use crate::inequality::{Observation, Tally};
use crate::moduli::Modulus;
use crate::trajectory::GeneralisedDescent;
use crate::verdict::{Hypothesis, Report, Witness};
use assumptions::{Domination, Tangents};
use ndarray::ArrayRef1;
use prefixes::Prefixes;

/// What the rounding of a bound's constants in f64, a dozen operations, may explain at least, relative to it; see
/// [`Decay::rounded`] for powers and exponents that amplify it.
const TOLERANCE: f64 = 1e-13;

/// Examines (i), the least gradient energy of every prefix.
///
/// # Errors
///
/// As [`super::descent::check`], and if the infimum is not finite.
pub fn energy(run: &Run<'_>, infimum: &Infimum) -> Result<Report, ConvexityError> {
    let (method, least) = prepare(run, infimum)?;
    let (states, steps, points) = (run.trajectory.states(), run.steps(&method), run.points());
    let mut exact = Prefixes::new(&steps, infimum);
    let (first, offset) = (states[0].value - least, run.modulus.offset());
    let size = states[0].value.abs() + least.abs();
    let mut tally = Tally::new("T7(i)");
    let mut smallest = f64::INFINITY;
    for t in 1..states.len() {
        smallest = smallest.min(method.dual().value_of(&states[t - 1].gradient.to_vec()));
        let bound = first / t as f64 + offset;
        let size = size / t as f64 + offset;
        tally.observe(
            &Observation { measured: smallest, bound, slack: bound - smallest, size },
            || prefix(t, points[t]),
            || {
                exact.slack(t, |enclosed| {
                    (enclosed.gap(0) + enclosed.granted(t)) / t as f64 + offset - enclosed.least_energy(t)
                })
            },
        );
    }
    let mut hypotheses = run.hypotheses(&steps);
    hypotheses.extend(infimum.hypotheses(run.function, &points));
    Ok(tally.finish(hypotheses))
}

/// Examines (ii), the rate for a convex function with a minimiser.
///
/// # Errors
///
/// As [`energy`], and if the minimiser is no point of the domain or the potential no norm power with r > 1.
pub fn convex(run: &Run<'_>, minimiser: &ArrayRef1<f64>) -> Result<Report, ConvexityError> {
    let infimum = Infimum::At(minimiser.to_owned());
    let (method, least) = prepare(run, &infimum)?;
    let (c, r, norm) = run.modulus.require_power()?;
    let points = run.points();
    let mut radius: f64 = 0.0;
    let mut radii = Vec::with_capacity(points.len());
    for point in &points {
        let offset: Vec<f64> = point.iter().zip(minimiser).map(|(x, u)| x - u).collect();
        radius = radius.max(norm.value_of(&offset));
        radii.push(radius);
    }
    if radius == 0.0 {
        return Err(ConvexityError::Incompatible {
            what: "a trajectory and its rate",
            reason: "it starts at the minimiser; choose another start".into(),
        });
    }
    let steps = run.steps(&method);
    let mut hypotheses = run.hypotheses(&steps);
    let minimiser = minimiser.to_vec();
    let tangents = Tangents { function: run.function, points: &points, minimiser: &minimiser };
    let name = "the minimum lies above the tangent at every point, as convexity has it";
    hypotheses.push(measure(name, &tangents, points.len(), run.function.enclosable().is_some()));
    hypotheses.push(stationary(run.function, &minimiser));
    // The radius of the last point before T counts; widened by its rounding.
    let decay = |t: usize| Decay::convex(c, r, radii[t - 1] * (1.0 + 1e-14), run.modulus.offset());
    compare("T7(ii)", run, &steps, &infimum, least, decay, hypotheses)
}

/// Examines (iii) or (iv), the rates for a function whose gap is at most `phi*(grad G) + c_phi`; which, the
/// exponents of the two moduli say, and the offsets are theirs.
///
/// # Errors
///
/// As [`energy`], and if a potential is no norm power with r > 1, the norms differ, the lower modulus is
/// not of convexity, or its exponent is below that of the upper one.
pub fn dominated(run: &Run<'_>, lower: &Modulus, infimum: &Infimum) -> Result<Report, ConvexityError> {
    let (method, least) = prepare(run, infimum)?;
    let decay = Decay::dominated(run.modulus, lower)?;
    let (steps, points) = (run.steps(&method), run.points());
    let mut hypotheses = run.hypotheses(&steps);
    hypotheses.extend(infimum.hypotheses(run.function, &points));
    let domination = Domination {
        function: run.function,
        points: &points,
        phi: lower.potential(),
        dual: &lower.potential().conjugate()?,
        offset: lower.offset(),
        infimum,
    };
    let (name, places) =
        ("the gap is at most phi*(grad G), with its offset, at every point", points.len() - 1);
    hypotheses.push(measure(name, &domination, places, run.function.enclosable().is_some()));
    let theorem = if decay.is_geometric() { "T7(iii)" } else { "T7(iv)" };
    compare(theorem, run, &steps, infimum, least, |_| decay, hypotheses)
}

/// The slope of log D_T over log T in the last decade of a run, by least squares at equally spaced log T;
/// T7(iv) predicts `-1/(kappa - 1)`.
///
/// # Errors
///
/// If the run has fewer than 20 steps, or a gap in its last decade is not positive.
pub fn fitted_exponent(gaps: &[f64]) -> Result<f64, ConvexityError> {
    let steps = gaps.len().saturating_sub(1);
    require_range("steps", steps as f64, steps >= 20, "at least 20")?;
    let points: Vec<(f64, f64)> = (0..=40)
        .map(|k| {
            let t = (steps as f64 * 10f64.powf(f64::from(k) / 40.0 - 1.0)).round();
            let gap = gaps[t as usize];
            require_range("gaps", gap, gap > 0.0, "positive in the last decade").map(|()| (t.ln(), gap.ln()))
        })
        .collect::<Result<_, _>>()?;
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / count, b + y / count));
    let (over, under) =
        points.iter().fold((0.0, 0.0), |(o, u), p| (o + (p.0 - x) * (p.1 - y), u + (p.0 - x).powi(2)));
    Ok(over / under)
}

/// The gap of every prefix against a decay, and with an offset, which may raise gaps again, the least gap.
fn compare(
    theorem: &'static str,
    run: &Run<'_>,
    steps: &Steps<'_>,
    infimum: &Infimum,
    least: f64,
    decay: impl Fn(usize) -> Decay,
    hypotheses: Vec<Hypothesis>,
) -> Result<Report, ConvexityError> {
    let (states, points) = (run.trajectory.states(), run.points());
    let mut exact = Prefixes::new(steps, infimum);
    let first = states[0].value - least;
    let mut lowest = first;
    let mut tally = Tally::new(theorem);
    for t in 1..states.len() {
        let rounded = 1.0 + decay(t).rounded().max(TOLERANCE) * (1.0 + t as f64);
        let size = states[t].value.abs() + least.abs();
        let (gap, bound) = (states[t].value - least, decay(t).after(&first, t));
        tally.observe(
            &Observation { measured: gap, bound, slack: bound - gap, size: bound.abs() + size },
            || prefix(t, points[t]),
            || {
                exact.slack(t, |enclosed| {
                    let bound = decay(t).after(&enclosed.gap(0), t) * rounded;
                    bound + enclosed.granted(t) - enclosed.gap(t)
                })
            },
        );
        if run.modulus.offset() == 0.0 {
            continue;
        }
        lowest = lowest.min(gap);
        let bound = decay(t).least(&first, t);
        tally.observe(
            &Observation { measured: lowest, bound, slack: bound - lowest, size: bound.abs() + size },
            || prefix(t, points[t]),
            || {
                exact.slack(t, |enclosed| {
                    let bound = decay(t).least(&enclosed.gap(0), t) * rounded;
                    bound + enclosed.granted(t) - enclosed.least_gap(t)
                })
            },
        );
    }
    Ok(tally.finish(hypotheses))
}

fn prepare(run: &Run<'_>, infimum: &Infimum) -> Result<(GeneralisedDescent, f64), ConvexityError> {
    run.require()?;
    Ok((GeneralisedDescent::new(run.modulus.potential().clone(), 1.0)?, infimum.value(run.function)?))
}

fn prefix(t: usize, point: &[f64]) -> Witness {
    Witness::default().with("T", &[t as f64]).with("x_T", point)
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod offsets;
#[cfg(test)]
mod tests;
