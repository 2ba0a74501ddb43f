//! Every activation and its derivative against 256 bits, over the whole range of both precisions.
//!
//! The bounds count roundings, in units of `u`: at most four for an elementary function (two units in the
//! last place) and one for each operation, carried through by the conditions of the operations that follow.
//! Where a result is subnormal it may lose units of the smallest number on the way, times the factor that it
//! is then multiplied by.

use fenchel_convexity::number::{Number, Precise};
use fenchel_tensor::layers::Described;
use fenchel_tensor::{Activation, Real};
use proptest::prelude::*;

/// Every activation that a description can name, and a steep one.
fn all() -> Vec<Activation> {
    let mut all = <Activation as Described>::examples();
    all.push(Activation::Elu { alpha: 2.0 });
    all
}

/// A function's value, the size of its terms where they may have two signs, and how many units of `u` it may
/// lose.
struct Reference {
    value: Precise,
    size: f64,
    units: f64,
    /// The factor on numbers that may have underflowed.
    scale: f64,
}

fn reference(value: Precise, units: f64) -> Reference {
    let size = value.to_f64().abs();
    Reference { value, size, units, scale: 8.0 }
}

fn one() -> Precise {
    Precise::from_f64(1.0)
}

/// `1 / (1 + exp(-x))`.
fn sigmoid(x: &Precise) -> Precise {
    one() / ((-x.clone()).exp() + 1.0)
}

fn slope_of_sigmoid(x: &Precise) -> Precise {
    sigmoid(x) * sigmoid(&-x.clone())
}

/// `z(x)` with GELU `= x s(z)`, and `z'(x)`; the constants to twice the digits of `f64`.
fn gelu_argument(x: &Precise) -> (Precise, Precise) {
    let root = Precise::from_f64(0.797_884_560_802_865_4) + -4.984_654_404_555_46e-17;
    let cubic = Precise::from_f64(44_715.0) / 1e6;
    let square = x.clone() * x;
    let z = x.clone() * 2.0 * &root * &(one() + &(cubic.clone() * &square));
    (z, root * 2.0 * &(one() + &(cubic * 3.0 * &square)))
}

/// The distribution function and the density of the standard normal variable: a series of terms of one sign about 0, a
/// continued fraction far out. Beyond 45 both are 0 or 1 to more than 400 digits.
fn normal(x: &Precise) -> (Precise, Precise) {
    let (zero, size) = (Precise::from_f64(0.0), x.abs());
    let right = x.to_f64() > 0.0;
    if size.to_f64() > 45.0 {
        return (if right { one() } else { zero.clone() }, zero);
    }
    let at_zero = Precise::from_f64(0.398_942_280_401_432_7) + -2.492_327_202_277_73e-17;
    let square = size.clone() * &size;
    let density = (-(square.clone() * 0.5)).exp() * &at_zero;
    let below = if size.to_f64() < 3.0 {
        let mut term = size;
        let mut sum = term.clone();
        for k in 1..120 {
            term = term * &square / f64::from(2 * k + 1);
            sum = sum + &term;
        }
        let half = Precise::from_f64(0.5);
        half - &(density.clone() * &sum)
    } else {
        let mut fraction = size.clone();
        for k in (1..300).rev() {
            fraction = size.clone() + &(Precise::from_f64(f64::from(k)) / &fraction);
        }
        density.clone() / &fraction
    };
    (if right { one() - &below } else { below }, density)
}

/// SELU's factor on the positive side, and on the negative one.
fn selu_factors() -> (Precise, Precise) {
    let scale = Precise::from_f64(1.050_700_987_355_480_5) + SCALE_REST;
    let alpha = Precise::from_f64(1.673_263_242_354_377_2) + ALPHA_REST;
    (scale.clone(), scale * &alpha)
}

/// What the constants' digits 1.0507009873554804934193349852946 and 1.6732632423543772848170429916717 leave beyond
/// `f64`.
const SCALE_REST: f64 = 3.9874847667154144e-17;
const ALPHA_REST: f64 = 1.0657222547717531e-16;

/// `tanh(log(1 + exp(x))) = w / (w + 2)`, `w = e (e + 2)`, and its derivative, from `e = exp(x)`.
fn mish_gate(x: &Precise) -> (Precise, Precise) {
    let e = x.exp();
    let w = e.clone() * &(e.clone() + 2.0);
    let below = w.clone() + 2.0;
    let slope = e.clone() * &(e + 1.0) * 4.0 / &(below.clone() * &below);
    (w / &below, slope)
}

