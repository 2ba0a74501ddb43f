//! Enclosure against 256 bits: whatever point is taken inside the operands, the exact result lies inside the
//! result.

use super::{Interval, Number, Precise, PreciseInterval, Sign};
use proptest::prelude::*;

/// Numbers of every size and sign, with the special ones among them.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        8 => -30.0..30.0_f64,
        4 => (-300.0..300.0_f64, any::<bool>()).prop_map(|(e, s)| 10.0_f64.powf(e) * if s { 1.0 } else { -1.0 }),
        4 => (-20.0..3.0_f64, any::<bool>()).prop_map(|(e, s)| 10.0_f64.powf(e) * if s { 1.0 } else { -1.0 }),
        1 => prop_oneof![Just(0.0), Just(1.0), Just(-1.0), Just(5e-324), Just(f64::MAX), Just(f64::MIN)],
    ]
}

/// An interval, at times of no width or unbounded, and a point inside.
fn inhabited() -> impl Strategy<Value = (Interval, f64)> {
    (number(), number(), 0.0..=1.0_f64, 0..10_u8).prop_map(|(a, b, t, kind)| match kind {
        0 => (Interval::point(a), a),
        1 => (Interval::hull(a, f64::INFINITY.copysign(b)), a),
        _ => {
            let x = Interval::hull(a, b);
            (x, (x.lo + t * (x.hi * 0.5 - x.lo * 0.5) * 2.0).clamp(x.lo, x.hi))
        }
    })
}

fn encloses(outer: &Interval, exact: &Precise) -> bool {
    Precise::from_f64(outer.lo) <= *exact && *exact <= Precise::from_f64(outer.hi)
}

