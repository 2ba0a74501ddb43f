//! Mean and standard deviation of each channel, measured from a set and applied to batches.

use crate::{Dataset, Element, Error, ImageSet, ImageShape, Result};

/// The affine map x -> (x - mean) / deviation of each channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Normalisation {
    /// The mean of each channel, in the units of the samples ([0, 1] for images).
    pub mean: Vec<f64>,
    /// The standard deviation of each channel (divisor n, not n - 1), in the same units; positive.
    pub deviation: Vec<f64>,
}

impl Normalisation {
    /// The map that changes nothing.
    #[must_use]
    pub fn identity(channels: usize) -> Self {
        Self { mean: vec![0.0; channels], deviation: vec![1.0; channels] }
    }

    /// Mean and standard deviation over all pixels of all samples of a set, by channel.
    ///
    /// Measured in f64, the deviation about the measured mean, so that a nearly constant channel keeps its digits.
    /// Images are counted by grey value, which makes their sums exact; for other sets each sample is summed for
    /// itself first, which keeps the error far below that of one long sum.
    ///
    /// # Errors
    /// If the set is empty, or a channel is constant or not finite: its deviation could not be divided by.
    ///
    /// ```
    /// use fenchel_datasets::{ImageSet, ImageShape, Normalisation, Provenance};
    ///
    /// let (classes, pixels) = (vec!["all".to_owned()], vec![0, 255, 255, 0]);
    /// let set = ImageSet::new("checks", ImageShape::grey(1, 2), classes, pixels, vec![0, 0], Provenance::Given)?;
    /// let measured = Normalisation::measure(&set)?;
    /// assert_eq!((measured.mean, measured.deviation), (vec![0.5], vec![0.5]));
    /// # Ok::<(), fenchel_datasets::Error>(())
    /// ```
    pub fn measure(set: &dyn Dataset) -> Result<Self> {
        let shape = set.shape();
        let plane = shape.height * shape.width;
        if set.is_empty() {
            return Err(Error::argument("set", format!("{} is empty: it has no mean", set.name())));
        }
        let normalisation = match set.as_images() {
            Some(images) => Self::by_grey_value(images),
            None => Self::by_sample(set, plane),
        };
        normalisation.check(shape, set.name())?;
        Ok(normalisation)
    }

    fn by_grey_value(images: &ImageSet) -> Self {
        let shape = images.shape();
        let plane = shape.height * shape.width;
        let mut counts = vec![[0_u64; 256]; shape.channels];
        for (i, pixels) in images.pixels().chunks_exact(plane).enumerate() {
            let counts = &mut counts[i % shape.channels];
            pixels.iter().for_each(|&pixel| counts[usize::from(pixel)] += 1);
        }
        let total = (images.len() * plane) as f64;
        let moments = |counts: &[u64; 256]| {
            let sum: u64 = (0..).zip(counts).map(|(value, count)| value * count).sum();
            let mean = sum as f64 / total / 255.0;
            let square =
                |(value, &count): (u8, &u64)| count as f64 * (f64::from(value) / 255.0 - mean).powi(2);
            let variance = (0..=255).zip(counts).map(square).sum::<f64>() / total;
            (mean, variance.sqrt())
        };
        let (mean, deviation) = counts.iter().map(moments).unzip();
        Self { mean, deviation }
    }

    fn by_sample(set: &dyn Dataset, plane: usize) -> Self {
        let shape = set.shape();
        let count = (set.len() * plane) as f64;
        let mut sample = vec![0.0; shape.features()];
        let mut average = |of: &dyn Fn(usize, f64) -> f64| {
            let mut sums = vec![0.0; shape.channels];
            for i in 0..set.len() {
                set.write_sample_f64(i, &mut sample);
                for (channel, pixels) in sample.chunks_exact(plane).enumerate() {
                    sums[channel] += pixels.iter().map(|&x| of(channel, x)).sum::<f64>();
                }
            }
            sums.into_iter().map(|sum| sum / count).collect::<Vec<f64>>()
        };
        let mean = average(&|_, x| x);
        let variance = average(&|channel, x| (x - mean[channel]).powi(2));
        Self { mean, deviation: variance.into_iter().map(f64::sqrt).collect() }
    }

