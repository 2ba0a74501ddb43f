//! The inequality of Polyak and Lojasiewicz, in one variable.

use super::branch_and_bound::{Effort, Proof, prove};
use super::check;
use super::enclosed::{OnBox, formula_of, is_differentiable, lift, mean_curvatures};
use crate::ConvexityError;
use crate::error::{require_positive, require_range};
use crate::number::{Interval, Number, PreciseInterval, Sign};
use crate::objectives::{Enclosable, Objective};

/// G'(x)^2 - 2 mu (G(x) - G(x*)).
struct Slack<'a> {
    formula: &'a dyn Enclosable,
    mu: f64,
    minimiser: f64,
}

impl Slack<'_> {
    fn slack<N: Number>(&self, slope: &N, gap: N) -> N {
        slope.square() - gap * self.mu * 2.0
    }
}

impl OnBox for Slack<'_> {
    fn enclose(&self, region: &[Interval]) -> Interval {
        let minimiser = Interval::point(self.minimiser);
        // With G'(x*) = 0 the slope is (x - x*) times the mean of G'' between, and the gap (x - x*)^2 times a
        // weighted mean: the slack is (x - x*)^2 times a factor that need not vanish at x*.
        let (plain, weighted) = mean_curvatures(self.formula, region[0], minimiser);
        if self.slack(&plain, weighted).lo() >= 0.0 {
            return Interval::hull(0.0, f64::INFINITY);
        }
        let gap = self.formula.value_of(region) - self.formula.value_of(&[minimiser]);
        self.slack(&self.formula.slopes_of(region)[0], gap)
    }

    fn at(&self, point: &[f64]) -> Option<PreciseInterval> {
        let (x, minimiser) = (lift(point), lift(&[self.minimiser]));
        is_differentiable(self.formula, &x).then(|| {
            let gap = self.formula.value_of(&x) - self.formula.value_of(&minimiser);
            self.slack(&self.formula.slopes_of(&x)[0], gap)
        })
    }
}

/// Proves `G'(x)^2 >= 2 mu (G(x) - G(x*))` for all x of an interval, or refutes it.
///
/// The slack is zero at x*, where no enclosure of it alone has a sign; the zero is divided out by Taylor's
/// formula. A proof therefore needs a second derivative between x* and x wherever the slack is small, and
/// G''(x*) > mu. That x* minimises G is not needed and not proved; see [`minimum`](super::minimum).
///
/// ```
/// use fenchel_convexity::certified::{Effort, prove_polyak_lojasiewicz};
/// use fenchel_convexity::number::{Interval, Number};
/// use fenchel_convexity::objectives::Formula;
///
/// /// x^2 + 3 sin^2 x: not convex, and no stationary point but 0.
/// #[derive(Debug)]
/// struct Wavy;
/// impl Formula for Wavy {
///     fn name(&self) -> String { "x^2 + 3 sin^2 x".into() }
///     fn dimension(&self) -> usize { 1 }
///     fn value_in<N: Number>(&self, x: &[N]) -> N { x[0].square() + x[0].sin().square() * 3.0 }
/// }
///
/// let line = Interval::hull(-10.0, 10.0);
/// let prove = |mu| prove_polyak_lojasiewicz(&Wavy, mu, 0.0, line, &Effort::default());
/// assert!(prove(1.0 / 32.0)?.is_proved());
/// assert!(prove(1.0)?.is_refuted());
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
///
/// # Errors
///
/// If the formula is not of one variable, the interval leaves the domain, mu is not positive, or the slope at
/// x* is not exactly zero.
pub fn prove_polyak_lojasiewicz(
    function: &dyn Objective,
    mu: f64,
    minimiser: f64,
    region: Interval,
    effort: &Effort,
) -> Result<Proof, ConvexityError> {
    require_range("formula", function.dimension() as f64, function.dimension() == 1, "of one variable")?;
    check(function, &[region])?;
    require_positive("mu", mu)?;
    require_range("minimiser", minimiser, true, "finite")?;
    check(function, &[region.union(&Interval::point(minimiser))])?;
    let formula = formula_of(function)?;
    let at = lift(&[minimiser]);
    if formula.slopes_of(&at)[0].sign() != Sign::Zero || !is_differentiable(formula, &at) {
        let reason = "its slope at the minimiser is not known to be exactly zero".into();
        return Err(ConvexityError::Incompatible { what: "the formula", reason });
    }
    Ok(prove(&Slack { formula, mu, minimiser }, vec![vec![region]], effort))
}
