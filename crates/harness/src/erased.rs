//! Every [`Experiment`] as an [`AnyExperiment`]: the one place where types are turned into JSON and MessagePack.

use crate::claim::{Claim, Findings};
use crate::context::Context;
use crate::error::{Error, Failure, Result};
use crate::experiment::{AnyExperiment, Cell, Experiment, Outcome};
use crate::profile::Profile;
use crate::summary::Summary;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashSet;

impl<E: Experiment> AnyExperiment for E {
    fn id(&self) -> &'static str {
        E::ID
    }

    fn title(&self) -> &'static str {
        E::TITLE
    }

    fn paper(&self) -> &'static str {
        E::PAPER
    }

    fn revision(&self) -> u32 {
        E::REVISION
    }

    fn claims(&self) -> &'static [Claim] {
        E::CLAIMS
    }

    fn default_settings(&self, profile: Profile) -> Value {
        serde_json::to_value(self.settings(profile)).expect("settings are plain data with string keys")
    }

    fn cells(&self, settings: &Value) -> Result<Vec<Cell<Value>>> {
        let invalid = |reason: String| Error::InvalidSettings { experiment: E::ID.into(), reason };
        let settings: E::Settings = parse(settings).map_err(invalid)?;
        let cells = self.plan(&settings).map_err(|failure| invalid(chain(&*failure)))?;
        let mut seen = HashSet::new();
        cells
            .into_iter()
            .map(|cell| {
                let refuse =
                    |reason| Error::InvalidCell { experiment: E::ID.into(), cell: cell.id.clone(), reason };
                if !is_file_name(&cell.id) {
                    return Err(refuse("which is no portable file name"));
                }
                if !seen.insert(cell.id.clone()) {
                    return Err(refuse("twice"));
                }
                if !(cell.work.units.is_finite() && cell.work.units > 0.0) {
                    return Err(refuse("with an amount of work that is not a positive number"));
                }
                let case = serde_json::to_value(&cell.case).expect("cases are plain data with string keys");
                Ok(Cell { id: cell.id, case, work: cell.work })
            })
            .collect()
    }

    fn check_inputs(&self, settings: &Value, context: &Context) -> Result<()> {
        let settings: E::Settings =
            parse(settings).map_err(|reason| Error::InvalidSettings { experiment: E::ID.into(), reason })?;
        E::find_inputs(&settings, context)
            .map_err(|failure| Error::MissingInput { experiment: E::ID.into(), reason: chain(&*failure) })
    }

    fn run_cell(
        &self,
        settings: &Value,
        case: &Value,
        context: &Context,
    ) -> std::result::Result<Vec<u8>, Failure> {
        let record = self.run(&parse(settings)?, &parse(case)?, context)?;
        Ok(rmp_serde::to_vec_named(&record)?)
    }

    fn summary(
        &self,
        settings: &Value,
        cells: Vec<(Cell<Value>, Vec<u8>)>,
        findings: &mut Findings,
    ) -> Result<Summary> {
        let fault = |reason: String| Error::Summary { experiment: E::ID.into(), reason };
        let settings: E::Settings = parse(settings).map_err(fault)?;
        let outcomes = cells
            .into_iter()
            .map(|(cell, bytes)| {
                let record = rmp_serde::from_slice(&bytes).map_err(|error| {
                    fault(format!("the record of cell {} is not readable: {error}", cell.id))
                })?;
                Ok(Outcome { id: cell.id, case: parse(&cell.case).map_err(fault)?, record })
            })
            .collect::<Result<Vec<_>>>()?;
        (E::SUMMARISE)(&settings, &outcomes, findings).map_err(|failure| fault(chain(&*failure)))
    }
}

fn parse<T: DeserializeOwned>(value: &Value) -> std::result::Result<T, String> {
    T::deserialize(value).map_err(|error| error.to_string())
}

/// An error with all its causes, outermost first, in one line.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        // Many errors already print their cause.
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

fn is_file_name(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+".contains(&byte);
    (1..=120).contains(&id.len()) && !id.starts_with('.') && id.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_checked() {
        for good in ["r1.5-a0.3", "mnist_lenet5+ce-seed0"] {
            assert!(is_file_name(good), "{good}");
        }
        for bad in ["", ".hidden", "a/b", "..", "a b", "Ω", &"x".repeat(121)] {
            assert!(!is_file_name(bad), "{bad}");
        }
    }

    #[test]
    fn causes_are_not_repeated() {
        let outer = Error::io("read", "x".as_ref())(std::io::Error::other("disk on fire"));
        assert_eq!(chain(&outer).matches("disk on fire").count(), 1);
    }
}
