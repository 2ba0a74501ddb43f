//! The claims of `init`, each with the criterion that was fixed before the run.
//!
//! The paper's reading, "a small D(A) is why random starts train", is ill posed as a criterion: the head's part of A is a multiple of the
//! identity, so the most degenerate starts have the smallest D of all (zeros: D = 0). The claim is therefore turned round: D does not
//! separate starts that train from those that do not, and λ_min of B = A less the head's part, on the sum-zero directions, does.

use std::collections::BTreeMap;

use super::{Case, Record, Settings, figures};
use crate::claim::{Claim, Criterion};
use crate::error::Failure;
use crate::experiment::Outcome;
use crate::number::short;
use crate::statistics::{median, spearman};
use crate::summary::Summary;

pub(super) type Finished = Outcome<Case, Record>;

/// The starts that are drawn at a scale meant for training.
const SCALED: [&str; 4] = ["kaiming", "xavier", "orthogonal", "lecun"];
/// A start that trains: the test accuracy at the end is at least this.
const TRAINS: f64 = 0.9;
/// A start that does not: at most this.
const STUCK: f64 = 0.4;
/// Units are equal if no weight differs by more than this share of its layer's largest: round-off is below it, a network that uses the
/// difference far above.
const EQUAL: f64 = 1e-6;
/// A start is no larger than Kaiming's if its parameters' norm is below this multiple of Kaiming's; orthogonal's is the same in the mean.
const NO_LARGER: f64 = 1.05;

pub(super) fn is_equal(case: &Case) -> bool {
    case.start.starts_with("equal:")
}

/// The mean excess loss over the probe set at the end.
pub(super) fn final_risk(record: &Record) -> f64 {
    match record.diverged {
        Some(_) => f64::INFINITY,
        None => record.logs.last().map_or(f64::NAN, |log| log.probe.risk),
    }
}

/// The accuracy at the end; that of a diverged training is none.
fn accuracy(record: &Record) -> f64 {
    if record.diverged.is_some() { 0.0 } else { record.test_accuracy }
}

pub(super) fn summarise(settings: &Settings, cells: &[Finished]) -> Result<Summary, Failure> {
    let figures = figures::starts(cells);
    let shown = figures.first().map_or(String::new(), |figure| figure.id.clone());
    let claims = [
        sandwich(cells),
        degenerate(cells)?,
        stuck(cells)?,
        random(cells)?,
        not_d(cells)?,
        separates(cells)?,
    ];
    Ok(Summary {
        ran: ran(settings, cells),
        came_out: came_out(cells),
        differs: "The paper's argument is about D of the whole structural matrix. With a trained head A ≥ (‖h‖² + 1) I (T12), so D(A) is \
            smallest where nothing but the head is left: it is 0 for zeros and for tiny Gaussian weights. What is lost there, the \
            directions below the head, shows in B = A less the head's part; we report D and B beside each other. Equal weights set the \
            biases to the same number. In exact arithmetic equal units stay equal, whatever the data; where a back end rounds the units of a \
            product differently they part, in f32 far enough within a run for the network to learn, in f64, which these trainings \
            take, by round-off alone: init.stuck, added for this reason, says whether they stayed equal."
            .into(),
        claims: claims.into_iter().map(|claim| claim.shown_in(&shown).listed_in("cells")).collect(),
        tables: vec![figures::cells(cells)],
        figures,
    })
}

/// The cells by data set, start and depth.
pub(super) fn groups(cells: &[Finished]) -> BTreeMap<(String, usize, String), Vec<&Finished>> {
    let mut groups: BTreeMap<(String, usize, String), Vec<&Finished>> = BTreeMap::new();
    for cell in cells {
        let Case { dataset, start, depth, .. } = &cell.case;
        groups.entry((dataset.clone(), *depth, start.clone())).or_default().push(cell);
    }
    groups
}

