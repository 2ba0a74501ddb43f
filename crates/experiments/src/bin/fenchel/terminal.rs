//! Progress for a person: a bar on a terminal, plain lines elsewhere.

use fenchel_experiments::number::duration;
use fenchel_experiments::scheduler::{Job, Observer, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;

/// Seconds between two plain lines.
const PAUSE: f64 = 15.0;

pub(crate) struct Terminal {
    bar: Option<ProgressBar>,
    /// When the last plain line was written, in seconds since the start.
    last: Mutex<f64>,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(Some(1000), ProgressDrawTarget::stderr_with_hz(4));
            let style = ProgressStyle::with_template("{wide_bar} {msg}").expect("the template is constant");
            bar.with_style(style.progress_chars("━╸ "))
        });
        Self { bar, last: Mutex::new(0.0) }
    }

    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Terminal {
    fn progress(&self, progress: Progress) {
        let text = format!(
            "{}/{} cells, {} so far, about {} left",
            progress.finished,
            progress.total,
            duration(progress.elapsed),
            duration(progress.left)
        );
        if let Some(bar) = &self.bar {
            bar.set_position((progress.fraction * 1000.0) as u64);
            bar.set_message(text);
            return;
        }
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if progress.elapsed - *last >= PAUSE {
            *last = progress.elapsed;
            eprintln!("{:3.0} %: {text}", 100.0 * progress.fraction);
        }
    }

    fn finished(&self, job: &Job, _seconds: f64, failure: Option<&str>) {
        let Some(reason) = failure else { return };
        let text = format!("failed: {} {}: {reason}", job.experiment, job.cell);
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }
}
