//! T5: Compatibility of exponents, offsets zero.
//!
//! **Statement.** On an open convex set H(N(c, r))-convexity forces r >= 2, and H(N(C, r))-smoothness
//! with r > 2 forces G concave. Both together: `r_phi >= 2 >= r_Phi`, and on all of R^m both are 2.
//!
//! **Assumptions.** Offsets zero; two points u, v that are not equal, with `M = <s_u - s_v, u - v>`
//! positive for the smooth side.
//!
//! **What is computed.** The proof, run. Adding D(u, v) + D(v, u) over a subdivision of the segment into
//! n parts gives M/n, and at least (at most) `2 n (c/r) (|u-v|/n)^r` if the modulus held. For r < 2 on
//! the convex side, and r > 2 on the smooth side, that fails from some n on; one of the parts is then a
//! counterexample, which is found, certified, and returned.
//!
//! **Reference.** Theory, T5 (ours).
//!
//! **Cost.** Two divergences for each of the n parts, n about `(r M / (2 c |u-v|^r))^{1/|2-r|}`.
//!
//! ```
//! use fenchel_convexity::catalogue::Quadratic;
//! use fenchel_convexity::moduli::Modulus;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::theorems::compatibility;
//!
//! // No function is H(N(c, 1.5))-convex, however small c is: here is a pair that shows it for this one.
//! let claim = Modulus::convex(0.01, 1.5, Norm::L2)?;
//! let report = compatibility::check(&Quadratic::diagonal(&[1.0])?, &claim, &[1.0], &[0.0])?;
//! assert!(report.verdict().is_violated());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::condition::{difference, lift};
use crate::error::{ConvexityError, require_vector};
use crate::inequality::{Evidence, Observation, Tally};
use crate::moduli::{Modulus, Side};
use crate::number::PreciseInterval;
use crate::objectives::{Enclosure, Objective, slope};
use crate::verdict::{Hypothesis, Reason, Report, Verdict, Witness};
use ndarray::{ArrayView1, aview1};

/// More parts than this are not tried.
const MOST_PARTS: f64 = 1e6;

/// Whether the exponents of a convex and a smooth modulus, offsets zero, can belong to one function.
///
/// `whole` says that both are meant on all of R^m rather than on some open convex set.
#[must_use]
pub fn compatible(r_convex: f64, r_smooth: f64, whole: bool) -> bool {
    if whole { r_convex == 2.0 && r_smooth == 2.0 } else { r_convex >= 2.0 && r_smooth <= 2.0 }
}

/// Examines a modulus whose exponent T5 forbids, and finds the counterexample on the segment from v to u.
///
/// `Holds` never comes from a forbidden exponent; for an admissible one the answer is `Undecided`, as T5
/// then says nothing. So it is for a smooth exponent beyond 2 where M is not positive: G may be concave
/// there.
///
/// # Errors
///
/// If u or v is not finite, of the wrong length or outside the domain, u equals v, the modulus is not a
/// norm power or carries an offset.
pub fn check(
    function: &dyn Objective,
    modulus: &Modulus,
    u: &[f64],
    v: &[f64],
) -> Result<Report, ConvexityError> {
    let m = function.dimension();
    require_vector("u", &ArrayView1::from(u), m)?;
    require_vector("v", &ArrayView1::from(v), m)?;
    modulus.potential().require_dimension("modulus", m)?;
    let Some((c, r, norm)) = modulus.as_norm_power() else {
        return Err(incompatible("it must be a norm power"));
    };
    if modulus.offset() != 0.0 {
        return Err(incompatible("it carries an offset, and T5 is about offsets zero"));
    }
    let (at_u, at_v) = (slope(function, &aview1(u))?, slope(function, &aview1(v))?);
    let difference: Vec<f64> = u.iter().zip(v).map(|(u, v)| u - v).collect();
    let length = norm.value_of(&difference);
    if length == 0.0 {
        return Err(incompatible("u and v must differ"));
    }
    let monotone: f64 = difference.iter().zip(at_u.iter().zip(&at_v)).map(|(d, (a, b))| d * (a - b)).sum();
    let r = r.get();
    let forbidden = match modulus.side() {
        Side::Convex => r < 2.0,
        Side::Smooth => r > 2.0,
    };
    let hypotheses = vec![Hypothesis::known("the offset is zero")];
    let nothing = |why: &str| Report {
        theorem: "T5",
        hypotheses: hypotheses.clone(),
        measured: r,
        bound: 2.0,
        slack: if forbidden { -(r - 2.0).abs() } else { (r - 2.0).abs() },
        inequality: Verdict::undecided(Reason::Vacuous { why: why.into() }),
    };
    if !forbidden {
        return Ok(nothing("T5 admits the exponent"));
    }
    if modulus.side() == Side::Smooth && monotone <= 0.0 {
        return Ok(nothing(
            "the gradient does not increase along the segment, where the function may be concave",
        ));
    }
    // With n parts the sum is M/n, and the bound 2 n (c/r) (length/n)^r: they cross at this n. Twice as
    // many leave room.
    let crossing = (r * monotone.max(0.0) / (2.0 * c * length.powf(r))).powf(1.0 / (2.0 - r));
    let parts = (2.0 * crossing).ceil().max(1.0);
    if parts > MOST_PARTS {
        return Ok(nothing(
            "the subdivision that refutes it is too fine; take a larger constant or another segment",
        ));
    }
    let mut tally = Tally::new("T5");
    let at = |k: f64| -> Vec<f64> { v.iter().zip(&difference).map(|(v, d)| v + d * (k / parts)).collect() };
    for k in 0..parts as u64 {
        let (a, b) = (at(k as f64), at(k as f64 + 1.0));
        observe(function, modulus, &a, &b, &mut tally)?;
        observe(function, modulus, &b, &a, &mut tally)?;
    }
    Ok(tally.finish(hypotheses))
}

