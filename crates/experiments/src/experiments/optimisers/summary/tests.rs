//! What the records of `optimisers` decide.

use fenchel_harness::{Experiment, Profile, Verdict};

use super::*;
use crate::experiments::optimisers::Optimisers;
use crate::testing::{self, run_all};

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
        let tally = cell.record.sandwiches;
        assert_eq!((cell.record.logs.len(), tally.checked, tally.violated()), (4, 40, 0), "{}", cell.id);
        // All cells start from the same parameters.
        assert_eq!(cell.record.logs[0].probe.risk, cells[0].record.logs[0].probe.risk);
    }
    // So small a network has singular matrices, and with them no finite upper bound under some optimisers.
    for cell in &mut cells {
        cell.record.sandwiches.finite = cell.record.sandwiches.finite.max(1);
    }
    let (summary, findings) = testing::decide::<Optimisers>(&settings, &cells);
    testing::assert_linked(&findings);
    assert_eq!(findings.list()[0].verdict(), Verdict::Reproduced);
    assert_eq!((summary.figures[0].panels.len(), summary.figures[0].columns), (10, 2));

    cells[2].record.sandwiches.above = 1;
    let (_, findings) = testing::decide::<Optimisers>(&settings, &cells);
    let finding = &findings.list()[0];
    assert_eq!(finding.verdict(), Verdict::Failed);
    let failed: Vec<_> = finding.conditions().filter(|(.., verdict)| *verdict == Verdict::Failed).collect();
    assert!(failed.len() == 1 && failed[0].1.contains("Adam"), "{failed:?}");

    cells[2].record.sandwiches.above = 0;
    cells[2].record.diverged = Some("inf".into());
    let open = testing::verdicts::<Optimisers>(&settings, &cells)["optimisers.sandwich"].clone();
    assert!(matches!(&open, Verdict::Undecided(why) if why.contains("diverged")), "{open}");
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
