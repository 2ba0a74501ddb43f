//! Depth with and without skip connections: what theorems T12, T13 and T16 say of dense chains, measured.
//!
//! A cell takes one kind of chain (plain, or blocks `x + F`, `x + F/√depth`, `x + F(LayerNorm x)` with a LayerNorm more before the head
//! and without it), one start (default or Kaiming, with biases or without) and one seed through all depths. What depth does shows in the first layer's term of T13, `A₁ = (‖x‖² + 1) P P'`, whose
//! eigenvalues are taken from the singular values of P: those of the summed matrix would lose the small ones. The whole matrix stands beside it,
//! with every sandwich checked. Chains from the default start are then trained, in `f32`; measurements are in `f64`, with the `f32` parameters taken
//! as exact.

mod cell;
mod chain;
mod claims;
mod digest;
mod figures;
mod record;
mod summary;

use fenchel_harness::cost::Work;
use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use serde::{Deserialize, Serialize};

use crate::ingredients::{Start, at_least_one, check_chain, check_data, check_samples, samples, words};

pub use record::Record;

/// The experiment `skip`.
#[derive(Clone, Copy, Debug, Default)]
pub struct SkipConnections;

/// The settings of `skip`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The data sets: `glyphs`, `mnist`, `fashion-mnist`, `cifar-10`.
    pub datasets: Vec<String>,
    /// The numbers of hidden layers.
    pub depths: Vec<usize>,
    /// The width of every hidden layer.
    pub width: usize,
    /// The samples whose structural matrices are measured.
    pub probe: usize,
    /// The depths that are trained, from the default start with biases.
    pub trained_depths: Vec<usize>,
    /// The steps of a training.
    pub steps: usize,
    /// Samples a batch.
    pub batch: usize,
    /// The learning rate of SGD.
    pub rate: f64,
    /// The momentum of SGD.
    pub momentum: f64,
    /// The training samples over which the risk after training is the mean.
    pub evaluated: usize,
    /// The seeds: each draws its own weights, batches and samples.
    pub seeds: Vec<u64>,
}

/// How blocks are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Block {
    /// `F(x)`: no skip connection.
    Plain,
    /// `x + F(x)`.
    Skip,
    /// `x + F(x)/√depth`.
    Scaled,
    /// `x + F(LayerNorm x)`, and nothing that normalises what comes to the head.
    LayerNorm,
    /// Pre-LayerNorm as it is used: `x + F(LayerNorm x)`, and one LayerNorm more before the head.
    #[serde(rename = "pre-layernorm")]
    PreLayerNorm,
}

/// What distinguishes the cells of `skip`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Case {
    /// The data set.
    pub dataset: String,
    /// How blocks are joined.
    pub block: Block,
    /// How the parameters are drawn.
    pub start: Start,
    /// Whether the layers have biases.
    pub biases: bool,
    /// The seed.
    pub seed: u64,
}

impl Block {
    /// All kinds, in the order of the tables.
    pub const ALL: [Self; 5] = [Self::Plain, Self::Skip, Self::Scaled, Self::LayerNorm, Self::PreLayerNorm];

    /// The name in identifiers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Skip => "skip",
            Self::Scaled => "scaled",
            Self::LayerNorm => "layernorm",
            Self::PreLayerNorm => "pre-layernorm",
        }
    }

    /// The block as a formula.
    #[must_use]
    pub const fn formula(self) -> &'static str {
        match self {
            Self::Plain => "F (plain)",
            Self::Skip => "x + F",
            Self::Scaled => "x + F/√depth",
            Self::LayerNorm => "x + F(LayerNorm x)",
            Self::PreLayerNorm => "x + F(LayerNorm x), LayerNorm before the head",
        }
    }
}

impl Case {
    /// Whether this cell's chains are trained.
    #[must_use]
    pub fn is_trained(&self) -> bool {
        self.start == Start::Default && self.biases
    }

    /// The start in words.
    #[must_use]
    pub fn start_title(&self) -> String {
        format!("{}{}", self.start.name(), if self.biases { "" } else { ", no biases" })
    }
}

impl Experiment for SkipConnections {
    type Settings = Settings;
    type Case = Case;
    type Record = Record;

    const ID: &'static str = "skip";
    const TITLE: &'static str = "Depth with and without skip connections";
    const PAPER: &'static str = "Skip connections keep the structural error small in deep networks (ECS; GCS, section 5): a residual block has \
        Jacobian I + B, so the singular values of products of blocks stay within fixed factors where Σ‖B‖ is bounded (T16), while in a plain \
        chain the smallest eigenvalue of the structural matrix vanishes with depth and its condition number grows.";
    // 2: either bound of a sandwich by itself. 4: the first layer's P from the tape; with momentum.
    const REVISION: u32 = 4;
    const CLAIMS: &'static [Claim] = claims::CLAIMS;
    const SUMMARISE: Summarise<Self::Settings, Self::Case, Self::Record> = summary::summarise;

    fn settings(&self, profile: Profile) -> Settings {
        let quick = profile == Profile::Quick;
        let depths = vec![1, 2, 4, 8, 16, 32, 64, 100];
        Settings {
            datasets: if quick { words(&["glyphs"]) } else { words(&["mnist", "fashion-mnist"]) },
            trained_depths: if quick { vec![2, 16] } else { depths.clone() },
            depths,
            width: 64,
            probe: if quick { 8 } else { 64 },
            steps: 800,
            batch: 32,
            rate: 0.01,
            momentum: 0.9,
            evaluated: if quick { 500 } else { 2000 },
            seeds: profile.seeds(),
        }
    }

