//! The softmax cross-entropy, the Fenchel-Young loss of the negative Shannon entropy on the simplex.
//!
//! `Omega(y) = sum_i y_i log y_i`, `Omega*(f) = log sum_i exp f_i`, prediction `p = softmax f`, residual `p - y`,
//! and the loss is `KL(y || p)`, with infimum 0. For a one-hot target it is the usual `-log p_y`; for a soft target
//! the usual `-sum_i y_i log p_i` is larger by the entropy of y, a constant with the same residual.
//!
//! Accuracy: nothing cancels. A confidently right sample (`f_y - f_i = 40`) has a loss near `exp(-40)`, not 0, and its
//! residual at the true class is minus the sum of the other probabilities. Logits of any finite size are admitted
//! whose differences are finite.
//!
//! Output-gradient bounds (section 4 of the theory; `t = ||p - y||_2`):
//! - one-hot target, m classes, tight: `-log(1 - t / sqrt 2) <= l <= -log(1 - t sqrt((m-1)/m))`. With all wrong mass on
//!   one class `t = sqrt 2 (1 - p_y)`, and with the wrong mass spread evenly `t = (1 - p_y) sqrt(m/(m-1))`; anything else
//!   lies between. The right side is infinite once its argument reaches 1.
//! - soft target: `delta = t / sqrt 2` is at most the total variation distance, since p - y sums to zero, and KL is at
//!   least `2 delta^2` (Pinsker) and `log((1+delta)/(1-delta)) - 2 delta/(1+delta)` (Vajda). From above, no entry
//!   of p - y is below `-tau`, `tau = t sqrt((m-1)/m)`; with `g(x) = x - log(1+x)` and `g(x)/x^2` decreasing,
//!   `KL = sum_{y_i > 0} y_i g(e_i/y_i) + sum_{y_i = 0} e_i` (both sums non-negative) is at most
//!   `(m/(m-1)) y_min g(-tau/y_min) + t sqrt(number of zero entries)`, infinite from `tau = y_min` on. Also
//!   `KL <= log(1 + chi^2)`; the smaller of the two is taken.

use super::bounds::{Bounds, WIDEN, compared_with_euclidean};
use super::series::{entropy_divergence, entropy_gap};
use super::simplex_target::{Masses, hot_class, require_simplex, total};
use super::{FenchelYoung, Loss};
use crate::error::ConvexityError;
use crate::exponent::Exponent;
use crate::moduli::Modulus;
use crate::norms::Norm;
use ndarray::ArrayRef1;
use std::f64::consts::SQRT_2;

/// The softmax cross-entropy `KL(y || softmax f)`, for targets in the probability simplex.
///
/// ```
/// use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy};
/// use ndarray::{array, Array1};
///
/// let target = array![1.0, 0.0];
/// let mut residual = Array1::zeros(2);
/// let loss = SoftmaxCrossEntropy
///     .value_and_residual(&target, &array![50.0, 0.0], &mut residual)?;
/// // log(1 + exp(-50)), not 0.
/// assert!((loss / (-50f64).exp() - 1.0).abs() < 1e-15);
/// assert_eq!(residual[0], -residual[1]);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SoftmaxCrossEntropy;

/// The largest output, its place, and the sum of `exp(f_i - f_max)` over the other places.
struct Normaliser {
    argmax: usize,
    max: f64,
    rest: f64,
}

impl Normaliser {
    fn new(output: &ArrayRef1<f64>) -> Self {
        let (mut argmax, mut max) = (0, output[0]);
        for (i, &f) in output.iter().enumerate() {
            if f > max {
                (argmax, max) = (i, f);
            }
        }
        let rest = output
            .iter()
            .enumerate()
            .filter(|&(i, _)| i != argmax)
            .fold(0.0, |sum, (_, &f)| sum + (f - max).exp());
        Self { argmax, max, rest }
    }

    /// `log sum_i exp(f_i - f_max)`.
    fn log(&self) -> f64 {
        self.rest.ln_1p()
    }

    /// `p_i` for the output `f_i`.
    fn probability(&self, f: f64) -> f64 {
        (f - self.max).exp() / (1.0 + self.rest)
    }
}

