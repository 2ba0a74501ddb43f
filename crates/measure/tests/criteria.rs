//! What answers mean under each loss, and what is refused with which remedy.

use fenchel_measure::{Answers, Criterion, MeasureError, Targets};
use fenchel_nn::losses::LossName;
use ndarray::Array1;

fn whole(shape: &[usize], values: &[i128]) -> Answers {
    Answers::Whole { shape: shape.to_vec(), values: values.to_vec() }
}

fn real(shape: &[usize], values: &[f64]) -> Answers {
    Answers::Real { shape: shape.to_vec(), values: values.to_vec() }
}

fn criterion(name: &str) -> Criterion {
    Criterion::new(name.parse::<LossName>().unwrap()).unwrap()
}

fn refusal(result: Result<Targets, MeasureError>, parts: &[&str]) {
    let message = result.unwrap_err().to_string();
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

/// The loss of outputs at the first target.
fn loss(targets: &Targets, outputs: &[f64]) -> f64 {
    targets.loss(0).unwrap().value(&targets.row(0), &Array1::from(outputs.to_vec())).unwrap()
}

#[test]
fn labels_are_one_hot_rows_and_the_same_as_rows() {
    for name in ["ce", "squared", "logistic", "sparsemax", "entmax:1.5", "power:3", "norm-power:2:1.5"] {
        let by_label = criterion(name).targets(&Answers::labels(&[2, 0]), None, 2, 3).unwrap();
        let rows = [0.0, 0.0, 1.0, 1.0, 0.0, 0.0];
        let by_row = criterion(name).targets(&real(&[2, 3], &rows), None, 2, 3).unwrap();
        let by_whole =
            criterion(name).targets(&whole(&[2, 3], &rows.map(|v| v as i128)), None, 2, 3).unwrap();
        for sample in 0..2 {
            assert_eq!(by_label.row(sample), by_row.row(sample));
            assert_eq!(by_label.row(sample), by_whole.row(sample));
        }
        assert!(by_label.are_classes() && by_label.weight(0) == 1.0 && by_label.total_weight() == 2.0);
    }
}

#[test]
fn one_output_takes_numbers_as_they_are() {
    let squared = criterion("squared");
    let targets = squared.targets(&real(&[3], &[0.25, -1.0, 7.5]), None, 3, 1).unwrap();
    assert_eq!((targets.row(2)[0], targets.are_classes()), (7.5, false));
    assert_eq!(targets.is_right(2, &[7.5]), None);
    // Whole numbers too: never as the label of a class.
    let targets = squared.targets(&Answers::labels(&[0, 3]), None, 2, 1).unwrap();
    assert_eq!((targets.row(0)[0], targets.row(1)[0]), (0.0, 3.0));
    assert_eq!(loss(&targets, &[2.0]), 2.0);
}

#[test]
fn one_logit_has_the_binary_loss_and_no_softmax() {
    let logistic = criterion("logistic");
    let targets = logistic.targets(&Answers::labels(&[1, 0]), None, 2, 1).unwrap();
    // -log sigmoid(0.5)
    assert!((loss(&targets, &[0.5]) - (-0.5_f64).exp().ln_1p()).abs() < 1e-15);
    assert_eq!((targets.is_right(0, &[0.5]), targets.is_right(1, &[0.5])), (Some(true), Some(false)));
    for name in ["ce", "sparsemax", "entmax:2"] {
        for answers in [Answers::labels(&[0, 0]), Answers::labels(&[0, 1]), real(&[2], &[1.0, 1.0])] {
            refusal(
                criterion(name).targets(&answers, None, 2, 1),
                &["of one output it is 0 for every network", "`logistic`"],
            );
        }
    }
    refusal(logistic.targets(&Answers::labels(&[0, 2]), None, 2, 1), &["sample 1"]);
    refusal(logistic.targets(&real(&[1], &[1.5]), None, 1, 1), &["sample 0"]);
}

#[test]
fn answers_that_fit_nothing_get_a_remedy_that_loses_nothing() {
    let ce = criterion("ce");
    refusal(
        ce.targets(&real(&[2], &[0.0, 1.0]), None, 2, 3),
        &["real numbers", "labels", "astype(\"int64\")"],
    );
    let fractions = ce.targets(&real(&[2], &[0.5, 1.0]), None, 2, 3);
    assert!(!fractions.as_ref().unwrap_err().to_string().contains("astype"));
    refusal(fractions, &["no labels", "rows of 3 numbers"]);
    refusal(ce.targets(&whole(&[2, 1], &[0, 1]), None, 2, 3), &["reshape(-1)"]);
    refusal(ce.targets(&Answers::labels(&[0]), None, 2, 3), &["one answer for each sample"]);
    refusal(ce.targets(&real(&[2, 4], &[0.25; 8]), None, 2, 3), &["[2] labels, or [2, 3] probabilities"]);
    refusal(ce.targets(&real(&[1, 3], &[0.5, 0.6, 0.0]), None, 1, 3), &["sample 0"]);
    refusal(ce.targets(&Answers::labels(&[0, 3]), None, 2, 3), &["sample 1", "is 3", "0 to 2"]);
    refusal(ce.targets(&Answers::labels(&[-100]), None, 1, 3), &["is -100", "--ignore-label"]);
    let large = criterion("squared").targets(&whole(&[1], &[(1 << 53) + 1]), None, 1, 1);
    refusal(large, &["9007199254740993", "round"]);
}

#[test]
fn smoothing_is_that_of_training() {
    let smoothed =
        criterion("ce").smoothed(0.3).unwrap().targets(&Answers::labels(&[1]), None, 1, 3).unwrap();
    let row = smoothed.row(0);
    assert!((row[1] - 0.8).abs() < 1e-15 && (row[0] - 0.1).abs() < 1e-15);
    // PyTorch's loss is sum -y log p; ours less the entropy of y.
    let f = [0.2, -1.0, 0.7];
    let normaliser: f64 = f.iter().map(|f: &f64| f.exp()).sum::<f64>().ln();
    let theirs: f64 = row.iter().zip(f).map(|(y, f)| y * (normaliser - f)).sum();
    let entropy = smoothed.entropies().unwrap()[0];
    assert!((loss(&smoothed, &f) + entropy - theirs).abs() < 1e-14);
    // Where labels are hard, and for other losses, there is none.
    assert!(criterion("ce").targets(&Answers::labels(&[1]), None, 1, 3).unwrap().entropies().is_none());
    let soft = real(&[1, 2], &[0.5, 0.5]);
    assert!(criterion("logistic").targets(&soft, None, 1, 2).unwrap().entropies().is_none());
}

#[test]
fn weights_multiply_and_what_is_ignored_counts_nothing() {
    let weighed = criterion("ce").weighing(vec![1.0, 4.0, 0.5]).unwrap().ignoring(-100);
    let answers = Answers::labels(&[1, -100, 2]);
    let targets = weighed.targets(&answers, Some(&[2.0, 3.0, 1.0]), 3, 3).unwrap();
    assert_eq!([0, 1, 2].map(|i| targets.weight(i)), [8.0, 0.0, 0.5]);
    assert_eq!((targets.total_weight(), targets.is_right(1, &[1.0, 0.0, 0.0])), (8.5, None));
    let plain = criterion("ce").targets(&Answers::labels(&[1]), None, 1, 3).unwrap();
    let f = [0.3, 0.1, -0.2];
    assert_eq!(loss(&targets, &f), 8.0 * loss(&plain, &f));

    let of_row = criterion("ce").weighing(vec![1.0, 2.0]).unwrap();
    refusal(of_row.targets(&real(&[1, 2], &[0.5, 0.5]), None, 1, 2), &["class weights", "no labels"]);
    let smoothed = criterion("ce").smoothed(0.1).unwrap().weighing(vec![1.0, 2.0]).unwrap();
    refusal(smoothed.targets(&Answers::labels(&[0]), None, 1, 2), &["class weights", "smoothed"]);
    refusal(weighed.targets(&Answers::labels(&[0]), None, 1, 2), &["3 class weights", "2 classes"]);
    refusal(criterion("ce").targets(&Answers::labels(&[0]), Some(&[-1.0]), 1, 2), &["sample 0", "weight"]);
    refusal(
        criterion("ce").targets(&Answers::labels(&[0]), Some(&[1.0, 1.0]), 1, 2),
        &["2 weights", "1 samples"],
    );
    assert!(criterion("ce").weighing(vec![f64::NAN]).is_err());
    let binary = criterion("logistic").weighing(vec![1.0, 3.0]).unwrap();
    let targets = binary.targets(&Answers::labels(&[0, 1]), None, 2, 1).unwrap();
    assert_eq!((targets.weight(0), targets.weight(1)), (1.0, 3.0));
    let regression = criterion("squared").weighing(vec![1.0, 3.0]).unwrap();
    refusal(regression.targets(&Answers::labels(&[0, 1]), None, 2, 1), &["no classes"]);
    refusal(
        criterion("ce").ignoring(0).targets(&real(&[1, 2], &[0.5, 0.5]), None, 1, 2),
        &["no labels", "weight 0"],
    );
}
