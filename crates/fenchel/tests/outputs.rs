//! What the program writes, where it is told to write, and who listens: no result is lost to a closed pipe,
//! nothing but a regular file is replaced, nothing finished is overwritten unasked.

mod program;

use fenchel_nn::weights::Tensors;
use program::{fenchel, finish, message, out, small_run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A small model with weights and samples, and the command that measures it into `to`.
fn measuring(folder: &Path, to: &Path) -> Command {
    fs::write(folder.join("net.toml"), "input = [2]\nlayers = [{ type = \"dense\", outputs = 3 }]\n")
        .unwrap();
    let mut weights = Tensors::new();
    weights.insert("0.weight", &[3, 2], &[0.5, -1.0, 2.0, 0.25, -0.75, 1.5]).unwrap();
    weights.insert("0.bias", &[3], &[0.1, -0.2, 0.3]).unwrap();
    weights.write(&folder.join("w.npz")).unwrap();
    let mut data = Tensors::new();
    data.insert("x", &[2, 2], &[0.5, 1.0, -1.0, 0.25]).unwrap();
    data.insert_integers("y", &[2], &[0, 2]).unwrap();
    data.write(&folder.join("d.npz")).unwrap();
    let words = "measure --model net.toml --weights w.npz --data d.npz --loss ce --out";
    let mut command = fenchel(&words.split(' ').collect::<Vec<_>>());
    command.arg(to).current_dir(folder);
    command
}

fn training(folder: &Path, more: &str) -> Command {
    let words =
        "train --dataset glyphs --samples 64 --epochs 2 --model c-1x4 --checkpoint-every 1 --threads 1 --out";
    let mut command = fenchel(&words.split(' ').collect::<Vec<_>>());
    command.arg(folder).args(more.split_whitespace());
    command
}

#[test]
fn a_reader_that_goes_away_costs_nothing() {
    for command in [&["list"][..], &["model", "lenet5"], &["reproduce", "--only", "gd", "--plan"]] {
        let mut child = fenchel(command).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", message(&output));
        assert!(output.stderr.is_empty(), "{command:?}: {}", message(&output));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_does_not_arrive_is_told_without_a_panic_and_files_are_written() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = fenchel(&["list"]).stdout(full()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        message(&output).contains("cannot write to standard output")
            && !message(&output).contains("panicked")
    );
    let folder = tempfile::tempdir().unwrap();
    let status = small_run(folder.path(), 40).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    assert!(folder.path().join("report.html").is_file());
}

#[test]
fn a_run_whose_failures_nobody_hears_of_still_ends_with_its_report() {
    let folder = tempfile::tempdir().unwrap();
    let words = "reproduce --only bounds,gd --seeds 0 --threads 1 --set bounds.models=[\"c-1x4\"] --set bounds.losses=[\"squared\"] \
                 --set bounds.epochs=1 --set bounds.log_every=40 --set bounds.probe=4 --set bounds.rate=1e30 \
                 --set gd.exponents=[1.5] --set gd.flat_exponents=[3] --set gd.flat_iterations=1000 --out";
    let mut child =
        fenchel(&words.split_whitespace().collect::<Vec<_>>()).arg(folder.path()).spawn().unwrap();
    drop(child.stderr.take());
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1), "the cell of bounds must fail");
    assert!(folder.path().join("report.html").is_file());
    let record = program::files(folder.path()).into_iter().find(|path| path.starts_with("sessions"));
    let record = fs::read_to_string(folder.path().join(record.unwrap())).unwrap();
    assert!(record.contains("\"failed\": 1") && !record.contains("\"seconds\": null"), "{record}");
}

#[cfg(unix)]
#[test]
fn nothing_but_a_regular_file_is_ever_replaced() {
    use std::os::unix::fs::{FileTypeExt, symlink};
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    program::pipe(&at("pipe"));
    symlink("pipe", at("to-pipe")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    finish(&mut small_run(&at("run"), 40));
    for name in ["pipe", "to-pipe", "dangling"] {
        let mut report = fenchel(&["report"]);
        report.arg(at("run")).arg("--markdown").arg(at(name));
        let mut compare = fenchel(&["report", "--compare"]);
        compare.args([at("run"), at("run")]).arg("--page").arg(at(name));
        let mut show = fenchel(&["data", "show", "glyphs", "--out"]);
        show.arg(at(name));
        for command in [&mut measuring(folder.path(), &at(name)), &mut report, &mut compare, &mut show] {
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{command:?}");
            let told = message(&output);
            assert!(told.contains(name), "{told}");
            assert!(told.contains("a device or a pipe") || told.contains("leads nowhere"), "{told}");
        }
    }
    assert!(fs::symlink_metadata(at("pipe")).unwrap().file_type().is_fifo());
    assert!(["to-pipe", "dangling"].iter().all(|name| fs::symlink_metadata(at(name)).unwrap().is_symlink()));
    // A link to a regular file is followed.
    fs::write(at("target.npz"), "old").unwrap();
    symlink("target.npz", at("link.npz")).unwrap();
    finish(&mut measuring(folder.path(), &at("link.npz")));
    assert!(fs::symlink_metadata(at("link.npz")).unwrap().is_symlink());
    assert!(Tensors::read(&at("target.npz")).is_ok());
}

#[test]
fn a_picture_that_was_not_named_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let show = |more: &[&str]| {
        let mut command = fenchel(&["data", "show", "glyphs"]);
        command.args(more).current_dir(folder.path()).output().unwrap()
    };
    assert!(show(&[]).status.success());
    let refused = show(&[]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(message(&refused).contains("--out FILE"), "{}", message(&refused));
    assert!(show(&["--out", "glyphs.png"]).status.success());
}

#[test]
fn a_finished_training_is_never_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("t");
    finish(&mut training(&place, ""));
    let results = || ["weights.safetensors", "training.json"].map(|name| fs::read(place.join(name)).unwrap());
    let first = results();
    fs::remove_dir_all(place.join("checkpoints")).unwrap();
    for (more, missing) in
        [("--seed 2", None), ("--resume", None), ("--seed 2 --resume", Some("training.json"))]
    {
        let kept = missing.map(|name: &str| (name, fs::read(place.join(name)).unwrap()));
        if let Some((name, _)) = &kept {
            fs::remove_file(place.join(name)).unwrap();
        }
        let refused = training(&place, more).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{more}");
        assert!(message(&refused).contains("finished training") && message(&refused).contains("--out DIR"));
        if let Some((name, bytes)) = kept {
            fs::write(place.join(name), bytes).unwrap();
        }
        assert_eq!(results(), first, "{more}");
    }
}

