//! (g, h)-proxy convexity of a function, and whether it is so.

use super::enclosure::Enclosure;
use super::gap::{Inequality, Sides, certify, search};
use crate::error::{ConvexityError, require_dimension, require_vector};
use crate::falsification::{Region, SearchConfig};
use crate::number::{Interval, Precise, PreciseInterval};
use crate::objectives::Objective;
use crate::trajectory::Trajectory;
use crate::verdict::{Report, Verdict, Witness};
use ndarray::{Array1, ArrayView1};
use std::sync::Arc;

/// The claim `<grad f(w), w - v> >= g(w) - h(v)`.
///
/// ```
/// use fenchel_convexity::catalogue::Quadratic;
/// use fenchel_convexity::falsification::{Region, SearchConfig};
/// use fenchel_convexity::objectives::Objective;
/// use fenchel_convexity::proxy::{ProxyConvex, Surrogate};
/// use std::sync::Arc;
///
/// // A convex f is (f, f)-proxy convex ...
/// let f: Arc<dyn Objective> = Arc::new(Quadratic::diagonal(&[1.0, 3.0])?);
/// let claim = ProxyConvex::new(f.clone(), f.clone(), f.clone())?;
/// let config = SearchConfig { budget: 3000, ..SearchConfig::default() };
/// assert!(claim.falsify(&Region::Everywhere, &config)?.holds());
/// // ... but not (3f, f): at v = 0 a quadratic gives 2f, not more.
/// let greedy = ProxyConvex::new(f.clone(), Arc::new(Surrogate::new(f.clone(), 3.0, 0.0)?), f)?;
/// assert!(greedy.falsify(&Region::Everywhere, &config)?.is_violated());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ProxyConvex {
    f: Arc<dyn Objective>,
    g: Arc<dyn Objective>,
    h: Arc<dyn Objective>,
}

impl ProxyConvex {
    /// The claim for f with the surrogates g and h.
    ///
    /// # Errors
    ///
    /// If the dimensions differ.
    pub fn new(
        f: Arc<dyn Objective>,
        g: Arc<dyn Objective>,
        h: Arc<dyn Objective>,
    ) -> Result<Self, ConvexityError> {
        require_dimension("g", g.dimension(), f.dimension())?;
        require_dimension("h", h.dimension(), f.dimension())?;
        Ok(Self { f, g, h })
    }

    /// f, on which gradient descent runs.
    #[must_use]
    pub const fn f(&self) -> &Arc<dyn Objective> {
        &self.f
    }

    /// g, which the guarantees bound.
    #[must_use]
    pub const fn g(&self) -> &Arc<dyn Objective> {
        &self.g
    }

    /// h, what the comparator costs.
    #[must_use]
    pub const fn h(&self) -> &Arc<dyn Objective> {
        &self.h
    }

    /// `<grad f(w), w - v> - g(w) + h(v)` in f64: negative where the claim fails.
    ///
    /// # Errors
    ///
    /// If a point is not in the domain, or a value leaves f64.
    pub fn slack(&self, w: ArrayView1<f64>, v: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        require_vector("v", v, self.f.dimension())?;
        Ok(self.sides(w, v)?.slack())
    }

    /// Whether the claim holds at one pair, decided by an enclosure where f64 could err.
    #[must_use]
    pub fn at(&self, w: ArrayView1<f64>, v: ArrayView1<f64>) -> Verdict {
        certify(self, &w.to_vec(), &v.to_vec())
    }

    /// Searches a region for a counterexample: w and v in a ball or sublevel set, or v fixed ([`Region::Around`]) and w anywhere.
    ///
    /// # Errors
    ///
    /// If the region does not fit f, or the budget is 0.
    pub fn falsify(&self, region: &Region, config: &SearchConfig) -> Result<Verdict, ConvexityError> {
        search(self, region, config)
    }

    /// Examines the claim at every point of a trajectory, against a fixed comparator v.
    ///
    /// The report has no hypotheses: it is itself the hypothesis of P1 and P2.
    ///
    /// # Errors
    ///
    /// If v does not fit, or as [`ProxyConvex::slack`].
    pub fn along(&self, trajectory: &Trajectory, v: ArrayView1<f64>) -> Result<Report, ConvexityError> {
        require_vector("v", v, self.f.dimension())?;
        along(self, trajectory, v)
    }

    fn slack_in<N: Enclosure>(&self, w: &[N], v: &[N]) -> N {
        let mut gradient = vec![N::zero(); w.len()];
        N::gradient(&*self.f, w, &mut gradient);
        let difference: Vec<N> = w.iter().zip(v).map(|(w, v)| w.clone() - v).collect();
        N::dot(&gradient, &difference) - N::value(&*self.g, w) + N::value(&*self.h, v)
    }
}

impl Inequality for ProxyConvex {
    fn function(&self) -> &dyn Objective {
        &*self.f
    }

    fn functions(&self) -> Vec<&dyn Objective> {
        vec![&*self.f, &*self.g, &*self.h]
    }

    fn sides(&self, w: ArrayView1<f64>, v: ArrayView1<f64>) -> Result<Sides, ConvexityError> {
        let mut gradient = Array1::zeros(w.len());
        self.f.gradient(w, gradient.view_mut())?;
        let (mut inner, mut size) = (0.0, 0.0);
        for ((s, w), v) in gradient.iter().zip(w).zip(v) {
            inner += s * (w - v);
            size += (s * (w - v)).abs();
        }
        let (g, h) = (self.g.value(w)?, self.h.value(v)?);
        Ok(Sides { larger: inner, smaller: g - h, size: size + g.abs() + h.abs() })
    }

    fn coarse(&self, w: &[Interval], v: &[Interval]) -> Interval {
        self.slack_in(w, v)
    }

    fn precise(&self, w: &[Precise], v: &[Precise]) -> Precise {
        self.slack_in(w, v)
    }

    fn fine(&self, w: &[PreciseInterval], v: &[PreciseInterval]) -> PreciseInterval {
        self.slack_in(w, v)
    }

    fn witness(&self, w: &[f64], v: &[f64]) -> Witness {
        Witness::default().with("w", w).with("v", v)
    }
}

/// The inequality at every point of a trajectory.
pub(super) fn along(
    inequality: &dyn Inequality,
    trajectory: &Trajectory,
    v: ArrayView1<f64>,
) -> Result<Report, ConvexityError> {
    require_dimension("trajectory", trajectory.dimension(), inequality.function().dimension())?;
    let mut worst: Option<(f64, Sides, Verdict)> = None;
    for state in trajectory.states() {
        let sides = inequality.sides(state.point.view(), v)?;
        let margin = sides.slack() / sides.size.max(f64::MIN_POSITIVE);
        if worst.as_ref().is_some_and(|(least, ..)| *least <= margin) {
            continue;
        }
        let verdict = certify(inequality, &state.point.to_vec(), &v.to_vec());
        // A suspicion that an enclosure dismisses is no slack below zero.
        let margin = if verdict.holds() { margin.max(0.0) } else { margin };
        worst = Some((margin, sides, verdict));
    }
    let (margin, sides, verdict) = worst.ok_or(ConvexityError::Empty { argument: "trajectory" })?;
    let claim = match verdict {
        Verdict::Holds { worst_point, .. } => {
            Verdict::Holds { margin, evaluations: trajectory.states().len() as u64, worst_point }
        }
        other => other,
    };
    Ok(Report {
        theorem: "proxy",
        hypotheses: Vec::new(),
        measured: sides.larger,
        bound: sides.smaller,
        slack: sides.slack(),
        claim,
    })
}
