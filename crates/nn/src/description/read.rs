//! TOML into a description.

use fenchel_tensor::{Activation, Conv2d, Pool2d, Shape};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::entries::{Entries, Source, float};
use super::{Description, DescriptionError, FixedWeights, Layer, LayerKind};

/// Every type of layer, for messages.
const TYPES: &str = "dense, fixed_dense, conv2d, max_pool, average_pool, global_average_pool, flatten, identity, relu, \
                     leaky_relu, tanh, sigmoid, softplus, gelu_tanh, group_norm, layer_norm, scale, residual";

pub(super) fn description(text: &str, origin: &str) -> Result<Description, DescriptionError> {
    let source = Source { text, origin };
    let document = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        source.fault(span, format!("this is not TOML: {}", error.message()))
    })?;
    let mut entries = Entries::new(source, document.get_ref(), document.span(), "the description".to_owned());
    let name = entries.text("name")?.unwrap_or_default().to_owned();
    let needs = "[features] or [channels, height, width]";
    let sizes = entries.list("input", needs)?;
    let sizes = sizes.ok_or_else(|| entries.fault(&format!("it lacks `input`, {needs}")))?;
    let input = shape(sizes).ok_or_else(|| {
        let span = sizes.iter().next().map_or(document.span(), Spanned::span);
        source.fault(span, format!("the description: `input` must be {needs}, whole numbers of at least 1"))
    })?;
    let needs = "a list of layers, [{ type = \"dense\", outputs = 10 }] for example";
    let list = entries.list("layers", needs)?;
    let list = list.ok_or_else(|| entries.fault(&format!("it lacks `layers`, {needs}")))?;
    entries.finish()?;
    Ok(Description { name, input, layers: layers(source, list, "")? })
}

fn shape(sizes: &DeArray<'_>) -> Option<Shape> {
    let size = |value: &Spanned<DeValue<'_>>| {
        let number = value.get_ref().as_integer()?;
        usize::from_str_radix(number.as_str(), number.radix()).ok().filter(|&n| n > 0)
    };
    let sizes: Vec<usize> = sizes.iter().map(size).collect::<Option<_>>()?;
    match sizes[..] {
        [features] => Some(Shape::vector(features)),
        [channels, height, width] => Some(Shape::image(channels, height, width)),
        _ => None,
    }
}

fn layers<'a>(
    source: Source<'a>,
    list: &'a DeArray<'a>,
    prefix: &str,
) -> Result<Vec<Layer>, DescriptionError> {
    let layers = list.iter().enumerate().map(|(index, value)| {
        let path = format!("{prefix}{index}");
        let DeValue::Table(table) = value.get_ref() else {
            let got = value.get_ref().type_str();
            let reason =
                format!("layer `{path}`: it is of type {got}, but must be {{ type = \"...\", ... }}");
            return Err(source.fault(value.span(), reason));
        };
        layer(source, table, value, &path)
    });
    layers.collect()
}

