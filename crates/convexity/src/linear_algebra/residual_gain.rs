//! The induced and the lower norm of a transposed Jacobian, between a norm on residuals and one on gradients
//! (T21 of the theory).
//!
//! `N(e)` is the norm of the gradient `J'e`: in an l_s norm over layers of the layers' Euclidean norms, which the
//! layers' Gram matrices `A_l = J_l J_l'` decide, or in l_1 over all entries, for which J itself is needed.
//! `sigma = max N(e)/||e||_p` and `sigma_0 = min N(e)/||e||_p` are exact where T21 has a formula, and else
//! bounded; each comes with both sides, the inner one from a residual that attains it.

use super::symmetric_eigenvalues::symmetric_eigenvalues;
use crate::error::{ConvexityError, require_dimension, require_finite, require_range};
use crate::exponent::Exponent;
use crate::norms::Norm;
use ndarray::{Array1, Array2, aview1};

/// Outputs of which all sign vectors are visited at most.
const MOST_SIGNS: usize = 16;

/// Rounds of the power iterations that look for the extreme residuals of l_2.
const ROUNDS: usize = 40;

/// A number between two bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bracket {
    /// At most the number.
    pub lower: f64,
    /// At least the number.
    pub upper: f64,
}

/// The norm of gradients `J'e` as a function of residuals e in R^m, with its extremes over residuals.
///
/// ```
/// use fenchel_convexity::linear_algebra::ResidualGain;
/// use ndarray::array;
///
/// // A = diag(4, 9), one layer: the largest diagonal entry in l_1, the sum of all in l_inf.
/// let gain = ResidualGain::of_layers(vec![array![[4.0, 0.0], [0.0, 9.0]]], 2.0, 0.0)?;
/// assert!((gain.induced(1.0)?.upper - 3.0).abs() < 1e-12);
/// assert!((gain.induced(f64::INFINITY)?.upper - 13_f64.sqrt()).abs() < 1e-12);
/// assert!((gain.lower(f64::INFINITY)?.lower - 2.0).abs() < 1e-12);
/// // 1/4 + 1/9: the longest residual in l_1 with a gradient of length 1.
/// assert!((gain.lower(1.0)?.lower - (36.0_f64 / 13.0).sqrt()).abs() < 1e-12);
/// # Ok::<(), fenchel_convexity::ConvexityError>(())
/// ```
#[derive(Clone, Debug)]
pub struct ResidualGain {
    measure: Measure,
    /// The Gram matrices, each raised and lowered by what it may be off.
    above: Vec<Array2<f64>>,
    below: Vec<Array2<f64>>,
    /// Orthonormal columns that span the residuals, if they sum to zero.
    basis: Option<Array2<f64>>,
}

#[derive(Clone, Debug)]
enum Measure {
    /// An l_s norm over layers of Euclidean norms.
    Layers(Exponent),
    /// The l_1 norm of J'e.
    Entries(Array2<f64>),
}

impl ResidualGain {
    /// Gradients in the l_s norm over layers of the layers' Euclidean norms, from the layers' Gram matrices (m x m).
    ///
    /// No eigenvalue of the difference between a matrix and the exact one may exceed `roundoff`.
    ///
    /// # Errors
    ///
    /// If there is no layer, matrices differ in size, are not symmetric or not finite, s is not in [1, inf], or the
    /// round-off is negative.
    pub fn of_layers(grams: Vec<Array2<f64>>, s: f64, roundoff: f64) -> Result<Self, ConvexityError> {
        require_range("roundoff", roundoff, roundoff >= 0.0, "finite and at least 0")?;
        Self::new(Measure::Layers(Exponent::new(s)?), grams, roundoff)
    }

    /// Gradients in l_1, which belongs to parameters in l_inf, from the Jacobian (m x n).
    ///
    /// # Errors
    ///
    /// If the Jacobian is empty or not finite.
    pub fn of_entries(jacobian: Array2<f64>) -> Result<Self, ConvexityError> {
        require_finite("jacobian", &Array1::from_iter(jacobian.iter().copied()))?;
        let gram = jacobian.dot(&jacobian.t());
        let roundoff = jacobian.ncols() as f64 * f64::EPSILON * gram.diag().sum();
        Self::new(Measure::Entries(jacobian), vec![gram], roundoff)
    }

