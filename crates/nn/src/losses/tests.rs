//! Batches against the losses by row, at ordinary and at extreme outputs.

use std::sync::Arc;

use fenchel_convexity::losses::Loss;
use fenchel_convexity::norms::Norm;
use ndarray::{Array1, Array2, array};
use proptest::prelude::*;

use super::*;

fn names() -> [LossName; 8] {
    [
        LossName::CrossEntropy,
        LossName::Squared,
        LossName::Logistic,
        LossName::Sparsemax,
        LossName::Entmax { alpha: 1.5 },
        LossName::Entmax { alpha: 3.0 },
        LossName::NormPower { c: 0.7, r: 3.0 },
        LossName::Power { k: 4.0 },
    ]
}

fn outputs() -> impl Strategy<Value = Array2<f64>> {
    let entry = prop_oneof![
        4 => -5.0..5.0_f64,
        1 => prop_oneof![Just(0.0), Just(-0.0), Just(700.0), Just(-700.0), Just(1e4), Just(1e-300), Just(40.0)],
    ];
    (1_usize..5, 1_usize..7).prop_flat_map(move |(rows, m)| {
        proptest::collection::vec(entry.clone(), rows * m)
            .prop_map(move |v| Array2::from_shape_vec((rows, m), v).unwrap())
    })
}

proptest! {
    /// Values and residuals have the bits of the loss by row, for labels and for the same rows written out.
    #[test]
    fn a_batch_is_its_rows(outputs in outputs(), which in 0_usize..8, pick: u64, smoothing in prop_oneof![Just(0.0), 0.0..0.9]) {
        let loss = BatchLoss::named(names()[which]).unwrap().smoothed(smoothing).unwrap();
        let (rows, m) = outputs.dim();
        let labels: Vec<usize> = (0..rows).map(|b| (pick as usize).wrapping_add(b * 7) % m).collect();
        let targets = loss.rows(Targets::Labels(&labels), m).unwrap();
        let hot = crate::one_hot(&labels, m).unwrap();
        for targets_given in [Targets::Labels(&labels), Targets::Rows(hot.view())] {
            let mut residuals = Array2::<f64>::zeros((rows, m));
            let mut values = vec![f64::NAN; rows];
            loss.residuals(outputs.view(), targets_given, residuals.view_mut(), 1.0, &mut values).unwrap();
            let by_value = loss.values(outputs.view(), targets_given).unwrap();
            for b in 0..rows {
                let mut expected = Array1::zeros(m);
                let value = loss.by_row().value_and_residual(&targets.row(b), &outputs.row(b), &mut expected).unwrap();
                prop_assert_eq!(values[b].to_bits(), value.to_bits());
                prop_assert_eq!(by_value[b].to_bits(), value.to_bits());
                for i in 0..m {
                    prop_assert_eq!(residuals[[b, i]].to_bits(), expected[i].to_bits(), "row {}, entry {}", b, i);
                }
            }
        }
    }

    /// The bounds of every row stand on their side of the excess.
    #[test]
    fn bounds_hold_in_every_row(outputs in outputs(), which in 0_usize..8, smoothing in prop_oneof![Just(0.0), 0.0..0.9]) {
        let loss = BatchLoss::named(names()[which]).unwrap().smoothed(smoothing).unwrap();
        let (rows, m) = outputs.dim();
        let labels: Vec<usize> = (0..rows).map(|b| b % m).collect();
        let targets = Targets::Labels(&labels);
        let mut residuals = Array2::<f64>::zeros((rows, m));
        let mut values = vec![0.0; rows];
        loss.residuals(outputs.view(), targets, residuals.view_mut(), 1.0, &mut values).unwrap();
        // Not the root of e'e: the squares of a residual of 1e-170 vanish, and a bound taken at 0 would be refuted by a loss of 1e-170.
        let norms: Vec<f64> = residuals.rows().into_iter().map(|e| Norm::L2.value(&e).unwrap()).collect();
        let bounds = loss.bounds(targets, m, &norms).unwrap();
        for (b, (lo, hi)) in bounds.into_iter().enumerate() {
            let excess = values[b] - loss.by_row().infimum(&loss.rows(targets, m).unwrap().row(b));
            // The norm and the excess are off by a few units in the last place, the bounds rounded outward by eight; where the loss underflows
            // nothing relative is left.
            let slack = 64.0 * f64::EPSILON * excess + 1e-300;
            prop_assert!(lo <= excess + slack, "{}: {lo} > {excess}", loss.name());
            // An infinite bound allows everything; the slope of a finite one may amplify the error of the norm near its pole.
            let (_, hi_at) = (hi, loss.bounds(targets, m, &norms.iter().map(|t| t * (1.0 + 1e-13)).collect::<Vec<_>>()).unwrap()[b]);
            prop_assert!(excess <= hi.max(hi_at.1) + slack, "{}: {excess} > {hi}", loss.name());
        }
    }

    #[test]
    fn names_survive_text(which in 0_usize..8) {
        let name = names()[which];
        prop_assert_eq!(name.to_string().parse::<LossName>().unwrap(), name);
    }
}