/// A number of the cells that `which` admits, by data set, depth and start, the seeds as replicates.
fn by_group(
    cells: &[Finished],
    which: impl Fn(&Case) -> bool,
    value: impl Fn(&Finished) -> Option<f64>,
) -> Vec<(String, Vec<Option<f64>>)> {
    let of_group = |((dataset, depth, start), cells): ((String, usize, String), Vec<&Finished>)| {
        let cells = cells.into_iter().filter(|cell| which(&cell.case));
        (format!("{dataset}, depth {depth}, {start}"), cells.map(&value).collect())
    };
    groups(cells).into_iter().map(of_group).collect()
}

/// The test accuracy at the end, of every cell.
fn measured_accuracy(cell: &Finished) -> Option<f64> {
    Some(accuracy(&cell.record))
}

fn sandwich(cells: &[Finished]) -> Claim {
    let checked = cells.iter().map(|cell| cell.record.checked).sum();
    let violated = cells.iter().map(|cell| cell.record.violated).sum();
    Claim::new("init.sandwich", "From every start every sample's loss lies between its two bounds [T11]")
        .holds("lo ≤ l − l_inf ≤ hi, sample by sample, beyond the stated round-off", violated, checked)
}

fn degenerate(cells: &[Finished]) -> Result<Claim, Failure> {
    let zeros = |case: &Case| case.start == "zeros";
    let total = |which: &dyn Fn(&Case) -> bool, count: &dyn Fn(&Record) -> usize| -> usize {
        cells.iter().filter(|cell| which(&cell.case)).map(|cell| count(&cell.record)).sum()
    };
    let missing = |held: fn(&Record) -> usize| move |record: &Record| record.start.samples - held(record);
    let samples = |record: &Record| record.start.samples;
    Ok(Claim::new(
        "init.degenerate",
        "Zeros and equal weights leave (nearly) nothing below the head, and do not train",
    )
    .holds("zeros: B = 0", total(&zeros, &missing(|r| r.start.zero)), total(&zeros, &samples))
    .holds("zeros: D(A) = 0", total(&zeros, &missing(|r| r.start.isotropic)), total(&zeros, &samples))
    .holds(
        "equal weights: rank B ≤ 1",
        total(&is_equal, &missing(|r| r.start.rank_one)),
        total(&is_equal, &samples),
    )
    .holds(
        "equal weights: B = 0 on the sum-zero directions",
        total(&is_equal, &missing(|r| r.start.zero_on_sum_zero)),
        total(&is_equal, &samples),
    )
    .requires_of_groups(
        "test accuracy at the end",
        by_group(cells, |case| zeros(case) || is_equal(case), measured_accuracy),
        Criterion::AtMost(STUCK),
    )?)
}

/// The better criterion beside that of `init.degenerate`: what exact arithmetic says of equal starts, asked where the arithmetic kept
/// their units equal.
fn stuck(cells: &[Finished]) -> Result<Claim, Failure> {
    let stayed: Vec<Finished> = cells.iter().filter(|cell| cell.record.asymmetry <= EQUAL).cloned().collect();
    let claim = Claim::new("init.stuck", "Equal weights do not train where the units stay equal")
        .requires_of_groups(
            "test accuracy at the end, units equal to a millionth",
            by_group(&stayed, is_equal, measured_accuracy),
            Criterion::AtMost(STUCK),
        )?;
    Ok(match open(cells) {
        Some(reason) => claim.open(&reason),
        None => claim,
    })
}

/// Why the claim about equal units is open, if the units of some cells are equal no longer.
fn open(cells: &[Finished]) -> Option<String> {
    let equal = || cells.iter().filter(|cell| is_equal(&cell.case));
    let parted = equal().filter(|cell| cell.record.asymmetry > EQUAL).count();
    (parted > 0).then(|| {
        format!(
            "in {parted} of {} cells round-off parted equal units, which exact arithmetic keeps equal: this back end's products do not \
             round all units alike",
            equal().count()
        )
    })
}

