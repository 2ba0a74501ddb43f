//! What a cell of `sgd` measures.

use serde::{Deserialize, Serialize};

use crate::ingredients::{SandwichTally, Tally};

/// The record of a cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// n.
    pub samples: usize,
    /// b.
    pub batch: usize,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// R_0, the mean loss over all samples before the first step.
    pub first_risk: f64,
    /// R_T.
    pub last_risk: f64,
    /// The step at which a number left the range of `f64`, if one did.
    pub diverged: Option<u64>,
    /// Prefixes at which the identity was compared, and those at which its two sides differ by more than round-off.
    pub identity: Tally,
    /// The same for the inequality `left ≤ right` with the rule's own energy; for momentum, with the energy of plain SGD.
    pub inequality: Tally,
    /// The same for their equality, which holds for plain SGD only.
    pub equality: Tally,
    /// GCS's M.
    pub correlation: f64,
    /// GCS's floor `((n-b)/b) M` of a sampled batch's energy.
    pub floor: f64,
    /// Local gradient norm and sandwich on the probe set.
    pub logs: Vec<Log>,
    /// The sandwiches, sample by sample.
    pub sandwiches: SandwichTally,
}

/// One step.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Step {
    /// The rate, `1/C` for the line search.
    pub rate: f64,
    /// The gradient energy of the batch: `‖g‖²/(2C)` for the line search, otherwise `η (1 − η C_k/2) ‖g‖²`.
    pub energy: f64,
    /// The smallest C_k for which the batch's loss is smooth at the step's end; 0 for a step of length 0.
    pub smoothness: f64,
    /// `‖g‖²`.
    pub squared_gradient_norm: f64,
    /// I_k.
    pub interference: f64,
    /// The mean loss over all samples after the step.
    pub risk: f64,
    /// The identity's left side so far, `(b/n) sum [<g, s> − d]`.
    pub left: f64,
    /// Its right side, `R_0 − R_T + sum I`.
    pub right: f64,
    /// `(b/n)` times the sum of the energies so far.
    pub energies: f64,
}

/// The probe set after some steps.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Log {
    /// The number of steps taken before.
    pub step: usize,
    /// The mean loss over the probe set.
    pub risk: f64,
    /// The local gradient norm: the mean of the samples' squared norms.
    pub local_norm: f64,
    /// The squared norm of the mean gradient.
    pub mean_gradient: f64,
    /// Mean of D, in nats.
    pub d: f64,
}
