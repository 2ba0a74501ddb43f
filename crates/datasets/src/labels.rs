//! Labels: how many there are of each, and the same set with other ones.

use fenchel_random::Seed;

use crate::{Dataset, Error, ImageSet, Result};

/// The number of samples of each class, in label order.
///
/// ```
/// use fenchel_datasets::{glyphs, label_histogram};
/// use fenchel_random::Seed;
///
/// let counts = label_histogram(&glyphs::generate(Seed::new(0), 500, 0).train);
/// assert_eq!((counts.len(), counts.iter().sum::<usize>()), (10, 500));
/// ```
#[must_use]
pub fn label_histogram(set: &dyn Dataset) -> Vec<usize> {
    let mut counts = vec![0; set.classes().len()];
    for i in 0..set.len() {
        counts[set.label(i)] += 1;
    }
    counts
}

/// For each sample a label that is wrong, uniform over the other classes; a function of (seed, index).
///
/// # Errors
/// If there are fewer than two classes.
///
/// ```
/// use fenchel_datasets::{Dataset, glyphs, wrong_labels};
/// use fenchel_random::Seed;
///
/// let set = glyphs::generate(Seed::new(0), 50, 0).train;
/// let wrong = wrong_labels(&set, Seed::new(1))?;
/// assert!((0..50).all(|i| wrong[i] != set.label(i)));
/// # Ok::<(), fenchel_datasets::Error>(())
/// ```
pub fn wrong_labels(set: &dyn Dataset, seed: Seed) -> Result<Vec<usize>> {
    let classes = set.classes().len();
    if classes < 2 {
        return Err(Error::argument("set", format!("{} has {classes} class: no label is wrong", set.name())));
    }
    let wrong = |i: usize| {
        let other = seed.index(i as u64).stream().random_range(0..classes - 1);
        // The labels from the right one on move up by one.
        other + usize::from(other >= set.label(i))
    };
    Ok((0..set.len()).map(wrong).collect())
}

/// `round(share x n)` of `n` indices, chosen at random, ascending.
pub(crate) fn chosen(share: f64, n: usize, seed: Seed) -> Result<Vec<usize>> {
    if !(0.0..=1.0).contains(&share) {
        return Err(Error::argument("share", format!("{share} is not between 0 and 1")));
    }
    let mut indices: Vec<usize> = (0..n).collect();
    seed.stream().shuffle(&mut indices);
    indices.truncate((share * n as f64).round() as usize);
    indices.sort_unstable();
    Ok(indices)
}

impl ImageSet {
    /// The same images with other labels.
    ///
    /// # Errors
    /// If there is not one for each image, or one names no class.
    pub fn relabelled(&self, labels: &[usize]) -> Result<Self> {
        if let Some(label) = labels.iter().find(|&&label| label >= self.classes().len()) {
            return Err(Error::argument(
                "labels",
                format!("{label} names none of {} classes", self.classes().len()),
            ));
        }
        let labels = labels.iter().map(|&label| label as u8).collect();
        let classes = self.classes().to_vec();
        Self::new(
            self.name(),
            self.shape(),
            classes,
            self.pixels().to_vec(),
            labels,
            self.provenance().clone(),
        )
    }

    /// The samples of the given classes only, with the labels 0, 1, ... in the order given.
    ///
    /// # Errors
    /// If a class does not exist or comes twice.
    ///
    /// ```
    /// use fenchel_datasets::{Dataset, glyphs};
    /// use fenchel_random::Seed;
    ///
    /// let pair = glyphs::generate(Seed::new(0), 100, 0).train.restricted(&[7, 1])?;
    /// assert_eq!(pair.classes(), ["7", "1"]);
    /// # Ok::<(), fenchel_datasets::Error>(())
    /// ```
    pub fn restricted(&self, classes: &[usize]) -> Result<Self> {
        for (i, &class) in classes.iter().enumerate() {
            if class >= self.classes().len() || classes[..i].contains(&class) {
                let problem = format!("class {class} is not one of {}, or comes twice", self.classes().len());
                return Err(Error::argument("classes", problem));
            }
        }
        let new_label = |i: usize| classes.iter().position(|&class| class == self.label(i));
        let kept: Vec<usize> = (0..self.len()).filter(|&i| new_label(i).is_some()).collect();
        let labels = kept.iter().filter_map(|&i| new_label(i)).map(|label| label as u8).collect();
        let names = classes.iter().map(|&class| self.classes()[class].clone()).collect();
        let pixels = kept.iter().flat_map(|&i| self.image(i)).copied().collect();
        Self::new(self.name(), self.shape(), names, pixels, labels, self.provenance().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::glyphs;

    fn set() -> ImageSet {
        glyphs::generate(Seed::new(4), 2000, 0).train
    }

    #[test]
    fn wrong_labels_are_uniform_over_the_other_classes() {
        let set = set();
        let wrong = wrong_labels(&set, Seed::new(1)).unwrap();
        let mut steps = [0; 10];
        for (i, label) in wrong.iter().enumerate() {
            steps[(label + 10 - set.label(i)) % 10] += 1;
        }
        assert_eq!(steps[0], 0);
        // Binomial(2000, 1/9): mean 222, standard deviation 14; five of them.
        assert!(steps[1..].iter().all(|count| (152..=292).contains(count)), "{steps:?}");
        assert!(wrong_labels(&set.restricted(&[3]).unwrap(), Seed::new(1)).is_err());
    }

    #[test]
    fn relabelling_changes_the_labels_only() {
        let set = set();
        let wrong = wrong_labels(&set, Seed::new(1)).unwrap();
        let relabelled = set.relabelled(&wrong).unwrap();
        assert_eq!(relabelled.pixels(), set.pixels());
        assert!((0..set.len()).all(|i| relabelled.label(i) == wrong[i]));
        assert!(set.relabelled(&[0]).is_err());
        assert!(set.relabelled(&vec![256; set.len()]).is_err());
    }

    #[test]
    fn restriction_keeps_each_sample_of_the_classes() {
        let set = set();
        let pair = set.restricted(&[8, 3]).unwrap();
        let counts = label_histogram(&set);
        assert_eq!(label_histogram(&pair), [counts[8], counts[3]]);
        let first = (0..set.len()).find(|&i| [3, 8].contains(&set.label(i))).unwrap();
        assert_eq!(pair.image(0), set.image(first));
        assert!(set.restricted(&[3, 3]).is_err());
        assert!(set.restricted(&[10]).is_err());
    }
}
