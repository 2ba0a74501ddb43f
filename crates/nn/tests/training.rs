//! Whole trainings: resumed bit for bit, observed without effect, stopped with a reason.

use std::sync::Arc;

use fenchel_convexity::losses::{Loss, SoftmaxCrossEntropy};
use fenchel_nn::losses::{BatchLoss, LossName};
use fenchel_nn::measurement::{InterferenceLog, Probe};
use fenchel_nn::models::{ConvChain, DenseChain, LeNet5, Model};
use fenchel_nn::optimisers::{Adam, Optimiser, RmsProp, Sgd, WeightDecay};
use fenchel_nn::training::{
    Cause, Checkpoints, Control, EarlyStopping, Evaluations, Judge, Moment, Observer, Outcome, Place,
    ProbeLog, Samples, Training,
};
use fenchel_nn::{Initialiser, NnError, Schedule, Trainer, one_hot};
use fenchel_random::Seed;
use fenchel_tensor::{Shape, Tape};
use ndarray::Array2;
use serde_json::json;

const CLASSES: usize = 3;
const SHAPE: Shape = Shape::Image { channels: 1, height: 6, width: 6 };

/// Images whose brightness and noise tell the class.
fn data(count: usize) -> (Array2<f32>, Vec<usize>) {
    let mut stream = Seed::new(11).derive("data").stream();
    let labels: Vec<usize> = (0..count).map(|_| stream.random_range(0..CLASSES)).collect();
    let inputs = Array2::from_shape_fn((count, SHAPE.len()), |(b, i)| {
        let wave = ((i * (labels[b] + 1)) as f32 * 0.7).sin();
        wave + stream.random_range(-1.0..1.0)
    });
    (inputs, labels)
}

fn tape() -> Arc<Tape> {
    ConvChain { modules: 1, skip: false }.tape(SHAPE, CLASSES).unwrap()
}

fn trainer(tape: &Arc<Tape>, optimiser: Box<dyn Optimiser<f32>>) -> Trainer<f32> {
    let start = Initialiser::Kaiming.draw(tape, Seed::new(1)).unwrap().iter().map(|&p| p as f32).collect();
    let loss = BatchLoss::named(LossName::CrossEntropy).unwrap().smoothed(0.05).unwrap();
    Trainer::new(tape.clone(), start, loss, optimiser)
}

fn optimisers() -> Vec<Box<dyn Optimiser<f32>>> {
    vec![
        Box::new(Sgd::new(0.05, 0.9).unwrap().nesterov().unwrap()),
        Box::new(Sgd::new(0.05, 0.0).unwrap()),
        Box::new(Adam::new(0.003).unwrap().weight_decay(WeightDecay::Decoupled(0.01)).unwrap()),
        Box::new(RmsProp::new(0.002).unwrap().momentum(0.5).unwrap()),
    ]
}

/// 70 samples in batches of 16: the last batch of an epoch has 6.
fn training<'a>(optimiser: Box<dyn Optimiser<f32>>, epochs: u64) -> Training<'a, f32> {
    let (inputs, labels) = data(70);
    let samples = Samples::labelled(inputs, labels, 16, Seed::new(5)).unwrap();
    Training::new(trainer(&tape(), optimiser), samples, Schedule::cosine(20, 0.1).unwrap().warm_up(3), epochs)
}

fn bits(training: &Training<'_, f32>) -> Vec<u32> {
    training.trainer().parameters().iter().map(|p| p.to_bits()).collect()
}

fn evaluations() -> Evaluations<f32> {
    let (inputs, labels) = data(40);
    Evaluations::new("test", inputs, labels).unwrap()
}

/// Stops the process, as far as a library can be killed: by an error at a step.
struct Cut(u64);

impl Observer<f32> for Cut {
    fn name(&self) -> String {
        "cut".to_owned()
    }

    fn after_step(&mut self, moment: &Moment<'_, f32>) -> Result<Control, NnError> {
        if moment.trainer.steps() == self.0 {
            return Err(NnError::Outside { what: "the test".to_owned(), reason: "cut".to_owned() });
        }
        Ok(Control::Continue)
    }
}

