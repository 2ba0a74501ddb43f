//! Over-parametrisation: the structural error against the width, and how far a network is from theorem T15's model.
//!
//! Two kinds of cells: networks of one hidden layer at initialisation ([`Case::Network`]), whose structural matrices, row norms and angles are
//! measured sample by sample, and rows drawn from the ball model of T15 ([`Case::Rows`]), on which its bounds are checked. Everything is in
//! `f64`, the parameters being `f32` numbers taken as exact.

mod angles;
mod cell;
mod claims;
mod digest;
mod figures;
mod record;
mod rows;
mod summary;

use fenchel_convexity::theorems::gradient_independence::BallModel;
use fenchel_harness::cost::Work;
use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use serde::{Deserialize, Serialize};

use crate::ingredients::{Start, at_most, check_chain, check_data, check_samples, words};

pub use record::Record;

/// The experiment `width`.
#[derive(Clone, Copy, Debug, Default)]
pub struct OverParametrisation;

/// The settings of `width`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The data sets: `glyphs`, `mnist`, `fashion-mnist`, `cifar-10`.
    pub datasets: Vec<String>,
    /// The widths of the hidden layer.
    pub widths: Vec<usize>,
    /// The samples that are measured.
    pub probe: usize,
    /// The numbers w of the bound for a hidden layer, which holds with probability at least 1 − 2 exp(−w²/2).
    pub reaches: Vec<f64>,
    /// The numbers n of columns of the rows drawn from the ball model.
    pub dimensions: Vec<usize>,
    /// The number m of rows drawn.
    pub rows: usize,
    /// How often rows are drawn in a cell.
    pub draws: usize,
    /// The seeds: each draws its own weights, samples and rows.
    pub seeds: Vec<u64>,
}

/// What distinguishes the cells of `width`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Case {
    /// Networks of all widths.
    Network {
        /// The data set.
        dataset: String,
        /// How the parameters are drawn.
        start: Start,
        /// The seed.
        seed: u64,
    },
    /// Rows from the ball model.
    Rows {
        /// The number of columns.
        dimension: usize,
        /// The seed.
        seed: u64,
    },
}

impl Experiment for OverParametrisation {
    type Settings = Settings;
    type Case = Case;
    type Record = Record;

    const ID: &'static str = "width";
    const TITLE: &'static str = "The structural error against the width";
    const PAPER: &'static str = "Over-parametrisation and random initialisation make the structural error small (GCS, Proposition 5.1): if the m rows of \
        the Jacobian are independent and uniform in a ball of ℝⁿ, then D ≤ log(1 + ζ) with high probability, ζ of order m √(log m / n), so D goes to 0 as the number n of \
        parameters grows.";
    // 2: either bound of a sandwich by itself.
    const REVISION: u32 = 3;
    const CLAIMS: &'static [Claim] = claims::CLAIMS;
    const SUMMARISE: Summarise<Self::Settings, Self::Case, Self::Record> = summary::summarise;

    fn settings(&self, profile: Profile) -> Settings {
        let quick = profile == Profile::Quick;
        Settings {
            datasets: if quick { words(&["glyphs"]) } else { words(&["mnist", "fashion-mnist"]) },
            widths: vec![16, 32, 64, 128, 256, 512, 1024, 1600],
            probe: if quick { 64 } else { 256 },
            reaches: vec![2.0, 3.0],
            dimensions: if quick { vec![1500, 3000] } else { vec![1500, 5000, 20_000] },
            rows: 10,
            draws: 500,
            seeds: profile.seeds(),
        }
    }

    fn plan(&self, settings: &Settings) -> Result<Vec<Cell<Case>>, Failure> {
        settings.check()?;
        let mut cells = Vec::new();
        for &seed in &settings.seeds {
            for dataset in &settings.datasets {
                for start in Start::ALL {
                    let case = Case::Network { dataset: dataset.clone(), start, seed };
                    let id = format!("{dataset}-{}-seed{seed}", start.name());
                    // A unit of width has a weight for every pixel, to be drawn once and multiplied for each
                    // sample: a few evaluations, and a fraction of one.
                    let weights = (784 * settings.widths.iter().sum::<usize>()) as f64;
                    let units = weights * (3.0 + 0.2 * settings.probe as f64);
                    let work = Work::evaluations("networks", units);
                    cells.push(Cell { id, case, work });
                }
            }
            for &dimension in &settings.dimensions {
                let units = 10.0 * (dimension * settings.rows * settings.draws) as f64;
                let work = Work::evaluations("rows", units);
                let case = Case::Rows { dimension, seed };
                cells.push(Cell { id: format!("rows-n{dimension}-seed{seed}"), case, work });
            }
        }
        Ok(cells)
    }

