//! What is written for Coq: word for word in the small, and for the whole catalogue.

use super::*;
use crate::ConvexityError;
use crate::catalogue::{Cosine, LogCosh, NegativeEntropy, Separable, entries};
use crate::claims::{Claim, Counterexample, ExactFloat};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::number::{Interval, Number};
use crate::objectives::{Closure, Formula, Region};
use crate::potentials::Potential;
use crate::search::SearchConfig;
use ndarray::aview1;

/// x^2, with a name that would end a comment.
#[derive(Debug)]
struct Square;

impl Formula for Square {
    fn name(&self) -> String {
        "x \"squared\" (*) (x*)".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x[0].square()
    }
}

fn refuted(claim: &Claim<'_>) -> Counterexample {
    claim.falsify(&SearchConfig::default()).unwrap().counterexample.expect("it is false")
}

/// The counterexample with other points.
fn at(claim: &Claim<'_>, u: &[f64], v: &[f64]) -> Counterexample {
    let exact = |x: &[f64]| x.iter().copied().map(ExactFloat).collect();
    let value = |x: &[f64]| ExactFloat(claim.objective().value(&aview1(x)).unwrap());
    Counterexample { u: exact(u), v: exact(v), values: (value(u), value(v)), ..refuted(claim) }
}

#[test]
fn a_tiny_theorem_word_for_word() {
    let claim = Claim::new(&Square, Modulus::smooth(1.0, 1.0, Norm::L1).unwrap()).unwrap();
    let text = at(&claim, &[-1.5], &[0.5]).to_coq(&claim).unwrap();
    let (header, body) = text.split_once("Require").unwrap();
    assert!(header.contains("x 'squared' ( * ) (x* ) is smooth with N(1, 1, l_1)."));
    // Every line of the header is a comment of its own.
    for line in header.lines().filter(|line| !line.is_empty()) {
        assert!(line.starts_with("(* ") && line.ends_with(" *)"));
        assert_eq!((line.matches("(*").count(), line.matches("*)").count()), (1, 1));
        assert!(!line.contains('"'));
    }
    assert_eq!(
        format!("Require{body}"),
        "Require Import Reals.
From Interval Require Import Tactic.
Open Scope R_scope.

Definition u_0 : R := - 3 / 2. (* -1.5e0 *)
Definition value_at_u : R := u_0 ^ 2.
Definition v_0 : R := 1 / 2. (* 5e-1 *)
Definition value_at_v : R := v_0 ^ 2.
Definition slope_0 : R := v_0 * 2.
Definition t_1 : R := u_0 - v_0.
Definition divergence : R := value_at_u - value_at_v - slope_0 * t_1.
Definition bound : R := Rabs t_1.

Theorem the_claim_is_false :
  (* the inequality is broken *)
  0 < divergence - bound.
Proof.
  cbv beta delta [u_0 value_at_u v_0 value_at_v slope_0 t_1 divergence bound].
  repeat apply conj.
  all: first
    [ interval with (i_prec 128)
    | interval with (i_prec 256)
    | interval with (i_prec 512) ].
Qed.
"
    );
}

#[test]
fn the_convex_side_has_the_bound_above_the_divergence() {
    let claim = Claim::new(&Square, Modulus::convex(2.1, 2.0, Norm::L2).unwrap()).unwrap();
    let text = refuted(&claim).to_coq(&claim).unwrap();
    assert!(text.contains("  0 < bound - divergence."), "{text}");
    assert!(!text.contains("0 < divergence - bound"));
}

/// What the search refutes in the catalogue can be written, each function in its dimensions 1 and 2, with
/// all norms.
#[test]
fn every_tight_constant_made_too_good_has_a_file() {
    let mut files = 0;
    for m in [1, 2] {
        for entry in entries(m).unwrap() {
            for known in entry.constants().iter().filter(|known| known.tight) {
                let modulus = &known.modulus;
                let factor = if modulus.side() == Side::Convex { 1.05 } else { 0.95 };
                let potential = modulus.potential().clone().scaled(factor).unwrap();
                let modulus = Modulus::new(modulus.side(), potential, modulus.offset()).unwrap();
                let claim = Claim::new(entry.objective(), modulus).unwrap();
                let text = refuted(&claim).to_coq(&claim).unwrap_or_else(|error| panic!("{claim}: {error}"));
                assert!(text.ends_with("Qed.\n") && text.len() < 6000, "{claim}: {}", text.len());
                files += 1;
            }
        }
    }
    assert!(files > 60, "{files}");
}

#[test]
fn domain_and_region_are_stated() {
    let entropy = NegativeEntropy::new(2).unwrap();
    let claim = Claim::new(&entropy, Modulus::convex(1.05, 2.0, Norm::L1).unwrap()).unwrap();
    let text = refuted(&claim).to_coq(&claim).unwrap();
    for inside in ["  0 <= u_0 /\\", "  0 <= u_1 /\\", "  0 <= v_0 /\\", "  0 <= v_1 /\\"] {
        assert!(text.contains(inside), "{text}");
    }
    // One coordinate is written as what the other leaves of 1.
    assert!(text.contains(" : R := 1 - "), "{text}");

    let smooth = Modulus::smooth(0.9, 2.0, Norm::L2).unwrap();
    let log_cosh = Separable::new(LogCosh, 1).unwrap();
    let ball = Region::Ball { centre: vec![0.0], radius: 0.25, norm: Norm::L2 };
    let claim = Claim::new(&log_cosh, smooth.clone()).unwrap().within(ball).unwrap();
    let text = refuted(&claim).to_coq(&claim).unwrap();
    assert!(text.contains("0 <= 1 / 4 - ") && text.contains("the points lie where the claim is made"));
    let sublevel = Region::Sublevel { level: 0.5, inside: vec![0.0] };
    let claim = Claim::new(&log_cosh, smooth).unwrap().within(sublevel).unwrap();
    let text = refuted(&claim).to_coq(&claim).unwrap();
    assert!(text.contains("0 <= 1 / 2 - "), "{text}");
}

