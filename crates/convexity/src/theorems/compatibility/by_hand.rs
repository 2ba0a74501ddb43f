//! T5 against numbers computed by hand.

use crate::catalogue::{Cosine, Ramp, Separable};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::potentials::Potential;
use crate::theorems::by_hand::{assert_report, parabola};
use crate::theorems::compatibility;
use crate::verdict::{Reason, Verdict};

#[test]
fn the_subdivision() {
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
        assert!(report.inequality.is_violated());
        assert_report(&report, d, bound, slack, d + bound);
    }
    // Nothing to say: an exponent that T5 admits, a subdivision too fine, no increase along the segment.
    let silent = |side, c: f64, r: f64, u: f64, slack: f64| {
        let claim = Modulus::new(side, Potential::norm_power(c, r, Norm::L2).unwrap(), 0.0).unwrap();
        let report = compatibility::check(&*function, &claim, &[u], &[-1.0]).unwrap();
        assert!(
            matches!(&report.inequality, Verdict::Undecided { reason: Reason::Vacuous { .. } }),
            "{}",
            report.inequality
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
    // Flat along the segment: for the smooth side a reason of its own, for the convex side one part is
    // enough.
    let flat = Separable::new(Ramp, 1).unwrap();
    let claim = Modulus::smooth(50.0, 3.0, Norm::L2).unwrap();
    let report = compatibility::check(&flat, &claim, &[-1.0], &[-2.0]).unwrap();
    assert!(report.inequality.to_string().contains("does not increase"), "{}", report.inequality);
    let claim = Modulus::convex(0.01, 1.5, Norm::L2).unwrap();
    let report = compatibility::check(&flat, &claim, &[-1.0], &[-2.0]).unwrap();
    assert_report(&report, 0.0, 0.01 / 1.5, -0.01 / 1.5, 0.01 / 1.5);
    let concave = Separable::new(Cosine, 1).unwrap();
    let claim = Modulus::smooth(50.0, 3.0, Norm::L2).unwrap();
    let report = compatibility::check(&concave, &claim, &[0.3], &[-0.3]).unwrap();
    assert!(report.inequality.is_undecided() && report.slack == -1.0);
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
fn says_nothing_at_two() {
    let function = parabola(1.4, 0.4);
    for (side, c) in [(Side::Smooth, 3.0), (Side::Convex, 3.0), (Side::Smooth, 0.3), (Side::Convex, 0.3)] {
        let claim = Modulus::new(side, Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 0.0).unwrap();
        let report = compatibility::check(&*function, &claim, &[2.0], &[-1.0]).unwrap();
        assert!(report.inequality.is_undecided(), "{side} {c}: {}", report.inequality);
        assert_eq!((report.measured, report.bound, report.slack), (2.0, 2.0, 0.0));
    }
}