    fn new(measure: Measure, grams: Vec<Array2<f64>>, roundoff: f64) -> Result<Self, ConvexityError> {
        let Some(m) = grams.first().map(Array2::nrows) else {
            return Err(ConvexityError::Empty { argument: "grams" });
        };
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for gram in grams {
            require_dimension("grams", gram.nrows(), m)?;
            // Refuses what is not square, finite and symmetric.
            symmetric_eigenvalues(gram.view())?;
            let gram = (&gram + &gram.t()) / 2.0;
            // Twice what eigenvalues, pivots and sums of m^2 terms are rounded by.
            let own = 32.0 * f64::EPSILON * (m * m) as f64 * gram.diag().sum();
            let shift = Array2::<f64>::eye(m) * (roundoff + own);
            above.push(&gram + &shift);
            below.push(gram - shift);
        }
        Ok(Self { measure, above, below, basis: None })
    }

    /// The same for residuals that sum to zero.
    ///
    /// # Errors
    ///
    /// If there is one output only.
    pub fn on_sum_zero(mut self) -> Result<Self, ConvexityError> {
        let m = self.outputs();
        require_range("outputs", m as f64, m > 1, "at least 2 for residuals that sum to zero")?;
        // Helmert's basis: k times 1/norm, then -k/norm.
        self.basis = Some(Array2::from_shape_fn((m, m - 1), |(i, j)| {
            let k = (j + 1) as f64;
            let norm = (k * (k + 1.0)).sqrt();
            if i <= j {
                1.0 / norm
            } else if i == j + 1 {
                -k / norm
            } else {
                0.0
            }
        }));
        Ok(self)
    }

