//! The factors of each layer's Jacobian, for products between the Jacobians of different samples.
//!
//! A layer whose Jacobian is an outer product goes to [`OuterProducts`], every other to [`JacobianParts`]: the factors of
//! the first are small, those of the others as large as their Jacobian, which may have to come in parts.

use std::ops::Range;

use super::{Quantity, Site};
use crate::Real;

/// What one layer gives to the Jacobians of some samples.
pub(crate) trait Factor<T>: Sync {
    /// Appends the factors of the samples that follow.
    fn append(&mut self, next: Self);
}

/// Of a dense layer: `J` has the rows `u_k a'` (and `u_k`), so the factors say it all.
#[derive(Clone, Debug)]
pub(crate) struct OuterProduct<T> {
    /// `S x in`.
    pub(crate) inputs: Vec<T>,
    /// `S x K x out`.
    pub(crate) cotangents: Vec<T>,
    /// Whether the layer has a bias.
    pub(crate) bias: bool,
}

impl<T: Real> Factor<T> for OuterProduct<T> {
    fn append(&mut self, next: Self) {
        self.inputs.extend(next.inputs);
        self.cotangents.extend(next.cotangents);
    }
}

/// Of any other layer: the Jacobian itself in some of its parameters.
#[derive(Clone, Debug)]
pub(crate) struct JacobianPart<T> {
    /// `S x K x width`.
    pub(crate) rows: Vec<T>,
    /// How many parameters.
    pub(crate) width: usize,
}

impl<T: Real> Factor<T> for JacobianPart<T> {
    fn append(&mut self, next: Self) {
        self.rows.extend(next.rows);
    }
}

/// Each layer's number and factor, in the order in which the backward pass met them first.
struct ByLayer<F>(Vec<(usize, F)>);

impl<F> ByLayer<F> {
    /// The factor of a layer, for which room is made when it is met first.
    fn of(&mut self, layer: usize, empty: impl FnOnce() -> F) -> &mut F {
        let place = self.0.iter().position(|(known, _)| *known == layer).unwrap_or_else(|| {
            self.0.push((layer, empty()));
            self.0.len() - 1
        });
        &mut self.0[place].1
    }

    fn into_factors(self) -> Vec<F> {
        self.0.into_iter().map(|(_, factor)| factor).collect()
    }
}

/// A quantity that gathers factors of one kind.
pub(crate) trait Gathers<T: Real>: Quantity<T> {
    /// The kind.
    type Factor: Factor<T> + Send;

    /// The factors, layer by layer.
    fn into_factors(self) -> Vec<Self::Factor>;
}

/// Gathers the factors of the layers whose Jacobian is an outer product.
pub(crate) struct OuterProducts<T> {
    samples: usize,
    layers: ByLayer<OuterProduct<T>>,
}

impl<T: Real> OuterProducts<T> {
    pub(crate) fn new(samples: usize) -> Self {
        Self { samples, layers: ByLayer(Vec::new()) }
    }
}

impl<T: Real> Quantity<T> for OuterProducts<T> {
    fn site(&mut self, site: Site<'_, T>) {
        let (Some(outer), at) = (site.layer.outer(), site.at) else { return };
        let (inputs, samples) = (at.x(0), self.samples);
        let cotangents = at.place.shape.len() * at.lanes;
        let factor = self.layers.of(at.place.number, || OuterProduct {
            inputs: Vec::with_capacity(samples * inputs.len()),
            cotangents: Vec::with_capacity(samples * cotangents),
            bias: outer.bias,
        });
        factor.inputs.extend(inputs);
        factor.cotangents.extend(site.u.by_output(at.place.shape, at.lanes, &mut Vec::new()));
    }
}

impl<T: Real> Gathers<T> for OuterProducts<T> {
    type Factor = OuterProduct<T>;

    fn into_factors(self) -> Vec<OuterProduct<T>> {
        self.layers.into_factors()
    }
}

/// Gathers the Jacobian in a range of the parameters of all other layers.
pub(crate) struct JacobianParts<T> {
    samples: usize,
    range: Range<usize>,
    layers: ByLayer<JacobianPart<T>>,
}

impl<T: Real> JacobianParts<T> {
    pub(crate) fn new(samples: usize, range: Range<usize>) -> Self {
        Self { samples, range, layers: ByLayer(Vec::new()) }
    }
}

impl<T: Real> Quantity<T> for JacobianParts<T> {
    fn site(&mut self, mut site: Site<'_, T>) {
        if site.layer.outer().is_some() {
            return;
        }
        let at = site.at;
        // The tensors of a layer are neighbours in the parameter vector.
        let tensors = &at.place.tensors;
        let last = tensors[tensors.len() - 1].end;
        let part = self.range.start.max(tensors[0].start)..self.range.end.min(last);
        if part.is_empty() {
            return;
        }
        let (width, lanes, samples) = (part.len(), at.lanes, self.samples);
        let empty = || JacobianPart { rows: vec![T::zero(); samples * lanes * width], width };
        let factor = self.layers.of(at.place.number, empty);
        let into = &mut factor.rows[site.sample * lanes * width..][..lanes * width];
        site.for_each_parameter(|parameter, derivatives| {
            if part.contains(&parameter) {
                for (k, &value) in derivatives.iter().enumerate() {
                    into[k * width + parameter - part.start] = value;
                }
            }
        });
    }
}

impl<T: Real> Gathers<T> for JacobianParts<T> {
    type Factor = JacobianPart<T>;

    fn into_factors(self) -> Vec<JacobianPart<T>> {
        self.layers.into_factors()
    }
}
