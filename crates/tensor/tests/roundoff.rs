//! The running bound on the round-off of the backward passes.

#[allow(dead_code, reason = "shared with tests that draw inputs")]
mod architectures;

use std::sync::Arc;

use architectures::{Architecture, Choice, architecture};
use fenchel_tensor::layers::{
    AnyLayer, AveragePool, FixedDense, FixedWeights, GroupNorm, InstanceNorm, LayerNorm, Scale,
};
use fenchel_tensor::spectrum::batched_eigenvalues;
use fenchel_tensor::{Activation, BackwardRoundoff, Real, Shape, Sweep, Tape, TapeBuilder};
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;

/// Networks whose values are exactly 0 at the input 0 without biases, in either precision: so both have the
/// same linear maps backwards.
fn exact_forwards() -> impl Strategy<Value = Architecture> {
    architecture().prop_map(|mut net| {
        net.layers.retain_mut(|choice| {
            let Choice::Layer(layer) = choice else { return true };
            match layer {
                AnyLayer::AveragePool(AveragePool { pool, .. }) => pool.window == 2,
                AnyLayer::Activation(Activation::Tanh | Activation::Gelu) => true,
                AnyLayer::Activation(activation) => {
                    *activation = Activation::LeakyRelu { slope: 0.125 };
                    true
                }
                AnyLayer::Scale(Scale { factor }) => {
                    *factor = f64::from(*factor as f32);
                    true
                }
                // One over the root of the variance 0 and this is 256.
                AnyLayer::GroupNorm(GroupNorm { epsilon, .. })
                | AnyLayer::LayerNorm(LayerNorm { epsilon, .. })
                | AnyLayer::InstanceNorm(InstanceNorm { epsilon, .. }) => {
                    *epsilon = 0.5_f64.powi(16);
                    true
                }
                // One over the number of positions differs between the precisions, and so do shifted zeros.
                AnyLayer::GlobalAveragePool(_) | AnyLayer::BatchNorm(_) | AnyLayer::MeanOverTokens(_) => {
                    false
                }
                // Nor is one over the number of what softmax weighs; trained values are no zeros.
                AnyLayer::SelfAttention(_)
                | AnyLayer::DotProductAttention(_)
                | AnyLayer::Embedding(_)
                | AnyLayer::AddLearned(_)
                | AnyLayer::PrependToken(_)
                | AnyLayer::Softmax(_)
                | AnyLayer::LogSoftmax(_) => false,
                AnyLayer::Dense(_)
                | AnyLayer::Conv2d(_)
                | AnyLayer::MaxPool(_)
                | AnyLayer::Flatten(_)
                | AnyLayer::PRelu(_)
                | AnyLayer::ImageToTokens(_)
                | AnyLayer::TokensToImage(_)
                | AnyLayer::TransposeTokens(_)
                | AnyLayer::TakeToken(_)
                | AnyLayer::Identity(_) => true,
                AnyLayer::FixedDense(FixedDense(weights)) => *weights != FixedWeights::Signs,
                other => panic!("{other:?} is new: say whether it is exact at zero in both precisions"),
            }
        });
        net
    })
}

/// The squared norm of `J'u`, the ascending eigenvalues, and their bound, of one sample.
fn measured<T: Real>(
    tape: &Arc<Tape>,
    parameters: &[f64],
    input: &Array2<f64>,
    u: &[f64],
) -> (f64, Vec<f64>, BackwardRoundoff) {
    let parameters: Vec<T> = parameters.iter().map(|&p| T::of(p)).collect();
    let u: Vec<T> = u.iter().map(|&u| T::of(u)).collect();
    let mut sweep = Sweep::<T>::new(tape.clone());
    let mut pass = sweep.forward(&parameters, input.mapv(T::of).view()).unwrap();
    let rows = ndarray::ArrayView2::from_shape((1, u.len()), &u).unwrap();
    let norm = pass.squared_gradient_norms(rows).unwrap()[0].as_f64();
    let structure = pass.structure();
    let eigenvalues = batched_eigenvalues(structure.view()).unwrap().index_axis(Axis(0), 0).to_vec();
    (norm, eigenvalues, pass.backward_roundoff(0, &u).unwrap())
}

