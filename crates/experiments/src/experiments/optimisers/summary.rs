//! What the records of `optimisers` say of its claim.

use std::collections::BTreeMap;

use fenchel_harness::number::short;
use fenchel_harness::statistics::{LocalCorrelation, median};
use fenchel_harness::{Estimate, Failure, Findings, Summary};

use super::claims::{DIVERGED, SANDWICH};
use super::digest::Finished;
use super::{Case, Settings, figures};
use crate::ingredients::{BoundCorrelations, SandwichTally, sandwiches};

pub(super) fn summarise(
    settings: &Settings,
    cells: &[Finished],
    findings: &mut Findings,
) -> Result<Summary, Failure> {
    // An optimiser that was not run yet has an empty tally.
    let planned = settings.optimisers.iter().map(|name| (figures::readable(name), SandwichTally::default()));
    let found = cells.iter().map(|cell| (figures::readable(&cell.case.optimiser), cell.record.sandwiches));
    let diverged = cells.iter().filter(|cell| cell.record.diverged.is_some()).count();
    let finding = findings.about(&SANDWICH)?.value(&DIVERGED, Estimate::exact(diverged as f64))?;
    sandwiches(finding, planned.chain(found))?;
    Ok(Summary {
        ran: ran(settings, cells),
        came_out: came_out(settings, cells)?,
        differs: "The sandwich is free of the optimiser by its proof, so a violation here would be a defect of the program \
            or of a rounding bound. Correlations are not: when a rate decays to nothing the parameters stop, risk and bounds \
            stop with them, and what correlates in the last windows is the little that still moves; no criterion is set."
            .into(),
        tables: vec![figures::cells(cells, settings.window)?],
        figures: figures::grids(cells),
    })
}

fn ran(settings: &Settings, cells: &[Finished]) -> String {
    format!(
        "{} cells: data sets {}; models {}; losses {}; optimisers {}; schedules {}; seeds {:?}. Batches of {}, {} steps; a log \
         every {} steps of a probe set of {} samples ({} for convolutional models). The schedule `step` drops the rate to a \
         tenth after each third, `cosine` takes it to 0. Generalised SGD takes the step −a ∇Φ*(g), Φ = ‖·‖^{{r}} / r (T6). \
         Training in f32, measurements in f64 with the f32 parameters taken as exact.",
        cells.len(),
        settings.datasets.join(", "),
        settings.models.join(", "),
        settings.losses.join(", "),
        settings.optimisers.iter().map(|name| figures::readable(name)).collect::<Vec<_>>().join("; "),
        settings.schedules.join(", "),
        settings.seeds,
        settings.batch,
        settings.steps,
        settings.log_every,
        settings.probe,
        settings.probe_convolutional,
    )
}

fn came_out(settings: &Settings, cells: &[Finished]) -> Result<String, Failure> {
    let mut groups: BTreeMap<(String, String), Vec<&Finished>> = BTreeMap::new();
    for cell in cells {
        let Case { dataset, model, loss, optimiser, schedule, .. } = &cell.case;
        let place = format!("{dataset} {model} {loss}");
        let name = format!("{}, {schedule}", figures::readable(optimiser));
        groups.entry((place, name)).or_default().push(cell);
    }
    let mut parts = Vec::new();
    for ((place, name), cells) in groups {
        let of = |values: Vec<f64>| median(&values).map_or("—".into(), short);
        let ends =
            cells.iter().filter_map(|cell| cell.record.logs.last()).map(|log| log.probe.risk).collect();
        let correlations = cells
            .iter()
            .map(|cell| BoundCorrelations::new(&cell.record.logs, settings.window))
            .collect::<Result<Vec<_>, _>>()?;
        let late = |which: fn(&BoundCorrelations) -> &LocalCorrelation| {
            of(correlations.iter().filter_map(|both| which(both).last_half_median()).collect())
        };
        let diverged = cells.iter().filter(|cell| cell.record.diverged.is_some()).count();
        let note = if diverged > 0 { format!(", {diverged} diverged") } else { String::new() };
        parts.push(format!(
            "{place}, {name}: final risk {}, correlation with lo {}, with hi {}{note}",
            of(ends),
            late(|both| &both.lower),
            late(|both| &both.upper),
        ));
    }
    Ok(format!("Medians over seeds. {}.", parts.join(". ")))
}

#[cfg(test)]
mod tests;
