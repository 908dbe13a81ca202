//! The outcome of tests as the XML of `JUnit`, which CI systems collect: a suite for each policy, a case for each case.

use std::fmt::Write as _;

use crate::diagnostic::Diagnostic;
use crate::report::trial::{Trials, Tried};

/// The outcome as XML. A file that is wrong is a case that could not run.
#[must_use]
pub fn render(trials: &Trials, problems: &[Diagnostic]) -> String {
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let errors: Vec<&Diagnostic> = problems.iter().filter(|problem| problem.is_error()).collect();
    let (all, failed, broken) = (trials.cases.len() + errors.len(), trials.failed(), errors.len());
    let _ = writeln!(
        out,
        "<testsuites name=\"slogate\" tests=\"{all}\" failures=\"{failed}\" errors=\"{broken}\">"
    );
    if broken > 0 {
        let _ = writeln!(
            out,
            "  <testsuite name=\"files\" tests=\"{broken}\" failures=\"0\" errors=\"{broken}\">"
        );
        for problem in errors {
            write_error(&mut out, problem);
        }
        out.push_str("  </testsuite>\n");
    }
    for suite in trials.cases.chunk_by(|one, other| one.policy == other.policy) {
        let failed = suite.iter().filter(|case| !case.passed()).count();
        let name = suite.first().map_or("", |case| case.policy.as_str());
        let _ = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failed}\" errors=\"0\">",
            escaped(name),
            suite.len()
        );
        for case in suite {
            write_case(&mut out, case);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// A problem for which no case ran.
fn write_error(out: &mut String, problem: &Diagnostic) {
    let (file, line) = problem.place().map_or((String::new(), String::new()), |place| {
        (place.to_string(), format!(" file=\"{}\" line=\"{}\"", escaped(place.source.path()), place.line()))
    });
    let message = escaped(&problem.message);
    let _ = writeln!(out, "    <testcase classname=\"files\" name=\"{message}\"{line}>");
    let told: Vec<&str> =
        [file.as_str(), problem.help.as_str()].into_iter().filter(|text| !text.is_empty()).collect();
    let code = escaped(&problem.code.to_string());
    let _ = writeln!(
        out,
        "      <error type=\"{code}\" message=\"{message}\">{}</error>\n    </testcase>",
        escaped(&told.join(": "))
    );
}

/// One case.
fn write_case(out: &mut String, case: &Tried) {
    let _ = write!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\"",
        escaped(&case.policy),
        escaped(&case.note),
        escaped(case.place.source.path()),
        case.place.line()
    );
    if case.passed() {
        out.push_str("/>\n");
        return;
    }
    out.push_str(">\n");
    for moment in case.moments.iter().filter(|moment| !moment.mismatches.is_empty()) {
        let told = |one: &crate::policy::trial::Mismatch| {
            format!("{}: wanted {}, got {}", one.what, one.wanted, one.got)
        };
        let told: Vec<String> = moment.mismatches.iter().map(told).collect();
        let place = moment.want.place.to_string();
        let (message, place) = (escaped(&told.join("; ")), escaped(&place));
        let _ = writeln!(out, "      <failure message=\"{message}\">{place}</failure>");
    }
    out.push_str("    </testcase>\n");
}

/// Text as XML may hold it, in an attribute or between tags.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\n' | '\t' | '\r' => safe.push(' '),
            // What XML 1.0 cannot hold at all.
            '\u{FFFE}' | '\u{FFFF}' => safe.push('\u{FFFD}'),
            control if control.is_control() => safe.push('\u{FFFD}'),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_note_is_markup() {
        assert_eq!(escaped("<a b=\"c\">&'\n\u{1b}"), "&lt;a b=&quot;c&quot;&gt;&amp;&apos; \u{FFFD}");
    }
}
