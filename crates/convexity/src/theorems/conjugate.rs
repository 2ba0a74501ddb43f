//! T1: Conjugates of potentials.
//!
//! **Statement.** `N(c, r, ||.||)* = N(c^{-(q-1)}, q, ||.||_*)` with 1/r + 1/q = 1, and likewise for the
//! other potentials with their tabled conjugates: for all u and s, `psi(u) + psi*(s) >= <u, s>`, with
//! equality if and only if s is a subgradient of psi at u.
//!
//! **Assumptions.** None beyond the type: a potential is closed, convex and even.
//!
//! **What is computed.** The gap `psi(u) + chi(s) - <u, s>` for a claimed conjugate chi: at pairs of
//! every size, where it must not be negative, and at s = grad psi(u), where it must vanish up to 1e-11 of
//! its terms. A chi that is too small fails the first, one that is too large the second.
//!
//! **Reference.** Rockafellar, Convex Analysis, Princeton 1970, Theorems 12.2, 15.3 and 23.5.
//!
//! **Cost.** Two values of each potential and one gradient for each point.
//!
//! ```
//! use fenchel_convexity::search::SearchConfig;
//! use fenchel_convexity::norms::Norm;
//! use fenchel_convexity::potentials::Potential;
//! use fenchel_convexity::theorems::conjugate;
//!
//! let psi = Potential::norm_power(2.0, 3.0, Norm::L1)?;
//! let config = SearchConfig::default();
//! assert!(conjugate::check(&psi, &psi.conjugate()?, 3, &config)?.verdict().holds());
//! let wrong = psi.conjugate()?.scaled(0.99)?;
//! assert!(conjugate::check(&psi, &wrong, 3, &config)?.verdict().is_violated());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

