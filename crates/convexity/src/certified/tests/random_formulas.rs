//! Random formulas with kinks, jumps and poles: every answer is attacked by evaluation in 256 bits, without
//! derivatives.

use crate::certified::{
    Effort, Proof, best_curvature, minimum, prove_curvature, prove_nonnegative, prove_pairs,
};
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::number::{Interval, Number, PreciseInterval};
use crate::objectives::Formula;
use fenchel_random::{Seed, Stream};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Function {
    Exp,
    ExpM1,
    Ln,
    Ln1p,
    Sqrt,
    Sin,
    Cos,
    Sinh,
    Cosh,
    Abs,
    Signum,
    Square,
    Recip,
    PowI(i32),
    PowF(f64),
}

#[derive(Clone, Copy, Debug)]
enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    Max,
    Min,
}

/// What a branch vouches for; each is made true by the branches: b + h, b + g h and b + g^2 h against b, for
/// the condition g.
#[derive(Clone, Copy, Debug)]
enum Word {
    Select,
    Join,
    JoinSmooth,
}

#[derive(Clone, Debug)]
enum Tree {
    Variable(usize),
    Constant(f64),
    Apply(Function, Box<Tree>),
    Combine(Operator, Box<Tree>, Box<Tree>),
    /// The word, g, b, and the number and the variable in h = a sin(x).
    Branch(Word, Box<Tree>, Box<Tree>, f64, usize),
}

