//! The run folder end to end: same bits at any thread count, resume after a kill, refusals that name the remedy.

mod program;

use fenchel_experiments::REGISTRY;
use fenchel_harness::run::{Request, plan, read, reproduce, write_report};
use fenchel_harness::scheduler::Unobserved;
use program::{contents, fenchel, message};
use serde_json::json;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use std::{fs, thread};

/// A small run of `gd`, which needs no data.
fn request(out: &Path, threads: usize) -> Request {
    let set =
        ["gd.exponents=[1.2,1.5,2.0]", "gd.iterations=40", "gd.flat_iterations=2000", "gd.dimension=10"];
    Request {
        only: vec!["gd".into()],
        choices: vec![("seeds", json!([3, 4]))],
        set: set.map(str::to_owned).into(),
        out: Some(out.to_path_buf()),
        threads: Some(threads),
        ..Request::default()
    }
}

fn run(request: &Request) -> fenchel_harness::run::Finished {
    reproduce(&REGISTRY, request, &plan(&REGISTRY, request).unwrap(), &Unobserved, |_| ()).unwrap()
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let (one, three) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(&request(one.path(), 1));
    run(&request(three.path(), 3));
    let first = contents(one.path());
    assert!(first.len() > 30 && first == contents(three.path()));
    assert!(first.keys().any(|path| path.extension().is_some_and(|ending| ending == "png")));
}

#[test]
fn only_what_is_missing_is_run_and_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    run(&request(folder.path(), 2));
    let whole = contents(folder.path());
    let lost = ["cells/gd/power-r1.5-seed3.mpk.gz", "cells/gd/exponent-p4.mpk.gz", "figures/gd/decay.svg"];
    for name in lost {
        fs::remove_file(folder.path().join(name)).unwrap();
    }
    let finished = run(&request(folder.path(), 2));
    assert_eq!(finished.found.cells.planned - finished.found.cells.finished, 2);
    assert_eq!(contents(folder.path()), whole);
    // More seeds extend a run; the cells of the first ones stay.
    let more = Request { choices: vec![("seeds", json!([3, 4, 5]))], ..request(folder.path(), 2) };
    assert_eq!(run(&more).found.cells.finished, finished.found.cells.planned);
}

#[test]
fn a_report_without_all_cells_decides_nothing_in_favour() {
    let folder = tempfile::tempdir().unwrap();
    run(&request(folder.path(), 2));
    fs::remove_file(folder.path().join("cells/gd/power-r1.5-seed3.mpk.gz")).unwrap();
    let mut side = read(&REGISTRY, folder.path()).unwrap();
    write_report(&mut side, folder.path()).unwrap();
    let report = side.report;
    let words: Vec<&str> = report.claims().map(|(_, finding)| finding.verdict().word()).collect();
    assert!(words.contains(&"undecided") && !words.contains(&"reproduced"), "{words:?}");
    assert!(fs::read_to_string(&report.page).unwrap().contains("cells are missing"));
}

#[test]
fn another_configuration_is_refused_or_starts_over() {
    let folder = tempfile::tempdir().unwrap();
    run(&request(folder.path(), 2));
    let mut other = request(folder.path(), 2);
    other.set.push("gd.iterations=41".into());
    let refused = reproduce(&REGISTRY, &other, &plan(&REGISTRY, &other).unwrap(), &Unobserved, |_| ())
        .err()
        .unwrap()
        .to_string();
    assert!(refused.contains("iterations = 40 there, 41 here"), "{refused}");
    assert!(refused.contains("--out") && refused.contains("--fresh"), "{refused}");
    other.fresh = true;
    assert_eq!(run(&other).found.cells.finished, 0);
}

