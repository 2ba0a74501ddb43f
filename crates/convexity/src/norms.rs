//! Norms on R^m with their dual norms and duality maps.
//!
//! A norm here is l_p for p in [1, inf], a weighted Euclidean norm `sqrt(u'Qu)`, or a product: an outer l_p norm of
//! inner norms of blocks. The family is closed under duality, `||s||_* = max { <s, u> : ||u|| <= 1 }`, and the dual of the
//! dual is the norm itself, without round-off.
//!
//! The *subgradient* of a norm at u is a vector s with `||s||_* <= 1` and `<s, u> = ||u||`: the duality map. Where there are
//! several, [`Norm::subgradient_of`] chooses one (0 at the origin; 0 at the zero entries for l_1; the first of
//! the largest entries for l_inf) and [`Norm::subgradient_choice`] any other.
//!
//! Everything is generic over `Number`, as certificates need; large and small arguments are rescaled, so that a norm
//! overflows only if its value does.

mod choice;
mod lp;
pub(crate) use lp::{decremented_power, indicate_largest, raise};
mod product;
mod weighted_euclidean;

pub use weighted_euclidean::Weight;

use crate::blocks::{self, require_blocks};
use crate::error::{ConvexityError, require_dimension, require_finite, require_vector};
use crate::exponent::Exponent;
use crate::number::Number;
use ndarray::{Array1, ArrayRef1, ArrayView2};
use std::fmt;

/// A norm on R^m.
///
/// ```
/// use fenchel_convexity::norms::Norm;
/// use ndarray::array;
///
/// let norm = Norm::lp(3.0)?;
/// let (u, s) = (array![1.0, -2.0], array![0.5, 4.0]);
/// // Hoelder's inequality.
/// assert!(f64::abs(u.dot(&s)) <= norm.value(&u)? * norm.dual().value(&s)?);
/// assert_eq!(Norm::L1.dual(), Norm::LINF);
/// assert_eq!(norm.dual().dual(), norm);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Norm(Kind);

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Lp(Exponent),
    WeightedEuclidean(Weight),
    Product { outer: Exponent, blocks: Vec<(usize, Norm)> },
}

impl Norm {
    /// `||u||_1`, the sum of absolute values.
    pub const L1: Self = Self(Kind::Lp(Exponent::ONE));
    /// `||u||_2`, the Euclidean norm.
    pub const L2: Self = Self(Kind::Lp(Exponent::TWO));
    /// `||u||_inf`, the largest absolute value.
    pub const LINF: Self = Self(Kind::Lp(Exponent::INFINITY));

    /// The norm l_p, p in [1, inf].
    ///
    /// # Errors
    ///
    /// If p is not in [1, inf].
    pub fn lp(p: f64) -> Result<Self, ConvexityError> {
        Ok(Self(Kind::Lp(Exponent::new(p)?)))
    }

    /// The norm `sqrt(u'Qu)`.
    ///
    /// # Errors
    ///
    /// If Q is not square, finite, symmetric and positive definite.
    pub fn weighted_euclidean(matrix: ArrayView2<f64>) -> Result<Self, ConvexityError> {
        Ok(Self(Kind::WeightedEuclidean(Weight::new(matrix)?)))
    }

    /// The outer l_p norm of the norms of consecutive blocks, each given by its length and its norm.
    ///
    /// # Errors
    ///
    /// If there is no block, a block is empty, a norm is of another dimension than its block, or p is not in [1, inf].
    pub fn product(p: f64, blocks: Vec<(usize, Self)>) -> Result<Self, ConvexityError> {
        let outer = Exponent::new(p)?;
        require_blocks(&blocks, |norm, length| norm.require_dimension("blocks", length))?;
        Ok(Self(Kind::Product { outer, blocks }))
    }

    /// The dimension, if the norm has a fixed one (l_p has not).
    #[must_use]
    pub fn dimension(&self) -> Option<usize> {
        match &self.0 {
            Kind::Lp(_) => None,
            Kind::WeightedEuclidean(weight) => Some(weight.dimension()),
            Kind::Product { blocks, .. } => Some(blocks::dimension(blocks)),
        }
    }

    /// p, if the norm is l_p.
    #[must_use]
    pub const fn exponent(&self) -> Option<Exponent> {
        match &self.0 {
            Kind::Lp(p) => Some(*p),
            _ => None,
        }
    }

    /// The weight, if the norm is a weighted Euclidean one.
    #[must_use]
    pub const fn weight(&self) -> Option<&Weight> {
        match &self.0 {
            Kind::WeightedEuclidean(weight) => Some(weight),
            _ => None,
        }
    }

