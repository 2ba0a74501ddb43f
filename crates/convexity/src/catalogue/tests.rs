//! The rows against sampled pairs, finite differences and 256 bits; the falsifier's own suite searches harder.

use super::*;
use crate::moduli::Side;
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Domain, Evaluate};
use ndarray::ArrayView1;

/// Deterministic points of many sizes, in the domain's interior.
fn points(domain: &Domain, m: usize) -> Vec<Vec<f64>> {
    (0..24)
        .map(|k| {
            let size = 10f64.powi(k % 5 - 2);
            let mut x: Vec<f64> =
                (0..m).map(|i| size * (f64::from(k) * 1.37 + i as f64 * 2.11 + 0.5).sin()).collect();
            if *domain == Domain::Simplex {
                x.iter_mut().for_each(|x| *x = (5.0 * x.sin()).exp());
                let sum: f64 = x.iter().sum();
                x.iter_mut().for_each(|x| *x /= sum);
            }
            x
        })
        .collect()
}

fn all() -> Vec<Entry> {
    dimensions_of_interest().into_iter().flat_map(|m| entries(m).unwrap()).collect()
}

#[test]
fn every_row_holds_on_sampled_pairs_in_256_bits() {
    for entry in all() {
        let function = entry.objective();
        let m = function.dimension();
        if m > 5 {
            continue;
        }
        let certified = function.enclosable().unwrap();
        let domain = function.domain();
        let points: Vec<Vec<PreciseInterval>> = points(&domain, m)
            .into_iter()
            .map(|x| {
                let mut x: Vec<PreciseInterval> = x.into_iter().map(PreciseInterval::from_f64).collect();
                domain.snap(&mut x);
                x
            })
            .collect();
        for (k, u) in points.iter().enumerate().step_by(2) {
            for v in points.iter().skip(k % 5).step_by(5) {
                let divergence = Evaluate::<PreciseInterval>::bregman_of(certified, u, v);
                let displacement: Vec<PreciseInterval> =
                    u.iter().zip(v).map(|(u, v)| u.clone() - v).collect();
                for known in entry.constants() {
                    let slack = known.modulus.slack(divergence.clone(), &displacement).to_f64();
                    let bound = known.modulus.bound_of(&displacement).to_f64();
                    assert!(
                        slack >= -1e-60 * bound.abs(),
                        "{}: {} at {u:?} {v:?}: slack {slack}",
                        function.name(),
                        known.modulus
                    );
                }
            }
        }
    }
}

#[test]
fn gradients_are_derivatives_and_divergences_are_what_they_say() {
    for entry in all() {
        let function = entry.objective();
        let m = function.dimension();
        let domain = function.domain();
        let points = points(&domain, m);
        for (x, y) in points.iter().zip(points.iter().rev()).step_by(2) {
            let (x, y) = (ArrayView1::from(x), ArrayView1::from(y));
            let s = function.gradient(&x).unwrap();
            // Along the segment to y, scaled to a small step.
            let step =
                1e-5 / (1.0 + (&y - &x).mapv(f64::abs).sum()) * x.mapv(f64::abs).sum().clamp(1e-2, 1.0);
            let d = (&y - &x) * step;
            let rise =
                function.value(&(&x + &d).view()).unwrap() - function.value(&(&x - &d).view()).unwrap();
            let size =
                s.mapv(f64::abs).sum() * (&y - &x).mapv(f64::abs).sum() + function.value(&x).unwrap().abs();
            let error = (rise / (2.0 * step) - s.dot(&(&y - &x))).abs();
            assert!(error <= 1e-4 * (1.0 + size), "{} at {x}: {error}", function.name());
            let direct = function.value(&y).unwrap() - function.value(&x).unwrap() - s.dot(&(&y - &x));
            let divergence = function.bregman(&y, &x).unwrap();
            let size = function.value(&y).unwrap().abs() + size;
            assert!(
                (direct - divergence).abs() <= 1e-12 * (1.0 + size),
                "{}: {direct} {divergence}",
                function.name()
            );
            if entry.is_closed_convex() {
                assert!(divergence >= -1e-12 * (1.0 + size), "{}", function.name());
            }
        }
        if let Some((point, minimum)) = entry.minimum() {
            let point = ArrayView1::from(point);
            assert!((function.value(&point).unwrap() - minimum).abs() <= 1e-15, "{}", function.name());
            let s = function.gradient(&point).unwrap();
            assert!(s.iter().all(|&s| s == 0.0), "{}: {s}", function.name());
            for x in &points {
                assert!(function.value(&ArrayView1::from(x)).unwrap() >= minimum - 1e-15);
            }
        }
    }
}

#[test]
fn f64_agrees_with_256_bits() {
    for entry in entries(3).unwrap() {
        let function = entry.objective();
        let certified = function.enclosable().unwrap();
        for x in points(&function.domain(), 3) {
            let precise: Vec<PreciseInterval> = x.iter().map(|&x| PreciseInterval::from_f64(x)).collect();
            let exact = Evaluate::<PreciseInterval>::value_of(certified, &precise).to_f64();
            let value = function.value(&ArrayView1::from(&x)).unwrap();
            let size = exact.abs() + x.iter().map(|x| x.abs()).sum::<f64>();
            assert!((value - exact).abs() <= 4e-15 * size, "{}: {value} {exact}", function.name());
        }
    }
}

#[test]
fn values_near_a_minimum_at_the_origin_are_accurate_relative_to_themselves() {
    // The gaps that the theorems compare with energies are such values: an absolute error would pass for a violation.
    for entry in entries(2).unwrap() {
        let function = entry.objective();
        if entry.minimum().is_none_or(|(point, minimum)| minimum != 0.0 || point.iter().any(|&x| x != 0.0)) {
            continue;
        }
        let certified = function.enclosable().unwrap();
        for size in [0.9, 1e-2, 1e-5, 1e-9, 1e-14] {
            let x = [size, -0.3 * size];
            let exact =
                Evaluate::<PreciseInterval>::value_of(certified, &x.map(PreciseInterval::from_f64)).to_f64();
            let value = function.value(&ArrayView1::from(&x)).unwrap();
            assert!((value - exact).abs() <= 1e-14 * exact, "{} at {size}: {value} {exact}", function.name());
        }
    }
}

#[test]
fn there_are_enough_rows_and_tight_ones_on_both_sides() {
    for m in dimensions_of_interest() {
        let rows = entries(m).unwrap();
        let tight = |side| {
            rows.iter().flat_map(Entry::constants).filter(|k| k.tight && k.modulus.side() == side).count()
        };
        assert!(
            rows.len() >= 30 && tight(Side::Convex) >= 6 && tight(Side::Smooth) >= 20,
            "{m}: {}",
            rows.len()
        );
    }
    assert!(entries(0).is_err());
}

#[test]
fn bad_parameters_are_refused() {
    assert!(LogSumExp::new(0).is_err() && Maximum::new(0).is_err() && NegativeEntropy::new(0).is_err());
    assert!(Quadratic::diagonal(&[]).is_err() && Quadratic::diagonal(&[f64::NAN]).is_err());
    let ball = crate::potentials::Potential::ball(1.0, crate::norms::Norm::L2).unwrap();
    assert!(PotentialFunction::new(ball, 2).is_err());
}
