//! Descriptions: round trips, paths, and everything that can be wrong with them.

use fenchel_tensor::layers::{
    AnyLayer, AveragePool, FixedDense, FixedWeights, GlobalAveragePool, GroupNorm, MaxPool, Scale,
};
use fenchel_tensor::{Activation, Conv2d, Pool2d, Shape};
use proptest::prelude::*;

use super::*;
use crate::models::{
    ConvChain, DenseChain, LeNet5, LinearChain, Model, Neuron, OneHiddenLayer, ResNet, Skip, ViT,
};

fn builtin() -> Vec<(Box<dyn Model>, Shape, usize)> {
    let (gray, colour) = (Shape::image(1, 28, 28), Shape::image(3, 32, 32));
    let leaky = Activation::LeakyRelu { slope: 0.1 };
    let mut models: Vec<(Box<dyn Model>, Shape, usize)> = vec![
        (Box::new(ConvChain { modules: 3, skip: false }), gray, 10),
        (Box::new(ConvChain { modules: 5, skip: true }), colour, 10),
        (Box::new(LeNet5), gray, 10),
        (Box::new(LeNet5), colour, 7),
        (Box::new(ResNet { blocks: 1, groups: None }), gray, 10),
        (Box::new(ResNet { blocks: 2, groups: Some(4) }), colour, 10),
        (Box::new(OneHiddenLayer { width: 6, activation: leaky }), Shape::vector(4), 1),
        (Box::new(Neuron { activation: leaky }), Shape::vector(4), 1),
        (Box::new(ViT { patch: 8, features: 12, heads: 2, hidden: 20, blocks: 2 }), colour, 10),
        (Box::new(LinearChain { depth: 3, width: 5 }), Shape::vector(4), 2),
    ];
    for skip in [Skip::None, Skip::Plain, Skip::Scaled, Skip::Averaged, Skip::LayerNorm, Skip::PreLayerNorm] {
        models.push((Box::new(DenseChain::new(3, 9).with_skip(skip)), gray, 10));
    }
    models
}

#[test]
fn every_builtin_model_is_exported_and_read_back_to_the_same_tape() {
    for (model, input, outputs) in builtin() {
        let description = model.description(input, outputs);
        let text = description.to_toml();
        let again = Description::from_toml(&text, "text").unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(again, description, "{text}");
        let (tape, rows) = again.build().unwrap();
        let built = model.tape(input, outputs).unwrap();
        assert_eq!(format!("{tape:?}"), format!("{built:?}"), "{}", model.name());
        let total = rows.iter().map(|row| row.parameters).sum::<usize>();
        assert_eq!(total, tape.parameters().len(), "{}", model.name());
        assert_eq!(rows.last().unwrap().shape, Shape::vector(outputs));
    }
}

#[test]
fn the_document_has_the_list_of_all_layers() {
    let document = include_str!("../../../../docs/measure.md");
    assert!(document.contains(&list()), "the table of types in docs/measure.md should be\n{}", list());
}

#[test]
fn every_example_of_a_layer_has_a_type_a_summary_and_a_place() {
    for layer in AnyLayer::examples() {
        assert!(AnyLayer::types().contains(&layer.kind()), "{layer:?}");
        assert!(layer.summary().starts_with(layer.kind()), "{layer:?}");
        let shapes = [Shape::image(4, 6, 6), Shape::vector(2), Shape::sequence(3, 4), Shape::sequence(6, 6)];
        let fits = shapes.iter().any(|&shape| {
            let mut net = TapeBuilder::new(shape);
            let x = net.input();
            layer.record(&mut net, "layer", x).is_ok()
        });
        assert!(fits, "{layer:?} fits no image, vector or sequence");
    }
}

fn names(description: &Description) -> Vec<String> {
    description.tape().unwrap().parameters().slots().iter().map(|slot| slot.name.clone()).collect()
}

/// The names decide the random streams of the initialisers: another name is another start.
#[test]
fn the_parameters_of_the_papers_models_keep_their_names() {
    let gray = Shape::image(1, 28, 28);
    let layers = |names: &[&str]| -> Vec<String> {
        names.iter().flat_map(|name| [format!("{name}.weight"), format!("{name}.bias")]).collect()
    };
    let lenet = layers(&["conv1", "conv2", "dense1", "dense2", "head"]);
    assert_eq!(names(&LeNet5.description(gray, 10)), lenet);
    let b = layers(&["stem", "conv1", "conv2", "shortcut2", "conv3", "shortcut3", "head"]);
    assert_eq!(names(&ConvChain { modules: 3, skip: true }.description(gray, 10)), b);
    let normed = layers(&["dense1", "norm2", "dense2", "head"]);
    assert_eq!(names(&DenseChain::new(2, 8).with_skip(Skip::LayerNorm).description(gray, 10)), normed);
}

