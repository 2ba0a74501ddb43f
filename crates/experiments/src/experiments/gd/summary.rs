//! The claims of `gd`.

use super::descent::Tally;
use super::{Case, Constant, Record, Run, Settings, exponent, figures};
use crate::claim::{Claim, Criterion};
use crate::error::Failure;
use crate::experiment::Outcome;
use crate::number::grouped;
use crate::statistics::Estimate;
use crate::summary::Summary;

pub(super) fn summarise(settings: &Settings, outcomes: &[Outcome<Case, Record>]) -> Result<Summary, Failure> {
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
        claims: vec![decrease(&runs), best_step(&runs), rates(&runs), geometric(&runs), attained(&exponents), fourth_erratum(&runs), fifth_erratum(&runs)],
        tables: vec![figures::runs(outcomes), figures::catalogue(outcomes)],
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
        grouped(kept.violations),
        grouped(kept.checked),
        grouped(printed.violations),
        grouped(printed.checked),
        slopes.join(", ")
    )
}

fn valid(run: &Run) -> bool {
    run.constant != Constant::Printed || run.r == 2.0
}

fn total(runs: &[&Run], which: impl Fn(&Run) -> bool, tally: impl Fn(&Run) -> Tally) -> Tally {
    let mut sum = Tally::default();
    runs.iter().filter(|run| which(run)).for_each(|run| sum.add(tally(run)));
    sum
}

fn decrease(runs: &[&Run]) -> Claim {
    let sum = total(runs, valid, |run| run.checks.decrease);
    Claim::new("gd.decrease", "Each step lowers G by at least [qα − (q−1)α^{r}] Φ*(∇G) [T6]")
        .holds("G(x) − G(x⁺) ≥ the promise, every valid majorant, every step", sum.violations, sum.checked)
        .shown_in("first-step")
        .listed_in("runs")
        .listed_in("catalogue")
}

/// Compares, within each group of runs that differ in α only, the promises of the first step.
fn best_step(runs: &[&Run]) -> Claim {
    let mut tally = Tally::default();
    for (i, best) in runs.iter().enumerate().filter(|(_, run)| run.alpha == 1.0) {
        // Runs of one cell and constant are neighbours.
        let same =
            |run: &&&Run| run.constant == best.constant && run.c == best.c && run.gaps[0] == best.gaps[0];
        let before = runs[..i].iter().rev().take_while(same);
        for run in before.chain(runs[i + 1..].iter().take_while(same)) {
            tally.check(run.promise, best.promise, 1e-12 * best.promise.abs());
        }
    }
    Claim::new("gd.best-step", "The guaranteed decrease is largest at α = 1 [T6]")
        .holds("promise at α ≤ promise at 1, every run", tally.violations, tally.checked)
        .shown_in("first-step")
}

fn rates(runs: &[&Run]) -> Claim {
    let energy = total(runs, valid, |run| run.checks.energy);
    let convex = total(runs, valid, |run| run.checks.convex);
    let dominated = total(runs, valid, |run| run.checks.dominated);
    Claim::new("gd.rates", "At α = 1 the rates of T7 hold at every prefix")
        .holds("(i) least energy ≤ D_{0}/T", energy.violations, energy.checked)
        .holds("(ii) convex rate", convex.violations, convex.checked)
        .holds("(iii) linear rate under domination", dominated.violations, dominated.checked)
        .listed_in("catalogue")
}

/// |1 − α c^{−1/(r−1)}|^r, by which F changes in a step.
pub(super) fn factor(run: &Run) -> f64 {
    (1.0 - run.alpha * (run.c / run.r).powf(-1.0 / (run.r - 1.0))).abs().powf(run.r)
}

