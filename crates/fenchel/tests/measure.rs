//! `fenchel measure` and `fenchel model` end to end: what they write, and what they say of wrong inputs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fenchel_nn::weights::Tensors;
use tempfile::TempDir;

/// `f(x) = W x + b`, in `R^3`, whose structural matrix is `(‖x‖² + 1) I`.
const LINEAR: &str = "input = [2]\nlayers = [{ type = \"dense\", outputs = 3 }]\n";

/// Its weights and bias.
const WEIGHT: [f64; 6] = [0.5, -1.0, 2.0, 0.25, -0.75, 1.5];
const BIAS: [f64; 3] = [0.1, -0.2, 0.3];

/// A folder with a model, its weights and samples.
struct Inputs {
    folder: TempDir,
}

impl Inputs {
    fn new(samples: usize) -> Self {
        let inputs = Self { folder: tempfile::tempdir().unwrap() };
        fs::write(inputs.path("model.toml"), LINEAR).unwrap();
        inputs.weights(|_| ());
        let x: Vec<f64> = (0..2 * samples).map(|i| (i as f64 * 0.7).sin() * 2.0).collect();
        let y: Vec<i64> = (0..samples).map(|i| i as i64 % 3).collect();
        inputs.data(&[samples, 2], &x, &y);
        inputs
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn weights(&self, change: impl FnOnce(&mut Tensors)) {
        let mut tensors = Tensors::new();
        tensors.insert("0.weight", &[3, 2], &WEIGHT).unwrap();
        tensors.insert("0.bias", &[3], &BIAS).unwrap();
        change(&mut tensors);
        tensors.write(&self.path("weights.safetensors")).unwrap();
    }

    fn data(&self, shape: &[usize], x: &[f64], y: &[i64]) {
        let mut tensors = Tensors::new();
        tensors.insert("x", shape, x).unwrap();
        tensors.insert_integers("y", &[y.len()], y).unwrap();
        tensors.write(&self.path("data.npz")).unwrap();
    }

    fn measure(&self, loss: &str, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
        command.arg("measure").current_dir(self.folder.path());
        command.args(["--model", "model.toml", "--weights", "weights.safetensors", "--data", "data.npz"]);
        command.args(["--loss", loss]).args(more);
        if !more.contains(&"--out") {
            command.args(["--out", "out.npz"]);
        }
        command.output().unwrap()
    }

    /// The message of a measurement that must fail, and that it left nothing behind.
    fn refusal(&self, more: &[&str]) -> String {
        let files = || fs::read_dir(self.folder.path()).unwrap().count();
        let before = files();
        let output = self.measure("ce", more);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(files(), before, "nothing is left behind");
        String::from_utf8(output.stderr).unwrap()
    }
}

fn model(arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
    command.arg("model").args(arguments).current_dir(folder).output().unwrap()
}

fn has(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

/// Equal up to the rounding of a few dozen operations.
fn close(got: f64, expected: f64) -> bool {
    (got - expected).abs() <= 64.0 * f64::EPSILON * expected.abs()
}

#[test]
fn a_linear_model_is_measured_as_the_formulas_say() {
    // More samples than one block, so that blocks are put together.
    let n = 2500;
    let inputs = Inputs::new(n);
    let output = inputs.measure("squared", &["--gradients"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let table = String::from_utf8(output.stdout).unwrap();
    has(&table, &["0      dense", "total", "lambda_max", "holds for 2500 of 2500 samples", "out.npz"]);

    let (data, out) = (Tensors::read(&inputs.path("data.npz")), Tensors::read(&inputs.path("out.npz")));
    let (x, out) = (data.unwrap().floats::<f64>("x", &[n, 2]).unwrap(), out.unwrap());
    let expected_names = [
        "D",
        "L",
        "U",
        "eigenvalues",
        "grad/0.bias",
        "grad/0.weight",
        "grad_norm_sq",
        "logits",
        "loss",
        "lower",
        "residual",
        "roundoff",
        "structure",
        "upper",
    ];
    assert_eq!(out.names().collect::<Vec<_>>(), expected_names);
    let by_sample = |name| out.floats::<f64>(name, &[n]).unwrap();
    let rows = |name| out.floats::<f64>(name, &[n, 3]).unwrap();
    let structure = out.floats::<f64>("structure", &[n, 3, 3]).unwrap();
    let (logits, residual, eigenvalues) = (rows("logits"), rows("residual"), rows("eigenvalues"));
    let (loss, norm) = (by_sample("loss"), by_sample("grad_norm_sq"));
    let (u, l, d) = (by_sample("U"), by_sample("L"), by_sample("D"));
    let (lower, upper) = (by_sample("lower"), by_sample("upper"));
    let roundoff = out.floats::<f64>("roundoff", &[n, 2]).unwrap();
    let mut mean_bias = [0.0; 3];
    for i in 0..n {
        let x = &x[2 * i..][..2];
        let factor = x[0] * x[0] + x[1] * x[1] + 1.0;
        let mut square = 0.0;
        for k in 0..3 {
            let output = WEIGHT[2 * k] * x[0] + WEIGHT[2 * k + 1] * x[1] + BIAS[k];
            let e = output - if i % 3 == k { 1.0 } else { 0.0 };
            assert!((logits[3 * i + k] - output).abs() < 1e-14);
            assert!((residual[3 * i + k] - e).abs() < 1e-14);
            square += residual[3 * i + k].powi(2);
            mean_bias[k] += residual[3 * i + k] / n as f64;
            assert!(close(eigenvalues[3 * i + k], factor));
            for j in 0..3 {
                let entry = structure[9 * i + 3 * k + j];
                assert!(if j == k { close(entry, factor) } else { entry == 0.0 }, "sample {i}: {entry}");
            }
        }
        assert!(close(loss[i], square / 2.0) && close(norm[i], square * factor));
        assert!(
            (u[i] + factor.ln()).abs() < 1e-14 && (l[i] + factor.ln()).abs() < 1e-14 && d[i].abs() < 1e-14
        );
        // The bounds meet the loss here, but for the round-off that they are moved outwards by.
        let [squared_norm, eigenvalue] = [roundoff[2 * i], roundoff[2 * i + 1]];
        assert!(squared_norm < 1e-12 * norm[i] && eigenvalue < 1e-12 * factor);
        assert!(lower[i] <= loss[i] && loss[i] <= upper[i]);
        assert!(close(lower[i], 0.5 * (norm[i] - squared_norm) / (factor + eigenvalue)));
        assert!(close(upper[i], 0.5 * (norm[i] + squared_norm) / (factor - eigenvalue)));
    }
    let bias = out.floats::<f64>("grad/0.bias", &[3]).unwrap();
    assert!(
        bias.iter().zip(&mean_bias).all(|(got, want)| (got - want).abs() < 1e-13),
        "{bias:?} {mean_bias:?}"
    );
    assert!(out.floats::<f64>("grad/0.weight", &[3, 2]).is_ok());
}

#[test]
fn threads_change_no_bit_and_single_precision_changes_little() {
    let inputs = Inputs::new(300);
    for (threads, name) in [("1", "one.npz"), ("3", "three.npz")] {
        let output = inputs.measure("ce", &["--gradients", "--threads", threads, "--out", name]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    let one = fs::read(inputs.path("one.npz")).unwrap();
    assert_eq!(one, fs::read(inputs.path("three.npz")).unwrap());
    assert!(inputs.measure("ce", &["--precision", "f32"]).status.success());
    let loss = |name| Tensors::read(&inputs.path(name)).unwrap().floats::<f64>("loss", &[300]).unwrap();
    let (double, single) = (loss("one.npz"), loss("out.npz"));
    assert_ne!(double, single);
    // Logits below 8, off by a few units in the last place of f32; the loss is 2-Lipschitz in their largest.
    assert!(double.iter().zip(&single).all(|(a, b)| (a - b).abs() < 1e-5));
}

/// `y_k = s_k z_k + t_k`, `z_k = (W_k x + b_k - mu_k) / sigma_k`: `A` is diagonal, `(s_k / sigma_k)^2 (‖x‖² + 1) + z_k^2 + 1`.
#[test]
fn statistics_come_with_the_weights_and_are_no_parameters() {
    const SCALE: [f64; 3] = [1.5, -0.5, 2.0];
    const MEAN: [f64; 3] = [0.25, -1.0, 0.5];
    const VARIANCE: [f64; 3] = [0.25, 4.0, 1.0];
    let inputs = Inputs::new(4);
    let layers = "{ type = \"dense\", outputs = 3 }, { type = \"batch_norm\", epsilon = 0.5 }";
    fs::write(inputs.path("model.toml"), format!("input = [2]\nlayers = [{layers}]\n")).unwrap();
    let trained = |t: &mut Tensors| {
        for (name, values) in
            [("weight", SCALE), ("bias", BIAS), ("running_mean", MEAN), ("running_var", VARIANCE)]
        {
            t.insert(&format!("1.{name}"), &[3], &values).unwrap();
        }
    };
    inputs.weights(trained);
    let output = inputs.measure("ce", &[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    has(&String::from_utf8(output.stdout).unwrap(), &["batch_norm, fixed statistics", "holds for 4 of 4"]);
    let (data, out) = (Tensors::read(&inputs.path("data.npz")), Tensors::read(&inputs.path("out.npz")));
    let (data, out) = (data.unwrap(), out.unwrap());
    let x = data.floats::<f64>("x", &[4, 2]).unwrap();
    let logits = out.floats::<f64>("logits", &[4, 3]).unwrap();
    let structure = out.floats::<f64>("structure", &[4, 3, 3]).unwrap();
    for (sample, x) in x.chunks_exact(2).enumerate() {
        for k in 0..3 {
            let deviation = (VARIANCE[k] + 0.5).sqrt();
            let z = (WEIGHT[2 * k] * x[0] + WEIGHT[2 * k + 1] * x[1] + BIAS[k] - MEAN[k]) / deviation;
            let square = (SCALE[k] / deviation).powi(2) * (x[0] * x[0] + x[1] * x[1] + 1.0) + z * z + 1.0;
            // The sums may cancel: off by their terms.
            assert!((logits[3 * sample + k] - (SCALE[k] * z + BIAS[k])).abs() < 1e-14);
            assert!((structure[(3 * sample + k) * 3 + k] - square).abs() < 1e-13, "{sample} {k}");
        }
        assert_eq!(structure[9 * sample + 1], 0.0);
    }

    inputs.weights(|t| {
        trained(t);
        t.insert("1.running_var", &[3], &[0.25, -4.0, 1.0]).unwrap();
    });
    has(
        &inputs.refusal(&[]),
        &["model.toml", "`1 (batch_norm)`", "running_var is -4 for channel 1", "from 0 to"],
    );
}

#[test]
fn wrong_weights_are_refused_by_tensor() {
    let inputs = Inputs::new(4);
    inputs.weights(|t| t.insert("0.weight", &[2, 3], &WEIGHT).unwrap());
    has(&inputs.refusal(&[]), &["weights.safetensors", "`0.weight`", "[2, 3]", "needs [3, 2]"]);
    inputs.weights(|t| t.insert("0.bias", &[3], &[0.0, f64::NAN, 0.0]).unwrap());
    has(&inputs.refusal(&[]), &["`0.bias`", "NaN", "[1]"]);
    inputs.weights(|t| t.insert("1.running_var", &[3], &BIAS).unwrap());
    has(&inputs.refusal(&[]), &["`1.running_var` [3]", "batch normalisation"]);
    inputs.weights(|_| ());
    let bytes = fs::read(inputs.path("weights.safetensors")).unwrap();
    fs::write(inputs.path("weights.safetensors"), &bytes[..bytes.len() - 5]).unwrap();
    has(&inputs.refusal(&[]), &["weights.safetensors", "cut off"]);
    fs::remove_file(inputs.path("weights.safetensors")).unwrap();
    has(&inputs.refusal(&[]), &["cannot read weights.safetensors", "is the path right"]);
    fs::create_dir(inputs.path("weights.safetensors")).unwrap();
    has(&inputs.refusal(&[]), &["weights.safetensors", "directory"]);
}

#[test]
fn wrong_samples_are_refused() {
    let inputs = Inputs::new(4);
    let x = [0.5; 8];
    inputs.data(&[4, 2], &x, &[0, 1, 3, 2]);
    has(&inputs.refusal(&[]), &["data.npz", "sample 2 in `y` is 3", "0 to 2"]);
    inputs.data(&[4, 2], &x, &[0, -1, 1, 2]);
    has(&inputs.refusal(&[]), &["sample 1 in `y` is -1"]);
    inputs.data(&[4, 2], &x, &[0, 1, 2]);
    has(&inputs.refusal(&[]), &["`y` has whole numbers of shape [3]", "[4] labels"]);
    inputs.data(&[2, 4], &x, &[0, 1]);
    has(&inputs.refusal(&[]), &["`x` has shape [2, 4]", "[N, 2]"]);
    inputs.data(&[0, 2], &[], &[]);
    has(&inputs.refusal(&[]), &["`x` has shape [0, 2]", "at least one sample"]);
    inputs.data(&[1, 2], &[1.0, f64::INFINITY], &[0]);
    has(&inputs.refusal(&[]), &["sample 0", "number 1 of its input is inf"]);
    inputs.data(&[1, 2], &[1.0, 1e300], &[0]);
    has(&inputs.refusal(&["--precision", "f32"]), &["sample 0", "is inf in f32", "measure in f64"]);
    inputs.data(&[1, 2], &[1.0, 1e200], &[0]);
    has(&inputs.refusal(&[]), &["sample 0", "not finite", "overflows"]);
    let mut tensors = Tensors::new();
    tensors.insert("x", &[1, 2], &[0.0; 2]).unwrap();
    tensors.write(&inputs.path("data.npz")).unwrap();
    has(&inputs.refusal(&[]), &["data.npz has no tensor `y`", "it has x"]);
    tensors.insert("y", &[1], &[0.0]).unwrap();
    tensors.write(&inputs.path("data.npz")).unwrap();
    has(&inputs.refusal(&[]), &["`y` has real numbers of shape [1]", "labels", "astype"]);
}

#[test]
fn a_bad_sample_is_named_and_costs_no_other() {
    let inputs = Inputs::new(3);
    inputs.data(&[3, 2], &[1.0, 2.0, f64::NAN, 0.0, 0.5, 0.5], &[0, 1, 2]);
    let output = inputs.measure("ce", &["--report", "page.html", "--gradients", "--parts", "--kernel"]);
    assert_eq!(output.status.code(), Some(1));
    has(&String::from_utf8(output.stderr).unwrap(), &["sample 1 could not be measured", "number 0", "NaN"]);
    has(&String::from_utf8(output.stdout).unwrap(), &["holds for 2 of 2 samples", "page.html"]);
    let out = Tensors::read(&inputs.path("out.npz")).unwrap();
    let (_, loss) = out.numbers::<f64>("loss", "N").unwrap();
    assert!(loss[0] > 0.0 && loss[1].is_nan() && loss[2] > 0.0);
    assert!(out.names().all(|name| !name.starts_with("grad/")), "no mean without the sample");
    has(
        &fs::read_to_string(inputs.path("page.html")).unwrap(),
        &["<svg", "could not be measured", "number 0"],
    );
}

#[test]
fn losses_are_as_in_training_and_wrappers_prefixes_come_off() {
    let inputs = Inputs::new(6);
    inputs.weights(|tensors| {
        *tensors = Tensors::new();
        tensors.insert("module.0.weight", &[3, 2], &WEIGHT).unwrap();
        tensors.insert("module.0.bias", &[3], &BIAS).unwrap();
    });
    has(&inputs.refusal(&[]), &["the same but for `module.` before each", "--prefix module."]);
    has(&inputs.refusal(&["--prefix", "net."]), &["`module.0.bias` does not begin with `net.`"]);
    let more = ["--prefix", "module.", "--smoothing", "0.1", "--kernel", "--parts"];
    assert_eq!(inputs.measure("ce", &more).status.code(), Some(0));
    let out = Tensors::read(&inputs.path("out.npz")).unwrap();
    let entropy = out.floats::<f64>("entropy", &[6]).unwrap();
    let y: [f64; 3] = [0.9 + 0.1 / 3.0, 0.1 / 3.0, 0.1 / 3.0];
    let expected: f64 = y.iter().map(|y| -y * y.ln()).sum();
    assert!(entropy.iter().all(|&entropy| (entropy - expected).abs() < 1e-14));
    // The kernel's blocks on the diagonal are the structural matrices, and one layer is the whole.
    let (kernel, structure) =
        (out.floats::<f64>("kernel", &[18, 18]).unwrap(), out.floats::<f64>("structure", &[6, 3, 3]));
    let structure = structure.unwrap();
    let (trace, max) =
        (out.floats::<f64>("part/0/trace", &[6]), out.floats::<f64>("below_head/lambda_max", &[6]));
    for sample in 0..6 {
        for (k, l) in (0..9).map(|place| (place / 3, place % 3)) {
            let (a, b) = (kernel[18 * (3 * sample + k) + 3 * sample + l], structure[9 * sample + 3 * k + l]);
            assert!((a - b).abs() <= 1e-13 * b.abs().max(1.0));
        }
        assert!(close(trace.as_ref().unwrap()[sample], 3.0 * structure[9 * sample]));
        assert_eq!(max.as_ref().unwrap()[sample], 0.0);
    }
    let ignored =
        inputs.measure("ce", &["--prefix", "module.", "--ignore-label", "2", "--class-weights", "1,3,1"]);
    has(&String::from_utf8(ignored.stdout).unwrap(), &["of 4 classified right"]);
}

#[test]
fn numbers_from_elsewhere_are_judged() {
    let inputs = Inputs::new(5);
    assert_eq!(inputs.measure("ce", &[]).status.code(), Some(0));
    let (out, data) =
        (Tensors::read(&inputs.path("out.npz")).unwrap(), Tensors::read(&inputs.path("data.npz")).unwrap());
    let write = |scale: f64, more: &dyn Fn(&mut Tensors)| {
        let mut numbers = Tensors::new();
        for (name, shape) in [("logits", &[5, 3][..]), ("structure", &[5, 3, 3]), ("grad_norm_sq", &[5])] {
            let factor = if name == "grad_norm_sq" { scale } else { 1.0 };
            let values: Vec<f64> =
                out.floats(name, shape).unwrap().iter().map(|v: &f64| factor * v).collect();
            numbers.insert(name, shape, &values).unwrap();
        }
        let labels: Vec<i64> = data.integers("y", "").unwrap().1.iter().map(|y| y as i64).collect();
        numbers.insert_integers("y", &[5], &labels).unwrap();
        more(&mut numbers);
        numbers.write(&inputs.path("numbers.npz")).unwrap();
    };
    let judge = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fenchel"));
        command.args(["judge", "numbers.npz", "--loss", "ce"]).args(more).current_dir(inputs.folder.path());
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
        (output.status.code(), text)
    };
    write(1.0, &|_| ());
    let (code, text) = judge(&["--out", "judged.npz", "--report", "judged.html"]);
    assert_eq!(code, Some(0), "{text}");
    has(&text, &["of 5 samples 5 hold", "relative error of 1.8e-9"]);
    let judged = Tensors::read(&inputs.path("judged.npz")).unwrap();
    assert_eq!(judged.floats::<f64>("verdict", &[5]).unwrap(), [0.0; 5]);
    assert!(judged.floats::<f64>("D", &[5]).unwrap().iter().all(|d| d.abs() < 1e-12));
    has(&fs::read_to_string(inputs.path("judged.html")).unwrap(), &["<svg", "computed elsewhere"]);
    // The gradient of the mean instead of each sample's is the mistake that is made most.
    write(1.0 / 25.0, &|_| ());
    let (code, text) = judge(&[]);
    assert_eq!(code, Some(1));
    has(&text, &["5 have e'Ae apart from grad_norm_sq"]);
    write(1.0, &|numbers| numbers.insert("structure", &[5, 9], &[1.0; 45]).unwrap());
    has(&judge(&[]).1, &["`structure` has shape [5, 9]", "[N, m, m]"]);
    write(1.0, &|numbers| numbers.insert("roundoff", &[5, 2], &[1e-9; 10]).unwrap());
    has(&judge(&[]).1, &["5 hold", "the file's own round-off"]);
    has(&judge(&["--out", "numbers.npz"]).1, &["overwrite numbers.npz"]);
}

#[test]
fn wrong_models_places_and_options_are_refused() {
    let inputs = Inputs::new(4);
    has(&inputs.refusal(&["--out", "no/out.npz"]), &["cannot write no/out.npz", "folder exist"]);
    has(&inputs.refusal(&["--out", "data.npz"]), &["overwrite data.npz", "--out"]);
    for file in ["model.toml", "./data.npz", "out.npz"] {
        has(&inputs.refusal(&["--report", file]), &["would overwrite", "--report"]);
    }
    fs::write(inputs.path("model.toml"), "input = [2]\nlayers = [{ type = \"dropout\" }]\n").unwrap();
    has(&inputs.refusal(&[]), &["model.toml, line 2", "layer `0`", "random"]);
    fs::write(inputs.path("model.toml"), LINEAR.replace("[2]", "[2, 1, 1]")).unwrap();
    has(&inputs.refusal(&[]), &["model.toml: layer `0 (dense)`", "2x1x1", "flatten"]);
    for wrong in [&["--precision", "f16"][..], &["--threads", "0"], &["--loss", "hinge"]] {
        assert_eq!(inputs.measure("ce", wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn models_are_printed_as_tables_and_as_descriptions() {
    let folder = tempfile::tempdir().unwrap();
    let table = model(&["lenet5"], folder.path());
    assert_eq!(table.status.code(), Some(0));
    let text = String::from_utf8(table.stdout.clone()).unwrap();
    has(&text, &["conv2d 5x5, padding 2", "6x28x28", "61706"]);
    let described = model(&["lenet5", "--toml"], folder.path());
    fs::write(folder.path().join("lenet5.toml"), &described.stdout).unwrap();
    assert_eq!(model(&["lenet5.toml"], folder.path()).stdout, table.stdout);
    assert_eq!(model(&["lenet5.toml", "--toml"], folder.path()).stdout, described.stdout);
    let small = model(&["linear-2x5", "--input", "7", "--outputs", "3"], folder.path());
    has(&String::from_utf8(small.stdout).unwrap(), &["total", "75"]);
    let unknown = model(&["lenet6"], folder.path());
    assert_eq!(unknown.status.code(), Some(1));
    has(&String::from_utf8(unknown.stderr).unwrap(), &["no model `lenet6`", "resnet-2-gn8", "TOML file"]);
    let wrong = model(&["lenet5", "--input", "784"], folder.path());
    has(&String::from_utf8(wrong.stderr).unwrap(), &["layer `conv1`", "784", "an image"]);
    assert_eq!(model(&["lenet5", "--input", "1,2"], folder.path()).status.code(), Some(2));
}
