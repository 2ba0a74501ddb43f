//! What a checker answers: `Holds`, `Violated` or `Undecided`, with the numbers behind it.
//!
//! A checker keeps two questions apart. Are the *hypotheses* of a theorem met here? Each is reported as a
//! [`Hypothesis`] with its residual. Does the *claim* hold? That is the [`Verdict`]. A claim is never said to hold under
//! a hypothesis that was not checked: [`Report::verdict`] turns such an answer into `Undecided`.
//!
//! A violation is a proof: its [`Certificate`] encloses the slack at the counterexample strictly below zero,
//! round-off included.

use std::fmt;

/// Named vectors at which a claim was evaluated, such as the pair u, v of a definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Witness {
    /// The vectors with their names, in the order in which the claim mentions them.
    pub vectors: Vec<(String, Vec<f64>)>,
}

impl Witness {
    /// One point, called x.
    #[must_use]
    pub fn point(x: &[f64]) -> Self {
        Self::default().with("x", x)
    }

    /// The pair u, v of a definition.
    #[must_use]
    pub fn pair(u: &[f64], v: &[f64]) -> Self {
        Self::default().with("u", u).with("v", v)
    }

    /// The witness with one more vector.
    #[must_use]
    pub fn with(mut self, name: &str, vector: &[f64]) -> Self {
        self.vectors.push((name.into(), vector.to_vec()));
        self
    }

    /// The vector of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        self.vectors.iter().find(|(own, _)| own == name).map(|(_, vector)| vector.as_slice())
    }
}

/// How the sign of a violation was made certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Method {
    /// Interval arithmetic with ends of 256 bits, rounded outward.
    Precise,
    /// f64 arithmetic with a forward-error bound stated by whoever brought the function.
    ForwardError,
}

/// A proof that a slack is negative: an enclosure that lies below zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Certificate {
    method: Method,
    lower: f64,
    upper: f64,
}

impl Certificate {
    /// A certificate for a slack in `[lower, upper]`; none unless `lower <= upper < 0`.
    #[must_use]
    pub fn new(method: Method, lower: f64, upper: f64) -> Option<Self> {
        (lower <= upper && upper < 0.0).then_some(Self { method, lower, upper })
    }

    /// How the enclosure was obtained.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The enclosure `[lower, upper]` of the slack; its upper end is below zero.
    #[must_use]
    pub const fn enclosure(&self) -> (f64, f64) {
        (self.lower, self.upper)
    }
}

/// Why a checker can not answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reason {
    /// A hypothesis of the theorem is not met here.
    HypothesisNotMet {
        /// Which one.
        name: String,
        /// By how much it fails: positive, zero would meet it.
        residual: f64,
    },
    /// A hypothesis was not examined.
    HypothesisNotChecked {
        /// Which one.
        name: String,
    },
    /// A hypothesis was searched for counterexamples only, which is not enough to call the conclusion violated.
    HypothesisSearched {
        /// Which one.
        name: String,
    },
    /// The points lie outside of the claim's region, or nothing says that they lie inside.
    OutsideRegion,
    /// An enclosure is undefined or unbounded.
    Unbounded,
    /// A function contradicts itself.
    Inconsistent {
        /// How.
        what: &'static str,
    },
    /// A violation was seen that rests on a slope which is none of the function's.
    ForeignSlope {
        /// The slope by the function's gradient, in the direction of the pair.
        declared: f64,
        /// The slope by difference quotients in 256 bits.
        quotient: f64,
    },
    /// A violation was seen that rests on a slope which difference quotients in 256 bits do not resolve.
    UnheardSlope,
    /// A value left the range of f64.
    Overflow {
        /// Which value.
        what: String,
    },
    /// The bound says nothing, such as an upper bound of infinity.
    Vacuous {
        /// Why.
        why: String,
    },
    /// A violation was seen, but round-off could explain it.
    WithinRoundOff {
        /// The slack as computed.
        slack: f64,
        /// The bound on its error.
        error: f64,
    },
    /// A violation was seen, but the function offers nothing that could certify it.
    NoCertificate {
        /// The slack as computed.
        slack: f64,
        /// Where.
        point: Witness,
    },
    /// The budget was spent before the search settled anywhere.
    Budget {
        /// Evaluations spent.
        evaluations: u64,
    },
    /// An input was refused.
    Input(crate::ConvexityError),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HypothesisNotMet { name, residual } => {
                write!(f, "the hypothesis \"{name}\" is not met (residual {residual:.3e})")
            }
            Self::HypothesisNotChecked { name } => write!(f, "the hypothesis \"{name}\" was not checked"),
            Self::HypothesisSearched { name } => {
                write!(
                    f,
                    "the hypothesis \"{name}\" was only searched for counterexamples; one of the two is false"
                )
            }
            Self::OutsideRegion => write!(f, "the points are not known to lie in the region"),
            Self::Unbounded => write!(f, "an enclosure in 256 bits is undefined or unbounded"),
            Self::Inconsistent { what } => write!(f, "{what}"),
            Self::ForeignSlope { declared, quotient } => write!(
                f,
                "the gradient gives the slope {declared:.6e} where difference quotients give {quotient:.6e}: it is that of one \
                 piece of the formula, or wrong; write the gradient by hand, or without kinks that cancel"
            ),
            Self::UnheardSlope => {
                write!(
                    f,
                    "difference quotients in 256 bits do not resolve the slope that the violation rests on"
                )
            }
            Self::Overflow { what } => write!(f, "{what} left the range of f64"),
            Self::Vacuous { why } => write!(f, "the bound is vacuous: {why}"),
            Self::WithinRoundOff { slack, error } => {
                write!(f, "the slack {slack:.3e} is within the round-off {error:.3e}")
            }
            Self::NoCertificate { slack, .. } => {
                write!(
                    f,
                    "the slack {slack:.3e} is negative, but the function offers no certified evaluation"
                )
            }
            Self::Budget { evaluations } => {
                write!(f, "{evaluations} evaluations were too few for any climb to settle; raise the budget")
            }
            Self::Input(error) => write!(f, "{error}"),
        }
    }
}

