//! Raised and lowered text: `x^{2}`, `λ_{min}` in labels and captions.

/// How text is set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Raised,
    Lowered,
}

/// Cuts text at its `^{...}` and `_{...}`.
fn pieces(text: &str) -> Vec<(Option<Level>, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    loop {
        let next = [("^{", Level::Raised), ("_{", Level::Lowered)]
            .into_iter()
            .filter_map(|(mark, level)| rest.find(mark).map(|at| (at, level)))
            .min_by_key(|found| found.0);
        let inner = next.and_then(|(at, level)| rest[at + 2..].find('}').map(|length| (at, level, length)));
        let Some((at, level, length)) = inner else {
            pieces.push((None, rest));
            return pieces;
        };
        pieces.push((None, &rest[..at]));
        pieces.push((Some(level), &rest[at + 2..at + 2 + length]));
        rest = &rest[at + 3 + length..];
    }
}

/// The text for HTML, already escaped, with `<sup>` and `<sub>`.
pub(crate) fn html(text: &str) -> String {
    pieces(text)
        .into_iter()
        .map(|(level, piece)| match level {
            None => piece.to_owned(),
            Some(Level::Raised) => format!("<sup>{piece}</sup>"),
            Some(Level::Lowered) => format!("<sub>{piece}</sub>"),
        })
        .collect()
}

/// The text for a terminal or a plain file: Unicode's raised and lowered characters where they exist, else `^(...)`.
///
/// ```
/// assert_eq!(fenchel_harness::figure::plain("10^{−12} x_{k} T^{p/2}"), "10⁻¹² xₖ T^(p/2)");
/// ```
#[must_use]
pub fn plain(text: &str) -> String {
    const RAISED: (&str, &str) = ("0123456789+−-=()nikTr", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱᵏᵀʳ");
    const LOWERED: (&str, &str) = ("0123456789+−-=()aeikmnoprst", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑᵢₖₘₙₒₚᵣₛₜ");
    let turn = |(from, to): (&str, &str), piece: &str| -> Option<String> {
        piece
            .chars()
            .map(|c| from.chars().position(|known| known == c).and_then(|at| to.chars().nth(at)))
            .collect()
    };
    pieces(text)
        .into_iter()
        .map(|(level, piece)| match level {
            None => piece.to_owned(),
            Some(Level::Raised) => turn(RAISED, piece).unwrap_or_else(|| format!("^({piece})")),
            Some(Level::Lowered) => turn(LOWERED, piece).unwrap_or_else(|| format!("_{piece}")),
        })
        .collect()
}

/// A whole SVG document with the marks inside its text elements turned into shifted spans.
///
/// Shifts are relative, so each is taken back by the piece that follows; a text that would end shifted needs none.
pub(super) fn svg(document: &str) -> String {
    let mut set = String::with_capacity(document.len());
    let mut rest = document;
    while let Some(begin) = rest.find("<text") {
        let Some(end) = rest[begin..].find("</text>").map(|length| begin + length) else { break };
        let Some(content) = rest[begin..end].find('>').map(|length| begin + length + 1) else { break };
        set.push_str(&rest[..content]);
        set.push_str(&spans(rest[content..end].trim()));
        rest = &rest[end..];
    }
    set + rest
}

fn spans(text: &str) -> String {
    let mut back = 0.0;
    pieces(text)
        .into_iter()
        .filter(|piece| !piece.1.is_empty())
        .map(|(level, piece)| {
            let (shift, size) = match level {
                None if back == 0.0 => return piece.to_owned(),
                // The shift counts in the size of the piece that carries it.
                None => (-0.72 * std::mem::take(&mut back), "100%"),
                Some(Level::Raised) => (-0.5 - back, "72%"),
                Some(Level::Lowered) => (0.3 - back, "72%"),
            };
            if level.is_some() {
                back += shift;
            }
            format!("<tspan dy=\"{shift:.3}em\" font-size=\"{size}\">{piece}</tspan>")
        })
        .collect()
}

/// The number of letters as they count for the width of a line.
pub(super) fn width(text: &str) -> f64 {
    pieces(text)
        .into_iter()
        .map(|(level, piece)| piece.chars().count() as f64 * if level.is_some() { 0.72 } else { 1.0 })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_elements() {
        assert_eq!(html("x^{2} + λ_{min}"), "x<sup>2</sup> + λ<sub>min</sub>");
        assert_eq!(html("a ^ b_c {d}"), "a ^ b_c {d}");
        assert_eq!(html("open^{2"), "open^{2");
        assert_eq!(width("10^{3}"), 2.0 + 0.72);
        assert_eq!(plain("10^{−12} x_{k} T^{p/2} λ_{max}"), "10⁻¹² xₖ T^(p/2) λ_max");
    }

    #[test]
    fn the_baseline_comes_back_after_every_shift() {
        let set = svg("<svg><text x=\"1\">\na^{b}_{c}d^{e}\n</text><text>plain</text></svg>");
        assert!(set.contains("<text>plain</text>"));
        // In the size that each span has: 0.72 em for shifted pieces, 1 em for the ones that follow.
        let shifts: Vec<(f64, bool)> = set
            .split("dy=\"")
            .skip(1)
            .map(|part| {
                let (shift, rest) = part.split_once("em\"").unwrap();
                (shift.parse().unwrap(), rest.starts_with(" font-size=\"100%\""))
            })
            .collect();
        let at = |n: usize| {
            shifts[..n].iter().map(|&(shift, full)| shift * if full { 1.0 } else { 0.72 }).sum::<f64>()
        };
        assert!(at(1) < 0.0 && at(2) > 0.0, "b is raised and c is lowered");
        assert!(at(3).abs() < 2e-3, "d stands on the line");
        assert!(at(4) < 0.0);
    }
}
