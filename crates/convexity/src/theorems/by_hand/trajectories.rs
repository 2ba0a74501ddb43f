//! T6 and T7.

use super::*;
use crate::catalogue::{Cosine, LogCosh, PotentialFunction, Separable};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::objectives::Region;
use crate::potentials::Potential;
use crate::search::SearchConfig;
use crate::theorems::descent::{self, Run};
use crate::theorems::gradient_bounds::Infimum;
use crate::theorems::{classical, interference, rates};
use crate::trajectory::{BatchRun, FiniteSum, GeneralisedDescent, Trajectory};

const CONFIG: fn() -> SearchConfig = || SearchConfig::budget(300);

#[test]
fn t6_on_a_power_and_on_a_parabola() {
    for (r, c, step, offset, start) in [
        (2.0, 3.0, 0.7, 0.1, 1.4),
        (1.5, 2.3, 1.3, 0.2, -1.7),
        (1.5, 0.6, 1.3, 0.0, 0.9),
        (2.0, 0.5, 0.7, 0.05, -1.1),
    ] {
        let function = PotentialFunction::new(Potential::norm_power(1.0, r, Norm::L2).unwrap(), 1).unwrap();
        let modulus = Modulus::smooth(c, r, Norm::L2).unwrap().with_offset(offset).unwrap();
        let method = GeneralisedDescent::new(modulus.potential().clone(), step).unwrap();
        let trajectory = method.run(&function, array![start].view(), 1).unwrap();
        let report = descent::check(&Run::new(&function, &modulus, &trajectory), step, &CONFIG()).unwrap();
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
        assert_eq!(report.claim.is_violated(), c < 1.0);
        assert_eq!(point_of(&report, "x"), [start]);
    }
    // Another potential allows a = 1 only; its weight is 1.
    let function = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::new(Side::Smooth, Potential::hyperbolic_cosine(Norm::L2), 0.3).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, array![1.2].view(), 1).unwrap();
    let report = descent::check(&Run::new(&function, &modulus, &trajectory), 1.0, &CONFIG()).unwrap();
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
    // cos x beyond its ridge: all values are negative, C = 1.
    let (x, function) = (2.6_f64, Separable::new(Cosine, 1).unwrap());
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, array![x].view(), 1).unwrap();
    let (energy, next) = (x.sin().powi(2) / 2.0, x + x.sin());
    let (before, after) = (x.cos(), next.cos());
    let run = Run::new(&function, &modulus, &trajectory);
    let report = descent::check(&run, 1.0, &CONFIG()).unwrap();
    assert_report(&report, before - after, energy, before - after - energy, 4.0 * energy - before - after);
    let report = rates::energy(&run, &Infimum::AtLeast(-1.0), &CONFIG()).unwrap();
    assert_report(&report, energy, before + 1.0, before + 1.0 - energy, 1.0 - before);
    let (below, _) = measured_hypothesis(&report, "below the infimum");
    assert!((below - (-1.0 - after) / (1.0 - after)).abs() < 1e-14, "{below}");
    let lower = Modulus::convex(0.2, 2.0, Norm::L2).unwrap();
    let report = rates::dominated(&run, &lower, &Infimum::AtLeast(-1.0), &CONFIG()).unwrap();
    let (gap, bound) = (after + 1.0, 0.8 * (before + 1.0));
    assert_report(&report, gap, bound, bound - gap, bound - after + 1.0);
    let (residual, _) = measured_hypothesis(&report, "at most phi*");
    let over = before + 1.0 - x.sin().powi(2) / 0.4;
    assert!((residual - over.max(before - 1.0) / (1.0 - before)).abs() < 1e-14, "{residual}");
    // T9: cos x and cos(x + 0.4), each a batch.
    let shifted = Precomposed::new(Separable::new(Cosine, 1).unwrap(), array![[1.0]], array![0.4]).unwrap();
    let sum = FiniteSum::new(vec![Arc::new(function), Arc::new(shifted)]).unwrap();
    let points = Trajectory::record(&sum, [array![x]]).unwrap();
    let infima = [-1.0, -1.2];
    let instance =
        classical::Instance { sum: &sum, trajectory: &points, constant: 1.1, step: 0.3, infima: &infima };
    let [moment, step] = classical::check(&instance, &[vec![0], vec![1]], &CONFIG()).unwrap();
    let risk = |x: f64| (x.cos() + (x + 0.4).cos()) / 2.0;
    let slopes = [-x.sin(), -(x + 0.4).sin()];
    let squares = (slopes[0] * slopes[0] + slopes[1] * slopes[1]) / 2.0;
    let bound = 2.2 * (risk(x) + 1.1);
    assert_report(&moment, squares, bound, bound - squares, squares + 2.2 * (1.1 - risk(x)));
    let after = (risk(x - 0.3 * slopes[0]) + risk(x - 0.3 * slopes[1])) / 2.0;
    let bound = risk(x) - 0.3 * ((slopes[0] + slopes[1]) / 2.0).powi(2) + 1.1 * 0.045 * squares;
    assert_report(&step, after, bound, bound - after, 0.3 * squares * 1.33 - after - risk(x));
    let nearest = [(x.cos(), -1.0), ((x + 0.4).cos(), -1.2)]
        .map(|(value, least): (f64, f64)| (least - value) / -(least + value))
        .into_iter()
        .fold(f64::NEG_INFINITY, f64::max);
    assert!((measured_hypothesis(&moment, "below its infimum").0 - nearest).abs() < 1e-14);
    // T8 on the same: the first sample's step.
    let next = x - slopes[0] / 1.1;
    let run = BatchRun::record(&sum, [array![x], array![next]], vec![vec![0]]).unwrap();
    let modulus = Modulus::smooth(1.1, 2.0, Norm::L2).unwrap();
    let report = interference::check(&sum, &run, &modulus).unwrap();
    let energy = slopes[0] * slopes[0] / 2.2;
    let interference = ((next + 0.4).cos() - (x + 0.4).cos()) / 2.0;
    let bound = risk(x) - risk(next) + interference;
    let size = energy + interference.abs() - risk(x) - risk(next);
    assert_report(&report, energy / 2.0, bound, bound - energy / 2.0, size);
    let d = next.cos() - x.cos() - slopes[0] * (next - x);
    let half = 0.55 * (next - x) * (next - x);
    let (residual, _) = measured_hypothesis(&report, "smooth along");
    assert!((residual - (d - half) / (d.abs() + half)).abs() < 1e-12, "{residual}");
}

