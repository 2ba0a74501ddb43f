//! What every data set can do, whether its samples are bytes from a file or were made up.

use crate::ImageSet;

/// The shape of one sample: channels, then rows, then columns, in memory order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ImageShape {
    /// Channels: 1 for grey, 3 for red, green, blue.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl ImageShape {
    /// A grey image.
    #[must_use]
    pub const fn grey(height: usize, width: usize) -> Self {
        Self { channels: 1, height, width }
    }

    /// A plain vector: one channel, one row.
    #[must_use]
    pub const fn vector(dimension: usize) -> Self {
        Self { channels: 1, height: 1, width: dimension }
    }

    /// Reals in a sample: channels x height x width.
    #[must_use]
    pub const fn features(&self) -> usize {
        self.channels * self.height * self.width
    }
}

impl std::fmt::Display for ImageShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} x {} x {}", self.channels, self.height, self.width)
    }
}

/// A labelled set of samples of one shape.
///
/// Samples are read by index and written as reals into a slice of the caller; pixels of images are in [0, 1],
/// vectors are as they were made. An index past the end is a broken contract and panics, as for a slice.
pub trait Dataset: Send + Sync {
    /// The name, such as `mnist/train`.
    fn name(&self) -> &str;

    /// The number of samples.
    fn len(&self) -> usize;

    /// Whether there is no sample at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The shape of every sample.
    fn shape(&self) -> ImageShape;

    /// The names of the classes; the label is the index into them.
    fn classes(&self) -> &[String];

    /// The label of sample `i`, below `classes().len()`.
    fn label(&self, i: usize) -> usize;

    /// Writes sample `i`, flattened in the order channels, rows, columns, into `out` of `shape().features()` reals.
    fn write_sample(&self, i: usize, out: &mut [f32]);

    /// [`write_sample`](Self::write_sample) in double precision.
    fn write_sample_f64(&self, i: usize, out: &mut [f64]);

    /// The SHA-256 of shape, labels and samples in hexadecimal, for manifests: equal sets have equal fingerprints.
    fn fingerprint(&self) -> String;

    /// The set as images of bytes, if it is one.
    fn as_images(&self) -> Option<&ImageSet> {
        None
    }
}

/// A real number that a batch can hold: `f32` for training, `f64` for measurements that are checked to rounding.
pub trait Element: ndarray::NdFloat + Default + sealed::Sealed {
    /// The element nearest to a double.
    fn from_f64(value: f64) -> Self;

    /// Writes sample `i` of `set` into `out` in this precision.
    fn write_sample(set: &dyn Dataset, i: usize, out: &mut [Self]);
}

impl Element for f32 {
    fn from_f64(value: f64) -> Self {
        value as Self
    }

    fn write_sample(set: &dyn Dataset, i: usize, out: &mut [Self]) {
        set.write_sample(i, out);
    }
}

impl Element for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }

    fn write_sample(set: &dyn Dataset, i: usize, out: &mut [Self]) {
        set.write_sample_f64(i, out);
    }
}

mod sealed {
    /// Only `f32` and `f64` are elements.
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
}
