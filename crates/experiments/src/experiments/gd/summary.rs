//! What the records of `gd` say of its claims.

use fenchel_harness::number::grouped;
use fenchel_harness::{Claim, Condition, Estimate, Failure, Findings, Outcome, Result, Summary};

use super::claims::*;
use super::digest::factor;
use super::{Case, Constant, Record, Run, Settings, exponent, figures};
use crate::ingredients::Tally;

pub(super) fn summarise(
    settings: &Settings,
    outcomes: &[Outcome<Case, Record>],
    findings: &mut Findings,
) -> std::result::Result<Summary, Failure> {
    let runs: Vec<&Run> = outcomes
        .iter()
        .filter_map(|outcome| if let Record::Runs(runs) = &outcome.record { Some(runs) } else { None })
        .flatten()
        .collect();
    let exponents: Vec<&exponent::Measured> = outcomes
        .iter()
        .filter_map(
            |outcome| if let Record::Exponent(measured) = &outcome.record { Some(measured) } else { None },
        )
        .collect();
    let steps: usize = runs.iter().map(|run| run.checks.decrease.checked).sum();
    promised(&runs, findings)?;
    geometric(&runs, findings)?;
    attained(&exponents, findings)?;
    fourth_erratum(&runs, findings)?;
    fifth_erratum(&runs, findings)?;
    Ok(Summary {
        ran: format!(
            "F(x) = ‖x‖^{{r}} in {} dimensions for {} exponents and {} steps with three constants of the majorant; nine \
             functions with known constants in l_{{2}}, l_{{1}}, l_{{∞}} and l_{{4}}; |x|^{{p}}/p for p = {}. {} runs, {} steps, all in \
             f64; every inequality is checked up to a derived bound on its rounding error.",
            settings.dimension,
            settings.exponents.len(),
            settings.steps.len(),
            settings.flat_exponents.iter().map(f64::to_string).collect::<Vec<_>>().join(", "),
            grouped(runs.len() + exponents.len()),
            grouped(steps)
        ),
        came_out: came_out(&runs, &exponents),
        differs: "The printed experiment runs Φ = ‖·‖^{r}, while the printed lemma proves the majorant 2^{2−r}‖·‖^{r}. \
                  The two cannot both stand: with c = 1 the promise of T6 is broken at α = 2 and 3 for every r < 2, \
                  and with the majorant the one-step behaviour moves from α = 1 to α = 2^{(2−r)/(r−1)}. \"The optimal \
                  step is exactly 1\" is a statement about the promise, not about the function."
            .into(),
        tables: vec![figures::runs(outcomes), figures::catalogue(outcomes), figures::exponent_table(&exponents)],
        figures: vec![figures::decay(outcomes, settings), figures::first_step(outcomes, settings), figures::exponents(&exponents)],
    })
}

fn came_out(runs: &[&Run], exponents: &[&exponent::Measured]) -> String {
    let printed =
        total(runs, |run| run.constant == Constant::Printed && run.r < 2.0, |run| run.checks.decrease);
    let kept = total(runs, valid, |run| run.checks.decrease);
    let slopes: Vec<String> = exponents
        .iter()
        .map(|one| {
            format!("{:.4} for p = {} (theory {:.4})", one.slope, one.p, one.expected()).replace('-', "−")
        })
        .collect();
    format!(
        "With a valid majorant {} of {} steps break T6's promise. With the printed c = 1, which \
         is none for r < 2, {} of {} do. The exponents of T7(iv) come out as {}.",
        grouped(kept.violated),
        grouped(kept.checked),
        grouped(printed.violated),
        grouped(printed.checked),
        slopes.join(", ")
    )
}

fn valid(run: &Run) -> bool {
    run.constant != Constant::Printed || run.r == 2.0
}

fn total(runs: &[&Run], which: impl Fn(&Run) -> bool, tally: impl Fn(&Run) -> Tally) -> Tally {
    runs.iter().filter(|run| which(run)).map(|run| tally(run)).sum()
}

/// Fills in the only condition of a claim.
fn hold(findings: &mut Findings, claim: &Claim, condition: &Condition, sum: Tally) -> Result<()> {
    findings.about(claim)?.holds(condition, sum.violated, sum.checked)?;
    Ok(())
}

/// T6 and T7 on every valid majorant.
fn promised(runs: &[&Run], findings: &mut Findings) -> Result<()> {
    hold(findings, &DECREASE, &PROMISE, total(runs, valid, |run| run.checks.decrease))?;
    hold(findings, &BEST_STEP, &AT_ONE, best_step(runs))?;
    let energy = total(runs, valid, |run| run.checks.energy);
    let convex = total(runs, valid, |run| run.checks.convex);
    let dominated = total(runs, valid, |run| run.checks.dominated);
    findings
        .about(&RATES)?
        .holds(&LEAST_ENERGY, energy.violated, energy.checked)?
        .holds(&CONVEX, convex.violated, convex.checked)?
        .holds(&LINEAR, dominated.violated, dominated.checked)?;
    Ok(())
}

