//! Interval arithmetic against more digits: every operation on random operands, and every failure counted.
//!
//! f64 intervals have to contain the 256-bit result at a point of the operands, and to be undefined exactly
//! where a point of the operands has no result; 256-bit intervals have to contain the result in 640 bits.
//!
//! `cargo run --release -p fenchel-convexity --example interval_containment [-- COUNT]`: COUNT operations of
//! each kind, a million by default, and a hundredth of it in 640 bits.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod operands;
mod operation;
mod reference;

use fenchel_convexity::number::{Interval, Number, PreciseInterval};
use fenchel_random::Seed;
use operation::Operation;
use rayon::prelude::*;
use std::process::ExitCode;

/// What became of one operation's trials.
#[derive(Default)]
struct Tally {
    trials: usize,
    undefined: usize,
    /// The widest f64 result of operands without width, in units in the last place.
    widest: f64,
    failures: Vec<String>,
    fine_trials: usize,
    /// The widest 256-bit result of operands without width, relative to the result.
    widest_fine: f64,
    fine_failures: Vec<String>,
}

/// Whether the f64 result is undefined where it must be, and contains the 256-bit one otherwise.
fn contains(coarse: &Interval, fine: &Interval, defined: bool) -> bool {
    if coarse.is_undefined() || !defined {
        return coarse.is_undefined() && !defined;
    }
    coarse.lo() <= fine.lo() && fine.hi() <= coarse.hi()
}

fn coarse_trials(operation: Operation, count: usize, tally: &mut Tally) {
    let mut stream = Seed::new(1).derive("operands in f64").derive(&format!("{operation:?}")).stream();
    for _ in 0..count {
        let ((x, p), (y, q)) = (operands::inhabited(&mut stream), operands::inhabited(&mut stream));
        let (n, r) = (operands::integer_exponent(&mut stream), operands::real_exponent(&mut stream));
        let coarse = operation.apply(&x, &y, n, r);
        let defined = operation.is_defined(&x, &y, n, r);
        let lift = PreciseInterval::from_f64;
        let fine = operation.apply(&lift(p), &lift(q), n, r).to_f64_interval();
        tally.trials += 1;
        tally.undefined += usize::from(!defined);
        if !contains(&coarse, &fine, defined) {
            let text =
                format!("{operation:?} x {x:?} y {y:?} n {n} r {r}: {coarse:?}, at {p:e}, {q:e} {fine:?}");
            tally.failures.push(text);
        }
        let narrow = x.width() == 0.0 && (!operation.is_binary() || y.width() == 0.0);
        if narrow && defined && coarse.hi().is_finite() && coarse.lo().is_finite() {
            let size = coarse.lo().abs().max(coarse.hi().abs());
            let ulp = size.next_up() - size;
            // Where the sine's phase is lost its range is all that is known.
            if !(matches!(operation, Operation::Sin | Operation::Cos) && p.abs() > 1e15) {
                tally.widest = tally.widest.max((coarse.hi() - coarse.lo()) / ulp);
            }
        }
    }
}

fn fine_trials(operation: Operation, count: usize, tally: &mut Tally) {
    let mut stream = Seed::new(1).derive("operands in 256 bits").derive(&format!("{operation:?}")).stream();
    for _ in 0..count {
        let (x, y) = (operands::number(&mut stream), operands::number(&mut stream));
        let n = operands::integer_exponent(&mut stream);
        let point = Interval::point;
        let defined = operation.is_defined(&point(x), &point(y), n, f64::from(n));
        let Some(pieces) = defined.then(|| reference::pieces(operation, x, y, n)).flatten() else { continue };
        // Pieces below f64's range would be missing from the sum.
        if !(1e-100..1e290).contains(&pieces[0].abs()) {
            continue;
        }
        let lift = PreciseInterval::from_f64;
        let fine = operation.apply(&lift(x), &lift(y), n, f64::from(n));
        let (miss, width) = reference::miss(&fine, &pieces);
        tally.fine_trials += 1;
        if miss > 2.0_f64.powi(-400) || miss.is_nan() {
            tally.fine_failures.push(format!("{operation:?} x {x:e} y {y:e} n {n}: off by {miss:e}"));
        }
        if !(matches!(operation, Operation::Sin | Operation::Cos) && x.abs() > 1e60) {
            tally.widest_fine = tally.widest_fine.max(width);
        }
    }
}

fn main() -> ExitCode {
    let count = match std::env::args().nth(1).map(|text| text.parse::<usize>()) {
        None => 1_000_000,
        Some(Ok(count)) => count,
        Some(Err(error)) => {
            eprintln!("the count: {error}");
            return ExitCode::FAILURE;
        }
    };
    let tallies: Vec<(Operation, Tally)> = Operation::ALL
        .into_par_iter()
        .map(|operation| {
            let mut tally = Tally::default();
            coarse_trials(operation, count, &mut tally);
            fine_trials(operation, count / 100, &mut tally);
            (operation, tally)
        })
        .collect();
    println!(
        "| operation | f64 | undefined | failures | ulps at points | 640 bits | failures | width at points |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    let mut sound = true;
    for (operation, tally) in &tallies {
        println!(
            "| {operation:?} | {} | {} | {} | {} | {} | {} | {:.1e} |",
            tally.trials,
            tally.undefined,
            tally.failures.len(),
            tally.widest,
            tally.fine_trials,
            tally.fine_failures.len(),
            tally.widest_fine,
        );
        let failures = tally.failures.iter().chain(&tally.fine_failures);
        failures.clone().take(5).for_each(|text| eprintln!("{text}"));
        sound &= failures.count() == 0;
    }
    if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
