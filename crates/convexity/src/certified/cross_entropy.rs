//! The constants of the softmax cross-entropy with a one-hot target, proved.
//!
//! With u = 1 - p_y the loss is l = -log(1 - u), and the residual satisfies u^2 m/(m-1) <= ||e||^2 <= 2 u^2.
//!
//! - *Lower*: l >= c ||e||^2 for every number of classes follows from l >= 2 c u^2, and is attained when all
//!   wrong mass is on one class. [`prove_lower`] proves it for a given c; the best is min_u -log(1-u)/(2u^2)
//!   = 1.2277...
//! - *Upper*: l <= C ||e||^2 / min_i p_i; the best C is log(m)/(m-1), attained at uniform p.
//!   [`prove_upper_two`] and [`prove_upper_three`] prove it, for any C a little larger, for two and three
//!   classes.
//!
//! A proof works on forms of the inequality that interval arithmetic can decide at the ends: divided by what
//! vanishes, and in the loss l as variable where p_y tends to 0.

use super::branch_and_bound::{Effort, Minimum, Proof};
use super::{minimum, prove_nonnegative};
use crate::ConvexityError;
use crate::error::require_positive;
use crate::number::{Interval, Number};
use crate::objectives::{Formula, Objective};

/// Losses beyond this are treated as one unbounded box.
const FAR: f64 = 40.0;

/// -log(1-u) - 2 c u^2.
#[derive(Debug)]
struct LowerSlack(f64);

impl Formula for LowerSlack {
    fn name(&self) -> String {
        "cross-entropy's lower slack".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        -(-x[0].clone()).ln_1p() - x[0].square() * 2.0 * self.0
    }
}

/// -log(1-u) / (2u^2).
#[derive(Debug)]
struct LowerConstant;

impl Formula for LowerConstant {
    fn name(&self) -> String {
        "cross-entropy's lower constant".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        -(-x[0].clone()).ln_1p() / (x[0].square() * 2.0)
    }
}

/// Proves l >= c ||e||^2 for every p and any number of classes, or refutes it (by a u, all wrong mass on one
/// class).
///
/// ```
/// use fenchel_convexity::certified::{cross_entropy::prove_lower, Effort};
///
/// assert!(prove_lower(1.2277, &Effort::default())?.is_proved());
/// assert!(prove_lower(1.2278, &Effort::default())?.is_refuted());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
///
/// # Errors
///
/// If c is not positive.
pub fn prove_lower(c: f64, effort: &Effort) -> Result<Proof, ConvexityError> {
    require_positive("c", c)?;
    prove_nonnegative(&LowerSlack(c), &[Interval::hull(0.0, 1.0)], effort)
}

/// Encloses the best lower constant min_u -log(1-u)/(2u^2), with the u that attains it.
///
/// The minimum over (0, 1): below u = 1/4 the quotient is above 2, as -log(1-u) >= u.
///
/// # Errors
///
/// None that these arguments can meet; the signature is that of [`minimum`].
pub fn best_lower(tolerance: f64, effort: &Effort) -> Result<Minimum, ConvexityError> {
    minimum(&LowerConstant, &[Interval::hull(0.25, 1.0)], tolerance, effort)
}

/// Two classes, p_y >= 1/2, divided by t = 1 - p_y = min p: 2 C t + log(1 - t).
#[derive(Debug)]
struct TwoNear(f64);

impl Formula for TwoNear {
    fn name(&self) -> String {
        "cross-entropy's upper slack, two classes, near".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[0].clone() * 2.0 * self.0 + (-x[0].clone()).ln_1p()
    }
}

/// Two classes, p_y = e^(-l) <= 1/2, which is min p: 2 C (1 - e^(-l))^2 e^l - l.
#[derive(Debug)]
struct TwoFar(f64);

impl Formula for TwoFar {
    fn name(&self) -> String {
        "cross-entropy's upper slack, two classes, far".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        (-(-x[0].clone()).exp_m1()).square() * 2.0 * self.0 * x[0].exp() - &x[0]
    }
}

