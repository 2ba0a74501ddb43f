//! What the records of `optimisers` decide.

use super::*;
use crate::claim::Verdict;
use crate::experiment::Experiment;
use crate::experiment::testing::run_all;
use crate::experiments::optimisers::Optimisers;
use crate::profile::Profile;

#[test]
fn the_smallest_cells_run_and_one_violation_fails_the_claim_by_name() {
    let settings = Settings {
        models: vec!["c-1x4".into()],
        steps: 6,
        batch: 64,
        log_every: 2,
        probe: 5,
        window: 3,
        seeds: vec![0],
        ..Optimisers.settings(Profile::Quick)
    };
    let mut cells = run_all(&Optimisers, &settings);
    assert_eq!(cells.len(), 10);
    for cell in &cells {
        // Two sandwiches a sample under cross-entropy.
        assert_eq!(
            (cell.record.logs.len(), cell.record.checked, cell.record.violated),
            (4, 40, 0),
            "{}",
            cell.id
        );
        // All cells start from the same parameters.
        assert_eq!(cell.record.logs[0].probe.risk, cells[0].record.logs[0].probe.risk);
    }
    let summary = summarise(&settings, &cells).unwrap();
    assert_eq!(summary.claims[0].verdict(), Verdict::Reproduced);
    assert_eq!(summary.claims[0].figures, [summary.figures[0].id.clone()]);
    assert_eq!((summary.figures[0].panels.len(), summary.figures[0].columns), (10, 2));

    cells[2].record.violated = 1;
    let claim = &summarise(&settings, &cells).unwrap().claims[0];
    assert_eq!(claim.verdict(), Verdict::Failed);
    let failed: Vec<_> = claim.conditions.iter().filter(|c| c.verdict() == Verdict::Failed).collect();
    assert!(failed.len() == 1 && failed[0].criterion().contains("Adam"));
}

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let refused = |change: fn(&mut Settings)| {
        let mut settings = Optimisers.settings(Profile::Quick);
        change(&mut settings);
        Optimisers.plan(&settings).map(|_| ()).unwrap_err().to_string()
    };
    assert!(refused(|s| s.steps = 0).contains("`steps`"));
    assert!(refused(|s| s.window = 2).contains("`window`"));
    assert!(refused(|s| s.optimisers.push("lion:0.1".into())).contains("lion"));
    assert!(refused(|s| s.schedules.push("linear".into())).contains("linear"));
}
