//! The element-wise logistic loss, the Fenchel-Young loss of `sum_i y_i log y_i + (1 - y_i) log(1 - y_i)`.
//!
//! `Omega*(f) = sum_i log(1 + exp f_i)`, prediction `p_i = 1/(1 + exp(-f_i))`, and the loss is the sum of the Kullback-Leibler divergences
//! of the coordinates.
//!
//! Bounds (t = ||p - y||_2).
//! - y in {0, 1}^m: with `u_i = |e_i|` the loss is `sum_i -log(1 - u_i)`. Below (ours): as a function of w = u^2, `-log(1 - sqrt w) / w` falls until
//!   `w* = 0.5117` (u = 0.7153), where it is 2.4554, and rises beyond. So `l >= -log(1 - t)` for t^2 <= w*, `l >= 2.4554 t^2` up to t^2 = m w*, and
//!   `l >= -m log(1 - t/sqrt m)` beyond (the convex envelope, by Jensen); for m = 1 it is `-log(1 - t)` throughout. All are above the `2 t^2` of T4. Above:
//!   `-log(1 - u)` is convex, u_i <= t and `sum u_i <= sqrt(m) t`, so `l <= -sqrt(m) log(1 - t)`, infinite from t = 1 on.
//! - soft targets: `l >= 2 t^2` (T4). Above: `y g(e/y) + (1-y) g(-e/(1-y))` with `g(x) = x - log(1+x)`, `g(x)/x^2` decreasing, is at most
//!   `t^2` times the largest `G(t/y)/y + G(t/(1-y))/(1-y)`, `G(a) = (-a - log(1-a))/a^2`; coordinates in {0, 1} add `-sqrt(k) log(1 - t)`.

use super::series::{entropy_gap, exp_m1_minus};
use super::target::{WIDEN, finite_loss, require_output, require_prediction, zero_if};
use super::{FenchelYoung, Loss};
use crate::error::{ConvexityError, require_finite};
use crate::moduli::Modulus;
use crate::norms::Norm;
use ndarray::{ArrayView1, ArrayViewMut1};

/// The element-wise logistic loss, for targets in [0, 1]^m.
///
/// ```
/// use fenchel_convexity::losses::{Logistic, Loss};
/// use ndarray::array;
///
/// let loss = Logistic.value(array![1.0].view(), array![800.0].view())?;
/// assert_eq!(loss, (-800f64).exp());
/// assert_eq!(Logistic.value(array![1.0].view(), array![-1e4].view())?, 1e4);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Logistic;

/// `1 - u` where `-log(1 - u) / u^2` is smallest: the root of `u/(1-u) = -2 log(1-u)`.
const TURN: f64 = 0.284_668_137_040_838_43;

/// `log(1 + exp f)`.
fn softplus(f: f64) -> f64 {
    f.max(0.0) + (-f.abs()).exp().ln_1p()
}

/// `1 / (1 + exp(-f))`, accurate in both tails.
fn sigmoid(f: f64) -> f64 {
    if f >= 0.0 {
        1.0 / (1.0 + (-f).exp())
    } else {
        let e = f.exp();
        e / (1.0 + e)
    }
}

fn check_target(target: ArrayView1<f64>) -> Result<(), ConvexityError> {
    require_finite("target", target)?;
    match target.iter().position(|y| !(0.0..=1.0).contains(y)) {
        None => Ok(()),
        Some(index) => Err(ConvexityError::OutsideDomain {
            argument: "target",
            reason: format!("entry {index} is {}, not in [0, 1]", target[index]),
        }),
    }
}

/// Loss and residual of one coordinate.
fn coordinate(y: f64, f: f64) -> (f64, f64) {
    if y == 0.0 {
        (softplus(f), sigmoid(f))
    } else if y == 1.0 {
        (softplus(-f), -sigmoid(-f))
    } else {
        // Both terms of y (r - 1 - log r) with r = p/y, and of 1 - y, are non-negative.
        let (log_p, log_rest) = (-softplus(-f), -softplus(f));
        let loss = y * exp_m1_minus(log_p - y.ln()) + (1.0 - y) * exp_m1_minus(log_rest - (-y).ln_1p());
        (loss, sigmoid(f) - y)
    }
}

