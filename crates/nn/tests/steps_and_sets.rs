//! T8, T14 and the layer sum as measured, against the checkers of `fenchel-convexity` and brute force.

use std::sync::Arc;

use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy, SquaredError};
use fenchel_convexity::moduli::Modulus;
use fenchel_convexity::norms::Norm;
use fenchel_convexity::objectives::Objective;
use fenchel_convexity::theorems::{interference, tangent_kernel_pl};
use fenchel_convexity::trajectory::{BatchRun, GeneralisedDescent};
use fenchel_nn::measurement::{InterferenceLog, InterferenceSums, data_set_level, finite_sum, layer_sums};
use fenchel_nn::models::{DenseChain, LeNet5, Model};
use fenchel_nn::optimisers::{GeneralisedSgd, Majorant, Optimiser, Sgd, StepNorm};
use fenchel_nn::training::{Control, Moment, Observer, Samples, Training};
use fenchel_nn::{Initialiser, NnError, Schedule, Trainer, one_hot};
use fenchel_random::Seed;
use fenchel_tensor::spectrum::{eigenvalues, sum_zero_basis};
use fenchel_tensor::{Engine, Shape, Sweep, Tape};
use ndarray::{Array1, Array2, Axis, s};

fn data(count: usize, features: usize, classes: usize) -> (Array2<f64>, Array2<f64>) {
    let mut stream = Seed::new(4).stream();
    let labels: Vec<usize> = (0..count).map(|i| i % classes).collect();
    let inputs = Array2::from_shape_fn((count, features), |(b, i)| {
        stream.random_range(-1.0..1.0) + if i % classes == labels[b] { 0.8 } else { 0.0 }
    });
    (inputs, one_hot(&labels, classes).unwrap())
}

fn start(tape: &Tape) -> Vec<f64> {
    Initialiser::Kaiming.draw(tape, Seed::new(9)).unwrap()
}

/// Keeps every point and batch.
#[derive(Default)]
struct Recorder {
    points: Vec<Array1<f64>>,
    batches: Vec<Vec<usize>>,
}

impl Observer<f64> for Recorder {
    fn name(&self) -> String {
        "recorder".to_owned()
    }

    fn before_step(&mut self, moment: &Moment<'_, f64>) -> Result<(), NnError> {
        self.points.push(moment.trainer.parameters().to_vec().into());
        self.batches.push(moment.batch.as_ref().expect("a step has a batch").indices.to_vec());
        Ok(())
    }

    fn after_epoch(&mut self, moment: &Moment<'_, f64>) -> Result<Control, NnError> {
        // The point after the last step; the training has one epoch.
        self.points.push(moment.trainer.parameters().to_vec().into());
        Ok(Control::Continue)
    }
}

/// An optimiser, itself as the rule of a majorant, and that majorant.
type Rule = (Box<dyn Optimiser<f64>>, Option<GeneralisedSgd<f64>>, Modulus);

fn rules() -> Vec<Rule> {
    let rule = |c, norm| GeneralisedSgd::new(Majorant::Power { c, r: 2.0 }, norm, 1.0).unwrap();
    // Large enough to hold along every step, which the checker measures; in l_inf ‖s‖_2^2 <= 57 ‖s‖_inf^2.
    let (sign, plain) = (|| rule(2000.0, StepNorm::Lp(f64::INFINITY)), || rule(40.0, StepNorm::Lp(2.0)));
    let modulus = |c, norm| Modulus::smooth(c, 2.0, norm).unwrap();
    vec![
        (Box::new(plain()), Some(plain()), modulus(40.0, Norm::L2)),
        (Box::new(sign()), Some(sign()), modulus(2000.0, Norm::LINF)),
        (Box::new(Sgd::new(0.05, 0.9).unwrap()), None, modulus(40.0, Norm::L2)),
    ]
}

