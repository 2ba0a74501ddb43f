//! A file with all its mutants woven in, each switched on by its number.
//!
//! `a + b` becomes `(match crate::mutant_switch::at(7, 1) { u32::MAX => { a + b } 0 => { a - b } _ =>
//! unreachable!() })`. The text as it was stands first, so that it decides the type, and the mutants within
//! it are woven into it. The changed texts hold no further mutants, since only one is on at a time.

use crate::finder::Site;
use crate::switch::MODULE;
use std::collections::HashSet;
use std::ops::Range;

/// A piece of the woven text and the mutants to which an error in it is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// The bytes of the woven text.
    pub(crate) range: Range<usize>,
    /// The numbers: one in a changed text, all of a site elsewhere.
    pub(crate) mutants: Range<u32>,
}

/// The woven text of a file and where in it the mutants are.
#[derive(Debug, Default)]
pub(crate) struct Woven {
    /// What to compile.
    pub(crate) text: String,
    /// Outer regions before inner ones.
    pub(crate) regions: Vec<Region>,
}

/// The lints are about what people write.
const SILENCE: &str = "#![allow(warnings, clippy::all)] ";

impl Woven {
    /// A text without mutants.
    pub(crate) const fn plain(text: String) -> Self {
        Self { text, regions: Vec::new() }
    }

    /// The file as the root of the crate: with the switch, and without lints.
    pub(crate) fn into_root(mut self) -> Self {
        self.text = format!("{SILENCE}{}\npub mod {MODULE};\n", self.text);
        for region in &mut self.regions {
            region.range.start += SILENCE.len();
            region.range.end += SILENCE.len();
        }
        self
    }

    /// The mutants of the smallest region that holds the bytes.
    pub(crate) fn blame(&self, range: &Range<usize>) -> Option<Range<u32>> {
        let around = |region: &&Region| region.range.start <= range.start && range.end <= region.range.end;
        self.regions
            .iter()
            .filter(around)
            .min_by_key(|region| region.range.len())
            .map(|found| found.mutants.clone())
    }
}

/// Weaves the sites of a file, whose mutants are numbered from `first` on, without those that are put aside.
pub(crate) fn weave(text: &str, sites: &[Site], first: u32, aside: &HashSet<u32>) -> Woven {
    let mut next = first;
    let numbered: Vec<(u32, &Site)> = sites
        .iter()
        .map(|site| {
            let number = next;
            next += count(site);
            (number, site)
        })
        .collect();
    let mut woven = Woven::default();
    Weaver { text, aside, woven: &mut woven }.piece(0..text.len(), &numbered);
    woven
}

/// How many mutants a site has.
pub(crate) fn count(site: &Site) -> u32 {
    u32::try_from(site.mutants.len()).unwrap_or(u32::MAX)
}

struct Weaver<'a> {
    text: &'a str,
    aside: &'a HashSet<u32>,
    woven: &'a mut Woven,
}

impl Weaver<'_> {
    /// Copies a piece of the file whose sites are `sites`, outer before inner.
    fn piece(&mut self, range: Range<usize>, mut sites: &[(u32, &Site)]) {
        let mut done = range.start;
        while let Some((&(first, site), rest)) = sites.split_first() {
            let inner = rest.iter().take_while(|(_, other)| other.range.end <= site.range.end).count();
            let (within, after) = rest.split_at(inner);
            self.woven.text.push_str(&self.text[done..site.range.start]);
            self.site(first, site, within);
            done = site.range.end;
            sites = after;
        }
        self.woven.text.push_str(&self.text[done..range.end]);
    }

    fn site(&mut self, first: u32, site: &Site, within: &[(u32, &Site)]) {
        let kept: Vec<u32> = (0..count(site)).filter(|k| !self.aside.contains(&(first + k))).collect();
        if kept.is_empty() {
            self.piece(site.range.clone(), within);
            return;
        }
        let (open, close) = if site.statement { ("", "") } else { ("(", ")") };
        let start = self.woven.text.len();
        let place = self.woven.regions.len();
        let count = count(site);
        self.woven
            .text
            .push_str(&format!("{open}match crate::{MODULE}::at({first}, {count}) {{ u32::MAX => {{ "));
        self.piece(site.range.clone(), within);
        self.woven.text.push_str(" }");
        for k in kept {
            self.woven.text.push_str(&format!(" {k} => {{ "));
            let start = self.woven.text.len();
            self.woven.text.push_str(&site.mutants[k as usize].replacement);
            let range = start..self.woven.text.len();
            self.woven.regions.push(Region { range, mutants: first + k..first + k + 1 });
            self.woven.text.push_str(" }");
        }
        self.woven.text.push_str(&format!(" _ => unreachable!() }}{close}"));
        let whole = Region { range: start..self.woven.text.len(), mutants: first..first + count };
        self.woven.regions.insert(place, whole);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finder::find;
    use crate::knowledge::Knowledge;

    const TEXT: &str = "fn f(a: f64, b: f64) -> f64 {\n    a * (b - 0.5) // ö\n}\n";

    fn woven(aside: &[u32]) -> Woven {
        let file = syn::parse_file(TEXT).unwrap();
        let sites = find(TEXT, &file, &Knowledge::default());
        weave(TEXT, &sites, 10, &aside.iter().copied().collect())
    }

    #[test]
    fn sites_nest_and_the_text_parses() {
        let text = woven(&[]).text;
        syn::parse_file(&text).unwrap();
        // The product, the difference, and the two changes of the literal.
        for site in ["at(10, 1)", "at(11, 1)", "at(12, 2)"] {
            assert_eq!(text.matches(site).count(), 1, "{site} in {text}");
        }
        assert!(text.contains("0 => { a / (b - 0.5) }") && text.contains("// ö"), "{text}");
    }

    #[test]
    fn mutants_that_are_put_aside_vanish_and_all_gone_is_the_file_as_it_was() {
        let text = woven(&[11, 12]).text;
        syn::parse_file(&text).unwrap();
        assert!(
            !text.contains("at(11, 1)") && text.contains("at(12, 2)") && !text.contains("1.01 * 0.5"),
            "{text}"
        );
        assert_eq!(woven(&[10, 11, 12, 13]).text, TEXT);
    }

    #[test]
    fn an_error_is_blamed_on_the_smallest_region_around_it() {
        let woven = woven(&[]);
        let at = |piece: &str| {
            let start = woven.text.find(piece).unwrap();
            woven.blame(&(start..start + piece.len()))
        };
        assert_eq!(at("1.01 * 0.5"), Some(12..13));
        assert_eq!(at("0.5 + 1.0"), Some(13..14));
        assert_eq!(at("at(12, 2)"), Some(12..14));
        assert_eq!(at("at(10, 1)"), Some(10..11));
        assert_eq!(at("fn f"), None);
    }

    #[test]
    fn in_the_root_of_the_crate_the_regions_move_with_the_text() {
        let woven = woven(&[]).into_root();
        syn::parse_file(&woven.text).unwrap();
        let start = woven.text.find("0.5 + 1.0").unwrap();
        assert_eq!(woven.blame(&(start..start + 9)), Some(13..14));
        assert_eq!(woven.blame(&(start..start + 10)), Some(12..14));
    }
}
