//! Colours and dash patterns that stay apart for colour-blind readers and in grey.

use plotters::style::RGBColor;

/// A colour with its dash pattern.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ink {
    /// Red, green, blue; no other ink has the same.
    pub(super) colour: (u8, u8, u8),
    /// Lengths of dash, gap, dash, gap, ... in pixels; empty for a solid line.
    pub(super) dashes: &'static [f64],
    /// The width of a line in pixels.
    pub(super) width: f64,
}

/// Dark to light, and alternating between blue-ish and red-ish, the pair that every common colour blindness keeps.
const INKS: [Ink; 8] = [
    Ink { colour: (0x11, 0x11, 0x11), dashes: &[], width: 1.6 },
    Ink { colour: (0x1b, 0x3f, 0x9c), dashes: &[7.0, 3.0], width: 1.7 },
    Ink { colour: (0xb8, 0x32, 0x1c), dashes: &[2.2, 2.2], width: 1.9 },
    Ink { colour: (0x00, 0x85, 0x6d), dashes: &[9.0, 2.5, 2.0, 2.5], width: 1.8 },
    Ink { colour: (0xdd, 0x7a, 0x10), dashes: &[], width: 1.8 },
    Ink { colour: (0x55, 0xac, 0xea), dashes: &[4.0, 2.0], width: 2.0 },
    Ink { colour: (0xdc, 0xa4, 0xcc), dashes: &[1.5, 1.8], width: 2.2 },
    Ink { colour: (0xc9, 0xc2, 0x58), dashes: &[12.0, 3.0, 2.0, 3.0, 2.0, 3.0], width: 2.0 },
];

impl Ink {
    /// The line of a criterion or of chance: thin and grey.
    pub const LEVEL: Self = Self { colour: (0x80, 0x80, 0x80), dashes: &[1.2, 2.4], width: 1.1 };

    /// The `number`-th ink; after eight they repeat.
    #[must_use]
    pub fn number(number: usize) -> Self {
        INKS[number % INKS.len()]
    }

    /// Gives every line of an SVG document the dashes of its ink, which it is known by.
    ///
    /// The drawing library has no dashes; cutting the lines up instead would make noisy curves into thousands of
    /// elements. `units` is the number of the document's units in a pixel.
    pub(super) fn dash(document: &str, units: f64) -> String {
        INKS.iter().chain([&Self::LEVEL]).filter(|ink| !ink.dashes.is_empty()).fold(
            document.to_owned(),
            |svg, ink| {
                let (r, g, b) = ink.colour;
                let stroke = format!("stroke=\"#{r:02X}{g:02X}{b:02X}\"");
                let lengths: Vec<String> =
                    ink.dashes.iter().map(|length| (length * units).to_string()).collect();
                svg.replace(&stroke, &format!("{stroke} stroke-dasharray=\"{}\"", lengths.join(" ")))
            },
        )
    }

    pub(super) fn rgb(self) -> RGBColor {
        RGBColor(self.colour.0, self.colour.1, self.colour.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CIE lightness, 0 to 100, of an sRGB colour.
    fn lightness((r, g, b): (u8, u8, u8)) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let y = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        if y > 0.008_856 { 116.0 * y.cbrt() - 16.0 } else { 903.3 * y }
    }

    #[test]
    fn inks_grow_lighter_in_visible_steps_and_stay_darker_than_paper() {
        let lightnesses: Vec<f64> = INKS.iter().map(|ink| lightness(ink.colour)).collect();
        for pair in lightnesses.windows(2).take(6) {
            assert!(pair[1] - pair[0] >= 5.0, "{lightnesses:?}");
        }
        assert!(lightnesses.iter().all(|&l| l < 80.0), "{lightnesses:?}");
    }

    #[test]
    fn every_ink_is_known_by_its_colour() {
        let mut colours: Vec<_> = INKS.iter().chain([&Ink::LEVEL]).map(|ink| ink.colour).collect();
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), INKS.len() + 1);
        let line = "<polyline stroke=\"#1B3F9C\" points=\"\"/><polyline stroke=\"#111111\"/>";
        let dashed = Ink::dash(line, 8.0);
        assert_eq!(dashed.matches("stroke-dasharray=\"56 24\"").count(), 1);
        assert_eq!(dashed.matches("dasharray").count(), 1);
    }

    #[test]
    fn neighbouring_inks_differ_in_their_dashes() {
        for pair in INKS.windows(2) {
            assert_ne!(pair[0].dashes, pair[1].dashes);
        }
    }
}