    fn plan(&self, settings: &Settings) -> Result<Vec<Cell<Case>>, Failure> {
        settings.check()?;
        let mut cells = Vec::new();
        for dataset in &settings.datasets {
            for block in Block::ALL {
                for start in Start::ALL {
                    for biases in [true, false] {
                        for &seed in &settings.seeds {
                            let case = Case { dataset: dataset.clone(), block, start, biases, seed };
                            let suffix = if biases { "" } else { "-no-biases" };
                            let id =
                                format!("{dataset}-{}-{}{suffix}-seed{seed}", block.name(), start.name());
                            cells.push(Cell { id, work: settings.work(&case), case });
                        }
                    }
                }
            }
        }
        Ok(cells)
    }

    fn find_inputs(settings: &Settings, context: &Context) -> Result<(), Failure> {
        check_data(&settings.datasets, context)
    }

    fn run(&self, settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
        cell::run(settings, case, context)
    }
}

impl Settings {
    fn check(&self) -> Result<(), Failure> {
        at_least_one(&[
            ("probe", self.probe),
            ("steps", self.steps),
            ("batch", self.batch),
            ("evaluated", self.evaluated),
        ])?;
        let samples = [("probe", self.probe), ("batch", self.batch), ("evaluated", self.evaluated)];
        check_samples(&self.datasets, &samples)?;
        self.depths.iter().try_for_each(|&depth| check_chain(depth, self.width))?;
        if self.width < 10 {
            return Err(format!(
                "`width` is {}; with fewer than 10 units the matrices are singular at every depth",
                self.width
            )
            .into());
        }
        if self.depths.len() < 2
            || self.depths[0] == 0
            || self.depths.windows(2).any(|pair| pair[0] >= pair[1])
        {
            return Err(
                "`depths` must be at least two numbers from 1 on, each larger than the one before".into()
            );
        }
        if let Some(depth) = self.trained_depths.iter().find(|depth| !self.depths.contains(depth)) {
            return Err(format!("`trained_depths` has {depth}, which is not among `depths`").into());
        }
        // The optimiser knows what its settings may be.
        fenchel_nn::optimisers::Sgd::<f32>::new(self.rate, self.momentum)?;
        Ok(())
    }

    /// In samples of a chain with one hidden layer, whose first layer has the weights of twelve others.
    fn work(&self, case: &Case) -> Work {
        let layers = |depths: &[usize]| depths.iter().map(|depth| depth + 12).sum::<usize>() as f64 / 13.0;
        let measured = layers(&self.depths) * self.probe as f64;
        let trained = layers(&self.trained_depths) * (self.steps * self.batch) as f64;
        let again = layers(&self.trained_depths) * self.probe as f64;
        let model = format!("c-1x{}", self.width);
        // A chain is measured as a whole, and so are the factors of its first layer.
        if case.is_trained() {
            samples(&model, &case.dataset, trained, 3.0 * (measured + again))
        } else {
            samples(&model, &case.dataset, 0.0, 3.0 * measured)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_linked, decide};
    use fenchel_harness::Outcome;
    use fenchel_harness::context::Inputs;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn the_smallest_cells_run_and_are_summarised() {
        let settings = Settings {
            datasets: vec!["glyphs".into()],
            depths: vec![1, 3],
            width: 12,
            probe: 3,
            trained_depths: vec![3],
            steps: 2,
            batch: 4,
            evaluated: 5,
            seeds: vec![7],
            ..SkipConnections.settings(Profile::Quick)
        };
        let (inputs, fraction) = (Inputs::default(), AtomicU64::new(0));
        let context = Context::new(&inputs, &fraction);
        let mut outcomes = Vec::new();
        for Cell { id, case, .. } in SkipConnections.plan(&settings).unwrap() {
            let record = SkipConnections.run(&settings, &case, &context).unwrap();
            let trained = record.depths.iter().filter(|depth| depth.trained.is_some()).count();
            assert_eq!(trained, usize::from(case.is_trained()), "{id}");
            // Two sandwiches a sample, one of them on the sum-zero directions, at every measurement.
            assert_eq!(record.sandwiches.checked, 3 * 2 * (2 + trained), "{id}");
            assert_eq!((record.sandwiches.violated(), record.floors.violated), (0, 0), "{id}");
            outcomes.push(Outcome { id, case, record });
        }
        let (summary, findings) = decide::<SkipConnections>(&settings, &outcomes);
        assert_eq!(outcomes.len(), 20);
        assert_linked(&findings);
        for figure in &summary.figures {
            figure.svg().unwrap();
        }
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let wrong = |change: fn(&mut Settings)| {
            let mut settings = SkipConnections.settings(Profile::Quick);
            change(&mut settings);
            SkipConnections.plan(&settings).map(|_| ()).unwrap_err().to_string()
        };
        assert!(wrong(|s| s.depths = vec![0, 1]).contains("`depths`"));
        assert!(wrong(|s| s.depths = vec![2, 2]).contains("`depths`"));
        assert!(wrong(|s| s.trained_depths = vec![3]).contains("`trained_depths` has 3"));
        assert!(wrong(|s| s.width = 9).contains("`width` is 9"));
        assert!(wrong(|s| s.steps = 0).contains("`steps` is 0"));
        assert!(wrong(|s| s.rate = -1.0).contains("`rate`"));
    }
}