/// The answer to a claim.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Verdict {
    /// No violation was found (or, where `evaluations` covers all there is to check, there is none).
    Holds {
        /// The smallest slack, relative to the bound.
        margin: f64,
        /// How many evaluations stand behind it.
        evaluations: u64,
        /// Where the margin is smallest.
        worst_point: Witness,
    },
    /// A counterexample.
    Violated {
        /// Where.
        point: Witness,
        /// The slack there, below zero.
        slack: f64,
        /// Why the sign of the slack is certain.
        certificate: Certificate,
    },
    /// No answer.
    Undecided {
        /// Why not.
        reason: Reason,
    },
}

impl Verdict {
    /// An answer withheld.
    #[must_use]
    pub const fn undecided(reason: Reason) -> Self {
        Self::Undecided { reason }
    }

    /// Whether no violation was found.
    #[must_use]
    pub const fn holds(&self) -> bool {
        matches!(self, Self::Holds { .. })
    }

    /// Whether there is a certified counterexample.
    #[must_use]
    pub const fn is_violated(&self) -> bool {
        matches!(self, Self::Violated { .. })
    }

    /// Whether the answer was withheld.
    #[must_use]
    pub const fn is_undecided(&self) -> bool {
        matches!(self, Self::Undecided { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds { margin, evaluations, .. } => {
                write!(f, "holds (margin {margin:.3e}, {evaluations} evaluations)")
            }
            Self::Violated { slack, certificate, .. } => {
                write!(f, "violated (slack {slack:.3e}, certified by {:?})", certificate.method)
            }
            Self::Undecided { reason } => write!(f, "undecided: {reason}"),
        }
    }
}

/// Whether one assumption of a theorem is met.
#[derive(Clone, Debug, PartialEq)]
pub struct Hypothesis {
    /// The assumption, in words.
    pub name: String,
    /// How it stands.
    pub status: Status,
}

/// How a hypothesis stands.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Status {
    /// Met by construction: a property of the types or a proof in the documentation of the instance.
    Known,
    /// Examined numerically; met if the residual is at most the tolerance.
    Measured {
        /// By how much it fails; zero or negative if it does not.
        residual: f64,
        /// What round-off of this size excuses.
        tolerance: f64,
    },
    /// Searched for counterexamples, and none was found.
    Searched {
        /// Evaluations spent.
        evaluations: u64,
        /// The smallest relative slack that was met.
        margin: f64,
    },
    /// Stated by the caller and not examined.
    Assumed,
}

impl Hypothesis {
    /// An assumption met by construction.
    #[must_use]
    pub fn known(name: impl Into<String>) -> Self {
        Self { name: name.into(), status: Status::Known }
    }

    /// An assumption examined numerically.
    #[must_use]
    pub fn measured(name: impl Into<String>, residual: f64, tolerance: f64) -> Self {
        Self { name: name.into(), status: Status::Measured { residual, tolerance } }
    }