#[test]
fn t6_asks_for_steps_exponents_and_budgets() {
    let function = PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap();
    let modulus = Modulus::smooth(1.5, 2.0, Norm::L2).unwrap();
    let still = Trajectory::record(&function, [array![1.0]]).unwrap();
    let one = Trajectory::record(&function, [array![1.0], array![1.0 / 3.0]]).unwrap();
    assert!(descent::check(&Run::new(&function, &modulus, &still), 1.0, &CONFIG()).is_err());
    let token = SearchConfig::budget(1);
    assert!(descent::check(&Run::new(&function, &modulus, &one), 1.0, &token).is_ok());
    let none = SearchConfig::budget(0);
    assert!(descent::check(&Run::new(&function, &modulus, &one), 1.0, &none).is_err());
    // r = 1 has no exponent q, and r a little above has one.
    assert!(descent::guaranteed_share(1.0, 0.5).is_err() && descent::guaranteed_share(1.005, 0.5).is_ok());
    assert!(descent::critical_step(1.0).is_err() && descent::critical_step(1.005).is_ok());
    let linear = Modulus::smooth(2.0, 1.0, Norm::L2).unwrap().with_offset(1.0).unwrap();
    assert!(descent::check(&Run::new(&function, &linear, &one), 0.5, &CONFIG()).is_err());
    let nearly = Modulus::smooth(2.0, 1.005, Norm::L2).unwrap();
    assert!(descent::check(&Run::new(&function, &nearly, &one), 0.5, &CONFIG()).is_ok());
    // The record must be the method's to 1e-12, relative to the points.
    let residual = |next: f64| {
        let record = Trajectory::record(&function, [array![1.0], array![next]]).unwrap();
        let report = descent::check(&Run::new(&function, &modulus, &record), 1.0, &CONFIG()).unwrap();
        measured_hypothesis(&report, "every step").0
    };
    assert!(residual(1.0 / 3.0) <= 1e-15);
    assert!((residual(0.4) - (0.4 - 1.0 / 3.0) / 1.4).abs() < 1e-14);
    assert!((residual(0.335) - (0.335 - 1.0 / 3.0) / 1.335).abs() < 1e-14);
    // Distances to the region: from the ball's edge, and above the level.
    let distance = |region: Region| {
        let run = Run::new(&function, &modulus, &one).within(region);
        measured_hypothesis(&descent::check(&run, 1.0, &CONFIG()).unwrap(), "lies in the region").0
    };
    let ball = distance(Region::Ball { centre: vec![-0.5], radius: 1.1, norm: Norm::L2 });
    assert!((ball - 0.4).abs() < 1e-15);
    assert!((distance(Region::Sublevel { level: 0.3, inside: vec![0.1] }) - 0.2).abs() < 1e-15);
}

