//! Runs cells in parallel, in the order given, and keeps going when one fails.
//!
//! Each worker thread takes the next cell when it is free. A cell that another process is at work on is asked for
//! again later, or left. Cells may use rayon themselves: they run inside the same
//! pool, so threads without a cell of their own help with the parts of others. The order in which cells end depends
//! on the machine; their records do not.

use crate::context::{Context, Inputs};
use crate::erased::chain;
use crate::error::{Error, Failure, Result, ends_the_run};
use std::any::Any;
use std::collections::VecDeque;
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
    /// The estimated time on one core, in seconds; it weighs the progress.
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
    /// A cell has failed for a reason of its own, not for one that every further cell would meet.
    fn failed(&self, _job: &Job, _reason: &str) {}
    /// A cell has finished; `failure` is the reason where it failed.
    fn finished(&self, _job: &Job, _seconds: f64, _failure: Option<&str>) {}
}

/// An observer that looks away.
pub struct Unobserved;

impl Observer for Unobserved {}

/// What came of a job that did not fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is done, here or elsewhere.
    Done,
    /// Another process has it; ask again after this time.
    Later(Duration),
    /// Another process has it, and may keep it.
    Left,
}

/// How the jobs ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// How many another process has.
    pub left: usize,
    /// Those that were not begun, as the time was over or the run was stopped, by their `index`.
    pub not_begun: Vec<usize>,
    /// Those that failed and their reasons, in the order of their `index`.
    pub failed: Vec<(Job, String)>,
    /// The reason of the failure after which no more were begun.
    pub stopped: Option<String>,
}

