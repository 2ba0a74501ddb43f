//! What the claims and the figures of `optimisers` both take from its records.

use fenchel_harness::Outcome;

use super::{Case, Record};

pub(super) type Finished = Outcome<Case, Record>;
