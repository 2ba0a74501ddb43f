//! The transpose of a matrix, tile by tile.

use crate::Real;

/// Tiles of this many rows and columns: two of them in `f64` are 1 KB, and every cache line that is touched is used whole.
const TILE: usize = 8;

vectorised! {
/// Writes the transpose of the row-major `rows x columns` matrix `from`, whose rows are `from_step` apart, to `to`, whose rows are
/// `to_step` apart.
pub(crate) fn transpose<T: Real>(
    rows: usize,
    columns: usize,
    from: &[T],
    from_step: usize,
    to: &mut [T],
    to_step: usize,
) {
        for row in (0..rows).step_by(TILE) {
            let height = TILE.min(rows - row);
            for column in (0..columns).step_by(TILE) {
                let width = TILE.min(columns - column);
                if height == TILE && width == TILE {
                    let mut tile = [[T::zero(); TILE]; TILE];
                    for (r, tile) in tile.iter_mut().enumerate() {
                        tile.copy_from_slice(&from[(row + r) * from_step + column..][..TILE]);
                    }
                    for c in 0..TILE {
                        let line = &mut to[(column + c) * to_step + row..][..TILE];
                        for r in 0..TILE {
                            line[r] = tile[r][c];
                        }
                    }
                } else {
                    for c in column..column + width {
                        for r in row..row + height {
                            to[c * to_step + r] = from[r * from_step + c];
                        }
                    }
                }
            }
        }
}
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_entry_lands_where_it_belongs(rows in 1_usize..30, columns in 1_usize..30, extra in 0_usize..3) {
            let (from_step, to_step) = (columns + extra, rows + extra);
            let from: Vec<f32> = (0..rows * from_step).map(|i| i as f32).collect();
            let mut to = vec![-1.0; columns * to_step];
            transpose(rows, columns, &from, from_step, &mut to, to_step);
            for (i, &value) in to.iter().enumerate() {
                let (c, r) = (i / to_step, i % to_step);
                prop_assert_eq!(value, if r < rows { from[r * from_step + c] } else { -1.0 });
            }
        }
    }
}
