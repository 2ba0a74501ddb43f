//! Measurements of random networks under every loss, against Jacobians made one by one; and numbers judged from outside.

use fenchel_measure::judge::{Numbers, Roundoff, Structure, Verdict, judge};
use fenchel_measure::{Answers, Criterion, Measurement, Network, Targets, mean_gradient, measure};
use fenchel_nn::description::Description;
use fenchel_nn::losses::LossName;
use fenchel_nn::weights::Tensors;
use ndarray::{Array2, Array3};
use proptest::prelude::*;

const MODEL: &str = r#"
    input = [3]
    layers = [{ type = "dense", outputs = 5 }, { type = "tanh" }, { type = "dense", outputs = 3 }]
"#;

/// Numbers that look random and are not.
fn wave(count: usize, seed: f64, size: f64) -> Vec<f64> {
    (0..count).map(|i| size * (1.3 * i as f64 + seed).sin()).collect()
}

fn network(seed: f64) -> Network<f64> {
    let mut tensors = Tensors::new();
    for (name, shape) in
        [("0.weight", &[5, 3][..]), ("0.bias", &[5]), ("2.weight", &[3, 5]), ("2.bias", &[3])]
    {
        let count = shape.iter().product();
        tensors.insert(name, shape, &wave(count, seed + name.len() as f64, 0.8)).unwrap();
    }
    Network::load(&Description::from_toml(MODEL, "test").unwrap(), &tensors).unwrap()
}

fn measured(network: &Network<f64>, inputs: &Array2<f64>, targets: &Targets) -> (Measurement, Vec<f64>) {
    let mut structure = Vec::new();
    let keep = |matrix: &[f64]| {
        structure.extend_from_slice(matrix);
        Ok(())
    };
    let measurement = measure(network, inputs.view(), targets, keep, |_, _| ()).unwrap();
    (measurement, structure)
}

fn array<'a>(measurement: &'a Measurement, name: &str) -> &'a [f64] {
    measurement.arrays().into_iter().find(|(own, ..)| *own == name).unwrap().2
}

