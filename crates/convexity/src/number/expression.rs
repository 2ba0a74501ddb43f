//! Expressions that record themselves: the arithmetic that writes a formula down instead of computing a
//! number.
//!
//! Every operation makes a node, and every node carries a 256-bit enclosure of its value, at a point or on
//! a box. The enclosure decides the branches: where a formula asks for a sign, the answer is the
//! enclosure's, and the question goes into the list of [`Branch`]es that [`recording`] returns, so that
//! whoever uses the expression can state it as a condition. What cannot be written down exactly (a branch
//! that the enclosure does not decide, a logarithm whose argument may be zero, a constant that is no
//! number) becomes a *refusal*, which every further operation keeps.
//!
//! The recorded expression is exact: constants are the rationals that the `f64`s are, and `e^x - 1` is
//! written as such however badly it cancels.

mod term;

pub(crate) use term::{Binding, Function, Term};

use super::{Number, PreciseInterval, Sign};
use std::cell::RefCell;
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::Arc;

/// Deeper expressions are refused: they are walked, and dropped, by recursion.
const MAX_DEPTH: usize = 1000;

/// The largest exponent of a power that is written as one.
const MAX_POWER: u32 = 1000;

/// A real number written as an expression of `+ - * /`, integer powers, exp, ln, sqrt, sin, cos and the
/// absolute value.
///
/// ```
/// use fenchel_convexity::number::{Expression, Number};
///
/// let x = Expression::from_f64(0.5);
/// let y = (x.exp() - 1.0) / &x;
/// assert_eq!(y.to_string(), "(exp (1 / 2) - 1) / (1 / 2)");
/// // Three roundings of f64, each at most half an ulp of 1.3.
/// assert!((y.to_f64() - 0.5_f64.exp_m1() / 0.5).abs() < 1e-15);
/// // What is no number is refused, with the reason.
/// let nothing = Expression::from_f64(-1.0).ln();
/// assert_eq!(nothing.refusal(), Some("a logarithm whose argument is not certainly positive"));
/// ```
#[derive(Clone)]
pub struct Expression(Arc<Node>);

struct Node {
    term: Term<Expression>,
    enclosure: PreciseInterval,
    depth: usize,
}

/// A sign that a formula asked for, with the answer: never [`Sign::Undecided`].
#[derive(Clone, Debug)]
pub(crate) struct Branch {
    pub(crate) condition: Expression,
    pub(crate) sign: Sign,
}

thread_local! {
    /// The signs asked for since the innermost [`recording`] on this thread began.
    static BRANCHES: RefCell<Option<Vec<Branch>>> = const { RefCell::new(None) };
}

/// Evaluates a formula on this thread, and lists the signs that were decided on the way.
pub(crate) fn recording<T>(evaluate: impl FnOnce() -> T) -> (T, Vec<Branch>) {
    let outer = BRANCHES.replace(Some(Vec::new()));
    let result = evaluate();
    (result, BRANCHES.replace(outer).unwrap_or_default())
}

impl Expression {
    fn node(term: Term<Self>, enclosure: PreciseInterval) -> Self {
        let operands = term.operands();
        if let Some(refused) = operands.iter().find(|operand| operand.refusal().is_some()) {
            return (*refused).clone();
        }
        let depth = 1 + operands.iter().fold(0, |most, operand| most.max(operand.0.depth));
        if depth > MAX_DEPTH {
            return Self::refused("an expression nested more than a thousand deep");
        }
        Self(Arc::new(Node { term, enclosure, depth }))
    }

    fn refused(reason: &'static str) -> Self {
        let enclosure = PreciseInterval::from_f64(f64::NAN);
        Self(Arc::new(Node { term: Term::Refused(reason), enclosure, depth: 0 }))
    }

    /// A variable with bounds, which may be infinite.
    #[must_use]
    pub fn variable(name: &str, lower: f64, upper: f64) -> Self {
        let enclosure = PreciseInterval::from_f64(lower).union(&PreciseInterval::from_f64(upper));
        Self::node(Term::Variable(name.into()), enclosure)
    }

    /// The same number under a name, by which other expressions then refer to it.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        let enclosure = self.0.enclosure.clone();
        Self::node(Term::Named(name.into(), self), enclosure)
    }

    /// Why there is no expression, if there is none.
    #[must_use]
    pub fn refusal(&self) -> Option<&'static str> {
        match &self.0.term {
            Term::Refused(reason) => Some(reason),
            _ => None,
        }
    }

    /// An interval in which the value lies.
    #[must_use]
    pub fn enclosure(&self) -> &PreciseInterval {
        &self.0.enclosure
    }

    pub(crate) fn term(&self) -> &Term<Self> {
        &self.0.term
    }

    /// The same for two expressions only if they are one.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    fn is_constant(&self, value: f64) -> bool {
        matches!(self.0.term, Term::Constant(bits) if f64::from_bits(bits) == value)
    }

    fn apply(&self, function: Function, enclosure: PreciseInterval) -> Self {
        Self::node(Term::Apply(function, self.clone()), enclosure)
    }

    /// The same term with an enclosure that another route has found for its value.
    fn enclosed(self, enclosure: PreciseInterval) -> Self {
        match &self.0.term {
            Term::Refused(_) => self,
            term => Self::node(term.clone(), enclosure),
        }
    }

    fn is_nonnegative(&self) -> bool {
        let (lower, _) = self.0.enclosure.ends();
        matches!(lower.sign(), Sign::Zero | Sign::Positive)
    }
}

