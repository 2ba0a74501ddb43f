//! Batch normalisation with fixed statistics: what it is in evaluation mode.
//!
//! In training, batch normalisation couples the samples of a batch, and then no sample has a gradient or a structural
//! matrix of its own. In evaluation mode it is an affine map by channel, and everything is defined: of the network with
//! these statistics held fixed, whose parameters are the scales and shifts (and not the statistics). The tangent kernel
//! is that network's, so it says how a step would change the outputs if the statistics stayed what they are.

use super::described::{Described, Keys, Usual};
use super::group_norm::{USUAL_EPSILON, check_epsilon, unusual};
use super::scale_and_shift;
use crate::kernels::vectorised;
use crate::layer::{
    At, Carry, Cotangents, Kept, Kernel, Layer, Misfit, Place, RowBound, Rows, Scratch, Take, Tangent,
    Target, Tools, Trained,
};
use crate::parameters::Tensor;
use crate::real::Both;
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// Each channel, or feature of a vector, is shifted and divided by fixed numbers, `(x - mean) / sqrt(variance +
/// epsilon)` (Ioffe, Szegedy, 2015), then scaled and shifted by parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchNorm {
    /// What is added to a variance before its root is taken.
    pub epsilon: f64,
    /// Whether each channel is scaled and shifted afterwards, by parameters.
    pub affine: bool,
}

/// What the running means and variances are called, as in PyTorch.
const MEAN: &str = "running_mean";
const VARIANCE: &str = "running_var";

impl Default for BatchNorm {
    /// With the usual epsilon, 1e-5, and a scale and shift.
    fn default() -> Self {
        Self::BLANK
    }
}

impl TapeBuilder {
    /// Batch normalisation in evaluation mode. Its statistics are the [`Constants`](crate::Constants)
    /// `name.running_mean` and `name.running_var`; where they are not given, 0 and 1, as in a fresh network.
    ///
    /// # Errors
    /// If there is not one number for each channel, a variance is negative or anything not finite, or the name is
    /// taken.
    ///
    /// ```
    /// use fenchel_tensor::{Constants, Shape, Sweep, TapeBuilder, layers::BatchNorm};
    /// use ndarray::array;
    ///
    /// let mut statistics = Constants::new();
    /// statistics.insert("norm.running_mean", vec![1.0, 0.0]);
    /// statistics.insert("norm.running_var", vec![0.25, 4.0]);
    /// let mut net = TapeBuilder::new(Shape::vector(2)).with_constants(statistics);
    /// let x = net.input();
    /// let y = net.batch_norm("norm", x, BatchNorm { epsilon: 1e-12, affine: true })?;
    /// let mut sweep = Sweep::new(std::sync::Arc::new(net.finish(y)?));
    /// let mut pass = sweep.forward(&[3.0, 1.0, 0.0, 0.5], array![[2.0, -1.0]].view())?;
    /// // (2 - 1)/0.5 = 2 and -1/2, times 3 and 1, plus 0 and 0.5.
    /// let error = &pass.outputs() - &array![[6.0, 0.0]];
    /// assert!(error.iter().all(|e: &f64| e.abs() < 1e-10));
    /// # Ok::<(), fenchel_tensor::TensorError>(())
    /// ```
    pub fn batch_norm(&mut self, name: &str, x: Node, norm: BatchNorm) -> Result<Node, TensorError> {
        let shape = self.shape(x);
        let mean = self.constant(name, MEAN, shape.channels(), 0.0)?;
        let variance = self.constant(name, VARIANCE, shape.channels(), 1.0)?;
        let of = |misfit: Misfit| misfit.of(name, shape);
        check_epsilon(norm.epsilon).map_err(of)?;
        // Both precisions must hold them, and what they become.
        let most = f64::from(f32::MAX);
        for (what, values, least) in [(MEAN, &mean, -most), (VARIANCE, &variance, 0.0)] {
            if let Some(place) = values.iter().position(|value| !(least..=most).contains(value)) {
                let value = values[place];
                let reason = format!(
                    "its {what} is {value} for channel {place}; it must be from {} to 3.4e38: mend whatever made it",
                    if least == 0.0 { "0" } else { "-3.4e38" }
                );
                return Err(of(Misfit::Setting(reason)));
            }
        }
        self.put(name, Fixed::new(&mean, &variance, norm), &[x])
    }
}

impl Described for BatchNorm {
    const TYPE: &'static str = "batch_norm";
    const PYTORCH: Option<&'static str> = Some("BatchNorm2d");
    const BLANK: Self = Self { epsilon: USUAL_EPSILON, affine: true };
    const REMARK: &'static str = "in evaluation mode: `running_mean` and `running_var` come with the weights";

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.number("epsilon", &mut self.epsilon, Usual::Is(USUAL_EPSILON))?;
        keys.flag("affine", &mut self.affine, true)
    }

    fn summary(&self) -> String {
        "batch_norm, fixed statistics".to_owned() + &unusual(self.epsilon, self.affine)
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.batch_norm(name, x, *self)
    }

    fn examples() -> Vec<Self> {
        vec![Self::BLANK, Self { epsilon: 0.1, affine: false }]
    }
}

/// The layer with its statistics in both precisions, so that no pass converts them.
#[derive(Clone, Debug)]
struct Fixed {
    single: Moments<f32>,
    double: Moments<f64>,
    affine: bool,
}

