//! T19: The variance of a batch, and SGD's linear rate to a floor.
//!
//! **Statement.** `R = (1/n) sum l_i`, batches B of b samples without repetition, each as likely and
//! independent of the earlier ones, with mean loss l_B; `D = R - R_inf`, E over the batches. (a) For n >= 2,
//! `E||grad l_B - grad R||^2 = V_b = (n-b)/(b(n-1)) (1/n) sum ||grad l_i - grad R||^2`. (b) Steps `x - h grad
//! l_B(x)`, `0 < h < 2/L`, `mu <= L`, R L-smooth in l_2, `D <= ||grad R||^2/(2 mu)` and `V_b <= V` at every point that may
//! be visited: `E D_T <= D* + (1 - mu h (2 - L h))^T (D_0 - D*)`, `D* = L h V / (2 mu (2 - L h))`. (c) Steps
//! `x - grad Phi*(grad l_B(x))`, every l_B H(Phi)-smooth with offset c_Phi, `l_B - inf l_B <= phi*(grad l_B) +
//! c_phi`, norm powers of one exponent and norm, `beta = min(1, (c/C)^{q-1})`, and the mean interference of
//! T8 at most I at every point that may be visited: `E D_T <= D* + (1 - beta b/n)^T (D_0 - D*)`, `D* = n I/(beta
//! b) + c_phi + c_Phi/beta - R_G(b)`.
//!
//! **Assumptions.** All of these at every point that a sequence of batches can reach, where the proofs use
//! them, and measured there; the numbers named as infima are not above a value that is reached, and the
//! points named as minimisers are stationary.
//!
//! **What is computed.** The tree of all sequences of batches from one start: expectations are exact means
//! over it. A negative slack is judged by the same tree in 256 bits, whose points are not rounded to f64; to (c) it
//! grants the square of the rounding of the conjugate's constants, by which its steps fall short of Phi*.
//!
//! **Reference.** GCS (arXiv 2608.09523) has (a) as Proposition 4.3 and a rate to a floor as Theorem 4.2(3);
//! statements and proofs here are this project's.
//!
//! **Cost.** `C(n, b)^T` points, at most 20,000; C(n, b) gradients at each.
//!
//! ```
//! use fenchel_convexity::catalogue::Quadratic;
//! use fenchel_convexity::objectives::{Objective, Precomposed};
//! use fenchel_convexity::theorems::gradient_bounds::Infimum;
//! use fenchel_convexity::theorems::stochastic_rate::{Classical, Start, check, check_variance};
//! use fenchel_convexity::trajectory::FiniteSum;
//! use ndarray::array;
//! use std::sync::Arc;
//!
//! // (x - a)^2/2 for three a: the variance of single gradients is that of the a, 14/3.
//! let parabola = |a: f64| -> Result<Arc<dyn Objective>, fenchel_convexity::ConvexityError> {
//!     Ok(Arc::new(Precomposed::new(Quadratic::diagonal(&[1.0])?, array![[1.0]], array![-a])?))
//! };
//! let sum = FiniteSum::new(vec![parabola(0.0)?, parabola(1.0)?, parabola(5.0)?])?;
//! assert!(check_variance(&sum, 1, &array![0.3])?.verdict().holds());
//! let start = Start { sum: &sum, point: &[3.0], batch: 1, steps: 4, infimum: &Infimum::At(array![2.0]) };
//! let constants = Classical { step: 0.3, smoothness: 1.0, domination: 1.0, variance: 14.0 / 3.0 * (1.0 + 1e-15) };
//! let report = check(&start, &constants)?;
//! assert!(report.verdict().holds() && report.slack < 1e-12);
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod conditions;
mod tree;

