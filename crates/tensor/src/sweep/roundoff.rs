//! A running bound on the round-off of the backward passes of one sample (Higham, Accuracy and Stability of
//! Numerical Algorithms, 2002, sections 3.1 and 3.3).
//!
//! Both passes, with one cotangent and with one for every output, are chains of linear maps that are given
//! exactly: by the weights, and by what the forward pass stored. A map M whose sums have k terms makes of a
//! computed cotangent `u + d` with `|d| <= e` one that is off by at most `|M| e + gamma_k |M| (|u| + 2 e)`,
//! whatever the order of its sums. So a plain pass that carries `u` and `e` side by side bounds what any of
//! the fast passes may have lost, at whatever depth a product cancels. It costs two plain passes for every
//! output, and is meant for the few samples whose verdict hangs on it.

use super::{Pass, Saved};
use crate::layers::ConvGeometry;
use crate::tape::{Operation, Record};
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

/// Cotangents at a node, `len x K`, and bounds on their errors.
#[derive(Clone, Debug)]
struct Bounded {
    values: Vec<f64>,
    errors: Vec<f64>,
}

/// The bounds' own sums are rounded, too; they have no cancellation, and fewer terms than this allows for.
const OWN: f64 = 1.0 + 1e-6;

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
        let mut start = Bounded { values: vec![0.0; m * k], errors: vec![0.0; m * k] };
        for (output, u) in u.iter().enumerate() {
            start.values[output * k + output] = 1.0;
            start.values[output * k + m] = u.as_f64();
            start.errors[output * k + m] = 16.0 * unit * u.as_f64().abs();
        }
        cotangents[tape.output] = Some(start);
        let readers = readers(&tape.records);
        let mut sums = Sums { gram: vec![0.0; m * m], trace: 0.0, norm: 0.0, norm_error: 0.0 };
        let layers = tape.layer_count();
        for (index, record) in tape.records.iter().enumerate().skip(1).rev() {
            let Some(u) = cotangents[index].take() else { continue };
            if let Some(site) = self.site(index, record, sample) {
                let gamma = gamma(site.terms + layers, unit);
                sums.add(&u, k, &site, gamma);
            }
            let inputs: &[usize] =
                if let Operation::Add = record.operation { &record.inputs } else { &record.inputs[..1] };
            for &input in inputs.iter().filter(|&&input| tape.records[input].depends_on_parameters) {
                let len = tape.records[input].shape.len();
                let target = cotangents[input].get_or_insert_with(|| Bounded {
                    values: vec![0.0; len * k],
                    errors: vec![0.0; len * k],
                });
                self.pull(index, record, sample, readers[input], &u, target, k);
            }
        }
        Ok(sums.roundoff::<T>(m))
    }

    /// Adds what one node's cotangents give at its input; `readers` nodes read that, so that many sums meet
    /// there.
    #[allow(clippy::too_many_arguments, reason = "two nodes, their cotangents and the sizes of both")]
    fn pull(
        &self,
        index: usize,
        record: &Record,
        sample: usize,
        readers: usize,
        u: &Bounded,
        target: &mut Bounded,
        k: usize,
    ) {
        let (sweep, unit) = (&*self.sweep, T::UNIT_ROUNDOFF);
        let input = record.inputs[0];
        let shape = sweep.tape.records[input].shape;
        // What every entry of the map does: exactly, and with a sum of `terms` terms.
        let mut carry = |terms: usize, output: usize, input: usize, weight: f64| {
            let gamma = gamma(terms + readers, unit);
            let (u, e) = (&u.values[output * k..][..k], &u.errors[output * k..][..k]);
            let values = &mut target.values[input * k..][..k];
            let errors = &mut target.errors[input * k..][..k];
            let size = weight.abs();
            for l in 0..k {
                values[l] += weight * u[l];
                errors[l] += size * passed_on(u[l], e[l], gamma);
            }
        };
        match &record.operation {
            Operation::Input => unreachable!("the input is no one's reader"),
            Operation::Dense { weight, .. } => {
                let (outputs, inputs) = (record.shape.len(), shape.len());
                let weight = &self.parameters[weight.clone()];
                for (place, weight) in weight.iter().enumerate() {
                    carry(outputs, place / inputs, place % inputs, weight.as_f64());
                }
            }
            Operation::FixedDense { weight } => {
                for ((output, input), &weight) in weight.indexed_iter() {
                    carry(record.shape.len(), output, input, T::of(weight).as_f64());
                }
            }
            Operation::Convolution { geometry, weight, .. } => {
                let weight = &self.parameters[weight.clone()];
                let terms = geometry.channels_out * geometry.kernel * geometry.kernel;
                geometry.for_each_entry(|output, input, place| {
                    carry(terms, output, input, weight[place].as_f64());
                });
                if geometry.goes_by_tiles() {
                    add_tile_errors(*geometry, weight, u, target, k, unit);
                }
            }
            Operation::MaxPool(geometry) => {
                let Saved::Argmax(argmax) = &sweep.saved[index] else { unreachable!("set by forward") };
                let (windows, area) = (record.shape.len(), geometry.window_height * geometry.window_width);
                for window in 0..windows {
                    let number = argmax[window * sweep.lanes + sample] as usize;
                    carry(area, window, geometry.place(window, number), 1.0);
                }
            }
            Operation::AveragePool(geometry) => {
                let area = geometry.window_height * geometry.window_width;
                let weight = (T::one() / T::of(area as f64)).as_f64();
                for window in 0..record.shape.len() {
                    for number in 0..area {
                        carry(area, window, geometry.place(window, number), weight);
                    }
                }
            }
            Operation::Activation(activation) => {
                let values = &sweep.values[input];
                for place in 0..shape.len() {
                    let slope = activation.derivative(values[place * sweep.lanes + sample]);
                    carry(1, place, place, slope.as_f64());
                }
            }
            Operation::Normalise { groups, scale, .. } => {
                let Saved::Normalised(saved) = &sweep.saved[index] else { unreachable!("set by forward") };
                let of = |values: &[T], place: usize| values[place * sweep.lanes + sample].as_f64();
                let scale: Vec<f64> = self.parameters[scale.clone()].iter().map(|s| s.as_f64()).collect();
                let group = shape.len() / groups;
                let gamma = gamma(group + 8 + readers, unit);
                for g in 0..*groups {
                    let places = g * group..(g + 1) * group;
                    let inverse = of(&saved.inverse_deviations, g);
                    for l in 0..k {
                        // With the sums of `v` and `v xhat` go the sums of their errors, roundings included.
                        let [mut mean, mut correlation, mut mean_error, mut correlation_error] = [0.0_f64; 4];
                        let v = |place: usize| {
                            let scale = scale[place / shape.positions()];
                            let (value, error) = (u.values[place * k + l], u.errors[place * k + l]);
                            (scale * value, scale.abs() * passed_on(value, error, gamma))
                        };
                        for place in places.clone() {
                            let ((value, error), normal) = (v(place), of(&saved.values, place));
                            mean += value;
                            mean_error += error;
                            correlation += value * normal;
                            correlation_error += error * normal.abs();
                        }
                        let count = group as f64;
                        for place in places.clone() {
                            let ((value, error), normal) = (v(place), of(&saved.values, place));
                            let exact = value - mean / count - normal * correlation / count;
                            let sizes = value.abs() + (mean.abs() + normal.abs() * correlation.abs()) / count;
                            let carried = error + (mean_error + normal.abs() * correlation_error) / count;
                            target.values[place * k + l] += inverse * exact;
                            target.errors[place * k + l] += inverse * passed_on(sizes, carried, gamma);
                        }
                    }
                }
            }
            Operation::Scale(factor) => {
                let factor = T::of(*factor).as_f64();
                (0..shape.len()).for_each(|place| carry(1, place, place, factor));
            }
            Operation::Flatten | Operation::Add => {
                (0..shape.len()).for_each(|place| carry(0, place, place, 1.0));
            }
        }
    }

    /// What a layer with parameters makes of cotangents: its rows of the Jacobian are no longer than `factor`
    /// times them.
    fn site(&self, index: usize, record: &Record, sample: usize) -> Option<Site> {
        let sweep = &*self.sweep;
        let squares = |values: &[T]| -> Vec<f64> {
            values.iter().skip(sample).step_by(sweep.lanes).map(|v| v.as_f64().powi(2)).collect()
        };
        let input = || &*sweep.values[record.inputs[0]];
        match &record.operation {
            Operation::Dense { bias, .. } => {
                let factor = squares(input()).iter().sum::<f64>() + f64::from(u8::from(bias.is_some()));
                let terms = sweep.tape.records[record.inputs[0]].shape.len() + record.shape.len();
                Some(Site { factor: factor.sqrt(), terms, tiles: 0.0 })
            }
            Operation::Convolution { geometry, bias, .. } => {
                let x = squares(input());
                let mut patches = vec![0.0; geometry.in_len()];
                geometry.for_each_entry(|output, input, _| {
                    if output < geometry.positions() {
                        patches[input] += x[input];
                    }
                });
                let (positions, patch) = (geometry.positions(), geometry.patch());
                let ones = if bias.is_some() { positions as f64 } else { 0.0 };
                let factor = patches.iter().sum::<f64>() + ones;
                let terms = patch + positions + geometry.channels_out * positions.max(patch);
                let tiles = if geometry.goes_by_tiles() {
                    let (down, across) = geometry.tiles();
                    let bound = gamma(down * across + 10, T::UNIT_ROUNDOFF);
                    144.0 * bound * x.iter().sum::<f64>().sqrt()
                } else {
                    0.0
                };
                Some(Site { factor: factor.sqrt(), terms, tiles })
            }
            Operation::Normalise { .. } => {
                let Saved::Normalised(saved) = &sweep.saved[index] else { unreachable!("set by forward") };
                let positions = record.shape.positions();
                let normal = squares(&saved.values);
                let channels = normal.chunks_exact(positions).map(|channel| channel.iter().sum::<f64>());
                let factor = channels.fold(0.0_f64, f64::max) + positions as f64;
                Some(Site { factor: factor.sqrt(), terms: record.shape.len() + positions, tiles: 0.0 })
            }
            Operation::Input
            | Operation::FixedDense { .. }
            | Operation::MaxPool(_)
            | Operation::AveragePool(_)
            | Operation::Activation(_)
            | Operation::Flatten
            | Operation::Scale(_)
            | Operation::Add => None,
        }
    }
}

