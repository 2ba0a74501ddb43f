//! The decays that T7 promises, in any arithmetic.

use crate::error::ConvexityError;
use crate::moduli::{Modulus, Side};
use crate::number::Number;

/// A recursion for gaps: `D_{k+1} <= D_k - B max(D_k - c_phi, 0)^kappa + c_Phi`, with its bound after T
/// steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decay {
    kappa: f64,
    /// The factors of B, each with its power: `B = prod base^power`.
    factors: [(f64, f64); 4],
    /// c_Phi, the offset of the steps.
    rise: f64,
    /// c_phi, the offset of the domination.
    unseen: f64,
}

/// The floor of a recursion with offsets.
#[derive(Clone, Debug, PartialEq)]
pub struct Floor<N> {
    /// D*.
    pub value: N,
    /// o: by how much one step from below may end above it.
    pub overshoot: N,
    /// z: the share of its excess that a gap just above the floor loses in a step; 0 without offset.
    pub slope: N,
}

impl Decay {
    /// (ii): kappa = q, `B = A = (1/q) C^{-(q-1)} R^{-q}`.
    pub(super) fn convex(c: f64, r: f64, radius: f64, rise: f64) -> Self {
        let q = r / (r - 1.0);
        let factors = [(q, -1.0), (c, -(q - 1.0)), (radius, -q), (1.0, 0.0)];
        Self { kappa: q, factors, rise, unseen: 0.0 }
    }

    /// (iii) and (iv): kappa = q_Phi / q_phi, `B = K_Phi K_phi^{-kappa}`.
    pub(in crate::theorems) fn dominated(upper: &Modulus, lower: &Modulus) -> Result<Self, ConvexityError> {
        let refuse =
            |reason: &str| ConvexityError::Incompatible { what: "two moduli", reason: reason.into() };
        if lower.side() != Side::Convex {
            return Err(refuse("the lower one must be of convexity"));
        }
        let ((big, r_upper, norm), (small, r_lower, other)) =
            (upper.require_power()?, lower.require_power()?);
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
            rise: upper.offset(),
            unseen: lower.offset(),
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

    /// The bound on D_T, T > 0, from D_0.
    pub fn after<N: Number>(&self, first: &N, steps: usize) -> N {
        let Floor { value, overshoot, .. } = self.floor();
        let above = first.clone() - &value;
        if self.is_geometric() {
            // A constant c > C would make the factor negative: then one step must end at the floor.
            let factor = (N::one() - self.rate::<N>()).max(&N::zero());
            return above * factor.powf(steps as f64) + value;
        }
        value + self.decayed(&above, steps).max(&overshoot)
    }

    /// The bound on the least of D_0, ..., D_T, T > 0, from D_0.
    pub fn least<N: Number>(&self, first: &N, steps: usize) -> N {
        if self.is_geometric() {
            return self.after(first, steps);
        }
        let floor = self.floor::<N>().value;
        let above = first.clone() - &floor;
        floor + self.decayed(&above, steps)
    }

    /// `W_T`, 0 where its argument is not positive.
    fn decayed<N: Number>(&self, above: &N, steps: usize) -> N {
        // The argument taken out of the bracket, which cannot overflow then.
        let above = above.max(&N::zero());
        let power = above.powf(self.kappa - 1.0);
        let inner = self.rate::<N>() * power * ((self.kappa - 1.0) * steps as f64) + 1.0;
        let decayed = above.clone() * inner.powf(self.exponent());
        if self.rise == 0.0 {
            return decayed;
        }
        let factor = (N::one() - self.floor::<N>().slope).max(&N::zero());
        decayed.min(&(above * factor.powf(steps as f64)))
    }

    /// Where the decrease of a step pays for its offset.
    pub fn floor<N: Number>(&self) -> Floor<N> {
        let (rise, unseen) = (N::from_f64(self.rise), N::from_f64(self.unseen));
        let (overshoot, slope) = (N::zero(), N::zero());
        if self.rise == 0.0 {
            return Floor { value: unseen, overshoot, slope };
        }
        if self.is_geometric() {
            let slope = self.rate::<N>().min(&N::one());
            return Floor { value: unseen + rise / &slope, overshoot, slope };
        }
        let floor = (rise.clone() / self.rate::<N>()).powf(1.0 / self.kappa);
        let slope = rise * self.kappa / &floor;
        // At z = 1 and below there is no rise.
        let z = slope.max(&N::one());
        let power = z.powf(self.exponent()) * (self.kappa - 1.0);
        let overshoot = ((z - self.kappa + power) * &floor / self.kappa).max(&overshoot);
        Floor { value: unseen + floor, overshoot, slope }
    }

    /// By what share the rounding of kappa and of the factors' powers in f64 may move the bound after one step; after T it
    /// is T + 1 times as much.
    ///
    /// A power is off by a few units of itself and of the 1 that was taken off it, which moves `base^power` by that
    /// times `ln base`. That of -1/(kappa - 1) moves `(1 + (kappa-1) T x)^(-1/(kappa-1))` by at most
    /// `(kappa/(kappa-1)) T x` units, x the share of the gap that a step takes.
    pub(super) fn rounded(&self) -> f64 {
        let powers: f64 =
            self.factors.iter().map(|(base, power)| (power.abs() + 1.0) * base.ln().abs()).sum();
        let kappa = if self.is_geometric() { 0.0 } else { self.kappa / (self.kappa - 1.0) };
        f64::EPSILON * (64.0 + 4.0 * powers + 4.0 * kappa)
    }

    /// B.
    fn rate<N: Number>(&self) -> N {
        self.factors
            .iter()
            .filter(|(_, power)| *power != 0.0)
            .fold(N::one(), |product, &(base, power)| product * N::from_f64(base).powf(power))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Precise;

    #[test]
    fn what_is_granted_to_the_constants_covers_their_rounding() {
        let power = |base: f64, power: &Precise| (Precise::from_f64(base).ln() * power).exp();
        for r in [1.001, 1.01, 1.3, 1.5, 2.0, 3.0, 7.0, 100.0] {
            for c in [1e-6, 0.3, 1.0, 7.0, 1e3, 1e9] {
                for radius in [1e-3, 0.9, 40.0] {
                    let decay = Decay::convex(c, r, radius, 0.0);
                    let exact = Precise::from_f64(r) / (Precise::from_f64(r) - 1.0);
                    let own = power(c, &(-exact.clone() + 1.0)) * power(radius, &-exact.clone()) / &exact;
                    let off = (decay.rate::<Precise>() / own - 1.0).to_f64().abs();
                    assert!(off <= decay.rounded(), "{r} {c} {radius}: {off:e} {:e}", decay.rounded());
                }
            }
        }
    }
}