/// Proves l <= C ||e||^2 / min p for two classes and every p, or refutes it.
///
/// ```
/// use fenchel_convexity::certified::{cross_entropy::prove_upper_two, Effort};
///
/// let best = 2.0_f64.ln();
/// assert!(prove_upper_two(best * (1.0 + 1e-9), &Effort::default())?.is_proved());
/// assert!(prove_upper_two(best * (1.0 - 1e-9), &Effort::default())?.is_refuted());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
///
/// # Errors
///
/// If C is not positive.
pub fn prove_upper_two(c: f64, effort: &Effort) -> Result<Proof, ConvexityError> {
    require_positive("c", c)?;
    let near = prove_nonnegative(&TwoNear(c), &[Interval::hull(0.0, 0.5)], effort)?;
    if !near.is_proved() {
        return Ok(near);
    }
    // From log 2 on; a little earlier, as log 2 is no f64 (the two pieces then overlap). In the overlap
    // e^(-l) is above min p, and the slack a little too small, but positive by far.
    let far = [Interval::hull(2.0_f64.ln().next_down(), FAR), Interval::hull(FAR, f64::INFINITY)];
    both(near, &TwoFar(c), &far.map(|l| vec![l]), effort)
}

/// Three classes, with u = 1 - p_y, wrong masses uw and u(1-w), w <= 1/2, divided by u:
/// C u (1 + w^2 + (1-w)^2) + w log(1-u), for where uw is the least probability.
#[derive(Debug)]
struct ThreeNear(f64);

impl Formula for ThreeNear {
    fn name(&self) -> String {
        "cross-entropy's upper slack, three classes, near".into()
    }

    fn dimension(&self) -> usize {
        2
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        let (u, w) = (&x[0], &x[1]);
        u.clone() * spread(w) * self.0 + (-u.clone()).ln_1p() * w
    }
}

/// Three classes, p_y = e^(-l): C (1 - e^(-l))^2 (1 + w^2 + (1-w)^2) e^l - l, for where p_y is the least
/// probability.
#[derive(Debug)]
struct ThreeFar(f64);

impl Formula for ThreeFar {
    fn name(&self) -> String {
        "cross-entropy's upper slack, three classes, far".into()
    }

    fn dimension(&self) -> usize {
        2
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        let (l, w) = (&x[0], &x[1]);
        (-(-l.clone()).exp_m1()).square() * spread(w) * self.0 * l.exp() - l
    }
}

/// 1 + w^2 + (1-w)^2 = 3/2 + 2 (w - 1/2)^2, in the form that intervals enclose without waste.
fn spread<N: Number>(w: &N) -> N {
    (w.clone() - 0.5).square() * 2.0 + 1.5
}

/// Proves l <= C ||e||^2 / min p for three classes and every p, or refutes it.
///
/// The least probability is at most uw and at most p_y = 1 - u, so either form is sufficient where it holds:
/// the near one is proved for u <= 2/3, the far one for u >= 2/3. Both are exact at uniform p, where u = 2/3
/// and w = 1/2.
///
/// # Errors
///
/// If C is not positive.
pub fn prove_upper_three(c: f64, effort: &Effort) -> Result<Proof, ConvexityError> {
    require_positive("c", c)?;
    let half = Interval::hull(0.0, 0.5);
    let two_thirds = 2.0 / 3.0_f64;
    let near = prove_nonnegative(&ThreeNear(c), &[Interval::hull(0.0, two_thirds.next_up()), half], effort)?;
    if !near.is_proved() {
        return Ok(near);
    }
    let start = 3.0_f64.ln() * (1.0 - 1e-15);
    let far = [vec![Interval::hull(start, FAR), half], vec![Interval::hull(FAR, f64::INFINITY), half]];
    both(near, &ThreeFar(c), &far, effort)
}

/// Goes on with further pieces after a proved one.
fn both(
    first: Proof,
    formula: &dyn Objective,
    pieces: &[Vec<Interval>],
    effort: &Effort,
) -> Result<Proof, ConvexityError> {
    let Proof::Proved { boxes: mut total } = first else { return Ok(first) };
    for piece in pieces {
        match prove_nonnegative(formula, piece, effort)? {
            Proof::Proved { boxes } => total += boxes,
            other => return Ok(other),
        }
    }
    Ok(Proof::Proved { boxes: total })
}
