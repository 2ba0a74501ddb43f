//! Many workers on one run folder: no cell is lost, dead workers are replaced, and the results are those of one
//! run, bit for bit.

mod program;

use program::{contents, fenchel, finish, message, out, small_run};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Prepares a run of `gd` whose cells of flat functions take `flat` iterations.
fn prepare(folder: &Path, flat: u32) {
    let mut command = fenchel(&["prepare"]);
    command.arg(folder).args(["--only", "gd", "--seeds", "0..3", "--set", "gd.exponents=[1.5]"]);
    command.args(["--set", "gd.flat_exponents=[3,4]", "--set", "gd.iterations=40", "--set"]);
    finish(command.arg(format!("gd.flat_iterations={flat}")));
}

fn work(folder: &Path, more: &[&str]) -> Command {
    let mut command = fenchel(&["work"]);
    command.arg(folder).args(["--threads", "1"]).args(more);
    command
}

fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn status(folder: &Path) -> serde_json::Value {
    let output = finish(fenchel(&["status", "--json"]).arg(folder));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn leases(folder: &Path) -> Vec<PathBuf> {
    program::files(folder).into_iter().filter(|path| path.starts_with("leases")).collect()
}

/// Waits until something is so.
fn until(mut is_so: impl FnMut() -> bool) {
    let clock = Instant::now();
    while !is_so() {
        assert!(clock.elapsed() < Duration::from_secs(120), "it never came to be");
        sleep(Duration::from_millis(5));
    }
}

/// A folder that one run made, and what stands in it.
fn whole(flat: u32) -> (tempfile::TempDir, std::collections::BTreeMap<PathBuf, Vec<u8>>) {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), flat);
    finish(&mut work(folder.path(), &[]));
    finish(fenchel(&["report"]).arg(folder.path()));
    let all = contents(folder.path());
    (folder, all)
}

#[test]
fn three_workers_share_the_cells_and_the_results_are_those_of_one() {
    let (_one, expected) = whole(1000);
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 1000);
    let shares = ["0/3", "1/3", "2/3"];
    let workers: Vec<Child> =
        shares.iter().map(|share| start(&mut work(folder.path(), &["--share", share]))).collect();
    for mut worker in workers {
        assert!(worker.wait().unwrap().success());
    }
    finish(fenchel(&["report"]).arg(folder.path()));
    assert_eq!(contents(folder.path()), expected);
    assert!(leases(folder.path()).is_empty(), "every lease is given back");
    // Each wrote a record of its own, and no cell was computed twice.
    let records = program::files(folder.path()).into_iter().filter(|path| path.starts_with("sessions"));
    let mut cells = BTreeSet::new();
    let mut count = 0;
    for record in records {
        let text = fs::read(folder.path().join(record)).unwrap();
        let record: serde_json::Value = serde_json::from_slice(&text).unwrap();
        for cell in record["timings"]["gd"].as_object().into_iter().flat_map(serde_json::Map::keys) {
            assert!(cells.insert(cell.clone()), "{cell} was computed twice");
        }
        count += 1;
    }
    assert_eq!(count, 3);
    assert_eq!(cells.len(), expected.keys().filter(|path| path.starts_with("cells")).count());
}

#[cfg(target_os = "linux")]
#[test]
fn a_living_workers_cell_is_left_and_a_killed_ones_is_taken_over() {
    let (_one, expected) = whole(30_000_000);
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 30_000_000);
    let mut first = start(&mut work(folder.path(), &[]));
    until(|| !leases(folder.path()).is_empty());
    // Held up, so that it surely has its cell when it is looked at and when it is killed.
    let pid = first.id().to_string();
    assert!(Command::new("kill").args(["-STOP", &pid]).status().unwrap().success());
    assert_eq!(leases(folder.path()).len(), 1, "it was held up too late for this test to mean anything");
    // Another worker leaves that cell alone: its worker is alive.
    let second = finish(&mut work(folder.path(), &[]));
    assert!(out(&second).contains("1 cell at work elsewhere"), "{}", out(&second));
    let running = &status(folder.path())["running"];
    assert_eq!(running.as_array().unwrap().len(), 1, "{running}");
    assert_eq!(running[0]["pid"].as_u64(), Some(first.id().into()));
    assert_eq!(running[0]["abandoned"], false);
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(status(folder.path())["running"][0]["abandoned"], true);
    let third = finish(&mut work(folder.path(), &[]));
    assert!(out(&third).contains("nothing is left to begin"), "{}", out(&third));
    finish(fenchel(&["report"]).arg(folder.path()));
    assert_eq!(contents(folder.path()), expected);
}

