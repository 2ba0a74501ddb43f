//! The one rule of judgement.

use super::{Inequality, Pair, Points, slack};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Domain, Enclosure, Region, standing};
use crate::verdict::{Certificate, Method, Reason, Verdict};

/// An enclosure about zero that is narrower than this, relative to the terms, is an equality as far as 256 bits can tell.
///
/// Terms that are equal exactly leave an enclosure of some 1e-76 of their size; where a bound is attained only in the limit
/// (log cosh x under x^2/2 at x = 1e-20) their difference is a smaller share of them than any arithmetic resolves.
const NEGLIGIBLE: f64 = 1e-30;

/// The same for f64 numbers with a bound on their round-off.
const NEGLIGIBLE_IN_F64: f64 = 1e-9;

/// What an enclosure of a slack says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Decision {
    /// It is below zero.
    Violated(Certificate),
    /// It is at least this number, which is not negative.
    Holds(f64),
    /// It is zero up to a negligible share of the terms.
    RoundOff,
    /// Nothing can be said.
    Open(Reason),
}

/// Decides by an enclosure of a slack. `size` is that of the terms, `method` what the enclosure rests on.
///
/// An undefined or unbounded enclosure decides nothing, and neither does one about zero that is not negligible.
pub(crate) fn decide(slack: &PreciseInterval, size: f64, method: Method) -> Decision {
    let ends = slack.to_f64_interval();
    if let Some(certificate) = Certificate::new(method, ends.lo(), ends.hi()) {
        return if ends.lo().is_finite() {
            Decision::Violated(certificate)
        } else {
            Decision::Open(Reason::Unbounded)
        };
    }
    if ends.lo() >= 0.0 {
        Decision::Holds(ends.lo())
    } else if slack.is_undefined() || !ends.is_finite() {
        Decision::Open(Reason::Unbounded)
    } else if size.is_finite() && ends.width() <= negligible(method) * size {
        Decision::RoundOff
    } else {
        Decision::Open(Reason::WithinRoundOff { slack: ends.midpoint(), error: 0.5 * ends.width() })
    }
}

const fn negligible(method: Method) -> f64 {
    match method {
        Method::Precise => NEGLIGIBLE,
        Method::ForwardError => NEGLIGIBLE_IN_F64,
    }
}

/// Decides an inequality at a pair: whether the pair counts, whether it breaks the bound, and whether the slopes in it belong
/// to the functions.
pub(crate) fn examine(
    inequality: &dyn Inequality,
    region: &Region,
    domain: &Domain,
    pair: &Pair,
) -> Decision {
    let Some(method) = standing_of(inequality, pair) else {
        let slack = inequality.terms(pair).map_or(f64::NAN, |terms| slack(inequality, terms));
        return if slack >= 0.0 {
            Decision::Holds(slack)
        } else {
            Decision::Open(Reason::NoCertificate { slack, point: inequality.witness(pair) })
        };
    };
    // On a segment not even the point is exact, and a function without a formula takes f64 points only.
    let exact = method == Method::Precise || !matches!(region, Region::Segment { .. });
    if !exact || !certainly_contains(inequality, region, domain, pair) {
        return Decision::Open(Reason::OutsideRegion);
    }
    let (u, v): (Vec<PreciseInterval>, Vec<_>) = (region.lift(domain, &pair.u), region.lift(domain, &pair.v));
    let terms = inequality.fine(&u, &v);
    let size = terms.size;
    let decision = decide(&slack(inequality, terms), size, method);
    match decision {
        Decision::Violated(certificate) if method == Method::Precise => {
            confirm(inequality, &u, &v, certificate)
        }
        other => other,
    }
}

/// Whether the points lie in the region beyond doubt; an inequality in one point asks nothing of the other.
///
/// Asked of the points at which the inequality is evaluated, moved exactly into the domain.
pub(crate) fn certainly_contains(
    inequality: &dyn Inequality,
    region: &Region,
    domain: &Domain,
    pair: &Pair,
) -> bool {
    let value = |x: &[PreciseInterval]| PreciseInterval::value(inequality.ground(), x);
    let v = match (inequality.points(), region) {
        (Points::One, Region::Around { point }) => point,
        (Points::One, _) => &pair.u,
        (Points::Two, _) => &pair.v,
    };
    region.certainly_contains(domain, value, &pair.u, v)
}

/// A violation of a formula, confirmed from values and gradients alone, with slopes that are the function's.
fn confirm(
    inequality: &dyn Inequality,
    u: &[PreciseInterval],
    v: &[PreciseInterval],
    certificate: Certificate,
) -> Decision {
    let mut terms = inequality.by_definition(u, v);
    let size = terms.size;
    match decide(&slack(inequality, terms.clone()), size, Method::Precise) {
        Decision::Violated(_) => {}
        Decision::Holds(_) | Decision::RoundOff => {
            return Decision::Open(Reason::Inconsistent {
                what: "the function's own formula for its divergence does not agree with its value and gradient",
            });
        }
        open @ Decision::Open(_) => return open,
    }
    let slopes = inequality.slopes(u, v);
    let judged: Vec<_> = slopes.iter().map(super::Slope::judged).collect();
    let foreign = slopes.iter().zip(&judged).find(|(_, (_, own))| !own);
    let reason = foreign.map(|(slope, (seen, _))| Reason::ForeignSlope {
        declared: slope.declared.to_f64(),
        quotient: seen.to_f64(),
    });
    // A slope that is off may still be too little off to matter.
    let widened: Vec<PreciseInterval> = judged.into_iter().map(|(slope, _)| slope).collect();
    terms.measured = inequality.with_slopes(u, v, &widened);
    match (decide(&slack(inequality, terms), size, Method::Precise), reason) {
        (Decision::Violated(_), None) => Decision::Violated(certificate),
        (Decision::Violated(widened), Some(_)) => Decision::Violated(widened),
        (Decision::Holds(_) | Decision::RoundOff | Decision::Open(_), reason) => {
            Decision::Open(reason.unwrap_or(Reason::UnheardSlope))
        }
    }
}

/// On what enclosures of all functions rest at a pair: the weakest.
fn standing_of(inequality: &dyn Inequality, pair: &Pair) -> Option<Method> {
    let mut weakest = Method::Precise;
    for function in inequality.functions() {
        for x in [&pair.u, &pair.v] {
            match standing(function, x)? {
                Method::Precise => {}
                Method::ForwardError => weakest = Method::ForwardError,
            }
        }
    }
    Some(weakest)
}

/// The answer at one pair alone.
pub(crate) fn verdict_at(inequality: &dyn Inequality, pair: &Pair) -> Verdict {
    let domain = inequality.ground().domain();
    let Some(terms) = inequality.terms(pair) else {
        return Verdict::undecided(Reason::Overflow { what: "a side of the inequality".into() });
    };
    let size = terms.size.max(f64::MIN_POSITIVE);
    let point = inequality.witness(pair);
    match examine(inequality, &Region::Everywhere, &domain, pair) {
        Decision::Violated(certificate) => {
            let (lower, upper) = certificate.enclosure();
            Verdict::Violated { point, slack: 0.5 * (lower + upper), certificate }
        }
        Decision::Holds(slack) => Verdict::Holds { margin: slack / size, evaluations: 1, worst_point: point },
        Decision::RoundOff => Verdict::Holds { margin: 0.0, evaluations: 1, worst_point: point },
        Decision::Open(reason) => Verdict::undecided(reason),
    }
}
