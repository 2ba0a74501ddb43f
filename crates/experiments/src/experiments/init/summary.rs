//! What the records of `init` say of its claims.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use fenchel_harness::claim::replicates;
use fenchel_harness::number::short;
use fenchel_harness::statistics::{median, spearman};
use fenchel_harness::{Estimate, Failure, Findings, Result, Summary};

use super::claims::*;
use super::digest::{Finished, final_risk, groups, is_equal};
use super::{Case, Record, Settings, figures};
use crate::ingredients::sandwiches;

/// The starts that are drawn at a scale meant for training.
const SCALED: [&str; 4] = ["kaiming", "xavier", "orthogonal", "lecun"];
/// Units are equal if no weight differs by more than this share of its layer's largest: round-off is below it, a
/// network that uses the difference far above.
const EQUAL: f64 = 1e-6;
/// A start is no larger than Kaiming's if its parameters' norm is below this multiple of Kaiming's; orthogonal's
/// is the same in the mean.
const NO_LARGER: f64 = 1.05;

/// The accuracy at the end; that of a diverged training is none.
fn accuracy(record: &Record) -> f64 {
    if record.diverged.is_some() { 0.0 } else { record.test_accuracy }
}

pub(super) fn summarise(
    settings: &Settings,
    cells: &[Finished],
    findings: &mut Findings,
) -> std::result::Result<Summary, Failure> {
    structure(cells, findings)?;
    trainings(cells, findings)?;
    not_d(cells, findings)?;
    separates(cells, findings)?;
    Ok(Summary {
        ran: ran(settings, cells),
        came_out: came_out(cells),
        differs: "The paper's argument is about D of the whole structural matrix. With a trained head A ≥ (‖h‖² + 1) I (T12), so a matrix \
            of which nothing but the head is left has D = 0, as with zeros. What is lost there, the directions below the head, shows \
            in B = A less the head's part; we report D and B beside each other. Equal weights come \
            with biases of the same number (equal) and with biases 0 (equal-weights). In exact arithmetic equal units stay equal, whatever the data; where a back end rounds the units of a \
            product differently they part, in f32 far enough within a run for the network to learn, in f64, which these trainings \
            take, by round-off alone: init.stuck, added for this reason, says whether they stayed equal. init.degenerate held both the algebra and the accuracy until \
            the latter became init.untrained: what cannot fail is no finding."
            .into(),
        tables: vec![figures::cells(cells)],
        figures: figures::starts(cells),
    })
}

/// A number of the cells that `which` admits, by data set, depth and start, the seeds as replicates.
fn by_group(
    cells: &[Finished],
    which: impl Fn(&Finished) -> bool,
    number: impl Fn(&Finished) -> Option<f64>,
) -> BTreeMap<String, Vec<Option<f64>>> {
    let name = |cell: &&Finished| {
        let Case { dataset, start, depth, .. } = &cell.case;
        format!("{dataset}, depth {depth}, {start}")
    };
    replicates(cells.iter().filter(|cell| which(cell)), name, |cell| number(cell))
}

/// The test accuracy at the end, of every cell.
fn measured_accuracy(cell: &Finished) -> Option<f64> {
    Some(accuracy(&cell.record))
}

fn is_scaled(cell: &Finished) -> bool {
    SCALED.contains(&cell.case.start.as_str())
}

/// What is counted sample by sample at the start.
fn structure(cells: &[Finished], findings: &mut Findings) -> Result<()> {
    let tallies = cells.iter().map(|cell| (String::new(), cell.record.sandwiches));
    sandwiches(findings.about(&SANDWICH)?, tallies)?;
    let missing = |which: fn(&Finished) -> bool, held: fn(&Record) -> usize| {
        let records = || cells.iter().filter(|cell| which(cell)).map(|cell| &cell.record);
        let samples: usize = records().map(|record| record.start.samples).sum();
        (samples - records().map(held).sum::<usize>(), samples)
    };
    let zeros = |cell: &Finished| cell.case.start == "zeros";
    let equal = |cell: &Finished| is_equal(&cell.case);
    let (b, d) = (missing(zeros, |r| r.start.zero), missing(zeros, |r| r.start.isotropic));
    let rank = missing(equal, |r| r.start.rank_one);
    let sum_zero = missing(equal, |r| r.start.zero_on_sum_zero);
    findings
        .about(&DEGENERATE)?
        .holds(&ZEROS_B, b.0, b.1)?
        .holds(&ZEROS_D, d.0, d.1)?
        .holds(&EQUAL_RANK, rank.0, rank.1)?
        .holds(&EQUAL_SUM_ZERO, sum_zero.0, sum_zero.1)?;
    let full = missing(is_scaled, |r| r.start.full_rank);
    let accuracy = by_group(cells, is_scaled, measured_accuracy);
    findings.about(&RANDOM)?.holds(&FULL_RANK, full.0, full.1)?.groups(&RANDOM_ACCURACY, accuracy)?;
    Ok(())
}

/// Which degenerate starts train.
fn trainings(cells: &[Finished], findings: &mut Findings) -> Result<()> {
    let degenerate = |cell: &Finished| cell.case.start == "zeros" || is_equal(&cell.case);
    let accuracy = by_group(cells, degenerate, measured_accuracy);
    findings.about(&UNTRAINED)?.groups(&UNTRAINED_ACCURACY, accuracy)?;
    let stayed = |cell: &Finished| is_equal(&cell.case) && cell.record.asymmetry <= EQUAL;
    let parted = cells.iter().filter(|cell| is_equal(&cell.case) && !stayed(cell)).count();
    findings
        .about(&STUCK)?
        .groups(&STUCK_ACCURACY, by_group(cells, stayed, measured_accuracy))?
        .value(&PARTED, Estimate::exact(parted as f64))?;
    Ok(())
}