#[test]
fn extreme_and_equal_logits() {
    let loss = BatchLoss::named(LossName::CrossEntropy).unwrap();
    let values = |outputs: Array2<f32>, labels: &[usize]| {
        loss.values(outputs.view(), Targets::Labels(labels)).unwrap()
    };
    // All equal, at any level: log m.
    for level in [0.0, -3e38, 3e38, 1e-40] {
        assert_eq!(values(Array2::from_elem((1, 10), level), &[3]), [10.0_f64.ln()]);
    }
    // Confidently right: exp(-margin), not 0; confidently wrong: the margin.
    assert!((values(array![[100.0, 0.0]], &[0])[0] / (-100.0_f64).exp() - 1.0).abs() < 1e-15);
    assert_eq!(values(array![[3e38, -3e38]], &[1]), [2.0 * f64::from(3e38_f32)]);
    // One class: nothing to lose, nothing to learn.
    let mut residuals = Array2::from_elem((1, 1), 7.0_f32);
    let mut one = [7.0];
    loss.residuals(array![[-5.0_f32]].view(), Targets::Labels(&[0]), residuals.view_mut(), 1.0, &mut one)
        .unwrap();
    assert_eq!((one[0], residuals[[0, 0]]), (0.0, 0.0));
    // A batch of one, and none at all.
    assert_eq!(loss.mean(array![[0.0_f32, 0.0]].view(), Targets::Labels(&[1])).unwrap(), 2.0_f64.ln());
    let none = Array2::<f32>::zeros((0, 2));
    assert!(
        loss.mean(none.view(), Targets::Labels(&[])).unwrap_err().to_string().contains("at least one sample")
    );
}

#[test]
fn the_residual_of_a_confident_sample_is_not_rounded_away() {
    let loss = BatchLoss::named(LossName::CrossEntropy).unwrap();
    let mut residuals = Array2::<f64>::zeros((1, 3));
    let outputs = array![[90.0_f64, 0.0, 0.0]];
    loss.residuals(outputs.view(), Targets::Labels(&[0]), residuals.view_mut(), 1.0, &mut [0.0]).unwrap();
    let small = (-90.0_f64).exp();
    assert!((residuals[[0, 0]] / (-2.0 * small) - 1.0).abs() < 1e-15 && residuals.sum() == 0.0);
}

/// A residual whose squares vanish: its norm, and so both bounds, are as exact as at any other size.
#[test]
fn the_bounds_of_a_loss_of_1e_287_are_not_0() {
    let loss = BatchLoss::named(LossName::CrossEntropy).unwrap();
    let outputs = array![[40.0_f64, 700.0, 0.0]];
    let targets = Targets::Labels(&[1]);
    let (mut residuals, mut values) = (Array2::<f64>::zeros((1, 3)), [0.0]);
    loss.residuals(outputs.view(), targets, residuals.view_mut(), 1.0, &mut values).unwrap();
    assert!(residuals.row(0).dot(&residuals.row(0)) == 0.0 && values[0] > 1e-287);
    let norm = Norm::L2.value(&residuals.row(0)).unwrap();
    let (lower, upper) = loss.bounds(targets, 3, &[norm]).unwrap()[0];
    // All the wrong mass is on one class: the lower bound is attained, and with m = 3 the upper one is 2 / sqrt 3 of the loss.
    assert!((lower / values[0] - 1.0).abs() < 1e-13, "{lower:e}");
    assert!((upper / values[0] - 2.0 / 3.0_f64.sqrt()).abs() < 1e-13, "{upper:e}");
}

