//! T15: Gradient independence: rows drawn from a ball in a high dimension make a well-conditioned
//! structural matrix.
//!
//! **Statement.** Let the m >= 2 rows of J be independent and uniform in the n-ball of radius eps, n >=
//! 3, `t = 2 ln m / n`, `s = sqrt(6 ln m / (n-1))`. With probability at least `1 - (1/m)(1 + 1/sqrt(6 ln
//! m))` every row has norm at least (1-t) eps and every pair a product of at most s eps^2 in absolute
//! value. On that event, for A = JJ': `lambda_min >= eps^2 [(1-t)^2 - (m-1)s]`, `lambda_max <= eps^2 [1 +
//! (m-1)s]`, and `D = log(lambda_max / lambda_min)` is at most (b), the ratio of the two, and at most
//! (c), `log(1 + [1 - (1-t)^2 + s sqrt(2m(m-1))] / [(1-t)^2 - (m-1)s])` (ours, the sharper one).
//!
//! **Assumptions.** Norms and products of the event, measured on the rows at hand. That the rows are
//! drawn so is the caller's knowledge: [`BallModel::draw`] draws them, and [`RowGeometry`] says how far
//! other rows are from it. (Those of a network are far: they share their input factors.)
//!
//! **What is computed.** The eigenvalues of A by Jacobi rotations against each bound. Where one breaks a
//! bound, both extreme eigenvalues are confirmed to lie within the round-off assumed of them, by the
//! signs of pivots in interval arithmetic, before that round-off serves as forward error.
//!
//! **Reference.** Blum, Hopcroft, Kannan, Foundations of Data Science (2020), Theorems 2.7 and 2.8, then
//! Gershgorin; GCS (arXiv 2608.09523), Proposition 5.1, whose own bounds are checked as
//! [`Bound::PrintedLeast`] and [`Bound::PrintedSpread`] and are false in general (docs/errata.md, 7);
//! Davidson, Szarek, 2001, Theorem II.13.
//!
//! **Cost.** `m^2 n + 10 m^3`.
//!
//! ```
//! use fenchel_convexity::theorems::gradient_independence::{BallModel, Bound, check};
//! use fenchel_random::Seed;
//!
//! let model = BallModel::new(5, 20_000)?;
//! let rows = model.draw(1.0, Seed::new(1));
//! assert!(check(rows.view(), 1.0, Bound::Spread)?.verdict().holds());
//! assert!(check(rows.view(), 1.0, Bound::PrintedLeast)?.inequality.is_violated());
//! # Ok::<(), fenchel_convexity::ConvexityError>(())
//! ```

mod ball_model;
mod row_geometry;

pub use ball_model::BallModel;
pub use row_geometry::RowGeometry;

use crate::error::{ConvexityError, require_finite, require_positive, require_range};
use crate::inequality::{Evidence, Observation, Tally};
use crate::linear_algebra::inertia::{extremes_are, gram};
use crate::linear_algebra::symmetric_eigenvalues;
use crate::number::{Interval, Number, PreciseInterval};
use crate::verdict::{Hypothesis, Reason, Report, Verdict, Witness};
use ndarray::{Array1, ArrayView2};

/// What is said of the eigenvalues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bound {
    /// `lambda_min >= eps^2 [(1-t)^2 - (m-1)s]`.
    Least,
    /// `lambda_max <= eps^2 [1 + (m-1)s]`.
    Most,
    /// D at most the logarithm of the ratio of the two.
    Spread,
    /// The sharper bound on D.
    SharperSpread,
    /// GCS: `sigma_min >= (1-t) eps`; false.
    PrintedLeast,
    /// GCS: `D <= log(1 + zeta)`; false near n = m, proved where the sharper bound is below it.
    PrintedSpread,
}

