//! Proxy convexity: the guarantees P1 to P3 on the instances E1 to E5, near misses, and the slack of every guarantee.
//!
//! Three kinds of cells: random problems of one instance, with gradient descent and SGD under the instance's guarantee ([`Case::Problems`]); the nonlinearity
//! e of E4 at one width ([`Case::Width`]); and E3 on two classes of a data set of images ([`Case::Images`]).

mod claims;
mod digest;
mod figures;
mod images;
mod instances;
mod near_misses;
mod record;
mod summary;
mod tables;
mod width;

use fenchel_harness::cost::Work;
use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use serde::{Deserialize, Serialize};

use crate::ingredients::{at_least_one, at_most, check_data, check_samples};

pub use instances::Instance;
pub use record::{Check, ErrorLog, Images, NearMiss, Point, Problem, Record, Width};

/// The experiment `proxy`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProxyConvexity;

/// The settings of `proxy`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// Random problems of each instance for one seed.
    pub problems: usize,
    /// Runs of SGD for each problem.
    pub runs: usize,
    /// Steps of gradient descent on E1, E2, E4 and E5.
    pub steps: usize,
    /// Steps of SGD.
    pub stochastic_steps: usize,
    /// Steps of gradient descent on E3.
    pub separable_steps: usize,
    /// Samples of a synthetic set.
    pub samples: usize,
    /// The dimension of synthetic inputs.
    pub dimension: usize,
    /// Hidden units of E3's and E5's networks.
    pub width: usize,
    /// Hidden units of E4's network in runs.
    pub tangent_width: usize,
    /// Widths at which E4's nonlinearity is measured.
    pub widths: Vec<usize>,
    /// Steps of ascent in the search for E4's nonlinearity.
    pub ascent: usize,
    /// Evaluations of the falsifier.
    pub budget: u64,
    /// The data sets of images: `glyphs`, `mnist`, `fashion-mnist`.
    pub datasets: Vec<String>,
    /// The two classes, the first labelled +1.
    pub classes: [usize; 2],
    /// Images to train on, and to test on.
    pub images: [usize; 2],
    /// The side of the squares of pixels that are averaged.
    pub pool: usize,
    /// Steps of gradient descent, and of SGD, on images.
    pub image_steps: [usize; 2],
    /// The seeds: each draws its own problems.
    pub seeds: Vec<u64>,
}

/// What distinguishes the cells of `proxy`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Case {
    /// Random problems of an instance.
    Problems {
        /// The instance.
        instance: Instance,
        /// The seed of the problems.
        seed: u64,
    },
    /// The nonlinearity of E4.
    Width {
        /// Whether sigma is tanh; else leaky ReLU of slope 0.1.
        smooth: bool,
        /// The number of hidden units.
        width: usize,
        /// The seed of weights and samples.
        seed: u64,
    },
    /// E3 on two classes of images.
    Images {
        /// The data set.
        dataset: String,
        /// The share of flipped labels.
        flipped: f64,
    },
}

impl Experiment for ProxyConvexity {
    type Settings = Settings;
    type Case = Case;
    type Record = Record;

    const ID: &'static str = "proxy";
    const TITLE: &'static str = "Proxy convexity";
    const PAPER: &'static str = "If ⟨∇f(w), w − v⟩ ≥ g(w) − h(v), or ‖∇f(w)‖^{α} ≥ (μ/2)(g(w) − ξ), gradient descent and SGD on f bound the \
        surrogate g, although f is not convex (Frei, Gu, 2021). Convex and quasar-convex functions, single neurons, leaky-ReLU networks on \
        separable data, the tangent-kernel regime and the sandwich are instances.";
    const CLAIMS: &'static [Claim] = claims::CLAIMS;
    const SUMMARISE: Summarise<Self::Settings, Self::Case, Self::Record> = summary::summarise;

    fn settings(&self, profile: Profile) -> Settings {
        let quick = profile == Profile::Quick;
        let widths =
            if quick { vec![64, 256, 1024, 4096] } else { vec![64, 128, 256, 512, 1024, 2048, 4096] };
        let datasets: &[&str] = match profile {
            Profile::Quick => &["glyphs"],
            Profile::Paper => &["mnist"],
            Profile::Full => &["mnist", "fashion-mnist"],
        };
        Settings {
            // Six of each instance in the quick profile, as three seeds draw their own.
            problems: if quick { 2 } else { 10 },
            runs: 20,
            steps: if quick { 300 } else { 1000 },
            stochastic_steps: if quick { 80 } else { 200 },
            separable_steps: match profile {
                Profile::Quick => 2000,
                Profile::Paper => 2000,
                Profile::Full => 20_000,
            },
            samples: match profile {
                Profile::Quick => 40,
                Profile::Paper => 100,
                Profile::Full => 500,
            },
            dimension: if quick { 8 } else { 20 },
            width: match profile {
                Profile::Quick => 8,
                Profile::Paper => 16,
                Profile::Full => 64,
            },
            tangent_width: if quick { 64 } else { 256 },
            widths,
            ascent: if quick { 10 } else { 40 },
            budget: if quick { 1500 } else { 5000 },
            datasets: datasets.iter().map(|&name| name.to_owned()).collect(),
            classes: [0, 1],
            images: match profile {
                Profile::Quick => [100, 500],
                Profile::Paper => [400, 2000],
                Profile::Full => [5000, 2000],
            },
            pool: if quick { 4 } else { 2 },
            image_steps: match profile {
                Profile::Quick | Profile::Paper => [2000, 60],
                Profile::Full => [20_000, 1000],
            },
            seeds: match profile {
                Profile::Quick => profile.seeds(),
                Profile::Paper => (0..5).collect(),
                Profile::Full => (0..10).collect(),
            },
        }
    }

