//! Fixed numbers that are no parameters but come with them: a batch normalisation's statistics.

use std::collections::BTreeMap;

/// Vectors of fixed numbers by name, in alphabetical order: `layer.running_mean` and `layer.running_var`, one number a
/// channel.
///
/// They are given to a [`TapeBuilder`](crate::TapeBuilder::with_constants) before its layers are recorded, and a finished
/// [`Tape`](crate::Tape::constants) says which its layers hold. Always `f64`, so that either precision rounds them once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Constants(BTreeMap<String, Vec<f64>>);

impl Constants {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a vector, in place of any of that name.
    pub fn insert(&mut self, name: impl Into<String>, values: Vec<f64>) {
        self.0.insert(name.into(), values);
    }

    /// The vector of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[f64]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// Every name with its vector.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[f64])> {
        self.0.iter().map(|(name, values)| (name.as_str(), values.as_slice()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
