//! T3 to T5 and the bound of cross-entropy: at the worst point that the checker names.

use super::*;
use crate::catalogue::{Cosine, PotentialFunction, Ramp, Separable};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::gradient_bounds::{self, Infimum};
use crate::theorems::{compatibility, cross_entropy, duality, growth};
use crate::verdict::Reason;

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(200);

fn modulus(side: Side, c: f64, offset: f64) -> Modulus {
    Modulus::new(side, Potential::norm_power(c, 2.0, Norm::L2).unwrap(), offset).unwrap()
}

#[test]
fn t4_gaps_and_energies() {
    // 0.7 (x - 0.4)^2: curvature 1.4.
    let function = parabola(1.4, 0.4);
    for (side, c, offset) in [
        (Side::Smooth, 1.9, 0.0),
        (Side::Smooth, 1.6, 0.2),
        (Side::Convex, 0.8, 0.25),
        (Side::Smooth, 1.0, 1e-9),
        (Side::Convex, 2.3, 1e-9),
    ] {
        for infimum in [Infimum::At(vec![0.4]), Infimum::AtLeast(-0.3)] {
            let lowest = if matches!(infimum, Infimum::At(_)) { 0.0 } else { -0.3 };
            let report =
                gradient_bounds::check(&*function, &modulus(side, c, offset), &infimum, &CONFIG()).unwrap();
            let v = point_of(&report, "v")[0];
            let (value, slope) = (0.7 * (v - 0.4).powi(2), 1.4 * (v - 0.4));
            let (gap, energy) = (value - lowest, slope * slope / (2.0 * c));
            let (measured, bound) =
                if side == Side::Smooth { (energy - offset, gap) } else { (gap, energy + offset) };
            assert_report(&report, measured, bound, bound - measured, energy + value - lowest + offset);
            let (below, tolerance) = measured_hypothesis(&report, "below the infimum");
            assert!((-1.0..=0.0).contains(&below) && tolerance == 1e-13);
        }
    }
    // A number above the infimum: cos sampled down to -1 against -0.5 shows (−0.5 + 1)/1.5.
    let cosine = Separable::new(Cosine, 1).unwrap();
    let report = gradient_bounds::check(
        &cosine,
        &modulus(Side::Smooth, 1.0, 0.0),
        &Infimum::AtLeast(-0.5),
        &SearchConfig { budget: 2000, ..CONFIG() },
    )
    .unwrap();
    assert!((measured_hypothesis(&report, "below the infimum").0 - 1.0 / 3.0).abs() < 1e-4);
}

#[test]
fn t4_growth() {
    let function = parabola(1.4, 0.4);
    for (side, c, offset, violated) in [
        (Side::Smooth, 1.9, 0.0, false),
        (Side::Convex, 0.8, 0.25, false),
        (Side::Smooth, 1.0, 1e-9, true),
        (Side::Convex, 2.3, 1e-9, true),
    ] {
        let report = growth::check(&*function, &modulus(side, c, offset), &[0.4], &CONFIG()).unwrap();
        let d = point_of(&report, "u")[0] - 0.4;
        assert_eq!(point_of(&report, "v"), [0.4]);
        let (gap, half) = (0.7 * d * d, c / 2.0 * d * d);
        let (bound, slack) = match side {
            Side::Smooth => (half + offset, half + offset - gap),
            Side::Convex => (half - offset, gap - half + offset),
        };
        assert_report(&report, gap, bound, slack, bound.abs() + gap + offset);
        assert_eq!(report.claim.is_violated(), violated);
    }
    // Elsewhere the slope is what it is.
    let report = growth::check(&*function, &modulus(Side::Smooth, 1.9, 0.0), &[1.0], &CONFIG()).unwrap();
    let (slope, tolerance) = measured_hypothesis(&report, "subgradient at the minimiser");
    assert!((slope - 0.84).abs() < 1e-14 && tolerance == 0.0);
}

