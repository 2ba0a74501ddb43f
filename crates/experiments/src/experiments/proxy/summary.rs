//! What the records of `proxy` say of its claims.

use std::collections::BTreeMap;

use fenchel_harness::claim::{Count, extreme};
use fenchel_harness::number::{grouped, short};
use fenchel_harness::statistics::{median, median_estimate, share};
use fenchel_harness::{Estimate, Failure, Findings, Outcome, Result, Summary};

use super::claims::*;
use super::digest::Gathered;
use super::record::{Check, Record};
use super::{Case, Instance, Settings, figures, tables};

pub(super) fn summarise(
    settings: &Settings,
    outcomes: &[Outcome<Case, Record>],
    findings: &mut Findings,
) -> std::result::Result<Summary, Failure> {
    let gathered = Gathered::new(outcomes)?;
    guarantees(&gathered, findings)?;
    separable(settings, &gathered, findings)?;
    images(&gathered, findings)?;
    nonlinearity(&gathered, findings)?;
    let slopes = [true, false].map(|smooth| {
        let slopes: Vec<f64> = gathered.slopes(smooth).into_iter().flatten().collect();
        median_estimate(&slopes).unwrap_or_default()
    });
    let separable = Instance::ALL.into_iter().filter(|instance| instance.separable().is_some());
    let (mut telling, mut descended) = ((0, 0), (0, 0));
    for check in separable.flat_map(|instance| gathered.checks(instance, false)) {
        let (count, good) = if check.theorem == "E3" {
            (&mut telling, check.last().is_some_and(|point| point.bound < 0.5))
        } else {
            (&mut descended, check.applies())
        };
        count.0 += usize::from(good);
        count.1 += 1;
    }
    Ok(Summary {
        ran: format!(
            "{} random problems of {} instances, each with gradient descent and {} runs of SGD; E4's nonlinearity at widths {} to {}; E3 on classes \
             {} and {} of {}. Everything in f64: hypotheses at every iterate, conclusions at every prefix.",
            grouped(gathered.problems.len()),
            Instance::ALL.len(),
            settings.runs,
            settings.widths.iter().min().copied().unwrap_or(0),
            settings.widths.iter().max().copied().unwrap_or(0),
            settings.classes[0],
            settings.classes[1],
            settings.datasets.join(" and "),
        ),
        came_out: format!(
            "Slack (bound / measured after the last step, medians over problems): {}. E4's nonlinearity falls as width^{{{}}} for tanh and width^{{{}}} for leaky \
             ReLU. E3's guarantee is informative (bound on g below 1/2) on {} of {} separable problems. P3 applies to E3 on {} of {} problems: elsewhere leaky ReLU breaks its descent inequality.",
            slacks(&gathered),
            short(slopes[0].value),
            short(slopes[1].value),
            telling.0,
            telling.1,
            descended.0,
            descended.1
        ),
        differs: "SGD's guarantees bound expectations; they are checked on means over runs with one-sided 99 % limits (Student's t, each prefix by itself). For leaky \
                  ReLU width^{−1/4} was expected; the bound that is proved here over the ball falls like width^{−1/6}, and the search looks for the worst pair, not a typical one. Leaky ReLU is not smooth: P3 is claimed only where its descent inequality is measured at every step."
            .into(),
        tables: vec![tables::slack(&gathered), tables::separable(&gathered), tables::near_misses(&gathered), tables::widths(&gathered)],
        figures: vec![
            figures::guarantees(&gathered),
            figures::networks(&gathered),
            figures::images(&gathered),
            figures::widths(&gathered, &slopes),
        ],
    })
}

/// The median slack of gradient descent for each instance.
fn slacks(gathered: &Gathered<'_>) -> String {
    let of = |instance: Instance| {
        let check = |check: &&Check| check.theorem != "P3" || instance.separable().is_none();
        let ratios: Vec<f64> = gathered.checks(instance, false).filter(check).map(Check::ratio).collect();
        median(&ratios).ok().map(|ratio| format!("{} {}", instance.title(), short(ratio)))
    };
    Instance::ALL.into_iter().filter_map(of).collect::<Vec<_>>().join("; ")
}

