//! The explained survivors of a crate: its file `mutants.toml`.
//!
//! ```toml
//! [[survivor]]
//! file = "theorems/descent.rs"
//! function = "check"
//! class = "scale of a margin"
//! reason = "the size divides the slack and leaves its sign"
//! changes = [
//!     ["pair[0].value.abs()", "pair[0].value.clone()"],
//!     ["1", "0", 2],
//! ]
//! ```
//!
//! A change is an expression and what it became; where the function has several alike, the number says which.
//! An entry explains these changes and no others. One that matches nothing, or a mutant that is killed by
//! now, is stale.

use crate::subject::Key;
use std::collections::BTreeMap;
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
            let (keys, explanation) = survivor(entry).map_err(|error| format!("line {line}: {error}"))?;
            for key in keys {
                let change = key.expression.clone();
                if explained.insert(key, explanation.clone()).is_some() {
                    return Err(format!("line {line}: this change of `{change}` was explained before"));
                }
            }
        }
    }
    Ok(explained)
}

fn survivor(entry: &Spanned<DeValue<'_>>) -> Result<(Vec<Key>, Explanation), String> {
    let table = entry.get_ref().as_table().ok_or("a survivor is a table")?;
    let names = ["file", "function", "class", "reason", "changes"];
    if let Some(unknown) = table.keys().find(|name| !names.contains(&&**name.get_ref())) {
        return Err(format!("there is no key `{}`", unknown.get_ref()));
    }
    let text = |name: &str| {
        let value = table.get(name).and_then(|value| value.get_ref().as_str());
        value.map(str::to_owned).ok_or(format!("`{name}` is missing or no text"))
    };
    let explanation = Explanation { class: text("class")?, reason: text("reason")? };
    if explanation.class.trim().is_empty() || explanation.reason.trim().is_empty() {
        return Err("class and reason must say something".into());
    }
    let changes = table.get("changes").and_then(|value| value.get_ref().as_array());
    let mut keys = Vec::new();
    for value in changes.ok_or("`changes` is missing or no list")? {
        let parts: Vec<&DeValue<'_>> =
            value.get_ref().as_array().into_iter().flatten().map(Spanned::get_ref).collect();
        let (expression, replacement, nth) = match parts.as_slice() {
            [DeValue::String(expression), DeValue::String(replacement)] => (expression, replacement, Some(1)),
            [DeValue::String(expression), DeValue::String(replacement), DeValue::Integer(nth)] => {
                (expression, replacement, nth.as_str().parse().ok())
            }
            _ => {
                return Err(
                    "a change is [expression, replacement] or [expression, replacement, number]".into()
                );
            }
        };
        keys.push(Key {
            file: text("file")?,
            function: text("function")?,
            expression: expression.clone().into_owned(),
            replacement: replacement.clone().into_owned(),
            nth: nth.ok_or("a number counts from 1")?,
        });
    }
    Ok((keys, explanation))
}

/// Entries to be completed by hand, one for each function: class and reason are empty, and refused as such.
pub(crate) fn entries(keys: &[Key]) -> String {
    let mut functions: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for key in keys {
        let nth = if key.nth == 1 { String::new() } else { format!(", {}", key.nth) };
        let changes = functions.entry((&key.file, &key.function)).or_default();
        *changes += &format!("    [{}, {}{nth}],\n", quoted(&key.expression), quoted(&key.replacement));
    }
    let entry = |((file, function), changes): ((&str, &str), String)| {
        let (file, function) = (quoted(file), quoted(function));
        format!(
            "[[survivor]]\nfile = {file}\nfunction = {function}\nclass = \"\"\nreason = \"\"\n\
             changes = [\n{changes}]\n"
        )
    };
    functions.into_iter().map(entry).collect::<Vec<_>>().join("\n")
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
            expression: expression.into(),
            replacement: String::new(),
            nth,
        }
    }

    #[test]
    fn entries_that_were_written_are_read_again() {
        let keys = [key("a", 1), key("f(\"x\")?;", 2), key("'a' \"b\"\n\\ \t", 3), key("‖w‖²", 1)];
        let empty = entries(&keys);
        assert_eq!(empty.matches("[[survivor]]").count(), 1, "{empty}");
        assert!(parse(&empty).unwrap_err().contains("must say something"));
        let text = empty.replace("class = \"\"", "class = \"c\"").replace("reason = \"\"", "reason = \"r\"");
        let read = parse(&text).unwrap();
        assert_eq!(read.len(), 4);
        for key in &keys {
            assert_eq!(read[key], Explanation { class: "c".into(), reason: "r".into() });
        }
        assert!(parse(&(text.clone() + &text)).unwrap_err().contains("explained before"));
        assert!(
            parse(&text.replace("function", "funktion")).unwrap_err().contains("line 1: there is no key")
        );
        assert!(parse(&text.replace(", 2]", ", 2.5]")).unwrap_err().contains("a change is"));
        assert!(parse("").unwrap().is_empty());
        assert!(parse("x = 1").is_err() && parse("[[survivors]]").is_err());
    }
}
