//! Run folders as soaks and engine tests compare them.

use std::fs;
use std::path::{Path, PathBuf};

/// Numbers by lot, from a seed: Knuth's linear congruential generator.
pub(crate) struct Lottery(pub(crate) u64);

impl Lottery {
    /// A number below `end`, which is positive.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }
}

/// The paths of all files below a folder, in order; links count as files.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    fn walk(root: &Path, folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                walk(root, &entry.path(), into);
            } else if let Ok(path) = entry.path().strip_prefix(root) {
                into.push(path.to_path_buf());
            }
        }
    }
    let mut all = Vec::new();
    walk(folder, folder, &mut all);
    all.sort();
    all
}

/// Whether a file was set aside.
pub(crate) fn is_aside(path: &Path) -> bool {
    let name = path.to_string_lossy();
    [".damaged", ".foreign"].iter().any(|word| name.contains(word))
}

/// Whether a file must be the same in two runs of the same plan: cells, claims, tables and figures must; costs,
/// records of sessions and the page that shows them need not.
fn must_repeat(path: &Path) -> bool {
    (["cells", "tables", "figures"].iter().any(|folder| path.starts_with(folder))
        || path == Path::new("claims.csv"))
        && !is_aside(path)
}

/// How many files of two run folders are equal, and which are not or are in one of them only.
pub(crate) fn compare(a: &Path, b: &Path) -> (usize, Vec<PathBuf>) {
    let list = |folder: &Path| -> Vec<PathBuf> {
        files(folder).into_iter().filter(|path| must_repeat(path)).collect()
    };
    let mut all = list(a);
    all.extend(list(b));
    all.sort();
    all.dedup();
    let equal = |path: &PathBuf| match (fs::read(a.join(path)), fs::read(b.join(path))) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    let (same, different): (Vec<PathBuf>, Vec<PathBuf>) = all.into_iter().partition(equal);
    (same.len(), different)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_of_a_byte_and_a_missing_file_are_seen_and_records_are_not() {
        let above = std::env::temp_dir().join(format!("xtask-compare-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let path = above.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for (path, text) in [("cells/gd/x", "1"), ("claims.csv", "c"), ("tables/gd/t.csv", "t")] {
            write(&format!("a/{path}"), text);
            write(&format!("b/{path}"), text);
        }
        write("a/sessions/s.json", "1");
        write("a/cells/gd/x.damaged", "old");
        let compared = || compare(&above.join("a"), &above.join("b"));
        assert_eq!(compared(), (3, vec![]));
        write("b/cells/gd/x", "2");
        write("a/figures/gd/f.svg", "f");
        assert_eq!(compared(), (2, vec!["cells/gd/x".into(), "figures/gd/f.svg".into()]));
        fs::remove_dir_all(&above).unwrap();
    }
}
