//! NaN, infinite, empty and wrongly long input, on every public function that takes a number or a vector: an error that names the argument.
//!
//! One table: each row is a function, the argument, and a call with the bad value put there. All rows are walked before anything is reported.

mod walk;

use fenchel_convexity::catalogue::{
    Cauchy, GaussianWell, LogCosh, LogSumExp, Maximum, NegativeEntropy, PotentialFunction, PseudoHuber,
    Quadratic, Separable, entries,
};
use fenchel_convexity::certified::{self, Effort};
use fenchel_convexity::claims::Claim;
use fenchel_convexity::claims::Scales;
use fenchel_convexity::linear_algebra;
use fenchel_convexity::losses::{
    Entmax, FenchelYoung, Logistic, Loss, NormPowerLoss, PowerRegression, SoftmaxCrossEntropy, Sparsemax,
    SquaredError,
};
use fenchel_convexity::moduli::{Modulus, bregman, calculus, norm_power_convexity, norm_power_smoothness};
use fenchel_convexity::norms::Norm;
use fenchel_convexity::number::Interval;
use fenchel_convexity::objectives::Region;
use fenchel_convexity::objectives::{Closure, Domain, Function, Kink, Objective, Precomposed, Scaled, Sum};
use fenchel_convexity::potentials::{Potential, Profile};
use fenchel_convexity::search::SearchConfig;
use fenchel_convexity::theorems::gradient_bounds::Infimum;
use fenchel_convexity::theorems::{
    compatibility, cross_entropy, descent, expected_smoothness, gradient_bounds, gradient_independence,
    growth, interference, rates, skip_connections, tangent_kernel_pl,
};
use fenchel_convexity::trajectory::{FiniteSum, GeneralisedDescent, MiniBatchDescent, Trajectory};
use fenchel_convexity::{ConvexityError, Exponent};
use fenchel_random::Seed;
use ndarray::{Array1, Array2, ArrayRef1, array, aview1};
use std::sync::Arc;
use walk::Walk;

/// Whether a function that answers a number answers NaN.
fn is_nan(number: f64) -> Result<(), ConvexityError> {
    if number.is_nan() { Err(ConvexityError::Empty { argument: "NaN" }) } else { Ok(()) }
}

/// `x'x/2` on R^2, with a gradient of three places.
#[derive(Debug)]
struct Parabola;

impl Function for Parabola {
    fn name(&self) -> String {
        "x'x/2".into()
    }

    fn dimension(&self) -> usize {
        2
    }

    fn domain(&self) -> Domain {
        Domain::Whole
    }

    fn kinks(&self) -> Vec<Kink> {
        Vec::new()
    }
}

impl Objective for Parabola {
    fn value(&self, x: &ArrayRef1<f64>) -> Result<f64, ConvexityError> {
        Ok(0.5 * (x[0] * x[0] + x[1] * x[1]))
    }

    fn gradient(&self, x: &ArrayRef1<f64>) -> Result<Array1<f64>, ConvexityError> {
        Ok(array![x[0], x[1], 0.0])
    }
}

const FINE: [f64; 2] = [0.75, 0.25];

fn config() -> SearchConfig {
    SearchConfig::budget(20)
}

fn smooth() -> Modulus {
    Modulus::smooth(1.0, 2.0, Norm::L2).unwrap()
}

