//! The element-wise parts of Winograd's minimal filtering `F(2, 3)`: two outputs of a filter of three from four products instead of six.
//!
//! With
//!
//! ```text
//!      1  0 -1  0          1    0    0
//! B' = 0  1  1  0      G = 1/2  1/2  1/2      A' = 1  1  1  0
//!      0 -1  1  0          1/2 -1/2  1/2           0  1 -1 -1
//!      0  1  0 -1          0    0    1
//! ```
//!
//! the outputs `y_0 = g_0 d_0 + g_1 d_1 + g_2 d_2` and `y_1 = g_0 d_1 + g_1 d_2 + g_2 d_3` are `A' [(G g) * (B' d)]`, the product in
//! the middle entry by entry (Winograd, Arithmetic Complexity of Computations, 1980; the signs of Lavin and Gray, Fast Algorithms for
//! Convolutional Neural Networks, 2016). Here `d` are four rows of an image and `g` a column of a kernel.
//!
//! # Round-off
//! All factors but the halves of `G` are 1 or -1, and halving is exact (barring underflow). `B' d` is one addition, `G g` two, `A' p` two, and
//! a bias or what an output is added to one more. So where a direct sum of `n` products errs by at most `gamma_n` times `sum |g| |d|`,
//! this one, whose sums have `n / 3`, errs by at most `gamma_(n/3 + 6)` times `sum |A'| (|G| |g| * |B'| |d|)`. That is larger than
//! `sum |g| |d|` by products `|g_i| |d_j|` that cancel in exact arithmetic, with factors of 1 and 2. Integers are exact as long
//! as these sums are.

use crate::Real;

/// `G g`.
#[inline]
pub(crate) fn spread_weights<T: Real>(g: [T; 3]) -> [T; 4] {
    let half = T::of(0.5);
    let (ends, middle) = ((g[0] + g[2]) * half, g[1] * half);
    [g[0], ends + middle, ends - middle, g[2]]
}

vectorised! {
    /// `B' d` for four rows `d` of one length, into the first numbers of four others.
    pub(crate) fn spread_rows<T: Real>(d: [&[T]; 4], spread: [&mut [T]; 4]) {
        let len = d[0].len();
        let [d0, d1, d2, d3] = [&d[0][..len], &d[1][..len], &d[2][..len], &d[3][..len]];
        let [s0, s1, s2, s3] = spread;
        let (s0, s1, s2, s3) = (&mut s0[..len], &mut s1[..len], &mut s2[..len], &mut s3[..len]);
        for n in 0..len {
            s0[n] = d0[n] - d2[n];
            s1[n] = d1[n] + d2[n];
            s2[n] = d2[n] - d1[n];
            s3[n] = d1[n] - d3[n];
        }
    }
}

vectorised! {
    /// `A' p` for four rows `p`, into one row of outputs or two of the same length each, or added to them.
    pub(crate) fn gather_rows<T: Real>(p: [&[T]; 4], upper: &mut [T], lower: Option<&mut [T]>, accumulate: bool) {
        let len = upper.len();
        let [p0, p1, p2, p3] = [&p[0][..len], &p[1][..len], &p[2][..len], &p[3][..len]];
        if accumulate {
            for n in 0..len {
                upper[n] += p0[n] + (p1[n] + p2[n]);
            }
        } else {
            for n in 0..len {
                upper[n] = p0[n] + (p1[n] + p2[n]);
            }
        }
        if let Some(lower) = lower {
            let lower = &mut lower[..len];
            if accumulate {
                for n in 0..len {
                    lower[n] += p1[n] - p2[n] - p3[n];
                }
            } else {
                for n in 0..len {
                    lower[n] = p1[n] - p2[n] - p3[n];
                }
            }
        }
    }
}
