//! What an optimiser remembers between steps.

use fenchel_tensor::Real;

use crate::NnError;

/// The memory of an optimiser: how many updates it made, and vectors as long as the parameters.
///
/// The vectors are empty before the first step. The same state, parameters and gradients give the same bits, so a checkpoint needs nothing else.
#[derive(Clone, Debug, PartialEq)]
pub struct State<T> {
    /// How many updates were made.
    pub updates: u64,
    buffers: Vec<(&'static str, Vec<T>)>,
}

impl<T: Real> State<T> {
    /// A state without updates, with empty vectors of these names.
    pub(super) fn new(names: &[&'static str]) -> Self {
        Self { updates: 0, buffers: names.iter().map(|&name| (name, Vec::new())).collect() }
    }

    /// The vectors with their names.
    pub fn buffers(&self) -> impl Iterator<Item = (&'static str, &[T])> {
        self.buffers.iter().map(|(name, values)| (*name, values.as_slice()))
    }

    /// Takes over the vector called `name`; it is empty before the first step.
    ///
    /// # Errors
    /// If the optimiser has no vector of this name: the state is another rule's.
    pub fn restore(&mut self, name: &str, values: Vec<T>) -> Result<(), NnError> {
        let Some((_, buffer)) = self.buffers.iter_mut().find(|(known, _)| *known == name) else {
            return Err(NnError::OptimiserState { name: name.to_owned() });
        };
        *buffer = values;
        Ok(())
    }

    /// Counts an update and returns the vectors, grown to `len` zeros at the first.
    pub(super) fn update<const N: usize>(&mut self, len: usize) -> (u64, [&mut [T]; N]) {
        self.updates += 1;
        for (_, buffer) in &mut self.buffers {
            buffer.resize(len, T::zero());
        }
        let mut vectors = self.buffers.iter_mut().map(|(_, values)| values.as_mut_slice());
        (self.updates, std::array::from_fn(|_| vectors.next().expect("one vector for every name")))
    }
}
