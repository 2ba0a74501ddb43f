//! What `losses` claims.

use fenchel_harness::{Claim, Kind};

use crate::ingredients;

pub(super) const CLAIMS: &[Claim] = &[SANDWICH];

/// Loss by loss, so that one that fails is named.
pub(super) const SANDWICH: Claim = Claim {
    id: "losses.sandwich",
    kind: Kind::Theorem,
    theorems: &["T11"],
    statement: "Under every loss, with its own lo and hi, every sample's excess loss lies between its bounds",
    conditions: ingredients::SANDWICH,
    figures: &["losses-*"],
    tables: &["cells"],
};
