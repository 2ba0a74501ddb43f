//! Integers of any width as a file holds them: a byte image takes a byte a pixel.

/// Integers of one type, row-major, at their own width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integers {
    /// Little-endian.
    bytes: Vec<u8>,
    width: usize,
    signed: bool,
}

impl Integers {
    /// Takes little-endian integers of `width` bytes, 1 to 8.
    pub(super) fn new(bytes: Vec<u8>, width: usize, signed: bool) -> Self {
        debug_assert!((1..=8).contains(&width) && bytes.len().is_multiple_of(width));
        Self { bytes, width, signed }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() / self.width
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The integers in their order; every type's fit an `i128`.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = i128> + '_ {
        self.bytes.chunks_exact(self.width).map(|bytes| {
            // The sign bit of the last byte is repeated over those that the type has not.
            let negative = self.signed && bytes[self.width - 1] >= 0x80;
            let mut word = [if negative { 0xff } else { 0 }; 16];
            word[..self.width].copy_from_slice(bytes);
            i128::from_le_bytes(word)
        })
    }
}

impl From<&[i64]> for Integers {
    fn from(values: &[i64]) -> Self {
        Self::new(values.iter().flat_map(|value| value.to_le_bytes()).collect(), 8, true)
    }
}
