//! The crate under test: its files, and the mutants of those that were asked for.

use crate::finder::{Mutant, Site, find, reduced};
use crate::kinds::Kind;
use crate::knowledge::Knowledge;
use crate::weave::{Woven, count, weave};
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The root of a library.
pub(crate) const ROOT: &str = "lib.rs";

/// A file with mutants.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path below `src`, with slashes.
    pub(crate) path: String,
    text: String,
    sites: Vec<Site>,
    first: u32,
}

impl Source {
    /// The file with its mutants woven in, as it is compiled.
    pub(crate) fn woven(&self, aside: &HashSet<u32>) -> Woven {
        let woven = weave(&self.text, &self.sites, self.first, aside);
        if self.path == ROOT { woven.into_root() } else { woven }
    }
}

/// The files that are changed.
#[derive(Debug)]
pub(crate) struct Subject {
    /// In the order of their paths.
    pub(crate) sources: Vec<Source>,
}

/// A mutant and where it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Numbered<'a> {
    /// The number that switches it on.
    pub(crate) number: u32,
    /// The number of its site's first mutant, which is what the record of a run names.
    pub(crate) site: u32,
    /// The path below `src`.
    pub(crate) file: &'a str,
    /// The change.
    pub(crate) mutant: &'a Mutant,
}

impl Numbered<'_> {
    /// What stays the same while other parts of the code change: everything but line and number.
    pub(crate) fn key(&self) -> Key {
        Key {
            file: self.file.to_owned(),
            function: self.mutant.function.clone(),
            expression: self.mutant.expression.clone(),
            replacement: reduced(&self.mutant.replacement),
            nth: self.mutant.nth,
        }
    }
}

/// By what a mutant is found again.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) file: String,
    pub(crate) function: String,
    pub(crate) expression: String,
    pub(crate) replacement: String,
    pub(crate) nth: usize,
}

impl Subject {
    /// Reads `folder/src` and finds the mutants of the wanted kinds in the wanted files.
    pub(crate) fn read(folder: &Path, wanted: impl Fn(&str) -> bool, kinds: &[Kind]) -> Result<Self, String> {
        let root = folder.join("src");
        let mut paths = Vec::new();
        rust_files(&root, Path::new(""), &mut paths)
            .map_err(|error| format!("cannot read {}: {error}", root.display()))?;
        paths.sort();
        let mut files = Vec::new();
        for path in paths {
            let text = fs::read_to_string(root.join(&path))
                .map_err(|error| format!("{}: {error}", path.display()))?;
            let parsed = syn::parse_file(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            files.push((path, text, parsed));
        }
        let knowledge = Knowledge::of(files.iter().map(|(path, _, parsed)| (path.as_path(), parsed)));
        let (mut sources, mut next) = (Vec::new(), 0);
        for (path, text, parsed) in files {
            let name = path.to_string_lossy().replace('\\', "/");
            if knowledge.is_test(&path) || !wanted(&name) {
                continue;
            }
            let mut sites = find(&text, &parsed, &knowledge);
            for site in &mut sites {
                site.mutants.retain(|mutant| kinds.contains(&mutant.kind));
            }
            sites.retain(|site| !site.mutants.is_empty());
            let first = next;
            next += sites.iter().map(count).sum::<u32>();
            sources.push(Source { path: name, text, sites, first });
        }
        Ok(Self { sources })
    }

    /// All mutants, in the order of their numbers, which count from 0.
    pub(crate) fn mutants(&self) -> Vec<Numbered<'_>> {
        let mut all = Vec::new();
        for source in &self.sources {
            let mut number = source.first;
            for site in &source.sites {
                let first = number;
                for mutant in &site.mutants {
                    all.push(Numbered { number, site: first, file: &source.path, mutant });
                    number += 1;
                }
            }
        }
        all
    }
}

fn rust_files(root: &Path, below: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            rust_files(root, &path, found)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    Ok(())
}
