//! What the records of `losses` decide.

use super::*;
use crate::claim::Verdict;
use crate::experiment::Experiment;
use crate::experiment::testing::run_all;
use crate::experiments::losses::Losses;
use crate::profile::Profile;

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
        assert_eq!((cell.record.logs.len(), cell.record.violated), (4, 0), "{}", cell.id);
        assert!(cell.record.checked >= 20 && cell.record.diverged.is_none(), "{}", cell.id);
    }
    let summary = summarise(&settings, &cells).unwrap();
    assert_eq!(summary.claims[0].verdict(), Verdict::Reproduced);
    assert_eq!(summary.claims[0].figures, [summary.figures[0].id.clone()]);
    assert_eq!(summary.figures[0].panels.len(), 8);

    cells[3].record.violated = 1;
    let claim = &summarise(&settings, &cells).unwrap().claims[0];
    assert_eq!(claim.verdict(), Verdict::Failed);
    let failed: Vec<_> = claim.conditions.iter().filter(|c| c.verdict() == Verdict::Failed).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].criterion().contains(&loss_title(&cells[3].case.loss)));
    // A loss that was not run yet leaves the claim open.
    cells[3].record.violated = 0;
    cells.pop();
    let open = summarise(&settings, &cells).unwrap().claims[0].verdict();
    assert!(matches!(open, Verdict::Undecided(_)), "{open}");
}
