//! A sweep as a step summary shows it.

use std::fmt::Write as _;

use super::Sweep;
use crate::report::escape::markdown as safe;

impl Sweep {
    /// The sweep as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("**{}**\n", safe(&self.sentence()));
        if let Some(number) = self.resume {
            let _infallible = writeln!(out, "\nGo on behind {number}: `--after {number}`.");
        }
        if !self.lines.is_empty() {
            out.push_str("\n| pull request | services | status | done | |\n|--:|---|---|---|---|\n");
        }
        for line in &self.lines {
            let number = match line.comment.as_deref() {
                Some(url) if is_plain(url) => format!("[{}]({url})", line.number),
                _ => line.number.to_string(),
            };
            let services = if line.services.is_empty() { "-".to_owned() } else { line.services.join(", ") };
            let _infallible = writeln!(
                out,
                "| {number} | {} | {} | {} | {} |",
                safe(&services),
                safe(&line.turn()),
                self.word(line.done),
                safe(line.reason())
            );
        }
        for note in &self.notes {
            let _infallible = writeln!(out, "\n<sub>{}</sub>", safe(note));
        }
        out
    }
}

/// True for an address that nothing in a link can end.
fn is_plain(url: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#=&%".contains(&byte);
    url.starts_with("https://") && url.bytes().all(plain)
}
