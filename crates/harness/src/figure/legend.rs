//! The heading of a panel: its title and, in rows below it, the legend.

use super::canvas::{Area, DrawResult, line, mark, pale_polygon, units};
use super::ink::Ink;
use super::typeset;
use super::{Panel, Trace};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, IntoFont, RGBColor, TextStyle};

pub(super) const TEXT: RGBColor = RGBColor(0x22, 0x22, 0x22);
const TITLE_HEIGHT: f64 = 24.0;
const ROW_HEIGHT: f64 = 17.0;
const SAMPLE_WIDTH: f64 = 26.0;
const MARGIN: f64 = 10.0;

/// An entry with its place, in pixels from the panel's corner.
struct Entry<'a> {
    label: &'a str,
    ink: Ink,
    kind: Kind,
    x: f64,
    row: usize,
}

enum Kind {
    Curve(Trace),
    Band,
}

/// The text style of `size` pixels.
pub(super) fn text(size: f64, bold: bool) -> TextStyle<'static> {
    let font = ("sans-serif", units(size)).into_font();
    let font = if bold { font.style(FontStyle::Bold) } else { font };
    TextStyle::from(font).color(&TEXT)
}

/// Flows the entries into rows of `width` pixels.
fn entries(panel: &Panel, width: f64) -> Vec<Entry<'_>> {
    let bands = panel.bands.iter().map(|band| (band.label.as_str(), band.ink, Kind::Band));
    let curves = panel.curves.iter().map(|curve| (curve.label.as_str(), curve.ink, Kind::Curve(curve.trace)));
    let (mut x, mut row) = (MARGIN, 0);
    curves
        .chain(bands)
        .filter(|entry| !entry.0.is_empty())
        .map(|(label, ink, kind)| {
            // Without a font at hand a letter counts six pixels, a little more than the mean.
            let needed = SAMPLE_WIDTH + 6.0 + 6.0 * typeset::width(label) + 14.0;
            if x > MARGIN && x + needed > width {
                (x, row) = (MARGIN, row + 1);
            }
            let entry = Entry { label, ink, kind, x, row };
            x += needed;
            entry
        })
        .collect()
}

/// The height of the heading, in pixels.
pub(super) fn height(panel: &Panel, width: f64) -> f64 {
    let rows = entries(panel, width).last().map_or(0, |entry| entry.row + 1);
    TITLE_HEIGHT + ROW_HEIGHT * rows as f64 + 4.0
}

/// Draws title and legend at the top of the area.
pub(super) fn draw(area: &Area<'_>, panel: &Panel, width: f64) -> DrawResult {
    let anchor = Pos::new(HPos::Left, VPos::Center);
    let title = text(13.5, true).pos(anchor);
    area.draw_text(&panel.title, &title, (units(MARGIN), units(TITLE_HEIGHT / 2.0 + 1.0)))?;
    for entry in entries(panel, width) {
        let y = TITLE_HEIGHT + ROW_HEIGHT * (entry.row as f64 + 0.5);
        let (from, to) = (entry.x, entry.x + SAMPLE_WIDTH);
        match entry.kind {
            Kind::Band => {
                pale_polygon(
                    area,
                    &[(from, y - 5.0), (to, y - 5.0), (to, y + 5.0), (from, y + 5.0)],
                    entry.ink,
                )?;
            }
            Kind::Curve(trace) => {
                if trace != Trace::Marks {
                    line(area, &[(from, y), (to, y)], entry.ink)?;
                }
                if trace != Trace::Line {
                    mark(area, (0.5 * (from + to), y), entry.ink)?;
                }
            }
        }
        area.draw_text(entry.label, &text(12.0, false).pos(anchor), (units(to + 6.0), units(y)))?;
    }
    Ok(())
}
