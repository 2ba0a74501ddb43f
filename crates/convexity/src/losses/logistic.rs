//! The element-wise logistic loss, the Fenchel-Young loss of `sum_i y_i log y_i + (1 - y_i) log(1 - y_i)`.
//!
//! `Omega*(f) = sum_i log(1 + exp f_i)`, prediction `p_i = 1/(1 + exp(-f_i))`, and the loss is the sum of the
//! Kullback-Leibler divergences of the coordinates.
//!
//! Bounds (t = ||p - y||_2).
//! - y in {0, 1}^m: with `u_i = |e_i|` the loss is `sum_i -log(1 - u_i)`. Below (ours): as a function of w = u^2,
//!   `-log(1 - sqrt w) / w` falls until `w* = 0.5117` (u = 0.7153), where it is 2.4554, and rises beyond. So
//!   `l >= -log(1 - t)` for t^2 <= w*, `l >= 2.4554 t^2` up to t^2 = m w*, and `l >= -m log(1 - t/sqrt m)` beyond
//!   (the convex envelope, by Jensen); for m = 1 it is `-log(1 - t)` throughout. All are above the `2 t^2` of T4.
//!   Above: `-log(1 - u)` is convex, u_i <= t and `sum u_i <= sqrt(m) t`, so `l <= -sqrt(m) log(1 - t)`, infinite from
//!   t = 1 on.
//! - soft targets: `l >= 2 t^2` (T4). Above: `y g(e/y) + (1-y) g(-e/(1-y))` with `g(x) = x - log(1+x)`, `g(x)/x^2`
//!   decreasing, is at most `t^2` times the largest `G(t/y)/y + G(t/(1-y))/(1-y)`, `G(a) = (-a - log(1-a))/a^2`;
//!   coordinates in {0, 1} add `-sqrt(k) log(1 - t)`.

use super::bounds::{Bounds, WIDEN};
use super::series::{entropy_divergence, entropy_gap};
use super::{FenchelYoung, Loss};
use crate::error::{ConvexityError, require_finite};
use crate::moduli::Modulus;
use crate::norms::Norm;
use ndarray::ArrayRef1;

/// The element-wise logistic loss, for targets in [0, 1]^m.
///
/// ```
/// use fenchel_convexity::losses::{Logistic, Loss};
/// use ndarray::array;
///
/// let loss = Logistic.value(&array![1.0], &array![800.0])?;
/// assert_eq!(loss, (-800f64).exp());
/// assert_eq!(Logistic.value(&array![1.0], &array![-1e4])?, 1e4);
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

/// Loss and residual of one coordinate.
fn coordinate(y: f64, f: f64) -> (f64, f64) {
    if y == 0.0 {
        (softplus(f), sigmoid(f))
    } else if y == 1.0 {
        (softplus(-f), -sigmoid(-f))
    } else {
        // The divergences of y from p and of 1 - y from 1 - p, both non-negative.
        let (p, rest) = (sigmoid(f), sigmoid(-f));
        let loss = entropy_divergence(y, p, -softplus(-f) - y.ln())
            + entropy_divergence(1.0 - y, rest, -softplus(f) - (-y).ln_1p());
        (loss, p - y)
    }
}

impl Loss for Logistic {
    fn name(&self) -> String {
        "logistic".into()
    }

    fn require_target(&self, target: &ArrayRef1<f64>) -> Result<(), ConvexityError> {
        require_finite("target", target)?;
        match target.iter().position(|y| !(0.0..=1.0).contains(y)) {
            None => Ok(()),
            Some(index) => Err(ConvexityError::OutsideDomain {
                argument: "target",
                reason: format!("entry {index} is {}, not in [0, 1]", target[index]),
            }),
        }
    }

    fn evaluate(
        &self,
        target: &ArrayRef1<f64>,
        output: &ArrayRef1<f64>,
        mut residual: Option<&mut ArrayRef1<f64>>,
    ) -> f64 {
        let mut loss = 0.0;
        for (i, (&y, &f)) in target.iter().zip(output).enumerate() {
            let (term, e) = coordinate(y, f);
            loss += term;
            if let Some(residual) = &mut residual {
                residual[i] = e;
            }
        }
        loss
    }

    fn bounds(&self, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        self.require_target(target)?;
        let m = target.len() as f64;
        let soft: Vec<f64> = target.iter().copied().filter(|&y| is_soft(y)).collect();
        let hard = m - soft.len() as f64;
        let lower = move |t: f64| {
            let turn = 1.0 - TURN;
            if hard < m {
                2.0 * t * t
            } else if t <= turn || m == 1.0 {
                -(-t.min(1.0 - WIDEN)).ln_1p()
            } else if t * t <= m * turn * turn {
                -TURN.ln() / (turn * turn) * t * t
            } else {
                // No residual is longer than sqrt m.
                -m * (-(t / m.sqrt()).min(1.0 - WIDEN)).ln_1p()
            }
        };
        let upper = move |t: f64| {
            let term = |y: f64| if t < y { y * entropy_gap(t / y) } else { f64::INFINITY };
            let most = soft.iter().fold(0.0_f64, |most, &y| most.max(term(y) + term(1.0 - y)));
            match hard > 0.0 {
                true if t >= 1.0 => f64::INFINITY,
                true => most - hard.sqrt() * (-t).ln_1p(),
                false => most,
            }
        };
        Ok(Bounds::new(lower, upper))
    }

    fn residual_sums_to_zero(&self) -> bool {
        false
    }

    fn moduli(&self, _dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        Ok(vec![Modulus::smooth(0.25, 2.0, Norm::L2)?])
    }
}

impl FenchelYoung for Logistic {
    fn generator_of(&self, target: &ArrayRef1<f64>) -> f64 {
        let soft = target.iter().filter(|&&y| is_soft(y));
        soft.fold(0.0, |sum, y| sum + (y * y.ln() + (1.0 - y) * (-y).ln_1p()))
    }

    fn conjugate_of(&self, output: &ArrayRef1<f64>) -> f64 {
        output.iter().fold(0.0, |sum, &f| sum + softplus(f))
    }

    fn prediction_of(&self, output: &ArrayRef1<f64>, prediction: &mut ArrayRef1<f64>) {
        prediction.iter_mut().zip(output).for_each(|(p, &f)| *p = sigmoid(f));
    }
}

/// Whether a probability is neither 0 nor 1.
fn is_soft(y: f64) -> bool {
    y > 0.0 && y < 1.0
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
