//! A counterexample as a theorem for the proof assistant Coq.

use super::claim::Statement;
use super::exact_float::plain;
use super::{Claim, Counterexample};
use crate::ConvexityError;
use crate::coq::Refutation;
use crate::moduli::Side;
use crate::norms::Norm;
use crate::number::{Expression, Number, Sign};
use crate::objectives::{Enclosure, Region};

impl Counterexample {
    /// The text of a Coq file whose theorem says that the points refute the claim; see the module
    /// [`coq`](crate::coq).
    ///
    /// They are verified first.
    ///
    /// # Errors
    ///
    /// As [`Counterexample::verify`], and [`ConvexityError::NoExpression`] if the function cannot be
    /// written down exactly.
    pub fn to_coq(&self, claim: &Claim<'_>) -> Result<String, ConvexityError> {
        self.verify(claim)?;
        let domain = claim.objective.domain();
        let lift = |point| claim.region.lift(&domain, &plain(point));
        Refutation {
            claim: claim.to_string(),
            objective: claim.objective,
            u: lift(&self.u),
            v: lift(&self.v),
            margins: &|x| margins(claim, x),
        }
        .write(|parts| match &claim.statement {
            Statement::Modulus(modulus) => {
                let bound = modulus.bound_of(&parts.displacement()).named("bound");
                match modulus.side() {
                    Side::Smooth => parts.divergence() - bound,
                    Side::Convex => bound - parts.divergence(),
                }
            }
            Statement::WeaklyConvex { rho, norm } => {
                -(half_square(norm, *rho, &parts.displacement()).named("bound")) - parts.divergence()
            }
            Statement::LipschitzGradient { constant, norm } => {
                let divergence = parts.divergence();
                let size = match divergence.sign() {
                    Sign::Negative => -divergence,
                    Sign::Zero | Sign::Positive | Sign::Undecided => divergence,
                };
                size - half_square(norm, *constant, &parts.displacement()).named("bound")
            }
            Statement::PolyakLojasiewicz { mu, infimum } => {
                let square = parts.slope_at_u().iter().fold(Expression::zero(), |sum, s| sum + s.square());
                (parts.value_at_u() - *infimum) * *mu - square / 2.0
            }
            Statement::QuasarConvex { tau } => {
                let along = Number::dot(&parts.slope_at_u(), &parts.displacement());
                (parts.value_at_u() - parts.value_at_v()) * *tau - along
            }
        })
    }
}

/// `(factor/2) ||d||^2`.
fn half_square(norm: &Norm, factor: f64, displacement: &[Expression]) -> Expression {
    norm.power_of(displacement, 2.0) * factor / 2.0
}

/// What is not negative where a point lies in the region.
fn margins(claim: &Claim<'_>, x: &[Expression]) -> Vec<Expression> {
    match &claim.region {
        // A segment's points are on it by construction, and a fixed point is what it is.
        Region::Everywhere | Region::Segment { .. } | Region::Around { .. } => Vec::new(),
        Region::Ball { centre, radius, norm } => {
            let offset: Vec<Expression> = x.iter().zip(centre).map(|(x, &c)| x.clone() - c).collect();
            vec![Expression::from_f64(*radius) - norm.value_of(&offset)]
        }
        Region::Sublevel { level, .. } => {
            vec![Expression::from_f64(*level) - Expression::value(claim.objective, x)]
        }
    }
}
