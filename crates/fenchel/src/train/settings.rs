//! The settings of a training, as the command line and `training.json` have them.

use std::path::Path;
use std::sync::Arc;

use fenchel_datasets::Augmentation;
use fenchel_experiments::ingredients;
use fenchel_harness::Failure;
use fenchel_nn::description::Description;
use fenchel_nn::losses::{BatchLoss, LossName};
use fenchel_nn::optimisers::{
    Adam, GeneralisedSgd, Majorant, Optimiser, RmsProp, Sgd, StepNorm, WeightDecay,
};
use fenchel_nn::{Initialiser, Schedule};
use fenchel_tensor::{Shape, Tape};
use serde::{Deserialize, Serialize};

/// Everything that decides a training but the data's contents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// A model by name, or a file of a model description.
    pub model: String,
    /// The data set: `glyphs`, `mnist`, `fashion-mnist`, `cifar-10`.
    pub dataset: String,
    /// How often every sample is seen.
    pub epochs: u64,
    /// The samples in a batch; the last of an epoch may have fewer.
    pub batch: usize,
    /// The loss by name.
    pub loss: String,
    /// Label smoothing.
    pub smoothing: f64,
    /// `sgd`, `nesterov`, `adam`, `rmsprop`, `sign`, `normalised`, `layer-wise`.
    pub optimiser: String,
    /// The base rate.
    pub rate: f64,
    /// The momentum of `sgd`, `nesterov` and `rmsprop`.
    pub momentum: f64,
    /// The exponent r of the majorant of `sign`, `normalised` and `layer-wise`.
    pub exponent: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// Whether weight decay is decoupled from the gradient.
    pub decoupled: bool,
    /// `constant`, `step` or `cosine`.
    pub schedule: String,
    /// Epochs of linear warm-up.
    pub warm_up: f64,
    /// `step`: epochs between two drops.
    pub drop_every: f64,
    /// `step`: the factor of a drop.
    pub drop_factor: f64,
    /// How the parameters are drawn.
    pub initialiser: String,
    /// Whether training images are mirrored at random.
    pub flip: bool,
    /// By how many pixels at most training images are shifted at random.
    pub shift: usize,
    /// Only the first so many training samples.
    pub samples: Option<usize>,
    /// Steps between two measurements of a probe set; none for no probe.
    pub probe: Option<u64>,
    /// The samples of the probe set.
    pub probe_size: usize,
    /// The seed of everything that is drawn.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            model: "lenet5".into(),
            dataset: "mnist".into(),
            epochs: 8,
            batch: 64,
            loss: "ce".into(),
            smoothing: 0.0,
            optimiser: "sgd".into(),
            rate: 0.05,
            momentum: 0.9,
            exponent: 2.0,
            weight_decay: 0.0,
            decoupled: false,
            schedule: "cosine".into(),
            warm_up: 0.0,
            drop_every: 5.0,
            drop_factor: 0.1,
            initialiser: "fan-in-uniform".into(),
            flip: false,
            shift: 0,
            samples: None,
            probe: None,
            probe_size: 64,
            seed: 0,
        }
    }
}

/// The names of the optimisers, for messages and help.
pub const OPTIMISERS: &str = "sgd, nesterov, adam, rmsprop, sign, normalised, layer-wise";
/// The names of the schedules.
pub const SCHEDULES: &str = "constant, step, cosine";
/// The names of the initialisers.
pub const INITIALISERS: &str = "fan-in-uniform, kaiming, xavier, lecun, orthogonal";

impl Settings {
    /// Whether the model is a file rather than a name.
    fn is_file(&self) -> bool {
        self.model.ends_with(".toml") || Path::new(&self.model).is_file()
    }

    /// The model as a description, which says everything about it.
    ///
    /// # Errors
    /// If there is no such model or file, or a layer cannot take the shape that reaches it.
    pub fn description(&self, input: Shape, outputs: usize) -> Result<Description, Failure> {
        if !self.is_file() {
            return Ok(ingredients::model(&self.model)?.description(input, outputs));
        }
        let path = Path::new(&self.model);
        let description = Description::read(path)?;
        if description.input.len() != input.len() {
            let (got, needs) = (description.input, input);
            return Err(format!(
                "{}: the input is {got}, but a sample of {} is {needs}",
                self.model, self.dataset
            )
            .into());
        }
        let tape = description.tape()?;
        if let Some((name, _)) = tape.constants().iter().next() {
            return Err(format!(
                "{}: `{name}` would stay what it is in a fresh network; training with batch statistics is not offered, \
                 since it couples the samples of a batch: use group_norm or layer_norm",
                self.model
            )
            .into());
        }
        let built = tape.outputs();
        if built != outputs {
            return Err(format!(
                "{}: it has {built} outputs, but {} has {outputs} classes",
                self.model, self.dataset
            )
            .into());
        }
        Ok(description)
    }

    /// The loss.
    ///
    /// # Errors
    /// For an unknown name or a parameter out of its range.
    pub fn loss(&self) -> Result<BatchLoss, Failure> {
        Ok(BatchLoss::named(self.loss.parse::<LossName>()?)?.smoothed(self.smoothing)?)
    }

