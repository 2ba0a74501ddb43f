//! `leases/EXPERIMENT/CELL.json`: who is at work on a cell, or that it failed. Of all workers that want a cell one
//! gets it, and a dead worker loses it.
//!
//! A worker is dead when its record says that it ended, when its process lived in this system and is gone, or
//! when its heart, the count in its [record](super::record), did not beat for [`LEASE`] by the clock of whoever
//! waits: the clocks of two hosts are never compared. A worker that was only held up loses its cell, too, and
//! goes on with it; then a cell is computed twice, whole and with the same bits both times.
//!
//! A cell that failed keeps its lease, with the reason, until the folder is prepared again.

use super::record::{LEASE, Record};
use crate::error::{Error, Result};
use fenchel_files::{Process, read, set_aside, write_new, write_whole};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What stands in a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The worker, as its record is called.
    pub worker: String,
    /// Its process.
    pub process: Process,
    /// Since when it has the cell, in UTC by its own clock.
    pub since: String,
    /// The edition of the plan that it works on.
    pub edition: String,
    /// Why the cell failed, if it did.
    pub failure: Option<String>,
}

/// A cell that this worker has; it is given back when this is dropped.
#[derive(Debug)]
pub struct Lease {
    path: PathBuf,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // A lease that stays is lost when this worker ends.
        let _ = fs::remove_file(&self.path);
    }
}

/// What came of wanting a cell.
#[derive(Debug)]
pub enum Claim {
    /// It is this worker's.
    Mine(Lease),
    /// Another has it, whose heart was seen to beat.
    Alive,
    /// Another has it, of whom it is not known yet whether it lives.
    Unknown,
    /// It changed hands in this moment: ask again.
    Contended,
    /// It failed since the folder was prepared.
    Failed,
}

/// The leases of a run folder, as one worker sees them.
#[derive(Debug)]
pub struct Leases {
    folder: PathBuf,
    worker: String,
    process: Process,
    edition: String,
    /// Whether cells that failed are tried again.
    retry: bool,
    /// What was seen of each other worker.
    seen: Mutex<HashMap<String, Seen>>,
}

/// What was seen of a worker.
#[derive(Debug)]
struct Seen {
    /// The last beat; None where its record could not be read.
    beat: Option<u64>,
    /// When that beat was first seen, by this worker's clock.
    since: Instant,
    /// Whether it is known to have lived since it was first looked at.
    lives: bool,
}

impl Leases {
    /// The leases of `folder`, for a worker of this name and an edition of the plan; with `retry`, cells that
    /// failed are given out again.
    #[must_use]
    pub fn new(folder: &Path, (worker, process): (String, Process), edition: &str, retry: bool) -> Self {
        let (folder, edition) = (folder.to_path_buf(), edition.to_owned());
        Self { folder, worker, process, edition, retry, seen: Mutex::default() }
    }

    fn holder(&self, failure: Option<String>) -> Vec<u8> {
        let (worker, process) = (self.worker.clone(), self.process.clone());
        let (since, edition) = (crate::machine::now(), self.edition.clone());
        let holder = Holder { worker, process, since, edition, failure };
        serde_json::to_vec(&holder).expect("a lease is plain data")
    }

    /// Notes that a cell failed, as far as that can be written: other workers then pass it over.
    pub fn fail(&self, experiment: &str, cell: &str, reason: &str) {
        let _ = write_whole(&place(&self.folder, experiment, cell), &self.holder(Some(reason.to_owned())));
    }

