//! Kernels of the two losses that most training uses, without checks or allocations by row.
//!
//! Each follows its loss in `fenchel-convexity` operation by operation, so that the bits are the same; only an exponential that the loss by row
//! takes twice is taken once.

/// Softmax cross-entropy with the true class `label`: overwrites the outputs by the residual and returns the loss; `None` if an output is not
/// finite or a difference of two overflows (the loss by row then says which).
pub(super) fn softmax_cross_entropy(label: usize, row: &mut [f64]) -> Option<f64> {
    let (mut argmax, mut max, mut finite) = (0, row[0], true);
    for (i, &f) in row.iter().enumerate() {
        finite &= f.is_finite();
        if f > max {
            (argmax, max) = (i, f);
        }
    }
    if !finite {
        return None;
    }
    let margin = max - row[label];
    let mut rest = 0.0;
    let mut wrong = if label == argmax { 0.0 } else { 1.0 };
    for (i, f) in row.iter_mut().enumerate() {
        *f = (*f - max).exp();
        if i != argmax {
            rest += *f;
            if i != label {
                wrong += *f;
            }
        }
    }
    let total = 1.0 + rest;
    for p in row.iter_mut() {
        *p /= total;
    }
    // Minus the sum of the other probabilities: p_y - 1 would cancel.
    row[label] = -(if label == argmax { rest } else { wrong }) / total;
    let loss = margin + rest.ln_1p();
    loss.is_finite().then_some(loss)
}

/// Half the squared error to a target given by entry: overwrites the outputs by the residual and returns the loss; `None` if it is not finite.
pub(super) fn squared_error(target: impl Iterator<Item = f64>, row: &mut [f64]) -> Option<f64> {
    let mut sum = 0.0;
    for (f, y) in row.iter_mut().zip(target) {
        *f -= y;
        sum += *f * *f;
    }
    let loss = 0.5 * sum;
    loss.is_finite().then_some(loss)
}
