//! What the records of `losses` decide.

use fenchel_harness::{Experiment, Profile, Verdict};

use super::*;
use crate::experiments::losses::Losses;
use crate::testing::{self, run_all};

fn smallest() -> TrainingSettings {
    TrainingSettings {
        models: vec!["c-1x4".into()],
        steps: Some(6),
        batch: 64,
        log_every: 2,
        probe: 5,
        window: 3,
        ..Losses.settings(Profile::Quick)
    }
}

#[test]
fn the_smallest_cells_run_and_one_violation_fails_the_claim_by_name() {
    let settings = smallest();
    let mut cells = run_all(&Losses, &settings);
    assert_eq!(cells.len(), 8);
    for cell in &cells {
        let tally = cell.record.sandwiches;
        assert_eq!((cell.record.logs.len(), tally.violated()), (4, 0), "{}", cell.id);
        assert!(tally.checked >= 20 && cell.record.diverged.is_none(), "{}", cell.id);
    }
    // So small a network has singular matrices, and with them no finite upper bound under some losses.
    for cell in &mut cells {
        cell.record.sandwiches.finite = cell.record.sandwiches.finite.max(1);
    }
    let (summary, findings) = testing::decide::<Losses>(&settings, &cells);
    testing::assert_linked(&findings);
    assert_eq!(findings.list()[0].verdict(), Verdict::Reproduced);
    assert_eq!(summary.figures[0].panels.len(), 8);

    cells[3].record.sandwiches.below = 1;
    let (_, findings) = testing::decide::<Losses>(&settings, &cells);
    let finding = &findings.list()[0];
    assert_eq!(finding.verdict(), Verdict::Failed);
    let failed: Vec<_> = finding.conditions().filter(|(.., verdict)| *verdict == Verdict::Failed).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].1.contains(&loss_title(&cells[3].case.loss)), "{}", failed[0].1);
    // A loss that was not run yet leaves the claim open, by name.
    cells[3].record.sandwiches.below = 0;
    let lost = loss_title(&cells.pop().unwrap().case.loss);
    let open = testing::verdicts::<Losses>(&settings, &cells)["losses.sandwich"].clone();
    assert!(matches!(&open, Verdict::Undecided(why) if why.contains(&lost)), "{open}");
}
