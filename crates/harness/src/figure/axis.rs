//! Axes: scale, range, ticks and their labels.

use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use std::ops::Range;

/// An axis: its label with the unit, its scale and, where it is not left to the data, its range.
#[derive(Clone, Debug)]
pub struct Axis {
    /// The label, with the unit where there is one.
    pub label: String,
    /// Linear or logarithmic.
    pub scale: Scale,
    /// The ends, in data units; None to fit the data.
    pub range: Option<(f64, f64)>,
}

/// How positions follow from values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// In proportion.
    Linear,
    /// By decades.
    Log10,
    /// By doublings, as in the papers' figures.
    Log2,
}

impl Axis {
    /// A linear axis.
    #[must_use]
    pub fn linear(label: &str) -> Self {
        Self { label: label.into(), scale: Scale::Linear, range: None }
    }

    /// An axis in decades.
    #[must_use]
    pub fn log10(label: &str) -> Self {
        Self { label: label.into(), scale: Scale::Log10, range: None }
    }

    /// An axis in doublings.
    #[must_use]
    pub fn log2(label: &str) -> Self {
        Self { label: label.into(), scale: Scale::Log2, range: None }
    }

    /// Sets the range, in data units.
    #[must_use]
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }
}

impl Scale {
    /// The position of a value; NaN where the axis cannot show it.
    pub(super) fn position(self, value: f64) -> f64 {
        match self {
            Self::Linear => value,
            Self::Log10 if value >= 0.0 => value.log10(),
            Self::Log2 if value >= 0.0 => value.log2(),
            Self::Log10 | Self::Log2 => f64::NAN,
        }
    }
}

/// An axis with its ends in positions and its ticks; the coordinate that plotters draws on.
#[derive(Clone, Debug)]
pub(super) struct Ruler {
    pub(super) low: f64,
    pub(super) high: f64,
    ticks: Vec<(f64, String)>,
}

impl Ruler {
    /// Lays out `axis` for data at `positions`; None where nothing can be shown.
    pub(super) fn new(axis: &Axis, positions: impl Iterator<Item = f64>, wanted: usize) -> Option<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for position in positions.filter(|position| position.is_finite()) {
            low = low.min(position);
            high = high.max(position);
        }
        if low > high && axis.range.is_none() {
            return None;
        }
        let room = (0.03 * (high - low)).max(if high > low { 0.0 } else { 0.5 * low.abs().max(0.1) });
        (low, high) = (low - room, high + room);
        if let Some((from, to)) = axis.range {
            let (from, to) = (axis.scale.position(from), axis.scale.position(to));
            if !(from.is_finite() && to.is_finite() && from < to) {
                return None;
            }
            (low, high) = (from, to);
        }
        let ticks = match axis.scale {
            Scale::Linear => linear_ticks(low, high, wanted),
            Scale::Log10 => logarithmic_ticks(low, high, wanted, 10.0),
            Scale::Log2 => logarithmic_ticks(low, high, wanted, 2.0),
        };
        Some(Self { low, high, ticks })
    }
}