/// Both precisions within their bounds of each other.
fn agree(tape: &Arc<Tape>, parameters: &[f64], input: &Array2<f64>, u: &[f64]) -> Result<(), TestCaseError> {
    let (single, spectrum, loose) = measured::<f32>(tape, parameters, input, u);
    let (double, exact, tight) = measured::<f64>(tape, parameters, input, u);
    let bound = loose.squared_norm + tight.squared_norm;
    prop_assert!((single - double).abs() <= bound, "norm {single:e} against {double:e}, bound {bound:e}");
    let bound = loose.eigenvalue + tight.eigenvalue;
    for (single, double) in spectrum.iter().zip(&exact) {
        prop_assert!((single - double).abs() <= bound, "{single:e} against {double:e}, bound {bound:e}");
    }
    // Nor is the bound empty: it follows the unit round-off from one precision to the other, 1.9e-9, but for the solver's share, which
    // is that of double precision in both.
    prop_assert!(tight.squared_norm <= 1e-6 * loose.squared_norm);
    prop_assert!(tight.eigenvalue <= 1e-4 * loose.eigenvalue);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn single_precision_is_within_its_bound_of_double(net in exact_forwards()) {
        let tape = net.tape();
        let single = |p: f64| f64::from(p as f32);
        let mut parameters: Vec<f64> = net.parameters(&tape).into_iter().map(single).collect();
        for slot in tape.parameters().slots() {
            if slot.name.ends_with(".bias") {
                parameters[slot.range.clone()].fill(0.0);
            }
        }
        let u: Vec<f64> = (0..net.outputs).map(|k| f64::from(((k * 7 % 5) as f32 - 2.0) / 3.0)).collect();
        agree(&tape, &parameters, &Array2::zeros((1, net.input.len())), &u)?;
    }

    /// `f = w3' W2 W1 x` with `W1 = 0`, where the columns of W2 are orthogonal to w3 up to delta: the product
    /// in the middle cancels.
    #[test]
    fn a_product_that_cancels_has_a_bound_that_says_so(power in 1_i32..6, seed in 0_usize..1000) {
        let (tape, parameters) = cancelling(0.1_f64.powi(power), seed);
        let input = array![[1.0, -2.0, 0.5]];
        agree(&tape, &parameters, &input, &[1.0])?;
        let (norm, _, bound) = measured::<f64>(&tape, &parameters, &input, &[1.0]);
        prop_assert!(bound.squared_norm <= 1e-8 * norm, "{bound:?} of {norm:e}");
    }
}

fn cancelling(delta: f64, seed: usize) -> (Arc<Tape>, Vec<f64>) {
    const WIDTH: usize = 8;
    let mut net = TapeBuilder::new(Shape::vector(3));
    let x = net.input();
    let h = net.dense_without_bias("1", x, WIDTH).unwrap();
    let h = net.dense_without_bias("2", h, WIDTH).unwrap();
    let y = net.dense_without_bias("3", h, 1).unwrap();
    let tape = Arc::new(net.finish(y).unwrap());
    let wave = |i: usize| f64::from(((i as f64 * 1.7 + seed as f64).sin() + 1.5) as f32);
    let outer: Vec<f64> = (0..WIDTH).map(wave).collect();
    let square: f64 = outer.iter().map(|w| w * w).sum();
    let mut middle = vec![0.0; WIDTH * WIDTH];
    for column in 0..WIDTH {
        let free: Vec<f64> = (0..WIDTH).map(|row| wave(100 + row * WIDTH + column)).collect();
        let share: f64 = free.iter().zip(&outer).map(|(a, b)| a * b).sum::<f64>() / square;
        for row in 0..WIDTH {
            middle[row * WIDTH + column] = f64::from((free[row] - (1.0 - delta) * share * outer[row]) as f32);
        }
    }
    (tape, [vec![0.0; 3 * WIDTH], middle, outer].concat())
}

#[test]
fn a_sample_that_is_not_there_is_refused() {
    let (tape, parameters) = cancelling(0.5, 1);
    let mut sweep = Sweep::new(tape);
    let pass = sweep.forward(&parameters, array![[1.0, 0.0, 0.0]].view()).unwrap();
    for (sample, u) in [(1, vec![1.0]), (0, vec![]), (0, vec![1.0, 2.0])] {
        assert!(pass.backward_roundoff(sample, &u).unwrap_err().to_string().contains("sample"));
    }
}