    /// m.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.above[0].nrows()
    }

    /// At most and at least `N(e)`.
    #[must_use]
    pub fn gradient_norm(&self, e: &[f64]) -> Bracket {
        let form = |gram: &Array2<f64>| {
            let e = aview1(e);
            e.dot(&gram.dot(&e)).max(0.0).sqrt()
        };
        match &self.measure {
            Measure::Layers(s) => {
                let over = |grams: &[Array2<f64>]| lp(*s, &grams.iter().map(form).collect::<Vec<_>>());
                Bracket { lower: over(&self.below), upper: over(&self.above) }
            }
            Measure::Entries(jacobian) => {
                let (mut sum, mut terms) = (0.0, 0.0);
                for column in jacobian.columns() {
                    let entry = column
                        .iter()
                        .zip(e)
                        .fold((0.0, 0.0), |(sum, terms), (a, e)| (sum + a * e, terms + (a * e).abs()));
                    (sum, terms) = (sum + f64::abs(entry.0), terms + entry.1);
                }
                let off = (self.outputs() + jacobian.ncols()) as f64 * f64::EPSILON * terms;
                Bracket { lower: (sum - off).max(0.0), upper: sum + off }
            }
        }
    }

    /// `sigma`, the largest `N(e)/||e||_p`.
    ///
    /// # Errors
    ///
    /// If p is not in [1, inf].
    pub fn induced(&self, p: f64) -> Result<Bracket, ConvexityError> {
        let p = Exponent::new(p)?;
        let vertices = self.vertices(p);
        let upper = match &vertices {
            // N is convex: its maximum over a polytope is at a vertex.
            Some(vertices) => self.extreme(p, vertices, f64::max, 0.0).upper,
            None => self.induced_at_most(p)?,
        };
        let attained = self.extreme(p, &self.candidates(p, vertices), f64::max, 0.0);
        Ok(Bracket { lower: attained.lower / WIDER, upper: upper * WIDER })
    }

    /// `sigma_0`, the smallest `N(e)/||e||_p`; a lower bound of 0 where J may not have full rank.
    ///
    /// # Errors
    ///
    /// If p is not in [1, inf].
    pub fn lower(&self, p: f64) -> Result<Bracket, ConvexityError> {
        let p = Exponent::new(p)?;
        let sum = sum_of(&self.below);
        let together = self.lower_of(&sum, p)?;
        let lower = match &self.measure {
            // ||g||_1 >= ||g||_2.
            Measure::Entries(_) => together,
            Measure::Layers(s) => {
                let layers: Vec<f64> =
                    self.below.iter().map(|gram| self.lower_of(gram, p)).collect::<Result<_, _>>()?;
                lp(*s, &layers).max(together / s.under_euclidean(layers.len()))
            }
        };
        let attained = self.extreme(p, &self.candidates(p, None), f64::min, f64::INFINITY);
        Ok(Bracket { lower: lower / WIDER, upper: attained.upper * WIDER })
    }

    /// The vertices of the residuals' unit ball, if it is a polytope of few.
    fn vertices(&self, p: Exponent) -> Option<Vec<Vec<f64>>> {
        let m = self.outputs();
        match (p.get(), &self.basis) {
            (1.0, None) => Some((0..m).map(|k| unit(m, k)).collect()),
            (1.0, Some(_)) => {
                let pairs = (0..m).flat_map(|j| (0..j).map(move |k| (j, k)));
                Some(pairs.map(|(j, k)| Vec::from_iter((0..m).map(|i| sign_of(i, j, k)))).collect())
            }
            // All signs contain the residuals that sum to zero: an upper bound there.
            (f64::INFINITY, _) if m <= MOST_SIGNS => Some(signs(m).collect()),
            _ => None,
        }
    }

    /// Upper bounds on sigma where there is no formula.
    fn induced_at_most(&self, p: Exponent) -> Result<f64, ConvexityError> {
        let together = self.induced_of(&sum_of(&self.above), p)?;
        Ok(match &self.measure {
            Measure::Entries(jacobian) => together * (jacobian.ncols() as f64).sqrt(),
            Measure::Layers(s) => {
                let layers: Vec<f64> =
                    self.above.iter().map(|gram| self.induced_of(gram, p)).collect::<Result<_, _>>()?;
                lp(*s, &layers).min(together * s.over_euclidean(layers.len()))
            }
        })
    }

    /// At least the largest `sqrt(e'Ae)/||e||_p`.
    fn induced_of(&self, gram: &Array2<f64>, p: Exponent) -> Result<f64, ConvexityError> {
        let values = symmetric_eigenvalues(self.restricted(gram).view())?;
        let euclidean = values[values.len() - 1].max(0.0).sqrt();
        if p.get() >= 2.0 {
            return Ok(euclidean * p.under_euclidean(gram.nrows()));
        }
        // Riesz's theorem between l_1 and l_2, for e -> sqrt(A) P e on the whole space: P projects onto the residuals, and
        // on these alone interpolation would not be valid.
        let restricted = self.restricted(gram);
        let column = (0..gram.nrows())
            .map(|k| Array1::from(self.coordinates(&unit(gram.nrows(), k))))
            .fold(0.0_f64, |most, z| most.max(z.dot(&restricted.dot(&z))))
            .sqrt();
        Ok(euclidean.min(column.powf(2.0 / p.get() - 1.0) * euclidean.powf(2.0 - 2.0 / p.get())))
    }

    /// At most the smallest `sqrt(e'Ae)/||e||_p`.
    fn lower_of(&self, gram: &Array2<f64>, p: Exponent) -> Result<f64, ConvexityError> {
        let restricted = self.restricted(gram);
        let m = gram.nrows();
        let dual = |v: &[f64], norm: &Norm| norm.value_of(&self.coordinates(v));
        match p.get() {
            1.0 if m <= MOST_SIGNS => Ok(inverse_of(&restricted)
                .map_or(0.0, |norm| 1.0 / signs(m).map(|signs| dual(&signs, &norm)).fold(0.0, f64::max))),
            f64::INFINITY => Ok(inverse_of(&restricted)
                .map_or(0.0, |norm| 1.0 / (0..m).map(|k| dual(&unit(m, k), &norm)).fold(0.0, f64::max))),
            _ => Ok(symmetric_eigenvalues(restricted.view())?[0].max(0.0).sqrt() / p.over_euclidean(m)),
        }
    }

    /// `Q'AQ`, or A.
    fn restricted(&self, gram: &Array2<f64>) -> Array2<f64> {
        let Some(basis) = &self.basis else { return gram.clone() };
        let restricted = basis.t().dot(gram).dot(basis);
        (&restricted + &restricted.t()) / 2.0
    }

    /// `Q'v`, or v.
    fn coordinates(&self, v: &[f64]) -> Vec<f64> {
        let Some(basis) = &self.basis else { return v.to_vec() };
        basis.t().dot(&Array1::from(v.to_vec())).to_vec()
    }

    /// `Qz`, or z.
    fn residual(&self, z: Vec<f64>) -> Vec<f64> {
        let Some(basis) = &self.basis else { return z };
        basis.dot(&Array1::from(z)).to_vec()
    }

    /// Residuals at which the extremes may be: vertices, columns of the inverse, its images of signs, and the ends
    /// of power iterations.
    fn candidates(&self, p: Exponent, vertices: Option<Vec<Vec<f64>>>) -> Vec<Vec<f64>> {
        let m = self.outputs();
        let mut all = vertices.unwrap_or_default();
        all.extend((0..m).map(|k| unit(m, k)));
        let gram = self.restricted(&sum_of(&self.below));
        let start: Vec<f64> = (0..gram.nrows()).map(|i| 1.0 + 0.1 * i as f64).collect();
        let mut z = start.clone();
        for _ in 0..ROUNDS {
            z = normalised(gram.dot(&Array1::from(z)).to_vec());
        }
        all.push(self.residual(z.clone()));
        all.push(self.residual(z).iter().map(|e| e.signum()).collect());
        if let Some(inverse) = inverse_of(&gram) {
            let apply = |v: &[f64]| {
                let mut image = vec![0.0; v.len()];
                inverse.subgradient_of(v, &mut image);
                normalised(image)
            };
            all.extend((0..m).map(|k| self.residual(apply(&self.coordinates(&unit(m, k))))));
            if p == Exponent::ONE && m <= MOST_SIGNS {
                all.extend(signs(m).map(|signs| self.residual(apply(&self.coordinates(&signs)))));
            }
            let last = (0..ROUNDS).fold(start, |z, _| apply(&z));
            all.push(self.residual(last));
        }
        if self.basis.is_some() {
            for e in &mut all {
                let mean = e.iter().sum::<f64>() / m as f64;
                e.iter_mut().for_each(|e| *e -= mean);
            }
        }
        all
    }

    /// The extreme of `N(e)/||e||_p` over some residuals.
    fn extreme(
        &self,
        p: Exponent,
        residuals: &[Vec<f64>],
        better: fn(f64, f64) -> f64,
        from: f64,
    ) -> Bracket {
        let mut best = Bracket { lower: from, upper: from };
        for e in residuals {
            let norm = lp(p, e);
            if norm > 1e-12 {
                let Bracket { lower, upper } = self.gradient_norm(e);
                best = Bracket {
                    lower: better(best.lower, lower / norm),
                    upper: better(best.upper, upper / norm),
                };
            }
        }
        best
    }
}

