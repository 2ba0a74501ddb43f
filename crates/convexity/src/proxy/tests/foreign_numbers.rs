//! True theorems with foreign numbers: those of another run, start, comparator or function. They are never
//! refuted, and they do not hold.

use super::*;
use crate::catalogue::Quadratic;
use crate::objectives::Objective;
use crate::proxy::neuron::NeuronInstance;
use crate::proxy::star_convex::{EvenPolynomial, RootPower, convex};
use ndarray::array;

/// A hypothesis is not met, and neither the claim nor the verdict is a refutation that stands.
fn assert_foreign(checked: &check::Checked, name: &str, what: &str) {
    let verdict = checked.verdict();
    assert!(
        matches!(verdict, Verdict::Undecided { reason: Reason::HypothesisNotMet { .. } }),
        "{what}: {verdict}"
    );
    let unmet = checked.report.hypotheses.iter().find(|h| h.obstacle().is_some()).unwrap();
    assert!(unmet.name.starts_with(name), "{what}: {}", unmet.name);
}

/// An instance of P2 as it is used: an oracle, a comparator, a start, and L2.
struct Problem {
    name: &'static str,
    oracle: Box<dyn Oracle>,
    comparator: Comparator,
    start: Array1<f64>,
    smoothness: f64,
}

impl Problem {
    fn guarantee(&self) -> SmoothGuarantee {
        self.comparator.guarantee(&self.start, self.smoothness).unwrap()
    }

    fn run(&self, step: f64, comparator: &Comparator) -> Run {
        let method = Descent::new(step / self.smoothness, 40).unwrap();
        method.gradient(&*self.oracle, &self.start, comparator).unwrap()
    }

    fn stochastic(&self, seed: u64) -> Vec<Run> {
        let method = Descent::new(0.5 / self.smoothness, 20).unwrap();
        method.stochastic(&*self.oracle, &self.start, &self.comparator, 4, Seed::new(seed)).unwrap()
    }
}

/// E1 and E2 about comparators of their own.
fn problems(index: u64) -> Vec<Problem> {
    let mut stream = stream("foreign", index);
    let (n, d) = (12, 3);
    let mut all = Vec::new();
    let mut add = |name, oracle, comparator: Comparator, smoothness, stream: &mut Stream| {
        let start = comparator.point() + &vector(stream, d);
        all.push(Problem { name, oracle, comparator, start, smoothness });
    };
    let power = RootPower::new(vector(&mut stream, d).to_vec(), 0.7, 1.0).unwrap().instance().unwrap();
    let oracle = Box::new(Exact::new(power.proxy().clone()));
    add("RootPower", oracle, power.comparator(), power.smoothness(), &mut stream);
    let terms = vec![(1.0, vec![1, 0, 0]), (0.5, vec![0, 1, 1]), (2.0, vec![0, 1, 0]), (1.0, vec![0, 0, 1])];
    let polynomial =
        EvenPolynomial::new(vector(&mut stream, d).to_vec(), terms).unwrap().instance(2.0).unwrap();
    let oracle = Box::new(Exact::new(polynomial.proxy().clone()));
    add("EvenPolynomial", oracle, polynomial.comparator(), polynomial.smoothness(), &mut stream);
    let (x, v, y) = (inputs(&mut stream, n, d), vector(&mut stream, d), vector(&mut stream, n));
    for (name, instance) in [
        ("realisable", NeuronInstance::realisable(x.clone(), v.clone(), 0.4)),
        ("ReLU", NeuronInstance::relu(x.clone(), v.clone())),
        ("agnostic", NeuronInstance::agnostic(x.clone(), y.clone(), v.clone(), 0.5)),
        ("least squares", NeuronInstance::least_squares(x, y, v)),
    ] {
        let instance = instance.unwrap();
        let oracle = Box::new(instance.oracle(1).unwrap());
        add(name, oracle, instance.comparator().clone(), instance.smoothness(), &mut stream);
    }
    all
}

#[test]
fn a_distance_or_a_cost_that_is_not_the_runs_is_named() {
    for index in 0..10 {
        for problem in problems(index) {
            let own = problem.guarantee();
            let runs = [vec![problem.run(1.0, &problem.comparator)], problem.stochastic(index)];
            for runs in &runs {
                assert_sound_hypotheses(&own.check(runs).unwrap(), problem.name);
                for factor in [0.0, 0.02, 0.9, 1.1, 2e5] {
                    let foreign = SmoothGuarantee { distance: factor * own.distance, ..own };
                    assert_foreign(&foreign.check(runs).unwrap(), "‖w_0 - v‖", problem.name);
                }
                let costly = SmoothGuarantee { comparator_cost: own.comparator_cost + 0.1, ..own };
                assert_foreign(&costly.check(runs).unwrap(), "h(v)", problem.name);
                let free = SmoothGuarantee { comparator_cost: 0.0, ..own };
                if own.comparator_cost > 0.0 {
                    assert_foreign(&free.check(runs).unwrap(), "h(v)", problem.name);
                }
            }
        }
    }
}

fn assert_sound_hypotheses(checked: &check::Checked, what: &str) {
    let unmet: Vec<_> = checked.report.hypotheses.iter().filter_map(|h| h.obstacle()).collect();
    assert!(unmet.is_empty() && checked.violations == 0, "{what}: {unmet:?}");
}