impl fmt::Debug for Expression {
    // A derived one would write shared operands out as often as they occur.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0.enclosure.to_f64_interval();
        write!(f, "Expression(in [{:e}, {:e}])", value.lo(), value.hi())
    }
}

impl Neg for Expression {
    type Output = Self;
    fn neg(self) -> Self {
        match &self.0.term {
            Term::Constant(bits) => Self::from_f64(-f64::from_bits(*bits)),
            Term::Negative(operand) => operand.clone(),
            _ => Self::node(Term::Negative(self.clone()), -self.0.enclosure.clone()),
        }
    }
}

// What adds zero or multiplies by zero or one is left out, as derivatives are full of it; a product with
// zero only where the other factor is a number.
impl<'a> Add<&'a Self> for Expression {
    type Output = Self;
    fn add(self, other: &'a Self) -> Self {
        if self.is_constant(0.0) {
            other.clone()
        } else if other.is_constant(0.0) {
            self
        } else {
            let enclosure = self.0.enclosure.clone() + &other.0.enclosure;
            Self::node(Term::Sum(self, other.clone()), enclosure)
        }
    }
}

impl<'a> Sub<&'a Self> for Expression {
    type Output = Self;
    fn sub(self, other: &'a Self) -> Self {
        if self.is_constant(0.0) {
            -other.clone()
        } else if other.is_constant(0.0) {
            self
        } else {
            let enclosure = self.0.enclosure.clone() - &other.0.enclosure;
            Self::node(Term::Difference(self, other.clone()), enclosure)
        }
    }
}

impl<'a> Mul<&'a Self> for Expression {
    type Output = Self;
    fn mul(self, other: &'a Self) -> Self {
        let vanishes = |zero: &Self, factor: &Self| zero.is_constant(0.0) && Number::is_finite(factor);
        if vanishes(&self, other) || vanishes(other, &self) {
            Self::zero()
        } else if self.is_constant(1.0) {
            other.clone()
        } else if other.is_constant(1.0) {
            self
        } else {
            let enclosure = self.0.enclosure.clone() * &other.0.enclosure;
            Self::node(Term::Product(self, other.clone()), enclosure)
        }
    }
}

impl<'a> Div<&'a Self> for Expression {
    type Output = Self;
    fn div(self, other: &'a Self) -> Self {
        if other.refusal().is_none() && !matches!(other.0.enclosure.sign(), Sign::Negative | Sign::Positive) {
            return Self::refused("a division whose denominator is not certainly unequal to zero");
        }
        if other.is_constant(1.0) || self.is_constant(0.0) && Number::is_finite(other) {
            return self;
        }
        let enclosure = self.0.enclosure.clone() / &other.0.enclosure;
        Self::node(Term::Quotient(self, other.clone()), enclosure)
    }
}

operators!(impl[] for Expression);

impl Number for Expression {
    fn from_f64(value: f64) -> Self {
        if value.is_finite() {
            // One zero: the sum makes 0 of -0.
            Self::node(Term::Constant((value + 0.0).to_bits()), PreciseInterval::from_f64(value))
        } else {
            Self::refused("a constant that is no finite number")
        }
    }

    fn to_f64(&self) -> f64 {
        self.0.enclosure.to_f64()
    }

    fn sign(&self) -> Sign {
        let sign = self.0.enclosure.sign();
        if sign != Sign::Undecided && !matches!(self.0.term, Term::Constant(_)) {
            BRANCHES.with_borrow_mut(|branches| {
                if let Some(branches) = branches {
                    branches.push(Branch { condition: self.clone(), sign });
                }
            });
        }
        sign
    }

    fn is_finite(&self) -> bool {
        self.0.enclosure.is_finite()
    }

    fn exp(&self) -> Self {
        self.apply(Function::Exp, self.0.enclosure.exp())
    }

    fn exp_m1(&self) -> Self {
        (self.exp() - 1.0).enclosed(self.0.enclosure.exp_m1())
    }

    fn exp_m1_less(&self) -> Self {
        // e^x itself, and not the terms of its series.
        self.exp() - 1.0 - self
    }

    fn ln(&self) -> Self {
        if self.refusal().is_none() && self.0.enclosure.sign() != Sign::Positive {
            return Self::refused("a logarithm whose argument is not certainly positive");
        }
        self.apply(Function::Ln, self.0.enclosure.ln())
    }

