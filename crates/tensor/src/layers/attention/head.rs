//! The arithmetic of attention, one sample and one head at a time, as matrix products.
//!
//! Queries, keys and values of a head are `d x t`, features by tokens. With `S = Q' K / sqrt(d)` and `P` its softmax by
//! rows, `y = V P'`. Back from cotangents `u` of `y`: `v = u P`, and with `g = P * (G - rows' sums of P * G) / sqrt(d)`,
//! `G = u' V`, `q = K g'` and `k = Q g`.

use ndarray::{ArrayView2, ArrayViewMut2, Axis, s};

use crate::Real;
use crate::gemm::{gemm, view, view_mut};
use crate::layers::softmax::softmax;

/// The heads of an attention.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heads {
    pub(super) count: usize,
    /// The features of one head.
    pub(super) features: usize,
    pub(super) tokens: usize,
    /// Whether a token sees none that comes after it.
    pub(super) causal: bool,
}

/// What is pulled back, and through what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pull<'a, T> {
    /// One sample's queries, keys and values.
    pub(super) x: &'a [T],
    /// Its weights `P`, head by head.
    pub(super) weights: &'a [T],
    /// Cotangents of its value, `len x lanes`.
    pub(super) u: &'a [T],
    pub(super) lanes: usize,
    /// -1; +1 for the sum of all sizes, which bounds what is lost.
    pub(super) sign: T,
}

impl Heads {
    /// How many weights one sample has.
    pub(super) fn weights(self) -> usize {
        self.count * self.tokens * self.tokens
    }

    /// How many roundings a product of the way back meets, at most: two sums over tokens, one over features, the
    /// factor, which is rounded itself, and what stands between.
    pub(super) fn roundings(self) -> usize {
        self.features + 2 * self.tokens + 8
    }

    fn scale<T: Real>(self) -> T {
        T::of((self.features as f64).sqrt().recip())
    }

    /// How many numbers a head's queries have.
    fn len(self) -> usize {
        self.features * self.tokens
    }

