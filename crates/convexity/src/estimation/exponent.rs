//! The exponent, fitted to how the extreme divergence grows with the distance.

use super::{Estimate, Setting, run};
use crate::ConvexityError;
use crate::definitions::Side;
use crate::error::{require_positive, require_range};
use crate::falsification::{Measure, Problem, SearchConfig};
use crate::potentials::Potential;

/// The distances at which the extreme divergence is measured: from `least` to `most`, evenly on a logarithmic scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// The least distance.
    pub least: f64,
    /// The largest distance.
    pub most: f64,
    /// How many distances, at least 2.
    pub count: usize,
}

impl Default for Scales {
    fn default() -> Self {
        Self { least: 0.1, most: 10.0, count: 7 }
    }
}

/// The extreme divergence at one distance.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    /// `||u - v||`.
    pub distance: f64,
    /// The largest (smooth) or least (convex) divergence at this distance, as far as the search has found.
    pub divergence: Estimate,
}

/// A fitted exponent with its constant.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The exponent r: the slope of the logarithm of the divergence in the logarithm of the distance.
    pub exponent: f64,
    /// The constant c such that (c/r) t^r bounds the extreme divergence at every distance measured.
    pub constant: f64,
    /// The largest deviation of the logarithm of the divergence from the line: 0 for a power.
    ///
    /// A function that is no power at these scales (quadratic near, linear far) has a large one, and no single exponent.
    pub residual: f64,
    /// The measurements, with the tight pairs.
    pub scales: Vec<Scale>,
}

impl Fit {
    /// The largest drift of the measurements.
    #[must_use]
    pub fn drift(&self) -> f64 {
        self.scales.iter().fold(0.0, |most, scale| most.max(scale.divergence.drift))
    }
}

/// Fits exponent and constant of a norm power: the extreme divergence at every distance by search, then a line in the
/// logarithms.
///
/// The budget is divided evenly among the distances.
///
/// ```
/// use fenchel_convexity::definitions::Side;
/// use fenchel_convexity::estimation::{fit, Scales, Setting};
/// use fenchel_convexity::falsification::SearchConfig;
/// use fenchel_convexity::norms::Norm;
/// use fenchel_convexity::number::Number;
/// use fenchel_convexity::objectives::Formula;
///
/// /// x^4/4: its tight convexity is (1/12) |u - v|^4.
/// #[derive(Debug)]
/// struct Quartic;
/// impl Formula for Quartic {
///     fn name(&self) -> String { "x^4/4".into() }
///     fn dimension(&self) -> usize { 1 }
///     fn value<N: Number>(&self, x: &[N]) -> N { x[0].powi(4) * 0.25 }
/// }
///
/// let setting = Setting::new(&Quartic, Side::Convex, Norm::L2);
/// let fitted = fit(&setting, &Scales::default(), &SearchConfig::default())?;
/// assert!((fitted.exponent - 4.0).abs() < 1e-3);
/// assert!((fitted.constant - 1.0 / 3.0).abs() < 1e-3);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
///
/// # Errors
///
/// As [`estimate`](super::estimate); also if the scales are not positive and increasing or fewer than two, or the extreme
/// divergence at a distance is not positive, so that there is no power to fit.
pub fn fit(setting: &Setting<'_>, scales: &Scales, config: &SearchConfig) -> Result<Fit, ConvexityError> {
    setting.check()?;
    require_positive("scales.least", scales.least)?;
    require_range("scales.most", scales.most, scales.most > scales.least, "above the least scale")?;
    require_range("scales.count", scales.count as f64, scales.count >= 2, "at least 2")?;
    let ratio = (scales.most / scales.least).powf(1.0 / (scales.count - 1) as f64);
    let measured: Vec<Scale> = (0..scales.count)
        .map(|k| at_distance(setting, scales.least * ratio.powi(k as i32), k, scales.count, config))
        .collect::<Result<_, _>>()?;
    let points: Vec<(f64, f64)> =
        measured.iter().map(|scale| (scale.distance.ln(), scale.divergence.constant.ln())).collect();
    let (exponent, intercept) = line(&points);
    let residual = points.iter().fold(0.0_f64, |most, (x, y)| most.max((y - intercept - exponent * x).abs()));
    let asked = measured.iter().map(|s| exponent * s.divergence.constant / s.distance.powf(exponent));
    let constant = match setting.side {
        Side::Smooth => asked.fold(f64::NEG_INFINITY, f64::max),
        Side::Convex => asked.fold(f64::INFINITY, f64::min),
    };
    Ok(Fit { exponent, constant, residual, scales: measured })
}

fn at_distance(
    setting: &Setting<'_>,
    distance: f64,
    k: usize,
    count: usize,
    config: &SearchConfig,
) -> Result<Scale, ConvexityError> {
    // At a fixed distance the power (1/1) ||d|| is a constant: the factor is the divergence over the distance.
    let unit = Potential::norm_power(1.0, 1.0, setting.norm.clone())?;
    let problem = Problem {
        distance: Some((setting.norm.clone(), distance)),
        ..setting.problem(unit, Measure::Factor)
    };
    let share = SearchConfig {
        seed: config.seed.derive("scale").index(k as u64),
        budget: config.budget.div_ceil(count as u64),
    };
    let mut estimate = run(&problem, &share)?;
    let sign = if setting.side == Side::Convex { -1.0 } else { 1.0 };
    estimate.constant *= sign * distance;
    require_range(
        "divergence",
        estimate.constant,
        estimate.constant > 0.0,
        "positive at every distance to fit a power",
    )?;
    Ok(Scale { distance, divergence: estimate })
}

/// The least-squares line: slope and intercept.
fn line(points: &[(f64, f64)]) -> (f64, f64) {
    let n = points.len() as f64;
    let (mean_x, mean_y) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let (mut product, mut square) = (0.0, 0.0);
    for (x, y) in points {
        product += (x - mean_x) * (y - mean_y);
        square += (x - mean_x) * (x - mean_x);
    }
    let slope = product / square;
    (slope, mean_y - slope * mean_x)
}
