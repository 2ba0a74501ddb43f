//! The checkers against numbers computed by hand, on instances whose numbers have nothing in common: no
//! 0, no 1, no equal sizes.
//!
//! A checker that answers rightly may still compute a wrong bound. Here the measured side, the bound, the
//! slack, the margin, and the enclosure in the certificate of a violation are compared with the formulas
//! of the statement, written out once more in plain f64.

use crate::catalogue::Quadratic;
use crate::objectives::{Objective, Precomposed};
use crate::verdict::{Hypothesis, Report, Status, Verdict};
use ndarray::array;
use std::sync::Arc;

/// Relative to the sizes: far above round-off and the tolerances granted, far below any mistake.
pub(super) const NEAR: f64 = 1e-10;

/// Compares a report with the numbers of the statement; `size` is what the margin is relative to.
pub(super) fn assert_report(report: &Report, measured: f64, bound: f64, slack: f64, size: f64) {
    let near = |a: f64, b: f64| (a - b).abs() <= NEAR * size;
    assert!(near(report.measured, measured), "measured {} and {measured}", report.measured);
    assert!(near(report.bound, bound), "bound {} and {bound}", report.bound);
    assert!(near(report.slack, slack), "slack {} and {slack}", report.slack);
    match &report.inequality {
        Verdict::Holds { margin, .. } => {
            assert!((margin - slack / size).abs() <= NEAR, "margin {margin} and {}", slack / size);
            assert!(slack >= 0.0);
        }
        Verdict::Violated { slack: own, certificate, .. } => {
            let (low, high) = certificate.enclosure();
            assert!(
                near(*own, slack) && near(low, slack) && near(high, slack),
                "{low} to {high}, and {slack}"
            );
        }
        Verdict::Undecided { reason } => panic!("{reason}"),
    }
}

/// The residual and the tolerance of the hypothesis whose name contains a text.
pub(super) fn measured_hypothesis(report: &Report, text: &str) -> (f64, f64) {
    let found: &Hypothesis = report
        .hypotheses
        .iter()
        .find(|hypothesis| hypothesis.name.contains(text))
        .expect("the hypothesis is there");
    let Status::Measured { residual, tolerance } = found.status else { panic!("{found:?}") };
    (residual, tolerance)
}

/// The point of this name at which a verdict was reached.
pub(super) fn point_of(report: &Report, name: &str) -> Vec<f64> {
    let witness = match &report.inequality {
        Verdict::Holds { worst_point, .. } => worst_point,
        Verdict::Violated { point, .. } => point,
        Verdict::Undecided { reason } => panic!("{reason}"),
    };
    witness.get(name).expect("the point is there").to_vec()
}

/// (c/2) (x - a)^2 on R.
pub(super) fn parabola(c: f64, a: f64) -> Arc<dyn Objective> {
    Arc::new(Precomposed::new(Quadratic::diagonal(&[c]).unwrap(), array![[1.0]], array![-a]).unwrap())
}
