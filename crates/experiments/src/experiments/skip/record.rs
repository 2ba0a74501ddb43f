//! What a cell of `skip` measures.

use fenchel_harness::statistics::median;
use fenchel_nn::measurement::{LayerSum, ProbeMeasurement, StructuralPart};
use serde::{Deserialize, Serialize};

use crate::ingredients::{SandwichTally, Tally};

/// The record of a cell.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// One entry a depth, in the order of the settings.
    pub depths: Vec<Depth>,
    /// The sandwiches, sample by sample.
    pub sandwiches: SandwichTally,
    /// The samples whose least eigenvalue was compared with the head's term (T12), and those below it by more than
    /// round-off.
    pub floors: Tally,
}

/// One chain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Depth {
    /// The number of hidden layers.
    pub depth: usize,
    /// The number of parameters.
    pub parameters: usize,
    /// At initialisation.
    pub start: Structure,
    /// After training, if the chain was trained.
    pub trained: Option<Trained>,
}

/// What became of a training.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Trained {
    /// The step at which a number left the range of `f32`, if one did.
    pub overflowed: Option<u64>,
    /// The mean loss over the evaluated training samples; NaN after an overflow.
    pub risk: f64,
    /// The share of them classified rightly; NaN after an overflow.
    pub accuracy: f64,
    /// The structure after training; none after an overflow.
    pub structure: Option<Structure>,
}

/// Medians over the probe set, in bits.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Structure {
    /// The first layer's term `A₁`, from singular values.
    pub first: Ends,
    /// The whole matrix `A`.
    pub whole: Ends,
    /// `A` less the head's term.
    pub below_head: Ends,
    /// The head's term alone, a multiple of the identity: the floor of T12.
    pub head: f64,
    /// The mean loss over the probe set.
    pub risk: f64,
    /// Samples whose `A₁` is singular: some unit of every path is off.
    pub singular: usize,
}

/// The logarithms of the extreme eigenvalues in bits, and their difference; medians over samples, each by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ends {
    /// `log₂ λ_min`; −∞ for a singular matrix.
    pub min: f64,
    /// `log₂ λ_max`.
    pub max: f64,
    /// `D = log₂ cond`; infinite for a singular matrix that is not 0, and 0 for the matrix 0.
    pub d: f64,
}

impl Ends {
    /// Medians of pairs `(λ_min, λ_max)`.
    ///
    /// # Errors
    /// If there is no pair, or one is NaN.
    pub fn medians(pairs: &[(f64, f64)]) -> fenchel_harness::error::Result<Self> {
        let logs = |which: fn(&(f64, f64)) -> f64| pairs.iter().map(which).collect::<Vec<f64>>();
        Ok(Self {
            min: median(&logs(|pair| pair.0.log2()))?,
            max: median(&logs(|pair| pair.1.log2()))?,
            d: median(&logs(|&(min, max)| if max == 0.0 { 0.0 } else { max.log2() - min.log2() }))?,
        })
    }
}

impl Structure {
    /// Condenses a probe set: extreme eigenvalues `first` of A₁, layer sums, and the probe's losses.
    ///
    /// # Errors
    /// If a measurement is NaN.
    pub fn of(
        first: &[(f64, f64)],
        sums: &[LayerSum],
        probe: &ProbeMeasurement,
    ) -> fenchel_harness::error::Result<Self> {
        let ends = |part: fn(&LayerSum) -> &StructuralPart| {
            let pairs = sums.iter().map(|sum| (part(sum).eigenvalues.min, part(sum).eigenvalues.max));
            Ends::medians(&pairs.collect::<Vec<_>>())
        };
        let heads: Vec<f64> = sums.iter().map(|sum| head(sum).eigenvalues.min.log2()).collect();
        Ok(Self {
            first: Ends::medians(first)?,
            whole: ends(|sum| &sum.whole)?,
            below_head: ends(|sum| &sum.below_head)?,
            head: median(&heads)?,
            risk: probe.risk(),
            singular: first.iter().filter(|pair| pair.0 == 0.0).count(),
        })
    }
}

/// The head's term of a layer sum.
pub(super) fn head(sum: &LayerSum) -> &StructuralPart {
    sum.layers.last().expect("a chain has a head")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn singular_and_zero_matrices_have_their_places() {
        let ends = Ends::medians(&[(0.0, 2.0), (1.0, 4.0), (0.0, 8.0)]).unwrap();
        assert_eq!((ends.min, ends.max, ends.d), (f64::NEG_INFINITY, 2.0, f64::INFINITY));
        assert_eq!(Ends::medians(&[(0.0, 0.0)]).unwrap().d, 0.0);
        assert!(Ends::medians(&[]).is_err() && Ends::medians(&[(f64::NAN, 1.0)]).is_err());
    }
}
