//! `fenchel train`: a model, a data set, an optimiser; checkpoints, a progress bar, the accuracy after every epoch.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use fenchel::train::{Event, INITIALISERS, OPTIMISERS, SCHEDULES, Settings, train};
use fenchel_harness::number::duration;
use fenchel_harness::{Error, Failure};

use crate::progress::Progress;
use crate::voice::{UNPROTECTED, say, tell};

/// The options of `train`.
#[derive(Debug, Args)]
pub(crate) struct Train {
    /// A model by name (lenet5, c-2x64, resnet-2-gn8, ...) or a TOML file that describes one.
    #[arg(long, value_name = "NAME|FILE", default_value = "lenet5")]
    model: String,
    /// glyphs, mnist, fashion-mnist or cifar-10.
    #[arg(long, value_name = "NAME", default_value = "mnist")]
    dataset: String,
    /// The folder of the data files (otherwise FENCHEL_DATA_DIR, then the platform's cache folder).
    #[arg(long, visible_alias = "data", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// How often every sample is seen.
    #[arg(long, value_name = "N", default_value_t = 8)]
    epochs: u64,
    /// The samples in a batch.
    #[arg(long, value_name = "N", default_value_t = 64)]
    batch: usize,
    /// ce, squared, logistic, sparsemax, entmax:ALPHA, norm-power:C:R or power:K.
    #[arg(long, value_name = "NAME", default_value = "ce")]
    loss: String,
    /// Label smoothing, in [0, 1).
    #[arg(long, value_name = "S", default_value_t = 0.0)]
    smoothing: f64,
    /// The rule of the steps.
    #[arg(long, value_name = "NAME", default_value = "sgd", help = format!("The rule of the steps: {OPTIMISERS}"))]
    optimiser: String,
    /// The base rate.
    #[arg(long, visible_alias = "rate", value_name = "RATE", default_value_t = 0.05)]
    lr: f64,
    /// The momentum of sgd, nesterov and rmsprop.
    #[arg(long, value_name = "SHARE", default_value_t = 0.9)]
    momentum: f64,
    /// The exponent r of the majorant of sign, normalised and layer-wise; inf for steps of one length.
    #[arg(long, value_name = "R", default_value_t = 2.0)]
    exponent: f64,
    /// Weight decay on all parameters.
    #[arg(long, value_name = "LAMBDA", default_value_t = 0.0)]
    weight_decay: f64,
    /// Decouple the weight decay from the gradient (with adam: AdamW).
    #[arg(long)]
    decoupled: bool,
    /// How the rate runs over the epochs.
    #[arg(long, value_name = "NAME", default_value = "cosine", help = format!("How the rate runs over the epochs: {SCHEDULES}"))]
    schedule: String,
    /// Epochs of linear warm-up.
    #[arg(long, value_name = "EPOCHS", default_value_t = 0.0)]
    warm_up: f64,
    /// With --schedule step: epochs between two drops.
    #[arg(long, value_name = "EPOCHS", default_value_t = 5.0)]
    drop_every: f64,
    /// With --schedule step: the factor of a drop.
    #[arg(long, value_name = "FACTOR", default_value_t = 0.1)]
    drop_factor: f64,
    /// How the parameters are drawn.
    #[arg(long, value_name = "NAME", default_value = "fan-in-uniform", help = format!("How the parameters are drawn: {INITIALISERS}"))]
    initialiser: String,
    /// Vary the training images: shifts by up to 4 pixels (cifar-10) or 2, and flips but for digits and glyphs.
    #[arg(long)]
    augment: bool,
    /// Shift training images by up to so many pixels, in place of what --augment does.
    #[arg(long, value_name = "PIXELS")]
    shift: Option<usize>,
    /// Use only the first so many training samples.
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// Measure a probe set (section 5 of the theory) every so many steps.
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..))]
    probe: Option<u64>,
    /// The samples of the probe set.
    #[arg(long, value_name = "N", default_value_t = 64)]
    probe_size: usize,
    /// The seed of everything that is drawn.
    #[arg(long, value_name = "SEED", default_value_t = 0)]
    seed: u64,
    /// The folder of the training.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Go on from the newest checkpoint in the folder, if there is one.
    #[arg(long)]
    resume: bool,
    /// Write a checkpoint also every so many steps, not only after epochs.
    #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_every: Option<u64>,
    /// Worker threads [default: one a core]. The results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

