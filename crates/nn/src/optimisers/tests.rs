//! Every rule against its recursion written out a second time, by coordinate and in `f64`, for twenty steps under a schedule.

use fenchel_convexity::norms::Norm;
use fenchel_convexity::potentials::Potential;
use fenchel_convexity::trajectory::GeneralisedDescent;
use ndarray::aview1;
use proptest::prelude::*;

use super::*;
use crate::Schedule;

const STEPS: u64 = 20;
const START: [f64; 6] = [1.0, -2.0, 0.5, 3.0, -0.1, 0.0];

/// The gradient of a function that is not quadratic, different in every coordinate.
fn gradient(x: &[f64]) -> Vec<f64> {
    x.iter().enumerate().map(|(i, x)| (1.0 + i as f64) * x.sin() + 0.3 * x * x * x - 0.2).collect()
}

fn schedules() -> [Schedule; 3] {
    [Schedule::constant(), Schedule::step(6, 0.5).unwrap(), Schedule::cosine(18, 0.05).unwrap().warm_up(3)]
}

fn run<T: Real>(optimiser: &mut dyn Optimiser<T>, schedule: Schedule) -> Vec<Vec<f64>> {
    let base = optimiser.rate();
    let mut x: Vec<T> = START.iter().map(|&x| T::of(x)).collect();
    (0..STEPS)
        .map(|t| {
            optimiser.set_rate(base * schedule.factor(t)).unwrap();
            let at: Vec<f64> = x.iter().map(|x| x.as_f64()).collect();
            let g: Vec<T> = gradient(&at).into_iter().map(T::of).collect();
            optimiser.step(&mut x, &g);
            x.iter().map(|x| x.as_f64()).collect()
        })
        .collect()
}

/// The points of a reference: `next(t, rate, x, g, memory)` moves one coordinate, `memory` being its own.
fn reference(
    base: f64,
    schedule: Schedule,
    mut next: impl FnMut(u64, f64, f64, f64, &mut [f64; 2]) -> f64,
) -> Vec<Vec<f64>> {
    let (mut x, mut memory) = (START.to_vec(), [[0.0; 2]; 6]);
    (0..STEPS)
        .map(|t| {
            let g = gradient(&x);
            let rate = base * schedule.factor(t);
            for i in 0..x.len() {
                x[i] = next(t, rate, x[i], g[i], &mut memory[i]);
            }
            x.clone()
        })
        .collect()
}

fn agree(name: &str, got: &[Vec<f64>], want: &[Vec<f64>], tolerance: f64) {
    for (t, (a, b)) in got.iter().zip(want).enumerate() {
        for (i, (a, b)) in a.iter().zip(b).enumerate() {
            let scale = b.abs().max(1.0);
            assert!((a - b).abs() <= tolerance * scale, "{name}, step {t}, coordinate {i}: {a} against {b}");
        }
    }
}

/// Both precisions against one reference. The map from point to point has a Lipschitz constant below 3 here except where Adam and RMSprop divide by
/// small numbers, so that round-off grows by a few orders in 20 steps: 1e-11 of f64's 1e-16, 1e-3 of f32's 6e-8.
fn check(
    make: impl Fn() -> (Box<dyn Optimiser<f64>>, Box<dyn Optimiser<f32>>),
    mut next: impl FnMut(u64, f64, f64, f64, &mut [f64; 2]) -> f64,
) {
    for schedule in schedules() {
        let (mut double, mut single) = make();
        let want = reference(double.rate(), schedule, &mut next);
        agree(&double.name(), &run(&mut *double, schedule), &want, 1e-11);
        agree(&single.name(), &run(&mut *single, schedule), &want, 1e-3);
        assert_eq!(double.state().updates, STEPS);
    }
}

/// The same optimiser in both precisions.
macro_rules! both {
    ($make:expr) => {
        || {
            fn make<T: Real>() -> Box<dyn Optimiser<T>> {
                Box::new($make)
            }
            (make::<f64>(), make::<f32>())
        }
    };
}

#[test]
fn sgd_in_all_its_forms() {
    check(both!(Sgd::new(0.05, 0.0).unwrap()), |_, rate, x, g, _| x - rate * g);
    let coupled = WeightDecay::Coupled(0.1);
    check(
        both!(Sgd::new(0.05, 0.8).unwrap().weight_decay(WeightDecay::Coupled(0.1)).unwrap()),
        |_, rate, x, g, m| {
            m[0] = 0.8 * m[0] + (g + 0.1 * x);
            x - rate * m[0]
        },
    );
    // Nesterov as the difference of two velocities: g + mu v+ = (1 + mu) v+ - mu v.
    check(both!(Sgd::new(0.05, 0.8).unwrap().nesterov().unwrap()), |_, rate, x, g, m| {
        let old = m[0];
        m[0] = 0.8 * m[0] + g;
        x - rate * (1.8 * m[0] - 0.8 * old)
    });
    check(
        both!(Sgd::new(0.05, 0.8).unwrap().weight_decay(WeightDecay::Decoupled(0.3)).unwrap()),
        |_, rate, x, g, m| {
            m[0] = 0.8 * m[0] + g;
            x - rate * 0.3 * x - rate * m[0]
        },
    );
    // Without memory both ways of decay are one.
    let plain = |decay| {
        run::<f64>(&mut Sgd::new(0.05, 0.0).unwrap().weight_decay(decay).unwrap(), Schedule::constant())
    };
    agree("decay", &plain(coupled), &plain(WeightDecay::Decoupled(0.1)), 1e-12);
}

