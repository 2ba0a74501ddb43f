//! `timings.json`: what depends on the clock and the machine, apart from what does not.

use std::path::Path;
use std::time::Instant;

use fenchel_experiments::PROGRAM;
use fenchel_files::{read, write_whole};
use fenchel_harness::Failure;
use fenchel_harness::machine::Machine;
use serde::{Deserialize, Serialize};

/// One process's work on a training.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Session {
    started_at_step: u64,
    steps: u64,
    seconds: f64,
    threads: usize,
    machine: Machine,
}

/// The sessions of a training; the last is this process's.
pub(super) struct Sessions {
    all: Vec<Session>,
    begun: Instant,
}

impl Sessions {
    /// Begins a session behind those that the folder knows.
    pub(super) fn begin(folder: &Path, step: u64) -> Self {
        // Timings decide nothing: a file that cannot be read counts as none.
        let known = read(&folder.join("timings.json")).ok();
        let mut all: Vec<Session> =
            known.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let threads = rayon::current_num_threads();
        let machine = Machine::here(&PROGRAM);
        all.push(Session { started_at_step: step, steps: 0, seconds: 0.0, threads, machine });
        Self { all, begun: Instant::now() }
    }

    /// The seconds of this session.
    pub(super) fn seconds(&self) -> f64 {
        self.begun.elapsed().as_secs_f64()
    }

    /// Notes how far this session is.
    pub(super) fn write(&mut self, folder: &Path, step: u64) -> Result<(), Failure> {
        let seconds = self.seconds();
        if let Some(session) = self.all.last_mut() {
            (session.steps, session.seconds) = (step - session.started_at_step, seconds);
        }
        write_whole(&folder.join("timings.json"), &serde_json::to_vec_pretty(&self.all)?)?;
        Ok(())
    }
}
