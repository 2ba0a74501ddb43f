//! `sessions/WORKER.json`: the record of one worker's session, which nobody else writes.
//!
//! It is also the worker's heartbeat: it is written anew every [`BEAT`], with a count that goes up. Who waits
//! for a worker watches that count by a clock of its own, so that no two clocks need to agree.

use super::session::Session;
use super::write_whole;
use crate::error::Result;
use crate::machine::{self, Machine};
use fenchel_files::{Process, nonce};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The time between two heartbeats.
pub const BEAT: Duration = Duration::from_secs(10);
/// A worker whose heart does not beat for so long has lost its cells.
pub const LEASE: Duration = Duration::from_secs(60);

/// What one worker did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What the report shows of it.
    #[serde(flatten)]
    pub session: Session,
    /// The worker's name: host, process, and a number that no other has.
    pub worker: String,
    /// The process.
    pub process: Process,
    /// The edition of the plan that it works on.
    pub edition: String,
    /// How often it was written.
    pub beat: u64,
    /// When it was last written, in UTC by the worker's clock.
    pub renewed: String,
    /// The most memory that the process has held so far, in bytes; 0 where the system does not say.
    pub memory: u64,
    /// Seconds a cell, by experiment and cell.
    pub timings: Timings,
    /// SHA-256 of every data file that was read.
    pub data: BTreeMap<String, String>,
}

/// Seconds by experiment and cell.
pub type Timings = BTreeMap<String, BTreeMap<String, f64>>;

impl Record {
    /// The record of a worker; None where there is none that can be read.
    #[must_use]
    pub fn read(folder: &Path, worker: &str) -> Option<Self> {
        serde_json::from_slice(&fenchel_files::read(&place(folder, worker)).ok()?).ok()
    }

    /// All records of a run folder, the oldest first; what cannot be read is passed over, as sessions decide
    /// nothing.
    #[must_use]
    pub fn read_all(folder: &Path) -> Vec<Self> {
        let entries = fs::read_dir(folder.join("sessions")).into_iter().flatten().flatten();
        let workers =
            entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json").map(str::to_owned));
        let mut all: Vec<Self> = workers.filter_map(|worker| Self::read(folder, &worker)).collect();
        all.sort_by(|a, b| (&a.session.started, &a.worker).cmp(&(&b.session.started, &b.worker)));
        all
    }

    /// The seconds since its last heartbeat, by the clocks of both hosts.
    #[must_use]
    pub fn silence(&self) -> f64 {
        machine::seconds_since(&self.renewed).unwrap_or(f64::INFINITY)
    }

    /// Whether it may be at work: it has not said that it ended, and its process is seen to live or, where that
    /// cannot be told, was heard of within [`LEASE`], by the clocks of both hosts.
    #[must_use]
    pub fn may_be_at_work(&self) -> bool {
        self.session.seconds.is_none()
            && self.process.lives().unwrap_or_else(|| self.silence() < LEASE.as_secs_f64())
    }
}

/// The seconds of all cells that are noted; of several times of a cell the latest session's counts.
#[must_use]
pub fn timings(records: &[Record]) -> Timings {
    let mut all = Timings::new();
    for record in records {
        for (experiment, cells) in &record.timings {
            all.entry(experiment.clone()).or_default().extend(cells.clone());
        }
    }
    all
}

/// A worker's own record, kept by its threads together.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    began: Instant,
    record: Mutex<Record>,
}

impl Recorder {
    /// Begins a session of a program on a machine, with the fingerprint of its criteria, and writes its record.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(
        folder: &Path,
        edition: &str,
        threads: usize,
        criteria: String,
        machine: Machine,
    ) -> Result<Self> {
        let process = Process::this();
        let host: String =
            process.host.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-').collect();
        let worker = format!("{host}-{}-{}", process.pid, nonce());
        let session = Session { started: machine::now(), threads, machine, criteria, ..Session::default() };
        let edition = edition.to_owned();
        let record = Mutex::new(Record { session, worker, process, edition, ..Record::default() });
        let recorder = Self { folder: folder.to_path_buf(), began: Instant::now(), record };
        recorder.beat()?;
        Ok(recorder)
    }

    /// The worker's name and process.
    #[must_use]
    pub fn worker(&self) -> (String, Process) {
        let record = self.record();
        (record.worker.clone(), record.process.clone())
    }

    /// Notes how long a cell took; it is written with the next heartbeat.
    pub fn took(&self, experiment: &str, cell: &str, seconds: f64) {
        let mut record = self.record();
        record.session.cells += 1;
        // Milliseconds: more digits would promise more than a clock on a busy machine can keep.
        let seconds = (seconds * 1e3).round().max(1.0) / 1e3;
        record.timings.entry(experiment.into()).or_default().insert(cell.into(), seconds);
    }

    /// Counts a cell that failed.
    pub fn failed(&self) {
        self.record().session.failed += 1;
    }

    /// Writes the record anew.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn beat(&self) -> Result<()> {
        // The lock is held while it is written, so that a later beat is not overtaken by an earlier one.
        let mut record = self.record();
        record.beat += 1;
        record.renewed = machine::now();
        record.memory = machine::peak_memory();
        let text = serde_json::to_vec_pretty(&*record).expect("a record is plain data with string keys");
        write_whole(&place(&self.folder, &record.worker), &text)
    }

    /// Writes the record for the last time.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(&self, data: BTreeMap<String, String>) -> Result<()> {
        let mut record = self.record();
        record.session.seconds = Some(self.began.elapsed().as_secs_f64());
        record.data = data;
        drop(record);
        self.beat()
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(folder: &Path, worker: &str) -> PathBuf {
    folder.join("sessions").join(format!("{worker}.json"))
}
