//! Analytic functions of one variable.

use crate::catalogue::Scalar;
use crate::number::Number;

/// `log(1 + e^x)`, convex; 1/4-smooth, tight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Softplus;

impl Scalar for Softplus {
    fn name(&self) -> String {
        "log(1 + e^x)".into()
    }

    fn value<N: Number>(&self, x: &N) -> N {
        // Both are the same function; neither exponential overflows on its side.
        x.join_smooth(|| x.exp().ln_1p(), || x.clone() + (-x.clone()).exp().ln_1p())
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        logistic(x)
    }
}

/// The logistic function `1 / (1 + e^{-x})`; (1/(6 sqrt 3))-smooth, tight. Not convex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sigmoid;

fn logistic<N: Number>(x: &N) -> N {
    ((-x.clone()).exp() + 1.0).recip()
}

impl Scalar for Sigmoid {
    fn name(&self) -> String {
        "1/(1 + e^-x)".into()
    }

    fn value<N: Number>(&self, x: &N) -> N {
        logistic(x)
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        logistic(x) * logistic(&-x.clone())
    }
}

/// `log cosh x`, convex; 1-smooth, tight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogCosh;

impl Scalar for LogCosh {
    fn name(&self) -> String {
        "log cosh x".into()
    }

    fn value<N: Number>(&self, x: &N) -> N {
        // log(1 + sinh^2 x)/2 near 0, where the sum below cancels; farther out, where the square would overflow,
        // |x| + log((1 + e^{-2|x|})/2) with the logarithm as log1p of (e^{-2|x|} - 1)/2.
        (x.abs() - 1.0).join_smooth(
            || x.sinh().square().ln_1p() / 2.0,
            || x.abs() + ((-x.abs() * 2.0).exp_m1() / 2.0).ln_1p(),
        )
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        // tanh |x| = -(e^{-2|x|} - 1) / (e^{-2|x|} + 1), with the sign of x.
        let decay = (-x.abs() * 2.0).exp_m1();
        -(decay.clone() / (decay + 2.0)) * x.signum()
    }
}

/// `cos x`; 1-smooth, tight. Not convex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cosine;

impl Scalar for Cosine {
    fn name(&self) -> String {
        "cos x".into()
    }

    fn value<N: Number>(&self, x: &N) -> N {
        x.cos()
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        -x.sin()
    }
}

/// `sin x`; 1-smooth, tight. Not convex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sine;

impl Scalar for Sine {
    fn name(&self) -> String {
        "sin x".into()
    }

    fn value<N: Number>(&self, x: &N) -> N {
        x.sin()
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        x.cos()
    }
}

/// `x^2/(1 + x^2)`; 2-smooth, tight. Not convex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rational;

impl Scalar for Rational {
    fn name(&self) -> String {
        "x^2/(1 + x^2)".into()
    }

    fn value<N: Number>(&self, x: &N) -> N {
        let square = x.square();
        square.clone() / (square + 1.0)
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        x.clone() * 2.0 / (x.square() + 1.0).square()
    }
}

/// `x^2/2 + height cos(rate x)`: a parabola with ripples, convex up to an offset.
///
/// Smooth with `1 + height rate^2`, tight (its second derivative there). For 0 < c < 1 its divergence is at least
/// `(c/2) d^2` less `2 height + (height rate)^2 / (2 (1 - c))`, since the cosine's is at least `-2 - rate |d|` times the height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ripple {
    /// The height of the ripples, positive.
    pub height: f64,
    /// Their angular rate, positive.
    pub rate: f64,
}

impl Scalar for Ripple {
    fn name(&self) -> String {
        format!("x^2/2 + {} cos({} x)", self.height, self.rate)
    }

    fn value<N: Number>(&self, x: &N) -> N {
        x.square() / 2.0 + (x.clone() * self.rate).cos() * self.height
    }

    fn derivative<N: Number>(&self, x: &N) -> N {
        x.clone() - (x.clone() * self.rate).sin() * self.height * self.rate
    }
}
