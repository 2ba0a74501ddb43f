//! The negative Shannon entropy on the simplex.

use crate::error::{ConvexityError, require_range};
use crate::number::{Number, Sign};
use crate::objectives::{Domain, Formula};

/// `sum_i p_i log p_i` on the probability simplex, 0 log 0 = 0.
///
/// Its divergence is the Kullback-Leibler divergence. Known: 1-convex in l_1 (Pinsker) and 2-convex in l_2, both tight
/// from two entries on. There is no subgradient where an entry is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NegativeEntropy {
    dimension: usize,
}

impl NegativeEntropy {
    /// The function on the simplex in R^m.
    ///
    /// # Errors
    ///
    /// If m is 0.
    pub fn new(dimension: usize) -> Result<Self, ConvexityError> {
        require_range("dimension", dimension as f64, dimension > 0, "at least 1")?;
        Ok(Self { dimension })
    }
}

/// p log p, with the value 0 at 0. A dual number that is 0 there and varies has an undecided sign, and so no derivative.
fn term<N: Number>(p: &N) -> N {
    match p.sign() {
        Sign::Zero => N::zero(),
        _ => p.clone() * p.ln(),
    }
}

impl Formula for NegativeEntropy {
    fn name(&self) -> String {
        "sum p log p on the simplex".into()
    }

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn value_in<N: Number>(&self, x: &[N]) -> N {
        x.iter().fold(N::zero(), |sum, p| sum + term(p))
    }

    fn gradient_in<N: Number>(&self, x: &[N], gradient: &mut [N]) {
        for (s, p) in gradient.iter_mut().zip(x) {
            *s = p.ln() + 1.0;
        }
    }

    fn bregman_in<N: Number>(&self, u: &[N], v: &[N]) -> N {
        // KL(u || v), with the sums of u and v, equal on the simplex, kept apart so that round-off in them does not count.
        u.iter().zip(v).fold(N::zero(), |sum, (u, v)| {
            let difference = v.clone() - u;
            sum + match u.sign() {
                Sign::Zero => v.clone(),
                // u log(u/v) + v - u is not negative; for near entries log1p keeps it accurate.
                _ => difference.clone() - u.clone() * (difference / u).ln_1p(),
            }
        })
    }

    fn domain(&self) -> Domain {
        Domain::Simplex
    }
}
