//! Exponents r in [1, inf] with their conjugates q = r/(r-1).

use crate::error::ConvexityError;
use std::fmt;

/// An exponent r in [1, inf] together with its conjugate q, 1/r + 1/q = 1.
///
/// The pair is stored, so that conjugation swaps it and is an involution without round-off.
///
/// ```
/// use fenchel_convexity::Exponent;
///
/// let r = Exponent::new(4.0)?;
/// assert_eq!(r.conjugate().get(), 4.0 / 3.0);
/// assert_eq!(r.conjugate().conjugate(), r);
/// assert_eq!(Exponent::ONE.conjugate(), Exponent::INFINITY);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exponent {
    own: f64,
    conjugate: f64,
}

impl Exponent {
    /// 1, with conjugate infinity.
    pub const ONE: Self = Self { own: 1.0, conjugate: f64::INFINITY };
    /// 2, its own conjugate.
    pub const TWO: Self = Self { own: 2.0, conjugate: 2.0 };
    /// Infinity, with conjugate 1.
    pub const INFINITY: Self = Self { own: f64::INFINITY, conjugate: 1.0 };

    /// The exponent r.
    ///
    /// # Errors
    ///
    /// If r is NaN or less than 1, or so near to 1 that its conjugate is not finite.
    pub fn new(r: f64) -> Result<Self, ConvexityError> {
        if r == 1.0 {
            Ok(Self::ONE)
        } else if r == f64::INFINITY {
            Ok(Self::INFINITY)
        } else if r > 1.0 {
            Ok(Self { own: r, conjugate: r / (r - 1.0) })
        } else {
            Err(ConvexityError::OutOfRange { argument: "exponent", value: r, requirement: "in [1, inf]" })
        }
    }

    /// r itself.
    #[must_use]
    pub const fn get(self) -> f64 {
        self.own
    }

    /// The largest `||x||_r / ||x||_2` on R^m: `m^(1/r - 1/2)` for r <= 2, and 1 beyond.
    pub(crate) fn over_euclidean(self, m: usize) -> f64 {
        (m as f64).powf((1.0 / self.own - 0.5).max(0.0))
    }

    /// The largest `||x||_2 / ||x||_r` on R^m: `m^(1/2 - 1/r)` for r >= 2, and 1 below.
    pub(crate) fn under_euclidean(self, m: usize) -> f64 {
        (m as f64).powf((0.5 - 1.0 / self.own).max(0.0))
    }

    /// The conjugate exponent q.
    #[must_use]
    pub const fn conjugate(self) -> Self {
        Self { own: self.conjugate, conjugate: self.own }
    }

    /// Whether 1 < r < inf.
    #[must_use]
    pub fn is_proper(self) -> bool {
        self.own > 1.0 && self.own < f64::INFINITY
    }
}

impl fmt::Display for Exponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.own)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conjugates_sum_their_reciprocals_to_one() {
        for r in [1.0, 1.0 + 1e-9, 1.2, 2.0, 7.0, 1e12, f64::INFINITY] {
            let r = Exponent::new(r).unwrap();
            assert!((1.0 / r.get() + 1.0 / r.conjugate().get() - 1.0).abs() <= f64::EPSILON);
        }
        assert!(Exponent::new(0.99).is_err() && Exponent::new(f64::NAN).is_err());
    }
}
