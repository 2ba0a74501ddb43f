//! A fingerprint of the code that computes: what a change of an expression changes and a change of its explanation does not.
//!
//! FNV-1a over the lines of source that the compiler turns into numbers. Left out are blank lines, lines that hold
//! nothing but a comment, and modules under `#[cfg(test)]` that follow rustfmt's layout (their closing brace stands in
//! the first column). Not a secure hash: it tells versions of this program from each other, not friend from foe.

/// The state of the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// Of nothing.
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    /// Adds a file: its name, so that moved code counts as changed, and its content.
    pub(crate) fn add(&mut self, name: &str, content: &str) {
        self.bytes(name.as_bytes());
        let mut lines = content.lines();
        while let Some(line) = lines.next() {
            let code = line.trim();
            if code == "#[cfg(test)]" {
                self.skip_tests(&mut lines);
            } else if !code.is_empty() && !code.starts_with("//") {
                self.bytes(code.as_bytes());
            }
        }
    }

    /// In hexadecimal digits.
    pub(crate) fn hex(self) -> String {
        format!("{:016x}", self.0)
    }

    /// What follows `#[cfg(test)]`: a module is passed over, anything else counts as code.
    fn skip_tests<'a>(&mut self, lines: &mut impl Iterator<Item = &'a str>) {
        let Some(head) = lines.next() else { return };
        if head.starts_with("mod ") && head.ends_with('{') {
            lines.find(|line| *line == "}");
        } else if !(head.starts_with("mod ") && head.ends_with(';')) {
            self.bytes(head.trim().as_bytes());
        }
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for &byte in bytes.iter().chain(&[0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