    /// Checks that the map can be applied to samples of `shape`.
    pub(crate) fn check(&self, shape: ImageShape, name: &str) -> Result<()> {
        if self.mean.len() != shape.channels || self.deviation.len() != shape.channels {
            return Err(Error::argument(
                "normalisation",
                format!(
                    "{} means and {} deviations for the {} channels of {name}",
                    self.mean.len(),
                    self.deviation.len(),
                    shape.channels
                ),
            ));
        }
        for (channel, (mean, deviation)) in self.mean.iter().zip(&self.deviation).enumerate() {
            // Rounding alone can leave a constant channel a deviation of the order of its last digit.
            let positive = *deviation > 1e-12 * mean.abs().max(f64::MIN_POSITIVE);
            if !(mean.is_finite() && deviation.is_finite() && positive) {
                return Err(Error::argument(
                    "normalisation",
                    format!(
                        "channel {channel} of {name} has mean {mean} and deviation {deviation}; both must be finite \
                         and the deviation positive (use Normalisation::identity for constant channels)"
                    ),
                ));
            }
        }
        Ok(())
    }

    /// Applies the map to one sample of `shape`, in place.
    pub(crate) fn apply<A: Element>(&self, shape: ImageShape, sample: &mut [A]) {
        for ((pixels, &mean), &deviation) in
            sample.chunks_exact_mut(shape.height * shape.width).zip(&self.mean).zip(&self.deviation)
        {
            let (mean, deviation) = (A::from_f64(mean), A::from_f64(deviation));
            for x in pixels {
                *x = (*x - mean) / deviation;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Batch, Provenance};

    fn set(pixels: Vec<u8>) -> ImageSet {
        let shape = ImageShape { channels: 2, height: 1, width: 2 };
        let labels = vec![0; pixels.len() / 4];
        ImageSet::new("two channels", shape, vec!["only".to_owned()], pixels, labels, Provenance::Given)
            .unwrap()
    }

    #[test]
    fn mean_and_deviation_are_those_of_each_channel() {
        let set = set(vec![0, 255, 51, 51, 255, 0, 102, 0]);
        let measured = Normalisation::measure(&set).unwrap();
        // Channel 0: 0, 1, 1, 0. Channel 1: 0.2, 0.2, 0.4, 0.
        assert_eq!((measured.mean[0], measured.deviation[0]), (0.5, 0.5));
        assert!((measured.mean[1] - 0.2).abs() < 1e-15);
        assert!((measured.deviation[1] - 0.02_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn both_routes_agree() {
        let set = set((0..4000_u32).map(|i| (i * i % 253) as u8).collect());
        let (exact, summed) = (Normalisation::by_grey_value(&set), Normalisation::by_sample(&set, 2));
        let pairs = exact.mean.iter().zip(&summed.mean).chain(exact.deviation.iter().zip(&summed.deviation));
        for (a, b) in pairs {
            // 1000 samples' sums, each of two rounded terms of order 1.
            assert!((a - b).abs() <= 1000.0 * f64::EPSILON, "{a} {b}");
        }
    }

    #[test]
    fn a_normalised_set_has_mean_0_and_deviation_1() {
        let set = set((0..400_u32).map(|i| (i * i % 251) as u8).collect());
        let measured = Normalisation::measure(&set).unwrap();
        let all: Vec<usize> = (0..set.len()).collect();
        let batch = Batch::<f64>::gather(&set, &all, &measured).unwrap();
        for channel in 0..2 {
            let values: Vec<f64> = batch
                .inputs
                .rows()
                .into_iter()
                .flat_map(|row| [row[2 * channel], row[2 * channel + 1]])
                .collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let square = values.iter().map(|x| x * x).sum::<f64>() / values.len() as f64;
            // Sums of 200 terms of order 1: at most about 200 roundings.
            assert!(mean.abs() < 200.0 * f64::EPSILON && (square - 1.0).abs() < 400.0 * f64::EPSILON);
        }
    }

    #[test]
    fn what_cannot_be_divided_by_is_refused() {
        let constant = Normalisation::measure(&set(vec![0, 255, 51, 51, 255, 0, 51, 51])).unwrap_err();
        assert!(constant.to_string().contains("channel 1 of two channels"), "{constant}");
        assert!(Normalisation::measure(&set(vec![])).unwrap_err().to_string().contains("is empty"));
        let set = set(vec![1, 2, 3, 4]);
        let gather = |mean: &[f64], deviation: &[f64]| {
            Batch::<f32>::gather(
                &set,
                &[0],
                &Normalisation { mean: mean.to_vec(), deviation: deviation.to_vec() },
            )
        };
        assert!(gather(&[0.0, 0.0], &[1.0, 1.0]).is_ok());
        for (mean, deviation) in [
            (&[0.0][..], &[1.0][..]),
            (&[0.0, f64::NAN], &[1.0, 1.0]),
            (&[0.0, 0.0], &[1.0, f64::INFINITY]),
            (&[0.0, 0.0], &[1.0, 0.0]),
            (&[0.0, 0.0], &[1.0, -1.0]),
        ] {
            assert!(gather(mean, deviation).is_err(), "{mean:?} {deviation:?}");
        }
    }
}
