//! A run folder that was damaged, mixed up or cut off: cells that are not what is asked for are never
//! reported as if they were, and one start puts everything right.

mod program;

use program::{contents, fenchel, finish, out, small_run};
use std::fs;
use std::path::{Path, PathBuf};

fn run(folder: &Path, iterations: u32, more: &[&str]) -> std::process::Output {
    finish(small_run(folder, iterations).args(more))
}

fn cells(folder: &Path) -> Vec<PathBuf> {
    let mut cells: Vec<PathBuf> = fs::read_dir(folder.join("cells/gd"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "gz"))
        .collect();
    cells.sort();
    cells
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Runs of 40 and of 41 iterations, each in a folder of its own.
fn two_runs() -> (tempfile::TempDir, PathBuf, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let (forty, clean) = (folder.path().join("forty"), folder.path().join("clean"));
    run(&forty, 40, &[]);
    run(&clean, 41, &[]);
    assert_ne!(
        contents(&forty),
        contents(&clean),
        "the two runs must differ for these tests to mean anything"
    );
    (folder, forty, clean)
}

#[test]
fn cells_of_other_settings_are_never_taken_whatever_became_of_the_note_beside_them() {
    let (folder, forty, clean) = two_runs();
    let expected = contents(&clean);
    // The note emptied, the note gone.
    for (name, damage) in [("empty", Some("")), ("gone", None)] {
        let mixed = folder.path().join(name);
        copy(&forty, &mixed);
        let note = mixed.join("plan.json");
        match damage {
            Some(text) => fs::write(&note, text).unwrap(),
            None => fs::remove_file(&note).unwrap(),
        }
        let output = run(&mixed, 41, &[]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains("iterations = 40 there, 41 here"), "{name}: {told}");
        assert!(!out(&output).contains("already there"), "{name}");
        assert_eq!(contents(&mixed), expected, "{name}");
    }
    // Cells copied in from another folder.
    let mixed = folder.path().join("copied");
    copy(&clean, &mixed);
    for cell in cells(&forty).into_iter().take(3) {
        fs::copy(&cell, mixed.join("cells/gd").join(cell.file_name().unwrap())).unwrap();
    }
    // A report takes none of them either.
    let report = fenchel(&["report"]).arg(&mixed).output().unwrap();
    assert!(
        out(&report).contains("is of other settings (iterations = 40 there, 41 here)"),
        "{}",
        out(&report)
    );
    run(&mixed, 41, &[]);
    assert_eq!(contents(&mixed), expected);
}

#[test]
fn a_fresh_start_that_is_cut_off_anywhere_mixes_nothing() {
    let (folder, forty, clean) = two_runs();
    let expected = contents(&clean);
    let count = cells(&forty).len();
    // What a kill leaves: some cells removed, the note still there or already gone.
    for (left, note) in
        [(count, true), (count / 2, true), (1, true), (0, true), (count / 2, false), (1, false)]
    {
        let cut = folder.path().join(format!("cut-{left}-{note}"));
        copy(&forty, &cut);
        for cell in cells(&cut).into_iter().skip(left) {
            fs::remove_file(cell).unwrap();
        }
        if note {
            // The note names the old settings, so the new ones are refused until the fresh start is repeated.
            let refused = small_run(&cut, 41).output().unwrap();
            assert!(program::message(&refused).contains("--fresh"), "{}", program::message(&refused));
            run(&cut, 41, &["--fresh"]);
        } else {
            fs::remove_file(cut.join("plan.json")).unwrap();
            run(&cut, 41, &[]);
        }
        assert_eq!(contents(&cut), expected, "{left} cells left, note {note}");
    }
}

#[test]
fn damaged_cells_of_every_kind_are_set_aside_and_run_again_in_one_start() {
    let (folder, forty, _) = two_runs();
    let whole = contents(&forty);
    let broken = folder.path().join("broken");
    copy(&forty, &broken);
    let all = cells(&broken);
    assert!(all.len() >= 9);
    fs::write(&all[0], "").unwrap();
    fs::write(&all[1], &fs::read(&all[1]).unwrap()[..50]).unwrap();
    let mut bent = fs::read(&all[2]).unwrap();
    bent[40] ^= 4;
    fs::write(&all[2], bent).unwrap();
    fs::remove_file(&all[3]).unwrap();
    fs::create_dir(&all[3]).unwrap();
    fs::write(&all[4], [fs::read(&all[4]).unwrap(), b"garbage".to_vec()].concat()).unwrap();
    fs::copy(&all[6], &all[5]).unwrap();
    let kinds = if cfg!(unix) { 8 } else { 6 };
    #[cfg(unix)]
    {
        fs::remove_file(&all[7]).unwrap();
        std::os::unix::fs::symlink(all[7].file_name().unwrap(), &all[7]).unwrap();
        fs::remove_file(&all[8]).unwrap();
        program::pipe(&all[8]);
    }
    let output = run(&broken, 40, &[]);
    let told = program::message(&output);
    assert!(told.contains(&format!("{kinds} files in all")), "{told}");
    assert!(out(&output).contains(&format!("{} cells already there", all.len() - kinds)), "{}", out(&output));
    let aside = |path: &PathBuf| path.to_string_lossy().contains(".mpk.gz.");
    let kept: Vec<_> = program::files(&broken).into_iter().filter(aside).collect();
    assert_eq!(kept.len(), kinds - 1, "all but the folder, which holds no file: {kept:?}");
    for path in kept {
        fs::remove_file(broken.join(path)).unwrap();
    }
    assert_eq!(contents(&broken), whole);
    // And a plan that cannot be read.
    fs::write(broken.join("plan.json"), "{").unwrap();
    let output = run(&broken, 40, &[]);
    assert!(program::message(&output).contains("plan.json.damaged"), "{}", program::message(&output));
}

#[test]
fn files_that_the_program_cannot_have_made_are_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let run_folder = folder.path().join("a");
    let mine = [
        ".tmp-notes",
        "thesis/.tmp-measurements.csv",
        ".tmp-123-4",
        "thesis/.fenchel-0123456789abcdefghijklmn.tmp",
        "cells/gd/notes.txt",
    ];
    for name in mine {
        let path = run_folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "precious").unwrap();
    }
    let leftover = run_folder.join(".fenchel-0123456789abcdefghijklmn.tmp");
    fs::write(&leftover, "half").unwrap();
    run(&run_folder, 40, &[]);
    assert!(!leftover.exists(), "what a killed run left is removed");
    run(&run_folder, 40, &["--fresh"]);
    let compared = fenchel(&["report", "--compare"]).args([&run_folder, &run_folder]).output().unwrap();
    assert!(compared.status.success(), "{}", program::message(&compared));
    assert!(fenchel(&["report"]).arg(&run_folder).output().unwrap().status.success());
    for name in mine {
        assert_eq!(fs::read_to_string(run_folder.join(name)).unwrap(), "precious", "{name}");
    }
}

