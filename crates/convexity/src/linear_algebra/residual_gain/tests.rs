//! Brackets against random residuals, rows called exact, and what is refused.

use super::*;
use fenchel_random::Seed;
use ndarray::{array, s};

/// A Jacobian of random numbers with its layers, of 1 to 4 entries more than outputs in sum.
fn jacobian(m: usize, lengths: &[usize], seed: u64) -> Array2<f64> {
    let mut stream = Seed::new(seed).stream();
    Array2::from_shape_simple_fn((m, lengths.iter().sum()), || stream.random_range(-1.0..1.0))
}

fn grams(jacobian: &Array2<f64>, lengths: &[usize]) -> Vec<Array2<f64>> {
    let mut start = 0;
    lengths
        .iter()
        .map(|length| {
            let part = jacobian.slice(s![.., start..start + length]);
            start += length;
            part.dot(&part.t())
        })
        .collect()
}

/// The norm of `J'e` by its definition, as a product of norms.
fn by_definition(jacobian: &Array2<f64>, lengths: &[usize], s: f64, e: &[f64]) -> f64 {
    let gradient = jacobian.t().dot(&Array1::from(e.to_vec())).to_vec();
    let blocks = lengths.iter().map(|&length| (length, Norm::L2)).collect();
    Norm::product(s, blocks).unwrap().value_of(&gradient)
}

const EXPONENTS: [f64; 5] = [1.0, 1.5, 2.0, 4.0, f64::INFINITY];

#[test]
fn brackets_contain_what_random_residuals_show() {
    let lengths = [3, 1, 4];
    for seed in 0..6 {
        for m in [2, 3, 5] {
            let jacobian = jacobian(m, &lengths, seed);
            for outer in [1.0, 2.0, 3.0, f64::INFINITY] {
                for sum_zero in [false, true] {
                    let mut gain = ResidualGain::of_layers(grams(&jacobian, &lengths), outer, 0.0).unwrap();
                    if sum_zero {
                        gain = gain.on_sum_zero().unwrap();
                    }
                    let norm = |e: &[f64]| by_definition(&jacobian, &lengths, outer, e);
                    contains(&gain, m, seed, sum_zero, norm);
                }
            }
            let entries = ResidualGain::of_entries(jacobian.clone()).unwrap();
            let norm =
                |e: &[f64]| jacobian.t().dot(&Array1::from(e.to_vec())).iter().map(|g| g.abs()).sum::<f64>();
            contains(&entries, m, seed, false, norm);
        }
    }
}

fn contains(gain: &ResidualGain, m: usize, seed: u64, sum_zero: bool, norm: impl Fn(&[f64]) -> f64) {
    let mut stream = Seed::new(seed).derive("residuals").stream();
    for p in EXPONENTS {
        let (sigma, sigma_0) = (gain.induced(p).unwrap(), gain.lower(p).unwrap());
        assert!(sigma.lower <= sigma.upper && sigma_0.lower <= sigma_0.upper, "{sigma:?} {sigma_0:?}");
        let lp = Norm::lp(p).unwrap();
        for k in 0..150 {
            let mut e: Vec<f64> = (0..m).map(|_| stream.random_range(-1.0..1.0)).collect();
            if k % 3 == 0 {
                e.iter_mut().for_each(|e| *e = e.signum());
            }
            if sum_zero {
                let mean = e.iter().sum::<f64>() / m as f64;
                e.iter_mut().for_each(|e| *e -= mean);
            }
            if lp.value_of(&e) < 1e-3 {
                continue;
            }
            let gradient = norm(&e);
            let ratio = gradient / lp.value_of(&e);
            assert!(ratio <= sigma.upper && ratio >= sigma_0.lower, "{p} {ratio} {sigma:?} {sigma_0:?}");
            let seen = gain.gradient_norm(&e);
            assert!(seen.lower <= gradient * (1.0 + 1e-13) && gradient <= seen.upper * (1.0 + 1e-13));
        }
    }
}

#[test]
fn the_rows_called_exact_are() {
    let near = |bracket: Bracket| bracket.upper - bracket.lower <= 1e-6 * bracket.upper;
    for seed in 0..5 {
        let jacobian = jacobian(4, &[3, 5], seed);
        let plain = ResidualGain::of_layers(vec![jacobian.dot(&jacobian.t())], 2.0, 0.0).unwrap();
        for p in [1.0, f64::INFINITY] {
            assert!(near(plain.induced(p).unwrap()) && near(plain.lower(p).unwrap()), "{p}");
        }
        // Power iterations are slow where eigenvalues are close: a hundredth.
        for bracket in [plain.induced(2.0).unwrap(), plain.lower(2.0).unwrap()] {
            assert!(bracket.upper <= 1.05 * bracket.lower, "{bracket:?}");
        }
        for outer in [1.0, 2.0, f64::INFINITY] {
            let layers = ResidualGain::of_layers(grams(&jacobian, &[3, 5]), outer, 0.0).unwrap();
            assert!(near(layers.induced(1.0).unwrap()) && near(layers.induced(f64::INFINITY).unwrap()));
            let layers = layers.on_sum_zero().unwrap();
            assert!(near(layers.induced(1.0).unwrap()));
        }
        let plain = plain.on_sum_zero().unwrap();
        assert!(near(plain.lower(1.0).unwrap()) && near(plain.lower(f64::INFINITY).unwrap()));
        let entries = ResidualGain::of_entries(jacobian).unwrap();
        assert!(near(entries.induced(1.0).unwrap()) && near(entries.induced(f64::INFINITY).unwrap()));
    }
}

