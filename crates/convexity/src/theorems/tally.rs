//! Keeping the worst slack of an inequality over many points.

use crate::number::PreciseInterval;
use crate::verdict::{Certificate, Hypothesis, Method, Reason, Report, Verdict, Witness};

/// The inequality `smaller <= larger` at many points: its worst slack, and the first certified violation.
pub(super) struct Tally {
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
pub(super) struct Observation {
    /// The measured side.
    pub(super) measured: f64,
    /// The bound.
    pub(super) bound: f64,
    /// How far the measured side is from breaking the bound.
    pub(super) slack: f64,
    /// What the slack is compared with: the size of the terms.
    pub(super) size: f64,
}

impl Tally {
    pub(super) const fn new(theorem: &'static str) -> Self {
        Self { theorem, evaluations: 0, worst: None, violation: None, open: None }
    }

    /// Adds a point. A negative slack is put to `certify`, which proves it, dismisses it as round-off, or leaves it open.
    pub(super) fn observe(
        &mut self,
        observation: &Observation,
        witness: impl FnOnce() -> Witness,
        certify: impl FnOnce() -> Certified,
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
            match certify() {
                Certified::Violation(certificate) => self.violation = Some((row.clone(), certificate)),
                Certified::RoundOff => (row.slack, row.margin) = (0.0, 0.0),
                Certified::Open => {
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
    pub(super) fn finish(self, hypotheses: Vec<Hypothesis>) -> Report {
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
            claim,
        }
    }
}

/// What an enclosure in 256 bits says of a slack that is negative in f64.
pub(super) fn proof(slack: &PreciseInterval) -> Certified {
    let slack = slack.to_f64_interval();
    Certificate::new(Method::Precise, slack.lo(), slack.hi())
        .map_or(Certified::RoundOff, Certified::Violation)
}

/// What enclosures say of a slack that is negative in f64.
pub(super) enum Certified {
    /// It is negative.
    Violation(Certificate),
    /// It is not, beyond round-off.
    RoundOff,
    /// There is nothing to certify with.
    Open,
}
