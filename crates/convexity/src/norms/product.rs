//! Products of norms: an outer l_p norm of the norms of blocks.

use super::{Norm, lp};
use crate::exponent::Exponent;
use crate::number::Number;

pub(super) fn value<N: Number>(outer: Exponent, blocks: &[(usize, Norm)], u: &[N]) -> N {
    lp::value(outer, &inner(blocks, u))
}

pub(super) fn subgradient<N: Number>(outer: Exponent, blocks: &[(usize, Norm)], u: &[N], out: &mut [N]) {
    let inner = inner(blocks, u);
    let mut weights = vec![N::zero(); inner.len()];
    lp::subgradient(outer, &inner, &mut weights);
    let mut start = 0;
    for ((length, norm), weight) in blocks.iter().zip(weights) {
        let block = start..start + length;
        norm.subgradient_of(&u[block.clone()], &mut out[block.clone()]);
        for s in &mut out[block] {
            *s = s.clone() * &weight;
        }
        start += length;
    }
}

fn inner<N: Number>(blocks: &[(usize, Norm)], u: &[N]) -> Vec<N> {
    let mut start = 0;
    blocks
        .iter()
        .map(|(length, norm)| {
            let value = norm.value_of(&u[start..start + length]);
            start += length;
            value
        })
        .collect()
}
