//! What an experiment hands to the report.

use crate::claim::Findings;
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
    /// Tables, written as CSV.
    pub tables: Vec<Table>,
    /// Figures, written as SVG and PNG.
    pub figures: Vec<Figure>,
}

impl Summary {
    /// Links the claims with the figures and tables that show them.
    pub fn link(&self, findings: &mut Findings) {
        let figures: Vec<&str> = self.figures.iter().map(|figure| figure.id.as_str()).collect();
        let tables: Vec<&str> = self.tables.iter().map(|table| table.id.as_str()).collect();
        findings.link(&figures, &tables);
    }
}
