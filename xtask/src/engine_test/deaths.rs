//! A run that an engine works on, whose cluster loses a node daemon and its controller: compared with one left alone.

use super::cluster::{Cluster, NODES, wait};
use super::{Size, said};
use crate::soak::folder::{compare, files};
use crate::soak::{Run, quiet};
use crate::{Outcome, workspace};
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// An engine at work on a run.
pub(super) trait Engine {
    /// The name, as `fenchel plan --format` has it.
    const FORMAT: &'static str;

    /// Starts the workers by the script of `fenchel plan`; the second is what there is to say of it.
    ///
    /// # Errors
    /// If the engine refuses.
    fn start(cluster: &Cluster, script: &Path) -> Result<(Self, String), String>
    where
        Self: Sized;

    /// Whether nothing is left to wait for; what a user would do to go on is done here, and told.
    ///
    /// # Errors
    /// If there is no going on.
    fn has_ended(&mut self, cluster: &Cluster) -> Result<bool, String>;
}

/// Has the engine run the cells of `size`, with a node daemon and the controller killed on the way.
pub(super) fn run<E: Engine>(size: &Size) -> Outcome {
    let above = workspace::target().join(format!("engine-test-{}", std::process::id()));
    match test::<E>(size, &above) {
        Ok(true) => {
            // What is left in the build folder is not worth a failure.
            let _ = fs::remove_dir_all(&above);
            Ok(())
        }
        Ok(false) => {
            eprintln!("xtask: the folders are kept in {}", above.display());
            Err(1)
        }
        Err(reason) => {
            eprintln!("xtask: {reason}; the folders and logs are kept in {}", above.display());
            Err(1)
        }
    }
}

fn test<E: Engine>(size: &Size, above: &Path) -> Result<bool, String> {
    let failed = |code: u8| format!("a step ended with {code}");
    let alone = Run { program: size.program.clone(), folder: above.join("alone") };
    let clock = Instant::now();
    alone.whole(size.seeds, size.iterations).map_err(failed)?;
    let whole = clock.elapsed().as_secs_f64();
    let cells = files(&alone.folder).iter().filter(|path| path.starts_with("cells")).count();
    println!("one local worker: {cells} cells in {whole:.1} s");

    let run = Run { program: size.program.clone(), folder: above.join("run") };
    quiet(&mut run.prepare(size.seeds, size.iterations)).map_err(failed)?;
    let minutes = format!("{:.4}", whole / 60.0 / 12.0);
    let mut plan = run.command("plan");
    let script = said(plan.args(["--format", E::FORMAT, "--tasks", "12", "--minutes", &minutes]))
        .ok_or_else(|| format!("`fenchel plan --format {}` failed", E::FORMAT))?;
    let path = above.join("script");
    fs::write(&path, &script).map_err(|error| error.to_string())?;

    let mut cluster = Cluster::start(&above.join("cluster"))?;
    println!("cluster: a controller and the nodes {}", NODES.join(", "));
    let clock = Instant::now();
    let told = |what: &str| println!("{:6.1} s  {what}", clock.elapsed().as_secs_f64());
    let (mut engine, started) = E::start(&cluster, &path)?;
    told(&started);
    let done = || files(&run.folder).iter().filter(|path| path.starts_with("cells")).count();
    let most = Duration::from_secs(600);

    wait("an eighth of the cells is done", most, || done() * 8 >= cells)?;
    cluster.kill_node(0);
    told(&format!("SIGKILL for the daemon of node {}, after {} cells", NODES[0], done()));
    // Long enough for the controller to notice and to put the task back into the queue.
    sleep(Duration::from_secs(14));
    cluster.start_node(0)?;
    told(&format!("the daemon of node {} is started again, after {} cells", NODES[0], done()));
    wait("half of the cells are done", most, || done() * 2 >= cells)?;
    cluster.kill_controller();
    told(&format!("SIGKILL for the controller, after {} cells", done()));
    sleep(Duration::from_secs(3));
    cluster.start_controller()?;
    told(&format!("the controller is started again, after {} cells", done()));
    let mut broken = None;
    wait("the engine has ended", most, || match engine.has_ended(&cluster) {
        Ok(ended) => ended,
        Err(reason) => {
            broken = Some(reason);
            true
        }
    })?;
    if let Some(reason) = broken {
        return Err(reason);
    }
    told(&format!("the engine has ended, after {} cells", done()));
    let jobs = said(cluster.command("scontrol").args(["-o", "show", "jobs"])).unwrap_or_default();
    let states = |word: &str| jobs.lines().filter(|line| line.contains(word)).count();
    println!(
        "tasks: {} completed, {} of them after another start by the controller",
        states("JobState=COMPLETED"),
        jobs.lines().filter(|line| line.contains("Restarts=") && !line.contains("Restarts=0 ")).count()
    );
    drop(cluster);

    let records: Vec<String> = files(&run.folder)
        .iter()
        .filter(|path| path.starts_with("sessions"))
        .filter_map(|path| fs::read_to_string(run.folder.join(path)).ok())
        .collect();
    let finished: usize = records.iter().filter_map(|text| number(text, "cells")).sum();
    let cut_off = records.iter().filter(|text| text.contains("\n  \"seconds\": null")).count();
    println!(
        "workers: {} sessions recorded, {cut_off} cut off; {finished} cells computed for {cells}, {} of them twice",
        records.len(),
        finished.saturating_sub(cells)
    );
    if !run.folder.join("report.html").is_file() {
        return Err("the engine's job of the report wrote no report.html".into());
    }
    // The report that the engine made, not one made here.
    let (same, different) = compare(&alone.folder, &run.folder);
    println!("compared: {same} files are equal bit for bit, {} are not", different.len());
    for path in different.iter().take(20) {
        eprintln!("  differs: {}", path.display());
    }
    Ok(different.is_empty() && same > cells)
}

/// A number at the first level of a record.
fn number(text: &str, name: &str) -> Option<usize> {
    let key = format!("  \"{name}\": ");
    text.lines().find_map(|line| line.strip_prefix(&key))?.trim_end_matches(',').parse().ok()
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_is_read_at_the_first_level_only() {
        let text = "{\n  \"timings\": {\n    \"cells\": 7\n  },\n  \"cells\": 12,\n}";
        assert_eq!(number(text, "cells"), Some(12));
        assert_eq!(number(text, "failed"), None);
    }
}