#[test]
fn norms_and_potentials() {
    let mut walk = Walk::default();
    walk.number("Norm::lp", "exponent", &[0.99, 0.0], |p| Norm::lp(p).map(drop));
    walk.number("Exponent::new", "exponent", &[0.5], |r| Exponent::new(r).map(drop));
    walk.number("Norm::product", "exponent", &[0.5], |p| Norm::product(p, vec![(1, Norm::L1)]).map(drop));
    walk.matrix("Norm::weighted_euclidean", "matrix", |q| Norm::weighted_euclidean(q.view()).map(drop));
    let plane = Norm::weighted_euclidean(array![[2.0, 0.5], [0.5, 1.0]].view()).unwrap();
    walk.vector("Norm::value", "u", |u| plane.value(&aview1(u)).map(drop));
    walk.vector("Norm::subgradient", "u", |u| plane.subgradient(&aview1(u)).map(drop));
    walk.vector("Norm::subgradient_choice", "choice", |c| {
        plane.subgradient_choice(&aview1(&FINE), &aview1(c)).map(drop)
    });
    walk.entries("Norm::value, l_3", "u", |u| Norm::lp(3.0)?.value(&aview1(u)).map(drop));
    let above = &[f64::INFINITY, 0.0, -1.0];
    walk.number("Potential::norm_power", "c", above, |c| Potential::norm_power(c, 2.0, Norm::L2).map(drop));
    walk.number("Potential::norm_power", "r", &[f64::INFINITY, 0.9], |r| {
        Potential::norm_power(1.0, r, Norm::L2).map(drop)
    });
    walk.number("Potential::ball", "radius", above, |x| Potential::ball(x, Norm::L2).map(drop));
    walk.number("Potential::huber", "width", above, |x| Potential::huber(x, Norm::L2).map(drop));
    walk.number("Profile::power", "c", above, |x| Profile::power(x, 2.0).map(drop));
    walk.number("Profile::ball", "radius", above, |x| Profile::ball(x).map(drop));
    walk.number("Profile::huber", "width", above, |x| Profile::huber(x).map(drop));
    let cosh = || Potential::hyperbolic_cosine(plane.clone());
    walk.number("Potential::scaled", "factor", above, |x| cosh().scaled(x).map(drop));
    walk.number("Potential::dilated", "width", above, |x| cosh().dilated(x).map(drop));
    walk.number("Potential::with_offset", "offset", &[f64::INFINITY], |x| cosh().with_offset(x).map(drop));
    walk.vector("Potential::value", "u", |u| cosh().value(&aview1(u)).map(drop));
    walk.vector("Potential::gradient", "u", |u| cosh().gradient(&aview1(u)).map(drop));
    walk.judge("Potential::separable", "blocks", "[]", Potential::separable(vec![]).map(drop));
    walk.judge("Norm::product", "blocks", "[]", Norm::product(2.0, vec![]).map(drop));
    walk.number("Modulus::convex", "c", above, |c| Modulus::convex(c, 2.0, Norm::L2).map(drop));
    walk.number("Modulus::smooth", "r", &[0.0], |r| Modulus::smooth(1.0, r, Norm::L2).map(drop));
    walk.number("Modulus::with_offset", "offset", &[f64::INFINITY, -1.0], |x| {
        smooth().with_offset(x).map(drop)
    });
    walk.number("calculus::scale", "factor", above, |x| calculus::scale(x, &smooth()).map(drop));
    walk.matrix("calculus::precompose", "matrix", |a| {
        calculus::precompose(&smooth(), &a, &Norm::L2).map(drop)
    });
    walk.matrix("linear_algebra::operator_norm", "matrix", |a| {
        linear_algebra::operator_norm(&a, &Norm::L2, &Norm::L2).map(drop)
    });
    walk.matrix("linear_algebra::operator_gain", "matrix", |a| {
        linear_algebra::operator_gain(&a, &Norm::L2, &Norm::L2).map(drop)
    });
    walk.matrix("linear_algebra::symmetric_eigenvalues", "matrix", |a| {
        linear_algebra::symmetric_eigenvalues(a.view()).map(drop)
    });
    walk.finish(100);
}

