//! `leases/EXPERIMENT/CELL.json`: who is at work on a cell, or that it failed. Of all workers that want a cell one
//! gets it, and a dead worker loses it.
//!
//! A worker is dead when its record says that it ended, when its process lived in this system and is gone, or
//! when its heart, the count in its [record](super::record), did not beat for [`LEASE`] by the clock of whoever
//! waits: the clocks of two hosts are never compared. A worker that was only held up loses its cell, too, and
//! goes on with it; then a cell is computed twice, whole and with the same bits both times.
//!
//! A cell that failed keeps its lease, with the reason, until the folder is prepared again. Only who has a lease
//! writes into it or takes it away: a worker that lost one leaves its successor's alone.

use super::record::{LEASE, Record};
use crate::error::{Error, Result};
use fenchel_files::{Found, Process, look, read, set_aside, write_new, write_whole};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs;
use std::io::ErrorKind;
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

impl Holder {
    fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a lease is plain data")
    }
}

/// A cell that this worker has; it is given back when this is dropped.
#[derive(Debug)]
pub struct Lease {
    path: PathBuf,
    holder: Holder,
}

impl Lease {
    /// Whether nobody has taken the cell over meanwhile.
    #[must_use]
    pub fn is_mine(&self) -> bool {
        read(&self.path).is_ok_and(|now| now == self.holder.bytes())
    }

