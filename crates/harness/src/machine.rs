//! The machine and the program of a session, for the manifest.

use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

/// The program that computes cells, as whoever builds it knows it.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its version.
    pub version: &'static str,
    /// The compiler.
    pub rustc: &'static str,
    /// The back end of its arithmetic: name, version and kernels.
    pub back_end: fn() -> String,
    /// The fingerprint of the code that all experiments stand on.
    pub numerics: &'static str,
    /// The fingerprints of the code that computes the cells of each experiment, the shared code's included.
    pub experiments: &'static [(&'static str, &'static str)],
    /// The fingerprint of the code that decides claims.
    pub decision: &'static str,
}

impl Program {
    /// The fingerprint of the code that computes the cells of `experiment`: the shared code and its own.
    ///
    /// An experiment without code of its own has the shared fingerprint alone.
    #[must_use]
    pub fn numerics_of(&self, experiment: &str) -> &'static str {
        let own = self.experiments.iter().find(|(name, _)| *name == experiment);
        own.map_or(self.numerics, |(_, hex)| hex)
    }
}

/// Where and by what a session ran.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// The program's version.
    pub program: String,
    /// The git commit, where the caller knew it (`FENCHEL_COMMIT`, set by `cargo xtask`).
    pub commit: String,
    /// The fingerprint of the code that computes.
    pub numerics: String,
    /// The compiler.
    pub rustc: String,
    /// The back end of its arithmetic.
    pub back_end: String,
    /// Why this back end, its version and its kernel, where the caller knew it (`FENCHEL_BLAS_NOTE`).
    pub back_end_note: String,
    /// The processor's name.
    pub processor: String,
    /// The widest vector instructions that the processor offers.
    pub vectors: String,
    /// The number of logical cores.
    pub cores: usize,
    /// Operating system and architecture.
    pub system: String,
}

impl Machine {
    /// Looks at this machine, on which `program` runs.
    #[must_use]
    pub fn here(program: &Program) -> Self {
        let or_unknown = |name: &str| env::var(name).unwrap_or_else(|_| "unknown".into());
        Self {
            program: program.version.into(),
            commit: or_unknown("FENCHEL_COMMIT"),
            numerics: program.numerics.into(),
            rustc: program.rustc.into(),
            back_end: (program.back_end)(),
            back_end_note: env::var("FENCHEL_BLAS_NOTE").unwrap_or_default(),
            processor: processor(),
            vectors: vectors().into(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            system: format!("{} {}", env::consts::OS, env::consts::ARCH),
        }
    }
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.lines()
        .find_map(|line| {
            line.strip_prefix("model name")?.split_once(':').map(|(_, name)| name.trim().to_owned())
        })
        .unwrap_or_else(|| env::consts::ARCH.to_owned())
}

fn vectors() -> &'static str {
    #[cfg(target_arch = "x86_64")]
    {
        if is_x86_feature_detected!("avx512f") {
            return "AVX-512";
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return "AVX2 with FMA";
        }
        "SSE2"
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        "baseline"
    }
}

/// The time now in UTC, as `2026-11-22T03:10:21Z`.
#[must_use]
pub fn now() -> String {
    utc(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs()))
}

/// The seconds that have gone by, by this host's clock, since a time that [`now`] wrote; None where the text is
/// no such time.
#[must_use]
pub fn seconds_since(then: &str) -> Option<f64> {
    let mut parts = then.strip_suffix('Z')?.split(['-', 'T', ':']).map(|part| part.parse::<u64>().ok());
    let mut part = || parts.next().flatten();
    let (year, month, day, hour, minute, second) = (part()?, part()?, part()?, part()?, part()?, part()?);
    if !(1970..9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // The inverse of `utc`: years begin in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + (153 * month + 2) / 5 + day - 1;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    let then = days * 86_400 + hour * 3_600 + minute * 60 + second;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs_f64();
    Some(now - then as f64)
}

/// The most memory that this process has held, in bytes; 0 where the system does not say.
#[must_use]
pub fn peak_memory() -> u64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).map_or(0, |kb| kb * 1024)
}

/// Seconds since 1970 as a date, by counting days in eras of 400 years that begin in March.
fn utc(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second % 3_600 / 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(utc(0), "1970-01-01T00:00:00Z");
        assert_eq!(utc(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(utc(1_709_251_199), "2024-02-29T23:59:59Z");
        assert_eq!(utc(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn times_are_read_back() {
        assert!(seconds_since(&now()).is_some_and(|seconds| (-1.0..60.0).contains(&seconds)));
        let at = |text: &str| seconds_since("1970-01-01T00:00:00Z").unwrap() - seconds_since(text).unwrap();
        for seconds in [0, 951_782_400, 1_709_251_199, 4_107_542_400] {
            assert!((at(&utc(seconds)) - seconds as f64).abs() < 1.0);
        }
        for text in ["", "yesterday", "2026-13-01T00:00:00Z", "2026-01-01", "1969-12-31T23:59:59Z"] {
            assert!(seconds_since(text).is_none(), "{text}");
        }
    }

    #[test]
    fn this_machine_has_a_name() {
        let program = Program {
            version: "1",
            rustc: "rustc 2",
            back_end: || "none".into(),
            numerics: "aa",
            experiments: &[("a", "bb")],
            decision: "cc",
        };
        let machine = Machine::here(&program);
        assert!(machine.cores >= 1 && !machine.processor.is_empty());
        assert_eq!((machine.numerics.as_str(), machine.back_end.as_str()), ("aa", "none"));
        assert_eq!(["a", "b"].map(|id| program.numerics_of(id)), ["bb", "aa"]);
    }
}