#[test]
fn a_resumed_training_ends_with_the_bits_and_the_records_of_an_uninterrupted_one() {
    for which in 0..4 {
        let mut log = evaluations();
        let mut straight = training(optimisers().swap_remove(which), 4).observed(&mut log);
        assert_eq!(straight.run().unwrap(), Outcome::Finished);
        let (expected, steps) = (bits(&straight), straight.trainer().steps());
        drop(straight);
        assert_eq!((steps, log.records().len()), (20, 4));
        // Cut after every number of steps, within epochs and at their ends; checkpoints every two steps and after epochs.
        for cut in (1..=steps).step_by(if which == 0 { 3 } else { 10 }) {
            let folder = tempfile::tempdir().unwrap();
            let checkpoints =
                || Checkpoints::new(folder.path(), json!({"seed": 5})).unwrap().every(2).unwrap();
            let mut first = training(optimisers().swap_remove(which), 4)
                .observed(evaluations())
                .observed(Cut(cut))
                .checkpointed(checkpoints());
            assert!(!first.resume().unwrap());
            assert!(first.run().is_err());
            drop(first);
            let mut again = evaluations();
            let mut second =
                training(optimisers().swap_remove(which), 4).observed(&mut again).checkpointed(checkpoints());
            assert_eq!(second.resume().unwrap(), cut > 2, "cut at {cut}");
            assert_eq!(second.run().unwrap(), Outcome::Finished);
            assert_eq!(bits(&second), expected, "optimiser {which}, cut at {cut}");
            drop(second);
            assert_eq!(again.records(), log.records());
            // A finished training resumes as finished.
            let mut third = training(optimisers().swap_remove(which), 4).checkpointed(checkpoints());
            assert!(third.resume().unwrap());
            assert_eq!((third.run().unwrap(), third.trainer().steps()), (Outcome::Finished, steps));
            assert_eq!(bits(&third), expected);
        }
    }
}

#[test]
fn observers_shift_no_number_and_threads_neither() {
    let plain = {
        let mut plain = training(optimisers().swap_remove(0), 3);
        plain.run().unwrap();
        bits(&plain)
    };
    for threads in [1, 2, 5] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (inputs, labels) = data(70);
        let (inputs, targets) = (inputs.mapv(f64::from), one_hot(&labels, CLASSES).unwrap());
        let loss: Arc<dyn Loss> = Arc::new(SoftmaxCrossEntropy);
        let mut probe =
            ProbeLog::new(Probe::new(tape(), loss.clone()), inputs.clone(), targets.clone(), 4).unwrap();
        let mut interference = InterferenceLog::new(tape(), loss, inputs, targets, 3).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(folder.path(), json!(null)).unwrap().every(1).unwrap();
        let mut watched = training(optimisers().swap_remove(0), 3)
            .observed(evaluations())
            .observed(&mut probe)
            .observed(&mut interference)
            .checkpointed(checkpoints);
        pool.install(|| watched.run()).unwrap();
        assert_eq!(bits(&watched), plain, "{threads} threads");
        drop(watched);
        assert_eq!(probe.records().iter().map(|r| r.step).collect::<Vec<_>>(), [0, 4, 8, 12]);
        assert!(probe.records().iter().all(|r| r.violated == 0 && r.checked == 140 && r.sum_zero.is_some()));
        assert_eq!(interference.records().len(), 5);
    }
}