    fn ln_1p(&self) -> Self {
        let enclosure = self.0.enclosure.ln_1p();
        (Self::one() + self).ln().enclosed(enclosure)
    }

    fn sqrt(&self) -> Self {
        if self.refusal().is_none() && !self.is_nonnegative() {
            return Self::refused("a square root whose argument is not certainly at least zero");
        }
        self.apply(Function::Sqrt, self.0.enclosure.sqrt())
    }

    fn powi(&self, exponent: i32) -> Self {
        match (exponent, exponent.unsigned_abs()) {
            (_, MAX_POWER..) => Self::refused("a power with an integer exponent of a thousand or more"),
            (0, _) if Number::is_finite(self) => Self::one(),
            (1, _) => self.clone(),
            (2.., natural) | (0, natural) => {
                Self::node(Term::Power(self.clone(), natural), self.0.enclosure.powi(exponent))
            }
            (..0, _) => self.powi(-exponent).recip(),
        }
    }

    fn powf(&self, exponent: f64) -> Self {
        if !exponent.is_finite() {
            return Self::refused("a power with an exponent that is no finite number");
        }
        if exponent == exponent.trunc() && exponent.abs() <= f64::from(MAX_POWER) {
            return self.powi(exponent as i32);
        }
        if exponent < 0.0 && exponent > -f64::from(MAX_POWER) {
            return self.powf(-exponent).recip();
        }
        if exponent - exponent.trunc() == 0.5 {
            // Also at zero, where e^(r log x) is not defined.
            return self.powi(exponent as i32) * self.sqrt();
        }
        match (self.refusal(), self.sign()) {
            (None, Sign::Zero) => Self::zero(),
            (None, Sign::Negative | Sign::Undecided) => {
                Self::refused("a power whose base is not certainly positive")
            }
            (None, Sign::Positive) | (Some(_), _) => {
                (self.ln() * exponent).exp().enclosed(self.0.enclosure.powf(exponent))
            }
        }
    }

    fn abs(&self) -> Self {
        match self.0.term {
            Term::Constant(bits) => Self::from_f64(f64::from_bits(bits).abs()),
            _ => self.apply(Function::Abs, Number::abs(&self.0.enclosure)),
        }
    }

    fn sin(&self) -> Self {
        self.apply(Function::Sin, self.0.enclosure.sin())
    }

    fn cos(&self) -> Self {
        self.apply(Function::Cos, self.0.enclosure.cos())
    }

    fn sinh(&self) -> Self {
        ((self.exp() - (-self.clone()).exp()) / 2.0).enclosed(self.0.enclosure.sinh())
    }

    fn cosh(&self) -> Self {
        ((self.exp() + (-self.clone()).exp()) / 2.0).enclosed(self.0.enclosure.cosh())
    }

    fn max(&self, other: &Self) -> Self {
        let difference = self.clone() - other;
        match difference.sign() {
            Sign::Negative => other.clone(),
            Sign::Zero | Sign::Positive => self.clone(),
            // Either order: max(a, b) = (a + b + |a - b|) / 2.
            Sign::Undecided => ((self.clone() + other + difference.abs()) / 2.0)
                .enclosed(Number::max(&self.0.enclosure, &other.0.enclosure)),
        }
    }

    fn min(&self, other: &Self) -> Self {
        let difference = self.clone() - other;
        match difference.sign() {
            Sign::Negative => self.clone(),
            Sign::Zero | Sign::Positive => other.clone(),
            Sign::Undecided => ((self.clone() + other - difference.abs()) / 2.0)
                .enclosed(Number::min(&self.0.enclosure, &other.0.enclosure)),
        }
    }

    fn unknown() -> Self {
        Self::refused("a value of which nothing is known")
    }

    fn select(&self, negative: impl FnOnce() -> Self, otherwise: impl FnOnce() -> Self) -> Self {
        match (self.refusal(), self.sign()) {
            (Some(_), _) => self.clone(),
            (None, Sign::Negative) => negative(),
            (None, Sign::Zero | Sign::Positive) => otherwise(),
            (None, Sign::Undecided) => Self::refused("a branch whose condition has no certain sign"),
        }
    }

    fn between(&self, negative: Self, otherwise: Self) -> Self {
        match (self.refusal(), self.sign()) {
            (Some(_), _) => self.clone(),
            (None, Sign::Negative) => negative,
            (None, Sign::Zero) => (negative + otherwise) / 2.0,
            (None, Sign::Positive) => otherwise,
            (None, Sign::Undecided) => Self::refused("a slope at what may be a kink"),
        }
    }

    fn signum(&self) -> Self {
        match (self.refusal(), self.sign()) {
            (Some(_), _) => self.clone(),
            (None, Sign::Negative) => -Self::one(),
            (None, Sign::Zero) => Self::zero(),
            (None, Sign::Positive) => Self::one(),
            (None, Sign::Undecided) => Self::refused("the sign of a number that may be zero"),
        }
    }
}

#[cfg(test)]
mod tests;
