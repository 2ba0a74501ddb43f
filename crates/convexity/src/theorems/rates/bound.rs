//! The decays that T7 promises, in any arithmetic.

use crate::error::ConvexityError;
use crate::moduli::{Modulus, Side};
use crate::norms::Norm;
use crate::number::Number;

/// A recursion for gaps: `D_{k+1} <= D_k - B D_k^kappa`, with its bound after T steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    kappa: f64,
    /// The factors of B, each with its power: `B = prod base^power`.
    factors: [(f64, f64); 4],
}

impl Decay {
    /// (ii): kappa = q, `B = A = (1/q) C^{-(q-1)} R^{-q}`.
    pub(super) fn convex(c: f64, r: f64, radius: f64) -> Self {
        let q = r / (r - 1.0);
        Self { kappa: q, factors: [(q, -1.0), (c, -(q - 1.0)), (radius, -q), (1.0, 0.0)] }
    }

    /// (iii) and (iv): kappa = q_Phi / q_phi, `B = K_Phi K_phi^{-kappa}`.
    pub(super) fn dominated(upper: &Modulus, lower: &Modulus) -> Result<Self, ConvexityError> {
        let refuse =
            |reason: &str| ConvexityError::Incompatible { what: "two moduli", reason: reason.into() };
        if lower.side() != Side::Convex || lower.offset() != 0.0 {
            return Err(refuse("the lower one must be of convexity, without offset"));
        }
        let ((big, r_upper, norm), (small, r_lower, other)) = (power(upper)?, power(lower)?);
        if norm != other {
            return Err(refuse("their norms differ"));
        }
        if r_lower < r_upper {
            return Err(refuse(
                "the lower exponent is below the upper one, which no function near a minimum allows",
            ));
        }
        let (q_upper, q_lower) = (r_upper / (r_upper - 1.0), r_lower / (r_lower - 1.0));
        let kappa = if r_upper == r_lower { 1.0 } else { q_upper / q_lower };
        Ok(Self {
            kappa,
            factors: [
                (q_upper, -1.0),
                (big, -(q_upper - 1.0)),
                (q_lower, kappa),
                (small, (q_lower - 1.0) * kappa),
            ],
        })
    }

    /// Whether kappa = 1, the geometric decay of (iii).
    #[must_use]
    pub fn is_geometric(&self) -> bool {
        self.kappa == 1.0
    }

    /// The exponent of T in the bound, `-1/(kappa - 1)`; minus infinity for a geometric decay.
    #[must_use]
    pub fn exponent(&self) -> f64 {
        -1.0 / (self.kappa - 1.0)
    }

    /// The bound on D_T, from D_0.
    pub fn after<N: Number>(&self, first: &N, steps: usize) -> N {
        let rate = self
            .factors
            .iter()
            .filter(|(_, power)| *power != 0.0)
            .fold(N::one(), |product, &(base, power)| product * N::from_f64(base).powf(power));
        let zero = N::zero();
        if self.is_geometric() {
            // A constant c > C would make the factor negative: then one step must end.
            let factor = (N::one() - rate).max(&zero);
            return first.clone() * factor.powf(steps as f64);
        }
        // D_0 taken out of the bracket, which cannot overflow then; at D_0 = 0 the bound is 0.
        let inner =
            rate * first.max(&zero).powf(self.kappa - 1.0) * ((self.kappa - 1.0) * steps as f64) + 1.0;
        first.clone() * inner.powf(self.exponent())
    }
}

/// C, r and the norm of a modulus whose potential is a norm power with r > 1.
pub(super) fn power(modulus: &Modulus) -> Result<(f64, f64, &Norm), ConvexityError> {
    match modulus.as_norm_power() {
        Some((c, r, norm)) if r.get() > 1.0 => Ok((c, r.get(), norm)),
        _ => Err(ConvexityError::Incompatible {
            what: "a rate and a modulus",
            reason: "the potential must be a norm power with r > 1".into(),
        }),
    }
}
