//! [`Precise`] at the ends of an interval: 256 bits, correctly rounded in every direction.

use super::{Direction, Endpoint, Precise};

impl Endpoint for Precise {
    fn from_f64(value: f64) -> Self {
        Precise::exact(value)
    }

    fn to_f64(&self, direction: Direction) -> f64 {
        self.rounded_to_f64(direction)
    }

    fn is_nan(&self) -> bool {
        self.is_undefined()
    }

    fn is_finite(&self) -> bool {
        super::Number::is_finite(self)
    }

    fn neg(&self) -> Self {
        -self.clone()
    }

    fn add(&self, other: &Self, direction: Direction) -> Self {
        self.directed_add(other, direction).or_limit(direction)
    }

    fn sub(&self, other: &Self, direction: Direction) -> Self {
        self.directed_sub(other, direction).or_limit(direction)
    }

    fn mul(&self, other: &Self, direction: Direction) -> Self {
        self.directed_mul(other, direction).or_limit(direction)
    }

    fn div(&self, other: &Self, direction: Direction) -> Self {
        self.directed_div(other, direction).or_limit(direction)
    }

    fn sqrt(&self, direction: Direction) -> Self {
        self.directed_sqrt(direction)
    }

    fn exp(&self, direction: Direction) -> Self {
        self.directed_exp(direction)
    }

    fn exp_m1(&self, direction: Direction) -> Self {
        self.directed_exp_m1(direction)
    }

    fn ln(&self, direction: Direction) -> Self {
        self.directed_ln(direction)
    }

    fn ln_1p(&self, direction: Direction) -> Self {
        self.directed_ln_1p(direction)
    }

    fn powf(&self, exponent: f64, direction: Direction) -> Self {
        self.directed_powf(exponent, direction)
    }

    fn sin(&self, direction: Direction) -> Self {
        self.directed_sin(direction)
    }

    fn cos(&self, direction: Direction) -> Self {
        self.directed_cos(direction)
    }

    fn sinh(&self, direction: Direction) -> Self {
        self.directed_sinh(direction)
    }

    fn cosh(&self, direction: Direction) -> Self {
        self.directed_cosh(direction)
    }

    fn pi(direction: Direction) -> Self {
        Precise::directed_pi(direction)
    }
}
