//! Which matrix-product back end to build with, why, and the environment that it needs.

use std::env;
use std::process::Command;

/// Which back end the user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// OpenBLAS where pkg-config finds it, otherwise the pure-Rust one.
    Auto,
    /// OpenBLAS or nothing.
    OpenBlas,
    /// The pure-Rust one.
    Rust,
}

/// The back end that is taken.
pub(crate) struct BackEnd {
    /// The version of OpenBLAS, or None for the pure-Rust back end.
    pub(crate) openblas: Option<String>,
    /// One line for the reader: which and why.
    pub(crate) note: String,
}

/// The packages that have the feature `openblas`, bottom up.
pub(crate) const PACKAGES: [&str; 6] =
    ["fenchel-tensor", "fenchel-nn", "fenchel-measure", "fenchel-experiments", "fenchel", "fenchel-benches"];

impl BackEnd {
    /// Chooses by wish and by what pkg-config says; refuses a wish that cannot be met.
    pub(crate) fn choose(wish: Wish) -> Result<Self, u8> {
        let back_end = match (wish, if wish == Wish::Rust { Err(String::new()) } else { find() }) {
            (Wish::Rust, _) => Self { openblas: None, note: "pure Rust (as asked for)".into() },
            (_, Ok(version)) => {
                let note = match core_type(&version) {
                    Some(kernel) => format!(
                        "OpenBLAS {version} (found by pkg-config; OPENBLAS_CORETYPE={kernel}, as versions before 0.3.25 take some AVX-512 processors for older ones)"
                    ),
                    None => format!("OpenBLAS {version} (found by pkg-config)"),
                };
                Self { openblas: Some(version), note }
            }
            (Wish::Auto, Err(reason)) => Self { openblas: None, note: format!("pure Rust ({reason})") },
            (Wish::OpenBlas, Err(reason)) => {
                eprintln!(
                    "xtask: {reason}. Install the development files of OpenBLAS and pkg-config (Debian, Ubuntu: \
                     apt-get install libopenblas-dev pkg-config), or choose --blas rust"
                );
                return Err(1);
            }
        };
        println!("matrix products: {}", back_end.note);
        Ok(back_end)
    }

    /// The cargo options that build these packages with this back end; packages below the matrix products have none.
    pub(crate) fn features<'a>(&self, packages: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let with: Vec<String> = packages
            .into_iter()
            .filter(|package| self.openblas.is_some() && PACKAGES.contains(package))
            .map(|package| format!("{package}/openblas"))
            .collect();
        if with.is_empty() { Vec::new() } else { vec!["--features".into(), with.join(",")] }
    }

    /// Sets what reproducible numbers need: one thread inside the library, and its right kernel.
    ///
    /// Cells and batch shards run in parallel above the library; more threads inside would change the bits.
    pub(crate) fn prepare(&self, command: &mut Command) {
        command.env("OPENBLAS_NUM_THREADS", "1").env("OMP_NUM_THREADS", "1");
        command.env("FENCHEL_BLAS_NOTE", &self.note);
        if let Some(kernel) = self.openblas.as_deref().and_then(core_type) {
            command.env("OPENBLAS_CORETYPE", kernel);
        }
    }
}

/// The version of OpenBLAS that pkg-config finds, or why there is none.
fn find() -> Result<String, String> {
    let output = Command::new(env::var_os("PKG_CONFIG").unwrap_or_else(|| "pkg-config".into()))
        .args(["--modversion", "openblas"])
        .output()
        .map_err(|error| format!("pkg-config cannot be started: {error}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() && !version.is_empty() {
        Ok(version)
    } else {
        Err("pkg-config finds no OpenBLAS".into())
    }
}

/// The kernel to force: where the processor has AVX-512, the library is too old to know all such processors, and the
/// user has not chosen one.
fn core_type(version: &str) -> Option<&'static str> {
    (env::var_os("OPENBLAS_CORETYPE").is_none() && has_avx512() && older(version, [0, 3, 25]))
        .then_some("SkylakeX")
}

/// Whether `version` comes before `than`; what cannot be read counts as new.
fn older(version: &str, than: [u64; 3]) -> bool {
    let part =
        |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>().parse::<u64>().ok();
    let parts: Option<Vec<u64>> = version.split('.').take(3).map(part).collect();
    parts.is_some_and(|parts| parts.as_slice() < than.as_slice())
}

fn has_avx512() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        // The sets that the SkylakeX kernels use.
        is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512cd")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        for old in ["0.3.21", "0.3.9", "0.2.20", "0.3.24.dev"] {
            assert!(older(old, [0, 3, 25]), "{old}");
        }
        for new in ["0.3.25", "0.3.30", "0.4.0", "1.0.0", "unknown", ""] {
            assert!(!older(new, [0, 3, 25]), "{new}");
        }
    }
}