#[test]
fn a_report_needs_no_lock_and_goes_where_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let (run_folder, elsewhere) = (folder.path().join("a"), folder.path().join("report"));
    run(&run_folder, 40, &[]);
    let before = program::files(&run_folder);
    // As while a run is at work there.
    let lock = fs::File::open(run_folder.join("lock")).unwrap();
    lock.lock().unwrap();
    let report = fenchel(&["report"]).arg(&run_folder).arg("--out").arg(&elsewhere).output().unwrap();
    assert!(report.status.success(), "{}", program::message(&report));
    assert!(elsewhere.join("report.html").is_file() && elsewhere.join("claims.csv").is_file());
    let mut compared = fenchel(&["report", "--compare"]);
    compared.args([&run_folder, &run_folder]);
    let compared = compared.current_dir(folder.path()).output().unwrap();
    assert!(compared.status.success(), "{}", program::message(&compared));
    assert_eq!(program::files(&run_folder), before);
    assert!(!folder.path().join("comparison.html").exists(), "no page is written unasked");
    // Where nothing can be written the verdicts are told all the same, with a way out.
    let blocked = folder.path().join("blocked");
    fs::write(&blocked, "a file").unwrap();
    let report = fenchel(&["report"]).arg(&run_folder).arg("--out").arg(blocked.join("x")).output().unwrap();
    assert_eq!(report.status.code(), Some(1));
    assert!(out(&report).contains(" reproduced, ") && program::message(&report).contains("--out DIR"));
}

#[test]
fn two_runs_that_differ_can_be_told_by_the_exit_code() {
    let (_folder, forty, clean) = two_runs();
    let code = |a: &Path, b: &Path, more: &[&str]| {
        let output = fenchel(&["report", "--compare"]).args([a, b]).args(more).output().unwrap();
        output.status.code()
    };
    assert_eq!(code(&forty, &clean, &[]), Some(0));
    assert_eq!(code(&forty, &clean, &["--exit-code"]), Some(3));
    assert_eq!(code(&clean, &clean, &["--exit-code"]), Some(0));
}

#[test]
fn text_from_a_record_reaches_no_page_and_no_terminal_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let run_folder = folder.path().join("a");
    run(&run_folder, 40, &[]);
    let record = program::files(&run_folder).into_iter().find(|path| path.starts_with("sessions"));
    let path = run_folder.join(record.unwrap());
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let evil = "<script>alert(1)</script>`|\u{1b}[2J";
    record["started"] = evil.into();
    for value in record["machine"].as_object_mut().unwrap().values_mut().filter(|value| value.is_string()) {
        *value = evil.into();
    }
    record["data"] = serde_json::json!({ evil: evil });
    fs::write(&path, record.to_string()).unwrap();
    let page = folder.path().join("page.md");
    let report = fenchel(&["report"]).arg(&run_folder).arg("--markdown").arg(&page).output().unwrap();
    assert!(report.status.success(), "{}", program::message(&report));
    for path in [run_folder.join("report.html"), page] {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains("alert(1)"), "{} does not show the session", path.display());
        assert!(!text.contains("<script>"), "{}", path.display());
    }
    // Messages of errors hold names and texts of files, too.
    fs::write(run_folder.join("plan.json"), "\u{1b}[2J").unwrap();
    let report = fenchel(&["report"]).arg(run_folder.join("\u{1b}[31m")).output().unwrap();
    assert!(!report.stderr.contains(&0x1b), "{}", program::message(&report));
}
