//! The page: claims first, then a section an experiment, then the manifest; no outside request.

use super::{Chapter, Report, digits, section};
use crate::claim::{Finding, Tally, Verdict};
use crate::error::Result;
use crate::number::counted;
use crate::page::document;
use crate::page::html::{anchor, escape};
use crate::store::Manifest;

pub(super) fn html(report: &Report, manifest: &Manifest) -> Result<String> {
    let sections = report.chapters.iter().map(section::html).collect::<Result<String>>()?;
    let profile = &manifest.profile;
    Ok(document(
        &format!("{profile} run"),
        &format!("{}{}", tally(report), lead(report, manifest)),
        &format!(
            "<section id=\"claims\">\n<h2>Claims</h2>\n{}</section>\n{sections}{}",
            claims(report),
            self::manifest(manifest)
        ),
    ))
}

/// The counts of the verdicts by kind, as three labels each.
fn tally(report: &Report) -> String {
    let kinds = report.tallies();
    let line = |(kind, tally): (String, Tally)| {
        format!(
            "<p class=\"tally\"><b>{}</b> <span class=\"reproduced\">{} reproduced</span> \
             <span class=\"failed\">{} failed</span> <span class=\"undecided\">{} undecided</span></p>\n",
            escape(&kind),
            tally.reproduced,
            tally.failed,
            tally.undecided
        )
    };
    kinds.kinds().map(line).collect()
}

/// What, when and where, in one paragraph.
fn lead(report: &Report, manifest: &Manifest) -> String {
    let cells: usize = report.chapters.iter().map(|chapter| chapter.finished).sum();
    let mut text = format!("{} of {}", counted(cells, "cell"), counted(report.chapters.len(), "experiment"));
    if let Some(session) = manifest.sessions.last() {
        let machine = &session.machine;
        text += &format!(
            ", last worked on {}, with {} on {} ({}), matrix products by {}",
            session.started,
            counted(session.threads, "thread"),
            machine.processor,
            machine.vectors,
            machine.back_end
        );
    }
    if let Some(headline) = &report.headline {
        text += &format!(". In all, {headline}");
    }
    text += &format!(". {}", report.decided_by);
    format!("<p>{}.</p>\n", escape(&text))
}

/// The claims table; on a narrow screen each row becomes a block.
fn claims(report: &Report) -> String {
    let rows: String = report.claims().map(|(chapter, finding)| row(chapter, finding)).collect();
    if rows.is_empty() {
        return "<p>No claim has been decided: no experiment has records.</p>\n".into();
    }
    format!(
        "<table class=\"claims\"><thead><tr><th>Claim</th><th>Criterion and measurement</th><th>Verdict</th></tr></thead>\n\
         <tbody>\n{rows}</tbody></table>\n"
    )
}

fn row(chapter: &Chapter, finding: &Finding) -> String {
    let links = |kind: &str, ids: &[String]| -> String {
        ids.iter()
            .map(|id| {
                let (place, id) = (anchor(&[&chapter.id, kind, id]), escape(id));
                format!(" <a class=\"link\" href=\"#{place}\">{kind} {id}</a>")
            })
            .collect()
    };
    let conditions: String = finding
        .conditions()
        .map(|(condition, measured, verdict)| {
            format!(
                "<li class=\"{}\"><span>{}</span><br><b>{}</b></li>",
                verdict.word(),
                escape(&condition.to_string()),
                escape(&measured)
            )
        })
        .collect();
    let (claim, verdict) = (finding.claim, finding.verdict());
    let why = if let Verdict::Undecided(why) = &verdict {
        format!("<small>{}</small>", escape(why))
    } else {
        String::new()
    };
    format!(
        "<tr><td><code><a href=\"#{chapter}\">{id}</a></code> <small>{kind}</small><br>{statement}{figures}{tables}</td>\
         <td><ul>{conditions}</ul></td><td><span class=\"{word}\">{word}</span>{why}</td></tr>\n",
        chapter = chapter.id,
        id = escape(claim.id),
        kind = claim.kind.words(),
        statement = escape(&claim.to_string()),
        figures = links("figure", &finding.figures),
        tables = links("table", &finding.tables),
        word = verdict.word(),
    )
}

/// The sessions in words, and the manifest as it is stored.
fn manifest(manifest: &Manifest) -> String {
    let sessions: String = manifest
        .sessions
        .iter()
        .map(|session| {
            let machine = &session.machine;
            let took = session.took();
            format!(
                "<tr><td>{}</td><td>{took}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                escape(&session.started),
                session.cells,
                session.failed,
                session.threads,
                escape(&format!("{} {}", machine.back_end, machine.back_end_note)),
                escape(digits(&machine.commit)),
                escape(digits(&session.criteria)),
            )
        })
        .collect();
    let text = serde_json::to_string_pretty(manifest).unwrap_or_default();
    format!(
        "<section id=\"manifest\">\n<h2>Manifest</h2>\n<div class=\"wide\"><table><thead><tr><th>Started</th><th>Took</th>\
         <th>Cells</th><th>Failed</th><th>Threads</th><th>Back end</th><th>Commit</th><th>Criteria</th></tr></thead><tbody>\n{sessions}\
         </tbody></table></div>\n<details><summary>Plan and sessions as JSON</summary><pre>{}</pre></details>\n</section>\n",
        escape(&text)
    )
}
