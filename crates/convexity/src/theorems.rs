//! The theorems, one file each: statement, assumptions, what is computed, reference, cost, example, and a
//! checker.
//!
//! A checker takes an instance, examines hypotheses and inequality apart, and answers a
//! [`Report`](crate::verdict::Report) with the measured value, the bound, the slack and the residual of
//! each assumption; [`Report::verdict`](crate::verdict::Report::verdict) is its answer. It answers
//! `Violated` only with a certificate, and `Holds` only if every hypothesis was examined and met. What a
//! proof uses at known places, as along a run, is measured there, by the same rule as the inequality;
//! what it needs for all points is searched.
//!
//! | tag | file | what it says |
//! |---|---|---|
//! | T1 | [`conjugate`] | conjugates of potentials, Fenchel-Young with its equality |
//! | T2 | [`calculus`] | constants of multiples, sums and affine maps |
//! | T3 | [`duality`] | smooth and convex are conjugate |
//! | T4 | [`gradient_bounds`] | the gradient energy bounds the gap, from below and above |
//! | T4 | [`growth`] | a function grows between its moduli around a minimiser |
//! | T5 | [`compatibility`] | which exponents a function can have on both sides |
//! | T6 | [`descent`] | a step decreases a smooth function by a share of the gradient energy |
//! | T7 | [`rates`] | how fast generalised gradient descent is |
//! | T8 | [`interference`] | mini-batch descent and the local gradient energy |
//! | T8 | [`capacity_risk`] | the mean energy of all batches, between two moduli around the capacity risk |
//! | T9 | [`expected_smoothness`] | second moments of sampled gradients, and the expected decrease |
//! | T14 | [`tangent_kernel_pl`] | the gap of a data set and the gradient, through the tangent kernel |
//! | T15 | [`gradient_independence`] | independent rows in a high dimension are well conditioned |
//! | T16 | [`skip_connections`] | products of I + B keep their singular values |
//! | T18 | [`gradient_steps`] | when generalised descent is gradient descent, and what the best gradient step keeps |
//! | T19 | [`stochastic_rate`] | the variance of a batch, and SGD's linear rate to a floor |
//! | T20 | [`sample_risk`] | what bounds on the losses of samples say of the risk |
//! | T21 | [`general_norms`] | the sandwich between any norms on residuals and gradients |
//! | section 4 | [`cross_entropy`] | cross-entropy below its residual over the least probability |
//! | P1 | [`LipschitzGuarantee`](crate::proxy::LipschitzGuarantee) | descent under proxy convexity |
//! | P2 | [`SmoothGuarantee`](crate::proxy::SmoothGuarantee) | the same, gradients bounded by the surrogate |
//! | P3 | [`ProxyPlGuarantee`](crate::proxy::ProxyPlGuarantee) | descent under a proxy PL inequality |
//!
//! To add a theorem: write its file with a function `check` that returns a
//! [`Report`](crate::verdict::Report), in the order of headings of the others (statement, assumptions,
//! what is computed, reference, cost, example), and add its row here.

pub mod calculus;
pub mod capacity_risk;
pub mod compatibility;
pub mod conjugate;
pub mod cross_entropy;
pub mod descent;
pub mod duality;
pub mod expected_smoothness;
pub mod general_norms;
pub mod gradient_bounds;
pub mod gradient_independence;
pub mod gradient_steps;
pub mod growth;
pub mod interference;
pub mod rates;
pub mod sample_risk;
pub mod skip_connections;
pub mod stochastic_rate;
pub mod tangent_kernel_pl;

#[cfg(test)]
mod by_hand;
mod condition;
#[cfg(test)]
mod foreign_numbers;
mod implication;
mod infimum;
mod points;
mod premise;
mod steps;
