//! What a cell of `bounds` stores: one entry a log.

use serde::{Deserialize, Serialize};

use crate::ingredients::{ProbeLog, SampleLog, SandwichTally};

/// The record of a cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The number of parameters.
    pub parameters: usize,
    /// The logs, in the order of the steps.
    pub logs: Vec<Log>,
    /// The share of the test samples classified rightly after training.
    pub test_accuracy: f64,
    /// The mean excess loss over the test samples after training.
    pub test_risk: f64,
    /// The sandwiches, sample by sample.
    pub sandwiches: SandwichTally,
}

/// Everything measured at one step.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Log {
    /// The number of optimiser steps taken before.
    pub step: usize,
    /// Over the probe set.
    pub probe: ProbeLog,
    /// A fresh training sample.
    pub fresh: SampleLog,
    /// Another fresh sample: the control whose bounds must not follow the first one's risk.
    pub other: SampleLog,
}
