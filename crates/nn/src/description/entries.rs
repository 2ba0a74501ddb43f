//! A TOML table whose entries are taken one by one, each complaint with its line and its layer.

use std::ops::Range;

use fenchel_tensor::layers::{FixedWeights, Keys, Usual};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::DescriptionError;

/// The text that is being read, for messages.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) origin: &'a str,
}

impl Source<'_> {
    /// An error at a place of the text.
    pub(super) fn fault(&self, span: Range<usize>, reason: String) -> DescriptionError {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        DescriptionError::Text { origin: self.origin.to_owned(), line, reason }
    }
}

/// A table, what it describes, and the keys that were asked for.
pub(super) struct Entries<'a> {
    source: Source<'a>,
    table: &'a DeTable<'a>,
    span: Range<usize>,
    place: String,
    known: Vec<&'static str>,
}

impl<'a> Entries<'a> {
    /// `place` opens every message: "layer `2.body.0`", for example.
    pub(super) fn new(source: Source<'a>, table: &'a DeTable<'a>, span: Range<usize>, place: String) -> Self {
        Self { source, table, span, place, known: Vec::new() }
    }

    /// An error about the table as a whole.
    pub(super) fn fault(&self, reason: &str) -> DescriptionError {
        self.source.fault(self.span.clone(), format!("{}: {reason}", self.place))
    }

    fn fault_at(&self, value: &Spanned<DeValue<'_>>, key: &str, needs: &str) -> DescriptionError {
        let got = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::String(text) => format!("\"{text}\""),
            other => format!("of type {}", other.type_str()),
        };
        self.source.fault(value.span(), format!("{}: `{key}` is {got}, but must be {needs}", self.place))
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.push(key);
        self.table.get(key)
    }

    /// Text, if it is there.
    pub(super) fn text(&mut self, key: &'static str) -> Result<Option<&'a str>, DescriptionError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.get_ref().as_str().map(Some).ok_or_else(|| self.fault_at(value, key, "text in quotes"))
    }

    /// A list, if it is there.
    pub(super) fn list(
        &mut self,
        key: &'static str,
        needs: &str,
    ) -> Result<Option<&'a DeArray<'a>>, DescriptionError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        value.get_ref().as_array().map(Some).ok_or_else(|| self.fault_at(value, key, needs))
    }

    /// A list of texts; empty if it is not there.
    pub(super) fn texts(&mut self, key: &'static str) -> Result<Vec<String>, DescriptionError> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let text = |value: &Spanned<DeValue<'_>>| value.get_ref().as_str().map(str::to_owned);
        let list =
            value.get_ref().as_array().and_then(|list| list.iter().map(text).collect::<Option<Vec<_>>>());
        list.filter(|list| !list.is_empty()).ok_or_else(|| {
            self.fault_at(value, key, "a list of the paths of layers, [\"conv1\"] for example")
        })
    }

    /// Refuses every key that was not asked for.
    pub(super) fn finish(self) -> Result<(), DescriptionError> {
        let strangers = self.table.keys().filter(|key| !self.known.contains(&key.get_ref().as_ref()));
        let Some(first) = strangers.min_by_key(|key| key.span().start) else { return Ok(()) };
        let reason = format!(
            "{}: unknown key `{}`; the keys here are {}",
            self.place,
            first.get_ref(),
            self.known.join(", ")
        );
        Err(self.source.fault(first.span(), reason))
    }
}

/// Reads the keys of a layer.
impl Keys for Entries<'_> {
    type Error = DescriptionError;

    fn count(
        &mut self,
        key: &'static str,
        into: &mut usize,
        least: usize,
        usual: Usual<usize>,
    ) -> Result<(), DescriptionError> {
        let needs = format!("a whole number of at least {least}");
        *into = match (self.get(key), usual.value()) {
            (None, Some(usual)) => usual,
            (None, None) => return Err(self.fault(&format!("it lacks `{key}`, {needs}"))),
            (Some(value), _) => {
                let number = value.get_ref().as_integer();
                let number = number.and_then(|n| usize::from_str_radix(n.as_str(), n.radix()).ok());
                number.filter(|&n| n >= least).ok_or_else(|| self.fault_at(value, key, &needs))?
            }
        };
        Ok(())
    }

    fn number(
        &mut self,
        key: &'static str,
        into: &mut f64,
        usual: Usual<f64>,
    ) -> Result<(), DescriptionError> {
        *into = match (self.get(key), usual.value()) {
            (None, Some(usual)) => usual,
            (None, None) => return Err(self.fault(&format!("it lacks `{key}`, a number"))),
            (Some(value), _) => float(value).ok_or_else(|| self.fault_at(value, key, "a finite number"))?,
        };
        Ok(())
    }

    fn flag(&mut self, key: &'static str, into: &mut bool, usual: bool) -> Result<(), DescriptionError> {
        *into = match self.get(key) {
            None => usual,
            Some(value) => {
                value.get_ref().as_bool().ok_or_else(|| self.fault_at(value, key, "true or false"))?
            }
        };
        Ok(())
    }

    fn weights(&mut self, key: &'static str, into: &mut FixedWeights) -> Result<(), DescriptionError> {
        let value = self.get(key);
        if value.is_some_and(|value| value.get_ref().as_str() == Some("signs")) {
            *into = FixedWeights::Signs;
            return Ok(());
        }
        let row = |row: &Spanned<DeValue<'_>>| row.get_ref().as_array()?.iter().map(float).collect();
        let list = value.and_then(|value| value.get_ref().as_array());
        let rows: Option<Vec<Vec<f64>>> = list.and_then(|list| list.iter().map(row).collect());
        let sound = |rows: &Vec<Vec<f64>>| {
            rows.first()
                .is_some_and(|first| !first.is_empty() && rows.iter().all(|row| row.len() == first.len()))
        };
        let needs = "\"signs\" or a list of rows of finite numbers, all rows of one length";
        let rows = rows.filter(sound).ok_or_else(|| self.fault(&format!("`{key}` must be {needs}")))?;
        *into = FixedWeights::Rows(rows);
        Ok(())
    }
}

/// A finite number, written as a float or as an integer.
fn float(value: &Spanned<DeValue<'_>>) -> Option<f64> {
    let number = match value.get_ref() {
        DeValue::Float(number) => number.as_str().parse().ok(),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n as f64)
        }
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}
