//! Where the pairs of a claim are taken from: everywhere, or the restricted forms of the definitions.

use crate::ConvexityError;
use crate::error::{require_positive, require_vector};
use crate::norms::Norm;
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Domain, Objective};
use ndarray::ArrayView1;

/// Balls are searched up to this fraction of their radius, so that round-off never leaves them.
const INSIDE: f64 = 1.0 - 1e-12;

/// Halvings when a point is pulled into a sublevel set.
const HALVINGS: usize = 60;

/// How far from a segment a point of it may lie in f64, in units of the segment's largest coordinate: the two roundings of
/// `a + t (b - a)`, and those of the t that is taken from the point.
const BESIDE: f64 = 8.0 * f64::EPSILON;

/// The pairs (u, v) for which a definition is claimed, within the function's domain.
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
    /// u and v on a segment: what a line search, or one step of a method, sees.
    ///
    /// Few f64 vectors lie on a segment exactly. A certificate is about the exact points `from + t (to - from)` next to the
    /// vectors found, in intervals, and so needs a function with a formula.
    Segment {
        /// One end, a point of the domain.
        from: Vec<f64>,
        /// The other end.
        to: Vec<f64>,
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
    /// If a point is not in the domain, the radius is not positive, the ends of a segment are equal, or the inner point is not below the level.
    pub(crate) fn check(&self, objective: &dyn Objective) -> Result<(), ConvexityError> {
        let inside = |argument, point: &Vec<f64>| {
            require_vector(argument, &ArrayView1::from(point), objective.dimension())?;
            objective.domain().require(argument, point)
        };
        match self {
            Self::Everywhere => Ok(()),
            Self::Ball { centre, radius, norm } => {
                inside("centre", centre)?;
                norm.require_dimension("norm", centre.len())?;
                require_positive("radius", *radius)
            }
            Self::Segment { from, to } => {
                inside("from", from)?;
                inside("to", to)?;
                if from == to {
                    let reason = "they are equal; a segment has some length".into();
                    return Err(ConvexityError::Incompatible { what: "the ends `from` and `to`", reason });
                }
                Ok(())
            }
            Self::Around { point } => inside("point", point),
            Self::Sublevel { level, inside: point } => {
                inside("inside", point)?;
                if objective.value(&ArrayView1::from(point))? < *level {
                    Ok(())
                } else {
                    let requirement = "above the value of the function at `inside`";
                    Err(ConvexityError::OutOfRange { argument: "level", value: *level, requirement })
                }
            }
        }
    }

    /// Moves the pair (u, v) to one that the region allows.
    pub(crate) fn admit(&self, objective: &dyn Objective, domain: &Domain, u: &mut [f64], v: &mut [f64]) {
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
            Self::Segment { from, to } => {
                for x in [u, v] {
                    let foot = foot(from, to, x);
                    // A point of the segment stays as it is: admitting twice must change nothing.
                    if beside(from, to, x, &foot) > BESIDE {
                        x.copy_from_slice(&foot);
                    }
                }
            }
            Self::Around { point } => v.copy_from_slice(point),
            Self::Sublevel { level, inside } => {
                for x in [u, v] {
                    for _ in 0..HALVINGS {
                        if objective.value(&ArrayView1::from(&*x)).is_ok_and(|value| value <= *level) {
                            break;
                        }
                        pull(x, inside, 0.5);
                    }
                }
            }
        }
    }

    /// Whether both points of the pair lie in the region beyond doubt, given enclosures of the function's values.
    ///
    /// On a segment: whether [`Region::lift`] moves them by no more than round-off.
    pub(crate) fn certainly_contains(
        &self,
        domain: &Domain,
        value: impl Fn(&[PreciseInterval]) -> PreciseInterval,
        u: &[f64],
        v: &[f64],
    ) -> bool {
        let exact = |x: &[f64]| self.lift::<PreciseInterval>(domain, x);
        match self {
            Self::Everywhere => true,
            Self::Ball { centre, radius, norm } => [u, v].iter().all(|x| {
                let offset: Vec<_> = exact(x).into_iter().zip(centre).map(|(x, c)| x - *c).collect();
                certainly_at_most(&norm.value_of(&offset), *radius)
            }),
            Self::Segment { from, to } => {
                [u, v].iter().all(|x| beside(from, to, x, &foot(from, to, x)) <= BESIDE)
            }
            Self::Around { point } => v == point,
            Self::Sublevel { level, .. } => {
                [u, v].iter().all(|x| certainly_at_most(&value(&exact(x)), *level))
            }
        }
    }

    /// The point in another arithmetic, moved exactly into the domain, and onto the segment if the region is one.
    pub(crate) fn lift<N: Number>(&self, domain: &Domain, x: &[f64]) -> Vec<N> {
        let exact = |x: &[f64]| {
            let mut x: Vec<N> = x.iter().map(|&x| N::from_f64(x)).collect();
            domain.snap(&mut x);
            x
        };
        match self {
            // Domains are convex: between two of its points.
            Self::Segment { from, to } => {
                let t = parameter(from, to, x);
                let ends = exact(from).into_iter().zip(exact(to));
                ends.map(|(a, b)| a.clone() + (b - a) * t).collect()
            }
            _ => exact(x),
        }
    }

    /// Takes from the slopes in u and v what leads out of the region for certain.
    pub(crate) fn restrict(&self, to_u: &mut [f64], to_v: &mut [f64]) {
        match self {
            Self::Around { .. } => to_v.fill(0.0),
            Self::Segment { from, to } => {
                let along: Vec<f64> = from.iter().zip(to).map(|(a, b)| b - a).collect();
                let square: f64 = along.iter().map(|d| d * d).sum();
                for slope in [to_u, to_v] {
                    let share = slope.iter().zip(&along).map(|(s, d)| s * d).sum::<f64>() / square;
                    slope.iter_mut().zip(&along).for_each(|(s, d)| *s = share * d);
                }
            }
            _ => {}
        }
    }

    /// A point in the middle of the region and the size of the region around it, infinite if unbounded.
    pub(crate) fn middle(&self, domain: &Domain, dimension: usize) -> (Vec<f64>, f64) {
        match self {
            Self::Ball { centre, radius, .. } => (centre.clone(), *radius),
            Self::Segment { from, to } => {
                let middle = from.iter().zip(to).map(|(a, b)| 0.5 * a + 0.5 * b).collect();
                (middle, from.iter().zip(to).fold(0.0, |most: f64, (a, b)| most.max((b - a).abs())))
            }
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

/// Whether every number of an enclosure is at most a limit.
fn certainly_at_most(enclosure: &PreciseInterval, limit: f64) -> bool {
    enclosure.to_f64_interval().hi() <= limit
}

fn pull(x: &mut [f64], centre: &[f64], factor: f64) {
    x.iter_mut().zip(centre).for_each(|(x, c)| *x = c + factor * (*x - c));
}

/// t of the point `from + t (to - from)` nearest to x, in [0, 1].
fn parameter(from: &[f64], to: &[f64], x: &[f64]) -> f64 {
    let (mut along, mut square) = (0.0, 0.0);
    // In units of the longest side: squares neither overflow nor vanish.
    let unit = from.iter().zip(to).fold(0.0, |most: f64, (a, b)| most.max((b - a).abs()));
    for ((a, b), x) in from.iter().zip(to).zip(x) {
        let side = (b - a) / unit;
        along += (x - a) / unit * side;
        square += side * side;
    }
    (along / square).clamp(0.0, 1.0)
}

/// The point of the segment nearest to x, rounded.
fn foot(from: &[f64], to: &[f64], x: &[f64]) -> Vec<f64> {
    let t = parameter(from, to, x);
    from.iter().zip(to).map(|(a, b)| a + t * (b - a)).collect()
}

/// The distance of x to its foot in the largest coordinate, relative to the largest of the segment's.
fn beside(from: &[f64], to: &[f64], x: &[f64], foot: &[f64]) -> f64 {
    let largest = from.iter().chain(to).fold(0.0, |most: f64, a| most.max(a.abs()));
    x.iter().zip(foot).fold(0.0, |most: f64, (x, f)| most.max((x - f).abs())) / largest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::norms::Norm;

    #[test]
    fn on_the_simplex_the_point_that_is_evaluated_is_asked_for() {
        let centre = vec![0.25, 0.25, 0.5];
        // It stands for the point with 0.65625 for its largest entry, which lies outside.
        let raw = [0.125, 0.21875, 0.640625];
        let region = Region::Ball { centre, radius: 0.140625, norm: Norm::LINF };
        let contains = |domain: &Domain, x: &[f64]| {
            region.certainly_contains(domain, |_: &[PreciseInterval]| PreciseInterval::unknown(), x, x)
        };
        assert!(contains(&Domain::Whole, &raw));
        assert!(!contains(&Domain::Simplex, &raw));
        assert!(contains(&Domain::Simplex, &[0.125, 0.234375, 0.640625]));
    }
}
