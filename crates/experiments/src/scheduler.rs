//! Runs cells in parallel, longest first, and keeps going when one fails.
//!
//! Each worker thread takes the next cell when it is free. Cells may use rayon themselves: they run inside the same
//! pool, so threads without a cell of their own help with the parts of others. The order in which cells end depends
//! on the machine; their records do not.

use crate::context::{Context, Inputs};
use crate::erased::chain;
use crate::error::{Error, Failure, Result, ends_the_run};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A cell in the queue.
#[derive(Debug)]
pub struct Job {
    /// The experiment.
    pub experiment: String,
    /// The cell.
    pub cell: String,
    /// The estimated time on one core, in seconds.
    pub cost: f64,
    /// Where the caller finds the rest.
    pub index: usize,
    fraction: AtomicU64,
}

impl Job {
    /// A job that has not begun.
    #[must_use]
    pub fn new(experiment: &str, cell: &str, cost: f64, index: usize) -> Self {
        Self { experiment: experiment.into(), cell: cell.into(), cost, index, fraction: AtomicU64::new(0) }
    }

    fn fraction(&self) -> f64 {
        f64::from_bits(self.fraction.load(Ordering::Relaxed))
    }
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Finished cells, failed ones included.
    pub finished: usize,
    /// All cells of this session.
    pub total: usize,
    /// The finished share of the work, by estimated cost.
    pub fraction: f64,
    /// Seconds since the start.
    pub elapsed: f64,
    /// Estimated seconds to the end.
    pub left: f64,
}

/// Whoever shows a run to a person. All methods may be called from several threads.
pub trait Observer: Sync {
    /// A few times a second.
    fn progress(&self, _progress: Progress) {}
    /// A cell has finished; `failure` is the reason where it failed.
    fn finished(&self, _job: &Job, _seconds: f64, _failure: Option<&str>) {}
}

/// An observer that looks away.
pub struct Unobserved;

impl Observer for Unobserved {}

/// How the jobs ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// Those that failed and their reasons, in the order of their `index`.
    pub failed: Vec<(Job, String)>,
    /// The reason of the failure after which no more were begun, and how many those are.
    pub stopped: Option<(String, usize)>,
}

/// Runs all jobs with `work` on `threads` threads.
///
/// A panic inside a cell counts as its failure. After a failure that every further cell would meet, a full
/// disk for example, no more cells are begun. What the observer does, a panic included, changes nothing.
///
/// # Errors
/// When the threads cannot be started.
pub fn run(
    mut jobs: Vec<Job>,
    threads: usize,
    inputs: &Inputs,
    work: impl Fn(&Job, &Context) -> std::result::Result<(), Failure> + Sync,
    observer: &dyn Observer,
) -> Result<Ended> {
    // The longest first, so that none of them is left to run alone at the end.
    jobs.sort_by(|a, b| b.cost.total_cmp(&a.cost).then(a.index.cmp(&b.index)));
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("cell worker {i}"))
        .build()
        .map_err(|error| Error::Threads { threads, reason: error.to_string() })?;
    let (start, next, finished, over) =
        (Instant::now(), AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let failures: Mutex<Vec<(usize, String)>> = Mutex::new(Vec::new());
    let stopped: Mutex<Option<String>> = Mutex::new(None);
    let is_stopped = || stopped.lock().unwrap_or_else(PoisonError::into_inner).is_some();
    let worker = || {
        while !is_stopped()
            && let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let began = Instant::now();
            let context = Context::new(inputs, &job.fraction);
            let result = catch_unwind(AssertUnwindSafe(|| work(job, &context)));
            let failure = match result {
                Ok(Ok(())) => None,
                Ok(Err(failure)) => {
                    let reason = chain(&*failure);
                    if ends_the_run(&failure) {
                        let mut stopped = stopped.lock().unwrap_or_else(PoisonError::into_inner);
                        stopped.get_or_insert_with(|| reason.clone());
                    }
                    Some(reason)
                }
                Err(panic) => Some(format!("panicked: {}", panic_message(&*panic))),
            };
            job.fraction.store(1.0_f64.to_bits(), Ordering::Relaxed);
            finished.fetch_add(1, Ordering::Relaxed);
            advise(|| observer.finished(job, began.elapsed().as_secs_f64(), failure.as_deref()));
            if let Some(reason) = failure {
                failures.lock().unwrap_or_else(PoisonError::into_inner).push((job.index, reason));
            }
        }
    };
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let progress = measure(&jobs, finished.load(Ordering::Relaxed), threads, start);
                advise(|| observer.progress(progress));
                std::thread::park_timeout(Duration::from_millis(250));
            }
        });
        // One loop a thread, which nobody can steal: a stolen loop could start a cell inside another that holds a lock.
        pool.broadcast(|_| worker());
        over.store(true, Ordering::Relaxed);
        watch.thread().unpark();
    });
    let (total, finished) = (jobs.len(), finished.into_inner());
    advise(|| observer.progress(measure(&jobs, finished, threads, start)));
    let stopped = stopped.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    failures.sort_by_key(|failure| failure.0);
    let failed = failures.into_iter().filter_map(|(index, reason)| {
        let at = jobs.iter().position(|job| job.index == index)?;
        Some((jobs.swap_remove(at), reason))
    });
    Ok(Ended { failed: failed.collect(), stopped: stopped.map(|reason| (reason, total - finished)) })
}

