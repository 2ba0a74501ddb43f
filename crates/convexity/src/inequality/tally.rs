//! Keeping the worst slack of an inequality over many points.

use super::{Decision, decide};
use crate::number::{Number, PreciseInterval};
use crate::verdict::{Certificate, Hypothesis, Method, Reason, Report, Verdict, Witness};

/// The inequality `smaller <= larger` at many points: its worst slack, and the first certified violation.
pub(crate) struct Tally {
    theorem: &'static str,
    evaluations: u64,
    worst: Option<Row>,
    violation: Option<(Row, Certificate)>,
    open: Option<Reason>,
}

#[derive(Clone)]
struct Row {
    measured: f64,
    bound: f64,
    slack: f64,
    margin: f64,
    witness: Witness,
}

/// An inequality at one point.
pub(crate) struct Observation {
    /// The measured side.
    pub(crate) measured: f64,
    /// The bound.
    pub(crate) bound: f64,
    /// How far the measured side is from breaking the bound.
    pub(crate) slack: f64,
    /// What the slack is compared with: the size of the terms.
    pub(crate) size: f64,
}

/// What there is to judge a slack by.
pub(crate) enum Evidence {
    /// An enclosure of it in 256 bits.
    Enclosed(PreciseInterval),
    /// A proved bound on the round-off of its f64 value.
    Bounded(f64),
    /// A proof that it is minus infinity.
    Infinite,
    /// Nothing: a function has no formula.
    Nothing,
}

impl Tally {
    pub(crate) const fn new(theorem: &'static str) -> Self {
        Self { theorem, evaluations: 0, worst: None, violation: None, open: None }
    }

    /// Adds a point. A slack that is negative in f64 is judged by the evidence.
    pub(crate) fn observe(
        &mut self,
        observation: &Observation,
        witness: impl FnOnce() -> Witness,
        evidence: impl FnOnce() -> Evidence,
    ) {
        // One certified violation settles the claim.
        if self.violation.is_some() {
            return;
        }
        self.evaluations += 1;
        let &Observation { measured, bound, slack, size } = observation;
        if slack.is_nan() {
            self.open.get_or_insert_with(|| Reason::Overflow { what: "a side of the inequality".into() });
            return;
        }
        let margin = if slack == f64::INFINITY { slack } else { slack / size.max(f64::MIN_POSITIVE) };
        let is_worst = self.worst.as_ref().is_none_or(|worst| margin < worst.margin);
        if slack >= 0.0 && !is_worst {
            return;
        }
        let mut row = Row { measured, bound, slack, margin, witness: witness() };
        if slack < 0.0 {
            let decision = match evidence() {
                Evidence::Enclosed(exact) => Some(decide(&exact, size, Method::Precise)),
                Evidence::Bounded(error) => {
                    let near = PreciseInterval::from_f64(slack);
                    let slack = (near.clone() - error).union(&(near + error));
                    Some(decide(&slack, size, Method::ForwardError))
                }
                Evidence::Infinite => {
                    Certificate::new(Method::Precise, f64::NEG_INFINITY, -f64::MAX).map(Decision::Violated)
                }
                Evidence::Nothing => None,
            };
            match decision {
                Some(Decision::Violated(certificate)) => self.violation = Some((row.clone(), certificate)),
                Some(Decision::Holds(slack)) => {
                    (row.slack, row.margin) = (slack, slack / size.max(f64::MIN_POSITIVE));
                }
                Some(Decision::RoundOff) => (row.slack, row.margin) = (0.0, 0.0),
                Some(Decision::Open(reason)) => {
                    self.open.get_or_insert(reason);
                }
                None => {
                    let point = row.witness.clone();
                    self.open.get_or_insert(Reason::NoCertificate { slack, point });
                }
            }
        }
        if self.worst.as_ref().is_none_or(|worst| row.margin < worst.margin) {
            self.worst = Some(row);
        }
    }