    /// The optimiser for a model.
    ///
    /// # Errors
    /// For an unknown name, or a setting out of its range, which is named.
    pub fn optimiser(&self, tape: &Arc<Tape>) -> Result<Box<dyn Optimiser<f32>>, Failure> {
        let decay = match (self.weight_decay, self.decoupled) {
            (0.0, _) => WeightDecay::None,
            (lambda, false) => WeightDecay::Coupled(lambda),
            (lambda, true) => WeightDecay::Decoupled(lambda),
        };
        // The rate is the constant of the step: 1/c for r = 2, so that sgd and r = 2 in l2 agree.
        let generalised = |norm| -> Result<Box<dyn Optimiser<f32>>, Failure> {
            let majorant = if self.exponent == f64::INFINITY {
                Majorant::Ball { radius: 1.0 }
            } else {
                Majorant::Power { c: 1.0, r: self.exponent }
            };
            Ok(Box::new(GeneralisedSgd::new(majorant, norm, self.rate)?.weight_decay(decay)?))
        };
        Ok(match self.optimiser.as_str() {
            "sgd" => Box::new(Sgd::new(self.rate, self.momentum)?.weight_decay(decay)?),
            "nesterov" => Box::new(Sgd::new(self.rate, self.momentum)?.nesterov()?.weight_decay(decay)?),
            "adam" => Box::new(Adam::new(self.rate)?.weight_decay(decay)?),
            "rmsprop" => Box::new(RmsProp::new(self.rate)?.momentum(self.momentum)?.weight_decay(decay)?),
            "sign" => generalised(StepNorm::Lp(f64::INFINITY))?,
            "normalised" => generalised(StepNorm::Lp(2.0))?,
            "layer-wise" => generalised(StepNorm::layer_wise(f64::INFINITY, tape.parameters()))?,
            other => return Err(unknown("optimiser", other, OPTIMISERS)),
        })
    }

    /// The schedule over an epoch of this many steps.
    ///
    /// # Errors
    /// For an unknown name, or a setting out of its range.
    pub fn schedule(&self, per_epoch: usize) -> Result<Schedule, Failure> {
        let steps = |epochs: f64, name: &str| -> Result<u64, Failure> {
            if !(0.0..=1e6).contains(&epochs) {
                return Err(format!("`{name}` is {epochs} epochs, but must be from 0 to a million").into());
            }
            Ok((epochs * per_epoch as f64).round() as u64)
        };
        let schedule = match self.schedule.as_str() {
            "constant" => Schedule::constant(),
            "step" => Schedule::step(steps(self.drop_every, "drop_every")?, self.drop_factor)?,
            "cosine" => Schedule::cosine(steps(self.epochs as f64, "epochs")?.max(1), 0.0)?,
            other => return Err(unknown("schedule", other, SCHEDULES)),
        };
        Ok(schedule.warm_up(steps(self.warm_up, "warm_up")?))
    }

    /// The initialiser.
    ///
    /// # Errors
    /// For an unknown name.
    pub fn initialiser(&self) -> Result<Initialiser, Failure> {
        ingredients::initialiser(&self.initialiser)
    }

    /// How training images are varied.
    #[must_use]
    pub fn augmentation(&self) -> Augmentation {
        Augmentation { flip: self.flip, shift: self.shift }
    }
}

fn unknown(kind: &str, name: &str, known: &str) -> Failure {
    format!("there is no {kind} `{name}`; known are: {known}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_statistics_are_not_trained() {
        let file = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
        let layers = r#"{ type = "dense", outputs = 2 }, { type = "batch_norm", name = "norm" }"#;
        std::fs::write(file.path(), format!("input = [3]\nlayers = [{layers}]")).unwrap();
        let model = file.path().display().to_string();
        let refused = Settings { model, ..Settings::default() }.description(Shape::vector(3), 2).unwrap_err();
        let message = refused.to_string();
        assert!(message.contains("`norm.running_mean`") && message.contains("group_norm"), "{message}");
    }

    fn tape() -> Arc<Tape> {
        ingredients::model("c-1x4").unwrap().tape(Shape::vector(3), 2).unwrap()
    }

    #[test]
    fn every_name_that_is_offered_is_known() {
        for name in OPTIMISERS.split(", ") {
            assert!(
                Settings { optimiser: name.into(), ..Settings::default() }.optimiser(&tape()).is_ok(),
                "{name}"
            );
        }
        for name in SCHEDULES.split(", ") {
            assert!(Settings { schedule: name.into(), ..Settings::default() }.schedule(10).is_ok(), "{name}");
        }
        for name in INITIALISERS.split(", ") {
            assert!(
                Settings { initialiser: name.into(), ..Settings::default() }.initialiser().is_ok(),
                "{name}"
            );
        }
        let message =
            Settings { optimiser: "adagrad".into(), ..Settings::default() }.optimiser(&tape()).unwrap_err();
        assert!(message.to_string().contains("layer-wise"), "{message}");
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let wrong = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings
        };
        let message = wrong(|s| s.rate = -1.0).optimiser(&tape()).unwrap_err().to_string();
        assert!(message.contains("`rate` is -1"), "{message}");
        let message = wrong(|s| s.momentum = 1.0).optimiser(&tape()).unwrap_err().to_string();
        assert!(message.contains("`momentum`"), "{message}");
        let message = wrong(|s| s.warm_up = f64::NAN).schedule(10).unwrap_err().to_string();
        assert!(message.contains("`warm_up`"), "{message}");
        let message = wrong(|s| s.smoothing = 1.0).loss().unwrap_err().to_string();
        assert!(message.contains("`smoothing`"), "{message}");
        assert!(wrong(|s| s.loss = "hinge".into()).loss().is_err());
    }

    #[test]
    fn the_cosine_ends_with_the_last_epoch() {
        let schedule = Settings { epochs: 3, warm_up: 0.5, ..Settings::default() }.schedule(10).unwrap();
        assert!(schedule.factor(4) < 1.0 && schedule.factor(5) == 1.0 && schedule.factor(30) < 1e-15);
        assert!(schedule.factor(29) > 0.0);
    }
}
