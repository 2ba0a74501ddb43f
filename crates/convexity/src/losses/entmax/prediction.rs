//! The entmax prediction `p_i = [beta (f_i - tau)]_+^{1/beta}`, beta = alpha - 1, with tau such that p sums to 1.
//!
//! The threshold tau is a bad unknown: p is infinitely steep there for beta > 1, and 1/beta-fold steep in logarithms
//! for beta < 1. The unknown here is the probability z of one entry a, the *anchor*, and the others follow from
//! differences of outputs, `p_i^beta = z^beta + beta (f_i - f_a)`:
//! - beta < 1: a is the largest output, and z = 1 - w with w unknown. Then p_i has an absolute error of a few units
//!   of `p_i^{1-beta}`, which is at most 1.
//! - beta >= 1: a is the smallest output with p_a > 0. Then nothing cancels, and the relative error of p_i is that of
//!   z or smaller. Entry a is in the support just if the others, with z = 0, sum to less than 1.
//!
//! Either way `sum_i p_i` is a convex increasing function of z whose slope is between 1 and m, so that Newton's method
//! from above falls to the root; and `1 - p` of the largest entry is formed without cancellation, so that
//! predictions close to a corner of the simplex are accurate relative to their distance from it.

use crate::simplex::{add, sum};
use ndarray::ArrayRef1;

/// Newton's method halves the logarithm of its error per step; even from afar each step divides the product of
/// excess and slope by 4, which takes f64 from 1000 m to round-off in fewer steps than this.
const STEPS: usize = 100;

/// A prediction with what the loss needs of it.
pub(super) struct Prediction {
    /// p.
    pub(super) masses: Vec<f64>,
    /// Where p is largest.
    pub(super) top: usize,
    /// `1 - p` there: the sum of the others.
    pub(super) complement: f64,
    /// The output of the anchor.
    anchor: f64,
    /// The anchor's height above the threshold, `z^beta / beta`.
    height: f64,
}

/// An entry's power `p^beta`, p, and the derivative of p by the z of the anchor.
#[derive(Clone, Copy, Default)]
struct Entry {
    mass: f64,
    slope: f64,
}

impl Prediction {
    /// The prediction for a finite, non-empty output.
    pub(super) fn new(beta: f64, output: &ArrayRef1<f64>) -> Self {
        let top = (1..output.len()).fold(0, |top, i| if output[i] > output[top] { i } else { top });
        if beta < 1.0 {
            Self::from_the_largest(beta, output, top)
        } else {
            Self::from_the_smallest(beta, output, top)
        }
    }

    /// `tau - f`: how far an output lies below the threshold. Negative where p is positive, be it beneath f64.
    pub(super) fn below(&self, f: f64) -> f64 {
        (self.anchor - f) - self.height
    }

    fn from_the_largest(beta: f64, output: &ArrayRef1<f64>, top: usize) -> Self {
        // beta (max - f), and 1 less it, which may cancel.
        let drops: Vec<(f64, f64)> = output
            .iter()
            .map(|&f| {
                let (gap, lost) = difference(output[top], f);
                (beta * gap, gap.mul_add(-beta, 1.0) - beta * lost)
            })
            .collect();
        let mut entries = vec![Entry::default(); output.len()];
        let (mut wrong, mut fall) = (0.0_f64, 0.0);
        for _ in 0..STEPS {
            // 1 - z^beta.
            fall = -(beta * (-wrong).ln_1p()).exp_m1();
            for (entry, &(drop, rest)) in entries.iter_mut().zip(&drops) {
                let power = rest - fall;
                *entry = if power <= 0.0 {
                    Entry::default()
                } else {
                    let near = power > 0.5;
                    let mass =
                        if near { ((-(drop + fall)).ln_1p() / beta).exp() } else { power.powf(1.0 / beta) };
                    // (p/z)^{1-beta}.
                    Entry { mass, slope: mass / power * ((1.0 - fall) / (1.0 - wrong)) }
                };
            }
            let step = others(&entries, top, -wrong) / sum(entries.iter().map(|entry| entry.slope));
            // Above the root the step is positive; at it, round-off.
            if step <= 0.0 || wrong + step <= wrong {
                return Self::finish(entries, -step, top, output[top], (1.0 - fall) / beta);
            }
            wrong += step;
        }
        Self::finish(entries, 0.0, top, output[top], (1.0 - fall) / beta)
    }

