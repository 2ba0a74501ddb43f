//! A running bound on the round-off of the backward passes of one sample (Higham, Accuracy and Stability of
//! Numerical Algorithms, 2002, sections 3.1 and 3.3).
//!
//! Both passes, with one cotangent and with one for every output, are chains of linear maps that are given
//! exactly: by the weights, and by what the forward pass stored. A map M whose sums have k terms makes of a
//! computed cotangent `u + d` with `|d| <= e` one that is off by at most `|M| e + gamma_k |M| (|u| + 2 e)`,
//! whatever the order of its sums. So a plain pass that carries `u` and `e` side by side bounds what any of
//! the fast passes may have lost, at whatever depth a product cancels. It costs two plain passes for every
//! output, and is meant for the few samples whose verdict hangs on it.

use super::Pass;
use crate::layer::{At, Bounded, Carry, OWN, RowBound, gamma, passed_on};
use crate::tape::Record;
use crate::{Real, TensorError};

/// What the backward passes of one sample may be off by, absolutely.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BackwardRoundoff {
    /// Of the squared gradient norm.
    pub squared_norm: f64,
    /// Of every eigenvalue of the structural matrix, and of its restriction to a subspace with an orthonormal
    /// basis.
    pub eigenvalue: f64,
}

impl<T: Real> Pass<'_, T> {
    /// Bounds the round-off of [`squared_gradient_norms`](Self::squared_gradient_norms) for the cotangent `u`
    /// of one sample, and of the eigenvalues of its [`structure`](Self::structure). `u` itself may be off by
    /// a few units in the last place of each entry.
    ///
    /// Of the symmetric eigenvalue solver it takes for granted that it is backward stable with the constant
    /// that [`Tape::backward_roundoff`](crate::Tape::backward_roundoff) has for it; everything else is
    /// counted.
    ///
    /// # Errors
    /// If there is no such sample, or `u` does not have one number for each output.
    pub fn backward_roundoff(&self, sample: usize, u: &[T]) -> Result<BackwardRoundoff, TensorError> {
        let (tape, samples) = (&self.sweep.tape, self.sweep.samples);
        let m = tape.outputs();
        if sample >= samples || u.len() != m {
            let (got, needs) = (vec![sample, u.len()], format!("a sample below {samples} and [{m}]"));
            return Err(TensorError::Argument { argument: "sample and u", got, needs });
        }
        // The unit cotangents, then `u`.
        let k = m + 1;
        let unit = T::UNIT_ROUNDOFF;
        let mut cotangents: Vec<Option<Bounded>> = vec![None; tape.records.len()];
        let mut start = Bounded::zeros(m * k);
        for (output, u) in u.iter().enumerate() {
            start.values[output * k + output] = 1.0;
            start.values[output * k + m] = u.as_f64();
            start.errors[output * k + m] = 16.0 * unit * u.as_f64().abs();
        }
        cotangents[tape.output] = Some(start);
        let readers = readers(&tape.records);
        let mut sums = Sums { gram: vec![0.0; m * m], trace: 0.0, norm: 0.0, norm_error: 0.0 };
        let layers = tape.layer_count();
        for (index, record) in tape.records.iter().enumerate().rev() {
            let (Some(layer), Some(u)) = (&record.layer, cotangents[index].take()) else { continue };
            let place = &record.place;
            let kept = Some(&self.sweep.kept[index]);
            let lanes = self.sweep.lanes;
            let at = At::in_lanes(place, self.parameters, &self.sweep.values, kept, samples, lanes);
            let column = at.column(sample);
            let at = column.at(&at, k);
            if let Some(trained) = layer.trained() {
                let bound = T::pick(trained).bound(&at);
                sums.add(&u, k, bound, gamma(bound.terms + layers, unit));
            }
            for (input, &node) in place.inputs.iter().enumerate().filter(|&(input, _)| place.moves[input]) {
                let len = place.shapes[input].len();
                let into = cotangents[node].get_or_insert_with(|| Bounded::zeros(len * k));
                let mut carry = Carry { u: &u, into, k, readers: readers[node], unit };
                T::pick(&**layer).pull_bounded(&at, input, &mut carry);
            }
        }
        Ok(sums.roundoff::<T>(m))
    }
}

/// The bounds, summed over the layers.
struct Sums {
    /// `m x m`: the entries of the structural matrix.
    gram: Vec<f64>,
    /// At least its trace.
    trace: f64,
    /// At least the squared gradient norm.
    norm: f64,
    /// The squares of what each layer's part of the gradient is off by.
    norm_error: f64,
}

impl Sums {
    fn add(&mut self, u: &Bounded, k: usize, site: RowBound, gamma: f64) {
        let norm = |values: &[f64], l: usize| {
            values.iter().skip(l).step_by(k).map(|v| v * v).sum::<f64>().sqrt() * OWN
        };
        let m = k - 1;
        let rows: Vec<(f64, f64)> =
            (0..k).map(|l| (norm(&u.values, l) * site.factor, norm(&u.errors, l) * site.factor)).collect();
        for (i, &(size, error)) in rows[..m].iter().enumerate() {
            for (j, &(other, off)) in rows[..m].iter().enumerate() {
                // The exact factors are within an error of the plain ones, the computed ones within another
                // of these.
                self.gram[i * m + j] += (size + error) * off
                    + error * (other + 2.0 * off)
                    + gamma * (size + 2.0 * error) * (other + 2.0 * off);
            }
            self.trace += (size + error) * (size + error);
        }
        let (size, error) = rows[m];
        let tiles = site.tiles * (norm(&u.values, m) + norm(&u.errors, m));
        self.norm += (size + error).powi(2);
        self.norm_error += (passed_on(size, error, gamma) + tiles).powi(2);
    }

    fn roundoff<T: Real>(&self, m: usize) -> BackwardRoundoff {
        let frobenius = self.gram.iter().map(|bound| bound * bound).sum::<f64>().sqrt();
        // The solver, in `f64`; one number is its own eigenvalue.
        let solver = if m > 1 { 16.0 * f64::UNIT_ROUNDOFF * ((16 + m) * m) as f64 * self.trace } else { 0.0 };
        let off = self.norm_error.sqrt();
        BackwardRoundoff {
            squared_norm: (2.0 * self.norm.sqrt() * off + off * off) * OWN + T::SMALLEST_NORMAL,
            eigenvalue: (frobenius + solver) * OWN,
        }
    }
}

/// How many nodes read each node.
fn readers(records: &[Record]) -> Vec<usize> {
    let mut readers = vec![0; records.len()];
    for input in records.iter().flat_map(|record| &record.place.inputs) {
        readers[*input] += 1;
    }
    readers
}
