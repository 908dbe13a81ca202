//! A query's text: placeholders filled in before it is parsed, and fragments found again in the file.

use std::ops::Range;

use crate::catalog::Query;
use crate::diagnostic::Place;

/// What the window of a query may be called when something else is to fill it in.
const PLACEHOLDERS: [&str; 3] = ["$window", "{{.window}}", "window"];

/// The text with placeholders of a range filled in; any range serves, because all are replaced.
pub(super) fn filled(text: &str) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut from = 0;
    for (open, range) in ranges(text) {
        let name: String = text.get(range.clone()).unwrap_or_default().split_whitespace().collect();
        if PLACEHOLDERS.contains(&name.as_str()) {
            filled.push_str(text.get(from..open).unwrap_or_default());
            filled.push_str("[5m");
            from = range.end;
        }
    }
    filled.push_str(text.get(from..).unwrap_or_default());
    filled
}

/// Whether a query leaves its window to whoever asks it.
#[must_use]
pub fn is_open(text: &str) -> bool {
    filled(text) != text
}

/// Every `[...]` outside of matchers: where its bracket stands, and what is inside.
fn ranges(text: &str) -> Vec<(usize, Range<usize>)> {
    let mut found = Vec::new();
    let mut open = None;
    for (at, c) in outside(text) {
        match (c, open) {
            ('[', _) => open = Some(at),
            (']', Some(start)) => {
                found.push((start, start + 1..at));
                open = None;
            }
            _ => {}
        }
    }
    found
}

/// The characters outside of a selector's matchers, with their places. `{{` of a placeholder is no matcher.
fn outside(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut braces, mut bracket, mut quote, mut escaped) = (0_usize, false, None, false);
    text.char_indices().filter(move |(_, c)| {
        if let Some(mark) = quote {
            if escaped {
                escaped = false;
            } else if *c == '\\' && mark != '`' {
                escaped = true;
            } else if *c == mark {
                quote = None;
            }
            return false;
        }
        match c {
            '[' if braces == 0 => bracket = true,
            ']' => bracket = false,
            '"' | '\'' | '`' if braces > 0 => quote = Some(*c),
            '{' if !bracket => braces += 1,
            '}' if !bracket => {
                braces = braces.saturating_sub(1);
                return false;
            }
            _ => {}
        }
        braces == 0
    })
}

/// Where a fragment of a query stands in its file; the whole query when that is not certain.
pub(super) fn locate(query: &Query, fragment: &str) -> Place {
    let written = query.place.text();
    let start = query.place.span.start;
    // A scalar on one line holds the query verbatim, after a quote or not; a block or escapes do not.
    let verbatim = written.find(&query.text).map(|at| at..at + query.text.len());
    let whole = verbatim.clone().unwrap_or(0..written.len());
    let text = written.get(whole.clone()).unwrap_or_default();
    // YAML's own escapes hide where PromQL's strings end; a space in their place keeps every offset.
    let plain = if verbatim.is_none() && text.starts_with('"') {
        text.replace("\\\\", "  ").replace("\\\"", " \"")
    } else {
        text.to_owned()
    };
    let mut hits = occurrences(&plain, fragment);
    let first = hits.next();
    let span = match first {
        Some(hit) if verbatim.is_some() || hits.next().is_none() => {
            whole.start + hit.start..whole.start + hit.end
        }
        _ => whole,
    };
    Place::new(&query.place.source, start + span.start..start + span.end)
}

/// Where a word or a sign stands outside of matchers.
fn occurrences(text: &str, fragment: &str) -> impl Iterator<Item = Range<usize>> {
    let free: Vec<usize> = outside(text).map(|(at, _)| at).collect();
    let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(fragment).filter(|(_, hit)| !hit.is_empty()).filter_map(move |(at, hit)| {
        let end = at + hit.len();
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text.get(end..).and_then(|text| text.chars().next());
        let inside = word(hit.chars().next()) && (word(before) || word(after));
        (free.binary_search(&at).is_ok() && !inside).then_some(at..end)
    })
}
