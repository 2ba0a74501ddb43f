//! Optimisers and schedules by name.

use fenchel_harness::Failure;
use fenchel_nn::Schedule;
use fenchel_nn::optimisers::{Adam, GeneralisedSgd, Majorant, Optimiser, RmsProp, Sgd, StepNorm};

/// The forms of the names, for messages and help.
pub const OPTIMISER_NAMES: &str =
    "sgd:RATE, sgd:RATE:MOMENTUM, adam:RATE, rmsprop:RATE, generalised:R:P:RATE (exponent, norm l_P)";

/// The optimiser called `name`: `sgd:0.1`, `sgd:0.01:0.9` (with momentum), `adam:0.0001`, `rmsprop:0.0001`, and
/// `generalised:1.5:inf:0.01`, generalised SGD (T6) for the majorant `‖·‖^r / r` of exponent r = 1.5 in the norm `l_inf`
/// at the relative rate 0.01.
///
/// # Errors
/// For an unknown name, with the known forms, or a setting out of its range.
///
/// ```
/// use fenchel_experiments::ingredients::optimiser;
/// assert_eq!(optimiser("adam:0.0001").unwrap().rate(), 1e-4);
/// assert!(optimiser("adam").is_err());
/// ```
pub fn optimiser(name: &str) -> Result<Box<dyn Optimiser<f32>>, Failure> {
    let mut parts = name.split(':');
    let family = parts.next().unwrap_or_default();
    let numbers: Option<Vec<f64>> = parts.map(|part| part.parse().ok()).collect();
    Ok(match (family, numbers.as_deref()) {
        ("sgd", Some(&[rate])) => Box::new(Sgd::new(rate, 0.0)?),
        ("sgd", Some(&[rate, momentum])) => Box::new(Sgd::new(rate, momentum)?),
        ("adam", Some(&[rate])) => Box::new(Adam::new(rate)?),
        ("rmsprop", Some(&[rate])) => Box::new(RmsProp::new(rate)?),
        ("generalised", Some(&[r, p, rate])) => {
            Box::new(GeneralisedSgd::new(Majorant::Power { c: 1.0, r }, StepNorm::Lp(p), rate)?)
        }
        _ => {
            return Err(
                format!("there is no optimiser `{name}`; the optimisers are: {OPTIMISER_NAMES}").into()
            );
        }
    })
}

/// The schedule called `name` over a training of this many steps: `constant`, `step` (a tenth after each third of the
/// steps) or `cosine` (down to 0 at the last step).
///
/// # Errors
/// For an unknown name, with the known ones, or for no steps.
pub fn schedule(name: &str, steps: usize) -> Result<Schedule, Failure> {
    Ok(match name {
        "constant" => Schedule::constant(),
        "step" => Schedule::step(steps.div_ceil(3) as u64, 0.1)?,
        "cosine" => Schedule::cosine(steps as u64, 0.0)?,
        _ => {
            return Err(
                format!("there is no schedule `{name}`; the schedules are: constant, step, cosine").into()
            );
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_carry_their_settings() {
        for (name, rate) in
            [("sgd:0.1", 0.1), ("sgd:0.01:0.9", 0.01), ("rmsprop:1e-4", 1e-4), ("generalised:1.5:inf:2", 2.0)]
        {
            assert_eq!(optimiser(name).unwrap().rate(), rate, "{name}");
        }
        assert!(optimiser("sgd:0.01:0.9").unwrap().name().contains("0.9"));
        for name in ["sgd", "sgd:x", "sgd:0.1:1", "adam:-1", "generalised:1:2:0.1", "lion:0.1"] {
            assert!(optimiser(name).is_err(), "{name}");
        }
    }

    #[test]
    fn schedules_run_over_the_whole_training() {
        let step = schedule("step", 10).unwrap();
        let tenths = |t: u64| step.factor(t).log10().round();
        assert_eq!([0, 3, 4, 7, 8, 9].map(tenths), [0.0, 0.0, -1.0, -1.0, -2.0, -2.0]);
        assert!(schedule("cosine", 10).unwrap().factor(5) == 0.5);
        assert!(schedule("cosine", 0).is_err() && schedule("linear", 10).is_err());
    }
}