/// The enclosure may be undefined only where a point of the operand has no value.
fn check(outer: Interval, exact: &Precise, may_be_undefined: bool) -> Result<(), TestCaseError> {
    if outer.is_undefined() {
        prop_assert!(may_be_undefined);
    } else {
        prop_assert!(encloses(&outer, exact), "{outer:?} misses {exact:?}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_four_operations_enclose((x, p) in inhabited(), (y, q) in inhabited()) {
        let (exact_p, exact_q) = (Precise::from_f64(p), Precise::from_f64(q));
        check(x + y, &(exact_p.clone() + &exact_q), false)?;
        check(x - y, &(exact_p.clone() - &exact_q), false)?;
        check(x * y, &(exact_p.clone() * &exact_q), false)?;
        if q != 0.0 {
            check(x / y, &(exact_p / &exact_q), y.contains(0.0))?;
        }
    }

    #[test]
    fn lattice_operations_enclose((x, p) in inhabited(), (y, q) in inhabited()) {
        prop_assert!(Number::max(&x, &y).contains(p.max(q)) && Number::min(&x, &y).contains(p.min(q)));
        prop_assert!(Number::abs(&x).contains(p.abs()) && (-x).contains(-p));
        prop_assert!(x.signum().contains(Number::signum(&p)));
        let branch = if p < 0.0 { q } else { p };
        prop_assert!(x.select(|| y, || x).contains(branch));
        let (left, right) = x.bisect();
        prop_assert!((left.contains(p) || right.contains(p)) && left.hi == right.lo);
    }

    #[test]
    fn powers_enclose((x, p) in inhabited(), n in -9..9_i32, r in -4.0..4.0_f64) {
        if p != 0.0 || n >= 0 {
            check(Number::powi(&x, n), &Number::powi(&Precise::from_f64(p), n), n < 0)?;
        }
        if p > 0.0 {
            let pole = r < 0.0 && x.lo == 0.0;
            check(Number::powf(&x, r), &Number::powf(&Precise::from_f64(p), r), x.lo < 0.0 || pole)?;
        }
        if p >= 0.0 {
            check(Number::sqrt(&x), &Number::sqrt(&Precise::from_f64(p)), x.lo < 0.0)?;
        }
        prop_assert!(x.square().lo >= 0.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(800))]

    #[test]
    fn elementary_functions_enclose((x, p) in inhabited()) {
        let exact = Precise::from_f64(p);
        check(Number::exp(&x), &Number::exp(&exact), false)?;
        check(Number::exp_m1(&x), &Number::exp_m1(&exact), false)?;
        check(Number::sinh(&x), &Number::sinh(&exact), false)?;
        check(Number::cosh(&x), &Number::cosh(&exact), false)?;
        if p > 0.0 {
            check(Number::ln(&x), &Number::ln(&exact), x.lo < 0.0)?;
        }
        if p > -1.0 {
            check(Number::ln_1p(&x), &Number::ln_1p(&exact), x.lo < -1.0)?;
        }
    }

    #[test]
    fn sine_and_cosine_enclose(centre in -1e3..1e3_f64, width in -12.0..1.0_f64, t in 0.0..=1.0_f64) {
        let x = Interval::hull(centre, centre + 10.0_f64.powf(width));
        let p = (x.lo + t * (x.hi - x.lo)).clamp(x.lo, x.hi);
        let exact = Precise::from_f64(p);
        check(Number::sin(&x), &Number::sin(&exact), false)?;
        check(Number::cos(&x), &Number::cos(&exact), false)?;
        // Narrow intervals away from an extremum must stay narrow, or the enclosure would be worthless.
        prop_assert!(Number::cos(&x).width() <= x.width() + 1e-15);
    }

    /// 256-bit intervals enclose too, and they are narrower by far.
    #[test]
    fn precise_intervals_lie_inside(p in -20.0..20.0_f64, q in 0.1..20.0_f64) {
        fn formula<N: Number>(p: f64, q: f64) -> N {
            let (p, q) = (N::from_f64(p), N::from_f64(q));
            (p.exp() + q.ln() * &p).sin() / (q.powf(1.7) + p.cosh().ln_1p())
        }
        let coarse: Interval = formula(p, q);
        let fine: PreciseInterval = formula(p, q);
        let fine = fine.to_f64_interval();
        prop_assert!(coarse.lo <= fine.lo && fine.hi <= coarse.hi);
        prop_assert!(fine.hi <= fine.lo.next_up());
    }
}

/// The distance of the platform's functions from the truth, in units in the last place.
#[test]
fn the_platform_functions_keep_half_of_the_trusted_bound() {
    use fenchel_random::Seed;
    type Pair = (&'static str, fn(&f64) -> f64, fn(&Precise) -> Precise, f64, f64);
    let functions: [Pair; 9] = [
        ("exp", Number::exp, Number::exp, -700.0, 700.0),
        ("exp_m1", Number::exp_m1, Number::exp_m1, -30.0, 700.0),
        ("ln", Number::ln, Number::ln, 0.0, 100.0),
        ("ln_1p", Number::ln_1p, Number::ln_1p, -1.0, 100.0),
        ("sin", Number::sin, Number::sin, -1e4, 1e4),
        ("cos", Number::cos, Number::cos, -1e4, 1e4),
        ("sinh", Number::sinh, Number::sinh, -700.0, 700.0),
        ("cosh", Number::cosh, Number::cosh, -700.0, 700.0),
        ("powf 1.2", |x| x.powf(1.2), |x| x.powf(1.2), 0.0, 1e100),
    ];
    let mut stream = Seed::new(1).derive("units in the last place").stream();
    for (name, rounded, exact, lo, hi) in functions {
        for i in 0..3000 {
            // A third of the arguments over the range, a third near 1, a third of every small size.
            let t: f64 = stream.random();
            let x = match i % 3 {
                0 => lo + t * (hi - lo),
                1 => (2.0 * t).clamp(lo, hi),
                _ => (10.0_f64.powf(-18.0 * t) * if i % 2 == 0 { 1.0 } else { lo.signum() }).clamp(lo, hi),
            };
            let value = rounded(&x);
            let truth = exact(&Precise::from_f64(x));
            if !value.is_finite() || value == 0.0 {
                continue;
            }
            let ulp = value.abs().next_up() - value.abs();
            let error = (truth - value).to_f64().abs() / ulp;
            assert!(2.0 * error <= f64::from(Interval::ELEMENTARY_ULPS), "{name}({x:e}) is off by {error}");
        }
    }
}

#[test]
fn exact_results_stay_exact() {
    let three = Interval::point(3.0);
    assert_eq!(three * 2.0 - 6.0, Interval::point(0.0));
    assert_eq!((three * 4.0 / 3.0).sqrt(), Interval::point(2.0));
    assert_eq!(Number::exp(&Interval::point(0.0)), Interval::point(1.0));
    assert_eq!(Number::ln(&Interval::point(1.0)), Interval::point(0.0));
    assert_eq!(Number::powi(&Interval::point(-2.0), -3), Interval::point(-0.125));
    assert_eq!(Number::cos(&Interval::point(0.0)), Interval::point(1.0));
    assert_eq!((three - 3.0).sign(), Sign::Zero);
}

#[test]
fn what_is_undefined_stays_undefined() {
    let x = Interval::hull(-1.0, 2.0);
    for undefined in [Number::ln(&x), Number::sqrt(&x), x.powf(0.5), Interval::point(1.0) / 0.0] {
        assert!(undefined.is_undefined() && (undefined + 1.0).is_undefined());
        assert!(Number::max(&undefined, &x).is_undefined() && undefined.select(|| x, || x).is_undefined());
        assert_eq!(undefined.sign(), Sign::Undecided);
    }
    // Poles: over one, at one, and up to one from either side.
    for b in [x, Interval::point(0.0), Interval::hull(0.0, 4.0), Interval::hull(-4.0, 0.0)] {
        for pole in
            [x / b, b.recip(), b.powi(-1), b.powi(-2), b.powi(-66), b.powf(-3.0), b.powf(-1e3), b.powf(-0.5)]
        {
            assert!(pole.is_undefined(), "{b:?} {pole:?}");
        }
    }
    assert!(Interval::hull(-2.0, -1.0).powi(-2).contains(0.25));
}

#[test]
fn extrema_inside_are_found() {
    assert_eq!(Number::cos(&Interval::hull(-0.5, 0.25)).hi, 1.0);
    assert_eq!(Number::cos(&Interval::hull(3.0, 3.5)).lo, -1.0);
    assert_eq!(Number::sin(&Interval::hull(1.5, 1.6)).hi, 1.0);
    assert_eq!(Number::sin(&Interval::hull(4.7, 4.8)).lo, -1.0);
    assert!(Number::sin(&Interval::hull(0.1, 0.2)).hi < 0.2);
    assert_eq!(Number::sin(&Interval::point(1e300)), Interval::hull(-1.0, 1.0));
}

/// Integer exponents of every size are defined for negative bases.
#[test]
fn integer_powers_of_negative_numbers() {
    let minus = Interval::point(-1.0);
    for n in [2.0, 64.0, 66.0, 1000.0, 2.0_f64.powi(40), 1e300] {
        assert_eq!(minus.powf(n), Interval::point(1.0), "{n}");
        assert_eq!(minus.powf(-n), Interval::point(1.0), "{n}");
        assert_eq!(PreciseInterval::from_f64(-1.0).powf(n), PreciseInterval::one(), "{n}");
    }
    for n in [3, 65, 67, i32::MAX, i32::MIN + 1] {
        assert_eq!(minus.powi(n), minus);
        assert_eq!(minus.powf(f64::from(n)), minus);
        assert_eq!(Number::powi(&Precise::from_f64(-1.0), n), Precise::from_f64(-1.0));
    }
    assert_eq!(minus.powi(i32::MIN), Interval::point(1.0));
    let wide = Interval::hull(-2.0, 1.0);
    assert!(wide.powf(65.0).contains(-(2.0_f64.powi(65))) && wide.powf(65.0).contains(1.0));
    assert_eq!((wide.powf(66.0).lo, wide.powf(66.0).contains(2.0_f64.powi(66))), (0.0, true));
    assert!(
        wide.powf(0.5).is_undefined() && wide.powf(65.5).is_undefined() && wide.powf(-65.0).is_undefined()
    );
}

/// Beside an extremum too: f64's pi is 1.2e-16 from the true one, and so far the cosine is from flat.
#[test]
fn precise_trigonometry_is_precise_near_extrema() {
    use std::f64::consts::{FRAC_PI_2, PI};
    for x in [PI, 2.0 * PI, 3.0 * PI, FRAC_PI_2, 3.0 * FRAC_PI_2, 1e10 * PI, 1e22, 1e60] {
        for wave in [PreciseInterval::from_f64(x).sin(), PreciseInterval::from_f64(x).cos()] {
            assert!((wave.clone() - &wave).to_f64_interval().width() < 2.0_f64.powi(-240), "{x:e} {wave:?}");
        }
    }
    // The extremum itself lies in no point interval, and is found in a wide one.
    let below = PreciseInterval::from_f64(PI).union(&PreciseInterval::from_f64(3.5)).cos();
    assert_eq!(below.to_f64_interval().lo, -1.0);
    assert!(PreciseInterval::from_f64(PI).cos().ends().0 > &Precise::from_f64(-1.0));
}
