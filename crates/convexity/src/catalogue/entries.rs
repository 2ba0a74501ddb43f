//! The rows of the catalogue.

use super::{
    AbsolutePower, AbsoluteValue, Cauchy, Cosine, DoubleWell, Entry, GaussianWell, HuberFunction, LogCosh,
    LogSumExp, Maximum, NegativeEntropy, PotentialFunction, PseudoHuber, Quadratic, Ramp, Rational, Ripple,
    Scalar, Separable, Sigmoid, Sine, Softplus, SquaredRamp,
};
use crate::error::{ConvexityError, require_range};
use crate::moduli::{Modulus, calculus, norm_power_convexity, norm_power_smoothness};
use crate::norms::Norm;
use crate::objectives::{Precomposed, Sum};
use crate::potentials::Potential;
use ndarray::{Array1, Array2};

const CURVATURE: &str = "the largest second derivative, attained in the limit of near points";
const SPECTRUM: &str = "the extreme eigenvalue of Q";
const NORM_POWER: &str = "extremum of h_r, attained on a line (module norm_power_constant)";
const CLARKSON: &str = "Ball, Carlen, Lieb (1994), Invent. Math. 115; tight at x = (1, 1), d = (1, -1)";
const KINK: &str = "the jump of the subgradient at the kink";
const YOUNG: &str = "from the bound of exponent 1 by Young's inequality, attained at one distance";

/// The dimensions in which the suite examines the catalogue.
#[must_use]
pub const fn dimensions_of_interest() -> [usize; 4] {
    [1, 2, 5, 20]
}

/// The rows that exist in dimension m.
///
/// # Errors
///
/// If m is 0.
///
/// ```
/// use fenchel_convexity::catalogue::entries;
///
/// for entry in entries(2)? {
///     for known in entry.constants() {
///         println!("{}: {} ({})", entry.objective().name(), known.modulus, known.source);
///     }
/// }
/// # assert!(entries(2)?.len() >= 20);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub fn entries(m: usize) -> Result<Vec<Entry>, ConvexityError> {
    require_range("m", m as f64, m > 0, "at least 1")?;
    let mut rows = quadratics(m)?;
    rows.extend(exponential_family(m)?);
    rows.extend(norm_powers(m)?);
    rows.extend(sums_of_scalars(m)?);
    rows.extend(kinked(m)?);
    rows.extend(with_offsets(m)?);
    Ok(rows)
}

fn quadratics(m: usize) -> Result<Vec<Entry>, ConvexityError> {
    // Eigenvalues from 1/2 to 3; then the matrix I + 11', whose own norm makes it a perfect parabola.
    let diagonal: Vec<f64> =
        (0..m).map(|i| if m == 1 { 3.0 } else { 0.5 + 2.5 * i as f64 / (m - 1) as f64 }).collect();
    let (least, most) = (diagonal[0], diagonal[m - 1]);
    let saddle: Vec<f64> = (0..m).map(|i| if i % 2 == 0 { 1.0 } else { -2.0 }).collect();
    let dense = Array2::from_shape_fn((m, m), |(i, j)| if i == j { 2.0 } else { 1.0 });
    let own = Norm::weighted_euclidean(dense.view())?;
    let origin = Array1::zeros(m);
    Ok(vec![
        Entry::new(Quadratic::diagonal(&diagonal)?)
            .closed_convex()
            .with_minimum(origin.clone(), 0.0)
            .tight(Modulus::convex(least, 2.0, Norm::L2)?, SPECTRUM)
            .tight(Modulus::smooth(most, 2.0, Norm::L2)?, SPECTRUM),
        Entry::new(Quadratic::diagonal(&saddle)?).tight(Modulus::smooth(1.0, 2.0, Norm::L2)?, SPECTRUM),
        // The Cholesky factor of the norm is rounded, hence the slack of 1e-13.
        Entry::new(Quadratic::new(dense)?)
            .closed_convex()
            .with_minimum(origin, 0.0)
            .tight(Modulus::convex(1.0 - 1e-13, 2.0, own.clone())?, "D is half the squared norm")
            .tight(Modulus::smooth(1.0 + 1e-13, 2.0, own)?, "D is half the squared norm")
            .tight(Modulus::convex(if m == 1 { 2.0 } else { 1.0 }, 2.0, Norm::L2)?, SPECTRUM)
            .tight(Modulus::smooth((m + 1) as f64, 2.0, Norm::L2)?, SPECTRUM),
    ])
}

