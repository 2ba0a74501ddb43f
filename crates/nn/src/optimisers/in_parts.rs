//! Parameters updated part by part on all threads.

use fenchel_tensor::Real;

/// Fewer parameters than this are not worth another thread.
const PART: usize = 1 << 14;

/// Calls `update` on parts of the parameters with the same parts of the gradient and of the optimiser's vectors.
///
/// Where the parts are cut depends on the length alone, and each number of an update is a function of its own place, so the threads change no bit.
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