/// By channel.
#[derive(Clone, Debug)]
struct Moments<T> {
    mean: Vec<T>,
    /// `1 / sqrt(variance + epsilon)`.
    inverse: Vec<T>,
}

impl<T: Real> Moments<T> {
    fn new(mean: &[f64], variance: &[f64], epsilon: f64) -> Self {
        let inverse = variance.iter().map(|&variance| T::of((variance + epsilon).sqrt().recip()));
        Self { mean: mean.iter().map(|&mean| T::of(mean)).collect(), inverse: inverse.collect() }
    }
}

impl Both for Fixed {
    type In<T: Real> = Moments<T>;

    fn single(&self) -> &Moments<f32> {
        &self.single
    }

    fn double(&self) -> &Moments<f64> {
        &self.double
    }
}

impl Fixed {
    fn new(mean: &[f64], variance: &[f64], norm: BatchNorm) -> Self {
        let BatchNorm { epsilon, affine } = norm;
        let (single, double) = (Moments::new(mean, variance, epsilon), Moments::new(mean, variance, epsilon));
        Self { single, double, affine }
    }

    /// What each channel of `x` is multiplied by on its way to the output.
    fn slopes<'a, T: Real>(&self, at: &At<'_, T>, into: &'a mut Vec<T>) -> &'a [T] {
        into.clear();
        into.extend_from_slice(&T::pick(self).inverse);
        for (slope, &scale) in into.iter_mut().zip(at.optional(0).unwrap_or(&[])) {
            *slope *= scale;
        }
        into
    }
}

impl Layer for Fixed {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        Ok(inputs[0])
    }

    fn terms(&self, place: &Place) -> usize {
        4 + place.shape.positions()
    }

    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        self.affine.then_some(self)
    }
}

impl Trained for Fixed {
    fn tensors(&self, inputs: &[Shape]) -> Vec<Tensor> {
        scale_and_shift::tensors(inputs[0])
    }
}

/// It keeps the normalised values.
impl<T: Real> Kernel<T> for Fixed {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], keep: &mut Kept<T>, _scratch: &mut Scratch) {
        keep.numbers.resize(y.len(), T::zero());
        let Moments { mean, inverse } = T::pick(self);
        normalise(at.x(0), mean, inverse, &mut keep.numbers);
        scale_and_shift::forward(at, &keep.numbers, y);
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        let slopes = self.slopes(at, tools.scratch.get());
        let block = u.len() / slopes.len();
        let channels = u.chunks_exact(block).zip(to.dx.chunks_exact_mut(block));
        for ((u, dx), &slope) in channels.zip(slopes) {
            Target { dx, accumulate: to.accumulate }.put(slope, u);
        }
    }

    fn pull_rows(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        multiply_rows(self.slopes(at, tools.scratch.get()), u, to.accumulate, to.dx);
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], _scratch: &mut Scratch) {
        if let Some(dx) = tangent.x(at.place, 0) {
            let inverse = &T::pick(self).inverse;
            let block = dx.len() / inverse.len();
            let channels = dx.chunks_exact(block).zip(dy.chunks_exact_mut(block));
            for ((dx, dy), &inverse) in channels.zip(inverse) {
                Target { dx: dy, accumulate: false }.put(inverse, dx);
            }
        } else {
            dy.fill(T::zero());
        }
        scale_and_shift::push(at, tangent, at.numbers, dy);
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let positions = at.place.shape.positions();
        for (channel, inverse) in T::pick(self).inverse.iter().enumerate() {
            let scale = at.optional(0).map_or(1.0, |scale| scale[channel].as_f64());
            for place in channel * positions..(channel + 1) * positions {
                // The root's reciprocal, its rounding to this precision, the product with the scale, that with u.
                carry.entry(4, place, place, scale * inverse.as_f64());
            }
        }
    }
}

impl<T: Real> Rows<T> for Fixed {
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        scale_and_shift::rows(at, at.numbers, u, scratch, take);
    }

    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, _scratch: &mut Scratch) {
        scale_and_shift::gradient(at, at.numbers, u, gradient, overwrite);
    }

    fn add_norms(&self, at: &At<'_, T>, u: &[T], norms: &mut [T], scratch: &mut Scratch) {
        scale_and_shift::add_norms(at, at.numbers, u, norms, scratch);
    }

    fn bound(&self, at: &At<'_, T>) -> RowBound {
        scale_and_shift::bound(at.place.shape, at.numbers)
    }
}

vectorised! {
    /// `(x - mean) * inverse`, channel by channel.
    fn normalise<T: Real>(x: &[T], mean: &[T], inverse: &[T], values: &mut [T]) {
        let block = x.len() / mean.len();
        let channels = x.chunks_exact(block).zip(values.chunks_exact_mut(block));
        for ((x, values), (&mean, &inverse)) in channels.zip(mean.iter().zip(inverse)) {
            for (value, &x) in values.iter_mut().zip(x) {
                *value = (x - mean) * inverse;
            }
        }
    }
}

vectorised! {
    /// Writes or adds each row times the factors, entry by entry.
    fn multiply_rows<T: Real>(factors: &[T], u: &[T], accumulate: bool, dx: &mut [T]) {
        for (u, dx) in u.chunks_exact(factors.len()).zip(dx.chunks_exact_mut(factors.len())) {
            for ((dx, &u), &factor) in dx.iter_mut().zip(u).zip(factors) {
                *dx = if accumulate { *dx + factor * u } else { factor * u };
            }
        }
    }
}