fn value_of(activation: Activation, x: &Precise) -> Reference {
    let sign = x.to_f64();
    match activation {
        Activation::Relu => reference(if sign > 0.0 { x.clone() } else { Precise::from_f64(0.0) }, 0.0),
        Activation::LeakyRelu { slope } => {
            reference(if sign > 0.0 { x.clone() } else { x.clone() * slope }, 2.0)
        }
        Activation::Tanh => {
            // expm1(2x) / (expm1(2x) + 2), on the side where it is small.
            let m = (-(x.abs() * 2.0)).exp_m1();
            let t = -(m.clone() / (m + 2.0));
            reference(if sign < 0.0 { -t } else { t }, 4.0)
        }
        Activation::Sigmoid => reference(sigmoid(x), 10.0),
        Activation::Softplus => reference(x.exp().ln_1p(), 10.0),
        Activation::Gelu => {
            let (z, _) = gelu_argument(x);
            let units = 11.0 + 6.0 * z.to_f64().abs();
            Reference { scale: 8.0 + sign.abs(), ..reference(x.clone() * &sigmoid(&z), units) }
        }
        Activation::GeluErf => {
            Reference { scale: 8.0 + sign.abs(), ..reference(x.clone() * &normal(x).0, 14.0) }
        }
        Activation::Silu => Reference { scale: 8.0 + sign.abs(), ..reference(x.clone() * &sigmoid(x), 11.0) },
        Activation::Mish => {
            let value = x.clone() * &mish_gate(x).0;
            Reference { scale: 8.0 + sign.abs(), ..reference(value, 24.0) }
        }
        Activation::Elu { alpha } => reference(if sign > 0.0 { x.clone() } else { x.exp_m1() * alpha }, 8.0),
        Activation::Selu => {
            let (above, below) = selu_factors();
            reference(if sign > 0.0 { x.clone() * &above } else { x.exp_m1() * &below }, 8.0)
        }
        Activation::Relu6 => reference(Precise::from_f64(sign.clamp(0.0, 6.0)), 0.0),
        Activation::Hardswish => {
            let middle = x.clone() * &(x.clone() + 3.0) / 6.0;
            let zero = Precise::from_f64(0.0);
            reference(
                if sign <= -3.0 {
                    zero
                } else if sign > 3.0 {
                    x.clone()
                } else {
                    middle
                },
                4.0,
            )
        }
        _ => unreachable!("an activation that this test does not know: {activation:?}"),
    }
}

fn derivative_of(activation: Activation, x: &Precise) -> Reference {
    let sign = x.to_f64();
    match activation {
        Activation::Relu => reference(Precise::from_f64(f64::from(sign > 0.0)), 0.0),
        Activation::LeakyRelu { slope } => {
            reference(Precise::from_f64(if sign > 0.0 { 1.0 } else { slope }), 1.0)
        }
        Activation::Tanh => reference(slope_of_sigmoid(&(x.clone() * 2.0)) * 4.0, 16.0),
        Activation::Sigmoid => reference(slope_of_sigmoid(x), 16.0),
        Activation::Softplus => reference(sigmoid(x), 10.0),
        Activation::Gelu => {
            let (z, slope) = gelu_argument(x);
            let (first, second) = (sigmoid(&z), slope_of_sigmoid(&z) * x * &slope);
            let growth = (slope * x).to_f64().abs();
            let size = first.to_f64() + second.to_f64().abs();
            let units = 24.0 + 8.0 * z.to_f64().abs();
            Reference { size, scale: 8.0 + growth, ..reference(first + second, units) }
        }
        Activation::GeluErf => {
            let (first, density) = normal(x);
            let second = density * x;
            let size = first.to_f64() + second.to_f64().abs();
            Reference { size, scale: 8.0 + sign.abs(), ..reference(first + second, 24.0) }
        }
        Activation::Silu => {
            let (first, second) = (sigmoid(x), slope_of_sigmoid(x) * x);
            let size = first.to_f64() + second.to_f64().abs();
            Reference { size, scale: 8.0 + sign.abs(), ..reference(first + second, 24.0) }
        }
        Activation::Mish => {
            let (first, slope) = mish_gate(x);
            let second = slope * x;
            let size = first.to_f64() + second.to_f64().abs();
            Reference { size, scale: 8.0 + sign.abs(), ..reference(first + second, 40.0) }
        }
        Activation::Elu { alpha } => reference(if sign > 0.0 { one() } else { x.exp() * alpha }, 8.0),
        Activation::Selu => {
            let (above, below) = selu_factors();
            reference(if sign > 0.0 { above } else { x.exp() * &below }, 8.0)
        }
        Activation::Relu6 => reference(Precise::from_f64(f64::from(sign > 0.0 && sign <= 6.0)), 0.0),
        Activation::Hardswish => {
            let middle = (x.clone() * 2.0 + 3.0) / 6.0;
            let (zero, one) = (Precise::from_f64(0.0), one());
            reference(
                if sign <= -3.0 {
                    zero
                } else if sign > 3.0 {
                    one
                } else {
                    middle
                },
                4.0,
            )
        }
        _ => unreachable!("an activation that this test does not know: {activation:?}"),
    }
}

