//! What must not be proved, and what must not be refuted: kinks, jumps, poles, derivatives that lie, boxes
//! that are none.

use crate::certified::{
    Effort, Proof, best_curvature, minimum, prove_curvature, prove_nonnegative, prove_pairs,
    prove_polyak_lojasiewicz,
};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::number::{Interval, Number};
use crate::objectives::{Domain, Formula, Kink};

#[derive(Clone, Copy, Debug)]
enum Example {
    /// x or 0.1 x, as a jump and as a join.
    Leaky {
        joined: bool,
    },
    /// max(1 - x, 0) by `select`.
    Hinge,
    /// |x|, with a gradient that is written by branches and keeps its slope to itself.
    OneSided,
    /// x^2, with the gradient and the divergence of 3 x^2.
    Liar,
    /// |x|^1.5, with no kink declared.
    Undeclared,
    /// x^2 / 2, with a kink in the plane declared.
    Foreign,
    /// 1, but -1 on [0.3, 0.300001).
    Needle,
    /// 1/(x + y), x/y, 1/x^2 and -log x^2.
    RecipSum,
    Ratio,
    RecipSquare,
    MinusLogSquare,
    /// max(x, 0) - z x + log(1 + e^-|x|), convex and 1/4-smooth.
    Logits(f64),
    /// x^2 + 3 sin^2 x.
    Wavy,
    /// x^2 on a box of the wrong dimension.
    Misplaced,
    /// Nothing at all.
    Empty,
}

impl Formula for Example {
    fn name(&self) -> String {
        format!("{self:?}")
    }
    fn dimension(&self) -> usize {
        match self {
            Self::RecipSum | Self::Ratio => 2,
            Self::Empty => 0,
            _ => 1,
        }
    }
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        match self {
            Self::Leaky { joined: true } => x[0].join(|| x[0].clone() * 0.1, || x[0].clone()),
            Self::Leaky { joined: false } => x[0].select(|| x[0].clone() * 0.1, || x[0].clone()),
            Self::Hinge => (x[0].clone() - 1.0).select(|| N::one() - &x[0], N::zero),
            Self::OneSided => x[0].abs(),
            Self::Liar | Self::Misplaced => x[0].square(),
            Self::Undeclared => x[0].abs().powf(1.5),
            Self::Foreign => x[0].square() / 2.0,
            Self::Needle => {
                (x[0].clone() - 0.3).select(N::one, || (x[0].clone() - 0.300001).select(|| -N::one(), N::one))
            }
            Self::RecipSum => (x[0].clone() + &x[1]).powi(-1),
            Self::Ratio => x[0].clone() * x[1].powi(-1),
            Self::RecipSquare => x[0].powi(-2),
            Self::MinusLogSquare => -x[0].square().ln(),
            Self::Logits(z) => x[0].max(&N::zero()) - x[0].clone() * *z + (-x[0].abs()).exp().ln_1p(),
            Self::Wavy => x[0].square() + x[0].sin().square() * 3.0,
            Self::Empty => N::one(),
        }
    }
    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        match self {
            Self::OneSided => gradient[0] = x[0].select(|| -N::one(), N::one),
            Self::Liar => gradient[0] = x[0].clone() * 6.0,
            _ => {
                for i in 0..x.len() {
                    let mut point: Vec<_> = x.iter().cloned().map(crate::number::Dual::constant).collect();
                    point[i].derivative = N::one();
                    gradient[i] = self.value_in(&point).derivative;
                }
            }
        }
    }
    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        (u[0].clone() - &v[0]).square() * 3.0
    }
    fn domain(&self) -> Domain {
        match self {
            Self::Misplaced => Domain::Box { lower: vec![-1.0; 2], upper: vec![1.0; 2] },
            _ => Domain::Whole,
        }
    }
    fn kinks(&self) -> Vec<Kink> {
        match self {
            Self::Foreign => vec![Kink::Point(vec![0.0, 0.0]), Kink::Point(Vec::new()), Kink::tie(3, 0, 1)],
            _ => Vec::new(),
        }
    }
}

const EFFORT: Effort = Effort { boxes: 3000 };

