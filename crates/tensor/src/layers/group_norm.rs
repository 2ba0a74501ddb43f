//! Group normalisation.

use super::described::{Described, Keys, Usual};
use super::normalise::{Sets, normalise, normalise_backward, normalise_backward_fan};
use super::scale_and_shift;
use crate::layer::{
    At, Carry, Cotangents, Kept, Kernel, Layer, Misfit, Place, RowBound, Rows, Scratch, Take, Tangent,
    Target, Tools, Trained, gamma, passed_on,
};
use crate::parameters::Tensor;
use crate::{Node, Real, Shape, TapeBuilder, TensorError};

/// Each sample's channels in groups are brought to mean 0 and variance 1, then scaled and shifted by channel. Of a
/// sequence, each token's features are, token by token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GroupNorm {
    /// The number of groups.
    pub groups: usize,
    /// What is added to a variance before its root is taken.
    pub epsilon: f64,
    /// Whether each channel is scaled and shifted afterwards, by parameters.
    pub affine: bool,
}

/// The epsilon that the other systems use by default, so that exported models agree.
pub(super) const USUAL_EPSILON: f64 = 1e-5;

/// Epsilon and `affine` for the table, if they are not the usual ones.
pub(super) fn unusual(epsilon: f64, affine: bool) -> String {
    let epsilon = if epsilon == USUAL_EPSILON { String::new() } else { format!(", epsilon {epsilon}") };
    epsilon + if affine { "" } else { ", no scale or shift" }
}

/// Refuses what a variance cannot be helped by: samples without variance, and the padding of a batch, are divided by
/// its root, which must not vanish in f32 either.
pub(super) fn check_epsilon(epsilon: f64) -> Result<(), Misfit> {
    if epsilon.is_finite() && epsilon >= f64::from(f32::MIN_POSITIVE) {
        return Ok(());
    }
    let reason = format!("its epsilon is {epsilon}; give a finite number of at least 1.2e-38");
    Err(Misfit::Setting(reason))
}

impl GroupNorm {
    /// With the usual epsilon, 1e-5, and a scale and shift.
    #[must_use]
    pub const fn new(groups: usize) -> Self {
        Self { groups, epsilon: USUAL_EPSILON, affine: true }
    }
}

impl TapeBuilder {
    /// Group normalisation (Wu, He, 2018): each sample's channels in `groups` groups are brought to mean 0 and
    /// variance 1, then scaled and shifted per channel. One group over a vector is layer normalisation.
    ///
    /// # Errors
    /// If the channels cannot be divided into `groups`, or the name is taken.
    pub fn group_norm(&mut self, name: &str, x: Node, groups: usize) -> Result<Node, TensorError> {
        self.put(name, GroupNorm::new(groups), &[x])
    }
}

impl Described for GroupNorm {
    const TYPE: &'static str = "group_norm";
    const PYTORCH: Option<&'static str> = Some("GroupNorm");
    const BLANK: Self = Self::new(1);

    fn keys<K: Keys>(&mut self, keys: &mut K) -> Result<(), K::Error> {
        keys.count("groups", &mut self.groups, 1, Usual::No)?;
        keys.number("epsilon", &mut self.epsilon, Usual::Is(USUAL_EPSILON))?;
        keys.flag("affine", &mut self.affine, true)
    }

    fn summary(&self) -> String {
        format!("group_norm, {} groups{}", self.groups, unusual(self.epsilon, self.affine))
    }

    fn record(&self, net: &mut TapeBuilder, name: &str, x: Node) -> Result<Node, TensorError> {
        net.put(name, *self, &[x])
    }

    fn examples() -> Vec<Self> {
        let (one, two) = (Self::new(1), Self { epsilon: 0.1, ..Self::new(2) });
        vec![one, two, Self { affine: false, ..two }]
    }
}

impl Layer for GroupNorm {
    fn shape(&self, inputs: &[Shape]) -> Result<Shape, Misfit> {
        let groups = self.groups;
        if groups == 0 || !inputs[0].channels().is_multiple_of(groups) {
            return Err(Misfit::Input(format!("a number of channels that {groups} groups divide")));
        }
        check_epsilon(self.epsilon)?;
        Ok(inputs[0])
    }

    fn terms(&self, place: &Place) -> usize {
        4 * place.shapes[0].len()
    }

    fn trained(&self) -> Option<&(dyn Trained + 'static)> {
        self.affine.then_some(self)
    }
}

impl Trained for GroupNorm {
    fn tensors(&self, inputs: &[Shape]) -> Vec<Tensor> {
        scale_and_shift::tensors(inputs[0])
    }
}

impl GroupNorm {
    fn sets(&self, place: &Place) -> Sets {
        Sets::of(place.shape, self.groups)
    }

    /// The normalised values, and `1 / sigma` of each set.
    fn kept<'a, T>(&self, at: &At<'a, T>) -> (&'a [T], &'a [T]) {
        let lanes = if at.is_shared { 1 } else { at.lanes };
        at.numbers.split_at(at.place.shape.len() * lanes)
    }
}

