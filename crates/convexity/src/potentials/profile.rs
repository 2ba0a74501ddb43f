//! Profiles: the functions of one variable t = ||u|| of which radial potentials are made.
//!
//! A profile is even, closed and convex with minimum 0 at 0, held as `height * shape(t / width)`; evaluated for t >= 0 only. Then
//! `psi(||.||)* = psi*(||.||_*)`, and `(a f(./b))* = a f*(./(a/b))`.
//!
//! | shape | value | conjugate |
//! |---|---|---|
//! | power, r > 1 | `(c/r) t^r` | power with `c^{-(q-1)}`, q |
//! | linear, r = 1 | `c t` | ball of radius c |
//! | ball, r = inf | 0 up to the radius k, then infinite | `k s` |
//! | exponential | `e^t - t - 1` | entropy: `(1+s) log(1+s) - s` |
//! | hyperbolic cosine | `cosh t - 1` | `s asinh s - sqrt(1+s^2) + 1` |
//! | Huber, width d | `t^2/2` up to d, then `d t - d^2/2` | `s^2/2` up to d, then infinite |

use crate::error::{ConvexityError, require_positive, require_range};
use crate::exponent::Exponent;
use crate::norms::decremented_power;
use crate::number::Number;
use std::fmt;

/// An even closed convex function of one variable with minimum 0 at 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Profile {
    shape: Shape,
    height: f64,
    width: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    /// `(c/r) t^r` with the conjugate's constant `c^{-(q-1)}` beside it, so that conjugation swaps them.
    Power {
        c: f64,
        dual_c: f64,
        r: Exponent,
    },
    Linear {
        c: f64,
    },
    Ball {
        radius: f64,
    },
    Exponential,
    Entropy,
    HyperbolicCosine,
    HyperbolicCosineConjugate,
    Huber {
        width: f64,
    },
    TruncatedSquare {
        radius: f64,
    },
}

impl Profile {
    /// `(c/r) t^r`, 1 <= r < inf.
    ///
    /// # Errors
    ///
    /// As [`super::Potential::norm_power`].
    pub fn power(c: f64, r: f64) -> Result<Self, ConvexityError> {
        require_positive("c", c)?;
        require_range("r", r, r >= 1.0, "in [1, inf); the limit r = inf is the indicator of a ball")?;
        if r == 1.0 {
            return Ok(Self::unit(Shape::Linear { c }));
        }
        let r = Exponent::new(r)?;
        // q - 1 = 1/(r - 1).
        let dual_c = c.powf(-1.0 / (r.get() - 1.0));
        if !dual_c.is_normal() {
            return Err(ConvexityError::Overflow { what: "the constant c^{-(q-1)} of the conjugate" });
        }
        Ok(Self::unit(Shape::Power { c, dual_c, r }))
    }

    /// 0 up to the radius, infinite beyond.
    ///
    /// # Errors
    ///
    /// If the radius is not finite and positive.
    pub fn ball(radius: f64) -> Result<Self, ConvexityError> {
        require_positive("radius", radius)?;
        Ok(Self::unit(Shape::Ball { radius }))
    }

    /// `e^t - t - 1`.
    #[must_use]
    pub const fn exponential() -> Self {
        Self::unit(Shape::Exponential)
    }

    /// `cosh t - 1`.
    #[must_use]
    pub const fn hyperbolic_cosine() -> Self {
        Self::unit(Shape::HyperbolicCosine)
    }

    /// `t^2/2` up to the width d, `d t - d^2/2` beyond.
    ///
    /// # Errors
    ///
    /// If the width is not finite and positive.
    pub fn huber(width: f64) -> Result<Self, ConvexityError> {
        require_positive("width", width)?;
        Ok(Self::unit(Shape::Huber { width }))
    }

    const fn unit(shape: Shape) -> Self {
        Self { shape, height: 1.0, width: 1.0 }
    }

