//! Powers and polynomials of one variable.

use crate::catalogue::Scalar;
use crate::norms::{decremented_power, raise};
use crate::number::Number;

/// `|x|^r / r`, r > 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AbsolutePower {
    /// The exponent, greater than 1.
    pub r: f64,
}

impl Scalar for AbsolutePower {
    fn name(&self) -> String {
        format!("|x|^{}/{}", self.r, self.r)
    }

    fn value<N: Number>(&self, x: &N) -> N {
        raise(&x.abs(), self.r) / self.r
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        decremented_power(&x.abs(), self.r) * x.signum()
    }

    fn kinks(&self) -> Vec<f64> {
        vec![0.0]
    }
}

/// `(x^2 - 1)^2 / 4`, a double well; convex up to an offset.
///
/// D(u, v) = D_{x^4/4}(u, v) - (u-v)^2/2, and `D_{x^4/4} >= (u-v)^4/12`, attained: for 0 < c < 1/3 it is H(N(c, 4))-convex with
/// the offset `3/(4 (1 - 3c))`, tight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoubleWell;

impl Scalar for DoubleWell {
    fn name(&self) -> String {
        "(x^2 - 1)^2/4".into()
    }

    fn value<N: Number>(&self, x: &N) -> N {
        (x.square() - 1.0).square() / 4.0
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        x.clone() * (x.square() - 1.0)
    }

    fn kinks(&self) -> Vec<f64> {
        Vec::new()
    }
}
