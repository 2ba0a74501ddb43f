//! A page with figures: of one measurement, and of measurements along a training.

use fenchel_harness::error::{Error, Result};
use fenchel_harness::figure::{Axis, Band, Curve, Figure, Panel};
use fenchel_harness::number::{counted, short};
use fenchel_harness::page::Page;
use fenchel_harness::table::{Entry, Table};
use fenchel_nn::measurement::{LayerSum, Side};

use crate::judge::Verdict;
use crate::{LayerParts, Measurement};

/// What is measured along a training, a number a step: medians over the samples, but for the local gradient norm.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// The steps.
    pub steps: Vec<f64>,
    /// The median loss.
    pub loss: Vec<f64>,
    /// The median lower bound.
    pub lower: Vec<f64>,
    /// The median upper bound.
    pub upper: Vec<f64>,
    /// The median structural error.
    pub structural_error: Vec<f64>,
    /// The mean squared gradient norm.
    pub squared_gradient_norm: Vec<f64>,
}

/// What a page shows beside the measurement.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The loss, as it was named.
    pub loss: &'a str,
    /// The network as a printed table.
    pub network: Option<&'a str>,
    /// Its layers' parts.
    pub parts: Option<&'a LayerParts>,
    /// What was said of numbers from elsewhere.
    pub verdicts: Option<&'a [Verdict]>,
    /// The measurements along a training, of which this is the last.
    pub along: Option<&'a Series>,
}

/// How many samples a table lists.
const LISTED: usize = 50;

/// The page of a measurement.
///
/// # Errors
/// If a figure cannot be drawn.
pub fn page(measured: &Measurement, beside: &Beside<'_>) -> Result<Page> {
    let subject = if beside.along.is_some() { "along a training" } else { "measurement" };
    let mut page = Page::new(subject).lead(&lead(measured, beside));
    if let Some(along) = beside.along {
        page = page.section("Along the training").figure(&training(along)?)?;
    }
    page = page.section("The sandwich, sample by sample").text(SANDWICH).figure(&sandwich(measured))?;
    page = page.section("The structural matrices").text(STRUCTURE).figure(&structure(measured))?;
    if let Some(parts) = beside.parts {
        page = page.figure(&by_layer(parts))?;
    }
    page = page.section("In numbers").table(&numbers(measured));
    if let Some(table) = exceptions(measured, beside.verdicts) {
        page = page.section("Samples to look at").table(&table);
    }
    if let Some(network) = beside.network {
        page = page.section("The network").plain(network);
    }
    Ok(page)
}

const SANDWICH: &str = "A sample's loss lies between lo(‖grad‖ / √λ_{max}) and hi(‖grad‖ / √λ_{min}), where grad is the gradient \
                        of its loss in all parameters, and λ_{min} and λ_{max} are the ends of the spectrum of its structural \
                        matrix A = J J' (theorem T11). Where A is singular, or the loss has no finite hi, there is no upper bound.";

const STRUCTURE: &str = "D = log(λ_{max} / λ_{min}) is the structural error: it says how far the two bounds can lie apart. It is \
                         infinite where A is singular up to round-off.";

/// What was measured, in a few sentences.
fn lead(measured: &Measurement, beside: &Beside<'_>) -> String {
    let n = measured.samples();
    let known = measured.judged();
    let mut text = format!(
        "{} with {} under the loss {}",
        counted(n, "sample"),
        counted(measured.outputs(), "output"),
        beside.loss
    );
    if let (classified @ 1.., right) = measured.classified() {
        text += &format!(", {right} of {classified} classified right");
    }
    let is_judged = |sample: &usize| measured.unjudged().binary_search(sample).is_err();
    let finite = (0..n).filter(|sample| measured.upper()[*sample].is_finite() && is_judged(sample)).count();
    text += &format!(
        ". lower ≤ loss holds for {} of {known}, loss ≤ upper for {} of the {finite} whose upper bound is finite, round-off \
         allowed for.",
        known - measured.violations().iter().filter(|(_, side)| *side == Side::Lower).count(),
        finite - measured.violations().iter().filter(|(_, side)| *side == Side::Upper).count(),
    );
    if let Some(verdicts) = beside.verdicts {
        let apart = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Apart { .. })).count();
        let indefinite = verdicts.iter().filter(|verdict| **verdict == Verdict::Indefinite).count();
        text += " The numbers were computed elsewhere, and are judged by the error that was stated for them.";
        if apart + indefinite > 0 {
            text += &format!(
                " Of {} the squared gradient norm is not e' A e, and of {} A is no J J': there the arrays are not of one \
                 network, loss and sample, and nothing follows for the theorem.",
                counted(apart, "sample"),
                counted(indefinite, "sample")
            );
        }
    }
    if let failed @ 1.. = measured.failures().len() {
        text += &format!(" {} could not be measured.", counted(failed, "sample"));
    }
    text
}

