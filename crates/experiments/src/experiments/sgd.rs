//! Mini-batch SGD lowers the local gradient norm: theorem T8 and the identity behind it, at every prefix of real trainings.
//!
//! A cell trains one model on a fixed set with one rule and one size of the batch, and measures every step on the whole set: the interference
//! `I_k`, the divergence `d_k` of the batch's loss along the step, the gradient energy. The rules are T8's own step `1/C_k`, with `C_k` found by backtracking on
//! the batch, plain SGD and SGD with momentum. Trainings and measurements are in `f64`: a line search near a minimum of its batch takes steps that `f32` parameters
//! cannot, and the sums of T8 are to be compared to rounding.

mod batches;
mod cell;
mod claims;
mod digest;
mod figures;
mod line_search;
mod record;
mod summary;

use fenchel_harness::cost::Work;
use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use serde::{Deserialize, Serialize};

use crate::ingredients::{check_data, check_samples, model, samples};

pub use record::Record;

/// The experiment `sgd`.
#[derive(Clone, Copy, Debug, Default)]
pub struct StochasticDescent;

/// The settings of `sgd`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The data sets: `glyphs`, `mnist`, `fashion-mnist`, `cifar-10`.
    pub datasets: Vec<String>,
    /// The model.
    pub model: String,
    /// The number n of training samples.
    pub samples: usize,
    /// The sizes b of the batches; 0 stands for the whole set.
    pub batches: Vec<usize>,
    /// The steps of a training with batches smaller than the set.
    pub steps: usize,
    /// The steps of a training on the whole set, where a step costs as much as an epoch.
    pub full_steps: usize,
    /// The rates of plain SGD.
    pub plain_rates: Vec<f64>,
    /// The rates of SGD with momentum.
    pub momentum_rates: Vec<f64>,
    /// The momentum.
    pub momentum: f64,
    /// The constant C with which backtracking starts at the first step.
    pub first_constant: f64,
    /// The samples on which local gradient norm and sandwich are measured.
    pub probe: usize,
    /// How often they are, over a training.
    pub logs: usize,
    /// The seeds: each draws its own weights, samples and batches.
    pub seeds: Vec<u64>,
}

/// How a step follows from the batch's gradient.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// `g / C_k`, with C_k found by backtracking on the batch.
    LineSearch,
    /// `η g`.
    Plain,
    /// `η v`, `v ← momentum v + g`.
    Momentum,
}

/// What distinguishes the cells of `sgd`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// The data set.
    pub dataset: String,
    /// The rule.
    pub rule: Rule,
    /// The rate η; none where backtracking finds it.
    pub rate: Option<f64>,
    /// The size b of the batches; 0 for the whole set.
    pub batch: usize,
    /// The seed.
    pub seed: u64,
}

impl Rule {
    /// The name in identifiers and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LineSearch => "line-search",
            Self::Plain => "plain",
            Self::Momentum => "momentum",
        }
    }
}

impl Case {
    /// Everything but the seed.
    #[must_use]
    pub fn group(&self) -> String {
        let rate = self.rate.map_or_else(String::new, |rate| format!("-{rate}"));
        let batch = if self.batch == 0 { "n".to_owned() } else { self.batch.to_string() };
        format!("{}-{}{rate}-b{batch}", self.dataset, self.rule.name())
    }
}

impl Experiment for StochasticDescent {
    type Settings = Settings;
    type Case = Case;
    type Record = Record;

    const ID: &'static str = "sgd";
    const TITLE: &'static str = "SGD lowers the local gradient norm";
    const PAPER: &'static str = "Mini-batch SGD lowers the local gradient norm (ECS; GCS, Theorem 4.2): the time-averaged gradient energy of the sampled batches falls like 1/T to a floor \
        given by how much a step on one batch hurts the others, which GCS measures by the gradient correlation factor M.";
    // 2: either bound of a sandwich by itself.
    const REVISION: u32 = 2;
    const CLAIMS: &'static [Claim] = claims::CLAIMS;
    const SUMMARISE: Summarise<Self::Settings, Self::Case, Self::Record> = summary::summarise;

    fn settings(&self, profile: Profile) -> Settings {
        let quick = profile == Profile::Quick;
        let full = profile == Profile::Full;
        Settings {
            datasets: vec![if quick { "glyphs" } else { "mnist" }.to_owned()],
            model: if quick {
                "c-1x16"
            } else if full {
                "c-2x64"
            } else {
                "c-1x32"
            }
            .to_owned(),
            samples: if quick { 160 } else { 2000 },
            batches: if quick { vec![1, 2, 4, 8, 16, 32, 0] } else { vec![1, 8, 32, 128, 0] },
            steps: match profile {
                Profile::Quick => 300,
                Profile::Paper => 1000,
                Profile::Full => 5000,
            },
            full_steps: match profile {
                Profile::Quick => 200,
                Profile::Paper => 150,
                Profile::Full => 1000,
            },
            plain_rates: if full { vec![0.003, 0.01, 0.03] } else { vec![0.02] },
            momentum_rates: if full { vec![0.001, 0.003, 0.01] } else { vec![0.005] },
            momentum: 0.9,
            first_constant: 10.0,
            probe: if quick { 32 } else { 256 },
            logs: if full { 100 } else { 20 },
            seeds: profile.seeds(),
        }
    }

