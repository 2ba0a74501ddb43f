//! Objectives: the functions whose convexity and smoothness are examined.
//!
//! Two traits, one for writing and one for using.
//!
//! [`Formula`] is for writing. It is generic over the [`Number`] type, so one formula serves the search in f64, proofs in
//! interval arithmetic and certificates in 256 bits.
//!
//! [`Objective`] is for using: it can stand behind a `dyn`, takes f64 vectors, checks its input, and offers the
//! formula's other arithmetics through [`Objective::enclosable`]. Every formula is an objective. A function that exists only
//! as an f64 closure is one too ([`Closure`]); it has no certified evaluation, so that violations are certified only by a
//! forward-error bound that its owner states, and are `Undecided` without one.
//!
//! What an objective has before it is evaluated, its name, dimension, domain and kinks, is a [`Function`].
//!
//! Combinators ([`Sum`], [`Scaled`], [`Precomposed`]) make formulas of formulas; `catalogue` lists functions whose
//! constants are known.

mod closure;
mod combinators;
mod domain;
mod enclosure;
mod formula;
mod kink;
mod region;

pub use closure::Closure;
pub use combinators::{Precomposed, Scaled, Sum};
pub use domain::Domain;
pub use formula::Formula;
pub use kink::Kink;
pub use region::Region;

pub(crate) use enclosure::{Enclosure, lift, standing};

use crate::error::{ConvexityError, require_dimension, require_vector};
use crate::number::{Dual, Endpoint, Expression, Interval, Number, Precise, PreciseInterval};
use ndarray::{Array1, ArrayRef1};
use std::fmt::Debug;

/// What is known of a function on a domain in R^m before it is evaluated.
pub trait Function: Send + Sync + Debug {
    /// The name, with parameters.
    fn name(&self) -> String;

    /// The dimension m.
    fn dimension(&self) -> usize;

    /// Where the function is defined.
    fn domain(&self) -> Domain;

    /// Where the gradient jumps, as far as it is known: places worth a look for whoever searches a violation.
    fn kinks(&self) -> Vec<Kink>;
}

/// A function evaluated in f64, with a gradient or a chosen subgradient everywhere.
pub trait Objective: Function {
    /// G(x).
    ///
    /// # Errors
    ///
    /// If x is not finite, of the wrong length or outside the domain, or the value is beyond f64.
    fn value(&self, x: &ArrayRef1<f64>) -> Result<f64, ConvexityError>;

    /// The gradient of G at x, m numbers, or the chosen subgradient at a kink.
    ///
    /// # Errors
    ///
    /// As [`Objective::value`]; also where the function has no subgradient, as at the edge of an entropy's domain.
    fn gradient(&self, x: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError>;

    /// The Bregman divergence `D_G(u, v) = G(u) - G(v) - <s_v, u - v>`, as accurately as the function can.
    ///
    /// # Errors
    ///
    /// As [`Objective::gradient`] at v and [`Objective::value`] at u.
    fn bregman(&self, u: &ArrayRef1<f64>, v: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        require_vector("u", u, self.dimension())?;
        require_vector("v", v, self.dimension())?;
        let gradient = self.gradient(v)?;
        require_dimension("gradient", gradient.len(), self.dimension())?;
        let linear = u.iter().zip(v).zip(&gradient).fold(0.0, |sum, ((u, v), s)| sum + s * (u - v));
        finite(self.value(u)? - self.value(v)? - linear, "the Bregman divergence")
    }

    /// The product of the Hessian at x with a direction.
    ///
    /// # Errors
    ///
    /// [`ConvexityError::Unsupported`] if the function does not offer it, else as [`Objective::gradient`].
    fn hessian_vector(
        &self,
        x: &ArrayRef1<f64>,
        direction: &ArrayRef1<f64>,
    ) -> Result<Array1<f64>, ConvexityError> {
        let _ = (x, direction);
        Err(ConvexityError::Unsupported { name: self.name(), what: "Hessian-vector product" })
    }

    /// The same function in the arithmetics that enclose, if there is a formula.
    fn enclosable(&self) -> Option<&dyn Enclosable> {
        None
    }

    /// A bound on the round-off of the f64 evaluation at x, if one is known.
    ///
    /// A formula needs none, as its certified evaluation encloses the exact value.
    fn forward_error(&self, x: &ArrayRef1<f64>) -> Option<ForwardError> {
        let _ = x;
        None
    }
}

/// The gradient of a function that may be anybody's: of the function's dimension, or an error.
pub(crate) fn slope(function: &dyn Objective, x: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
    let slope = function.gradient(x)?;
    require_dimension("gradient", slope.len(), function.dimension())?;
    Ok(slope)
}

/// Absolute bounds on the round-off of one evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForwardError {
    /// Of the value.
    pub value: f64,
    /// Of each entry of the gradient.
    pub gradient: f64,
}

/// A function evaluated in one arithmetic: the bridge from generic formulas to `dyn`.
///
/// Points must lie in the domain; [`Domain::snap`] moves a point there exactly, in any arithmetic.
pub trait Evaluate<N> {
    /// G(x).
    fn value_of(&self, x: &[N]) -> N;

    /// Writes the chosen subgradient at x.
    fn gradient_of(&self, x: &[N], gradient: &mut [N]);

    /// D_G(u, v).
    fn bregman_of(&self, u: &[N], v: &[N]) -> N;
}

