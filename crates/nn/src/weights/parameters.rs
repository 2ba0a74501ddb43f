//! A network's numbers, out of named tensors and into them: the flat parameter vector, and the constants of its layers.

use std::path::Path;

use fenchel_tensor::{Constants, ParameterLayout, Real, Role, Slot, Tape};

use super::{Tensors, WeightsError};

/// Reads a network's parameters from a file that holds exactly these and the tape's constants, safetensors or npz.
///
/// # Errors
/// As for [`Tensors::read`] and [`Tensors::network`].
pub fn read<T: Real>(path: &Path, tape: &Tape) -> Result<Vec<T>, WeightsError> {
    Tensors::read(path)?.network(tape)
}

/// Writes a network's parameters and constants, whole or not at all: as npz if the name ends in `.npz`, as safetensors
/// otherwise.
///
/// # Errors
/// If `parameters` is not as long as the layout says, or the operating system refuses.
pub fn write<T: Real>(path: &Path, tape: &Tape, parameters: &[T]) -> Result<(), WeightsError> {
    let mut tensors = Tensors::new();
    tensors.insert_network(tape, parameters)?;
    tensors.write(path)
}

impl Tensors {
    /// Adds one tensor for each of a network's parameter tensors, and one for each of its constants.
    ///
    /// # Errors
    /// If `parameters` is not as long as the layout says.
    pub fn insert_network<T: Real>(&mut self, tape: &Tape, parameters: &[T]) -> Result<(), WeightsError> {
        for (name, values) in tape.constants().iter() {
            self.insert(name, &[values.len()], values)?;
        }
        self.insert_parameters("", tape.parameters(), parameters)
    }

    /// Adds one tensor for each of a model's, called `prefix` and its name: what optimisers keep of the same layout gets a
    /// prefix of its own.
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

    /// The constants that a tape's layers hold, as these tensors have them: to build the network again with
    /// [`TapeBuilder::with_constants`](fenchel_tensor::TapeBuilder::with_constants), as
    /// [`Description::load`](crate::description::Description::load) does.
    ///
    /// # Errors
    /// If tensors of the network are missing, or others are there; if a constant has another shape, holds no floats, or
    /// numbers that are not finite.
    pub fn constants(&self, tape: &Tape) -> Result<Constants, WeightsError> {
        self.check_network_names(tape)?;
        let mut constants = Constants::new();
        for (name, values) in tape.constants().iter() {
            constants.insert(name, self.floats::<f64>(name, &[values.len()])?);
        }
        Ok(constants)
    }

    /// The flat parameter vector of a network: each tensor of its layout and each of its constants once, of its shape,
    /// finite, and no other but the `num_batches_tracked` of a batch normalisation, which is of no use here. Trained
    /// values, as position tokens, may lack the first axis of one.
    ///
    /// # Errors
    /// If tensors are missing or unknown, have another shape, hold no floats, or numbers that are not finite in `T`; if
    /// a constant is not the tape's.
    pub fn network<T: Real>(&self, tape: &Tape) -> Result<Vec<T>, WeightsError> {
        self.check_network_names(tape)?;
        for (name, values) in tape.constants().iter() {
            if self.floats::<f64>(name, &[values.len()])? != values {
                return Err(WeightsError::Constant { path: self.path.clone(), tensor: name.to_owned() });
            }
        }
        self.flat("", tape.parameters())
    }

    /// The vector of a layout from the tensors whose names begin with `prefix`: each once, of its shape, finite, and no
    /// other.
    ///
    /// # Errors
    /// If tensors are missing or unknown, have another shape, hold no floats, or numbers that are not finite in `T`.
    pub fn parameters<T: Real>(
        &self,
        prefix: &str,
        layout: &ParameterLayout,
    ) -> Result<Vec<T>, WeightsError> {
        self.check_names(tensors_of(prefix, layout), |name| {
            name.strip_prefix(prefix).is_none_or(|name| layout.find(name).is_some())
        })?;
        self.flat(prefix, layout)
    }

