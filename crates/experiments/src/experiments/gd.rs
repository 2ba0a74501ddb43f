//! Generalised gradient descent: the decrease of T6, the rates of T7, and two errors in print.
//!
//! Three kinds of cells: F(x) = ‖x‖₂^r with a grid of steps and constants ([`Case::Power`]), a catalogue of
//! H(Φ)-smooth functions in several norms whose constants are known ([`Case::Catalogue`]), and |x|^p / p, on which
//! the exponent of T7(iv) is attained ([`Case::Exponent`]).

mod claims;
mod descent;
mod digest;
mod exponent;
mod figures;
mod objective;
mod potential;
mod summary;

use descent::{Checks, Descent};
use fenchel_harness::cost::Work;
use fenchel_harness::experiment::Summarise;
use fenchel_harness::{Cell, Claim, Context, Experiment, Failure, Profile};
use objective::{Objective, PowerOfNorm};
use potential::{Norm, NormPower};
use serde::{Deserialize, Serialize};

use crate::ingredients::at_most;

/// The experiment `gd`.
pub struct GeneralisedDescent;

/// The settings of `gd`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The exponents r of F(x) = ‖x‖₂^r, in (1, 2].
    pub exponents: Vec<f64>,
    /// The relative steps α.
    pub steps: Vec<f64>,
    /// The dimension of x for F.
    pub dimension: usize,
    /// The number of iterations.
    pub iterations: usize,
    /// The exponents p of |x|^p / p, above 2.
    pub flat_exponents: Vec<f64>,
    /// The number of iterations on |x|^p / p.
    pub flat_iterations: usize,
    /// The seeds of the starting points.
    pub seeds: Vec<u64>,
}

/// What distinguishes the cells of `gd`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Case {
    /// F(x) = ‖x‖₂^r.
    Power {
        /// The exponent.
        r: f64,
        /// The seed of the starting point.
        seed: u64,
    },
    /// A function of the catalogue.
    Catalogue {
        /// Its name.
        name: String,
        /// The seed of the starting point and of the function's parameters.
        seed: u64,
    },
    /// |x|^p / p from x = 1.
    Exponent {
        /// The exponent.
        p: f64,
    },
}

/// What a cell of `gd` measures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Record {
    /// The runs of a function, one for each constant and step.
    Runs(Vec<Run>),
    /// The measured exponent of T7(iv).
    Exponent(exponent::Measured),
}

/// One run of generalised gradient descent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Which constant of Φ was used.
    pub constant: Constant,
    /// The exponent r of Φ.
    pub r: f64,
    /// C of Φ = (C/r) ‖·‖^r.
    pub c: f64,
    /// The relative step α.
    pub alpha: f64,
    /// G(x_k) − inf G for k = 0, 1, ...
    pub gaps: Vec<f64>,
    /// [qα − (q−1)α^r] Φ*(∇G(x_0)) / (G(x_0) − inf G): the share of the gap that T6 promises to remove first.
    pub promise: f64,
    /// The inequalities at every step and prefix.
    pub checks: Checks,
}

/// Where the constant of a majorant comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Constant {
    /// c = 1 on ‖x‖^r, as in the printed figure: no majorant for r < 2.
    Printed,
    /// c = 2^{2−r} on ‖x‖^r: a majorant.
    Majorant,
    /// The least c on ‖x‖^r, max h_r.
    Tight,
    /// A known constant of the catalogue.
    Known,
}

impl Experiment for GeneralisedDescent {
    type Settings = Settings;
    type Case = Case;
    type Record = Record;

    const ID: &'static str = "gd";
    const TITLE: &'static str = "Generalised gradient descent";
    const PAPER: &'static str = "For an H(Φ)-smooth function the step x − α ∇Φ*(∇G(x)) lowers G by at least \
        [qα − (q−1)α^{r}] Φ*(∇G(x)), so the best step is α = 1 and every α below r^{1/(r−1)} descends (GCS, section 6). \
        From it follow rates: the gradient energy at O(1/T) for any G, O(T^{−(r−1)}) for convex G, linear under \
        gradient domination, and T^{−1/(κ−1)} where the exponents of the two potentials differ. The printed figure \
        runs F(x) = ‖x‖^{r}, r = 1.1 … 2, with Φ = ‖·‖^{r}, and shows one step at α = 1 and divergence beyond α = 2.";
    const REVISION: u32 = 2;
    const CLAIMS: &'static [Claim] = claims::CLAIMS;
    const SUMMARISE: Summarise<Self::Settings, Self::Case, Self::Record> = summary::summarise;

