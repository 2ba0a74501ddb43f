//! The verdicts that a run is expected to give, by back end: a file under version control, by which a changed
//! verdict is seen.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::error::{Error, Result};
use crate::store::write_whole;

/// Verdicts in one word, by back end and claim.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expected(BTreeMap<String, BTreeMap<String, String>>);

/// The back end's name without its version and kernel.
fn family(back_end: &str) -> &str {
    back_end.split_whitespace().next().unwrap_or_default()
}

fn verdicts(report: &Report) -> BTreeMap<String, String> {
    report.claims().map(|(_, f)| (f.claim.id.to_owned(), f.verdict().word().to_owned())).collect()
}

impl Expected {
    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, or is not such a file.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = fenchel_files::read(path)?;
        serde_json::from_slice(&bytes)
            .map_err(|error| Error::Expected { path: path.to_owned(), reason: error.to_string() })
    }

    /// The file with the verdicts of `report` as those that `back_end` is expected to give.
    ///
    /// # Errors
    /// When a file is there that cannot be read, or it cannot be written.
    pub fn note(path: &Path, back_end: &str, report: &Report) -> Result<()> {
        let mut expected = if path.exists() { Self::read(path)? } else { Self::default() };
        expected.0.insert(family(back_end).to_owned(), verdicts(report));
        let mut text = serde_json::to_string_pretty(&expected).expect("words by words");
        text.push('\n');
        write_whole(path, text.as_bytes())
    }

    /// Where `report` differs: other verdicts, claims that are not expected, and expected ones that its
    /// experiments do not have. Experiments that are not in the report are not looked for.
    ///
    /// # Errors
    /// When nothing is known of the back end.
    pub fn differences(&self, path: &Path, back_end: &str, report: &Report) -> Result<Vec<String>> {
        let family = family(back_end);
        let expected = self.0.get(family).ok_or_else(|| Error::Expected {
            path: path.to_owned(),
            reason: format!("it has no verdicts of the back end `{family}`"),
        })?;
        let found = verdicts(report);
        let ran = |id: &str| {
            let experiment = id.split('.').next().unwrap_or_default();
            report.chapters.iter().any(|chapter| chapter.id == experiment)
        };
        let ids: BTreeSet<&String> = expected.keys().filter(|id| ran(id)).chain(found.keys()).collect();
        let word = |of: &BTreeMap<String, String>, id: &String| {
            of.get(id).map_or_else(|| "not there".to_owned(), Clone::clone)
        };
        let pairs = ids.into_iter().map(|id| (id, word(expected, id), word(&found, id)));
        let differ = pairs.filter(|(_, expected, found)| expected != found);
        Ok(differ.map(|(id, expected, found)| format!("{id}: expected {expected}, found {found}")).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::Claim;
    use crate::report::testing::{self, claim};

    const USUAL: &[Claim] = &[claim("gd.a"), claim("gd.b")];
    const ANOTHER: &[Claim] = &[claim("gd.a"), claim("gd.d")];
    const LATER: &[Claim] = &[claim("gd.a"), claim("width.c")];

    fn report(claims: &'static [Claim], violations: &[usize]) -> Report {
        testing::report(vec![testing::chapter(claims, violations)])
    }

    #[test]
    fn every_change_is_seen_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("verdicts.json");
        let usual = report(USUAL, &[0, 1]);
        Expected::note(&path, "gemm 0.19 (AVX2)", &usual).unwrap();
        Expected::note(&path, "openblas 0.3", &report(LATER, &[1, 0])).unwrap();
        let expected = Expected::read(&path).unwrap();
        let of = |back_end: &str, report: &Report| expected.differences(&path, back_end, report);
        assert_eq!(of("gemm 0.20", &usual).unwrap(), [""; 0]);
        assert_eq!(of("gemm", &report(USUAL, &[1, 1])).unwrap(), ["gd.a: expected reproduced, found failed"]);
        assert_eq!(
            of("gemm", &report(ANOTHER, &[0, 0])).unwrap(),
            ["gd.b: expected failed, found not there", "gd.d: expected not there, found reproduced"]
        );
        // The experiment `width` was not run.
        assert_eq!(of("openblas", &report(const { &[claim("gd.a")] }, &[1])).unwrap(), [""; 0]);
        let message = of("other", &usual).unwrap_err().to_string();
        assert!(message.contains("verdicts.json") && message.contains("`other`"), "{message}");
    }
}
