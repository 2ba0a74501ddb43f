//! What the records of `width` say of its claims.

use fenchel_convexity::theorems::gradient_independence::BallModel;
use fenchel_harness::claim::{extreme, replicates};
use fenchel_harness::number::short;
use fenchel_harness::statistics::{share, spearman};
use fenchel_harness::{Estimate, Failure, Findings, Outcome, Result, Summary};

use super::claims::*;
use super::digest::{Gathered, promised};
use super::record::{Network, Rows, Width};
use super::{Case, Record, Settings, figures};
use crate::ingredients::{Start, Tally, sandwiches};

pub(super) fn summarise(
    settings: &Settings,
    outcomes: &[Outcome<Case, Record>],
    findings: &mut Findings,
) -> std::result::Result<Summary, Failure> {
    let gathered = Gathered::of(outcomes)?;
    networks(&gathered, findings)?;
    model(settings, &gathered, findings)?;
    hidden(&gathered, findings)?;
    Ok(Summary {
        ran: ran(settings, outcomes.len()),
        came_out: came_out(&gathered),
        differs: format!("{} {}", differs(), ball(&gathered)),
        tables: vec![
            figures::networks(&gathered),
            figures::hidden(&gathered),
            figures::rows(settings, &gathered),
        ],
        figures: figures::all(settings, &gathered),
    })
}

/// What D of networks does.
fn networks(gathered: &Gathered, findings: &mut Findings) -> Result<()> {
    let tallies = gathered.networks.iter().flat_map(|(_, cells)| cells);
    let tallies = tallies.map(|(_, network)| (String::new(), network.sandwiches));
    sandwiches(findings.about(&SANDWICH)?, tallies)?;

    // The networks of a seed share their samples: each seed has a correlation of its own.
    let ranks = |(_, network): &(u64, &Network)| {
        let points = network.widths.iter().map(|width| (width.width as f64, width.d.median));
        let (x, y): (Vec<f64>, Vec<f64>) = points.unzip();
        spearman(&x, &y).ok()
    };
    let falls = gathered.networks.iter().map(|((dataset, start), cells)| {
        (format!("{dataset}, {}", start.name()), cells.iter().map(ranks).collect())
    });
    findings.about(&FALLS)?.groups(&RANKS, falls)?;

    let above = |bound: fn(&BallModel) -> Option<f64>| {
        gathered.widths().filter_map(move |width| Some(width.d.median > bound(&of_parameters(width)?)?))
    };
    findings
        .about(&HYPOTHESIS)?
        .value(&DIMENSIONS, Estimate::exact(largest_share(gathered)))?
        .each(&ABOVE_MODEL, above(BallModel::sharper_spread))?
        .each(&ABOVE_PRINTED, above(BallModel::printed_spread))?;
    let effective: Tally = gathered.widths().map(|width| width.effective).sum();
    findings.about(&EFFECTIVE)?.holds(&BELOW_EFFECTIVE, effective.violated, effective.checked)?;
    Ok(())
}

/// T15 on rows from its own model: its bounds on the event, and the event's probability.
fn model(settings: &Settings, gathered: &Gathered, findings: &mut Findings) -> Result<()> {
    let total = |cells: &[(u64, &Rows)], count: fn(&Rows) -> usize| -> usize {
        cells.iter().map(|(_, rows)| count(rows)).sum()
    };
    let rows = gathered.rows.iter().flat_map(|(_, cells)| cells);
    let on_event: Tally = rows.map(|(_, rows)| rows.on_event).sum();
    let probability = |(dimension, cells): &(usize, Vec<(u64, &Rows)>)| {
        let promised =
            BallModel::new(settings.rows, *dimension).map_or(f64::NAN, |model| model.probability());
        let share = share(total(cells, |rows| rows.in_event), total(cells, |rows| rows.draws))?;
        Ok((format!("{dimension} dimensions"), share.less(promised)))
    };
    let shares = gathered.rows.iter().map(probability).collect::<Result<Vec<_>>>()?;
    findings
        .about(&MODEL)?
        .holds(&ON_EVENT, on_event.violated, on_event.checked)?
        .estimates(&PROBABILITY, shares)?;
    Ok(())
}