fn criteria() -> Vec<(Criterion, Answers)> {
    let soft: Vec<f64> = [[0.2, 0.3, 0.5], [0.0, 1.0, 0.0], [0.6, 0.0, 0.4], [0.1, 0.1, 0.8]].concat();
    let names = ["ce", "squared", "logistic", "sparsemax", "entmax:1.5", "power:3", "norm-power:0.7:1.6"];
    let mut all = Vec::new();
    for name in names {
        let criterion = Criterion::new(name.parse::<LossName>().unwrap()).unwrap();
        all.push((criterion.clone(), Answers::labels(&[0, 2, 1, 2])));
        all.push((criterion.clone(), Answers::Real { shape: vec![4, 3], values: soft.clone() }));
        all.push((criterion.clone().smoothed(0.2).unwrap(), Answers::labels(&[0, 2, 1, 2])));
        all.push((criterion.weighing(vec![0.3, 0.0, 5.0]).unwrap(), Answers::labels(&[0, 2, 1, 2])));
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_loss_lies_between_its_bounds_and_the_gradient_is_that_of_its_residual(seed in 0.0..100.0_f64) {
        let network = network(seed);
        let inputs = Array2::from_shape_vec((4, 3), wave(12, seed, 1.5)).unwrap();
        for (criterion, answers) in criteria() {
            let targets = criterion.targets(&answers, Some(&[1.0, 2.5, 0.5, 1.0]), 4, 3).unwrap();
            let (measurement, structure) = measured(&network, &inputs, &targets);
            prop_assert_eq!(measurement.violations(), &[]);
            prop_assert_eq!(measurement.failures(), &[]);
            let (residual, norms) = (array(&measurement, "residual"), array(&measurement, "grad_norm_sq"));
            for sample in 0..4 {
                let e = &residual[3 * sample..][..3];
                let a = &structure[9 * sample..][..9];
                let form: f64 = (0..9).map(|i| e[i / 3] * a[i] * e[i % 3]).sum();
                let size: f64 = a.iter().map(|a| a.abs()).sum::<f64>() * e.iter().map(|e| e * e).sum::<f64>();
                prop_assert!((form - norms[sample]).abs() <= 1e-12 * size);
            }
            // The same numbers from outside are judged to be the same.
            let numbers = Numbers {
                logits: Array2::from_shape_vec((4, 3), array(&measurement, "logits").to_vec()).unwrap(),
                structure: Structure::Matrices(Array3::from_shape_vec((4, 3, 3), structure).unwrap()),
                squared_gradient_norms: norms.to_vec(),
                roundoff: Roundoff::BySample(Array2::from_shape_vec((4, 2), array(&measurement, "roundoff").to_vec()).unwrap()),
            };
            let (again, verdicts) = judge(&numbers, &targets).unwrap();
            prop_assert_eq!(verdicts, [Verdict::Holds; 4]);
            for name in ["loss", "residual", "U", "L", "D"] {
                prop_assert_eq!(array(&again, name), array(&measurement, name), "{}", name);
            }
            // Outwards by the error of the solver that is run here, and by no more.
            let pairs = |name| array(&again, name).iter().zip(array(&measurement, name)).map(|(a, b)| (*a, *b)).collect::<Vec<_>>();
            prop_assert!(pairs("lower").iter().all(|&(a, b)| a <= b && b <= a * (1.0 + 1e-9)));
            prop_assert!(pairs("upper").iter().all(|&(a, b)| a >= b && a <= b * (1.0 + 1e-9)));
        }
    }

    #[test]
    fn the_mean_gradient_is_the_weighted_mean(seed in 0.0..100.0_f64) {
        let network = network(seed);
        let inputs = Array2::from_shape_vec((4, 3), wave(12, seed, 1.5)).unwrap();
        for (criterion, answers) in criteria() {
            let weights = [1.0, 2.5, 0.5, 1.0];
            let targets = criterion.targets(&answers, Some(&weights), 4, 3).unwrap();
            let all = mean_gradient(&network, inputs.view(), &targets).unwrap();
            let mut sum = vec![0.0; all.len()];
            for (sample, weight) in weights.iter().enumerate() {
                let row = targets.row(sample).to_vec();
                let alone = Answers::Real { shape: vec![1, 3], values: row };
                let own = targets.weight(sample);
                if own == 0.0 {
                    continue;
                }
                // One sample alone, unweighted: its mean gradient is its gradient. Its row is smoothed already.
                let plain = Criterion::new(criterion.name()).unwrap().targets(&alone, Some(&[1.0]), 1, 3).unwrap();
                let gradient = mean_gradient(&network, inputs.slice(ndarray::s![sample..=sample, ..]), &plain).unwrap();
                prop_assert!(*weight > 0.0);
                sum.iter_mut().zip(gradient).for_each(|(sum, g)| *sum += own * g / targets.total_weight());
            }
            let size = sum.iter().fold(1.0, |size: f64, g| size.max(g.abs()));
            for (a, b) in all.iter().zip(&sum) {
                prop_assert!((a - b).abs() <= 1e-12 * size);
            }
        }
    }
}

#[test]
fn one_bad_sample_is_named_and_the_others_are_as_without_it() {
    let network = network(1.0);
    let mut inputs = Array2::from_shape_vec((4, 3), wave(12, 2.0, 1.0)).unwrap();
    let criterion = Criterion::new(LossName::CrossEntropy).unwrap();
    let targets = criterion.targets(&Answers::labels(&[0, 1, 2, 0]), None, 4, 3).unwrap();
    let (good, matrices) = measured(&network, &inputs, &targets);
    inputs[[2, 0]] = f64::NAN;
    let (bad, partly) = measured(&network, &inputs, &targets);
    assert_eq!(bad.failures().iter().map(|failure| failure.sample).collect::<Vec<_>>(), [2]);
    assert!(bad.failures()[0].reason.contains("number 0 of its input is NaN in f64"));
    for sample in [0, 1, 3] {
        for name in ["loss", "grad_norm_sq", "D", "lower", "upper"] {
            assert_eq!(array(&bad, name)[sample], array(&good, name)[sample], "{name}");
        }
        assert_eq!(partly[9 * sample..][..9], matrices[9 * sample..][..9]);
    }
    assert!(array(&bad, "loss")[2].is_nan() && partly[18..27].iter().all(|value| value.is_nan()));
    assert_eq!(bad.classified().0, 3);
    assert!(bad.lines().iter().all(|line| !line.median.is_nan()), "the lines are those of the others");
    assert!(mean_gradient(&network, inputs.view(), &targets).unwrap_err().to_string().contains("sample 2"));
    inputs.fill(f64::NAN);
    let none = measure(&network, inputs.view(), &targets, |_| Ok(()), |_, _| ());
    assert!(none.unwrap_err().to_string().contains("none of 4 samples"));
}

/// `A = 4 I`, `e = (1, 1)`: everything about these is known by hand.
fn by_hand() -> (Numbers, Targets) {
    let numbers = Numbers {
        logits: ndarray::array![[2.0, 1.0]],
        structure: Structure::Matrices(ndarray::array![[[4.0, 0.0], [0.0, 4.0]]]),
        squared_gradient_norms: vec![8.0],
        roundoff: Roundoff::Relative(1e-10),
    };
    (numbers, Criterion::new(LossName::Squared).unwrap().targets(&Answers::labels(&[0]), None, 1, 2).unwrap())
}

fn verdict(change: impl FnOnce(&mut Numbers)) -> Verdict {
    let (mut numbers, targets) = by_hand();
    change(&mut numbers);
    judge(&numbers, &targets).unwrap().1[0]
}

#[test]
fn foreign_numbers_are_judged_by_the_error_that_is_stated() {
    assert_eq!(verdict(|_| ()), Verdict::Holds);
    // Off by less than the stated error, and by more.
    assert_eq!(verdict(|n| n.squared_gradient_norms[0] += 1e-10), Verdict::Holds);
    assert!(matches!(verdict(|n| n.squared_gradient_norms[0] += 1e-7), Verdict::Apart { .. }));
    // Of the ends alone, λ_min ‖e‖² <= ‖grad‖² <= λ_max ‖e‖² is left to compare with.
    let ends = |norm: f64| {
        verdict(|n| {
            n.structure = Structure::Eigenvalues(ndarray::array![[4.0, 4.0]]);
            n.squared_gradient_norms[0] = norm;
        })
    };
    assert_eq!(ends(8.0), Verdict::Holds);
    assert_eq!(ends(8.0 * (1.0 + 1e-7)), Verdict::Apart { quadratic_form: 8.0 });
    assert_eq!(ends(8.0 * (1.0 - 1e-7)), Verdict::Apart { quadratic_form: 8.0 });
    assert_eq!(ends(f64::NAN), Verdict::Undefined);
    let matrix = |values: [f64; 4]| {
        verdict(|n| {
            n.structure = Structure::Matrices(Array3::from_shape_vec((1, 2, 2), values.to_vec()).unwrap());
        })
    };
    assert_eq!(matrix([-4.0, 8.0, 8.0, -4.0]), Verdict::Indefinite);
    assert_eq!(matrix([4.0, 1.0, -1.0, 4.0]), Verdict::Indefinite);
    assert_eq!(matrix([4.0, f64::NAN, f64::NAN, 4.0]), Verdict::Undefined);
    assert_eq!(verdict(|n| n.logits[[0, 0]] = f64::INFINITY), Verdict::Undefined);
}

#[test]
fn arrays_that_do_not_fit_are_named() {
    let refusal = |change: &dyn Fn(&mut Numbers)| {
        let (mut numbers, targets) = by_hand();
        change(&mut numbers);
        judge(&numbers, &targets).unwrap_err().to_string()
    };
    assert!(refusal(&|n| n.squared_gradient_norms.push(1.0)).contains("`grad_norm_sq` has shape [2]"));
    assert!(refusal(&|n| n.squared_gradient_norms[0] = -1.0).contains("negative for sample 0"));
    assert!(refusal(&|n| n.logits = Array2::zeros((0, 2))).contains("`logits`"));
    assert!(refusal(&|n| n.logits = Array2::zeros((1, 3))).contains("`y`"));
    assert!(refusal(&|n| n.structure = Structure::Matrices(Array3::zeros((1, 3, 3)))).contains("[1, 2, 2]"));
    assert!(
        refusal(&|n| n.structure = Structure::Eigenvalues(ndarray::array![[2.0, 1.0]])).contains("ascending")
    );
    assert!(refusal(&|n| n.structure = Structure::Eigenvalues(ndarray::array![[2.0]])).contains("[1, 2]"));
    let three = || Structure::Eigenvalues(ndarray::array![[1.0, 2.0, 3.0]]);
    assert!(refusal(&|n| n.structure = three()).contains("[1, 2], all of them"));
    assert!(refusal(&|n| n.roundoff = Roundoff::Relative(-1.0)).contains("`roundoff` is -1"));
    assert!(
        refusal(&|n| n.roundoff = Roundoff::BySample(ndarray::array![[f64::NAN, 0.0]]))
            .contains("`roundoff`")
    );
}
