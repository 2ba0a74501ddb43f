//! T6 against numbers computed by hand.

use crate::catalogue::{Cosine, LogCosh, PotentialFunction, Separable};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::objectives::Region;
use crate::potentials::Potential;
use crate::theorems::by_hand::{assert_report, measured_hypothesis, point_of};
use crate::theorems::descent;
use crate::theorems::descent::Run;
use crate::trajectory::{GeneralisedDescent, Trajectory};
use ndarray::array;

fn power(c: f64) -> PotentialFunction {
    PotentialFunction::new(Potential::norm_power(c, 2.0, Norm::L2).unwrap(), 1).unwrap()
}

fn square() -> PotentialFunction {
    PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap()
}

/// cos x beyond its ridge at 2.6, all values negative, and a step with C = 1.
fn beyond_the_ridge() -> (Separable<Cosine>, Modulus, Trajectory) {
    let function = Separable::new(Cosine, 1).unwrap();
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, &array![2.6], 1).unwrap();
    (function, modulus, trajectory)
}

#[test]
fn with_exponent_one_asks_for_the_step_one() {
    // Phi = 2|.|: a gradient within 2 is answered by no step.
    let linear = Modulus::smooth(2.0, 1.0, Norm::L2).unwrap().with_offset(1.0).unwrap();
    let still = Trajectory::record(&power(1.0), [array![1.2], array![1.2]]).unwrap();
    let function = power(1.0);
    let report = descent::check(&Run::new(&function, &linear, &still), 1.0).unwrap();
    assert_report(&report, 0.0, -1.0, 1.0, 2.44);
    assert_eq!(measured_hypothesis(&report, "every step is").0, 0.0);
}

#[test]
fn the_room_of_a_modulus_along_a_step() {
    // x^2/2 against C along any step: (1 - C)/(1 + C) of the terms.
    let function = square();
    let still = Trajectory::record(&function, [array![1.0], array![0.5]]).unwrap();
    for c in [1.6, 1.0, 0.8] {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        let report = descent::check(&Run::new(&function, &modulus, &still), 1.0).unwrap();
        let (residual, tolerance) = measured_hypothesis(&report, "smooth along");
        assert!((residual - (1.0 - c) / (1.0 + c)).abs() < 1e-12 && tolerance == 0.0, "{c}: {residual}");
    }
}

#[test]
fn distances_to_the_region() {
    let function = square();
    let modulus = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, &array![1.4], 3).unwrap();
    assert_eq!(trajectory.steps(), 3);
    let ball = Region::Ball { centre: vec![0.2], radius: 1.3, norm: Norm::L2 };
    let run = Run::new(&function, &modulus, &trajectory).within(ball);
    // The farthest of 1.4, 0.7, 0.35, 0.175 from 0.2 is the first: 0.1 inside, of 1.3.
    let (residual, tolerance) =
        measured_hypothesis(&descent::check(&run, 1.0).unwrap(), "lies in the region");
    assert!((residual + 0.1 / 1.3).abs() < 1e-15 && tolerance == 0.0, "{residual}");
}