#[test]
fn checkpoints_are_pruned_and_another_configuration_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = |seed: u64| {
        Checkpoints::new(folder.path(), json!({"seed": seed})).unwrap().every(1).unwrap().keep(3).unwrap()
    };
    // What a killed process leaves.
    std::fs::create_dir_all(folder.path().join(".fenchel-0123456789abcdefghijklmn.tmp")).unwrap();
    let mut first = training(optimisers().swap_remove(0), 2).checkpointed(checkpoints(5));
    first.run().unwrap();
    let names = |path: &std::path::Path| -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert_eq!(names(folder.path()), ["step-0000000008", "step-0000000009", "step-0000000010"]);
    let last = folder.path().join("step-0000000010");
    let files = ["SHA256SUMS", "optimiser.safetensors", "parameters.safetensors", "state.json"];
    assert_eq!(names(&last), files);

    let refusal = |mut training: Training<'_, f32>| training.resume().unwrap_err().to_string();
    let message = refusal(training(optimisers().swap_remove(0), 2).checkpointed(checkpoints(6)));
    assert!(message.contains("`settings.seed` was 5 and is now 6"), "{message}");
    let message = refusal(training(optimisers().swap_remove(1), 2).checkpointed(checkpoints(5)));
    assert!(message.contains("`training.optimiser` was") && message.contains("momentum 0.9"), "{message}");
    // More epochs than before are no other training.
    let mut longer = training(optimisers().swap_remove(0), 3).checkpointed(checkpoints(5));
    assert!(longer.resume().unwrap());
    longer.run().unwrap();
    assert_eq!(longer.trainer().steps(), 15);

    assert!(training(optimisers().swap_remove(0), 3).resume().is_err());
    assert!(Checkpoints::new(folder.path(), json!(null)).unwrap().every(0).is_err());
    assert!(Checkpoints::new(folder.path(), json!(null)).unwrap().keep(0).is_err());
}

#[test]
fn a_damaged_checkpoint_is_found_whatever_the_damage_and_the_one_before_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = || Checkpoints::new(folder.path(), json!(null)).unwrap().every(1).unwrap();
    let make = || training(optimisers().swap_remove(0), 2).checkpointed(checkpoints());
    let mut whole = make();
    whole.run().unwrap();
    let expected = bits(&whole);
    let at = |file: &str| folder.path().join("step-0000000010").join(file);
    let flip = |file: &str, place: usize| {
        let mut bytes = std::fs::read(at(file)).unwrap();
        let place = place.min(bytes.len() - 1);
        bytes[place] ^= 2;
        std::fs::write(at(file), bytes).unwrap();
    };
    let damages: [&dyn Fn(); 9] = [
        // One bit of a weight, of the optimiser's memory, of the state, of the checksums.
        &|| flip("parameters.safetensors", usize::MAX),
        &|| flip("optimiser.safetensors", usize::MAX),
        &|| flip("state.json", 20),
        &|| flip("SHA256SUMS", 3),
        &|| std::fs::write(at("parameters.safetensors"), [0; 100]).unwrap(),
        &|| std::fs::remove_file(at("optimiser.safetensors")).unwrap(),
        &|| std::fs::remove_file(at("state.json")).unwrap(),
        &|| std::fs::write(at("state.json"), "").unwrap(),
        &|| std::fs::write(at("stray"), "").unwrap(),
    ];
    for (number, damage) in damages.iter().enumerate() {
        damage();
        let mut second = make();
        assert!(second.resume().unwrap());
        let told = second.passed_over().to_vec();
        assert!(told.len() == 1 && told[0].contains("step-0000000010"), "damage {number}: {told:?}");
        assert_eq!(second.trainer().steps(), 9, "damage {number}");
        second.run().unwrap();
        assert_eq!(bits(&second), expected, "damage {number}");
        assert!(folder.path().join("step-0000000010.damaged").is_dir());
        std::fs::remove_dir_all(folder.path().join("step-0000000010.damaged")).unwrap();
    }
    // What has another name is no checkpoint.
    std::fs::write(folder.path().join("step-notes.txt"), "mine").unwrap();
    std::fs::create_dir(folder.path().join(".tmp-mine")).unwrap();
    assert!(make().resume().unwrap());
    assert!(folder.path().join("step-notes.txt").exists() && folder.path().join(".tmp-mine").exists());
    // Where none is whole, the training does not begin again unasked.
    for step in ["step-0000000009", "step-0000000010"] {
        std::fs::write(folder.path().join(step).join("state.json"), "{\"format\": 1}").unwrap();
    }
    let message = make().resume().unwrap_err().to_string();
    assert!(message.contains("is whole") && message.contains("to start over"), "{message}");
    assert!(folder.path().join("step-0000000010").is_dir());
}

