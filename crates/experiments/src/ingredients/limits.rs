//! How large settings may be: a mistyped size is refused by the plan, not found out by a run.

use fenchel_harness::Failure;
use fenchel_harness::number::grouped;

use super::data::{NAMES, samples_of};

/// Networks beyond this are refused. One copy takes 800 MB in `f64`, and measuring needs several for each
/// thread.
const MOST_PARAMETERS: usize = 100_000_000;

/// The numbers of an input, at most.
const INPUTS: usize = 3 * 32 * 32;

/// Refuses the first setting that asks for more training samples than a data set has, and unknown data sets.
///
/// # Errors
/// With the setting's name, or the known data sets.
///
/// ```
/// use fenchel_experiments::ingredients::check_samples;
/// let datasets = ["glyphs".to_owned()];
/// assert!(check_samples(&datasets, &[("probe", 12_000)]).is_ok());
/// let refused = check_samples(&datasets, &[("probe", 20_000)]).unwrap_err();
/// assert_eq!(refused.to_string(), "`probe` is 20,000, but glyphs has 12,000 training samples");
/// assert!(check_samples(&["glphs".to_owned()], &[]).is_err());
/// ```
pub fn check_samples(datasets: &[String], settings: &[(&str, usize)]) -> Result<(), Failure> {
    for name in datasets {
        let Some(there) = samples_of(name) else {
            return Err(format!("there is no data set `{name}`; the data sets are: {NAMES}").into());
        };
        if let Some((setting, asked)) = settings.iter().find(|(_, asked)| *asked > there) {
            let (asked, there) = (grouped(*asked), grouped(there));
            return Err(format!("`{setting}` is {asked}, but {name} has {there} training samples").into());
        }
    }
    Ok(())
}

/// Refuses a chain of dense layers that would be too large.
///
/// # Errors
/// With its size.
///
/// ```
/// use fenchel_experiments::ingredients::check_chain;
/// assert!(check_chain(100, 64).is_ok());
/// assert!(check_chain(1, 1_000_000).is_err() && check_chain(usize::MAX, 64).is_err());
/// ```
pub fn check_chain(depth: usize, width: usize) -> Result<(), Failure> {
    let parameters =
        depth.saturating_mul(width).saturating_mul(width).saturating_add(INPUTS.saturating_mul(width));
    if parameters > MOST_PARAMETERS {
        return Err(format!(
            "a chain of depth {depth} and width {width} would have more than {} million parameters: choose smaller ones",
            MOST_PARAMETERS / 1_000_000
        )
        .into());
    }
    Ok(())
}

/// Refuses the first setting that is larger than its limit.
///
/// # Errors
/// With the setting's name and limit.
///
/// ```
/// use fenchel_experiments::ingredients::at_most;
/// let refused = at_most(&[("dimension", 5_000_000, 1_000_000)]).unwrap_err();
/// assert_eq!(refused.to_string(), "`dimension` is 5,000,000; it may be 1,000,000 at most");
/// ```
pub fn at_most(settings: &[(&str, usize, usize)]) -> Result<(), Failure> {
    match settings.iter().find(|(_, value, most)| value > most) {
        Some((name, value, most)) => {
            Err(format!("`{name}` is {}; it may be {} at most", grouped(*value), grouped(*most)).into())
        }
        None => Ok(()),
    }
}

/// Refuses the sizes in the name of a model, `64` in `one-hidden-64` or `2x64` in `c-2x64`, that would be too
/// large.
pub(super) fn check_sizes(name: &str) -> Result<(), Failure> {
    let numbers = name.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty());
    let numbers: Vec<usize> = numbers.map(|digits| digits.parse().unwrap_or(usize::MAX)).collect();
    let checked = match numbers[..] {
        [] => Ok(()),
        [size] => at_most(&[("size", size, 10_000)]),
        [depth, width, ..] => check_chain(depth, width),
    };
    checked.map_err(|reason| format!("the model `{name}`: {reason}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_sizes_in_names_are_refused_and_usual_ones_are_not() {
        for name in
            ["c-2x64", "d-100x64-scaled", "resnet-2-gn8", "lenet5", "one-hidden-4096", "a-3", "neuron"]
        {
            assert!(check_sizes(name).is_ok(), "{name}");
        }
        for name in ["c-2x64000", "c-2000000000x64", "one-hidden-1000000", "a-99999999999999999999999"] {
            assert!(check_sizes(name).unwrap_err().to_string().contains(name), "{name}");
        }
    }
}
