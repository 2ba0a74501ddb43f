//! Premises about recorded trajectories.

use crate::claims::Claim;
use crate::error::ConvexityError;
use crate::moduli::Modulus;
use crate::number::{Number, PreciseInterval};
use crate::objectives::Region;
use crate::objectives::{Domain, Objective};
use crate::search::SearchConfig;
use crate::trajectory::{GeneralisedDescent, Trajectory};
use crate::verdict::{Hypothesis, Verdict};
use ndarray::ArrayView1;

/// Whether a function has a modulus on a region: the residual is the violation that the search reached.
pub(super) fn modulus_on(
    function: &dyn Objective,
    modulus: &Modulus,
    region: &Region,
    config: &SearchConfig,
) -> Result<Hypothesis, ConvexityError> {
    let claim = Claim::new(function, modulus.clone())?.within(region.clone())?;
    let name = match region {
        Region::Everywhere => claim.to_string(),
        _ => format!("{claim} on the region"),
    };
    Ok(match claim.falsify(config)?.verdict {
        Verdict::Holds { margin, .. } => Hypothesis::measured(name, -margin.max(0.0), 0.0),
        Verdict::Violated { slack, .. } => Hypothesis::measured(name, -slack, 0.0),
        Verdict::Undecided { reason } => Hypothesis::assumed(format!("{name} ({reason})")),
    })
}

/// Whether every recorded point lies in the region.
///
/// The theorems about descent use the modulus at pairs of successive points only, so that this is all they need of the region.
pub(super) fn points_in(
    function: &dyn Objective,
    region: &Region,
    trajectory: &Trajectory,
) -> Result<Hypothesis, ConvexityError> {
    let name = "every point lies in the region";
    let mut residual = f64::NEG_INFINITY;
    for state in trajectory.states() {
        let distance = match region {
            Region::Everywhere => function.domain().residual(&state.point.to_vec()),
            Region::Ball { centre, radius, norm } => {
                let offset: Vec<f64> = state.point.iter().zip(centre).map(|(x, c)| x - c).collect();
                norm.value_of(&offset) - radius
            }
            Region::Sublevel { level, .. } => state.value - level,
            _ => return Ok(Hypothesis::assumed(name)),
        };
        residual = residual.max(distance);
    }
    Ok(Hypothesis::measured(name, residual, 0.0))
}

/// Whether every step is the method's, up to round-off: relative to the sizes of the two points.
pub(super) fn steps_of(
    method: &GeneralisedDescent,
    trajectory: &Trajectory,
) -> Result<Hypothesis, ConvexityError> {
    let mut residual: f64 = 0.0;
    for pair in trajectory.states().windows(2) {
        let expected = method.next(pair[0].point.view(), pair[0].gradient.view())?;
        let size = |x: ArrayView1<f64>| x.iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let off = size((&pair[1].point - &expected).view());
        if off > 0.0 {
            residual = residual.max(off / (size(pair[0].point.view()) + size(pair[1].point.view())));
        }
    }
    Ok(Hypothesis::measured(
        "every step is x+ = x - a grad Phi*(grad G(x)), up to round-off",
        residual,
        1e-12,
    ))
}

/// A point of a domain in the arithmetic of certificates, moved exactly into the domain.
pub(super) fn lift_into(domain: &Domain, x: &[f64]) -> Vec<PreciseInterval> {
    let mut x = lift(x.into());
    domain.snap(&mut x);
    x
}

/// A point in the arithmetic of certificates.
pub(super) fn lift(x: ArrayView1<f64>) -> Vec<PreciseInterval> {
    x.iter().map(|&x| PreciseInterval::from_f64(x)).collect()
}
