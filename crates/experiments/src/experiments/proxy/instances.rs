//! Random problems of each instance, run and checked.

pub(super) mod functions;
pub(super) mod networks;
pub(super) mod neurons;

use fenchel_convexity::proxy::check::Checked;
use fenchel_harness::Failure;
use fenchel_random::{Seed, Stream};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::Settings;
use super::record::Check;

/// The instances, as rows of the slack table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Instance {
    /// E1: least squares.
    Convex,
    /// E1: polynomials of even monomials.
    StarConvex,
    /// E1: powers of a smoothed norm.
    QuasarConvex,
    /// E2: leaky ReLU, labels of a neuron.
    Realisable,
    /// E2: ReLU, labels of a neuron, inputs spread over a ball.
    Relu,
    /// E2: leaky ReLU, noisy labels.
    Agnostic,
    /// E3: slope 0.5, no label flipped.
    Separable,
    /// E3: slope 0.5, 5 % flipped.
    SeparableNoise5,
    /// E3: slope 0.5, 10 % flipped.
    SeparableNoise10,
    /// E3: slope 0.1, no label flipped.
    SeparableFlat,
    /// E4: tanh.
    TangentSmooth,
    /// E4: leaky ReLU.
    TangentLeaky,
    /// E5: squared error.
    SandwichSquared,
    /// E5: cross-entropy.
    SandwichEntropy,
}

impl Instance {
    /// All of them, in the order of the tables.
    pub const ALL: [Self; 14] = [
        Self::Convex,
        Self::StarConvex,
        Self::QuasarConvex,
        Self::Realisable,
        Self::Relu,
        Self::Agnostic,
        Self::Separable,
        Self::SeparableNoise5,
        Self::SeparableNoise10,
        Self::SeparableFlat,
        Self::TangentSmooth,
        Self::TangentLeaky,
        Self::SandwichSquared,
        Self::SandwichEntropy,
    ];

