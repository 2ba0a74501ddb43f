//! T7: the exponents of the rates, fitted to runs.

use fenchel_convexity::ConvexityError;
use fenchel_convexity::catalogue::{AbsolutePower, Separable};
use fenchel_convexity::moduli::Modulus;
use fenchel_convexity::norms::Norm;
use fenchel_convexity::objectives::Region;
use fenchel_convexity::theorems::descent::Run;
use fenchel_convexity::theorems::gradient_bounds::Infimum;
use fenchel_convexity::theorems::rates::{dominated, fitted_exponent};
use fenchel_convexity::trajectory::GeneralisedDescent;
use ndarray::array;

const STEPS: usize = 10_000;

pub(super) fn print() -> Result<(), ConvexityError> {
    println!("## Rates\n");
    println!(
        "|x|^p/p on [-1, 1], smooth with N(p-1, 2) there: {STEPS} steps of generalised gradient descent from 1. T7(iv) promises D_T = O(T^(-p/(p-2))) and is attained;"
    );
    println!("the exponent is fitted to the last decade. The verdict is the checker's, on every prefix.\n");
    println!("| p | exponent of the theorem | fitted | relative error | T7(iv) at every prefix |");
    println!("|---|---|---|---|---|");
    for p in [3.0, 4.0, 6.0_f64] {
        let function = Separable::new(AbsolutePower { r: p }, 1)?;
        let smooth = Modulus::smooth(p - 1.0, 2.0, Norm::L2)?;
        // An equation; a hair less is settled in f64 intervals.
        let lower = Modulus::convex((p - 1.0).powf(p - 1.0) * (1.0 - 1e-9), p, Norm::L2)?;
        let run = GeneralisedDescent::new(smooth.potential().clone(), 1.0)?;
        let trajectory = run.run(&function, &array![1.0], STEPS)?;
        let gaps: Vec<f64> = trajectory.states().iter().map(|state| state.value).collect();
        let (theorem, fitted) = (-p / (p - 2.0), fitted_exponent(&gaps)?);
        let ball = Region::Ball { centre: vec![0.0], radius: 1.0, norm: Norm::L2 };
        let instance = Run::new(&function, &smooth, &trajectory).within(ball);
        let report = dominated(&instance, &lower, &Infimum::At(array![0.0]))?;
        let error = (fitted / theorem - 1.0).abs();
        println!("| {p} | {theorem:.4} | {fitted:.4} | {:.2} % | {} |", 100.0 * error, report.verdict());
    }
    Ok(())
}