    /// An assumption to which no counterexample was found.
    #[must_use]
    pub fn searched(name: impl Into<String>, evaluations: u64, margin: f64) -> Self {
        Self { name: name.into(), status: Status::Searched { evaluations, margin } }
    }

    /// An assumption that nobody examined.
    #[must_use]
    pub fn assumed(name: impl Into<String>) -> Self {
        Self { name: name.into(), status: Status::Assumed }
    }

    /// Why nothing may be concluded, if so.
    #[must_use]
    pub fn obstacle(&self) -> Option<Reason> {
        match self.status {
            Status::Known | Status::Searched { .. } => None,
            // A NaN is not met either, hence the negation.
            Status::Measured { residual, tolerance } if residual <= tolerance => None,
            Status::Measured { residual, .. } => {
                Some(Reason::HypothesisNotMet { name: self.name.clone(), residual })
            }
            Status::Assumed => Some(Reason::HypothesisNotChecked { name: self.name.clone() }),
        }
    }
}

/// A theorem checked on an instance: the hypotheses and the claim, apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The theorem's tag, such as "T4".
    pub theorem: &'static str,
    /// Its assumptions, each with how it stands.
    pub hypotheses: Vec<Hypothesis>,
    /// The measured side of the inequality at the worst point.
    pub measured: f64,
    /// The bound there.
    pub bound: f64,
    /// How far the measured side is from breaking the bound: negative if it breaks it.
    pub slack: f64,
    /// What the inequality alone says, whatever the hypotheses.
    pub inequality: Verdict,
}

impl Report {
    /// The answer: the claim's, if every hypothesis is met, and else `Undecided` with the first that is not.
    ///
    /// A violation needs more: hypotheses that were only searched for counterexamples leave it open which of the two is
    /// false.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let searched = |hypothesis: &Hypothesis| match hypothesis.status {
            Status::Searched { .. } => Some(Reason::HypothesisSearched { name: hypothesis.name.clone() }),
            Status::Known | Status::Measured { .. } | Status::Assumed => None,
        };
        let obstacle = self.hypotheses.iter().find_map(Hypothesis::obstacle);
        let doubt = || self.hypotheses.iter().find_map(searched).filter(|_| self.inequality.is_violated());
        match obstacle.or_else(doubt) {
            Some(reason) => Verdict::Undecided { reason },
            None => self.inequality.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(hypotheses: Vec<Hypothesis>) -> Report {
        let claim = Verdict::Holds { margin: 0.5, evaluations: 3, worst_point: Witness::point(&[1.0]) };
        Report { theorem: "T4", hypotheses, measured: 1.0, bound: 2.0, slack: 1.0, inequality: claim }
    }

    #[test]
    fn an_unmet_or_unchecked_hypothesis_withholds_the_answer() {
        assert!(report(vec![Hypothesis::known("convex")]).verdict().holds());
        assert!(report(vec![Hypothesis::measured("step", -0.1, 0.0)]).verdict().holds());
        assert!(report(vec![Hypothesis::searched("convex", 10, 0.1)]).verdict().holds());
        let mut violated = report(vec![Hypothesis::searched("convex", 10, 0.1)]);
        let certificate = Certificate::new(Method::Precise, -2.0, -1.0).expect("it is negative");
        violated.inequality = Verdict::Violated { point: Witness::default(), slack: -1.5, certificate };
        assert!(violated.verdict().is_undecided());
        violated.hypotheses = vec![Hypothesis::measured("convex", 0.0, 0.0)];
        assert!(violated.verdict().is_violated());
        assert!(report(vec![Hypothesis::assumed("convex")]).verdict().is_undecided());
        assert!(report(vec![Hypothesis::measured("step", 0.1, 1e-9)]).verdict().is_undecided());
        assert!(report(vec![Hypothesis::measured("step", f64::NAN, 1e-9)]).verdict().is_undecided());
    }

    #[test]
    fn a_certificate_lies_below_zero() {
        assert!(Certificate::new(Method::ForwardError, -1.1e-3, -0.9e-3).is_some());
        assert!(Certificate::new(Method::ForwardError, -2e-3, 0.0).is_none());
        assert!(Certificate::new(Method::Precise, -1.0, f64::NAN).is_none());
        assert!(Certificate::new(Method::Precise, -1.0, -2.0).is_none());
    }

    #[test]
    fn witnesses_are_read_by_name() {
        let pair = Witness::pair(&[1.0], &[2.0]);
        assert_eq!(pair.get("v"), Some(&[2.0][..]));
        assert_eq!(pair.get("w"), None);
    }
}
