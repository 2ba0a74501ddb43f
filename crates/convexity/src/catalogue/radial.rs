//! Smooth functions of the Euclidean norm that are not potentials' powers: two wells and a rounded cone.

use crate::error::{ConvexityError, require_range};
use crate::number::Number;
use crate::objectives::Formula;

fn square<N: Number>(x: &[N]) -> N {
    x.iter().fold(N::zero(), |sum, x| sum + x.square())
}

fn times<N: Number>(x: &[N], factor: &N, out: &mut [N]) {
    out.iter_mut().zip(x).for_each(|(s, x)| *s = x.clone() * factor);
}

macro_rules! radial {
    ($(#[$doc:meta])* $name:ident, $text:literal, $value:expr, $slope:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            dimension: usize,
        }

        impl $name {
            /// The function on R^m.
            ///
            /// # Errors
            ///
            /// If m is 0.
            pub fn new(dimension: usize) -> Result<Self, ConvexityError> {
                require_range("dimension", dimension as f64, dimension > 0, "at least 1")?;
                Ok(Self { dimension })
            }
        }

        impl Formula for $name {
            fn name(&self) -> String {
                $text.into()
            }

            fn dimension(&self) -> usize {
                self.dimension
            }

            fn value_in<N: Number>(&self, x: &[N]) -> N {
                let value: fn(N) -> N = $value;
                value(square(x))
            }

            fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
                let slope: fn(N) -> N = $slope;
                times(x, &slope(square(x)), gradient);
            }
        }
    };
}

radial!(
    /// `sqrt(1 + ||x||^2) - 1`, a rounded cone; convex. Known: 1-smooth in l_2, tight (the Hessian at 0 is the identity).
    PseudoHuber,
    "sqrt(1 + ||x||^2) - 1",
    |t| t.clone() / ((t + 1.0).sqrt() + 1.0),
    |t| (t + 1.0).sqrt().recip()
);

radial!(
    /// `-exp(-||x||^2 / 2)`, a well; not convex. Known: 1-smooth in l_2, tight (Hessian eigenvalues `e^{-t^2/2}` and
    /// `(1 - t^2) e^{-t^2/2}`).
    GaussianWell,
    "-exp(-||x||^2/2)",
    |t| -(-t / 2.0).exp(),
    |t| (-t / 2.0).exp()
);

radial!(
    /// `log(1 + ||x||^2)`, a well with slow walls; not convex. Known: 2-smooth in l_2, tight (Hessian eigenvalues
    /// `2/(1+t^2)` and `2(1-t^2)/(1+t^2)^2`).
    Cauchy,
    "log(1 + ||x||^2)",
    |t| t.ln_1p(),
    |t| (t + 1.0).recip() * 2.0
);
