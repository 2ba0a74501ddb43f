//! A batch: samples as reals in buffers of the caller.

use fenchel_random::Seed;
use ndarray::Array2;

use crate::{Augmentation, Dataset, Element, Error, Normalisation, Result};

/// Samples as reals with their labels, ready for a model.
///
/// The buffers are reused from batch to batch: in a steady loop nothing is allocated, also when the last batch is
/// smaller.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch<A: Element = f32> {
    /// B x (channels x height x width), each row flattened in that order.
    pub inputs: Array2<A>,
    /// The label of each row.
    pub labels: Vec<usize>,
    /// The index of each row's sample in the set.
    pub indices: Vec<usize>,
}

impl<A: Element> Batch<A> {
    /// The samples of `set` at `indices` as one batch, normalised.
    ///
    /// # Errors
    /// If an index is past the end, or the normalisation does not fit the set.
    ///
    /// ```
    /// use fenchel_datasets::{Batch, Dataset, Normalisation, glyphs};
    /// use fenchel_random::Seed;
    ///
    /// let set = glyphs::generate(Seed::new(0), 50, 0).train;
    /// let probe = Batch::<f64>::gather(&set, &[40, 7], &Normalisation::identity(1))?;
    /// assert_eq!(probe.labels, [set.label(40), set.label(7)]);
    /// # Ok::<(), fenchel_datasets::Error>(())
    /// ```
    pub fn gather(set: &dyn Dataset, indices: &[usize], normalisation: &Normalisation) -> Result<Self> {
        if let Some(&i) = indices.iter().find(|&&i| i >= set.len()) {
            return Err(Error::argument("indices", format!("{i} is past the {} samples", set.len())));
        }
        normalisation.check(set.shape(), set.name())?;
        let mut batch = Self::default();
        batch.fill(set, indices, normalisation, None);
        Ok(batch)
    }

    /// The number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether the batch holds no sample, as before it is first filled.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Replaces the contents by the samples of `set` at `indices`, varied, then normalised.
    pub(crate) fn fill(
        &mut self,
        set: &dyn Dataset,
        indices: &[usize],
        normalisation: &Normalisation,
        augmentation: Option<(Augmentation, Seed)>,
    ) {
        let shape = set.shape();
        let features = shape.features();
        if self.inputs.dim() != (indices.len(), features) {
            // An array cannot change its size, but its vector can: within the capacity nothing is allocated.
            let mut reals = std::mem::take(&mut self.inputs).into_raw_vec_and_offset().0;
            reals.resize(indices.len() * features, A::zero());
            self.inputs = Array2::from_shape_vec((indices.len(), features), reals)
                .expect("the vector was resized to the shape");
        }
        self.indices.clear();
        self.indices.extend_from_slice(indices);
        self.labels.clear();
        self.labels.extend(indices.iter().map(|&i| set.label(i)));
        for (mut row, &i) in self.inputs.rows_mut().into_iter().zip(indices) {
            let row = row.as_slice_mut().expect("rows of a standard-layout array are contiguous");
            A::write_sample(set, i, row);
            if let Some((augmentation, seed)) = augmentation {
                augmentation.apply(seed.index(i as u64), shape, row);
            }
            normalisation.apply(shape, row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glyphs;

    #[test]
    fn gathering_past_the_end_is_refused() {
        let set = glyphs::generate(Seed::new(1), 3, 0).train;
        let identity = Normalisation::identity(1);
        assert_eq!(Batch::<f32>::gather(&set, &[2, 2, 0], &identity).unwrap().indices, [2, 2, 0]);
        assert!(Batch::<f32>::gather(&set, &[3], &identity).is_err());
    }
}