fn layer<'a>(
    source: Source<'a>,
    table: &'a DeTable<'a>,
    value: &'a Spanned<DeValue<'a>>,
    place: &str,
) -> Result<Layer, DescriptionError> {
    let mut entries = Entries::new(source, table, value.span(), format!("layer `{place}`"));
    let kind = entries.text("type")?;
    let kind = kind.ok_or_else(|| entries.fault(&format!("it lacks `type`; the types are {TYPES}")))?;
    let name = entries.text("name")?.map(str::to_owned);
    let kind = match kind {
        "dense" => LayerKind::Dense {
            outputs: entries.count("outputs", 1, None)?,
            bias: entries.flag("bias", true)?,
        },
        "fixed_dense" => LayerKind::FixedDense(fixed_weights(&mut entries, table)?),
        "conv2d" => LayerKind::Conv2d(Conv2d {
            channels: entries.count("channels", 1, None)?,
            kernel: entries.count("kernel", 1, None)?,
            stride: entries.count("stride", 1, Some(1))?,
            padding: entries.count("padding", 0, Some(0))?,
            bias: entries.flag("bias", true)?,
        }),
        "max_pool" => LayerKind::MaxPool(pool(&mut entries)?),
        "average_pool" => LayerKind::AveragePool(pool(&mut entries)?),
        "global_average_pool" => LayerKind::GlobalAveragePool,
        "flatten" => LayerKind::Flatten,
        "identity" => LayerKind::Identity,
        "relu" => LayerKind::Activation(Activation::Relu),
        "leaky_relu" => {
            LayerKind::Activation(Activation::LeakyRelu { slope: entries.number("slope", Some(0.01))? })
        }
        "tanh" => LayerKind::Activation(Activation::Tanh),
        "sigmoid" => LayerKind::Activation(Activation::Sigmoid),
        "softplus" => LayerKind::Activation(Activation::Softplus),
        "gelu_tanh" => LayerKind::Activation(Activation::Gelu),
        "group_norm" => LayerKind::GroupNorm { groups: entries.count("groups", 1, None)? },
        "layer_norm" => LayerKind::LayerNorm,
        "scale" => LayerKind::Scale { factor: entries.number("factor", None)? },
        "residual" => {
            let path = name.as_deref().unwrap_or(place);
            let needs = "a list of layers";
            let body = entries.list("body", needs)?;
            let body = body.ok_or_else(|| entries.fault("it lacks `body`, a list of layers"))?;
            let body = layers(source, body, &format!("{path}.body."))?;
            let projection = match entries.list("projection", needs)? {
                Some(list) => layers(source, list, &format!("{path}.projection."))?,
                None => Vec::new(),
            };
            LayerKind::Residual { body, projection, scale: entries.number("scale", Some(1.0))? }
        }
        other => return Err(entries.fault(&refusal(other))),
    };
    entries.finish()?;
    Ok(Layer { name, kind })
}

fn pool(entries: &mut Entries<'_>) -> Result<Pool2d, DescriptionError> {
    let window = entries.count("window", 1, None)?;
    Ok(Pool2d { window, stride: entries.count("stride", 1, Some(window))? })
}

fn fixed_weights(entries: &mut Entries<'_>, table: &DeTable<'_>) -> Result<FixedWeights, DescriptionError> {
    if table.get("weights").is_some_and(|value| value.get_ref().as_str() == Some("signs")) {
        entries.text("weights")?;
        return Ok(FixedWeights::Signs);
    }
    let needs = "\"signs\" or a list of rows of finite numbers, all rows of one length";
    let fault = |entries: &Entries<'_>| entries.fault(&format!("`weights` must be {needs}"));
    let list = entries.list("weights", needs)?.ok_or_else(|| fault(entries))?;
    let row = |row: &Spanned<DeValue<'_>>| row.get_ref().as_array()?.iter().map(float).collect();
    let rows: Option<Vec<Vec<f64>>> = list.iter().map(row).collect();
    let sound = |rows: &Vec<Vec<f64>>| {
        rows.first().is_some_and(|first| !first.is_empty() && rows.iter().all(|row| row.len() == first.len()))
    };
    rows.filter(sound).map(FixedWeights::Rows).ok_or_else(|| fault(entries))
}

/// Why a type is not offered, and what to use in its place.
fn refusal(kind: &str) -> String {
    let folded: String = kind.chars().filter(char::is_ascii_alphanumeric).collect();
    let folded = folded.to_ascii_lowercase();
    if folded.starts_with("batchnorm") || folded.starts_with("syncbatchnorm") {
        return "batch normalisation is not supported: in training it couples the samples of a batch, and \
                then no sample has a gradient or a structural matrix of its own; use group_norm or \
                layer_norm. Nor may a trained network's fixed scale and shift be folded into the layer \
                before: that gives the same outputs but another structural matrix, as they are no longer \
                parameters (lambda_max was 35 to 94 % off)"
            .to_owned();
    }
    if folded.contains("dropout") || folded == "droppath" {
        return "dropout is random, so the network would be another one at every look; leave it out, or put identity in \
                its place, which is what it is in evaluation mode"
            .to_owned();
    }
    if folded == "gelu" {
        return "the exact gelu is not offered, only its tanh form (PyTorch's approximate=\"tanh\"): if that is meant, \
                say gelu_tanh"
            .to_owned();
    }
    format!("there is no layer type `{kind}`; the types are {TYPES}")
}