/// What bounds the rows of the Jacobian at one layer.
struct Site {
    factor: f64,
    /// The longest chain of roundings of a sum over parameters, positions and terms.
    terms: usize,
    /// What the products of tiles lose of a row, relative to the norm of the cotangents.
    tiles: f64,
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
    fn add(&mut self, u: &Bounded, k: usize, site: &Site, gamma: f64) {
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

/// What a map of absolute weight 1 makes of an error: that, and its roundings relative to what was computed,
/// which is within an error of the exact cotangent as the plain one is.
fn passed_on(value: f64, error: f64, gamma: f64) -> f64 {
    error + gamma * (value.abs() + 2.0 * error)
}

/// `gamma_k = k u / (1 - k u)`, infinite where that bounds nothing.
fn gamma(terms: usize, unit: f64) -> f64 {
    let lost = (terms + 1) as f64 * unit;
    if lost < 1.0 { lost / (1.0 - lost) } else { f64::INFINITY }
}

/// How many nodes read each node.
fn readers(records: &[Record]) -> Vec<usize> {
    let mut readers = vec![0; records.len()];
    for record in &records[1..] {
        readers[record.inputs[0]] += 1;
        if let Operation::Add = record.operation {
            readers[record.inputs[1]] += 1;
        }
    }
    readers
}

/// What a data gradient by tiles loses beyond the direct sum.
///
/// A product of a tile is off relative to `|A'| ((|G| |g| |G'|) * (|B'| |d| |B|)) |A|` summed over the
/// channels, with `C + 12` roundings. No entry of the first factor exceeds the sum of the nine `|g|`, none of
/// the second that of `|d|` over its window of four by four, which lies within two rows and columns of the
/// entry, and at most nine of their products are added.
fn add_tile_errors<T: Real>(
    geometry: ConvGeometry,
    weight: &[T],
    u: &Bounded,
    target: &mut Bounded,
    k: usize,
    unit: f64,
) {
    let ConvGeometry { channels_in, channels_out, height, width, out_height, out_width, padding, .. } =
        geometry;
    let gamma = 9.0 * gamma(channels_out + 12, unit);
    let kernel = |c: usize, channel: usize| -> f64 {
        weight[(channel * channels_in + c) * 9..][..9].iter().map(|w| w.as_f64().abs()).sum()
    };
    let near = |place: usize, end: usize| (place + padding).saturating_sub(3)..(place + padding + 2).min(end);
    for channel in 0..channels_out {
        for row in 0..height {
            for column in 0..width {
                let mut sizes = vec![0.0; k];
                for r in near(row, out_height) {
                    for s in near(column, out_width) {
                        let place = ((channel * out_height + r) * out_width + s) * k;
                        for l in 0..k {
                            sizes[l] += u.values[place + l].abs() + u.errors[place + l];
                        }
                    }
                }
                for c in 0..channels_in {
                    let size = gamma * kernel(c, channel);
                    let errors = &mut target.errors[((c * height + row) * width + column) * k..][..k];
                    errors.iter_mut().zip(&sizes).for_each(|(error, near)| *error += size * near);
                }
            }
        }
    }
}
