//! What a running cell may ask of the run: what the caller gave it, shared inputs, and a place to say how far it is.

use crate::error::Failure;
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

type SharedValue = Arc<Mutex<Option<Arc<dyn Any + Send + Sync>>>>;

/// A value that the caller hands to the cells of a run, where their inputs are for example: the harness passes it on
/// and does not look at it.
#[derive(Clone, Default)]
pub struct Given(Option<Arc<dyn Any + Send + Sync>>);

impl Given {
    /// This value.
    pub fn new<T: Any + Send + Sync>(value: T) -> Self {
        Self(Some(Arc::new(value)))
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Given(..)" } else { "Given()" })
    }
}

/// What all cells of a run share.
#[derive(Default)]
pub struct Inputs {
    given: Given,
    shared: Mutex<HashMap<String, SharedValue>>,
    checksums: Mutex<BTreeMap<String, String>>,
}

impl Inputs {
    /// The inputs of a run to which the caller gives a value.
    #[must_use]
    pub fn new(given: Given) -> Self {
        Self { given, ..Self::default() }
    }

    /// The checksums that cells noted, by file.
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

    /// What the caller gave, if it is of this type.
    #[must_use]
    pub fn given<T: Any>(&self) -> Option<&T> {
        self.inputs.given.0.as_deref()?.downcast_ref()
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

    /// A value that several cells need, such as a loaded file: made once, by whoever comes first.
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

    /// Notes the checksum of a file that was read, for the manifest.
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
        assert_eq!(context.given::<u32>(), None);
        let given = Inputs::new(Given::new(3_u32));
        let other = Context::new(&given, &fraction);
        assert_eq!((other.given::<u32>(), other.given::<u64>()), (Some(&3), None));
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
