//! Memory for arrays that kernels stream over.

use std::ops::{Deref, DerefMut};

use crate::Real;

/// A slice that starts on a cache line and is kept from one use to the next.
///
/// A vector load that crosses the border of two cache lines costs two: from an allocation that starts anywhere every second load
/// does so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer<T> {
    numbers: Vec<T>,
    start: usize,
    len: usize,
}

/// The size of a cache line on all processors of note.
const LINE: usize = 64;

impl<T: Real> Buffer<T> {
    /// Makes the slice `len` long. What it holds then is unspecified.
    pub(crate) fn resize(&mut self, len: usize) {
        let whole = len + LINE / size_of::<T>();
        if self.numbers.len() < whole {
            self.numbers.resize(whole, T::zero());
        }
        // Asked each time, as a clone starts somewhere else. An address that cannot be aligned (under an interpreter, say) is used
        // as it is.
        self.start = self.numbers.as_ptr().align_offset(LINE).min(LINE / size_of::<T>());
        self.len = len;
    }
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.numbers[self.start..self.start + self.len]
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.numbers[self.start..self.start + self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_on_a_cache_line_and_keeps_its_length() {
        let mut buffer = Buffer::<f32>::default();
        assert!(buffer.is_empty());
        for len in [1, 17, 1000, 3] {
            buffer.resize(len);
            assert_eq!(buffer.len(), len);
            assert_eq!(buffer.as_ptr() as usize % LINE, 0);
            buffer.fill(len as f32);
            let mut copy = buffer.clone();
            assert_eq!(copy.to_vec(), vec![len as f32; len]);
            copy.resize(len);
            assert_eq!(copy.as_ptr() as usize % LINE, 0);
        }
    }
}