use super::capacity_risk::{BatchInfima, subsets};
use super::condition::{gradient, lift, measure};
use super::infimum::{Infimum, stationary};
use super::rates::Decay;
use crate::error::{ConvexityError, require_dimension, require_positive, require_range, require_vector};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::{Modulus, Side};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, Function, Objective};
use crate::trajectory::{FiniteSum, GeneralisedDescent};
use crate::verdict::{Hypothesis, Report, Witness};
use conditions::{Above, Dominated, DominatedBatches, Interfering, Noisy, SmoothBatches, SmoothRisk};
use ndarray::ArrayRef1;
use tree::{Rule, Tree};

/// Where mini-batch descent starts, and for how many steps it is followed.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// R and its samples.
    pub sum: &'a FiniteSum,
    /// x_0.
    pub point: &'a [f64],
    /// b.
    pub batch: usize,
    /// T.
    pub steps: usize,
    /// R_inf.
    pub infimum: &'a Infimum,
}

/// The constants of (b).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Classical {
    /// h.
    pub step: f64,
    /// L.
    pub smoothness: f64,
    /// mu, in `R - R_inf <= ||grad R||^2 / (2 mu)`.
    pub domination: f64,
    /// V.
    pub variance: f64,
}

/// The constants of (c).
#[derive(Clone, Copy, Debug)]
pub struct Generalised<'a> {
    /// Phi with its offset.
    pub smooth: &'a Modulus,
    /// phi with its offset.
    pub lower: &'a Modulus,
    /// What is known of inf l_B, for the batches of this size.
    pub infima: &'a BatchInfima,
    /// At least the mean interference.
    pub interference: f64,
}

/// A linear recursion for the expected gap.
struct Linear<E> {
    floor: E,
    factor: E,
}

impl<E: Number> Linear<E> {
    fn after(&self, first: E, steps: usize) -> E {
        (first - &self.floor) * self.factor.powi(steps as i32) + &self.floor
    }
}

/// Examines (a) at a point: the two sides are equal.
///
/// # Errors
///
/// If there is one sample only, b is not from 1 to n, there are more than 100,000 batches, or the point does
/// not fit.
pub fn check_variance(sum: &FiniteSum, b: usize, x: &ArrayRef1<f64>) -> Result<Report, ConvexityError> {
    let n = sum.len();
    require_range("samples", n as f64, n > 1, "at least 2")?;
    require_range("b", b as f64, (1..=n).contains(&b), "from 1 to n")?;
    require_vector("x", x, sum.dimension())?;
    let batches: Vec<FiniteSum> =
        subsets(n, b)?.iter().map(|batch| sum.batch(batch)).collect::<Result<_, _>>()?;
    let [direct, formula] = variances::<f64>(sum, &batches, b, &x.to_vec());
    let mut tally = Tally::new("T19(a)");
    // An equality: no side is below the other.
    for sign in [1.0, -1.0] {
        let observation = Observation {
            measured: direct,
            bound: formula,
            slack: (formula - direct) * sign,
            size: direct + formula,
        };
        tally.observe(
            &observation,
            || Witness::point(&x.to_vec()),
            || match sum.enclosable() {
                Some(_) => {
                    let [direct, formula] = variances::<PreciseInterval>(sum, &batches, b, &x.to_vec());
                    Evidence::Enclosed((formula - direct) * sign)
                }
                // What cancels in the spread of gradients is no share of the variance.
                None => Evidence::Nothing,
            },
        );
    }
    Ok(tally.finish(Vec::new()))
}

/// The variance of the mean gradient of a batch: over the batches, and by the formula.
fn variances<E: Enclosure>(sum: &FiniteSum, batches: &[FiniteSum], b: usize, x: &[f64]) -> [E; 2] {
    let x: Vec<E> = lift(sum, x);
    let mean = gradient(sum, &x);
    let direct =
        batches.iter().fold(E::zero(), |total, batch| total + conditions::apart(&gradient(batch, &x), &mean));
    [direct / batches.len() as f64, conditions::variance(sum, b, &x)]
}

