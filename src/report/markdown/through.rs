//! What went through dependencies: how much in the open, because it says whom to ask, and the incidents with the evidence.

use std::fmt::Write as _;

use crate::report::escape::{code_span, markdown as safe};
use crate::report::{Report, attribution};

/// How much of each budget went through each dependency, a paragraph each.
pub fn sentences(out: &mut String, report: &Report) {
    for line in &report.budgets {
        for through in attribution::notable(report, line) {
            let said = attribution::sentence(line, through, code_span);
            let _ = writeln!(out, "{}: {said}.\n", safe(&report.title(line)));
        }
    }
}

/// By which rule it was counted, and the worst incidents of each, as a list.
pub fn incidents(out: &mut String, report: &Report) {
    for line in &report.budgets {
        for (through, known) in attribution::notable(report, line) {
            let (slo, dependency) = (safe(&report.title(line)), code_span(&through.dependency));
            let _ = writeln!(out, "- {slo} through {dependency}: {}", attribution::rule(known));
            for incident in attribution::incidents(known, code_span) {
                let _ = writeln!(out, "  - {incident}");
            }
        }
    }
}