#[test]
fn paths_count_as_in_nested_sequences_and_names_replace_them_whole() {
    let text = r#"
        input = [2, 6, 6]
        layers = [
          { type = "identity" },
          { type = "residual", body = [
            { type = "relu" },
            { type = "conv2d", channels = 4, kernel = 1 },
            { type = "residual", body = [{ type = "group_norm", groups = 2 }] },
          ], projection = [{ type = "conv2d", channels = 4, kernel = 1, bias = false }] },
          { type = "residual", name = "layer1.0", scale = 0.5, body = [
            { type = "conv2d", channels = 4, kernel = 3, padding = 1, name = "layer1.0.conv1" },
            { type = "conv2d", channels = 4, kernel = 3, padding = 1, bias = false },
          ] },
          { type = "global_average_pool" }, { type = "flatten" },
          { type = "dense", outputs = 3, bias = false },
        ]
    "#;
    let expected = [
        "1.body.1.weight",
        "1.body.1.bias",
        "1.body.2.body.0.weight",
        "1.body.2.body.0.bias",
        "1.projection.0.weight",
        "layer1.0.conv1.weight",
        "layer1.0.conv1.bias",
        "layer1.0.body.1.weight",
        "5.weight",
    ];
    assert_eq!(names(&Description::from_toml(text, "text").unwrap()), expected);
}

/// A dense block, a gate and a sum of three, by the paths of what they read.
const GRAPH: &str = r#"
    input = [2, 4, 4]
    layers = [
      { type = "conv2d", name = "a", channels = 3, kernel = 3, padding = 1 },
      { type = "concatenate", inputs = ["input", "a"] },
      { type = "conv2d", name = "b", channels = 3, kernel = 1 },
      { type = "average_pool", window = 4, inputs = ["a"] },
      { type = "sigmoid" },
      { type = "multiply", name = "gated", inputs = ["b", "4"] },
      { type = "add", inputs = ["gated", "a", "b"] },
      { type = "flatten" },
      { type = "dense", outputs = 2 },
    ]
"#;

