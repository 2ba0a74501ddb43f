//! A run as a person sees it: how far it is, and which cells failed.

use fenchel_harness::number::duration;
use fenchel_harness::scheduler::{self, Job, Observer};

use crate::progress::Progress;

/// Parts of the bar.
const PARTS: f64 = 1000.0;

pub(crate) struct Terminal {
    progress: Progress,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        Self { progress: Progress::new(PARTS as u64, "{wide_bar} {msg}") }
    }

    pub(crate) fn end(&self) {
        self.progress.end();
    }
}

impl Observer for Terminal {
    fn progress(&self, now: scheduler::Progress) {
        let text = || {
            format!(
                "{}/{} cells, {} so far, about {} left",
                now.finished,
                now.total,
                duration(now.elapsed),
                duration(now.left)
            )
        };
        let line = || format!("{:3.0} %: {}", 100.0 * now.fraction, text());
        self.progress.show((now.fraction * PARTS) as u64, text, line);
    }

    fn finished(&self, job: &Job, _seconds: f64, failure: Option<&str>) {
        if let Some(reason) = failure {
            self.progress.tell(&format!("failed: {} {}: {reason}", job.experiment, job.cell));
        }
    }
}
