//! T21: The sandwich of T11 between any norm on residuals and any on gradients.
//!
//! **Statement.** J the Jacobian of the outputs in the parameters, e the residual, `J'e` the gradient of the
//! loss in the parameters; `sigma = max N(J'e)/||e||_p` and `sigma_0 = min N(J'e)/||e||_p` over all e (over
//! those that sum to zero, if the loss's do). If `lo(||e||_p) <= l - l_inf <= hi(||e||_p)` with
//! non-decreasing lo and hi, then `lo(N(J'e)/sigma) <= l - l_inf <= hi(N(J'e)/sigma_0)`, the right side
//! +inf for `sigma_0 = 0`.
//!
//! **Assumptions.** Where the proof uses them, measured there: `sigma_0 ||e||_p <= N(J'e) <= sigma ||e||_p`,
//! and the loss's own bounds in l_p. Constants that are not those of J and yet serve at this e prove as much
//! at this e: [`Constants::of`] has those that serve at every one.
//!
//! **What is computed.** Both inequalities at one sample, from the Jacobian as it stands. Norms, bounds and
//! constants are rounded outward, and what the hypotheses grant is taken off the arguments of lo and hi, which may be
//! steep; so what is left of a violation is none of round-off's. The loss itself is granted a few units.
//!
//! **Reference.** GCS (arXiv 2608.09523), Theorem 5.1; `sigma_0 ||e|| <= N(J'e) <= sigma ||e||` is the whole
//! proof. What can be computed of sigma and sigma_0: [`ResidualGain`].
//!
//! **Cost.** `m n` for each product with J, and up to `2^(m-1)` of these for l_inf and l_1.
//!
//! ```
//! use fenchel_convexity::losses::SoftmaxCrossEntropy;
//! use fenchel_convexity::theorems::general_norms::{Constants, Gradients, Sample, check};
//! use ndarray::array;
//!
//! let sample = Sample {
//!     jacobian: array![[1.0, 0.0, 0.5], [0.0, 2.0, 0.3]],
//!     target: array![1.0, 0.0],
//!     output: array![0.2, 0.9],
//! };
//! for (p, gradients) in [(1.0, Gradients::Entries), (f64::INFINITY, Gradients::Layers(1.0, vec![2, 1]))] {
//!     let constants = Constants::of(&sample, &SoftmaxCrossEntropy, p, &gradients)?;
//!     let report = check(&sample, &SoftmaxCrossEntropy, p, &gradients, constants)?;
//!     assert!(report.verdict().holds());
//!     // Two classes: all residuals are multiples of (1, -1), and in l_1 and l_inf the bounds meet.
//!     assert!(report.slack < 1e-9);
//! }
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use crate::error::{ConvexityError, require_dimension, require_finite, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::linear_algebra::ResidualGain;
use crate::losses::Loss;
use crate::norms::Norm;
use crate::verdict::{Hypothesis, Report, Witness};
use ndarray::{Array1, Array2, s};

/// What the round-off of a loss and of norms may explain, relative to the two sides.
const GRANTED: f64 = 1e-12;

/// One sample: the outputs of a model, with their Jacobian in the parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// m x n.
    pub jacobian: Array2<f64>,
    /// m numbers.
    pub target: Array1<f64>,
    /// m numbers.
    pub output: Array1<f64>,
}

/// The norm of gradients.
#[derive(Clone, Debug, PartialEq)]
pub enum Gradients {
    /// The l_s norm over layers of their Euclidean norms, for s and the number of parameters of each layer.
    Layers(f64, Vec<usize>),
    /// The l_1 norm of all entries, which belongs to parameters in l_inf.
    Entries,
}

/// The constants of the sandwich.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    /// At least sigma.
    pub induced: f64,
    /// At most `sigma_0`.
    pub lower: f64,
}

impl Constants {
    /// Those of a sample's Jacobian: the induced norm from above, the lower norm from below.
    ///
    /// # Errors
    ///
    /// If shapes do not fit, an entry is not finite, or an exponent is not in [1, inf].
    pub fn of(
        sample: &Sample,
        loss: &dyn Loss,
        p: f64,
        gradients: &Gradients,
    ) -> Result<Self, ConvexityError> {
        let gain = gain(sample, loss, gradients)?;
        Ok(Self { induced: gain.induced(p)?.upper, lower: gain.lower(p)?.lower })
    }
}

