//! A plain f64 function as an objective.

use super::{Domain, ForwardError, Function, Kink, Objective};
use crate::error::{ConvexityError, require_range, require_vector};
use ndarray::{Array1, ArrayRef1};
use std::fmt;

type Value = dyn Fn(&[f64]) -> f64 + Send + Sync;
type Gradient = dyn Fn(&[f64], &mut [f64]) + Send + Sync;
type Error = dyn Fn(&[f64]) -> ForwardError + Send + Sync;

/// An objective made of f64 closures for the value and the gradient.
///
/// Without a forward-error bound no violation can be certified, as round-off might explain it: checkers then answer
/// `Undecided` with the suspected point.
///
/// ```
/// use fenchel_convexity::objectives::{Closure, ForwardError, Objective};
/// use ndarray::array;
///
/// let quartic = Closure::new(
///     "x^4", 1, |x: &[f64]| x[0].powi(4), |x: &[f64], s: &mut [f64]| s[0] = 4.0 * x[0].powi(3))?
///     // Three products: within two ulps each way.
///     .with_forward_error(|x: &[f64]| ForwardError {
///         value: 4.0 * f64::EPSILON * x[0].powi(4),
///         gradient: 16.0 * f64::EPSILON * x[0].powi(3).abs(),
///     });
/// assert_eq!(quartic.value(&array![2.0])?, 16.0);
/// assert!(quartic.enclosable().is_none());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
pub struct Closure {
    name: String,
    dimension: usize,
    value: Box<Value>,
    gradient: Box<Gradient>,
    error: Option<Box<Error>>,
    domain: Domain,
    kinks: Vec<Kink>,
}

impl Closure {
    /// A function on R^m from closures for its value and its gradient (which writes all m entries).
    ///
    /// # Errors
    ///
    /// If the dimension is 0.
    pub fn new(
        name: impl Into<String>,
        dimension: usize,
        value: impl Fn(&[f64]) -> f64 + Send + Sync + 'static,
        gradient: impl Fn(&[f64], &mut [f64]) + Send + Sync + 'static,
    ) -> Result<Self, ConvexityError> {
        require_range("dimension", dimension as f64, dimension > 0, "at least 1")?;
        Ok(Self {
            name: name.into(),
            dimension,
            value: Box::new(value),
            gradient: Box::new(gradient),
            error: None,
            domain: Domain::Whole,
            kinks: Vec::new(),
        })
    }

    /// States a bound on the round-off of one evaluation, which certificates then rely on.
    #[must_use]
    pub fn with_forward_error(
        mut self,
        error: impl Fn(&[f64]) -> ForwardError + Send + Sync + 'static,
    ) -> Self {
        self.error = Some(Box::new(error));
        self
    }

    /// Restricts the function to a domain.
    #[must_use]
    pub fn with_domain(mut self, domain: Domain) -> Self {
        self.domain = domain;
        self
    }

    /// Names the kinks.
    #[must_use]
    pub fn with_kinks(mut self, kinks: Vec<Kink>) -> Self {
        self.kinks = kinks;
        self
    }

    fn checked(&self, x: &ArrayRef1<f64>) -> Result<Vec<f64>, ConvexityError> {
        require_vector("x", x, self.dimension)?;
        let x = x.to_vec();
        self.domain.require("x", &x)?;
        Ok(x)
    }
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closure")
            .field("name", &self.name)
            .field("dimension", &self.dimension)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

impl Function for Closure {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn domain(&self) -> Domain {
        self.domain.clone()
    }

    fn kinks(&self) -> Vec<Kink> {
        self.kinks.clone()
    }
}

impl Objective for Closure {
    fn value(&self, x: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        let value = (self.value)(&self.checked(x)?);
        super::finite(value, "the value of the objective")
    }

    fn gradient(&self, x: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
        let mut gradient = vec![0.0; self.dimension];
        (self.gradient)(&self.checked(x)?, &mut gradient);
        super::finite_gradient(gradient)
    }

    fn forward_error(&self, x: &ArrayRef1<f64>) -> Option<ForwardError> {
        let error = self.error.as_ref()?;
        Some(error(&x.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn bad_points_and_bad_values_are_errors() {
        let log = Closure::new("log", 1, |x: &[f64]| x[0].ln(), |x: &[f64], s: &mut [f64]| s[0] = 1.0 / x[0])
            .unwrap()
            .with_domain(Domain::non_negative(1));
        assert!(log.value(&array![0.0]).is_err());
        assert!(log.value(&array![-1.0]).is_err());
        assert!(log.value(&array![1.0, 2.0]).is_err());
        assert!(log.gradient(&array![0.0]).is_err());
        assert_eq!(log.gradient(&array![2.0]).unwrap(), array![0.5]);
        assert!(log.hessian_vector(&array![2.0], &array![1.0]).is_err());
        assert!(Closure::new("f", 0, |_: &[f64]| 0.0, |_: &[f64], _: &mut [f64]| {}).is_err());
    }
}
