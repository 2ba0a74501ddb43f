//! What the records of `bounds` say of its claims.

use std::collections::{BTreeMap, BTreeSet};

use fenchel_harness::claim::{groups_of, replicates};
use fenchel_harness::number::{grouped, short};
use fenchel_harness::statistics::{LocalCorrelation, median, share};
use fenchel_harness::{Claim, Failure, Findings, Outcome, Result, Summary};

use super::claims::*;
use super::digest::{Digest, Measured};
use super::{Case, Record, Settings, figures};
use crate::ingredients::sandwiches;

pub(super) fn summarise(
    settings: &Settings,
    outcomes: &[Outcome<Case, Record>],
    findings: &mut Findings,
) -> std::result::Result<Summary, Failure> {
    let cells = outcomes
        .iter()
        .map(|Outcome { case, record, .. }| {
            Digest::new(record, settings.window).map(|digest| Measured { case, record, digest })
        })
        .collect::<Result<Vec<Measured>>>()?;
    let tallies = cells.iter().map(|cell| (String::new(), cell.record.sandwiches));
    sandwiches(findings.about(&SANDWICH)?, tallies)?;
    follows(&cells, findings)?;
    probe_set(&SET, &cells, below_half, findings)?;
    probe_set(&SET_LEARNED, &cells, halved, findings)?;
    structure(&cells, findings)?;
    // One seed stands for its group in the figures; the tables hold all.
    let first = groups_of(&cells, |cell| cell.case.group()).into_values().map(|cells| cells[0]);
    let figures = first.flat_map(|cell| [figures::probe_set(cell), figures::fresh_sample(cell)]).collect();
    Ok(Summary {
        ran: ran(settings, &cells),
        came_out: came_out(&cells),
        differs: differs(),
        tables: vec![figures::cells(&cells), figures::correlations(&cells)],
        figures,
    })
}

/// A correlation's last-half median by group, the seeds as replicates, of the cells that `which` admits.
fn correlations(
    cells: &[Measured],
    which: impl Fn(&Measured) -> bool,
    correlation: impl Fn(&Digest) -> &LocalCorrelation,
) -> BTreeMap<String, Vec<Option<f64>>> {
    let number = |cell: &&Measured| correlation(&cell.digest).last_half_median();
    replicates(cells.iter().filter(|cell| which(cell)), |cell| cell.case.group(), number)
}

fn follows(cells: &[Measured], findings: &mut Findings) -> Result<()> {
    let all = |_: &Measured| true;
    findings
        .about(&FOLLOWS)?
        .groups(&FRESH_LOWER, correlations(cells, all, |d| &d.fresh_lower))?
        .groups(&FRESH_UPPER, correlations(cells, all, |d| &d.fresh_upper))?
        .groups(&OTHER_LOWER, correlations(cells, all, |d| &d.other_lower))?
        .groups(&OTHER_UPPER, correlations(cells, all, |d| &d.other_upper))?;
    Ok(())
}

/// What the papers' rule takes for cells that learn. It suits cross-entropy, whose risk starts near log 10; the
/// squared error lies below it from the start.
fn below_half(cell: &Measured) -> bool {
    cell.digest.final_risk < 0.5
}

/// The same in units that every loss has: with the risk near its start there is nothing for a bound to follow.
fn halved(cell: &Measured) -> bool {
    cell.digest.final_risk <= 0.5 * cell.digest.first_risk
}

fn probe_set(
    claim: &Claim,
    cells: &[Measured],
    learned: fn(&Measured) -> bool,
    findings: &mut Findings,
) -> Result<()> {
    let with = |loss: &'static str| move |cell: &Measured| learned(cell) && cell.case.loss == loss;
    findings
        .about(claim)?
        .groups(&SET_LOWER, correlations(cells, learned, |d| &d.set_lower))?
        .groups(&SET_UPPER_ENTROPY, correlations(cells, with("ce"), |d| &d.set_upper))?
        .groups(&SET_UPPER_SQUARED, correlations(cells, with("squared"), |d| &d.set_upper))?;
    Ok(())
}