#[test]
fn objectives_and_the_catalogue() {
    let mut walk = Walk::default();
    for entry in entries(2).unwrap() {
        let (function, name) = (entry.objective(), entry.objective().name());
        walk.vector(&format!("{name}: value"), "x", |x| function.value(&aview1(x)).map(drop));
        walk.vector(&format!("{name}: gradient"), "x", |x| function.gradient(&aview1(x)).map(drop));
        walk.vector(&format!("{name}: bregman"), "u", |u| {
            function.bregman(&aview1(u), &aview1(&FINE)).map(drop)
        });
        walk.vector(&format!("{name}: bregman"), "v", |v| {
            function.bregman(&aview1(&FINE), &aview1(v)).map(drop)
        });
        walk.vector(&format!("{name}: hessian_vector"), "direction", |d| {
            function.hessian_vector(&aview1(&FINE), &aview1(d)).map(drop)
        });
    }
    let closure =
        Closure::new("x + y", 2, |x: &[f64]| x[0] + x[1], |_: &[f64], s: &mut [f64]| s.fill(1.0)).unwrap();
    walk.vector("Closure: value", "x", |x| closure.value(&aview1(x)).map(drop));
    walk.vector("Closure: gradient", "x", |x| closure.gradient(&aview1(x)).map(drop));
    walk.vector("definitions::bregman", "u", |u| bregman(&closure, &aview1(u), &aview1(&FINE)).map(drop));
    walk.vector("definitions::bregman", "v", |v| bregman(&closure, &aview1(&FINE), &aview1(v)).map(drop));
    walk.vector("Modulus::slack_at", "u", |u| {
        smooth().slack_at(&closure, &aview1(u), &aview1(&FINE)).map(drop)
    });
    // A function of somebody else's whose gradient has three places.
    let own = Arc::new(Parabola) as Arc<dyn Objective>;
    walk.judge("own gradient", "gradient", "3 places", own.bregman(&aview1(&FINE), &aview1(&FINE)).map(drop));
    let sum = FiniteSum::new(vec![Arc::clone(&own)]).unwrap();
    walk.judge("own gradient in a sum", "gradient", "3 places", sum.gradient(&aview1(&FINE)).map(drop));
    let record = Trajectory::record(&*own, [array![0.75, 0.25]]);
    walk.judge("own gradient in a record", "gradient", "3 places", record.map(drop));
    walk.matrix("Quadratic::new", "matrix", |q| Quadratic::new(q).map(drop));
    walk.entries("Quadratic::diagonal", "matrix", |d| Quadratic::diagonal(d).map(drop));
    let parabola = || Quadratic::diagonal(&[1.0, 2.0]).unwrap();
    walk.number("Scaled::new", "factor", &[f64::INFINITY, 0.0], |a| Scaled::new(a, parabola()).map(drop));
    walk.matrix("Precomposed::new", "matrix", |a| {
        Precomposed::new(parabola(), a, Array1::zeros(2)).map(drop)
    });
    walk.vector("Precomposed::new", "shift", |b| {
        Precomposed::new(parabola(), Array2::eye(2), Array1::from(b.to_vec())).map(drop)
    });
    let three = Quadratic::diagonal(&[1.0, 2.0, 3.0]).unwrap();
    assert!(Sum::new(parabola(), three).is_err());
    type Make = fn(usize) -> Result<(), ConvexityError>;
    let makes: [(&str, Make); 6] = [
        ("LogSumExp", |m| LogSumExp::new(m).map(drop)),
        ("Maximum", |m| Maximum::new(m).map(drop)),
        ("PseudoHuber", |m| PseudoHuber::new(m).map(drop)),
        ("GaussianWell", |m| GaussianWell::new(m).map(drop)),
        ("Cauchy", |m| Cauchy::new(m).map(drop)),
        ("Separable", |m| Separable::new(LogCosh, m).map(drop)),
    ];
    for (name, make) in makes {
        walk.judge(name, "dimension", "0", make(0));
    }
    assert!(NegativeEntropy::new(0).is_err() && entries(0).is_err());
    assert!(PotentialFunction::new(Potential::hyperbolic_cosine(Norm::L2), 0).is_err());
    walk.number("norm_power_convexity", "r", &[1.9, f64::INFINITY], |r| norm_power_convexity(r).map(drop));
    walk.number("norm_power_smoothness", "r", &[2.1, 1.0], |r| norm_power_smoothness(r).map(drop));
    let simplex = |x: &[f64]| Domain::Simplex.require("p", x);
    walk.judge("Domain::require", "p", "a NaN", simplex(&[f64::NAN, 1.0]));
    walk.judge("Domain::require", "p", "beyond", simplex(&[1.5, -0.5]));
    walk.finish(500);
}

