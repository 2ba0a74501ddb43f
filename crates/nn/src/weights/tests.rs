//! Files of tensors: round trips, and everything that can be wrong with them.

use std::fs;

use fenchel_random::Seed;
use fenchel_tensor::{Conv2d, ParameterLayout, Shape, Tape, TapeBuilder};
use proptest::prelude::*;

use super::*;
use crate::description::Description;

/// A tape with every kind of parameter: convolution, normalisation, dense with and without bias.
fn tape() -> Tape {
    let mut net = TapeBuilder::new(Shape::image(1, 6, 6));
    let h = net.conv2d("0", net.input(), Conv2d::new(4, 3)).unwrap();
    let h = net.group_norm("1", h, 2).unwrap();
    let h = net.flatten(h).unwrap();
    let h = net.dense_without_bias("3.body.0", h, 5).unwrap();
    let h = net.dense("4", h, 2).unwrap();
    net.finish(h).unwrap()
}

fn random<T: Real>(layout: &ParameterLayout) -> Vec<T> {
    let mut stream = Seed::new(5).stream();
    (0..layout.len()).map(|_| T::of(stream.random_range(-1.0..1.0))).collect()
}

fn stored<T: Real>(change: impl FnOnce(&mut Tensors)) -> Tensors {
    let tape = tape();
    let mut tensors = Tensors::new();
    tensors.insert_parameters("", tape.parameters(), &random::<T>(tape.parameters())).unwrap();
    change(&mut tensors);
    tensors
}

#[test]
fn parameters_survive_both_formats_and_precisions_bit_for_bit() {
    fn check<T: Real>() {
        let folder = tempfile::tempdir().unwrap();
        let tape = tape();
        let parameters = random::<T>(tape.parameters());
        for name in ["a.safetensors", "a.npz"] {
            let path = folder.path().join(name);
            write(&path, &tape, &parameters).unwrap();
            assert_eq!(read::<T>(&path, &tape).unwrap(), parameters, "{name}");
            let names = ["0.bias", "0.weight", "1.bias", "1.weight", "3.body.0.weight", "4.bias", "4.weight"];
            let file = Tensors::read(&path).unwrap();
            assert_eq!(file.names().collect::<Vec<_>>(), names);
            assert_eq!(file.get("0.weight").unwrap().shape, [4, 1, 3, 3]);
            assert_eq!(file.get("0.weight").unwrap().values.type_name(), T::NAME);
        }
    }
    check::<f32>();
    check::<f64>();
}

#[test]
fn trained_values_come_with_and_without_the_axis_of_the_batch() {
    let mut net = TapeBuilder::new(Shape::sequence(2, 3));
    let x = net.add_learned("positions", net.input()).unwrap();
    let y = net.flatten(x).unwrap();
    let tape = net.finish(y).unwrap();
    let numbers: Vec<f64> = (0..6).map(f64::from).collect();
    for (shape, fits) in [(&[1, 2, 3][..], true), (&[2, 3], true), (&[3, 2], false), (&[1, 6], false)] {
        let mut tensors = Tensors::new();
        tensors.insert("positions", shape, &numbers).unwrap();
        match tensors.network::<f64>(&tape) {
            Ok(parameters) => assert!(fits && parameters == numbers, "{shape:?}"),
            Err(error) => assert!(!fits && error.to_string().contains("[1, 2, 3]"), "{shape:?}: {error}"),
        }
    }
}

#[test]
fn states_of_one_layout_share_a_file_under_prefixes() {
    let (folder, tape) = (tempfile::tempdir().unwrap(), tape());
    let path = folder.path().join("state.safetensors");
    let (model, momentum) = (random::<f32>(tape.parameters()), vec![0.25_f32; tape.parameters().len()]);
    let mut tensors = Tensors::new();
    tensors.insert_parameters("model.", tape.parameters(), &model).unwrap();
    tensors.insert_parameters("momentum.", tape.parameters(), &momentum).unwrap();
    tensors.write(&path).unwrap();
    let tensors = Tensors::read(&path).unwrap();
    assert_eq!(tensors.parameters::<f32>("model.", tape.parameters()).unwrap(), model);
    assert_eq!(tensors.parameters::<f32>("momentum.", tape.parameters()).unwrap(), momentum);
    assert!(tensors.parameters::<f32>("", tape.parameters()).is_err());
}

/// What the model says of the tensors.
fn refusal<T: Real>(tensors: &Tensors) -> String {
    tensors.parameters::<T>("", tape().parameters()).unwrap_err().to_string()
}