    /// Notes that the cell failed, as far as that can be written and nobody has taken it over: other workers then
    /// pass it over.
    pub fn fail(self, reason: &str) {
        if self.is_mine() {
            let failed = Holder { failure: Some(reason.to_owned()), ..self.holder.clone() };
            let _ = write_whole(&self.path, &failed.bytes());
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // A lease that stays is lost when this worker ends.
        if self.is_mine() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// What came of wanting a cell.
#[derive(Debug)]
pub enum Claim {
    /// It is this worker's.
    Mine(Lease),
    /// Another has it, a process of this system that lives.
    Here,
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

    /// Tries to get a cell.
    ///
    /// # Errors
    /// When the lease cannot be written, or cannot be read just now.
    pub fn claim(&self, experiment: &str, cell: &str) -> Result<Claim> {
        let path = place(&self.folder, experiment, cell);
        let (worker, process) = (self.worker.clone(), self.process.clone());
        let (since, edition) = (crate::machine::now(), self.edition.clone());
        let holder = Holder { worker, process, since, edition, failure: None };
        let mine = holder.bytes();
        match write_new(&path, &mine) {
            Ok(true) => return Ok(Claim::Mine(Lease { path, holder })),
            Ok(false) => {}
            Err(error) if error.kind == ErrorKind::NotFound => {
                let folder = self.folder.join("leases").join(experiment);
                fs::create_dir_all(&folder).map_err(Error::io("make the folder", &folder))?;
                write_new(&path, &mine)?;
            }
            Err(error) => return Err(error.into()),
        }
        let found = match look(&path) {
            Ok(Found::File(found)) => found,
            // It was given back in this moment.
            Ok(Found::Nothing) => return Ok(Claim::Contended),
            // No worker can have made this.
            Ok(Found::Other(_)) => {
                set_aside(&path, "damaged")?;
                return Ok(Claim::Contended);
            }
            // It was given to another while it was read.
            Err(error) if error.kind == ErrorKind::StaleNetworkFileHandle => return Ok(Claim::Contended),
            Err(error) => return Err(error.into()),
        };
        if found == mine {
            return Ok(Claim::Mine(Lease { path, holder }));
        }
        // What is no lease has no holder.
        if let Ok(other) = serde_json::from_slice::<Holder>(&found) {
            let claim = match other.failure {
                Some(_) if other.edition == self.edition && !self.retry => Some(Claim::Failed),
                Some(_) => None,
                None => self.unless_dead(&other),
            };
            if let Some(claim) = claim {
                return Ok(claim);
            }
        }
        // Of several that take over, the last to write has it; that two believe so needs both writes between
        // the other's two looks.
        if read(&path).is_ok_and(|now| now != found) {
            return Ok(Claim::Contended);
        }
        write_whole(&path, &mine)?;
        if read(&path).is_ok_and(|now| now == mine) {
            return Ok(Claim::Mine(Lease { path, holder }));
        }
        Ok(Claim::Contended)
    }

    /// What comes of wanting a cell that another has; None when that worker is dead.
    fn unless_dead(&self, holder: &Holder) -> Option<Claim> {
        let lives = holder.process.lives();
        let record = Record::read(&self.folder, &holder.worker);
        if lives == Some(false) || record.as_ref().is_some_and(|record| record.session.seconds.is_some()) {
            return None;
        }
        let beat = record.map(|record| record.beat);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let seen =
            seen.entry(holder.worker.clone()).or_insert_with(|| Seen { beat, since: now, lives: false });
        if seen.beat != beat {
            *seen = Seen { beat, since: now, lives: true };
        }
        if seen.since.elapsed() >= LEASE {
            return None;
        }
        Some(match (lives, seen.lives) {
            (Some(_), _) => Claim::Here,
            (None, true) => Claim::Alive,
            (None, false) => Claim::Unknown,
        })
    }
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
    use crate::machine::Machine;
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
        Leases::new(
            folder,
            Recorder::begin(folder, "x", 1, String::new(), Machine::default()).unwrap().worker(),
            "x",
            false,
        )
    }

    #[test]
    fn a_cell_is_one_workers_until_it_gives_it_back() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (worker(folder.path()), worker(folder.path()));
        let Claim::Mine(lease) = a.claim("e", "c").unwrap() else { panic!("not the first") };
        let claim = b.claim("e", "c").unwrap();
        assert_eq!(matches!(claim, Claim::Here), cfg!(target_os = "linux"));
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
        let take = |worker: &Leases| {
            let Claim::Mine(lease) = worker.claim("e", "c").unwrap() else { panic!("not given out") };
            lease
        };
        take(&a).fail("no data");
        assert!(matches!(b.claim("e", "c").unwrap(), Claim::Failed));
        assert_eq!(leases(folder.path())[0].2.failure.as_deref(), Some("no data"));
        take(&Leases { retry: true, ..worker(folder.path()) }).fail("no data");
        assert!(matches!(b.claim("e", "c").unwrap(), Claim::Failed));
        let next = Leases { edition: "y".into(), ..b };
        assert!(matches!(next.claim("e", "c").unwrap(), Claim::Mine(_)));
    }

    #[test]
    fn a_worker_that_said_it_ended_holds_nothing_and_what_no_worker_made_is_put_away() {
        let folder = tempfile::tempdir().unwrap();
        let ended = Recorder::begin(folder.path(), "x", 1, String::new(), Machine::default()).unwrap();
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

    #[test]
    fn who_lost_a_cell_leaves_it_to_its_successor() {
        let folder = tempfile::tempdir().unwrap();
        let mine = worker(folder.path());
        for fails in [false, true] {
            let Claim::Mine(lease) = mine.claim("e", "c").unwrap() else { panic!("not the first") };
            assert!(lease.is_mine());
            let successor = foreign(folder.path(), 1);
            held(folder.path(), &successor);
            assert!(!lease.is_mine());
            if fails {
                lease.fail("no data");
            } else {
                drop(lease);
            }
            let [(_, _, holder)] = &leases(folder.path())[..] else {
                panic!("the successor's lease is gone")
            };
            assert_eq!(*holder, successor);
            fs::remove_file(place(folder.path(), "e", "c")).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_lease_that_cannot_be_seen_just_now_is_an_error_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let mine = worker(folder.path());
        let nowhere = place(folder.path(), "e", "c");
        fs::create_dir_all(nowhere.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink("nowhere", &nowhere).unwrap();
        assert!(matches!(mine.claim("e", "c").unwrap(), Claim::Contended));
        assert!(
            matches!(mine.claim("e", "c").unwrap(), Claim::Mine(_)),
            "a link that leads nowhere is no lease"
        );
        // A link through a file: nothing is said of what is there.
        fs::write(folder.path().join("file"), "x").unwrap();
        let unseen = place(folder.path(), "e", "d");
        std::os::unix::fs::symlink(folder.path().join("file/x"), &unseen).unwrap();
        let error = mine.claim("e", "d").unwrap_err();
        assert!(matches!(error, Error::File(_)), "{error}");
        assert!(unseen.is_symlink(), "it was renamed away");
    }
}
