//! The transpose of a matrix, square by square.

use super::dispatch::{Kernel, dispatch};
use super::vector::{InstructionSet, Vector};
use crate::Real;

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
    dispatch(Transpose { rows, columns, from, from_step, to, to_step });
}

struct Transpose<'a, T> {
    rows: usize,
    columns: usize,
    from: &'a [T],
    from_step: usize,
    to: &'a mut [T],
    to_step: usize,
}

impl<T: Real> Kernel for Transpose<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<I: InstructionSet>(self) {
        let Self { rows, columns, from, from_step, to, to_step } = self;
        let side = T::Vector::<I>::SIDE;
        if rows < side || columns < side {
            for column in 0..columns {
                for row in 0..rows {
                    to[column * to_step + row] = from[row * from_step + column];
                }
            }
            return;
        }
        // The last squares overlap those before them where the sides are no multiples.
        for row in (0..rows).step_by(side) {
            let row = row.min(rows - side);
            for column in (0..columns).step_by(side) {
                let column = column.min(columns - side);
                let (from, to) = (&from[row * from_step + column..], &mut to[column * to_step + row..]);
                T::Vector::<I>::turn(from, from_step, to, to_step);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::vector::Baseline;
    use super::*;
    use proptest::prelude::*;

    fn check<T: Real>(rows: usize, columns: usize, extra: usize) {
        let (from_step, to_step) = (columns + extra, rows + extra);
        let from: Vec<T> = (0..rows * from_step).map(|i| T::of(i as f64)).collect();
        for baseline in [false, true] {
            let mut to = vec![-T::one(); columns * to_step];
            let whole = Transpose { rows, columns, from: &from, from_step, to: &mut to, to_step };
            if baseline {
                whole.run::<Baseline>();
            } else {
                dispatch(whole);
            }
            for (i, &value) in to.iter().enumerate() {
                let (c, r) = (i / to_step, i % to_step);
                assert_eq!(value, if r < rows { from[r * from_step + c] } else { -T::one() });
            }
        }
    }

    proptest! {
        #[test]
        fn every_entry_lands_where_it_belongs(rows in 1_usize..30, columns in 1_usize..30, extra in 0_usize..3) {
            check::<f32>(rows, columns, extra);
            check::<f64>(rows, columns, extra);
        }
    }
}
