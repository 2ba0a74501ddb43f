//! What a run found before it began, as a person reads it.

use fenchel_harness::number::counted;
use fenchel_harness::run::Found;

use crate::voice::{UNPROTECTED, say, tell};

/// How many of many like things are told one by one.
pub(crate) const TOLD: usize = 5;

pub(crate) fn print_set_aside(set_aside: &[String]) {
    for what in set_aside.iter().take(TOLD) {
        tell!("set aside: {what}");
    }
    if set_aside.len() > TOLD {
        tell!("set aside: {} files in all; their cells were run again", set_aside.len());
    }
}

pub(crate) fn print_found(found: &Found) {
    if found.unprotected {
        tell!("{UNPROTECTED}");
    }
    for note in &found.notes {
        tell!("{note}");
    }
    print_set_aside(found.set_aside.as_slice());
    if found.cells.unusable > 0 {
        tell!("{} of no use, set aside when the cell is run again", counted(found.cells.unusable, "file"));
    }
    if found.cells.finished > 0 {
        say!("{} already there", counted(found.cells.finished, "cell"));
    }
    if found.cells.stale > 0 {
        say!(
            "{} computed by other code, run again (--keep takes such cells as they are)",
            counted(found.cells.stale, "cell")
        );
    }
}
