//! The catalogue: functions whose constants of convexity and smoothness are known.
//!
//! Each [`Entry`] holds a function with its known [`Modulus`](crate::moduli::Modulus)es: constant, exponent, norm, offset, whether the constant is *tight*
//! (can not be improved in the entry's dimension), and where it comes from. The catalogue is the test bench of everything else:
//! an estimator must find the tight constants, a falsifier must refute a constant that is one per cent too good, and neither may
//! contradict a row.
//!
//! Constants are f64. Where the exact constant is none, it is rounded to the weaker side, so that every row is true as it stands.

mod entries;
mod entropy;
mod entry;
mod log_sum_exp;
mod maximum;
mod potential_function;
mod quadratic;
mod radial;
mod scalars;
mod separable;

pub use entries::{dimensions_of_interest, entries};
pub use entropy::NegativeEntropy;
pub use entry::{Entry, Known};
pub use log_sum_exp::LogSumExp;
pub use maximum::Maximum;
pub use potential_function::PotentialFunction;
pub use quadratic::Quadratic;
pub use radial::{Cauchy, GaussianWell, PseudoHuber};
pub use scalars::{
    AbsolutePower, AbsoluteValue, Cosine, DoubleWell, HuberFunction, LogCosh, Ramp, Rational, Ripple,
    Sigmoid, Sine, Softplus, SquaredRamp,
};
pub use separable::{Scalar, Separable};

#[cfg(test)]
mod tests;
