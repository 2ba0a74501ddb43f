//! The results on disk: a line for each mutant, so that an interrupted run can go on.

use crate::campaign::Fate;
use crate::subject::Key;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;

/// The file of results and what it holds.
#[derive(Debug)]
pub(crate) struct Results {
    file: File,
    /// What is known.
    pub(crate) fates: HashMap<Key, Fate>,
}

impl Results {
    /// Opens the file. With `resume` what it holds is kept if `stamp` says that it is about the same code and
    /// tests.
    pub(crate) fn open(path: &Path, stamp: &str, resume: bool) -> Result<Self, String> {
        let trouble = |error: std::io::Error| format!("{}: {error}", path.display());
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(trouble(error)),
        };
        let same = text.lines().next() == Some(stamp);
        if resume && same {
            let fates = text.lines().skip(1).filter_map(read).collect();
            let mut file = OpenOptions::new().append(true).open(path).map_err(trouble)?;
            if !text.ends_with('\n') {
                writeln!(file).map_err(trouble)?;
            }
            return Ok(Self { file, fates });
        }
        if resume && !text.is_empty() {
            eprintln!("mutate: the code or the selection of tests has changed; earlier results do not count");
        }
        let mut file = File::create(path).map_err(trouble)?;
        writeln!(file, "{stamp}").map_err(trouble)?;
        Ok(Self { file, fates: HashMap::new() })
    }

    /// Notes a result.
    pub(crate) fn add(&mut self, key: Key, fate: Fate) -> Result<(), String> {
        writeln!(self.file, "{}", write(&key, &fate)).map_err(|error| error.to_string())?;
        self.fates.insert(key, fate);
        Ok(())
    }
}

fn write(key: &Key, fate: &Fate) -> Value {
    let (word, more) = match fate {
        Fate::Killed(test) => ("killed", json!(test)),
        Fate::TimedOut(test) => ("timed out", json!(test)),
        Fate::Survived(tests) => ("survived", json!(tests)),
        Fate::Invalid(message) => ("invalid", json!(message)),
    };
    json!({
        "file": key.file, "function": key.function, "expression": key.expression,
        "replacement": key.replacement, "nth": key.nth, "fate": word, "by": more,
    })
}

/// The result in a line, unless the line was cut off.
fn read(line: &str) -> Option<(Key, Fate)> {
    let value: Value = serde_json::from_str(line).ok()?;
    let text = |name: &str| value[name].as_str().map(str::to_owned);
    let key = Key {
        file: text("file")?,
        function: text("function")?,
        expression: text("expression")?,
        replacement: text("replacement")?,
        nth: usize::try_from(value["nth"].as_u64()?).ok()?,
    };
    let fate = match text("fate")?.as_str() {
        "killed" => Fate::Killed(text("by")?),
        "timed out" => Fate::TimedOut(text("by")?),
        "survived" => Fate::Survived(usize::try_from(value["by"].as_u64()?).ok()?),
        "invalid" => Fate::Invalid(text("by")?),
        _ => return None,
    };
    Some((key, fate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_survive_an_interruption_and_not_a_change_of_the_code() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.jsonl");
        let key = |nth| Key {
            file: "a/b.rs".into(),
            function: "<A as B>::f".into(),
            expression: "a.max(\"é\")".into(),
            replacement: "a.min(\"é\")".into(),
            nth,
        };
        let fates = [
            Fate::Killed("tests::x".into()),
            Fate::TimedOut("tests::y".into()),
            Fate::Survived(7),
            Fate::Invalid("mismatched types".into()),
        ];
        let mut results = Results::open(&path, "1", true).unwrap();
        for (i, fate) in fates.iter().enumerate() {
            results.add(key(i), fate.clone()).unwrap();
        }
        // The last line was not finished.
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 9]).unwrap();
        let mut again = Results::open(&path, "1", true).unwrap();
        assert_eq!(again.fates.len(), 3);
        assert!((0..3).all(|i| again.fates[&key(i)] == fates[i]));
        again.add(key(3), fates[3].clone()).unwrap();
        assert_eq!(Results::open(&path, "1", true).unwrap().fates.len(), 4);
        assert_eq!(Results::open(&path, "2", true).unwrap().fates.len(), 0);
        let mut third = Results::open(&path, "2", true).unwrap();
        third.add(key(0), fates[0].clone()).unwrap();
        assert_eq!(Results::open(&path, "2", false).unwrap().fates.len(), 0);
    }
}
