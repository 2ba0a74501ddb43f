//! Records and methods on functions whose trajectories are known.

use super::*;
use crate::catalogue::{LogCosh, PotentialFunction, Quadratic, Separable};
use crate::norms::Norm;
use crate::number::{Number, PreciseInterval};
use crate::objectives::Evaluate;
use crate::potentials::Potential;
use fenchel_random::Seed;
use ndarray::array;
use std::sync::Arc;

fn majorant(c: f64, r: f64, norm: Norm) -> Potential {
    Potential::norm_power(c, r, norm).unwrap()
}

fn parabola(diagonal: &[f64]) -> Arc<dyn Objective> {
    Arc::new(Quadratic::diagonal(diagonal).unwrap())
}

#[test]
fn the_euclidean_square_gives_gradient_descent() {
    let function = Separable::new(LogCosh, 2).unwrap();
    let method = GeneralisedDescent::new(majorant(4.0, 2.0, Norm::L2), 0.5).unwrap();
    let run = method.run(&function, &array![1.0, -2.0], 5).unwrap();
    let mut x = array![1.0, -2.0];
    assert_eq!(run.steps(), 5);
    for state in run.states() {
        assert!((&state.point - &x).iter().all(|d: &f64| d.abs() < 1e-15));
        // The step of certificates is the step taken.
        let (point, gradient) = (state.point.to_vec(), state.gradient.to_vec());
        let next = method.next(&state.point, &state.gradient).unwrap();
        assert_eq!(method.next_of(&point, &gradient), next.to_vec());
        // Rate a/C = 1/8.
        x = &x - &(x.mapv(f64::tanh) / 8.0);
    }
}

#[test]
fn the_largest_entry_gives_sign_descent_scaled_by_the_dual_norm() {
    let function = Quadratic::diagonal(&[1.0, 2.0]).unwrap();
    let method = GeneralisedDescent::new(majorant(3.0, 2.0, Norm::LINF), 1.0).unwrap();
    let run = method.run(&function, &array![3.0, -1.5], 1).unwrap();
    // The gradient is (3, -3), its l_1 norm 6, divided by C = 3.
    assert_eq!(run.states()[1].point, array![1.0, 0.5]);
}

#[test]
fn its_own_potential_is_minimised_in_one_step() {
    for r in [1.3, 2.0, 3.5] {
        let potential = majorant(0.7, r, Norm::lp(3.0).unwrap());
        let function = PotentialFunction::new(potential.clone(), 3).unwrap();
        let method = GeneralisedDescent::new(potential, 1.0).unwrap();
        let run = method.run(&function, &array![1.0, -2.0, 0.5], 1).unwrap();
        assert!(run.states()[1].point.iter().all(|x| x.abs() < 1e-14), "{:?}", run.states()[1].point);
    }
}

#[test]
fn a_finite_sum_agrees_with_its_parts_in_every_arithmetic() {
    let sum =
        FiniteSum::new(vec![parabola(&[1.0, 0.0]), parabola(&[3.0, 1.0]), parabola(&[0.5, 2.0])]).unwrap();
    let x = [0.3, -0.7];
    let value = sum.value(&array![0.3, -0.7]).unwrap();
    assert!((value - (4.5 * 0.09 + 3.0 * 0.49) / 6.0).abs() < 1e-15);
    let lifted = x.map(PreciseInterval::from_f64);
    let formulas = sum.enclosable().unwrap();
    let enclosure = Evaluate::<PreciseInterval>::value_of(formulas, &lifted).to_f64_interval();
    assert!((enclosure.midpoint() - value).abs() < 1e-15);
    let mut gradient = vec![PreciseInterval::zero(); 2];
    Evaluate::<PreciseInterval>::gradient_of(formulas, &lifted, &mut gradient);
    assert!((gradient[1].to_f64() + 0.7).abs() < 1e-15);
    assert_eq!(sum.complement(&[0, 2]).unwrap().unwrap().len(), 1);
    assert!(sum.complement(&[0, 2, 1]).unwrap().is_none());
    assert!(sum.batch(&[]).is_err() && sum.batch(&[3]).is_err() && sum.batch(&[1, 1]).is_err());
}

#[test]
fn batches_are_drawn_without_repetition_and_by_seed() {
    let sum = FiniteSum::new((1..=5).map(|d| parabola(&[f64::from(d)])).collect()).unwrap();
    let run = |seed| {
        let step = GeneralisedDescent::new(majorant(5.0, 2.0, Norm::L2), 1.0).unwrap();
        let method = MiniBatchDescent::new(step, 3, Seed::new(seed)).unwrap();
        method.run(&sum, &array![1.0], 40).unwrap()
    };
    let (one, again, other) = (run(1), run(1), run(2));
    assert_eq!((one.steps(), one.trajectory()), (again.steps(), again.trajectory()));
    assert_ne!(one.steps(), other.steps());
    let mut drawn = [0; 5];
    for step in one.steps() {
        assert_eq!(step.batch.len(), 3);
        assert!(sum.batch(&step.batch).is_ok());
        step.batch.iter().for_each(|&i| drawn[i] += 1);
    }
    assert!(drawn.iter().all(|&count| count > 10), "{drawn:?}");
}

#[test]
fn misfits_are_refused() {
    let function = Quadratic::diagonal(&[1.0]).unwrap();
    assert!(Trajectory::record(&function, []).is_err());
    assert!(Trajectory::record(&function, [array![f64::NAN]]).is_err());
    assert!(Trajectory::record(&function, [array![1.0, 2.0]]).is_err());
    assert!(GeneralisedDescent::new(majorant(1.0, 2.0, Norm::L2), 0.0).is_err());
    assert!(GeneralisedDescent::new(majorant(1.0, 2.0, Norm::L2), f64::NAN).is_err());
    let fast = GeneralisedDescent::new(majorant(1e-3, 2.0, Norm::L2), 1.0).unwrap();
    assert!(fast.run(&function, &array![1.0], 1000).is_err(), "a divergent run overflows");
    // One entry that leaves f64 is enough.
    let unit = GeneralisedDescent::new(majorant(1.0, 2.0, Norm::L2), 1.0).unwrap();
    assert!(unit.next(&array![-1.7e308, 0.5], &array![1e308, 0.25]).is_err());
    assert_eq!(unit.next(&array![0.5, 0.5], &array![1.0, 0.25]).unwrap(), array![-0.5, 0.25]);
    assert!(FiniteSum::new(Vec::new()).is_err());
    assert!(FiniteSum::new(vec![parabola(&[1.0]), parabola(&[1.0, 1.0])]).is_err());
}
