//! Models by name: the letters of the papers, with their sizes where they have any.

use fenchel_nn::models::{ConvChain, DenseChain, LeNet5, Model, Skip};

use crate::error::Failure;

/// The model called `name`.
///
/// `a-D` is a convolutional chain of D modules, `b-D` the same with skip connections, `c-DxW` a dense chain of D hidden layers of
/// width W, `d-DxW` the same with skip connections, `lenet5` is LeNet-5.
///
/// # Errors
/// For an unknown name, with the known ones.
///
/// ```
/// use fenchel_experiments::ingredients::model;
/// assert_eq!(model("c-2x64").unwrap().name(), "dense-2x64");
/// assert!(model("e-2").is_err());
/// ```
pub fn model(name: &str) -> Result<Box<dyn Model>, Failure> {
    let unknown = || {
        format!(
            "there is no model `{name}`; the models are: a-3, b-3 (modules), c-2x64, d-2x64 (depth x width), lenet5"
        )
    };
    if name == "lenet5" {
        return Ok(Box::new(LeNet5));
    }
    let (letter, size) = name.split_once('-').ok_or_else(unknown)?;
    let number = |text: &str| text.parse::<usize>().ok().filter(|&n| n > 0).ok_or_else(unknown);
    match letter {
        "a" | "b" => Ok(Box::new(ConvChain { modules: number(size)?, skip: letter == "b" })),
        "c" | "d" => {
            let (depth, width) = size.split_once('x').ok_or_else(unknown)?;
            let skip = if letter == "d" { Skip::Plain } else { Skip::None };
            Ok(Box::new(DenseChain::new(number(depth)?, number(width)?).with_skip(skip)))
        }
        _ => Err(unknown().into()),
    }
}

/// Whether a model's structural matrices cost much more than a dense chain's, so that its probe sets are smaller.
#[must_use]
pub fn is_convolutional(name: &str) -> bool {
    name == "lenet5" || name.starts_with("a-") || name.starts_with("b-")
}