#[test]
fn the_extremes_of_l_2_are_the_singular_values() {
    let matrix = array![[2.0, 1.0], [1.0, 3.0]];
    let gain = ResidualGain::of_layers(vec![matrix.clone()], 2.0, 0.0).unwrap();
    let values = symmetric_eigenvalues(matrix.view()).unwrap();
    let (sigma, sigma_0) = (gain.induced(2.0).unwrap(), gain.lower(2.0).unwrap());
    assert!(
        (sigma.upper - values[1].sqrt()).abs() < 1e-12 && (sigma_0.lower - values[0].sqrt()).abs() < 1e-12
    );
    // A round-off of 1/10 moves both outwards.
    let rough = ResidualGain::of_layers(vec![matrix], 2.0, 0.1).unwrap();
    assert!((rough.induced(2.0).unwrap().upper - (values[1] + 0.1).sqrt()).abs() < 1e-12);
    assert!((rough.lower(2.0).unwrap().lower - (values[0] - 0.1).sqrt()).abs() < 1e-12);
}

#[test]
fn singular_matrices_have_no_lower_norm_and_misfits_are_refused() {
    let flat = ResidualGain::of_layers(vec![array![[1.0, 1.0], [1.0, 1.0]]], 2.0, 0.0).unwrap();
    for p in EXPONENTS {
        assert_eq!(flat.lower(p).unwrap().lower, 0.0);
        assert!(flat.induced(p).unwrap().upper > 0.9);
    }
    // Many outputs: bounds instead of all signs.
    let wide = ResidualGain::of_layers(vec![Array2::eye(20)], 2.0, 0.0).unwrap();
    assert!((wide.induced(f64::INFINITY).unwrap().upper - 20_f64.sqrt()).abs() < 1e-9);
    assert!((wide.lower(1.0).unwrap().lower - 20_f64.powf(-0.5)).abs() < 1e-9);
    assert!(ResidualGain::of_layers(vec![], 2.0, 0.0).is_err());
    assert!(ResidualGain::of_layers(vec![array![[1.0, 2.0], [0.0, 1.0]]], 2.0, 0.0).is_err());
    assert!(ResidualGain::of_layers(vec![Array2::eye(2), Array2::eye(3)], 2.0, 0.0).is_err());
    assert!(ResidualGain::of_layers(vec![Array2::eye(2)], 0.5, 0.0).is_err());
    assert!(ResidualGain::of_layers(vec![Array2::eye(2)], 2.0, -1.0).is_err());
    assert!(ResidualGain::of_layers(vec![Array2::eye(1)], 2.0, 0.0).unwrap().on_sum_zero().is_err());
    assert!(flat.induced(0.5).is_err() && flat.lower(f64::NAN).is_err());
}

/// On residuals that sum to zero the l_1 row has a value of its own, between which and the Euclidean one Riesz's theorem says
/// nothing: with one parameter the difference shows.
#[test]
fn thin_jacobians_stay_within_their_brackets_on_residuals_that_sum_to_zero() {
    // (1, -1, -1)': sigma = 1.4002 in l_1.5, attained on the residuals that sum to zero.
    let gram = array![[1.0, -1.0, -1.0], [-1.0, 1.0, 1.0], [-1.0, 1.0, 1.0]];
    let gain = ResidualGain::of_layers(vec![gram], 2.0, 0.0).unwrap().on_sum_zero().unwrap();
    let sigma = gain.induced(1.5).unwrap();
    assert!(sigma.lower > 1.4 && sigma.upper >= sigma.lower, "{sigma:?}");
    for seed in 0..300 {
        for m in [3, 4, 5] {
            for width in [1, 2] {
                let jacobian = jacobian(m, &[width], seed);
                let gain = ResidualGain::of_layers(grams(&jacobian, &[width]), 2.0, 0.0).unwrap();
                let gain = gain.on_sum_zero().unwrap();
                for p in [1.1, 1.25, 1.5, 1.75, 3.0] {
                    let (sigma, least) = (gain.induced(p).unwrap(), gain.lower(p).unwrap());
                    assert!(sigma.lower <= sigma.upper, "{seed} {m} {width} {p}: {sigma:?}");
                    assert!(least.lower <= least.upper, "{seed} {m} {width} {p}: {least:?}");
                }
            }
        }
    }
}
