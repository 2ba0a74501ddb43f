//! Everything that the program says: to standard output the results, to standard error the rest.
//!
//! Nothing that is said may cost a result, so nothing here panics. A reader that has gone away is let go; any
//! other failure of standard output is told at the end, in [`lost`], and in the exit code. Characters that
//! would steer a terminal are written as escapes: much of what is said comes from files.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

/// Says a line on standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::voice::out(format_args!("{}\n", format_args!($($text)*))) };
}

/// Says a line on standard error.
macro_rules! tell {
    ($($text:tt)*) => { $crate::voice::err(format_args!("{}\n", format_args!($($text)*))) };
}

pub(crate) use {say, tell};

/// What is said where locks do not work.
pub(crate) const UNPROTECTED: &str =
    "this file system has no locks: nothing keeps another process out of the folder";

static LOST: OnceLock<String> = OnceLock::new();

/// Writes to standard output.
pub(crate) fn out(text: Arguments<'_>) {
    if let Err(error) = write(&mut io::stdout().lock(), &text.to_string())
        && error.kind() != ErrorKind::BrokenPipe
    {
        LOST.get_or_init(|| error.to_string());
    }
}

/// Writes to standard error.
pub(crate) fn err(text: Arguments<'_>) {
    // There is nowhere left to tell of a failure.
    let _ = write(&mut io::stderr().lock(), &text.to_string());
}

/// Why something that was said on standard output did not arrive, other than that nobody listened.
pub(crate) fn lost() -> Option<&'static str> {
    LOST.get().map(String::as_str)
}

fn write(to: &mut impl Write, text: &str) -> io::Result<()> {
    to.write_all(plain(text).as_bytes())?;
    to.flush()
}

/// The text without characters that steer a terminal.
pub(crate) fn plain(text: &str) -> String {
    let steers = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    if !text.contains(steers) {
        return text.to_owned();
    }
    text.chars().fold(String::new(), |mut plain, letter| {
        if steers(letter) {
            plain.extend(letter.escape_default());
        } else {
            plain.push(letter);
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(plain("a\tb ≤ c\n"), "a\tb ≤ c\n");
        assert_eq!(plain("\u{1b}[2J\r\u{9b}x"), "\\u{1b}[2J\\r\\u{9b}x");
    }
}