    /// The dual norm.
    #[must_use]
    pub fn dual(&self) -> Self {
        Self(match &self.0 {
            Kind::Lp(p) => Kind::Lp(p.conjugate()),
            Kind::WeightedEuclidean(weight) => Kind::WeightedEuclidean(weight.inverse()),
            Kind::Product { outer, blocks } => Kind::Product {
                outer: outer.conjugate(),
                blocks: blocks.iter().map(|(length, norm)| (*length, norm.dual())).collect(),
            },
        })
    }

    /// `||u||` in any arithmetic; u must have the norm's dimension.
    pub fn value_of<N: Number>(&self, u: &[N]) -> N {
        match &self.0 {
            Kind::Lp(p) => lp::value(*p, u),
            Kind::WeightedEuclidean(weight) => weight.value(u),
            Kind::Product { outer, blocks } => product::value(*outer, blocks, u),
        }
    }

    /// `||u||^r` for 1 <= r < inf, with fewer roundings than the power of the norm.
    pub fn power_of<N: Number>(&self, u: &[N], r: f64) -> N {
        match &self.0 {
            Kind::Lp(p) => lp::power(*p, u, r),
            Kind::WeightedEuclidean(weight) => weight.power(u, r),
            Kind::Product { .. } => raise(&self.value_of(u), r),
        }
    }

    /// Writes the chosen subgradient of the norm at u, in any arithmetic; zero at the origin.
    pub fn subgradient_of<N: Number>(&self, u: &[N], subgradient: &mut [N]) {
        match &self.0 {
            Kind::Lp(p) => lp::subgradient(*p, u, subgradient),
            Kind::WeightedEuclidean(weight) => weight.subgradient(u, subgradient),
            Kind::Product { outer, blocks } => product::subgradient(*outer, blocks, u, subgradient),
        }
    }

    /// `||u||`.
    ///
    /// # Errors
    ///
    /// If u is empty, not finite or of the wrong dimension, or its norm is beyond f64.
    pub fn value(&self, u: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        let value = self.value_of(&self.checked(u)?);
        if value.is_finite() { Ok(value) } else { Err(ConvexityError::Overflow { what: "the norm" }) }
    }

    /// The chosen subgradient of the norm at u.
    ///
    /// # Errors
    ///
    /// As [`Norm::value`].
    pub fn subgradient(&self, u: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
        let mut subgradient = vec![0.0; u.len()];
        self.subgradient_of(&self.checked(u)?, &mut subgradient);
        Ok(subgradient.into())
    }

    /// A subgradient at u, chosen among several by numbers in [-1, 1], one for each entry.
    ///
    /// Every choice gives a subgradient; at ties, zeros and the origin other choices give others. Statements that hold for
    /// every subgradient are tested with random choices.
    ///
    /// # Errors
    ///
    /// As [`Norm::value`], and if the choice is of another length or leaves [-1, 1].
    pub fn subgradient_choice(
        &self,
        u: &ArrayRef1<f64>,
        choice: &ArrayRef1<f64>,
    ) -> Result<Array1<f64>, ConvexityError> {
        require_vector("choice", choice, u.len())?;
        if let Some(&value) = choice.iter().find(|entry| entry.abs() > 1.0) {
            return Err(ConvexityError::OutOfRange { argument: "choice", value, requirement: "in [-1, 1]" });
        }
        Ok(choice::subgradient(self, &self.checked(u)?, &choice.to_vec()).into())
    }

    /// Checks that the norm is defined on R^m.
    ///
    /// # Errors
    ///
    /// [`ConvexityError::Dimension`], naming `argument`.
    pub fn require_dimension(&self, argument: &'static str, m: usize) -> Result<(), ConvexityError> {
        self.dimension().map_or(Ok(()), |own| require_dimension(argument, m, own))
    }

    fn checked(&self, u: &ArrayRef1<f64>) -> Result<Vec<f64>, ConvexityError> {
        require_finite("u", u)?;
        self.require_dimension("u", u.len())?;
        Ok(u.to_vec())
    }
}

impl fmt::Display for Norm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Lp(p) => write!(f, "l_{p}"),
            Kind::WeightedEuclidean(_) => write!(f, "weighted l_2"),
            Kind::Product { outer, blocks } => {
                write!(f, "l_{outer} of (")?;
                for (k, (length, norm)) in blocks.iter().enumerate() {
                    write!(f, "{}{norm} on R^{length}", if k == 0 { "" } else { ", " })?;
                }
                write!(f, ")")
            }
        }
    }
}

#[cfg(test)]
mod tests;
