//! Potentials: even closed convex functions with minimum at 0, and what duality makes of them.
//!
//! The main family is the *norm power* `N(c, r, ||.||)(u) = (c/r) ||u||^r`. T1 says: its conjugate is
//! `N(c^{-(q-1)}, q, ||.||_*)` with 1/r + 1/q = 1, and the map is an involution. The limits are represented: r = 1 is `c ||u||`, and
//! r = inf the indicator of a ball of radius k, whose conjugate is `k ||.||_*`. The other radial potentials are
//! `exp||u|| - ||u|| - 1`, `cosh||u|| - 1` and Huber's, each with its conjugate; sums over blocks of coordinates are separable
//! potentials.
//!
//! A potential offers its value, its gradient (a subgradient where there are several), and its conjugate, which is a potential
//! again: the gradient of the conjugate is the conjugate's gradient. Potentials compose: `a psi`, `psi(./b)` and
//! `psi + offset`.
//!
//! Reference: Qi, Generalized Convexity and Smoothness via Conjugate Duality, arXiv 2608.09523 (potentials as radial energy
//! functions); Rockafellar, Convex Analysis, 1970, Theorem 15.3 (conjugates of functions of norms).

mod profile;

pub use profile::Profile;

use crate::blocks::{self, blocks, require_blocks};
use crate::error::{ConvexityError, require_dimension, require_finite, require_positive, require_range};
use crate::exponent::Exponent;
use crate::norms::Norm;
use crate::number::Number;
use ndarray::{Array1, ArrayRef1};
use std::fmt;

/// An even closed convex function on R^m with its minimum at 0; its value there is the offset, 0 unless one is added.
///
/// ```
/// use fenchel_convexity::norms::Norm;
/// use fenchel_convexity::potentials::Potential;
/// use ndarray::array;
///
/// let psi = Potential::norm_power(2.0, 4.0, Norm::lp(3.0)?)?;
/// let (u, s) = (array![1.0, -2.0], array![0.5, 4.0]);
/// // Fenchel-Young.
/// assert!(psi.value(&u)? + psi.conjugate()?.value(&s)? >= u.dot(&s));
/// assert_eq!(psi.conjugate()?.conjugate()?, psi);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Potential {
    kind: Kind,
    offset: f64,
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    /// A profile of a norm.
    Radial { profile: Profile, norm: Norm },
    /// A sum over consecutive blocks, each given by its length.
    Separable(Vec<(usize, Potential)>),
}

impl Potential {
    /// The norm power `N(c, r, ||.||) = (c/r) ||u||^r`, 1 <= r < inf.
    ///
    /// # Errors
    ///
    /// If c is not finite and positive, r not in [1, inf), or the conjugate's constant `c^{-(q-1)}` is beyond f64 (r too near to 1).
    pub fn norm_power(c: f64, r: f64, norm: Norm) -> Result<Self, ConvexityError> {
        Ok(Self::radial(Profile::power(c, r)?, norm))
    }

    /// The indicator of the ball `||u|| <= radius`: 0 inside, infinite outside; the limit r = inf.
    ///
    /// # Errors
    ///
    /// If the radius is not finite and positive.
    pub fn ball(radius: f64, norm: Norm) -> Result<Self, ConvexityError> {
        Ok(Self::radial(Profile::ball(radius)?, norm))
    }

    /// `exp||u|| - ||u|| - 1`, a reference function of (L0, L1)-smoothness.
    #[must_use]
    pub const fn exponential(norm: Norm) -> Self {
        Self::radial(Profile::exponential(), norm)
    }

    /// `cosh||u|| - 1`.
    #[must_use]
    pub const fn hyperbolic_cosine(norm: Norm) -> Self {
        Self::radial(Profile::hyperbolic_cosine(), norm)
    }

    /// Huber's function of the norm: `t^2/2` up to the width, and its tangent beyond.
    ///
    /// # Errors
    ///
    /// If the width is not finite and positive.
    pub fn huber(width: f64, norm: Norm) -> Result<Self, ConvexityError> {
        Ok(Self::radial(Profile::huber(width)?, norm))
    }

