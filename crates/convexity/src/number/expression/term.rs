//! One operation of an expression, and how it is written.

use super::Expression;
use std::fmt;

/// One operation over operands: expressions, or their places in a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Term<T> {
    /// A finite f64, by its bits.
    Constant(u64),
    Variable(String),
    /// An operand that has a name.
    Named(String, T),
    Negative(T),
    Sum(T, T),
    Difference(T, T),
    Product(T, T),
    Quotient(T, T),
    Power(T, u32),
    Apply(Function, T),
    /// No number, and why.
    Refused(&'static str),
}

/// A function of one variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Function {
    Exp,
    Ln,
    Sqrt,
    Abs,
    Sin,
    Cos,
}

impl Function {
    /// Its name in Coq's library of real numbers.
    const fn name(self) -> &'static str {
        match self {
            Self::Exp => "exp",
            Self::Ln => "ln",
            Self::Sqrt => "sqrt",
            Self::Abs => "Rabs",
            Self::Sin => "sin",
            Self::Cos => "cos",
        }
    }
}

/// How tightly a text binds, from a sum to a single word: an operand is bracketed where it binds less than
/// its place asks.
///
/// What begins with a minus sign counts as a sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Binding {
    Sum,
    Product,
    Power,
    Application,
    Word,
}

impl<T> Term<T> {
    pub(crate) fn operands(&self) -> Vec<&T> {
        match self {
            Self::Constant(_) | Self::Variable(_) | Self::Refused(_) => Vec::new(),
            Self::Named(_, a) | Self::Negative(a) | Self::Power(a, _) | Self::Apply(_, a) => vec![a],
            Self::Sum(a, b) | Self::Difference(a, b) | Self::Product(a, b) | Self::Quotient(a, b) => {
                vec![a, b]
            }
        }
    }

    /// The same operation over other operands.
    pub(crate) fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Term<U> {
        match self {
            Self::Constant(bits) => Term::Constant(*bits),
            Self::Variable(name) => Term::Variable(name.clone()),
            Self::Named(name, a) => Term::Named(name.clone(), f(a)),
            Self::Negative(a) => Term::Negative(f(a)),
            Self::Sum(a, b) => Term::Sum(f(a), f(b)),
            Self::Difference(a, b) => Term::Difference(f(a), f(b)),
            Self::Product(a, b) => Term::Product(f(a), f(b)),
            Self::Quotient(a, b) => Term::Quotient(f(a), f(b)),
            Self::Power(a, exponent) => Term::Power(f(a), *exponent),
            Self::Apply(function, a) => Term::Apply(*function, f(a)),
            Self::Refused(reason) => Term::Refused(reason),
        }
    }

    /// The text of the term in Coq's notation, given that of each operand with its binding.
    ///
    /// Sums and products associate to the left, so that the text reads back as the same tree.
    pub(crate) fn write(&self, mut operand: impl FnMut(&T) -> (String, Binding)) -> (String, Binding) {
        let mut at_least = |x: &T, least: Binding| {
            let (text, binding) = operand(x);
            if binding < least { format!("({text})") } else { text }
        };
        match self {
            Self::Constant(bits) => rational(f64::from_bits(*bits)),
            Self::Variable(name) | Self::Named(name, _) => (name.clone(), Binding::Word),
            Self::Negative(a) => (format!("- {}", at_least(a, Binding::Power)), Binding::Sum),
            Self::Sum(a, b) => {
                let (a, b) = (at_least(a, Binding::Sum), at_least(b, Binding::Product));
                (format!("{a} + {b}"), Binding::Sum)
            }
            Self::Difference(a, b) => {
                let (a, b) = (at_least(a, Binding::Sum), at_least(b, Binding::Product));
                (format!("{a} - {b}"), Binding::Sum)
            }
            Self::Product(a, b) => {
                let (a, b) = (at_least(a, Binding::Product), at_least(b, Binding::Power));
                (format!("{a} * {b}"), Binding::Product)
            }
            Self::Quotient(a, b) => {
                let (a, b) = (at_least(a, Binding::Product), at_least(b, Binding::Power));
                (format!("{a} / {b}"), Binding::Product)
            }
            Self::Power(a, exponent) => {
                (format!("{} ^ {exponent}", at_least(a, Binding::Application)), Binding::Power)
            }
            Self::Apply(function, a) => {
                (format!("{} {}", function.name(), at_least(a, Binding::Word)), Binding::Application)
            }
            Self::Refused(reason) => (format!("<{reason}>"), Binding::Word),
        }
    }
}

impl fmt::Display for Expression {
    /// In Coq's notation, with names in place of what they stand for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn text(expression: &Expression) -> (String, Binding) {
            expression.term().write(text)
        }
        f.write_str(&text(self).0)
    }
}

/// The rational number that a finite f64 is, as a quotient of integers.
fn rational(value: f64) -> (String, Binding) {
    // value = +- significand * 2^exponent with an odd significand.
    let bits = value.abs().to_bits();
    let (field, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    let (significand, exponent) = match (field, fraction) {
        (0, 0) => return ("0".into(), Binding::Word),
        (0, _) => (fraction, -1074),
        _ => (fraction | 1 << 52, field - 1075),
    };
    let zeros = significand.trailing_zeros();
    let (odd, exponent) = (significand >> zeros, exponent + zeros as i32);
    let numerator = times_power_of_two(odd, exponent.max(0).unsigned_abs());
    let denominator = times_power_of_two(1, exponent.min(0).unsigned_abs());
    let mut text = if value < 0.0 { format!("- {numerator}") } else { numerator };
    let mut binding = Binding::Word;
    if denominator != "1" {
        text = format!("{text} / {denominator}");
        binding = Binding::Product;
    }
    (text, if value < 0.0 { Binding::Sum } else { binding })
}

/// The decimal digits of `factor * 2^exponent`.
fn times_power_of_two(factor: u64, exponent: u32) -> String {
    const LIMB: u64 = 1_000_000_000;
    let mut limbs = vec![factor % LIMB, factor / LIMB % LIMB, factor / LIMB / LIMB];
    for _ in 0..exponent {
        let mut carry = 0;
        for limb in &mut limbs {
            let doubled = 2 * *limb + carry;
            (*limb, carry) = (doubled % LIMB, doubled / LIMB);
        }
        if carry > 0 {
            limbs.push(carry);
        }
    }
    let digits: String = limbs.iter().rev().map(|limb| format!("{limb:09}")).collect();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { "0".into() } else { digits.into() }
}
