//! What is claimed of a function, and on which region.

use crate::ConvexityError;
use crate::error::{require_dimension, require_positive, require_range, require_vector};
use crate::inequality::{BregmanBound, Inequality, PolyakLojasiewicz, ProxyConvexity};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::objectives::{Objective, Region};
use crate::potentials::Potential;
use ndarray::aview1;
use std::fmt;

/// A statement about a function on a region.
///
/// The numbers are meant as they stand: a constant given as 0.333 is 0.333 and not a third.
///
/// ```
/// use fenchel_convexity::claims::Claim;
/// use fenchel_convexity::norms::Norm;
/// use fenchel_convexity::number::Number;
/// use fenchel_convexity::objectives::Formula;
/// use fenchel_convexity::search::SearchConfig;
///
/// #[derive(Debug)]
/// struct Cosine;
/// impl Formula for Cosine {
///     fn name(&self) -> String { "cos x".into() }
///     fn dimension(&self) -> usize { 1 }
///     fn value_in<N: Number>(&self, x: &[N]) -> N { x[0].cos() }
/// }
///
/// let claim = Claim::smooth(&Cosine, 1.0, Norm::L2)?;
/// assert_eq!(claim.to_string(), "cos x is smooth with N(1, 2, l_2)");
/// // Not convex, but weakly convex with rho = 1.
/// let search = SearchConfig::budget(2000);
/// assert!(Claim::convex(&Cosine)?.falsify(&search)?.verdict.is_violated());
/// assert!(Claim::weakly_convex(&Cosine, 1.0, Norm::L2)?.falsify(&search)?.verdict.holds());
/// assert!(Claim::lipschitz_gradient(&Cosine, 1.0, Norm::L2)?.falsify(&search)?.verdict.holds());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Claim<'a> {
    pub(super) objective: &'a dyn Objective,
    pub(super) statement: Statement,
    pub(super) region: Region,
}

/// What is claimed.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Statement {
    /// `D(u, v) >= phi(u - v) - offset` or `<= Phi(u - v) + offset`.
    Modulus(Modulus),
    /// `D(u, v) >= -(rho/2) ||u - v||^2`, rho at least 0; at 0 plain convexity.
    WeaklyConvex { rho: f64, norm: Norm },
    /// `|D(u, v)| <= (L/2) ||u - v||^2`.
    LipschitzGradient { constant: f64, norm: Norm },
    /// `||grad f(w)||^2 / 2 >= mu (f(w) - infimum)`.
    PolyakLojasiewicz { mu: f64, infimum: f64 },
    /// `<grad f(w), w - v> >= tau (f(w) - f(v))` around the minimiser v.
    QuasarConvex { tau: f64 },
}

impl<'a> Claim<'a> {
    fn of(objective: &'a dyn Objective, statement: Statement) -> Result<Self, ConvexityError> {
        require_range("dimension", objective.dimension() as f64, objective.dimension() > 0, "at least 1")?;
        objective.domain().check(objective.dimension())?;
        objective.kinks().iter().try_for_each(|kink| kink.check(objective.dimension()))?;
        Ok(Self { objective, statement, region: Region::Everywhere })
    }

    /// A modulus of convexity or smoothness, everywhere in the function's domain.
    ///
    /// # Errors
    ///
    /// If the modulus, a kink or the domain is of another dimension than the function, or the domain is empty.
    pub fn new(objective: &'a dyn Objective, modulus: Modulus) -> Result<Self, ConvexityError> {
        modulus.potential().require_dimension("modulus", objective.dimension())?;
        Self::of(objective, Statement::Modulus(modulus))
    }

    /// `D(u, v) <= (C/2) ||u - v||^2`.
    ///
    /// # Errors
    ///
    /// As [`Claim::new`], and if C is not positive.
    pub fn smooth(objective: &'a dyn Objective, constant: f64, norm: Norm) -> Result<Self, ConvexityError> {
        Self::new(objective, Modulus::smooth(constant, 2.0, norm)?)
    }

    /// `D(u, v) >= (c/2) ||u - v||^2`.
    ///
    /// # Errors
    ///
    /// As [`Claim::new`], and if c is not positive.
    pub fn strongly_convex(
        objective: &'a dyn Objective,
        constant: f64,
        norm: Norm,
    ) -> Result<Self, ConvexityError> {
        Self::new(objective, Modulus::convex(constant, 2.0, norm)?)
    }

    /// `D(u, v) >= 0`: plain convexity.
    ///
    /// # Errors
    ///
    /// As [`Claim::new`].
    pub fn convex(objective: &'a dyn Objective) -> Result<Self, ConvexityError> {
        Self::weakly_convex(objective, 0.0, Norm::L2)
    }

    /// `D(u, v) >= -(rho/2) ||u - v||^2`.
    ///
    /// # Errors
    ///
    /// As [`Claim::new`], and if rho is negative or not finite.
    pub fn weakly_convex(objective: &'a dyn Objective, rho: f64, norm: Norm) -> Result<Self, ConvexityError> {
        require_range("rho", rho, rho >= 0.0, "finite and at least 0")?;
        norm.require_dimension("norm", objective.dimension())?;
        Self::of(objective, Statement::WeaklyConvex { rho, norm })
    }

