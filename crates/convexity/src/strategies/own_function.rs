//! A function of one's own under property tests.

use fenchel_convexity::moduli::Modulus;
use fenchel_convexity::norms::Norm;
use fenchel_convexity::number::Number;
use fenchel_convexity::objectives::{Formula, Objective};
use fenchel_convexity::strategies::vectors;
use proptest::prelude::*;

/// `sum_i sqrt(1 + x_i^2)`: second derivatives in (0, 1], so 1-smooth in l_2; convex, with its minimum m at 0.
#[derive(Clone, Debug)]
struct RoundedAbsolute(usize);

impl Formula for RoundedAbsolute {
    fn name(&self) -> String {
        "sum sqrt(1 + x^2)".into()
    }

    fn dimension(&self) -> usize {
        self.0
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x.iter().fold(N::zero(), |sum, x| sum + (x.square() + 1.0).sqrt())
    }

    // Without this the gradient is the derivative of `value`; with it there is something to test.
    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        gradient.iter_mut().zip(x).for_each(|(s, x)| *s = x.clone() / (x.square() + 1.0).sqrt());
    }
}

/// What rounding explains: a few units of the values, which are below 100 here.
const ROUND_OFF: f64 = 1e-12;

proptest! {
    #[test]
    fn the_gradient_is_the_derivative(x in vectors(4, 10.0), d in vectors(4, 1.0)) {
        let (function, h): (&dyn Objective, f64) = (&RoundedAbsolute(4), 1e-5);
        let gradient = function.gradient(&x)?;
        let along = |t: f64| function.value(&(&x + &(&d * t)).view());
        let slope = (along(h)? - along(-h)?) / (2.0 * h);
        prop_assert!((slope - gradient.dot(&d)).abs() <= 1e-8);
    }

    #[test]
    fn the_definition_holds_for_every_pair(u in vectors(4, 10.0), v in vectors(4, 10.0)) {
        let function: &dyn Objective = &RoundedAbsolute(4);
        let modulus = Modulus::smooth(1.0, 2.0, Norm::L2)?;
        prop_assert!(modulus.slack_at(function, &u, &v)? >= -ROUND_OFF);
        prop_assert!(function.bregman(&u, &v)? >= -ROUND_OFF, "convex");
    }

    #[test]
    fn the_gradient_energy_is_at_most_the_gap(x in vectors(4, 10.0)) {
        // T4: Phi*(grad G) <= G - G_inf.
        let function: &dyn Objective = &RoundedAbsolute(4);
        let energy = Modulus::smooth(1.0, 2.0, Norm::L2)?.potential().conjugate()?;
        let gradient = function.gradient(&x)?;
        let gap = function.value(&x)? - 4.0;
        prop_assert!(energy.value(&gradient)? <= gap + ROUND_OFF);
    }
}
