//! Single against double precision, with bounds that follow from the arithmetic.
//!
//! Outputs, Jacobians, structural matrices and gradient norms of a network without smooth nonlinearities are sums over paths of
//! products of weights and inputs. The same network with absolute weights and inputs, the *majorant*, adds the sizes of all these
//! terms, and what it gives bounds every partial sum on the way. Two properties follow.
//!
//! - Where weights and inputs are small integers and the majorant stays below 2^24, single precision is exact: not a bit may differ.
//! - For any weights, a term that passes through at most N roundings errs by a factor within (1 + u)^N, so that the error is at
//!   most gamma_N = N u / (1 - N u) times the majorant (Higham, Accuracy and Stability of Numerical Algorithms, section 3.1).

mod architectures;

use std::sync::Arc;

use architectures::{Architecture, Choice, architecture};
use fenchel_random::Seed;
use fenchel_tensor::layers::{AnyLayer, AveragePool, MaxPool, Scale};
use fenchel_tensor::{Activation, Pool2d, Real, Shape, Sweep, Tape, TapeBuilder};
use ndarray::{Array1, Array2, Array3};
use proptest::prelude::*;

/// All that is compared, of one batch.
struct Measured<T> {
    outputs: Array2<T>,
    jacobian: Array3<T>,
    structure: Array3<T>,
    norms: Array1<T>,
}

fn measure<T: Real>(tape: &Arc<Tape>, parameters: &[f64], inputs: &Array2<f64>) -> Measured<T> {
    let parameters: Vec<T> = parameters.iter().map(|&p| T::of(p)).collect();
    let mut sweep = Sweep::<T>::new(tape.clone());
    let mut pass = sweep.forward(&parameters, inputs.mapv(T::of).view()).unwrap();
    let outputs = pass.outputs().to_owned();
    let residuals = Array2::from_elem(outputs.dim(), T::one());
    Measured {
        outputs,
        jacobian: pass.jacobian(),
        structure: pass.structure(),
        norms: pass.squared_gradient_norms(residuals.view()).unwrap().into(),
    }
}

impl Architecture {
    /// The same network where no convolution goes by tiles: such a sum meets numbers that its majorant leaves out, and has bounds and
    /// tests of exactness of its own beside its kernel.
    fn with_direct_sums(mut self) -> Self {
        for choice in &mut self.layers {
            if let Choice::Layer(AnyLayer::Conv2d(convolution)) = choice {
                convolution.channels = convolution.channels.min(9);
            }
        }
        self
    }

    /// The network whose values bound the sums of the sizes of all terms, of absolute parameters and inputs.
    fn majorant(&self) -> Self {
        let layers = self.layers.iter().flat_map(|choice| match choice {
            // Every input of a window counts, whichever is the largest one.
            &Choice::Layer(AnyLayer::MaxPool(MaxPool(pool))) => {
                let factor = (pool.window * pool.window) as f64;
                vec![AveragePool::new(pool).into(), Scale { factor }.into()]
            }
            // No number is negative here, and slopes are at most one.
            Choice::Layer(AnyLayer::Activation(_)) => vec![Scale { factor: 1.0 }.into()],
            Choice::Layer(AnyLayer::Scale(Scale { factor })) => vec![Scale { factor: factor.abs() }.into()],
            other => vec![other.clone()],
        });
        Self { layers: layers.collect(), ..self.clone() }
    }
}