fn not_d(cells: &[Finished], findings: &mut Findings) -> Result<()> {
    // Against Kaiming's start of the same data set, depth and seed.
    let over_kaiming = |cell: &Finished| {
        let kaiming = Case { start: "kaiming".into(), ..cell.case.clone() };
        let kaiming = cells.iter().find(|other| other.case == kaiming)?;
        Some(cell.record.start.d / kaiming.record.start.d)
    };
    let tiny = |cell: &Finished| cell.case.start == "gaussian:0.0001";
    let at_depth = |depth: usize| move |cell: &Finished| tiny(cell) && cell.case.depth == depth;
    findings
        .about(&NOT_D)?
        .groups(&EQUAL_D, by_group(cells, |cell| is_equal(&cell.case), over_kaiming))?
        .groups(&TINY_D, by_group(cells, tiny, over_kaiming))?
        .groups(&TINY_SHALLOW, by_group(cells, at_depth(1), measured_accuracy))?
        .groups(&TINY_DEEP, by_group(cells, at_depth(3), measured_accuracy))?;
    Ok(())
}

/// Spearman's correlation over the starts no larger than Kaiming's, of each data set, depth and seed.
pub(super) fn correlations(
    cells: &[Finished],
    value: impl Fn(&Record) -> f64,
) -> BTreeMap<(String, usize), Vec<Option<f64>>> {
    let mut found: BTreeMap<(String, usize), Vec<Option<f64>>> = BTreeMap::new();
    for kaiming in cells.iter().filter(|cell| cell.case.start == "kaiming") {
        // What is not known to be larger is asked: a norm that is no number does not pass a start over.
        let most = NO_LARGER * kaiming.record.start.parameter_norm;
        let is_larger =
            |cell: &Finished| cell.record.start.parameter_norm.partial_cmp(&most) == Some(Ordering::Greater);
        let same = |cell: &&Finished| {
            Case { start: "kaiming".into(), ..cell.case.clone() } == kaiming.case && !is_larger(cell)
        };
        // Infinite risks, of trainings that diverged, have the largest rank; ranks need them finite. One that is
        // no number has no rank, and leaves its seed without a correlation.
        let risk = |record: &Record| {
            let risk = final_risk(record);
            if risk == f64::INFINITY { f64::MAX } else { risk }
        };
        let pairs = cells.iter().filter(same).map(|cell| (value(&cell.record), risk(&cell.record)));
        let (x, risk): (Vec<f64>, Vec<f64>) = pairs.unzip();
        let place = (kaiming.case.dataset.clone(), kaiming.case.depth);
        found.entry(place).or_default().push(spearman(&x, &risk).ok());
    }
    found
}

fn separates(cells: &[Finished], findings: &mut Findings) -> Result<()> {
    let found = correlations(cells, |record| record.start.below_min_sum_zero).into_iter();
    let groups = found.map(|((dataset, depth), values)| (format!("{dataset}, depth {depth}"), values));
    findings.about(&SEPARATES)?.groups(&START_RANKS, groups)?;
    Ok(())
}

fn ran(settings: &Settings, cells: &[Finished]) -> String {
    format!(
        "{} cells: data sets {}; dense chains of width {}, depths {:?}; starts {}; seeds {:?}. {} steps of SGD with rate {}, momentum \
         {}, batches of {}; the structure by layer at the start and a log every {} steps, over a probe set of {} samples. \
         Training and measurements in f64: in f32 some products' round-off parts equal units within a run.",
        cells.len(),
        settings.datasets.join(", "),
        settings.width,
        settings.depths,
        settings.starts.join(", "),
        settings.seeds,
        settings.steps,
        settings.rate,
        settings.momentum,
        settings.batch,
        settings.log_every,
        settings.probe,
    )
}

fn came_out(cells: &[Finished]) -> String {
    let mut parts = Vec::new();
    for ((dataset, depth, start), cells) in groups(cells) {
        let of = |value: &dyn Fn(&Record) -> f64| {
            let values: Vec<f64> = cells.iter().map(|cell| value(&cell.record)).collect();
            short(median(&values).unwrap_or(f64::NAN))
        };
        parts.push(format!(
            "{dataset}, depth {depth}, {start}: D {} nats, λ_min(B) on sum-zero {}, accuracy {} %",
            of(&|record| record.start.d),
            of(&|record| record.start.below_min_sum_zero),
            of(&|record| 100.0 * accuracy(record)),
        ));
    }
    let rank = |value: fn(&Record) -> f64| {
        let groups = correlations(cells, value).into_iter().map(|((dataset, depth), values)| {
            let values: Vec<f64> = values.into_iter().flatten().collect();
            format!("{} ({dataset}, depth {depth})", median(&values).map_or("—".into(), short))
        });
        groups.collect::<Vec<_>>().join(", ")
    };
    format!(
        "Medians over seeds. Rank correlation with the final risk of λ_min(B) on sum-zero: {}; of D(A), for comparison: {}. {}.",
        rank(|record| record.start.below_min_sum_zero),
        rank(|record| record.start.d),
        parts.join(". ")
    )
}

#[cfg(test)]
mod tests;
