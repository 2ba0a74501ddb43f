//! Runs and decides cells outside a run folder, for the tests of experiments.

use fenchel_harness::context::Inputs;
use fenchel_harness::{Cell, Context, Experiment, Findings, Outcome, Summary, Verdict};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;

/// The summary of these cells and what they decide: every condition measured, every link to what is there.
pub(crate) fn decide<E: Experiment>(
    settings: &E::Settings,
    cells: &[Outcome<E::Case, E::Record>],
) -> (Summary, Findings) {
    let mut findings = Findings::of(E::CLAIMS);
    let summary = E::SUMMARISE(settings, cells, &mut findings).unwrap();
    summary.link(&mut findings);
    for finding in findings.list() {
        let id = finding.claim.id;
        assert!(!finding.measured().contains("not measured"), "{id}: {}", finding.measured());
    }
    (summary, findings)
}

/// The verdicts alone, by claim.
pub(crate) fn verdicts<E: Experiment>(
    settings: &E::Settings,
    cells: &[Outcome<E::Case, E::Record>],
) -> BTreeMap<&'static str, Verdict> {
    let (_, findings) = decide::<E>(settings, cells);
    findings.list().iter().map(|finding| (finding.claim.id, finding.verdict())).collect()
}

/// The claims that fail.
pub(crate) fn failed<E: Experiment>(
    settings: &E::Settings,
    cells: &[Outcome<E::Case, E::Record>],
) -> Vec<&'static str> {
    let verdicts = verdicts::<E>(settings, cells).into_iter();
    verdicts.filter(|(_, verdict)| *verdict == Verdict::Failed).map(|(id, _)| id).collect()
}

/// Every figure and table that a claim names is there.
pub(crate) fn assert_linked(findings: &Findings) {
    for finding in findings.list() {
        let claim = finding.claim;
        let counts = (finding.figures.len(), finding.tables.len());
        assert_eq!(counts, (claim.figures.len(), claim.tables.len()), "{}", claim.id);
    }
}

/// All cells of `settings`, run one after the other on the embedded data.
pub(crate) fn run_all<E: Experiment>(
    experiment: &E,
    settings: &E::Settings,
) -> Vec<Outcome<E::Case, E::Record>> {
    let (inputs, fraction) = (Inputs::default(), AtomicU64::new(0));
    let context = Context::new(&inputs, &fraction);
    let cells = experiment.plan(settings).unwrap();
    let run = |cell: Cell<E::Case>| {
        assert!(cell.work.units > 0.0 && cell.work.units.is_finite());
        let record = experiment.run(settings, &cell.case, &context).unwrap();
        Outcome { id: cell.id, case: cell.case, record }
    };
    cells.into_iter().map(run).collect()
}
