//! `cargo xtask soak`: a run that is killed, damaged, moved and starved of room ends as one that was left alone.

mod damage;
pub(crate) mod folder;

use crate::blas::BackEnd;
use crate::options::Options;
use crate::{Outcome, program, workspace};
use folder::{Lottery, compare, files};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

const HELP: &str = "\
Runs many small cells with several workers, kills workers with SIGKILL, damages files, moves the folder, fills its disk,
and compares cells, tables, claims and figures with those of a run that was left alone: bit for bit.

Usage: cargo xtask soak [--seeds N] [--workers N] [--kills N] [--damages N] [--seed N] [--program PATH] [--blas WISH]

  --seeds N     seeds of the experiment; ten cells a seed, and one more [100: about 1,000 cells]
  --workers N   workers at a time [3]
  --kills N     workers that are killed [30]
  --damages N   files that are damaged, of ten kinds in turn [20]
  --seed N      what the lottery of times and files is drawn from [1]
  --program P   the program `fenchel` to start [default: a release build]
";

/// What is done to a run.
struct Plan {
    seeds: usize,
    workers: usize,
    kills: usize,
    damages: usize,
    lottery: Lottery,
    program: Option<PathBuf>,
}

impl Plan {
    fn parse(arguments: &[String]) -> Result<Self, u8> {
        let mut plan =
            Self { seeds: 100, workers: 3, kills: 30, damages: 20, lottery: Lottery(1), program: None };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let value = arguments.next().cloned().unwrap_or_default();
            let number = value.parse::<usize>().ok();
            match (name.as_str(), number) {
                ("--seeds", Some(n)) if n > 0 => plan.seeds = n,
                ("--workers", Some(n)) if n > 0 => plan.workers = n,
                ("--kills", Some(n)) => plan.kills = n,
                ("--damages", Some(n)) => plan.damages = n,
                ("--seed", Some(n)) => plan.lottery = Lottery(n as u64),
                ("--program", _) if !value.is_empty() => plan.program = Some(value.into()),
                _ => {
                    eprintln!(
                        "xtask: soak does not understand `{name} {value}`; see cargo xtask soak --help"
                    );
                    return Err(2);
                }
            }
        }
        Ok(plan)
    }

    /// How many files are to be damaged when so many workers were killed: all at once where none is killed.
    fn due(&self, killed: usize) -> usize {
        (self.damages * killed).checked_div(self.kills).unwrap_or(self.damages)
    }
}

/// The program and the folder of a run.
pub(crate) struct Run {
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
}

impl Run {
    pub(crate) fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(verb).arg(&self.folder).stdin(Stdio::null());
        command.env("OPENBLAS_NUM_THREADS", "1");
        command
    }

    /// Small cells of `gd`: a power of a norm and the catalogue for each seed.
    pub(crate) fn prepare(&self, seeds: usize, iterations: usize) -> Command {
        let mut command = self.command("prepare");
        command.args(["--only", "gd", "--seeds", &format!("0..{seeds}")]);
        for setting in ["exponents=[1.5]", "flat_exponents=[3]", "flat_iterations=1000", "dimension=10"] {
            command.args(["--set", &format!("gd.{setting}")]);
        }
        command.args(["--set", &format!("gd.iterations={iterations}")]);
        command
    }

    pub(crate) fn work(&self) -> Command {
        let mut command = self.command("work");
        command.args(["--threads", "1"]);
        command
    }

    /// Prepares, works alone and reports: the run that is left alone.
    pub(crate) fn whole(&self, seeds: usize, iterations: usize) -> Outcome {
        quiet(&mut self.prepare(seeds, iterations))?;
        quiet(&mut self.work())?;
        quiet(&mut self.command("report"))
    }
}

