//! A table of results: named columns, rows of cells, written as CSV.

use crate::error::{Error, Result};
use std::path::Path;

/// A table with a caption; numbers are kept at full precision and shortened only for display.
#[derive(Clone, Debug)]
pub struct Table {
    /// File-name safe and unique within the experiment.
    pub id: String,
    /// One sentence: what a row is.
    pub caption: String,
    /// Column names, with units where there are any.
    pub columns: Vec<String>,
    /// The rows, each as long as `columns`.
    pub rows: Vec<Vec<Entry>>,
}

/// One entry of a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A number.
    Number(f64),
    /// A count.
    Count(u64),
    /// A word.
    Text(String),
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(id: &str, caption: &str, columns: &[&str]) -> Self {
        let columns = columns.iter().map(|&name| name.to_owned()).collect();
        Self { id: id.into(), caption: caption.into(), columns, rows: Vec::new() }
    }

    /// Adds a row.
    ///
    /// # Panics
    /// When the row is not as long as the header: a defect of the caller, not of the data.
    pub fn push<const N: usize>(&mut self, row: [Entry; N]) {
        assert_eq!(N, self.columns.len(), "table `{}`: a row of {N} under {:?}", self.id, self.columns);
        self.rows.push(row.into());
    }

    /// The table as CSV, numbers in the shortest form that reads back exactly.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_csv(&self, path: &Path) -> Result<()> {
        let fault = |error: csv::Error| Error::io("write", path)(std::io::Error::other(error));
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&self.columns).map_err(fault)?;
        for row in &self.rows {
            writer.write_record(row.iter().map(Entry::exact)).map_err(fault)?;
        }
        let bytes = writer
            .into_inner()
            .map_err(|error| Error::io("write", path)(std::io::Error::other(error.to_string())))?;
        crate::store::write_whole(path, &bytes)
    }
}

impl Entry {
    /// The entry with all its digits.
    #[must_use]
    pub fn exact(&self) -> String {
        match self {
            Self::Number(number) => exact(*number),
            Self::Count(count) => count.to_string(),
            Self::Text(text) => text.clone(),
        }
    }

    /// The entry for a reader's eye: four significant digits.
    #[must_use]
    pub fn short(&self) -> String {
        match self {
            Self::Number(number) => crate::number::short(*number),
            _ => self.exact(),
        }
    }
}

/// The shortest form that reads back exactly; an exponent where the plain form would be long.
fn exact(number: f64) -> String {
    let plain = number.to_string();
    let scientific = format!("{number:e}");
    if plain.len() <= scientific.len() + 3 { plain } else { scientific }
}

impl From<f64> for Entry {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<Option<f64>> for Entry {
    /// NaN where there is no number.
    fn from(number: Option<f64>) -> Self {
        Self::Number(number.unwrap_or(f64::NAN))
    }
}

impl From<usize> for Entry {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<u64> for Entry {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<&str> for Entry {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Entry {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_read_back_exactly(number in proptest::num::f64::NORMAL | proptest::num::f64::SUBNORMAL | proptest::num::f64::ZERO) {
            prop_assert_eq!(exact(number).parse::<f64>().unwrap().to_bits(), number.to_bits());
        }
    }

    #[test]
    fn a_table_is_written_as_csv() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let mut table = Table::new("t", "numbers", &["name", "value", "count"]);
        table.push(["a,b".into(), f64::INFINITY.into(), 3_usize.into()]);
        table.push(["tiny".into(), 1e-300.into(), 0_usize.into()]);
        table.write_csv(&path).unwrap();
        assert_eq!(
            std::fs::read_to_string(&path).unwrap(),
            "name,value,count\n\"a,b\",inf,3\ntiny,1e-300,0\n"
        );
    }
}
