//! Models by name: the letters of the papers, with their sizes where they have any.

use fenchel_harness::Failure;
use fenchel_nn::models::{
    ConvChain, DenseChain, LeNet5, LinearChain, Model, Neuron, OneHiddenLayer, ResNet, Skip,
};
use fenchel_tensor::Activation;

/// The forms of the names, for messages and help.
pub const MODEL_NAMES: &str = "a-3, b-3 (modules), c-2x64, d-2x64 (depth x width), d-2x64-scaled, d-2x64-averaged, \
                               d-2x64-layernorm, d-2x64-pre-layernorm, lenet5, resnet-2, resnet-2-gn8 (blocks a stage, groups), linear-3x16, \
                               one-hidden-64, neuron";

/// The slope of the leaky ReLU of the models of proxy convexity.
const SLOPE: f64 = 0.1;

/// The model called `name`.
///
/// `a-D` is a convolutional chain of D modules, `b-D` the same with skip connections, `c-DxW` a dense chain of D hidden layers of
/// width W, `d-DxW` the same with skip connections (`-scaled`, `-averaged`, `-layernorm` or `-pre-layernorm` for the other forms of a block),
/// `lenet5` is LeNet-5, `resnet-N` a residual network of N blocks a stage (`-gnG` with group normalisation in G groups),
/// `linear-DxW` a product of matrices, `one-hidden-W` a hidden layer of W leaky ReLUs under fixed outer weights, and
/// `neuron` one leaky ReLU.
///
/// # Errors
/// For an unknown name, with the known ones, and for sizes that no machine could hold.
///
/// ```
/// use fenchel_experiments::ingredients::model;
/// assert_eq!(model("c-2x64").unwrap().name(), "dense-2x64");
/// assert_eq!(model("resnet-2-gn8").unwrap().name(), "resnet-3x2-gn8");
/// assert!(model("e-2").is_err());
/// ```
pub fn model(name: &str) -> Result<Box<dyn Model>, Failure> {
    super::limits::check_sizes(name)?;
    known(name).ok_or_else(|| format!("there is no model `{name}`; the models are: {MODEL_NAMES}").into())
}

fn known(name: &str) -> Option<Box<dyn Model>> {
    let number = |text: &str| text.parse::<usize>().ok().filter(|&n| n > 0);
    let sizes = |text: &str| {
        let (depth, width) = text.split_once('x')?;
        Some((number(depth)?, number(width)?))
    };
    let activation = Activation::LeakyRelu { slope: SLOPE };
    match name {
        "lenet5" => return Some(Box::new(LeNet5)),
        "neuron" => return Some(Box::new(Neuron { activation })),
        _ => {}
    }
    if let Some(width) = name.strip_prefix("one-hidden-") {
        return Some(Box::new(OneHiddenLayer { width: number(width)?, activation }));
    }
    let (family, size) = name.split_once('-')?;
    let (size, form) = size.split_once('-').map_or((size, None), |(size, form)| (size, Some(form)));
    Some(match (family, form) {
        ("a" | "b", None) => Box::new(ConvChain { modules: number(size)?, skip: family == "b" }),
        ("linear", None) => {
            let (depth, width) = sizes(size)?;
            Box::new(LinearChain { depth, width })
        }
        ("resnet", None) => Box::new(ResNet { blocks: number(size)?, groups: None }),
        ("resnet", Some(form)) => {
            Box::new(ResNet { blocks: number(size)?, groups: Some(number(form.strip_prefix("gn")?)?) })
        }
        ("c" | "d", form) => {
            let skip = match (family, form) {
                ("c", None) => Skip::None,
                ("d", None) => Skip::Plain,
                ("d", Some("scaled")) => Skip::Scaled,
                ("d", Some("averaged")) => Skip::Averaged,
                ("d", Some("layernorm")) => Skip::LayerNorm,
                ("d", Some("pre-layernorm")) => Skip::PreLayerNorm,
                _ => return None,
            };
            let (depth, width) = sizes(size)?;
            Box::new(DenseChain::new(depth, width).with_skip(skip))
        }
        _ => return None,
    })
}

/// Whether a model's structural matrices cost much more than a dense chain's, so that its probe sets are smaller.
#[must_use]
pub fn is_convolutional(name: &str) -> bool {
    name == "lenet5" || ["a-", "b-", "resnet-"].iter().any(|family| name.starts_with(family))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_name_is_known_and_no_other() {
        for name in MODEL_NAMES.split(", ").map(|form| form.split(' ').next().unwrap()) {
            // The explanations in parentheses hold a comma, too.
            if name.starts_with(char::is_lowercase) && !name.ends_with(')') && name != "groups" {
                assert!(model(name).is_ok(), "{name}");
            }
        }
        for name in
            ["", "a", "a-0", "a-3-scaled", "c-2", "c-2x", "c-2x8-scaled", "resnet-2-8", "neuron-2", "lenet"]
        {
            let message = model(name).map(|_| ()).unwrap_err().to_string();
            assert!(message.contains("one-hidden-64"), "{message}");
        }
    }
}
