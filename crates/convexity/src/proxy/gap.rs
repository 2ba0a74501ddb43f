//! An inequality in two points, posed to the crate's falsifier.
//!
//! The falsifier climbs on claims `D(u, v) >= phi(u - v)` about a divergence. An inequality `slack(w, v) >= 0` is such a claim for
//! `D(w, v) = slack(w, v) + ||w - v||^2 / 2` and `phi = ||.||^2 / 2`: the height climbed is the violation relative to phi, and the certificate is one of the slack.
//! So pairs at every scale, rays, kinks, local ascent and certificates in 256 bits are those of [`falsification`](crate::falsification).

use super::enclosure::{Enclosure, can_certify};
use crate::definitions::Modulus;
use crate::error::ConvexityError;
use crate::falsification::{Claim, Region, SearchConfig, falsify};
use crate::norms::Norm;
use crate::number::{Interval, Number, Precise, PreciseInterval};
use crate::objectives::{Certified, Domain, Evaluate, Kink, Objective};
use crate::verdict::{Certificate, Method, Reason, Verdict, Witness};
use ndarray::{ArrayView1, ArrayViewMut1};
use std::fmt::Debug;

/// The inequality `larger >= smaller` at a pair (w, v).
pub(super) trait Inequality: Send + Sync + Debug {
    /// The function whose domain, sublevel sets and dimension count.
    fn function(&self) -> &dyn Objective;

    /// All functions that occur: their kinks are worth a look, and all of them must be certifiable.
    fn functions(&self) -> Vec<&dyn Objective>;

    /// Both sides in f64, with the size of the terms of which they are made.
    fn sides(&self, w: ArrayView1<f64>, v: ArrayView1<f64>) -> Result<Sides, ConvexityError>;

    /// The slack in f64 intervals.
    fn coarse(&self, w: &[Interval], v: &[Interval]) -> Interval;

    /// The slack in 256 bits.
    fn precise(&self, w: &[Precise], v: &[Precise]) -> Precise;

    /// The slack in intervals of 256 bits.
    fn fine(&self, w: &[PreciseInterval], v: &[PreciseInterval]) -> PreciseInterval;

    /// The names of the points that the inequality mentions, one or two.
    fn witness(&self, w: &[f64], v: &[f64]) -> Witness;
}

/// Both sides of an inequality.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sides {
    pub(super) larger: f64,
    pub(super) smaller: f64,
    /// The size of the terms: what a slack is compared with.
    pub(super) size: f64,
}

impl Sides {
    pub(super) const fn slack(&self) -> f64 {
        self.larger - self.smaller
    }
}

/// Searches a region for a pair that breaks the inequality.
pub(super) fn search(
    inequality: &dyn Inequality,
    region: &Region,
    config: &SearchConfig,
) -> Result<Verdict, ConvexityError> {
    let posed = Posed { inequality };
    let claim = Claim::new(&posed, Modulus::convex(1.0, 2.0, Norm::L2)?)?.within(region.clone())?;
    Ok(match falsify(&claim, config)?.verdict {
        Verdict::Holds { evaluations, worst_point, .. } => {
            let [w, v] = points(&worst_point);
            let sides = inequality.sides(ArrayView1::from(&w), ArrayView1::from(&v))?;
            let margin = sides.slack() / sides.size.max(f64::MIN_POSITIVE);
            // What is negative here was found to be round-off by an enclosure.
            let margin = margin.max(0.0);
            Verdict::Holds { margin, evaluations, worst_point: inequality.witness(&w, &v) }
        }
        Verdict::Violated { point, .. } => {
            let [w, v] = points(&point);
            certify(inequality, &w, &v)
        }
        other => other,
    })
}

fn points(pair: &Witness) -> [Vec<f64>; 2] {
    ["u", "v"].map(|name| pair.get(name).unwrap_or_default().to_vec())
}

