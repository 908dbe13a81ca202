//! The queries of a verdict, so that a reader can ask them again.

use std::fmt::Write as _;

use crate::report::Report;
use crate::report::escape::{code_block, code_span};
use crate::report::query_plan;

/// The most queries that are shown, and the most names that each is said to be made for.
const SHOWN: (usize, usize) = (20, 5);

/// What the source was asked; nothing where a recording was read.
pub(super) fn render(out: &mut String, report: &Report) {
    if report.queries.is_empty() {
        return;
    }
    let (most, names) = SHOWN;
    out.push_str("<details><summary>Queries</summary>\n\n");
    for planned in report.queries.iter().take(most) {
        let serves: Vec<String> = planned.serves.iter().take(names).map(|name| code_span(name)).collect();
        let more = planned.serves.len().saturating_sub(names);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let when = query_plan::when(planned.when);
        let _ = writeln!(out, "For {}{more}, {when}:\n", serves.join(", "));
        let _ = writeln!(out, "{}", code_block(&planned.query, "promql"));
    }
    if report.queries.len() > most {
        let _ = writeln!(
            out,
            "And {} more; `slogate check --plan` lists them all.\n",
            report.queries.len() - most
        );
    }
    out.push_str("</details>\n\n");
}
