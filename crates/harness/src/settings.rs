//! Settings from the command line: `--set key=value`, lists of seeds.

use crate::error::{Error, Result};
use serde_json::Value;

/// Applies `key=value` texts to the settings of the experiments `(id, settings)`.
///
/// A key is `field`, for every experiment that has such a field, or `experiment.field`. Values are JSON
/// (`0.5`, `true`, `[1, 2]`, `null`); what is not JSON is taken as text.
///
/// # Errors
/// When a text has no `=` or no experiment has the key.
///
/// ```
/// use fenchel_harness::settings::apply;
/// let mut settings = vec![("gd".to_owned(), serde_json::json!({ "iterations": 200 }))];
/// apply(&mut settings, &["gd.iterations=400".into()]).unwrap();
/// assert_eq!(settings[0].1["iterations"], 400);
/// assert!(apply(&mut settings, &["iteration=400".into()]).is_err());
/// ```
pub fn apply(settings: &mut [(String, Value)], texts: &[String]) -> Result<()> {
    for text in texts {
        let (key, value) =
            text.split_once('=').ok_or_else(|| Error::MalformedSetting { text: text.clone() })?;
        let (key, value) = (key.trim(), value.trim());
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        set(settings, key, &value)?;
    }
    Ok(())
}

/// Sets the field `key` of every experiment that has it.
///
/// # Errors
/// When none has it.
pub fn set(settings: &mut [(String, Value)], key: &str, value: &Value) -> Result<()> {
    let mut found = false;
    for (id, fields) in settings.iter_mut() {
        let field = key.strip_prefix(id.as_str()).and_then(|rest| rest.strip_prefix('.')).unwrap_or(key);
        if let Some(slot) = fields.get_mut(field) {
            *slot = value.clone();
            found = true;
        }
    }
    if found { Ok(()) } else { Err(Error::UnknownSetting { key: key.into(), known: known(settings) }) }
}

/// Reads seeds: single numbers and half-open or closed ranges, as in `0,1,5..8` (0, 1, 5, 6, 7) or `0..=4`.
///
/// # Errors
/// When a part is neither.
///
/// ```
/// use fenchel_harness::settings::seeds;
/// assert_eq!(seeds("0,1,5..8").unwrap(), [0, 1, 5, 6, 7]);
/// ```
pub fn seeds(text: &str) -> std::result::Result<Vec<u64>, String> {
    let number = |part: &str| {
        part.trim()
            .parse::<u64>()
            .map_err(|_| format!("`{part}` is no seed; write numbers as in 0,1 or ranges as in 0..5"))
    };
    let mut seeds = Vec::new();
    for part in text.split(',') {
        match part.split_once("..") {
            None => seeds.push(number(part)?),
            Some((from, to)) => {
                let from = number(from)?;
                let to = match to.strip_prefix('=') {
                    Some(last) => number(last)?.saturating_add(1),
                    None => number(to)?,
                };
                if from >= to || to - from > 10_000 {
                    return Err(format!("the range `{part}` is empty or has more than 10,000 seeds"));
                }
                seeds.extend(from..to);
            }
        }
    }
    seeds.sort_unstable();
    seeds.dedup();
    Ok(seeds)
}

/// The settings that decide what a cell computes: all but those that only choose cells.
pub(crate) fn deciding(settings: &Value, choosing: &[&str]) -> Value {
    let mut settings = settings.clone();
    if let Value::Object(fields) = &mut settings {
        fields.retain(|key, _| !choosing.contains(&key.as_str()));
    }
    settings
}

/// The first difference between two settings, but for those that only choose cells.
pub(crate) fn difference(stored: &Value, asked: &Value, choosing: &[&str]) -> Option<String> {
    let (Some(stored), Some(asked)) = (stored.as_object(), asked.as_object()) else {
        return (stored != asked).then(|| format!("stored {stored}, asked for {asked}"));
    };
    let absent = Value::Null;
    stored.keys().chain(asked.keys()).filter(|key| !choosing.contains(&key.as_str())).find_map(|key| {
        let (old, new) = (stored.get(key).unwrap_or(&absent), asked.get(key).unwrap_or(&absent));
        (old != new).then(|| format!("{key} = {old} there, {new} here"))
    })
}

fn known(settings: &[(String, Value)]) -> String {
    let names = settings.iter().flat_map(|(id, fields)| {
        fields
            .as_object()
            .into_iter()
            .flat_map(move |fields| fields.keys().map(move |field| format!("{id}.{field}")))
    });
    names.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_key_reaches_all_or_the_named_experiment() {
        let mut settings =
            vec![("a".to_owned(), json!({"steps": 1, "name": "x"})), ("b".to_owned(), json!({"steps": 1}))];
        apply(&mut settings, &["steps=5".into(), "b.steps=[1,2]".into(), "name=some words".into()]).unwrap();
        assert_eq!(settings[0].1, json!({"steps": 5, "name": "some words"}));
        assert_eq!(settings[1].1, json!({"steps": [1, 2]}));
        let message = apply(&mut settings, &["b.name=1".into()]).unwrap_err().to_string();
        assert!(message.contains("`b.name`") && message.contains("a.name, a.steps, b.steps"), "{message}");
        assert!(apply(&mut settings, &["steps".into()]).is_err());
    }

    #[test]
    fn seeds_are_numbers_and_ranges() {
        assert_eq!(seeds("3").unwrap(), [3]);
        assert_eq!(seeds("0..=2, 1, 9").unwrap(), [0, 1, 2, 9]);
        for bad in ["", "x", "3..1", "0..999999", "-1"] {
            assert!(seeds(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn differences_ignore_what_only_chooses_cells() {
        let stored = json!({"seeds": [0], "steps": 5});
        let difference = |asked: Value| difference(&stored, &asked, &["seeds", "models"]);
        assert_eq!(difference(json!({"seeds": [0, 1], "steps": 5})), None);
        assert_eq!(difference(json!({"seeds": [0], "models": ["c-1x4"], "steps": 5})), None);
        let text = difference(json!({"seeds": [0], "steps": 6})).unwrap();
        assert_eq!(text, "steps = 5 there, 6 here");
    }
}
