//! Functions of one variable for the catalogue.

mod analytic;
mod kinked;
mod polynomial;

pub use analytic::{Cosine, LogCosh, Rational, Ripple, Sigmoid, Sine, Softplus};
pub use kinked::{AbsoluteValue, HuberFunction, Ramp, SquaredRamp};
pub use polynomial::{AbsolutePower, DoubleWell};
