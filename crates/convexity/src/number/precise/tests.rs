//! Known digits, functional equations and limits of the 256-bit numbers.

use crate::number::{self, Direction, Number, Precise};
use proptest::prelude::*;

/// The number written in decimal digits, by integer arithmetic: independent of the functions under test.
fn digits(text: &str) -> Precise {
    let (whole, fraction) = text.split_once('.').expect("a decimal point");
    let ten = Precise::exact(10.0);
    let all = whole.chars().chain(fraction.chars());
    let numerator =
        all.fold(Precise::exact(0.0), |n, digit| n * &ten + f64::from(digit.to_digit(10).expect("a digit")));
    numerator / &ten.powi(i32::try_from(fraction.len()).expect("short"))
}

#[test]
fn known_constants_to_sixty_digits() {
    let one = Precise::exact(1.0);
    let pairs = [
        (one.exp(), "2.718281828459045235360287471352662497757247093699959574966967"),
        (Precise::exact(2.0).ln(), "0.693147180559945309417232121458176568075500134360255254120680"),
        (Precise::exact(2.0).sqrt(), "1.414213562373095048801688724209698078569671875376948073176679"),
        (one.sin(), "0.841470984807896506652502321630298999622563060798371065672751"),
        (one.cos(), "0.540302305868139717400936607442976603732310420617922227670097"),
        (one.cosh(), "1.543080634815243778477905620757061682601529112365863704737402"),
        (
            <Precise as number::Endpoint>::pi(Direction::Nearest),
            "3.141592653589793238462643383279502884197169399375105820974944",
        ),
    ];
    for (computed, text) in pairs {
        assert!((computed - digits(text)).to_f64().abs() < 1e-59, "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn directions_bracket_the_result(x in 1e-3..50.0_f64, y in -50.0..50.0_f64) {
        let (x, y) = (Precise::exact(x).ln(), Precise::exact(y).exp());
        let bracket = |f: &dyn Fn(Direction) -> Precise| {
            let (down, nearest, up) = (f(Direction::Down), f(Direction::Nearest), f(Direction::Up));
            let spread = (up.clone() - &down).abs();
            down <= nearest && nearest <= up && spread <= nearest.abs() * 2.0_f64.powi(-254)
        };
        prop_assert!(bracket(&|d| number::Endpoint::add(&x, &y, d)));
        prop_assert!(bracket(&|d| number::Endpoint::sub(&x, &y, d)));
        prop_assert!(bracket(&|d| number::Endpoint::mul(&x, &y, d)));
        prop_assert!(bracket(&|d| number::Endpoint::div(&x, &y, d)));
        prop_assert!(bracket(&|d| number::Endpoint::sqrt(&y, d)));
        prop_assert!(bracket(&|d| number::Endpoint::exp(&x, d)));
        prop_assert!(bracket(&|d| number::Endpoint::exp_m1(&x, d)));
        prop_assert!(bracket(&|d| number::Endpoint::ln(&y, d)));
        prop_assert!(bracket(&|d| number::Endpoint::ln_1p(&y, d)));
        prop_assert!(bracket(&|d| number::Endpoint::powf(&y, 0.3, d)));
        prop_assert!(bracket(&|d| number::Endpoint::sin(&x, d)));
        prop_assert!(bracket(&|d| number::Endpoint::cos(&x, d)));
        prop_assert!(bracket(&|d| number::Endpoint::sinh(&x, d)));
        prop_assert!(bracket(&|d| number::Endpoint::cosh(&x, d)));
        prop_assert!(bracket(&<Precise as number::Endpoint>::pi));
    }

    #[test]
    fn functional_equations(x in -40.0..40.0_f64) {
        let x = Precise::exact(x);
        let near = |a: Precise, b: Precise| (a.clone() - b).to_f64().abs() <= 1e-74 * (1.0 + a.to_f64().abs());
        prop_assert!(near(x.exp().ln(), x.clone()));
        prop_assert!(near(x.exp_m1() + 1.0, x.exp()));
        prop_assert!(near(x.sin().powi(2) + x.cos().powi(2), Precise::exact(1.0)));
        prop_assert!(near(x.abs().cosh() + x.abs().sinh(), x.abs().exp()));
        prop_assert!(near(x.abs().ln_1p(), (x.abs() + 1.0).ln()));
        prop_assert!(near(x.abs().powf(2.5), x.abs().sqrt().powi(5)));
    }
}

#[test]
fn infinite_and_undefined_arguments() {
    let (plus, minus) = (Precise::exact(f64::INFINITY), Precise::exact(f64::NEG_INFINITY));
    assert!((plus.clone() - &plus).to_f64().is_nan());
    assert!((plus.clone() * 0.0).to_f64().is_nan());
    assert!((Precise::exact(0.0) / 0.0).to_f64().is_nan());
    assert!(Precise::exact(-1.0).ln().to_f64().is_nan() && Precise::exact(-1.0).sqrt().to_f64().is_nan());
    assert!(Precise::exact(f64::NAN).exp().to_f64().is_nan());
    assert_eq!(minus.exp(), Precise::exact(0.0));
    assert_eq!(Precise::exact(0.0).ln(), minus);
    assert_eq!(Precise::exact(1e300).exp(), plus);
    assert_eq!(Precise::exact(-1e300).exp(), Precise::exact(0.0));
    assert!(number::Endpoint::exp(&Precise::exact(-1e300), Direction::Up) > Precise::exact(0.0));
    assert!(Number::is_finite(&number::Endpoint::exp(&Precise::exact(1e300), Direction::Down)));
    assert_eq!(Precise::exact(-0.0), Precise::exact(0.0));
    assert_eq!(minus.powi(3), minus);
    assert_eq!(Precise::exact(0.0).powf(-1.5), plus);
}

#[test]
fn nothing_an_f64_holds_underflows() {
    let tiny = Precise::exact(5e-324);
    assert_eq!((tiny.clone() * &tiny).sqrt(), tiny);
    assert_eq!(Precise::exact(f64::MAX).square().sqrt().to_f64(), f64::MAX);
}

/// Where the exact result has few digits, a search for the rounding by more digits would never end.
#[test]
fn exact_powers_end() {
    for (x, exponent, result) in [
        (9.0, 1.5, 27.0),
        (81.0, 0.75, 27.0),
        (6.25, 2.5, 97.65625),
        (4.0, -1.5, 0.125),
        (16.0, 0.75, 8.0),
        (1.0, 1.2, 1.0),
        (0.25, 0.5, 0.5),
        (2.0, 64.0, 2.0_f64.powi(64)),
        (0.5, 1000.0, 2.0_f64.powi(-1000)),
        (3.0, 33.0, 5_559_060_566_555_523.0),
    ] {
        for direction in [Direction::Down, Direction::Nearest, Direction::Up] {
            assert_eq!(
                number::Endpoint::powf(&Precise::exact(x), exponent, direction),
                Precise::exact(result),
                "{x}^{exponent}"
            );
        }
    }
    // Not exact: 3^1.5 lies strictly between its bounds.
    let three = Precise::exact(3.0);
    assert!(
        number::Endpoint::powf(&three, 1.5, Direction::Down)
            < number::Endpoint::powf(&three, 1.5, Direction::Up)
    );
    assert_eq!(Precise::exact(-2.0).powi(-3), Precise::exact(-0.125));
    assert_eq!(Precise::exact(3.0).powi(100).powf(0.5), Precise::exact(3.0).powi(50));
}

/// Numbers of a million zeros: three terms of a series, where the library would need a million digits.
#[test]
fn functions_of_tiny_numbers() {
    let tiny = Precise::exact(-1e6).exp();
    let down = |f: &dyn Fn(Direction) -> Precise| (f(Direction::Down), f(Direction::Up));
    for x in [tiny.clone(), -tiny, Precise::exact(1e-43), Precise::exact(-1e-300), Precise::exact(7.1e-43)] {
        let cube = x.powi(3);
        let square = x.square() / 2.0;
        let encloses = |(lo, hi): (Precise, Precise), terms: Precise| {
            // The fourth term is below half a unit of the last of 256 bits.
            lo <= terms && terms <= hi && (hi - &lo).abs() <= terms.abs() * 2.0_f64.powi(-253)
        };
        assert!(encloses(down(&|d| number::Endpoint::sin(&x, d)), x.clone() - cube.clone() / 6.0));
        assert!(encloses(down(&|d| number::Endpoint::sinh(&x, d)), x.clone() + cube / 6.0));
        assert!(encloses(down(&|d| number::Endpoint::exp_m1(&x, d)), x.clone() + &square));
        assert!(encloses(down(&|d| number::Endpoint::ln_1p(&x, d)), x.clone() - &square));
        assert!(encloses(down(&|d| number::Endpoint::exp(&x, d)), x.clone() + 1.0));
        assert!(encloses(down(&|d| number::Endpoint::cos(&x, d)), -square.clone() + 1.0));
        assert!(encloses(down(&|d| number::Endpoint::cosh(&x, d)), square + 1.0));
    }
}

#[test]
fn huge_powers_are_bounded_at_once() {
    for (x, exponent) in [(2.0, 1e300), (0.5, -1e300), (1e-300, -1e18)] {
        let x = Precise::exact(x);
        assert_eq!(x.powf(exponent), Precise::exact(f64::INFINITY));
        let below = number::Endpoint::powf(&x, exponent, Direction::Down);
        assert!(below.is_finite() && below > Precise::exact(f64::MAX));
        assert_eq!(x.powf(-exponent), Precise::exact(0.0));
        assert!(number::Endpoint::powf(&x, -exponent, Direction::Up) > Precise::exact(0.0));
    }
}
