//! The switch of the mutants, added to the copy of the crate under test.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// The switch was not read yet.
const UNREAD: u32 = u32::MAX;
/// No mutant is on, and every site that is reached is written down.
const RECORDING: u32 = u32::MAX - 1;
/// No mutant is on.
const OFF: u32 = u32::MAX - 2;

static ACTIVE: AtomicU32 = AtomicU32::new(UNREAD);
static REACHED: [AtomicBool; COUNT] = [const { AtomicBool::new(false) }; COUNT];
static RECORD: Mutex<Option<File>> = Mutex::new(None);

/// Which of the `count` mutants of the site whose first is `first` is switched on: u32::MAX for none.
#[inline]
pub fn at(first: u32, count: u32) -> u32 {
    let active = ACTIVE.load(Relaxed);
    if active >= RECORDING {
        return look_up(first, count);
    }
    let offset = active.wrapping_sub(first);
    if offset < count { offset } else { u32::MAX }
}

#[cold]
#[inline(never)]
fn look_up(first: u32, count: u32) -> u32 {
    if ACTIVE.load(Relaxed) == UNREAD {
        let wish = std::env::var("FENCHEL_MUTANT").unwrap_or_default();
        let active = if wish == "record" { RECORDING } else { wish.parse().unwrap_or(OFF) };
        ACTIVE.store(active, Relaxed);
    }
    if ACTIVE.load(Relaxed) != RECORDING {
        return at(first, count);
    }
    if !REACHED[first as usize].swap(true, Relaxed) {
        let mut record = RECORD.lock().unwrap();
        let file = record.get_or_insert_with(|| {
            let path = std::env::var_os("FENCHEL_MUTANTS_REACHED").expect("a file for the record");
            OpenOptions::new().create(true).append(true).open(path).expect("the record opens")
        });
        writeln!(file, "{first}").expect("the record is written");
    }
    u32::MAX
}