/// Shows something to a person, which must not cost a result.
fn advise(show: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(show));
}

/// How far the jobs are, and how long the rest takes if it goes on like this.
fn measure(jobs: &[Job], finished: usize, threads: usize, start: Instant) -> Progress {
    let total: f64 = jobs.iter().map(|job| job.cost).sum();
    let done: f64 = jobs.iter().map(|job| job.cost * job.fraction()).sum();
    let elapsed = start.elapsed().as_secs_f64();
    let fraction = if total > 0.0 { (done / total).clamp(0.0, 1.0) } else { 1.0 };
    // Before there is anything to measure, believe the estimates.
    let left =
        if done > 0.0 { elapsed * (total - done).max(0.0) / done } else { total / threads.max(1) as f64 };
    Progress { finished, total: jobs.len(), fraction, elapsed, left }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without a message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    fn jobs(n: usize) -> Vec<Job> {
        (0..n).map(|i| Job::new("e", &format!("c{i}"), 1.0 + (i % 5) as f64, i)).collect()
    }

    #[test]
    fn every_job_runs_once_and_the_longest_begin() {
        for threads in [1, 2, 5] {
            let order = Mutex::new(Vec::new());
            let work = |job: &Job, _: &Context| {
                order.lock().unwrap().push(job.index);
                Ok(())
            };
            let ended = run(jobs(23), threads, &Inputs::default(), work, &Unobserved).unwrap();
            assert!(ended.failed.is_empty() && ended.stopped.is_none());
            let mut order = order.into_inner().unwrap();
            if threads == 1 {
                assert_eq!(order[..4], [4, 9, 14, 19]);
            }
            order.sort_unstable();
            assert_eq!(order, (0..23).collect::<Vec<_>>());
        }
    }

    #[test]
    fn failures_and_panics_are_reported_and_the_rest_goes_on() {
        let done = AtomicUsize::new(0);
        let work = |job: &Job, _: &Context| match job.index {
            3 => Err("no data".into()),
            7 => panic!("index {}", job.index),
            _ => {
                done.fetch_add(1, Ordering::Relaxed);
                Ok(())
            }
        };
        let ended = run(jobs(12), 2, &Inputs::default(), work, &Unobserved).unwrap();
        assert!(ended.stopped.is_none());
        assert_eq!(done.into_inner(), 10);
        let told: Vec<(usize, &str)> =
            ended.failed.iter().map(|(job, reason)| (job.index, reason.as_str())).collect();
        assert_eq!(told, [(3, "no data"), (7, "panicked: index 7")]);
    }

    #[test]
    fn cells_that_share_an_input_and_use_rayon_inside_do_not_block_each_other() {
        let work = |_: &Job, context: &Context| {
            let shared = context.shared("sum", || Ok((0..10_000_u64).into_par_iter().sum::<u64>()))?;
            let again: u64 = (0..10_000_u64).into_par_iter().sum();
            assert_eq!(*shared, again);
            Ok(())
        };
        assert!(run(jobs(50), 4, &Inputs::default(), work, &Unobserved).unwrap().failed.is_empty());
    }

    #[test]
    fn a_full_disk_stops_the_run_and_the_rest_is_not_begun() {
        let full = || -> Result<()> {
            Err(Error::io("write", "r".as_ref())(std::io::ErrorKind::StorageFull.into()))
        };
        let begun = AtomicUsize::new(0);
        let work = |_: &Job, _: &Context| {
            if begun.fetch_add(1, Ordering::Relaxed) == 4 { Ok(full()?) } else { Ok(()) }
        };
        let ended = run(jobs(30), 1, &Inputs::default(), work, &Unobserved).unwrap();
        assert_eq!((begun.into_inner(), ended.failed.len()), (5, 1));
        let (reason, left) = ended.stopped.unwrap();
        assert!(left == 25 && reason.contains("make room"), "{left}: {reason}");
    }

    #[test]
    fn an_observer_that_panics_costs_nothing() {
        struct Broken;
        impl Observer for Broken {
            fn progress(&self, _: Progress) {
                panic!("no terminal");
            }
            fn finished(&self, _: &Job, _: f64, _: Option<&str>) {
                panic!("no terminal");
            }
        }
        let done = AtomicUsize::new(0);
        let work = |job: &Job, _: &Context| {
            done.fetch_add(1, Ordering::Relaxed);
            if job.index == 3 { Err("no data".into()) } else { Ok(()) }
        };
        let ended = run(jobs(12), 2, &Inputs::default(), work, &Broken).unwrap();
        assert_eq!((done.into_inner(), ended.failed.len()), (12, 1));
    }

    #[test]
    fn progress_is_weighed_by_cost() {
        let jobs = vec![Job::new("e", "a", 3.0, 0), Job::new("e", "b", 1.0, 1)];
        jobs[0].fraction.store(1.0_f64.to_bits(), Ordering::Relaxed);
        let start = Instant::now() - Duration::from_secs(30);
        let progress = measure(&jobs, 1, 2, start);
        assert_eq!(progress.fraction, 0.75);
        assert!((progress.left - 10.0).abs() < 0.1, "{}", progress.left);
    }
}