    /// The name in files.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Convex => "e1-convex",
            Self::StarConvex => "e1-star-convex",
            Self::QuasarConvex => "e1-quasar-convex",
            Self::Realisable => "e2-realisable",
            Self::Relu => "e2-relu",
            Self::Agnostic => "e2-agnostic",
            Self::Separable => "e3-slope0.5",
            Self::SeparableNoise5 => "e3-slope0.5-flipped5",
            Self::SeparableNoise10 => "e3-slope0.5-flipped10",
            Self::SeparableFlat => "e3-slope0.1",
            Self::TangentSmooth => "e4-tanh",
            Self::TangentLeaky => "e4-leaky",
            Self::SandwichSquared => "e5-squared",
            Self::SandwichEntropy => "e5-cross-entropy",
        }
    }

    /// The name for a reader.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Convex => "E1 least squares",
            Self::StarConvex => "E1 star-convex polynomial",
            Self::QuasarConvex => "E1 quasar-convex power",
            Self::Realisable => "E2 leaky ReLU, realisable",
            Self::Relu => "E2 ReLU, spread inputs",
            Self::Agnostic => "E2 leaky ReLU, noisy labels",
            Self::Separable => "E3 γ = 0.5",
            Self::SeparableNoise5 => "E3 γ = 0.5, 5 % flipped",
            Self::SeparableNoise10 => "E3 γ = 0.5, 10 % flipped",
            Self::SeparableFlat => "E3 γ = 0.1",
            Self::TangentSmooth => "E4 tanh",
            Self::TangentLeaky => "E4 leaky ReLU",
            Self::SandwichSquared => "E5 squared error",
            Self::SandwichEntropy => "E5 cross-entropy",
        }
    }

    /// For E3: the slope gamma and the share of flipped labels.
    pub(super) const fn separable(self) -> Option<(f64, f64)> {
        match self {
            Self::Separable => Some((0.5, 0.0)),
            Self::SeparableNoise5 => Some((0.5, 0.05)),
            Self::SeparableNoise10 => Some((0.5, 0.1)),
            Self::SeparableFlat => Some((0.1, 0.0)),
            Self::Convex
            | Self::StarConvex
            | Self::QuasarConvex
            | Self::Realisable
            | Self::Relu
            | Self::Agnostic
            | Self::TangentSmooth
            | Self::TangentLeaky
            | Self::SandwichSquared
            | Self::SandwichEntropy => None,
        }
    }

    /// About how many evaluations a problem takes, a few products counting as one.
    pub(super) fn evaluations(self, settings: &Settings) -> f64 {
        let sgd = (settings.runs * settings.stochastic_steps) as f64;
        let inputs = (settings.samples * settings.dimension) as f64;
        match self {
            Self::StarConvex | Self::QuasarConvex => {
                100.0 * (settings.steps as f64 + sgd) + 1000.0 * settings.budget as f64
            }
            Self::Convex | Self::Realisable | Self::Relu | Self::Agnostic => {
                0.4 * inputs * (settings.steps as f64 + sgd) + 10.0 * inputs * settings.budget as f64
            }
            Self::TangentSmooth | Self::TangentLeaky => 2e4 * (settings.steps as f64 + sgd),
            Self::SandwichSquared | Self::SandwichEntropy => 1e3 * (settings.steps as f64 + sgd),
            Self::Separable | Self::SeparableNoise5 | Self::SeparableNoise10 | Self::SeparableFlat => {
                0.3 * inputs * settings.width as f64 * (settings.separable_steps as f64 + sgd)
            }
        }
    }

    /// The seed of a problem.
    pub(super) fn seed(self, seed: u64, problem: u64) -> Seed {
        Seed::new(seed).derive("proxy").derive(self.id()).index(problem)
    }

    /// Draws a problem, runs gradient descent and SGD on it, and checks their guarantees; the spread of a ReLU's
    /// problem beside.
    pub(super) fn run(self, settings: &Settings, seed: Seed) -> Result<(Vec<Check>, Option<f64>), Failure> {
        let mut spread = None;
        let checks = match self {
            Self::Convex => neurons::convex(settings, seed)?,
            Self::StarConvex => functions::star_convex(settings, seed)?,
            Self::QuasarConvex => functions::quasar_convex(settings, seed)?,
            Self::Realisable => neurons::realisable(settings, seed)?,
            Self::Relu => {
                let (checks, ratio) = neurons::relu(settings, seed)?;
                spread = Some(ratio);
                checks
            }
            Self::Agnostic => neurons::agnostic(settings, seed)?,
            Self::TangentSmooth | Self::TangentLeaky => {
                networks::tangent(settings, self == Self::TangentSmooth, seed)?
            }
            Self::SandwichSquared | Self::SandwichEntropy => {
                networks::sandwich(settings, self == Self::SandwichSquared, seed)?
            }
            Self::Separable | Self::SeparableNoise5 | Self::SeparableNoise10 | Self::SeparableFlat => {
                let Some((slope, flipped)) = self.separable() else {
                    return Err(
                        format!("{} has no slope; this is a defect of the experiment", self.id()).into()
                    );
                };
                networks::separable(settings, slope, flipped, seed)?
            }
        };
        Ok((checks, spread))
    }
}

/// The digests of a run of gradient descent and of runs of SGD.
pub(super) fn digests(gradient: &[Checked], stochastic: &[Checked]) -> Vec<Check> {
    let of = |checked: &[Checked], kind| checked.iter().map(|c| Check::of(c, kind)).collect::<Vec<_>>();
    [of(gradient, false), of(stochastic, true)].concat()
}

/// A vector with independent entries, uniform in [-1, 1].
pub(super) fn vector(stream: &mut Stream, d: usize) -> Array1<f64> {
    Array1::from_shape_simple_fn(d, || stream.random_range(-1.0..1.0))
}
