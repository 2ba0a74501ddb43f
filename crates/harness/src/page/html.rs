//! Small pieces of HTML: escaping, paragraphs, tables.

use crate::table::Table;

/// Text with the characters that HTML reserves replaced, and `x^{2}`, `λ_{min}` typeset.
pub(crate) fn escape(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
    crate::figure::typeset_html(&escaped)
}

/// Paragraphs, parted by blank lines.
pub(crate) fn paragraphs(text: &str) -> String {
    text.split("\n\n")
        .filter(|part| !part.trim().is_empty())
        .map(|part| format!("<p>{}</p>\n", escape(part)))
        .collect()
}

/// A name as part of an anchor.
pub(crate) fn anchor(parts: &[&str]) -> String {
    parts.join("-").replace('.', "-")
}

/// A table with short numbers; beyond `most` rows only the first are shown. `file` holds all of it, if there is one.
pub(crate) fn table(table: &Table, file: Option<&str>, most: usize) -> String {
    let heads: String = table.columns.iter().map(|name| format!("<th>{}</th>", escape(name))).collect();
    let rows: String = table
        .rows
        .iter()
        .take(most)
        .map(|row| {
            let cells: String =
                row.iter().map(|entry| format!("<td>{}</td>", escape(&entry.short()))).collect();
            format!("<tr>{cells}</tr>\n")
        })
        .collect();
    let rest = table.rows.len().saturating_sub(most);
    let more = match (rest, file) {
        (0, _) => String::new(),
        (_, Some(_)) => format!(" {rest} more rows are in the file."),
        (_, None) => format!(" {rest} more rows are not shown."),
    };
    let all = file.map_or(String::new(), |file| format!(" All digits: <a href=\"{file}\">{file}</a>."));
    format!(
        "<div class=\"wide\"><table><thead><tr>{heads}</tr></thead><tbody>\n{rows}</tbody></table></div>\n\
         <p class=\"caption\">{}{all}{more}</p>\n",
        escape(&table.caption)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_characters_do_not_leak() {
        let mut rows = Table::new("t", "a < b", &["x & y"]);
        rows.push(["<script>".into()]);
        rows.push(["last".into()]);
        let html = table(&rows, Some("t.csv"), 1);
        assert!(!html.contains("<script>") && html.contains("x &amp; y") && html.contains("1 more rows"));
        assert_eq!(paragraphs("a\n\nb\n\n"), "<p>a</p>\n<p>b</p>\n");
    }
}
