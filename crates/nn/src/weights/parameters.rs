//! A model's flat parameter vector, out of named tensors and into them.

use std::path::Path;

use fenchel_tensor::{ParameterLayout, Real, Slot};

use super::{Tensors, WeightsError};

/// Reads a model's parameters from a file that holds exactly these, safetensors or npz.
///
/// # Errors
/// As for [`Tensors::read`] and [`Tensors::parameters`].
pub fn read<T: Real>(path: &Path, layout: &ParameterLayout) -> Result<Vec<T>, WeightsError> {
    Tensors::read(path)?.parameters("", layout)
}

/// Writes a model's parameters, whole or not at all: as npz if the name ends in `.npz`, as safetensors otherwise.
///
/// # Errors
/// If `parameters` is not as long as the layout says, or the operating system refuses.
pub fn write<T: Real>(path: &Path, layout: &ParameterLayout, parameters: &[T]) -> Result<(), WeightsError> {
    let mut tensors = Tensors::new();
    tensors.insert_parameters("", layout, parameters)?;
    tensors.write(path)
}

impl Tensors {
    /// Adds one tensor for each of a model's, called `prefix` and its name; optimiser states of the same layout get a
    /// prefix of their own.
    ///
    /// # Errors
    /// If `parameters` is not as long as the layout says.
    pub fn insert_parameters<T: Real>(
        &mut self,
        prefix: &str,
        layout: &ParameterLayout,
        parameters: &[T],
    ) -> Result<(), WeightsError> {
        if parameters.len() != layout.len() {
            return Err(WeightsError::Count {
                tensor: format!("{prefix}parameters"),
                got: parameters.len(),
                shape: vec![layout.len()],
                needs: layout.len(),
            });
        }
        for slot in layout.slots() {
            let values = &parameters[slot.range.clone()];
            self.insert(&format!("{prefix}{}", slot.name), &slot.shape, values)?;
        }
        Ok(())
    }

    /// The flat parameter vector of a model, from the tensors whose names begin with `prefix`: each tensor of the layout
    /// once, of its shape, finite, and no other.
    ///
    /// # Errors
    /// If tensors are missing or unknown, have another shape, hold no floats, or numbers that are not finite in `T`.
    pub fn parameters<T: Real>(
        &self,
        prefix: &str,
        layout: &ParameterLayout,
    ) -> Result<Vec<T>, WeightsError> {
        let with_shape = |name: &str, shape: &[usize]| format!("`{name}` {shape:?}");
        let needed = |slot: &Slot| format!("{prefix}{}", slot.name);
        let absent = layout.slots().iter().filter(|slot| self.get(&needed(slot)).is_none());
        let missing: Vec<String> = absent.map(|slot| with_shape(&needed(slot), &slot.shape)).collect();
        let strangers = self
            .tensors
            .iter()
            .filter(|(name, _)| name.strip_prefix(prefix).is_some_and(|name| layout.find(name).is_none()));
        let unexpected: Vec<String> =
            strangers.map(|(name, tensor)| with_shape(name, &tensor.shape)).collect();
        if !missing.is_empty() || !unexpected.is_empty() {
            return Err(WeightsError::Names { path: self.path.clone(), missing, unexpected });
        }
        let mut parameters = Vec::with_capacity(layout.len());
        for slot in layout.slots() {
            parameters.extend(self.floats::<T>(&needed(slot), &slot.shape)?);
        }
        Ok(parameters)
    }
}
