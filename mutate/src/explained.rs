//! The explained survivors of a crate: its file `mutants.toml`.
//!
//! ```toml
//! [[survivor]]
//! file = "theorems/descent.rs"
//! function = "check"
//! kind = "signs"
//! expression = "pair[0].value.abs()"
//! replacement = "(pair[0].value).clone()"
//! nth = 1
//! class = "scale of a margin"
//! reason = "the size divides the slack and leaves its sign"
//! ```
//!
//! An entry explains one mutant and no other. One that matches nothing, or a mutant that is killed by now, is
//! stale.

use crate::kinds::Kind;
use crate::subject::Key;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Why a mutant survives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Explanation {
    /// Under which heading it is counted.
    pub(crate) class: String,
    /// Why no test need notice it.
    pub(crate) reason: String,
}

/// Reads the file; none is as good as an empty one.
pub(crate) fn read(path: &Path) -> Result<BTreeMap<Key, Explanation>, String> {
    match fs::read_to_string(path) {
        Ok(text) => parse(&text).map_err(|error| format!("{}: {error}", path.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

fn parse(text: &str) -> Result<BTreeMap<Key, Explanation>, String> {
    let document = DeTable::parse(text).map_err(|error| error.to_string())?;
    let mut explained = BTreeMap::new();
    for (name, value) in document.get_ref() {
        let entries = value.get_ref().as_array().filter(|_| name.get_ref() == "survivor");
        for entry in entries.ok_or(format!("there is no place for `{}`", name.get_ref()))? {
            let line = text[..entry.span().start].matches('\n').count() + 1;
            let (key, explanation) = survivor(entry).map_err(|error| format!("line {line}: {error}"))?;
            if explained.insert(key, explanation).is_some() {
                return Err(format!("line {line}: this mutant was explained before"));
            }
        }
    }
    Ok(explained)
}

fn survivor(entry: &Spanned<DeValue<'_>>) -> Result<(Key, Explanation), String> {
    let table = entry.get_ref().as_table().ok_or("a survivor is a table")?;
    let names = ["file", "function", "kind", "expression", "replacement", "nth", "class", "reason"];
    if let Some(unknown) = table.keys().find(|name| !names.contains(&&**name.get_ref())) {
        return Err(format!("there is no key `{}`", unknown.get_ref()));
    }
    let text = |name: &str| {
        let value = table.get(name).and_then(|value| value.get_ref().as_str());
        value.map(str::to_owned).ok_or(format!("`{name}` is missing or no text"))
    };
    let nth = match table.get("nth").map(Spanned::get_ref) {
        None => 1,
        Some(DeValue::Integer(number)) => {
            number.as_str().parse().map_err(|_| format!("nth is {number}; it counts from 1"))?
        }
        Some(_) => return Err("nth is a number".into()),
    };
    let kind = text("kind")?;
    let explanation = Explanation { class: text("class")?, reason: text("reason")? };
    if explanation.class.trim().is_empty() || explanation.reason.trim().is_empty() {
        return Err("class and reason must say something".into());
    }
    let key = Key {
        file: text("file")?,
        function: text("function")?,
        kind: Kind::named(&kind).ok_or(format!("there is no kind `{kind}`"))?,
        expression: text("expression")?,
        replacement: text("replacement")?,
        nth,
    };
    Ok((key, explanation))
}

/// An entry to be completed by hand: class and reason are empty, and refused as such.
pub(crate) fn entry(key: &Key) -> String {
    let mut text = String::from("[[survivor]]\n");
    let nth = if key.nth == 1 { String::new() } else { format!("nth = {}\n", key.nth) };
    let lines = [
        ("file", key.file.as_str()),
        ("function", &key.function),
        ("kind", key.kind.word()),
        ("expression", &key.expression),
        ("replacement", &key.replacement),
    ];
    for (name, value) in lines {
        writeln!(text, "{name} = {}", quoted(value)).expect("a text takes all that is written");
    }
    text + &nth + "class = \"\"\nreason = \"\"\n"
}

/// A text as TOML: as it is where it can be, and with escapes otherwise.
fn quoted(text: &str) -> String {
    if text.contains('"') && !text.contains(['\'', '\n', '\r', '\t']) {
        format!("'{text}'")
    } else {
        let escaped: String = text
            .chars()
            .map(|letter| match letter {
                '"' => "\\\"".to_owned(),
                '\\' => "\\\\".to_owned(),
                '\n' => "\\n".to_owned(),
                '\r' => "\\r".to_owned(),
                '\t' => "\\t".to_owned(),
                other => other.to_string(),
            })
            .collect();
        format!("\"{escaped}\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(expression: &str, nth: usize) -> Key {
        Key {
            file: "a/b.rs".into(),
            function: "<A<'a> as B>::f".into(),
            kind: Kind::Checks,
            expression: expression.into(),
            replacement: String::new(),
            nth,
        }
    }

    #[test]
    fn an_entry_that_was_written_is_read_again() {
        for (expression, nth) in [("a", 1), ("f(\"x\")?;", 2), ("'a' \"b\"\n\\ \t", 3), ("‖w‖²", 1)] {
            let key = key(expression, nth);
            let empty = entry(&key);
            assert!(parse(&empty).unwrap_err().contains("must say something"));
            let text =
                empty.replace("class = \"\"", "class = \"c\"").replace("reason = \"\"", "reason = \"r\"");
            let read = parse(&text).unwrap();
            assert_eq!(read[&key], Explanation { class: "c".into(), reason: "r".into() });
            assert!(parse(&(text.clone() + &text)).unwrap_err().contains("explained before"));
            assert!(parse(&text.replace("function", "funktion")).is_err());
            assert!(parse(&text.replace("\"checks\"", "\"czechs\"")).is_err());
        }
        assert!(parse("").unwrap().is_empty());
        assert!(parse("x = 1").is_err() && parse("[[survivors]]").is_err());
    }
}
