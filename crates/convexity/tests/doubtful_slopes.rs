//! Slopes that are none of the function's, values that drown, and bounds that are no bounds: at single points, where a verdict rests
//! on one enclosure.

use fenchel_convexity::claims::Claim;
use fenchel_convexity::moduli::{Modulus, Side};
use fenchel_convexity::norms::Norm;
use fenchel_convexity::number::Number;
use fenchel_convexity::objectives::{Formula, Region};
use fenchel_convexity::potentials::Potential;
use fenchel_convexity::search::SearchConfig;

/// A formula of one family, by its number type.
macro_rules! formula {
    ($type:ident, $dimension:expr, |$self:ident, $x:ident| $value:expr) => {
        impl Formula for $type {
            fn name(&self) -> String {
                format!("{self:?}")
            }
            fn dimension(&self) -> usize {
                let $self = self;
                let _ = $self;
                $dimension
            }
            fn value_in<N: Number>(&self, $x: &[N]) -> N {
                let $self = self;
                $value
            }
        }
    };
}

fn searches() -> impl Iterator<Item = SearchConfig> {
    (0..10).map(|seed| SearchConfig::budget(4000).seed(seed))
}

/// Functions whose automatic slopes are one piece's, at points where difference quotients are hard to hear.
#[derive(Clone, Copy, Debug)]
enum HardToHear {
    /// |max(x, 0)| - max(x, 0) + e^y, which is e^y, with an entry that is almost 0.
    BesideSmallEntry,
    /// The same with x in the exponent, far above 0.
    FarAbove(f64),
    /// x_m + 2 (|max(x_m, 0)| - max(x_m, 0)) in many dimensions.
    LastOfMany(usize),
    /// 2 max(x, y) with terms that are zero and yet have slopes.
    AlongTheDiagonal,
}

fn nothing<N: Number>(x: &N) -> N {
    let positive = x.max(&N::zero());
    positive.abs() - positive
}

formula!(
    HardToHear,
    match this {
        HardToHear::BesideSmallEntry | HardToHear::AlongTheDiagonal => 2,
        HardToHear::FarAbove(_) => 1,
        HardToHear::LastOfMany(m) => *m,
    },
    |this, x| match this {
        HardToHear::BesideSmallEntry => nothing(&x[0]) + x[1].exp(),
        HardToHear::FarAbove(level) => x[0].exp() + nothing(&x[0]) + *level,
        HardToHear::LastOfMany(m) => x[*m - 1].clone() + nothing(&x[*m - 1]) * 2.0,
        HardToHear::AlongTheDiagonal => {
            x[0].max(&x[1]) * 2.0 + nothing(&x[0]) * 2.0 + nothing(&x[1]) * 2.0
        }
    }
);

#[test]
fn a_foreign_slope_is_heard_beside_small_entries_far_above_and_in_many_dimensions() {
    use fenchel_convexity::proxy::{ProxyPl, star_convex};
    use ndarray::{Array1, array};
    use std::sync::Arc;
    let convex = star_convex::convex(Arc::new(HardToHear::BesideSmallEntry));
    for small in [1e-80, 1e-300, 5e-324, 0.0] {
        let verdict = convex.at(&array![0.0, small], &array![-2.0, 1.0]);
        assert!(!verdict.is_violated(), "{small}: {verdict}");
    }
    for level in [1e16, 1e60, 1e200] {
        let convex = star_convex::convex(Arc::new(HardToHear::FarAbove(level)));
        let verdict = convex.at(&array![0.0], &array![-0.7]);
        assert!(!verdict.is_violated(), "{level}: {verdict}");
        for search in searches() {
            let found = Claim::convex(&HardToHear::FarAbove(level)).unwrap().falsify(&search).unwrap();
            assert!(!found.verdict.is_violated(), "{found}");
        }
    }
    // f >= -1 on the box, and the true slope is 1 everywhere: mu = 1/4 in the norm's own normalisation.
    let many = Arc::new(HardToHear::LastOfMany(65));
    let pl = ProxyPl::new(many.clone(), many, -1.0, 2.0, 1.0).unwrap();
    assert!(!pl.at(&Array1::zeros(65).view()).is_violated());
    let diagonal = Arc::new(HardToHear::AlongTheDiagonal);
    let pl = ProxyPl::new(diagonal.clone(), diagonal, -2.0, 2.0, 1.0).unwrap();
    assert!(!pl.at(&array![0.0, 0.0]).is_violated());
}

/// x^2 or x^4, in values that lose all but some units to cancellation.
#[derive(Clone, Copy, Debug)]
struct Noisy(i32);
formula!(Noisy, 1, |this, x| {
    let square = (x[0].clone() + 1e8).square() - 1e16 - x[0].clone() * 2e8;
    square.powi(this.0 / 2)
});

#[test]
fn a_violation_on_a_trajectory_is_not_hidden_by_later_noise() {
    use fenchel_convexity::proxy::{ProxyConvex, Surrogate};
    use fenchel_convexity::trajectory::Trajectory;
    use ndarray::array;
    let claim = ProxyConvex::new(Noisy(2), Surrogate::new(Noisy(2), 2.2, 0.0).unwrap(), Noisy(2)).unwrap();
    for points in [[100.0, -0.004], [-0.004, 100.0]] {
        let trajectory = Trajectory::record(&Noisy(2), points.map(|x| array![x])).unwrap();
        let report = claim.along(&trajectory, &array![1.0]).unwrap();
        assert!(report.verdict().is_violated(), "{}", report.verdict());
    }
}

#[test]
fn an_estimate_takes_no_pair_outside_its_region_or_below_the_infimum() {
    for search in searches() {
        let claim = Claim::polyak_lojasiewicz(&Noisy(2), 1.0, 0.01).unwrap();
        let estimate = claim.estimate(&search).unwrap();
        assert!(estimate.constant > 0.0, "{estimate:?}");
        // x^4 below 1e-4 is 0.12-smooth; its f64 values say 0 far beyond.
        let below = Region::Sublevel { level: 1e-4, inside: vec![0.0] };
        let claim = Claim::smooth(&Noisy(4), 1.0, Norm::L2).unwrap().within(below).unwrap();
        if let Ok(estimate) = claim.estimate(&search) {
            assert!(!estimate.certified || estimate.constant <= 0.12 * (1.0 + 1e-9), "{estimate:?}");
        }
    }
}

#[test]
fn an_infinite_lower_bound_never_holds() {
    let dual = Potential::huber(1.0, Norm::L2).unwrap().conjugate().unwrap();
    let parabola = Noisy(2);
    let claim = Claim::new(&parabola, Modulus::new(Side::Convex, dual, 0.0).unwrap()).unwrap();
    for search in searches() {
        assert!(!claim.falsify(&search).unwrap().verdict.holds());
    }
}

#[test]
fn an_enclosure_of_everything_is_no_round_off() {
    use fenchel_convexity::proxy::ProxyPl;
    use ndarray::array;
    use std::sync::Arc;
    // |x - 3| by a root that 256 bits cannot tell from 3: at 3 the slope may be anything from -1 to 1.
    #[derive(Debug)]
    struct Kinked;
    formula!(Kinked, 1, |_this, x| {
        let root = N::from_f64(3.0).sqrt();
        (x[0].clone() - root.clone() * &root).abs()
    });
    let f = Arc::new(Kinked);
    let pl = ProxyPl::new(f.clone(), f, -1e-31, 2.0, 1.0).unwrap();
    assert!(pl.at(&array![3.0]).is_undecided());
}
