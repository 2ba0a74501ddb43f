//! What the settings of all experiments share: lists of names, and numbers that must not be zero.

use fenchel_harness::Failure;

/// Names as settings hold them.
#[must_use]
pub fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

/// Refuses the first setting that is zero.
///
/// # Errors
/// With the setting's name.
///
/// ```
/// use fenchel_experiments::ingredients::at_least_one;
/// assert!(at_least_one(&[("batch", 32), ("probe", 8)]).is_ok());
/// let refused = at_least_one(&[("batch", 32), ("probe", 0)]).unwrap_err();
/// assert_eq!(refused.to_string(), "`probe` is 0; it must be at least 1");
/// ```
pub fn at_least_one(settings: &[(&str, usize)]) -> Result<(), Failure> {
    match settings.iter().find(|(_, value)| *value == 0) {
        Some((name, _)) => Err(format!("`{name}` is 0; it must be at least 1").into()),
        None => Ok(()),
    }
}

/// Refuses a window that is too short for a correlation.
///
/// # Errors
/// Below three logs.
pub fn check_window(window: usize) -> Result<(), Failure> {
    if window < 3 {
        return Err(format!("`window` is {window}; a correlation needs at least 3 logs").into());
    }
    Ok(())
}
