//! What the claims and the figures of `losses` both take from its records.

use fenchel_harness::Outcome;

use super::Record;
use crate::ingredients::TrainingCase;

pub(super) type Finished = Outcome<TrainingCase, Record>;