fn smooth(c: f64) -> Modulus {
    Modulus::smooth(c, 2.0, Norm::L2).unwrap()
}

fn convex(c: f64) -> Modulus {
    Modulus::convex(c, 2.0, Norm::L2).unwrap()
}

#[test]
fn a_kink_is_never_proved_smooth() {
    let line = Interval::hull(-3.0, 3.0);
    for example in
        [Example::Leaky { joined: true }, Example::Leaky { joined: false }, Example::Hinge, Example::OneSided]
    {
        for modulus in [smooth(0.01), smooth(1.0), convex(1e-3)] {
            let curvature = prove_curvature(&example, &modulus, &[line], &EFFORT).unwrap();
            assert!(!curvature.is_proved(), "{example:?} {modulus}: {curvature:?}");
            let pairs = prove_pairs(&example, &modulus, line, &EFFORT).unwrap();
            assert!(!pairs.is_proved(), "{example:?} {modulus}: {pairs:?}");
        }
        assert!(prove_pairs(&example, &smooth(0.01), line, &EFFORT).unwrap().is_refuted(), "{example:?}");
        let best = best_curvature(&example, Side::Smooth, &Norm::L2, &[line], 1e-3, &EFFORT).unwrap();
        assert_eq!(best.hi(), f64::INFINITY, "{example:?}");
    }
}

#[test]
fn derivatives_come_from_the_value_alone() {
    let line = Interval::hull(-1.0, 2.0);
    assert!(prove_curvature(&Example::Liar, &convex(2.1), &[line], &EFFORT).unwrap().is_refuted());
    assert!(prove_pairs(&Example::Liar, &convex(2.1), line, &EFFORT).unwrap().is_refuted());
    assert!(prove_curvature(&Example::Liar, &smooth(2.1), &[line], &EFFORT).unwrap().is_proved());
    assert!(prove_pairs(&Example::Liar, &smooth(2.1), line, &EFFORT).unwrap().is_proved());
    // Kinks of another dimension say nothing, and nothing panics.
    assert!(prove_curvature(&Example::Foreign, &smooth(1.1), &[line], &EFFORT).unwrap().is_proved());
    assert!(prove_pairs(&Example::Foreign, &smooth(1.1), line, &EFFORT).unwrap().is_proved());
}

/// At the kink itself there is no second derivative that could be too small: f'' >= 3/4 everywhere else.
#[test]
fn an_undeclared_kink_refutes_nothing() {
    let line = Interval::hull(-1.0, 1.0);
    for region in [line, Interval::hull(-1.0, 3.0), Interval::hull(0.0, 1.0)] {
        let proof = prove_curvature(&Example::Undeclared, &convex(0.35), &[region], &EFFORT).unwrap();
        assert!(!proof.is_refuted(), "{proof:?}");
    }
    for (z, c) in [(0.0, 0.26), (0.3, 0.25), (1.0, 10.0)] {
        let f = Example::Logits(z);
        assert!(!prove_pairs(&f, &smooth(c), Interval::hull(-8.0, 8.0), &EFFORT).unwrap().is_refuted());
        assert!(
            !prove_curvature(&f, &smooth(c), &[Interval::hull(-8.0, 8.0)], &EFFORT).unwrap().is_refuted()
        );
    }
    assert!(
        prove_pairs(&Example::Logits(0.3), &smooth(0.24), Interval::hull(-8.0, 8.0), &EFFORT)
            .unwrap()
            .is_refuted()
    );
}

#[test]
fn a_jump_is_seen() {
    let proof = prove_nonnegative(&Example::Needle, &[Interval::hull(0.0, 1.0)], &Effort::default()).unwrap();
    let Proof::Refuted { counterexample, .. } = proof else { panic!("{proof:?}") };
    assert!((0.3..0.300001).contains(&counterexample[0]));
}