    fn plan(&self, settings: &Settings) -> Result<Vec<Cell<Case>>, Failure> {
        settings.check()?;
        let mut rules = vec![(Rule::LineSearch, None)];
        rules.extend(settings.plain_rates.iter().map(|&rate| (Rule::Plain, Some(rate))));
        rules.extend(settings.momentum_rates.iter().map(|&rate| (Rule::Momentum, Some(rate))));
        let mut cells = Vec::new();
        for dataset in &settings.datasets {
            for &(rule, rate) in &rules {
                for &batch in &settings.batches {
                    for &seed in &settings.seeds {
                        let case = Case { dataset: dataset.clone(), rule, rate, batch, seed };
                        let id = format!("{}-seed{seed}", case.group());
                        cells.push(Cell { id, work: settings.work(&case), case });
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
        model(&self.model)?;
        check_samples(&self.datasets, &[("samples", self.samples), ("probe", self.probe)])?;
        if self.steps < 2 || self.full_steps < 2 || self.logs == 0 || self.probe == 0 {
            return Err("`steps` and `full_steps` must be at least 2, `logs` and `probe` at least 1".into());
        }
        if let Some(batch) = self.batches.iter().find(|&&batch| batch >= self.samples) {
            return Err(format!(
                "`batches` has {batch}, but a batch must be smaller than the set of {}; write 0 for the whole set",
                self.samples
            )
            .into());
        }
        if !(self.first_constant.is_finite() && self.first_constant > 0.0) {
            return Err(format!("`first_constant` is {}; it must be positive", self.first_constant).into());
        }
        // The optimiser knows what its settings may be.
        for &rate in self.plain_rates.iter().chain(&self.momentum_rates) {
            fenchel_nn::optimisers::Sgd::<f64>::new(rate, self.momentum)?;
        }
        Ok(())
    }

    /// The size of a case's batches and the steps that it takes.
    fn plan_of(&self, case: &Case) -> (usize, usize) {
        if case.batch == 0 { (self.samples, self.full_steps) } else { (case.batch, self.steps) }
    }

    fn work(&self, case: &Case) -> Work {
        let (batch, steps) = self.plan_of(case);
        // Forward passes: one over the whole set a step, and some ten over the batch. One is a third of a
        // training step, and takes twice the time in f64.
        let passes = (steps * (self.samples + 10 * batch)) as f64;
        let measured = ((self.logs + 1) * self.probe) as f64;
        samples(&self.model, &case.dataset, 2.0 / 3.0 * passes, measured)
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
            model: "c-1x8".into(),
            samples: 12,
            batches: vec![1, 5, 0],
            steps: 6,
            full_steps: 3,
            probe: 4,
            logs: 2,
            seeds: vec![7],
            ..StochasticDescent.settings(Profile::Quick)
        };
        let (inputs, fraction) = (Inputs::default(), AtomicU64::new(0));
        let context = Context::new(&inputs, &fraction);
        let mut outcomes = Vec::new();
        for Cell { id, case, .. } in StochasticDescent.plan(&settings).unwrap() {
            let record = StochasticDescent.run(&settings, &case, &context).unwrap();
            let (batch, steps) = settings.plan_of(&case);
            assert_eq!(
                (record.batch, record.identity.checked, record.identity.violated),
                (batch, steps, 0),
                "{id}"
            );
            assert!(record.sandwiches.violated() == 0 && record.sandwiches.checked > 0, "{id}");
            outcomes.push(Outcome { id, case, record });
        }
        let (summary, findings) = decide::<StochasticDescent>(&settings, &outcomes);
        assert_eq!(outcomes.len(), 9);
        assert_linked(&findings);
        for figure in &summary.figures {
            figure.svg().unwrap();
        }
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let wrong = |change: fn(&mut Settings)| {
            let mut settings = StochasticDescent.settings(Profile::Quick);
            change(&mut settings);
            StochasticDescent.plan(&settings).map(|_| ()).unwrap_err().to_string()
        };
        assert!(wrong(|s| s.batches = vec![160]).contains("write 0"));
        assert!(wrong(|s| s.steps = 1).contains("`steps`"));
        assert!(wrong(|s| s.first_constant = 0.0).contains("`first_constant`"));
        assert!(wrong(|s| s.plain_rates = vec![-0.1]).contains("`rate`"));
    }
}