/// Runs all jobs with `work` on `threads` threads, in their order; none is begun after `until`.
///
/// A panic inside a cell counts as its failure. After a failure that every further cell would meet, a full
/// disk for example, no more cells are begun. What the observer does, a panic included, changes nothing.
///
/// # Errors
/// When the threads cannot be started.
pub fn run(
    mut jobs: Vec<Job>,
    threads: usize,
    until: Option<Instant>,
    inputs: &Inputs,
    work: impl Fn(&Job, &Context) -> std::result::Result<Step, Failure> + Sync,
    observer: &dyn Observer,
) -> Result<Ended> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("cell worker {i}"))
        .build()
        .map_err(|error| Error::Threads { threads, reason: error.to_string() })?;
    let (start, finished, left, over) =
        (Instant::now(), AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let queue = Mutex::new(Queue { ready: (0..jobs.len()).collect(), later: VecDeque::new() });
    let queue = || queue.lock().unwrap_or_else(PoisonError::into_inner);
    let is_over = || until.is_some_and(|until| Instant::now() >= until);
    let failures: Mutex<Vec<(usize, String)>> = Mutex::new(Vec::new());
    let stopped: Mutex<Option<String>> = Mutex::new(None);
    let is_stopped = || stopped.lock().unwrap_or_else(PoisonError::into_inner).is_some();
    let worker = || {
        while !is_stopped() && !is_over() {
            let next = queue().next(Instant::now());
            let at = match next {
                Next::Job(at) => at,
                Next::Wait => {
                    // Meanwhile this thread helps with the parts of other cells.
                    if rayon::yield_now() != Some(rayon::Yield::Executed) {
                        std::thread::sleep(Duration::from_millis(5));
                    }
                    continue;
                }
                Next::None => break,
            };
            let (job, began) = (&jobs[at], Instant::now());
            let context = Context::new(inputs, &job.fraction);
            let result = catch_unwind(AssertUnwindSafe(|| work(job, &context)));
            let mut own = true;
            let failure = match result {
                Ok(Ok(Step::Done)) => None,
                Ok(Ok(Step::Later(pause))) => {
                    let when = Instant::now() + pause;
                    let later = &mut queue().later;
                    later.insert(later.partition_point(|other| other.0 <= when), (when, at));
                    continue;
                }
                Ok(Ok(Step::Left)) => {
                    left.fetch_add(1, Ordering::Relaxed);
                    continue;
                }
                Ok(Err(failure)) => {
                    let reason = chain(&*failure);
                    if ends_the_run(&failure) {
                        own = false;
                        let mut stopped = stopped.lock().unwrap_or_else(PoisonError::into_inner);
                        stopped.get_or_insert_with(|| reason.clone());
                    }
                    Some(reason)
                }
                Err(panic) => Some(format!("panicked: {}", panic_message(&*panic))),
            };
            job.fraction.store(1.0_f64.to_bits(), Ordering::Relaxed);
            finished.fetch_add(1, Ordering::Relaxed);
            if let Some(reason) = failure.as_deref().filter(|_| own) {
                advise(|| observer.failed(job, reason));
            }
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
    let (finished, left) = (finished.into_inner(), left.into_inner());
    let Queue { ready, later } = &*queue();
    let waiting = ready.iter().chain(later.iter().map(|(_, at)| at));
    let not_begun = waiting.map(|&at| jobs[at].index).collect();
    advise(|| observer.progress(measure(&jobs, finished, threads, start)));
    let stopped = stopped.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut failures = failures.into_inner().unwrap_or_else(PoisonError::into_inner);
    failures.sort_by_key(|failure| failure.0);
    let failed = failures.into_iter().filter_map(|(index, reason)| {
        let at = jobs.iter().position(|job| job.index == index)?;
        Some((jobs.swap_remove(at), reason))
    });
    Ok(Ended { failed: failed.collect(), stopped, left, not_begun })
}

/// The jobs that are waiting, by their places.
struct Queue {
    ready: VecDeque<usize>,
    /// Those that another process has, and when to ask again: in that order.
    later: VecDeque<(Instant, usize)>,
}

enum Next {
    Job(usize),
    Wait,
    None,
}

impl Queue {
    fn next(&mut self, now: Instant) -> Next {
        if let Some(at) = self.ready.pop_front() {
            return Next::Job(at);
        }
        match self.later.front() {
            None => Next::None,
            Some((when, _)) if *when > now => Next::Wait,
            Some(_) => self.later.pop_front().map_or(Next::None, |(_, at)| Next::Job(at)),
        }
    }
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
    fn every_job_runs_once_in_order() {
        for threads in [1, 2, 5] {
            let order = Mutex::new(Vec::new());
            let work = |job: &Job, _: &Context| {
                order.lock().unwrap().push(job.index);
                Ok(Step::Done)
            };
            let ended = run(jobs(23), threads, None, &Inputs::default(), work, &Unobserved).unwrap();
            assert!(ended.failed.is_empty() && ended.stopped.is_none());
            let mut order = order.into_inner().unwrap();
            if threads == 1 {
                assert_eq!(order, (0..23).collect::<Vec<_>>());
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
                Ok(Step::Done)
            }
        };
        let ended = run(jobs(12), 2, None, &Inputs::default(), work, &Unobserved).unwrap();
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
            Ok(Step::Done)
        };
        assert!(run(jobs(50), 4, None, &Inputs::default(), work, &Unobserved).unwrap().failed.is_empty());
    }

    #[test]
    fn a_full_disk_stops_the_run_and_the_rest_is_not_begun() {
        let full = || -> Result<()> {
            Err(Error::io("write", "r".as_ref())(std::io::ErrorKind::StorageFull.into()))
        };
        let begun = AtomicUsize::new(0);
        let work = |_: &Job, _: &Context| {
            if begun.fetch_add(1, Ordering::Relaxed) == 4 {
                full()?;
            }
            Ok(Step::Done)
        };
        struct Own(AtomicUsize);
        impl Observer for Own {
            fn failed(&self, _: &Job, _: &str) {
                self.0.fetch_add(1, Ordering::Relaxed);
            }
        }
        let own = Own(AtomicUsize::new(0));
        let ended = run(jobs(30), 1, None, &Inputs::default(), work, &own).unwrap();
        assert_eq!((begun.into_inner(), ended.failed.len()), (5, 1));
        assert_eq!(own.0.into_inner(), 0, "the disk is not the cell's fault");
        let reason = ended.stopped.unwrap();
        assert!(reason.contains("make room"), "{reason}");
        assert_eq!(ended.not_begun, (5..30).collect::<Vec<_>>());
    }

    #[test]
    fn what_another_process_has_is_asked_for_again_or_left_and_nothing_begins_after_the_end() {
        let asked = Mutex::new(vec![0; 6]);
        let work = |job: &Job, _: &Context| {
            let mut asked = asked.lock().unwrap();
            asked[job.index] += 1;
            Ok(match job.index {
                2 if asked[2] < 3 => Step::Later(Duration::from_millis(50)),
                4 => Step::Left,
                _ => Step::Done,
            })
        };
        let ended = run(jobs(6), 2, None, &Inputs::default(), work, &Unobserved).unwrap();
        assert_eq!((ended.left, ended.not_begun.len()), (1, 0));
        assert_eq!(*asked.lock().unwrap(), [1, 1, 3, 1, 1, 1]);
        let slow = |_: &Job, _: &Context| {
            std::thread::sleep(Duration::from_millis(60));
            Ok(Step::Done)
        };
        let until = Some(Instant::now() + Duration::from_millis(90));
        let ended = run(jobs(6), 1, until, &Inputs::default(), slow, &Unobserved).unwrap();
        assert!((1..=2).contains(&(6 - ended.not_begun.len())), "{:?}", ended.not_begun);
        assert!(ended.stopped.is_none());
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
            if job.index == 3 { Err("no data".into()) } else { Ok(Step::Done) }
        };
        let ended = run(jobs(12), 2, None, &Inputs::default(), work, &Broken).unwrap();
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