impl Loss for Logistic {
    fn name(&self) -> String {
        "logistic".into()
    }

    fn evaluate(
        &self,
        target: ArrayView1<f64>,
        output: ArrayView1<f64>,
        mut residual: Option<ArrayViewMut1<f64>>,
    ) -> Result<f64, ConvexityError> {
        check_target(target)?;
        require_output(target, output, residual.as_ref())?;
        let mut loss = 0.0;
        for (i, (&y, &f)) in target.iter().zip(output).enumerate() {
            let (term, e) = coordinate(y, f);
            loss += term;
            if let Some(residual) = &mut residual {
                residual[i] = e;
            }
        }
        finite_loss(loss)
    }

    fn infimum(&self, target: ArrayView1<f64>) -> f64 {
        zero_if(check_target(target))
    }

    fn lower(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        if check_target(target).is_err() || residual_norm.is_nan() || residual_norm < 0.0 {
            return f64::NAN;
        }
        let t = residual_norm * (1.0 - WIDEN);
        if target.iter().any(|&y| y > 0.0 && y < 1.0) {
            return 2.0 * t * t * (1.0 - WIDEN);
        }
        let m = target.len() as f64;
        let turn = 1.0 - TURN;
        let bound = if t <= turn || target.len() == 1 {
            -(-t.min(1.0 - WIDEN)).ln_1p()
        } else if t * t <= m * turn * turn {
            -TURN.ln() / (turn * turn) * t * t
        } else {
            // No residual is longer than sqrt m.
            -m * (-(t / m.sqrt()).min(1.0 - WIDEN)).ln_1p()
        };
        bound * (1.0 - WIDEN)
    }

    fn upper(&self, target: ArrayView1<f64>, residual_norm: f64) -> f64 {
        let t = residual_norm * (1.0 + WIDEN);
        if check_target(target).is_err() || t.is_nan() || t < 0.0 {
            return f64::NAN;
        }
        if t == 0.0 {
            return 0.0;
        }
        let hard = target.iter().filter(|&&y| y == 0.0 || y == 1.0).count();
        let mut bound = 0.0;
        if hard > 0 {
            bound += if t < 1.0 { -(hard as f64).sqrt() * (-t).ln_1p() } else { f64::INFINITY };
        }
        let term = |y: f64| if t < y { y * entropy_gap(t / y) } else { f64::INFINITY };
        let soft = target.iter().filter(|&&y| y > 0.0 && y < 1.0);
        bound += soft.fold(0.0_f64, |most, &y| most.max(term(y) + term(1.0 - y)));
        bound * (1.0 + WIDEN)
    }

    fn residual_sums_to_zero(&self) -> bool {
        false
    }

    fn moduli(&self, _dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        Ok(vec![Modulus::smooth(0.25, 2.0, Norm::L2)?])
    }
}

impl FenchelYoung for Logistic {
    fn generator(&self, target: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        check_target(target)?;
        let soft = target.iter().filter(|&&y| y > 0.0 && y < 1.0);
        Ok(soft.fold(0.0, |sum, y| sum + (y * y.ln() + (1.0 - y) * (-y).ln_1p())))
    }

    fn conjugate(&self, output: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        require_finite("output", output)?;
        finite_loss(output.iter().fold(0.0, |sum, &f| sum + softplus(f)))
    }

    fn prediction(
        &self,
        output: ArrayView1<f64>,
        mut prediction: ArrayViewMut1<f64>,
    ) -> Result<(), ConvexityError> {
        require_prediction(output, &prediction)?;
        prediction.iter_mut().zip(output).for_each(|(p, &f)| *p = sigmoid(f));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_turn_is_the_minimum() {
        let u = 1.0 - TURN;
        assert!((u / TURN + 2.0 * TURN.ln()).abs() < 1e-14);
        assert!((-TURN.ln() / (2.0 * u * u) - 1.2277).abs() < 1e-4);
    }
}