#[test]
fn smoothing_is_the_stated_mixture_and_has_its_entropy_as_the_difference_to_other_systems() {
    let loss = BatchLoss::named(LossName::CrossEntropy).unwrap().smoothed(0.1).unwrap();
    let rows = loss.rows(Targets::Labels(&[2]), 4).unwrap();
    assert_eq!(rows, array![[0.025, 0.025, 0.925, 0.025]]);
    let f = array![[0.3, -1.0, 2.0, 0.1]];
    let log_sum = f.mapv(f64::exp).sum().ln();
    // -sum y log p, as other systems define it, less the entropy of y.
    let usual: f64 = rows.iter().zip(&f).map(|(y, f)| -y * (f - log_sum)).sum();
    let entropy: f64 = rows.iter().map(|y| -y * y.ln()).sum();
    let value = loss.values(f.view(), Targets::Labels(&[2])).unwrap()[0];
    assert!((value - (usual - entropy)).abs() < 1e-15, "{value} against {usual} - {entropy}");
    // Rows of the simplex are mixed, real rows refused.
    assert!(loss.values(f.view(), Targets::Rows(array![[0.5, 0.5, 0.0, 0.0]].view())).is_ok());
    let real = BatchLoss::named(LossName::Squared).unwrap().smoothed(0.1).unwrap();
    let message =
        real.values(f.view(), Targets::Rows(array![[3.0, 0.0, 0.0, 0.0]].view())).unwrap_err().to_string();
    assert!(message.contains("row 0") && message.contains("sums to 3"), "{message}");
    for wrong in [-0.1, 1.0, f64::NAN] {
        assert!(BatchLoss::named(LossName::Squared).unwrap().smoothed(wrong).is_err());
    }
}

#[test]
fn what_is_wrong_is_named() {
    let loss = BatchLoss::named(LossName::CrossEntropy).unwrap();
    let outputs = array![[0.0_f32, 0.0], [0.0, f32::NAN]];
    let message = loss.values(outputs.view(), Targets::Labels(&[0, 1])).unwrap_err().to_string();
    assert!(message.contains("row 1") && message.contains("NaN"), "{message}");
    let good = array![[0.0_f32, 0.0], [0.0, 1.0]];
    let message = loss.values(good.view(), Targets::Labels(&[0, 2])).unwrap_err().to_string();
    assert!(message.contains("label of sample 1 is 2"), "{message}");
    let off = array![[0.5, 0.5], [0.7, 0.7]];
    let message = loss.values(good.view(), Targets::Rows(off.view())).unwrap_err().to_string();
    assert!(message.contains("row 1") && message.contains("sum to 1) by 0.39"), "{message}");
    assert!(loss.values(good.view(), Targets::Labels(&[0])).is_err());
    assert!(loss.values(good.view(), Targets::Rows(Array2::zeros((2, 3)).view())).is_err());
    let message = "hinge".parse::<LossName>().unwrap_err().to_string();
    assert!(message.contains("hinge") && message.contains("entmax:ALPHA"), "{message}");
    assert!("entmax".parse::<LossName>().is_err() && "ce:1".parse::<LossName>().is_err());
    assert!(LossName::Power { k: 1.0 }.loss().is_err());
}

#[test]
fn a_loss_behind_a_dyn_gives_the_same() {
    let known = BatchLoss::named(LossName::CrossEntropy).unwrap();
    let hidden: Arc<dyn Loss> = known.by_row().clone();
    let outputs = array![[0.3_f32, -2.0, 5.0]];
    let values = |loss: BatchLoss| loss.values(outputs.view(), Targets::Labels(&[1])).unwrap();
    assert_eq!(values(known), values(hidden.into()));
}
