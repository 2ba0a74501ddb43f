//! Values and gradients of an objective in interval arithmetic, or in 256 bits, whether or not it is a formula.
//!
//! A formula is evaluated in the arithmetic asked for. A function that exists in f64 only is evaluated there, and widened by the forward-error bound that
//! its owner states; without one nothing is known of it.

use crate::number::{Interval, Number, Precise, PreciseInterval};
use crate::objectives::{Evaluate, ForwardError, Objective};
use ndarray::{Array1, ArrayView1};

/// An arithmetic in which objectives can be evaluated.
pub(super) trait Enclosure: Number {
    /// f(x).
    fn value(function: &dyn Objective, x: &[Self]) -> Self;

    /// Writes the chosen subgradient of f at x.
    fn gradient(function: &dyn Objective, x: &[Self], gradient: &mut [Self]);
}

macro_rules! enclosure {
    ($number:ty, $within:expr) => {
        impl Enclosure for $number {
            fn value(function: &dyn Objective, x: &[Self]) -> Self {
                if let Some(formulas) = function.certified() {
                    return Evaluate::<$number>::value_of(formulas, x);
                }
                let (x, error) = stated(function, x);
                match (function.value(ArrayView1::from(&x)), error) {
                    (Ok(value), Some(error)) => $within(value, error.value),
                    _ => Self::unknown(),
                }
            }

            fn gradient(function: &dyn Objective, x: &[Self], gradient: &mut [Self]) {
                if let Some(formulas) = function.certified() {
                    return Evaluate::<$number>::gradient_of(formulas, x, gradient);
                }
                let (x, error) = stated(function, x);
                let mut out = Array1::zeros(x.len());
                match (function.gradient(ArrayView1::from(&x), out.view_mut()), error) {
                    (Ok(()), Some(error)) => {
                        gradient.iter_mut().zip(out).for_each(|(to, s)| *to = $within(s, error.gradient));
                    }
                    _ => gradient.fill(Self::unknown()),
                }
            }
        }
    };
}

enclosure!(Interval, |value: f64, error: f64| {
    (Interval::from_f64(value) - error).union(&(Interval::from_f64(value) + error))
});
enclosure!(PreciseInterval, |value: f64, error: f64| {
    (PreciseInterval::from_f64(value) - error).union(&(PreciseInterval::from_f64(value) + error))
});
enclosure!(Precise, |value: f64, _: f64| Precise::from_f64(value));

/// The point in f64, where searches look, and the error that the function states there.
fn stated<N: Number>(function: &dyn Objective, x: &[N]) -> (Vec<f64>, Option<ForwardError>) {
    let x: Vec<f64> = x.iter().map(Number::to_f64).collect();
    let error = function.forward_error(ArrayView1::from(&x));
    (x, error)
}

/// Whether violations of claims about the function can be certified.
pub(super) fn can_certify(function: &dyn Objective, x: &[f64]) -> bool {
    function.certified().is_some() || function.forward_error(ArrayView1::from(x)).is_some()
}
