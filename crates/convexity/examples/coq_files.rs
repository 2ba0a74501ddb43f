//! Writes Coq files about the catalogue: every tight constant, made one per cent too good and refuted;
//! bounds on boxes; and one false statement, which Coq must refuse.
//!
//! ```sh
//! cargo run -p fenchel-convexity --example coq_files -- FOLDER [DIMENSION...]
//! ```
//!
//! Then `coqc FILE` for each; a name that begins with `false_` is the one that must fail.
#![allow(clippy::print_stdout)]

use fenchel_convexity::catalogue::{LogCosh, Separable, Softplus, entries};
use fenchel_convexity::certified::{Effort, prove_curvature, prove_nonnegative};
use fenchel_convexity::claims::Claim;
use fenchel_convexity::coq::{curvature_to_coq, nonnegative_to_coq};
use fenchel_convexity::moduli::{Modulus, Side};
use fenchel_convexity::norms::Norm;
use fenchel_convexity::number::{Interval, Number};
use fenchel_convexity::objectives::Formula;
use fenchel_convexity::search::SearchConfig;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// A function of one variable whose minimum is well above zero.
#[derive(Debug)]
struct Gap;

impl Formula for Gap {
    fn name(&self) -> String {
        "1 + x^2/4 - sqrt(1 + x^2) sin(x)/2".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[0].square() / 4.0 + 1.0 - (x[0].square() + 1.0).sqrt() * x[0].sin() / 2.0
    }
}

/// A bound on log-sum-exp in two variables, with a tenth to spare.
#[derive(Debug)]
struct Corner;

impl Formula for Corner {
    fn name(&self) -> String {
        "4/5 + (x + y)/2 + x^2 + y^2 - log(e^x + e^y)".into()
    }

    fn dimension(&self) -> usize {
        2
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        let plane = (x[0].clone() + &x[1]) / 2.0 + 0.8;
        plane + x[0].square() + x[1].square() - (x[0].exp() + x[1].exp()).ln()
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let Some(folder) = arguments.next().map(PathBuf::from) else {
        return Err("name a folder to write to, and dimensions if 2 is not enough".into());
    };
    let mut dimensions: Vec<usize> = arguments.map(|m| m.parse()).collect::<Result<_, _>>()?;
    if dimensions.is_empty() {
        dimensions.push(2);
    }
    fs::create_dir_all(&folder)?;
    let mut tampered = false;
    for m in dimensions {
        for (row, entry) in entries(m)?.iter().enumerate() {
            for (column, known) in entry.constants().iter().enumerate().filter(|(_, known)| known.tight) {
                let claim = Claim::new(entry.objective(), one_per_cent_better(&known.modulus)?)?;
                let Some(counterexample) = claim.falsify(&SearchConfig::budget(100_000))?.counterexample
                else {
                    println!("m = {m}: {claim}: not refuted, no file");
                    continue;
                };
                match counterexample.to_coq(&claim) {
                    Ok(text) => {
                        if !tampered {
                            // The same numbers, the opposite conclusion.
                            let opposite =
                                text.replace("  0 < divergence - bound", "  divergence - bound < 0");
                            let opposite =
                                opposite.replace("  0 < bound - divergence", "  bound - divergence < 0");
                            write(
                                &folder.join("false_statement.v"),
                                &opposite,
                                "the opposite of a counterexample",
                            )?;
                            tampered = true;
                        }
                        let file = folder.join(format!("claim_{m}_{row:02}_{column}.v"));
                        write(&file, &text, &claim.to_string())?;
                    }
                    Err(error) => println!("m = {m}: {claim}: no file: {error}"),
                }
            }
        }
    }
    boxes(&folder)
}

/// Bounds that branch and bound proves.
fn boxes(folder: &Path) -> Result<(), Box<dyn Error>> {
    let effort = Effort::default();
    let line = [Interval::hull(-3.0, 3.0)];
    if prove_nonnegative(&Gap, &line, &effort)?.is_proved() {
        write(&folder.join("box_gap.v"), &nonnegative_to_coq(&Gap, &line)?, "a bound on an interval")?;
    }
    let softplus = Separable::new(Softplus, 1)?;
    let smooth = Modulus::smooth(0.2525, 2.0, Norm::L2)?;
    if prove_curvature(&softplus, &smooth, &line, &effort)?.is_proved() {
        let text = curvature_to_coq(&softplus, &smooth, &line)?;
        write(&folder.join("box_softplus.v"), &text, "softplus, 1 % above its constant")?;
    }
    let log_cosh = Separable::new(LogCosh, 1)?;
    let convex = Modulus::convex(0.4, 2.0, Norm::L2)?;
    let near = [Interval::hull(-0.99, 0.99)];
    if prove_curvature(&log_cosh, &convex, &near, &effort)?.is_proved() {
        let text = curvature_to_coq(&log_cosh, &convex, &near)?;
        write(&folder.join("box_log_cosh.v"), &text, "log cosh is strongly convex near 0")?;
    }
    let corner = [Interval::hull(0.0, 0.25), Interval::hull(0.0, 0.25)];
    if prove_nonnegative(&Corner, &corner, &effort)?.is_proved() {
        let text = nonnegative_to_coq(&Corner, &corner)?;
        write(&folder.join("box_corner.v"), &text, "a bound in two variables")?;
    }
    Ok(())
}

fn write(file: &Path, text: &str, what: &str) -> Result<(), Box<dyn Error>> {
    fs::write(file, text)?;
    println!("{} ({} bytes): {what}", file.display(), text.len());
    Ok(())
}

/// The modulus with its offset, or without one its constant, one per cent on the side that is false.
fn one_per_cent_better(modulus: &Modulus) -> Result<Modulus, Box<dyn Error>> {
    let better = if modulus.offset() > 0.0 {
        modulus.clone().with_offset(0.99 * modulus.offset())?
    } else {
        let factor = match modulus.side() {
            Side::Convex => 1.01,
            Side::Smooth => 0.99,
        };
        Modulus::new(modulus.side(), modulus.potential().clone().scaled(factor)?, 0.0)?
    };
    Ok(better)
}