    fn find_inputs(settings: &Settings, context: &Context) -> Result<(), Failure> {
        check_data(&settings.datasets, context)
    }

    fn run(&self, settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
        Ok(match case {
            Case::Network { dataset, start, seed } => {
                Record::Network(cell::run(settings, dataset, *start, *seed, context)?)
            }
            Case::Rows { dimension, seed } => Record::Rows(rows::run(settings, *dimension, *seed, context)?),
        })
    }
}

impl Settings {
    fn check(&self) -> Result<(), Failure> {
        if self.probe == 0 || self.draws == 0 {
            return Err("`probe` and `draws` must be at least 1".into());
        }
        check_samples(&self.datasets, &[("probe", self.probe)])?;
        self.widths.iter().try_for_each(|&width| check_chain(1, width))?;
        at_most(&[("rows", self.rows, 1_000), ("draws", self.draws, 10_000_000)])?;
        self.dimensions.iter().try_for_each(|&n| at_most(&[("dimensions", n, 10_000_000)]))?;
        if self.widths.first() == Some(&0) || self.widths.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err("`widths` must be at least 1, each larger than the one before".into());
        }
        if self.reaches.iter().any(|w| !(w.is_finite() && *w > 0.0)) {
            return Err("`reaches` must be positive".into());
        }
        // The model knows what its settings may be.
        for &dimension in &self.dimensions {
            BallModel::new(self.rows, dimension)
                .map_err(|error| format!("`rows` {} with `dimensions` {dimension}: {error}", self.rows))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingredients::SandwichTally;
    use crate::testing::{assert_linked, decide};
    use fenchel_harness::Outcome;
    use fenchel_harness::context::Inputs;
    use std::sync::atomic::AtomicU64;

    #[test]
    fn the_smallest_cells_run_and_are_summarised() {
        let settings = Settings {
            datasets: vec!["glyphs".into()],
            widths: vec![12, 48],
            probe: 3,
            dimensions: vec![1500],
            draws: 2,
            seeds: vec![7],
            ..OverParametrisation.settings(Profile::Quick)
        };
        let (inputs, fraction) = (Inputs::default(), AtomicU64::new(0));
        let context = Context::new(&inputs, &fraction);
        let mut outcomes = Vec::new();
        for Cell { id, case, .. } in OverParametrisation.plan(&settings).unwrap() {
            let record = OverParametrisation.run(&settings, &case, &context).unwrap();
            match &record {
                // Two sandwiches a sample, one of them on the sum-zero directions, at each of two widths.
                Record::Network(network) => {
                    let SandwichTally { checked, .. } = network.sandwiches;
                    assert_eq!((checked, network.sandwiches.violated()), (3 * 2 * 2, 0), "{id}");
                }
                Record::Rows(rows) => {
                    assert_eq!(
                        (rows.on_event.checked, rows.on_event.violated),
                        (4 * rows.in_event, 0),
                        "{id}"
                    );
                }
            }
            outcomes.push(Outcome { id, case, record });
        }
        let (summary, findings) = decide::<OverParametrisation>(&settings, &outcomes);
        assert_eq!(outcomes.len(), 3);
        assert_linked(&findings);
        for figure in &summary.figures {
            figure.svg().unwrap();
        }
    }

    #[test]
    fn settings_that_make_no_sense_are_refused() {
        let wrong = |change: fn(&mut Settings)| {
            let mut settings = OverParametrisation.settings(Profile::Quick);
            change(&mut settings);
            OverParametrisation.plan(&settings).map(|_| ()).unwrap_err().to_string()
        };
        assert!(wrong(|s| s.widths = vec![0, 1]).contains("`widths`"));
        assert!(wrong(|s| s.reaches = vec![f64::NAN]).contains("`reaches`"));
        assert!(wrong(|s| s.draws = 0).contains("`draws`"));
        assert!(wrong(|s| s.dimensions = vec![2]).contains("`dimensions` 2"));
    }
}