/// Lower bound, loss and upper bound over the samples in the order of their losses; and loss against D.
fn sandwich(measured: &Measurement) -> Figure {
    let (loss, lower, upper) = (measured.loss(), measured.lower(), measured.upper());
    let mut order: Vec<usize> = (0..measured.samples()).filter(|&sample| !loss[sample].is_nan()).collect();
    order.sort_by(|&a, &b| loss[a].total_cmp(&loss[b]));
    let ranked = |values: &[f64]| -> Vec<(f64, f64)> {
        order.iter().enumerate().map(|(rank, &sample)| (rank as f64 + 1.0, values[sample])).collect()
    };
    let between =
        order.iter().enumerate().map(|(rank, &i)| (rank as f64 + 1.0, lower[i], upper[i])).collect();
    let by_rank = Panel::new("", Axis::linear("sample, by its loss"), Axis::log10("loss"))
        .band(Band::new("between the bounds", 1, between))
        .curve(Curve::new("loss", 0, ranked(loss)));
    let norms = measured.squared_gradient_norm();
    let pairs = |x: &[f64], y: &[f64]| order.iter().map(|&sample| (x[sample], y[sample])).collect();
    let by_norm = Panel::new("", Axis::log10("‖grad‖^{2}"), Axis::log10("loss"))
        .curve(Curve::new("a sample", 0, pairs(norms, loss)).marks());
    let by_error = Panel::new("", Axis::linear("structural error D"), Axis::log10("loss"))
        .curve(Curve::new("a sample", 0, pairs(measured.structural_error(), loss)).marks());
    let caption = "Left: the bounds as an area, which reaches the top where there is no upper one. Middle and right: the loss \
                   against the two quantities that make the bounds; samples with a singular matrix have no D to be shown at.";
    Figure::new("sandwich", "Bounds and losses", caption).panel(by_rank).panel(by_norm).panel(by_error)
}

/// The spectrum over the samples, and the distribution of D.
fn structure(measured: &Measurement) -> Figure {
    let rows: Vec<&[f64]> = measured.spectra().filter(|row| !row[0].is_nan()).collect();
    let quantiles = |values: &mut Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        (at(0.1), at(0.5), at(0.9))
    };
    let mut middle = Vec::new();
    let mut spread = Vec::new();
    if let Some(first) = rows.first() {
        for index in 0..first.len() {
            let mut values: Vec<f64> = rows.iter().map(|row| row[index]).collect();
            let (low, median, high) = quantiles(&mut values);
            middle.push((index as f64 + 1.0, median));
            spread.push((index as f64 + 1.0, low, high));
        }
    }
    let spectrum = Panel::new("", Axis::linear("eigenvalue of A, from the smallest"), Axis::log10("λ"))
        .band(Band::new("10 to 90 % of the samples", 0, spread))
        .curve(Curve::new("median", 0, middle).marked());
    let mut errors: Vec<f64> = measured.structural_error().iter().copied().filter(|d| !d.is_nan()).collect();
    errors.sort_unstable_by(f64::total_cmp);
    let count = errors.len() as f64;
    let share = errors.iter().enumerate().map(|(rank, &d)| (d, (rank as f64 + 1.0) / count)).collect();
    let distribution =
        Panel::new("", Axis::linear("structural error D"), Axis::linear("share of samples").range(0.0, 1.0))
            .curve(Curve::new("with D up to this", 0, share));
    let caption = "Left: each eigenvalue's median over the samples; what is not positive cannot be shown. Right: the \
                   distribution of D, which ends below 1 where matrices are singular.";
    Figure::new("structure", "Spectra and structural errors", caption)
        .panel(spectrum)
        .panel(distribution)
        .columns(2)
}

/// Each layer's share of the trace, and its largest eigenvalue.
fn by_layer(parts: &LayerParts) -> Figure {
    let mean = |number: &dyn Fn(&LayerSum) -> f64| {
        let known: Vec<f64> = parts.numbers(number).into_iter().filter(|value| !value.is_nan()).collect();
        known.iter().sum::<f64>() / known.len() as f64
    };
    let points = |number: &dyn Fn(&LayerSum, usize) -> f64| {
        (0..parts.layers.len())
            .map(|layer| (layer as f64 + 1.0, mean(&|sum| number(sum, layer))))
            .collect::<Vec<_>>()
    };
    let axis = || Axis::linear("layer with parameters, in order");
    let share = Panel::new("", axis(), Axis::linear("share of the trace of A").range(0.0, 1.0)).curve(
        Curve::new("mean over the samples", 0, points(&|s, layer| s.layers[layer].trace / s.whole.trace))
            .marked(),
    );
    let ends = Panel::new("", axis(), Axis::log10("λ of the layer's part"))
        .curve(Curve::new("mean λ_{max}", 0, points(&|s, layer| s.layers[layer].eigenvalues.max)).marked())
        .curve(Curve::new("mean λ_{min}", 1, points(&|s, layer| s.layers[layer].eigenvalues.min)).marked());
    let caption = format!(
        "A is the sum of one matrix for each layer (theorem T13). The layers: {}.",
        parts.layers.join(", ")
    );
    Figure::new("layers", "The layers' parts", &caption).panel(share).panel(ends).columns(2)
}

