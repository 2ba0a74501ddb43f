//! Chains of dense layers without biases, and the Jacobian of a chain's outputs in its first layer.

use fenchel_nn::description::{Description, Layer, LayerKind};
use fenchel_nn::models::{DenseChain, Model, Skip};
use fenchel_tensor::layers::{AnyLayer, Dense};
use fenchel_tensor::{Shape, Tape, TensorError};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use std::sync::Arc;

use super::Block;

/// What layer normalisation adds to the variance, as in [`fenchel_tensor::TapeBuilder::layer_norm`].
const EPSILON: f64 = 1e-5;

impl Block {
    fn skip(self) -> Skip {
        match self {
            Self::Plain => Skip::None,
            Self::Skip => Skip::Plain,
            Self::Scaled => Skip::Scaled,
            Self::LayerNorm => Skip::LayerNorm,
        }
    }
}

/// A chain of this depth and width on a tape.
///
/// # Errors
/// If the tape refuses a layer.
pub(super) fn tape(
    block: Block,
    (depth, width): (usize, usize),
    biases: bool,
    input: Shape,
    outputs: usize,
) -> Result<Arc<Tape>, TensorError> {
    let model = DenseChain::new(depth, width).with_skip(block.skip());
    let Description { name, input, layers } = model.description(input, outputs);
    let layers = if biases { layers } else { layers.into_iter().map(without_bias).collect() };
    Description { name, input, layers }.tape()
}

/// The layer, and those inside it, without what dense layers add.
fn without_bias(layer: Layer) -> Layer {
    let Layer { name, kind } = layer;
    let kind = match kind {
        LayerKind::Plain(AnyLayer::Dense(dense)) => LayerKind::Plain(Dense { bias: false, ..dense }.into()),
        LayerKind::Residual { body, projection, scale } => {
            LayerKind::Residual { body: body.into_iter().map(without_bias).collect(), projection, scale }
        }
        other @ LayerKind::Plain(_) => other,
    };
    Layer { name, kind }
}

/// A chain with its parameters, as matrices.
///
/// This walks through the layers by itself, apart from the tape: the Jacobian P of the outputs in what the first layer gives is not what a tape
/// collects, and its singular values are more accurate than the roots of the eigenvalues of `P P'`, by half of the digits.
pub(super) struct Chain<'a> {
    block: Block,
    layers: Vec<Affine<'a>>,
    /// Scale and shift of the normalisation before each layer but the first.
    normalisations: Vec<(ArrayView1<'a, f64>, ArrayView1<'a, f64>)>,
    head: Affine<'a>,
}

/// `W u + b`.
struct Affine<'a> {
    weight: ArrayView2<'a, f64>,
    bias: Option<ArrayView1<'a, f64>>,
}

impl Affine<'_> {
    fn apply(&self, input: &Array1<f64>) -> Array1<f64> {
        let product = self.weight.dot(input);
        match &self.bias {
            Some(bias) => product + bias,
            None => product,
        }
    }
}

impl<'a> Chain<'a> {
    /// The chain on `tape`, made by [`tape`], at these parameters.
    ///
    /// # Panics
    /// If the tape is none of these chains.
    pub(super) fn new(block: Block, depth: usize, tape: &Tape, parameters: &'a [f64]) -> Self {
        let slot = |name: String| tape.parameters().find(&name);
        let vector = |name: String| slot(name).map(|slot| ArrayView1::from(&parameters[slot.range.clone()]));
        let affine = |layer: &str| {
            let slot = slot(format!("{layer}.weight")).expect("every dense layer of a chain is named");
            let shape = (slot.shape[0], slot.range.len() / slot.shape[0]);
            let weight = ArrayView2::from_shape(shape, &parameters[slot.range.clone()]);
            Affine {
                weight: weight.expect("a slot is as long as its shape says"),
                bias: vector(format!("{layer}.bias")),
            }
        };
        let normalisation = |layer: usize| {
            let part = |part: &str| vector(format!("norm{layer}.{part}")).expect("normalisations are named");
            (part("weight"), part("bias"))
        };
        Self {
            block,
            layers: (1..=depth).map(|layer| affine(&format!("dense{layer}"))).collect(),
            normalisations: if block == Block::LayerNorm {
                (2..=depth).map(normalisation).collect()
            } else {
                Vec::new()
            },
            head: affine("head"),
        }
    }

    /// The factor of a block's body.
    fn scale(&self) -> f64 {
        if self.block == Block::Scaled { (self.layers.len() as f64).sqrt().recip() } else { 1.0 }
    }