#[cfg(target_os = "linux")]
#[test]
fn a_worker_that_lost_its_cell_leaves_its_successors_record_and_lease_alone() {
    use std::os::unix::fs::MetadataExt;
    let (one, expected) = whole(30_000_000);
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 30_000_000);
    let mut worker = start(&mut work(folder.path(), &[]));
    until(|| !leases(folder.path()).is_empty());
    let signal = |name: &str| {
        let pid = worker.id().to_string();
        assert!(Command::new("kill").args([name, &pid]).status().unwrap().success());
    };
    signal("-STOP");
    let [lease] = &leases(folder.path())[..] else { panic!("it was held up too late") };
    // As if it had been held up for so long that a worker of another host had done the cell.
    let path = folder.path().join(lease);
    let mut holder: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    holder["worker"] = "other-1".into();
    holder["process"]["system"] = "elsewhere".into();
    fs::write(&path, holder.to_string()).unwrap();
    let name = format!("cells/gd/{}.mpk.gz", lease.file_stem().unwrap().to_str().unwrap());
    let cell = folder.path().join(&name);
    fs::create_dir_all(cell.parent().unwrap()).unwrap();
    fs::copy(one.path().join(&name), &cell).unwrap();
    let file = fs::metadata(&cell).unwrap().ino();
    signal("-CONT");
    assert!(worker.wait().unwrap().success());
    assert_eq!(fs::metadata(&cell).unwrap().ino(), file, "the record was written over");
    assert_eq!(fs::read_to_string(&path).unwrap(), holder.to_string());
    finish(fenchel(&["report"]).arg(folder.path()));
    assert_eq!(contents(folder.path()), expected);
}

#[test]
fn a_worker_mends_what_is_damaged_in_the_share_of_one_that_never_came() {
    let (folder, expected) = whole(1000);
    for cell in expected.keys().filter(|path| path.starts_with("cells")) {
        fs::write(folder.path().join(cell), "garbage").unwrap();
    }
    // Without time nothing of the other share is looked at, and that is said.
    let output = finish(&mut work(folder.path(), &["--share", "0/2", "--for", "0s"]));
    assert!(out(&output).contains("of other shares not verified"), "{}", out(&output));
    assert!(!out(&output).contains("nothing is left"), "{}", out(&output));
    // Of the two shares only one is anyone's.
    let output = finish(&mut work(folder.path(), &["--share", "0/2"]));
    assert!(out(&output).contains("nothing is left to begin"), "{}", out(&output));
    finish(fenchel(&["report"]).arg(folder.path()));
    assert_eq!(contents(folder.path()), expected);
}

#[cfg(unix)]
#[test]
fn a_preparation_touches_no_cell_and_a_lease_that_cannot_be_read_is_nobodys_to_write() {
    let (folder, expected) = whole(1000);
    let cells: Vec<&PathBuf> = expected.keys().filter(|path| path.starts_with("cells")).collect();
    let at = |path: &Path| folder.path().join(path);
    fs::write(at(cells[0]), "garbage").unwrap();
    let before = program::files(folder.path());
    let told = message(&finish(fenchel(&["prepare"]).arg(folder.path())));
    assert!(told.contains("1 file of no use"), "{told}");
    assert_eq!(program::files(folder.path()), before);
    // A link through a file stands for what a server does not show just now.
    fs::remove_file(at(cells[1])).unwrap();
    let cell = cells[1].file_name().unwrap().to_str().unwrap().strip_suffix(".mpk.gz").unwrap();
    let lease = folder.path().join(format!("leases/gd/{cell}.json"));
    std::os::unix::fs::symlink(folder.path().join("plan.json/x"), &lease).unwrap();
    let failed = work(folder.path(), &[]).output().unwrap();
    assert_eq!(failed.status.code(), Some(1));
    assert!(message(&failed).contains(&format!("failed: gd {cell}: cannot read")), "{}", message(&failed));
    assert!(lease.is_symlink(), "a failure was written over it, or it was put away");
    assert!(!at(cells[1]).exists());
    fs::remove_file(&lease).unwrap();
    // Likewise the plan.
    let (plan, kept) = (at(Path::new("plan.json")), at(Path::new("kept.json")));
    fs::rename(&plan, &kept).unwrap();
    std::os::unix::fs::symlink(kept.join("x"), &plan).unwrap();
    let refused = fenchel(&["prepare"]).arg(folder.path()).args(["--only", "gd"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(message(&refused).contains("cannot read") && plan.is_symlink(), "{}", message(&refused));
    fs::remove_file(&plan).unwrap();
    fs::rename(&kept, &plan).unwrap();
    finish(&mut work(folder.path(), &[]));
    finish(fenchel(&["report"]).arg(folder.path()));
    assert_eq!(contents(folder.path()), expected);
}

#[test]
fn two_runs_at_once_on_one_folder_both_end_well() {
    let folder = tempfile::tempdir().unwrap();
    let (alone, together) = (folder.path().join("alone"), folder.path().join("together"));
    finish(&mut small_run(&alone, 40));
    let mut runs = [start(&mut small_run(&together, 40)), start(&mut small_run(&together, 40))];
    for run in &mut runs {
        assert!(run.wait().unwrap().success());
    }
    assert_eq!(contents(&together), contents(&alone));
}

#[test]
fn the_time_ends_a_worker_and_a_later_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 1000);
    let output = finish(&mut work(folder.path(), &["--for", "0s"]));
    assert!(out(&output).contains("not begun: the time is over"), "{}", out(&output));
    let counts = &status(folder.path())["experiments"][0];
    assert_eq!(counts["missing"], counts["planned"]);
    finish(&mut work(folder.path(), &["--for", "1h"]));
    let counts = &status(folder.path())["experiments"][0];
    assert_eq!(counts["finished"], counts["planned"]);
}