    fn from_the_smallest(beta: f64, output: &ArrayRef1<f64>, top: usize) -> Self {
        let mut order: Vec<usize> = (0..output.len()).collect();
        order.sort_by(|&i, &j| output[j].total_cmp(&output[i]));
        // Whether the entry at a place of the order has mass: true up to a place, false from there on.
        let has_mass = |place: usize| {
            let least = output[order[place]];
            let alone = order[..place].iter().map(|&i| (beta * (output[i] - least)).powf(1.0 / beta));
            sum(alone) < 1.0
        };
        let (mut support, mut beyond) = (1, output.len() + 1);
        while beyond - support > 1 {
            let middle = usize::midpoint(support, beyond);
            if has_mass(middle - 1) { support = middle } else { beyond = middle }
        }
        let anchor = output[order[support - 1]];
        let mut entries = vec![Entry::default(); output.len()];
        if support == 1 {
            entries[top].mass = 1.0;
            return Self::finish(entries, 0.0, top, anchor, 1.0 / beta);
        }
        let (gap, lost) = difference(output[top], anchor);
        let top_less_one = gap.mul_add(beta, -1.0) + beta * lost;
        let mut z = 1.0 / support as f64;
        for _ in 0..STEPS {
            let power = z.powf(beta);
            for &i in &order[..support] {
                entries[i] = raised(beta, z, power, output[i] - anchor);
            }
            // 1 - p of the largest.
            let wrong = if power + beta * gap > 0.5 {
                -((power + top_less_one).ln_1p() / beta).exp_m1()
            } else {
                1.0 - entries[top].mass
            };
            let step = others(&entries, top, -wrong) / sum(entries.iter().map(|entry| entry.slope));
            if step <= 0.0 || z - step >= z {
                return Self::finish(entries, -step, top, anchor, power / beta);
            }
            // The root is positive; round-off could step past it to below 0.
            z = (z - step).max(0.0);
        }
        Self::finish(entries, 0.0, top, anchor, z.powf(beta) / beta)
    }

    /// Takes the last step, smaller than the spacing of f64 at z, in every entry.
    fn finish(entries: Vec<Entry>, step: f64, top: usize, anchor: f64, height: f64) -> Self {
        let mut masses: Vec<f64> =
            entries.iter().map(|entry| (entry.mass + entry.slope * step).max(0.0)).collect();
        let complement = sum(masses.iter().enumerate().filter(|&(i, _)| i != top).map(|(_, &mass)| mass));
        if complement < 0.5 {
            masses[top] = 1.0 - complement;
        }
        Self { masses, top, complement, anchor, height }
    }
}

/// `a - b` rounded, and what rounding lost, unless the difference is beyond f64.
fn difference(a: f64, b: f64) -> (f64, f64) {
    let (difference, lost) = add(a, -b);
    (difference, if difference.is_finite() { lost } else { 0.0 })
}

/// The masses of all entries but one, and another number, summed.
fn others(entries: &[Entry], top: usize, more: f64) -> f64 {
    sum(entries.iter().enumerate().filter(|&(i, _)| i != top).map(|(_, entry)| entry.mass).chain([more]))
}

/// The entry that lies `rise >= 0` above an anchor with mass z, beta >= 1.
fn raised(beta: f64, z: f64, power: f64, rise: f64) -> Entry {
    if rise == 0.0 {
        return Entry { mass: z, slope: 1.0 };
    }
    let sum = power + beta * rise;
    let mass = if sum > 1e-290 || z == 0.0 {
        sum.powf(1.0 / beta)
    } else {
        // Both terms may be beneath f64, and p is not: compare their logarithms.
        z * (((beta * rise).ln() - beta * z.ln()).exp().ln_1p() / beta).exp()
    };
    Entry { mass, slope: (z / mass).powf(beta - 1.0) }
}