#[test]
fn nothing_is_proved_across_a_pole() {
    let sum = [Interval::hull(-2.0, 1.0), Interval::hull(1.0, 3.0)];
    let ratio = [Interval::hull(1.0, 2.0), Interval::hull(-1.0, 3.0)];
    for (example, region) in [(Example::RecipSum, sum), (Example::Ratio, ratio)] {
        assert!(!prove_nonnegative(&example, &region, &EFFORT).unwrap().is_proved());
        assert_eq!(minimum(&example, &region, 1e-6, &EFFORT).unwrap().value.lo(), f64::NEG_INFINITY);
    }
    // Up to the pole from one side only: the values are bounded below, but not on all of the box.
    let half = [Interval::hull(0.0, 1.0)];
    assert!(!prove_nonnegative(&Example::RecipSquare, &half, &EFFORT).unwrap().is_proved());
    let line = Interval::hull(-1.0, 2.0);
    for example in [Example::RecipSquare, Example::MinusLogSquare] {
        let curvature = prove_curvature(&example, &convex(0.1), &[line], &EFFORT).unwrap();
        let pairs = prove_pairs(&example, &convex(0.1), line, &EFFORT).unwrap();
        assert!(!curvature.is_proved() && !pairs.is_proved(), "{curvature:?} {pairs:?}");
        let best = best_curvature(&example, Side::Convex, &Norm::L2, &[line], 1e-3, &EFFORT).unwrap();
        assert_eq!(best.lo(), f64::NEG_INFINITY);
    }
    // Away from the pole all is as it was.
    let right = [Interval::hull(0.5, 2.0)];
    assert!(prove_curvature(&Example::RecipSquare, &convex(0.37), &right, &EFFORT).unwrap().is_proved());
}

#[test]
fn polyak_lojasiewicz_without_convexity() {
    let prove = |mu, minimiser| {
        let line = Interval::hull(-6.0, 6.0);
        prove_polyak_lojasiewicz(&Example::Wavy, mu, minimiser, line, &Effort::default())
    };
    assert!(prove(0.1, 0.0).unwrap().is_proved());
    let refuted = prove(0.3, 0.0).unwrap();
    let Proof::Refuted { counterexample, .. } = &refuted else { panic!("{refuted:?}") };
    let x = counterexample[0];
    let slope = 2.0 * x + 3.0 * (2.0 * x).sin();
    assert!(slope * slope < 0.6 * (x * x + 3.0 * x.sin().powi(2)));
    // The slope at 1 is not zero; at a kink there is none.
    assert!(prove(0.1, 1.0).is_err() && prove(0.1, f64::NAN).is_err() && prove(-1.0, 0.0).is_err());
    let line = Interval::hull(-1.0, 1.0);
    assert!(prove_polyak_lojasiewicz(&Example::OneSided, 0.1, 0.0, line, &EFFORT).is_err());
}

/// Whatever the box, the answer is an answer or an error.
#[test]
fn boxes_that_are_none_are_refused() {
    let ends = [f64::NEG_INFINITY, -1.0, 0.0, 2.0, f64::MAX, f64::INFINITY, f64::NAN];
    let effort = Effort { boxes: 40 };
    for (a, b) in ends.into_iter().flat_map(|a| ends.map(|b| (a, b))) {
        let side = Interval::hull(a, b);
        let senseless = side.is_undefined() || (a == b && a.is_infinite());
        for example in [Example::Wavy, Example::RecipSquare, Example::Leaky { joined: true }] {
            assert_eq!(prove_nonnegative(&example, &[side], &effort).is_err(), senseless, "{side:?}");
            assert_eq!(minimum(&example, &[side], 1e-3, &effort).is_err(), senseless, "{side:?}");
            let flat = senseless || a == b;
            assert_eq!(prove_curvature(&example, &smooth(1.0), &[side], &effort).is_err(), flat, "{side:?}");
            assert_eq!(prove_pairs(&example, &smooth(1.0), side, &effort).is_err(), senseless, "{side:?}");
        }
        assert!(minimum(&Example::RecipSum, &[side], 1e-3, &effort).is_err());
        assert!(prove_nonnegative(&Example::Misplaced, &[side], &effort).is_err());
        let _ = side.midpoint();
    }
    assert!(prove_nonnegative(&Example::Empty, &[], &effort).is_err());
    assert!(best_curvature(&Example::Empty, Side::Convex, &Norm::L2, &[], 1e-3, &effort).is_err());
}
