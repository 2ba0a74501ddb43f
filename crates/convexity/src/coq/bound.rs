//! Bounds on boxes.

use super::theorem::{Relation, Section, Theorem};
use crate::ConvexityError;
use crate::certified;
use crate::moduli::{Modulus, Side};
use crate::number::{Dual, Expression, Interval, Number, recording};
use crate::objectives::Formula;

/// The statement that a formula of one or two variables is not negative anywhere on a box.
///
/// Whether it is true is not asked here: give it what
/// [`prove_nonnegative`](crate::certified::prove_nonnegative) has proved, and Coq will see. Its tactic
/// splits boxes and uses slopes in one variable, so that some of what is proved here takes it too long.
///
/// ```
/// use fenchel_convexity::coq::nonnegative_to_coq;
/// use fenchel_convexity::number::{Interval, Number};
/// use fenchel_convexity::objectives::Formula;
///
/// #[derive(Debug)]
/// struct Gap;
/// impl Formula for Gap {
///     fn name(&self) -> String { "2 - cos x - x/4".into() }
///     fn dimension(&self) -> usize { 1 }
///     fn value_in<N: Number>(&self, x: &[N]) -> N { -x[0].cos() + 2.0 - x[0].clone() / 4.0 }
/// }
///
/// let text = nonnegative_to_coq(&Gap, &[Interval::hull(-1.0, 3.0)])?;
/// assert!(text.contains("forall x_0 : R, - 1 <= x_0 <= 3 ->"));
/// assert!(text.contains("0 <= - cos x_0 + 2 - x_0 / 4."));
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
///
/// # Errors
///
/// As [`prove_nonnegative`](crate::certified::prove_nonnegative); if the box is unbounded; and
/// [`ConvexityError::NoExpression`] if a branch is open on the box or a term may be undefined there.
pub fn nonnegative_to_coq<F: Formula>(formula: &F, region: &[Interval]) -> Result<String, ConvexityError> {
    certified::check(formula, region)?;
    let statement = format!("A bound: {} is not negative on the box below.", formula.name());
    on_box(formula, statement, region, &[], |x| vec![Formula::value_in(formula, x)])
}

/// The statement that second derivatives stay within a modulus of exponent 2 everywhere on a box, in one or
/// two variables.
///
/// On a box, which is convex, that is the modulus itself for all pairs; Coq checks the inequality for the
/// second derivative that is written. In two variables the directions are (1, t) and (t, 1), t in [-1, 1],
/// which are all up to scale.
///
/// # Errors
///
/// As [`prove_curvature`](crate::certified::prove_curvature), and as [`nonnegative_to_coq`].
pub fn curvature_to_coq<F: Formula>(
    formula: &F,
    modulus: &Modulus,
    region: &[Interval],
) -> Result<String, ConvexityError> {
    let (constant, norm) = certified::exponent_two(formula, modulus, region)?;
    let statement = format!(
        "A modulus on a box: {} is {modulus} on the box below.\n\n\
         Stated by second derivatives, d'H(x)d against {constant} \
         ||d||^2, {}.",
        formula.name(),
        if region.len() == 1 { "d = 1" } else { "d = (1, t) and d = (t, 1)" },
    );
    let directions: &[(&str, Interval)] =
        if region.len() == 1 { &[] } else { &[("t", Interval::hull(-1.0, 1.0))] };
    on_box(formula, statement, region, directions, |variables| {
        let (x, t) = variables.split_at(region.len());
        let leads = 0..region.len();
        leads
            .map(|lead| {
                let one = [Expression::one()];
                let direction: Vec<Expression> = (0..region.len())
                    .map(|i| if i == lead { one[0].clone() } else { t.first().unwrap_or(&one[0]).clone() })
                    .collect();
                let second = second_derivative(formula, x, &direction);
                let square = norm.power_of(&direction, 2.0) * constant;
                match modulus.side() {
                    Side::Convex => second - square,
                    Side::Smooth => square - second,
                }
            })
            .collect()
    })
}

/// `d'H(x)d` from the function's own gradient, or from its value where that cannot be written.
fn second_derivative<F: Formula>(formula: &F, x: &[Expression], direction: &[Expression]) -> Expression {
    let along: Vec<Dual<Expression>> = x
        .iter()
        .zip(direction)
        .map(|(value, derivative)| Dual { value: value.clone(), derivative: derivative.clone() })
        .collect();
    let mut gradient = vec![Dual::constant(Expression::zero()); x.len()];
    formula.gradient_in(&along, &mut gradient);
    let of_gradient =
        gradient.iter().zip(direction).fold(Expression::zero(), |sum, (g, d)| sum + g.derivative.clone() * d);
    if of_gradient.refusal().is_none() {
        return of_gradient;
    }
    let twice: Vec<Dual<Dual<Expression>>> = along
        .into_iter()
        .map(|value| Dual { derivative: Dual::constant(value.derivative.clone()), value })
        .collect();
    formula.value_in(&twice).derivative.derivative
}

/// The theorem that every number made of the variables is not negative on the box.
fn on_box<F: Formula>(
    formula: &F,
    statement: String,
    region: &[Interval],
    more: &[(&str, Interval)],
    numbers: impl FnOnce(&[Expression]) -> Vec<Expression>,
) -> Result<String, ConvexityError> {
    let name = formula.name();
    let mut sides: Vec<(String, Interval)> =
        region.iter().enumerate().map(|(i, side)| (format!("x_{i}"), *side)).collect();
    sides.extend(more.iter().map(|(name, side)| ((*name).to_owned(), *side)));
    if sides.iter().any(|(_, side)| !side.is_finite()) {
        return Err(ConvexityError::Unsupported {
            name,
            what: "statement on an unbounded box; pass a bounded one",
        });
    }
    let variables: Vec<Expression> =
        sides.iter().map(|(name, side)| Expression::variable(name, side.lo(), side.hi())).collect();
    let (numbers, branches) = recording(|| numbers(&variables));
    Theorem {
        header: vec![
            statement,
            "\nCheck with `coqc FILE` (Coq 8.16 and coq-interval 4.6).\n\n\
             Coq proves the inequality for the expression as it is written. That it is the function's,\n\
             in the pieces that the branches select, is for the reader to compare."
                .into(),
        ],
        name: "the_bound_holds",
        variables: sides
            .into_iter()
            .map(|(name, side)| (name, Expression::from_f64(side.lo()), Expression::from_f64(side.hi())))
            .collect(),
        sections: vec![
            Section::of_branches(branches),
            Section {
                title: "the bound",
                facts: numbers.into_iter().map(|number| (number, Relation::NonNegative)).collect(),
            },
        ],
        function: &name,
    }
    .write()
}
