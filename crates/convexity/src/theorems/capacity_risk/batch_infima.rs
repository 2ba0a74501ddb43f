//! The infima of the mean losses of all batches of one size.

use crate::error::{ConvexityError, require_range};
use crate::number::{Number, PreciseInterval};
use crate::objectives::{Enclosure, Objective};
use crate::theorems::condition::{Condition, Slack, lift};
use crate::theorems::infimum::{Infimum, stationary};
use crate::trajectory::FiniteSum;
use crate::verdict::Hypothesis;
use ndarray::Array1;

/// Batches of one size at most: beyond, exact means over all of them are out of reach.
const MOST_BATCHES: usize = 100_000;

/// All batches of one size, in lexicographic order, with the infima of their mean losses.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchInfima {
    batches: Vec<Vec<usize>>,
    values: Vec<f64>,
    minimisers: Vec<Option<Array1<f64>>>,
}

impl BatchInfima {
    /// Asks for the infimum of the mean loss of every batch of b samples.
    ///
    /// # Errors
    ///
    /// If b is not from 1 to n, there are more than 100,000 batches, a minimiser is of another dimension
    /// or not finite, or a bound is not finite.
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
                Infimum::At(point) => (sum.batch(batch)?.value(&point)?, Some(point)),
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

    /// `E_B inf l_B` in 256 bits; `batches` are their mean losses.
    pub(super) fn enclosed_mean(&self, batches: &[FiniteSum]) -> PreciseInterval {
        let sum = batches
            .iter()
            .enumerate()
            .fold(PreciseInterval::zero(), |sum, (k, batch)| sum + self.infimum(k).enclosed(batch));
        sum / self.values.len() as f64
    }

    /// The same mean of the numbers as they are named, in another arithmetic.
    pub(in crate::theorems) fn mean_in<E: Enclosure>(&self, batches: &[FiniteSum]) -> E {
        let sum = batches
            .iter()
            .enumerate()
            .fold(E::zero(), |sum, (k, batch)| sum + self.infimum(k).value_in::<E>(batch));
        sum / self.values.len() as f64
    }

    /// What is known of the infimum of the batch with this number.
    pub(in crate::theorems) fn infimum(&self, k: usize) -> Infimum {
        match &self.minimisers[k] {
            Some(point) => Infimum::At(point.clone()),
            None => Infimum::AtLeast(self.values[k]),
        }
    }

    /// Whether the minimisers named are stationary: the worst of them; none if none is named.
    pub(in crate::theorems) fn stationary(&self, batches: &[FiniteSum]) -> Option<Hypothesis> {
        let named =
            batches.iter().zip(&self.minimisers).filter_map(|(batch, point)| Some((batch, point.as_ref()?)));
        named
            .map(|(batch, point)| stationary(batch, &point.to_vec()))
            .reduce(|worst, next| if worst.obstacle().is_some() { worst } else { next })
    }
}

/// No minimiser of a batch beats those of its subsets on their own losses.
pub(super) struct Unbeaten<'a> {
    /// A subset's mean loss, its own minimiser, and that of the larger batch.
    cases: Vec<(FiniteSum, &'a Array1<f64>, &'a Array1<f64>)>,
}

impl<'a> Unbeaten<'a> {
    /// All batches against their subsets with one sample less.
    pub(super) fn of(sum: &FiniteSum, levels: &'a [BatchInfima]) -> Result<Self, ConvexityError> {
        let mut cases = Vec::new();
        for pair in levels.windows(2) {
            let [smaller, larger] = pair else { continue };
            for (batch, minimiser) in larger.batches.iter().zip(&larger.minimisers) {
                for (subset, own) in smaller.batches.iter().zip(&smaller.minimisers) {
                    if let (Some(own), Some(minimiser)) = (own, minimiser)
                        && subset.iter().all(|i| batch.contains(i))
                    {
                        cases.push((sum.batch(subset)?, own, minimiser));
                    }
                }
            }
        }
        Ok(Self { cases })
    }

    /// How many there are.
    pub(super) fn cases(&self) -> usize {
        self.cases.len()
    }
}

impl Condition for Unbeaten<'_> {
    fn slack<E: Enclosure>(&self, place: usize) -> Slack<E> {
        let (loss, own, other) = &self.cases[place];
        let [own, other] = [own, other].map(|x| E::value(loss, &lift(loss, &x.to_vec())));
        Slack::of(own, other, 0.0)
    }
}

/// The subsets of size b of {0, ..., n-1}, in lexicographic order.
pub(in crate::theorems) fn subsets(n: usize, b: usize) -> Result<Vec<Vec<usize>>, ConvexityError> {
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