#[test]
fn adam_and_adam_w() {
    let adam = |beta1: f64, beta2: f64, epsilon: f64| {
        move |t: u64, rate: f64, x: f64, g: f64, m: &mut [f64; 2]| {
            m[0] += (1.0 - beta1) * (g - m[0]);
            m[1] += (1.0 - beta2) * (g * g - m[1]);
            let k = i32::try_from(t).unwrap() + 1;
            let (mean, square) = (m[0] / (1.0 - beta1.powi(k)), m[1] / (1.0 - beta2.powi(k)));
            x - rate * mean / (square.sqrt() + epsilon)
        }
    };
    check(both!(Adam::new(0.03).unwrap()), adam(0.9, 0.999, 1e-8));
    check(
        both!(Adam::new(0.03).unwrap().betas(0.5, 0.9).unwrap().epsilon(1e-3).unwrap()),
        adam(0.5, 0.9, 1e-3),
    );
    let inner = adam(0.9, 0.999, 1e-8);
    check(
        both!(Adam::new(0.03).unwrap().weight_decay(WeightDecay::Coupled(0.2)).unwrap()),
        |t, rate, x, g, m| inner(t, rate, x, g + 0.2 * x, m),
    );
    check(
        both!(Adam::new(0.03).unwrap().weight_decay(WeightDecay::Decoupled(0.2)).unwrap()),
        |t, rate, x, g, m| inner(t, rate, x, g, m) - rate * 0.2 * x,
    );
}

#[test]
fn rms_prop_with_and_without_momentum() {
    check(both!(RmsProp::new(0.02).unwrap()), |_, rate, x, g, m| {
        m[0] = 0.99 * m[0] + 0.01 * g * g;
        x - rate * g / (m[0].sqrt() + 1e-8)
    });
    check(
        both!(RmsProp::new(0.01).unwrap().alpha(0.9).unwrap().momentum(0.7).unwrap().epsilon(1e-4).unwrap()),
        |_, rate, x, g, m| {
            m[0] += 0.1 * (g * g - m[0]);
            m[1] = 0.7 * m[1] + g / (m[0].sqrt() + 1e-4);
            x - rate * m[1]
        },
    );
}

/// Generalised SGD against `fenchel-convexity`, which knows nothing of this code.
#[test]
fn generalised_sgd_is_the_method_of_the_theory() {
    let layers = vec![0..2, 2..5, 5..6];
    let blocks = |outer| Norm::product(outer, vec![(2, Norm::L2), (3, Norm::L2), (1, Norm::L2)]).unwrap();
    let norms: Vec<(StepNorm, Norm)> = vec![
        (StepNorm::Lp(2.0), Norm::L2),
        (StepNorm::Lp(f64::INFINITY), Norm::LINF),
        (StepNorm::Lp(1.0), Norm::L1),
        (StepNorm::Lp(3.0), Norm::lp(3.0).unwrap()),
        (StepNorm::LayerWise { outer: f64::INFINITY, layers: layers.clone() }, blocks(f64::INFINITY)),
        (StepNorm::LayerWise { outer: 1.0, layers: layers.clone() }, blocks(1.0)),
        (StepNorm::LayerWise { outer: 2.0, layers }, blocks(2.0)),
    ];
    for (norm, same) in norms {
        let powers = [(40.0, 2.0), (200.0, 1.5), (30.0, 4.0)]
            .map(|(c, r)| (Majorant::Power { c, r }, Potential::norm_power(c, r, same.clone()).unwrap()));
        let ball = (Majorant::Ball { radius: 0.02 }, Potential::ball(0.02, same.clone()).unwrap());
        for (majorant, potential) in powers.into_iter().chain([ball]) {
            for schedule in schedules() {
                let mut ours = GeneralisedSgd::<f64>::new(majorant, norm.clone(), 0.5).unwrap();
                let got = run(&mut ours, schedule);
                let mut x = START.to_vec();
                for (t, got) in got.iter().enumerate() {
                    let method =
                        GeneralisedDescent::new(potential.clone(), 0.5 * schedule.factor(t as u64)).unwrap();
                    let g = gradient(&x);
                    let energy = method.dual().value_of(&g);
                    assert!((ours.energy(&g) - energy).abs() <= 1e-13 * energy, "{}", ours.name());
                    let next = method.next(&aview1(&x), &aview1(&g)).unwrap();
                    // One step each from a common point: nothing to amplify.
                    for (a, b) in got.iter().zip(&next) {
                        assert!((a - b).abs() <= 1e-13, "{}, step {t}: {a} against {b}", ours.name());
                    }
                    x.clone_from(got);
                }
            }
        }
    }
}

