//! Random operands of every kind: ordinary, near special points, subnormal, huge, unbounded, of no width,
//! undefined.

use fenchel_convexity::number::Interval;
use fenchel_random::Stream;
use std::f64::consts::FRAC_PI_2;

fn sign(stream: &mut Stream) -> f64 {
    if stream.random::<bool>() { 1.0 } else { -1.0 }
}

/// A finite number.
pub(crate) fn number(stream: &mut Stream) -> f64 {
    let t: f64 = stream.random();
    match stream.random_range(0..12) {
        0..=2 => 20.0 * (t - 0.5),
        3 => 1500.0 * (t - 0.5),
        4 => sign(stream) * 10.0_f64.powf(600.0 * t - 300.0),
        5 => sign(stream) * 10.0_f64.powf(-20.0 * t),
        6 => 1.0 + sign(stream) * 10.0_f64.powf(-16.0 * t),
        // Near the extrema and the zeros of sine and cosine.
        7 => f64::from(stream.random_range(-1000..1000)) * FRAC_PI_2 * (1.0 + sign(stream) * 1e-15 * t),
        8 => sign(stream) * f64::from_bits(stream.random_range(0..1 << 52)),
        9 => sign(stream) * f64::MAX * (1.0 - 0.5 * t),
        10 => f64::from(stream.random_range(-40..40)) * 0.25,
        _ => {
            [0.0, 1.0, -1.0, 5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, 710.0][stream.random_range(0..8)]
        }
    }
}

/// An interval and a finite number inside; undefined at times, and then the number means nothing.
pub(crate) fn inhabited(stream: &mut Stream) -> (Interval, f64) {
    let a = number(stream);
    let interval = match stream.random_range(0..16) {
        0..=5 => Interval::point(a),
        6..=8 => Interval::hull(a, a * (1.0 + 10.0_f64.powf(-16.0 * stream.random::<f64>()))),
        9..=13 => Interval::hull(a, number(stream)),
        14 => Interval::hull(a, sign(stream) * f64::INFINITY),
        _ if stream.random::<bool>() => Interval::whole(),
        _ => Interval::undefined(),
    };
    let t: f64 = stream.random();
    let inside = match stream.random_range(0..3) {
        0 => interval.lo(),
        1 => interval.hi(),
        _ => (1.0 - t) * interval.lo() + t * interval.hi(),
    };
    let finite = |x: f64| x.clamp(f64::MIN, f64::MAX);
    (interval, if interval.is_undefined() { a } else { finite(inside).max(interval.lo()).min(interval.hi()) })
}

/// An integer exponent, mostly small.
pub(crate) fn integer_exponent(stream: &mut Stream) -> i32 {
    match stream.random_range(0..4) {
        0 => stream.random_range(-70..71),
        1 => stream.random_range(-2000..2001),
        _ => stream.random_range(-6..7),
    }
}

/// A real exponent, at times an integer of any size.
pub(crate) fn real_exponent(stream: &mut Stream) -> f64 {
    match stream.random_range(0..6) {
        0 => f64::from(stream.random_range(-12..13)) * 0.5,
        1 => f64::from(stream.random_range(-300..301)),
        2 => (10.0_f64.powf(18.0 * stream.random::<f64>())).round() * sign(stream),
        3 => sign(stream) * 10.0_f64.powf(-10.0 * stream.random::<f64>()),
        _ => 10.0 * (stream.random::<f64>() - 0.5),
    }
}
