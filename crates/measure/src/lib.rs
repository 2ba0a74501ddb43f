//! Measuring a network that was trained anywhere: for each sample the structural matrix, the squared gradient norm, and
//! the two bounds of theorem T11 between which its loss lies.
//!
//! | module | what is in it |
//! |---|---|
//! | [`Network`] | a described network with its numbers, in one precision |
//! | [`Answers`], [`Criterion`] | what the outputs are compared with, and how: loss, smoothing, weights, an ignored label |
//! | [`measure`], [`Measurement`] | all samples, block by block; one that cannot be measured is named and the others are |
//! | [`judge`] | the same bounds and verdicts for numbers that were computed elsewhere |
//! | [`report`] | a page with figures of a measurement, and of measurements along a training |
//! | [`files`] | from files to a file: what `fenchel measure` does |
//!
//! ```
//! use fenchel_measure::{Answers, Criterion, Network, measure};
//! use fenchel_nn::{description::Description, losses::LossName, weights::Tensors};
//! use ndarray::array;
//!
//! // f(x) = W x: the structural matrix is ‖x‖² I, and for the squared error both bounds meet the loss.
//! let text = r#"
//!     input = [2]
//!     layers = [{ type = "dense", outputs = 2, bias = false }]
//! "#;
//! let mut weights = Tensors::new();
//! weights.insert("0.weight", &[2, 2], &[1.0, 0.0, 0.0, 1.0])?;
//! let network = Network::<f64>::load(&Description::from_toml(text, "example")?, &weights)?;
//! let criterion = Criterion::new(LossName::Squared)?;
//! let targets = criterion.targets(&Answers::labels(&[0]), None, 1, network.outputs())?;
//! let measured = measure(&network, array![[3.0, 4.0]].view(), &targets, |_| Ok(()), |_, _| ())?;
//! assert_eq!(measured.loss(), [10.0]); // half of 2² + 4²
//! assert_eq!(measured.squared_gradient_norm(), [500.0]);
//! assert!((measured.upper()[0] - 10.0).abs() < 1e-10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
mod criterion;
mod error;
pub mod files;
pub mod judge;
mod measurement;
mod network;
pub mod report;
mod run;
mod sample;

pub use answers::Answers;
pub use criterion::{Criterion, Targets};
pub use error::MeasureError;
pub use measurement::{Failure, Line, Measurement, QUANTITIES};
pub use network::Network;
pub use run::{LayerParts, PartNumber, layer_parts, mean_gradient, measure, tangent_kernel, with_threads};