#[test]
fn on_a_power_and_on_a_parabola() {
    for (r, c, step, offset, start) in [
        (2.0, 3.0, 0.7, 0.1, 1.4),
        (1.5, 2.3, 1.3, 0.2, -1.7),
        (1.5, 0.6, 1.3, 0.0, 0.9),
        (2.0, 0.5, 0.7, 0.05, -1.1),
    ] {
        let function = PotentialFunction::new(Potential::norm_power(1.0, r, Norm::L2).unwrap(), 1).unwrap();
        let modulus = Modulus::smooth(c, r, Norm::L2).unwrap().with_offset(offset).unwrap();
        let method = GeneralisedDescent::new(modulus.potential().clone(), step).unwrap();
        let trajectory = method.run(&function, &array![start], 1).unwrap();
        let report = descent::check(&Run::new(&function, &modulus, &trajectory), step).unwrap();
        // |x|^r/r: slope |x|^{r-1}; Phi* = (1/q) C^{-(q-1)} g^q; the step is C^{-(q-1)} g^{q-1}.
        let q = r / (r - 1.0);
        let value = |x: f64| x.abs().powf(r) / r;
        let g = start.abs().powf(r - 1.0);
        let energy = c.powf(1.0 - q) * g.powf(q) / q;
        let after = start.abs() - step * c.powf(1.0 - q) * g.powf(q - 1.0);
        let (measured, bound) =
            (value(start) - value(after), (q * step - (q - 1.0) * step.powf(r)) * energy - offset);
        let size = q * (step + step.powf(r)) * energy + value(start) + value(after) + offset;
        assert_report(&report, measured, bound, measured - bound, size);
        assert_eq!(report.inequality.is_violated(), c < 1.0);
        assert_eq!(point_of(&report, "x"), [start]);
    }
    // Another potential allows a = 1 only; its weight is 1.
    let function = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::new(Side::Smooth, Potential::hyperbolic_cosine(Norm::L2), 0.3).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, &array![1.2], 1).unwrap();
    let report = descent::check(&Run::new(&function, &modulus, &trajectory), 1.0).unwrap();
    let g = 1.2_f64.tanh();
    let energy = g * g.asinh() - (1.0 + g * g).sqrt() + 1.0;
    let (before, after) = (1.2_f64.cosh().ln(), (1.2 - g.asinh()).cosh().ln());
    assert_report(
        &report,
        before - after,
        energy - 0.3,
        before - after - energy + 0.3,
        energy + before + after + 0.3,
    );
}

#[test]
fn values_below_zero_count_by_their_size() {
    let x = 2.6_f64;
    let (function, modulus, trajectory) = beyond_the_ridge();
    let (energy, next) = (x.sin().powi(2) / 2.0, x + x.sin());
    let (before, after) = (x.cos(), next.cos());
    let report = descent::check(&Run::new(&function, &modulus, &trajectory), 1.0).unwrap();
    assert_report(&report, before - after, energy, before - after - energy, 4.0 * energy - before - after);
}

#[test]
fn asks_for_steps_exponents_and_budgets() {
    let function = PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap();
    let modulus = Modulus::smooth(1.5, 2.0, Norm::L2).unwrap();
    let still = Trajectory::record(&function, [array![1.0]]).unwrap();
    let one = Trajectory::record(&function, [array![1.0], array![1.0 / 3.0]]).unwrap();
    assert!(descent::check(&Run::new(&function, &modulus, &still), 1.0).is_err());
    assert!(descent::check(&Run::new(&function, &modulus, &one), 1.0).is_ok());
    // r = 1 has no exponent q, and r a little above has one.
    assert!(descent::guaranteed_share(1.0, 0.5).is_err() && descent::guaranteed_share(1.005, 0.5).is_ok());
    assert!(descent::critical_step(1.0).is_err() && descent::critical_step(1.005).is_ok());
    let linear = Modulus::smooth(2.0, 1.0, Norm::L2).unwrap().with_offset(1.0).unwrap();
    assert!(descent::check(&Run::new(&function, &linear, &one), 0.5).is_err());
    let nearly = Modulus::smooth(2.0, 1.005, Norm::L2).unwrap();
    assert!(descent::check(&Run::new(&function, &nearly, &one), 0.5).is_ok());
    // The record must be the method's, relative to the length of the step.
    let residual = |next: f64| {
        let record = Trajectory::record(&function, [array![1.0], array![next]]).unwrap();
        let report = descent::check(&Run::new(&function, &modulus, &record), 1.0).unwrap();
        measured_hypothesis(&report, "every step is").0
    };
    assert_eq!(residual(1.0 / 3.0), 0.0);
    assert!((residual(0.4) - (0.4 - 1.0 / 3.0) * 1.5).abs() < 1e-13);
    assert!((residual(0.335) - (0.335 - 1.0 / 3.0) * 1.5).abs() < 1e-13);
    // Distances to the region: from the ball's edge, and above the level.
    let distance = |region: Region| {
        let run = Run::new(&function, &modulus, &one).within(region);
        measured_hypothesis(&descent::check(&run, 1.0).unwrap(), "lies in the region").0
    };
    let ball = distance(Region::Ball { centre: vec![-0.5], radius: 1.1, norm: Norm::L2 });
    assert!((ball - 0.4 / 1.1).abs() < 1e-15);
    assert!((distance(Region::Sublevel { level: 0.3, inside: vec![0.1] }) - 0.2 / 0.8).abs() < 1e-15);
}
