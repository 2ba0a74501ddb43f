//! What can be wrong with an input: one error type for the crate.
//!
//! Nothing here panics on a number. A NaN, an infinity, an empty vector or a wrong dimension is answered by an
//! error that names the argument, says what was found, and says what to pass instead.

use ndarray::ArrayRef1;
use thiserror::Error;

/// Why an input was refused or a number could not be computed.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum ConvexityError {
    /// A vector without entries.
    #[error("`{argument}` is empty; pass a vector with at least one entry")]
    Empty {
        /// The argument at fault.
        argument: &'static str,
    },
    /// A vector of the wrong length.
    #[error("`{argument}` has {got} entries, but {expected} are needed; pass a vector of length {expected}")]
    Dimension {
        /// The argument at fault.
        argument: &'static str,
        /// The length that was needed.
        expected: usize,
        /// The length that was passed.
        got: usize,
    },
    /// A NaN or an infinity where a finite number is needed.
    #[error("`{argument}` has the entry {value} at index {index}; pass finite numbers only")]
    NotFinite {
        /// The argument at fault.
        argument: &'static str,
        /// Where the entry stands.
        index: usize,
        /// The entry.
        value: f64,
    },
    /// A parameter outside the range in which the definition makes sense.
    #[error("`{argument}` is {value}, but must be {requirement}")]
    OutOfRange {
        /// The argument at fault.
        argument: &'static str,
        /// What was passed.
        value: f64,
        /// The range, in words.
        requirement: &'static str,
    },
    /// A point outside the domain of a function.
    #[error("`{argument}` lies outside the domain: {reason}")]
    OutsideDomain {
        /// The argument at fault.
        argument: &'static str,
        /// Which condition fails and by how much.
        reason: String,
    },
    /// A matrix without the property that a definition asks for.
    #[error("the matrix `{argument}` is not {requirement}: {reason}")]
    Matrix {
        /// The argument at fault.
        argument: &'static str,
        /// The property that was needed.
        requirement: &'static str,
        /// Where it fails.
        reason: String,
    },
    /// Two things that can not be combined, such as constants for different norms.
    #[error("{what} can not be combined: {reason}")]
    Incompatible {
        /// What was to be combined.
        what: &'static str,
        /// Why it can not be.
        reason: String,
    },
    /// A value too large for an f64.
    #[error(
        "{what} exceeds the range of f64; bring the argument nearer to the origin or rescale the function"
    )]
    Overflow {
        /// The quantity that overflowed.
        what: &'static str,
    },
    /// A function that cannot be written down exactly, in the arithmetic of expressions.
    #[error("`{name}` cannot be written down: there is {reason}")]
    NoExpression {
        /// The function.
        name: String,
        /// What stands in the way.
        reason: &'static str,
    },
    /// Something that a function does not offer.
    #[error("`{name}` offers no {what}")]
    Unsupported {
        /// The function.
        name: String,
        /// What it does not offer.
        what: &'static str,
    },
}

/// Checks that a vector is non-empty and finite.
///
/// # Errors
///
/// [`ConvexityError::Empty`] or [`ConvexityError::NotFinite`], naming `argument`.
pub fn require_finite(argument: &'static str, x: &ArrayRef1<f64>) -> Result<(), ConvexityError> {
    if x.is_empty() {
        return Err(ConvexityError::Empty { argument });
    }
    match x.iter().position(|entry| !entry.is_finite()) {
        Some(index) => Err(ConvexityError::NotFinite { argument, index, value: x[index] }),
        None => Ok(()),
    }
}

/// Checks that a vector has `expected` entries, all finite.
///
/// # Errors
///
/// [`ConvexityError::Empty`], [`ConvexityError::Dimension`] or [`ConvexityError::NotFinite`], naming `argument`.
pub fn require_vector(
    argument: &'static str,
    x: &ArrayRef1<f64>,
    expected: usize,
) -> Result<(), ConvexityError> {
    if x.is_empty() {
        return Err(ConvexityError::Empty { argument });
    }
    require_dimension(argument, x.len(), expected)?;
    require_finite(argument, x)
}

/// Checks a length alone.
///
/// # Errors
///
/// [`ConvexityError::Dimension`], naming `argument`.
pub fn require_dimension(argument: &'static str, got: usize, expected: usize) -> Result<(), ConvexityError> {
    if got == expected { Ok(()) } else { Err(ConvexityError::Dimension { argument, expected, got }) }
}

/// Checks that a parameter is finite and greater than zero.
///
/// # Errors
///
/// [`ConvexityError::OutOfRange`], naming `argument`.
pub fn require_positive(argument: &'static str, value: f64) -> Result<(), ConvexityError> {
    require_range(argument, value, value > 0.0, "finite and greater than 0")
}

/// Checks that a parameter is finite and meets a condition, given with its wording.
///
/// # Errors
///
/// [`ConvexityError::OutOfRange`], naming `argument`.
pub fn require_range(
    argument: &'static str,
    value: f64,
    condition: bool,
    requirement: &'static str,
) -> Result<(), ConvexityError> {
    if value.is_finite() && condition {
        Ok(())
    } else {
        Err(ConvexityError::OutOfRange { argument, value, requirement })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn messages_name_the_argument_and_the_remedy() {
        let error = require_vector("point", &array![1.0, f64::NAN], 2).unwrap_err();
        assert_eq!(error.to_string(), "`point` has the entry NaN at index 1; pass finite numbers only");
        let error = require_vector("point", &array![1.0], 2).unwrap_err();
        assert!(error.to_string().contains("length 2"));
        let error = require_vector("point", &array![], 2).unwrap_err();
        assert!(error.to_string().contains("empty"));
        assert!(require_positive("radius", 0.0).is_err());
        assert!(require_positive("radius", f64::INFINITY).is_err());
        assert!(require_positive("radius", 1e-300).is_ok());
    }
}
