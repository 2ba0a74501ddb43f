//! A refuted claim: points at which an inequality fails.

use super::theorem::{Relation, Section, Theorem};
use crate::ConvexityError;
use crate::number::{Expression, Number, Sign, recording};
use crate::objectives::{Domain, Enclosure, Objective};

/// What is stated: a claim, and the points that break it.
pub(crate) struct Refutation<'a> {
    /// The claim in words.
    pub(crate) claim: String,
    pub(crate) objective: &'a dyn Objective,
    pub(crate) u: Vec<Expression>,
    pub(crate) v: Vec<Expression>,
    /// Numbers that are not negative where a point lies in the region.
    pub(crate) margins: &'a dyn Fn(&[Expression]) -> Vec<Expression>,
}

/// What an inequality is made of, each under its name in the file.
pub(crate) struct Parts<'a> {
    objective: &'a dyn Objective,
    u: Vec<Expression>,
    v: Vec<Expression>,
}

impl Parts<'_> {
    fn named(point: Vec<Expression>, letter: &str) -> Vec<Expression> {
        point.into_iter().enumerate().map(|(i, x)| x.named(&format!("{letter}_{i}"))).collect()
    }

    pub(crate) fn displacement(&self) -> Vec<Expression> {
        self.u.iter().zip(&self.v).map(|(u, v)| u.clone() - v).collect()
    }

    pub(crate) fn value_at_u(&self) -> Expression {
        Expression::value(self.objective, &self.u).named("value_at_u")
    }

    pub(crate) fn value_at_v(&self) -> Expression {
        Expression::value(self.objective, &self.v).named("value_at_v")
    }

    fn slope(&self, x: &[Expression]) -> Vec<Expression> {
        let mut slope = vec![Expression::zero(); x.len()];
        Expression::gradient(self.objective, x, &mut slope);
        Self::named(slope, "slope")
    }

    pub(crate) fn slope_at_u(&self) -> Vec<Expression> {
        self.slope(&self.u)
    }

    /// By its definition, never by the function's own formula for it.
    pub(crate) fn divergence(&self) -> Expression {
        let linear = Number::dot(&self.slope(&self.v), &self.displacement());
        (self.value_at_u() - self.value_at_v() - linear).named("divergence")
    }
}

impl Refutation<'_> {
    /// The file; `excess` is what the inequality is broken by.
    ///
    /// # Errors
    ///
    /// [`ConvexityError::NoExpression`] if something cannot be written down, and
    /// [`ConvexityError::OutOfRange`] if the inequality is not broken beyond doubt.
    pub(crate) fn write(
        self,
        excess: impl FnOnce(&Parts<'_>) -> Expression,
    ) -> Result<String, ConvexityError> {
        let parts =
            Parts { objective: self.objective, u: Parts::named(self.u, "u"), v: Parts::named(self.v, "v") };
        let (excess, mut branches) = recording(|| excess(&parts));
        if excess.refusal().is_none() && excess.enclosure().sign() != Sign::Positive {
            return Err(ConvexityError::OutOfRange {
                argument: "slack",
                value: -excess.to_f64(),
                requirement: "below zero beyond doubt",
            });
        }
        let (margins, of_margins) = recording(|| {
            let domain = self.objective.domain();
            let at = |x: &[Expression]| [in_domain(&domain, x), (self.margins)(x)].concat();
            [at(&parts.u), at(&parts.v)].concat()
        });
        branches.extend(of_margins);
        Theorem {
            header: vec![
                format!("A counterexample to the claim: {}.", self.claim),
                "\nThe divergence is G(u) - G(v) - <s_v, u - v> for the function G and its slope s_v at v.\n\
                 All numbers are exact: an f64 is a rational."
                    .into(),
                "\nCheck with `coqc FILE` (Coq 8.16 and coq-interval 4.6).\n\n\
                 Coq proves the inequality for the numbers as they are written. That value_at_u and\n\
                 value_at_v are the function at the two points, in the pieces that the branches select,\n\
                 and that slope_i are its partial derivatives (or the chosen subgradient), is for the\n\
                 reader to compare."
                    .into(),
            ],
            name: "the_claim_is_false",
            variables: Vec::new(),
            sections: vec![
                Section {
                    title: "the points lie where the claim is made",
                    facts: margins.into_iter().map(|x| (x, Relation::NonNegative)).collect(),
                },
                Section::of_branches(branches),
                Section { title: "the inequality is broken", facts: vec![(excess, Relation::Positive)] },
            ],
            function: &self.objective.name(),
        }
        .write()
    }
}

/// What is not negative at a point of the domain; on the simplex the sum is 1 by construction.
fn in_domain(domain: &Domain, x: &[Expression]) -> Vec<Expression> {
    match domain {
        Domain::Whole => Vec::new(),
        Domain::Box { lower, upper } => x
            .iter()
            .zip(lower.iter().zip(upper))
            .flat_map(|(x, (&lower, &upper))| {
                let above = lower.is_finite().then(|| x.clone() - lower);
                let below = upper.is_finite().then(|| Expression::from_f64(upper) - x);
                above.into_iter().chain(below)
            })
            .collect(),
        Domain::Simplex => x.to_vec(),
    }
}