/// `p - y` for a one-hot target; the entry of the true class is minus the sum of the others' probabilities.
fn one_hot_residual(
    class: usize,
    output: &ArrayRef1<f64>,
    normaliser: &Normaliser,
    residual: &mut ArrayRef1<f64>,
) {
    let mut wrong = if class == normaliser.argmax { normaliser.rest } else { 1.0 };
    for (i, &f) in output.iter().enumerate() {
        if i == class {
            continue;
        }
        residual[i] = normaliser.probability(f);
        if class != normaliser.argmax && i != normaliser.argmax {
            wrong += (f - normaliser.max).exp();
        }
    }
    residual[class] = -wrong / (1.0 + normaliser.rest);
}

/// The least total variation of a residual with norm t; no residual is longer than sqrt 2.
fn distance(t: f64) -> f64 {
    (t / SQRT_2).min(1.0 - WIDEN)
}

/// The bounds for a one-hot target whose residual is at most `most` times `1 - p_y` long, and at least one
/// share-th of it.
fn one_hot_bounds(most: f64, share: f64) -> Bounds {
    let lower = move |t: f64| -(-(t / most).min(1.0 - WIDEN)).ln_1p();
    let upper = move |t: f64| if t * share < 1.0 { -(-t * share).ln_1p() } else { f64::INFINITY };
    Bounds::new(lower, upper)
}

fn soft_lower(t: f64) -> f64 {
    let delta = distance(t);
    let pinsker = 2.0 * delta * delta;
    // Near 0, where the terms cancel, Pinsker's bound is the larger by far.
    let vajda = delta.ln_1p() - (-delta).ln_1p() - 2.0 * delta / (1.0 + delta) - WIDEN;
    pinsker.max(vajda)
}

fn soft_upper(masses: &Masses, share: f64, t: f64) -> f64 {
    let Masses { classes, zeros, smallest } = *masses;
    let a = t * share / smallest;
    if a >= 1.0 {
        return f64::INFINITY;
    }
    let outside = t * zeros.sqrt();
    let quadratic = classes / (classes - 1.0) * smallest * entropy_gap(a) + outside;
    // t^2 alone may be beneath f64.
    let chi_squared = t / (smallest * (1.0 - a)) * t + outside;
    quadratic.min(chi_squared.ln_1p())
}

impl Loss for SoftmaxCrossEntropy {
    fn name(&self) -> String {
        "softmax cross-entropy".into()
    }

    fn require_target(&self, target: &ArrayRef1<f64>) -> Result<(), ConvexityError> {
        require_simplex(target)
    }

    fn evaluate(
        &self,
        target: &ArrayRef1<f64>,
        output: &ArrayRef1<f64>,
        mut residual: Option<&mut ArrayRef1<f64>>,
    ) -> f64 {
        let normaliser = Normaliser::new(output);
        if let Some(class) = hot_class(target) {
            if let Some(residual) = residual {
                one_hot_residual(class, output, &normaliser, residual);
            }
            return (normaliser.max - output[class]) + normaliser.log();
        }
        let (total, log) = (total(target), normaliser.log());
        let mut loss = 0.0;
        for (i, (&y, &f)) in target.iter().zip(output).enumerate() {
            let (y, p) = (y / total, normaliser.probability(f));
            if let Some(residual) = &mut residual {
                residual[i] = p - y;
            }
            // A sum of non-negative terms, so nothing cancels.
            loss += if y == 0.0 { p } else { entropy_divergence(y, p, (f - normaliser.max) - log - y.ln()) };
        }
        loss
    }

    fn bounds(&self, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        require_simplex(target)?;
        let masses = Masses::of(target);
        let share = masses.share();
        Ok(if target.len() == 1 {
            Bounds::zero()
        } else if masses.one_hot() {
            one_hot_bounds(SQRT_2, share)
        } else {
            Bounds::new(soft_lower, move |t| soft_upper(&masses, share, t))
        })
    }