/// Examines (b) over all sequences of batches.
///
/// # Errors
///
/// If shapes do not fit, there is no step or the tree has more than 20,000 points, a constant is not positive,
/// or h is not below 2/L.
pub fn check(start: &Start<'_>, constants: &Classical) -> Result<Report, ConvexityError> {
    let &Classical { step, smoothness, domination, variance } = constants;
    require_positive("smoothness", smoothness)?;
    require_positive("domination", domination)?;
    require_range("variance", variance, variance >= 0.0, "finite and at least 0")?;
    require_range("step", step, step > 0.0 && step * smoothness < 2.0, "positive and below 2/L")?;
    let tree = Tree::new(start, Rule::Rate(step))?;
    let hypotheses = vec![
        // Then rho >= (1 - L h)^2 >= 0, without which a bound on one gap is none on the next.
        Hypothesis::measured("mu is at most L", (domination - smoothness) / smoothness, 0.0),
        measured(
            &tree,
            "R is L-smooth along the step of every batch",
            &SmoothRisk { tree: &tree, smoothness },
        ),
        at_nodes(
            &tree,
            "the gap is at most ||grad R||^2 / (2 mu) wherever it may be",
            &Dominated { tree: &tree, infimum: start.infimum, domination },
        ),
        at_nodes(
            &tree,
            "the variance of a batch is at most V wherever it may be",
            &Noisy { tree: &tree, variance },
        ),
    ];
    let exact = |_: &Levels| (linear_of(constants), vec![PreciseInterval::zero(); start.steps + 1]);
    compare("T19(b)", start, &tree, hypotheses, linear_of::<f64>(constants), exact)
}

fn linear_of<E: Number>(constants: &Classical) -> Linear<E> {
    let &Classical { step, smoothness, domination, variance } = constants;
    let step = E::from_f64(step);
    let rest = -(step.clone() * smoothness) + 2.0;
    Linear {
        floor: step.clone() * smoothness * variance / (rest.clone() * (2.0 * domination)),
        factor: -(step * domination * rest) + 1.0,
    }
}

/// Examines (c) over all sequences of batches.
///
/// # Errors
///
/// As [`check`]; and if a modulus is of the wrong side or no norm power with r > 1, exponents or norms differ,
/// the infima are those of batches of another size, or the interference is not finite.
pub fn check_generalised(start: &Start<'_>, constants: &Generalised<'_>) -> Result<Report, ConvexityError> {
    let &Generalised { smooth, lower, infima, interference } = constants;
    let refuse = |reason: &str| ConvexityError::Incompatible { what: "two moduli", reason: reason.into() };
    if smooth.side() != Side::Smooth {
        return Err(refuse("the first must be of smoothness"));
    }
    if !Decay::dominated(smooth, lower)?.is_geometric() {
        return Err(refuse("their exponents differ"));
    }
    let ((big, r, _), (small, ..)) = (smooth.require_power()?, lower.require_power()?);
    let powers = [big, small, r];
    require_range("interference", interference, true, "finite")?;
    let method = GeneralisedDescent::new(smooth.potential().clone(), 1.0)?;
    let dual = method.dual().clone();
    let tree = Tree::new(start, Rule::Generalised(method))?;
    require_dimension("infima", infima.batches().len(), tree.batches().len())?;
    let mut hypotheses = vec![
        measured(
            &tree,
            &format!("every batch along its step: {smooth}"),
            &SmoothBatches { tree: &tree, modulus: smooth },
        ),
        measured(
            &tree,
            "every batch's gap is at most phi*(grad l_B), with its offset, wherever it may be",
            &DominatedBatches { tree: &tree, modulus: lower, dual: &lower.potential().conjugate()?, infima },
        ),
        at_nodes(
            &tree,
            "the mean interference is at most what is claimed wherever it may be",
            &Interfering { tree: &tree, interference },
        ),
    ];
    hypotheses.extend(infima.stationary(tree.batches()));
    let exact = |levels: &Levels| {
        let least: PreciseInterval = start.infimum.value_in(start.sum);
        let risk = least - infima.mean_in::<PreciseInterval>(tree.batches());
        let lost = tree.lost(levels, smooth.potential(), &dual).into_iter();
        let share = |lost: PreciseInterval| lost * start.batch as f64 / start.sum.len() as f64;
        (generalised(start, constants, powers, &risk), lost.map(share).collect())
    };
    let near = generalised(start, constants, powers, &(start.infimum.value(start.sum)? - infima.mean()));
    compare("T19(c)", start, &tree, hypotheses, near, exact)
}

