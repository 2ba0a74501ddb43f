//! The sums of theorem T8 over the records of consecutive steps.

use super::InterferenceRecord;
use crate::NnError;

/// The two sides of T8 after every step, from records of consecutive steps with batches of one size.
///
/// `left = (b/n) sum [<g_k, s_k> - d_k]` and `right = R_0 - R_T + sum I_k` are equal for any optimiser. With `d_k` at most the majorant of the
/// step, `energy = (b/n) sum Phi*(g_k)` is at most `right`.
#[derive(Clone, Debug, PartialEq)]
pub struct InterferenceSums {
    /// The left side of the identity, for each number of steps from 1 on.
    pub left: Vec<f64>,
    /// The right side, of the identity and of the inequality.
    pub right: Vec<f64>,
    /// The left side of the inequality, if the records have energies.
    pub energy: Option<Vec<f64>>,
    /// GCS's gradient correlation factor `M = max_k [l_C(x_{k+1}) - l_C(x_k)]`: known only afterwards.
    pub correlation: f64,
    /// The mean of the I_k.
    pub mean_interference: f64,
    /// GCS's floor `((n-b)/b) M` of a sampled batch's energy: no level below it is promised.
    pub floor: f64,
    /// A bound on the round-off between the two sides of the identity after all steps: a few units in the last place of every loss and product summed.
    pub roundoff: f64,
}

impl InterferenceSums {
    /// Sums records.
    ///
    /// # Errors
    /// If there is none, a step is missing between them, or the batches differ in size.
    pub fn of(records: &[InterferenceRecord]) -> Result<Self, NnError> {
        let refuse =
            |reason: &str| NnError::Outside { what: "the sums of T8".to_owned(), reason: reason.to_owned() };
        let first = records.first().ok_or_else(|| refuse("there is no record"))?;
        if records.windows(2).any(|pair| pair[1].step != pair[0].step + 1) {
            return Err(refuse("steps are missing between the records; measure every step (`every = 1`)"));
        }
        if records.iter().any(|record| record.batch != first.batch || record.samples != first.samples) {
            return Err(refuse("the batches differ in size; drop the smaller last batch of each epoch"));
        }
        let (n, b) = (first.samples as f64, first.batch as f64);
        let (mut left, mut right, mut energies) = (Vec::new(), Vec::new(), Vec::new());
        let (mut sum, mut moved, mut energy, mut size) = (0.0, 0.0, Some(0.0), 0.0);
        for record in records {
            sum += b / n * (record.inner - record.divergence);
            moved += record.interference;
            energy = energy.zip(record.energy).map(|(sum, energy)| sum + b / n * energy);
            size += record.risk_before + record.risk_after + record.batch_before + record.batch_after;
            size += record.inner.abs();
            left.push(sum);
            right.push(first.risk_before - record.risk_after + moved);
            energies.extend(energy);
        }
        let correlation = records.iter().map(|record| record.rest_change).fold(f64::NEG_INFINITY, f64::max);
        Ok(Self {
            energy: (energies.len() == left.len()).then_some(energies),
            left,
            right,
            correlation,
            mean_interference: moved / records.len() as f64,
            floor: (n - b) / b * correlation,
            // Each mean is a sum over at most n losses, all of one sign.
            roundoff: 4.0 * n * f64::EPSILON * size,
        })
    }
}
