//! Values and gradients of an objective in interval arithmetic, whether or not it is a formula.
//!
//! A formula is evaluated in the arithmetic asked for. A function that exists in f64 only is evaluated there, at a point that
//! is one f64 vector, and widened by the forward-error bound that its owner states; without one nothing is known of it.

use super::{Enclosable, Evaluate, Objective, slope};
use crate::number::{Endpoint, Expression, Interval, Number};
use crate::verdict::Method;
use ndarray::{Array1, aview1};

/// An arithmetic in which any objective can be enclosed.
pub(crate) trait Enclosure: Number {
    /// f(x).
    fn value(function: &dyn Objective, x: &[Self]) -> Self;

    /// Writes the chosen subgradient of f at x.
    fn gradient(function: &dyn Objective, x: &[Self], gradient: &mut [Self]);

    /// D_f(u, v), by the function's own formula if it has one.
    fn bregman(function: &dyn Objective, u: &[Self], v: &[Self]) -> Self;

    /// D_f(u, v) by the definition, from values and gradient.
    fn bregman_by_definition(function: &dyn Objective, u: &[Self], v: &[Self]) -> Self {
        let mut gradient = vec![Self::zero(); v.len()];
        Self::gradient(function, v, &mut gradient);
        let difference: Vec<Self> = u.iter().zip(v).map(|(u, v)| u.clone() - v).collect();
        Self::value(function, u) - Self::value(function, v) - Self::dot(&gradient, &difference)
    }
}

impl<E: Endpoint> Enclosure for Interval<E>
where
    for<'a> dyn Enclosable + 'a: Evaluate<Interval<E>>,
{
    fn value(function: &dyn Objective, x: &[Self]) -> Self {
        if let Some(formula) = function.enclosable() {
            return formula.value_of(x);
        }
        let stated = || {
            let x = plain(x)?;
            let error = function.forward_error(&x)?;
            Some(within(function.value(&x).ok()?, error.value))
        };
        stated().unwrap_or_else(Self::unknown)
    }

    fn gradient(function: &dyn Objective, x: &[Self], gradient: &mut [Self]) {
        if let Some(formula) = function.enclosable() {
            return formula.gradient_of(x, gradient);
        }
        let stated = || {
            let x = plain(x)?;
            let error = function.forward_error(&x)?;
            Some((slope(function, &x).ok()?, error.gradient))
        };
        match stated() {
            Some((out, error)) => {
                gradient.iter_mut().zip(out).for_each(|(to, slope)| *to = within(slope, error));
            }
            None => gradient.fill(Self::unknown()),
        }
    }

    fn bregman(function: &dyn Objective, u: &[Self], v: &[Self]) -> Self {
        match function.enclosable() {
            Some(formula) => formula.bregman_of(u, v),
            None => Self::bregman_by_definition(function, u, v),
        }
    }
}

/// An expression encloses as it is; a number from a run is no expression of x.
impl Enclosure for Expression {
    fn value(function: &dyn Objective, x: &[Self]) -> Self {
        function.enclosable().map_or_else(Self::unknown, |formula| formula.value_of(x))
    }

    fn gradient(function: &dyn Objective, x: &[Self], gradient: &mut [Self]) {
        match function.enclosable() {
            Some(formula) => formula.gradient_of(x, gradient),
            None => gradient.fill(Self::unknown()),
        }
    }

    fn bregman(function: &dyn Objective, u: &[Self], v: &[Self]) -> Self {
        function.enclosable().map_or_else(Self::unknown, |formula| formula.bregman_of(u, v))
    }
}

/// f64 as it is: what there is of a function without a formula. It encloses nothing.
impl Enclosure for f64 {
    fn value(function: &dyn Objective, x: &[Self]) -> Self {
        function.value(&aview1(x)).unwrap_or(Self::NAN)
    }

    fn gradient(function: &dyn Objective, x: &[Self], gradient: &mut [Self]) {
        match slope(function, &aview1(x)) {
            Ok(out) => gradient.iter_mut().zip(out).for_each(|(to, slope)| *to = slope),
            Err(_) => gradient.fill(Self::NAN),
        }
    }

    fn bregman(function: &dyn Objective, u: &[Self], v: &[Self]) -> Self {
        function.bregman(&aview1(u), &aview1(v)).unwrap_or(Self::NAN)
    }
}

fn within<E: Endpoint>(value: f64, error: f64) -> Interval<E> {
    let value = Interval::<E>::from_f64(value);
    (value.clone() - error).union(&(value + error))
}

/// The f64 vector that the enclosures are, if each is one number.
fn plain<E: Endpoint>(x: &[Interval<E>]) -> Option<Array1<f64>> {
    x.iter()
        .map(|x| {
            let near = x.to_f64_interval();
            (near.lo() == near.hi()).then_some(near.lo())
        })
        .collect()
}

/// On what enclosures of a function near x rest; none if nothing encloses it.
pub(crate) fn standing(function: &dyn Objective, x: &[f64]) -> Option<Method> {
    if function.enclosable().is_some() {
        return Some(Method::Precise);
    }
    function.forward_error(&aview1(x)).map(|_| Method::ForwardError)
}

/// A point in an arithmetic that holds f64 exactly.
pub(crate) fn lift<N: Number>(x: &[f64]) -> Vec<N> {
    x.iter().map(|&x| N::from_f64(x)).collect()
}
