//! Where the pairs of a claim are taken from: everywhere, or the restricted forms of the definitions.

use crate::ConvexityError;
use crate::error::{require_positive, require_vector};
use crate::norms::Norm;
use crate::number::Interval;
use crate::objectives::{Certified, Domain, Objective};
use ndarray::ArrayView1;

/// Balls are searched up to this fraction of their radius, so that round-off never leaves them.
const INSIDE: f64 = 1.0 - 1e-12;

/// Halvings when a point is pulled into a sublevel set.
const HALVINGS: usize = 60;

/// The pairs (u, v) for which a definition is claimed, within the function's domain.
///
/// A restriction to a segment is the restriction of the function to it: bring the function of one variable
/// t -> G(a + t (b - a)), for instance by [`Precomposed`](crate::objectives::Precomposed).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Region {
    /// u and v anywhere in the domain.
    Everywhere,
    /// u and v in a ball of some norm.
    Ball {
        /// The centre, a point of the domain.
        centre: Vec<f64>,
        /// The radius.
        radius: f64,
        /// The norm of the ball.
        norm: Norm,
    },
    /// v fixed, usually at a minimiser, and u anywhere in the domain.
    Around {
        /// The point v.
        point: Vec<f64>,
    },
    /// u and v with G at most a level.
    Sublevel {
        /// The level.
        level: f64,
        /// A point of the domain below the level, to which points outside are pulled.
        inside: Vec<f64>,
    },
}

impl Region {
    /// Checks the region against the function.
    ///
    /// # Errors
    ///
    /// If a point is not in the domain, the radius is not positive, or the inner point is not below the level.
    pub(crate) fn check(&self, objective: &dyn Objective) -> Result<(), ConvexityError> {
        let inside = |argument, point: &Vec<f64>| {
            require_vector(argument, ArrayView1::from(point), objective.dimension())?;
            objective.domain().require(argument, point)
        };
        match self {
            Self::Everywhere => Ok(()),
            Self::Ball { centre, radius, norm } => {
                inside("centre", centre)?;
                norm.require_dimension("norm", centre.len())?;
                require_positive("radius", *radius)
            }
            Self::Around { point } => inside("point", point),
            Self::Sublevel { level, inside: point } => {
                inside("inside", point)?;
                if objective.value(ArrayView1::from(point))? < *level {
                    Ok(())
                } else {
                    let requirement = "above the value of the function at `inside`";
                    Err(ConvexityError::OutOfRange { argument: "level", value: *level, requirement })
                }
            }
        }
    }

    /// Moves the pair (u, v) to one that the region allows.
    pub(super) fn admit(&self, objective: &dyn Objective, domain: &Domain, u: &mut [f64], v: &mut [f64]) {
        domain.project(u);
        domain.project(v);
        match self {
            Self::Everywhere => {}
            Self::Ball { centre, radius, norm } => {
                for x in [u, v] {
                    let offset: Vec<f64> = x.iter().zip(centre).map(|(x, c)| x - c).collect();
                    let distance = norm.value_of(&offset);
                    if distance > radius * INSIDE {
                        pull(x, centre, radius * INSIDE / distance);
                    }
                }
            }
            Self::Around { point } => v.copy_from_slice(point),
            Self::Sublevel { level, inside } => {
                for x in [u, v] {
                    for _ in 0..HALVINGS {
                        if objective.value(ArrayView1::from(&*x)).is_ok_and(|value| value <= *level) {
                            break;
                        }
                        pull(x, inside, 0.5);
                    }
                }
            }
        }
    }

    /// Whether both points of the pair lie in the region beyond doubt.
    pub(super) fn certainly_contains(&self, function: &dyn Certified, u: &[f64], v: &[f64]) -> bool {
        let exact = |x: &[f64]| x.iter().map(|&x| Interval::point(x)).collect::<Vec<_>>();
        match self {
            Self::Everywhere => true,
            Self::Ball { centre, radius, norm } => [u, v].iter().all(|x| {
                let offset: Vec<_> = exact(x).into_iter().zip(exact(centre)).map(|(x, c)| x - c).collect();
                norm.value_of(&offset).hi() <= *radius
            }),
            Self::Around { point } => v == point,
            Self::Sublevel { level, .. } => [u, v].iter().all(|x| {
                let value: Interval = function.value_of(&exact(x));
                (value - *level).hi() <= 0.0
            }),
        }
    }

    /// A point in the middle of the region and the size of the region around it, infinite if unbounded.
    pub(super) fn middle(&self, domain: &Domain, dimension: usize) -> (Vec<f64>, f64) {
        match self {
            Self::Ball { centre, radius, .. } => (centre.clone(), *radius),
            Self::Around { point } => (point.clone(), f64::INFINITY),
            Self::Sublevel { inside, .. } => (inside.clone(), f64::INFINITY),
            Self::Everywhere => match domain {
                Domain::Box { lower, upper } => {
                    let middle = |(&lo, &hi): (&f64, &f64)| match (lo.is_finite(), hi.is_finite()) {
                        (true, true) => 0.5 * lo + 0.5 * hi,
                        (true, false) => lo + 1.0,
                        (false, true) => hi - 1.0,
                        (false, false) => 0.0,
                    };
                    let width = lower.iter().zip(upper).fold(0.0_f64, |w, (lo, hi)| w.max(hi - lo));
                    (lower.iter().zip(upper).map(middle).collect(), width)
                }
                Domain::Simplex => (vec![1.0 / dimension as f64; dimension], 1.0),
                _ => (vec![0.0; dimension], f64::INFINITY),
            },
        }
    }
}

fn pull(x: &mut [f64], centre: &[f64], factor: f64) {
    x.iter_mut().zip(centre).for_each(|(x, c)| *x = c + factor * (*x - c));
}
