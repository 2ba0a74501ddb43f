//! Instances of proxy convexity on networks: theorem instances E3, E4 and E5 as oracles of [`fenchel_convexity::proxy`].
//!
//! | instance | surrogate g | where |
//! |---|---|---|
//! | \[E3\] one hidden layer on separable data, labels flipped or not | mean of -l' | [`SeparableInstance`] |
//! | \[E4\] one hidden layer near its initialisation | the loss itself, up to a nonlinearity e | [`TangentInstance`] |
//! | \[E5\] the sandwich T11 on one sample | the excess loss, or 1 - p_y | [`SandwichInstance`] |
//!
//! E3 and E4 share a network with fixed outer weights, [`HiddenLayer`], whose loss is the mean of `l(y f_W(x))`, `l(z) = log(1 + e^{-z})`, y = +-1. Everything is `f64`, in
//! closed form and with plain matrix products: these networks are small, and the guarantees are checked to round-off.
//!
//! The instances take arrays and know no data set.

mod classification;
mod hidden_layer;
mod sandwich_instance;
mod separable;
mod tangent;

pub use classification::{Classification, ClassificationOracle, Margins, Surrogate};
pub use hidden_layer::HiddenLayer;
pub use sandwich_instance::{Objective as SandwichObjective, SandwichInstance};
pub use separable::SeparableInstance;
pub use tangent::{Nonlinearity, TangentInstance};

#[cfg(test)]
mod tests;
