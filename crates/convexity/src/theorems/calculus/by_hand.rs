//! T2 against numbers computed by hand.

use crate::catalogue::Quadratic;
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::by_hand::{NEAR, point_of};
use crate::theorems::calculus;

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(2000);

#[test]
fn both_sides_at_the_worst_pair() {
    // 2.5 (0.7 d^2) against (4/2) d^2 and the like, for d = u - v.
    let function = Quadratic::diagonal(&[1.4]).unwrap();
    for (side, c) in [(Side::Smooth, 1.6), (Side::Convex, 1.3), (Side::Smooth, 1.2), (Side::Convex, 1.5)] {
        let modulus = Modulus::new(side, Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 0.0).unwrap();
        let report = calculus::check_multiple(2.5, &function, &modulus, &CONFIG()).unwrap();
        let d = point_of(&report, "u")[0] - point_of(&report, "v")[0];
        let (divergence, bound) = (1.75 * d * d, 1.25 * c * d * d);
        let slack = if side == Side::Smooth { bound - divergence } else { divergence - bound };
        let near = |a: f64, b: f64| (a - b).abs() <= NEAR * divergence;
        assert!(near(report.measured, divergence) && near(report.bound, bound) && near(report.slack, slack));
        assert_eq!(report.inequality.is_violated(), slack < 0.0);
    }
}