#[test]
fn t5_the_subdivision() {
    let function = parabola(1.4, 0.4);
    // M = 1.4 L^2; n parts cross at (r M/(2 c L^r))^{1/(2-r)}.
    for (side, c, r, u, v) in [
        (Side::Convex, 0.3, 1.5, 2.0, -1.0),
        (Side::Smooth, 50.0, 3.0, 2.5, -1.0),
        (Side::Convex, 4.0, 1.2, 0.3, 0.8),
        (Side::Smooth, 50.0, 3.0, 0.45, 0.4),
    ] {
        let claim = Modulus::new(side, Potential::norm_power(c, r, Norm::L2).unwrap(), 0.0).unwrap();
        let report = compatibility::check(&*function, &claim, &[u], &[v]).unwrap();
        let length: f64 = (u - v).abs();
        let crossing = (r * 1.4 * length * length / (2.0 * c * length.powf(r))).powf(1.0 / (2.0 - r));
        let parts = (2.0 * crossing).ceil().max(1.0);
        let part = length / parts;
        let (d, bound) = (0.7 * part * part, c / r * part.powf(r));
        let slack = if side == Side::Convex { d - bound } else { bound - d };
        assert!(report.claim.is_violated());
        assert_report(&report, d, bound, slack, d + bound);
    }
    // Nothing to say: an exponent that T5 admits, a subdivision too fine, no increase along the segment.
    let silent = |side, c: f64, r: f64, u: f64, slack: f64| {
        let claim = Modulus::new(side, Potential::norm_power(c, r, Norm::L2).unwrap(), 0.0).unwrap();
        let report = compatibility::check(&*function, &claim, &[u], &[-1.0]).unwrap();
        assert!(
            matches!(&report.claim, Verdict::Undecided { reason: Reason::Vacuous { .. } }),
            "{}",
            report.claim
        );
        assert_eq!((report.measured, report.bound), (r, 2.0));
        assert!((report.slack - slack).abs() < 1e-15);
    };
    silent(Side::Convex, 0.3, 2.0, 2.0, 0.0);
    silent(Side::Convex, 0.3, 2.5, 2.0, 0.5);
    silent(Side::Smooth, 0.3, 2.0, 2.0, 0.0);
    silent(Side::Smooth, 0.3, 1.5, 2.0, 0.5);
    silent(Side::Convex, 1e-3, 1.5, 2.0, -0.5);
    silent(Side::Convex, 1e-3, 1.99, 2.0, -0.01);
    silent(Side::Smooth, 50.0, 2.01, 2.0, -0.01);
    // Flat along the segment: for the smooth side a reason of its own, for the convex side one part is enough.
    let flat = Separable::new(Ramp, 1).unwrap();
    let claim = Modulus::smooth(50.0, 3.0, Norm::L2).unwrap();
    let report = compatibility::check(&flat, &claim, &[-1.0], &[-2.0]).unwrap();
    assert!(report.claim.to_string().contains("does not increase"), "{}", report.claim);
    let claim = Modulus::convex(0.01, 1.5, Norm::L2).unwrap();
    let report = compatibility::check(&flat, &claim, &[-1.0], &[-2.0]).unwrap();
    assert_report(&report, 0.0, 0.01 / 1.5, -0.01 / 1.5, 0.01 / 1.5);
    let concave = Separable::new(Cosine, 1).unwrap();
    let claim = Modulus::smooth(50.0, 3.0, Norm::L2).unwrap();
    let report = compatibility::check(&concave, &claim, &[0.3], &[-0.3]).unwrap();
    assert!(report.claim.is_undecided() && report.slack == -1.0);
    for (convex, smooth, whole, expected) in [
        (2.0, 2.0, true, true),
        (2.0, 1.99, true, false),
        (2.0, 2.01, true, false),
        (2.01, 2.0, true, false),
        (1.99, 2.0, true, false),
        (2.0, 2.0, false, true),
        (2.01, 1.99, false, true),
        (2.0, 2.01, false, false),
        (1.99, 2.0, false, false),
    ] {
        assert_eq!(compatibility::compatible(convex, smooth, whole), expected, "{convex} {smooth} {whole}");
    }
}

