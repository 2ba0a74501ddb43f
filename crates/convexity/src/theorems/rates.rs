//! T7: How fast generalised gradient descent is, four times: for any function, convex functions, and functions dominated by their gradient.
//!
//! **Statement.** G H(Phi)-smooth, `D_k = G(x_k) - G_inf`, steps with a = 1. (i) `min_{k<T} Phi*(grad G(x_k)) <= D_0 / T`. For `Phi = N(C, r, .)`, r > 1:
//! (ii) G convex with a minimiser from which the points stay within R: `D_T <= (D_0^{-(q-1)} + (q-1) A T)^{-1/(q-1)}`, `A = (1/q) C^{-(q-1)} R^{-q}`.
//! (iii) `G - G_inf <= phi*(grad G)`, `phi = N(c, r, .)`: `D_T <= (1 - (c/C)^{q-1})^T D_0`. (iv) The same with the exponents `kappa = q_Phi / q_phi > 1`:
//! `D_T <= (D_0^{-(kappa-1)} + (kappa-1) B T)^{-1/(kappa-1)}`, `B = K_Phi K_phi^{-kappa}`, `K = (1/q) c^{-(q-1)}`.
//!
//! **Assumptions.** Those of T6, without offset; for (ii) `G(u*) >= G(x_k) + <grad G(x_k), u* - x_k>` and the subgradient 0 at the minimiser, for (iii) and (iv) the domination at every
//! point before T: all measured along the trajectory, which is what the proofs use. R is the largest distance so far.
//!
//! **What is computed.** Both sides at every prefix T. All four follow from `D_{k+1} <= D_k - Phi*(grad G(x_k))`, by a map that never increases distances. A step
//! that round-off moved uphill by e therefore weakens every later bound by e at most: where f64 shows a negative slack, these e are enclosed in
//! 256 bits and granted, and the slack counts beyond that.
//!
//! **Reference.** GCS (arXiv 2608.09523), section 4; (ii) to (iv) by the integral bound for `D - B D^kappa`.
//!
//! **Cost.** The budget for the modulus; one conjugate for each step; 256-bit evaluations of the prefixes in doubt.
//!
//! ```
//! use fenchel_convexity::catalogue::Quadratic;
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::search::SearchConfig;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::theorems::descent::Run;
//! use fenchel_convexity::theorems::gradient_bounds::Infimum;
//! use fenchel_convexity::theorems::rates;
//! use fenchel_convexity::trajectory::GeneralisedDescent;
//! use ndarray::array;
//!
//! let function = Quadratic::diagonal(&[1.0, 3.0])?;
//! let (smooth, convex) = (Modulus::smooth(3.0, 2.0, Norm::L2)?, Modulus::convex(1.0, 2.0, Norm::L2)?);
//! let trajectory =
//!     GeneralisedDescent::new(smooth.potential().clone(), 1.0)?.run(&function, array![2.0, 1.0].view(), 50)?;
//! let run = Run::new(&function, &smooth, &trajectory);
//! let config = SearchConfig::budget(4000);
//! assert!(rates::energy(&run, &Infimum::AtLeast(0.0), &config)?.verdict().holds());
//! assert!(rates::convex(&run, &[0.0, 0.0], &config)?.verdict().holds());
//! assert!(rates::dominated(&run, &convex, &Infimum::AtLeast(0.0), &config)?.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod bound;
mod prefixes;

pub use bound::Decay;

use super::descent::{Run, TOLERANCE};
use super::gradient_bounds::Infimum;
use crate::error::{ConvexityError, require_range, require_vector};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::{Modulus, Side};
use crate::number::{Number, PreciseInterval};
use crate::search::SearchConfig;
use crate::trajectory::GeneralisedDescent;
use crate::verdict::{Hypothesis, Report, Witness};
use ndarray::{Array1, ArrayView1};
use prefixes::Prefixes;

