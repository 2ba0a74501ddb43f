//! Progress for a person: a bar where the terminal can draw one, a plain line every fifteen seconds
//! elsewhere.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::voice::{plain, say, tell};

/// The time between two plain lines.
const PAUSE: Duration = Duration::from_secs(15);

/// A bar, or lines in its place.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    /// When the last plain line was written.
    told: Mutex<Instant>,
}

impl Progress {
    /// Progress up to `length`, shown as `template` says: `{wide_bar}`, `{pos}`, `{len}`, `{eta}`, `{msg}`.
    pub(crate) fn new(length: u64, template: &str) -> Self {
        let bar = draws(std::io::stderr().is_terminal(), std::env::var("TERM").ok().as_deref()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::stderr_with_hz(4));
            let style = ProgressStyle::with_template(template).expect("the template is constant");
            bar.with_style(style.progress_chars("━╸ "))
        });
        // What the bar's library does not draw is told in lines.
        Self { bar: bar.filter(|bar| !bar.is_hidden()), told: Mutex::new(Instant::now()) }
    }

    /// Moves the bar to `position`, with a message; elsewhere writes `line`, now and then.
    pub(crate) fn show(
        &self,
        position: u64,
        message: impl FnOnce() -> String,
        line: impl FnOnce() -> String,
    ) {
        if let Some(bar) = &self.bar {
            bar.set_position(position);
            bar.set_message(plain(&message()));
            return;
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.elapsed() >= PAUSE {
            *told = Instant::now();
            tell!("{}", line());
        }
    }

    /// Sets how far the bar goes.
    pub(crate) fn set_length(&self, length: u64) {
        if let Some(bar) = &self.bar {
            bar.set_length(length);
        }
    }

    /// Says a line on standard output, above the bar.
    pub(crate) fn say(&self, line: &str) {
        self.above(|| say!("{line}"));
    }

    /// Says a line on standard error, above the bar.
    pub(crate) fn tell(&self, line: &str) {
        self.above(|| tell!("{line}"));
    }

    fn above(&self, speak: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(speak),
            None => speak(),
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Whether a bar can be drawn: on a terminal that is told to know more than plain lines.
fn draws(is_terminal: bool, term: Option<&str>) -> bool {
    let plain = match term {
        Some(term) => term.is_empty() || term == "dumb",
        // Windows terminals set no TERM.
        None => !cfg!(windows),
    };
    is_terminal && !plain
}

#[cfg(test)]
mod tests {
    use super::draws;

    #[test]
    fn only_a_terminal_that_can_draws_a_bar() {
        assert!(draws(true, Some("xterm-256color")));
        for term in [Some("dumb"), Some("")] {
            assert!(!draws(true, term));
        }
        assert!(!draws(false, Some("xterm")));
        assert_eq!(draws(true, None), cfg!(windows));
    }
}
