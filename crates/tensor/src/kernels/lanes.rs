//! Runs of lanes copied one by one, where neighbours in the source are not neighbours in the target.

use crate::Real;

/// Copies `from` to `to`, of one length.
#[inline(always)]
pub(crate) fn copy_lanes<T: Real>(from: &[T], to: &mut [T]) {
    by_pieces::<T, false>(from, to);
}

/// Adds `from` to `to`, of one length.
#[inline(always)]
pub(crate) fn add_lanes<T: Real>(from: &[T], to: &mut [T]) {
    by_pieces::<T, true>(from, to);
}

/// In pieces of lengths that the compiler knows: a call to copy a few numbers costs more than they do.
#[inline(always)]
fn by_pieces<T: Real, const ADD: bool>(from: &[T], to: &mut [T]) {
    let (eights, twos) = (from.len() / 8 * 8, from.len() / 2 * 2);
    pieces::<T, ADD, 8>(&from[..eights], &mut to[..eights]);
    if eights < from.len() {
        pieces::<T, ADD, 2>(&from[eights..twos], &mut to[eights..twos]);
        pieces::<T, ADD, 1>(&from[twos..], &mut to[twos..]);
    }
}

#[inline(always)]
fn pieces<T: Real, const ADD: bool, const N: usize>(from: &[T], to: &mut [T]) {
    for (from, to) in from.chunks_exact(N).zip(to.chunks_exact_mut(N)) {
        if ADD {
            for n in 0..N {
                to[n] += from[n];
            }
        } else {
            to.copy_from_slice(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_number_is_moved_once(from in prop::collection::vec(-100_i8..100, 0..40)) {
            let from: Vec<f32> = from.into_iter().map(f32::from).collect();
            let mut to = vec![7.0; from.len()];
            add_lanes(&from, &mut to);
            prop_assert!(from.iter().zip(&to).all(|(from, to)| *to == from + 7.0));
            copy_lanes(&from, &mut to);
            prop_assert_eq!(from, to);
        }
    }
}
