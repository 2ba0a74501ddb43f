//! What an experiment hands to the report.

use crate::claim::Claim;
use crate::figure::Figure;
use crate::table::Table;

/// The digest of all records of one experiment.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What was run, in a few sentences.
    pub ran: String,
    /// What came out.
    pub came_out: String,
    /// What differs from the paper, and why.
    pub differs: String,
    /// The claims, each with its criterion and verdict.
    pub claims: Vec<Claim>,
    /// Tables, written as CSV.
    pub tables: Vec<Table>,
    /// Figures, written as SVG and PNG.
    pub figures: Vec<Figure>,
}