/// Runs a command to an end that must be good, and shows what it said only if it is not.
pub(crate) fn quiet(command: &mut Command) -> Outcome {
    let output = command.output().map_err(|error| {
        eprintln!("xtask: cannot start {}: {error}", command.get_program().display());
        1
    })?;
    if output.status.success() {
        return Ok(());
    }
    eprintln!(
        "xtask: {command:?} ended with {}:\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Err(1)
}

pub(crate) fn run(arguments: Vec<String>) -> Outcome {
    let options = Options::parse(arguments)?;
    if options.help {
        print!("{HELP}");
        return Ok(());
    }
    let plan = Plan::parse(&options.rest)?;
    let program = match &plan.program {
        Some(program) => program.clone(),
        None => program::build(&BackEnd::choose(options.blas)?)?,
    };
    let above = workspace::target().join(format!("soak-{}", std::process::id()));
    let outcome = soak(plan, program, &above);
    if outcome.is_ok() {
        // What is left in the build folder is not worth a failure.
        let _ = fs::remove_dir_all(&above);
    } else {
        eprintln!("xtask: the folders are kept in {}", above.display());
    }
    outcome
}

fn soak(mut plan: Plan, program: PathBuf, above: &Path) -> Outcome {
    const ITERATIONS: usize = 400;
    let alone = Run { program: program.clone(), folder: above.join("alone") };
    let clock = Instant::now();
    alone.whole(plan.seeds, ITERATIONS)?;
    let whole = clock.elapsed();
    let cells = files(&alone.folder).iter().filter(|path| path.starts_with("cells")).count();
    println!("left alone: {cells} cells in {:.1} s", whole.as_secs_f64());

    let mut run = Run { program, folder: above.join("soaked") };
    quiet(&mut run.prepare(plan.seeds, ITERATIONS))?;
    let started = plan.workers;
    let mut workers: Vec<Child> = Vec::new();
    let (mut starts, mut killed, mut alive_when_killed, mut damaged, mut moved) =
        (0, 0, 0, Vec::new(), false);
    // A kill falls, by lot, into the time that the workers need for their part of all cells.
    let span = whole.as_millis() as u64 / (plan.kills as u64 + 1) + 5;
    while killed < plan.kills || damaged.len() < plan.damages {
        while workers.len() < started {
            workers.push(run.work().stdout(Stdio::null()).stderr(Stdio::null()).spawn().map_err(|_| 1)?);
            starts += 1;
        }
        sleep(Duration::from_millis(20 + plan.lottery.below(span)));
        if killed < plan.kills {
            let mut victim = workers.swap_remove(plan.lottery.below(workers.len() as u64) as usize);
            alive_when_killed += usize::from(matches!(victim.try_wait(), Ok(None)));
            // SIGKILL, on Unix.
            let _ = victim.kill();
            let _ = victim.wait();
            killed += 1;
        }
        let due = plan.due(killed);
        while damaged.len() < due {
            if let Some(what) = damage::damage(&run.folder, damaged.len(), &mut plan.lottery) {
                damaged.push(what);
            } else {
                break;
            }
        }
        workers.retain_mut(|worker| matches!(worker.try_wait(), Ok(None)));
        if !moved && killed * 2 >= plan.kills {
            // Nobody may be at work in a folder that moves.
            for mut worker in workers.drain(..) {
                let _ = worker.kill();
                let _ = worker.wait();
            }
            let there = above.join("moved");
            fs::rename(&run.folder, &there).map_err(|_| 1)?;
            run.folder = there;
            moved = true;
        }
    }
    for mut worker in workers {
        let _ = worker.wait();
    }
    let full = fill(&run, above)?;
    // One preparation, one worker: damage that no worker met is mended, and what is missing is run.
    quiet(&mut run.command("prepare"))?;
    quiet(&mut run.work())?;
    quiet(&mut run.command("report"))?;
    let sessions = files(&run.folder).iter().filter(|path| path.starts_with("sessions")).count();
    let aside = files(&run.folder).iter().filter(|path| folder::is_aside(path)).count();
    println!(
        "soaked: {starts} workers started, {started} at a time; {killed} killed by SIGKILL, {alive_when_killed} of \
         them at work; {} files damaged; the folder moved: {moved}; a full disk: {full}; {sessions} sessions \
         recorded, {aside} files set aside",
        damaged.len()
    );
    for (kind, count) in damage::tally(&damaged) {
        println!("  damaged: {count} x {kind}");
    }
    let (same, different) = compare(&alone.folder, &run.folder);
    println!("compared: {same} files are equal bit for bit, {} are not", different.len());
    for path in different.iter().take(20) {
        eprintln!("  differs: {}", path.display());
    }
    if plan.kills > 0 && alive_when_killed == 0 {
        eprintln!(
            "xtask: no worker was at work when it was killed: nothing was tried; ask for more seeds or kills"
        );
        return Err(1);
    }
    if different.is_empty() && same > cells { Ok(()) } else { Err(1) }
}

/// Lets a worker of a copy of the run meet a full disk, and then go on; says what came of it.
fn fill(run: &Run, above: &Path) -> Result<String, u8> {
    let place = above.join("small");
    fs::create_dir_all(&place).map_err(|_| 1)?;
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=512k", "tmpfs"])
        .arg(&place)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !mounted {
        return Ok("skipped, as no small file system can be mounted here".into());
    }
    let small = Run { program: run.program.clone(), folder: place.join("run") };
    let outcome = (|| {
        quiet(&mut small.prepare(40, 400))?;
        let full = small.work().output().map_err(|_| 1)?;
        let told = String::from_utf8_lossy(&full.stderr).into_owned();
        let done = files(&small.folder).iter().filter(|path| path.starts_with("cells")).count();
        if full.status.success() || !told.contains("make room") {
            eprintln!("xtask: a full disk was not told: {told}");
            return Err(1);
        }
        let more = Command::new("mount").args(["-o", "remount,size=64m"]).arg(&place).status();
        more.map_err(|_| 1)?;
        quiet(&mut small.work())?;
        quiet(&mut small.command("report"))?;
        let clean = Run { program: run.program.clone(), folder: above.join("small-alone") };
        clean.whole(40, 400)?;
        let (same, different) = compare(&clean.folder, &small.folder);
        if !different.is_empty() {
            eprintln!("xtask: after the full disk {} files differ", different.len());
            return Err(1);
        }
        Ok(format!("met after {done} cells, told, and {same} files equal after room was made"))
    })();
    let _ = Command::new("umount").arg(&place).status();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_nonsense_is_refused() {
        let parse = |text: &str| Plan::parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let plan = parse("--seeds 4 --kills 2 --program x").unwrap();
        assert_eq!((plan.seeds, plan.kills, plan.damages, plan.workers), (4, 2, 20, 3));
        // All damage is done by the end, whoever is killed.
        for (kills, damages) in [(30, 20), (2, 20), (7, 3), (1, 0), (0, 5), (0, 0)] {
            let plan = parse(&format!("--kills {kills} --damages {damages}")).unwrap();
            assert_eq!(plan.due(kills), damages, "{kills}");
            assert!((0..kills).all(|killed| plan.due(killed) <= plan.due(killed + 1)));
        }
        for wrong in ["--seeds 0", "--kills", "--other 1"] {
            assert_eq!(parse(wrong).err(), Some(2), "{wrong}");
        }
    }
}