fn incompatible(reason: &str) -> ConvexityError {
    ConvexityError::Incompatible { what: "the modulus and T5", reason: reason.into() }
}

fn observe(
    function: &dyn Objective,
    modulus: &Modulus,
    u: &[f64],
    v: &[f64],
    tally: &mut Tally,
) -> Result<(), ConvexityError> {
    let displacement: Vec<f64> = u.iter().zip(v).map(|(u, v)| u - v).collect();
    let measured = function.bregman(&aview1(u), &aview1(v))?;
    let bound = modulus.bound_of(&displacement);
    let slack = modulus.slack(measured, &displacement);
    let observation = Observation { measured, bound, slack, size: measured.abs() + bound.abs() };
    tally.observe(
        &observation,
        || Witness::pair(u, v),
        || {
            if function.enclosable().is_none() {
                return Evidence::Nothing;
            }
            let (u, v): (Vec<PreciseInterval>, Vec<_>) = (lift(function, u), lift(function, v));
            let divergence = PreciseInterval::bregman(function, &u, &v);
            Evidence::Enclosed(modulus.slack(divergence, &difference(&u, &v)))
        },
    );
    Ok(())
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::entries;
    use crate::norms::Norm;

    #[test]
    fn no_function_of_the_catalogue_is_convex_with_an_exponent_below_two() {
        for entry in entries(2).unwrap() {
            let function = entry.objective();
            // On the simplex and off it: a segment between two of its points.
            let (u, v) = ([0.7, 0.3], [0.4, 0.6]);
            for r in [1.0, 1.3, 1.6] {
                let claim = Modulus::convex(0.3, r, Norm::L2).unwrap();
                let report = check(function, &claim, &u, &v).unwrap();
                assert!(report.verdict().is_violated(), "{}, {r}: {}", function.name(), report.verdict());
            }
        }
    }

    #[test]
    fn smooth_exponents_beyond_two_belong_to_concave_functions_only() {
        let (u, v) = ([0.9, 0.1], [0.4, 0.6]);
        let (mut refuted, mut straight) = (0, Vec::new());
        for entry in entries(2).unwrap().into_iter().filter(crate::catalogue::Entry::is_closed_convex) {
            let function = entry.objective();
            let claim = Modulus::smooth(5.0, 4.0, Norm::L2).unwrap();
            let report = check(function, &claim, &u, &v).unwrap();
            match report.verdict() {
                Verdict::Violated { .. } => refuted += 1,
                // Functions that are straight along the segment escape; T5 then says nothing.
                Verdict::Undecided { reason: Reason::Vacuous { .. } } => straight.push(function.name()),
                verdict => panic!("{}: {verdict}", function.name()),
            }
        }
        assert_eq!((refuted, straight.len()), (26, 2), "{straight:?}");
        let claim = Modulus::smooth(50.0, 3.0, Norm::L2).unwrap();
        let parabola = crate::catalogue::Quadratic::diagonal(&[1.0]).unwrap();
        assert!(check(&parabola, &claim, &[1.0], &[-1.0]).unwrap().verdict().is_violated());
    }

    /// x^p/p by a power with a real exponent, p even: between 64 and 66 intervals of x < 0 once became
    /// undefined.
    #[derive(Debug)]
    struct Even(f64);

    impl crate::objectives::Formula for Even {
        fn name(&self) -> String {
            format!("x^{}/{}", self.0, self.0)
        }

        fn dimension(&self) -> usize {
            1
        }

        fn value_in<N: crate::number::Number>(&self, x: &[N]) -> N {
            x[0].powf(self.0) / self.0
        }
    }

    #[test]
    fn what_has_no_enclosure_never_holds_with_a_forbidden_exponent() {
        let claim = Modulus::convex(1.0, 1.5, Norm::L2).unwrap();
        for p in [2.0, 64.0, 66.0, 128.0, 1000.0] {
            let report = check(&Even(p), &claim, &[-1.0], &[-1.05]).unwrap();
            assert!(!report.verdict().holds(), "{p}: {}", report.verdict());
            assert!(p > 64.0 || report.verdict().is_violated(), "{p}: {}", report.verdict());
        }
    }

    #[test]
    fn exponents_are_sorted_into_possible_and_impossible() {
        assert!(compatible(2.0, 2.0, true) && compatible(4.0, 1.5, false));
        assert!(!compatible(4.0, 2.0, true) && !compatible(1.5, 2.0, false) && !compatible(2.0, 3.0, false));
        let parabola = crate::catalogue::Quadratic::diagonal(&[1.0]).unwrap();
        let fine = Modulus::convex(1.0, 2.0, Norm::L2).unwrap();
        assert!(check(&parabola, &fine, &[1.0], &[0.0]).unwrap().verdict().is_undecided());
        assert!(check(&parabola, &fine, &[1.0], &[1.0]).is_err());
        assert!(check(&parabola, &fine.with_offset(1.0).unwrap(), &[1.0], &[0.0]).is_err());
    }
}
