//! The model of independent rows, uniform in a ball, with its bounds.

use crate::error::{ConvexityError, require_range};
use fenchel_random::Seed;
use ndarray::Array2;

/// m independent rows, uniform in a ball of R^n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BallModel {
    rows: usize,
    dimension: usize,
}

impl BallModel {
    /// The model of m >= 2 rows in n >= 3 dimensions.
    ///
    /// # Errors
    ///
    /// If m or n is smaller.
    pub fn new(rows: usize, dimension: usize) -> Result<Self, ConvexityError> {
        require_range("m", rows as f64, rows >= 2, "at least 2")?;
        require_range("n", dimension as f64, dimension >= 3, "at least 3")?;
        Ok(Self { rows, dimension })
    }

    /// `t = 2 ln m / n`.
    #[must_use]
    pub fn t(&self) -> f64 {
        2.0 * self.m().ln() / self.dimension as f64
    }

    /// `s = sqrt(6 ln m / (n-1))`.
    #[must_use]
    pub fn s(&self) -> f64 {
        (6.0 * self.m().ln() / (self.dimension - 1) as f64).sqrt()
    }

    /// The probability that the event of T15 has at least: `1 - (1/m)(1 + 1/sqrt(6 ln m))`.
    #[must_use]
    pub fn probability(&self) -> f64 {
        1.0 - (1.0 + 1.0 / (6.0 * self.m().ln()).sqrt()) / self.m()
    }

    /// The lower bound on lambda_min in units of the squared radius; may be negative, and void then.
    ///
    /// For t >= 1 no row is excluded, and the square counts as 0.
    #[must_use]
    pub fn least(&self) -> f64 {
        self.shortest_square() - (self.m() - 1.0) * self.s()
    }

    /// The upper bound on lambda_max in units of the squared radius.
    #[must_use]
    pub fn most(&self) -> f64 {
        1.0 + (self.m() - 1.0) * self.s()
    }

    /// The bound (b) on D; none where it is void.
    #[must_use]
    pub fn spread(&self) -> Option<f64> {
        (self.least() > 0.0).then(|| (self.most() / self.least()).ln())
    }

    /// The bound (c) on D; none where it is void.
    #[must_use]
    pub fn sharper_spread(&self) -> Option<f64> {
        let m = self.m();
        let over = 1.0 - self.shortest_square() + self.s() * (2.0 * m * (m - 1.0)).sqrt();
        (self.least() > 0.0).then(|| (over / self.least()).ln_1p())
    }

    /// GCS's bound on D, `log(1 + zeta)` with `zeta = 2ms/(1-t)^2`; none where t >= 1.
    #[must_use]
    pub fn printed_spread(&self) -> Option<f64> {
        (self.t() < 1.0).then(|| (2.0 * self.m() * self.s() / self.shortest_square()).ln_1p())
    }

    /// Whether GCS's bound follows from T15 at this m and n: (c) is at most as large.
    #[must_use]
    pub fn printed_spread_is_proved(&self) -> bool {
        matches!((self.sharper_spread(), self.printed_spread()), (Some(ours), Some(theirs)) if ours <= theirs)
    }

    /// Rows drawn from the model: a Gaussian direction, and a radius with the law of `U^{1/n}`.
    #[must_use]
    pub fn draw(&self, radius: f64, seed: Seed) -> Array2<f64> {
        let mut rows = Array2::zeros((self.rows, self.dimension));
        for (i, mut row) in rows.rows_mut().into_iter().enumerate() {
            let mut stream = seed.derive("row").index(i as u64).stream();
            for entry in &mut row {
                // Box and Muller; 1 - u lies in (0, 1].
                let (u, angle): (f64, f64) = (stream.random(), stream.random());
                *entry = (-2.0 * (-u).ln_1p()).sqrt() * (std::f64::consts::TAU * angle).cos();
            }
            let length = row.dot(&row).sqrt();
            let share = stream.random::<f64>().powf(1.0 / self.dimension as f64);
            row *= radius * share / length;
        }
        rows
    }

    const fn m(&self) -> f64 {
        self.rows as f64
    }

    fn shortest_square(&self) -> f64 {
        (1.0 - self.t()).max(0.0).powi(2)
    }
}