#[test]
fn early_stopping_stops_and_stays_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let stopping = EarlyStopping { judge: Judge::Accuracy, patience: 2, least: 2.0 };
    let make = || {
        // Nothing improves by 2, so the first epoch is the best.
        let observer = evaluations().stopping(stopping).unwrap();
        let checkpoints = Checkpoints::new(folder.path(), json!(null)).unwrap();
        training(optimisers().swap_remove(1), 50).observed(observer).checkpointed(checkpoints)
    };
    let mut first = make();
    let Outcome::Stopped(reason) = first.run().unwrap() else { panic!("it should stop") };
    assert!(reason.contains("accuracy on test has not risen") && reason.contains("2 epochs"), "{reason}");
    assert_eq!(first.trainer().steps(), 15);
    let mut second = make();
    assert!(second.resume().unwrap());
    assert_eq!(second.run().unwrap(), Outcome::Stopped(reason));
    assert_eq!(second.trainer().steps(), 15);
    assert!(evaluations().stopping(EarlyStopping { patience: 0, ..stopping }).is_err());
}

fn divergence(error: NnError) -> (Place, Cause, String) {
    let message = error.to_string();
    let NnError::Diverged(divergence) = error else { panic!("another error: {message}") };
    (divergence.place, divergence.cause, message)
}

#[test]
fn a_nan_in_the_data_is_found_and_named() {
    for value in [f32::NAN, f32::INFINITY] {
        let (mut inputs, labels) = data(70);
        inputs[[37, 20]] = value;
        let samples = Samples::labelled(inputs, labels, 16, Seed::new(5)).unwrap();
        let mut training =
            Training::new(trainer(&tape(), optimisers().swap_remove(0)), samples, Schedule::constant(), 3);
        let (place, cause, message) = divergence(training.run().unwrap_err());
        assert!(matches!(place, Place::Input { sample: Some(37), feature: 20, .. }), "{place:?}");
        assert_eq!(cause, Cause::Data);
        assert!(message.contains("sample 37 of the set") && message.contains("feature 20"), "{message}");
        // Nothing of it reached the parameters.
        assert!(training.trainer().parameters().iter().all(|p| p.is_finite()));
    }
}

#[test]
fn a_rate_too_large_is_named_with_the_layer() {
    let (inputs, labels) = data(70);
    let tape = LeNet5.tape(Shape::image(1, 6, 6), CLASSES).unwrap();
    let samples = Samples::labelled(inputs, labels, 16, Seed::new(5)).unwrap();
    let huge = Box::new(Sgd::new(1e9, 0.0).unwrap());
    let mut training = Training::new(trainer(&tape, huge), samples, Schedule::constant(), 30);
    let (place, cause, message) = divergence(training.run().unwrap_err());
    let (Place::Output { layer } | Place::Gradient { layer } | Place::Parameters { layer }) = &place else {
        panic!("{place:?}")
    };
    assert!(tape.layers_with_parameters().contains(&layer.as_str()), "{layer}");
    assert!(matches!(cause, Cause::Rate { rate: 1e9, last_loss: Some(_) }), "{cause:?}");
    assert!(
        message.contains("learning rate 1000000000") && message.contains("loss of the batch before"),
        "{message}"
    );
}

