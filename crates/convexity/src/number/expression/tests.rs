//! Written terms against 256 bits, exact constants, brackets, refusals and the record of branches.

use super::*;
use crate::number::{Dual, Precise};
use proptest::prelude::*;
use std::collections::HashMap;

/// The value of the written expression in 256 bits, from its terms alone and not from the enclosures they
/// carry.
fn evaluate(expression: &Expression, variables: &HashMap<String, Precise>) -> Precise {
    let value = |operand: &Expression| evaluate(operand, variables);
    match expression.term() {
        Term::Constant(bits) => Precise::from_f64(f64::from_bits(*bits)),
        Term::Variable(name) => variables[name].clone(),
        Term::Named(_, a) => value(a),
        Term::Negative(a) => -value(a),
        Term::Sum(a, b) => value(a) + value(b),
        Term::Difference(a, b) => value(a) - value(b),
        Term::Product(a, b) => value(a) * value(b),
        Term::Quotient(a, b) => value(a) / value(b),
        Term::Power(a, exponent) => {
            let a = value(a);
            (0..*exponent).fold(Precise::one(), |power, _| power * &a)
        }
        Term::Apply(function, a) => match function {
            Function::Exp => value(a).exp(),
            Function::Ln => value(a).ln(),
            Function::Sqrt => value(a).sqrt(),
            Function::Abs => Number::abs(&value(a)),
            Function::Sin => value(a).sin(),
            Function::Cos => value(a).cos(),
        },
        Term::Refused(reason) => panic!("{reason}"),
    }
}

/// Every operation of the trait, each a formula of its own; x in (0.1, 3).
fn operations<N: Number>(x: &N, y: &N) -> Vec<(&'static str, N)> {
    vec![
        ("neg", -x.clone()),
        ("add", x.clone() + y),
        ("sub", x.clone() - y),
        ("mul", x.clone() * y),
        ("div", x.clone() / y),
        ("exp", x.exp()),
        ("exp_m1", x.exp_m1()),
        ("exp_m1_less", (x.clone() / 8.0).exp_m1_less()),
        ("ln", x.ln()),
        ("ln_1p", x.ln_1p()),
        ("sqrt", x.sqrt()),
        ("powi", x.powi(5) + y.powi(-3) + x.powi(0) + y.powi(1)),
        ("powf, integer", y.powf(3.0) + y.powf(-2.0)),
        ("powf, half-integer", x.powf(1.5) + x.powf(-2.5) + x.powf(0.5)),
        ("powf, rational", x.powf(1.25) + x.powf(-0.3) + x.powf(4.0 / 3.0)),
        ("abs", y.abs()),
        ("sin", x.sin()),
        ("cos", x.cos()),
        ("sinh", y.sinh()),
        ("cosh", y.cosh()),
        ("max", x.max(y)),
        ("min", x.min(y)),
        ("select", (x.clone() - 1.0).select(|| y.clone(), || x.clone())),
        ("join", (y.clone() - 1.0).join(N::one, || x.clone())),
        ("signum", y.signum()),
        ("square", y.square()),
        ("recip", y.recip()),
        (
            "sum and dot",
            N::sum(&[x.clone(), y.clone()]) + N::dot(&[x.clone(), N::one()], &[y.clone(), x.clone()]),
        ),
    ]
}

