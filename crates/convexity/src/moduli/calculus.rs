//! The calculus of constants (T2): what multiples, sums and affine maps do to a modulus.
//!
//! - `a G`, a > 0: the constant becomes `a c`, offsets too.
//! - `G_1 + G_2`, same side, exponent and norm: constants and offsets add.
//! - `G(A x + b)`: `C ||A||^r` above and `c m(A)^r` below, offsets kept, where `||A||` and `m(A)` are the largest and smallest
//!   `||A u|| / ||u||`, G's norm above, the new norm below.
//!
//! Reference: theory, T2; the proofs are the definitions, term by term.

use super::{Modulus, Side};
use crate::error::{ConvexityError, require_positive};
use crate::linear_algebra::{operator_gain, operator_norm};
use crate::norms::Norm;
use crate::potentials::Potential;
use ndarray::Array2;

/// The modulus of `a G` (T2).
///
/// # Errors
///
/// If the factor is not finite and positive, or a constant leaves the range of f64.
///
/// ```
/// use fenchel_convexity::moduli::{Modulus, calculus};
/// use fenchel_convexity::norms::Norm;
///
/// let g = Modulus::smooth(0.5, 2.0, Norm::L2)?.with_offset(0.1)?;
/// assert_eq!(calculus::scale(3.0, &g)?, Modulus::smooth(1.5, 2.0, Norm::L2)?.with_offset(3.0 * 0.1)?);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub fn scale(factor: f64, modulus: &Modulus) -> Result<Modulus, ConvexityError> {
    require_positive("factor", factor)?;
    Modulus::new(modulus.side(), modulus.potential().clone().scaled(factor)?, factor * modulus.offset())
}

/// The modulus of `G_1 + G_2` (T2).
///
/// # Errors
///
/// If the two are of different sides, or not norm powers of one exponent and one norm.
pub fn sum(first: &Modulus, second: &Modulus) -> Result<Modulus, ConvexityError> {
    let refuse = |reason: &str| ConvexityError::Incompatible { what: "two moduli", reason: reason.into() };
    if first.side() != second.side() {
        return Err(refuse("one is of convexity, the other of smoothness"));
    }
    let (Some((c1, r1, norm1)), Some((c2, r2, norm2))) = (first.as_norm_power(), second.as_norm_power())
    else {
        return Err(refuse("both must be norm powers"));
    };
    if r1 != r2 || norm1 != norm2 {
        return Err(refuse("their exponents or norms differ"));
    }
    let potential = Potential::norm_power(c1 + c2, r1.get(), norm1.clone())?;
    Modulus::new(first.side(), potential, first.offset() + second.offset())
}

/// The modulus of `G(A x + b)` in a norm for x (T2).
///
/// The operator norm is taken exactly where it has a formula, and bounded on the safe side where it has none: see
/// [`operator_norm`] and [`operator_gain`].
///
/// # Errors
///
/// If the modulus is not a norm power, shapes do not fit, or A is not injective on the convex side (then nothing of the
/// constant is left).
pub fn precompose(modulus: &Modulus, matrix: &Array2<f64>, norm: &Norm) -> Result<Modulus, ConvexityError> {
    let Some((c, r, outer)) = modulus.as_norm_power() else {
        return Err(ConvexityError::Incompatible {
            what: "an affine map and a modulus",
            reason: "the modulus must be a norm power".into(),
        });
    };
    let factor = match modulus.side() {
        Side::Smooth => operator_norm(matrix, outer, norm)?,
        Side::Convex => operator_gain(matrix, outer, norm)?,
    };
    if factor == 0.0 {
        return Err(ConvexityError::Incompatible {
            what: "an affine map and a modulus",
            reason: "the map gains nothing in some direction, and no positive constant is left".into(),
        });
    }
    let widened = match modulus.side() {
        Side::Smooth => 1.0 + 8.0 * f64::EPSILON,
        Side::Convex => 1.0 - 8.0 * f64::EPSILON,
    };
    let constant = c * factor.powf(r.get()) * widened;
    Modulus::new(modulus.side(), Potential::norm_power(constant, r.get(), norm.clone())?, modulus.offset())
}

#[cfg(test)]
mod tests;