    /// The multiple by a positive factor.
    pub(super) fn scaled(self, factor: f64) -> Result<Self, ConvexityError> {
        match self.shape {
            // Multiples stay in the family, so that their constants can be read off.
            Shape::Power { c, r, .. } => Self::power(c * factor, r.get()),
            Shape::Linear { c } => Self::power(c * factor, 1.0),
            Shape::Ball { .. } => Ok(self),
            _ => {
                require_positive("factor", self.height * factor)?;
                Ok(Self { height: self.height * factor, ..self })
            }
        }
    }

    /// The profile of `t / width`.
    pub(super) fn dilated(self, width: f64) -> Result<Self, ConvexityError> {
        match self.shape {
            Shape::Power { c, r, .. } => Self::power(c * width.powf(-r.get()), r.get()),
            Shape::Linear { c } => Self::power(c / width, 1.0),
            Shape::Ball { radius } => Self::ball(radius * width),
            _ => {
                require_positive("width", self.width * width)?;
                Ok(Self { width: self.width * width, ..self })
            }
        }
    }

    /// c and r, if the profile is `(c/r) t^r` with 1 <= r < inf.
    #[must_use]
    pub const fn as_power(&self) -> Option<(f64, Exponent)> {
        match self.shape {
            Shape::Power { c, r, .. } => Some((c, r)),
            Shape::Linear { c } => Some((c, Exponent::ONE)),
            _ => None,
        }
    }

    /// The largest t at which the profile is finite.
    #[must_use]
    pub fn reach(&self) -> f64 {
        match self.shape {
            Shape::Ball { radius } | Shape::TruncatedSquare { radius } => radius * self.width,
            _ => f64::INFINITY,
        }
    }

    /// The conjugate profile.
    ///
    /// # Errors
    ///
    /// If the conjugate's width, height / width, is beyond f64.
    pub fn conjugate(&self) -> Result<Self, ConvexityError> {
        let shape = match self.shape {
            Shape::Power { c, dual_c, r } => Shape::Power { c: dual_c, dual_c: c, r: r.conjugate() },
            Shape::Linear { c } => Shape::Ball { radius: c },
            Shape::Ball { radius } => Shape::Linear { c: radius },
            Shape::Exponential => Shape::Entropy,
            Shape::Entropy => Shape::Exponential,
            Shape::HyperbolicCosine => Shape::HyperbolicCosineConjugate,
            Shape::HyperbolicCosineConjugate => Shape::HyperbolicCosine,
            Shape::Huber { width } => Shape::TruncatedSquare { radius: width },
            Shape::TruncatedSquare { radius } => Shape::Huber { width: radius },
        };
        let width = self.height / self.width;
        if !width.is_normal() {
            return Err(ConvexityError::Overflow { what: "the width of the conjugate profile" });
        }
        Ok(Self { shape, height: self.height, width })
    }

    /// The value at t >= 0; infinite beyond the reach.
    pub fn value<N: Number>(&self, t: &N) -> N {
        let t = &(t.clone() / self.width);
        let value = match self.shape {
            Shape::Power { c, r, .. } => t.powf(r.get()) * c / r.get(),
            Shape::Linear { c } => t.clone() * c,
            Shape::Ball { radius } => within(t, radius, N::zero, || N::from_f64(f64::INFINITY)),
            Shape::Exponential => exp_less(t),
            Shape::Entropy => entropy(t),
            // 2 sinh^2(t/2): no cancellation at 0.
            Shape::HyperbolicCosine => (t.clone() / 2.0).sinh().square() * 2.0,
            Shape::HyperbolicCosineConjugate => {
                // s asinh s - s^2 / (sqrt(1+s^2) + 1), each accurate at 0, where they are s^2 and s^2/2.
                let root = hypotenuse(t);
                t.clone() * asinh(t, &root) - t.clone() * (t.clone() / (root + 1.0))
            }
            Shape::Huber { width } => {
                // At t = d both are d^2/2 with the slope d.
                (-t.clone() + width).join_smooth(|| (t.clone() - width / 2.0) * width, || t.square() / 2.0)
            }
            Shape::TruncatedSquare { radius } => {
                within(t, radius, || t.square() / 2.0, || N::from_f64(f64::INFINITY))
            }
        };
        value * self.height
    }