#[test]
fn interference_is_what_the_checker_of_t8_finds() {
    let tape = DenseChain::new(1, 6).tape(Shape::vector(5), 3).unwrap();
    let loss: Arc<dyn Loss> = Arc::new(SoftmaxCrossEntropy);
    let (inputs, targets) = data(24, 5, 3);
    let sum = finite_sum(&tape, &loss, &inputs, &targets).unwrap();
    for (optimiser, rule, modulus) in rules() {
        let name = optimiser.name();
        for size in [1, 6, 24] {
            let mut recorder = Recorder::default();
            let mut log =
                InterferenceLog::new(tape.clone(), loss.clone(), inputs.clone(), targets.clone(), 1).unwrap();
            if let Some(rule) = &rule {
                log = log.majorant(rule.clone());
            }
            let samples = Samples::rows(inputs.clone(), targets.clone(), size, Seed::new(2)).unwrap();
            let (optimiser, ..) = rules().into_iter().find(|(o, ..)| o.name() == name).unwrap();
            let trainer = Trainer::new(tape.clone(), start(&tape), loss.clone(), optimiser);
            let mut training = Training::new(trainer, samples, Schedule::constant(), 1)
                .observed(&mut recorder)
                .observed(&mut log);
            training.run().unwrap();
            drop(training);
            let run = BatchRun::record(&sum, recorder.points, recorder.batches).unwrap();
            assert!(interference::identity(&sum, &run).unwrap().verdict().holds(), "{name}, batch {size}");
            let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
            let ledger = interference::Ledger::of(&sum, &run, &method).unwrap();
            let sums = InterferenceSums::of(log.records()).unwrap();
            for (k, (row, record)) in ledger.rows().iter().zip(log.records()).enumerate() {
                // Differences of losses of order 1, each off by a few hundred units.
                let close = |a: f64, b: f64| (a - b).abs() < 1e-12 * (1.0 + a.abs());
                assert!(close(row.rest, record.rest_change) && close(row.interference, record.interference));
                assert!(record.energy.is_none_or(|energy| close(energy, row.energy)), "{name}, step {k}");
                assert!((sums.left[k] - sums.right[k]).abs() <= sums.roundoff, "{name}, step {k}");
                let end = record.smoothness.unwrap();
                assert!(record.smoothness_on_segment.unwrap() >= end);
                assert!(close(2.0 * record.divergence, end * record.squared_step_norm));
            }
            assert!((sums.correlation - ledger.correlation()).abs() < 1e-12);
            assert!((sums.mean_interference - ledger.mean_interference()).abs() < 1e-12);
            assert!(sums.roundoff < 1e-9, "{}", sums.roundoff);
            // The inequality itself, where its hypotheses hold, by the checker and by our sums.
            if let Some(energies) = &sums.energy {
                let report = interference::check(&sum, &run, &modulus).unwrap();
                assert!(report.verdict().holds(), "{name}, batch {size}: {}", report.verdict());
                assert!(energies.iter().zip(&sums.right).all(|(left, right)| *left <= right + sums.roundoff));
            }
            if size == 24 {
                assert!(log.records().iter().all(|record| record.interference == 0.0));
            }
        }
    }
}

