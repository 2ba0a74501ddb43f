//! T18: Gradient descent among the generalised ones.
//!
//! **Statement.** (a) For a potential Phi with finite Phi* on R^m, m >= 2, `grad Phi*(g)` is a multiple of g for
//! every g if and only if `Phi = p(||.||_2)`. (b) G H(N(C, r, ||.||))-smooth with offset c, r > 1, g = grad
//! G(x), `x+ = x - h g` with `h = (||g||_2^2 / (C ||g||^r))^{q-1}`, the best one of the bound: `G(x) - G(x+) >=
//! chi^q Phi*(g) - c`, `chi = ||g||_2^2 / (||g|| ||g||_*) <= 1`. In l_2 chi is 1 and the step that of
//! generalised descent; in l_1 and l_inf on R^m chi is at least `2/(1 + sqrt m)`, and that is attained.
//!
//! **Assumptions.** As T6's: the modulus at successive points; the steps are these; the record is the
//! function's. All measured.
//!
//! **What is computed.** (a) The cosine of the angle between g and `grad Phi*(g)` at points of every shape,
//! in 256 bits. (b) Decrease and bound at every step; a negative slack again in 256 bits on the recorded
//! points, where `chi^q Phi*(g) - (<g, s> - Phi(s))`, s the recorded step, is granted: what its rounding costs.
//!
//! **Reference.** GCS (arXiv 2608.09523) has statements of this kind as Propositions 4.1 and 4.2; the forms and
//! proofs here are this project's.
//!
//! **Cost.** One conjugate and one divergence for each step; one evaluation in 256 bits for each point of (a).
//!
//! ```
//! use fenchel_convexity::catalogue::{LogCosh, Separable};
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::potentials::Potential;
//! use fenchel_convexity::theorems::descent::Run;
//! use fenchel_convexity::theorems::gradient_steps::{check, check_direction, descend};
//! use fenchel_random::Seed;
//! use ndarray::array;
//!
//! let function = Separable::new(LogCosh, 3)?;
//! let modulus = Modulus::smooth(3.0, 2.0, Norm::LINF)?;
//! let trajectory = descend(&function, &modulus, &array![3.0, -1.0, 0.2], 30)?;
//! assert!(check(&Run::new(&function, &modulus, &trajectory))?.verdict().holds());
//! let radial = Potential::norm_power(2.0, 3.0, Norm::L2)?;
//! assert!(check_direction(&radial, 3, 50, Seed::new(0))?.verdict().holds());
//! let other = Potential::norm_power(2.0, 2.0, Norm::lp(3.0)?)?;
//! assert!(check_direction(&other, 3, 50, Seed::new(0))?.verdict().is_violated());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::condition::{lift, measure};
use super::descent::Run;
use super::gradient_bounds::by_maximiser;
use super::points::point;
use super::steps::{Step, record_of};
use crate::error::{ConvexityError, require_range, require_vector};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::Modulus;
use crate::norms::Norm;
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Domain, Enclosure, Objective};
use crate::potentials::Potential;
use crate::trajectory::{GeneralisedDescent, Trajectory};
use crate::verdict::{Hypothesis, Report, Witness};
use fenchel_random::Seed;
use ndarray::{Array1, ArrayRef1};

/// What a recorded step may be off by, relative to its length. What that costs is granted exactly.
const GRANTED: f64 = 1e-9;

/// `chi = ||g||_2^2 / (||g|| ||g||_*)`, 1 at the origin.
///
/// # Errors
///
/// If g is empty, not finite or of another dimension than the norm.
pub fn share(norm: &Norm, g: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
    norm.value(g)?;
    let size = largest(&g.to_vec());
    if size == 0.0 {
        return Ok(1.0);
    }
    // In units of the largest entry: squares neither overflow nor vanish.
    let g = g / size;
    Ok(g.dot(&g) / (norm.value(&g)? * norm.dual().value(&g)?))
}

