//! Building the test program, and putting aside the mutants that are no valid Rust.
//!
//! The compiler's messages say in which bytes of a file an error is, and those belong to a mutant or to a
//! site. What is blamed is put aside and the rest is built again, until it compiles. The first rounds end
//! before any code is generated.

use crate::scratch::Scratch;
use crate::subject::Subject;
use crate::weave::Woven;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is told apart no further than this many rounds is given up.
const MOST_ROUNDS: usize = 40;

/// The test programs and the mutants that they do not hold.
#[derive(Debug)]
pub(crate) struct Built {
    /// The test programs.
    pub(crate) programs: Vec<PathBuf>,
    /// The mutants put aside, and what the compiler said of them.
    pub(crate) invalid: BTreeMap<u32, String>,
}

/// What to build, and with which cargo.
#[derive(Debug)]
pub(crate) struct Builder<'a> {
    /// The workspace under test.
    pub(crate) from: &'a Path,
    /// The copy.
    pub(crate) scratch: &'a Scratch,
    /// The build folder.
    pub(crate) target: &'a Path,
    /// The programs of `tests/` too.
    pub(crate) integration: bool,
}

impl Builder<'_> {
    /// Builds without what is known to be invalid, and puts aside what else does not compile.
    pub(crate) fn build(&self, subject: &Subject, known: BTreeMap<u32, String>) -> Result<Built, String> {
        let mut invalid = known;
        for round in 1..=MOST_ROUNDS {
            let aside: HashSet<u32> = invalid.keys().copied().collect();
            self.scratch.weave(self.from, subject, &aside)?;
            eprintln!("mutate: build {round}, {} put aside", aside.len());
            let messages = self.cargo()?;
            let errors: Vec<&Value> = messages
                .iter()
                .filter(|message| message["reason"] == "compiler-message")
                .map(|message| &message["message"])
                .filter(|message| message["level"] == "error")
                .collect();
            let finished = messages.iter().find(|message| message["reason"] == "build-finished");
            if finished.is_some_and(|message| message["success"] == true) {
                let programs = messages.iter().filter_map(|message| message["executable"].as_str());
                return Ok(Built { programs: programs.map(PathBuf::from).collect(), invalid });
            }
            let before = invalid.len();
            self.blame(subject, &aside, &errors, &mut invalid);
            if invalid.len() == before {
                let shown: Vec<&str> =
                    errors.iter().filter_map(|error| error["rendered"].as_str()).take(3).collect();
                return Err(format!(
                    "the copy does not compile, and no mutant is to blame\n{}",
                    shown.join("\n")
                ));
            }
        }
        Err(format!("after {MOST_ROUNDS} rounds there are still mutants that do not compile"))
    }

    /// Adds to `invalid` the mutants in whose text the errors are.
    fn blame(
        &self,
        subject: &Subject,
        aside: &HashSet<u32>,
        errors: &[&Value],
        invalid: &mut BTreeMap<u32, String>,
    ) {
        let folder = self.scratch.package.join("src").to_string_lossy().replace('\\', "/");
        let woven: HashMap<String, Woven> = subject
            .sources
            .iter()
            .map(|source| (format!("{folder}/{}", source.path), source.woven(aside)))
            .collect();
        for error in errors {
            let (own, notes): (Vec<&Value>, Vec<&Value>) =
                spans(error).partition(|span| span["is_primary"] == true);
            let blamed = [own, notes].into_iter().find_map(|spans| {
                let found: Vec<u32> = spans.iter().filter_map(|span| place(span, &woven)).flatten().collect();
                (!found.is_empty()).then_some(found)
            });
            let said = error["message"].as_str().unwrap_or_default();
            for number in blamed.into_iter().flatten().filter(|number| !aside.contains(number)) {
                invalid.entry(number).or_insert_with(|| said.to_owned());
            }
        }
    }

    fn cargo(&self) -> Result<Vec<Value>, String> {
        let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut cargo = Command::new(program);
        // What cargo sets for its own children would otherwise rebuild the dependencies.
        for (name, _) in std::env::vars_os() {
            if name
                .to_str()
                .is_some_and(|name| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST"))
            {
                cargo.env_remove(name);
            }
        }
        cargo.args(["test", "--no-run", "--quiet", "--message-format=json", "--lib"]);
        if self.integration {
            cargo.arg("--tests");
        }
        let manifest = self.scratch.root.join(&self.scratch.package).join("Cargo.toml");
        cargo.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(self.target);
        cargo.current_dir(&self.scratch.root).stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = cargo.output().map_err(|error| format!("cannot start cargo: {error}"))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        // Lines that are no JSON come from build scripts and are nobody's errors.
        Ok(text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect())
    }
}

/// The spans of an error and of the notes below it.
fn spans(error: &Value) -> impl Iterator<Item = &Value> {
    std::iter::once(error)
        .chain(error["children"].as_array().into_iter().flatten())
        .flat_map(|message| message["spans"].as_array().into_iter().flatten())
}

/// The mutants to blame for a span, in the file itself or where a macro was called.
fn place(span: &Value, woven: &HashMap<String, Woven>) -> Option<std::ops::Range<u32>> {
    let number = |name: &str| usize::try_from(span[name].as_u64()?).ok();
    let name = span["file_name"].as_str()?.replace('\\', "/");
    let own = match (woven.get(&name), number("byte_start"), number("byte_end")) {
        (Some(woven), Some(start), Some(end)) => woven.blame(&(start..end)),
        _ => None,
    };
    own.or_else(|| place(span.get("expansion")?.get("span")?, woven))
}
