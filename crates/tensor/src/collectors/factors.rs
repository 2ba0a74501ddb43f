//! The factors of each layer's Jacobian, for products between the Jacobians of different samples.

use std::ops::Range;

use super::{Quantity, Site};
use crate::Real;
use crate::layer::{Cotangents, Outer};

/// What one layer gives to the Jacobians of some samples.
#[derive(Clone, Debug)]
pub(crate) enum Factor<T> {
    /// A dense layer: `J` has the rows `u_k a'` (and `u_k`), so the factors say it all.
    Dense {
        /// `S x in`.
        inputs: Vec<T>,
        /// `S x K x out`.
        cotangents: Vec<T>,
        /// Whether the layer has a bias.
        bias: bool,
    },
    /// Any other layer: the Jacobian itself in some of its parameters, `S x K x width`.
    Rows {
        /// The rows.
        rows: Vec<T>,
        /// How many parameters.
        width: usize,
    },
}

impl<T: Real> Factor<T> {
    /// Appends the factors of the samples that follow.
    pub(crate) fn append(&mut self, next: Self) {
        match (self, next) {
            (Self::Dense { inputs, cotangents, .. }, Self::Dense { inputs: i, cotangents: c, .. }) => {
                inputs.extend(i);
                cotangents.extend(c);
            }
            (Self::Rows { rows, .. }, Self::Rows { rows: r, .. }) => rows.extend(r),
            _ => unreachable!("every chunk of samples passes the same layers"),
        }
    }
}

/// Gathers the factors of dense layers, or the Jacobian in a range of the other layers' parameters: the factors of dense layers are
/// small, those of the others as large as their Jacobian, which may have to come in parts.
pub(crate) struct Factors<T> {
    samples: usize,
    /// `None` for the dense layers, or the range of parameters that is wanted of the others.
    range: Option<Range<usize>>,
    /// Each layer's number and factor, in the order in which the backward pass met them first.
    layers: Vec<(usize, Factor<T>)>,
}

impl<T: Real> Factors<T> {
    pub(crate) fn new(samples: usize, range: Option<Range<usize>>) -> Self {
        Self { samples, range, layers: Vec::new() }
    }

    /// The factors, layer by layer.
    pub(crate) fn into_factors(self) -> Vec<Factor<T>> {
        self.layers.into_iter().map(|(_, factor)| factor).collect()
    }

    /// Makes room for a layer when it is met first.
    fn factor(&mut self, layer: usize, empty: impl FnOnce() -> Factor<T>) -> &mut Factor<T> {
        let place = self.layers.iter().position(|(known, _)| *known == layer).unwrap_or_else(|| {
            self.layers.push((layer, empty()));
            self.layers.len() - 1
        });
        &mut self.layers[place].1
    }
}

impl<T: Real> Quantity<T> for Factors<T> {
    fn site(&mut self, mut site: Site<'_, T>) {
        let at = site.at;
        let number = at.place.number;
        match (site.layer.outer(), self.range.clone()) {
            (Some(Outer { bias }), None) => {
                let empty = || Factor::Dense { inputs: Vec::new(), cotangents: Vec::new(), bias };
                let Factor::Dense { inputs, cotangents, .. } = self.factor(number, empty) else { return };
                inputs.extend(at.x(0));
                match site.u {
                    Cotangents::Rows(u) => cotangents.extend(u),
                    _ => unreachable!("the output of a dense layer is a vector"),
                }
            }
            (None, Some(range)) => {
                // The tensors of a layer are neighbours in the parameter vector.
                let tensors = &at.place.tensors;
                let part = range.start.max(tensors[0].start)..range.end.min(tensors[tensors.len() - 1].end);
                if part.is_empty() {
                    return;
                }
                let (width, lanes, samples) = (part.len(), at.lanes, self.samples);
                let empty = || Factor::Rows { rows: vec![T::zero(); samples * lanes * width], width };
                let Factor::Rows { rows: into, .. } = self.factor(number, empty) else { return };
                let into = &mut into[site.sample * lanes * width..][..lanes * width];
                site.for_each_parameter(|parameter, derivatives| {
                    if part.contains(&parameter) {
                        for (k, &value) in derivatives.iter().enumerate() {
                            into[k * width + parameter - part.start] = value;
                        }
                    }
                });
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}