#[test]
fn a_list_whose_layers_name_their_inputs_is_a_graph() {
    let description = Description::from_toml(GRAPH, "text").unwrap();
    assert_eq!(Description::from_toml(&description.to_toml(), "text").unwrap(), description);
    let (_, rows) = description.build().unwrap();
    let shapes: Vec<String> = rows.iter().map(|row| row.shape.to_string()).collect();
    let expected = ["2x4x4", "3x4x4", "5x4x4", "3x4x4", "3x1x1", "3x1x1", "3x4x4", "3x4x4", "48", "2"];
    assert_eq!(shapes, expected);
    let cases: [(&str, &str, &[&str]); 8] = [
        (
            r#"["b", "4"]"#,
            r#"["b", "later"]"#,
            &["`gated`", "`later`", "layers before it are", "1, 3, 4, a, b, input"],
        ),
        (r#"["gated", "a", "b"]"#, r#"["gated"]"#, &["`6 (add)`", "two layers or more"]),
        (r#"inputs = ["a"]"#, r#"inputs = ["a", "b"]"#, &["`3 (average_pool)`", "one value", "concatenate"]),
        (r#"name = "b""#, r#"name = "a", bias = false"#, &["two layers", "`a`"]),
        (r#"["b", "4"]"#, r#"["b", "b"]"#, &["`4 (sigmoid)`", "no layer reads it"]),
        (r#"["b", "4"]"#, r#"["b", "4", "a"]"#, &["`gated`", "product of two"]),
        (r#"["b", "4"]"#, r#"["b", "1"]"#, &["`gated`", "3x4x4", "5x4x4", "3x1x1"]),
        (r#"["gated", "a", "b"]"#, r#"["gated", "4"]"#, &["`6 (add)`", "3x1x1"]),
    ];
    for (was, is, parts) in cases {
        let text = GRAPH.replacen(was, is, 1);
        let built = Description::from_toml(&text, "text").unwrap().tape();
        has(&built.map(|_| ()).unwrap_err().to_string(), parts);
    }
    let empty = GRAPH.replace(r#"["b", "4"]"#, "[]");
    has(&Description::from_toml(&empty, "text").unwrap_err().to_string(), &["`inputs`", "list of the paths"]);
}

/// Both spellings of a list of tables are one to TOML.
#[test]
fn tables_in_double_brackets_are_read_too() {
    let text = "input = [3]\n[[layers]]\ntype = \"dense\"\noutputs = 2\n[[layers]]\ntype = \"tanh\"\n";
    let layers = vec![Layer::dense(2), Activation::Tanh.into()];
    assert_eq!(Description::from_toml(text, "text").unwrap().layers, layers);
}

fn has(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "`{part}` is not in: {message}");
    }
}

#[test]
fn what_is_no_description_is_refused_with_its_line() {
    let cases: [(&str, &[&str]); 19] = [
        ("input = [3]\nlayers = [", &["text, line 2", "not TOML"]),
        ("layers = []", &["line 1", "lacks `input`"]),
        ("input = [3]", &["lacks `layers`"]),
        ("input = [3, 3, 3, 3]\nlayers = []", &["line 1", "[channels, height, width]"]),
        ("input = [0]\nlayers = []", &["at least 1"]),
        (
            "input = [3]\noutputs = 3\nlayers = []",
            &["line 2", "unknown key `outputs`", "name, input, layers"],
        ),
        ("input = [3]\nlayers = [\n  3,\n]", &["line 3", "layer `0`", "integer"]),
        ("input = [3]\nlayers = [{ outputs = 3 }]", &["layer `0`", "lacks `type`", "residual"]),
        ("input = [3]\nlayers = [{ type = \"Dense\" }]", &["no layer type `Dense`", "dense"]),
        ("input = [3]\nlayers = [{ type = \"dense\" }]", &["layer `0`", "lacks `outputs`", "at least 1"]),
        ("input = [3]\nlayers = [{ type = \"dense\", outputs = -1 }]", &["`outputs` is -1", "at least 1"]),
        ("input = [3]\nlayers = [{ type = \"dense\", outputs = 2.5 }]", &["`outputs` is 2.5"]),
        ("input = [3]\nlayers = [{ type = \"dense\", outputs = \"2\" }]", &["`outputs` is \"2\""]),
        (
            "input = [3]\nlayers = [{ type = \"dense\", outputs = 2, bias = 1 }]",
            &["`bias` is 1", "true or false"],
        ),
        ("input = [3]\nlayers = [{ type = \"scale\", factor = nan }]", &["`factor` is nan", "finite"]),
        (
            "input = [3]\nlayers = [\n{ type = \"relu\" },\n{ type = \"relu\",\n slope = 0.1 }]",
            &["line 5", "layer `1`", "unknown key `slope`", "type, name, inputs"],
        ),
        (
            "input = [3]\nlayers = [{ type = \"residual\", body = [\n{ type = \"dense\", outputs = 3, bais = true }] }]",
            &["line 3", "layer `0.body.0`", "`bais`", "outputs, bias"],
        ),
        (
            "input = [3]\nlayers = [{ type = \"BatchNorm2d\" }]",
            &["called batch_norm", "evaluation mode", "couples the samples"],
        ),
        ("input = [3]\nlayers = [{ type = \"dropout\", p = 0.5 }]", &["random", "leave it out"]),
    ];
    for (text, parts) in cases {
        has(&Description::from_toml(text, "text").unwrap_err().to_string(), parts);
    }
    let absent = Description::read(Path::new("/no/such/model.toml")).unwrap_err().to_string();
    has(&absent, &["/no/such/model.toml", "TOML file"]);
}

#[test]
fn wrong_shapes_are_refused_with_the_layer_what_it_got_and_what_it_needs() {
    let image = "[2, 6, 6]";
    let cases: [(&str, &str, &[&str]); 20] = [
        ("[4]", r#"{ type = "conv2d", channels = 1, kernel = 1 }"#, &["`0 (conv2d)`", "shape 4", "an image"]),
        (image, r#"{ type = "dense", outputs = 1 }"#, &["`0 (dense)`", "2x6x6", "flatten"]),
        (image, r#"{ type = "relu" }, { type = "max_pool", window = 7 }"#, &["`1 (max_pool)`", "7x7"]),
        ("[4]", r#"{ type = "average_pool", window = 2 }"#, &["`0 (average_pool)`", "an image"]),
        ("[4]", r#"{ type = "global_average_pool" }"#, &["`0 (global_average_pool)`", "an image"]),
        (image, r#"{ type = "conv2d", channels = 1, kernel = 7 }"#, &["`0 (conv2d)`", "7x7"]),
        (image, r#"{ type = "group_norm", groups = 3 }"#, &["`0 (group_norm)`", "2x6x6", "3 groups"]),
        (image, r#"{ type = "layer_norm" }"#, &["`0 (layer_norm)`", "a vector"]),
        ("[4]", r#"{ type = "instance_norm" }"#, &["`0 (instance_norm)`", "an image"]),
        (image, r#"{ type = "batch_norm", epsilon = 0.0 }"#, &["`0 (batch_norm)`", "epsilon is 0"]),
        (
            image,
            r#"{ type = "conv2d", channels = 6, kernel = 1, groups = 3 }"#,
            &["`0 (conv2d)`", "2x6x6", "3 groups divide"],
        ),
        (
            image,
            r#"{ type = "conv2d", channels = 3, kernel = 1, groups = 2 }"#,
            &["`0 (conv2d)`", "3 output channels", "2 groups"],
        ),
        (
            "[4]",
            r#"{ type = "residual", body = [{ type = "dense", outputs = 3 }] }"#,
            &["`0 (residual)`", "gives 3", "shortcut 4", "projection"],
        ),
        ("[4]", r#"{ type = "residual", body = [] }"#, &["`0 (residual)`", "at least one layer"]),
        (
            "[4]",
            r#"{ type = "fixed_dense", weights = [[1.0, 2.0]] }"#,
            &["`0 (fixed_dense)`", "shape 4", "2"],
        ),
        ("[4]", r#"{ type = "relu" }"#, &["output", "no parameter"]),
        (image, r#"{ type = "conv2d", channels = 1, kernel = 1 }"#, &["output", "1x6x6", "flatten"]),
        (
            "[4]",
            r#"{ type = "dense", outputs = 2, name = "a" }, { type = "dense", outputs = 2, name = "a" }"#,
            &["two layers", "`a`"],
        ),
        ("[4]", r#"{ type = "dense", outputs = 2, name = "a/b" }"#, &["a/b", "letters"]),
        ("[4]", r#"{ type = "dense", outputs = 9000000000000000000 }"#, &["`0 (dense)`", "limit"]),
    ];
    for (input, layers, parts) in cases {
        let text = format!("input = {input}\nlayers = [{layers}]");
        let description = Description::from_toml(&text, "text").unwrap();
        has(&description.tape().map(|_| ()).unwrap_err().to_string(), parts);
    }
}

#[test]
fn sizes_beyond_memory_are_refused_before_they_are_multiplied() {
    let conv = |conv: Conv2d| Description {
        name: String::new(),
        input: Shape::image(1, 8, 8),
        layers: vec![conv.into(), GlobalAveragePool.into(), Layer::dense(2)],
    };
    for wrong in [
        Conv2d::new(usize::MAX, 3),
        Conv2d::new(1, usize::MAX),
        Conv2d::new(1, 3).padded(usize::MAX),
        Conv2d::new(1 << 20, 1).padded(1 << 10),
    ] {
        has(&conv(wrong).tape().map(|_| ()).unwrap_err().to_string(), &["`0 (conv2d)`", "limit of 2^32"]);
    }
    assert!(conv(Conv2d::new(4, 3).padded(1)).tape().is_ok());
    let input = Description { input: Shape::image(usize::MAX, 2, 2), ..conv(Conv2d::new(1, 1)) };
    has(&input.tape().map(|_| ()).unwrap_err().to_string(), &["`input`", "limit of 2^32"]);
}

/// What a layer claims in a few digits of text is refused before room is made for it.
#[test]
fn sizes_that_layers_would_hold_fixed_or_count_are_refused_at_once() {
    let cases: [(&str, &str, &[&str]); 9] = [
        ("[1000000000000]", r#"{ type = "fixed_dense", weights = "signs" }"#, &["`input`", "2^32"]),
        ("[18446744073709551615]", r#"{ type = "fixed_dense", weights = "signs" }"#, &["`input`", "2^32"]),
        ("[4000000000]", r#"{ type = "fixed_dense", weights = "signs" }"#, &["`0 (fixed_dense)`", "2^24"]),
        ("[2, 2, 2]", r#"{ type = "fixed_dense", weights = "signs" }"#, &["`0 (fixed_dense)`", "flatten"]),
        ("[18446744073709551615, 2, 2]", r#"{ type = "batch_norm" }"#, &["`input`", "2^32"]),
        ("[4000000000, 1, 1]", r#"{ type = "batch_norm" }"#, &["`0 (batch_norm)`", "2^24", "fewer channels"]),
        ("[2, 18446744073709551615]", r#"{ type = "self_attention", heads = 1 }"#, &["`input`", "2^32"]),
        (
            "[1, 8, 8]",
            r#"{ type = "max_pool", window = 1000000000000, padding = 500000000000, stride = 1 }"#,
            &["`0 (max_pool)`", "its window", "2^32"],
        ),
        (
            "[1, 8, 8]",
            r#"{ type = "average_pool", window = 18446744073709551615, padding = 9223372036854775807, stride = 1 }"#,
            &["`0 (average_pool)`", "its window", "2^32"],
        ),
    ];
    for (input, layers, parts) in cases {
        let text = format!("input = {input}\nlayers = [{layers}]");
        let description = Description::from_toml(&text, "text").unwrap();
        has(&description.tape().map(|_| ()).unwrap_err().to_string(), parts);
    }
    // Room for the parameters of a network is made as they are read.
    let text = "input = [4000000000]\nlayers = [{ type = \"dense\", outputs = 1, name = \"a\" }]";
    let description = Description::from_toml(text, "text").unwrap();
    let mut tensors = Tensors::new();
    tensors.insert("a.weight", &[1, 2], &[0.5, 0.25]).unwrap();
    tensors.insert("a.bias", &[1], &[0.5]).unwrap();
    has(
        &description.load::<f64>(&tensors).map(|_| ()).unwrap_err().to_string(),
        &["`a.weight`", "4000000000"],
    );
}

#[test]
fn blocks_nested_beyond_reason_are_an_error_and_no_crash() {
    let open = r#"{ type = "residual", body = ["#.repeat(5000);
    let text = format!("input = [3]\nlayers = [{open}");
    assert!(Description::from_toml(&text, "text").is_err());
}

fn layer() -> impl Strategy<Value = Layer> {
    let finite = prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO;
    let pool = (1..5_usize, 1..5_usize, 0..3_usize, any::<bool>())
        .prop_map(|(window, stride, padding, ceil)| Pool2d { window, stride, padding, ceil });
    let conv = (1..99_usize, 1..7_usize, 1..4_usize, 0..4_usize, any::<bool>()).prop_map(
        |(channels, kernel, stride, padding, bias)| Conv2d {
            channels,
            kernel,
            stride,
            padding,
            bias,
            groups: 1,
        },
    );
    let rows = (1..4_usize)
        .prop_flat_map(move |columns| prop::collection::vec(prop::collection::vec(finite, columns), 1..4));
    let kind = prop_oneof![
        3 => prop::sample::select(AnyLayer::examples()),
        1 => conv.prop_map(AnyLayer::from),
        1 => pool.clone().prop_map(|pool| MaxPool(pool).into()),
        1 => pool.prop_map(|pool| AveragePool::new(pool).into()),
        1 => rows.prop_map(|rows| FixedDense(FixedWeights::Rows(rows)).into()),
        1 => finite.prop_map(|slope| Activation::LeakyRelu { slope }.into()),
        1 => finite.prop_map(|factor| Scale { factor }.into()),
        1 => (1..9_usize, finite, any::<bool>()).prop_map(|(groups, epsilon, affine)| GroupNorm { groups, epsilon, affine }.into()),
    ]
    .prop_map(LayerKind::Plain);
    let kind = prop_oneof![9 => kind, 1 => prop::sample::select(&Join::ALL[..]).prop_map(LayerKind::Join)];
    let inputs = prop::collection::vec(prop_oneof![Just("input".to_owned()), "[0-3]", ".{0,4}"], 0..3);
    let leaf = (kind, prop::option::of(".{0,8}"), inputs).prop_map(|(kind, name, inputs)| Layer {
        name,
        inputs,
        kind,
    });
    leaf.prop_recursive(3, 24, 4, move |layer| {
        let body = prop::collection::vec(layer.clone(), 0..4);
        let projection = prop::collection::vec(layer, 0..3);
        (body, projection, finite)
            .prop_map(|(body, projection, scale)| LayerKind::Residual { body, projection, scale }.into())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whatever can be described survives TOML bit for bit, sensible or not.
    #[test]
    fn any_description_survives_toml(
        layers in prop::collection::vec(layer(), 0..6),
        name in ".{0,12}",
        sizes in prop::collection::vec(1..50_usize, 3),
    ) {
        for input in [Shape::vector(sizes[0]), Shape::image(sizes[0], sizes[1], sizes[2])] {
            let description = Description { name: name.clone(), input, layers: layers.clone() };
            let text = description.to_toml();
            let again = Description::from_toml(&text, "text");
            prop_assert_eq!(again.as_ref(), Ok(&description), "{}", text);
            // Building ends in a network or in an error, never in a panic.
            let _ = description.tape();
        }
    }
}
