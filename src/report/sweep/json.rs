//! A sweep for machines: `schemas/sweep.v1.json`. Names in it are part of the interface.

use serde_json::{Value as Json, json};

use super::{Line, Sweep};

impl Sweep {
    /// The sweep as JSON text, indented, with a newline at its end.
    #[must_use]
    pub fn json(&self) -> String {
        let document = json!({
            "version": 1,
            "now": self.now.to_string(),
            "environment": self.environment,
            "dry_run": self.dry_run,
            "exit": self.exit().code(),
            "pull_requests": self.lines.iter().map(pull_request).collect::<Vec<_>>(),
            "unreached": self.unreached,
            "resume_after": self.resume,
            "calls": self.calls,
            "calls_allowed": self.allowed,
            "notes": self.notes,
        });
        let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// One pull request.
fn pull_request(line: &Line) -> Json {
    let verdict = line.now.as_ref().map(|said| {
        json!({
            "state": said.state,
            "effect": said.effect.as_str(),
            "exit": said.exit.code(),
            "text": said.text,
        })
    });
    json!({
        "number": line.number,
        "base": line.base,
        "head": line.head,
        "services": line.services,
        "was": line.was,
        "verdict": verdict,
        "done": line.done.as_str(),
        "why": line.why,
        "comment_url": line.comment,
    })
}
