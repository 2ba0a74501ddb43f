//! Every subgradient of a norm, not only the chosen one.

use super::{Kind, Norm, lp};
use crate::exponent::Exponent;

/// The subgradient at u that a choice in [-1, 1]^m selects.
pub(super) fn subgradient(norm: &Norm, u: &[f64], choice: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; u.len()];
    if u.iter().all(|&x| x == 0.0) {
        // At the origin: the whole dual unit ball; the choice is cut to it.
        let size = norm.dual().value_of(choice).max(1.0);
        out.iter_mut().zip(choice).for_each(|(s, c)| *s = c / size);
        return out;
    }
    match &norm.0 {
        Kind::Lp(p) => lp_choice(*p, u, choice, &mut out),
        Kind::WeightedEuclidean(weight) => weight.subgradient(u, &mut out),
        Kind::Product { outer, blocks } => {
            let (mut inner, mut lead, mut parts) = (Vec::new(), Vec::new(), Vec::new());
            for (block, norm) in crate::blocks::blocks(blocks) {
                inner.push(norm.value_of(&u[block.clone()]));
                lead.push(choice[block.start]);
                parts.push(subgradient(norm, &u[block.clone()], &choice[block]));
            }
            // Block norms are not negative, so a negative weight at a zero block is as good as a positive one.
            let mut weights = vec![0.0; inner.len()];
            lp_choice(*outer, &inner, &lead, &mut weights);
            out = parts
                .iter()
                .zip(weights)
                .flat_map(|(part, weight)| part.iter().map(move |s| s * weight))
                .collect();
        }
    }
    out
}

fn lp_choice(p: Exponent, u: &[f64], choice: &[f64], out: &mut [f64]) {
    match p.get() {
        1.0 => {
            for ((s, &x), &c) in out.iter_mut().zip(u).zip(choice) {
                *s = if x == 0.0 { c } else { x.signum() };
            }
        }
        f64::INFINITY => {
            // A convex combination over the largest entries.
            let most = u.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
            let weight = |x: f64, c: f64| if x.abs() == most { 1.0 + c } else { 0.0 };
            let total: f64 = u.iter().zip(choice).map(|(&x, &c)| weight(x, c)).sum();
            if total > 0.0 {
                for ((s, &x), &c) in out.iter_mut().zip(u).zip(choice) {
                    *s = x.signum() * weight(x, c) / total;
                }
            } else {
                lp::subgradient(p, u, out);
            }
        }
        _ => lp::subgradient(p, u, out),
    }
}
