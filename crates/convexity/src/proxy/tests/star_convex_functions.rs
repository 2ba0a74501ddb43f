//! E1: the star-convex functions against their hypotheses and guarantees.

use super::*;
use crate::norms::Norm;
use crate::objectives::Objective;
use crate::objectives::Region;
use crate::proxy::star_convex::{EvenPolynomial, RootPower, convex, quasar_convex};
use crate::search::SearchConfig;
use crate::trajectory::Trajectory;
use std::sync::Arc;

fn config(seed: u64) -> SearchConfig {
    SearchConfig { seed: Seed::new(seed), budget: 1500 }
}

#[test]
fn root_powers_keep_every_guarantee() {
    for problem in 0..PROBLEMS {
        let mut stream = stream("root", problem);
        let minimiser = vector(&mut stream, 4);
        let function =
            RootPower::new(minimiser.to_vec(), stream.random_range(0.3..2.0), stream.random_range(0.3..2.0))
                .unwrap();
        let instance = function.instance().unwrap();
        let start = &minimiser + &(vector(&mut stream, 4) * 3.0);
        let comparator = instance.comparator();
        let smoothness = instance.smoothness();
        let step = stream.random_range(0.2..1.9) / smoothness;
        let run = Descent::new(step, 150)
            .unwrap()
            .gradient(&Exact::new(instance.proxy().clone()), &start, &comparator)
            .unwrap();
        assert_sound(&instance.guarantee(&start).unwrap().check(&[run]).unwrap(), "P2");
        // SGD with additive noise has P1 only, with the Lipschitz constant of f (at most that of the start's
        // ball is not known beforehand for SGD): p <= 1 has ‖∇f‖ <= e^{(p-1)/2} everywhere, as r (r² +
        // e)^{p/2-1} <= (r² + e)^{(p-1)/2}.
        let p = RootPower::new(minimiser.to_vec(), stream.random_range(0.3..1.0), 1.0).unwrap();
        let oracle = Noisy::new(p.instance().unwrap().proxy().clone(), 0.5).unwrap();
        let runs = Descent::new(0.1, 60)
            .unwrap()
            .stochastic(&oracle, &start, &comparator, RUNS, Seed::new(problem))
            .unwrap();
        let p1 = lipschitz(comparator.distance(&start).unwrap(), 1.25);
        assert_sound(&p1.check(&runs).unwrap(), "P1");
    }
}

#[test]
fn even_polynomials_keep_every_guarantee_and_are_not_convex() {
    let mut refuted = 0;
    for problem in 0..PROBLEMS {
        let mut stream = stream("polynomial", problem);
        let minimiser = vector(&mut stream, 3);
        let terms = (0..4)
            .map(|k| {
                let mut a: Vec<i32> = (0..3).map(|_| stream.random_range(0..2)).collect();
                a[k % 3] += 1;
                (stream.random_range(0.2..2.0), a)
            })
            .collect();
        let function = EvenPolynomial::new(minimiser.to_vec(), terms).unwrap();
        let start = &minimiser + &vector(&mut stream, 3);
        let distance = (&start - &minimiser).mapv(|x| x * x).sum().sqrt();
        let instance = function.instance(distance).unwrap();
        let run = Descent::new(1.0 / instance.smoothness(), 150)
            .unwrap()
            .gradient(&Exact::new(instance.proxy().clone()), &start, &instance.comparator())
            .unwrap();
        assert_sound(&instance.guarantee(&start).unwrap().check(&[run]).unwrap(), "P2");
        let around = Region::Around { point: minimiser.to_vec() };
        assert!(instance.proxy().falsify(&around, &config(problem)).unwrap().holds());
        // Near misses: tau 1 % too large, and convexity claimed.
        let f: Arc<dyn Objective> = Arc::new(function.clone());
        let greedy = quasar_convex(f.clone(), 1.01 * function.tau()).unwrap();
        assert!(greedy.falsify(&around, &config(problem)).unwrap().is_violated());
        refuted +=
            usize::from(convex(f).falsify(&Region::Everywhere, &config(problem)).unwrap().is_violated());
    }
    // A few of the polynomials are convex.
    assert!(refuted > 35, "{refuted}");
}

#[test]
fn a_power_below_one_is_neither_convex_nor_star_convex() {
    for problem in 0..PROBLEMS {
        let mut stream = stream("near miss", problem);
        let p = stream.random_range(0.2..0.9);
        let function: Arc<dyn Objective> = Arc::new(RootPower::new(vec![0.5, -0.5], p, 1.0).unwrap());
        let around = Region::Around { point: vec![0.5, -0.5] };
        for tau in [1.0, 1.05 * p] {
            let verdict =
                quasar_convex(function.clone(), tau).unwrap().falsify(&around, &config(problem)).unwrap();
            assert!(verdict.is_violated(), "p = {p}, tau = {tau}: {verdict}");
        }
        // A violation far out is none near the minimiser, where f is about a parabola and tau = 2 almost
        // true.
        let ball = Region::Ball { centre: vec![0.5, -0.5], radius: 0.05, norm: Norm::L2 };
        let verdict = convex(function).falsify(&ball, &config(problem)).unwrap();
        assert!(verdict.holds(), "{verdict}");
    }
}

#[test]
fn a_step_beyond_the_limit_is_not_covered() {
    for problem in 0..PROBLEMS {
        let mut stream = stream("step", problem);
        let minimiser = vector(&mut stream, 2);
        let function = RootPower::new(minimiser.to_vec(), 2.0, 1.0).unwrap();
        let instance = function.instance().unwrap();
        // The parabola's own limit is 2; L2 = 1 has it exactly.
        assert_eq!(instance.smoothness(), 1.0);
        let start = &minimiser + 1.0;
        let step = stream.random_range(2.001..2.5);
        let run = Descent::new(step, 40)
            .unwrap()
            .gradient(&Exact::new(instance.proxy().clone()), &start, &instance.comparator())
            .unwrap();
        let last = run.steps().last().unwrap();
        assert!(last.g > run.steps()[0].g, "the iterates leave");
        assert_unmet(&instance.guarantee(&start).unwrap().check(&[run]).unwrap(), "eta < 2/L2");
    }
}

#[test]
fn trajectories_are_examined_against_a_comparator() {
    let function: Arc<dyn Objective> = Arc::new(RootPower::new(vec![0.0], 0.5, 1.0).unwrap());
    let points = [0.1, 1.0, 10.0, 1000.0].map(|x| Array1::from(vec![x]));
    let trajectory = Trajectory::record(&*function, points).unwrap();
    let v = Array1::from(vec![0.0]);
    let good = quasar_convex(function.clone(), 0.5).unwrap().along(&trajectory, &v).unwrap();
    assert!(good.verdict().holds());
    let greedy = quasar_convex(function.clone(), 0.6).unwrap().along(&trajectory, &v).unwrap();
    assert!(greedy.verdict().is_violated());
    // ‖∇f‖² at 1000 is 1e-3: a PL inequality with mu = 0.01 breaks out there and not near 0.
    let pl = ProxyPl::new(function.clone(), function, 0.0, 2.0, 0.01).unwrap();
    assert!(pl.along(&trajectory).unwrap().verdict().is_violated());
    assert!(pl.at(&Array1::from(vec![1.0]).view()).holds());
}
