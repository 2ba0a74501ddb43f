//! T14: At the level of a data set the gap is at most a multiple of the squared gradient (PL*).
//!
//! **Statement.** N samples with stacked Jacobian J (Nm x p), tangent kernel K = JJ', mean loss R, every
//! loss H(N(c, 2, l_2))-convex in the output: `R - R_inf <= R - mean l_inf <= N ||grad R||^2 / (2 c
//! lambda_min(K))`.
//!
//! **Assumptions.** c is at most the loss's known constant, measured against [`Loss::moduli`]; T4 at
//! every sample, `l_i - l_i_inf <= ||e_i||^2 / (2c)`, where the proof uses that constant, measured on the
//! losses and residuals as they are; lambda_min(K) > 0 beyond its round-off, measured.
//!
//! **What is computed.** grad R = J'e/N from the stacked residuals, lambda_min(K) by Jacobi rotations,
//! and both sides. A negative slack is judged again: J'e and K in 256 bits from J and e as they are,
//! lambda_min(K) confirmed there by the signs of pivots.
//!
//! **Reference.** Theory, T14; T4 for each sample and `N^2 ||grad R||^2 = e'Ke`.
//!
//! **Cost.** `(Nm)^2 p + 10 (Nm)^3`.
//!
//! ```
//! use fenchel_convexity::losses::SquaredError;
//! use fenchel_convexity::theorems::tangent_kernel_pl::{DataSet, check};
//! use ndarray::array;
//!
//! let set = DataSet {
//!     jacobian: array![[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]],
//!     targets: array![[0.0], [1.0]],
//!     outputs: array![[0.5], [-1.0]],
//! };
//! assert!(check(&set, &SquaredError, 1.0)?.verdict().holds());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use crate::error::{ConvexityError, require_dimension, require_finite, require_positive};
use crate::inequality::{Evidence, Observation, Tally};
use crate::linear_algebra::inertia::{extremes_are, gram};
use crate::linear_algebra::symmetric_eigenvalues;
use crate::losses::Loss;
use crate::moduli::Side;
use crate::norms::Norm;
use crate::number::{Number, PreciseInterval};
use crate::verdict::{Hypothesis, Reason, Report, Verdict, Witness};
use ndarray::{Array1, Array2};

/// What a known constant of a loss may be rounded by, relative: the losses' own are lowered by 8 units,
/// and the difference is rounded.
const ROUNDED: f64 = 10.0 * f64::EPSILON;

/// What the round-off of losses and residuals may explain in T4 at a sample, relative to the loss; as
/// much is granted to the conclusion.
const GRANTED: f64 = 1e-12;

/// Outputs of a model on a data set, with the Jacobian.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    /// Nm x p: the m rows of the first sample, then those of the second, and so on.
    pub jacobian: Array2<f64>,
    /// N x m.
    pub targets: Array2<f64>,
    /// N x m.
    pub outputs: Array2<f64>,
}

/// Examines the inequality for a loss with the constant c.
///
/// # Errors
///
/// If shapes do not fit, an entry is not finite, a target is not admissible, or c is not positive.
pub fn check(set: &DataSet, loss: &dyn Loss, c: f64) -> Result<Report, ConvexityError> {
    require_positive("c", c)?;
    require_finite("jacobian", &Array1::from_iter(set.jacobian.iter().copied()).view())?;
    let (samples, m) = set.outputs.dim();
    require_dimension("targets", set.targets.nrows(), samples)?;
    require_dimension("targets", set.targets.ncols(), m)?;
    require_dimension("jacobian", set.jacobian.nrows(), samples * m)?;
    let mut residuals = Array1::zeros(samples * m);
    let (mut gap, mut over) = (0.0, f64::NEG_INFINITY);
    for (i, (target, output)) in set.targets.rows().into_iter().zip(set.outputs.rows()).enumerate() {
        let mut residual = residuals.slice_mut(ndarray::s![i * m..(i + 1) * m]);
        let own = loss.value_and_residual(&target, &output, &mut residual)? - loss.infimum(&target);
        let square = residual.dot(&residual) / (2.0 * c);
        over = over.max((own - square) / own.abs().max(square).max(f64::MIN_POSITIVE));
        gap += own;
    }
    let count = samples as f64;
    gap /= count;
    let gradient = set.jacobian.t().dot(&residuals) / count;
    let kernel = set.jacobian.dot(&set.jacobian.t());
    let values = symmetric_eigenvalues(((&kernel + &kernel.t()) / 2.0).view())?;
    let (least, most) = (values[0], values[values.len() - 1]);
    let units = (samples * m * (set.jacobian.ncols() + 32)) as f64 * f64::EPSILON;
    let uncertain = units * most;
    let known = loss
        .moduli(m)?
        .iter()
        .filter(|modulus| modulus.side() == Side::Convex && modulus.offset() == 0.0)
        .filter_map(|modulus| modulus.as_norm_power())
        .filter(|(_, r, norm)| r.get() == 2.0 && **norm == Norm::L2)
        .fold(0.0, |best: f64, (c, ..)| best.max(c));
    let hypotheses = vec![
        Hypothesis::measured("c is at most the loss's constant of convexity", c - known, ROUNDED * c),
        Hypothesis::measured("the loss obeys T4 with c at every sample", over, GRANTED),
        Hypothesis::measured("lambda_min(K) is positive beyond its round-off", uncertain - least, 0.0),
    ];
    let energy = count * gradient.dot(&gradient) / (2.0 * c);
    if least <= uncertain {
        let why = "lambda_min(K) is zero up to round-off".into();
        let claim = Verdict::undecided(Reason::Vacuous { why });
        return Ok(Report {
            theorem: "T14",
            hypotheses,
            measured: gap,
            bound: f64::INFINITY,
            slack: f64::INFINITY,
            inequality: claim,
        });
    }
    let bound = energy / least;
    let mut tally = Tally::new("T14");
    tally.observe(
        &Observation { measured: gap, bound, slack: bound - gap, size: gap + bound },
        || Witness::default().with("outputs", &set.outputs.iter().copied().collect::<Vec<_>>()),
        || {
            confirmed(&set.jacobian, &residuals, least, most, uncertain).map_or(Evidence::Nothing, |square| {
                // The bound from the exact J'e is off by its rounding, and by that of lambda_min in
                // either direction; the means by a unit a sample.
                let exact = square / (2.0 * c * count);
                let off = (bound - exact / least).abs() + exact * uncertain / (least * (least - uncertain));
                Evidence::Bounded(off + (GRANTED + (samples + 8) as f64 * f64::EPSILON) * (gap + bound))
            })
        },
    );
    Ok(tally.finish(hypotheses))
}