proptest! {
    /// The written terms have the value that 256 bits compute directly, and the enclosure contains it.
    #[test]
    fn every_operation_is_written_as_it_is_computed(
        (x, y) in (0.1..3.0_f64, prop_oneof![0.1..3.0_f64, -3.0..-0.1_f64])
    ) {
        prop_assume!(x != y && x != 1.0 && y != 1.0);
        let written = operations(&Expression::from_f64(x), &Expression::from_f64(y));
        let computed = operations(&Precise::from_f64(x), &Precise::from_f64(y));
        for ((name, written), (_, computed)) in written.into_iter().zip(computed) {
            let value = evaluate(&written, &HashMap::new());
            // e^x - 1 - x of x near 0.01 loses 14 bits of 256, the others fewer.
            let error = Number::abs(&(value.clone() - &computed)).to_f64();
            prop_assert!(error <= 2.0_f64.powi(-230) * computed.to_f64().abs(), "{name}: {error:e}");
            // The reference rounds at every step itself: twice a term in the series of e^x - 1 - x, whose terms fall by 6 and more.
            let (lower, upper) = written.enclosure().ends();
            let off = Number::abs(&computed) * 2.0_f64.powi(-253);
            prop_assert!(lower.clone() - &off <= computed && computed <= upper.clone() + &off, "{name}");
        }
    }

    /// Over a box the same terms are good for every point in it, maxima whose order is open included.
    #[test]
    fn over_a_box_the_expression_is_the_function_at_every_point(x in 0.5..2.0_f64, y in -1.0..1.0_f64) {
        fn function<N: Number>(x: &N, y: &N) -> N {
            x.max(y) - x.min(&y.abs()) * x.ln_1p() + (x.clone() * y).powf(2.0) - x.powf(0.7)
        }
        let box_x = Expression::variable("x", 0.5, 2.0);
        let box_y = Expression::variable("y", -1.0, 1.0);
        let written = function(&box_x, &box_y);
        let point = [("x".to_owned(), Precise::from_f64(x)), ("y".to_owned(), Precise::from_f64(y))];
        let value = evaluate(&written, &HashMap::from(point));
        let computed = function(&Precise::from_f64(x), &Precise::from_f64(y));
        prop_assert!(Number::abs(&(value - computed)).to_f64() <= 1e-60);
    }

    /// The text of a constant is the f64, as a quotient of integers without a common factor.
    #[test]
    fn rationals_are_exact(bits in any::<u64>()) {
        let value = f64::from_bits(bits);
        prop_assume!(value.is_finite());
        prop_assert_eq!(read(&Expression::from_f64(value).to_string()), Precise::from_f64(value));
    }
}

/// The value of `- digits / digits`: long texts are read digit by digit, exactly as far as 256 bits go.
fn read(text: &str) -> Precise {
    let (negative, text) = text.strip_prefix("- ").map_or((false, text), |rest| (true, rest));
    let integer = |digits: &str| {
        // Powers of two, perhaps times 53 bits: divide the factors of two out in decimal, so that nothing
        // is rounded.
        let mut digits: Vec<u32> = digits.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let mut halvings = 0;
        while digits.iter().any(|&d| d != 0) && digits[digits.len() - 1].is_multiple_of(2) {
            let mut rest = 0;
            for digit in &mut digits {
                let all = 10 * rest + *digit;
                (*digit, rest) = (all / 2, all % 2);
            }
            halvings += 1;
        }
        let odd = digits.iter().fold(0_u64, |n, &d| 10 * n + u64::from(d));
        Precise::from_f64(odd as f64) * Precise::from_f64(2.0).powi(halvings)
    };
    let (numerator, denominator) = text.split_once(" / ").unwrap_or((text, "1"));
    let value = integer(numerator) / integer(denominator);
    if negative { -value } else { value }
}

#[test]
fn constants_at_the_edge_of_f64_are_exact() {
    let text = |value: f64| Expression::from_f64(value).to_string();
    assert_eq!(text(0.0), "0");
    assert_eq!(text(-0.0), "0");
    assert_eq!(text(3.0), "3");
    assert_eq!(text(-0.75), "- 3 / 4");
    assert_eq!(text(0.1), "3602879701896397 / 36028797018963968");
    assert_eq!(text(1e22), "10000000000000000000000");
    // 2^1074 has 324 digits, as 1074 log10 2 = 323.3, and ends as 2^14 does: powers of two repeat modulo
    // 100 every 20.
    let least = text(f64::from_bits(1));
    assert!(least.starts_with("1 / ") && least.ends_with("84") && least.len() == 4 + 324, "{least}");
    for value in [f64::from_bits(1), -f64::from_bits(12345), f64::MIN_POSITIVE, f64::MAX, -1e-310] {
        assert_eq!(read(&text(value)), Precise::from_f64(value));
    }
}