fn largest(g: &[f64]) -> f64 {
    g.iter().fold(0.0, |most, g| most.max(g.abs()))
}

/// The best length of a gradient step for a majorant `N(C, r, ||.||)`.
fn best_length<E: Number>((c, r, norm): (f64, f64, &Norm), g: &[E]) -> E {
    let size = largest(&g.iter().map(Number::to_f64).collect::<Vec<_>>());
    let g: Vec<E> = g.iter().map(|g| g.clone() / size).collect();
    let share = E::dot(&g, &g) / (norm.power_of(&g, r) * c);
    (share * E::from_f64(size).powf(2.0 - r)).powf(1.0 / (r - 1.0))
}

/// Gradient descent with the best length for a majorant, recorded.
///
/// # Errors
///
/// If the potential is no norm power with r > 1, dimensions do not fit, or a value leaves f64.
pub fn descend(
    function: &dyn Objective,
    modulus: &Modulus,
    start: &ArrayRef1<f64>,
    steps: usize,
) -> Result<Trajectory, ConvexityError> {
    let majorant = modulus.require_power()?;
    require_vector("start", start, function.dimension())?;
    let mut points = vec![start.to_owned()];
    for k in 0..steps {
        let x = &points[k];
        let g = super::condition::gradient::<f64>(function, &x.to_vec());
        let still = g.iter().all(|&g| g == 0.0);
        let h = if still { 0.0 } else { best_length(majorant, &g) };
        points.push(x - &(Array1::from(g) * h));
    }
    Trajectory::record(function, points)
}

/// Examines (b) at every step of a run.
///
/// # Errors
///
/// As [`descent::check`](super::descent::check), and if the potential is no norm power with r > 1.
pub fn check(run: &Run<'_>) -> Result<Report, ConvexityError> {
    run.require()?;
    let majorant = run.modulus.require_power()?;
    let method = GeneralisedDescent::new(run.modulus.potential().clone(), 1.0)?;
    let (steps, q) = (run.steps(&method), majorant.1 / (majorant.1 - 1.0));
    let offset = run.modulus.offset();
    let mut tally = Tally::new("T18(b)");
    let mut off = 0.0_f64;
    for (pair, recorded) in run.trajectory.states().windows(2).zip(&steps.steps) {
        let g = pair[0].gradient.to_vec();
        let energy = method.dual().value_of(&g);
        let bound = share(majorant.2, &pair[0].gradient)?.powf(q) * energy - offset;
        let measured = pair[0].value - pair[1].value;
        let size = energy + pair[0].value.abs() + pair[1].value.abs() + offset;
        off = off.max(stray(majorant, recorded, &g));
        tally.observe(
            &Observation { measured, bound, slack: measured - bound, size },
            || Witness::point(recorded.from),
            || match run.function.enclosable() {
                Some(_) => Evidence::Enclosed(slack(recorded, run.modulus, &method, majorant)),
                None => Evidence::Nothing,
            },
        );
    }
    let hypotheses = vec![
        measure(
            format!("smooth along every step: {}", run.modulus),
            &steps,
            steps.steps.len(),
            steps.are_enclosable(),
        ),
        Hypothesis::measured("every step is the best one along the gradient", off, GRANTED),
        record_of(run.function, run.trajectory),
    ];
    Ok(tally.finish(hypotheses))
}

/// By how much a step is none of the best along the gradient, relative to its length, round-off of the points
/// taken off.
fn stray(majorant: (f64, f64, &Norm), step: &Step<'_>, g: &[f64]) -> f64 {
    let h = if g.iter().all(|&g| g == 0.0) { 0.0 } else { best_length(majorant, g) };
    let places = || step.from.iter().zip(step.to).zip(g);
    let length = places().fold(0.0, |most: f64, ((x, y), g)| most.max((y - x).abs()).max((h * g).abs()));
    places().fold(0.0, |most: f64, ((x, y), g)| {
        let off = (x - h * g - y).abs() - 2.0 * f64::EPSILON * (x.abs() + y.abs());
        let off = if off <= 0.0 { 0.0 } else { off / length };
        if off.is_nan() { f64::INFINITY } else { most.max(off) }
    })
}

