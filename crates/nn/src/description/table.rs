//! The printed table of a network: layer, kind, output shape, parameters, total.

use std::fmt::Write;

use fenchel_tensor::Shape;

/// One row: a layer, or the sum at the end of a residual block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The layer's path.
    pub path: String,
    /// What it does, with its settings.
    pub kind: String,
    /// The shape of one sample's value behind it.
    pub shape: Shape,
    /// How many parameters it holds.
    pub parameters: usize,
}

/// The rows as text, columns aligned, with the total.
///
/// ```
/// use fenchel_nn::{description, models::{DenseChain, Model}};
/// use fenchel_tensor::Shape;
///
/// let (_, rows) = DenseChain::new(1, 8).description(Shape::vector(4), 3).build()?;
/// assert_eq!(description::table(&rows), "\
/// layer   kind     output  parameters
/// input                 4           0
/// 0       flatten       4           0
/// dense1  dense         8          40
/// 2       relu          8           0
/// head    dense         3          27
/// total                            67
/// ");
/// # Ok::<(), fenchel_tensor::TensorError>(())
/// ```
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let total = rows.iter().map(|row| row.parameters).sum::<usize>();
    let header = ["layer", "kind", "output", "parameters"].map(str::to_owned);
    let mut lines = vec![header];
    let cells =
        |row: &Row| [row.path.clone(), row.kind.clone(), row.shape.to_string(), row.parameters.to_string()];
    lines.extend(rows.iter().map(cells));
    lines.push(["total".to_owned(), String::new(), String::new(), total.to_string()]);
    let widths: [usize; 4] = std::array::from_fn(|column| {
        lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0)
    });
    let mut text = String::new();
    for [path, kind, shape, count] in &lines {
        let [a, b, c, d] = widths;
        // Writing into a String cannot fail.
        let _ = writeln!(text, "{path:<a$}  {kind:<b$}  {shape:>c$}  {count:>d$}");
    }
    text
}