#[test]
fn mistakes_on_the_command_line_name_the_remedy_and_write_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("run");
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let below = file.join("run");
    let (out, below) = (out.to_str().unwrap(), below.to_str().unwrap());
    let cases: [(&[&str], &str); 7] = [
        (&["reproduce", "--only", "nonsense", "--out", out], "the experiments are"),
        (&["reproduce", "--only", "gd", "--set", "gd.nonsense=1", "--out", out], "gd.iterations"),
        (&["reproduce", "--only", "gd", "--set", "gd.iterations", "--out", out], "key=value"),
        (&["reproduce", "--only", "gd", "--set", "gd.iterations=many", "--out", out], "not valid"),
        (&["reproduce", "--only", "gd", "--set", "gd.exponents=[3]", "--out", out], "(1, 2]"),
        (&["reproduce", "--only", "gd", "--out", below], "cannot make the run folder"),
        (&["report", out], "is no run folder"),
    ];
    for (arguments, expected) in cases {
        let output = fenchel(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(message(&output).contains(expected), "{arguments:?}: {}", message(&output));
        assert!(!Path::new(out).exists(), "{arguments:?}");
    }
    let output = fenchel(&["reproduce", "--seeds", "x"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn claims_are_told_before_any_run_and_their_criteria_are_in_every_record() {
    let text = |arguments: &[&str]| {
        let output = fenchel(arguments).output().unwrap();
        assert!(output.status.success(), "{}", message(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = text(&["claims", "gd", "skip"]);
    assert!(listed.contains("gd.decrease (theorem check)") && !listed.contains("width."), "{listed}");
    assert!(listed.contains("supposed: steps of a training ≥ 800"), "{listed}");
    let json: serde_json::Value = serde_json::from_str(&text(&["claims", "--json"])).unwrap();
    let criteria = json["criteria"].as_str().unwrap();
    let claims = json["claims"].as_array().unwrap();
    let exponent = claims.iter().find(|claim| claim["id"] == "gd.exponent").unwrap();
    assert_eq!(exponent["theorems"], serde_json::json!(["T7"]));
    let bounds = &exponent["conditions"][0]["rule"]["groups"]["between"];
    assert_eq!(*bounds, serde_json::json!([0.95, 1.05]));

    let folder = tempfile::tempdir().unwrap();
    let finished = run(&request(folder.path(), 2));
    let record = program::files(folder.path()).into_iter().find(|path| path.starts_with("sessions"));
    let path = folder.path().join(record.unwrap());
    let record = fs::read_to_string(&path).unwrap();
    let noted = format!("\"criteria\": \"{criteria}\"");
    assert!(record.contains(&noted));
    assert!(fs::read_to_string(folder.path().join("plan.json")).unwrap().contains(&noted));
    let page = || fs::read_to_string(&finished.report.page).unwrap();
    assert!(page().contains("the run began with the same") && !page().contains("CHANGED"));
    // As if the run had begun with other criteria.
    fs::write(&path, record.replace(criteria, &"0".repeat(64))).unwrap();
    let mut side = read(&REGISTRY, folder.path()).unwrap();
    write_report(&mut side, folder.path()).unwrap();
    assert!(page().contains("began with criteria 000000000000") && page().contains("CRITERIA CHANGED"));
    // A run that starts over begins with those of today.
    run(&Request { fresh: true, ..request(folder.path(), 2) });
    assert!(page().contains("the run began with the same") && !page().contains("CHANGED"));
}

#[test]
fn a_killed_run_resumes_and_ends_with_the_same_bits() {
    let (whole, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let arguments = |folder: &Path| {
        let out = folder.to_str().unwrap().to_owned();
        let words = [
            "reproduce",
            "--only",
            "gd",
            "--seeds",
            "0",
            "--threads",
            "2",
            "--set",
            "gd.flat_iterations=3000000",
            "--out",
        ];
        words.into_iter().map(str::to_owned).chain([out]).collect::<Vec<_>>()
    };
    let start = |folder: &Path| fenchel(&arguments(folder).iter().map(String::as_str).collect::<Vec<_>>());
    assert!(start(whole.path()).output().unwrap().status.success());

    let mut child = start(killed.path()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let cells = killed.path().join("cells/gd");
    let is_cell = |name: &std::ffi::OsStr| {
        let name = name.to_string_lossy();
        name.ends_with(".mpk.gz") && !name.starts_with('.')
    };
    let finished = || {
        let entries = fs::read_dir(&cells).into_iter().flatten().flatten();
        entries.filter(|entry| is_cell(&entry.file_name())).count()
    };
    let clock = Instant::now();
    while finished() == 0 && clock.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = finished();
    assert!(kept > 0, "the run wrote no cell within a minute");

    let output = start(killed.path()).output().unwrap();
    assert!(output.status.success(), "{}", message(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("already there"), "nothing was resumed");
    assert_eq!(contents(killed.path()), contents(whole.path()));
}
