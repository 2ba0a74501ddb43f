//! Softmax and its logarithm, over the features of a vector or of each token.

use super::described::Described;
use crate::layer::{
    At, Carry, Kept, Kernel, Layer, Misfit, Place, Scratch, Tangent, Target, Tools, gamma, passed_on,
};
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// `exp(x_i) / sum_j exp(x_j)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softmax;

/// `x_i - log sum_j exp(x_j)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSoftmax;

impl TapeBuilder {
    /// Softmax over the features of a vector or of each token.
    ///
    /// # Errors
    /// If `x` is an image.
    pub fn softmax(&mut self, name: &str, x: Node) -> Result<Node, TensorError> {
        self.put(name, Over::Numbers, &[x])
    }

    /// The logarithm of softmax, which is finite where softmax is below the smallest number.
    ///
    /// # Errors
    /// If `x` is an image.
    pub fn log_softmax(&mut self, name: &str, x: Node) -> Result<Node, TensorError> {
        self.put(name, Over::Logarithms, &[x])
    }
}

impl Described for Softmax {
    const TYPE: &'static str = "softmax";
    const PYTORCH: Option<&'static str> = Some("Softmax(-1)");
    const BLANK: Self = Self;
    const REMARK: &'static str = "over the features of a vector, or of each token";

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.softmax(name, x)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}

impl Described for LogSoftmax {
    const TYPE: &'static str = "log_softmax";
    const PYTORCH: Option<&'static str> = Some("LogSoftmax(-1)");
    const BLANK: Self = Self;
    const REMARK: &'static str = "over the features of a vector, or of each token";

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.log_softmax(name, x)
    }

    fn examples() -> Vec<Self> {
        vec![Self]
    }
}

/// What is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Numbers,
    Logarithms,
}

/// Calls `each` with the first entry and the distance of every run of features: those of one token and lane.
fn runs(place: &Place, lanes: usize, mut each: impl FnMut(usize, usize)) {
    let step = place.shape.positions() * lanes;
    (0..step).for_each(|first| each(first, step));
}

impl Over {
    /// Adds the cotangents of `x` from those of the value. With `sign` +1 in place of -1 the terms' sizes are summed, so that
    /// none cancel.
    fn back<T: Real>(self, place: &Place, lanes: usize, p: &[T], u: &[T], sign: T, dx: &mut [T]) {
        // The softmax has the lanes of the cotangents, or is that of one sample.
        let shared = u.len() / p.len();
        runs(place, lanes, |first, step| {
            let entries = (first..u.len()).step_by(step);
            let sum = entries.clone().fold(T::zero(), |sum, i| match self {
                Self::Numbers => sum + p[i / shared] * u[i],
                Self::Logarithms => sum + u[i],
            });
            for i in entries {
                dx[i] += match self {
                    Self::Numbers => p[i / shared] * (u[i] + sign * sum),
                    Self::Logarithms => u[i] + sign * (p[i / shared] * sum),
                };
            }
        });
    }
}

impl Layer for Over {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        match inputs[0] {
            Shape::Image { .. } => Err(Misfit::Input("a vector or a sequence".to_owned())),
            shape => Ok(shape),
        }
    }

    fn terms(&self, place: &Place) -> usize {
        2 * place.shape.channels() + 4
    }
}

/// It keeps the softmax.
impl<T: Real> Kernel<T> for Over {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], keep: &mut Kept<T>, scratch: &mut Scratch) {
        let (x, run) = (at.x(0), scratch.get::<Vec<T>>());
        keep.numbers.resize(y.len(), T::zero());
        runs(at.place, at.lanes, |first, step| {
            let entries = (first..x.len()).step_by(step);
            run.clear();
            run.extend(entries.clone().map(|i| x[i]));
            let (most, sum) = softmax(run);
            for (i, &p) in entries.zip(&*run) {
                keep.numbers[i] = p;
                y[i] = match self {
                    Self::Numbers => p,
                    Self::Logarithms => (x[i] - most) - sum.ln(),
                };
            }
        });
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, _tools: Tools<'_, T>) {
        if !to.accumulate {
            to.dx.fill(T::zero());
        }
        self.back(at.place, at.lanes, at.numbers, u, -T::one(), to.dx);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        let (dx, p) = (tangent.only(at.place), at.numbers);
        runs(at.place, at.lanes, |first, step| {
            let entries = (first..dx.len()).step_by(step);
            let mean = entries.clone().fold(T::zero(), |sum, i| sum + p[i] * dx[i]);
            for i in entries {
                dy[i] = (dx[i] - mean) * if *self == Self::Numbers { p[i] } else { T::one() };
            }
        });
    }

    /// A sum over the features, a product before and one behind it, and what is added.
    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let p: Vec<f64> = at.numbers.iter().map(|p| p.as_f64()).collect();
        let gamma = gamma(at.place.shape.channels() + 4 + carry.readers, carry.unit);
        let carried = carry.u.values.iter().zip(&carry.u.errors);
        let sizes: Vec<f64> = carried.map(|(&value, &error)| passed_on(value, error, gamma)).collect();
        self.back(at.place, carry.k, &p, &carry.u.values, -1.0, &mut carry.into.values);
        self.back(at.place, carry.k, &p, &sizes, 1.0, &mut carry.into.errors);
    }
}

/// Makes numbers their softmax. The largest is taken off first, so that nothing overflows; it comes back with the sum of
/// the exponentials.
pub(super) fn softmax<T: Real>(numbers: &mut [T]) -> (T, T) {
    // A NaN must not be lost, so no `max`.
    let larger = |most: T, &number: &T| if number <= most { most } else { number };
    let most = numbers.iter().fold(T::neg_infinity(), larger);
    let mut sum = T::zero();
    for number in numbers.iter_mut() {
        *number = (*number - most).exp();
        sum += *number;
    }
    numbers.iter_mut().for_each(|number| *number /= sum);
    (most, sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sweep;
    use ndarray::array;
    use std::sync::Arc;

    #[test]
    fn nothing_overflows_and_logarithms_go_below_the_smallest_number() {
        for (log, want) in [(false, [1.0_f32, 0.0]), (true, [0.0, -2000.0])] {
            let mut net = TapeBuilder::new(Shape::vector(2));
            let x = net.dense_without_bias("w", net.input(), 2).unwrap();
            let y = if log { net.log_softmax("y", x) } else { net.softmax("y", x) }.unwrap();
            let mut sweep = Sweep::new(Arc::new(net.finish(y).unwrap()));
            let parameters = [1.0, 0.0, 0.0, 1.0];
            let pass = sweep.forward(&parameters, array![[1e3, -1e3]].view()).unwrap();
            assert_eq!(pass.outputs().as_slice().unwrap(), want);
            let pass = sweep.forward(&parameters, array![[f32::NAN, 0.0]].view()).unwrap();
            assert!(pass.outputs().iter().all(|y| y.is_nan()));
        }
    }
}
