//! What the records of `sgd` say of its claims.

use std::collections::BTreeMap;

use fenchel_harness::claim::replicates;
use fenchel_harness::number::{grouped, short};
use fenchel_harness::statistics::{median, spearman};
use fenchel_harness::{Failure, Findings, Outcome, Result, Summary};

use super::claims::*;
use super::digest::{Measured, line_searches};
use super::record::Log;
use super::{Case, Record, Rule, Settings, figures};
use crate::ingredients::{Tally, sandwiches};

/// A training has learned when its risk ends below its start over this.
const LEARNED: f64 = 100.0;

pub(super) fn summarise(
    settings: &Settings,
    outcomes: &[Outcome<Case, Record>],
    findings: &mut Findings,
) -> std::result::Result<Summary, Failure> {
    let cells: Vec<Measured> =
        outcomes.iter().map(|Outcome { case, record, .. }| Measured::new(case, record)).collect();
    sums(&cells, findings)?;
    floor(&cells, findings)?;
    norms(&cells, findings)?;
    Ok(Summary {
        ran: ran(settings, &cells),
        came_out: came_out(&cells),
        differs: differs(),
        tables: vec![figures::sums(&cells), figures::norms(&cells)],
        figures: vec![figures::prefixes(&cells), figures::floor(&cells), figures::local_norm(&cells)],
    })
}

fn total(cells: &[Measured], which: impl Fn(&Measured) -> bool, tally: fn(&Record) -> Tally) -> Tally {
    cells.iter().filter(|cell| which(cell)).map(|cell| tally(cell.record)).sum()
}

/// T8: the identity, and the inequality under the rules for which it is claimed.
fn sums(cells: &[Measured], findings: &mut Findings) -> Result<()> {
    let of = |rule: Rule| move |cell: &&Measured| cell.case.rule == rule;
    let all = total(cells, |_| true, |record| record.identity);
    findings.about(&IDENTITY)?.holds(&SIDES_AGREE, all.violated, all.checked)?;

    let searched = total(cells, |cell| of(Rule::LineSearch)(&cell), |record| record.inequality);
    findings.about(&ENERGY)?.holds(&ENERGY_BOUNDED, searched.violated, searched.checked)?;
    let searches = cells.iter().filter(of(Rule::LineSearch));
    let shares = replicates(searches, |cell| cell.case.group(), |cell| Some(cell.share));
    findings.about(&FILLS)?.groups(&HALF, shares)?;

    let bounded = total(cells, |cell| of(Rule::Plain)(&cell), |record| record.inequality);
    let equal = total(cells, |cell| of(Rule::Plain)(&cell), |record| record.equality);
    findings.about(&PLAIN)?.holds(&PLAIN_BOUNDED, bounded.violated, bounded.checked)?.holds(
        &PLAIN_EQUAL,
        equal.violated,
        equal.checked,
    )?;

    // The first step of momentum is a plain one. Sums that are no numbers differ from nothing.
    let momentum = cells.iter().filter(of(Rule::Momentum)).filter(|cell| cell.record.equality.checked > 1);
    let differs = |cell: &Measured| {
        let steps = &cell.record.steps;
        cell.record.equality.violated > 0
            && steps.iter().all(|step| step.energies.is_finite() && step.right.is_finite())
    };
    findings.about(&MOMENTUM)?.each(&DIFFERS, momentum.map(differs))?;
    Ok(())
}

/// The rank correlation over the cells of each seed, by data set: batch sizes and rules are not drawn, seeds are.
/// None for a seed with a cell that has no such numbers.
fn correlations<'a, 'b: 'a>(
    cells: impl Iterator<Item = &'a Measured<'b>>,
    pair: impl Fn(&Measured) -> Option<(f64, f64)>,
) -> BTreeMap<String, Vec<Option<f64>>> {
    let mut seeds: BTreeMap<(&str, u64), Vec<&Measured>> = BTreeMap::new();
    for cell in cells {
        seeds.entry((&cell.case.dataset, cell.case.seed)).or_default().push(cell);
    }
    let correlation = |(_, cells): &(_, Vec<&Measured>)| {
        let pairs: Vec<(f64, f64)> = cells.iter().map(|cell| pair(cell)).collect::<Option<_>>()?;
        let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        spearman(&x, &y).ok()
    };
    replicates(seeds, |((dataset, _), _)| (*dataset).to_owned(), correlation)
}

