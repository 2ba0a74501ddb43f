//! Surrogates made of an objective: `constant + factor f`.

use super::IntoObjective;
use crate::error::{ConvexityError, require_range};
use crate::number::{Endpoint, Interval, Number};
use crate::objectives::{
    Differentiate, Domain, Enclosable, Enclosure, Evaluate, ForwardError, Function, Kink, Objective, slope,
};
use ndarray::{Array1, ArrayRef1};
use std::sync::Arc;

/// The function `constant + factor f`: the form that g and h take in most instances.
///
/// ```
/// use fenchel_convexity::catalogue::Quadratic;
/// use fenchel_convexity::objectives::Objective;
/// use fenchel_convexity::proxy::Surrogate;
/// use ndarray::array;
///
/// let g = Surrogate::new(Quadratic::diagonal(&[2.0])?, 0.5, 1.0)?;
/// assert_eq!(g.value(&array![3.0])?, 5.5);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Surrogate {
    function: Arc<dyn Objective>,
    factor: f64,
    constant: f64,
}

impl Surrogate {
    /// `constant + factor f`. The factor 0 gives a constant on the domain of f.
    ///
    /// # Errors
    ///
    /// If a number is not finite.
    pub fn new(function: impl IntoObjective, factor: f64, constant: f64) -> Result<Self, ConvexityError> {
        let function = function.into_objective();
        require_range("factor", factor, true, "finite")?;
        require_range("constant", constant, true, "finite")?;
        Ok(Self { function, factor, constant })
    }

    fn value_in<N: Enclosure>(&self, x: &[N]) -> N {
        if self.factor == 0.0 {
            return N::from_f64(self.constant);
        }
        N::value(&*self.function, x) * self.factor + self.constant
    }

    fn gradient_in<N: Enclosure>(&self, x: &[N], gradient: &mut [N]) {
        if self.factor == 0.0 {
            return gradient.fill(N::zero());
        }
        N::gradient(&*self.function, x, gradient);
        gradient.iter_mut().for_each(|s| *s = s.clone() * self.factor);
    }
}

impl Function for Surrogate {
    fn name(&self) -> String {
        format!("{} + {} ({})", self.constant, self.factor, self.function.name())
    }

    fn dimension(&self) -> usize {
        self.function.dimension()
    }

    fn domain(&self) -> Domain {
        self.function.domain()
    }

    fn kinks(&self) -> Vec<Kink> {
        if self.factor == 0.0 { Vec::new() } else { self.function.kinks() }
    }
}

impl Objective for Surrogate {
    fn value(&self, x: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        let value = self.function.value(x)?;
        Ok(if self.factor == 0.0 { self.constant } else { value * self.factor + self.constant })
    }

    fn gradient(&self, x: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
        Ok(slope(&*self.function, x)? * self.factor)
    }

    fn enclosable(&self) -> Option<&dyn Enclosable> {
        let has_formula = self.factor == 0.0 || self.function.enclosable().is_some();
        has_formula.then_some(self)
    }

    fn forward_error(&self, x: &ArrayRef1<f64>) -> Option<ForwardError> {
        let inner = self.function.forward_error(x)?;
        // Two more roundings of the value, one of each entry of the gradient, each at most an ulp of what it
        // makes.
        let ulp = f64::EPSILON;
        let factor = self.factor.abs();
        let value = self.function.value(x).ok()?.abs();
        let gradient = slope(&*self.function, x).ok()?;
        let largest = gradient.iter().fold(0.0_f64, |most, s| most.max(s.abs()));
        Some(ForwardError {
            value: factor * inner.value + 2.0 * ulp * (factor * (value + inner.value) + self.constant.abs()),
            gradient: factor * inner.gradient + ulp * factor * (largest + inner.gradient),
        })
    }
}

impl<N: Enclosure> Evaluate<N> for Surrogate
where
    for<'a> dyn Enclosable + 'a: Evaluate<N>,
{
    fn value_of(&self, x: &[N]) -> N {
        self.value_in(x)
    }

    fn gradient_of(&self, x: &[N], gradient: &mut [N]) {
        self.gradient_in(x, gradient);
    }

    fn bregman_of(&self, u: &[N], v: &[N]) -> N {
        if self.factor == 0.0 { N::zero() } else { N::bregman(&*self.function, u, v) * self.factor }
    }
}

impl<E: Endpoint> Differentiate<E> for Surrogate
where
    for<'a> dyn Enclosable + 'a: Differentiate<E>,
{
    fn slopes_of(&self, x: &[Interval<E>]) -> Vec<Interval<E>> {
        match self.function.enclosable() {
            _ if self.factor == 0.0 => vec![Number::zero(); x.len()],
            Some(formula) => formula.slopes_of(x).into_iter().map(|slope| slope * self.factor).collect(),
            None => vec![Number::unknown(); x.len()],
        }
    }

    fn curvature_of(&self, x: &[Interval<E>], direction: &[Interval<E>]) -> Interval<E> {
        match self.function.enclosable() {
            _ if self.factor == 0.0 => Number::zero(),
            Some(formula) => formula.curvature_of(x, direction) * self.factor,
            None => Number::unknown(),
        }
    }
}

impl Enclosable for Surrogate {}