fn exponential_family(m: usize) -> Result<Vec<Entry>, ConvexityError> {
    let several = m >= 2;
    let lse = "covariance of a choice: variance of a difference of values (theory, section 2)";
    let mut rows = vec![
        Entry::new(LogSumExp::new(m)?)
            .closed_convex()
            .known(Modulus::smooth(0.5, 2.0, Norm::L2)?, several, lse)
            .known(Modulus::smooth(1.0, 2.0, Norm::LINF)?, several, lse),
        Entry::new(Maximum::new(m)?).closed_convex().known(
            Modulus::smooth(2.0, 1.0, Norm::LINF)?,
            several,
            KINK,
        ),
    ];
    if several {
        rows.push(
            Entry::new(NegativeEntropy::new(m)?)
                .closed_convex()
                .tight(Modulus::convex(1.0, 2.0, Norm::L1)?, "Pinsker's inequality")
                .tight(Modulus::convex(2.0, 2.0, Norm::L2)?, "T3 from log-sum-exp in l_2"),
        );
    }
    // Logistic regression on a small fixed design: constants by T2, not tight.
    let design = Array2::from_shape_fn((m + 1, m), |(i, j)| ((3 * i + 5 * j + 1) % 7) as f64 / 3.5 - 1.0);
    let logistic = Precomposed::new(Separable::new(Softplus, m + 1)?, design.clone(), Array1::zeros(m + 1))?;
    let smooth = calculus::precompose(&Modulus::smooth(0.25, 2.0, Norm::L2)?, &design, &Norm::L2)?;
    rows.push(Entry::new(logistic.clone()).closed_convex().valid(smooth.clone(), "T2 from log(1 + e^x)"));
    let ridge = Quadratic::diagonal(&vec![0.1; m])?;
    let penalty = (Modulus::convex(0.1, 2.0, Norm::L2)?, Modulus::smooth(0.1, 2.0, Norm::L2)?);
    rows.push(
        Entry::new(Sum::new(logistic, ridge)?)
            .closed_convex()
            .valid(penalty.0, "T2: a convex function adds to the ridge's constant")
            .valid(calculus::sum(&smooth, &penalty.1)?, "T2: constants add"),
    );
    Ok(rows)
}

fn norm_powers(m: usize) -> Result<Vec<Entry>, ConvexityError> {
    let origin = Array1::zeros(m);
    let mut rows = Vec::new();
    for r in [2.0, 3.0, 4.0, 6.0] {
        let function = PotentialFunction::new(Potential::norm_power(1.0, r, Norm::L2)?, m)?;
        let modulus = Modulus::convex(norm_power_convexity(r)?, r, Norm::L2)?;
        rows.push(
            Entry::new(function).closed_convex().with_minimum(origin.clone(), 0.0).tight(modulus, NORM_POWER),
        );
    }
    for r in [1.2, 4.0 / 3.0, 1.5, 1.8] {
        let function = PotentialFunction::new(Potential::norm_power(1.0, r, Norm::L2)?, m)?;
        let modulus = Modulus::smooth(norm_power_smoothness(r)?, r, Norm::L2)?;
        rows.push(
            Entry::new(function).closed_convex().with_minimum(origin.clone(), 0.0).tight(modulus, NORM_POWER),
        );
    }
    for p in [1.25, 1.5, 3.0, 4.0] {
        let norm = Norm::lp(p)?;
        let function = PotentialFunction::new(Potential::norm_power(1.0, 2.0, norm.clone())?, m)?;
        let modulus =
            if p < 2.0 { Modulus::convex(p - 1.0, 2.0, norm)? } else { Modulus::smooth(p - 1.0, 2.0, norm)? };
        let row = Entry::new(function).closed_convex().with_minimum(origin.clone(), 0.0);
        rows.push(row.known(modulus, m >= 2, CLARKSON));
    }
    let quartic = norm_power_convexity(4.0)?;
    rows.push(
        Entry::new(Separable::new(AbsolutePower { r: 4.0 }, m)?)
            .closed_convex()
            .with_minimum(origin, 0.0)
            .tight(Modulus::convex(quartic, 4.0, Norm::lp(4.0)?)?, NORM_POWER),
    );
    Ok(rows)
}