    fn plan(&self, settings: &Settings) -> Result<Vec<Cell<Case>>, Failure> {
        settings.check()?;
        let mut cells = Vec::new();
        for &seed in &settings.seeds {
            for instance in Instance::ALL {
                let units = settings.problems as f64 * instance.evaluations(settings);
                let work = Work::evaluations(instance.id(), units);
                let case = Case::Problems { instance, seed };
                cells.push(Cell { id: format!("{}-seed{seed}", instance.id()), case, work });
            }
            for &width in &settings.widths {
                for smooth in [true, false] {
                    let sigma = if smooth { "tanh" } else { "leaky" };
                    let case = Case::Width { smooth, width, seed };
                    let work = Work::evaluations("widths", 400.0 * (width * (settings.ascent + 12)) as f64);
                    cells.push(Cell { id: format!("width-{sigma}-{width}-seed{seed}"), case, work });
                }
            }
        }
        for dataset in &settings.datasets {
            for flipped in [0.0, 0.05] {
                let [steps, stochastic] = settings.image_steps;
                let pixels = (28 / settings.pool).pow(2);
                let products =
                    settings.images[0] * pixels * settings.width * (steps + settings.runs * stochastic);
                let case = Case::Images { dataset: dataset.clone(), flipped };
                cells.push(Cell {
                    id: format!("{dataset}-flipped{flipped}"),
                    case,
                    work: Work::evaluations("images", 0.4 * products as f64),
                });
            }
        }
        Ok(cells)
    }

    fn find_inputs(settings: &Settings, context: &Context) -> Result<(), Failure> {
        check_data(&settings.datasets, context)
    }

    fn run(&self, settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
        Ok(match case {
            Case::Problems { instance, seed } => {
                let mut problems = Vec::with_capacity(settings.problems);
                for problem in 0..settings.problems {
                    let seed = instance.seed(*seed, problem as u64);
                    let (checks, spread) = instance.run(settings, seed)?;
                    let near_misses = near_misses::of(*instance, settings, seed.derive("near misses"))?;
                    problems.push(Problem { checks, near_misses, spread });
                    context.progress(problem + 1, settings.problems);
                }
                Record::Problems(problems)
            }
            Case::Width { smooth, width, seed } => {
                Record::Width(width::measure(settings, *smooth, *width, *seed)?)
            }
            Case::Images { dataset, flipped } => {
                Record::Images(images::run(settings, dataset, *flipped, context)?)
            }
        })
    }
}

impl Settings {
    fn check(&self) -> Result<(), Failure> {
        at_least_one(&[
            ("problems", self.problems),
            ("steps", self.steps),
            ("stochastic_steps", self.stochastic_steps),
            ("separable_steps", self.separable_steps),
            ("width", self.width),
            ("tangent_width", self.tangent_width),
            ("ascent", self.ascent),
            ("budget", self.budget as usize),
            ("image_steps", self.image_steps[0].min(self.image_steps[1])),
        ])?;
        check_samples(&self.datasets, &[("images", self.images[0].saturating_add(self.images[1]))])?;
        let most = 1_000_000;
        at_most(&[
            ("width", self.width, most),
            ("tangent_width", self.tangent_width, most),
            ("samples", self.samples, most),
            ("dimension", self.dimension, most),
            ("samples times dimension", self.samples.saturating_mul(self.dimension), 100 * most),
        ])?;
        self.widths.iter().try_for_each(|&width| at_most(&[("widths", width, most)]))?;
        if self.runs < 20 {
            return Err(format!("`runs` is {}; a mean with an interval needs at least 20", self.runs).into());
        }
        if self.samples < 20 || self.dimension < 2 || self.widths.contains(&0) {
            return Err("`samples` must be at least 20, `dimension` at least 2, `widths` at least 1".into());
        }
        if self.images.iter().any(|&count| count < 20) || self.classes[0] == self.classes[1] {
            return Err("`images` must be at least 20 and 20, `classes` two different ones".into());
        }
        if self.pool == 0 || 28 % self.pool != 0 {
            return Err(format!("`pool` is {}; it must divide 28", self.pool).into());
        }
        Ok(())
    }
}