#[test]
fn losses() {
    let all: Vec<Box<dyn Loss>> = vec![
        Box::new(SquaredError),
        Box::new(SoftmaxCrossEntropy),
        Box::new(Logistic),
        Box::new(Sparsemax),
        Box::new(Entmax::new(1.5).unwrap()),
        Box::new(NormPowerLoss::new(1.0, 3.0).unwrap()),
        Box::new(PowerRegression::new(4.0).unwrap()),
    ];
    let mut walk = Walk::default();
    for loss in &all {
        let name = loss.name();
        walk.vector(&format!("{name}: value"), "output", |f| {
            loss.value(&aview1(&FINE), &aview1(f)).map(drop)
        });
        walk.entries(&format!("{name}: value"), "target", |y| {
            loss.value(&aview1(y), &aview1(&FINE[..y.len()])).map(drop)
        });
        walk.vector(&format!("{name}: value_and_residual"), "output", |f| {
            loss.value_and_residual(&aview1(&FINE), &aview1(f), &mut Array1::zeros(2)).map(drop)
        });
        for length in [0, 1, 3] {
            let outcome = loss.value_and_residual(&aview1(&FINE), &aview1(&FINE), &mut Array1::zeros(length));
            walk.judge(&name, "residual", &length.to_string(), outcome.map(drop));
        }
        walk.entries(&format!("{name}: infimum"), "NaN", |y| is_nan(loss.infimum(&aview1(y))));
        walk.entries(&format!("{name}: bounds"), "target", |y| loss.bounds(&aview1(y)).map(drop));
        let bounds = loss.bounds(&aview1(&FINE)).unwrap();
        walk.number(&format!("{name}: lower"), "NaN", &[-1e-3], |t| is_nan(bounds.lower(t)));
        walk.number(&format!("{name}: upper"), "NaN", &[-1e-3], |t| is_nan(bounds.upper(t)));
    }
    let young: [(&str, &dyn FenchelYoung); 5] = [
        ("squared", &SquaredError),
        ("softmax", &SoftmaxCrossEntropy),
        ("logistic", &Logistic),
        ("sparsemax", &Sparsemax),
        ("entmax", &Entmax::new(3.0).unwrap()),
    ];
    for (name, loss) in young {
        walk.entries(&format!("{name}: generator"), "target", |y| loss.generator(&aview1(y)).map(drop));
        walk.entries(&format!("{name}: conjugate"), "output", |f| loss.conjugate(&aview1(f)).map(drop));
        walk.entries(&format!("{name}: prediction"), "output", |f| loss.prediction(&aview1(f)).map(drop));
    }
    walk.number("Entmax::new", "alpha", &[1.0, f64::INFINITY], |x| Entmax::new(x).map(drop));
    walk.number("NormPowerLoss::new", "c", &[0.0, f64::INFINITY], |x| NormPowerLoss::new(x, 2.0).map(drop));
    walk.number("NormPowerLoss::new", "r", &[1.0, f64::INFINITY], |x| NormPowerLoss::new(1.0, x).map(drop));
    walk.number("PowerRegression::new", "k", &[1.9, f64::INFINITY], |x| PowerRegression::new(x).map(drop));
    walk.finish(240);
}

