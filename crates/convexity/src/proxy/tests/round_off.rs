//! What bounds the round-off of a run, and what is said without a bound.

use super::*;
use crate::catalogue::Quadratic;
use crate::number::Number;
use crate::objectives::{Closure, Formula, ForwardError, Objective};
use ndarray::array;

/// `(1e8 + w²/2) - 1e8`: w²/2, of which f64 knows eight digits after the point.
#[derive(Debug)]
struct Cancelling;

impl Formula for Cancelling {
    fn name(&self) -> String {
        "(1e8 + w²/2) - 1e8".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, w: &[N]) -> N {
        (w[0].square() / 2.0 + 1e8) - 1e8
    }
}

/// The same as a function of f64.
fn closure() -> Closure {
    let value = |w: &[f64]| (1e8 + 0.5 * w[0] * w[0]) - 1e8;
    Closure::new("cancelling", 1, value, |w: &[f64], s: &mut [f64]| s[0] = w[0]).unwrap()
}

/// P2 for g = 2f and eta = L2 = 1, which is tight after one step: g(w_0) <= w_0².
fn tight(proxy: ProxyConvex, start: f64) -> check::Checked {
    let comparator = Comparator::new(array![0.0], 0.0).unwrap();
    let run = Descent::new(1.0, 1).unwrap();
    let run = run.gradient(&Exact::new(proxy), &array![start], &comparator).unwrap();
    smooth(start.abs(), 1.0).check(&[run]).unwrap()
}

#[test]
fn values_that_cancel_refute_nothing() {
    let mut doubted = 0;
    for problem in 0..PROBLEMS {
        // f(w_0) between one half and one unit of the last place of 1e8: f64 has it up to twice too large.
        let start = stream("cancelling", problem).random_range(1.23e-4..1.7e-4);
        let stated = closure().with_forward_error(|_| ForwardError { value: 1.5e-8, gradient: 0.0 });
        for proxy in [
            star_convex::quasar_convex(Cancelling, 2.0).unwrap(),
            star_convex::quasar_convex(closure(), 2.0).unwrap(),
            star_convex::quasar_convex(stated, 2.0).unwrap(),
        ] {
            let checked = tight(proxy, start);
            assert!(checked.report.slack < -1e-9 && checked.violations == 0, "{:?}", checked.report);
            assert!(checked.report.inequality.is_undecided(), "{}", checked.report.inequality);
            doubted += usize::from(checked.verdict().is_undecided());
        }
    }
    assert_eq!(doubted, 3 * PROBLEMS as usize);
}

/// The surrogate nine times too large: refuted where the round-off is bounded, doubted where it is not.
#[test]
fn a_false_conclusion_needs_a_bound_to_be_certified() {
    let f = || Closure::new("w²/2", 1, |w: &[f64]| 0.5 * w[0] * w[0], |w: &[f64], s: &mut [f64]| s[0] = w[0]);
    let stated = f()
        .unwrap()
        .with_forward_error(|w| ForwardError { value: f64::EPSILON * w[0] * w[0], gradient: 0.0 });
    let formula = star_convex::quasar_convex(Quadratic::diagonal(&[1.0]).unwrap(), 9.0).unwrap();
    assert!(tight(formula, 1.0).report.inequality.is_violated());
    assert!(tight(star_convex::quasar_convex(stated, 9.0).unwrap(), 1.0).report.inequality.is_violated());
    let claim = tight(star_convex::quasar_convex(f().unwrap(), 9.0).unwrap(), 1.0).report.inequality;
    assert!(matches!(claim, Verdict::Undecided { reason: Reason::NoCertificate { .. } }), "{claim}");
}

/// The error of a formula is the distance to its exact value, here known in closed form.
#[test]
fn the_error_of_a_formula_is_its_distance_from_the_truth() {
    for w in [1e-4, 1.5e-4, 0.1, 3.0] {
        let error = star_convex::convex(Cancelling).round_off(&array![w]).unwrap();
        let computed = Cancelling.value(&array![w]).unwrap();
        // w²/2 in f64 is exact to an ulp, and all of the error comes from 1e8.
        let apart = (computed - 0.5 * w * w).abs();
        assert!((error.f - apart).abs() <= f64::EPSILON * w * w, "{w}: {} {apart}", error.f);
        assert!(error.f == error.g && error.gradient <= 1e-149, "{error:?}");
        assert!(star_convex::convex(closure()).round_off(&array![w]).is_none());
    }
}