/// It keeps the normalised values, `len` rows, and `1 / sigma` of each set, as many rows as sets.
impl<T: Real> Kernel<T> for GroupNorm {
    fn forward(&self, at: &At<'_, T>, y: &mut [T], keep: &mut Kept<T>, scratch: &mut Scratch) {
        let sets = self.sets(at.place);
        keep.numbers.resize(y.len() + sets.count * at.lanes, T::zero());
        let (values, inverse) = keep.numbers.split_at_mut(y.len());
        let moments = scratch.get::<Vec<T>>();
        normalise(sets, at.lanes, self.epsilon, at.x(0), values, inverse, moments);
        scale_and_shift::forward(at, values, y);
    }

    fn reads_inputs(&self) -> bool {
        false
    }

    fn pull(&self, at: &At<'_, T>, _input: usize, u: &[T], to: Target<'_, T>, tools: Tools<'_, T>) {
        let ((values, inverse), [ones, moments]) = (self.kept(at), tools.scratch.get::<[Vec<T>; 2]>());
        let backward = if at.is_shared { normalise_backward_fan } else { normalise_backward };
        let (dx, accumulate) = (to.dx, to.accumulate);
        backward(
            self.sets(at.place),
            at.lanes,
            scale_and_shift::scales(at, ones),
            values,
            inverse,
            u,
            dx,
            accumulate,
            moments,
        );
    }

    fn pull_rows(&self, at: &At<'_, T>, input: usize, u: &[T], to: Target<'_, T>, mut tools: Tools<'_, T>) {
        let (len, accumulate) = (at.place.shape.len(), to.accumulate);
        let rows = u.chunks_exact(len).zip(to.dx.chunks_exact_mut(len));
        for (row, (u, dx)) in rows.enumerate() {
            let one = at.sample(row / at.lanes).with_lanes(1);
            self.pull(&one, input, u, Target { dx, accumulate }, tools.again());
        }
    }

    fn push(&self, at: &At<'_, T>, tangent: &Tangent<'_, T>, dy: &mut [T], scratch: &mut Scratch) {
        let (values, inverse) = self.kept(at);
        if let Some(dx) = tangent.x(at.place, 0) {
            // The Jacobian of x -> xhat is symmetric: the backward kernel with unit scales is the forward one.
            let [ones, moments] = scratch.get::<[Vec<T>; 2]>();
            ones.clear();
            ones.resize(at.place.shape.channels(), T::one());
            normalise_backward(self.sets(at.place), at.lanes, ones, values, inverse, dx, dy, false, moments);
        } else {
            dy.fill(T::zero());
        }
        scale_and_shift::push(at, tangent, values, dy);
    }

    fn pull_bounded(&self, at: &At<'_, T>, _input: usize, carry: &mut Carry<'_>) {
        let (values, inverse) = self.kept(at);
        let (sets, k) = (self.sets(at.place), carry.k);
        let scale = scale_and_shift::scales(at, &mut Vec::new())
            .iter()
            .map(|scale| scale.as_f64())
            .collect::<Vec<_>>();
        let gamma = gamma(sets.len + 8 + carry.readers, carry.unit);
        let (u, into) = (carry.u, &mut *carry.into);
        for (set, inverse) in inverse.iter().enumerate() {
            let inverse = inverse.as_f64();
            for l in 0..k {
                // With the sums of `v` and `v xhat` go the sums of their errors, roundings included.
                let [mut mean, mut correlation, mut mean_error, mut correlation_error] = [0.0_f64; 4];
                let v = |place: usize| {
                    let scale = scale[sets.channel(place)];
                    let (value, error) = (u.values[place * k + l], u.errors[place * k + l]);
                    (scale * value, scale.abs() * passed_on(value, error, gamma))
                };
                for place in sets.entries(set) {
                    let ((value, error), normal) = (v(place), values[place].as_f64());
                    mean += value;
                    mean_error += error;
                    correlation += value * normal;
                    correlation_error += error * normal.abs();
                }
                let count = sets.len as f64;
                for place in sets.entries(set) {
                    let ((value, error), normal) = (v(place), values[place].as_f64());
                    let exact = value - mean / count - normal * correlation / count;
                    let sizes = value.abs() + (mean.abs() + normal.abs() * correlation.abs()) / count;
                    let carried = error + (mean_error + normal.abs() * correlation_error) / count;
                    into.values[place * k + l] += inverse * exact;
                    into.errors[place * k + l] += inverse * passed_on(sizes, carried, gamma);
                }
            }
        }
    }
}

impl<T: Real> Rows<T> for GroupNorm {
    fn rows(&self, at: &At<'_, T>, u: Cotangents<'_, T>, scratch: &mut Scratch, take: Take<'_, T>) {
        scale_and_shift::rows(at, self.kept(at).0, u, scratch, take);
    }

    fn gradient(&self, at: &At<'_, T>, u: &[T], gradient: &mut [T], overwrite: bool, _scratch: &mut Scratch) {
        scale_and_shift::gradient(at, self.kept(at).0, u, gradient, overwrite);
    }

    fn add_norms(&self, at: &At<'_, T>, u: &[T], norms: &mut [T], scratch: &mut Scratch) {
        scale_and_shift::add_norms(at, self.kept(at).0, u, norms, scratch);
    }

    fn bound(&self, at: &At<'_, T>) -> RowBound {
        scale_and_shift::bound(at.place.shape, self.kept(at).0)
    }
}
