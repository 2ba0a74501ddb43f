//! The claims of `bounds`, each with the criterion that was fixed before the run.

use std::collections::{BTreeMap, BTreeSet};

use super::digest::Digest;
use super::{Case, Record, Settings, figures};
use crate::claim::{Claim, Criterion};
use crate::error::Failure;
use crate::experiment::Outcome;
use crate::number::{grouped, short};
use crate::statistics::{Estimate, LocalCorrelation, bootstrap_median, median};
use crate::summary::Summary;

/// A finished cell with its correlations.
pub(super) struct Measured<'a> {
    pub case: &'a Case,
    pub record: &'a Record,
    pub digest: Digest,
}

pub(super) fn summarise(settings: &Settings, outcomes: &[Outcome<Case, Record>]) -> Result<Summary, Failure> {
    let cells = outcomes
        .iter()
        .map(|Outcome { case, record, .. }| {
            Digest::new(record, settings.window).map(|digest| Measured { case, record, digest })
        })
        .collect::<Result<Vec<Measured>, _>>()?;
    let mut figures: Vec<_> = Vec::new();
    // One seed stands for its group in the figures; the tables hold all.
    for cells in groups(&cells).values() {
        figures.push(figures::probe_set(cells[0]));
        figures.push(figures::fresh_sample(cells[0]));
    }
    let shown = figures.first().map_or(String::new(), |figure| figure.id.clone());
    Ok(Summary {
        ran: ran(settings, &cells),
        came_out: came_out(&cells),
        differs: differs(),
        claims: vec![
            no_violation(&cells),
            fresh_sample(&cells)?.shown_in(&shown.replace("probe", "fresh")),
            probe_set(
                "bounds.set",
                "The probe set's risk follows its bounds, in cells ending below risk 0.5: geometric means from below, medians from above",
                &cells,
                below_half,
            )?
            .shown_in(&shown),
            probe_set(
                "bounds.set-learned",
                "The probe set's risk follows its bounds, in cells whose risk falls to half of its start or less",
                &cells,
                halved,
            )?
            .shown_in(&shown),
            structure_matters(&cells)?.shown_in(&shown),
        ],
        tables: vec![figures::cells(&cells), figures::correlations(&cells)],
        figures,
    })
}

/// The cells by group, in the order of the plan within each.
fn groups<'a, 'b>(cells: &'b [Measured<'a>]) -> BTreeMap<String, Vec<&'b Measured<'a>>> {
    let mut groups: BTreeMap<String, Vec<&Measured>> = BTreeMap::new();
    for cell in cells {
        groups.entry(cell.case.group()).or_default().push(cell);
    }
    groups
}

/// A correlation's last-half median by group, the seeds as replicates, of the cells that `which` admits.
fn by_group(
    cells: &[Measured],
    which: impl Fn(&Measured) -> bool,
    correlation: impl Fn(&Digest) -> &LocalCorrelation,
) -> Vec<(String, Vec<Option<f64>>)> {
    let of_group = |(group, cells): (String, Vec<&Measured>)| {
        let cells = cells.into_iter().filter(|cell| which(cell));
        (group, cells.map(|cell| correlation(&cell.digest).last_half_median()).collect())
    };
    groups(cells).into_iter().map(of_group).collect()
}

fn no_violation(cells: &[Measured]) -> Claim {
    let checked = cells.iter().map(|cell| cell.record.checked).sum();
    let violated = cells.iter().map(|cell| cell.record.violated).sum();
    Claim::new("bounds.sandwich", "Every sample's loss lies between its two bounds at every step [T11]")
        .holds("lo ≤ l − l_inf ≤ hi, sample by sample, beyond the stated round-off", violated, checked)
        .listed_in("cells")
}

fn fresh_sample(cells: &[Measured]) -> Result<Claim, Failure> {
    let all = |_: &Measured| true;
    Ok(Claim::new(
        "bounds.follows",
        "The risk of a fresh sample follows its constant-free bounds log ‖∇l‖² − log λ; another sample's do not",
    )
    .requires_of_groups(
        "local correlation with the lower bound",
        by_group(cells, all, |d| &d.fresh_lower),
        Criterion::AtLeast(0.9),
    )?
    .requires_of_groups(
        "with the upper bound",
        by_group(cells, all, |d| &d.fresh_upper),
        Criterion::AtLeast(0.9),
    )?
    // A control that runs against the bound is related to it, too.
    .requires_of_groups(
        "with another sample's lower bound",
        by_group(cells, all, |d| &d.other_lower),
        Criterion::Between(-0.4, 0.4),
    )?
    .requires_of_groups(
        "with another sample's upper bound",
        by_group(cells, all, |d| &d.other_upper),
        Criterion::Between(-0.4, 0.4),
    )?
    .listed_in("correlations"))
}

/// What the papers' rule takes for cells that learn. It suits cross-entropy, whose risk starts near log 10; the squared error lies
/// below it from the start.
fn below_half(cell: &Measured) -> bool {
    cell.digest.final_risk < 0.5
}

/// The same in units that every loss has: with the risk near its start there is nothing for a bound to follow.
fn halved(cell: &Measured) -> bool {
    cell.digest.final_risk <= 0.5 * cell.digest.first_risk
}

fn probe_set(
    id: &str,
    title: &str,
    cells: &[Measured],
    learned: fn(&Measured) -> bool,
) -> Result<Claim, Failure> {
    let with = |loss: &'static str| move |cell: &Measured| learned(cell) && cell.case.loss == loss;
    let mut claim = Claim::new(id, title).requires_of_groups(
        "local correlation of the geometric means of l and lo",
        by_group(cells, learned, |d| &d.set_lower),
        Criterion::AtLeast(0.9),
    )?;
    for (loss, name, bound) in [("ce", "cross-entropy", 0.9), ("squared", "squared error", 0.7)] {
        if cells.iter().any(|cell| cell.case.loss == loss) {
            claim = claim.requires_of_groups(
                &format!("of the medians of l and hi, {name}"),
                by_group(cells, with(loss), |d| &d.set_upper),
                Criterion::AtLeast(bound),
            )?;
        }
    }
    Ok(claim.listed_in("correlations"))
}

fn structure_matters(cells: &[Measured]) -> Result<Claim, Failure> {
    let ratios: Vec<f64> = cells.iter().map(|cell| cell.digest.residual_ratio).collect();
    let share = ratios.iter().filter(|&&ratio| ratio < 1.0).count() as f64 / ratios.len().max(1) as f64;
    let middle = if ratios.is_empty() {
        Estimate::exact(f64::NAN)
    } else {
        bootstrap_median("residual ratio", &ratios)?
    };
    Ok(Claim::new(
        "bounds.structure",
        "Structure matters: the mean lower bound explains the risk better than the gradient energy alone",
    )
    .requires(
        "share of cells in which the residual about the line on log mean lo is the smaller",
        Estimate::exact(share),
        Criterion::AtLeast(0.9),
    )
    .requires("ratio of the residuals, median over cells", middle, Criterion::AtMost(0.7))
    .listed_in("cells"))
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
    for (group, cells) in groups(cells) {
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
