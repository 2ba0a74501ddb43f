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
//! Beside the measurements of single samples stand those of steps, [`InterferenceLog`] (T8), of a whole set, [`data_set_level`] (T14), of
//! layers, [`layer_sums`] (T12, T13), and the sandwich in other norms, [`general_sandwiches`] (T21). Each states its cost.
//!
//! Round-off has one convention everywhere. An eigenvalue that does not exceed the bound on its round-off
//! counts as 0, so a matrix is singular with `U`, `D` and the upper bound infinite; of the matrix 0 `L` and
//! `D` are infinite, too, for no eigenvalue is known to be positive. The lower and the upper bound are moved
//! outwards by the round-off of all that they were computed from.
//!
//! Nothing here takes a bound for granted: gradient norm, structure and loss come from three separate computations, and
//! [`Sandwich::violation`] says whether they contradict the theorem by more than their round-off.

mod data_set_level;
mod general_norms;
mod interference;
mod interference_sums;
mod layer_sum;
mod objectives;
mod probe;
mod sample_bounds;
mod sandwich;
mod structural_error;

pub use data_set_level::{DataSetLevel, data_set_level};
pub use general_norms::{GeneralSandwich, general_sandwiches};
pub use interference::{InterferenceLog, InterferenceRecord};
pub use interference_sums::InterferenceSums;
pub use layer_sum::{LayerSum, StructuralPart, layer_sums};
pub use objectives::finite_sum;
pub use probe::{Probe, ProbeMeasurement, SampleMeasurement};
pub use sample_bounds::{MeasuredSample, SampleBounds, estimated_roundoff};
pub use sandwich::{Sandwich, Side};
pub use structural_error::{ExtremeEigenvalues, StructuralError};