    fn bounds_in(&self, p: f64, target: &ArrayRef1<f64>) -> Result<Bounds, ConvexityError> {
        require_simplex(target)?;
        let p = Exponent::new(p)?;
        let masses = Masses::of(target);
        Ok(if target.len() == 1 {
            Bounds::zero()
        } else if masses.one_hot() {
            // u (1 + (m-1)^{1-p})^{1/p} <= ||e||_p <= 2^{1/p} u, with u = 1 - p_y; u itself in l_inf.
            let even = 1.0 + (masses.classes - 1.0).powf(1.0 - p.get());
            let root = |x: f64| x.powf(1.0 / p.get());
            one_hot_bounds(root(2.0) * (1.0 + WIDEN), root(even).recip() * (1.0 + WIDEN))
        } else {
            compared_with_euclidean(self.bounds(target)?, p, target.len())
        })
    }

    fn residual_sums_to_zero(&self) -> bool {
        true
    }

    fn moduli(&self, _dimension: usize) -> Result<Vec<Modulus>, ConvexityError> {
        Ok(vec![Modulus::smooth(0.5, 2.0, Norm::L2)?, Modulus::smooth(1.0, 2.0, Norm::LINF)?])
    }
}

impl FenchelYoung for SoftmaxCrossEntropy {
    fn generator_of(&self, target: &ArrayRef1<f64>) -> f64 {
        let total = total(target);
        target.iter().map(|y| y / total).filter(|&y| y > 0.0).fold(0.0, |sum, y| sum + y * y.ln())
    }

    fn conjugate_of(&self, output: &ArrayRef1<f64>) -> f64 {
        let normaliser = Normaliser::new(output);
        normaliser.max + normaliser.log()
    }

    fn prediction_of(&self, output: &ArrayRef1<f64>, prediction: &mut ArrayRef1<f64>) {
        let normaliser = Normaliser::new(output);
        prediction.iter_mut().zip(output).for_each(|(p, &f)| *p = normaliser.probability(f));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, array};

    fn one_hot(m: usize, class: usize) -> Array1<f64> {
        Array1::from_shape_fn(m, |i| if i == class { 1.0 } else { 0.0 })
    }

    fn evaluate(target: &Array1<f64>, output: &Array1<f64>) -> (f64, Array1<f64>) {
        let mut residual = Array1::zeros(target.len());
        let loss = SoftmaxCrossEntropy.value_and_residual(target, output, &mut residual).unwrap();
        assert_eq!(loss, SoftmaxCrossEntropy.value(target, output).unwrap());
        (loss, residual)
    }

    #[test]
    fn tiny_losses_keep_their_relative_accuracy() {
        let (loss, e) = evaluate(&one_hot(3, 1), &array![-300.0, 300.0, -300.0]);
        let exact = 2.0 * (-600f64).exp();
        assert!((loss / exact - 1.0).abs() < 1e-14);
        assert!((e[1] / exact + 1.0).abs() < 1e-14 && e[0] > 0.0);
    }

    #[test]
    fn logits_of_ten_thousand_are_stable() {
        let (loss, e) = evaluate(&one_hot(3, 0), &array![-1e4, 1e4, 9e3]);
        assert_eq!(loss, 2e4);
        assert_eq!(e, array![-1.0, 1.0, 0.0]);
    }

    #[test]
    fn the_residual_is_the_derivative() {
        let (y, f) = (array![0.2, 0.5, 0.0, 0.3], array![0.7, -1.2, 0.4, 2.0]);
        let (_, e) = evaluate(&y, &f);
        for i in 0..4 {
            let h = 1e-5;
            let (mut above, mut below) = (f.clone(), f.clone());
            above[i] += h;
            below[i] -= h;
            let slope = (evaluate(&y, &above).0 - evaluate(&y, &below).0) / (2.0 * h);
            assert!((slope - e[i]).abs() < 1e-9, "{slope} {}", e[i]);
        }
        assert!(e.sum().abs() < 1e-15);
    }