/// `||J'e||^2` to the nearest f64, if the extreme eigenvalues of JJ' are certainly within `off` of these.
fn confirmed(
    jacobian: &Array2<f64>,
    residuals: &Array1<f64>,
    least: f64,
    most: f64,
    off: f64,
) -> Option<f64> {
    let lift = |x: f64| PreciseInterval::from_f64(x);
    let rows: Vec<Vec<PreciseInterval>> =
        jacobian.rows().into_iter().map(|row| row.iter().copied().map(lift).collect()).collect();
    let around = |value: f64| [lift(value - off), lift(value + off)];
    if !extremes_are(&gram(&rows), around(least), around(most)) {
        return None;
    }
    let mut square = PreciseInterval::zero();
    for j in 0..jacobian.ncols() {
        let entry = rows
            .iter()
            .zip(residuals)
            .fold(PreciseInterval::zero(), |sum, (row, &e)| sum + row[j].clone() * e);
        square = square + entry.square();
    }
    Some(square.to_f64())
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::{SoftmaxCrossEntropy, SquaredError};
    use ndarray::array;

    fn set(scale: f64) -> DataSet {
        let jacobian = Array2::from_shape_fn((6, 9), |(i, j)| {
            let diagonal = if i == j { 4.0 } else { 0.0 };
            scale * (diagonal + ((5 * i + 3 * j + i * j) % 7) as f64 / 3.5 - 1.0)
        });
        DataSet {
            jacobian,
            targets: array![[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]],
            outputs: array![[0.3, -0.2], [1.4, 0.5], [-0.6, 2.0]],
        }
    }

    #[test]
    fn the_squared_error_obeys_at_any_scale() {
        for scale in [1e-3, 1.0, 30.0] {
            let report = check(&set(scale), &SquaredError, 1.0).unwrap();
            assert!(report.verdict().holds(), "{}", report.verdict());
            // By hand: R - 0 is the mean of half the squared residuals.
            let e = &set(scale).outputs - &set(scale).targets;
            assert!((report.measured - e.iter().map(|e| e * e).sum::<f64>() / 6.0).abs() < 1e-14);
        }
    }

    #[test]
    fn equality_at_a_multiple_of_the_identity() {
        let mut equal = set(1.0);
        equal.jacobian = Array2::eye(6) * 3.0;
        let report = check(&equal, &SquaredError, 1.0).unwrap();
        assert!(report.verdict().holds() && report.slack.abs() < 1e-14, "{}", report.slack);
        let report = check(&equal, &SquaredError, 1.01).unwrap();
        assert!(report.inequality.is_violated() && report.verdict().is_undecided());
        // Along the eigenvector of the least eigenvalue too.
        equal.jacobian[[0, 0]] = 1.0;
        equal.outputs = equal.targets.clone();
        equal.outputs[[0, 0]] += 0.7;
        let report = check(&equal, &SquaredError, 1.0).unwrap();
        assert!(report.verdict().holds() && report.slack.abs() < 1e-14);
    }

    #[test]
    fn the_constant_of_the_loss_itself_is_admitted() {
        for c in [2.0, 0.7, 1.0, 3e5] {
            let loss = crate::losses::NormPowerLoss::new(c, 2.0).unwrap();
            let report = check(&set(1.0), &loss, c).unwrap();
            assert!(report.verdict().holds(), "{c}: {}", report.verdict());
            let report = check(&set(1.0), &loss, c * (1.0 + 1e-11)).unwrap();
            assert!(report.verdict().is_undecided(), "{c}: {}", report.verdict());
        }
    }

    #[test]
    fn degenerate_kernels_and_flat_losses_are_undecided_and_misfits_refused() {
        let mut flat = set(1.0);
        flat.jacobian.row_mut(3).fill(0.0);
        assert!(check(&flat, &SquaredError, 1.0).unwrap().verdict().is_undecided());
        // Cross-entropy has no constant of convexity in the logits.
        let report = check(&set(1.0), &SoftmaxCrossEntropy, 0.1).unwrap();
        assert!(report.verdict().is_undecided());
        let mut short = set(1.0);
        short.targets = array![[1.0, 0.0]];
        assert!(check(&short, &SquaredError, 1.0).is_err() && check(&set(1.0), &SquaredError, 0.0).is_err());
        let mut broken = set(1.0);
        broken.jacobian[[0, 0]] = f64::NAN;
        assert!(check(&broken, &SquaredError, 1.0).is_err());
    }
}
