//! The section of one experiment: what the paper says, what was run, what came out, what differs.

use super::Chapter;
use crate::error::Result;
use crate::figure::Figure;
use crate::number::{counted, duration};
use crate::page::html::{anchor, escape, paragraphs, table};
use crate::page::panels;

pub(super) fn html(chapter: &Chapter) -> Result<String> {
    let mut body = format!(
        "<section id=\"{id}\">\n<h2><span class=\"id\">{id}</span> {title}</h2>\n<h3>What the paper says</h3>\n{paper}",
        id = chapter.id,
        title = escape(&chapter.title),
        paper = paragraphs(&chapter.paper),
    );
    let summary = match &chapter.summary {
        Err(reason) => {
            body +=
                &format!("<p class=\"failed\">There is no summary: {}.</p>\n</section>\n", escape(reason));
            return Ok(body);
        }
        Ok(summary) => summary,
    };
    body +=
        &format!("<h3>What was run</h3>\n{}<p>{}</p>\n", paragraphs(&summary.ran), escape(&extent(chapter)));
    body += &format!("<h3>What came out</h3>\n{}", paragraphs(&summary.came_out));
    for figure in &summary.figures {
        body += &self::figure(&chapter.id, figure)?;
    }
    if !summary.differs.trim().is_empty() {
        body += &format!("<h3>What differs, and why</h3>\n{}", paragraphs(&summary.differs));
    }
    for numbers in &summary.tables {
        let file = format!("tables/{}/{}.csv", chapter.id, numbers.id);
        let open = if numbers.rows.len() <= 12 { " open" } else { "" };
        body += &format!(
            "<details id=\"{}\"{open}><summary>Table: {}</summary>\n{}</details>\n",
            anchor(&[&chapter.id, "table", &numbers.id]),
            escape(&numbers.caption),
            table(numbers, Some(&file), 200)
        );
    }
    let settings = serde_json::to_string_pretty(&chapter.settings).unwrap_or_default();
    body += &format!(
        "<details><summary>Settings</summary><pre>{}</pre></details>\n</section>\n",
        escape(&settings)
    );
    Ok(body)
}

/// How much was run, and with what code.
fn extent(chapter: &Chapter) -> String {
    let mut text = format!(
        "{} of {}, {} of computing on one core.",
        chapter.finished,
        counted(chapter.planned, "cell"),
        duration(chapter.seconds)
    );
    if chapter.finished < chapter.planned {
        text += " The missing cells leave every claim of this experiment that did not fail undecided.";
    }
    if let Some(first) = chapter.unusable.first() {
        text += &format!(
            " {} of a missing cell cannot be used: {first}{}.",
            counted(chapter.unusable.len(), "file"),
            if chapter.unusable.len() > 1 { ", and others" } else { "" }
        );
    }
    if chapter.stale > 0 {
        text += &format!(
            " {} other code or another back end than this program's.",
            match chapter.stale {
                1 => "One cell was computed by".into(),
                n => format!("{n} cells were computed by"),
            }
        );
    }
    text
}

/// A figure: its panels side by side where the screen is wide enough, below each other where it is not.
fn figure(chapter: &str, figure: &Figure) -> Result<String> {
    let name = format!("figures/{chapter}/{}", figure.id);
    Ok(format!(
        "<figure id=\"{}\">\n{}<figcaption><b>{}.</b> {} \
         <a href=\"{name}.svg\">SVG</a> <a href=\"{name}.png\">PNG</a></figcaption>\n</figure>\n",
        anchor(&[chapter, "figure", &figure.id]),
        panels(figure)?,
        escape(&figure.title),
        escape(&figure.caption)
    ))
}
