//! Proofs of what is true, refutations of what is false, and enclosures of what is known.

mod random_formulas;
mod soundness;

use super::cross_entropy::{best_lower, prove_lower, prove_upper_three, prove_upper_two};
use super::*;
use crate::catalogue::{AbsoluteValue, Cosine, LogSumExp, Quadratic, Scalar, Separable, Softplus};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::number::Number;
use crate::objectives::Formula;
use crate::objectives::Kink;

/// A function of one or two variables for these tests, by name.
#[derive(Debug)]
enum Example {
    /// |x|^r / r.
    Power(f64),
    /// (x - y)^2 + 0.1 sin(3x), not negative by little.
    Valley,
    /// x^2 - 2x + 1 + 1e-9, never negative, with minimum 1e-9 at 1.
    Touching,
}

impl Formula for Example {
    fn name(&self) -> String {
        format!("{self:?}")
    }
    fn dimension(&self) -> usize {
        if matches!(self, Self::Valley) { 2 } else { 1 }
    }
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        match self {
            Self::Power(r) => x[0].abs().powf(*r) / *r,
            Self::Valley => (x[0].clone() - &x[1]).square() + (x[0].clone() * 3.0).sin() * 0.1,
            Self::Touching => x[0].square() - x[0].clone() * 2.0 + (1.0 + 1e-9),
        }
    }
    fn kinks(&self) -> Vec<Kink> {
        match self {
            Self::Power(_) => vec![Kink::Point(vec![0.0])],
            _ => Vec::new(),
        }
    }
}

fn on_the_line<S: Scalar>(scalar: S) -> Separable<S> {
    Separable::new(scalar, 1).unwrap()
}

fn effort() -> Effort {
    Effort::default()
}

#[test]
fn minima_are_enclosed() {
    let found = minimum(&Example::Touching, &[Interval::hull(-3.0, 4.0)], 1e-12, &effort()).unwrap();
    assert!((found.value.midpoint() - 1e-9).abs() < 1e-12 && found.value.width() <= 1.1e-12, "{found:?}");
    assert!((found.point[0] - 1.0).abs() < 1e-5);
    let square = [Interval::hull(-1.0, 1.0), Interval::hull(-1.0, 1.0)];
    let found = minimum(&Example::Valley, &square, 1e-6, &effort()).unwrap();
    // At x = y = -pi/6, where the sine is -1.
    assert!(found.value.contains(-0.1) && found.value.width() <= 1e-6, "{found:?}");
    // An effort that is too small still gives a valid enclosure, only a wide one.
    let hasty = minimum(&Example::Valley, &square, 1e-6, &Effort { boxes: 10 }).unwrap();
    assert!(hasty.value.contains(-0.1) && hasty.value.width() > 1e-6, "{hasty:?}");
}

#[test]
fn signs_are_proved_refuted_or_left_open() {
    let line = [Interval::hull(-3.0, 4.0)];
    assert!(prove_nonnegative(&Example::Touching, &line, &effort()).unwrap().is_proved());
    let square = [Interval::hull(-1.0, 1.0), Interval::hull(-1.0, 1.0)];
    let Proof::Refuted { counterexample, value, .. } =
        prove_nonnegative(&Example::Valley, &square, &effort()).unwrap()
    else {
        panic!("the valley is negative somewhere");
    };
    // The counterexample is one also in f64.
    assert!(value.hi() < 0.0 && Formula::value_in(&Example::Valley, &counterexample) < 0.0);
    let open = prove_nonnegative(&Example::Touching, &line, &Effort { boxes: 3 }).unwrap();
    assert!(matches!(open, Proof::Open { boxes: 3, count: 1.., .. }), "{open:?}");
}

#[test]
fn best_curvatures_of_the_catalogue() {
    let wide = [Interval::hull(-6.0, 6.0)];
    let best = |side, region: &[Interval], tolerance: f64| {
        best_curvature(&on_the_line(Softplus), side, &Norm::L2, region, tolerance, &effort()).unwrap()
    };
    let smooth = best(Side::Smooth, &wide, 1e-6);
    assert!(smooth.contains(0.25) && smooth.width() <= 1.1e-6, "{smooth:?}");
    // s (1 - s) at the end x = 6.
    let s = 1.0 / (1.0 + (-6.0_f64).exp());
    let convex = best(Side::Convex, &wide, 1e-6);
    assert!(convex.contains(s * (1.0 - s)) && convex.width() <= 1.1e-6, "{convex:?}");
    let cosine =
        best_curvature(&on_the_line(Cosine), Side::Convex, &Norm::L2, &wide, 1e-6, &effort()).unwrap();
    assert!(cosine.contains(-1.0));
    let square = [Interval::hull(-1.0, 1.0), Interval::hull(-1.0, 1.0)];
    let function = LogSumExp::new(2).unwrap();
    for (norm, constant) in [(Norm::L2, 0.5), (Norm::LINF, 1.0)] {
        let best = best_curvature(&function, Side::Smooth, &norm, &square, 0.05, &effort()).unwrap();
        assert!(best.contains(constant) && best.width() <= 0.05, "{norm}: {best:?}");
    }
    let quadratic = Quadratic::diagonal(&[1.0, 3.0]).unwrap();
    for (side, constant) in [(Side::Convex, 1.0), (Side::Smooth, 3.0)] {
        let best = best_curvature(&quadratic, side, &Norm::L2, &square, 1e-3, &effort()).unwrap();
        assert!(best.contains(constant) && best.width() <= 1e-3, "{best:?}");
    }
}