fn random(cells: &[Finished]) -> Result<Claim, Failure> {
    let scaled = |case: &Case| SCALED.contains(&case.start.as_str());
    let of = |count: fn(&Record) -> usize| -> usize {
        cells.iter().filter(|cell| scaled(&cell.case)).map(|cell| count(&cell.record)).sum()
    };
    Ok(Claim::new(
        "init.random",
        "Kaiming, Xavier, LeCun and orthogonal starts have full structure below the head, and train",
    )
    .holds("rank B = m", of(|r| r.start.samples - r.start.full_rank), of(|r| r.start.samples))
    .requires_of_groups(
        "test accuracy at the end",
        by_group(cells, scaled, measured_accuracy),
        Criterion::AtLeast(TRAINS),
    )?)
}

fn not_d(cells: &[Finished]) -> Result<Claim, Failure> {
    // Against Kaiming's start of the same data set, depth and seed.
    let over_kaiming = |cell: &Finished| {
        let kaiming = Case { start: "kaiming".into(), ..cell.case.clone() };
        let kaiming = cells.iter().find(|other| other.case == kaiming)?;
        Some(cell.record.start.d / kaiming.record.start.d)
    };
    let gaussian = |case: &Case| case.start == "gaussian:0.0001";
    let at_depth = |depth: usize| move |case: &Case| gaussian(case) && case.depth == depth;
    Ok(Claim::new(
        "init.not-d",
        "The structural error D(A) at the start does not separate starts that train from those that do not",
    )
    .requires_of_groups(
        "equal weights: mean D(A) over Kaiming's",
        by_group(cells, is_equal, over_kaiming),
        Criterion::Below(1.0),
    )?
    .requires_of_groups(
        "Gaussian 10^{-4}: mean D(A) over Kaiming's",
        by_group(cells, gaussian, over_kaiming),
        Criterion::Below(0.01),
    )?
    .requires_of_groups(
        "Gaussian 10^{-4}, depth 1: test accuracy",
        by_group(cells, at_depth(1), measured_accuracy),
        Criterion::AtLeast(TRAINS),
    )?
    .requires_of_groups(
        "Gaussian 10^{-4}, depth 3: test accuracy",
        by_group(cells, at_depth(3), measured_accuracy),
        Criterion::AtMost(STUCK),
    )?)
}

/// Spearman's correlation over the starts no larger than Kaiming's, of each data set, depth and seed.
pub(super) fn correlations(
    cells: &[Finished],
    value: impl Fn(&Record) -> f64,
) -> BTreeMap<(String, usize), Vec<Option<f64>>> {
    let mut found: BTreeMap<(String, usize), Vec<Option<f64>>> = BTreeMap::new();
    for kaiming in cells.iter().filter(|cell| cell.case.start == "kaiming") {
        let same = |cell: &&Finished| {
            Case { start: "kaiming".into(), ..cell.case.clone() } == kaiming.case
                && cell.record.start.parameter_norm <= NO_LARGER * kaiming.record.start.parameter_norm
        };
        // Infinite risks, of trainings that diverged, have the largest rank; ranks need them finite.
        let pairs = cells
            .iter()
            .filter(same)
            .map(|cell| (value(&cell.record), final_risk(&cell.record).min(f64::MAX)));
        let (x, risk): (Vec<f64>, Vec<f64>) = pairs.unzip();
        let place = (kaiming.case.dataset.clone(), kaiming.case.depth);
        found.entry(place).or_default().push(spearman(&x, &risk).ok());
    }
    found
}

fn separates(cells: &[Finished]) -> Result<Claim, Failure> {
    let claim = Claim::new(
        "init.separates",
        "λ_min of B on the sum-zero directions separates them, among starts no larger than Kaiming's",
    );
    let found = correlations(cells, |record| record.start.below_min_sum_zero);
    let groups =
        found.into_iter().map(|((dataset, depth), values)| (format!("{dataset}, depth {depth}"), values));
    Ok(claim.requires_of_groups(
        "rank correlation over starts with the final risk",
        groups,
        Criterion::AtMost(-0.6),
    )?)
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