    /// `P = d f / d z₁`, with `z₁ = W₁ x + b₁` the first layer's sums: `m x width`, so that `A₁ = (‖x‖² + 1) P P'` (T13), without biases `‖x‖² P P'`.
    pub(super) fn first_layer_jacobian(&self, input: ArrayView1<'_, f64>) -> Array2<f64> {
        let relu = |sums: &Array1<f64>| sums.mapv(|z| z.max(0.0));
        let slope = |sums: &Array1<f64>| sums.mapv(|z| f64::from(z > 0.0));
        let first = self.layers[0].apply(&input.to_owned());
        let mut hidden = relu(&first);
        // Forward: each block's slopes, and what its normalisation needs on the way back.
        let mut passed = Vec::with_capacity(self.layers.len());
        for (index, layer) in self.layers[1..].iter().enumerate() {
            let normalised = self.normalisations.get(index).map(|(scale, shift)| {
                let centred = &hidden - hidden.mean().expect("a layer has units");
                let inverse = (centred.dot(&centred) / centred.len() as f64 + EPSILON).sqrt().recip();
                let values = centred * inverse;
                (&values * scale + shift, values, inverse)
            });
            let sums = layer.apply(normalised.as_ref().map_or(&hidden, |(output, ..)| output));
            let body = relu(&sums);
            hidden = if self.block == Block::Plain { body } else { hidden + body * self.scale() };
            passed.push((slope(&sums), normalised.map(|(_, values, inverse)| (values, inverse))));
        }
        // Backward: rows are the outputs' derivatives in what the block at hand gives.
        let mut rows = self.head.weight.to_owned();
        for (index, (slopes, normalised)) in passed.iter().enumerate().rev() {
            let mut through = (&rows * slopes).dot(&self.layers[index + 1].weight);
            if let Some((values, inverse)) = normalised {
                through *= &self.normalisations[index].0;
                for mut row in through.axis_iter_mut(Axis(0)) {
                    // dx = (v - mean v - xhat mean(v xhat)) / sigma.
                    let (mean, along) =
                        (row.mean().expect("a layer has units"), row.dot(values) / values.len() as f64);
                    row.zip_mut_with(values, |v, xhat| *v = (*v - mean - xhat * along) * inverse);
                }
            }
            rows = if self.block == Block::Plain { through } else { rows + through * self.scale() };
        }
        rows * slope(&first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_convexity::theorems::skip_connections::singular_values;
    use fenchel_nn::Initialiser;
    use fenchel_nn::measurement::layer_sums;
    use fenchel_random::Seed;
    use fenchel_tensor::{Engine, Sweep};
    use ndarray::s;

    /// Every kind of chain with parameters away from their special starting values.
    fn chains() -> Vec<(Block, bool, Arc<Tape>, Vec<f64>)> {
        let mut all = Vec::new();
        for block in Block::ALL {
            for biases in [true, false] {
                let tape = tape(block, (4, 12), biases, Shape::vector(6), 5).unwrap();
                let mut parameters = Initialiser::FanInUniform.draw(&tape, Seed::new(1)).unwrap();
                let mut stream = Seed::new(2).stream();
                parameters.iter_mut().for_each(|p| *p += stream.random_range(-0.1..0.1));
                all.push((block, biases, tape, parameters));
            }
        }
        all
    }

    fn inputs() -> Array2<f64> {
        Array2::from_shape_fn((3, 6), |(i, j)| ((5 * i + 3 * j + 1) % 7) as f64 - 2.5)
    }

    #[test]
    fn the_jacobian_is_that_of_the_tape() {
        for (block, biases, tape, parameters) in chains() {
            let chain = Chain::new(block, 4, &tape, &parameters);
            let mut sweep = Sweep::<f64>::new(tape.clone());
            let jacobian = sweep.forward(&parameters, inputs().view()).unwrap().jacobian();
            let weight = tape.parameters().find("dense1.weight").unwrap();
            for (sample, input) in inputs().rows().into_iter().enumerate() {
                let rows = chain.first_layer_jacobian(input);
                // The derivative in the weight (i, j) is that in the sum i times x_j; x has no entry 0.
                let mut largest: f64 = 0.0;
                for ((k, i), &expected) in rows.indexed_iter() {
                    let at = weight.range.start + 6 * i;
                    let row = jacobian.slice(s![sample, k, at..at + 6]);
                    for (value, x) in row.iter().zip(input) {
                        assert!(
                            (value - expected * x).abs() < 1e-13,
                            "{block:?} {biases}: {value} {}",
                            expected * x
                        );
                        largest = largest.max(value.abs());
                    }
                }
                assert!(largest > 1e-3, "{block:?}: nothing was compared");
            }
        }
    }

    #[test]
    fn singular_values_give_the_first_term_of_the_layer_sum() {
        for (block, biases, tape, parameters) in chains() {
            let chain = Chain::new(block, 4, &tape, &parameters);
            let sums = layer_sums(&Engine::<f64>::new(tape), &parameters, inputs().view()).unwrap();
            for (input, sum) in inputs().rows().into_iter().zip(sums) {
                let values = singular_values(chain.first_layer_jacobian(input).t()).unwrap();
                let factor = input.dot(&input) + f64::from(u8::from(biases));
                let ends = sum.layers[0].eigenvalues;
                // The eigenvalues of the summed matrix err by some 100 units of the largest.
                let error = 1e-13 * ends.max;
                assert!((factor * values[4].powi(2) - ends.max).abs() < error, "{block:?} {biases}");
                assert!((factor * values[0].powi(2) - ends.min).abs() < error, "{block:?} {biases}");
            }
        }
    }

    #[test]
    fn a_chain_without_biases_has_none() {
        for block in Block::ALL {
            let with = tape(block, (3, 12), true, Shape::vector(6), 5).unwrap();
            let without = tape(block, (3, 12), false, Shape::vector(6), 5).unwrap();
            assert_eq!(with.parameters().len() - without.parameters().len(), 3 * 12 + 5);
            assert!(without.parameters().find("head.bias").is_none());
        }
    }
}
