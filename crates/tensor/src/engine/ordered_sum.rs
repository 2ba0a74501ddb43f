//! Vectors of equal length added in a fixed order, by all threads.

use crate::Real;

/// So many numbers fit a first-level cache beside as many of one term.
const PART: usize = 1 << 12;

/// Overwrites `total` with `terms[0] + terms[1] + ...`, added from the left number by number, so with the same bits at any thread count.
pub(super) fn ordered_sum<T: Real>(total: &mut [T], terms: &[&[T]], first: usize) {
    if total.len() <= PART {
        let range = first..first + total.len();
        match terms {
            [] => total.fill(T::zero()),
            [only] => total.copy_from_slice(&only[range]),
            [one, two, rest @ ..] => {
                for ((sum, &a), &b) in total.iter_mut().zip(&one[range.clone()]).zip(&two[range.clone()]) {
                    *sum = a + b;
                }
                for term in rest {
                    for (sum, &value) in total.iter_mut().zip(&term[range.clone()]) {
                        *sum += value;
                    }
                }
            }
        }
        return;
    }
    let middle = (total.len() / 2).next_multiple_of(PART);
    let (left, right) = total.split_at_mut(middle);
    let mut left = || ordered_sum(left, terms, first);
    let mut right = || ordered_sum(right, terms, first + middle);
    if rayon::current_num_threads() == 1 || middle < 4 * PART {
        left();
        right();
    } else {
        rayon::join(left, right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn each_number_is_the_sum_from_the_left(len in 0_usize..70_000, count in 0_usize..5) {
            let terms: Vec<Vec<f32>> = (0..count)
                .map(|t| (0..len).map(|i| 1.0 / ((7 * i + 3 * t) % 11 + 1) as f32).collect())
                .collect();
            let views: Vec<&[f32]> = terms.iter().map(Vec::as_slice).collect();
            let mut total = vec![f32::NAN; len];
            ordered_sum(&mut total, &views, 0);
            for (i, &sum) in total.iter().enumerate() {
                let expected = terms.iter().map(|term| term[i]).reduce(|a, b| a + b).unwrap_or(0.0);
                prop_assert_eq!(sum.to_bits(), expected.to_bits());
            }
        }
    }
}
