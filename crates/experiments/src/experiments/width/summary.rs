//! The claims of `width`, each with the criterion that was fixed before the run.

use std::collections::BTreeMap;

use fenchel_convexity::theorems::gradient_independence::BallModel;

use super::record::{Network, Rows, Width};
use super::{Case, Record, Settings, figures};
use crate::claim::{Claim, Criterion};
use crate::error::{Failure, Result};
use crate::experiment::Outcome;
use crate::ingredients::Start;
use crate::number::short;
use crate::statistics::{Estimate, bootstrap_median, spearman_interval, upper_probability};
use crate::summary::Summary;

/// The networks of one data set and start, one entry a seed.
pub(super) type Group<'a> = ((&'a str, Start), Vec<(u64, &'a Network)>);

/// All records, sorted.
pub(super) struct Gathered<'a> {
    pub networks: Vec<Group<'a>>,
    /// By dimension: seeds and what was measured.
    pub rows: Vec<(usize, Vec<(u64, &'a Rows)>)>,
}

impl<'a> Gathered<'a> {
    fn of(outcomes: &'a [Outcome<Case, Record>]) -> Self {
        let mut networks: BTreeMap<(&str, Start), Vec<(u64, &Network)>> = BTreeMap::new();
        let mut rows: BTreeMap<usize, Vec<(u64, &Rows)>> = BTreeMap::new();
        for Outcome { case, record, .. } in outcomes {
            match (case, record) {
                (Case::Network { dataset, start, seed }, Record::Network(network)) => {
                    networks.entry((dataset, *start)).or_default().push((*seed, network));
                }
                (Case::Rows { dimension, seed }, Record::Rows(drawn)) => {
                    rows.entry(*dimension).or_default().push((*seed, drawn));
                }
                _ => unreachable!("a cell's record is of its case's kind"),
            }
        }
        Self { networks: networks.into_iter().collect(), rows: rows.into_iter().collect() }
    }

    /// Every network of every cell.
    fn widths(&self) -> impl Iterator<Item = &'a Width> {
        self.networks.iter().flat_map(|(_, cells)| cells).flat_map(|(_, network)| &network.widths)
    }
}

pub(super) fn summarise(
    settings: &Settings,
    outcomes: &[Outcome<Case, Record>],
) -> std::result::Result<Summary, Failure> {
    let gathered = Gathered::of(outcomes);
    Ok(Summary {
        ran: ran(settings, outcomes.len()),
        came_out: came_out(&gathered),
        differs: format!("{} {}", differs(), ball(&gathered)),
        claims: vec![
            sandwich(&gathered),
            falls(&gathered)?,
            model(settings, &gathered)?,
            hypothesis(&gathered),
            effective(&gathered),
            hidden(settings, &gathered)?,
        ],
        tables: vec![
            figures::networks(&gathered),
            figures::hidden(&gathered),
            figures::rows(settings, &gathered),
        ],
        figures: figures::all(settings, &gathered),
    })
}

fn sandwich(gathered: &Gathered) -> Claim {
    let networks = || gathered.networks.iter().flat_map(|(_, cells)| cells);
    let checked = networks().map(|(_, network)| network.checked).sum();
    let violated = networks().map(|(_, network)| network.violated).sum();
    Claim::new("width.sandwich", "Every sample's loss lies between its two bounds at every width [T11]")
        .holds("lo ≤ l − l_{inf} ≤ hi, sample by sample, beyond the stated round-off", violated, checked)
        .shown_in("width")
        .listed_in("networks")
}

fn falls(gathered: &Gathered) -> Result<Claim> {
    let mut worst = Estimate::default();
    for (_, cells) in &gathered.networks {
        let points = cells.iter().flat_map(|(_, network)| &network.widths);
        let (x, y): (Vec<f64>, Vec<f64>) = points.map(|width| (width.width as f64, width.d.median)).unzip();
        let estimate = spearman_interval(&x, &y)?;
        if worst.value.is_nan() || estimate.range().1 > worst.range().1 {
            worst = estimate;
        }
    }
    Ok(Claim::new("width.falls", "The structural error D falls with the width of the hidden layer")
        .requires("rank correlation of width and median D, worst group", worst, Criterion::AtMost(-0.9))
        .shown_in("width")
        .listed_in("networks"))
}

fn model(settings: &Settings, gathered: &Gathered) -> Result<Claim> {
    let rows = || gathered.rows.iter().flat_map(|(_, cells)| cells);
    let violated = rows().map(|(_, rows)| rows.violated).sum();
    let checked = rows().map(|(_, rows)| rows.checked).sum();
    let mut claim = Claim::new("width.model", "On rows drawn from its own model T15 holds").holds(
        "bounds on λ_{min}, λ_{max} and D, every draw in T15's event",
        violated,
        checked,
    );
    // A bound on a probability is refuted by counts that would be rare under it, in one of the dimensions.
    let level = 0.01 / gathered.rows.len().max(1) as f64;
    let mut worst = f64::NAN;
    let mut least: f64 = 0.0;
    for (dimension, cells) in &gathered.rows {
        let total = |count: fn(&Rows) -> usize| cells.iter().map(|(_, rows)| count(rows)).sum();
        let limit = upper_probability(total(|rows| rows.in_event), total(|rows| rows.draws), level)?;
        worst = if worst.is_nan() { limit } else { worst.min(limit) };
        // The same for all dimensions: it depends on m alone.
        least = BallModel::new(settings.rows, *dimension).map_or(f64::NAN, |model| model.probability());
    }
    claim = claim.requires(
        "upper 99 % limit of the event's probability (Clopper, Pearson; Bonferroni), worst dimension",
        Estimate::exact(worst),
        Criterion::AtLeast(least),
    );
    Ok(claim.shown_in("rows").listed_in("rows"))
}

/// T15 of the number of parameters.
fn of_parameters(width: &Width) -> Option<BallModel> {
    BallModel::new(width.outputs, width.parameters).ok()
}

fn largest_share(gathered: &Gathered) -> f64 {
    let share = |width: &Width| width.effective_dimension.median / width.parameters as f64;
    gathered.widths().map(share).fold(f64::NAN, f64::max)
}

fn hypothesis(gathered: &Gathered) -> Claim {
    let above = |bound: fn(&BallModel) -> Option<f64>| {
        let bounds =
            gathered.widths().filter_map(|width| Some((width.d.median, bound(&of_parameters(width)?)?)));
        bounds.fold((0, 0), |(not, all), (d, bound)| (not + usize::from(d <= bound), all + 1))
    };
    let ((below, checked), (below_printed, checked_printed)) =
        (above(BallModel::sharper_spread), above(BallModel::printed_spread));
    Claim::new(
        "width.hypothesis",
        "The rows of a network's Jacobian are not independent: their angles are those of a space of far fewer dimensions, and D exceeds what T15 says of n",
    )
    .requires(
        "n_{eff}/n, the median over samples, largest over all networks",
        Estimate::exact(largest_share(gathered)),
        Criterion::Below(0.01),
    )
    .holds("median D above T15(n), every network", below, checked)
    .holds("median D above GCS's log(1 + ζ), every network", below_printed, checked_printed)
    .shown_in("width")
    .listed_in("networks")
}

fn effective(gathered: &Gathered) -> Claim {
    let checked = gathered.widths().map(|width| width.effective_checked).sum();
    let violated = gathered.widths().map(|width| width.effective_violated).sum();
    Claim::new(
        "width.effective",
        "D obeys T15 with the effective dimension in place of n, wherever that is not vacuous",
    )
    .holds("D ≤ T15(n_{eff}), sample by sample", violated, checked)
    .shown_in("width")
    .listed_in("networks")
}

/// What the bound for a hidden layer promises to hold with, at least.
pub(super) fn promised(reach: f64) -> f64 {
    1.0 - 2.0 * (-reach * reach / 2.0).exp()
}

fn hidden(settings: &Settings, gathered: &Gathered) -> Result<Claim> {
    let mut claim = Claim::new(
        "width.hidden",
        "With a Gaussian head D obeys the bound for one hidden layer, which knows the factors that rows share",
    );
    for (index, &reach) in settings.reaches.iter().enumerate() {
        let mut worst = Estimate::default();
        for ((dataset, start), cells) in &gathered.networks {
            for (place, width) in settings.widths.iter().enumerate() {
                let shares: Vec<f64> = cells
                    .iter()
                    .filter_map(|(_, network)| network.widths.get(place)?.hidden.get(index))
                    .map(|hidden| hidden.held as f64 / hidden.samples as f64)
                    .collect();
                if *start == Start::Kaiming && !shares.is_empty() {
                    let estimate = bootstrap_median(&format!("hidden {dataset} {width} {reach}"), &shares)?;
                    if worst.value.is_nan() || estimate.range().0 < worst.range().0 {
                        worst = estimate;
                    }
                }
            }
        }
        let name = format!("share of samples within the bound of w = {reach}, Kaiming, worst network");
        claim = claim.requires(&name, worst, Criterion::AtLeast(promised(reach)));
    }
    Ok(claim.shown_in("width").listed_in("hidden"))
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
mod tests {
    use super::*;
    use crate::claim::Verdict;
    use crate::experiment::Experiment;
    use crate::experiments::width::OverParametrisation;
    use crate::experiments::width::record::{Hidden, Spread};
    use crate::profile::Profile;

    fn outcomes(d: impl Fn(usize) -> f64, held: usize) -> Vec<Outcome<Case, Record>> {
        let experiment = OverParametrisation;
        let settings = experiment.settings(Profile::Quick);
        let cells = experiment.plan(&settings).unwrap();
        let even = |value: f64| Spread { least: value, median: value, most: value };
        cells
            .into_iter()
            .map(|cell| {
                let record = match &cell.case {
                    Case::Rows { .. } => Record::Rows(Rows {
                        draws: 500,
                        in_event: 470,
                        checked: 40,
                        violated: 0,
                        printed_least_refuted: 10,
                        printed_spread_refuted: 0,
                        d: even(0.1),
                    }),
                    Case::Network { start, .. } => {
                        let hidden = |reach: f64| Hidden { reach, bound: 5.0, samples: 100, held };
                        let width = |&width: &usize| Width {
                            width,
                            parameters: 795 * width + 10,
                            outputs: 10,
                            risk: 2.3,
                            d: even(d(width)),
                            effective_dimension: even(width as f64),
                            evenness: even(0.9),
                            largest_cosine: even(0.3),
                            effective_checked: 3,
                            effective_violated: 0,
                            hidden: if *start == Start::Kaiming {
                                vec![hidden(2.0), hidden(3.0)]
                            } else {
                                Vec::new()
                            },
                        };
                        let widths = settings.widths.iter().map(width).collect();
                        Record::Network(Network { widths, checked: 10, violated: 0 })
                    }
                };
                Outcome { id: cell.id, case: cell.case, record }
            })
            .collect()
    }

    fn verdicts(outcomes: &[Outcome<Case, Record>]) -> BTreeMap<String, Verdict> {
        let summary = summarise(&OverParametrisation.settings(Profile::Quick), outcomes).unwrap();
        for claim in &summary.claims {
            assert!(
                claim.figures.iter().all(|id| summary.figures.iter().any(|figure| figure.id == *id)),
                "{}",
                claim.id
            );
            assert!(
                claim.tables.iter().all(|id| summary.tables.iter().any(|table| table.id == *id)),
                "{}",
                claim.id
            );
            assert!(!claim.figures.is_empty() && !claim.tables.is_empty(), "{}", claim.id);
        }
        summary.claims.iter().map(|claim| (claim.id.clone(), claim.verdict())).collect()
    }

    fn falling(width: usize) -> f64 {
        1.0 + 40.0 / (width as f64).sqrt()
    }

    fn failed(outcomes: &[Outcome<Case, Record>]) -> Vec<String> {
        let failing = verdicts(outcomes).into_iter().filter(|(_, verdict)| *verdict == Verdict::Failed);
        failing.map(|(id, _)| id).collect()
    }

    #[test]
    fn what_the_theory_expects_reproduces_every_claim() {
        for (id, verdict) in verdicts(&outcomes(falling, 99)) {
            assert_eq!(verdict.word(), "reproduced", "{id}: {verdict}");
        }
    }

    #[test]
    fn near_misses_fail() {
        // 97 % of the samples are fewer than the 97.8 % that w = 3 promises.
        assert_eq!(failed(&outcomes(falling, 97)), ["width.hidden"]);
        // As small as T15(n) would have it.
        assert_eq!(failed(&outcomes(|width| 1.0 / width as f64, 99)), ["width.hypothesis"]);
        assert_eq!(failed(&outcomes(|width| 5.0 + (width as f64).ln(), 99)), ["width.falls"]);
        let mut broken = outcomes(falling, 99);
        for outcome in &mut broken {
            match &mut outcome.record {
                Record::Rows(rows) => rows.violated = 1,
                Record::Network(network) => {
                    network.violated = 1;
                    network.widths[7].effective_violated = 1;
                }
            }
        }
        assert_eq!(failed(&broken), ["width.effective", "width.model", "width.sandwich"]);
    }
}