    /// `|D(u, v)| <= (L/2) ||u - v||^2`: in a norm given by an inner product, a gradient with the Lipschitz constant L.
    ///
    /// # Errors
    ///
    /// As [`Claim::new`], and if L is not positive.
    pub fn lipschitz_gradient(
        objective: &'a dyn Objective,
        constant: f64,
        norm: Norm,
    ) -> Result<Self, ConvexityError> {
        require_positive("L", constant)?;
        norm.require_dimension("norm", objective.dimension())?;
        Self::of(objective, Statement::LipschitzGradient { constant, norm })
    }

    /// `||grad f(w)||_2^2 / 2 >= mu (f(w) - infimum)`, the Polyak-Lojasiewicz inequality in its usual normalisation.
    ///
    /// For surrogates and other exponents see [`ProxyPl`](crate::proxy::ProxyPl), whose mu is four times this one.
    ///
    /// # Errors
    ///
    /// As [`Claim::new`], and if mu is not positive or the infimum not finite.
    pub fn polyak_lojasiewicz(
        objective: &'a dyn Objective,
        mu: f64,
        infimum: f64,
    ) -> Result<Self, ConvexityError> {
        require_positive("mu", mu)?;
        require_range("infimum", infimum, true, "finite")?;
        Self::of(objective, Statement::PolyakLojasiewicz { mu, infimum })
    }

    /// `<grad f(w), w - v> >= tau (f(w) - f(v))` for all w, around a minimiser v; star-convex with tau = 1.
    ///
    /// # Errors
    ///
    /// As [`Claim::new`], and if tau is not positive or the minimiser is no point of the domain.
    pub fn quasar_convex(
        objective: &'a dyn Objective,
        tau: f64,
        minimiser: &[f64],
    ) -> Result<Self, ConvexityError> {
        require_positive("tau", tau)?;
        require_vector("minimiser", &aview1(minimiser), objective.dimension())?;
        let claim = Self::of(objective, Statement::QuasarConvex { tau })?;
        claim.within(Region::Around { point: minimiser.to_vec() })
    }

    /// The claim restricted to a region.
    ///
    /// # Errors
    ///
    /// If the region does not fit the function.
    pub fn within(mut self, region: Region) -> Result<Self, ConvexityError> {
        region.check(self.objective)?;
        self.region = region;
        Ok(self)
    }

    /// The function.
    #[must_use]
    pub fn objective(&self) -> &'a dyn Objective {
        self.objective
    }

    /// The modulus claimed, if the claim is one.
    #[must_use]
    pub const fn modulus(&self) -> Option<&Modulus> {
        match &self.statement {
            Statement::Modulus(modulus) => Some(modulus),
            Statement::WeaklyConvex { .. }
            | Statement::LipschitzGradient { .. }
            | Statement::PolyakLojasiewicz { .. }
            | Statement::QuasarConvex { .. } => None,
        }
    }

    /// The region.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// The inequalities that the claim says: all of them.
    pub(super) fn inequalities(&self) -> Result<Vec<Box<dyn Inequality + 'a>>, ConvexityError> {
        let f = self.objective;
        let bound = |side, constant, potential, offset| -> Box<dyn Inequality + 'a> {
            Box::new(BregmanBound { objective: f, side, constant, potential, offset })
        };
        let square = |norm: &Norm| Potential::norm_power(1.0, 2.0, norm.clone());
        Ok(match &self.statement {
            Statement::Modulus(modulus) => {
                vec![bound(modulus.side(), 1.0, modulus.potential().clone(), modulus.offset())]
            }
            Statement::WeaklyConvex { rho, norm } => vec![bound(Side::Convex, -rho, square(norm)?, 0.0)],
            Statement::LipschitzGradient { constant, norm } => vec![
                bound(Side::Smooth, *constant, square(norm)?, 0.0),
                bound(Side::Convex, -constant, square(norm)?, 0.0),
            ],
            // The inequality is (mu/2) times its unit (f - infimum)/2, so that the usual mu counts four times.
            Statement::PolyakLojasiewicz { mu, infimum } => {
                vec![Box::new(PolyakLojasiewicz { f, g: f, xi: *infimum, alpha: 2.0, mu: 4.0 * mu })]
            }
            Statement::QuasarConvex { tau } => vec![Box::new(ProxyConvexity { f, g: f, h: f, tau: *tau })],
        })
    }

    /// Checks a point of the function's domain.
    pub(super) fn require(&self, argument: &'static str, x: &[f64]) -> Result<(), ConvexityError> {
        require_dimension(argument, x.len(), self.objective.dimension())?;
        self.objective.domain().require(argument, x)
    }
}

impl fmt::Display for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.objective.name(), self.statement)
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Modulus(modulus) => write!(f, "{modulus}"),
            Self::WeaklyConvex { rho, .. } if *rho == 0.0 => write!(f, "convex"),
            Self::WeaklyConvex { rho, norm } => write!(f, "{rho:?}-weakly convex in {norm}"),
            Self::LipschitzGradient { constant, norm } => {
                write!(f, "differentiable with a {constant:?}-Lipschitz gradient in {norm}")
            }
            Self::PolyakLojasiewicz { mu, infimum } => {
                write!(f, "Polyak-Lojasiewicz with mu = {mu:?} above {infimum:?}")
            }
            Self::QuasarConvex { tau } => write!(f, "{tau:?}-quasar-convex"),
        }
    }
}
