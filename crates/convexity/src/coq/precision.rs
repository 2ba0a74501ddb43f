//! How many bits an evaluation of some terms loses by cancellation.

use crate::number::{Function, Number, PreciseInterval, Term};

/// About how many bits of the worst term are lost, to first order: relative errors through every operation.
///
/// A guess from magnitudes, as nothing rests on it but the precision that the proof tries first.
pub(super) fn lost_bits(terms: &[Term<usize>], enclosures: &[PreciseInterval]) -> u32 {
    let sizes: Vec<f64> = enclosures.iter().map(|x| x.to_f64().abs().log2()).collect();
    let mut lost: Vec<f64> = Vec::with_capacity(terms.len());
    for (term, &size) in terms.iter().zip(&sizes) {
        let operands = term.operands();
        let before = operands.iter().fold(0.0_f64, |most, &&a| most.max(lost[a]));
        let largest = operands.iter().fold(f64::NEG_INFINITY, |most, &&a| most.max(sizes[a]));
        let here = match term {
            Term::Sum(..) | Term::Difference(..) | Term::Apply(Function::Sin | Function::Cos, _) => {
                largest - size
            }
            // The absolute error of the argument is the relative one of the value, and the other way round.
            Term::Apply(Function::Exp, _) => largest,
            Term::Apply(Function::Ln, _) => -size,
            Term::Power(_, exponent) => f64::from(*exponent).log2(),
            Term::Apply(Function::Sqrt | Function::Abs, _)
            | Term::Constant(_)
            | Term::Variable(_)
            | Term::Named(..)
            | Term::Negative(_)
            | Term::Product(..)
            | Term::Quotient(..)
            | Term::Refused(_) => 0.0,
        };
        // Sizes of zeros are infinite: what is exactly zero has lost nothing.
        lost.push(before + if here.is_finite() { here.max(0.0) } else { 0.0 });
    }
    lost.into_iter().fold(0.0_f64, f64::max).min(4096.0).ceil() as u32
}