fn has(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn a_tensor_missing_or_unknown_is_named_with_its_shape() {
    let missing = stored::<f32>(|t| drop(t.tensors.remove("3.body.0.weight")));
    has(&refusal::<f64>(&missing), &["lacks `3.body.0.weight` [5, 64]", "by layer path"]);
    let extra = stored::<f32>(|t| t.insert("5.weight", &[1], &[0.0_f32]).unwrap());
    has(&refusal::<f64>(&extra), &["`5.weight` [1]", "model knows nothing"]);
    let statistics = stored::<f32>(|t| t.insert("1.running_mean", &[4], &[0.0_f32; 4]).unwrap());
    has(&refusal::<f64>(&statistics), &["batch normalisation", "`batch_norm`", "another structural matrix"]);
}

/// Two layers that normalise by fixed numbers, one without parameters of its own.
const WITH_CONSTANTS: &str = r#"
    input = [2, 3, 3]
    layers = [
      { type = "conv2d", channels = 3, kernel = 2, name = "conv" },
      { type = "batch_norm", epsilon = 0.5, name = "norm" },
      { type = "global_average_pool" },
      { type = "batch_norm", affine = false, name = "last" },
      { type = "dense", outputs = 2, name = "head" },
    ]
"#;

#[test]
fn constants_come_with_the_weights_and_go_with_them() {
    let description = Description::from_toml(WITH_CONSTANTS, "text").unwrap();
    let fresh = description.tape().unwrap();
    let parameters = random::<f64>(fresh.parameters());
    let mut trained = Tensors::new();
    trained.insert_network(&fresh, &parameters).unwrap();
    let names: Vec<_> = trained.names().filter(|name| name.contains("running")).collect();
    assert_eq!(names, ["last.running_mean", "last.running_var", "norm.running_mean", "norm.running_var"]);
    // Of a fresh network they are 0 and 1; f32 is widened, and PyTorch's count of batches passed over.
    let (mean, variance) = ([0.1_f32, -2.0, 3.0], [0.5_f32, 4.0, 0.0]);
    trained.insert("norm.running_mean", &[3], &mean).unwrap();
    trained.insert("norm.running_var", &[3], &variance).unwrap();
    trained.insert_integers("norm.num_batches_tracked", &[], &[700]).unwrap();
    let (tape, read) = description.load::<f64>(&trained).unwrap();
    assert_eq!(read, parameters);
    assert_eq!(tape.constants().get("norm.running_mean").unwrap(), mean.map(f64::from));
    assert_eq!(tape.constants().get("last.running_var").unwrap(), [1.0; 3]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    write(&path, &tape, &parameters).unwrap();
    assert_eq!(
        description.load::<f64>(&Tensors::read(&path).unwrap()).unwrap().0.constants(),
        tape.constants()
    );
    // Another network's constants are refused, whoever reads the parameters alone.
    let other = trained.network::<f64>(&fresh).unwrap_err().to_string();
    has(&other, &["`norm.running_mean`", "not what the network was built with"]);

    let refused = |change: &dyn Fn(&mut Tensors)| {
        let mut tensors = trained.clone();
        change(&mut tensors);
        description.load::<f64>(&tensors).map(|_| ()).unwrap_err().to_string()
    };
    let lacking = refused(&|t| drop(t.tensors.remove("last.running_var")));
    has(&lacking, &["lacks `last.running_var` [3]"]);
    let count = refused(&|t| t.insert_integers("conv.num_batches_tracked", &[], &[1]).unwrap());
    has(&count, &["`conv.num_batches_tracked`", "knows nothing"]);
    let short = refused(&|t| t.insert("norm.running_mean", &[2], &[0.0; 2]).unwrap());
    has(&short, &["`norm.running_mean`", "[2]", "needs [3]"]);
    for (wrong, parts) in [
        (-0.25, ["`norm`", "running_var is -0.25 for channel 1"]),
        (1e39, ["`norm`", "from 0 to 3.4e38"]),
        (f64::NAN, ["`norm.running_var`", "NaN"]),
    ] {
        has(&refused(&|t| t.insert("norm.running_var", &[3], &[1.0, wrong, 1.0]).unwrap()), &parts);
    }
}

#[test]
fn wrong_shapes_types_and_values_are_named() {
    let transposed = stored::<f64>(|t| t.insert("3.body.0.weight", &[64, 5], &[0.0; 320]).unwrap());
    has(&refusal::<f64>(&transposed), &["`3.body.0.weight`", "[64, 5]", "needs [5, 64]"]);
    let integers = stored::<f64>(|t| t.insert_integers("4.bias", &[2], &[0, 1]).unwrap());
    has(&refusal::<f64>(&integers), &["`4.bias`", "integer", "f32 or f64", "astype"]);
    let nan = stored::<f64>(|t| {
        let mut values = [0.0; 36];
        values[9 + 4] = f64::NAN;
        t.insert("0.weight", &[4, 1, 3, 3], &values).unwrap();
    });
    has(&refusal::<f64>(&nan), &["`0.weight`", "NaN", "[1, 0, 1, 1]", "mend"]);
    let infinite = stored::<f32>(|t| t.insert("4.bias", &[2], &[0.0, f32::INFINITY]).unwrap());
    has(&refusal::<f64>(&infinite), &["`4.bias`", "inf", "[1]"]);
    let large = stored::<f64>(|t| t.insert("4.bias", &[2], &[0.0, 1e300]).unwrap());
    has(&refusal::<f32>(&large), &["`4.bias`", "finite in f32", "choose f64"]);
    assert!(large.parameters::<f64>("", tape().parameters()).is_ok());
    let count = Tensors::new().insert("a", &[2, 2], &[0.0; 3]).unwrap_err().to_string();
    has(&count, &["`a`", "3 values", "[2, 2]", "needs 4"]);
}

#[test]
fn what_is_no_file_of_tensors_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    has(&Tensors::read(folder.path()).unwrap_err().to_string(), &["directory", "name a file in it"]);
    let absent = folder.path().join("absent.npz");
    has(&Tensors::read(&absent).unwrap_err().to_string(), &["absent.npz", "is the path right"]);
    for (name, bytes) in
        [("empty", &b""[..]), ("text", b"hello, world, this is text"), ("zip", b"PK\x03\x04")]
    {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        has(&Tensors::read(&path).unwrap_err().to_string(), &[name, "cannot be read as", "write it again"]);
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.safetensors", "a.npz"] {
        let path = folder.path().join(name);
        stored::<f32>(|_| ()).write(&path).unwrap();
        let whole = fs::read(&path).unwrap();
        for cut in (0..whole.len()).step_by(7) {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(Tensors::read(&path).is_err(), "{name} cut at {cut}");
        }
    }
}

#[test]
fn a_flipped_byte_in_npz_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    stored::<f64>(|_| ()).write(&path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    // Among the numbers of the second array; zip keeps a checksum of each entry.
    bytes[300] ^= 4;
    fs::write(&path, &bytes).unwrap();
    has(&Tensors::read(&path).unwrap_err().to_string(), &["a.npz", "array `0.weight`"]);
}

#[test]
fn an_array_begun_must_be_filled() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let mut file = NpzWriter::create(&path).unwrap();
    file.begin_f64("a", &[3]).unwrap();
    file.append(&[1.0, 2.0]).unwrap();
    has(&file.append(&[3.0, 4.0]).unwrap_err().to_string(), &["`a`", "4 values", "needs 3"]);
    has(&file.array("b", &[1], &[0.0]).unwrap_err().to_string(), &["`a`", "2 values", "needs 3"]);
    assert!(file.finish().is_err());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn shapes_beyond_the_address_space_are_counted_not_wrapped() {
    let most = usize::MAX;
    for shape in [&[1 << 32, 1 << 32][..], &[most, 2], &[2, most, most]] {
        has(&Tensors::new().insert::<f64>("a", shape, &[]).unwrap_err().to_string(), &["`a`", "0 values"]);
        let folder = tempfile::tempdir().unwrap();
        let mut file = NpzWriter::create(&folder.path().join("a.npz")).unwrap();
        file.begin_f64("a", shape).unwrap();
        assert!(file.finish().is_err());
    }
    Tensors::new().insert::<f64>("a", &[most, 2, 0], &[]).unwrap();
}

/// Rows of the list of an archive's entries cost few bytes; each might name the same ones of the file.
#[test]
fn entries_that_share_their_bytes_or_their_name_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.npz");
    let mut tensors = Tensors::new();
    for name in ["a", "b"] {
        tensors.insert(name, &[100], &[0.5_f64; 100]).unwrap();
    }
    tensors.write(&path).unwrap();
    let bytes = fs::read(&path).unwrap();
    let places = |what: &[u8]| -> Vec<usize> {
        (0..bytes.len() - what.len()).filter(|&place| bytes[place..].starts_with(what)).collect()
    };
    // In the list of entries, 42 bytes behind the magic, is where an entry begins; the name follows.
    let [a, b] = places(b"PK\x01\x02")[..] else { panic!("two entries") };
    let mut shared = bytes.clone();
    shared.copy_within(a + 42..a + 46, b + 42);
    shared.truncate(bytes.len());
    // The second entry's own bytes are cut out, so that the file is as short as the sharing makes it.
    let begins =
        |entry: usize| u32::from_le_bytes(bytes[entry + 42..entry + 46].try_into().unwrap()) as usize;
    let (second, list) = (begins(b), a);
    shared.drain(second..list);
    let end = shared.len() - 22;
    shared[end + 16..end + 20].copy_from_slice(&u32::try_from(second).unwrap().to_le_bytes());
    fs::write(&path, &shared).unwrap();
    has(&Tensors::read(&path).unwrap_err().to_string(), &["a.npz", "more bytes together", "write it again"]);
    let mut twice = bytes.clone();
    for place in places(b"b.npy") {
        twice[place] = b'a';
    }
    fs::write(&path, &twice).unwrap();
    has(&Tensors::read(&path).unwrap_err().to_string(), &["a.npz", "one name"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any bytes after either magic: an error, never a panic.
    #[test]
    fn noise_is_refused_without_panic(
        magic in prop::sample::select(vec![&b""[..], b"PK\x03\x04", b"\x08\0\0\0\0\0\0\0"]),
        noise in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noise");
        fs::write(&path, [magic, &noise].concat()).unwrap();
        // An empty safetensors header with nothing behind it is the only file that noise could spell.
        prop_assert!(Tensors::read(&path).map_or(true, |tensors| tensors.names().next().is_none()));
    }
}

/// Rounding real-valued targets, or flattening one-hot rows, would measure something else without a word.
#[test]
fn what_is_no_list_of_classes_is_not_advised_to_become_one() {
    let refused = |shape: &[usize], values: &[f64]| {
        let mut tensors = Tensors::new();
        tensors.insert("y", shape, values).unwrap();
        tensors.integers("y", "N labels").unwrap_err().to_string()
    };
    for (shape, values, needle) in [
        (&[3][..], &[0.5, 1.0, 2.0][..], "fractions"),
        (&[2, 2], &[0.5, 1.0, 2.0, 0.0], "fractions"),
        (&[1], &[f64::NAN], "fractions"),
        (&[2, 2], &[0.0, 1.0, 1.0, 0.0], "argmax"),
        (&[3, 1], &[0.0, 1.0, 2.0], "reshape"),
    ] {
        let error = refused(shape, values);
        assert!(error.contains(needle) && !error.contains("astype"), "{error}");
    }
    has(&refused(&[3], &[0.0, 1.0, 2.0]), &["astype"]);
}

#[test]
fn a_pickle_is_named_and_no_safetensors_file_is_taken_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    for protocol in 2..=5 {
        fs::write(&path, [0x80, protocol, b'}', b'q', 0, b'.']).unwrap();
        let message = Tensors::read(&path).unwrap_err().to_string();
        assert!(message.contains("torch.load") && message.contains("pickle"), "{message}");
    }
    // A header of 640 bytes begins with the first bytes of a pickle.
    let header = format!("{:<640}", r#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#);
    let bytes = [&640_u64.to_le_bytes()[..], header.as_bytes(), &1.5_f64.to_le_bytes()].concat();
    assert_eq!(bytes[..2], [0x80, 2]);
    fs::write(&path, bytes).unwrap();
    assert_eq!(Tensors::read(&path).unwrap().floats::<f64>("a", &[1]).unwrap(), [1.5]);
}

#[test]
fn half_precision_and_booleans_are_read_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights");
    let header = r#"{"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"h":{"dtype":"F16","shape":[2],"data_offsets":[4,8]},"t":{"dtype":"BOOL","shape":[2],"data_offsets":[8,10]}}"#;
    let data = [0x80, 0x3f, 0x01, 0x00, 0x00, 0x3c, 0xff, 0x7b, 1, 0];
    fs::write(&path, [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()).unwrap();
    let tensors = Tensors::read(&path).unwrap();
    assert_eq!(tensors.floats::<f64>("b", &[2]).unwrap(), [1.0, 2.0_f64.powi(-133)]);
    assert_eq!(tensors.floats::<f64>("h", &[2]).unwrap(), [1.0, 65504.0]);
    assert_eq!(tensors.integers("t", "").unwrap().1.iter().collect::<Vec<_>>(), [1, 0]);
}
