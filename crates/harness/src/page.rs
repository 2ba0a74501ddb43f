//! A page: one HTML file in the house's style, which asks for nothing from outside.
//!
//! ```
//! use fenchel_harness::figure::{Axis, Curve, Figure, Panel};
//! use fenchel_harness::page::Page;
//!
//! let panel = Panel::new("decay", Axis::linear("step"), Axis::log10("F")).curve(Curve::new("", 0, vec![(0.0, 1.0), (1.0, 0.5)]));
//! let figure = Figure::new("decay", "Decay", "F halves.").panel(panel);
//! let html = Page::new("an example").lead("Two points < three.").section("Decay").figure(&figure)?.html();
//! assert!(html.contains("<h2>Decay</h2>") && html.contains("&lt; three") && html.contains("<svg"));
//! # Ok::<(), fenchel_harness::error::Error>(())
//! ```

pub(crate) mod html;

use std::path::Path;

use crate::error::Result;
use crate::figure::Figure;
use crate::table::Table;
use html::{escape, paragraphs, table};

/// The look of every page.
const STYLE: &str = include_str!("page/style.css");

/// The most rows of a table that a page shows.
const ROWS: usize = 200;

/// A page that grows from its top to its end.
#[derive(Clone, Debug)]
pub struct Page {
    subject: String,
    header: String,
    main: String,
}

impl Page {
    /// A page about something, in a few words.
    #[must_use]
    pub fn new(subject: &str) -> Self {
        Self { subject: subject.to_owned(), header: String::new(), main: String::new() }
    }

    /// Paragraphs below the title, parted by blank lines.
    #[must_use]
    pub fn lead(mut self, text: &str) -> Self {
        self.header += &paragraphs(text);
        self
    }

    /// A heading; what follows belongs to it.
    #[must_use]
    pub fn section(mut self, heading: &str) -> Self {
        self.main += &format!("<h2>{}</h2>\n", escape(heading));
        self
    }

    /// Paragraphs, parted by blank lines.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        self.main += &paragraphs(text);
        self
    }

    /// Text as it stands, in letters of one width: a printed table for example.
    #[must_use]
    pub fn plain(mut self, text: &str) -> Self {
        self.main += &format!("<pre>{}</pre>\n", escape(text));
        self
    }

    /// A figure with its title and caption.
    ///
    /// # Errors
    /// When it cannot be drawn.
    pub fn figure(mut self, figure: &Figure) -> Result<Self> {
        let (title, caption) = (escape(&figure.title), escape(&figure.caption));
        let panels = panels(figure)?;
        self.main +=
            &format!("<figure>\n{panels}<figcaption><b>{title}.</b> {caption}</figcaption>\n</figure>\n");
        Ok(self)
    }

    /// A table with its caption; of a long one the first rows.
    #[must_use]
    pub fn table(mut self, numbers: &Table) -> Self {
        self.main += &table(numbers, None, ROWS);
        self
    }

    /// The whole as HTML.
    #[must_use]
    pub fn html(&self) -> String {
        document(&self.subject, &self.header, &self.main)
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        crate::store::write_whole(path, self.html().as_bytes())
    }
}

/// An HTML document about `subject`: title, what stands below it, and the rest.
pub(crate) fn document(subject: &str, header: &str, main: &str) -> String {
    let subject = escape(subject);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>Fenchel: {subject}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>Fenchel <span>{subject}</span></h1>\n\
         {header}</header>\n<main>\n{main}</main>\n</body>\n</html>\n"
    )
}

/// The panels of a figure, side by side where the screen is wide enough, below each other where it is not.
pub(crate) fn panels(figure: &Figure) -> Result<String> {
    let svgs = figure.panel_svgs()?;
    // Inside HTML an SVG document has no prologue.
    let inner = |svg: &str| svg.find("<svg").map_or(svg.to_owned(), |at| svg[at..].to_owned());
    let panels: String =
        svgs.iter().map(|svg| format!("<div class=\"panel\">{}</div>\n", inner(svg))).collect();
    Ok(format!("<div class=\"panels\">{panels}</div>\n"))
}