#[test]
fn searches_and_proofs() {
    let function = Quadratic::diagonal(&[1.0, 3.0]).unwrap();
    let claim = || Claim::new(&function, smooth()).unwrap();
    let mut walk = Walk::default();
    walk.vector("Region::Ball", "centre", |x| {
        claim().within(Region::Ball { centre: x.to_vec(), radius: 1.0, norm: Norm::L2 }).map(drop)
    });
    walk.number("Region::Ball", "radius", &[0.0, f64::INFINITY], |radius| {
        claim().within(Region::Ball { centre: FINE.to_vec(), radius, norm: Norm::L2 }).map(drop)
    });
    walk.vector("Region::Around", "point", |x| {
        claim().within(Region::Around { point: x.to_vec() }).map(drop)
    });
    walk.vector("Region::Segment", "from", |x| {
        claim().within(Region::Segment { from: x.to_vec(), to: FINE.to_vec() }).map(drop)
    });
    walk.vector("Region::Segment", "to", |x| {
        claim().within(Region::Segment { from: FINE.to_vec(), to: x.to_vec() }).map(drop)
    });
    walk.vector("Region::Sublevel", "inside", |x| {
        claim().within(Region::Sublevel { level: 9.0, inside: x.to_vec() }).map(drop)
    });
    walk.number("Region::Sublevel", "level", &[0.0], |level| {
        claim().within(Region::Sublevel { level, inside: FINE.to_vec() }).map(drop)
    });
    let none = SearchConfig::budget(0);
    walk.judge("falsify", "budget", "0", claim().falsify(&none).map(drop));
    walk.judge("estimate", "budget", "0", claim().estimate(&none).map(drop));
    walk.judge("estimate_offset", "budget", "0", claim().estimate_offset(&none).map(drop));
    walk.number("fit", "scales.least", &[0.0], |least| {
        claim().fit(&Scales { least, ..Scales::default() }, &config()).map(drop)
    });
    walk.number("fit", "scales.most", &[0.05, f64::INFINITY], |most| {
        claim().fit(&Scales { most, ..Scales::default() }, &config()).map(drop)
    });
    walk.judge(
        "fit",
        "scales.count",
        "1",
        claim().fit(&Scales { count: 1, ..Scales::default() }, &config()).map(drop),
    );
    walk.number("Claim::smooth", "c", &[0.0, -1.0, f64::INFINITY], |c| {
        Claim::smooth(&function, c, Norm::L2).map(drop)
    });
    walk.number("Claim::weakly_convex", "rho", &[-1.0, f64::INFINITY], |rho| {
        Claim::weakly_convex(&function, rho, Norm::L2).map(drop)
    });
    walk.number("Claim::lipschitz_gradient", "L", &[0.0, f64::INFINITY], |l| {
        Claim::lipschitz_gradient(&function, l, Norm::L2).map(drop)
    });
    walk.number("Claim::polyak_lojasiewicz", "mu", &[0.0, f64::INFINITY], |mu| {
        Claim::polyak_lojasiewicz(&function, mu, 0.0).map(drop)
    });
    walk.number("Claim::quasar_convex", "tau", &[0.0, f64::INFINITY], |tau| {
        Claim::quasar_convex(&function, tau, &FINE).map(drop)
    });
    walk.vector("Claim::quasar_convex", "minimiser", |x| Claim::quasar_convex(&function, 1.0, x).map(drop));
    let (effort, side) = (Effort { boxes: 10 }, Interval::hull(-1.0, 1.0));
    walk.judge(
        "certified::minimum",
        "region",
        "one side",
        certified::minimum(&function, &[side], 0.1, &effort).map(drop),
    );
    walk.number("certified::minimum", "tolerance", &[-1.0], |t| {
        certified::minimum(&function, &[side, side], t, &effort).map(drop)
    });
    walk.judge(
        "certified::prove_nonnegative",
        "region",
        "three sides",
        certified::prove_nonnegative(&function, &[side; 3], &effort).map(drop),
    );
    walk.finish(50);
}