#[test]
fn t7_the_energy_of_prefixes() {
    // x^2/2 with C = 2: every step halves x, the energy is x^2/4. The worst prefix is the first.
    let function = PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap();
    let run = |c: f64, start: f64, steps: usize| {
        let modulus = Modulus::smooth(c, 2.0, Norm::L2).unwrap();
        let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
        (method.run(&function, array![start].view(), steps).unwrap(), modulus)
    };
    let (trajectory, modulus) = run(2.0, 1.4, 3);
    let report =
        rates::energy(&Run::new(&function, &modulus, &trajectory), &Infimum::AtLeast(-0.3), &CONFIG())
            .unwrap();
    let (energy, gap) = (1.4 * 1.4 / 4.0, 1.4 * 1.4 / 2.0 + 0.3);
    assert_report(&report, energy, gap, gap - energy, gap);
    assert_eq!(point_of(&report, "T"), [1.0]);
    // C = 0.4 overshoots: x -> -1.5 x. The energies grow, the least stays the first; at T the bound is D_0/T. Violated at once.
    let (trajectory, modulus) = run(0.4, 1.4, 3);
    let report =
        rates::energy(&Run::new(&function, &modulus, &trajectory), &Infimum::At(vec![0.0]), &CONFIG())
            .unwrap();
    let (energy, gap) = (1.4 * 1.4 / 0.8, 1.4 * 1.4 / 2.0);
    // Granted: what the exact step raises nothing, so the enclosure is the slack itself.
    assert_report(&report, energy, gap, gap - energy, gap);
    // Steps that are not the method's: the exact ones fall further, and the rise is granted, so that nothing is refuted.
    let function = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::smooth(0.5, 2.0, Norm::L2).unwrap();
    let states: Vec<_> = (0..12).map(|k| array![10.0 - 0.01 * f64::from(k)]).collect();
    let slow = Trajectory::record(&function, states).unwrap();
    let report =
        rates::energy(&Run::new(&function, &modulus, &slow), &Infimum::AtLeast(0.0), &CONFIG()).unwrap();
    assert!(!report.claim.is_violated() && report.verdict().is_undecided());
}

#[test]
fn t7_the_energy_of_the_third_prefix() {
    // log cosh from 5 is nearly a line: the energies hardly fall while the bound does, so that the last prefix is the worst.
    let function = Separable::new(LogCosh, 1).unwrap();
    let modulus = Modulus::smooth(1.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, array![5.0].view(), 3).unwrap();
    let run = Run::new(&function, &modulus, &trajectory);
    let report = rates::energy(&run, &Infimum::At(vec![0.0]), &CONFIG()).unwrap();
    let (first, second) = (5.0 - 5f64.tanh(), 5.0 - 5f64.tanh() - (5.0 - 5f64.tanh()).tanh());
    let (gap, energy) = (5f64.cosh().ln(), second.tanh().powi(2) / 2.0);
    assert!(first > second && second > 2.9);
    assert_report(&report, energy, gap / 3.0, gap / 3.0 - energy, gap / 3.0);
    assert_eq!(point_of(&report, "T"), [3.0]);
}