/// The recursion of (c), in which a step loses `b/n` of what a step with all samples loses. Quotients and powers are
/// taken in E, so that nothing is granted to their rounding.
fn generalised<E: Number>(
    start: &Start<'_>,
    constants: &Generalised<'_>,
    [big, small, r]: [f64; 3],
    capacity_risk: &E,
) -> Linear<E> {
    let ratio = E::from_f64(small) / big;
    let power = if r == 2.0 { ratio } else { (ratio.ln() / (E::from_f64(r) - 1.0)).exp() };
    let beta = power.min(&E::one());
    let loss = beta.clone() * start.batch as f64 / start.sum.len() as f64;
    let (rise, unseen) = (E::from_f64(constants.smooth.offset()), constants.lower.offset());
    let floor = E::from_f64(constants.interference) / &loss + unseen + rise / &beta - capacity_risk;
    Linear { floor, factor: -loss + 1.0 }
}

/// The points of a tree in 256 bits.
type Levels = [Vec<Vec<PreciseInterval>>];

/// Judges every prefix. What is exact is a rate, and what is granted to its first 0, ..., T steps.
fn compare(
    theorem: &'static str,
    start: &Start<'_>,
    tree: &Tree,
    mut hypotheses: Vec<Hypothesis>,
    near: Linear<f64>,
    exact: impl Fn(&Levels) -> (Linear<PreciseInterval>, Vec<PreciseInterval>),
) -> Result<Report, ConvexityError> {
    let least = start.infimum.value(start.sum)?;
    let name = "no value that may be reached lies below the infimum";
    let all = measure(name, &Above { tree, infimum: start.infimum }, tree.points(), tree.is_enclosable());
    hypotheses.push(all);
    if let Infimum::At(point) = start.infimum {
        hypotheses.push(stationary(start.sum, &point.to_vec()));
    }
    let means = tree.means(&tree.levels::<f64>());
    let mut precise: Option<(Vec<PreciseInterval>, Linear<PreciseInterval>, Vec<PreciseInterval>)> = None;
    let mut tally = Tally::new(theorem);
    for t in 1..=start.steps {
        let (gap, bound) = (means[t] - least, near.after(means[0] - least, t));
        // (1 - factor) D* cancels in the bound.
        let size = gap.abs() + bound.abs() + means[0].abs() + least.abs() + near.floor.abs();
        tally.observe(
            &Observation { measured: gap, bound, slack: bound - gap, size },
            || Witness::point(start.point).with("T", &[t as f64]),
            || {
                if !tree.is_enclosable() {
                    return Evidence::Nothing;
                }
                let (means, rate, lost) = precise.get_or_insert_with(|| {
                    let levels = tree.levels();
                    let (rate, lost) = exact(&levels);
                    (tree.means(&levels), rate, lost)
                });
                let least: PreciseInterval = start.infimum.value_in(start.sum);
                let bound = rate.after(means[0].clone() - &least, t) + &lost[t];
                Evidence::Enclosed(bound - (means[t].clone() - &least))
            },
        );
    }
    Ok(tally.finish(hypotheses))
}

/// A condition for every step that may be made.
fn measured(tree: &Tree, name: &str, condition: &impl super::condition::Condition) -> Hypothesis {
    measure(name, condition, tree.nodes() * tree.batches().len(), tree.is_enclosable())
}

/// A condition for every point from which a step may be made.
fn at_nodes(tree: &Tree, name: &str, condition: &impl super::condition::Condition) -> Hypothesis {
    measure(name, condition, tree.nodes(), tree.is_enclosable())
}

#[cfg(test)]
mod tests;
