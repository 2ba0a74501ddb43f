//! What a unit of work costs: from the timings of the run folder, else from those of the run beside it that was
//! last worked on, else from a [probe] of about a second.

pub mod probe;

use crate::cost::{Price, Source, Unit, Work};
use crate::store::{Record, StoredPlan, timings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The prices of a plan.
#[derive(Clone, Debug, Default)]
pub struct Prices(BTreeMap<(String, Unit), Price>);

impl Prices {
    /// These prices.
    #[must_use]
    pub fn of(list: &[Price]) -> Self {
        Self(
            list.iter()
                .map(|price| ((price.experiment.clone(), price.unit.clone()), price.clone()))
                .collect(),
        )
    }

    /// The prices of `wanted`, (experiment, unit), for the run folder `folder`, which need not be there.
    #[must_use]
    pub fn gather(folder: &Path, wanted: BTreeSet<(String, Unit)>) -> Self {
        let here = timed(folder);
        let missing = |known: &Timed| wanted.iter().any(|key| !known.contains_key(key));
        let beside = if missing(&here) { last_beside(folder) } else { None };
        let (beside, timed) = beside.map_or_else(Default::default, |path| {
            let timed = timed(&path);
            (path, timed)
        });
        let unknown = |unit: &Unit, key: &(String, Unit)| {
            key.1 == *unit && !here.contains_key(key) && !timed.contains_key(key)
        };
        let units: BTreeSet<&Unit> = wanted.iter().map(|key| &key.1).collect();
        let units = units.into_iter().filter(|unit| wanted.iter().any(|key| unknown(unit, key)));
        let probed = probe::seconds(&units.cloned().collect::<Vec<_>>());
        let price = |key: &(String, Unit)| {
            let (seconds, source) = match (here.get(key), timed.get(key)) {
                (Some(&seconds), _) => (seconds, Source::Here),
                (None, Some(&seconds)) => (seconds, Source::Run(beside.clone())),
                // A model that cannot be built takes no time: its cells fail at once.
                (None, None) => (probed.get(&key.1).copied().unwrap_or(0.0), Source::Probe),
            };
            Price { experiment: key.0.clone(), unit: key.1.clone(), seconds, source }
        };
        Self::of(&wanted.iter().map(price).collect::<Vec<_>>())
    }

    /// The seconds of `work` in an experiment, on one core; 0 for what was not gathered.
    #[must_use]
    pub fn seconds(&self, experiment: &str, work: &Work) -> f64 {
        let price = self.0.get(&(experiment.to_owned(), work.unit.clone()));
        work.units * price.map_or(0.0, |price| price.seconds)
    }

    /// All of them.
    #[must_use]
    pub fn list(&self) -> Vec<Price> {
        self.0.values().cloned().collect()
    }
}

/// Seconds a unit.
type Timed = BTreeMap<(String, Unit), f64>;

/// The prices that the timings of a run folder give: all seconds over all units, by experiment and unit.
fn timed(folder: &Path) -> Timed {
    let Ok(Some(plan)) = StoredPlan::read(folder) else { return Timed::new() };
    let seconds = timings(&Record::read_all(folder));
    let mut sums: BTreeMap<(String, Unit), (f64, f64)> = BTreeMap::new();
    for (experiment, entry) in &plan.experiments {
        let taken = seconds.get(experiment);
        for cell in &entry.cells {
            let Some(&seconds) = taken.and_then(|cells| cells.get(&cell.id)) else { continue };
            let (all, units) = sums.entry((experiment.clone(), cell.unit.clone())).or_default();
            (*all, *units) = (*all + seconds, *units + cell.units);
        }
    }
    let prices = sums.into_iter().map(|(key, (seconds, units))| (key, seconds / units));
    prices.filter(|(_, price)| price.is_finite() && *price > 0.0).collect()
}

/// The run folder beside this one that was last worked on.
fn last_beside(folder: &Path) -> Option<PathBuf> {
    let name = folder.file_name()?;
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let worked = |folder: &Path| {
        let sessions = std::fs::read_dir(folder.join("sessions")).ok()?;
        sessions.flatten().filter_map(|entry| entry.metadata().ok()?.modified().ok()).max()
    };
    let beside = std::fs::read_dir(above).ok()?.flatten().filter(|entry| entry.file_name() != name);
    let runs = beside.map(|entry| entry.path()).filter(|path| path.join("plan.json").is_file());
    runs.filter_map(|path| Some((worked(&path)?, path))).max().map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_timed_is_probed_and_every_price_is_positive() {
        let folder = tempfile::tempdir().unwrap();
        let units = [
            Unit::Sample { model: "c-1x8".into(), input: [1, 28, 28] },
            Unit::Sample { model: "lenet5".into(), input: [1, 28, 28] },
            Unit::Evaluation { of: "rows".into() },
        ];
        let wanted = units.iter().map(|unit| ("e".to_owned(), unit.clone()));
        let prices = Prices::gather(&folder.path().join("run"), wanted.collect());
        for unit in units.clone() {
            let seconds = prices.seconds("e", &Work { unit: unit.clone(), units: 10.0 });
            assert!(seconds > 0.0 && seconds.is_finite(), "{unit}");
        }
        assert!(prices.list().iter().all(|price| price.source == Source::Probe));
        let seconds = |unit: &Unit| prices.seconds("e", &Work { unit: unit.clone(), units: 1.0 });
        assert!(seconds(&units[1]) > seconds(&units[0]), "LeNet-5 does forty times the operations");
    }
}