#[test]
fn a_pair_that_refutes_nothing_has_no_file() {
    let claim = Claim::smooth(&Square, 1.0, Norm::L2).unwrap();
    let other = Claim::smooth(&Square, 3.0, Norm::L2).unwrap();
    assert!(refuted(&claim).to_coq(&other).is_err());
    // u = v: both sides are zero.
    assert!(at(&claim, &[0.5], &[0.5]).to_coq(&claim).is_err());
    assert!(at(&claim, &[0.5], &[0.75]).to_coq(&claim).is_ok());
}

#[test]
fn a_function_without_a_formula_has_no_file() {
    let closure =
        Closure::new("x^2", 1, |x: &[f64]| x[0] * x[0], |x: &[f64], s: &mut [f64]| s[0] = 2.0 * x[0]);
    let closure = closure.unwrap();
    let squares = Claim::smooth(&Square, 1.0, Norm::L2).unwrap();
    let claim = Claim::smooth(&closure, 1.0, Norm::L2).unwrap();
    let counterexample = Counterexample { objective: "x^2".into(), ..refuted(&squares) };
    assert!(counterexample.to_coq(&claim).is_err());
}

/// e^t - t - 1 is computed by a series near 0; what is written is the function, and not the series cut off.
#[test]
fn series_are_not_written() {
    let potential = Potential::exponential(Norm::L2);
    let claim = Claim::new(&Square, Modulus::new(Side::Smooth, potential, 0.0).unwrap()).unwrap();
    let text = at(&claim, &[0.25], &[0.0]).to_coq(&claim).unwrap();
    assert!(text.contains("Definition bound : R := exp t_3 - 1 - t_3."), "{text}");
    assert!(text.len() < 2500, "{text}");
}

#[test]
fn a_box_is_a_hypothesis_and_the_curvature_a_bound() {
    let log_cosh = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::smooth(1.5, 2.0, Norm::L2).unwrap();
    let text = curvature_to_coq(&log_cosh, &modulus, &[Interval::hull(0.5, 2.0)]).unwrap();
    assert!(text.contains("  forall x_0 : R, 1 / 2 <= x_0 <= 2 ->"), "{text}");
    assert!(text.contains("0 < x_0 /\\"), "the branch of the sign: {text}");
    assert!(text.contains("i_bisect x_0") && text.contains("i_taylor x_0"));
    let unbounded = [Interval::hull(0.5, f64::INFINITY)];
    assert!(matches!(
        curvature_to_coq(&log_cosh, &modulus, &unbounded),
        Err(ConvexityError::Unsupported { .. })
    ));
    assert!(curvature_to_coq(&log_cosh, &Modulus::smooth(1.0, 1.5, Norm::L2).unwrap(), &unbounded).is_err());
    // A branch that changes inside the box, and a number of variables that boxes are not for.
    let across = nonnegative_to_coq(&Pieces, &[Interval::hull(-1.0, 1.0)]).unwrap_err();
    assert!(
        matches!(&across, ConvexityError::NoExpression { reason, .. } if reason.contains("branch")),
        "{across}"
    );
    assert!(nonnegative_to_coq(&Pieces, &[Interval::hull(0.0, 1.0)]).is_ok());
    let wide = Separable::new(LogCosh, 3).unwrap();
    assert!(nonnegative_to_coq(&wide, &[Interval::hull(0.0, 1.0); 3]).is_err());
}

/// Two pieces.
#[derive(Debug)]
struct Pieces;

impl Formula for Pieces {
    fn name(&self) -> String {
        "two pieces".into()
    }

    fn dimension(&self) -> usize {
        1
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        (x[0].clone() + 0.5).select(|| x[0].exp(), || x[0].square())
    }
}

/// The other statements about a function, each with its own inequality.
#[test]
fn every_kind_of_claim_has_its_inequality() {
    let cosine = Separable::new(Cosine, 1).unwrap();
    let written = |claim: Claim<'_>| refuted(&claim).to_coq(&claim).unwrap();
    let text = written(Claim::convex(&cosine).unwrap());
    assert!(text.contains("  0 < - bound - divergence."), "{text}");
    let text = written(Claim::weakly_convex(&cosine, 0.9, Norm::L2).unwrap());
    assert!(text.contains("  0 < - bound - divergence."), "{text}");
    let text = written(Claim::lipschitz_gradient(&cosine, 0.9, Norm::L2).unwrap());
    assert!(
        text.contains("  0 < divergence - bound.") || text.contains("  0 < - divergence - bound."),
        "{text}"
    );
    // x^2: grad^2 / 2 = 2 x^2, so mu = 2; <grad, w> = 2 f(w), so tau = 2.
    let text = written(Claim::polyak_lojasiewicz(&Square, 2.5, 0.0).unwrap());
    assert!(text.contains("Definition slope_0 : R := u_0 * 2."), "{text}");
    assert!(text.contains("  0 < value_at_u * (5 / 2) - slope_0 ^ 2 / 2."), "{text}");
    let text = written(Claim::quasar_convex(&Square, 2.5, &[0.0]).unwrap());
    assert!(text.contains("  0 < (value_at_u - value_at_v) * (5 / 2) - slope_0 * (u_0 - v_0)."), "{text}");
}