/// Networks in which integers stay multiples of a small power of one half; the number of halvings beside.
fn dyadic() -> impl Strategy<Value = (Architecture, i32)> {
    architecture().prop_map(Architecture::with_direct_sums).prop_map(|mut net| {
        let mut halvings = 0;
        net.layers.truncate(4);
        net.layers.retain_mut(|choice| {
            let Choice::Layer(layer) = choice else { return matches!(choice, Choice::Double) };
            match layer {
                AnyLayer::AveragePool(pool) => {
                    *pool = AveragePool::new(Pool2d::square(2));
                    halvings += 2;
                    true
                }
                AnyLayer::Activation(
                    activation @ (Activation::Relu | Activation::Tanh | Activation::Gelu),
                ) => {
                    *activation = Activation::Relu;
                    true
                }
                AnyLayer::Activation(activation) => {
                    *activation = Activation::LeakyRelu { slope: 0.5 };
                    halvings += 1;
                    true
                }
                AnyLayer::Scale(Scale { factor }) => {
                    *factor = if *factor < 0.0 { -2.0 } else { 0.5 };
                    halvings += 1;
                    true
                }
                AnyLayer::Dense(_) | AnyLayer::Conv2d(_) | AnyLayer::MaxPool(_) | AnyLayer::Flatten(_) => {
                    true
                }
                _ => false,
            }
        });
        (net, halvings)
    })
}

/// Small integers.
fn integers(seed: Seed, count: usize) -> Vec<f64> {
    let mut stream = seed.stream();
    (0..count).map(|_| f64::from(stream.random_range(-1_i8..2))).collect()
}

fn absolute(values: &[f64]) -> Vec<f64> {
    values.iter().map(|value| value.abs()).collect()
}

fn largest<'a>(values: impl IntoIterator<Item = &'a f64>) -> f64 {
    values.into_iter().fold(0.0, |most, &value| most.max(value))
}

/// Where the majorant and its halvings fit 24 bits, both precisions must hold the same numbers; says whether they fit.
fn same(single: &[f32], double: &[f64], most: f64, halvings: i32) -> Result<bool, TestCaseError> {
    let exact = most * 2.0_f64.powi(halvings) < 2.0_f64.powi(24);
    if exact {
        for (&single, &double) in single.iter().zip(double) {
            prop_assert_eq!(f64::from(single), double);
        }
    }
    Ok(exact)
}

