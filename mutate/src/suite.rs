//! The tests: their names, one run of one of them, and what each reaches.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// More address space than this no test needs; a mutant that asks for more is stopped before the machine is.
const MOST_KIBIBYTES: u64 = 8 << 20;

/// A test.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Test {
    program: PathBuf,
    /// Its name in the program.
    pub(crate) name: String,
}

/// A test that passed without a mutant: how long it took, and the sites that it reached.
#[derive(Clone, Debug)]
pub(crate) struct Profiled {
    pub(crate) test: Test,
    pub(crate) time: Duration,
    pub(crate) sites: HashSet<u32>,
}

impl Profiled {
    /// How long the test may take with a mutant.
    pub(crate) fn limit(&self) -> Duration {
        self.time * 10 + Duration::from_secs(5)
    }
}

/// How a run of a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Passed,
    Failed,
    TimedOut,
}

/// The tests of a program whose names hold the word.
pub(crate) fn list(program: &Path, word: &str) -> Result<Vec<Test>, String> {
    let output = Command::new(program)
        .args(["--list", "--format", "terse"])
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = text.lines().filter_map(|line| line.strip_suffix(": test"));
    let tests = names.filter(|name| name.contains(word));
    Ok(tests.map(|name| Test { program: program.to_path_buf(), name: name.to_owned() }).collect())
}

impl Test {
    /// Runs the test in the folder of its package with the mutant switched on.
    pub(crate) fn run(&self, folder: &Path, mutant: u32, limit: Duration) -> Result<Ending, String> {
        let mut command = self.command(folder);
        command.env("FENCHEL_MUTANT", mutant.to_string());
        let child = command.spawn().map_err(|error| format!("{}: {error}", self.program.display()))?;
        wait(child, limit)
    }

    /// Runs the test without a mutant; None if it fails.
    pub(crate) fn profile(&self, folder: &Path, record: &Path) -> Result<Option<Profiled>, String> {
        // What an interrupted run left would count as reached.
        let _ = fs::remove_file(record);
        let mut command = self.command(folder);
        command.env("FENCHEL_MUTANT", "record").env("FENCHEL_MUTANTS_REACHED", record);
        let clock = Instant::now();
        let status = command.status().map_err(|error| format!("{}: {error}", self.program.display()))?;
        let time = clock.elapsed();
        // A test that reaches no site writes no record.
        let text = fs::read_to_string(record).unwrap_or_default();
        let sites = text.lines().filter_map(|line| line.parse().ok()).collect();
        Ok(status.success().then(|| Profiled { test: self.clone(), time, sites }))
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = if cfg!(unix) {
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(format!("ulimit -v {MOST_KIBIBYTES}; exec \"$0\" \"$@\"")).arg(&self.program);
            shell
        } else {
            Command::new(&self.program)
        };
        command.args(["--exact", &self.name, "--test-threads=1"]);
        // Results do not depend on the number of threads; several jobs share the cores.
        command.env("RAYON_NUM_THREADS", "1").env("CARGO_MANIFEST_DIR", folder).current_dir(folder);
        // A failure is all that is asked of a property: no smaller one, and nothing remembered of it.
        command.env("PROPTEST_MAX_SHRINK_ITERS", "0").env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

/// Waits for the end, or ends the process when its time is over.
fn wait(mut child: Child, limit: Duration) -> Result<Ending, String> {
    let clock = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(Ending::Passed),
            Some(_) => return Ok(Ending::Failed),
            None if clock.elapsed() > limit => {
                // It may have ended by itself in between.
                let _ = child.kill();
                child.wait().map_err(|error| error.to_string())?;
                return Ok(Ending::TimedOut);
            }
            None => {
                thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(10));
            }
        }
    }
}