    /// Tries to get a cell.
    ///
    /// # Errors
    /// When the lease cannot be written.
    pub fn claim(&self, experiment: &str, cell: &str) -> Result<Claim> {
        let path = place(&self.folder, experiment, cell);
        let mine = self.holder(None);
        let found = match write_new(&path, &mine) {
            Ok(true) => return Ok(Claim::Mine(Lease { path })),
            Ok(false) => read(&path),
            Err(error) if error.kind == std::io::ErrorKind::NotFound => {
                let folder = self.folder.join("leases").join(experiment);
                fs::create_dir_all(&folder).map_err(Error::io("make the folder", &folder))?;
                write_new(&path, &mine)?;
                read(&path)
            }
            Err(error) => return Err(error.into()),
        };
        let found = match found {
            Ok(found) => found,
            // It was given back in this moment.
            Err(error) if error.kind == std::io::ErrorKind::NotFound => return Ok(Claim::Contended),
            // No worker can have made this.
            Err(_) => {
                set_aside(&path, "damaged")?;
                return Ok(Claim::Contended);
            }
        };
        if found == mine {
            return Ok(Claim::Mine(Lease { path }));
        }
        let holder = serde_json::from_slice::<Holder>(&found).ok();
        let failed = |holder: &Holder| holder.failure.is_some();
        if holder.as_ref().is_some_and(|holder| failed(holder) && holder.edition == self.edition)
            && !self.retry
        {
            return Ok(Claim::Failed);
        }
        match holder.filter(|holder| !failed(holder)).map_or(Life::Ended, |holder| self.life(&holder)) {
            Life::Ended => {}
            Life::Alive => return Ok(Claim::Alive),
            Life::Unknown => return Ok(Claim::Unknown),
        }
        // Of several that take over, the last to write has it; that two believe so needs both writes between
        // the other's two looks.
        if read(&path).is_ok_and(|now| now != found) {
            return Ok(Claim::Contended);
        }
        write_whole(&path, &mine)?;
        if read(&path).is_ok_and(|now| now == mine) {
            return Ok(Claim::Mine(Lease { path }));
        }
        Ok(Claim::Contended)
    }

    fn life(&self, holder: &Holder) -> Life {
        if holder.process.has_ended() {
            return Life::Ended;
        }
        let record = Record::read(&self.folder, &holder.worker);
        if record.as_ref().is_some_and(|record| record.session.seconds.is_some()) {
            return Life::Ended;
        }
        let beat = record.map(|record| record.beat);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        // A process of this system has just been seen to live.
        let lives = !self.process.system.is_empty() && self.process.system == holder.process.system;
        let seen = seen.entry(holder.worker.clone()).or_insert_with(|| Seen { beat, since: now, lives });
        if seen.beat != beat {
            *seen = Seen { beat, since: now, lives: true };
        }
        match (seen.since.elapsed() >= LEASE, seen.lives) {
            (true, _) => Life::Ended,
            (false, true) => Life::Alive,
            (false, false) => Life::Unknown,
        }
    }
}

enum Life {
    Ended,
    Alive,
    Unknown,
}

/// The leases of a run folder: experiment, cell, holder. What cannot be read is passed over.
#[must_use]
pub fn leases(folder: &Path) -> Vec<(String, String, Holder)> {
    let list = |folder: &Path| {
        let mut names: Vec<String> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort();
        names
    };
    let mut all = Vec::new();
    for experiment in list(&folder.join("leases")) {
        for name in list(&folder.join("leases").join(&experiment)) {
            let Some(cell) = name.strip_suffix(".json") else { continue };
            let holder = read(&place(folder, &experiment, cell)).ok();
            let Some(holder) = holder.and_then(|text| serde_json::from_slice(&text).ok()) else { continue };
            all.push((experiment.clone(), cell.to_owned(), holder));
        }
    }
    all
}

