//! What the systems measured, and the table of ratios.

use std::collections::BTreeMap;
use std::fmt;

/// Samples per second: by model and quantity, by system, one number a round.
#[derive(Default)]
pub(super) struct Rates(BTreeMap<(String, String), BTreeMap<String, Vec<f64>>>);

/// The name by which our own program reports.
const OURS: &str = "Fenchel";

impl Rates {
    /// Takes one line of a program: `model<TAB>quantity<TAB>system<TAB>rate`; other lines are not for us.
    pub(super) fn take(&mut self, line: &str) {
        let mut parts = line.split('\t');
        let (Some(model), Some(quantity), Some(system), Some(rate), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        if let Ok(rate) = rate.parse() {
            let systems = self.0.entry((model.to_owned(), quantity.to_owned())).or_default();
            systems.entry(system.to_owned()).or_default().push(rate);
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

impl fmt::Display for Rates {
    /// For each model and quantity our median, every peer's, and the ratio to the best: the median over rounds of the rounds' ratios,
    /// with its range.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:24}{:18}{:26}{:>12}  ratio (range over rounds)",
            "model", "quantity", "system", "samples/s"
        )?;
        for ((model, quantity), systems) in &self.0 {
            let Some(ours) = systems.get(OURS) else { continue };
            writeln!(f, "{model:24}{quantity:18}{OURS:26}{:>12.0}", median(ours))?;
            let mut peers: Vec<_> = systems.iter().filter(|(name, _)| *name != OURS).collect();
            peers.sort_by(|a, b| median(b.1).total_cmp(&median(a.1)));
            for (name, rates) in peers {
                let ratios: Vec<f64> = ours.iter().zip(rates).map(|(ours, theirs)| ours / theirs).collect();
                let low = ratios.iter().copied().fold(f64::INFINITY, f64::min);
                let high = ratios.iter().copied().fold(0.0, f64::max);
                let ratio = median(&ratios);
                writeln!(f, "{:42}{name:26}{:>12.0}  {ratio:.2} ({low:.2} to {high:.2})", "", median(rates))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_paired_by_round() {
        let mut rates = Rates::default();
        for line in [
            "mlp\ttraining\tFenchel\t100",
            "mlp\ttraining\tOther\t50",
            "mlp\ttraining\tFenchel\t300",
            "mlp\ttraining\tOther\t100",
            "a line of something else",
        ] {
            rates.take(line);
        }
        let table = rates.to_string();
        assert!(table.contains("2.50 (2.00 to 3.00)"), "{table}");
    }
}
