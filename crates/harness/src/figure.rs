//! Figures: panels of curves and bands on linear or logarithmic axes, drawn as SVG and PNG.
//!
//! Colours can be told apart by colour-blind readers and differ in lightness and dash pattern too, so a figure
//! stays readable in grey. Legends stand above the axes and never cover a curve. Points that an axis cannot show
//! (NaN, infinite, or not positive on a logarithmic axis) break the curve. Labels and captions know `x^{2}` and
//! `λ_{min}`.
//!
//! ```
//! use fenchel_harness::figure::{Axis, Curve, Figure, Panel};
//! let decay: Vec<(f64, f64)> = (0..50).map(|k| (f64::from(k), 0.8_f64.powi(k))).collect();
//! let panel = Panel::new("decay", Axis::linear("step"), Axis::log10("F − min F"))
//!     .curve(Curve::new("measured", 0, decay));
//! let figure = Figure::new("decay", "Geometric decay", "F falls by the same factor at every step.").panel(panel);
//! let svg = figure.svg().unwrap();
//! assert!(svg.starts_with("<svg") && svg.contains("F − min F"));
//! ```

mod axis;
mod canvas;
mod draw;
mod ink;
mod legend;
mod raster;
mod typeset;

pub use axis::{Axis, Scale};
pub use ink::Ink;
pub(crate) use typeset::html as typeset_html;
pub use typeset::plain;

use crate::error::Result;

/// A figure: panels in rows, with a title and a caption.
#[derive(Clone, Debug)]
pub struct Figure {
    /// File-name safe and unique within the experiment.
    pub id: String,
    /// What the figure shows, in a few words.
    pub title: String,
    /// What to look at, in a sentence or two.
    pub caption: String,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
    /// The number of panels a row.
    pub columns: usize,
}

/// One pair of axes with its curves.
#[derive(Clone, Debug)]
pub struct Panel {
    /// A heading above the panel.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Areas between two curves, drawn first.
    pub bands: Vec<Band>,
    /// The curves.
    pub curves: Vec<Curve>,
}

/// A curve, or a set of marks.
#[derive(Clone, Debug)]
pub struct Curve {
    /// The name in the legend; curves without a name are left out of it.
    pub label: String,
    /// Which colour and dash pattern.
    pub ink: Ink,
    /// The points, in the order in which they are joined.
    pub points: Vec<(f64, f64)>,
    /// Joined, marked, or both.
    pub trace: Trace,
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trace {
    /// A line through the points.
    #[default]
    Line,
    /// A mark at every point.
    Marks,
    /// Both.
    LineAndMarks,
}

/// The area between a lower and an upper curve.
#[derive(Clone, Debug)]
pub struct Band {
    /// The name in the legend; bands without a name are left out of it.
    pub label: String,
    /// Which colour, drawn pale.
    pub ink: Ink,
    /// The points (x, lower, upper). An upper end at +∞ reaches the top of the panel, a lower end at −∞ (or at 0 on
    /// a logarithmic axis) its bottom.
    pub points: Vec<(f64, f64, f64)>,
}

impl Figure {
    /// A figure without panels, three a row.
    #[must_use]
    pub fn new(id: &str, title: &str, caption: &str) -> Self {
        Self { id: id.into(), title: title.into(), caption: caption.into(), panels: Vec::new(), columns: 3 }
    }

    /// Adds a panel.
    #[must_use]
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// Sets the number of panels a row.
    #[must_use]
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = columns.max(1);
        self
    }

    /// The whole figure as one SVG document.
    ///
    /// # Errors
    /// When the figure has no panels or the drawing library refuses.
    pub fn svg(&self) -> Result<String> {
        draw::figure(self)
    }

    /// Each panel as an SVG document of its own, for pages that arrange them by the width of the screen.
    ///
    /// # Errors
    /// When the drawing library refuses.
    pub fn panel_svgs(&self) -> Result<Vec<String>> {
        self.panels.iter().map(|panel| draw::panel(&self.id, panel)).collect()
    }

    /// The whole figure as a PNG at twice the nominal size, with an embedded font.
    ///
    /// # Errors
    /// When the SVG cannot be drawn or turned into pixels.
    pub fn png(&self) -> Result<Vec<u8>> {
        raster::png(&self.id, &self.svg()?)
    }
}

impl Panel {
    /// A panel without curves.
    #[must_use]
    pub fn new(title: &str, x: Axis, y: Axis) -> Self {
        Self { title: title.into(), x, y, bands: Vec::new(), curves: Vec::new() }
    }

    /// Adds a curve.
    #[must_use]
    pub fn curve(mut self, curve: Curve) -> Self {
        self.curves.push(curve);
        self
    }

    /// Adds a band, drawn behind all curves.
    #[must_use]
    pub fn band(mut self, band: Band) -> Self {
        self.bands.push(band);
        self
    }

    /// Adds a thin grey horizontal line at `y`, such as a criterion or chance level.
    #[must_use]
    pub fn level(self, label: &str, y: f64) -> Self {
        let xs: Vec<f64> =
            self.curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.0)).collect();
        let low = xs.iter().copied().filter(|x| x.is_finite()).fold(f64::INFINITY, f64::min);
        let high = xs.iter().copied().filter(|x| x.is_finite()).fold(f64::NEG_INFINITY, f64::max);
        self.curve(Curve {
            label: label.into(),
            ink: Ink::LEVEL,
            points: vec![(low, y), (high, y)],
            trace: Trace::Line,
        })
    }
}

impl Curve {
    /// A line through `points` in the colour and dash pattern number `ink`.
    #[must_use]
    pub fn new(label: &str, ink: usize, points: Vec<(f64, f64)>) -> Self {
        Self { label: label.into(), ink: Ink::number(ink), points, trace: Trace::Line }
    }

    /// Draws a mark at every point instead of a line.
    #[must_use]
    pub fn marks(mut self) -> Self {
        self.trace = Trace::Marks;
        self
    }

    /// Draws a mark at every point beside the line.
    #[must_use]
    pub fn marked(mut self) -> Self {
        self.trace = Trace::LineAndMarks;
        self
    }
}

impl Band {
    /// The area between the second and third coordinates of `points`, in the colour number `ink`.
    #[must_use]
    pub fn new(label: &str, ink: usize, points: Vec<(f64, f64, f64)>) -> Self {
        Self { label: label.into(), ink: Ink::number(ink), points }
    }
}
