//! The exponent, fitted to how the extreme divergence grows with the distance.

use super::estimate::run;
use super::{Claim, Estimate};
use crate::ConvexityError;
use crate::error::{require_positive, require_range};
use crate::inequality::BregmanBound;
use crate::moduli::Side;
use crate::norms::Norm;
use crate::potentials::Potential;
use crate::search::{Measure, SearchConfig};

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

impl Claim<'_> {
    /// Fits exponent and constant of a norm power, whichever the claim's modulus has: the extreme divergence at every distance by search, then a line in the
    /// logarithms.
    ///
    /// The budget is divided evenly among the distances.
    ///
    /// ```
    /// use fenchel_convexity::claims::{Claim, Scales};
    /// use fenchel_convexity::norms::Norm;
    /// use fenchel_convexity::number::Number;
    /// use fenchel_convexity::objectives::Formula;
    /// use fenchel_convexity::search::SearchConfig;
    ///
    /// /// x^4/4: its tight convexity is (1/12) |u - v|^4.
    /// #[derive(Debug)]
    /// struct Quartic;
    /// impl Formula for Quartic {
    ///     fn name(&self) -> String { "x^4/4".into() }
    ///     fn dimension(&self) -> usize { 1 }
    ///     fn value_in<N: Number>(&self, x: &[N]) -> N { x[0].powi(4) * 0.25 }
    /// }
    ///
    /// let claim = Claim::strongly_convex(&Quartic, 1.0, Norm::L2)?;
    /// let fitted = claim.fit(&Scales::default(), &SearchConfig::default())?;
    /// assert!((fitted.exponent - 4.0).abs() < 1e-3);
    /// assert!((fitted.constant - 1.0 / 3.0).abs() < 1e-3);
    /// # Ok::<(), fenchel_convexity::ConvexityError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Claim::estimate`]; also if the scales are not positive and increasing or fewer than two, or the extreme
    /// divergence at a distance is not positive, so that there is no power to fit.
    pub fn fit(&self, scales: &Scales, config: &SearchConfig) -> Result<Fit, ConvexityError> {
        require_positive("scales.least", scales.least)?;
        require_range("scales.most", scales.most, scales.most > scales.least, "above the least scale")?;
        require_range("scales.count", scales.count as f64, scales.count >= 2, "at least 2")?;
        let Some((modulus, (_, _, norm))) =
            self.modulus().and_then(|modulus| Some((modulus, modulus.as_norm_power()?)))
        else {
            let reason = "only norm powers have an exponent".into();
            return Err(ConvexityError::Incompatible { what: "a fit and a claim", reason });
        };
        let side = modulus.side();
        let ratio = (scales.most / scales.least).powf(1.0 / (scales.count - 1) as f64);
        let measured: Vec<Scale> = (0..scales.count)
            .map(|k| {
                let share = SearchConfig {
                    seed: config.seed.derive("scale").index(k as u64),
                    budget: config.budget.div_ceil(scales.count as u64),
                };
                self.at_distance(side, norm, modulus.offset(), scales.least * ratio.powi(k as i32), &share)
            })
            .collect::<Result<_, _>>()?;
        let points: Vec<(f64, f64)> =
            measured.iter().map(|scale| (scale.distance.ln(), scale.divergence.constant.ln())).collect();
        let (exponent, intercept) = line(&points);
        let residual =
            points.iter().fold(0.0_f64, |most, (x, y)| most.max((y - intercept - exponent * x).abs()));
        let asked = measured.iter().map(|s| exponent * s.divergence.constant / s.distance.powf(exponent));
        let constant = match side {
            Side::Smooth => asked.fold(f64::NEG_INFINITY, f64::max),
            Side::Convex => asked.fold(f64::INFINITY, f64::min),
        };
        Ok(Fit { exponent, constant, residual, scales: measured })
    }

    fn at_distance(
        &self,
        side: Side,
        norm: &Norm,
        offset: f64,
        distance: f64,
        config: &SearchConfig,
    ) -> Result<Scale, ConvexityError> {
        // At a fixed distance the power (1/1) ||d|| is a constant: the factor is the divergence over the distance.
        let potential = Potential::norm_power(1.0, 1.0, norm.clone())?;
        let bound = BregmanBound { objective: self.objective, side, constant: 1.0, potential, offset };
        let mut landscape = self.landscape(&bound, Measure::Factor);
        landscape.distance = Some((norm.clone(), distance));
        let mut estimate = run(&bound, &landscape, config)?;
        let sign = if side == Side::Convex { -1.0 } else { 1.0 };
        estimate.constant *= sign * distance;
        require_range(
            "divergence",
            estimate.constant,
            estimate.constant > 0.0,
            "positive at every distance to fit a power",
        )?;
        Ok(Scale { distance, divergence: estimate })
    }
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
