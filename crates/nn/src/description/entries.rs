//! A TOML table whose entries are taken one by one, each complaint with its line and its layer.

use std::ops::Range;

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

    /// A whole number of at least `least`, or the default.
    pub(super) fn count(
        &mut self,
        key: &'static str,
        least: usize,
        default: Option<usize>,
    ) -> Result<usize, DescriptionError> {
        let needs = format!("a whole number of at least {least}");
        let Some(value) = self.get(key) else {
            return default.ok_or_else(|| self.fault(&format!("it lacks `{key}`, {needs}")));
        };
        let number = value.get_ref().as_integer();
        let number = number.and_then(|n| usize::from_str_radix(n.as_str(), n.radix()).ok());
        number.filter(|&n| n >= least).ok_or_else(|| self.fault_at(value, key, &needs))
    }

    /// A number, or the default.
    pub(super) fn number(
        &mut self,
        key: &'static str,
        default: Option<f64>,
    ) -> Result<f64, DescriptionError> {
        match self.get(key) {
            Some(value) => float(value).ok_or_else(|| self.fault_at(value, key, "a finite number")),
            None => default.ok_or_else(|| self.fault(&format!("it lacks `{key}`, a number"))),
        }
    }

    /// `true` or `false`, or the default.
    pub(super) fn flag(&mut self, key: &'static str, default: bool) -> Result<bool, DescriptionError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.get_ref().as_bool().ok_or_else(|| self.fault_at(value, key, "true or false"))
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

/// A finite number, written as a float or as an integer.
pub(super) fn float(value: &Spanned<DeValue<'_>>) -> Option<f64> {
    let number = match value.get_ref() {
        DeValue::Float(number) => number.as_str().parse().ok(),
        DeValue::Integer(number) => {
            i64::from_str_radix(number.as_str(), number.radix()).ok().map(|n| n as f64)
        }
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}