#[test]
fn smoothness_along_a_step_is_that_of_a_parabola() {
    // One linear layer under the squared error is a quadratic: C is ‖Hs‖-free, <s, Hs>/‖s‖², at every point of the segment.
    let tape = DenseChain::new(0, 0).tape(Shape::vector(2), 1).unwrap();
    let loss: Arc<dyn Loss> = Arc::new(SquaredError);
    let inputs = ndarray::array![[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]];
    let targets = ndarray::array![[1.0], [0.0], [-2.0]];
    let mut log =
        InterferenceLog::new(tape.clone(), loss.clone(), inputs.clone(), targets.clone(), 1).unwrap();
    let mut recorder = Recorder::default();
    let samples = Samples::rows(inputs.clone(), targets, 2, Seed::new(3)).unwrap();
    let trainer = Trainer::new(tape, vec![0.3, -0.2, 0.1], loss, Box::new(Sgd::new(0.1, 0.0).unwrap()));
    Training::new(trainer, samples, Schedule::constant(), 1)
        .observed(&mut log)
        .observed(&mut recorder)
        .run()
        .unwrap();
    for (k, record) in log.records().iter().enumerate() {
        let step = &recorder.points[k] - &recorder.points[k + 1];
        let batch = &recorder.batches[k];
        let curvature: f64 = batch
            .iter()
            .map(|&i| (inputs[[i, 0]] * step[0] + inputs[[i, 1]] * step[1] + step[2]).powi(2))
            .sum::<f64>()
            / batch.len() as f64
            / step.dot(&step);
        for measured in [record.smoothness.unwrap(), record.smoothness_on_segment.unwrap()] {
            assert!((measured - curvature).abs() < 1e-9 * curvature, "{measured} against {curvature}");
        }
    }
    // The last batch is smaller, and the sums of T8 say so.
    let message = InterferenceSums::of(log.records()).unwrap_err().to_string();
    assert!(message.contains("differ in size"), "{message}");
    let message = InterferenceSums::of(&[log.records()[0], log.records()[0]]).unwrap_err().to_string();
    assert!(message.contains("every = 1"), "{message}");
}

#[test]
fn the_data_set_level_is_the_brute_force_one_and_what_the_checker_says() {
    let tape = DenseChain::new(1, 40).tape(Shape::vector(6), 3).unwrap();
    let parameters = start(&tape);
    let (inputs, targets) = data(7, 6, 3);
    let mut sweep = Sweep::new(tape.clone());
    let mut pass = sweep.forward(&parameters, inputs.view()).unwrap();
    let outputs = pass.outputs().to_owned();
    let jacobian = pass.jacobian().into_shape_with_order((21, parameters.len())).unwrap();
    let kernel = Engine::new(tape.clone()).tangent_kernel(&parameters, inputs.view(), inputs.view()).unwrap();
    let brute = jacobian.dot(&jacobian.t());
    assert!((&kernel - &brute).iter().all(|d| d.abs() < 1e-11 * brute[[0, 0]]));
    // The diagonal blocks are the structural matrices.
    let structure = Engine::new(tape.clone()).structure(&parameters, inputs.view()).unwrap();
    for b in 0..7 {
        let block = kernel.slice(s![3 * b..3 * b + 3, 3 * b..3 * b + 3]);
        assert!((&block - &structure.index_axis(Axis(0), b)).iter().all(|d| d.abs() < 1e-11 * brute[[0, 0]]));
    }
    let values = eigenvalues(brute.view()).unwrap();
    let q = {
        let (small, mut q) = (sum_zero_basis(3), Array2::zeros((21, 14)));
        (0..7).for_each(|b| q.slice_mut(s![3 * b..3 * b + 3, 2 * b..2 * b + 2]).assign(&small));
        q
    };
    let restricted = eigenvalues(q.t().dot(&brute).dot(&q).view()).unwrap();
    for loss in [Arc::new(SquaredError) as Arc<dyn Loss>, Arc::new(SoftmaxCrossEntropy)] {
        let level = data_set_level(&tape, &loss, &parameters, inputs.view(), targets.view()).unwrap();
        assert!((level.eigenvalues.min - values[0]).abs() < 1e-11 * values[20]);
        assert!((level.eigenvalues.max / values[20] - 1.0).abs() < 1e-12);
        let set = tangent_kernel_pl::DataSet {
            jacobian: jacobian.clone(),
            targets: targets.clone(),
            outputs: outputs.clone(),
        };
        let report = tangent_kernel_pl::check(&set, &*loss, 1.0).unwrap();
        assert!((level.risk - report.measured).abs() < 1e-13);
        if loss.residual_sums_to_zero() {
            let ends = level.sum_zero_eigenvalues.unwrap();
            assert!(
                (ends.min - restricted[0]).abs() < 1e-11 * values[20]
                    && ends.min >= level.eigenvalues.min - 1e-12
            );
            assert_eq!((level.convexity, level.bound, level.is_violated()), (None, None, None));
        } else {
            assert!(report.verdict().holds(), "{}", report.verdict());
            assert!((level.bound.unwrap() / report.bound - 1.0).abs() < 1e-9);
            assert_eq!(level.is_violated(), Some(false));
        }
    }
    assert!(
        data_set_level(
            &tape,
            &(Arc::new(SquaredError) as _),
            &parameters,
            inputs.view(),
            targets.slice(s![.., ..2])
        )
        .is_err()
    );
}