fn check<T: Real + std::fmt::LowerExp>(
    name: &str,
    activation: Activation,
    x: T,
    got: T,
    want: &Reference,
    smallest: f64,
) {
    let error = (Precise::from_f64(got.as_f64()) - &want.value).abs().to_f64();
    let bound = want.units * T::UNIT_ROUNDOFF * want.size + want.scale * smallest;
    let expected = want.value.to_f64();
    assert!(error <= bound, "{activation:?} {name} at {x} in {}: {got:e}, not {expected:e}", T::NAME);
}

fn compare<T: Real + std::fmt::LowerExp>(x: T) {
    let precise = Precise::from_f64(x.as_f64());
    // The subnormal numbers' unit: u times the smallest normal number, twice.
    let smallest = 2.0 * T::UNIT_ROUNDOFF * T::SMALLEST_NORMAL;
    for activation in all() {
        let value = value_of(activation, &precise);
        check("value", activation, x, activation.value(x), &value, smallest);
        let derivative = derivative_of(activation, &precise);
        check("derivative", activation, x, activation.derivative(x), &derivative, smallest);
        assert!(derivative.value.abs().to_f64() <= activation.steepest(), "{activation:?} at {x}");
    }
}

#[test]
fn saturated_units_keep_their_digits() {
    for size in
        [0.0, 1e-300, 1e-20, 0.751, 8.0, 10.0, 18.0, 25.0, 30.0, 36.0, 38.0, 100.0, 372.0, 700.0, 744.0, 1e4]
    {
        for x in [size, -size] {
            compare::<f64>(x);
            compare::<f32>(x as f32);
        }
    }
    // What overflows on the way is a limit, not a NaN.
    for x in [1e200, f64::MAX] {
        let limited = [
            Activation::Gelu,
            Activation::GeluErf,
            Activation::Tanh,
            Activation::Sigmoid,
            Activation::Softplus,
        ];
        for activation in limited {
            let unbounded = [Activation::Gelu, Activation::GeluErf, Activation::Softplus];
            let last = f64::from(unbounded.contains(&activation));
            assert_eq!((activation.derivative(x), activation.derivative(-x)), (last, 0.0), "{activation:?}");
            assert!(activation.value(x) > 0.0 && activation.value(-x).is_finite(), "{activation:?}");
        }
    }
    for activation in all() {
        let keeps = activation.value(f64::NAN).is_nan();
        assert!(keeps, "{activation:?} hides a NaN");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_activation_and_derivative_is_right_to_its_last_digits(
        x in prop_oneof![
            -3.0..3.0,
            -40.0..40.0,
            -110.0..110.0,
            -800.0..800.0,
            (-300.0..3.0_f64).prop_map(|e| 10.0_f64.powf(e)),
        ],
    ) {
        compare::<f64>(x);
        compare::<f32>(x as f32);
    }
}

/// On a grid that holds all kinks: the slope jumps at them and nowhere else, and between them it changes no faster than
/// the curvature says, and somewhere nearly as fast.
#[test]
fn slopes_jump_at_the_kinks_and_elsewhere_go_no_faster_than_the_curvature() {
    const STEP: f64 = 1.0 / 1024.0;
    for activation in all() {
        let (curvature, mut fastest) = (activation.curvature(), 0.0_f64);
        for place in -8192..8192 {
            let (left, right) = (f64::from(place) * STEP, f64::from(place + 1) * STEP);
            // The derivative at a kink is that of its left side.
            let beyond = left + f64::from(activation.kinks().contains(&left)) * 1e-9;
            let speed =
                (activation.derivative(right) - activation.derivative(beyond)).abs() / (right - beyond);
            assert!(speed <= curvature * (1.0 + 1e-6) + 1e-9, "{activation:?} at {left}: {speed}");
            fastest = fastest.max(speed);
        }
        assert!(fastest >= 0.98 * curvature, "{activation:?}: {fastest} of {curvature}");
        for &kink in activation.kinks() {
            let jump = activation.derivative(kink + 1e-9) - activation.derivative(kink);
            assert!(jump.abs() > 0.1, "{activation:?} at {kink}: {jump}");
        }
    }
}
