//! Losses by name.

use std::sync::Arc;

use fenchel_convexity::losses::Loss;
use fenchel_harness::Failure;
use fenchel_nn::losses::LossName;

/// The loss called `name`, as [`LossName`] spells it: `ce`, `squared`, `logistic`, `sparsemax`, `entmax:1.5`, `power:3`.
///
/// # Errors
/// For an unknown name, with the known ones, or a parameter out of its range.
pub fn loss(name: &str) -> Result<Arc<dyn Loss>, Failure> {
    Ok(name.parse::<LossName>()?.loss()?)
}

/// A name with parameters as a part of a file's or cell's name: `entmax:1.5` becomes `entmax-1.5`.
#[must_use]
pub fn file_safe(name: &str) -> String {
    name.replace([':', ' '], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_with_their_parameters_and_no_other() {
        let loss = |name: &str| loss(name).map(|loss| loss.name()).map_err(|error| error.to_string());
        assert_eq!(loss("power:3").unwrap(), "||f - y||_3^3");
        for name in ["ce", "squared", "logistic", "sparsemax", "entmax:1.5"] {
            assert!(loss(name).is_ok(), "{name}");
        }
        assert!(loss("hinge").unwrap_err().contains("sparsemax"));
        assert!(loss("power:1").is_err());
        assert_eq!(file_safe("mnist a-3 entmax:1.5"), "mnist-a-3-entmax-1.5");
    }
}