/// Examines (i), the least gradient energy of every prefix.
///
/// # Errors
///
/// As [`super::descent::check`], and if the infimum is not finite or the modulus carries an offset.
pub fn energy(run: &Run<'_>, infimum: &Infimum, config: &SearchConfig) -> Result<Report, ConvexityError> {
    let (method, least) = prepare(run, infimum, config)?;
    let states = run.trajectory.states();
    let mut exact = Prefixes::new(run.function, &method, states, infimum);
    let first = states[0].value - least;
    let size = states[0].value.abs() + least.abs();
    let mut tally = Tally::new("T7(i)");
    let mut smallest = f64::INFINITY;
    for t in 1..states.len() {
        smallest = smallest.min(method.dual().value_of(&states[t - 1].gradient.to_vec()));
        let bound = first / t as f64;
        tally.observe(
            &Observation { measured: smallest, bound, slack: bound - smallest, size: size / t as f64 },
            || prefix(t, states),
            || {
                exact.slack(t, |enclosed| {
                    let first = enclosed.first() + enclosed.uphill(t);
                    first / t as f64 - enclosed.least_energy(t) * (1.0 - TOLERANCE)
                })
            },
        );
    }
    let mut hypotheses = run.hypotheses(&method, config)?;
    hypotheses.push(above(run, least));
    Ok(tally.finish(hypotheses))
}

/// Examines (ii), the rate for a convex function with a minimiser.
///
/// # Errors
///
/// As [`energy`], and if the minimiser is no point of the domain or the potential no norm power with r > 1.
pub fn convex(run: &Run<'_>, minimiser: &[f64], config: &SearchConfig) -> Result<Report, ConvexityError> {
    let infimum = Infimum::At(minimiser.to_vec());
    let (method, least) = prepare(run, &infimum, config)?;
    let (c, r, norm) = bound::power(run.modulus)?;
    let states = run.trajectory.states();
    let distance = |point: &Array1<f64>| {
        let offset: Vec<f64> = point.iter().zip(minimiser).map(|(x, u)| x - u).collect();
        norm.value_of(&offset)
    };
    let mut radius: f64 = 0.0;
    let mut radii = Vec::with_capacity(states.len());
    for state in states {
        radius = radius.max(distance(&state.point));
        radii.push(radius);
    }
    let mut hypotheses = run.hypotheses(&method, config)?;
    hypotheses.push(tangents(run, minimiser, least));
    let mut slope = Array1::zeros(minimiser.len());
    run.function.gradient(ArrayView1::from(minimiser), slope.view_mut())?;
    let slope = slope.iter().fold(0.0, |most: f64, s| most.max(s.abs()));
    hypotheses.push(Hypothesis::measured("the chosen subgradient at the minimiser is 0", slope, 0.0));
    if radius == 0.0 {
        return Err(ConvexityError::Incompatible {
            what: "a trajectory and its rate",
            reason: "it starts at the minimiser; choose another start".into(),
        });
    }
    // The radius of the last point before T counts; widened by its rounding.
    let decay = |t: usize| Decay::convex(c, r, radii[t - 1] * (1.0 + 1e-14));
    compare("T7(ii)", run, &method, &infimum, least, decay, hypotheses)
}

/// Examines (iii) or (iv), the rates for a function whose gap is at most `phi*(grad G)`; which, the exponents of the two moduli say.
///
/// # Errors
///
/// As [`energy`], and if a potential is no norm power with r > 1, the norms differ, the lower modulus is not of convexity or carries an offset, or
/// its exponent is below that of the upper one.
pub fn dominated(
    run: &Run<'_>,
    lower: &Modulus,
    infimum: &Infimum,
    config: &SearchConfig,
) -> Result<Report, ConvexityError> {
    let (method, least) = prepare(run, infimum, config)?;
    let decay = Decay::dominated(run.modulus, lower)?;
    let dual = lower.potential().conjugate()?;
    let states = run.trajectory.states();
    let mut residual = f64::NEG_INFINITY;
    for state in &states[..states.len() - 1] {
        let gap = state.value - least;
        let over = gap - dual.value_of(&state.gradient.to_vec());
        let size = state.value.abs() + least.abs();
        residual = residual.max(if over > 0.0 {
            over / size
        } else {
            over.max(-size) / size.max(f64::MIN_POSITIVE)
        });
    }
    let mut hypotheses = run.hypotheses(&method, config)?;
    hypotheses.push(above(run, least));
    hypotheses.push(Hypothesis::measured("the gap is at most phi*(grad G) at every point", residual, 1e-12));
    let theorem = if decay.is_geometric() { "T7(iii)" } else { "T7(iv)" };
    compare(theorem, run, &method, infimum, least, |_| decay, hypotheses)
}