/// Medians and means over the samples along a training.
fn training(series: &Series) -> Result<Figure> {
    let all =
        [&series.loss, &series.lower, &series.upper, &series.structural_error, &series.squared_gradient_norm];
    if all.iter().any(|values| values.len() != series.steps.len()) {
        return Err(Error::Figure {
            figure: "training".into(),
            reason: "the series along a training differ in length".into(),
        });
    }
    let points =
        |values: &[f64]| series.steps.iter().copied().zip(values.iter().copied()).collect::<Vec<_>>();
    let band =
        series.steps.iter().zip(&series.lower).zip(&series.upper).map(|((&x, &a), &b)| (x, a, b)).collect();
    let step = || Axis::linear("step");
    let bounds = Panel::new("", step(), Axis::log10("median loss"))
        .band(Band::new("between the median bounds", 1, band))
        .curve(Curve::new("median loss", 0, points(&series.loss)).marked());
    let error = Panel::new("", step(), Axis::linear("median D"))
        .curve(Curve::new("structural error", 0, points(&series.structural_error)).marked());
    let norm = Panel::new("", step(), Axis::log10("mean ‖grad‖^{2}"))
        .curve(Curve::new("local gradient norm", 0, points(&series.squared_gradient_norm)).marked());
    let caption = "Over the same samples at each step: medians, which lie as each sample does, and right the mean of the squared \
                   gradient norms. The area reaches the top where half of the samples have no upper bound, and the curve of D \
                   breaks where half of the matrices are singular.";
    Ok(Figure::new("training", "The sandwich along the training", caption)
        .panel(bounds)
        .panel(error)
        .panel(norm))
}

/// Every quantity's mean, minimum, median and maximum.
fn numbers(measured: &Measurement) -> Table {
    let columns = ["quantity", "mean", "min", "median", "max"];
    let mut table =
        Table::new("numbers", "Over the samples that could be measured; natural logarithms.", &columns);
    for line in measured.lines() {
        table.push([
            line.name.into(),
            line.mean.into(),
            line.min.into(),
            line.median.into(),
            line.max.into(),
        ]);
    }
    table
}

/// Samples that violate the theorem, do not fit together, or could not be measured.
fn exceptions(measured: &Measurement, verdicts: Option<&[Verdict]>) -> Option<Table> {
    let mut rows: Vec<(usize, String)> = Vec::new();
    let number = |values: &[f64], sample: usize| short(values[sample]);
    let bounds = |sample| {
        let (lower, loss) = (number(measured.lower(), sample), number(measured.loss(), sample));
        format!("{lower} ≤ {loss} ≤ {}", number(measured.upper(), sample))
    };
    for (sample, verdict) in verdicts.unwrap_or_default().iter().enumerate() {
        match verdict {
            Verdict::Apart { quadratic_form } => rows.push((
                sample,
                format!(
                    "e' A e is {}, the squared gradient norm {}",
                    short(*quadratic_form),
                    number(measured.squared_gradient_norm(), sample)
                ),
            )),
            Verdict::Indefinite => {
                rows.push((sample, "A is not symmetric, or has a negative eigenvalue".to_owned()));
            }
            // The violations and failures, which come below.
            Verdict::Holds | Verdict::Violated(_) | Verdict::Undefined => {}
        }
    }
    let known: Vec<usize> = rows.iter().map(|row| row.0).collect();
    let violated = measured.violations().iter().filter(|(sample, _)| !known.contains(sample));
    rows.extend(violated.map(|&(sample, _)| (sample, format!("violates {}", bounds(sample)))));
    rows.extend(measured.failures().iter().map(|failure| (failure.sample, failure.reason.clone())));
    if rows.is_empty() {
        return None;
    }
    rows.sort_by_key(|row| row.0);
    let caption = match rows.len().saturating_sub(LISTED) {
        0 => "Every one of them.".to_owned(),
        more => format!("The first {LISTED}; {more} more are not shown."),
    };
    let mut table = Table::new("exceptions", &caption, &["sample", "what"]);
    for (sample, what) in rows.into_iter().take(LISTED) {
        table.push([sample.into(), Entry::Text(what)]);
    }
    Some(table)
}