    #[test]
    fn a_soft_loss_near_its_minimum_is_half_the_chi_square() {
        let y = array![0.2, 0.5, 0.3];
        let f = y.mapv(f64::ln) + array![1e-4, 0.0, -1e-4];
        let (loss, e) = evaluate(&y, &f);
        let chi: f64 = e.iter().zip(&y).map(|(e, y)| e * e / y).sum();
        assert!((loss / (chi / 2.0) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn both_one_hot_bounds_are_attained() {
        let m = 4;
        // The wrong mass spread evenly: the upper bound is the loss.
        let (y, f) = (one_hot(m, 2), array![0.0, 0.0, 3.0, 0.0]);
        let (loss, e) = evaluate(&y, &f);
        let t = e.dot(&e).sqrt();
        assert!((SoftmaxCrossEntropy.bounds(&y).unwrap().upper(t) / loss - 1.0).abs() < 1e-13);
        // All wrong mass on one class: the lower bound is the loss.
        let (loss, e) = evaluate(&y, &array![1.0, -900.0, 0.5, -900.0]);
        let t = e.dot(&e).sqrt();
        assert!((SoftmaxCrossEntropy.bounds(&y).unwrap().lower(t) / loss - 1.0).abs() < 1e-13);
    }

    #[test]
    fn the_best_quadratic_lower_constant_is_1_2277() {
        // min over u = t / sqrt 2 of -log(1-u) / (2 u^2), attained at u = 0.7153.
        let y = one_hot(2, 0);
        let ratio = |u: f64| SoftmaxCrossEntropy.bounds(&y).unwrap().lower(u * SQRT_2) / (2.0 * u * u);
        let smallest = (1..1000).map(|k| ratio(f64::from(k) / 1000.0)).fold(f64::INFINITY, f64::min);
        assert!((smallest - 1.2277).abs() < 1e-4, "{smallest}");
        assert!((ratio(0.7153) - smallest).abs() < 1e-6);
    }

    #[test]
    fn bounds_hold_on_a_grid_of_soft_targets() {
        let targets =
            [array![0.2, 0.5, 0.3], array![0.0, 0.999, 0.001], array![0.5, 0.5, 0.0], array![1.0, 0.0, 0.0]];
        let grid = [-8.0, -1.0, -0.3, 0.0, 0.25, 2.0, 6.0];
        let (mut finite, mut total) = (0, 0);
        for y in &targets {
            for &a in &grid {
                for &b in &grid {
                    let centre = y.mapv(|y: f64| y.max(1e-12).ln());
                    for f in [array![a, b, 0.0], centre + array![a * 1e-3, b * 1e-3, 0.0]] {
                        let (loss, e) = evaluate(y, &f);
                        let t = e.dot(&e).sqrt();
                        // p - y carries an absolute error of a few ulps of 1, which the norm inherits.
                        let error = 4.0 * f64::EPSILON;
                        let lo = SoftmaxCrossEntropy.bounds(y).unwrap().lower((t - error).max(0.0));
                        let hi = SoftmaxCrossEntropy.bounds(y).unwrap().upper(t + error);
                        assert!(lo <= loss, "{y} {f}: {lo} > {loss}");
                        assert!(loss <= hi, "{y} {f}: {loss} > {hi}");
                        total += 1;
                        finite += usize::from(hi.is_finite());
                    }
                }
            }
        }
        assert!(finite * 3 > total, "the upper bound is finite on {finite} of {total}");
    }

    #[test]
    fn bad_targets_are_refused() {
        let f = array![0.0, 0.0];
        for y in [array![0.5, 0.6], array![-0.1, 1.1], array![f64::NAN, 1.0]] {
            assert!(SoftmaxCrossEntropy.value(&y, &f).is_err());
            assert!(SoftmaxCrossEntropy.infimum(&y).is_nan());
            assert!(SoftmaxCrossEntropy.bounds(&y).is_err());
        }
        let y = array![1.0, 0.0];
        assert!(SoftmaxCrossEntropy.value(&y, &array![f64::INFINITY, 0.0]).is_err());
        assert!(SoftmaxCrossEntropy.value(&y, &array![0.0]).is_err());
        assert!(SoftmaxCrossEntropy.value(&y, &array![-f64::MAX, f64::MAX]).is_err());
    }
}