fn sums_of_scalars(m: usize) -> Result<Vec<Entry>, ConvexityError> {
    fn smooth<S: Scalar + 'static>(scalar: S, m: usize, c: f64) -> Result<Entry, ConvexityError> {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2)?;
        Ok(Entry::new(Separable::new(scalar, m)?).tight(modulus, CURVATURE))
    }
    let origin = Array1::zeros(m);
    // 1/(6 sqrt 3), the largest second derivative of the logistic function, rounded up.
    let logistic = (1.0 + 4.0 * f64::EPSILON) / (6.0 * 3f64.sqrt());
    let l2 = |c| Modulus::smooth(c, 2.0, Norm::L2);
    Ok(vec![
        smooth(Softplus, m, 0.25)?.closed_convex(),
        smooth(LogCosh, m, 1.0)?.closed_convex().with_minimum(origin.clone(), 0.0),
        smooth(Cosine, m, 1.0)?,
        smooth(Sine, m, 1.0)?,
        smooth(Sigmoid, m, logistic)?,
        smooth(Rational, m, 2.0)?.with_minimum(origin.clone(), 0.0),
        smooth(SquaredRamp, m, 1.0)?.closed_convex().with_minimum(origin.clone(), 0.0),
        smooth(HuberFunction { width: 0.7 }, m, 1.0)?.closed_convex().with_minimum(origin.clone(), 0.0),
        Entry::new(PotentialFunction::new(Potential::huber(0.7, Norm::L2)?, m)?)
            .closed_convex()
            .with_minimum(origin.clone(), 0.0)
            .tight(l2(1.0)?, CURVATURE),
        Entry::new(PseudoHuber::new(m)?)
            .closed_convex()
            .with_minimum(origin.clone(), 0.0)
            .tight(l2(1.0)?, CURVATURE),
        Entry::new(GaussianWell::new(m)?).with_minimum(origin.clone(), -1.0).tight(l2(1.0)?, CURVATURE),
        Entry::new(Cauchy::new(m)?).with_minimum(origin, 0.0).tight(l2(2.0)?, CURVATURE),
    ])
}

fn kinked(m: usize) -> Result<Vec<Entry>, ConvexityError> {
    let origin = Array1::zeros(m);
    // Offsets of separable sums add up over the coordinates; N(C, 2, l_2) does too.
    let dimension = m as f64;
    Ok(vec![
        Entry::new(Separable::new(AbsoluteValue, m)?)
            .closed_convex()
            .with_minimum(origin.clone(), 0.0)
            .tight(Modulus::smooth(2.0, 1.0, Norm::L1)?, KINK)
            .tight(Modulus::smooth(1.0, 2.0, Norm::L2)?.with_offset(2.0 * dimension)?, YOUNG),
        Entry::new(Separable::new(Ramp, m)?)
            .closed_convex()
            .with_minimum(origin, 0.0)
            .tight(Modulus::smooth(1.0, 1.0, Norm::L1)?, KINK)
            .tight(Modulus::smooth(2.0, 2.0, Norm::L2)?.with_offset(0.25 * dimension)?, YOUNG),
    ])
}

fn with_offsets(m: usize) -> Result<Vec<Entry>, ConvexityError> {
    let dimension = m as f64;
    let ripple = Ripple { height: 0.25, rate: 4.0 };
    // c = 1/2: 2 h + (h w)^2/(2 (1 - c)) = 1/2 + 1.
    let ripple_offset = 1.5 * dimension;
    Ok(vec![
        Entry::new(Separable::new(ripple, m)?)
            .tight(Modulus::smooth(5.0, 2.0, Norm::L2)?, CURVATURE)
            .valid(Modulus::convex(0.5, 2.0, Norm::L2)?.with_offset(ripple_offset)?, "doc of Ripple"),
        Entry::new(Separable::new(DoubleWell, m)?)
            .with_minimum(Array1::ones(m), 0.0)
            // c = 1/4: the offset 3/(4 (1 - 3/4)) = 3 for each coordinate.
            .tight(
                Modulus::convex(0.25, 4.0, Norm::lp(4.0)?)?.with_offset(3.0 * dimension)?,
                "doc of DoubleWell",
            ),
    ])
}