    /// The report.
    pub(crate) fn finish(self, hypotheses: Vec<Hypothesis>) -> Report {
        let evaluations = self.evaluations;
        let (row, claim) = match (self.violation, self.worst) {
            (Some((row, certificate)), _) => {
                let verdict = Verdict::Violated { point: row.witness.clone(), slack: row.slack, certificate };
                (row, verdict)
            }
            (None, Some(row)) => {
                let verdict = match self.open {
                    Some(reason) => Verdict::undecided(reason),
                    None => {
                        Verdict::Holds { margin: row.margin, evaluations, worst_point: row.witness.clone() }
                    }
                };
                (row, verdict)
            }
            (None, None) => {
                let reason = self.open.unwrap_or(Reason::Budget { evaluations });
                let nothing = f64::NAN;
                let row = Row {
                    measured: nothing,
                    bound: nothing,
                    slack: nothing,
                    margin: nothing,
                    witness: Witness::default(),
                };
                (row, Verdict::undecided(reason))
            }
        };
        Report {
            theorem: self.theorem,
            hypotheses,
            measured: row.measured,
            bound: row.bound,
            slack: row.slack,
            inequality: claim,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds a point with a label; nothing is to be certified.
    fn add(tally: &mut Tally, label: f64, slack: f64, size: f64) {
        let observation = Observation { measured: 1.0, bound: 1.0 + slack, slack, size };
        tally.observe(&observation, || Witness::point(&[label]), || panic!("{slack} is not negative"));
    }

    /// Adds a point with a slack that is negative in f64, and what an enclosure says of it.
    fn doubt(tally: &mut Tally, label: f64, slack: f64, evidence: Evidence) {
        let observation = Observation { measured: 1.0, bound: 1.0 + slack, slack, size: 1.0 };
        tally.observe(&observation, || Witness::point(&[label]), || evidence);
    }

    /// (1/3) 3 - 1: zero, as far as the enclosure can tell.
    fn round_off() -> Evidence {
        Evidence::Enclosed(PreciseInterval::from_f64(1.0) / 3.0 * 3.0 - 1.0)
    }

    fn holds(tally: Tally) -> (f64, u64, f64, f64) {
        let report = tally.finish(Vec::new());
        let Verdict::Holds { margin, evaluations, worst_point } = &report.inequality else {
            panic!("{}", report.inequality)
        };
        (*margin, *evaluations, worst_point.get("x").expect("the label is there")[0], report.slack)
    }

    #[test]
    fn the_first_of_the_worst_is_kept() {
        let mut tally = Tally::new("T");
        for (label, slack, size) in [(1.0, 3.0, 2.0), (2.0, 1.0, 4.0), (3.0, 2.0, 8.0), (4.0, 0.9, 0.1)] {
            add(&mut tally, label, slack, size);
        }
        assert_eq!(holds(tally), (0.25, 4, 2.0, 1.0));
        // Small, zero and infinite slacks are none to certify; an infinite one has no size.
        let mut tally = Tally::new("T");
        add(&mut tally, 1.0, f64::INFINITY, f64::INFINITY);
        assert_eq!(holds(tally), (f64::INFINITY, 1, 1.0, f64::INFINITY));
        let mut tally = Tally::new("T");
        for (label, slack) in [(1.0, f64::INFINITY), (2.0, 5e-3), (3.0, 0.0)] {
            add(&mut tally, label, slack, 1.0);
        }
        assert_eq!(holds(tally), (0.0, 3, 3.0, 0.0));
        // Nothing seen, nothing said.
        let report = Tally::new("T").finish(Vec::new());
        assert_eq!(report.inequality, Verdict::undecided(Reason::Budget { evaluations: 0 }));
        assert!(report.slack.is_nan());
    }

    #[test]
    fn round_off_counts_as_zero_and_a_proof_settles() {
        let mut tally = Tally::new("T");
        add(&mut tally, 1.0, 0.5, 1.0);
        doubt(&mut tally, 2.0, -1e-16, round_off());
        doubt(&mut tally, 3.0, -2e-16, round_off());
        assert_eq!(holds(tally), (0.0, 3, 2.0, 0.0));
        // What cannot be certified leaves the claim open, until a smaller slack is.
        let negative = || Evidence::Enclosed(PreciseInterval::from_f64(-1.0));
        let mut tally = Tally::new("T");
        doubt(&mut tally, 1.0, -2.0, Evidence::Nothing);
        doubt(&mut tally, 2.0, -1.0, negative());
        doubt(&mut tally, 3.0, -9.0, negative());
        let report = tally.finish(Vec::new());
        let Verdict::Violated { point, slack, .. } = &report.inequality else {
            panic!("{}", report.inequality)
        };
        assert_eq!((point.get("x"), *slack), (Some([2.0].as_slice()), -1.0));
        let mut tally = Tally::new("T");
        doubt(&mut tally, 1.0, -2.0, Evidence::Nothing);
        add(&mut tally, 2.0, f64::NAN, 1.0);
        let report = tally.finish(Vec::new());
        assert_eq!((report.slack, report.inequality.is_undecided()), (-2.0, true));
    }

    #[test]
    fn what_cannot_be_told_is_not_held() {
        for exact in [PreciseInterval::unknown(), PreciseInterval::from_f64(f64::NAN)] {
            let mut tally = Tally::new("T");
            doubt(&mut tally, 1.0, -2.0, Evidence::Enclosed(exact));
            assert_eq!(tally.finish(Vec::new()).inequality, Verdict::undecided(Reason::Unbounded));
        }
        // An enclosure about zero as wide as the terms, and a slack that is positive after all.
        let wide = PreciseInterval::from_f64(-1.0).union(&PreciseInterval::one());
        let mut tally = Tally::new("T");
        doubt(&mut tally, 1.0, -2.0, Evidence::Enclosed(wide));
        let claim = tally.finish(Vec::new()).inequality;
        assert!(matches!(claim, Verdict::Undecided { reason: Reason::WithinRoundOff { .. } }), "{claim}");
        let mut tally = Tally::new("T");
        doubt(&mut tally, 1.0, -1e-17, Evidence::Enclosed(PreciseInterval::from_f64(0.25)));
        assert_eq!(holds(tally), (0.25, 1, 1.0, 0.25));
    }
}