use super::points::point;
use crate::error::{ConvexityError, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::number::{Number, PreciseInterval};
use crate::objectives::Domain;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::verdict::{Hypothesis, Report, Witness};

/// What equality may miss, relative to the terms: the round-off of gradients and of a conjugate's constants.
const TOLERANCE: f64 = 1e-11;

/// Examines whether `conjugate` is the conjugate of `psi` on R^m.
///
/// # Errors
///
/// If m is 0, the potentials are of other dimensions, or the budget is 0.
pub fn check(
    psi: &Potential,
    conjugate: &Potential,
    dimension: usize,
    config: &SearchConfig,
) -> Result<Report, ConvexityError> {
    require_range("dimension", dimension as f64, dimension > 0, "at least 1")?;
    require_range("budget", config.budget as f64, config.budget > 0, "at least 1")?;
    psi.require_dimension("psi", dimension)?;
    conjugate.require_dimension("conjugate", dimension)?;
    let mut tally = Tally::new("T1");
    let (first, second) = (config.seed.derive("u"), config.seed.derive("s"));
    for index in 0..config.budget.div_ceil(2) {
        let u = point(first, index, dimension, &Domain::Whole, &[]);
        let s = point(second, index.wrapping_mul(7), dimension, &Domain::Whole, &[]);
        inequality(psi, conjugate, &u, &s, &mut tally);
        let mut s = vec![0.0; dimension];
        psi.gradient_of(&u, &mut s);
        // A little beyond the subgradient, far out: where a dual ball that is too large shows.
        let beyond: Vec<f64> = s.iter().map(|s| s * (1.0 + 10f64.powi(-1 - (index % 4) as i32))).collect();
        let far: Vec<f64> = u.iter().map(|u| u * 10f64.powi((index / 4 % 5) as i32)).collect();
        if beyond.iter().all(|s| s.is_finite()) {
            inequality(psi, conjugate, &far, &beyond, &mut tally);
        }
        if s.iter().all(|s| s.is_finite()) {
            // Slightly inside, so that rounding does not push s out of a dual ball.
            s.iter_mut().for_each(|s| *s *= 1.0 - 1e-14);
            equality(psi, conjugate, &u, &s, &mut tally);
        }
    }
    Ok(tally.finish(vec![Hypothesis::known("the potentials are closed, convex and even")]))
}

/// psi(u), chi(s) and <u, s>.
fn terms<N: Number>(psi: &Potential, chi: &Potential, u: &[f64], s: &[f64]) -> (N, N, N) {
    let lift = |x: &[f64]| x.iter().map(|&x| N::from_f64(x)).collect::<Vec<N>>();
    let (u, s) = (lift(u), lift(s));
    (psi.value_of(&u), chi.value_of(&s), N::dot(&u, &s))
}

fn inequality(psi: &Potential, chi: &Potential, u: &[f64], s: &[f64], tally: &mut Tally) {
    let (a, b, inner): (f64, f64, f64) = terms(psi, chi, u, s);
    let (measured, size) = (a + b, a.abs() + b.abs() + inner.abs());
    if measured == f64::INFINITY {
        return;
    }
    let observation = Observation { measured, bound: inner, slack: measured - inner, size };
    tally.observe(
        &observation,
        || witness(u, s),
        || {
            let (a, b, inner): (PreciseInterval, PreciseInterval, PreciseInterval) = terms(psi, chi, u, s);
            // The constants of a conjugate are rounded: what they explain is no violation.
            Evidence::Enclosed(a + b - inner + TOLERANCE * 1e-2 * size)
        },
    );
}

fn equality(psi: &Potential, chi: &Potential, u: &[f64], s: &[f64], tally: &mut Tally) {
    let (a, b, inner): (f64, f64, f64) = terms(psi, chi, u, s);
    let (measured, size) = (a + b, a.abs() + inner.abs());
    if !inner.is_finite() || !a.is_finite() {
        return;
    }
    // An infinite chi(s) is the worst of violations; it is compared as the largest number.
    let measured = measured.min(f64::MAX);
    let slack = (inner + TOLERANCE * size - measured).max(-f64::MAX);
    tally.observe(
        &Observation { measured, bound: inner, slack, size },
        || witness(u, s),
        || {
            if b == f64::INFINITY {
                return decide_infinite(chi, s);
            }
            let (a, b, inner): (PreciseInterval, PreciseInterval, PreciseInterval) = terms(psi, chi, u, s);
            Evidence::Enclosed(inner + TOLERANCE * size - (a + b))
        },
    );
}

fn witness(u: &[f64], s: &[f64]) -> Witness {
    Witness::default().with("u", u).with("s", s)
}

/// chi(s) is infinite: certain if it is so in 256 bits at a point a little nearer to the origin.
fn decide_infinite(chi: &Potential, s: &[f64]) -> Evidence {
    let nearer: Vec<PreciseInterval> =
        s.iter().map(|&s| PreciseInterval::from_f64(s) * (1.0 - TOLERANCE)).collect();
    if chi.value_of(&nearer).is_finite() {
        return Evidence::Enclosed(PreciseInterval::zero());
    }
    Evidence::Infinite
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests {
    use super::*;
    use crate::norms::Norm;
    use crate::verdict::{Reason, Verdict};

    fn potentials() -> Vec<Potential> {
        let mut all = Vec::new();
        for norm in [Norm::L1, Norm::L2, Norm::LINF, Norm::lp(3.0).unwrap()] {
            for r in [1.0, 1.3, 2.0, 4.0] {
                all.push(Potential::norm_power(0.7, r, norm.clone()).unwrap());
            }
            all.push(Potential::huber(0.6, norm.clone()).unwrap());
            all.push(Potential::exponential(norm.clone()));
            all.push(Potential::hyperbolic_cosine(norm));
        }
        all
    }

    #[test]
    fn conjugates_hold_and_neighbours_of_them_do_not() {
        let config = SearchConfig::budget(1500);
        for psi in potentials() {
            let dual = psi.conjugate().unwrap();
            for (a, b) in [(&psi, &dual), (&dual, &psi)] {
                let report = check(a, b, 3, &config).unwrap();
                assert!(report.verdict().holds(), "{a}: {}", report.verdict());
            }
            for factor in [0.99, 1.01] {
                let wrong = dual.clone().dilated(factor).unwrap();
                let report = check(&psi, &wrong, 3, &config).unwrap();
                assert!(report.verdict().is_violated(), "{psi} with {wrong}: {}", report.verdict());
            }
        }
    }

    #[test]
    fn both_sides_have_the_numbers_of_the_statement() {
        // psi = (0.7/3) |u|^3 and chi = (0.9/1.5) |s|^1.5 in one dimension, at u = -1.3 and s = 0.4 or s
        // of the same sign.
        let psi = Potential::norm_power(0.7, 3.0, Norm::L2).unwrap();
        let report_of = |fill: &dyn Fn(&mut Tally)| {
            let mut tally = Tally::new("T1");
            fill(&mut tally);
            tally.finish(Vec::new())
        };
        let (u, a) = (-1.3_f64, 0.7 / 3.0 * 1.3_f64.powi(3));
        for (c, s) in [(0.9, -0.4_f64), (0.9, 0.6), (0.05, -0.8)] {
            let chi = Potential::norm_power(c, 1.5, Norm::L2).unwrap();
            let b = c / 1.5 * s.abs().powf(1.5);
            let report = report_of(&|tally| inequality(&psi, &chi, &[u], &[s], tally));
            let (slack, size) = (a + b - u * s, a + b + (u * s).abs());
            crate::theorems::by_hand::assert_report(&report, a + b, u * s, slack, size);
            assert_eq!(report.inequality.is_violated(), c < 0.1);
        }
        // The equality asks for a + b <= <u, s>: it fails at any s but the slope, by so much.
        let chi = Potential::norm_power(0.9, 1.5, Norm::L2).unwrap();
        let (s, b) = (-0.4_f64, 0.9 / 1.5 * 0.4_f64.powf(1.5));
        let report = report_of(&|tally| equality(&psi, &chi, &[u], &[s], tally));
        crate::theorems::by_hand::assert_report(&report, a + b, u * s, u * s - a - b, a + u * s);
        assert!(report.inequality.is_violated());
        // A smaller chi keeps it.
        let low = Potential::norm_power(0.01, 1.5, Norm::L2).unwrap();
        let (s, b) = (-1.2_f64, 0.01 / 1.5 * 1.2_f64.powf(1.5));
        let report = report_of(&|tally| equality(&psi, &low, &[u], &[s], tally));
        crate::theorems::by_hand::assert_report(&report, a + b, u * s, u * s - a - b, a + u * s);
        // Outside a dual ball chi is infinite: the worst of violations, and no other than that.
        let linear = Potential::norm_power(0.5, 1.0, Norm::L2).unwrap();
        let ball = Potential::ball(0.5, Norm::L2).unwrap();
        let report = report_of(&|tally| equality(&linear, &ball, &[1.0], &[0.51], tally));
        let Verdict::Violated { certificate, .. } = &report.inequality else {
            panic!("{}", report.inequality)
        };
        assert_eq!(certificate.enclosure(), (f64::NEG_INFINITY, -f64::MAX));
        // Outside by round-off only: none.
        let report = report_of(&|tally| equality(&linear, &ball, &[1.0], &[0.5 * (1.0 + 1e-13)], tally));
        assert!(report.inequality.holds(), "{}", report.inequality);
        let report = report_of(&|tally| equality(&linear, &ball, &[1.0], &[0.5 * (1.0 + 1e-7)], tally));
        assert!(report.inequality.is_violated(), "{}", report.inequality);
        let report = report_of(&|tally| inequality(&linear, &ball, &[1.0], &[0.51], tally));
        assert!(report.inequality.is_undecided());
        // Where psi is infinite there is nothing to compare.
        let (steep, dual) =
            (Potential::exponential(Norm::L2), Potential::exponential(Norm::L2).conjugate().unwrap());
        let report = report_of(&|tally| equality(&steep, &dual, &[1000.0], &[1.0], tally));
        assert_eq!(report.inequality, Verdict::undecided(Reason::Budget { evaluations: 0 }));
        let none = SearchConfig::budget(0);
        assert!(check(&psi, &chi, 1, &none).is_err());
        assert!(check(&psi, &chi, 1, &SearchConfig { budget: 1, ..none }).is_ok());
    }

    #[test]
    fn round_off_is_granted_and_no_more() {
        // Pairs on the graph of the gradient, of every size: psi + chi is <u, s> but for round-off, to
        // either side.
        let (mut negative, mut refuted) = (0, 0);
        for c in [0.7, 0.9, 1.1, 1.3, 2.7] {
            let psi = Potential::norm_power(c, 3.0, Norm::L2).unwrap();
            let chi = psi.conjugate().unwrap();
            let (less, more) =
                (chi.clone().scaled(1.0 - 1e-11).unwrap(), chi.clone().scaled(1.0 + 1e-11).unwrap());
            for k in 0..40 {
                let u = [1e-4 * 1.5f64.powi(k)];
                let mut s = [0.0];
                psi.gradient_of(&u, &mut s);
                let (a, b, inner): (f64, f64, f64) = terms(&psi, &chi, &u, &s);
                negative += u32::from(a + b < inner);
                let report_of =
                    |chi: &Potential, fill: fn(&Potential, &Potential, &[f64], &[f64], &mut Tally)| {
                        let mut tally = Tally::new("T1");
                        fill(&psi, chi, &u, &s, &mut tally);
                        tally.finish(Vec::new())
                    };
                assert!(report_of(&chi, inequality).inequality.holds(), "{c} {u:?}");
                // psi + chi short of <u, s> by 1e-11 of chi: thirty times what is granted.
                refuted += u32::from(report_of(&less, inequality).inequality.is_violated());
                // And beyond it by as much: within what equality may miss, by half of it.
                let report = report_of(&more, equality);
                let Verdict::Holds { margin, .. } = &report.inequality else {
                    panic!("{c} {u:?}: {}", report.inequality)
                };
                assert!((margin - 5e-12).abs() < 1e-14, "{c} {u:?}: {margin}");
                let far = chi.clone().scaled(1.0 + 1e-9).unwrap();
                assert!(report_of(&far, equality).inequality.is_violated(), "{c} {u:?}");
            }
        }
        assert!(negative > 20 && refuted == 200, "{negative} {refuted}");
    }

    #[test]
    fn a_wrong_exponent_or_norm_is_refuted() {
        let config = SearchConfig::budget(1000);
        let psi = Potential::norm_power(1.0, 3.0, Norm::L1).unwrap();
        for wrong in [
            Potential::norm_power(1.0, 1.6, Norm::LINF).unwrap(),
            Potential::norm_power(1.0, 1.5, Norm::L2).unwrap(),
        ] {
            assert!(check(&psi, &wrong, 2, &config).unwrap().verdict().is_violated());
        }
        assert!(check(&psi, &psi, 0, &config).is_err());
    }
}