    fn settings(&self, profile: Profile) -> Settings {
        let seeds = match profile {
            Profile::Quick => vec![0, 1],
            Profile::Paper | Profile::Full => (0..5).collect(),
        };
        Settings {
            exponents: vec![1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2.0],
            steps: vec![0.1, 0.3, 0.5, 0.7, 1.0, 1.5, 1.8, 2.0, 3.0],
            dimension: 100,
            iterations: 200,
            flat_exponents: vec![3.0, 4.0, 6.0],
            flat_iterations: 100_000,
            seeds,
        }
    }

    fn plan(&self, settings: &Settings) -> Result<Vec<Cell<Case>>, Failure> {
        settings.check()?;
        let mut cells = Vec::new();
        // A run is dominated by a few passes over a vector, one evaluation an element and iteration.
        let run = settings.iterations as f64;
        for &seed in &settings.seeds {
            for &r in &settings.exponents {
                let units = run * (3 * (settings.steps.len() + 1) * settings.dimension) as f64;
                cells.push(Cell {
                    id: format!("power-r{r}-seed{seed}"),
                    case: Case::Power { r, seed },
                    work: Work::evaluations("norm powers", units),
                });
            }
            for name in objective::NAMES {
                let case = Case::Catalogue { name: name.into(), seed };
                let units = run * (settings.steps.len() * objective::DIMENSION) as f64;
                let work = Work::evaluations("the catalogue", units);
                cells.push(Cell { id: format!("catalogue-{name}-seed{seed}"), case, work });
            }
        }
        for &p in &settings.flat_exponents {
            let work = Work::evaluations("flat functions", 5.0 * settings.flat_iterations as f64);
            cells.push(Cell { id: format!("exponent-p{p}"), case: Case::Exponent { p }, work });
        }
        Ok(cells)
    }

    fn run(&self, settings: &Settings, case: &Case, context: &Context) -> Result<Record, Failure> {
        Ok(match case {
            Case::Power { r, seed } => Record::Runs(power(settings, *r, *seed, context)),
            Case::Catalogue { name, seed } => {
                let problem = objective::problem(name, *seed)?;
                // T6 speaks about every step that it lets descend.
                let most = problem.potential.largest_step();
                let steps: Vec<f64> = settings.steps.iter().copied().filter(|&alpha| alpha < most).collect();
                let runs = steps.iter().enumerate().map(|(done, &alpha)| {
                    context.progress(done, steps.len());
                    let plan =
                        Descent { potential: problem.potential, alpha, iterations: settings.iterations };
                    plan.run(&*problem.objective, &problem.start, Constant::Known)
                });
                Record::Runs(runs.collect())
            }
            Case::Exponent { p } => Record::Exponent(exponent::measure(*p, settings.flat_iterations)?),
        })
    }
}

/// All runs on F(x) = ‖x‖₂^r: three constants, the grid of steps, and the step that erratum 5 names.
fn power(settings: &Settings, r: f64, seed: u64, context: &Context) -> Vec<Run> {
    let objective = PowerOfNorm { r };
    let start = objective::normal_vector("gd power", seed, settings.dimension);
    let constants = [
        (Constant::Printed, 1.0),
        (Constant::Majorant, 2_f64.powf(2.0 - r)),
        (Constant::Tight, potential::tight_constant(r)),
    ];
    let mut runs = Vec::new();
    for (constant, c) in constants {
        let potential = NormPower { c: r * c, r, norm: Norm::L2 };
        // x − α c^{−1/(r−1)} x vanishes at α = c^{1/(r−1)}: 1 for c = 1, 2^{(2−r)/(r−1)} for the majorant.
        let one_step = c.powf(1.0 / (r - 1.0));
        let mut steps = settings.steps.clone();
        if !steps.contains(&one_step) {
            steps.push(one_step);
        }
        for alpha in steps {
            let plan = Descent { potential, alpha, iterations: settings.iterations };
            runs.push(plan.run(&objective as &dyn Objective, &start, constant));
            context.progress(runs.len(), 3 * (settings.steps.len() + 1));
        }
    }
    runs
}

impl Settings {
    fn check(&self) -> Result<(), Failure> {
        let positive = |steps: &[f64]| steps.iter().all(|&alpha| alpha.is_finite() && alpha > 0.0);
        if self.exponents.iter().any(|&r| !(r > 1.0 && r <= 2.0)) {
            return Err("`exponents` must lie in (1, 2]".into());
        }
        if !positive(&self.steps) {
            return Err("`steps` must be positive".into());
        }
        if self.flat_exponents.iter().any(|&p| !(p > 2.0 && p <= 20.0)) {
            return Err("`flat_exponents` must lie in (2, 20]".into());
        }
        at_most(&[("dimension", self.dimension, 1_000_000)])?;
        if self.dimension == 0 || self.iterations < 2 || self.flat_iterations < 1000 {
            return Err(
                "`dimension` must be at least 1, `iterations` at least 2, `flat_iterations` at least 1000"
                    .into(),
            );
        }
        Ok(())
    }
}
