//! Buffers that layers share from one use to the next.

use std::any::Any;

/// One buffer of every type that was asked for, whoever asks: what it holds lasts no longer than one call of a layer.
/// A layer that needs a buffer across calls of others takes it out and puts it back.
#[derive(Default)]
pub(crate) struct Scratch {
    buffers: Vec<Box<dyn Any + Send>>,
}

impl Scratch {
    /// The buffer of this type.
    pub(crate) fn get<B: Any + Default + Send>(&mut self) -> &mut B {
        let place = self.buffers.iter().position(|buffer| buffer.is::<B>()).unwrap_or_else(|| {
            self.buffers.push(Box::<B>::default());
            self.buffers.len() - 1
        });
        self.buffers[place].downcast_mut().expect("found by its type")
    }
}

/// A copy has buffers of its own.
impl Clone for Scratch {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl std::fmt::Debug for Scratch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scratch").field("buffers", &self.buffers.len()).finish()
    }
}

/// A layer's weights in the order in which its backward passes read them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prepared<T> {
    pub(crate) weights: Vec<T>,
    /// For cotangents in a list; empty until one comes.
    pub(crate) by_entry: Vec<T>,
}

/// What a layer works with on the way back.
pub(crate) struct Tools<'a, T> {
    pub(crate) prepared: &'a mut Prepared<T>,
    pub(crate) scratch: &'a mut Scratch,
}

impl<T> Tools<'_, T> {
    /// The same for one of several uses.
    pub(crate) fn again(&mut self) -> Tools<'_, T> {
        Tools { prepared: self.prepared, scratch: self.scratch }
    }
}