    /// The derivative at t >= 0, or the least subgradient at a kink that is not 0; undefined beyond the reach.
    ///
    /// At t = 0 the linear profile answers its slope; the gradient of the norm, 0 there, makes the product 0.
    pub fn derivative<N: Number>(&self, t: &N) -> N {
        let t = &(t.clone() / self.width);
        let derivative = match self.shape {
            Shape::Power { c, r, .. } => decremented_power(t, r.get()) * c,
            Shape::Linear { c } => N::from_f64(c),
            Shape::Ball { radius } => within(t, radius, N::zero, || N::from_f64(f64::NAN)),
            Shape::Exponential => t.exp_m1(),
            Shape::Entropy => t.ln_1p(),
            Shape::HyperbolicCosine => t.sinh(),
            Shape::HyperbolicCosineConjugate => asinh(t, &hypotenuse(t)),
            Shape::Huber { width } => t.min(&N::from_f64(width)),
            Shape::TruncatedSquare { radius } => within(t, radius, || t.clone(), || N::from_f64(f64::NAN)),
        };
        derivative * (self.height / self.width)
    }
}

/// `inside()` for t <= edge, `outside()` beyond; a jump.
fn within<N: Number>(t: &N, edge: f64, inside: impl FnOnce() -> N, outside: impl FnOnce() -> N) -> N {
    (-t.clone() + edge).select(outside, inside)
}

/// e^t - 1 - t for t >= 0, without cancellation at 0.
fn exp_less<N: Number>(t: &N) -> N {
    (t.clone() - 0.5).join_smooth(|| t.exp_m1_less(), || t.exp_m1() - t)
}

/// (1+s) log(1+s) - s for s >= 0, without cancellation at 0.
fn entropy<N: Number>(s: &N) -> N {
    let log = s.ln_1p();
    // With x = log(1+s) it is e^x (e^{-x} + x - 1), whose second factor is a power series.
    let near = || (s.clone() + 1.0) * (-log.clone()).exp_m1_less();
    (s.clone() - 0.5).join_smooth(near, || (s.clone() + 1.0) * &log - s)
}

/// sqrt(1 + s^2), without overflow.
fn hypotenuse<N: Number>(s: &N) -> N {
    (s.clone() - 1e100)
        .join_smooth(|| (s.square() + 1.0).sqrt(), || s.clone() * ((s.clone().recip()).square() + 1.0).sqrt())
}

/// asinh s for s >= 0, from root = sqrt(1 + s^2).
fn asinh<N: Number>(s: &N, root: &N) -> N {
    // s + root - 1 = s + s^2/(root + 1): no cancellation.
    (s.clone() + s.clone() * (s.clone() / (root.clone() + 1.0))).ln_1p()
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.height != 1.0 {
            write!(f, "{} ", self.height)?;
        }
        match self.shape {
            Shape::Power { c, r, .. } => write!(f, "({c}/{r}) t^{r}")?,
            Shape::Linear { c } => write!(f, "{c} t")?,
            Shape::Ball { radius } => write!(f, "indicator of t <= {radius}")?,
            Shape::Exponential => write!(f, "(e^t - t - 1)")?,
            Shape::Entropy => write!(f, "((1+t) log(1+t) - t)")?,
            Shape::HyperbolicCosine => write!(f, "(cosh t - 1)")?,
            Shape::HyperbolicCosineConjugate => write!(f, "(t asinh t - sqrt(1+t^2) + 1)")?,
            Shape::Huber { width } => write!(f, "Huber({width})")?,
            Shape::TruncatedSquare { radius } => write!(f, "(t^2/2 on t <= {radius})")?,
        }
        if self.width == 1.0 { Ok(()) } else { write!(f, " at t/{}", self.width) }
    }
}
