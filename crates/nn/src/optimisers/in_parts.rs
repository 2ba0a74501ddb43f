//! Parameters updated part by part on all threads.

use fenchel_tensor::Real;

/// Fewer parameters than this are not worth another thread.
const PART: usize = 1 << 14;

/// Calls `update` on parts of the parameters with the same parts of the gradient and of the optimiser's vectors.
///
/// Each number that an update gives is a function of the numbers in its own place, so neither cuts nor threads change a bit.
pub(super) fn in_parts<T: Real, const N: usize>(
    parameters: &mut [T],
    gradient: &[T],
    vectors: [&mut [T]; N],
    update: &(impl Fn(&mut [T], &[T], [&mut [T]; N]) + Sync),
) {
    if parameters.len() <= PART || rayon::current_num_threads() == 1 {
        return update(parameters, gradient, vectors);
    }
    let middle = (parameters.len() / 2).next_multiple_of(64);
    let (parameters_left, parameters_right) = parameters.split_at_mut(middle);
    let (gradient_left, gradient_right) = gradient.split_at(middle);
    let mut halves = vectors.map(|vector| {
        let (left, right) = vector.split_at_mut(middle);
        (left, Some(right))
    });
    let vectors_right = halves.each_mut().map(|(_, right)| right.take().expect("taken once"));
    let vectors_left = halves.map(|(left, _)| left);
    rayon::join(
        || in_parts(parameters_left, gradient_left, vectors_left, update),
        || in_parts(parameters_right, gradient_right, vectors_right, update),
    );
}

#[cfg(test)]
mod tests {
    use crate::optimisers::{Adam, Optimiser, RmsProp, Sgd};
    use crate::trainer::all_finite;

    /// Not a multiple of anything, and large enough to be cut often.
    const LEN: usize = 100_003;

    fn on<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
    }

    #[test]
    fn threads_change_no_bit_of_a_step() {
        type Rule = fn() -> Box<dyn Optimiser<f32>>;
        let rules: [Rule; 5] = [
            || Box::new(Sgd::new(0.1, 0.0).unwrap()),
            || Box::new(Sgd::new(0.1, 0.9).unwrap()),
            || Box::new(Adam::new(0.1).unwrap()),
            || Box::new(RmsProp::new(0.1).unwrap()),
            || Box::new(RmsProp::new(0.1).unwrap().momentum(0.9).unwrap()),
        ];
        let gradient: Vec<f32> = (0..LEN).map(|i| ((7 * i) % 1013) as f32 - 500.0).collect();
        for rule in rules {
            let steps = |threads| {
                on(threads, || {
                    let mut optimiser = rule();
                    let mut x: Vec<f32> = (0..LEN).map(|i| (i % 97) as f32).collect();
                    (0..3).for_each(|_| optimiser.step(&mut x, &gradient));
                    x
                })
            };
            let alone = steps(1);
            assert!(alone.iter().zip(0..).all(|(&x, i)| x != (i % 97) as f32 || gradient[i] == 0.0));
            assert!(alone == steps(2) && alone == steps(5), "{}", rule().name());
        }
    }

    #[test]
    fn one_number_that_is_not_finite_is_found_anywhere() {
        for threads in [1, 2, 5] {
            assert!(on(threads, || all_finite(&[1.0_f32; LEN])));
            for place in [0, LEN / 2 - 1, LEN / 2, LEN - 1] {
                let mut values = vec![1.0_f32; LEN];
                values[place] = f32::NAN;
                assert!(!on(threads, || all_finite(&values)), "{place}");
            }
        }
    }
}