/// What norms of vectors and powers of a few numbers are rounded by, with room.
const WIDER: f64 = 1.0 + 64.0 * f64::EPSILON;

fn lp(p: Exponent, x: &[f64]) -> f64 {
    Norm::lp(p.get()).map_or(f64::NAN, |norm| norm.value_of(x))
}

fn sum_of(grams: &[Array2<f64>]) -> Array2<f64> {
    grams.iter().skip(1).fold(grams[0].clone(), |sum, gram| sum + gram)
}

/// `sqrt(v'A^{-1}v)`, if A is positive definite.
fn inverse_of(gram: &Array2<f64>) -> Option<Norm> {
    Norm::weighted_euclidean(gram.view()).ok().map(|norm| norm.dual())
}

fn unit(m: usize, k: usize) -> Vec<f64> {
    (0..m).map(|i| f64::from(u8::from(i == k))).collect()
}

/// Entry i of `u_j - u_k`.
fn sign_of(i: usize, j: usize, k: usize) -> f64 {
    f64::from(i8::from(i == j) - i8::from(i == k))
}

/// The sign vectors up to their own sign.
fn signs(m: usize) -> impl Iterator<Item = Vec<f64>> {
    let minus = move |bits: usize, i: usize| i > 0 && bits >> (i - 1) & 1 == 1;
    (0..1_usize << (m - 1)).map(move |bits| (0..m).map(|i| if minus(bits, i) { -1.0 } else { 1.0 }).collect())
}

fn normalised(x: Vec<f64>) -> Vec<f64> {
    let size = x.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    if size > 0.0 { x.iter().map(|x| x / size).collect() } else { x }
}

#[cfg(test)]
mod tests;