    fn check_network_names(&self, tape: &Tape) -> Result<(), WeightsError> {
        let (layout, constants) = (tape.parameters(), tape.constants());
        let held = constants.iter().map(|(name, values)| (name.to_owned(), vec![values.len()]));
        let counts_batches = |name: &str| {
            name.strip_suffix("num_batches_tracked")
                .is_some_and(|layer| constants.get(&format!("{layer}running_mean")).is_some())
        };
        self.check_names(tensors_of("", layout).chain(held), |name| {
            layout.find(name).is_some() || constants.get(name).is_some() || counts_batches(name)
        })
    }

    /// Refuses tensors that are missing, and those that are unknown.
    fn check_names(
        &self,
        needed: impl Iterator<Item = (String, Vec<usize>)>,
        is_known: impl Fn(&str) -> bool,
    ) -> Result<(), WeightsError> {
        let with_shape = |name: &str, shape: &[usize]| format!("`{name}` {shape:?}");
        let absent: Vec<(String, Vec<usize>)> = needed.filter(|(name, _)| self.get(name).is_none()).collect();
        let prefix = self.common_prefix(&absent);
        let missing: Vec<String> = absent.iter().map(|(name, shape)| with_shape(name, shape)).collect();
        let strangers = self.tensors.iter().filter(|(name, _)| !is_known(name));
        let unexpected: Vec<String> =
            strangers.map(|(name, tensor)| with_shape(name, &tensor.shape)).collect();
        if missing.is_empty() && unexpected.is_empty() {
            return Ok(());
        }
        Err(WeightsError::Names { path: self.path.clone(), missing, unexpected, prefix })
    }

    /// What stands before the name of every tensor of this file, if the rest are the names that are missing.
    fn common_prefix(&self, absent: &[(String, Vec<usize>)]) -> Option<Box<str>> {
        let (first, _) = absent.first()?;
        let mut prefixes = self.names().filter_map(|name| name.strip_suffix(first.as_str()));
        prefixes
            .find(|prefix| {
                !prefix.is_empty()
                    && self.names().all(|name| name.starts_with(prefix))
                    && absent.iter().all(|(name, _)| self.get(&format!("{prefix}{name}")).is_some())
            })
            .map(Into::into)
    }

    /// The same tensors under what is left of their names when `prefix` is taken off: `module.` or `_orig_mod.`, which
    /// wrappers put before every name.
    ///
    /// # Errors
    /// If a name does not begin with it.
    pub fn without_prefix(self, prefix: &str) -> Result<Self, WeightsError> {
        let Self { path, tensors } = self;
        let renamed = tensors.into_iter().map(|(name, tensor)| match name.strip_prefix(prefix) {
            Some(rest) => Ok((rest.to_owned(), tensor)),
            None => Err(WeightsError::Prefix { path: path.clone(), tensor: name, prefix: prefix.to_owned() }),
        });
        let tensors = renamed.collect::<Result<_, _>>()?;
        Ok(Self { path, tensors })
    }

    /// The tensors of a layout one after the other.
    fn flat<T: Real>(&self, prefix: &str, layout: &ParameterLayout) -> Result<Vec<T>, WeightsError> {
        // No more room than there are numbers: a description of a few bytes may ask for any number of them.
        let held = self.tensors.values().map(|tensor| tensor.values.len()).sum();
        let mut parameters = Vec::with_capacity(layout.len().min(held));
        for slot in layout.slots() {
            let name = format!("{prefix}{}", slot.name);
            // Position tokens are stored with and without the axis of the batch.
            let held = self.get(&name).map_or(&slot.shape[..], |tensor| &tensor.shape);
            let alike = slot.role == Role::Value && without_ones(held) == without_ones(&slot.shape);
            parameters.extend(self.floats::<T>(&name, if alike { held } else { &slot.shape })?);
        }
        Ok(parameters)
    }
}

/// A shape without its first axes of one.
fn without_ones(shape: &[usize]) -> &[usize] {
    &shape[shape.iter().take_while(|&&size| size == 1).count()..]
}

/// The name in a file and the shape of every tensor of a layout.
fn tensors_of(prefix: &str, layout: &ParameterLayout) -> impl Iterator<Item = (String, Vec<usize>)> {
    layout.slots().iter().map(move |Slot { name, shape, .. }| (format!("{prefix}{name}"), shape.clone()))
}