    /// The queries, keys or values of a head, `d x t`.
    fn part<T>(self, x: &[T], kind: usize, head: usize) -> ArrayView2<'_, T> {
        view(self.features, self.tokens, &x[(kind * self.count + head) * self.len()..][..self.len()])
    }

    fn weights_of<T>(self, weights: &[T], head: usize) -> ArrayView2<'_, T> {
        let square = self.tokens * self.tokens;
        view(self.tokens, self.tokens, &weights[head * square..][..square])
    }

    /// One sample's weights and value.
    pub(super) fn forward<T: Real>(self, x: &[T], weights: &mut [T], y: &mut [T]) {
        let Self { features, tokens, .. } = self;
        for head in 0..self.count {
            let [q, k, v] = [0, 1, 2].map(|kind| self.part(x, kind, head));
            let own = &mut weights[head * tokens * tokens..][..tokens * tokens];
            gemm(self.scale(), q.t(), k, T::zero(), view_mut(tokens, tokens, own));
            for (token, row) in own.chunks_exact_mut(tokens).enumerate() {
                let seen = if self.causal { token + 1 } else { tokens };
                softmax(&mut row[..seen]);
                row[seen..].fill(T::zero());
            }
            let y = view_mut(features, tokens, &mut y[head * self.len()..][..self.len()]);
            gemm(T::one(), v, self.weights_of(weights, head).t(), T::zero(), y);
        }
    }

    /// One sample's cotangents of `x` from those of its value; adds to `dx` if `accumulate`.
    pub(super) fn pull<T: Real>(
        self,
        pull: Pull<'_, T>,
        dx: &mut [T],
        accumulate: bool,
        between: &mut Vec<T>,
    ) {
        let Self { features, tokens, count, .. } = self;
        let Pull { x, weights, u, lanes, sign } = pull;
        let (len, beta) = (self.len(), if accumulate { T::one() } else { T::zero() });
        between.resize(tokens * tokens * lanes + lanes, T::zero());
        let (g, sums) = between.split_at_mut(tokens * tokens * lanes);
        let (dq, rest) = dx.split_at_mut(count * len * lanes);
        let (dk, dv) = rest.split_at_mut(count * len * lanes);
        for head in 0..count {
            let [q, k, v] = [0, 1, 2].map(|kind| self.part(x, kind, head));
            let p = self.weights_of(weights, head);
            let own = head * len * lanes..(head + 1) * len * lanes;
            let u = &u[own.clone()];
            let (dq, dk, dv) = (&mut dq[own.clone()], &mut dk[own.clone()], &mut dv[own]);
            // Of the other token, the token itself and the lane.
            gemm(
                T::one(),
                v.t(),
                view(features, tokens * lanes, u),
                T::zero(),
                view_mut(tokens, tokens * lanes, g),
            );
            self.softmax_back(p, lanes, sign, g, sums);
            gemm(T::one(), k, view(tokens, tokens * lanes, g), beta, view_mut(features, tokens * lanes, dq));
            if lanes == 1 {
                let g = view(tokens, tokens, g);
                gemm(T::one(), q, g.t(), beta, view_mut(features, tokens, dk));
                gemm(T::one(), view(features, tokens, u), p, beta, view_mut(features, tokens, dv));
                continue;
            }
            for (other, g) in g.chunks_exact(tokens * lanes).enumerate() {
                let columns: ArrayViewMut2<'_, T> = view_mut(features, tokens * lanes, dk)
                    .slice_move(s![.., other * lanes..(other + 1) * lanes]);
                gemm(T::one(), q, view(tokens, lanes, g), beta, columns);
            }
            for (u, dv) in u.chunks_exact(tokens * lanes).zip(dv.chunks_exact_mut(tokens * lanes)) {
                gemm(T::one(), p.t(), view(tokens, lanes, u), beta, view_mut(tokens, lanes, dv));
            }
        }
    }

    /// Cotangents of the products `Q' K` from those of the weights, of the other token, the token and the lane.
    fn softmax_back<T: Real>(self, p: ArrayView2<'_, T>, lanes: usize, sign: T, g: &mut [T], sums: &mut [T]) {
        let (tokens, scale) = (self.tokens, self.scale::<T>());
        for (token, p) in p.axis_iter(Axis(0)).enumerate() {
            let seen = if self.causal { token + 1 } else { tokens };
            let place = |other: usize| (other * tokens + token) * lanes;
            sums.fill(T::zero());
            for other in 0..seen {
                let g = &g[place(other)..][..lanes];
                sums.iter_mut().zip(g).for_each(|(sum, &g)| *sum += p[other] * g);
            }
            for other in 0..tokens {
                let g = &mut g[place(other)..][..lanes];
                if other >= seen {
                    g.fill(T::zero());
                    continue;
                }
                let factor = p[other] * scale;
                g.iter_mut().zip(&*sums).for_each(|(g, &sum)| *g = factor * (*g + sign * sum));
            }
        }
    }

    /// How one sample's value moves when queries, keys and values move by `dx`.
    pub(super) fn push<T: Real>(self, x: &[T], weights: &[T], dx: &[T], dy: &mut [T], between: &mut Vec<T>) {
        let Self { features, tokens, .. } = self;
        between.resize(tokens * tokens, T::zero());
        for head in 0..self.count {
            let [q, k, v] = [0, 1, 2].map(|kind| self.part(x, kind, head));
            let [moved_q, moved_k, moved_v] = [0, 1, 2].map(|kind| self.part(dx, kind, head));
            let p = self.weights_of(weights, head);
            gemm(self.scale(), moved_q.t(), k, T::zero(), view_mut(tokens, tokens, between));
            gemm(self.scale(), q.t(), moved_k, T::one(), view_mut(tokens, tokens, between));
            for (token, row) in between.chunks_exact_mut(tokens).enumerate() {
                let seen = if self.causal { token + 1 } else { tokens };
                let mean = (0..seen).fold(T::zero(), |sum, other| sum + p[[token, other]] * row[other]);
                row[seen..].fill(T::zero());
                for other in 0..seen {
                    row[other] = p[[token, other]] * (row[other] - mean);
                }
            }
            let own = head * self.len()..(head + 1) * self.len();
            let mut dy = view_mut(features, tokens, &mut dy[own]);
            gemm(T::one(), moved_v, p.t(), T::zero(), dy.view_mut());
            gemm(T::one(), v, view(tokens, tokens, between).t(), T::one(), dy);
        }
    }
}