/// T15 of the number of parameters.
fn of_parameters(width: &Width) -> Option<BallModel> {
    BallModel::new(width.outputs, width.parameters).ok()
}

fn largest_share(gathered: &Gathered) -> f64 {
    let share = |width: &Width| width.effective_dimension.median / width.parameters as f64;
    extreme(gathered.widths().map(share), f64::max)
}

fn hidden(gathered: &Gathered, findings: &mut Findings) -> Result<()> {
    let kaiming = gathered.networks.iter().filter(|((_, start), _)| *start == Start::Kaiming);
    let networks = kaiming.flat_map(|((dataset, _), cells)| {
        let widths = cells.iter().flat_map(|(_, network)| &network.widths);
        widths.flat_map(move |width| width.hidden.iter().map(move |hidden| (*dataset, width.width, hidden)))
    });
    let shares = replicates(
        networks,
        |(dataset, width, hidden)| format!("{dataset}, {width} units, w = {}", hidden.reach),
        |(.., hidden)| Some(hidden.held as f64 / hidden.samples as f64 - promised(hidden.reach)),
    );
    findings.about(&HIDDEN)?.groups(&WITHIN, shares)?;
    Ok(())
}

fn ran(settings: &Settings, cells: usize) -> String {
    format!(
        "{cells} cells: networks of one hidden layer with {:?} units at the default and at Kaiming's start, data sets {}, {} samples each; {} rows drawn {} times \
         a cell from the ball model in {:?} dimensions; seeds {:?}. All in f64.",
        settings.widths,
        settings.datasets.join(", "),
        settings.probe,
        settings.rows,
        settings.draws,
        settings.dimensions,
        settings.seeds,
    )
}

fn came_out(gathered: &Gathered) -> String {
    let parts: Vec<String> = gathered
        .networks
        .iter()
        .filter_map(|((dataset, start), cells)| {
            let (_, network) = cells.first()?;
            let (first, last) = (network.widths.first()?, network.widths.last()?);
            let name = start.name();
            Some(format!(
                "{dataset}, {name}: from {} at {} units to {} at {}, n_eff from {} to {}",
                short(first.d.median / std::f64::consts::LN_2),
                first.width,
                short(last.d.median / std::f64::consts::LN_2),
                last.width,
                short(first.effective_dimension.median),
                short(last.effective_dimension.median),
            ))
        })
        .collect();
    let rows = || gathered.rows.iter().flat_map(|(_, cells)| cells).map(|(_, rows)| rows);
    format!(
        "Median D in bits, first seed: {}. On rows from the ball model GCS's bound on λ_{{min}} was refuted in {} of {} draws, its bound on D in {}.",
        parts.join("; "),
        rows().map(|rows| rows.printed_least_refuted).sum::<usize>(),
        rows().map(|rows| rows.draws).sum::<usize>(),
        rows().map(|rows| rows.printed_spread_refuted).sum::<usize>(),
    )
}

/// The printed reading is no claim here: it cannot be decided on a network.
fn ball(gathered: &Gathered) -> String {
    format!(
        "Whether D of a network obeys the bound for independent rows, T15(n) or GCS's log(1 + ζ), is not asked: the hypothesis is not met, \
         as the rows share their input factors, and n_{{eff}}/n is at most {} on all networks.",
        short(largest_share(gathered))
    )
}

fn differs() -> String {
    "The papers conclude from T15's model that D goes to 0 as the number of parameters grows. The model is not a network: rows of a Jacobian are shared input factors times the \
     rows of P, so their angles are those of a space whose dimension is about the number of active units, not the number of parameters. What D does with the width width.falls decides; there is a \
     limit above 0 that the norms of input and hidden layer set. T15(n) and GCS's value are shown beside it but nothing follows from them here; the bound for a hidden layer, \
     which holds with a probability over the head, does say what happens. Samples of one network share its head, so the share of samples \
     may vary more from seed to seed than that of independent ones."
        .into()
}

#[cfg(test)]
mod tests;