fn structure(cells: &[Measured], findings: &mut Findings) -> Result<()> {
    let smaller = cells.iter().filter(|cell| cell.digest.residual_ratio < 1.0).count();
    let seeds: BTreeSet<u64> = cells.iter().map(|cell| cell.case.seed).collect();
    let ratio = |&seed: &u64| {
        let own = cells.iter().filter(|cell| cell.case.seed == seed);
        median(&own.map(|cell| cell.digest.residual_ratio).collect::<Vec<f64>>()).ok()
    };
    findings
        .about(&STRUCTURE)?
        .value(&SMALLER, share(smaller, cells.len())?)?
        .groups(&RATIO, replicates(seeds, |_| "all cells".to_owned(), ratio))?;
    Ok(())
}

fn ran(settings: &Settings, cells: &[Measured]) -> String {
    let logs: usize = cells.iter().map(|cell| cell.record.logs.len()).sum();
    let pairs: usize =
        cells.iter().map(|cell| cell.record.logs.len() * (settings.extent(&cell.case.model).probe + 2)).sum();
    let models: BTreeSet<&str> = cells.iter().map(|cell| cell.case.model.as_str()).collect();
    let residual = if models.iter().any(|model| model.starts_with("resnet")) {
        format!(
            " Residual networks: {} epochs, a log every {} steps, {} samples.",
            settings.residual_epochs, settings.residual_log_every, settings.residual_probe
        )
    } else {
        String::new()
    };
    format!(
        "{} cells: data sets {}; models {}; losses {}; seeds {:?}. SGD with rate {}, momentum {}, batches of {}, {} epochs; \
         a log every {} steps of a probe set of {} samples ({} for convolutional models) and two fresh samples.{residual} In all \
         {} logs and {} pairs of sample and step, each checked against every sandwich that its loss has. Training in f32, measurements in f64 with the f32 parameters taken as exact; structural matrices by the \
         layer sum T13, gradient norms by backward passes of their own. Cross-entropy's bounds use the eigenvalues on the \
         sum-zero directions (both sandwiches are checked).",
        cells.len(),
        settings.datasets.join(", "),
        models.into_iter().collect::<Vec<_>>().join(", "),
        settings.losses.join(", "),
        settings.seeds,
        settings.rate,
        settings.momentum,
        settings.batch,
        settings.epochs,
        settings.log_every,
        settings.probe,
        settings.probe_convolutional,
        grouped(logs),
        grouped(pairs),
    )
}

fn came_out(cells: &[Measured]) -> String {
    let mut parts = Vec::new();
    for (group, cells) in groups_of(cells, |cell| cell.case.group()) {
        let of = |value: &dyn Fn(&Measured) -> f64| {
            let values: Vec<f64> = cells.iter().map(|cell| value(cell)).collect();
            short(median(&values).unwrap_or(f64::NAN))
        };
        parts.push(format!(
            "{group}: test accuracy {} %, final risk {}, finite upper bounds in the last half at least {} %",
            of(&|cell| 100.0 * cell.record.test_accuracy),
            of(&|cell| cell.digest.final_risk),
            of(&|cell| 100.0 * cell.digest.upper_finite),
        ));
    }
    format!("Medians over seeds. {}.", parts.join("; "))
}

fn differs() -> String {
    "The papers show single samples and let the constants of the losses go; here every sample of a probe set is checked \
     against bounds with their constants, and the constant-free curves are shown beside them. Correlations of a fresh \
     sample are easy to reach: risk and both bounds share the residual's norm, and the energy alone, without any \
     structure, correlates as well (table of correlations); so the claim about structure compares the two on the whole \
     run. The mean of cross-entropy's upper bound is infinite as soon as one sample of the probe set is far from its \
     label, so means are reported for the lower bound only, and medians for the upper. bounds.set-learned was added after a \
     first run: the squared error is below the 0.5 of bounds.set before the first step."
        .into()
}

#[cfg(test)]
mod tests;