/// What an enclosure of the slack at one pair says.
pub(super) fn certify(inequality: &dyn Inequality, w: &[f64], v: &[f64]) -> Verdict {
    let point = inequality.witness(w, v);
    let sides = match inequality.sides(ArrayView1::from(w), ArrayView1::from(v)) {
        Ok(sides) => sides,
        Err(error) => return Verdict::undecided(Reason::Input(error)),
    };
    if !inequality.functions().iter().all(|function| can_certify(*function, w) && can_certify(*function, v)) {
        let slack = sides.slack();
        return if slack >= 0.0 {
            Verdict::Holds {
                margin: slack / sides.size.max(f64::MIN_POSITIVE),
                evaluations: 1,
                worst_point: point,
            }
        } else {
            Verdict::undecided(Reason::NoCertificate { slack, point })
        };
    }
    let stated = inequality.functions().iter().any(|function| function.certified().is_none());
    let coarse = inequality.coarse(&lifted(w), &lifted(v));
    let (method, slack) = if coarse.hi() < 0.0 || coarse.lo() >= 0.0 {
        (Method::Interval, coarse)
    } else {
        (Method::Precise, inequality.fine(&lifted(w), &lifted(v)).to_f64_interval())
    };
    let method = if stated { Method::ForwardError } else { method };
    match Certificate::new(method, slack.lo(), slack.hi()) {
        Some(certificate) => Verdict::Violated { point, slack: 0.5 * (slack.lo() + slack.hi()), certificate },
        // Beyond 256 bits an equality and a violation cannot be told apart; nothing was seen.
        None if slack.lo() >= -1e-60 * sides.size => Verdict::Holds {
            margin: slack.lo().max(0.0) / sides.size.max(f64::MIN_POSITIVE),
            evaluations: 1,
            worst_point: point,
        },
        None => {
            Verdict::undecided(Reason::WithinRoundOff { slack: slack.to_f64(), error: 0.5 * slack.width() })
        }
    }
}

fn lifted<N: Number>(x: &[f64]) -> Vec<N> {
    x.iter().map(|&x| N::from_f64(x)).collect()
}

/// The inequality as a divergence.
#[derive(Debug)]
struct Posed<'a> {
    inequality: &'a dyn Inequality,
}

impl Objective for Posed<'_> {
    fn name(&self) -> String {
        self.inequality.function().name()
    }

    fn dimension(&self) -> usize {
        self.inequality.function().dimension()
    }

    fn domain(&self) -> Domain {
        self.inequality.function().domain()
    }

    fn kinks(&self) -> Vec<Kink> {
        self.inequality.functions().iter().flat_map(|function| function.kinks()).collect()
    }

    fn value(&self, x: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        self.inequality.function().value(x)
    }

    /// The slack has no gradient in w without the Hessian of f, so the climb is by compass.
    fn gradient(&self, _: ArrayView1<f64>, _: ArrayViewMut1<f64>) -> Result<(), ConvexityError> {
        Err(ConvexityError::Unsupported { name: self.name(), what: "gradient of the slack" })
    }

    fn bregman(&self, w: ArrayView1<f64>, v: ArrayView1<f64>) -> Result<f64, ConvexityError> {
        let square = w.iter().zip(v).fold(0.0, |sum, (w, v)| sum + (w - v) * (w - v));
        let value = self.inequality.sides(w, v)?.slack() + 0.5 * square;
        if value.is_finite() { Ok(value) } else { Err(ConvexityError::Overflow { what: "the slack" }) }
    }

    fn certified(&self) -> Option<&dyn Certified> {
        Some(self)
    }
}

fn half_square<N: Number>(w: &[N], v: &[N]) -> N {
    w.iter().zip(v).fold(N::zero(), |sum, (w, v)| sum + (w.clone() - v).square()) * 0.5
}

macro_rules! evaluate {
    ($($number:ty, $slack:ident);*) => {$(
        impl Evaluate<$number> for Posed<'_> {
            fn value_of(&self, x: &[$number]) -> $number {
                <$number as Enclosure>::value(self.inequality.function(), x)
            }

            fn gradient_of(&self, _: &[$number], gradient: &mut [$number]) {
                gradient.fill(<$number>::unknown());
            }

            fn bregman_of(&self, w: &[$number], v: &[$number]) -> $number {
                self.inequality.$slack(w, v) + half_square(w, v)
            }
        }
    )*};
}

evaluate!(Interval, coarse; Precise, precise; PreciseInterval, fine);

impl Certified for Posed<'_> {}
