//! One sample's eigenvalues and sandwiches with the round-off that they carry: the convention of every
//! measurement of a sample.

use fenchel_convexity::losses::Bounds;
use fenchel_tensor::{BackwardRoundoff, Pass, Real};
use ndarray::ArrayView1;

use super::{ExtremeEigenvalues, Sandwich};
use crate::NnError;

/// What was computed of one sample of a pass.
#[derive(Clone, Debug)]
pub struct MeasuredSample<'a, T> {
    /// The loss's residual at its outputs.
    pub residual: ArrayView1<'a, T>,
    /// The excess loss `l - l_inf`.
    pub excess: f64,
    /// `‖grad_theta l‖²`, from a backward pass of its own.
    pub squared_gradient_norm: f64,
    /// The smallest and the largest eigenvalue of the structural matrix as the solver gave them.
    pub ends: [f64; 2],
    /// Those on the directions that sum to zero, if they are wanted.
    pub sum_zero_ends: Option<[f64; 2]>,
}

/// What follows from it: a bound on the round-off, the eigenvalues that stand above it, and the bounds on the
/// loss that allow for it.
///
/// The round-off is first taken from the tape
/// ([`Tape::backward_roundoff`](fenchel_tensor::Tape::backward_roundoff)), an estimate. A sandwich that is
/// violated by that is judged again with the running bound of [`Pass::backward_roundoff`], which is one: so a
/// violation that remains is a fault of the theorem or of the program, not of round-off.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SampleBounds {
    /// What the squared gradient norm and the eigenvalues may be off by.
    pub roundoff: BackwardRoundoff,
    /// The extreme eigenvalues of the structural matrix.
    pub eigenvalues: ExtremeEigenvalues,
    /// Those on the directions that sum to zero.
    pub sum_zero_eigenvalues: Option<ExtremeEigenvalues>,
    /// The sandwich with the eigenvalues of the whole matrix.
    pub sandwich: Sandwich,
    /// The sharper sandwich on the sum-zero directions.
    pub sum_zero_sandwich: Option<Sandwich>,
}

impl SampleBounds {
    /// Judges the sample with number `sample` of a pass; `loss` are the bounds of the loss for its target.
    ///
    /// # Errors
    /// If the pass has no such sample, or the residual is not as long as its outputs.
    pub fn new<T: Real>(
        pass: &Pass<'_, T>,
        sample: usize,
        loss: &Bounds,
        measured: &MeasuredSample<'_, T>,
        relative_roundoff: f64,
    ) -> Result<Self, NnError> {
        let square: f64 = measured.residual.iter().map(|e| e.as_f64().powi(2)).sum();
        let (norm, [_, largest]) = (measured.squared_gradient_norm, measured.ends);
        let estimate = estimated_roundoff::<T>(relative_roundoff, norm, square, largest);
        let bounds = Self::with_roundoff(loss, measured, estimate);
        if !bounds.is_violated() {
            return Ok(bounds);
        }
        let bound = pass.backward_roundoff(sample, &measured.residual.to_vec())?;
        Ok(Self::with_roundoff(loss, measured, bound))
    }

    fn with_roundoff<T>(loss: &Bounds, measured: &MeasuredSample<'_, T>, roundoff: BackwardRoundoff) -> Self {
        let of = |ends: [f64; 2]| ExtremeEigenvalues::above_roundoff(ends, roundoff.eigenvalue);
        let MeasuredSample { excess, squared_gradient_norm, .. } = measured;
        let sandwich =
            |eigenvalues| Sandwich::new(loss, *excess, *squared_gradient_norm, eigenvalues, roundoff);
        let (eigenvalues, sum_zero_eigenvalues) = (of(measured.ends), measured.sum_zero_ends.map(of));
        Self {
            roundoff,
            eigenvalues,
            sum_zero_eigenvalues,
            sandwich: sandwich(eigenvalues),
            sum_zero_sandwich: sum_zero_eigenvalues.map(sandwich),
        }
    }

    fn is_violated(&self) -> bool {
        [Some(self.sandwich), self.sum_zero_sandwich].iter().flatten().any(|s| s.violation().is_some())
    }
}

/// The round-off of one sample by an estimate: `relative` is the relative error of a backward pass, for a tape
/// [`Tape::backward_roundoff`](fenchel_tensor::Tape::backward_roundoff).
///
/// The squared norm is off relative to its factors: `g = J'e` by a share of `sqrt(lambda_max) ‖e‖`, however
/// short g is. What squares below the normal numbers lose is at most a unit of the subnormal ones each, and
/// together less than the smallest normal number as long as there are fewer parameters than a mantissa's
/// numbers. It matters for a sample that is right with a loss of 1e-160.
#[must_use]
pub fn estimated_roundoff<T: Real>(
    relative: f64,
    squared_gradient_norm: f64,
    squared_residual_norm: f64,
    largest: f64,
) -> BackwardRoundoff {
    let size = (largest * squared_residual_norm).max(squared_gradient_norm);
    let off = relative * size.sqrt();
    BackwardRoundoff {
        squared_norm: squared_gradient_norm.sqrt() * off + off * off + T::SMALLEST_NORMAL,
        eigenvalue: relative * largest.abs(),
    }
}
