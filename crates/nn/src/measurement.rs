//! The measurements between which the empirical risk runs: local gradient norm, structural error, sandwich.
//!
//! For a sample `z = (x, y)` with residual `e = grad_f l`, the chain rule gives `grad_theta l = J_x' e`, so with the extreme
//! eigenvalues of the structural matrix `A_x = J_x J_x'`
//!
//! ```text
//!   ‖grad l‖² / lambda_max  <=  ‖e‖²  <=  ‖grad l‖² / lambda_min                                    (T10)
//!   lo(‖grad l‖ / sqrt(lambda_max))  <=  l - l_inf  <=  hi(‖grad l‖ / sqrt(lambda_min))              (T11)
//! ```
//!
//! Source: Qi, Gong, Li, "Extended convexity and smoothness and their applications in deep learning", arXiv 2410.05807.
//! Nothing here takes a bound for granted: gradient norm, structure and loss come from three separate computations, and
//! [`Sandwich::violation`] says whether they contradict the theorem by more than their round-off.

mod probe;
mod sandwich;
mod structural_error;

pub use probe::{Probe, ProbeMeasurement, SampleMeasurement};
pub use sandwich::{Sandwich, Side};
pub use structural_error::{ExtremeEigenvalues, StructuralError};