    /// A profile of a norm.
    #[must_use]
    pub const fn radial(profile: Profile, norm: Norm) -> Self {
        Self { kind: Kind::Radial { profile, norm }, offset: 0.0 }
    }

    /// The sum of potentials of consecutive blocks, each given by its length.
    ///
    /// # Errors
    ///
    /// If there is no block, a block is empty, or a potential is of another dimension than its block.
    pub fn separable(blocks: Vec<(usize, Self)>) -> Result<Self, ConvexityError> {
        require_blocks(&blocks, |potential, length| potential.require_dimension("blocks", length))?;
        Ok(Self { kind: Kind::Separable(blocks), offset: 0.0 })
    }

    /// `a psi`, a > 0.
    ///
    /// # Errors
    ///
    /// If the factor is not finite and positive.
    pub fn scaled(self, factor: f64) -> Result<Self, ConvexityError> {
        require_positive("factor", factor)?;
        let kind = match self.kind {
            Kind::Radial { profile, norm } => Kind::Radial { profile: profile.scaled(factor)?, norm },
            Kind::Separable(blocks) => {
                Kind::Separable(map_blocks(blocks, |potential| potential.scaled(factor))?)
            }
        };
        Ok(Self { kind, offset: self.offset * factor })
    }

    /// `psi(u / width)`, width > 0.
    ///
    /// # Errors
    ///
    /// If the width is not finite and positive.
    pub fn dilated(self, width: f64) -> Result<Self, ConvexityError> {
        require_positive("width", width)?;
        let kind = match self.kind {
            Kind::Radial { profile, norm } => Kind::Radial { profile: profile.dilated(width)?, norm },
            Kind::Separable(blocks) => {
                Kind::Separable(map_blocks(blocks, |potential| potential.dilated(width))?)
            }
        };
        Ok(Self { kind, offset: self.offset })
    }

    /// `psi + offset`; the conjugate is then `psi* - offset`.
    ///
    /// # Errors
    ///
    /// If the offset is not finite.
    pub fn with_offset(mut self, offset: f64) -> Result<Self, ConvexityError> {
        require_range("offset", offset, true, "finite")?;
        self.offset = offset;
        Ok(self)
    }

    /// The value at 0, which is the minimum.
    #[must_use]
    pub const fn offset(&self) -> f64 {
        self.offset
    }

    /// The dimension, if the potential has a fixed one.
    #[must_use]
    pub fn dimension(&self) -> Option<usize> {
        match &self.kind {
            Kind::Radial { norm, .. } => norm.dimension(),
            Kind::Separable(blocks) => Some(blocks::dimension(blocks)),
        }
    }

    /// The norm, if the potential is radial.
    #[must_use]
    pub const fn norm(&self) -> Option<&Norm> {
        match &self.kind {
            Kind::Radial { norm, .. } => Some(norm),
            Kind::Separable(_) => None,
        }
    }

    /// The profile, if the potential is radial.
    #[must_use]
    pub const fn profile(&self) -> Option<&Profile> {
        match &self.kind {
            Kind::Radial { profile, .. } => Some(profile),
            Kind::Separable(_) => None,
        }
    }

    /// c, r and the norm, if the potential is a norm power (with or without an offset).
    #[must_use]
    pub fn as_norm_power(&self) -> Option<(f64, Exponent, &Norm)> {
        match &self.kind {
            Kind::Radial { profile, norm } => profile.as_power().map(|(c, r)| (c, r, norm)),
            Kind::Separable(_) => None,
        }
    }

    /// The conjugate `psi*(s) = sup_u <s, u> - psi(u)` (T1).
    ///
    /// # Errors
    ///
    /// If a constant of the conjugate is beyond f64.
    pub fn conjugate(&self) -> Result<Self, ConvexityError> {
        let kind = match &self.kind {
            Kind::Radial { profile, norm } => {
                Kind::Radial { profile: profile.conjugate()?, norm: norm.dual() }
            }
            Kind::Separable(blocks) => {
                Kind::Separable(map_blocks(blocks.clone(), |potential| potential.conjugate())?)
            }
        };
        Ok(Self { kind, offset: -self.offset })
    }

