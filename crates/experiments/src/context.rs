//! What a running cell may ask of the run: the data folder, shared inputs, and a place to say how far it is.

use crate::error::Failure;
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type SharedValue = Arc<Mutex<Option<Arc<dyn Any + Send + Sync>>>>;

/// What all cells of a run share.
#[derive(Default)]
pub struct Inputs {
    data_dir: Option<PathBuf>,
    shared: Mutex<HashMap<String, SharedValue>>,
    checksums: Mutex<BTreeMap<String, String>>,
}

impl Inputs {
    /// Inputs whose data files lie in `data_dir`, or wherever each data set looks by default.
    #[must_use]
    pub fn new(data_dir: Option<PathBuf>) -> Self {
        Self { data_dir, ..Self::default() }
    }

    /// The checksums that cells noted, by data file.
    #[must_use]
    pub fn checksums(&self) -> BTreeMap<String, String> {
        self.checksums.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A cell's view of the run.
pub struct Context<'a> {
    inputs: &'a Inputs,
    /// The finished share of the cell, as the bits of an f64.
    fraction: &'a AtomicU64,
    /// Where this part of the cell begins and how much of the cell it is.
    part: (f64, f64),
}

impl<'a> Context<'a> {
    /// A context over `inputs` that writes the cell's progress into `fraction`.
    #[must_use]
    pub fn new(inputs: &'a Inputs, fraction: &'a AtomicU64) -> Self {
        Self { inputs, fraction, part: (0.0, 1.0) }
    }

    /// The folder that `--data-dir` named.
    #[must_use]
    pub fn data_dir(&self) -> Option<&Path> {
        self.inputs.data_dir.as_deref()
    }

    /// Says that `done` of `total` parts of the cell are finished; cheap enough to call at every step.
    pub fn progress(&self, done: usize, total: usize) {
        let fraction = if total == 0 { 0.0 } else { (done as f64 / total as f64).clamp(0.0, 1.0) };
        let (start, length) = self.part;
        self.fraction.store((start + length * fraction).to_bits(), Ordering::Relaxed);
    }

    /// The view of one part of the cell, `length` of `total` after the first `done`: its own progress runs from 0 to 1.
    #[must_use]
    pub fn part(&self, done: usize, length: usize, total: usize) -> Self {
        let (start, whole) = self.part;
        let share = |count: usize| whole * count as f64 / total.max(1) as f64;
        Self { part: (start + share(done), share(length)), ..*self }
    }

    /// A value that several cells need, such as a loaded data set: made once, by whoever comes first.
    ///
    /// `make` must not depend on the cell. Other cells that ask for the same `key` wait for it, so do not call
    /// this inside a parallel loop.
    ///
    /// # Errors
    /// Whatever `make` returns (the next caller tries again), or that `key` names a value of another type.
    pub fn shared<T: Any + Send + Sync>(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<Arc<T>, Failure> {
        let slot = {
            let mut shared = self.inputs.shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.entry(key.to_owned()).or_default().clone()
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if slot.is_none() {
            *slot = Some(Arc::new(make()?));
        }
        let value = slot.clone().expect("filled in the line above");
        value.downcast::<T>().map_err(|_| format!("the shared value `{key}` is of another type").into())
    }

    /// Notes the checksum of a data file for the manifest.
    pub fn note_checksum(&self, file: &str, checksum: &str) {
        let mut checksums = self.inputs.checksums.lock().unwrap_or_else(PoisonError::into_inner);
        checksums.insert(file.to_owned(), checksum.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_values_are_made_once_and_errors_are_not_kept() {
        let inputs = Inputs::default();
        let fraction = AtomicU64::new(0);
        let context = Context::new(&inputs, &fraction);
        assert!(context.shared::<u32>("a", || Err("not yet".into())).is_err());
        assert_eq!(*context.shared("a", || Ok(7_u32)).unwrap(), 7);
        assert_eq!(*context.shared::<u32>("a", || panic!("made twice")).unwrap(), 7);
        assert!(context.shared::<String>("a", || Ok(String::new())).is_err());
        context.progress(1, 4);
        let said = || f64::from_bits(fraction.load(Ordering::Relaxed));
        assert_eq!(said(), 0.25);
        context.part(1, 2, 4).progress(1, 2);
        assert_eq!(said(), 0.5);
        context.part(1, 2, 4).part(1, 1, 2).progress(1, 1);
        assert_eq!(said(), 0.75);
    }
}