#[test]
fn t7_the_rates_of_gaps() {
    // x^2/2 in l_2, r = 2, q = 2, one step with C = 2 from 1.4: D_1 = 0.245.
    let function = PotentialFunction::new(Potential::norm_power(1.0, 2.0, Norm::L2).unwrap(), 1).unwrap();
    let modulus = Modulus::smooth(2.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(modulus.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, array![1.4].view(), 1).unwrap();
    let run = Run::new(&function, &modulus, &trajectory);
    let (first, gap) = (0.98, 0.245);
    // (ii): A = 1/(2 C R^2) with R = 1.4.
    let bound = 1.0 / (1.0 / first + 1.0 / (2.0 * 2.0 * 1.96));
    let report = rates::convex(&run, &[0.0], &CONFIG()).unwrap();
    assert_report(&report, gap, bound, bound - gap, bound + gap);
    let (tangent, _) = measured_hypothesis(&report, "tangent");
    // At 1.4: G + <g, -x> - 0 = -0.98, relative to 0.98 + 1.96.
    assert!((tangent + 0.98 / 2.94).abs() < 1e-15, "{tangent}");
    // (iii) with c = 0.9 and the lower bound -0.1 on the infimum: (1 - 0.45) D_0.
    let lower = Modulus::convex(0.9, 2.0, Norm::L2).unwrap();
    let report = rates::dominated(&run, &lower, &Infimum::AtLeast(-0.1), &CONFIG()).unwrap();
    let bound = 0.55 * (first + 0.1);
    assert_report(&report, gap + 0.1, bound, bound - gap - 0.1, bound + gap + 0.1);
    // The domination: 1.08 <= 1.96/1.8 at 1.4; the slack is relative to |G| + |inf|, at least minus 1.
    let (residual, tolerance) = measured_hypothesis(&report, "at most phi*");
    assert!((residual - (1.08 - 1.96 / 1.8) / 1.08).abs() < 1e-14 && tolerance == 1e-12, "{residual}");
    let far = Modulus::convex(1e-3, 2.0, Norm::L2).unwrap();
    let report = rates::dominated(&run, &far, &Infimum::AtLeast(-0.1), &CONFIG()).unwrap();
    assert_eq!(measured_hypothesis(&report, "at most phi*").0, -1.0);
    let wrong = Modulus::convex(1.2, 2.0, Norm::L2).unwrap();
    let report = rates::dominated(&run, &wrong, &Infimum::AtLeast(-0.1), &CONFIG()).unwrap();
    assert!((measured_hypothesis(&report, "at most phi*").0 - (1.08 - 1.96 / 2.4) / 1.08).abs() < 1e-14);
    // A claim that is too fast, c = 1.9: D_1 <= 0.05 D_0 is refuted, by the slack itself.
    let fast = Modulus::convex(1.9, 2.0, Norm::L2).unwrap();
    let report = rates::dominated(&run, &fast, &Infimum::At(vec![0.0]), &CONFIG()).unwrap();
    assert!(report.claim.is_violated());
    assert_report(&report, gap, 0.05 * first, 0.05 * first - gap, gap + 0.05 * first);
    // A recorded value below the infimum, relative to both.
    let report = rates::energy(&run, &Infimum::AtLeast(0.6), &CONFIG()).unwrap();
    assert!((measured_hypothesis(&report, "below the infimum").0 - (0.6 - 0.245) / 0.845).abs() < 1e-14);
    // A shrinking claim in (iii): c > C ends in one step.
    let whole = Modulus::convex(2.5, 2.0, Norm::L2).unwrap();
    assert_eq!(rates::dominated(&run, &whole, &Infimum::At(vec![0.0]), &CONFIG()).unwrap().bound, 0.0);
}

#[test]
fn t7_slopes_are_fitted_to_the_last_decade() {
    // T^{-1} before the last decade, T^{-3} in it.
    let gaps = |steps: usize| -> Vec<f64> {
        let edge = steps as f64 / 10.0;
        (0..=steps)
            .map(|t| {
                let t = t as f64;
                if t < edge { 1.0 / t.max(0.5) } else { edge * edge / (t * t * t) }
            })
            .collect()
    };
    assert!((rates::fitted_exponent(&gaps(1000)).unwrap() + 3.0).abs() < 1e-12);
    assert!((rates::fitted_exponent(&gaps(20)).unwrap() + 3.0).abs() < 1e-12);
    assert!(rates::fitted_exponent(&gaps(19)).is_err());
    let mut zero = gaps(1000);
    zero[1000] = 0.0;
    assert!(rates::fitted_exponent(&zero).is_err());
    // A curve: log D = -(log T)^2, whose slope by least squares is that of the interpolation points themselves.
    let curve: Vec<f64> = (0..=1000).map(|t| (-(f64::from(t).max(1.0).ln()).powi(2)).exp()).collect();
    let points: Vec<(f64, f64)> = (0..=40)
        .map(|k| {
            let x = (100.0 * 10f64.powf(f64::from(k) / 40.0)).round().ln();
            (x, -x * x)
        })
        .collect();
    let centre = points.iter().map(|p| p.0).sum::<f64>() / 41.0;
    let slope = points.iter().map(|p| (p.0 - centre) * p.1).sum::<f64>()
        / points.iter().map(|p| (p.0 - centre) * (p.0 - centre)).sum::<f64>();
    assert!((rates::fitted_exponent(&curve).unwrap() - slope).abs() < 1e-10);
}