/// Another function's runs, another start, a comparator that is none, a step beyond the limit, a smoothness
/// too small.
#[test]
fn the_numbers_of_another_instance_do_not_hold() {
    for index in 0..10 {
        let (all, others) = (problems(index), problems(index + 100));
        for (i, problem) in all.iter().enumerate() {
            let (own, what) = (problem.guarantee(), problem.name);
            for other in all.iter().skip(i + 1).chain(&others) {
                let checked = own.check(&[other.run(1.0, &other.comparator)]).unwrap();
                assert_foreign(&checked, "‖w_0 - v‖", what);
                assert_foreign(&own.check(&other.stochastic(index)).unwrap(), "‖w_0 - v‖", what);
            }
            let elsewhere = &problem.start * 2.0 + 0.5;
            let foreign = problem.comparator.guarantee(&elsewhere, problem.smoothness).unwrap();
            assert_foreign(&foreign.check(&[problem.run(1.0, &problem.comparator)]).unwrap(), "‖w_0", what);
            assert_foreign(
                &own.check(&[problem.run(2.01, &problem.comparator)]).unwrap(),
                "eta < 2/L2",
                what,
            );
            let flat = SmoothGuarantee { smoothness: 1e-3 * problem.smoothness, ..own };
            let checked = flat.check(&[problem.run(1.0, &problem.comparator)]).unwrap();
            assert_foreign(&checked, "E‖∇f(w;z)‖²", what);
            // A comparator far away, said to cost nothing: what is compared with it is not below it.
            let far = Comparator::new(&problem.start + 50.0, 0.0).unwrap();
            let checked = far.guarantee(&problem.start, problem.smoothness).unwrap();
            let checked = checked.check(&[problem.run(1.0, &far)]).unwrap();
            assert!(!checked.verdict().is_violated(), "{what}: {}", checked.verdict());
        }
    }
}

/// The reading's own numbers: w²/2 from 5 with P1 and P2.
#[test]
fn a_parabola_with_any_distance_and_cost() {
    let proxy = convex(Quadratic::diagonal(&[1.0]).unwrap());
    let run = |cost: f64| {
        let comparator = Comparator::new(array![0.0], cost).unwrap();
        Descent::new(0.5, 50)
            .unwrap()
            .gradient(&Exact::new(proxy.clone()), &array![5.0], &comparator)
            .unwrap()
    };
    assert_sound(&smooth(5.0, 2.0).check(&[run(0.0)]).unwrap(), "P2");
    assert_sound(&lipschitz(5.0, 25.0).check(&[run(0.0)]).unwrap(), "P1");
    for distance in [0.0, 0.1, 1e6] {
        assert_foreign(&smooth(distance, 2.0).check(&[run(0.0)]).unwrap(), "‖w_0 - v‖", "P2");
        assert_foreign(&lipschitz(distance, 25.0).check(&[run(0.0)]).unwrap(), "‖w_0 - v‖", "P1");
    }
    for cost in [8.0, 1e-9] {
        assert_foreign(&smooth(5.0, 2.0).check(&[run(cost)]).unwrap(), "h(v)", "P2");
        assert_foreign(&lipschitz(5.0, 25.0).check(&[run(cost)]).unwrap(), "h(v)", "P1");
    }
}

#[test]
fn p3_with_foreign_numbers() {
    for index in 0..10 {
        let mut stream = stream("foreign pl", index);
        let f: std::sync::Arc<dyn Objective> =
            std::sync::Arc::new(Quadratic::diagonal(&[1.0, stream.random_range(0.2..1.0)]).unwrap());
        let start = vector(&mut stream, 2) * 3.0;
        let comparator = Comparator::new(array![0.0, 0.0], 0.0).unwrap();
        let oracle = Exact::new(convex(f.clone()));
        let run = Descent::new(0.5, 30).unwrap().gradient(&oracle, &start, &comparator).unwrap();
        let value = f.value(&start).unwrap();
        let own = pl(value, 0.8, 1.0);
        assert_sound(&own.check(std::slice::from_ref(&run)).unwrap(), "P3");
        let foreign = |guarantee: ProxyPlGuarantee, name: &str| {
            assert_foreign(&guarantee.check(std::slice::from_ref(&run)).unwrap(), name, "P3");
        };
        for factor in [0.0, 0.5, 1.01, 1e6] {
            foreign(ProxyPlGuarantee { start: factor * value, ..own }, "f(w_0)");
        }
        foreign(ProxyPlGuarantee { mu: 8.0, ..own }, "‖∇f(w)‖^alpha");
        foreign(ProxyPlGuarantee { infimum: 0.5 * value, ..own }, "f >= f_inf");
        foreign(ProxyPlGuarantee { smoothness: 10.0, ..own }, "eta <= 1/L");
    }
}

/// What the guarantees ask of a run at every step, asked of one whose record says otherwise at one.
#[test]
fn one_step_that_breaks_an_assumption_is_named() {
    for problem in problems(1) {
        let own = problem.guarantee();
        let run = problem.run(1.0, &problem.comparator);
        let with = |change: fn(&mut Step)| {
            let mut run = run.clone();
            change(&mut run.steps[3]);
            [run]
        };
        let below = with(|step| step.g = -1.0);
        assert_unmet(&own.check(&below).unwrap(), "g >= 0");
        let wrong_way = with(|step| step.inner = -1e6);
        let bounded = LipschitzGuarantee {
            distance: own.distance,
            comparator_cost: own.comparator_cost,
            second_moment: 1e6,
        };
        assert!(bounded.check(std::slice::from_ref(&run)).unwrap().verdict().holds(), "{}", problem.name);
        assert_unmet(&bounded.check(&wrong_way).unwrap(), "<∇f(w), w - v>");
        let of = |left: f64| {
            check::at_every_iterate("left <= 1", std::slice::from_ref(&run), |_| (left, 1.0, 0.0))
        };
        assert!(of(0.5).obstacle().is_none() && of(1.5).obstacle().is_some());
        assert!(of(f64::NAN).obstacle().is_some(), "nothing is at most 1 that is no number");
    }
}
