//! TOML into a description.

use fenchel_tensor::Shape;
use fenchel_tensor::layers::{AnyLayer, Keys, Usual};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::entries::{Entries, Source};
use super::{Description, DescriptionError, Join, Layer, LayerKind};

/// Every type of layer, for messages.
fn types() -> String {
    let joins = Join::ALL.map(Join::name);
    [&AnyLayer::types()[..], &["residual"], &joins].concat().join(", ")
}

pub(super) fn description(text: &str, origin: &str) -> Result<Description, DescriptionError> {
    let source = Source { text, origin };
    let document = DeTable::parse(text).map_err(|error| {
        let span = error.span().unwrap_or(0..0);
        source.fault(span, format!("this is not TOML: {}", error.message()))
    })?;
    let mut entries = Entries::new(source, document.get_ref(), document.span(), "the description".to_owned());
    let name = entries.text("name")?.unwrap_or_default().to_owned();
    let needs = "[features], [channels, height, width] or [tokens, features]";
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
        [tokens, features] => Some(Shape::sequence(tokens, features)),
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
    let kind = kind.ok_or_else(|| entries.fault(&format!("it lacks `type`; the types are {}", types())))?;
    let name = entries.text("name")?.map(str::to_owned);
    let inputs = entries.texts("inputs")?;
    let kind = match kind {
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
            let mut scale = 1.0;
            entries.number("scale", &mut scale, Usual::Is(1.0))?;
            LayerKind::Residual { body, projection, scale }
        }
        kind => match Join::ALL.into_iter().find(|join| join.name() == kind) {
            Some(join) => LayerKind::Join(join),
            None => {
                let mut layer = AnyLayer::blank(kind).ok_or_else(|| entries.fault(&refusal(kind)))?;
                layer.keys(&mut entries)?;
                LayerKind::Plain(layer)
            }
        },
    };
    entries.finish()?;
    Ok(Layer { name, inputs, kind })
}

/// Why a type is not offered, and what to use in its place.
fn refusal(kind: &str) -> String {
    let folded: String = kind.chars().filter(char::is_ascii_alphanumeric).collect();
    let folded = folded.to_ascii_lowercase();
    if folded.starts_with("batchnorm") || folded.starts_with("syncbatchnorm") {
        return "batch normalisation is called batch_norm here, and is what it is in evaluation mode: its running mean \
                and variance come with the weights and stay fixed. In training mode it couples the samples of a batch, and \
                then no sample has a gradient or a structural matrix of its own"
            .to_owned();
    }
    if folded.contains("dropout") || folded == "droppath" {
        return "dropout is random, so the network would be another one at every look; leave it out, or put identity in \
                its place, which is what it is in evaluation mode"
            .to_owned();
    }
    format!("there is no layer type `{kind}`; the types are {}", types())
}
