//! What came out: tables by kind, by file and by class, and the survivors that nobody has explained.

use crate::campaign::Fate;
use crate::explained::{Explanation, entries};
use crate::finder::reduced;
use crate::kinds::Kind;
use crate::subject::{Key, Numbered};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

/// The report of a run.
#[derive(Debug)]
pub(crate) struct Report {
    /// Markdown.
    pub(crate) text: String,
    /// Entries for `mutants.toml`, to be completed.
    pub(crate) entries: String,
    /// How many survivors are not explained.
    pub(crate) unexplained: usize,
}

/// How many mutants ended in which way.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    killed: usize,
    timed_out: usize,
    explained: usize,
    unexplained: usize,
    unreached: usize,
    invalid: usize,
}

impl Counts {
    const HEADER: &str = "Killed | Timed out | Survived, explained | Survived, not explained \
                          | Of the survivors, not reached | No valid Rust |\n|---|---|---|---|---|---|---|\n";

    fn add(&mut self, fate: &Fate, explained: bool) {
        match fate {
            Fate::Killed(_) => self.killed += 1,
            Fate::TimedOut(_) => self.timed_out += 1,
            Fate::Invalid(_) => self.invalid += 1,
            Fate::Survived(tests) => {
                self.unreached += usize::from(*tests == 0);
                if explained {
                    self.explained += 1;
                } else {
                    self.unexplained += 1;
                }
            }
        }
    }

    fn row(&self, name: &str) -> String {
        let Self { killed, timed_out, explained, unexplained, unreached, invalid } = self;
        format!(
            "| {name} | {killed} | {timed_out} | {explained} | {unexplained} | {unreached} | {invalid} |\n"
        )
    }
}

/// Writes the report on `mutants`, whose fates are all known.
pub(crate) fn report(
    mutants: &[Numbered<'_>],
    fates: &HashMap<Key, Fate>,
    explained: &BTreeMap<Key, Explanation>,
    in_scope: impl Fn(&Key) -> bool,
) -> Report {
    let mut all = Counts::default();
    let mut by_kind: BTreeMap<Kind, Counts> = BTreeMap::new();
    let mut by_file: BTreeMap<&str, Counts> = BTreeMap::new();
    let mut by_class: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut list, mut open, mut stale) = (String::new(), Vec::new(), String::new());
    let mut met: BTreeSet<Key> = BTreeSet::new();
    for mutant in mutants {
        let key = mutant.key();
        let Some(fate) = fates.get(&key) else { continue };
        let explanation = explained.get(&key);
        all.add(fate, explanation.is_some());
        by_kind.entry(mutant.mutant.kind).or_default().add(fate, explanation.is_some());
        by_file.entry(mutant.file).or_default().add(fate, explanation.is_some());
        match (fate, explanation) {
            (Fate::Survived(_), Some(explanation)) => *by_class.entry(&explanation.class).or_default() += 1,
            (Fate::Survived(tests), None) => {
                put(&mut list, format_args!("- {}, {tests} tests pass\n", shown(mutant)));
                open.push(key.clone());
            }
            (Fate::Killed(by) | Fate::TimedOut(by), Some(_)) => {
                put(&mut stale, format_args!("- {}: killed by `{by}`\n", shown(mutant)));
            }
            (Fate::Invalid(_), Some(_)) => {
                put(&mut stale, format_args!("- {}: no valid Rust\n", shown(mutant)));
            }
            (Fate::Killed(_) | Fate::TimedOut(_) | Fate::Invalid(_), None) => {}
        }
        met.insert(key);
    }
    for key in explained.keys().filter(|key| in_scope(key) && !met.contains(key)) {
        let Key { file, function, expression, replacement, nth } = key;
        put(
            &mut stale,
            format_args!("- {file}: {function}: `{expression}` to `{replacement}` ({nth}): no such mutant\n"),
        );
    }
    let mut text = format!("| Kind of change | {}", Counts::HEADER);
    for (kind, counts) in &by_kind {
        text += &counts.row(kind.title());
    }
    text += &all.row("**all**");
    put(&mut text, format_args!("\n| File | {}", Counts::HEADER));
    for (file, counts) in &by_file {
        text += &counts.row(&format!("`{file}`"));
    }
    if !by_class.is_empty() {
        text += "\n| Class of explained survivors | Count |\n|---|---|\n";
        for (class, count) in &by_class {
            put(&mut text, format_args!("| {class} | {count} |\n"));
        }
    }
    for (title, list) in [("Not explained", &list), ("Stale explanations", &stale)] {
        if !list.is_empty() {
            put(&mut text, format_args!("\n{title}:\n\n{list}"));
        }
    }
    Report { text, entries: entries(&open), unexplained: all.unexplained }
}

/// A mutant in a line.
pub(crate) fn shown(numbered: &Numbered<'_>) -> String {
    let Numbered { file, mutant, .. } = numbered;
    let to = reduced(&mutant.replacement);
    let to = if to.is_empty() { "nothing".into() } else { format!("`{to}`") };
    let kind = mutant.kind.word();
    format!("{file}:{}: {}: {kind}: `{}` to {to}", mutant.line, mutant.function, mutant.expression)
}

fn put(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a text takes all that is written");
}
