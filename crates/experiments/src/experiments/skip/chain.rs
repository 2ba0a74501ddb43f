//! Chains of dense layers with and without biases, and the Jacobian of a chain's outputs in its first layer.

use fenchel_nn::description::{Description, Layer, LayerKind};
use fenchel_nn::models::{DenseChain, Model, Skip};
use fenchel_tensor::layers::{AnyLayer, Dense};
use fenchel_tensor::{Quantity, Shape, Site, Sweep, Tape, TensorError};
use ndarray::{Array2, ArrayView2};
use std::sync::Arc;

use super::Block;

impl Block {
    fn skip(self) -> Skip {
        match self {
            Self::Plain => Skip::None,
            Self::Skip => Skip::Plain,
            Self::Scaled => Skip::Scaled,
            Self::LayerNorm => Skip::LayerNorm,
            Self::PreLayerNorm => Skip::PreLayerNorm,
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
    let Layer { name, inputs, kind } = layer;
    let kind = match kind {
        LayerKind::Plain(AnyLayer::Dense(dense)) => LayerKind::Plain(Dense { bias: false, ..dense }.into()),
        LayerKind::Residual { body, projection, scale } => {
            LayerKind::Residual { body: body.into_iter().map(without_bias).collect(), projection, scale }
        }
        other @ (LayerKind::Plain(_) | LayerKind::Join(_)) => other,
    };
    Layer { name, inputs, kind }
}

/// `P = d f / d z₁` of every sample, with `z₁ = W₁ x + b₁` the first layer's sums: `m x width`, so that
/// `A₁ = (‖x‖² + 1) P P'` (T13), without biases `‖x‖² P P'`.
///
/// The singular values of P are more accurate than the roots of the eigenvalues of `P P'`, by half of the digits.
///
/// # Errors
/// If the parameters or the inputs are not of the tape's size.
pub(super) fn first_layer_jacobians(
    tape: &Arc<Tape>,
    parameters: &[f64],
    inputs: ArrayView2<'_, f64>,
) -> Result<Vec<Array2<f64>>, TensorError> {
    let mut sweep = Sweep::new(tape.clone());
    let mut first = FirstLayer(vec![Array2::zeros((0, 0)); inputs.nrows()]);
    sweep.forward(parameters, inputs)?.collect(&mut first);
    Ok(first.0)
}

struct FirstLayer(Vec<Array2<f64>>);

impl Quantity<f64> for FirstLayer {
    fn site(&mut self, site: Site<'_, f64>) {
        if site.layer() == 0 {
            self.0[site.sample()] = site.cotangents();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_convexity::theorems::skip_connections::singular_values;
    use fenchel_nn::Initialiser;
    use fenchel_nn::measurement::layer_sums;
    use fenchel_random::Seed;
    use fenchel_tensor::Engine;
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
    fn the_jacobian_in_the_first_layer_gives_that_in_its_weights() {
        for (block, biases, tape, parameters) in chains() {
            let first = first_layer_jacobians(&tape, &parameters, inputs().view()).unwrap();
            let mut sweep = Sweep::<f64>::new(tape.clone());
            let jacobian = sweep.forward(&parameters, inputs().view()).unwrap().jacobian();
            let weight = tape.parameters().find("dense1.weight").unwrap();
            for (sample, input) in inputs().rows().into_iter().enumerate() {
                // The derivative in the weight (i, j) is that in the sum i times x_j; x has no entry 0.
                let mut largest: f64 = 0.0;
                for ((k, i), &expected) in first[sample].indexed_iter() {
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
            let first = first_layer_jacobians(&tape, &parameters, inputs().view()).unwrap();
            let sums = layer_sums(&Engine::<f64>::new(tape), &parameters, inputs().view()).unwrap();
            for ((input, sum), p) in inputs().rows().into_iter().zip(sums).zip(first) {
                let values = singular_values(p.t()).unwrap();
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
