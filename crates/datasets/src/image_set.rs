//! Images in memory, one byte a pixel.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::{Dataset, Error, ImageShape, Result};

/// Where a set came from, as a manifest records it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Provenance {
    /// Read from files: the name of each and the SHA-256 of its decompressed contents.
    Files(Vec<(String, String)>),
    /// Made by a generator of this crate from a seed.
    Generated {
        /// The generator and its version, such as `glyphs 1`.
        generator: String,
        /// The value of the seed.
        seed: u64,
    },
    /// Handed over by the caller.
    Given,
}

/// A training set and a test set that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// The samples to train on.
    pub train: ImageSet,
    /// The samples to judge by, never trained on.
    pub test: ImageSet,
}

/// A set of images of one shape, as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageSet {
    name: String,
    shape: ImageShape,
    classes: Vec<String>,
    pixels: Vec<u8>,
    labels: Vec<u8>,
    provenance: Provenance,
}

impl ImageSet {
    /// A set of the images in `pixels`, one after the other, each in the order channels, rows, columns.
    ///
    /// # Errors
    /// If the shape is empty, if `pixels` is not `labels.len()` whole images, or if a label names no class.
    pub fn new(
        name: impl Into<String>,
        shape: ImageShape,
        classes: Vec<String>,
        pixels: Vec<u8>,
        labels: Vec<u8>,
        provenance: Provenance,
    ) -> Result<Self> {
        let features = shape.channels.checked_mul(shape.height).and_then(|n| n.checked_mul(shape.width));
        let Some(features) = features.filter(|&n| n > 0) else {
            return Err(Error::argument("shape", format!("{shape} has no pixels, or too many to count")));
        };
        if labels.len().checked_mul(features) != Some(pixels.len()) {
            return Err(Error::argument(
                "pixels",
                format!("{} bytes are not {} images of {features} pixels", pixels.len(), labels.len()),
            ));
        }
        if let Some(i) = labels.iter().position(|&label| usize::from(label) >= classes.len()) {
            return Err(Error::argument(
                "labels",
                format!(
                    "label {} of sample {i} is not below the number of classes, {}",
                    labels[i],
                    classes.len()
                ),
            ));
        }
        Ok(Self { name: name.into(), shape, classes, pixels, labels, provenance })
    }

    /// The pixels of image `i`: channels, rows, columns; 0 is background, 255 is foreground.
    #[must_use]
    pub fn image(&self, i: usize) -> &[u8] {
        let features = self.shape.features();
        &self.pixels[i * features..(i + 1) * features]
    }

    /// All pixels, image after image.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// All labels.
    #[must_use]
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// Where the set came from.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The images at `indices`, in that order; an index may come more than once.
    ///
    /// # Errors
    /// If an index is past the end.
    pub fn subset(&self, indices: &[usize]) -> Result<Self> {
        if let Some(&i) = indices.iter().find(|&&i| i >= self.labels.len()) {
            return Err(Error::argument("indices", format!("{i} is past the {} samples", self.labels.len())));
        }
        let mut pixels = Vec::with_capacity(indices.len() * self.shape.features());
        for &i in indices {
            pixels.extend_from_slice(self.image(i));
        }
        let labels = indices.iter().map(|&i| self.labels[i]).collect();
        Ok(Self { pixels, labels, ..self.without_images() })
    }

    /// The first `n` images.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn take(&self, n: usize) -> Result<Self> {
        if n > self.labels.len() {
            return Err(Error::argument(
                "n",
                format!("{n} images asked of the {} there are", self.labels.len()),
            ));
        }
        let pixels = self.pixels[..n * self.shape.features()].to_vec();
        Ok(Self { pixels, labels: self.labels[..n].to_vec(), ..self.without_images() })
    }

    fn without_images(&self) -> Self {
        Self {
            name: self.name.clone(),
            shape: self.shape,
            classes: self.classes.clone(),
            pixels: Vec::new(),
            labels: Vec::new(),
            provenance: self.provenance.clone(),
        }
    }
}