/// Examines a bound on the rows at hand.
///
/// A bound that is void at this m and n (its denominator is not positive) is answered by `Undecided`.
///
/// # Errors
///
/// If the matrix is not finite, has fewer than 2 rows or 3 columns, or the radius is not positive.
pub fn check(rows: ArrayView2<f64>, radius: f64, bound: Bound) -> Result<Report, ConvexityError> {
    require_finite("rows", &Array1::from_iter(rows.iter().copied()).view())?;
    require_positive("radius", radius)?;
    let (m, n) = rows.dim();
    let model = BallModel::new(m, n)?;
    let scaled = rows.mapv(|entry| entry / radius);
    let gram = scaled.dot(&scaled.t());
    let symmetric = (&gram + &gram.t()) / 2.0;
    let values = symmetric_eigenvalues(symmetric.view())?;
    let (least, most) = (values[0], values[m - 1]);
    // A product of n terms is off by at most (n + 2) units for rows of norm 1, which moves eigenvalues by
    // m times that; rotations by some m units. As much again for the intervals that confirm it.
    let error = 2.0 * (m * (n + 2) + 32 * m) as f64 * f64::EPSILON * most.max(1.0);
    let own = error;
    let geometry = RowGeometry::of(scaled.view())?;
    let hypotheses = vec![
        Hypothesis::measured("no row is longer than the radius", geometry.longest - 1.0, error),
        Hypothesis::measured(
            "no row is shorter than (1 - t) radius",
            1.0 - model.t() - geometry.shortest,
            error,
        ),
        Hypothesis::measured(
            "no product of two rows exceeds s radius^2",
            geometry.largest_product - model.s(),
            error,
        ),
    ];
    let spread = || (most / least.max(f64::MIN_POSITIVE)).ln();
    // The hypotheses may fail by `error` each, which moves 1 - t and the m - 1 products of a row of
    // Gershgorin's by as much; and the eigenvalues are off by it.
    let moved = (m + 2) as f64 * error;
    let spread_error = if least > 2.0 * moved { 4.0 * moved / least + 1e-15 } else { f64::INFINITY };
    let (measured, limit, slack, error) = match bound {
        Bound::Least => (least, model.least(), least - model.least(), moved),
        Bound::Most => (most, model.most(), model.most() - most, moved),
        Bound::PrintedLeast => {
            let limit = (1.0 - model.t()).max(0.0).powi(2);
            (least, limit, least - limit, moved)
        }
        Bound::Spread | Bound::SharperSpread | Bound::PrintedSpread => {
            let limit = match bound {
                Bound::Spread => model.spread(),
                Bound::SharperSpread => model.sharper_spread(),
                _ => model.printed_spread(),
            };
            let Some(limit) = limit else {
                let why = format!("(m-1)s or t is too large at m = {m}, n = {n}");
                return Ok(Report {
                    theorem: "T15",
                    hypotheses,
                    measured: spread(),
                    bound: f64::INFINITY,
                    slack: f64::INFINITY,
                    inequality: Verdict::undecided(Reason::Vacuous { why }),
                });
            };
            (spread(), limit, limit - spread(), spread_error)
        }
    };
    let mut tally = Tally::new("T15");
    tally.observe(
        &Observation { measured, bound: limit, slack, size: measured.abs() + limit.abs() },
        || Witness::default().with("eigenvalues of JJ'/radius^2", &values),
        || {
            if confirmed::<Interval>(rows, radius, least, most, own)
                || confirmed::<PreciseInterval>(rows, radius, least, most, own)
            {
                Evidence::Bounded(error)
            } else {
                Evidence::Nothing
            }
        },
    );
    Ok(tally.finish(hypotheses))
}

/// Whether the extreme eigenvalues of JJ'/radius^2 certainly lie within `off` of these numbers.
fn confirmed<N: Number>(rows: ArrayView2<f64>, radius: f64, least: f64, most: f64, off: f64) -> bool {
    let scaled: Vec<Vec<N>> =
        rows.rows().into_iter().map(|row| row.iter().map(|&x| N::from_f64(x) / radius).collect()).collect();
    let around = |value: f64| [value - off, value + off].map(N::from_f64);
    extremes_are(&gram(&scaled), around(least), around(most))
}

/// The bound of Davidson and Szarek on D for an m x n matrix of independent standard Gaussian entries,
/// with the probability that it holds at least; none where it is void.
///
/// `D <= 2 log((sqrt n + sqrt m + w) / (sqrt n - sqrt m - w))` with probability at least `1 - 2 exp(-w^2/2)`.
///
/// # Errors
///
/// If m or n is 0, or w is not finite and positive.
pub fn davidson_szarek(m: usize, n: usize, w: f64) -> Result<Option<(f64, f64)>, ConvexityError> {
    require_range("m", m as f64, m > 0, "at least 1")?;
    require_range("n", n as f64, n > 0, "at least 1")?;
    require_positive("w", w)?;
    let (root, below) = ((n as f64).sqrt(), (m as f64).sqrt() + w);
    let bound = 2.0 * ((root + below) / (root - below)).ln();
    Ok((root > below).then_some((bound, 1.0 - 2.0 * (-w * w / 2.0).exp())))
}

/// A network with one hidden ReLU layer and a Gaussian head, as [`hidden_layer_spread`] sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HiddenLayer {
    /// `||x||^2` of the input.
    pub input_square: f64,
    /// `||h||^2` of the hidden layer's output.
    pub hidden_square: f64,
    /// The active units.
    pub active: usize,
    /// The outputs m.
    pub outputs: usize,
    /// The standard deviation s0 of the head's entries.
    pub deviation: f64,
}

/// What holds in place of T15 for one hidden ReLU layer (ours): a bound on D of a sample's structural
/// matrix with probability at least `1 - 2 exp(-w^2/2)` over the head.
///
/// `D <= log[(||h||^2+1 + (||x||^2+1) s_max^2) / (||h||^2+1 + (||x||^2+1) s_min^2)]`, `s = s0 (sqrt n_act +-
/// (sqrt m + w))`, s_min at least 0.
///
/// # Errors
///
/// If a square is negative, a number not finite, there is no output, or deviation or w is not positive.
pub fn hidden_layer_spread(layer: &HiddenLayer, w: f64) -> Result<f64, ConvexityError> {
    require_range("input_square", layer.input_square, layer.input_square >= 0.0, "finite and at least 0")?;
    require_range("hidden_square", layer.hidden_square, layer.hidden_square >= 0.0, "finite and at least 0")?;
    require_range("outputs", layer.outputs as f64, layer.outputs > 0, "at least 1")?;
    require_positive("deviation", layer.deviation)?;
    require_positive("w", w)?;
    let (root, reach) = ((layer.active as f64).sqrt(), (layer.outputs as f64).sqrt() + w);
    let (low, high) = (layer.deviation * (root - reach).max(0.0), layer.deviation * (root + reach));
    let term = |s: f64| layer.hidden_square + 1.0 + (layer.input_square + 1.0) * s * s;
    Ok((term(high) / term(low)).ln())
}

#[cfg(test)]
mod by_hand;
#[cfg(test)]
mod tests;