#[test]
fn trajectories_and_theorems() {
    let function = Quadratic::diagonal(&[1.0, 3.0]).unwrap();
    let three = Modulus::smooth(3.0, 2.0, Norm::L2).unwrap();
    let method = GeneralisedDescent::new(three.potential().clone(), 1.0).unwrap();
    let trajectory = method.run(&function, &aview1(&FINE), 3).unwrap();
    let run = || descent::Run::new(&function, &three, &trajectory);
    let sample = || Arc::new(function.clone()) as Arc<dyn Objective>;
    let sum = FiniteSum::new(vec![sample(), sample()]).unwrap();
    let mut walk = Walk::default();
    let above = &[0.0, f64::INFINITY];
    walk.number("GeneralisedDescent::new", "step", above, |a| {
        GeneralisedDescent::new(three.potential().clone(), a).map(drop)
    });
    walk.vector("GeneralisedDescent::next", "x", |x| method.next(&aview1(x), &aview1(&FINE)).map(drop));
    walk.entries("GeneralisedDescent::next", "gradient", |g| {
        method.next(&aview1(&FINE), &aview1(g)).map(drop)
    });
    walk.vector("GeneralisedDescent::run", "x", |x| method.run(&function, &aview1(x), 2).map(drop));
    walk.vector("Trajectory::record", "x", |x| {
        Trajectory::record(&function, [Array1::from(x.to_vec())]).map(drop)
    });
    walk.judge("Trajectory::record", "points", "none", Trajectory::record(&function, []).map(drop));
    let batches = |size| MiniBatchDescent::new(method.clone(), size, Seed::new(0));
    walk.judge("MiniBatchDescent::new", "size", "0", batches(0).map(drop));
    walk.vector("MiniBatchDescent::run", "x", |x| batches(1)?.run(&sum, &aview1(x), 2).map(drop));
    walk.judge("FiniteSum::new", "samples", "none", FiniteSum::new(vec![]).map(drop));
    walk.judge("FiniteSum::batch", "batch", "empty", sum.batch(&[]).map(drop));
    walk.judge("FiniteSum::batch", "batch", "beyond", sum.batch(&[2]).map(drop));
    walk.judge("FiniteSum::batch", "batch", "twice", sum.batch(&[0, 0]).map(drop));
    walk.vector("growth::check", "minimiser", |x| {
        growth::check(&function, &three, &aview1(x), &config()).map(drop)
    });
    walk.vector("gradient_bounds::check", "infimum", |x| {
        gradient_bounds::check(&function, &three, &Infimum::At(x.to_vec().into()), &config()).map(drop)
    });
    walk.number("gradient_bounds::check", "infimum", &[f64::INFINITY], |x| {
        gradient_bounds::check(&function, &three, &Infimum::AtLeast(x), &config()).map(drop)
    });
    walk.vector("compatibility::check", "u", |x| compatibility::check(&function, &three, x, &FINE).map(drop));
    walk.vector("compatibility::check", "v", |x| compatibility::check(&function, &three, &FINE, x).map(drop));
    walk.number("guaranteed_share", "r", &[1.0, f64::INFINITY], |r| {
        descent::guaranteed_share(r, 1.0).map(drop)
    });
    walk.number("guaranteed_share", "step", above, |a| descent::guaranteed_share(2.0, a).map(drop));
    walk.number("critical_step", "r", &[1.0, f64::INFINITY], |r| descent::critical_step(r).map(drop));
    walk.number("descent::check", "step", above, |a| descent::check(&run(), a).map(drop));
    walk.number("rates::energy", "infimum", &[f64::INFINITY], |x| {
        rates::energy(&run(), &Infimum::AtLeast(x)).map(drop)
    });
    walk.vector("rates::energy", "infimum", |x| {
        rates::energy(&run(), &Infimum::At(x.to_vec().into())).map(drop)
    });
    walk.vector("rates::convex", "infimum", |x| rates::convex(&run(), &aview1(x)).map(drop));
    walk.judge("rates::fitted_exponent", "steps", "none", rates::fitted_exponent(&[]).map(drop));
    walk.judge("rates::fitted_exponent", "gaps", "NaN", rates::fitted_exponent(&[f64::NAN; 30]).map(drop));
    walk.number("steps_to_level", "gap", &[-1.0], |x| {
        interference::steps_to_level(4, 2, x, 0.3, 0.1).map(drop)
    });
    walk.number("steps_to_level", "level", above, |x| {
        interference::steps_to_level(4, 2, 1.0, x, 0.1).map(drop)
    });
    walk.number("steps_to_level", "correlation", &[f64::INFINITY], |x| {
        interference::steps_to_level(4, 2, 1.0, 0.3, x).map(drop)
    });
    let singles = [vec![0], vec![1]];
    let fine = expected_smoothness::Instance {
        sum: &sum,
        trajectory: &trajectory,
        constant: 3.0,
        step: 0.1,
        infima: &[0.0, 0.0],
    };
    walk.number("expected_smoothness::check", "constant", above, |constant| {
        expected_smoothness::check(&expected_smoothness::Instance { constant, ..fine }, &singles).map(drop)
    });
    walk.number("expected_smoothness::check", "step", above, |step| {
        expected_smoothness::check(&expected_smoothness::Instance { step, ..fine }, &singles).map(drop)
    });
    walk.vector("expected_smoothness::check", "infima", |infima| {
        expected_smoothness::check(&expected_smoothness::Instance { infima, ..fine }, &singles).map(drop)
    });
    walk.number("cross_entropy::check", "constant", above, |k| {
        cross_entropy::check(3, k, &config()).map(drop)
    });
    walk.judge("cross_entropy::best_constant", "classes", "1", cross_entropy::best_constant(1).map(drop));
    let set =
        |jacobian, outputs| tangent_kernel_pl::DataSet { jacobian, targets: array![[0.5, 0.5]], outputs };
    walk.matrix("tangent_kernel_pl::check", "jacobian", |j| {
        tangent_kernel_pl::check(&set(j, array![[1.0, 0.0]]), &SquaredError, 1.0).map(drop)
    });
    walk.number("tangent_kernel_pl::check", "c", above, |c| {
        tangent_kernel_pl::check(&set(Array2::eye(2), array![[1.0, 0.0]]), &SquaredError, c).map(drop)
    });
    walk.number("tangent_kernel_pl::check", "output", &[f64::INFINITY], |f| {
        tangent_kernel_pl::check(&set(Array2::eye(2), array![[f, 0.0]]), &SquaredError, 1.0).map(drop)
    });
    walk.matrix("gradient_independence::check", "rows", |rows| {
        gradient_independence::check(rows.view(), 1.0, gradient_independence::Bound::Least).map(drop)
    });
    walk.number("davidson_szarek", "w", above, |w| gradient_independence::davidson_szarek(3, 9, w).map(drop));
    let layer = gradient_independence::HiddenLayer {
        input_square: 1.0,
        hidden_square: 1.0,
        active: 3,
        outputs: 2,
        deviation: 0.1,
    };
    walk.number("hidden_layer_spread", "w", above, |w| {
        gradient_independence::hidden_layer_spread(&layer, w).map(drop)
    });
    walk.number("hidden_layer_spread", "deviation", above, |deviation| {
        gradient_independence::hidden_layer_spread(
            &gradient_independence::HiddenLayer { deviation, ..layer },
            1.0,
        )
        .map(drop)
    });
    walk.number("hidden_layer_spread", "input_square", &[f64::INFINITY], |input_square| {
        gradient_independence::hidden_layer_spread(
            &gradient_independence::HiddenLayer { input_square, ..layer },
            1.0,
        )
        .map(drop)
    });
    walk.entries("ProductBounds::of", "norms", |b| skip_connections::ProductBounds::of(b).map(drop));
    walk.matrix("skip_connections::check", "matrix", |b| skip_connections::check(&[b], &[0.5]).map(drop));
    walk.matrix("singular_values", "matrix", |a| skip_connections::singular_values(a.view()).map(drop));
    walk.finish(140);
}