impl Dataset for ImageSet {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn shape(&self) -> ImageShape {
        self.shape
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn label(&self, i: usize) -> usize {
        usize::from(self.labels[i])
    }

    fn write_sample(&self, i: usize, out: &mut [f32]) {
        let image = self.image(i);
        assert_eq!(out.len(), image.len(), "a sample has {} reals", image.len());
        for (real, &byte) in out.iter_mut().zip(image) {
            // Division, not multiplication by 1/255: 255 must become exactly 1.
            *real = f32::from(byte) / 255.0;
        }
    }

    fn write_sample_f64(&self, i: usize, out: &mut [f64]) {
        let image = self.image(i);
        assert_eq!(out.len(), image.len(), "a sample has {} reals", image.len());
        for (real, &byte) in out.iter_mut().zip(image) {
            *real = f64::from(byte) / 255.0;
        }
    }

    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for extent in [self.shape.channels, self.shape.height, self.shape.width, self.labels.len()] {
            hash.update((extent as u64).to_le_bytes());
        }
        hash.update(&self.labels);
        hash.update(&self.pixels);
        hexadecimal(&hash.finalize())
    }

    fn as_images(&self) -> Option<&ImageSet> {
        Some(self)
    }
}

/// Bytes as lower-case hexadecimal digits, as checksums are published.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // Writing to a string cannot fail.
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> ImageSet {
        let classes = vec!["no".to_owned(), "yes".to_owned()];
        let pixels = (0..12).map(|i| i * 20).collect();
        ImageSet::new("small", ImageShape::grey(2, 2), classes, pixels, vec![0, 1, 1], Provenance::Given)
            .unwrap()
    }

    #[test]
    fn subset_and_take_keep_images_with_their_labels() {
        let set = small();
        let subset = set.subset(&[2, 0, 2]).unwrap();
        assert_eq!(subset.labels(), [1, 0, 1]);
        assert_eq!(subset.image(0), set.image(2));
        assert_eq!(subset.image(1), set.image(0));
        assert_eq!(set.take(2).unwrap(), set.subset(&[0, 1]).unwrap());
        assert!(set.take(4).unwrap_err().to_string().contains("4 images asked of the 3"));
        assert!(set.subset(&[3]).unwrap_err().to_string().contains("3 is past the 3 samples"));
    }

    #[test]
    fn wrong_parts_are_refused() {
        let class = || vec!["only".to_owned()];
        let shape = ImageShape::grey(2, 2);
        let refused = |shape, pixels, labels| {
            ImageSet::new("x", shape, class(), pixels, labels, Provenance::Given).unwrap_err().to_string()
        };
        assert!(refused(shape, vec![0; 7], vec![0, 0]).contains("7 bytes are not 2 images of 4 pixels"));
        assert!(refused(shape, vec![0; 8], vec![0, 1]).contains("label 1 of sample 1"));
        assert!(refused(ImageShape::grey(0, 2), vec![], vec![0]).contains("has no pixels"));
        assert!(refused(ImageShape::grey(usize::MAX, 2), vec![], vec![0]).contains("too many to count"));
    }

    #[test]
    fn samples_reach_exactly_one_and_both_precisions_agree() {
        let mut set = small();
        set.pixels[3] = 255;
        let (mut single, mut double) = ([0.0; 4], [0.0; 4]);
        set.write_sample(0, &mut single);
        set.write_sample_f64(0, &mut double);
        assert_eq!(single[3], 1.0);
        for (s, d) in single.iter().zip(double) {
            assert_eq!(*s, d as f32);
        }
    }

    #[test]
    fn the_fingerprint_sees_every_part() {
        let set = small();
        let mut pixel = set.clone();
        pixel.pixels[11] ^= 1;
        let mut label = set.clone();
        label.labels[0] = 1;
        let mut shape = set.clone();
        shape.shape = ImageShape::grey(1, 4);
        let prints = [set.fingerprint(), pixel.fingerprint(), label.fingerprint(), shape.fingerprint()];
        for (i, print) in prints.iter().enumerate() {
            assert_eq!(print.len(), 64);
            assert!(!prints[..i].contains(print));
        }
    }
}
