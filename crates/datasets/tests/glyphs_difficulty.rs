//! Glyphs are hard enough: a linear model fails where the noise alone would not stop it.

use fenchel_datasets::{Batch, Batches, Dataset, Normalisation, glyphs};
use fenchel_random::Seed;
use ndarray::{Array1, Array2, Axis};

/// The test accuracy of multinomial logistic regression by SGD, and the training accuracy of the last epoch.
fn logistic_regression(split: &fenchel_datasets::Split, epochs: u64) -> (f64, f64) {
    let (features, classes) = (split.train.shape().features(), split.train.classes().len());
    let normalisation = Normalisation::measure(&split.train).unwrap();
    let mut batches =
        Batches::new(&split.train, 50, Seed::new(1)).unwrap().normalised(normalisation.clone()).unwrap();
    let (mut weights, mut biases) =
        (Array2::<f32>::zeros((features, classes)), Array1::<f32>::zeros(classes));
    let mut batch = Batch::<f32>::default();
    let mut fitted = 0;
    for epoch in 0..epochs {
        batches.start_epoch(epoch);
        fitted = 0;
        let rate = 0.01 / (1.0 + epoch as f32);
        while batches.fill_next(&mut batch) {
            let mut errors = batch.inputs.dot(&weights) + &biases;
            for (mut row, &label) in errors.rows_mut().into_iter().zip(&batch.labels) {
                let highest = row.fold(f32::NEG_INFINITY, |a, &b| a.max(b));
                fitted += usize::from(row[label] == highest);
                row.mapv_inplace(|z| (z - highest).exp());
                let sum = row.sum();
                row.mapv_inplace(|p| p / sum);
                row[label] -= 1.0;
            }
            let step = rate / batch.len() as f32;
            weights.scaled_add(-step, &batch.inputs.t().dot(&errors));
            biases.scaled_add(-step, &errors.sum_axis(Axis(0)));
        }
    }
    let everyone: Vec<usize> = (0..split.test.len()).collect();
    let test = Batch::<f32>::gather(&split.test, &everyone, &normalisation).unwrap();
    let logits = test.inputs.dot(&weights) + &biases;
    let right = logits.rows().into_iter().zip(&test.labels).filter(|(row, label)| {
        let best = (0..classes).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap();
        best == **label
    });
    (right.count() as f64 / test.len() as f64, fitted as f64 / split.train.len() as f64)
}

#[test]
fn a_linear_model_learns_glyphs_but_stays_below_95_percent() {
    let split = glyphs::generate(Seed::new(0), 12_000, 2_000);
    let (test, train) = logistic_regression(&split, 12);
    assert!(test < 0.95, "test accuracy {test}");
    // Far from chance: the digits are there to be learned.
    assert!(test > 0.6 && train > 0.6, "test accuracy {test}, training accuracy {train}");
    #[allow(clippy::print_stderr)]
    {
        eprintln!("logistic regression: {test} on the test set, {train} on the training set");
    }
}
