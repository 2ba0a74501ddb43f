//! Running the tests against every mutant, on several jobs.

use crate::subject::{Key, Numbered};
use crate::suite::{Ending, Profiled, Test};
use std::collections::{HashMap, HashSet};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// A test failed: its name.
    Killed(String),
    /// A test did not end: its name.
    TimedOut(String),
    /// All tests that reach it pass: how many.
    Survived(usize),
    /// It does not compile: what the compiler says.
    Invalid(String),
}

/// Runs every test without a mutant and notes its time and what it reaches.
pub(crate) fn profile(
    tests: &[Test],
    folder: &Path,
    record: &Path,
    jobs: usize,
) -> Result<Vec<Profiled>, String> {
    let mut progress = Progress::new("tests without a mutant", tests.len());
    let results = on_jobs(
        tests.len(),
        jobs,
        |i, job| tests[i].profile(folder, &record.with_extension(job.to_string())),
        |_, _| progress.step(""),
    )?;
    let failing: Vec<&str> = results
        .iter()
        .zip(tests)
        .filter(|(result, _)| result.is_none())
        .map(|(_, test)| test.name.as_str())
        .collect();
    if failing.is_empty() {
        Ok(results.into_iter().flatten().collect())
    } else {
        Err(format!("these tests fail without a mutant:\n  {}", failing.join("\n  ")))
    }
}

/// Runs the tests against the mutants; `done` hears of every fate at once.
pub(crate) fn run(
    mutants: &[Numbered<'_>],
    tests: &[Profiled],
    folder: &Path,
    jobs: usize,
    mut done: impl FnMut(Key, &Fate) -> Result<(), String> + Send,
) -> Result<(), String> {
    let mut quickest: Vec<&Profiled> = tests.iter().collect();
    quickest.sort_by_key(|profiled| profiled.time);
    // What killed a neighbour is the likeliest to kill; it decides how fast a mutant dies, not whether.
    let killers: Mutex<HashMap<&str, Vec<usize>>> = Mutex::new(HashMap::new());
    let mut progress = Progress::new("mutants", mutants.len());
    let mut survivors = 0;
    let mut trouble = None;
    on_jobs(
        mutants.len(),
        jobs,
        |i, _| {
            let mutant = &mutants[i];
            let known = killers.lock().map_err(|error| error.to_string())?.get(mutant.file).cloned();
            let known = known.unwrap_or_default();
            let reaching = |k: &usize| quickest[*k].sites.contains(&mutant.site);
            let mut order: Vec<usize> = known.iter().copied().filter(reaching).collect();
            let first: HashSet<usize> = order.iter().copied().collect();
            order.extend((0..quickest.len()).filter(|k| reaching(k) && !first.contains(k)));
            for k in &order {
                let test = quickest[*k];
                let ending = test.test.run(folder, mutant.number, test.limit())?;
                let name = test.test.name.clone();
                let fate = match ending {
                    Ending::Passed => continue,
                    Ending::Failed => Fate::Killed(name),
                    Ending::TimedOut => Fate::TimedOut(name),
                };
                if ending == Ending::Failed && test.time <= QUICK {
                    let mut killers = killers.lock().map_err(|error| error.to_string())?;
                    let list = killers.entry(mutant.file).or_default();
                    list.retain(|other| other != k);
                    list.insert(0, *k);
                    list.truncate(MOST_KILLERS);
                }
                return Ok(fate);
            }
            Ok(Fate::Survived(order.len()))
        },
        |i, fate| {
            survivors += usize::from(matches!(fate, Fate::Survived(_)));
            progress.step(&format!(", {survivors} survive"));
            if let Err(error) = done(mutants[i].key(), fate) {
                trouble.get_or_insert(error);
            }
        },
    )?;
    trouble.map_or(Ok(()), Err)
}

/// A test that takes longer waits for its turn, even if it killed a neighbour.
const QUICK: Duration = Duration::from_secs(1);

/// So many tests that killed in a file are tried before the quickest.
const MOST_KILLERS: usize = 4;

/// Calls `work` with 0 to `count - 1` and the number of the job, on several threads, and `done` after each;
/// the results in order.
fn on_jobs<T: Send>(
    count: usize,
    jobs: usize,
    work: impl Fn(usize, usize) -> Result<T, String> + Sync,
    done: impl FnMut(usize, &T) + Send,
) -> Result<Vec<T>, String> {
    let next = AtomicUsize::new(0);
    let shared = Mutex::new((done, Vec::with_capacity(count)));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.min(count))
            .map(|job| {
                let (next, shared, work) = (&next, &shared, &work);
                scope.spawn(move || -> Result<(), String> {
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        if i >= count {
                            return Ok(());
                        }
                        // Where one job fails the others need not go on.
                        let result = work(i, job).inspect_err(|_| next.store(count, Ordering::Relaxed))?;
                        let mut shared = shared.lock().map_err(|error| error.to_string())?;
                        let (done, results) = &mut *shared;
                        done(i, &result);
                        results.push((i, result));
                    }
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a job panicked".to_owned())?)
    })?;
    let (_, mut results) = shared.into_inner().map_err(|error| error.to_string())?;
    results.sort_by_key(|(i, _)| *i);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// How far a long piece of work is, on stderr.
struct Progress {
    what: &'static str,
    total: usize,
    done: usize,
    start: Instant,
    shown: Instant,
}

impl Progress {
    fn new(what: &'static str, total: usize) -> Self {
        Self { what, total, done: 0, start: Instant::now(), shown: Instant::now() }
    }

    fn step(&mut self, more: &str) {
        self.done += 1;
        let terminal = std::io::stderr().is_terminal();
        let pause = if terminal { Duration::from_millis(200) } else { Duration::from_secs(10) };
        let last = self.done == self.total;
        if self.shown.elapsed() < pause && !last {
            return;
        }
        self.shown = Instant::now();
        let seconds = self.start.elapsed().as_secs_f64();
        let rate = self.done as f64 / seconds.max(1e-9);
        let left = (self.total - self.done) as f64 / rate;
        let line = format!(
            "{}/{} {}{more}, {rate:.1} a second, {} left",
            self.done,
            self.total,
            self.what,
            time(left)
        );
        if terminal {
            eprint!("\r\x1b[2K{line}{}", if last { "\n" } else { "" });
            // What cannot be shown is not worth a failure.
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("{line}");
        }
    }
}

/// A time in words.
fn time(seconds: f64) -> String {
    if seconds < 100.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", seconds / 60.0) }
}