    /// psi(u) in any arithmetic, the offset included; infinite outside the domain.
    pub fn value_of<N: Number>(&self, u: &[N]) -> N {
        let value = match &self.kind {
            Kind::Radial { profile, norm } => match profile.as_power() {
                // Fewer roundings than through the norm.
                Some((c, r)) => norm.power_of(u, r.get()) * c / r.get(),
                None => profile.value(&norm.value_of(u)),
            },
            Kind::Separable(parts) => {
                blocks(parts).fold(N::zero(), |sum, (block, part)| sum + part.value_of(&u[block]))
            }
        };
        if self.offset == 0.0 { value } else { value + self.offset }
    }

    /// Writes the gradient at u, or the chosen subgradient, in any arithmetic; undefined outside the domain.
    pub fn gradient_of<N: Number>(&self, u: &[N], gradient: &mut [N]) {
        match &self.kind {
            Kind::Radial { profile, norm } => {
                let slope = profile.derivative(&norm.value_of(u));
                norm.subgradient_of(u, gradient);
                for s in gradient {
                    *s = s.clone() * &slope;
                }
            }
            Kind::Separable(parts) => {
                for (block, part) in blocks(parts) {
                    part.gradient_of(&u[block.clone()], &mut gradient[block]);
                }
            }
        }
    }

    /// Whether psi is finite at u; only the balls and Huber's conjugate are infinite anywhere.
    #[must_use]
    pub fn is_finite_at(&self, u: &[f64]) -> bool {
        match &self.kind {
            Kind::Radial { profile, norm } => norm.value_of(u) <= profile.reach(),
            Kind::Separable(parts) => blocks(parts).all(|(block, part)| part.is_finite_at(&u[block])),
        }
    }

    /// Whether psi is finite on all of R^m.
    #[must_use]
    pub fn is_finite_everywhere(&self) -> bool {
        match &self.kind {
            Kind::Radial { profile, .. } => profile.reach() == f64::INFINITY,
            Kind::Separable(blocks) => blocks.iter().all(|(_, potential)| potential.is_finite_everywhere()),
        }
    }

    /// psi(u); infinite outside the domain.
    ///
    /// # Errors
    ///
    /// If u is empty, not finite or of the wrong dimension, or a finite value is beyond f64.
    pub fn value(&self, u: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        let u = self.checked(u)?;
        if !self.is_finite_at(&u) {
            return Ok(f64::INFINITY);
        }
        let value = self.value_of(&u);
        if value.is_finite() { Ok(value) } else { Err(ConvexityError::Overflow { what: "the potential" }) }
    }

    /// The gradient at u, or the chosen subgradient: 0 at the origin, otherwise the slope of the profile
    /// times the norm's chosen subgradient.
    ///
    /// # Errors
    ///
    /// If u is empty, not finite, of the wrong dimension or outside the domain, or the gradient is beyond f64.
    pub fn gradient(&self, u: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
        let u = self.checked(u)?;
        let mut gradient = vec![0.0; u.len()];
        self.gradient_of(&u, &mut gradient);
        if gradient.iter().any(|s| s.is_nan()) {
            return Err(ConvexityError::OutsideDomain {
                argument: "u",
                reason: "the potential is infinite there and has no subgradient".into(),
            });
        }
        if gradient.iter().any(|s| s.is_infinite()) {
            return Err(ConvexityError::Overflow { what: "the gradient of the potential" });
        }
        Ok(gradient.into())
    }

    /// Checks that the potential is defined on R^m.
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

fn map_blocks(
    blocks: Vec<(usize, Potential)>,
    f: impl Fn(Potential) -> Result<Potential, ConvexityError>,
) -> Result<Vec<(usize, Potential)>, ConvexityError> {
    blocks.into_iter().map(|(length, potential)| Ok((length, f(potential)?))).collect()
}

impl fmt::Display for Potential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Radial { profile, norm } => write!(f, "{profile} of {norm}")?,
            Kind::Separable(blocks) => {
                for (k, (length, potential)) in blocks.iter().enumerate() {
                    write!(f, "{}({potential} on R^{length})", if k == 0 { "" } else { " + " })?;
                }
            }
        }
        if self.offset == 0.0 { Ok(()) } else { write!(f, " + {}", self.offset) }
    }
}

#[cfg(test)]
mod tests;
