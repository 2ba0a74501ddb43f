//! The picture that most experiments draw: the risk of the probe set between its bounds.

use fenchel_harness::{Axis, Band, Curve, Panel};

use super::ProbeLog;

/// A loss's name as a reader knows it.
///
/// ```
/// use fenchel_experiments::ingredients::loss_title;
/// assert_eq!(loss_title("entmax:1.5"), "entmax, α = 1.5");
/// ```
#[must_use]
pub fn loss_title(loss: &str) -> String {
    match loss.split_once(':') {
        Some(("power", k)) => format!("‖f − y‖_{{{k}}}^{{{k}}}"),
        Some(("entmax", alpha)) => format!("entmax, α = {alpha}"),
        _ => match loss {
            "ce" => "cross-entropy".into(),
            "squared" => "½ squared error".into(),
            other => other.into(),
        },
    }
}

/// The median excess loss between the medians of the samples' own bounds, one point a log (step and probe set).
#[must_use]
pub fn risk_between_bounds<'a>(title: &str, logs: impl Iterator<Item = (usize, &'a ProbeLog)>) -> Panel {
    let logs: Vec<(f64, &ProbeLog)> = logs.map(|(step, log)| (step as f64, log)).collect();
    let series = |value: fn(&ProbeLog) -> f64| logs.iter().map(|(step, log)| (*step, value(log))).collect();
    let band = logs.iter().map(|(step, log)| (*step, log.lower_median, log.upper_median)).collect();
    Panel::new(title, Axis::linear("step"), Axis::log2("excess loss, log₂ scale"))
        .band(Band::new("between the bounds", 1, band))
        .curve(Curve::new("upper bound (median)", 2, series(|log| log.upper_median)))
        .curve(Curve::new("loss (median)", 0, series(|log| log.risk_median)))
        .curve(Curve::new("lower bound (median)", 1, series(|log| log.lower_median)))
}