#[test]
fn the_layers_of_a_model_are_its_blocks() {
    use crate::models::{DenseChain, Model};
    let tape = DenseChain::new(1, 4).tape(fenchel_tensor::Shape::vector(3), 2).unwrap();
    let StepNorm::LayerWise { layers, .. } = StepNorm::layer_wise(2.0, tape.parameters()) else {
        panic!("layer-wise it is")
    };
    assert_eq!(layers, [0..16, 16..26]);
    // Every layer moves by the same length, the zero layer not at all.
    let norm = StepNorm::layer_wise(f64::INFINITY, tape.parameters());
    let mut descent = GeneralisedSgd::new(Majorant::Ball { radius: 0.5 }, norm, 1.0).unwrap();
    let mut x = vec![0.0_f64; 26];
    let mut g = vec![0.0; 26];
    g[..16].iter_mut().enumerate().for_each(|(i, g)| *g = i as f64);
    descent.step(&mut x, &g);
    let length = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>().sqrt();
    assert!((length(&x[..16]) - 0.5).abs() < 1e-15 && length(&x[16..]) == 0.0);
}

#[test]
fn settings_are_refused_by_name() {
    let message = |error: NnError| error.to_string();
    let two = || StepNorm::Lp(2.0);
    let power = |c, r| GeneralisedSgd::<f32>::new(Majorant::Power { c, r }, two(), 1.0);
    assert!(message(power(0.0, 2.0).unwrap_err()).contains("`c` is 0"));
    assert!(message(power(1.0, 1.0).unwrap_err()).contains("`r` is 1"));
    assert!(message(power(1.0, f64::INFINITY).unwrap_err()).contains("`r` is inf"));
    let ball = |norm, radius| GeneralisedSgd::<f32>::new(Majorant::Ball { radius }, norm, 1.0);
    assert!(message(ball(two(), -1.0).unwrap_err()).contains("`radius`"));
    assert!(message(ball(StepNorm::Lp(0.5), 1.0).unwrap_err()).contains("`p` is 0.5"));
    assert!(message(ball(StepNorm::Lp(f64::NAN), 1.0).unwrap_err()).contains("`p` is NaN"));
    let gap = StepNorm::LayerWise { outer: 2.0, layers: vec![0..2, 3..4] };
    assert!(message(ball(gap, 1.0).unwrap_err()).contains("`layers`"));
    assert!(message(Adam::<f32>::new(0.1).unwrap().betas(0.9, 1.0).unwrap_err()).contains("`beta2` is 1"));
    assert!(message(Adam::<f32>::new(0.1).unwrap().epsilon(0.0).unwrap_err()).contains("`epsilon`"));
    assert!(message(Adam::<f32>::new(f64::INFINITY).unwrap_err()).contains("`rate`"));
    assert!(message(RmsProp::<f32>::new(0.1).unwrap().alpha(-0.1).unwrap_err()).contains("`alpha`"));
    assert!(message(RmsProp::<f32>::new(0.1).unwrap().momentum(1.5).unwrap_err()).contains("`momentum`"));
    let mut sgd = Sgd::<f32>::new(0.1, 0.0).unwrap();
    assert!(sgd.set_rate(f64::NAN).is_err() && sgd.set_rate(-1.0).is_err() && sgd.set_rate(0.0).is_ok());
}

proptest! {
    /// A state taken out and put into a fresh optimiser goes on with the same bits.
    #[test]
    fn a_restored_state_goes_on_with_the_same_bits(gradients in proptest::collection::vec(-10.0_f32..10.0, 40), cut in 0_usize..10) {
        let make = |which: usize| -> Box<dyn Optimiser<f32>> {
            match which {
                0 => Box::new(Sgd::new(0.1, 0.9).unwrap().nesterov().unwrap()),
                1 => Box::new(Adam::new(0.1).unwrap().weight_decay(WeightDecay::Decoupled(0.1)).unwrap()),
                _ => Box::new(RmsProp::new(0.1).unwrap().momentum(0.5).unwrap()),
            }
        };
        for which in 0..3 {
            let (mut straight, mut x) = (make(which), vec![1.0_f32; 4]);
            let (mut first, mut y) = (make(which), vec![1.0_f32; 4]);
            for (t, g) in gradients.chunks(4).enumerate() {
                straight.step(&mut x, g);
                if t == cut {
                    let mut second = make(which);
                    second.state_mut().updates = first.state().updates;
                    for (name, values) in first.state().buffers() {
                        second.state_mut().restore(name, values.to_vec()).unwrap();
                    }
                    first = second;
                }
                first.step(&mut y, g);
            }
            prop_assert_eq!(&x, &y);
            prop_assert!(first.state_mut().restore("nothing", vec![]).is_err());
        }
    }
}