impl Ranged for Ruler {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        limit.0 + (share * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, _: H) -> Vec<f64> {
        self.ticks.iter().map(|tick| tick.0).collect()
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

impl ValueFormatter<f64> for Ruler {
    fn format_ext(&self, value: &f64) -> String {
        self.ticks.iter().find(|tick| tick.0 == *value).map_or_else(String::new, |tick| tick.1.clone())
    }
}

/// Multiples of 1, 2 or 5 times a power of ten.
fn linear_ticks(low: f64, high: f64, wanted: usize) -> Vec<(f64, String)> {
    let rough = (high - low) / wanted.max(2) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .map(|m| m * power)
        .into_iter()
        .find(|&step| step >= rough)
        .unwrap_or(10.0 * power);
    let decimals = (-(step.log10() + 1e-9).floor()).max(0.0) as usize;
    let largest = low.abs().max(high.abs());
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    (first..=last.min(first + 50))
        .map(|k| {
            let value = k as f64 * step;
            let label = if k == 0 {
                "0".into()
            } else if !(1e-3..1e6).contains(&largest) {
                format!("{value:.1e}").replace('-', "−").replace("e−", "e-").replace(".0e", "e")
            } else {
                format!("{value:.decimals$}").replace('-', "−")
            };
            (value, label)
        })
        .collect()
}

/// Powers of the base; where they are too few, also 1, 2, 5 times powers of ten.
fn logarithmic_ticks(low: f64, high: f64, wanted: usize, base: f64) -> Vec<(f64, String)> {
    let (first, last) = (low.ceil() as i64, high.floor() as i64);
    let powers = last - first + 1;
    if powers >= 3 || (base == 2.0 && powers >= 2) {
        let wanted = wanted.max(2) as i64;
        let step = [1, 2, 3, 5, 10, 20, 50, 100, 200]
            .into_iter()
            .find(|step| powers <= wanted * step)
            .unwrap_or(500);
        let aligned = first.div_euclid(step) * step;
        return (0..=(last - aligned) / step)
            .map(|k| aligned + k * step)
            .filter(|&exponent| exponent >= first)
            .map(|exponent| (exponent as f64, power_label(base, exponent)))
            .collect();
    }
    // Less than two decades: round numbers at their logarithmic positions.
    let (from, to) = (base.powf(low), base.powf(high));
    let mut ticks = Vec::new();
    for exponent in (from.log10().floor() as i32)..=(to.log10().ceil() as i32) {
        for factor in [1.0, 2.0, 5.0] {
            let value = factor * 10_f64.powi(exponent);
            if from <= value && value <= to {
                ticks.push((value.log(base), crate::number::short(value)));
            }
        }
    }
    if ticks.len() >= 2 {
        return ticks;
    }
    linear_ticks(from, to, wanted)
        .into_iter()
        .filter(|tick| tick.0 > 0.0)
        .map(|(value, label)| (value.log(base), label))
        .collect()
}

/// 10^{3} or 2^{−4}, to be typeset; 1 and the base itself in plain.
fn power_label(base: f64, exponent: i64) -> String {
    if exponent == 0 {
        return "1".into();
    }
    if exponent == 1 {
        return format!("{base}");
    }
    format!("{base}^{{{exponent}}}").replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ticks_lie_in_the_range_in_order_and_are_few(low in -1e3..1e3_f64, span in 1e-6..1e4_f64, wanted in 3_usize..8) {
            for scale in [Scale::Linear, Scale::Log10, Scale::Log2] {
                let (low, span) = if scale == Scale::Linear { (low, span) } else { (low / 100.0, span.min(60.0)) };
                let axis = Axis { label: String::new(), scale, range: None };
                let ruler = Ruler::new(&axis, [low, low + span].into_iter(), wanted).unwrap();
                prop_assert!(ruler.ticks.len() <= 3 * wanted + 2, "{scale:?} {:?}", ruler.ticks);
                prop_assert!(!ruler.ticks.is_empty(), "{scale:?} {low} {span}");
                for tick in &ruler.ticks {
                    let rounding = 1e-9 * (1.0 + tick.0.abs());
                    prop_assert!(ruler.low - rounding <= tick.0 && tick.0 <= ruler.high + rounding);
                    prop_assert!(!tick.1.is_empty());
                }
                for pair in ruler.ticks.windows(2) {
                    prop_assert!(pair[0].0 < pair[1].0);
                }
            }
        }
    }

    #[test]
    fn labels() {
        assert_eq!(power_label(10.0, -12), "10^{−12}");
        assert_eq!(power_label(2.0, 4), "2^{4}");
        assert_eq!(power_label(10.0, 0), "1");
        let labels: Vec<String> = linear_ticks(0.0, 1.0, 5).into_iter().map(|t| t.1).collect();
        assert_eq!(labels, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    }

    #[test]
    fn degenerate_data_still_have_an_axis() {
        let axis = Axis::linear("x");
        let ruler = Ruler::new(&axis, [3.0, f64::NAN].into_iter(), 5).unwrap();
        assert!(ruler.low < 3.0 && 3.0 < ruler.high);
        assert!(Ruler::new(&axis, [f64::NAN].into_iter(), 5).is_none());
        assert!(Ruler::new(&axis, std::iter::empty(), 5).is_none());
        assert!(Ruler::new(&axis.range(1.0, 1.0), [1.0].into_iter(), 5).is_none());
    }
}
