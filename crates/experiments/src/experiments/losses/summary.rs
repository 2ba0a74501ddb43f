//! What the records of `losses` say of its claim.

use fenchel_harness::number::short;
use fenchel_harness::{Failure, Findings, Summary};

use super::claims::SANDWICH;
use super::digest::Finished;
use super::figures;
use crate::ingredients::{SandwichTally, TrainingSettings, loss_title, sandwiches};

pub(super) fn summarise(
    settings: &TrainingSettings,
    cells: &[Finished],
    findings: &mut Findings,
) -> Result<Summary, Failure> {
    // A loss that was not run yet has an empty tally.
    let planned = settings.losses.iter().map(|loss| (loss_title(loss), SandwichTally::default()));
    let found = cells.iter().map(|cell| (loss_title(&cell.case.loss), cell.record.sandwiches));
    sandwiches(findings.about(&SANDWICH)?, planned.chain(found))?;
    Ok(Summary {
        ran: ran(settings, cells),
        came_out: came_out(cells),
        differs: "The papers train under ‖f − y‖_{k}^{k} and let the constants go; here each loss has rigorous bounds with its \
            constants (section 4 of the theory), and logistic, sparsemax and entmax stand beside the powers. Sparsemax and \
            entmax can reach their infimum exactly: then loss, residual and both bounds are 0, and such samples leave the \
            geometric means at 0 and the windows around them out of the correlations."
            .into(),
        tables: vec![figures::cells(cells, settings.window)?],
        figures: figures::grids(cells),
    })
}

fn ran(settings: &TrainingSettings, cells: &[Finished]) -> String {
    let length = match settings.steps {
        Some(steps) => format!("at most {steps} steps of {} epochs", settings.epochs),
        None => format!("{} epochs", settings.epochs),
    };
    format!(
        "{} cells: data sets {}; models {}; losses {}; seeds {:?}. SGD with rate {}, momentum {}, batches of {}, {length}; a log \
         every {} steps of a probe set of {} samples ({} for dense models). Training in f32, measurements in f64 with the \
         f32 parameters taken as exact; for losses whose residuals sum to zero both sandwiches are checked.",
        cells.len(),
        settings.datasets.join(", "),
        settings.models.join(", "),
        settings.losses.iter().map(|loss| loss_title(loss)).collect::<Vec<_>>().join(", "),
        settings.seeds,
        settings.rate,
        settings.momentum,
        settings.batch,
        settings.log_every,
        settings.probe_convolutional,
        settings.probe,
    )
}

fn came_out(cells: &[Finished]) -> String {
    let describe = |cell: &Finished| {
        let start = cell.record.logs.first().map_or(f64::NAN, |log| log.probe.risk);
        let end = cell.record.logs.last().map_or(f64::NAN, |log| log.probe.risk);
        let name = loss_title(&cell.case.loss);
        match &cell.record.diverged {
            Some(why) => format!("{name} diverged ({why})"),
            None => format!(
                "{name}: risk {} to {}, test accuracy {} %",
                short(start),
                short(end),
                short(100.0 * cell.record.test_accuracy)
            ),
        }
    };
    let seed = cells.iter().map(|cell| cell.case.seed).min();
    let parts: Vec<String> = cells.iter().filter(|cell| Some(cell.case.seed) == seed).map(describe).collect();
    format!("Seed {}. {}.", seed.unwrap_or(0), parts.join("; "))
}

#[cfg(test)]
mod tests;
