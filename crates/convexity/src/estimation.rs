//! Estimation: which convexity and smoothness a function has, found by search.
//!
//! The question is turned around: not whether a constant holds, but which constant the worst pair asks for. With the
//! exponent given, [`estimate`] finds the best constant of a norm power; [`estimate_offset`] finds the offset that a given
//! potential needs; [`fit`] finds the exponent too, from the growth of the extreme divergence with the distance.
//!
//! Everything here is an *estimate*, from one side: the true smooth constant is at least the estimate, the true convex one
//! at most, as there is a pair that asks for it, and nobody knows whether there is a worse one. To test an estimate give it to
//! [`falsify`](crate::falsification::falsify) with another seed; to prove one see
//! [`certified`](crate::certified).
//!
//! ```
//! use fenchel_convexity::definitions::Side;
//! use fenchel_convexity::estimation::{estimate, Setting};
//! use fenchel_convexity::falsification::SearchConfig;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::number::Number;
//! use fenchel_convexity::objectives::Formula;
//!
//! /// log(1 + e^x), 1/4-smooth.
//! #[derive(Debug)]
//! struct Softplus;
//! impl Formula for Softplus {
//!     fn name(&self) -> String { "softplus".into() }
//!     fn dimension(&self) -> usize { 1 }
//!     fn value<N: Number>(&self, x: &[N]) -> N {
//!         x[0].exp().ln_1p()
//!     }
//! }
//!
//! let setting = Setting::new(&Softplus, Side::Smooth, Norm::L2);
//! let smooth = estimate(&setting, 2.0, &SearchConfig::default())?;
//! assert!((smooth.constant - 0.25).abs() < 1e-6);
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod exponent;

pub use exponent::{Fit, Scale, Scales, fit};

use crate::ConvexityError;
use crate::definitions::{Modulus, Side};
use crate::error::require_range;
use crate::falsification::{Found, Measure, Problem, Region, SearchConfig, search};
use crate::norms::Norm;
use crate::objectives::Objective;
use crate::potentials::Potential;
use crate::verdict::Witness;
use std::ops::ControlFlow;

/// What is to be estimated: of which function, on which side, in which norm, and where.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// The function.
    pub objective: &'a dyn Objective,
    /// The side.
    pub side: Side,
    /// The norm.
    pub norm: Norm,
    /// The offset that is granted.
    pub offset: f64,
    /// The pairs that count.
    pub region: Region,
}

impl<'a> Setting<'a> {
    /// With offset zero, everywhere in the function's domain.
    #[must_use]
    pub fn new(objective: &'a dyn Objective, side: Side, norm: Norm) -> Self {
        Self { objective, side, norm, offset: 0.0, region: Region::Everywhere }
    }

    /// The setting with an offset granted.
    #[must_use]
    pub fn with_offset(self, offset: f64) -> Self {
        Self { offset, ..self }
    }

    /// The setting restricted to a region.
    #[must_use]
    pub fn within(self, region: Region) -> Self {
        Self { region, ..self }
    }

    fn check(&self) -> Result<(), ConvexityError> {
        require_range("offset", self.offset, self.offset >= 0.0, "finite and at least 0")?;
        self.norm.require_dimension("norm", self.objective.dimension())?;
        self.region.check(self.objective)
    }

    fn problem(&self, potential: Potential, measure: Measure) -> Problem<'a> {
        Problem {
            objective: self.objective,
            domain: self.objective.domain(),
            side: self.side,
            potential,
            offset: self.offset,
            region: self.region.clone(),
            measure,
            distance: None,
        }
    }
}

/// An estimated number together with the pair that asks for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The constant of the norm power, or the offset.
    pub constant: f64,
    /// The pair u, v that attains it: the tightest that the search has met.
    pub pair: Witness,
    /// How much the estimate still changed in the second half of the search, relative to it.
    ///
    /// Far from zero where there is no finite constant (or none above zero): the search then runs away.
    pub drift: f64,
    /// Evaluations spent.
    pub evaluations: u64,
}

/// Estimates the best constant c of a bound (c/r) `||u - v||^r` with the exponent r given.
///
/// # Errors
///
/// If the exponent is not in [1, inf), the offset, the norm or the region does not fit, the budget is zero, or no pair
/// could be evaluated.
pub fn estimate(
    setting: &Setting<'_>,
    exponent: f64,
    config: &SearchConfig,
) -> Result<Estimate, ConvexityError> {
    setting.check()?;
    let unit = Potential::norm_power(1.0, exponent, setting.norm.clone())?;
    let estimate = run(&setting.problem(unit, Measure::Factor), config)?;
    Ok(match setting.side {
        Side::Smooth => estimate,
        // The search climbs on minus the constant.
        Side::Convex => Estimate { constant: -estimate.constant, ..estimate },
    })
}

/// Estimates the least offset with which a modulus holds, whatever offset it has.
///
/// The offset is at least 0, as equal points ask for 0; the pair is then the least violating one.
///
/// # Errors
///
/// As [`estimate`].
pub fn estimate_offset(
    objective: &dyn Objective,
    modulus: &Modulus,
    region: Region,
    config: &SearchConfig,
) -> Result<Estimate, ConvexityError> {
    modulus.potential().require_dimension("modulus", objective.dimension())?;
    region.check(objective)?;
    // The norm plays no part: the potential carries its own.
    let setting = Setting::new(objective, modulus.side(), Norm::L2).within(region);
    let estimate = run(&setting.problem(modulus.potential().clone(), Measure::Offset), config)?;
    Ok(Estimate { constant: estimate.constant.max(0.0), ..estimate })
}

fn run(problem: &Problem<'_>, config: &SearchConfig) -> Result<Estimate, ConvexityError> {
    require_range("budget", config.budget as f64, config.budget > 0, "at least 1")?;
    let mut halfway = f64::NAN;
    let ended = search(
        problem,
        config,
        &mut |progress| {
            if halfway.is_nan() || 2 * progress.evaluations <= progress.budget {
                halfway = progress.best;
            }
        },
        &mut |_: &mut Found| ControlFlow::Continue(true),
    );
    let found = ended.best.ok_or(ConvexityError::Overflow { what: "the divergence at every pair tried" })?;
    let constant = found.height.score;
    Ok(Estimate {
        constant,
        pair: Witness::pair(&found.pair.u, &found.pair.v),
        drift: (constant - halfway).abs() / constant.abs().max(f64::MIN_POSITIVE),
        evaluations: ended.evaluations,
    })
}

#[cfg(test)]
mod tests;