#[test]
fn curvature_proofs_and_counterexamples() {
    let square = [Interval::hull(-1.0, 1.0), Interval::hull(-1.0, 1.0)];
    let function = LogSumExp::new(2).unwrap();
    let prove = |c| {
        let modulus = Modulus::smooth(c, 2.0, Norm::LINF).unwrap();
        prove_curvature(&function, &modulus, &square, &effort()).unwrap()
    };
    assert!(prove(1.05).is_proved());
    assert!(prove(0.95).is_refuted());
    let other = Modulus::smooth(1.0, 1.5, Norm::L2).unwrap();
    assert!(prove_curvature(&function, &other, &square, &effort()).is_err());
}

#[test]
fn pairs_of_an_interval() {
    let prove = |modulus: Modulus| {
        prove_pairs(&on_the_line(Softplus), &modulus, Interval::hull(-8.0, 8.0), &effort()).unwrap()
    };
    assert!(prove(Modulus::smooth(0.26, 2.0, Norm::L2).unwrap()).is_proved());
    assert!(prove(Modulus::smooth(0.24, 2.0, Norm::L2).unwrap()).is_refuted());
    // With an offset a smaller constant will do; it must be at least 0.1077 (the pair 2.1, -0.95).
    let offset = |c: f64| Modulus::smooth(0.2, 2.0, Norm::L2).unwrap().with_offset(c).unwrap();
    assert!(prove(offset(0.11)).is_proved());
    assert!(prove(offset(0.1)).is_refuted());
    // A kink: |x| is 1-smooth of exponent 2 with offset 2 and no less (u = -v = 1).
    let kinked = |offset: f64| {
        let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap().with_offset(offset).unwrap();
        prove_pairs(&on_the_line(AbsoluteValue), &modulus, Interval::hull(-5.0, 5.0), &effort()).unwrap()
    };
    assert!(kinked(2.2).is_proved());
    assert!(kinked(1.9).is_refuted());
}

#[test]
fn homogeneous_functions_on_the_whole_line() {
    // (1/4) x^4: 1/3 is tight; (3/4) |x|^(4/3): 3^(1/3) is.
    let quartic = |c: f64| {
        let modulus = Modulus::convex(c, 4.0, Norm::L2).unwrap();
        prove_homogeneous(&Example::Power(4.0), &modulus, &effort()).unwrap()
    };
    let proof = quartic(0.999 / 3.0);
    assert!(proof.is_proved(), "{proof:?}");
    assert!(quartic(1.001 / 3.0).is_refuted());
    let root = 4.0 / 3.0;
    let dual = |c: f64| {
        let modulus = Modulus::smooth(c, root, Norm::L2).unwrap();
        prove_homogeneous(&Example::Power(root), &modulus, &effort()).unwrap()
    };
    let proof = dual(3.0_f64.cbrt() * 1.001);
    assert!(proof.is_proved(), "{proof:?}");
    assert!(dual(3.0_f64.cbrt() * 0.999).is_refuted());
}

#[test]
fn the_constants_of_cross_entropy() {
    let lower = best_lower(1e-9, &effort()).unwrap();
    assert!(
        lower.value.lo() > 1.2277 && lower.value.hi() < 1.2278 && lower.value.width() <= 1.1e-9,
        "{lower:?}"
    );
    assert!((lower.point[0] - 0.7153).abs() < 1e-4);
    assert!(prove_lower(lower.value.lo() - 1e-9, &effort()).unwrap().is_proved());
    assert!(prove_lower(lower.value.hi() + 1e-9, &effort()).unwrap().is_refuted());
    let (two, three) = (2.0_f64.ln(), 3.0_f64.ln() / 2.0);
    assert!(prove_upper_two(two * (1.0 + 1e-9), &effort()).unwrap().is_proved());
    assert!(prove_upper_two(two * (1.0 - 1e-9), &effort()).unwrap().is_refuted());
    let proof = prove_upper_three(three * (1.0 + 1e-6), &effort()).unwrap();
    assert!(proof.is_proved(), "{proof:?}");
    assert!(prove_upper_three(three * (1.0 - 1e-6), &effort()).unwrap().is_refuted());
}

#[test]
fn what_cannot_be_proved_in_this_way_is_refused() {
    let line = [Interval::hull(-1.0, 1.0)];
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let kink = prove_curvature(&on_the_line(AbsoluteValue), &modulus, &line, &effort()).unwrap_err();
    assert!(kink.to_string().contains("kink"));
    let function = LogSumExp::new(3).unwrap();
    let cube = [line[0], line[0], line[0]];
    assert!(minimum(&function, &cube, 1e-3, &effort()).unwrap_err().to_string().contains("two variables"));
    let function = LogSumExp::new(2).unwrap();
    assert!(minimum(&function, &line, 1e-3, &effort()).unwrap_err().to_string().contains("region"));
    let undefined = [Interval::undefined(), line[0]];
    assert!(minimum(&function, &undefined, 1e-3, &effort()).is_err());
}
