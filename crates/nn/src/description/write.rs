//! A description as TOML 1.0: inline tables on a line each, the lists of a residual block indented.

use std::fmt::Write;

use fenchel_tensor::{Activation, Conv2d, Pool2d, Shape};

use super::{Description, FixedWeights, Layer, LayerKind};

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
    let bias = |bias: bool| if bias { "" } else { ", bias = false" };
    let _ = match &layer.kind {
        LayerKind::Dense { outputs, bias: with } => write!(text, ", outputs = {outputs}{}", bias(*with)),
        LayerKind::FixedDense(FixedWeights::Signs) => write!(text, ", weights = \"signs\""),
        // The debug form of floats has a point or an exponent, as TOML wants, and reads back exactly.
        LayerKind::FixedDense(FixedWeights::Rows(rows)) => write!(text, ", weights = {rows:?}"),
        LayerKind::Conv2d(Conv2d { channels, kernel, stride, padding, bias: with }) => {
            let _ = write!(text, ", channels = {channels}, kernel = {kernel}");
            if *stride != 1 {
                let _ = write!(text, ", stride = {stride}");
            }
            if *padding != 0 {
                let _ = write!(text, ", padding = {padding}");
            }
            write!(text, "{}", bias(*with))
        }
        LayerKind::MaxPool(Pool2d { window, stride }) | LayerKind::AveragePool(Pool2d { window, stride }) => {
            let _ = write!(text, ", window = {window}");
            if stride == window { Ok(()) } else { write!(text, ", stride = {stride}") }
        }
        LayerKind::Activation(Activation::LeakyRelu { slope }) => write!(text, ", slope = {slope:?}"),
        LayerKind::GroupNorm { groups } => write!(text, ", groups = {groups}"),
        LayerKind::Scale { factor } => write!(text, ", factor = {factor:?}"),
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
            Ok(())
        }
        LayerKind::GlobalAveragePool
        | LayerKind::Flatten
        | LayerKind::Identity
        | LayerKind::Activation(_)
        | LayerKind::LayerNorm => Ok(()),
    };
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
