//! T1 against numbers computed by hand.

use crate::norms::Norm;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::conjugate;
use crate::verdict::{Report, Verdict};

/// The evaluations behind a claim that holds.
fn spent(report: &Report) -> u64 {
    let Verdict::Holds { evaluations, .. } = report.inequality else { panic!("{}", report.inequality) };
    evaluations
}

#[test]
fn spends_its_budget() {
    let psi = Potential::norm_power(0.7, 3.0, Norm::L2).unwrap();
    let chi = psi.conjugate().unwrap();
    for budget in [1, 2] {
        // Two inequalities and one equality for every two evaluations.
        let report = conjugate::check(&psi, &chi, 1, &SearchConfig::budget(budget)).unwrap();
        assert_eq!(spent(&report), 3 * budget.div_ceil(2));
    }
}
