//! Spikes that a search does not see, steps far from 0, and steps that are a little off.

use crate::catalogue::{LogCosh, Quadratic, Separable};
use crate::moduli::Modulus;
use crate::norms::Norm;
use crate::number::Number;
use crate::objectives::{Formula, Objective};
use crate::theorems::by_hand::parabola;
use crate::theorems::descent::{self, Run};
use crate::theorems::gradient_bounds::Infimum;
use crate::theorems::{interference, rates};
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent, MiniBatchDescent, Trajectory};
use crate::verdict::{Reason, Report, Verdict};
use fenchel_random::Seed;
use ndarray::array;
use std::sync::Arc;

fn unit() -> Modulus {
    Modulus::smooth(1.0, 2.0, Norm::L2).unwrap()
}

/// x^2/2 + 5 exp(-((x - 2.345)/w)^2).
#[derive(Debug)]
struct Spike(f64);

impl Formula for Spike {
    fn name(&self) -> String {
        format!("x^2/2 with a spike of width {}", self.0)
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[0].square() * 0.5 + (-((x[0].clone() - 2.345) / self.0).square()).exp() * 5.0
    }
}

#[track_caller]
fn is_not_met(report: &Report, text: &str) {
    let Verdict::Undecided { reason: Reason::HypothesisNotMet { name, residual } } = report.verdict() else {
        panic!("{}", report.verdict())
    };
    assert!(name.contains(text) && residual > 0.0, "{name}: {residual}");
}

#[test]
fn a_run_that_lands_on_a_spike_meets_no_modulus_however_narrow_it_is() {
    for width in [1e-2, 1e-3, 1e-4, 1e-7, 1e-12] {
        let (function, modulus) = (Spike(width), unit());
        // Half a step from 4.69 is 2.345.
        let half = GeneralisedDescent::new(modulus.potential().clone(), 0.5).unwrap();
        let trajectory = half.run(&function, &array![4.69], 1).unwrap();
        let report = descent::check(&Run::new(&function, &modulus, &trajectory), 0.5).unwrap();
        assert!(report.inequality.is_violated());
        is_not_met(&report, "smooth along every step");
        // The rates have a = 1: with C = 2 the step is the same.
        let double = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap();
        let whole = GeneralisedDescent::new(double.potential().clone(), 1.0).unwrap();
        let trajectory = whole.run(&function, &array![4.69], 1).unwrap();
        let run = Run::new(&function, &double, &trajectory);
        let lower = Modulus::convex(0.5, 2.0, Norm::L2).unwrap();
        for report in [
            rates::energy(&run, &Infimum::At(array![0.0])).unwrap(),
            rates::convex(&run, &array![0.0]).unwrap(),
            rates::dominated(&run, &lower, &Infimum::At(array![0.0])).unwrap(),
        ] {
            is_not_met(&report, "smooth along every step");
        }
        let sum = FiniteSum::new(vec![Arc::new(Spike(width)) as Arc<dyn Objective>]).unwrap();
        let run = BatchRun::record(&sum, [array![4.69], array![2.345]], vec![vec![0]]).unwrap();
        is_not_met(&interference::check(&sum, &run, &double).unwrap(), "smooth along every step");
    }
}

#[test]
fn honest_runs_near_optima_far_from_zero_are_never_refuted() {
    let (modulus, mut held) = (unit(), 0);
    for centre in [1e3_f64, 1e6, -3e7] {
        for distance in [1e-3, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9] {
            // One function, and a sum of two whose centres are neighbours.
            let sum = FiniteSum::new(vec![parabola(1.0, centre), parabola(1.0, centre.next_up())]).unwrap();
            for size in [1, 2] {
                let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
                let method = MiniBatchDescent::new(method, size, Seed::new(9)).unwrap();
                let run = method.run(&sum, &array![centre + distance], 6).unwrap();
                for report in [
                    interference::check(&sum, &run, &modulus).unwrap(),
                    interference::identity(&sum, &run).unwrap(),
                ] {
                    assert!(report.verdict().holds(), "{centre} {distance} {size}: {}", report.verdict());
                    held += 1;
                }
            }
            for step in [0.3, 1.0, 1.7] {
                let method = GeneralisedDescent::new(modulus.potential().clone(), step).unwrap();
                let trajectory = method.run(&sum, &array![centre + distance], 6).unwrap();
                let run = Run::new(&sum, &modulus, &trajectory);
                let report = descent::check(&run, step).unwrap();
                assert!(report.verdict().holds(), "{centre} {distance} {step}: {}", report.verdict());
                if step == 1.0 {
                    let report = rates::energy(&run, &Infimum::AtLeast(0.0)).unwrap();
                    assert!(report.verdict().holds(), "{centre} {distance}: {}", report.verdict());
                }
                held += 1;
            }
        }
    }
    assert_eq!(held, 3 * 6 * 7);
}