impl Train {
    fn settings(&self) -> Settings {
        let (flip, shift) = match (self.augment, self.dataset.as_str()) {
            (false, _) => (false, 0),
            (true, "cifar-10") => (true, 4),
            (true, "fashion-mnist") => (true, 2),
            (true, _) => (false, 2),
        };
        Settings {
            model: self.model.clone(),
            dataset: self.dataset.clone(),
            epochs: self.epochs,
            batch: self.batch,
            loss: self.loss.clone(),
            smoothing: self.smoothing,
            optimiser: self.optimiser.clone(),
            rate: self.lr,
            momentum: self.momentum,
            exponent: self.exponent,
            weight_decay: self.weight_decay,
            decoupled: self.decoupled,
            schedule: self.schedule.clone(),
            warm_up: self.warm_up,
            drop_every: self.drop_every,
            drop_factor: self.drop_factor,
            initialiser: self.initialiser.clone(),
            flip,
            shift: self.shift.unwrap_or(shift),
            samples: self.samples,
            probe: self.probe,
            probe_size: self.probe_size,
            seed: self.seed,
        }
    }
}

/// Carries the command out.
pub(crate) fn run(options: &Train) -> Result<ExitCode, Failure> {
    let settings = options.settings();
    let threads = options.threads.map_or(0, usize::from);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| Error::Threads { threads, reason: error.to_string() })?;
    let mut teller = Teller::new(settings.epochs);
    let mut show = |event: Event<'_>| teller.show(&event);
    let (data, out) = (options.data_dir.as_deref(), options.out.as_path());
    let trained =
        pool.install(|| train(&settings, data, out, options.resume, options.checkpoint_every, &mut show));
    teller.end();
    let trained = trained?;
    if let Some(last) = trained.epochs.last() {
        say!("{}: test accuracy {:.2} %, risk {:.4}", trained.ended, 100.0 * last.accuracy, last.risk);
    }
    say!("results: {}", out.join("training.json").display());
    Ok(ExitCode::SUCCESS)
}

/// A bar or lines for the steps, a line for every epoch.
struct Teller {
    progress: Option<Progress>,
    epochs: u64,
    steps: u64,
    first: u64,
    began: Instant,
}

impl Teller {
    fn new(epochs: u64) -> Self {
        Self { progress: None, epochs, steps: 0, first: 0, began: Instant::now() }
    }

    /// Where the training is, how long it still takes, and the mean loss of this epoch so far.
    fn line(&self, step: u64, loss: f64) -> String {
        let done = step.saturating_sub(self.first).max(1) as f64;
        let left = self.began.elapsed().as_secs_f64() / done * self.steps.saturating_sub(step) as f64;
        format!("step {step}/{}: loss {loss:.4}, about {} left", self.steps, duration(left))
    }

    fn show(&mut self, event: &Event<'_>) {
        match event {
            Event::Unprotected => tell!("{UNPROTECTED}"),
            Event::PassedOver(what) => {
                tell!("a damaged checkpoint is passed over for the one before: {what}");
            }
            Event::Begins { step, steps, tape } => {
                let (n, layers) = (tape.parameters().len(), tape.layers_with_parameters().len());
                let from = if *step > 0 { format!(", from step {step} on") } else { String::new() };
                say!("{n} parameters in {layers} layers, {steps} steps{from}");
                (self.steps, self.first, self.began) = (*steps, *step, Instant::now());
                self.progress = Some(Progress::new(*steps, "{wide_bar} {pos}/{len}, {eta} left, loss {msg}"));
            }
            Event::Step { step, loss } => {
                if let Some(progress) = &self.progress {
                    progress.show(*step, || format!("{loss:.4}"), || self.line(*step, *loss));
                }
            }
            Event::Epoch { record, seconds } => {
                let line = format!(
                    "epoch {:>3}/{}: training loss {:.4}, test risk {:.4}, test accuracy {:.2} %, {}",
                    record.epoch,
                    self.epochs,
                    record.train_loss,
                    record.risk,
                    100.0 * record.accuracy,
                    duration(*seconds)
                );
                match &self.progress {
                    Some(progress) => progress.say(&line),
                    None => say!("{line}"),
                }
            }
            _ => {}
        }
    }

    fn end(&self) {
        if let Some(progress) = &self.progress {
            progress.end();
        }
    }
}
