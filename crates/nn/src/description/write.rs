//! A description as TOML 1.0: inline tables on a line each, the lists of a residual block indented.

use std::convert::Infallible;
use std::fmt::Write;

use fenchel_tensor::Shape;
use fenchel_tensor::layers::{FixedWeights, Keys, Usual};

use super::{Description, Layer, LayerKind};

pub(super) fn description(description: &Description) -> String {
    let mut text = String::new();
    if !description.name.is_empty() {
        // Writing into a String cannot fail, here and below.
        let _ = writeln!(text, "name = {}", quoted(&description.name));
    }
    let _ = match description.input {
        Shape::Vector(features) => writeln!(text, "input = [{features}]"),
        Shape::Image { channels, height, width } => {
            writeln!(text, "input = [{channels}, {height}, {width}]")
        }
        Shape::Sequence { tokens, features } => writeln!(text, "input = [{tokens}, {features}]"),
    };
    text += "layers = ";
    list(&mut text, &description.layers, 0);
    text.push('\n');
    text
}

fn list(text: &mut String, layers: &[Layer], depth: usize) {
    text.push_str("[\n");
    for layer in layers {
        let _ = write!(text, "{:1$}{{ ", "", 2 * depth + 2);
        entries(text, layer, depth + 1);
        text.push_str(" },\n");
    }
    let _ = write!(text, "{:1$}]", "", 2 * depth);
}

fn entries(text: &mut String, layer: &Layer, depth: usize) {
    let _ = write!(text, "type = \"{}\"", layer.kind.name());
    if let Some(name) = &layer.name {
        let _ = write!(text, ", name = {}", quoted(name));
    }
    if !layer.inputs.is_empty() {
        let inputs: Vec<String> = layer.inputs.iter().map(|input| quoted(input)).collect();
        let _ = write!(text, ", inputs = [{}]", inputs.join(", "));
    }
    match &layer.kind {
        LayerKind::Join(_) => {}
        LayerKind::Plain(layer) => {
            let Ok(()) = layer.clone().keys(&mut Writer(text));
        }
        LayerKind::Residual { body, projection, scale } => {
            if *scale != 1.0 {
                let _ = write!(text, ", scale = {scale:?}");
            }
            text.push_str(", body = ");
            list(text, body, depth);
            if !projection.is_empty() {
                text.push_str(", projection = ");
                list(text, projection, depth);
            }
        }
    }
}

/// Writes the keys of a layer that do not have their usual values.
struct Writer<'a>(&'a mut String);

impl Keys for Writer<'_> {
    type Error = Infallible;

    fn count(
        &mut self,
        key: &'static str,
        value: &mut usize,
        _least: usize,
        usual: Usual<usize>,
    ) -> Result<(), Infallible> {
        if usual.value() != Some(*value) {
            let _ = write!(self.0, ", {key} = {value}");
        }
        Ok(())
    }

    // The debug form of floats has a point or an exponent, as TOML wants, and reads back exactly.
    fn number(&mut self, key: &'static str, value: &mut f64, usual: Usual<f64>) -> Result<(), Infallible> {
        if usual.value().map(f64::to_bits) != Some(value.to_bits()) {
            let _ = write!(self.0, ", {key} = {value:?}");
        }
        Ok(())
    }

    fn flag(&mut self, key: &'static str, value: &mut bool, usual: bool) -> Result<(), Infallible> {
        if *value != usual {
            let _ = write!(self.0, ", {key} = {value}");
        }
        Ok(())
    }

    fn weights(&mut self, key: &'static str, value: &mut FixedWeights) -> Result<(), Infallible> {
        let _ = match value {
            FixedWeights::Rows(rows) => write!(self.0, ", {key} = {rows:?}"),
            FixedWeights::Signs => write!(self.0, ", {key} = \"signs\""),
        };
        Ok(())
    }
}

/// Text as a TOML string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", c as u32);
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