#[test]
fn t3_residuals_of_strangers() {
    // v^2/2 and s^2: at s = v the gap of Fenchel-Young is v^2/2, relative to 5 v^2/2; and (x - 1)^2 / 2 for a non-convex one.
    let power = |c: f64| PotentialFunction::new(Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 1).unwrap();
    let smooth = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let report = duality::check(&power(1.0), &smooth, &power(2.0), &CONFIG()).unwrap();
    let (residual, tolerance) = measured_hypothesis(&report, "conjugate of the first");
    assert!((residual - 0.2).abs() < 1e-3 && tolerance == 1e-10, "{residual}");
    let (convex, _) = measured_hypothesis(&report, "the function is convex");
    assert!((-1.0..=1e-15).contains(&convex), "{convex}");
    let concave = Separable::new(Cosine, 1).unwrap();
    let report = duality::check(&concave, &smooth, &power(1.0), &CONFIG()).unwrap();
    assert!(measured_hypothesis(&report, "the function is convex").0 > 0.3);
    // The dual modulus, and the hair by which the examined one is weaker.
    for (side, other) in [(Side::Smooth, Side::Convex), (Side::Convex, Side::Smooth)] {
        let modulus = Modulus::new(side, Potential::norm_power(1.7, 2.0, Norm::L2).unwrap(), 0.2).unwrap();
        let dual = duality::dual_modulus(&modulus).unwrap();
        assert_eq!((dual.side(), dual.offset()), (other, 0.2));
        assert!((dual.as_norm_power().unwrap().0 - 1.0 / 1.7).abs() < 1e-15);
        let tight = Modulus::new(side, Potential::norm_power(1.7, 2.0, Norm::L2).unwrap(), 0.0).unwrap();
        let report = duality::check(&power(1.7), &tight, &power(1.0 / 1.7), &CONFIG()).unwrap();
        assert!(report.verdict().holds(), "{side}: {}", report.verdict());
        // Both are the same parabola: the divergence is the bound but for the hair of 1e-14, to the weaker side.
        let hair = if other == Side::Convex { -1e-14 } else { 1e-14 };
        assert!((report.bound / report.measured - 1.0 - hair).abs() < 4e-15);
    }
}

#[test]
fn cross_entropy_at_the_worst_logits() {
    for (m, constant) in [(3, 0.9), (3, 0.4), (2, 0.8), (12, 0.26)] {
        let report = cross_entropy::check(m, constant, &CONFIG()).unwrap();
        let logits = point_of(&report, "f");
        let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = logits.iter().map(|f| (f - top).exp()).collect();
        let sum: f64 = powers.iter().sum();
        let p: Vec<f64> = powers.iter().map(|power| power / sum).collect();
        let loss = sum.ln() + top - logits[0];
        let square = (1.0 - p[0]).powi(2) + p[1..].iter().map(|p| p * p).sum::<f64>();
        let bound = constant * square / p.iter().copied().fold(1.0, f64::min);
        assert_report(&report, loss, bound, bound - loss, loss + bound);
        assert_eq!(report.claim.is_violated(), constant == 0.4);
    }
    for m in [2, 3, 11] {
        let exact = (m as f64).ln() / (m as f64 - 1.0);
        let best = cross_entropy::best_constant(m).unwrap();
        assert!(best >= exact && best <= exact * (1.0 + 1e-15), "{best} {exact}");
    }
    assert!(
        cross_entropy::check(1, 1.0, &CONFIG()).is_err() && cross_entropy::check(2, 1.0, &CONFIG()).is_ok()
    );
    assert!(cross_entropy::check(2, 1.0, &SearchConfig { budget: 0, ..CONFIG() }).is_err());
    assert!(cross_entropy::check(2, 1.0, &SearchConfig { budget: 1, ..CONFIG() }).is_ok());
}
