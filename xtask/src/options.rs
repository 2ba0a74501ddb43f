//! The options that xtask itself understands; all others go on to what it starts.

use crate::blas::Wish;
use std::env;

/// What is left of a command line after xtask has taken its own options.
pub(crate) struct Options {
    /// Which matrix-product back end is wanted.
    pub(crate) blas: Wish,
    /// Whether help was asked for.
    pub(crate) help: bool,
    /// Everything else, in order.
    pub(crate) rest: Vec<String>,
}

impl Options {
    /// Takes `--blas WISH`, `--blas=WISH` and `--help` out of `arguments`; what follows `--` is passed on untouched.
    pub(crate) fn parse(arguments: Vec<String>) -> Result<Self, u8> {
        let mut wish = env::var("FENCHEL_BLAS").ok().filter(|text| !text.is_empty());
        let (mut help, mut rest) = (false, Vec::new());
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            if argument == "--" {
                rest.push(argument);
                rest.extend(arguments.by_ref());
            } else if argument == "--help" || argument == "-h" {
                help = true;
            } else if argument == "--blas" {
                wish = Some(arguments.next().unwrap_or_default());
            } else if let Some(value) = argument.strip_prefix("--blas=") {
                wish = Some(value.to_owned());
            } else {
                rest.push(argument);
            }
        }
        let blas = match wish.as_deref() {
            None | Some("auto") => Wish::Auto,
            Some("openblas") => Wish::OpenBlas,
            Some("rust") => Wish::Rust,
            Some(other) => {
                eprintln!("xtask: --blas (or FENCHEL_BLAS) is `{other}`; it must be auto, openblas or rust");
                return Err(2);
            }
        };
        Ok(Self { blas, help, rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, u8> {
        Options::parse(text.split_whitespace().map(str::to_owned).collect())
    }

    #[test]
    fn own_options_are_taken_and_others_passed_on() {
        let options = parse("--profile paper --blas=rust --out x --help").unwrap();
        assert_eq!(options.rest, ["--profile", "paper", "--out", "x"]);
        assert!(options.help && options.blas == Wish::Rust);
        let options = parse("--blas openblas -- --blas rust").unwrap();
        assert!(options.blas == Wish::OpenBlas && !options.help);
        assert_eq!(options.rest, ["--", "--blas", "rust"]);
        assert_eq!(parse("--blas mkl").err(), Some(2));
        assert_eq!(parse("--blas").err(), Some(2));
    }
}