/// Compares, within each group of runs that differ in α only, the promises of the first step.
fn best_step(runs: &[&Run]) -> Tally {
    let mut tally = Tally::default();
    for (i, best) in runs.iter().enumerate().filter(|(_, run)| run.alpha == 1.0) {
        // Runs of one cell and constant are neighbours.
        let same =
            |run: &&&Run| run.constant == best.constant && run.c == best.c && run.gaps[0] == best.gaps[0];
        let before = runs[..i].iter().rev().take_while(same);
        for run in before.chain(runs[i + 1..].iter().take_while(same)) {
            tally.count(run.promise <= best.promise + 1e-12 * best.promise.abs());
        }
    }
    tally
}

/// Whether the first step leaves so small a share of the gap.
fn falls_to(run: &Run, share: f64) -> bool {
    matches!(run.gaps[..], [first, second, ..] if second <= share * first)
}

fn geometric(runs: &[&Run], findings: &mut Findings) -> Result<()> {
    let mut tally = Tally::default();
    for run in runs.iter().filter(|run| run.constant != Constant::Known) {
        let contraction = factor(run).powf(1.0 / run.r);
        // The step repeats powers q − 1 of the gradient norm: (q − 1)(m + 16) units of x, m = 100.
        let moved = run.alpha * (run.c / run.r).powf(-1.0 / (run.r - 1.0));
        let units = (run.r / (run.r - 1.0) * (1.0 + moved) + 1.0) * 1024.0 * f64::EPSILON;
        for pair in run.gaps.windows(2) {
            let measured = (pair[1] / pair[0]).powf(1.0 / run.r);
            tally.count((measured - contraction).abs() <= units + units * contraction);
        }
    }
    hold(findings, &GEOMETRIC, &FACTOR, tally)
}

fn attained(exponents: &[&exponent::Measured], findings: &mut Findings) -> Result<()> {
    let sum: Tally = exponents.iter().map(|one| one.checks).sum();
    let ratio =
        |one: &&exponent::Measured| (format!("p = {}", one.p), Estimate::exact(one.slope / one.expected()));
    findings.about(&EXPONENT)?.estimates(&FITTED, exponents.iter().map(ratio))?.holds(
        &FLAT_BOUND,
        sum.violated,
        sum.checked,
    )?;
    Ok(())
}

fn fourth_erratum(runs: &[&Run], findings: &mut Findings) -> Result<()> {
    let printed: Vec<&&Run> =
        runs.iter().filter(|run| run.constant == Constant::Printed && run.r < 2.0).collect();
    let at = |alpha: f64| printed.iter().filter(move |run| run.alpha == alpha);
    let growth = |run: &Run| run.gaps[run.gaps.len() - 1] / run.gaps[0];
    let grows = |run: &Run| run.gaps.windows(2).all(|pair| pair[1] > pair[0]);
    // A promise about numbers that are none is not kept, nor is it shown to be false.
    let breaks = |run: &Run| run.checks.decrease.violated > 0 && run.gaps.iter().all(|gap| gap.is_finite());
    let kept =
        total(runs, |run| run.constant == Constant::Printed && run.alpha <= 1.5, |run| run.checks.decrease);
    findings
        .about(&FOURTH_ERRATUM)?
        .each(&ONE_STEP, at(1.0).map(|run| falls_to(run, 1e-12)))?
        .each(&STILL, at(2.0).map(|run| (growth(run) - 1.0).abs() <= 1e-9))?
        .each(&GROWTH, at(3.0).map(|run| grows(run)))?
        .each(&BROKEN, at(2.0).chain(at(3.0)).map(|run| breaks(run)))?
        .holds(&KEPT_BELOW, kept.violated, kept.checked)?;
    Ok(())
}

fn fifth_erratum(runs: &[&Run], findings: &mut Findings) -> Result<()> {
    let beyond: Vec<&&Run> = runs
        .iter()
        .filter(|run| {
            run.constant == Constant::Majorant && run.r < 2.0 && run.alpha > 1.0 && factor(run) < 1e-9
        })
        .collect();
    let fast = beyond.iter().map(|run| falls_to(run, 1e-9));
    let kept: Tally = beyond.iter().map(|run| run.checks.decrease).sum();
    findings.about(&FIFTH_ERRATUM)?.each(&BETTER_STEP, fast)?.holds(
        &KEPT_BEYOND,
        kept.violated,
        kept.checked,
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
