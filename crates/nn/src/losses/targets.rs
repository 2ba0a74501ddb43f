//! The targets of a batch: labels, or rows of numbers.

use std::ops::Range;

use ndarray::{ArrayView2, Axis};

/// What the outputs of a batch are compared with.
#[derive(Clone, Copy, Debug)]
pub enum Targets<'a> {
    /// The class of each sample; as a vector, a 1 at its place.
    Labels(&'a [usize]),
    /// One row a sample, `B x m`: probabilities or real numbers.
    Rows(ArrayView2<'a, f64>),
}

impl<'a> Targets<'a> {
    /// The number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Labels(labels) => labels.len(),
            Self::Rows(rows) => rows.nrows(),
        }
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same for a shorter time.
    #[must_use]
    pub fn view(&self) -> Targets<'_> {
        match self {
            Self::Labels(labels) => Targets::Labels(labels),
            Self::Rows(rows) => Targets::Rows(rows.view()),
        }
    }

    /// Those of some consecutive samples.
    ///
    /// # Panics
    /// If the range goes past the end.
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Targets<'a> {
        match *self {
            Self::Labels(labels) => Targets::Labels(&labels[range]),
            Self::Rows(rows) => {
                let (from, to) = (range.start, range.end);
                let (_, rest) = rows.split_at(Axis(0), from);
                Targets::Rows(rest.split_at(Axis(0), to - from).0)
            }
        }
    }

    /// The class of a sample: its label, or the place of the first largest entry of its row.
    pub(crate) fn class(&self, sample: usize) -> usize {
        match self {
            Self::Labels(labels) => labels[sample],
            Self::Rows(rows) => argmax(rows.row(sample).iter().copied()),
        }
    }
}

impl<'a> From<ArrayView2<'a, f64>> for Targets<'a> {
    fn from(rows: ArrayView2<'a, f64>) -> Self {
        Self::Rows(rows)
    }
}

impl<'a> From<&'a [usize]> for Targets<'a> {
    fn from(labels: &'a [usize]) -> Self {
        Self::Labels(labels)
    }
}

/// The index of the first largest entry; 0 where there is none.
#[must_use]
pub fn argmax(values: impl Iterator<Item = f64>) -> usize {
    let first = (0, f64::NEG_INFINITY);
    values.enumerate().fold(first, |best, (i, v)| if v > best.1 { (i, v) } else { best }).0
}
