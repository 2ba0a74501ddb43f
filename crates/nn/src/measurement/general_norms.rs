//! The sandwich in other norms than l_2, of networks (T21).

use fenchel_convexity::linear_algebra::{Bracket, ResidualGain};
use fenchel_convexity::losses::Loss;
use fenchel_convexity::norms::Norm;
use fenchel_tensor::Engine;
use ndarray::{Array1, ArrayView2, Axis, s};

use crate::NnError;
use crate::trainer::same_rows;

/// One sample between its bounds, residuals in l_p, gradients in the l_s norm over layers of the layers' Euclidean norms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeneralSandwich {
    /// `l - l_inf`.
    pub excess: f64,
    /// `||e||_p`.
    pub residual: f64,
    /// The norm of the gradient.
    pub gradient: Bracket,
    /// sigma, the most that the norm of the gradient is over that of the residual.
    pub induced: Bracket,
    /// `sigma_0`, the least.
    pub least: Bracket,
    /// `lo(gradient / sigma)`, at most the excess; from the outer ends of the brackets.
    pub lower: f64,
    /// `hi(gradient / sigma_0)`, at least the excess; infinite where `sigma_0` is not known to be positive.
    pub upper: f64,
}

/// The sandwiches of T21 of samples (`inputs` `B x d`, `targets` `B x m`) in f64, for p and s in [1, inf].
///
/// p = s = 2 is the sandwich of T11, and s = 2 with any p has one norm for all parameters. The brackets of sigma and
/// `sigma_0` carry the stated round-off of the structural matrices; outputs and losses are taken as computed.
///
/// Cost: m backward passes a sample, and for every layer the extremes of the gain: eigenvalues for p = 2, up to
/// `2^(m-1)` sign vectors for l_1 and l_inf with m at most 16, and bounds on both sides elsewhere.
///
/// # Errors
/// If a shape does not fit, a target is not admissible, an exponent is not in [1, inf], or a number is not finite.
///
/// ```
/// use fenchel_convexity::losses::SoftmaxCrossEntropy;
/// use fenchel_nn::{Initialiser, measurement::general_sandwiches, models::{DenseChain, Model}};
/// use fenchel_random::Seed;
/// use fenchel_tensor::{Engine, Shape};
/// use ndarray::array;
///
/// let tape = DenseChain::new(1, 8).tape(Shape::vector(2), 3)?;
/// let parameters = Initialiser::Kaiming.draw(&tape, Seed::new(1))?;
/// let engine = Engine::<f64>::new(tape);
/// let (x, y) = (array![[0.3, -1.2]], array![[0.0, 1.0, 0.0]]);
/// let one = general_sandwiches(&engine, &SoftmaxCrossEntropy, &parameters, x.view(), y.view(), (1.0, 2.0))?;
/// assert!(one[0].lower <= one[0].excess && one[0].excess <= one[0].upper);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn general_sandwiches(
    engine: &Engine<f64>,
    loss: &dyn Loss,
    parameters: &[f64],
    inputs: ArrayView2<'_, f64>,
    targets: ArrayView2<'_, f64>,
    (p, s): (f64, f64),
) -> Result<Vec<GeneralSandwich>, NnError> {
    same_rows(&inputs, &targets)?;
    let norm = Norm::lp(p)?;
    let m = engine.tape().outputs();
    let relative = engine.tape().backward_roundoff::<f64>();
    let chunks = engine.map_chunks::<_, NnError, _>(inputs.nrows(), |sweep, rows| {
        let mut pass = sweep.forward(parameters, inputs.slice(s![rows.clone(), ..]))?;
        let outputs = pass.outputs().to_owned();
        let by_layer = pass.structure_by_layer();
        let of = |(sample, target): (usize, Array1<f64>)| {
            let layers = by_layer.index_axis(Axis(1), sample);
            let grams: Vec<_> = layers.outer_iter().map(|gram| gram.to_owned()).collect();
            let trace: f64 = grams.iter().map(|gram| gram.diag().sum()).sum();
            let mut gain = ResidualGain::of_layers(grams, s, relative * trace)?;
            if loss.residual_sums_to_zero() && m > 1 {
                gain = gain.on_sum_zero()?;
            }
            let mut e = Array1::zeros(m);
            let value = loss.value_and_residual(&target, &outputs.row(sample), &mut e)?;
            let e = e.to_vec();
            let (gradient, induced, least) = (gain.gradient_norm(&e), gain.induced(p)?, gain.lower(p)?);
            let bounds = loss.bounds_in(p, &target)?;
            let over = |norm: f64, gain: f64| if gain > 0.0 { norm / gain } else { f64::INFINITY };
            Ok(GeneralSandwich {
                excess: value - loss.infimum(&target),
                residual: norm.value_of(&e),
                gradient,
                induced,
                least,
                // Where nothing moves the outputs the gradient is 0 and says nothing.
                lower: if induced.upper > 0.0 { bounds.lower(gradient.lower / induced.upper) } else { 0.0 },
                upper: match over(gradient.upper, least.lower) {
                    f64::INFINITY => f64::INFINITY,
                    length => bounds.upper(length),
                },
            })
        };
        targets.slice(s![rows, ..]).rows().into_iter().map(|row| row.to_owned()).enumerate().map(of).collect()
    })?;
    Ok(chunks.into_iter().flat_map(|chunk: Vec<_>| chunk).collect())
}
