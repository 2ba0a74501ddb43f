//! The list of all experiments: the one line that a new one adds.

use fenchel_harness::Registry;

use crate::code::PROGRAM;
use crate::{experiments, ingredients, probe};

/// All experiments, in the order of the report, and the program that computes their cells.
pub const REGISTRY: Registry = Registry {
    experiments: &[
        &experiments::bounds::Bounds,
        &experiments::labels::Labels,
        &experiments::sgd::StochasticDescent,
        &experiments::skip::SkipConnections,
        &experiments::width::OverParametrisation,
        &experiments::init::Init,
        &experiments::gd::GeneralisedDescent,
        &experiments::losses::Losses,
        &experiments::optimisers::Optimisers,
        &experiments::proxy::ProxyConvexity,
        &experiments::gap::Gap,
    ],
    program: PROGRAM,
    choosing: &["seeds", "datasets", "models", "models_cifar", "losses", "optimisers", "schedules", "starts"],
    probe: probe::seconds,
    headline: ingredients::sandwiches_in_words,
};

#[cfg(test)]
mod tests {
    use super::*;
    use fenchel_harness::claim::Rule;
    use fenchel_harness::{Condition, Criterion, Profile};
    use std::collections::HashSet;

    #[test]
    fn every_experiment_plans_every_profile() {
        let mut ids = HashSet::new();
        for experiment in REGISTRY.experiments {
            assert!(ids.insert(experiment.id()));
            assert!(!experiment.title().is_empty() && !experiment.paper().is_empty());
            for profile in [Profile::Quick, Profile::Paper, Profile::Full] {
                let settings = experiment.default_settings(profile);
                let cells = experiment.cells(&settings).unwrap();
                assert!(!cells.is_empty(), "{} {profile}", experiment.id());
                // The plan is a function of the settings.
                let again = experiment.cells(&settings).unwrap();
                assert!(cells.iter().zip(&again).all(|(a, b)| a.id == b.id && a.case == b.case));
            }
        }
    }

    #[test]
    fn every_expected_verdict_is_of_a_declared_claim_and_every_claim_has_one() {
        let expected: serde_json::Value =
            serde_json::from_str(include_str!("../verdicts.quick.json")).unwrap();
        let declared: HashSet<&str> = REGISTRY
            .experiments
            .iter()
            .flat_map(|experiment| experiment.claims())
            .map(|claim| claim.id)
            .collect();
        for (back_end, verdicts) in expected.as_object().unwrap() {
            let named: HashSet<&str> = verdicts.as_object().unwrap().keys().map(String::as_str).collect();
            let odd: Vec<_> = declared.symmetric_difference(&named).collect();
            assert!(odd.is_empty(), "{back_end}: {odd:?}");
        }
    }

    #[test]
    fn claims_are_declared_whole() {
        let theory = include_str!("../../../docs/theory.md");
        let mut ids = HashSet::new();
        for experiment in REGISTRY.experiments {
            assert!(!experiment.claims().is_empty(), "{}", experiment.id());
            for claim in experiment.claims() {
                let id = claim.id;
                assert!(ids.insert(id) && id.starts_with(&format!("{}.", experiment.id())), "{id}");
                assert!(!claim.statement.is_empty() && !claim.conditions.is_empty(), "{id}");
                assert!(!claim.tables.is_empty(), "{id} names no table with its numbers");
                for tag in claim.theorems {
                    assert!(theory.contains(&format!("[{tag}]")), "{id}: the theory has no {tag}");
                }
                let mut names = HashSet::new();
                for Condition { name, rule } in claim.conditions {
                    assert!(names.insert(name) && !name.is_empty(), "{id}: {name}");
                    let bounds = match rule {
                        Rule::Always => Vec::new(),
                        Rule::Value(criterion) | Rule::Groups(criterion) | Rule::Supposed(criterion) => {
                            match criterion {
                                Criterion::AtLeast(x)
                                | Criterion::Above(x)
                                | Criterion::AtMost(x)
                                | Criterion::Below(x) => vec![*x],
                                Criterion::Between(low, high) => vec![*low, *high],
                            }
                        }
                    };
                    // JSON, of which the fingerprint is taken, has no others.
                    assert!(bounds.iter().all(|bound| bound.is_finite()), "{id}: {name}");
                }
            }
        }
    }

    #[test]
    fn unknown_names_are_refused_with_the_known_ones() {
        let message = REGISTRY.select(&["nonsense".into()]).err().unwrap().to_string();
        assert!(message.contains("nonsense") && message.contains("gd"), "{message}");
        assert_eq!(REGISTRY.select(&["gd".into()]).unwrap().len(), 1);
    }
}