#[test]
fn the_layers_sum_to_the_structural_matrix() {
    let tape = LeNet5.tape(Shape::image(1, 10, 10), 4).unwrap();
    let parameters = start(&tape);
    let (inputs, _) = data(3, 100, 4);
    let engine = Engine::<f64>::new(tape.clone());
    let whole = engine.structure(&parameters, inputs.view()).unwrap();
    let sums = layer_sums(&engine, &parameters, inputs.view()).unwrap();
    let mut sweep = Sweep::new(tape.clone());
    let jacobian = sweep.forward(&parameters, inputs.view()).unwrap().jacobian();
    let head = tape.layers_with_parameters().last().map(|layer| format!("{layer}.weight")).unwrap();
    let head = tape.parameters().find(&head).unwrap().range.start;
    for (b, sum) in sums.iter().enumerate() {
        let matrix = whole.index_axis(Axis(0), b);
        assert_eq!(sum.layers.len(), 5);
        let scale = matrix.diag().sum();
        let traces: f64 = sum.layers.iter().map(|part| part.trace).sum();
        assert!((traces / scale - 1.0).abs() < 1e-13 && (sum.whole.trace / scale - 1.0).abs() < 1e-13);
        let rows = jacobian.index_axis(Axis(0), b);
        let below = rows.slice(s![.., ..head]);
        let values = eigenvalues(below.dot(&below.t()).view()).unwrap();
        assert!((sum.below_head.eigenvalues.max / values[3] - 1.0).abs() < 1e-11);
        assert!((sum.below_head.eigenvalues.min - values[0]).abs() < 1e-11 * scale);
        // T12: the head's floor, ‖h‖² + 1 for every direction.
        let floor = sum.layers[4].eigenvalues;
        assert!(
            (floor.max / floor.min - 1.0).abs() < 1e-12
                && sum.whole.eigenvalues.min >= floor.min * (1.0 - 1e-12)
        );
        // Restriction to a subspace: interlacing.
        assert!(sum.whole.sum_zero.min >= sum.whole.eigenvalues.min * (1.0 - 1e-12));
        assert!(sum.whole.sum_zero.max <= sum.whole.eigenvalues.max * (1.0 + 1e-12));
    }
    assert!(layer_sums(&engine, &parameters, inputs.slice(s![..0, ..])).is_err());
}

#[test]
fn the_losses_of_samples_are_objectives_with_their_gradients() {
    let tape = DenseChain::new(1, 4).tape(Shape::vector(3), 2).unwrap();
    let (inputs, targets) = data(5, 3, 2);
    let loss: Arc<dyn Loss> = Arc::new(SoftmaxCrossEntropy);
    let sum = finite_sum(&tape, &loss, &inputs, &targets).unwrap();
    let x = Array1::from(start(&tape));
    let gradient = sum.gradient(&x).unwrap();
    for i in 0..x.len() {
        let at = |h: f64| {
            let mut moved = x.clone();
            moved[i] += h;
            sum.value(&moved).unwrap()
        };
        let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
        // Away from kinks the central difference is off by the third derivative times 1e-10 and by round-off over 1e-5.
        assert!((gradient[i] - difference).abs() < 1e-7, "{i}: {} against {difference}", gradient[i]);
    }
    let mut broken = x.clone();
    broken[1] = f64::NAN;
    assert!(sum.value(&broken).is_err() && sum.value(&x.slice(s![..3])).is_err());
    assert!(finite_sum(&tape, &loss, &inputs, &targets.slice(s![..4, ..]).to_owned()).is_err());
}