#[test]
fn status_tells_of_every_state_and_a_failed_cell_is_tried_once_until_it_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let mut command = fenchel(&["prepare"]);
    command.arg(&run).args(["--only", "bounds,gd", "--seeds", "0", "--set", "bounds.models=[\"c-1x4\"]"]);
    for setting in [
        "bounds.losses=[\"squared\"]",
        "bounds.epochs=1",
        "bounds.log_every=40",
        "bounds.probe=4",
        "bounds.rate=1e30",
        "gd.exponents=[1.5]",
        "gd.flat_exponents=[3]",
        "gd.flat_iterations=1000",
        "gd.iterations=40",
    ] {
        command.args(["--set", setting]);
    }
    finish(&mut command);
    let gd = |run: &Path| status(run)["experiments"].as_array().unwrap()[1].clone();
    assert_eq!(gd(&run)["missing"], gd(&run)["planned"]);
    assert!(status(&run)["seconds_left"].is_null() && status(&run)["work_left"].as_f64().unwrap() > 0.0);
    let failed = work(&run, &[]).output().unwrap();
    assert_eq!(failed.status.code(), Some(1), "{}", message(&failed));
    let failures = status(&run)["failed"].clone();
    assert_eq!(failures.as_array().unwrap().len(), 1);
    assert!(failures[0]["reason"].as_str().unwrap().contains("step"), "{failures}");
    // The next worker tells of it and does not try again, unless asked to or after another preparation.
    let sessions = |run: &Path| {
        let records = program::files(run).into_iter().filter(|path| path.starts_with("sessions"));
        let failed = |path: PathBuf| fs::read_to_string(run.join(path)).unwrap().contains("\"failed\": 1");
        records.filter(|path| failed(path.clone())).count()
    };
    assert_eq!((work(&run, &[]).output().unwrap().status.code(), sessions(&run)), (Some(1), 1));
    assert_eq!((work(&run, &["--retry"]).output().unwrap().status.code(), sessions(&run)), (Some(1), 2));
    finish(fenchel(&["prepare"]).arg(&run));
    assert!(status(&run)["failed"].as_array().unwrap().is_empty());
    assert_eq!((work(&run, &[]).output().unwrap().status.code(), sessions(&run)), (Some(1), 3));
    // A damaged cell is told as such, and mended by whoever works next.
    let cell = program::files(&run).into_iter().find(|path| path.starts_with("cells/gd")).unwrap();
    fs::write(run.join(&cell), "garbage").unwrap();
    assert_eq!((gd(&run)["unusable"].as_u64(), gd(&run)["missing"].as_u64()), (Some(1), Some(0)));
    let mended = work(&run, &[]).output().unwrap();
    assert!(message(&mended).contains("set aside"), "{}", message(&mended));
    assert_eq!(gd(&run)["finished"], gd(&run)["planned"]);
}

