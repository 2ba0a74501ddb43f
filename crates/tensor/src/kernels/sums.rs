//! Sums of many numbers with eight partial sums: their order is fixed, and they are short work for vectors.

use crate::Real;

/// `sum_i a_i b_i`, with eight partial sums.
#[inline]
pub(crate) fn sum_of_products<T: Real>(a: &[T], b: &[T]) -> T {
    let mut partial = [T::zero(); 8];
    let (a_chunks, b_chunks) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(&a, &b)| a * b).sum::<T>();
    for (a, b) in a_chunks.zip(b_chunks) {
        for (partial, (&a, &b)) in partial.iter_mut().zip(a.iter().zip(b)) {
            *partial += a * b;
        }
    }
    partial.into_iter().sum::<T>() + rest
}

/// A sum with eight partial sums.
#[inline]
pub(crate) fn sum<T: Real>(values: &[T]) -> T {
    let mut partial = [T::zero(); 8];
    let chunks = values.chunks_exact(8);
    let rest = chunks.remainder().iter().copied().sum::<T>();
    for chunk in chunks {
        for (partial, &value) in partial.iter_mut().zip(chunk) {
            *partial += value;
        }
    }
    partial.into_iter().sum::<T>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Small integers: every order gives the same.
        #[test]
        fn agree_with_the_definition(values in prop::collection::vec((-9_i16..10, -9_i16..10), 0..100)) {
            let (a, b): (Vec<f32>, Vec<f32>) = values.iter().map(|&(a, b)| (f32::from(a), f32::from(b))).unzip();
            let products: i16 = values.iter().map(|(a, b)| a * b).sum();
            prop_assert_eq!(sum(&a), f32::from(values.iter().map(|(a, _)| a).sum::<i16>()));
            prop_assert_eq!(sum_of_products(&a, &b), f32::from(products));
        }
    }
}
