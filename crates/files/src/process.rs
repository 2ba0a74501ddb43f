//! A process as others recognise it, on this host or another.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};

use serde::{Deserialize, Serialize};

/// Which process it is, and where.
///
/// Where the system tells when a process began, a later one with the same number is not taken for it, and
/// neither is one of another boot or in another container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// The name of the host.
    pub host: String,
    /// The number of the process there.
    pub pid: u32,
    /// The boot and the space of numbers in which it has that number; empty where the system does not say.
    pub system: String,
    /// When it began, as that system counts; empty where it does not say.
    pub began: String,
}

impl Process {
    /// This process.
    #[must_use]
    pub fn this() -> Self {
        let pid = std::process::id();
        let began = state(pid).map(|(_, began)| began).unwrap_or_default();
        Self { host: host(), pid, system: system(), began }
    }

    /// Whether it lives, as far as this system can tell: None of a process of another system, and where this one
    /// hides other users' processes.
    ///
    /// ```
    /// use fenchel_files::Process;
    ///
    /// let this = Process::this();
    /// assert_ne!(this.lives(), Some(false));
    /// // Of another system nothing can be told.
    /// assert_eq!(Process { system: "elsewhere".into(), pid: 1, ..this }.lives(), None);
    /// ```
    #[must_use]
    pub fn lives(&self) -> Option<bool> {
        let here = !self.system.is_empty() && !self.began.is_empty() && self.system == system();
        if here { self.lives_by(state) } else { None }
    }

    /// The same of a process of this system, whose processes `state` shows.
    fn lives_by(&self, state: impl Fn(u32) -> Option<(char, String)>) -> Option<bool> {
        match state(self.pid) {
            // Killed and not yet waited for.
            Some((state, began)) => Some(!matches!(state, 'Z' | 'X') && began == self.began),
            // Where even the first process is hidden (hidepid), what is not shown may live.
            None => state(1).map(|_| false),
        }
    }
}

/// The state of a process of this system and when it began.
fn state(pid: u32) -> Option<(char, String)> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in parentheses, which may hold anything.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace();
    Some((fields.next()?.chars().next()?, fields.nth(18)?.to_owned()))
}

fn system() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let space = fs::read_link("/proc/self/ns/pid");
    match (boot, space) {
        (Ok(boot), Ok(space)) => format!("{} {}", boot.trim(), space.display()),
        _ => String::new(),
    }
}

fn host() -> String {
    let read = |path| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    let named = read("/proc/sys/kernel/hostname").or_else(|| read("/etc/hostname"));
    named.or_else(|| std::env::var("HOSTNAME").ok()).unwrap_or_else(|| "unknown".into())
}

/// Sixteen hexadecimal digits that no other process draws.
#[must_use]
pub fn nonce() -> String {
    // Every state of the standard library's hash tables has keys from the operating system's generator.
    format!("{:016x}", RandomState::new().build_hasher().finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn the_end_of_a_process_is_seen_before_and_after_it_is_waited_for() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        let process = Process { pid, began: state(pid).unwrap().1, ..Process::this() };
        assert_eq!(process.lives(), Some(true));
        // Another process with its number.
        assert_eq!(Process { began: "1".into(), ..process.clone() }.lives(), Some(false));
        child.kill().unwrap();
        while state(pid).is_some_and(|(state, _)| state != 'Z') {
            std::thread::yield_now();
        }
        assert_eq!(process.lives(), Some(false));
        child.wait().unwrap();
        assert_eq!(process.lives(), Some(false));
    }

    #[test]
    fn a_process_that_the_system_hides_is_not_taken_for_dead() {
        let process = Process { pid: 7, began: "5".into(), ..Process::default() };
        let shown = |pids: &[u32], state: char| {
            process.lives_by(|pid| pids.contains(&pid).then(|| (state, "5".to_owned())))
        };
        assert_eq!(shown(&[1, 7], 'S'), Some(true));
        assert_eq!(shown(&[1, 7], 'Z'), Some(false));
        assert_eq!(shown(&[1], 'S'), Some(false));
        assert_eq!(shown(&[], 'S'), None);
    }

    #[test]
    fn nonces_differ() {
        let (a, b) = (nonce(), nonce());
        assert!(a != b && a.len() == 16);
    }
}
