//! The text of the switch that is added to the copy: a module with one function, `at`.

/// The name of the module in the root of the crate under test.
pub(crate) const MODULE: &str = "mutant_switch";

const TEXT: &str = include_str!("switch/injected.rs");

/// The module for so many mutants.
pub(crate) fn module(count: usize) -> String {
    format!("{TEXT}\n/// How many mutants there are.\nconst COUNT: usize = {};\n", count.max(1))
}