impl Tree {
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        match self {
            Self::Variable(i) => x[i % x.len()].clone(),
            Self::Constant(c) => N::from_f64(*c),
            Self::Apply(function, tree) => {
                let y = tree.value_in(x);
                match function {
                    Function::Exp => y.exp(),
                    Function::ExpM1 => y.exp_m1(),
                    Function::Ln => y.ln(),
                    Function::Ln1p => y.ln_1p(),
                    Function::Sqrt => y.sqrt(),
                    Function::Sin => y.sin(),
                    Function::Cos => y.cos(),
                    Function::Sinh => y.sinh(),
                    Function::Cosh => y.cosh(),
                    Function::Abs => y.abs(),
                    Function::Signum => y.signum(),
                    Function::Square => y.square(),
                    Function::Recip => y.recip(),
                    Function::PowI(n) => y.powi(*n),
                    Function::PowF(r) => y.powf(*r),
                }
            }
            Self::Combine(operator, a, b) => {
                let (a, b) = (a.value_in(x), b.value_in(x));
                match operator {
                    Operator::Add => a + b,
                    Operator::Sub => a - b,
                    Operator::Mul => a * b,
                    Operator::Div => a / b,
                    Operator::Max => a.max(&b),
                    Operator::Min => a.min(&b),
                }
            }
            Self::Branch(word, condition, base, height, i) => {
                let (g, b) = (condition.value_in(x), base.value_in(x));
                let h = x[i % x.len()].sin() * *height;
                match word {
                    Word::Select => g.select(|| b.clone() + &h, || b.clone()),
                    Word::Join => g.join(|| b.clone() + g.clone() * &h, || b.clone()),
                    Word::JoinSmooth => g.join_smooth(|| b.clone() + g.square() * &h, || b.clone()),
                }
            }
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let constant = prop_oneof![-3.0..3.0_f64, Just(0.0), Just(1.0), Just(0.5)];
    let leaf =
        prop_oneof![3 => (0..2_usize).prop_map(Tree::Variable), 1 => constant.prop_map(Tree::Constant)];
    let function = prop_oneof![
        1 => Just(Function::Exp),
        1 => Just(Function::ExpM1),
        1 => Just(Function::Ln),
        1 => Just(Function::Ln1p),
        1 => Just(Function::Sqrt),
        1 => Just(Function::Sin),
        1 => Just(Function::Cos),
        1 => Just(Function::Sinh),
        1 => Just(Function::Cosh),
        4 => Just(Function::Abs),
        1 => Just(Function::Signum),
        4 => Just(Function::Square),
        2 => Just(Function::Recip),
        2 => (-3..5_i32).prop_map(Function::PowI),
        2 => prop_oneof![0.3..3.5_f64, -2.0..-0.2_f64, Just(3.0), Just(-2.0)].prop_map(Function::PowF),
    ];
    let operator = prop_oneof![
        2 => Just(Operator::Add),
        2 => Just(Operator::Sub),
        2 => Just(Operator::Mul),
        1 => Just(Operator::Div),
        1 => Just(Operator::Max),
        1 => Just(Operator::Min),
    ];
    let word = prop_oneof![Just(Word::Select), Just(Word::Join), Just(Word::JoinSmooth)];
    leaf.prop_recursive(5, 24, 2, move |inner| {
        prop_oneof![
            2 => (function.clone(), inner.clone()).prop_map(|(f, a)| Tree::Apply(f, Box::new(a))),
            3 => (operator.clone(), inner.clone(), inner.clone())
                .prop_map(|(o, a, b)| Tree::Combine(o, Box::new(a), Box::new(b))),
            2 => (word.clone(), inner.clone(), inner, -2.0..2.0_f64, 0..2_usize)
                .prop_map(|(w, g, b, h, i)| Tree::Branch(w, Box::new(g), Box::new(b), h, i)),
        ]
    })
}

/// A tree less a number.
#[derive(Debug)]
struct Random {
    tree: Tree,
    dimension: usize,
    shift: f64,
}

impl Formula for Random {
    fn name(&self) -> String {
        "random".into()
    }
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn value_in<N: Number>(&self, x: &[N]) -> N {
        self.tree.value_in(x) - self.shift
    }
    // Wrong, as a hand-written gradient may be.
    fn gradient_in<N: Number>(&self, _: &[N], gradient: &mut [N]) {
        gradient.iter_mut().for_each(|s| *s = N::one());
    }
}

fn lift(x: &[f64]) -> Vec<PreciseInterval> {
    x.iter().map(|&x| PreciseInterval::from_f64(x)).collect()
}

/// A point of the box: at random, on a grid that meets kinks, or near another.
fn point(region: &[Interval], stream: &mut Stream) -> Vec<f64> {
    let kind = stream.random_range(0..4);
    let side = |x: &Interval, t: f64| match kind {
        0 => (4.0 * (x.lo() + t * (x.hi() - x.lo()))).round() / 4.0,
        1 if t < 0.5 => x.lo(),
        1 => x.hi(),
        _ => x.lo() + t * (x.hi() - x.lo()),
    };
    region.iter().map(|x| side(x, stream.random()).clamp(x.lo(), x.hi())).collect()
}

fn nearby(x: &[f64], region: &[Interval], stream: &mut Stream) -> Vec<f64> {
    let size = 10.0_f64.powf(-8.0 * stream.random::<f64>());
    let near = |(x, side): (&f64, &Interval)| {
        (x + size * (stream.random::<f64>() - 0.5)).clamp(side.lo(), side.hi())
    };
    x.iter().zip(region).map(near).collect()
}

/// (G(u) + G(v))/2 - G((u+v)/2) and |u - v|^2 / 8, whose quotient lies between the constants of convexity and
/// of smoothness.
fn midpoint_gap(f: &Random, u: &[f64], v: &[f64]) -> (PreciseInterval, PreciseInterval) {
    let (u, v) = (lift(u), lift(v));
    let middle: Vec<_> = u.iter().zip(&v).map(|(u, v)| (u.clone() + v) / 2.0).collect();
    let gap = (f.value_in(&u) + f.value_in(&v)) / 2.0 - f.value_in(&middle);
    let square = u.iter().zip(&v).fold(PreciseInterval::zero(), |sum, (u, v)| sum + (u.clone() - v).square());
    (gap, square / 8.0)
}

/// The slack of a pair with the slope at v by differences in 256 bits.
fn slack_by_differences(f: &Random, modulus: &Modulus, u: &[PreciseInterval], v: &[PreciseInterval]) -> f64 {
    let displacement: Vec<_> = u.iter().zip(v).map(|(u, v)| u.clone() - v).collect();
    let step = 2.0_f64.powi(-60);
    let moved = |h: f64| -> PreciseInterval {
        f.value_in(&v.iter().zip(&displacement).map(|(v, d)| v.clone() + d.clone() * h).collect::<Vec<_>>())
    };
    let linear = (moved(step) - moved(-step)) / (2.0 * step);
    modulus.slack(f.value_in(u) - f.value_in(v) - linear, &displacement).to_f64()
}

/// A claim of nonnegativity and the enclosures of the value and the minimum.
fn attack_signs(f: &Random, region: &[Interval], points: &[Vec<f64>]) -> Result<(), TestCaseError> {
    let effort = Effort { boxes: 150 };
    let outer = f.value_in(region);
    let least = minimum(f, region, 1e-3, &effort).unwrap();
    let proof = prove_nonnegative(f, region, &effort).unwrap();
    for x in points {
        let value = f.value_in(&lift(x)).to_f64_interval();
        if value.is_undefined() {
            prop_assert!(outer.is_undefined() && !proof.is_proved() && least.value.lo() == f64::NEG_INFINITY);
            continue;
        }
        if !outer.is_undefined() {
            prop_assert!(outer.lo() <= value.lo() && value.hi() <= outer.hi(), "enclosure at {x:?}");
        }
        prop_assert!(least.value.lo() <= value.hi(), "minimum {least:?}, at {x:?} {value:?}");
        prop_assert!(!(proof.is_proved() && value.hi() < 0.0), "{proof:?}, at {x:?} {value:?}");
    }
    if least.value.hi() < f64::INFINITY {
        prop_assert!(f.value_in(&lift(&least.point)).to_f64_interval().hi() <= least.value.hi(), "{least:?}");
    }
    if let Proof::Refuted { counterexample, .. } = proof {
        prop_assert!(f.value_in(&lift(&counterexample)).to_f64_interval().hi() < 0.0);
        prop_assert!(counterexample.iter().zip(region).all(|(x, side)| side.contains(*x)));
    }
    Ok(())
}

/// Claims of convexity and smoothness.
fn attack_curvature(
    f: &Random,
    side: Side,
    region: &[Interval],
    pairs: &[(Vec<f64>, Vec<f64>)],
    tightness: f64,
) -> Result<(), TestCaseError> {
    let effort = Effort { boxes: 150 };
    // A constant near the worst that the pairs show.
    let sign = if side == Side::Convex { 1.0 } else { -1.0 };
    let gaps: Vec<_> = pairs.iter().map(|(u, v)| midpoint_gap(f, u, v)).collect();
    let shown = gaps
        .iter()
        .map(|(gap, square)| sign * (gap.clone() / square).to_f64())
        .filter(|ratio| ratio.is_finite())
        .fold(f64::INFINITY, f64::min);
    let broken = |constant: PreciseInterval| {
        gaps.iter().any(|(gap, square)| {
            gap.is_undefined()
                || ((gap.clone() - square.clone() * constant.clone()) * sign).to_f64_interval().hi() < 0.0
        })
    };
    let best = best_curvature(f, side, &Norm::L2, region, 1e-3, &effort).unwrap();
    let loose = if side == Side::Convex { best.lo() } else { best.hi() };
    if loose.is_finite() {
        prop_assert!(!broken(PreciseInterval::from_f64(loose)), "best {side} curvature {best:?}");
    }
    let constant = sign * shown * if sign * shown > 0.0 { tightness } else { 1.0 };
    if !(constant.is_finite() && constant > 1e-6 && constant < 1e6) {
        return Ok(());
    }
    let modulus = modulus_of(side, constant);
    let mut proofs = vec![prove_curvature(f, &modulus, region, &effort).unwrap()];
    if f.dimension == 1 {
        proofs.push(prove_pairs(f, &modulus, region[0], &effort).unwrap());
    }
    for (kind, proof) in proofs.into_iter().enumerate() {
        prop_assert!(
            !(proof.is_proved() && broken(PreciseInterval::from_f64(constant))),
            "{modulus}: {proof:?}"
        );
        if let Proof::Refuted { counterexample, .. } = proof {
            let (u, v) = if kind == 1 {
                (lift(&counterexample[..1]), lift(&counterexample[1..]))
            } else {
                let v = lift(&counterexample[..f.dimension]);
                let t = counterexample.get(f.dimension).map_or(0.0, |t| *t);
                let h = 2.0_f64.powi(-60);
                // Either (1, t) or (t, 1): one of the two has to break the definition.
                let ahead =
                    |d: [f64; 2]| v.iter().zip(d).map(|(v, d)| v.clone() + PreciseInterval::from_f64(d) * h);
                let first: Vec<_> = ahead([1.0, t]).collect();
                let second: Vec<_> = ahead([t, 1.0]).collect();
                let worse = slack_by_differences(f, &modulus, &first, &v)
                    <= slack_by_differences(f, &modulus, &second, &v);
                (if worse || f.dimension == 1 { first } else { second }, v)
            };
            prop_assert!(
                slack_by_differences(f, &modulus, &u, &v) < 0.0,
                "{modulus} refuted at {counterexample:?}"
            );
        }
    }
    Ok(())
}

fn modulus_of(side: Side, constant: f64) -> Modulus {
    match side {
        Side::Convex => Modulus::convex(constant, 2.0, Norm::L2).unwrap(),
        Side::Smooth => Modulus::smooth(constant, 2.0, Norm::L2).unwrap(),
    }
}

proptest! {
    // A case takes half a second in a debug build; a longer run with 256 found nothing either.
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_answer_about_a_random_formula_is_wrong(
        tree in tree(),
        dimension in 1..=2_usize,
        corner in prop::array::uniform2(prop_oneof![-3.0..2.0_f64, Just(-1.0), Just(0.0), Just(-2.0)]),
        widths in prop::array::uniform2(prop_oneof![0.01..4.0_f64, Just(1.0), Just(2.0)]),
        tightness in prop_oneof![0.8..1.2_f64, Just(1.0)],
        seed in any::<u64>(),
    ) {
        let mut stream = Seed::new(seed).derive("attack").stream();
        let region: Vec<Interval> =
            (0..dimension).map(|i| Interval::hull(corner[i], corner[i] + widths[i])).collect();
        let points: Vec<Vec<f64>> = (0..150).map(|_| point(&region, &mut stream)).collect();
        let mut f = Random { tree, dimension, shift: 0.0 };
        let values = points.iter().map(|x| Formula::value_in(&f, x)).filter(|value| value.is_finite());
        let least = values.fold(f64::INFINITY, f64::min);
        if least.is_finite() {
            f.shift = least - 1e-3 * (1.0 - tightness) * (1.0 + least.abs());
        }
        attack_signs(&f, &region, &points)?;
        let pairs: Vec<(Vec<f64>, Vec<f64>)> = points
            .iter()
            .enumerate()
            .map(|(i, u)| {
                let far = || points[(7 * i + 1) % points.len()].clone();
                let v = if i % 2 == 0 { far() } else { nearby(u, &region, &mut stream) };
                (u.clone(), v)
            })
            .filter(|(u, v)| u != v)
            .collect();
        attack_curvature(&f, Side::Convex, &region, &pairs, tightness)?;
        attack_curvature(&f, Side::Smooth, &region, &pairs, tightness)?;
    }
}