#[test]
fn a_report_is_of_what_is_there_while_workers_are_at_work_and_needs_no_right_to_write() {
    let folder = tempfile::tempdir().unwrap();
    let (run, page) = (folder.path().join("run"), folder.path().join("page"));
    prepare(&run, 30_000_000);
    let mut worker = start(&mut work(&run, &[]));
    until(|| !leases(&run).is_empty());
    #[cfg(unix)]
    let writable = |is: bool| {
        use std::os::unix::fs::PermissionsExt;
        // Root may write all the same; then only the first half is tested.
        let mode = if is { 0o755 } else { 0o555 };
        fs::set_permissions(&run, fs::Permissions::from_mode(mode)).unwrap();
    };
    #[cfg(unix)]
    writable(false);
    let report = finish(fenchel(&["report"]).arg(&run).arg("--out").arg(&page));
    let told = finish(fenchel(&["status"]).arg(&run));
    let compared = fenchel(&["report", "--compare"]).args([&run, &run]).output().unwrap();
    #[cfg(unix)]
    writable(true);
    assert!(out(&report).contains(" reproduced") && out(&told).contains(" done"), "{}", out(&told));
    assert!(compared.status.success() && page.join("report.html").is_file());
    assert!(!run.join("report.html").exists());
    worker.kill().unwrap();
    worker.wait().unwrap();
}

#[test]
fn a_run_does_not_start_over_under_workers_and_folders_that_are_none_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    prepare(&run, 30_000_000);
    let mut worker = start(&mut work(&run, &[]));
    until(|| !leases(&run).is_empty());
    let mut fresh = fenchel(&["prepare"]);
    let fresh = fresh.arg(&run).args(["--only", "gd", "--fresh"]).output().unwrap();
    assert_eq!(fresh.status.code(), Some(1));
    assert!(message(&fresh).contains(&format!("process {}", worker.id())), "{}", message(&fresh));
    worker.kill().unwrap();
    worker.wait().unwrap();
    let none = folder.path().join("none");
    let old = folder.path().join("old");
    fs::create_dir(&old).unwrap();
    fs::write(old.join("manifest.json"), "{}").unwrap();
    for verb in [&["work"][..], &["status"], &["report"], &["plan", "--format", "slurm"]] {
        for (path, words) in [(&none, "is no run folder"), (&old, "earlier layout")] {
            let output = fenchel(verb).arg(path).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{verb:?}");
            assert!(message(&output).contains(words), "{verb:?}: {}", message(&output));
        }
    }
    assert!(!none.exists());
    let output = finish(&mut small_run(&old, 40));
    assert!(message(&output).contains("earlier layout: cells that fit are kept"), "{}", message(&output));
}

#[test]
fn a_plan_of_another_program_is_refused_with_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 1000);
    let path = folder.path().join("plan.json");
    let plan: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for (key, words) in [("numerics", "code elsewhere there"), ("back_end", "back end elsewhere there")] {
        let mut other = plan.clone();
        other["experiments"]["gd"][key] = "elsewhere".into();
        fs::write(&path, other.to_string()).unwrap();
        let output = work(folder.path(), &[]).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(message(&output).contains(words), "{}", message(&output));
    }
}

#[test]
fn a_plan_says_what_is_finished_and_prices_come_from_what_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let plan = |run: &Path| out(&finish(small_run(run, 40).arg("--plan")));
    assert!(plan(&first).contains("3 from a probe just now"), "{}", plan(&first));
    assert!(!first.exists(), "a plan writes nothing");
    finish(&mut small_run(&first, 40));
    assert!(plan(&first).contains("3 from cells of this folder"), "{}", plan(&first));
    let row = plan(&first).lines().find(|line| line.starts_with("all")).unwrap().to_owned();
    assert_eq!(row.split_whitespace().take(5).collect::<Vec<_>>(), ["all", "11", "11", "0", "0"]);
    assert!(plan(&second).contains("3 from the last run beside it"), "{}", plan(&second));
}

#[test]
fn scripts_start_workers_that_do_all_cells() {
    let folder = tempfile::tempdir().unwrap();
    prepare(folder.path(), 1000);
    for format in ["slurm", "snakemake", "hyperqueue", "parallel"] {
        let mut command = fenchel(&["plan", "--format", format, "--minutes", "0.0001"]);
        let text = out(&finish(command.arg(folder.path())));
        assert!(text.contains("no memory is asked for") && text.contains("--share"), "{text}");
    }
    finish(&mut work(folder.path(), &["--for", "0s"]));
    let mut command = fenchel(&["plan", "--format", "slurm"]);
    let text = out(&finish(command.arg(folder.path())));
    assert_eq!(text.contains("--mem="), cfg!(target_os = "linux"), "{text}");
}
