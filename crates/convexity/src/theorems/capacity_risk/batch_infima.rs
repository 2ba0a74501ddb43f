//! The infima of the mean losses of all batches of one size.

use crate::error::{ConvexityError, require_range};
use crate::objectives::Objective;
use crate::theorems::gradient_bounds::Infimum;
use crate::trajectory::FiniteSum;
use ndarray::ArrayView1;

/// Batches of one size at most: beyond, exact means over all of them are out of reach.
const MOST_BATCHES: usize = 100_000;

/// All batches of one size, in lexicographic order, with the infima of their mean losses.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchInfima {
    batches: Vec<Vec<usize>>,
    values: Vec<f64>,
    minimisers: Vec<Option<Vec<f64>>>,
}

impl BatchInfima {
    /// Asks for the infimum of the mean loss of every batch of b samples.
    ///
    /// # Errors
    ///
    /// If b is not from 1 to n, there are more than 100,000 batches, a minimiser is of another dimension or not finite, or a bound is not finite.
    pub fn new(
        sum: &FiniteSum,
        b: usize,
        mut infimum: impl FnMut(&[usize]) -> Infimum,
    ) -> Result<Self, ConvexityError> {
        require_range("b", b as f64, (1..=sum.len()).contains(&b), "from 1 to n")?;
        let batches = subsets(sum.len(), b)?;
        let (mut values, mut minimisers) = (Vec::new(), Vec::new());
        for batch in &batches {
            let (value, minimiser) = match infimum(batch) {
                Infimum::At(point) => (sum.batch(batch)?.value(ArrayView1::from(&point))?, Some(point)),
                Infimum::AtLeast(value) => (value, None),
            };
            require_range("infimum", value, true, "finite")?;
            values.push(value);
            minimisers.push(minimiser);
        }
        Ok(Self { batches, values, minimisers })
    }

    /// The batches.
    #[must_use]
    pub fn batches(&self) -> &[Vec<usize>] {
        &self.batches
    }

    /// Their infima, or lower bounds on them.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// `E_B inf l_B`.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.values.iter().sum::<f64>() / self.values.len() as f64
    }

    /// Whether every infimum is attained, and so known itself.
    #[must_use]
    pub fn are_attained(&self) -> bool {
        self.minimisers.iter().all(Option::is_some)
    }

    /// The mean size of the infima: what round-off is compared with.
    pub(super) fn size(&self) -> f64 {
        self.values.iter().map(|value| value.abs()).sum::<f64>() / self.values.len() as f64
    }

    /// By how much, relative to the values, a minimiser of one of these batches lies below the infimum of a subset; negative if none does.
    pub(super) fn beats(&self, smaller: &Self, sum: &FiniteSum) -> Result<f64, ConvexityError> {
        let mut most = f64::NEG_INFINITY;
        for (batch, minimiser) in self.batches.iter().zip(&self.minimisers) {
            let Some(minimiser) = minimiser else { continue };
            for (subset, &least) in smaller.batches.iter().zip(&smaller.values) {
                if subset.iter().all(|i| batch.contains(i)) {
                    let value = sum.batch(subset)?.value(ArrayView1::from(minimiser))?;
                    let size = (least.abs() + value.abs()).max(f64::MIN_POSITIVE);
                    most = most.max((least - value) / size);
                }
            }
        }
        Ok(most)
    }
}

/// The subsets of size b of {0, ..., n-1}, in lexicographic order.
fn subsets(n: usize, b: usize) -> Result<Vec<Vec<usize>>, ConvexityError> {
    let mut all = Vec::new();
    let mut subset: Vec<usize> = (0..b).collect();
    loop {
        require_range("batches", all.len() as f64, all.len() < MOST_BATCHES, "at most 100,000 of one size")?;
        all.push(subset.clone());
        // The last entry that can still grow.
        let Some(i) = (0..b).rev().find(|&i| subset[i] < n - b + i) else { return Ok(all) };
        subset[i] += 1;
        for j in i + 1..b {
            subset[j] = subset[j - 1] + 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_are_all_there_in_order() {
        assert_eq!(subsets(4, 2).unwrap(), [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]);
        assert_eq!(subsets(3, 3).unwrap(), [[0, 1, 2]]);
        assert_eq!(subsets(3, 1).unwrap(), [[0], [1], [2]]);
        assert_eq!(subsets(9, 4).unwrap().len(), 126);
        // C(30, 15) is beyond any patience.
        assert!(subsets(30, 15).is_err());
        assert!(subsets(100_000, 1).is_ok_and(|all| all.len() == 100_000) && subsets(100_001, 1).is_err());
    }
}