fn place(folder: &Path, experiment: &str, cell: &str) -> PathBuf {
    folder.join("leases").join(experiment).join(format!("{cell}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Recorder;
    use std::time::Duration;

    /// A worker of another host, of which only its record tells.
    fn foreign(folder: &Path, beat: u64) -> Holder {
        let process = Process { system: "elsewhere".into(), host: "other".into(), ..Process::this() };
        let holder = Holder {
            worker: "other-1".into(),
            process,
            since: "2026-01-01T00:00:00Z".into(),
            edition: "x".into(),
            failure: None,
        };
        let record = Record { worker: holder.worker.clone(), beat, ..Record::default() };
        let text = serde_json::to_vec(&record).unwrap();
        crate::store::write_whole(&folder.join("sessions/other-1.json"), &text).unwrap();
        holder
    }

    fn held(folder: &Path, holder: &Holder) {
        let text = serde_json::to_vec(holder).unwrap();
        crate::store::write_whole(&place(folder, "e", "c"), &text).unwrap();
    }

    fn worker(folder: &Path) -> Leases {
        Leases::new(folder, Recorder::begin(folder, "x", 1, String::new()).unwrap().worker(), "x", false)
    }

    #[test]
    fn a_cell_is_one_workers_until_it_gives_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (worker(folder.path()), worker(folder.path()));
        let Claim::Mine(lease) = a.claim("e", "c").unwrap() else { panic!("not the first") };
        let claim = b.claim("e", "c").unwrap();
        assert_eq!(matches!(claim, Claim::Alive), cfg!(target_os = "linux"));
        assert_eq!(leases(folder.path()).len(), 1);
        drop(lease);
        assert!(leases(folder.path()).is_empty());
        assert!(matches!(b.claim("e", "c").unwrap(), Claim::Mine(_)));
    }

    #[test]
    fn a_process_of_this_system_that_is_gone_loses_its_cell_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut child = std::process::Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        let process = Process { pid: child.id(), ..Process::this() };
        held(folder.path(), &Holder { process, ..foreign(folder.path(), 1) });
        let claim = worker(folder.path()).claim("e", "c").unwrap();
        assert_eq!(matches!(claim, Claim::Mine(_)), cfg!(target_os = "linux"));
    }

    #[test]
    fn elsewhere_only_the_heartbeat_counts_by_the_clock_of_whoever_waits() {
        let folder = tempfile::tempdir().unwrap();
        held(folder.path(), &foreign(folder.path(), 1));
        let mine = worker(folder.path());
        let claim = || mine.claim("e", "c").unwrap();
        let wait = |seconds| {
            let mut seen = mine.seen.lock().unwrap();
            let since = &mut seen.get_mut("other-1").unwrap().since;
            *since = since.checked_sub(Duration::from_secs(seconds)).unwrap();
        };
        assert!(matches!(claim(), Claim::Unknown));
        wait(40);
        assert!(matches!(claim(), Claim::Unknown));
        // It beats after all, and then for a time no more.
        foreign(folder.path(), 2);
        assert!(matches!(claim(), Claim::Alive));
        wait(59);
        assert!(matches!(claim(), Claim::Alive));
        wait(2);
        assert!(matches!(claim(), Claim::Mine(_)));
    }

    #[test]
    fn a_cell_that_failed_is_passed_over_until_the_next_edition() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (worker(folder.path()), worker(folder.path()));
        let Claim::Mine(lease) = a.claim("e", "c").unwrap() else { panic!("not the first") };
        drop(lease);
        a.fail("e", "c", "no data");
        assert!(matches!(b.claim("e", "c").unwrap(), Claim::Failed));
        assert_eq!(leases(folder.path())[0].2.failure.as_deref(), Some("no data"));
        let again = Leases { retry: true, ..worker(folder.path()) };
        assert!(matches!(again.claim("e", "c").unwrap(), Claim::Mine(_)));
        a.fail("e", "c", "no data");
        let next = Leases { edition: "y".into(), ..b };
        assert!(matches!(next.claim("e", "c").unwrap(), Claim::Mine(_)));
    }

    #[test]
    fn a_worker_that_said_it_ended_holds_nothing_and_what_no_worker_made_is_put_away() {
        let folder = tempfile::tempdir().unwrap();
        let ended = Recorder::begin(folder.path(), "x", 1, String::new()).unwrap();
        let (worker_name, process) = ended.worker();
        held(folder.path(), &Holder { worker: worker_name, process, ..foreign(folder.path(), 1) });
        let mine = worker(folder.path());
        assert!(!matches!(mine.claim("e", "c").unwrap(), Claim::Mine(_)));
        ended.end(Default::default()).unwrap();
        assert!(matches!(mine.claim("e", "c").unwrap(), Claim::Mine(_)));
        fs::create_dir(place(folder.path(), "e", "d")).unwrap();
        assert!(matches!(mine.claim("e", "d").unwrap(), Claim::Contended));
        assert!(matches!(mine.claim("e", "d").unwrap(), Claim::Mine(_)));
        fs::write(place(folder.path(), "e", "f"), "half a").unwrap();
        assert!(matches!(mine.claim("e", "f").unwrap(), Claim::Mine(_)));
    }
}