fn floor(cells: &[Measured], findings: &mut Findings) -> Result<()> {
    let scaled = |cell: &Measured| Some((cell.late_interference, cell.scaled_energy()));
    findings.about(&FLOOR)?.groups(&FLOOR_RANKS, correlations(line_searches(cells), scaled))?;
    Ok(())
}

/// The probe set at the end of the trainings. A training that diverged has no end.
fn norms(cells: &[Measured], findings: &mut Findings) -> Result<()> {
    let tallies = cells.iter().map(|cell| (String::new(), cell.record.sandwiches));
    sandwiches(findings.about(&SANDWICH)?, tallies)?;
    let end = |cell: &Measured| cell.ends().map(|[_, last]| (last.risk, last.local_norm));
    findings.about(&FOLLOWS)?.groups(&END_RANKS, correlations(cells.iter(), end))?;
    // A training whose risk is no number is not passed over: it is asked, and has no answer.
    let unknown = |[first, last]: [Log; 2]| first.risk.is_nan() || last.risk.is_nan();
    let learned = |cell: &&Measured| {
        cell.ends().is_some_and(|ends| unknown(ends) || ends[1].risk < ends[0].risk / LEARNED)
    };
    let fall = |cell: &&Measured| {
        let ends = cell.ends().filter(|ends| !unknown(*ends));
        ends.map(|[first, last]| last.local_norm / first.local_norm)
    };
    let falls = replicates(cells.iter().filter(learned), |cell| cell.case.group(), fall);
    findings.about(&FALLS)?.groups(&TENTH, falls)?;
    Ok(())
}

fn ran(settings: &Settings, cells: &[Measured]) -> String {
    format!(
        "{} cells: model {} on {} samples of {}; batches of {:?} (0: the whole set); the line search, plain SGD with rates {:?}, momentum {} with rates {:?}; {} steps, {} on \
         the whole set; seeds {:?}. {} steps in all, each measured on the whole set; local gradient norm and sandwich on {} samples, {} times a training. Training and \
         measurements in f64.",
        cells.len(),
        settings.model,
        grouped(settings.samples),
        settings.datasets.join(", "),
        settings.batches,
        settings.plain_rates,
        settings.momentum,
        settings.momentum_rates,
        settings.steps,
        settings.full_steps,
        settings.seeds,
        grouped(cells.iter().map(|cell| cell.record.steps.len()).sum()),
        settings.probe,
        settings.logs,
    )
}

fn came_out(cells: &[Measured]) -> String {
    let energy = |cell: &Measured| Some((cell.late_interference, cell.late_energy));
    let raw: Vec<f64> =
        correlations(line_searches(cells), energy).into_values().flatten().flatten().collect();
    let partial = || cells.iter().filter(|cell| cell.record.batch < cell.record.samples);
    let long =
        |rule: Rule| -> usize { cells.iter().filter(|c| c.case.rule == rule).map(|c| c.long_steps).sum() };
    let rises: Vec<f64> = cells
        .iter()
        .filter_map(|cell| {
            let first = cell.record.logs.first()?.local_norm;
            let most = cell.record.logs.iter().map(|log| log.local_norm).fold(0.0, f64::max);
            Some(most / first)
        })
        .collect();
    format!(
        "The raw energy, not multiplied by b/n, has rank correlation {} with the mean interference (median over seeds). Steps with η C_{{k}} > 1: {} under plain SGD, {} under momentum. GCS's floor ((n−b)/b) M lies \
         above every energy that was seen, and so promises nothing, in {} of {} trainings with b < n. The local gradient norm rises before it falls: to {} times its start in the \
         median of all trainings. {} trainings diverged.",
        median(&raw).map_or_else(|_| "no".into(), short),
        grouped(long(Rule::Plain)),
        grouped(long(Rule::Momentum)),
        partial().filter(|cell| cell.vacuous).count(),
        partial().count(),
        short(median(&rises).unwrap_or(f64::NAN)),
        cells.iter().filter(|cell| cell.record.diverged.is_some()).count(),
    )
}

fn differs() -> String {
    "GCS bounds the number of steps by the factor M, the largest harm that any one step does to the rest; it is known only afterwards, and as a largest value it sets a floor that is mostly \
     above every energy (table of sums). T8 sums the interferences instead, so nothing is lost: left and right side differ only by how far the batch's loss lies \
     below its majorant. For plain SGD the inequality is an equality, since C_{k} is measured at the step's end. The rank correlations are taken over the cells of a seed, and the seeds are the replicates: cells of one seed share their samples and their start."
        .into()
}

#[cfg(test)]
mod tests;