/// The slack of a recorded step in 256 bits, with what its rounding costs.
fn slack(
    step: &Step<'_>,
    modulus: &Modulus,
    method: &GeneralisedDescent,
    majorant: (f64, f64, &Norm),
) -> PreciseInterval {
    let (c, r, norm) = majorant;
    let q = r / (r - 1.0);
    let value = |x: &[f64]| PreciseInterval::value(step.function, &lift(step.function, x));
    let (energy, certain) = step.energies::<PreciseInterval>(modulus.potential(), method.dual());
    let x: Vec<PreciseInterval> = lift(step.function, step.from);
    let g = super::condition::gradient(step.function, &x);
    let square = PreciseInterval::dot(&g, &g);
    let chi = square / (norm.value_of(&g) * norm.dual().value_of(&g));
    // The energy with the rounded constant of the conjugate may be more than there is, which is no promise.
    let energy = Number::min(&energy, &by_maximiser(modulus.potential(), method.dual(), &g));
    // At a stationary point there is nothing to promise.
    let promised = if energy.to_f64() == 0.0 { energy } else { energy * chi.powf(q) };
    // The step x - h g + s keeps <g, h g - s> - Phi(s - h g) for certain: less than the best one by at most
    // ||g||_* ||s|| + (C/r) ((||h g|| + ||s||)^r - ||h g||^r).
    let h = best_length(majorant, &g);
    let y: Vec<PreciseInterval> = lift(step.function, step.to);
    let best: Vec<PreciseInterval> = g.iter().map(|g| g.clone() * &h).collect();
    let astray: Vec<PreciseInterval> =
        x.iter().zip(&y).zip(&best).map(|((x, y), best)| x.clone() - y - best).collect();
    let (length, astray) = (norm.value_of(&best), norm.value_of(&astray));
    let longer = (length.clone() + &astray).powf(r) - length.powf(r);
    let lost = norm.dual().value_of(&g) * astray + longer * (c / r);
    let kept = Number::max(&Number::min(&promised, &certain), &(promised.clone() - lost));
    value(step.from) - value(step.to) + modulus.offset() - kept
}

/// Examines (a) at so many points of R^m: whether `grad Phi*(g)` is a non-negative multiple of g.
///
/// # Errors
///
/// If m is less than 2 or does not fit the potential, or Phi has no conjugate within f64.
pub fn check_direction(
    potential: &Potential,
    m: usize,
    count: u64,
    seed: Seed,
) -> Result<Report, ConvexityError> {
    require_range("m", m as f64, m >= 2, "at least 2")?;
    potential.require_dimension("m", m)?;
    let dual = potential.conjugate()?;
    let mut tally = Tally::new("T18(a)");
    for index in 0..count {
        let g = point(seed, index, m, &Domain::Whole, &[]);
        let near = apart(&dual, &g);
        let (inner, lengths) = (near[0], near[1]);
        tally.observe(
            &Observation { measured: lengths, bound: inner, slack: inner - lengths, size: lengths },
            || Witness::point(&g),
            || {
                let g: Vec<PreciseInterval> = g.iter().map(|&g| PreciseInterval::from_f64(g)).collect();
                let [inner, lengths] = apart(&dual, &g);
                Evidence::Enclosed(inner - lengths)
            },
        );
    }
    Ok(tally.finish(Vec::new()))
}

/// `<grad Phi*(g), g>` and `||grad Phi*(g)||_2 ||g||_2`, the larger one.
fn apart<N: Number>(dual: &Potential, g: &[N]) -> [N; 2] {
    let mut direction = vec![N::zero(); g.len()];
    dual.gradient_of(g, &mut direction);
    [N::dot(&direction, g), Norm::L2.value_of(&direction) * Norm::L2.value_of(g)]
}

#[cfg(test)]
mod tests;