/// Hypotheses and conclusions along every run.
fn guarantees(gathered: &Gathered<'_>, findings: &mut Findings) -> Result<()> {
    // P3 on E3 is left out: leaky ReLU is not smooth, and P3 is claimed where its descent inequality happens to hold.
    let smooth = gathered.problems.iter().filter(|(instance, _)| instance.separable().is_none());
    let of_smooth = smooth.flat_map(|(_, problem)| &problem.checks);
    let asked = || of_smooth.clone().chain(gathered.all_checks().filter(|check| check.theorem == "E3"));
    let unmet = asked().map(|check| check.unmet.len()).sum();
    findings.about(&HYPOTHESES)?.holds(&MET, unmet, asked().map(|check| check.hypotheses).sum())?;

    let applying = |stochastic: bool| {
        gathered.all_checks().filter(move |check| check.stochastic == stochastic && check.applies())
    };
    let by_theorem = |stochastic: bool, theorems: &[&str]| {
        let count = |theorem: &&str| {
            let own = || applying(stochastic).filter(|check| check.theorem == *theorem);
            Count {
                group: (*theorem).to_owned(),
                violations: own().map(|check| check.violations).sum(),
                checked: own().map(|check| check.prefixes).sum(),
                vacuous: 0,
            }
        };
        theorems.iter().map(count).collect::<Vec<_>>()
    };
    findings.about(&GRADIENT_DESCENT)?.counts(&KEPT, by_theorem(false, &["P2", "P3", "E3"]))?;

    // All prefixes of an instance and a theorem together: a minority of problems that are not confirmed counts.
    let mut prefixes: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (instance, problem) in &gathered.problems {
        for check in problem.checks.iter().filter(|check| check.stochastic && check.applies()) {
            let group = format!("{}, {}", instance.title(), check.theorem);
            let (confirmed, all) = prefixes.entry(group).or_default();
            *confirmed += check.confirmed;
            *all += check.prefixes;
        }
    }
    let confirmed = prefixes.into_iter().map(|(group, (confirmed, all))| Ok((group, share(confirmed, all)?)));
    let confirmed = confirmed.collect::<Result<Vec<_>>>()?;
    findings
        .about(&STOCHASTIC)?
        .counts(&NOT_REFUTED, by_theorem(true, &["P1", "P2", "P3", "E3"]))?
        .estimates(&CONFIRMED, confirmed)?;

    let misses = gathered.problems.iter().flat_map(|(_, problem)| &problem.near_misses);
    findings.about(&NEAR_MISSES)?.each(&SEEN, misses.map(|miss| miss.seen))?;
    Ok(())
}

/// The bounds of E3's (c) after gradient descent.
fn separable(settings: &Settings, gathered: &Gathered<'_>, findings: &mut Findings) -> Result<()> {
    let bounds = |instance| {
        let own = gathered.checks(instance, false).filter(|check| check.theorem == "E3");
        own.filter_map(Check::last).map(|point| point.bound)
    };
    let largest = extreme(bounds(Instance::Separable), f64::max);
    let least = extreme(bounds(Instance::SeparableNoise10), f64::min);
    findings
        .about(&SEPARABLE)?
        .value(&INFORMATIVE, Estimate::exact(largest))?
        .value(&VACUOUS, Estimate::exact(least))?
        .value(&STEPS, Estimate::exact(settings.separable_steps as f64))?;
    Ok(())
}

fn images(gathered: &Gathered<'_>, findings: &mut Findings) -> Result<()> {
    let logs = || gathered.images.iter().flat_map(|(.., images)| &images.errors);
    findings
        .about(&ERRORS)?
        .each(&TRAIN_ERRORS, logs().map(|log| log.train_error <= 2.0 * log.train_surrogate))?
        .each(&TEST_ERRORS, logs().map(|log| log.test_error <= 2.0 * log.test_surrogate))?;
    let own = || gathered.images.iter().flat_map(|(.., images)| &images.checks);
    let violations = own().map(|check| check.violations).sum();
    findings.about(&IMAGES)?.holds(&IMAGES_KEPT, violations, own().map(|check| check.prefixes).sum())?;
    Ok(())
}

fn nonlinearity(gathered: &Gathered<'_>, findings: &mut Findings) -> Result<()> {
    let widths = || gathered.widths.iter().map(|(.., width)| width);
    let slopes =
        [(true, "tanh"), (false, "leaky ReLU")].map(|(smooth, name)| (name, gathered.slopes(smooth)));
    let random = widths().map(|width| width.random < width.e);
    findings.about(&TANGENT)?.groups(&SLOPES, slopes)?.each(&RANDOM_PAIRS, random)?;
    findings.about(&TANGENT_BOUND)?.each(&BELOW_BOUND, widths().map(|width| width.e <= width.bound))?;
    Ok(())
}

#[cfg(test)]
mod tests;
