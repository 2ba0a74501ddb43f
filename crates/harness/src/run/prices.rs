//! What a unit of work costs: from the timings of the run folder, else from those of the run beside it that was
//! last worked on, else from the caller's probe, in about a second.

use crate::cost::{Price, Source, Unit, Work};
use crate::error::Failure;
use crate::store::{Record, StoredPlan, timings};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The time for all units together; the first of each takes what it takes.
const ALL: Duration = Duration::from_secs(1);
/// The time for one unit at most, which is enough.
const ONE: Duration = Duration::from_millis(100);

/// See [`Registry::probe`](crate::registry::Registry::probe).
type Probe = fn(&Unit, Duration) -> Result<f64, Failure>;

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
    pub fn gather(folder: &Path, wanted: BTreeSet<(String, Unit)>, probe: Probe) -> Self {
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
        let probed = probed(&units.collect::<Vec<_>>(), probe);
        let price = |key: &(String, Unit)| {
            let (seconds, source) = match (here.get(key), timed.get(key)) {
                (Some(&seconds), _) => (seconds, Source::Here),
                (None, Some(&seconds)) => (seconds, Source::Run(beside.clone())),
                // What cannot be tried takes no time: its cells fail at once.
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

/// The seconds of each unit on one core, as measured now.
fn probed(units: &[&Unit], probe: Probe) -> BTreeMap<Unit, f64> {
    // One thread, as many as a cell is priced for.
    let Ok(pool) = rayon::ThreadPoolBuilder::new().num_threads(1).build() else { return BTreeMap::new() };
    let time = ONE.min(ALL / units.len().max(1) as u32);
    let measured = |unit: &&Unit| Some(((*unit).clone(), pool.install(|| probe(unit, time)).ok()?));
    units.iter().filter_map(measured).collect()
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