#[test]
fn brackets_stand_where_the_tree_needs_them() {
    let (x, y) = (Expression::variable("x", 1.0, 2.0), Expression::variable("y", 1.0, 2.0));
    let z = -(x.clone() + &y);
    assert_eq!((x.clone() - &(y.clone() - &x)).to_string(), "x - (y - x)");
    assert_eq!((x.clone() - &y - &x).to_string(), "x - y - x");
    assert_eq!((x.clone() / &(y.clone() * &x)).to_string(), "x / (y * x)");
    assert_eq!((z.clone() * &x + &z).to_string(), "(- (x + y)) * x + (- (x + y))");
    assert_eq!((z.clone().square() * -0.5).to_string(), "(- (x + y)) ^ 2 * (- 1 / 2)");
    assert_eq!((-x.square()).to_string(), "- x ^ 2");
    assert_eq!(x.exp().exp().powi(3).to_string(), "exp (exp x) ^ 3");
    assert_eq!(x.powf(1.5).named("p").ln().to_string(), "ln p");
    assert_eq!(x.powf(1.5).to_string(), "x * sqrt x");
    assert_eq!(x.powf(-0.25).to_string(), "1 / exp (ln x * (1 / 4))");
}

/// What zero and one leave of a sum or a product is the other operand; a product with zero keeps what is no
/// number.
#[test]
fn zeros_and_ones_are_left_out_but_hide_nothing() {
    let x = Expression::variable("x", 1.0, 2.0);
    let (zero, one) = (Expression::zero(), Expression::one());
    assert_eq!((zero.clone() + x.clone() * &one - &zero).to_string(), "x");
    assert_eq!((x.clone() * &zero).to_string(), "0");
    assert!((zero.clone() * Expression::from_f64(-1.0).ln()).refusal().is_some());
    assert!((zero / &Expression::variable("y", -1.0, 1.0)).refusal().is_some());
    let derivative = Dual::variable(x).powi(3).derivative;
    assert_eq!(derivative.to_string(), "x ^ 2 * 3");
}

#[test]
fn what_is_open_is_refused_by_name_and_stays_refused() {
    let open = || Expression::variable("x", -1.0, 1.0);
    let reasons = [
        (open().ln(), "logarithm"),
        (open().ln_1p(), "logarithm"),
        (open().sqrt(), "square root"),
        (open().recip(), "denominator"),
        (open().powi(-2), "denominator"),
        (open().powi(1000), "integer exponent"),
        (open().powf(0.3), "base"),
        (open().powf(f64::NAN), "exponent"),
        (open().signum(), "sign"),
        (open().select(Expression::zero, Expression::one), "branch"),
        (open().join(Expression::zero, Expression::one), "branch"),
        (open().between(Expression::zero(), Expression::one()), "kink"),
        (Expression::unknown(), "nothing is known"),
        (Expression::from_f64(f64::INFINITY), "finite"),
        ((0..2000).fold(open(), |x, _| x.sin()), "thousand deep"),
    ];
    for (refused, word) in reasons {
        let reason = refused.refusal().expect(word);
        assert!(reason.contains(word), "{reason}: {word}");
        assert_eq!(refused.sign(), Sign::Undecided);
        assert!(!Number::is_finite(&refused));
        // The first reason is kept, whatever follows.
        let only_y = ["powf, integer", "abs", "sinh", "cosh", "signum", "square", "recip"];
        for (name, later) in operations(&refused, &Expression::from_f64(2.0)) {
            assert!(only_y.contains(&name) || later.refusal() == Some(reason), "{name}: {later}");
        }
    }
}

#[test]
fn the_signs_asked_for_are_recorded_once_decided() {
    let x = Expression::variable("x", 0.5, 1.0);
    let (value, branches) = recording(|| {
        let (inner, of_inner) = recording(|| x.max(&Expression::from_f64(2.0)));
        assert_eq!(of_inner.len(), 1);
        assert!(x.max(&Expression::from_f64(0.75)).refusal().is_none());
        Expression::from_f64(-3.0).signum() + inner * x.signum()
    });
    assert_eq!(value.to_string(), "- 1 + 2");
    // Neither the order that is open, nor the sign of a constant, nor what the inner recording saw.
    let conditions: Vec<_> = branches.iter().map(|b| (b.condition.to_string(), b.sign)).collect();
    assert_eq!(conditions, [("x".to_owned(), Sign::Positive)]);
}
