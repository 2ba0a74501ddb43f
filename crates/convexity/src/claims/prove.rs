//! The proof of a claim on a box.

use super::Claim;
use super::claim::Statement;
use crate::ConvexityError;
use crate::certified::{Effort, Proof, exponent_two, prove_constant, prove_curvature, prove_pairs};
use crate::moduli::Side;
use crate::number::Interval;
use crate::objectives::Region;

impl Claim<'_> {
    /// Proves the claim for all points of a box in one or two variables, or refutes it there.
    ///
    /// Exponent 2 without an offset, weak convexity and Lipschitz gradients are decided by second derivatives; other norm
    /// powers, offsets and kinks in one variable by covering the pairs. See [`certified`](crate::certified) for what a proof rests
    /// on, and for more.
    ///
    /// # Errors
    ///
    /// If the claim is restricted to a region, the function has no formula or more than two variables, the box does not fit,
    /// or no method proves such a statement: quasar-convexity, and the inequality of Polyak and Lojasiewicz, for which
    /// [`prove_polyak_lojasiewicz`](crate::certified::prove_polyak_lojasiewicz) needs the minimiser.
    ///
    /// ```
    /// use fenchel_convexity::certified::Effort;
    /// use fenchel_convexity::claims::Claim;
    /// use fenchel_convexity::norms::Norm;
    /// use fenchel_convexity::number::{Interval, Number};
    /// use fenchel_convexity::objectives::Formula;
    ///
    /// #[derive(Debug)]
    /// struct Cosine;
    /// impl Formula for Cosine {
    ///     fn name(&self) -> String { "cos x".into() }
    ///     fn dimension(&self) -> usize { 1 }
    ///     fn value_in<N: Number>(&self, x: &[N]) -> N { x[0].cos() }
    /// }
    ///
    /// let line = [Interval::hull(-10.0, 10.0)];
    /// let prove = |claim: Claim<'_>| claim.prove(&line, &Effort::default());
    /// assert!(prove(Claim::lipschitz_gradient(&Cosine, 1.001, Norm::L2)?)?.is_proved());
    /// assert!(prove(Claim::weakly_convex(&Cosine, 0.999, Norm::L2)?)?.is_refuted());
    /// # Ok::<(), fenchel_convexity::ConvexityError>(())
    /// ```
    pub fn prove(&self, region: &[Interval], effort: &Effort) -> Result<Proof, ConvexityError> {
        let function = self.objective;
        if self.region != Region::Everywhere {
            let reason = "a proof is about all points of its box; state the claim everywhere".into();
            return Err(ConvexityError::Incompatible { what: "a region and a proof on a box", reason });
        }
        let constant = |side, constant, norm| prove_constant(function, side, constant, norm, region, effort);
        match &self.statement {
            Statement::Modulus(modulus) => match (exponent_two(function, modulus, region), region) {
                (Ok(_), _) => prove_curvature(function, modulus, region, effort),
                (Err(_), &[side]) => prove_pairs(function, modulus, side, effort),
                (Err(error), _) => Err(error),
            },
            Statement::WeaklyConvex { rho, norm } => constant(Side::Convex, -rho, norm),
            Statement::LipschitzGradient { constant: l, norm } => match constant(Side::Smooth, *l, norm)? {
                Proof::Proved { boxes: above } => Ok(match constant(Side::Convex, -l, norm)? {
                    Proof::Proved { boxes } => Proof::Proved { boxes: boxes + above },
                    other @ (Proof::Refuted { .. } | Proof::Open { .. }) => other,
                }),
                other @ (Proof::Refuted { .. } | Proof::Open { .. }) => Ok(other),
            },
            Statement::PolyakLojasiewicz { .. } => Err(ConvexityError::Unsupported {
                name: self.to_string(),
                what: "proof by this method; `certified::prove_polyak_lojasiewicz` takes the minimiser",
            }),
            Statement::QuasarConvex { .. } => {
                Err(ConvexityError::Unsupported { name: self.to_string(), what: "proof on a box" })
            }
        }
    }
}