/// The slope of log D_T over log T in the last decade of a run, by least squares at equally spaced log T; T7(iv) predicts `-1/(kappa - 1)`.
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

/// The gap of every prefix against a decay.
fn compare(
    theorem: &'static str,
    run: &Run<'_>,
    method: &GeneralisedDescent,
    infimum: &Infimum,
    least: f64,
    decay: impl Fn(usize) -> Decay,
    hypotheses: Vec<Hypothesis>,
) -> Result<Report, ConvexityError> {
    let states = run.trajectory.states();
    let mut exact = Prefixes::new(run.function, method, states, infimum);
    let first = states[0].value - least;
    let mut tally = Tally::new(theorem);
    for t in 1..states.len() {
        let (gap, bound) = (states[t].value - least, decay(t).after(&first, t));
        let size = bound.abs() + states[t].value.abs() + least.abs();
        tally.observe(
            &Observation { measured: gap, bound, slack: bound - gap, size },
            || prefix(t, states),
            || {
                exact.slack(t, |enclosed| {
                    // The constants of the bound are rounded once each, and a power of T multiplies that.
                    let bound = decay(t).after(&enclosed.first(), t) * (1.0 + TOLERANCE * (1.0 + t as f64));
                    bound + enclosed.uphill(t) - enclosed.gap(t)
                })
            },
        );
    }
    Ok(tally.finish(hypotheses))
}

fn prepare(
    run: &Run<'_>,
    infimum: &Infimum,
    config: &SearchConfig,
) -> Result<(GeneralisedDescent, f64), ConvexityError> {
    run.require(config)?;
    if run.modulus.offset() != 0.0 || run.modulus.side() != Side::Smooth {
        return Err(ConvexityError::Incompatible {
            what: "a rate and a modulus",
            reason: "it carries an offset, and the rates are about offsets zero".into(),
        });
    }
    let least = match infimum {
        Infimum::At(point) => {
            require_vector("infimum", ArrayView1::from(point), run.function.dimension())?;
            run.function.value(ArrayView1::from(point))?
        }
        Infimum::AtLeast(value) => {
            require_range("infimum", *value, true, "finite")?;
            *value
        }
    };
    Ok((GeneralisedDescent::new(run.modulus.potential().clone(), 1.0)?, least))
}

/// No recorded value lies below the infimum.
fn above(run: &Run<'_>, least: f64) -> Hypothesis {
    let residual = run.trajectory.states().iter().fold(f64::NEG_INFINITY, |worst, state| {
        worst.max((least - state.value) / (least.abs() + state.value.abs()).max(f64::MIN_POSITIVE))
    });
    Hypothesis::measured("no recorded value lies below the infimum", residual, TOLERANCE)
}

/// The function lies above its tangents at the recorded points, as seen from the minimiser.
fn tangents(run: &Run<'_>, minimiser: &[f64], least: f64) -> Hypothesis {
    let residual = run.trajectory.states().iter().fold(f64::NEG_INFINITY, |worst, state| {
        let along: f64 =
            minimiser.iter().zip(&state.point).zip(&state.gradient).map(|((u, x), s)| s * (u - x)).sum();
        let size = (least.abs() + state.value.abs() + along.abs()).max(f64::MIN_POSITIVE);
        worst.max((state.value + along - least) / size)
    });
    let name = "the minimum lies above the tangent at every point, as convexity has it";
    Hypothesis::measured(name, residual, 1e-12)
}

fn prefix(t: usize, states: &[crate::trajectory::State]) -> Witness {
    Witness::default().with("T", &[t as f64]).with("x_T", &states[t].point.to_vec())
}

/// A slack from enclosures, or nothing to certify with.
fn decided(slack: Option<PreciseInterval>) -> Evidence {
    slack.map_or(Evidence::Nothing, |slack| Evidence::Enclosed(slack))
}

#[cfg(test)]
mod tests;
