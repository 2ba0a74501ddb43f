//! `fenchel train`, killed at ten random moments and resumed, ends with the bits of an uninterrupted training.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fenchel_random::Seed;

/// A small training on glyphs: 48 steps of a dense chain, with a checkpoint after each.
fn training(out: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    let arguments = "train --dataset glyphs --model c-1x16 --samples 512 --batch 32 --epochs 3 --optimiser adam \
                     --lr 0.003 --weight-decay 0.01 --decoupled --warm-up 0.5 --augment --smoothing 0.05 --probe 16 \
                     --probe-size 4 --seed 3 --checkpoint-every 1";
    command.args(arguments.split_whitespace()).args(more).arg("--out").arg(out);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn finish(mut command: Command) -> Result<Duration, String> {
    let begun = Instant::now();
    let output = command.output().unwrap();
    if output.status.success() { Ok(begun.elapsed()) } else { Err(String::from_utf8(output.stderr).unwrap()) }
}

#[test]
fn killed_ten_times_it_ends_with_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (straight, killed) = (folder.path().join("straight"), folder.path().join("killed"));
    let whole = finish(training(&straight, &["--threads", "1"])).unwrap();
    let results = |out: &Path| {
        ["weights.safetensors", "training.json"].map(|name| std::fs::read(out.join(name)).unwrap())
    };
    let expected = results(&straight);

    let mut stream = Seed::new(17).derive("moments").stream();
    let mut cut_short = 0;
    for _ in 0..10 {
        let mut child = training(&killed, &["--threads", "2", "--resume"]).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(stream.random_range(0.0..0.9)));
        cut_short += usize::from(child.try_wait().unwrap().is_none());
        // SIGKILL on Unix: nothing is flushed, no destructor runs.
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert!(cut_short > 0, "every process ended before it was killed");
    finish(training(&killed, &["--threads", "2", "--resume"])).unwrap();
    assert_eq!(results(&killed), expected);

    // A finished training is not trained again, and gives the same files.
    finish(training(&killed, &["--resume"])).unwrap();
    assert_eq!(results(&killed), expected);

    // Without --resume, or with other settings, it is left alone.
    let refusal = finish(training(&killed, &[])).unwrap_err();
    assert!(refusal.contains("--resume goes on with it"), "{refusal}");
    let refusal = finish(training(&killed, &["--resume", "--momentum", "0.8"])).unwrap_err();
    assert!(refusal.contains("`settings.momentum` was 0.9 and is now 0.8"), "{refusal}");
    assert_eq!(results(&killed), expected);
}
