//! Local correlation: Pearson's in a window that slides along two series, as in the papers' figures.

use super::correlation::unchecked;
use super::{fault, median};
use crate::error::Result;

/// The correlation of every window, and what had to be left out.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalCorrelation {
    /// The length of a window.
    pub window: usize,
    /// One entry a window, by the index of its first element; None where it was skipped.
    pub values: Vec<Option<f64>>,
    /// Windows in which a series did not vary.
    pub without_variance: usize,
    /// Windows with an infinite value or NaN.
    pub not_finite: usize,
}

/// Pearson's correlation of x and y in every window of `window` successive pairs.
///
/// Windows with an infinite value or NaN, and windows without variance, are skipped and counted.
///
/// # Errors
/// When the lengths differ or `window` is below 3. Series shorter than a window have no windows.
///
/// ```
/// use fenchel_harness::statistics::local_pearson;
/// let x: Vec<f64> = (0..10).map(f64::from).collect();
/// let mut y = x.clone();
/// y[9] = f64::INFINITY;
/// let local = local_pearson(&x, &y, 5).unwrap();
/// assert_eq!((local.values.len(), local.not_finite), (6, 1));
/// ```
pub fn local_pearson(x: &[f64], y: &[f64], window: usize) -> Result<LocalCorrelation> {
    if x.len() != y.len() {
        let reason = format!("`x` has {} values and `y` has {}; they must pair", x.len(), y.len());
        return Err(fault("local correlation", reason));
    }
    if window < 3 {
        return Err(fault(
            "local correlation",
            format!("a window of {window} is too short; it needs at least 3"),
        ));
    }
    let (mut without_variance, mut not_finite) = (0, 0);
    let values = x
        .windows(window)
        .zip(y.windows(window))
        .map(|(a, b)| {
            if a.iter().chain(b).any(|value| !value.is_finite()) {
                not_finite += 1;
                return None;
            }
            // Each window is computed afresh: running sums would be quicker and would drift.
            let correlation = unchecked(a, b);
            without_variance += usize::from(correlation.is_none());
            correlation
        })
        .collect();
    Ok(LocalCorrelation { window, values, without_variance, not_finite })
}

impl LocalCorrelation {
    /// The median over the windows that begin in the last half of the run; None where all were skipped.
    #[must_use]
    pub fn last_half_median(&self) -> Option<f64> {
        let kept: Vec<f64> = self.values[self.values.len() / 2..].iter().copied().flatten().collect();
        median(&kept).ok()
    }

    /// The number of windows that were skipped.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.values.iter().filter(|value| value.is_none()).count()
    }

    /// The points (index of the window's middle, correlation) for a figure.
    pub fn points(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let middle = self.window / 2;
        self.values.iter().enumerate().filter_map(move |(i, value)| value.map(|value| (i + middle, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::pearson;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_window_is_pearsons(
            pairs in prop::collection::vec((-1.0..1.0_f64, -1.0..1.0_f64), 5..60), window in 3_usize..10,
        ) {
            let (x, y): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let local = local_pearson(&x, &y, window).unwrap();
            prop_assert_eq!(local.values.len(), (x.len() + 1).saturating_sub(window));
            for (i, value) in local.values.iter().enumerate() {
                let expected = pearson(&x[i..i + window], &y[i..i + window]).ok();
                prop_assert_eq!(*value, expected);
            }
        }

        #[test]
        fn skipped_windows_are_counted(at in 0_usize..30, window in 3_usize..8) {
            let x: Vec<f64> = (0..30).map(f64::from).collect();
            let mut y: Vec<f64> = x.iter().map(|v| v * v).collect();
            y[at] = f64::INFINITY;
            let local = local_pearson(&x, &y, window).unwrap();
            let touched = (0..=30 - window).filter(|&i| i <= at && at < i + window).count();
            prop_assert_eq!((local.not_finite, local.skipped()), (touched, touched));
            let constant = local_pearson(&x, &[0.3; 30], window).unwrap();
            prop_assert_eq!(constant.without_variance, 31 - window);
            prop_assert_eq!(constant.last_half_median(), None);
        }
    }

    #[test]
    fn the_last_half_is_the_last_half() {
        // Opposite in the first half of the windows, together in the last.
        let x: Vec<f64> = (0..40).map(f64::from).collect();
        let y: Vec<f64> = (0..40).map(|i| f64::from(if i < 20 { -i } else { i - 40 })).collect();
        let local = local_pearson(&x, &y, 4).unwrap();
        assert!((local.last_half_median().unwrap() - 1.0).abs() < 1e-12);
        assert!((local.values[0].unwrap() + 1.0).abs() < 1e-12);
        assert!(local_pearson(&x, &y[1..], 4).is_err());
        assert!(local_pearson(&x, &y, 2).is_err());
        assert!(local_pearson(&x[..2], &y[..2], 3).unwrap().values.is_empty());
    }
}
