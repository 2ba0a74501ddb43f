//! The machine and the program of a session, for the manifest.

use serde::{Deserialize, Serialize};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs};

/// The matrix-product back end that this program was built with: its name, version and kernels.
#[must_use]
pub fn back_end() -> String {
    fenchel_tensor::gemm::back_end()
}

/// The fingerprints of the experiments, by module (see `build.rs`).
const EXPERIMENTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/numerics.rs"));

/// The fingerprint of the code that all experiments stand on (see `build.rs`).
#[must_use]
pub fn numerics() -> &'static str {
    env!("FENCHEL_NUMERICS")
}

/// The fingerprint of the code that computes the cells of `experiment`: the shared code and its own.
///
/// An experiment without a module of its name has the shared fingerprint alone.
#[must_use]
pub fn numerics_of(experiment: &str) -> &'static str {
    EXPERIMENTS.iter().find(|(module, _)| *module == experiment).map_or(numerics(), |(_, hex)| hex)
}

/// The fingerprint of the code that decides claims: declarations, summaries and statistics (see `build.rs`).
#[must_use]
pub fn decision() -> &'static str {
    env!("FENCHEL_DECISION")
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
    /// The matrix-product back end.
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
    /// Looks at this machine.
    #[must_use]
    pub fn here() -> Self {
        let or_unknown = |name: &str| env::var(name).unwrap_or_else(|_| "unknown".into());
        Self {
            program: env!("CARGO_PKG_VERSION").into(),
            commit: or_unknown("FENCHEL_COMMIT"),
            numerics: numerics().into(),
            rustc: env!("FENCHEL_RUSTC").into(),
            back_end: back_end(),
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
#[path = "../build/fingerprint.rs"]
mod fingerprint;

#[cfg(test)]
#[path = "../build/lock.rs"]
mod lock;

#[cfg(test)]
mod tests {
    use super::fingerprint::Fingerprint;
    use super::*;

    fn of(content: &str) -> String {
        let mut fingerprint = Fingerprint::new();
        fingerprint.add("a.rs", content);
        fingerprint.hex()
    }

    #[test]
    fn a_fingerprint_follows_the_code_and_nothing_else() {
        let code = "fn f() -> f64 {\n    1.0\n}\n";
        let explained = "//! Why.\n\n/// What.\nfn f() -> f64 {\n    // How.\n    1.0\n}\n";
        let tested = "fn f() -> f64 {\n    1.0\n}\n\n#[cfg(test)]\nmod tests {\n    fn t() {}\n}\n";
        assert_eq!(of(code), of(explained));
        assert_eq!(of(code), of(tested));
        assert_eq!(of(code), of(&format!("#[cfg(test)]\nmod tests;\n{code}")));
        assert_ne!(of(code), of(&code.replace("1.0", "1.1")));
        assert_ne!(of(code), of(&format!("{tested}fn after() {{}}\n")));
        assert_ne!(of(code), of(&format!("#[cfg(test)]\nfn helper() {{}}\n{code}")));
    }

    #[test]
    fn only_what_numbers_can_depend_on_is_taken_from_the_lock_file() {
        let entry = |name: &str, version: &str, dependencies: &str| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ndependencies = [\n{dependencies}]"
            )
        };
        let lock = |gemm: &str, clap: &str| {
            let entries = [
                "# generated".to_owned(),
                entry("clap", clap, ""),
                entry("fenchel-nn", "1", " \"fenchel-tensor\",\n"),
                entry("fenchel-tensor", "1", " \"gemm 0.19\",\n"),
                entry("gemm", gemm, ""),
            ];
            lock::closure(&entries.join("\n\n"), &["fenchel-nn"])
        };
        assert_eq!(lock("0.19", "4").matches("[[package]]").count(), 3);
        assert_eq!(lock("0.19", "4"), lock("0.19", "5"));
        assert_ne!(lock("0.19", "4"), lock("0.20", "4"));
    }

    #[test]
    fn the_name_of_the_file_counts() {
        let mut other = Fingerprint::new();
        other.add("b.rs", "x");
        assert_ne!(other.hex(), of("x"));
    }

    #[test]
    fn every_experiment_has_a_fingerprint_of_its_own() {
        let mut all: Vec<&str> =
            crate::registry::all().iter().map(|experiment| numerics_of(experiment.id())).collect();
        all.push(numerics());
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert_eq!(numerics_of("no such experiment"), numerics());
    }

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
        let machine = Machine::here();
        assert!(machine.cores >= 1 && !machine.processor.is_empty() && machine.numerics.len() == 16);
    }
}