#[test]
fn a_step_that_is_off_is_noticed_relative_to_its_length() {
    for centre in [0.0, 1.0, 1e6] {
        let sum = FiniteSum::new(vec![parabola(1.0, centre), parabola(0.5, centre)]).unwrap();
        let start = centre + 1e-3;
        for (off, noticed) in [(1.1, true), (0.9, true), (1.0 + 1e-5, true), (1.0, false)] {
            // The first sample's step is to its centre.
            let next = start - off * (start - centre);
            let run = BatchRun::record(&sum, [array![start], array![next]], vec![vec![0]]).unwrap();
            let report = interference::check(&sum, &run, &unit()).unwrap();
            let function = parabola(1.0, centre);
            let trajectory = Trajectory::record(&*function, [array![start], array![next]]).unwrap();
            let modulus = unit();
            let one = descent::check(&Run::new(&*function, &modulus, &trajectory), 1.0).unwrap();
            for report in [report, one] {
                assert!(!report.verdict().is_violated());
                assert_eq!(report.verdict().holds(), !noticed, "{centre} {off}: {}", report.verdict());
                if noticed {
                    is_not_met(&report, "every step is");
                }
            }
        }
    }
}

#[test]
fn other_orders_of_the_operations_are_round_off() {
    // x - g/C, x - (1/C) g, and fma: what optimisers elsewhere do.
    let function = Separable::new(LogCosh, 1).unwrap();
    for c in [1.0, 1.3, 3.7] {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        for k in 0..200 {
            let x = 0.013 * f64::from(k) - 1.1;
            for next in [x - x.tanh() / c, x - (1.0 / c) * x.tanh(), (-1.0 / c).mul_add(x.tanh(), x)] {
                let trajectory = Trajectory::record(&function, [array![x], array![next]]).unwrap();
                let report = descent::check(&Run::new(&function, &modulus, &trajectory), 1.0).unwrap();
                assert!(report.verdict().holds(), "{c} {x}: {}", report.verdict());
            }
        }
    }
}

/// x^2/2 + 1e8 - 1e8: f64 loses eight digits of it.
#[derive(Debug)]
struct Cancelling;

impl Formula for Cancelling {
    fn name(&self) -> String {
        "x^2/2 + 1e8 - 1e8".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[0].square() * 0.5 + 1e8 - 1e8
    }

    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        (u[0].clone() - &v[0]).square() * 0.5
    }
}

#[test]
fn values_that_cancel_in_f64_refute_nothing() {
    let sum = FiniteSum::new(vec![
        Arc::new(Cancelling) as Arc<dyn Objective>,
        Arc::new(Quadratic::diagonal(&[1.0]).unwrap()),
    ])
    .unwrap();
    let mut doubtful = 0;
    for k in 1..40 {
        let x = 0.017 * f64::from(k);
        let run = BatchRun::record(&sum, [array![x], array![0.0]], vec![vec![0]]).unwrap();
        for report in
            [interference::identity(&sum, &run).unwrap(), interference::check(&sum, &run, &unit()).unwrap()]
        {
            assert!(report.verdict().holds(), "{x}: {}", report.verdict());
        }
        let report = interference::identity(&sum, &run).unwrap();
        doubtful += u32::from((report.measured - report.bound).abs() > 1e-10);
    }
    assert!(doubtful > 20, "{doubtful}");
}