fn geometric(runs: &[&Run]) -> Claim {
    let mut tally = Tally::default();
    for run in runs.iter().filter(|run| run.constant != Constant::Known) {
        let contraction = factor(run).powf(1.0 / run.r);
        // The step repeats powers q − 1 of the gradient norm: (q − 1)(m + 16) units of x, m = 100.
        let moved = run.alpha * (run.c / run.r).powf(-1.0 / (run.r - 1.0));
        let units = (run.r / (run.r - 1.0) * (1.0 + moved) + 1.0) * 1024.0 * f64::EPSILON;
        for pair in run.gaps.windows(2) {
            let measured = (pair[1] / pair[0]).powf(1.0 / run.r);
            tally.check((measured - contraction).abs(), units, units * contraction);
        }
    }
    Claim::new(
        "gd.geometric",
        "On ‖x‖^{r} the decay is geometric, with factor |1 − α c^{−1/(r−1)}|^{r} a step",
    )
    .holds("measured factor = formula, every step", tally.violations, tally.checked)
    .shown_in("decay")
    .listed_in("runs")
}

fn attained(exponents: &[&exponent::Measured]) -> Claim {
    let mut claim =
        Claim::new("gd.exponent", "The exponent of T7(iv) is attained on |x|^{p}/p").shown_in("exponents");
    let mut sum = Tally::default();
    for one in exponents {
        sum.add(one.checks);
        let ratio = Estimate::exact(one.slope / one.expected());
        claim = claim.requires(
            &format!("fitted / theoretical, p = {}", one.p),
            ratio,
            Criterion::Between(0.95, 1.05),
        );
    }
    claim.holds("bound of T7(iv), every prefix", sum.violations, sum.checked)
}

fn fourth_erratum(runs: &[&Run]) -> Claim {
    let printed: Vec<&&Run> =
        runs.iter().filter(|run| run.constant == Constant::Printed && run.r < 2.0).collect();
    let count = |alpha: f64, holds: &dyn Fn(&Run) -> bool| {
        let chosen: Vec<_> = printed.iter().filter(|run| run.alpha == alpha).collect();
        (chosen.iter().filter(|run| !holds(run)).count(), chosen.len())
    };
    let growth = |run: &Run| run.gaps[run.gaps.len() - 1] / run.gaps[0];
    let one = count(1.0, &|run| run.gaps[1] <= 1e-12 * run.gaps[0]);
    let still = count(2.0, &|run| (growth(run) - 1.0).abs() <= 1e-9);
    let grows = count(3.0, &|run| run.gaps.windows(2).all(|pair| pair[1] > pair[0]));
    let broken = [2.0, 3.0].map(|alpha| count(alpha, &|run| run.checks.decrease.violations > 0));
    let kept =
        total(runs, |run| run.constant == Constant::Printed && run.alpha <= 1.5, |run| run.checks.decrease);
    Claim::new("gd.erratum-4", "c = 1 on ‖x‖^{r}, r < 2, shows the printed figure and is no majorant")
        .holds("one step at α = 1", one.0, one.1)
        .holds("no motion at α = 2", still.0, still.1)
        .holds("growth at α = 3", grows.0, grows.1)
        .holds("T6 broken at α = 2 and 3", broken[0].0 + broken[1].0, broken[0].1 + broken[1].1)
        .holds("T6 kept for α ≤ 1.5", kept.violations, kept.checked)
        .shown_in("decay")
        .shown_in("first-step")
}

fn fifth_erratum(runs: &[&Run]) -> Claim {
    let beyond: Vec<&&Run> = runs
        .iter()
        .filter(|run| {
            run.constant == Constant::Majorant && run.r < 2.0 && run.alpha > 1.0 && factor(run) < 1e-9
        })
        .collect();
    let slow = beyond.iter().filter(|run| run.gaps[1] > 1e-9 * run.gaps[0]).count();
    let mut kept = Tally::default();
    beyond.iter().for_each(|run| kept.add(run.checks.decrease));
    Claim::new("gd.erratum-5", "\"The best step is exactly 1\" is about the promise: with c = 2^{2−r} the step 2^{(2−r)/(r−1)} is better")
        .holds("one step at α = 2^{(2−r)/(r−1)}", slow, beyond.len())
        .holds("T6 kept there too", kept.violations, kept.checked)
        .shown_in("first-step")
}
