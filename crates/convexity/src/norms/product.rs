//! Products of norms: an outer l_p norm of the norms of blocks.

use super::{Norm, lp};
use crate::blocks::blocks;
use crate::exponent::Exponent;
use crate::number::Number;

pub(super) fn value<N: Number>(outer: Exponent, parts: &[(usize, Norm)], u: &[N]) -> N {
    lp::value(outer, &inner(parts, u))
}

pub(super) fn subgradient<N: Number>(outer: Exponent, parts: &[(usize, Norm)], u: &[N], out: &mut [N]) {
    let inner = inner(parts, u);
    let mut weights = vec![N::zero(); inner.len()];
    lp::subgradient(outer, &inner, &mut weights);
    for ((block, norm), weight) in blocks(parts).zip(weights) {
        norm.subgradient_of(&u[block.clone()], &mut out[block.clone()]);
        for s in &mut out[block] {
            *s = s.clone() * &weight;
        }
    }
}

fn inner<N: Number>(parts: &[(usize, Norm)], u: &[N]) -> Vec<N> {
    blocks(parts).map(|(block, norm)| norm.value_of(&u[block])).collect()
}
