//! Consecutive blocks of coordinates, as products of norms and separable potentials are made of them.

use crate::error::ConvexityError;
use std::ops::Range;

/// Each block's coordinates with what belongs to the block.
pub(crate) fn blocks<T>(parts: &[(usize, T)]) -> impl Iterator<Item = (Range<usize>, &T)> {
    let mut start = 0;
    parts.iter().map(move |(length, part)| {
        let block = start..start + length;
        start += length;
        (block, part)
    })
}

/// The dimension of all blocks together.
pub(crate) fn dimension<T>(parts: &[(usize, T)]) -> usize {
    parts.iter().map(|(length, _)| length).sum()
}

/// Checks that there is a block, that none is empty, and that each fits its part.
pub(crate) fn require_blocks<T>(
    parts: &[(usize, T)],
    fits: impl Fn(&T, usize) -> Result<(), ConvexityError>,
) -> Result<(), ConvexityError> {
    if parts.is_empty() || parts.iter().any(|(length, _)| *length == 0) {
        return Err(ConvexityError::Empty { argument: "blocks" });
    }
    parts.iter().try_for_each(|(length, part)| fits(part, *length))
}