/// A network blown up at a chosen layer: the diagnosis must find exactly that one.
#[test]
fn the_first_layer_that_overflows_is_found() {
    let (inputs, labels) = data(8);
    let models: [(Box<dyn Model>, Shape); 2] =
        [(Box::new(DenseChain::new(3, 7)), SHAPE), (Box::new(ConvChain { modules: 2, skip: true }), SHAPE)];
    for (model, shape) in models {
        let tape = model.tape(shape, CLASSES).unwrap();
        for (index, layer) in tape.layers_with_parameters().into_iter().enumerate() {
            let mut start: Vec<f32> =
                Initialiser::Kaiming.draw(&tape, Seed::new(3)).unwrap().iter().map(|&p| p as f32).collect();
            let slot = tape.parameters().find(&format!("{layer}.weight")).unwrap();
            start[slot.range.clone()].iter_mut().for_each(|w| *w = 3e38 * w.signum());
            let mut trainer = Trainer::new(
                tape.clone(),
                start,
                Arc::new(SoftmaxCrossEntropy),
                Box::new(Sgd::new(0.1, 0.0).unwrap()),
            );
            let (place, cause, message) =
                divergence(trainer.step(inputs.view(), labels.as_slice()).unwrap_err());
            assert_eq!(
                place,
                Place::Output { layer: layer.to_owned() },
                "layer {index} of {}: {message}",
                model.name()
            );
            assert!(
                matches!(cause, Cause::Start { .. }) && message.contains("nothing was learned yet"),
                "{message}"
            );
        }
        // Broken parameters are told from broken outputs.
        let mut start = vec![0.0_f32; tape.parameters().len()];
        start[0] = f32::NAN;
        let first = tape.layers_with_parameters()[0].to_owned();
        let sgd = Box::new(Sgd::new(0.1, 0.0).unwrap());
        let mut trainer = Trainer::new(tape.clone(), start, Arc::new(SoftmaxCrossEntropy), sgd);
        let (place, ..) = divergence(trainer.step(inputs.view(), labels.as_slice()).unwrap_err());
        assert_eq!(place, Place::Parameters { layer: first });
    }
}

#[test]
fn what_does_not_fit_is_refused_without_a_step() {
    let (inputs, labels) = data(8);
    let mut trainer = trainer(&tape(), optimisers().swap_remove(0));
    let before = trainer.parameters().to_vec();
    assert!(trainer.step(inputs.view(), &labels[..7]).is_err());
    assert!(trainer.step(inputs.view(), [9_usize; 8].as_slice()).is_err());
    let message = trainer.step(inputs.slice(ndarray::s![..0, ..]), [].as_slice()).unwrap_err().to_string();
    assert!(message.contains("at least one sample"), "{message}");
    assert_eq!((trainer.parameters(), trainer.steps()), (before.as_slice(), 0));
    let empty = Array2::<f32>::zeros((0, 3));
    assert!(Samples::labelled(empty, vec![], 4, Seed::new(1)).is_err());
    assert!(Samples::labelled(inputs.clone(), labels.clone(), 0, Seed::new(1)).is_err());
    assert!(Samples::labelled(inputs, labels[..5].to_vec(), 4, Seed::new(1)).is_err());
}

/// Squares that overflow inside a normalisation reach the trainer as what they are.
#[test]
fn overflow_inside_a_normalisation_stops_training() {
    use fenchel_tensor::TapeBuilder;
    for by_group in [false, true] {
        let mut net = TapeBuilder::new(Shape::vector(3));
        let h = net.dense("0", net.input(), 4).unwrap();
        let h = if by_group { net.group_norm("1", h, 2) } else { net.layer_norm("1", h) }.unwrap();
        let y = net.dense("2", h, 3).unwrap();
        let tape = Arc::new(net.finish(y).unwrap());
        let step = |size: f32| {
            let parameters: Vec<f32> = (0..tape.parameters().len())
                .map(|i| if i < 12 { size * (i as f32 * 1.3).sin() } else { 0.5 })
                .collect();
            let sgd = Box::new(Sgd::new(0.1, 0.0).unwrap());
            let mut trainer = Trainer::new(tape.clone(), parameters, Arc::new(SoftmaxCrossEntropy), sgd);
            let inputs = Array2::from_shape_fn((2, 3), |(i, j)| 1.0 + (i + 2 * j) as f32);
            trainer.step(inputs.view(), one_hot(&[0, 1], 3).unwrap().view())
        };
        assert!(step(1e15).unwrap().is_finite());
        for size in [1e20, 1e30] {
            assert!(step(size).is_err(), "{size}");
        }
    }
}
