//! The PL inequality broken in small dents far from the minimum: the search has to find the place.

use super::*;
use crate::norms::Norm;
use crate::number::Number;
use crate::objectives::{Formula, Region};
use crate::search::SearchConfig;
use crate::verdict::Method;

/// `||x||^2 / 2`, dented at places: `2 ||c|| w exp(-||x - c||^2 / w^2)` is taken off, whose steepest slope is
/// 1.7 ||c||, so that the gradient vanishes near c while f does not.
#[derive(Debug)]
struct Dented {
    dimension: usize,
    dents: Vec<(Vec<f64>, f64)>,
}

impl Formula for Dented {
    fn name(&self) -> String {
        format!("a parabola with {} dents", self.dents.len())
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        let parabola = x.iter().fold(N::zero(), |sum, x| sum + x.square()) / 2.0;
        self.dents.iter().fold(parabola, |sum, (centre, width)| {
            let square = x.iter().zip(centre).fold(N::zero(), |s, (x, c)| s + (x.clone() - *c).square());
            let depth = 2.0 * width * centre.iter().map(|c| c * c).sum::<f64>().sqrt();
            sum - (-square / (width * width)).exp() * depth
        })
    }
}

/// The search for a violation of `||grad f||^2 >= (mu/2) f` in the ball of radius 10.
fn falsify(function: Dented, mu: f64, seed: u64, budget: u64) -> Verdict {
    let ball = Region::Ball { centre: vec![0.0; function.dimension], radius: 10.0, norm: Norm::L2 };
    let f = std::sync::Arc::new(function);
    let config = SearchConfig::budget(budget).seed(seed);
    ProxyPl::new(f.clone(), f, 0.0, 2.0, mu).unwrap().falsify(&ball, &config).unwrap()
}

fn is_proved(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Violated { certificate, .. } if certificate.method() == Method::Precise)
}

#[test]
fn narrow_dents_are_found_from_every_seed() {
    for dents in [vec![3.0], vec![3.0, -6.5]] {
        for width in [0.3, 0.1, 0.03] {
            let found = (0..10).filter(|&seed| {
                let dents = dents.iter().map(|&c| (vec![c], width)).collect();
                is_proved(&falsify(Dented { dimension: 1, dents }, 1.0, seed, 5000))
            });
            assert_eq!(found.count(), 10, "{dents:?} {width}");
        }
    }
}

#[test]
fn dents_of_any_place_and_width_are_found() {
    for (dimension, widths, budget, least) in [(1, 0.03..0.3, 5000, 40), (2, 0.2..0.5, 20_000, 40)] {
        let mut found = 0;
        for problem in 0..40 {
            let mut stream = stream("dents", problem);
            let length = stream.random_range(2.0..8.0);
            let angle: f64 = stream.random_range(0.0..std::f64::consts::TAU);
            let centre = match dimension {
                1 => vec![length * angle.sin().signum()],
                _ => vec![length * angle.cos(), length * angle.sin()],
            };
            let dents = vec![(centre, stream.random_range(widths.clone()))];
            found += usize::from(is_proved(&falsify(Dented { dimension, dents }, 1.0, problem, budget)));
        }
        assert!(found >= least, "{dimension}: {found}");
    }
}

/// Without a dent the constant 4 is tight everywhere: every slack is zero, and none is a violation.
#[test]
fn a_tight_inequality_is_no_violation() {
    for dimension in [1, 2] {
        for seed in 0..10 {
            let verdict = falsify(Dented { dimension, dents: Vec::new() }, 4.0, seed, 2000);
            assert!(verdict.holds(), "{dimension} {seed}: {verdict}");
            let verdict = falsify(Dented { dimension, dents: Vec::new() }, 4.0 * (1.0 + 1e-9), seed, 2000);
            assert!(is_proved(&verdict), "{dimension} {seed}: {verdict}");
        }
    }
}