/// Compares all quantities of a dyadic network; counts those that had to agree to the bit.
fn compare_exactly(net: &Architecture, halvings: i32, samples: usize) -> Result<usize, TestCaseError> {
    let seed = Seed::new(net.seed);
    let tape = net.tape();
    let parameters = integers(seed.derive("parameters"), tape.parameters().len());
    let inputs = integers(seed.derive("inputs"), samples * net.input.len());
    let batch = |values: Vec<f64>| Array2::from_shape_vec((samples, net.input.len()), values).unwrap();
    let most = measure::<f64>(&net.majorant().tape(), &absolute(&parameters), &batch(absolute(&inputs)));
    let inputs = batch(inputs);
    let (single, double) =
        (measure::<f32>(&tape, &parameters, &inputs), measure::<f64>(&tape, &parameters, &inputs));
    let all = |array: &Array3<f32>| array.iter().copied().collect::<Vec<f32>>();
    let of = |array: &Array3<f64>| array.iter().copied().collect::<Vec<f64>>();
    let checks = [
        same(
            &single.outputs.into_raw_vec_and_offset().0,
            &double.outputs.into_raw_vec_and_offset().0,
            largest(&most.outputs),
            halvings,
        )?,
        same(&all(&single.jacobian), &of(&double.jacobian), largest(&most.jacobian), halvings)?,
        same(&all(&single.structure), &of(&double.structure), largest(&most.structure), 2 * halvings)?,
        same(&single.norms.to_vec(), &double.norms.to_vec(), largest(&most.norms), 2 * halvings)?,
    ];
    Ok(checks.into_iter().filter(|&exact| exact).count())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn integers_are_exact_in_single_precision((net, halvings) in dyadic(), samples in 1_usize..12) {
        compare_exactly(&net, halvings, samples)?;
    }

    /// Polynomial networks of any weights: the error is a share of the majorant.
    #[test]
    fn round_off_is_a_share_of_the_majorant(
        mut net in architecture().prop_map(Architecture::with_direct_sums), samples in 1_usize..12) {
        net.layers.retain(|choice| match choice {
            Choice::Skip { .. } | Choice::Double | Choice::Concatenate { .. } => true,
            // The derivative of a product meets values that were rounded on the way forward.
            Choice::Product { .. } | Choice::Gate => false,
            Choice::Layer(layer) => matches!(
                layer,
                AnyLayer::Dense(_)
                    | AnyLayer::Conv2d(_)
                    | AnyLayer::AveragePool(_)
                    | AnyLayer::GlobalAveragePool(_)
                    | AnyLayer::Flatten(_)
                    | AnyLayer::Scale(_)
            ),
        });
        let tape = net.tape();
        // Both precisions get the same numbers.
        let rounded = |value: f64| f64::from(value as f32);
        let parameters: Vec<f64> = net.parameters(&tape).into_iter().map(rounded).collect();
        let inputs = net.inputs::<f64>(samples).mapv(rounded);
        let single = measure::<f32>(&tape, &parameters, &inputs);
        let double = measure::<f64>(&tape, &parameters, &inputs);
        let most = measure::<f64>(&net.majorant().tape(), &absolute(&parameters), &inputs.mapv(f64::abs));
        // No sum on the way through a layer has more terms than its values, a constant is rounded once and multiplied once;
        // a structural matrix meets each layer twice either way, and its own sums run over at most all pairs of values, all
        // parameters and all layers.
        let layers = tape.summary();
        let widest = layers.iter().map(|layer| layer.shape.len()).max().unwrap();
        let roundings = 4 * layers.len() * (widest + 3) + widest * widest + parameters.len() + layers.len();
        let unit = f64::from(f32::EPSILON / 2.0) + f64::EPSILON / 2.0;
        let gamma = roundings as f64 * unit / (1.0 - roundings as f64 * unit);
        let near = |single: &f32, double: &f64, most: &f64| (f64::from(*single) - double).abs() <= gamma * most;
        macro_rules! compare {
            ($($quantity:ident),*) => {$(
                for ((single, double), most) in single.$quantity.iter().zip(&double.$quantity).zip(&most.$quantity) {
                    prop_assert!(
                        near(single, double, most),
                        "{}: {single} against {double}, majorant {most}, gamma {gamma}", stringify!($quantity)
                    );
                }
            )*};
        }
        compare!(outputs, jacobian, structure, norms);
    }

    /// A smooth activation at a number that both precisions hold, and its derivative, to a few units in the last place.
    ///
    /// Each is a handful of operations on numbers of order one (at most 8 in size) after an exponential that is right to two
    /// units: 16 units of 8 bound what they lose. The weights of one keep the argument exact.
    #[test]
    fn activations_lose_a_few_units(x in -8.0_f32..8.0, which in 0_usize..4) {
        let activation = [Activation::Tanh, Activation::Sigmoid, Activation::Softplus, Activation::Gelu][which];
        let mut net = TapeBuilder::new(Shape::vector(1));
        let input = net.input();
        let hidden = net.dense("hidden", input, 1).unwrap();
        let hidden = net.activation(hidden, activation).unwrap();
        let output = net.dense("output", hidden, 1).unwrap();
        let tape = Arc::new(net.finish(output).unwrap());
        let parameters = [1.0, 0.0, 1.0, 0.0];
        let inputs = Array2::from_elem((1, 1), f64::from(x));
        let single = measure::<f32>(&tape, &parameters, &inputs);
        let double = measure::<f64>(&tape, &parameters, &inputs);
        let bound = 16.0 * 8.0 * f64::from(f32::EPSILON / 2.0);
        prop_assert!((f64::from(single.outputs[[0, 0]]) - double.outputs[[0, 0]]).abs() <= bound);
        for (single, double) in single.jacobian.iter().zip(&double.jacobian) {
            // The derivative in the first weight is the activation's times x.
            prop_assert!((f64::from(*single) - double).abs() <= bound * f64::from(x.abs()).max(1.0));
        }
    }
}

/// The property of exactness is not empty: most of the quantities fit 24 bits.
#[test]
fn most_integer_networks_fit() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut exact, cases) = (0, 200);
    for _ in 0..cases {
        let (net, halvings) = dyadic().new_tree(&mut runner).unwrap().current();
        exact += compare_exactly(&net, halvings, 3).unwrap();
    }
    assert!(exact > 3 * cases, "{exact} of {}", 4 * cases);
}
