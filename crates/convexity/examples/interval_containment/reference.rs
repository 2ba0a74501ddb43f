//! The same operations in 640 bits, straight from the library below: what the 256-bit intervals have to
//! contain.

use crate::operation::Operation;
use dashu_float::round::mode::HalfEven;
use dashu_float::{Context, FBig, Repr};
use fenchel_convexity::number::PreciseInterval;

const BITS: usize = 640;

type Real = FBig<HalfEven, 2>;

/// The result as a sum of f64 numbers, largest first, exact to about 500 bits; none where 640 bits have no
/// answer.
pub(crate) fn pieces(operation: Operation, x: f64, y: f64, n: i32) -> Option<Vec<f64>> {
    let context = Context::<HalfEven>::new(BITS);
    let exact = |value: f64| Repr::<2>::try_from(value).ok();
    let (x, y) = (exact(x)?, exact(y)?);
    let result = match operation {
        Operation::Add => context.add(&x, &y),
        Operation::Sub => context.sub(&x, &y),
        Operation::Mul => context.mul(&x, &y),
        Operation::Div => context.div(&x, &y),
        Operation::Recip => context.div(&Repr::one(), &x),
        Operation::PowI | Operation::PowF => context.powi(&x, n.into()),
        Operation::Square => context.mul(&x, &x),
        Operation::Sqrt => context.sqrt(&x),
        Operation::Exp => context.exp(&x, None),
        Operation::ExpM1 => context.exp_m1(&x, None),
        Operation::Ln => context.ln(&x, None),
        Operation::Ln1p => context.ln_1p(&x, None),
        Operation::Sin => context.sin(&x, None),
        Operation::Cos => context.cos(&x, None),
        Operation::Sinh => context.sinh(&x, None),
        Operation::Cosh => context.cosh(&x, None),
        // Exact in any arithmetic.
        Operation::Abs | Operation::Signum | Operation::Max | Operation::Min => return None,
    };
    let mut rest: Real = result.ok()?.value();
    let mut pieces = Vec::new();
    for _ in 0..9 {
        let piece = rest.repr().to_f64().value();
        rest = context.sub(rest.repr(), &exact(piece)?).ok()?.value();
        pieces.push(piece);
    }
    Some(pieces)
}

/// How far the interval misses the sum of the pieces, and its width, both relative to the first piece.
pub(crate) fn miss(interval: &PreciseInterval, pieces: &[f64]) -> (f64, f64) {
    // The pieces cancel from the largest on: nothing is rounded until what is left is of the interval's own
    // width.
    let rest = pieces.iter().fold(interval.clone(), |rest, &piece| rest - piece).to_f64_interval();
    let size = pieces[0].abs();
    (rest.lo().max(-rest.hi()).max(0.0) / size, rest.width() / size)
}