#[test]
fn a_damaged_checkpoint_is_passed_over_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole"), folder.path().join("cut"));
    for place in [&whole, &cut] {
        finish(&mut training(place, "--batch 16"));
    }
    let weights = |place: &Path| fs::read(place.join("weights.safetensors")).unwrap();
    let expected = weights(&whole);
    let mut checkpoints: Vec<PathBuf> =
        fs::read_dir(cut.join("checkpoints")).unwrap().map(|entry| entry.unwrap().path()).collect();
    checkpoints.sort();
    let newest = checkpoints.last().unwrap();
    let parameters = newest.join("parameters.safetensors");
    let mut bytes = fs::read(&parameters).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 2;
    fs::write(&parameters, bytes).unwrap();
    let output = finish(&mut training(&cut, "--batch 16 --resume"));
    let told = message(&output);
    assert!(told.contains("damaged checkpoint") && told.contains("parameters.safetensors"), "{told}");
    assert_eq!(weights(&cut), expected);
}

#[test]
fn mistyped_sizes_are_refused_by_the_plan() {
    let cases = [
        ("sgd", "sgd.samples=20000", "glyphs has 12,000 training samples"),
        ("bounds", "bounds.probe=100000", "glyphs has 12,000 training samples"),
        ("labels", "labels.probe=100000", "training samples"),
        ("skip", "skip.evaluated=100000", "training samples"),
        ("init", "init.width=1000000", "parameters"),
        ("init", "init.depths=[1000000000000]", "parameters"),
        ("skip", "skip.width=1000000", "parameters"),
        ("width", "width.widths=[1000000]", "parameters"),
        ("width", "width.dimensions=[1000000000000]", "at most"),
        ("proxy", "proxy.width=1000000000", "at most"),
        ("gd", "gd.dimension=1000000000000", "at most"),
        ("bounds", "bounds.models=[\"c-2x640000\"]", "c-2x640000"),
        ("losses", "losses.models=[\"c-20000000000x64\"]", "c-20000000000x64"),
        ("optimisers", "optimisers.datasets=[\"glphs\"]", "no data set `glphs`"),
    ];
    for (experiment, set, expected) in cases {
        let output = fenchel(&["reproduce", "--plan", "--only", experiment, "--set", set]).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{set}");
        assert!(message(&output).contains(expected), "{set}: {}", message(&output));
    }
    for profile in ["quick", "paper", "full"] {
        finish(&mut fenchel(&["reproduce", "--plan", "--profile", profile]));
    }
}

#[test]
fn a_malformed_data_file_names_the_remedy_and_an_empty_folder_verifies_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("mnist");
    fs::create_dir(&data).unwrap();
    for set in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
        fs::write(data.join(format!("{set}-ubyte.gz")), "<html>403 Forbidden</html>").unwrap();
    }
    let mut train = fenchel(&["train", "--dataset", "mnist", "--data-dir"]);
    let output = train.arg(folder.path()).arg("--out").arg(folder.path().join("o")).output().unwrap();
    let told = message(&output);
    assert!(told.contains("train-images-idx3-ubyte.gz") && told.contains("fenchel data get"), "{told}");
    let empty = tempfile::tempdir().unwrap();
    let check = fenchel(&["data", "check", "--data-dir"]).arg(empty.path()).output().unwrap();
    assert_eq!(check.status.code(), Some(1));
    assert!(out(&check).contains("nothing was verified"), "{}", out(&check));
}

#[test]
fn every_place_that_cannot_be_written_is_named_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    let below = folder.path().join("file/below");
    for command in [
        &mut measuring(folder.path(), &below),
        &mut training(&below, ""),
        &mut small_run(&below, 40),
        fenchel(&["data", "show", "glyphs", "--out"]).arg(&below),
    ] {
        // Unheard, the output of a command must not fill a pipe.
        let output = command.stdout(Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let told = message(&output);
        assert!(told.contains("file/below") && told.contains("is the path right?"), "{told}");
    }
}
