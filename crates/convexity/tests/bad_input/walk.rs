//! The walk over calls with bad values, and the bad values.

use fenchel_convexity::ConvexityError;
use ndarray::{Array2, array};

/// Numbers that no constant, exponent or tolerance may be.
const NO_NUMBERS: [f64; 2] = [f64::NAN, f64::NEG_INFINITY];

/// What the walk has found wrong.
#[derive(Default)]
pub(crate) struct Walk {
    calls: usize,
    wrong: Vec<String>,
}

impl Walk {
    pub(crate) fn judge(
        &mut self,
        function: &str,
        argument: &str,
        bad: &str,
        outcome: Result<(), ConvexityError>,
    ) {
        self.calls += 1;
        match outcome {
            Ok(()) => self.wrong.push(format!("{function}: `{argument}` = {bad} is accepted")),
            Err(error) if error.to_string().contains(&format!("`{argument}`")) => {}
            Err(error) => self.wrong.push(format!("{function}: `{argument}` = {bad}: {error}")),
        }
    }

    /// A number: NaN and minus infinity, and whatever else the function must refuse.
    pub(crate) fn number(
        &mut self,
        function: &str,
        argument: &str,
        more: &[f64],
        call: impl Fn(f64) -> Result<(), ConvexityError>,
    ) {
        for &bad in NO_NUMBERS.iter().chain(more) {
            self.judge(function, argument, &bad.to_string(), call(bad));
        }
    }

    /// A vector of R^2: empty, of three entries, with a NaN, with an infinity.
    pub(crate) fn vector(
        &mut self,
        function: &str,
        argument: &str,
        call: impl Fn(&[f64]) -> Result<(), ConvexityError>,
    ) {
        let bad: [&[f64]; 4] = [&[], &[0.5, 0.25, 0.25], &[f64::NAN, 0.5], &[0.5, f64::INFINITY]];
        for x in bad {
            self.judge(function, argument, &format!("{x:?}"), call(x));
        }
    }

    /// A vector of any length but 0.
    pub(crate) fn entries(
        &mut self,
        function: &str,
        argument: &str,
        call: impl Fn(&[f64]) -> Result<(), ConvexityError>,
    ) {
        let bad: [&[f64]; 3] = [&[], &[f64::NAN, 0.5], &[0.5, f64::INFINITY]];
        for x in bad {
            self.judge(function, argument, &format!("{x:?}"), call(x));
        }
    }

    /// A square matrix: empty, with a NaN, with an infinity.
    pub(crate) fn matrix(
        &mut self,
        function: &str,
        argument: &str,
        call: impl Fn(Array2<f64>) -> Result<(), ConvexityError>,
    ) {
        for bad in [
            Array2::zeros((0, 0)),
            array![[f64::NAN, 0.0], [0.0, 1.0]],
            array![[1.0, 0.0], [0.0, f64::INFINITY]],
        ] {
            let shown = bad.to_string();
            self.judge(function, argument, &shown, call(bad));
        }
    }

    pub(crate) fn finish(self, least: usize) {
        assert!(
            self.wrong.is_empty(),
            "{} of {} calls:\n{}",
            self.wrong.len(),
            self.calls,
            self.wrong.join("\n")
        );
        assert!(self.calls >= least, "only {} calls", self.calls);
    }
}