/// The gains of a sample's residuals: those that sum to zero, if the loss's do.
///
/// # Errors
///
/// As [`Constants::of`].
pub fn gain(sample: &Sample, loss: &dyn Loss, gradients: &Gradients) -> Result<ResidualGain, ConvexityError> {
    let jacobian = &sample.jacobian;
    require_finite("jacobian", &Array1::from_iter(jacobian.iter().copied()))?;
    require_dimension("target", sample.target.len(), jacobian.nrows())?;
    let gain = match gradients {
        Gradients::Entries => ResidualGain::of_entries(jacobian.clone())?,
        Gradients::Layers(outer, lengths) => {
            require_dimension("layers", lengths.iter().sum(), jacobian.ncols())?;
            let (mut start, mut grams, mut roundoff) = (0, Vec::new(), 0.0_f64);
            for length in lengths {
                let part = jacobian.slice(s![.., start..start + length]);
                let gram = part.dot(&part.t());
                roundoff = roundoff.max(*length as f64 * f64::EPSILON * gram.diag().sum());
                grams.push(gram);
                start += length;
            }
            ResidualGain::of_layers(grams, *outer, roundoff)?
        }
    };
    if loss.residual_sums_to_zero() && jacobian.nrows() > 1 { gain.on_sum_zero() } else { Ok(gain) }
}

/// Examines both sides of the sandwich at a sample with the constants claimed.
///
/// # Errors
///
/// As [`Constants::of`], if a target is not admissible, the output not finite, or a constant negative.
pub fn check(
    sample: &Sample,
    loss: &dyn Loss,
    p: f64,
    gradients: &Gradients,
    constants: Constants,
) -> Result<Report, ConvexityError> {
    let Constants { induced, lower } = constants;
    require_range("induced", induced, induced >= 0.0, "finite and at least 0")?;
    require_range("lower", lower, lower >= 0.0, "finite and at least 0")?;
    let gain = gain(sample, loss, gradients)?;
    let (target, output) = (&sample.target, &sample.output);
    let mut residual = Array1::zeros(target.len());
    let value = loss.value_and_residual(target, output, &mut residual)?;
    let excess = value - loss.infimum(target);
    let residual = residual.to_vec();
    let (length, bounds) = (Norm::lp(p)?.value_of(&residual), loss.bounds_in(p, target)?);
    // A sum of m powers, and a root.
    let rounded = (residual.len() + 8) as f64 * f64::EPSILON;
    let seen = gain.gradient_norm(&residual);
    let relative = |over: f64, size: f64| over / size.max(f64::MIN_POSITIVE);
    let own =
        [bounds.lower(length * (1.0 - rounded)) - excess, excess - bounds.upper(length * (1.0 + rounded))];
    let off = own.iter().fold(f64::NEG_INFINITY, |most, &over| most.max(relative(over, excess)));
    let hypotheses = vec![
        Hypothesis::measured(
            "the gradient is at most sigma ||e||_p long",
            relative(seen.lower - induced * length, seen.lower),
            GRANTED,
        ),
        Hypothesis::measured(
            "the gradient is at least sigma_0 ||e||_p long",
            relative(lower * length - seen.upper, seen.upper),
            GRANTED,
        ),
        Hypothesis::measured("the loss lies within its own bounds in l_p", off, GRANTED),
    ];
    // What is granted of the lengths: the proof then goes through for the constants as they were let pass.
    let granted = 2.0 * GRANTED + 2.0 * rounded;
    let least = if induced == 0.0 { 0.0 } else { bounds.lower(seen.lower / induced * (1.0 - granted)) };
    let most = if lower == 0.0 { f64::INFINITY } else { bounds.upper(seen.upper / lower * (1.0 + granted)) };
    let witness = || Witness::default().with("output", &sample.output.to_vec());
    let mut tally = Tally::new("T21");
    for (measured, bound) in [(least, excess), (excess, most)] {
        let size = measured.abs() + bound.abs();
        let slack = bound - measured;
        tally.observe(&Observation { measured, bound, slack, size }, witness, || {
            Evidence::Bounded(GRANTED * size)
        });
    }
    Ok(tally.finish(hypotheses))
}

#[cfg(test)]
mod tests;
