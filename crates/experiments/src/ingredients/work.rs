//! The work of a training along which something is measured, in samples of training steps.

use fenchel_harness::cost::{Unit, Work};

/// What measuring a sample weighs against training with it: a backward pass for each of ten outputs, in `f64`
/// and by the sample, against one in `f32`.
const MEASURED: f64 = 10.0;

/// The work of training `model` with so many samples of a data set, and of measuring so many.
#[must_use]
pub fn samples(model: &str, dataset: &str, trained: f64, measured: f64) -> Work {
    let input = if dataset == "cifar-10" { [3, 32, 32] } else { [1, 28, 28] };
    Work { unit: Unit::Sample { model: model.into(), input }, units: trained + MEASURED * measured }
}