impl<F: Formula, N: Number> Evaluate<N> for F {
    fn value_of(&self, x: &[N]) -> N {
        self.value_in(x)
    }

    fn gradient_of(&self, x: &[N], gradient: &mut [N]) {
        self.gradient_in(x, gradient);
    }

    fn bregman_of(&self, u: &[N], v: &[N]) -> N {
        self.bregman_in(u, v)
    }
}

/// A function in the arithmetics that enclose: f64 intervals for the search, 256-bit intervals for verdicts, and the one that
/// writes the formula down for a proof assistant.
pub trait Enclosable:
    Evaluate<Interval>
    + Evaluate<PreciseInterval>
    + Evaluate<Expression>
    + Differentiate<f64>
    + Differentiate<Precise>
    + Sync
{
}

impl<F: Formula> Enclosable for F {}

/// Derivatives of a function's value, enclosed on boxes: what proofs are made of.
///
/// They are taken from the value alone, not from a gradient written by hand, and are undefined wherever the value may be, at
/// poles, and where a branch does not vouch for them. So where a slope is defined the function is continuous and every slope
/// between two points of the box is enclosed, and where a second derivative is defined the same holds of the gradient.
pub trait Differentiate<E> {
    /// The slopes along the axes.
    fn slopes_of(&self, x: &[Interval<E>]) -> Vec<Interval<E>>;

    /// `d'H(x)d`.
    fn curvature_of(&self, x: &[Interval<E>], direction: &[Interval<E>]) -> Interval<E>;
}

impl<F: Formula, E: Endpoint> Differentiate<E> for F {
    fn slopes_of(&self, x: &[Interval<E>]) -> Vec<Interval<E>> {
        let mut point: Vec<Dual<Interval<E>>> = x.iter().cloned().map(Dual::constant).collect();
        (0..x.len())
            .map(|i| {
                point[i].derivative = Number::one();
                let value = self.value_in(&point);
                point[i].derivative = Number::zero();
                if value.value.is_undefined() { Number::unknown() } else { value.derivative }
            })
            .collect()
    }

    fn curvature_of(&self, x: &[Interval<E>], direction: &[Interval<E>]) -> Interval<E> {
        let twice: Vec<Dual<Dual<Interval<E>>>> = x
            .iter()
            .zip(direction)
            .map(|(x, d)| Dual {
                value: Dual { value: x.clone(), derivative: d.clone() },
                derivative: Dual::constant(d.clone()),
            })
            .collect();
        let value = self.value_in(&twice);
        if value.value.value.is_undefined() { Number::unknown() } else { value.derivative.derivative }
    }
}

impl<F: Formula> Function for F {
    fn name(&self) -> String {
        Formula::name(self)
    }

    fn dimension(&self) -> usize {
        Formula::dimension(self)
    }

    fn domain(&self) -> Domain {
        Formula::domain(self)
    }

    fn kinks(&self) -> Vec<Kink> {
        Formula::kinks(self)
    }
}

impl<F: Formula> Objective for F {
    fn value(&self, x: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        let x = checked(self, "x", x)?;
        finite(self.value_in(&x), "the value of the objective")
    }

    fn gradient(&self, x: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
        let x = checked(self, "x", x)?;
        let mut gradient = vec![0.0; x.len()];
        self.gradient_in(&x, &mut gradient);
        finite_gradient(gradient)
    }

    fn bregman(&self, u: &ArrayRef1<f64>, v: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        let (u, v) = (checked(self, "u", u)?, checked(self, "v", v)?);
        finite(self.bregman_in(&u, &v), "the Bregman divergence")
    }

    fn hessian_vector(
        &self,
        x: &ArrayRef1<f64>,
        direction: &ArrayRef1<f64>,
    ) -> Result<Array1<f64>, ConvexityError> {
        let x = checked(self, "x", x)?;
        require_vector("direction", direction, x.len())?;
        // The gradient along x + t d, differentiated at t = 0.
        let along: Vec<Dual<f64>> =
            x.iter().zip(direction).map(|(&value, &derivative)| Dual { value, derivative }).collect();
        let mut gradient = vec![Dual::constant(0.0); x.len()];
        self.gradient_in(&along, &mut gradient);
        finite_gradient(gradient.into_iter().map(|entry| entry.derivative).collect())
    }

    fn enclosable(&self) -> Option<&dyn Enclosable> {
        Some(self)
    }
}

/// A point of the domain, as a plain vector.
fn checked<F: Formula>(
    formula: &F,
    argument: &'static str,
    x: &ArrayRef1<f64>,
) -> Result<Vec<f64>, ConvexityError> {
    require_vector(argument, x, Formula::dimension(formula))?;
    let x = x.to_vec();
    Formula::domain(formula).require(argument, &x)?;
    Ok(x)
}

fn finite(value: f64, what: &'static str) -> Result<f64, ConvexityError> {
    if f64::is_finite(value) { Ok(value) } else { Err(ConvexityError::Overflow { what }) }
}

fn finite_gradient(gradient: Vec<f64>) -> Result<Array1<f64>, ConvexityError> {
    match gradient.iter().position(|entry| !f64::is_finite(*entry)) {
        None => Ok(gradient.into()),
        Some(index) => Err(ConvexityError::OutsideDomain {
            argument: "x",
            reason: format!("entry {index} of the gradient is {}, there is no subgradient", gradient[index]),
        }),
    }
}
