//! Labelled vectors in memory, in double precision.

use ndarray::Array2;
use sha2::{Digest, Sha256};

use crate::image_set::hexadecimal;
use crate::{Dataset, Error, ImageShape, Result};

/// Labelled vectors in double precision.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorSet {
    name: String,
    classes: Vec<String>,
    inputs: Array2<f64>,
    labels: Vec<usize>,
}

impl VectorSet {
    /// The rows of `inputs` with their labels.
    ///
    /// # Errors
    /// If there is not one label for each row, a label names no class, a row is empty, or an input is not finite.
    pub fn new(
        name: impl Into<String>,
        classes: Vec<String>,
        inputs: Array2<f64>,
        labels: Vec<usize>,
    ) -> Result<Self> {
        if inputs.nrows() != labels.len() || inputs.ncols() == 0 {
            return Err(Error::argument(
                "inputs",
                format!("{:?} reals for {} labels", inputs.dim(), labels.len()),
            ));
        }
        if let Some(label) = labels.iter().find(|&&label| label >= classes.len()) {
            return Err(Error::argument(
                "labels",
                format!("{label} names none of {} classes", classes.len()),
            ));
        }
        if let Some(((row, column), value)) = inputs.indexed_iter().find(|(_, value)| !value.is_finite()) {
            return Err(Error::argument("inputs", format!("{value} in row {row}, column {column}")));
        }
        Ok(Self { name: name.into(), classes, inputs, labels })
    }

    /// The samples, one a row.
    #[must_use]
    pub fn inputs(&self) -> &Array2<f64> {
        &self.inputs
    }
}

impl Dataset for VectorSet {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> usize {
        self.labels.len()
    }

    fn shape(&self) -> ImageShape {
        ImageShape::vector(self.inputs.ncols())
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn label(&self, i: usize) -> usize {
        self.labels[i]
    }

    fn write_sample(&self, i: usize, out: &mut [f32]) {
        let row = self.inputs.row(i);
        assert_eq!(out.len(), row.len(), "a sample has {} reals", row.len());
        out.iter_mut().zip(row).for_each(|(real, &x)| *real = x as f32);
    }

    fn write_sample_f64(&self, i: usize, out: &mut [f64]) {
        let row = self.inputs.row(i);
        assert_eq!(out.len(), row.len(), "a sample has {} reals", row.len());
        out.iter_mut().zip(row).for_each(|(real, &x)| *real = x);
    }

    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for extent in [self.inputs.nrows(), self.inputs.ncols()] {
            hash.update((extent as u64).to_le_bytes());
        }
        self.labels.iter().for_each(|&label| hash.update((label as u64).to_le_bytes()));
        self.inputs.iter().for_each(|x| hash.update(x.to_le_bytes()));
        hexadecimal(&hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_parts_are_refused() {
        let classes = vec!["only".to_owned()];
        let nan = Array2::from_elem((1, 2), f64::NAN);
        let error = VectorSet::new("nan", classes.clone(), nan, vec![0]).unwrap_err().to_string();
        assert!(error.contains("NaN in row 0, column 0"), "{error}");
        assert!(VectorSet::new("x", classes, Array2::zeros((1, 2)), vec![1]).is_err());
    }

    #[test]
    fn both_precisions_write_the_same_vectors() {
        let inputs = Array2::from_shape_fn((4, 3), |(i, j)| (i as f64 + 0.1).sqrt() - j as f64);
        let set = VectorSet::new("x", vec!["only".to_owned()], inputs, vec![0; 4]).unwrap();
        let (mut single, mut double) = ([0.0; 3], [0.0; 3]);
        set.write_sample(2, &mut single);
        set.write_sample_f64(2, &mut double);
        assert_eq!(double.to_vec(), set.inputs().row(2).to_vec());
        assert_eq!(single, double.map(|x| x as f32));
        assert_eq!(set.fingerprint().len(), 64);
    }
}
