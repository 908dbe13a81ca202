//! What people write who come from other languages, where the engine's own words would not help them: `and`, `10%`,
//! `“production”`, a semicolon that is not there.
//!
//! Each is recognised in the text, at the token that the engine stumbles over, and only where it is surely what was
//! written; everything else keeps the engine's words.

use super::layout::Layout;
use super::vocabulary;
use super::{Names, complaint::printable};
use crate::diagnostic::Place;

/// One slip: where it is, what is wrong, and what to write.
#[derive(Debug)]
pub(super) struct Slip {
    /// What is underlined.
    pub(super) place: Place,
    /// What is wrong.
    pub(super) message: String,
    /// What to write instead.
    pub(super) help: String,
}

/// What other languages write for an operator, and what is written here.
const OPERATORS: [(&str, &str); 10] = [
    ("and", "&&"),
    ("or", "||"),
    ("not", "!"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("=<", "<="),
    ("=>", ">="),
    ("<>", "!="),
    ("===", "=="),
];

/// Quotation marks that begin no text here, and what each ends with.
const QUOTES: [(char, char); 5] = [('\'', '\''), ('“', '”'), ('”', '”'), ('„', '“'), ('‘', '’')];

/// The slip at the token that the engine could not read, for which it says `complaint`.
pub(super) fn at(layout: &Layout, token: &Place, complaint: &str, names: &Names) -> Option<Slip> {
    let text = layout.source().text();
    let before = text.get(..token.span.start)?;
    let here = Here { layout, token, before, rest: text.get(token.span.start..)? };
    here.percent()
        .or_else(|| here.multiple())
        .or_else(|| here.operator())
        .or_else(|| here.quotes())
        .or_else(|| here.comment())
        .or_else(|| here.until())
        .or_else(|| here.separator(complaint))
        .or_else(|| here.undeclared(complaint, names))
}

/// Where the engine stumbled.
struct Here<'a> {
    /// The policy's text.
    layout: &'a Layout,
    /// The token.
    token: &'a Place,
    /// What stands before it.
    before: &'a str,
    /// The text from it on.
    rest: &'a str,
}

impl Here<'_> {
    /// A slip whose place is so many bytes from `start` on.
    fn slip(&self, start: usize, length: usize, message: String, help: String) -> Slip {
        let place = Place::new(self.layout.source(), start..start.saturating_add(length));
        Slip { place, message, help }
    }

    /// `10%`: the engine reads a division's rest, and misses its right side.
    fn percent(&self) -> Option<Slip> {
        let number = self.before.trim_end().strip_suffix('%')?.trim_end();
        let digits = trailing(number);
        digits.ends_with(|last: char| last.is_ascii_digit()).then(|| {
            let start = number.len() - digits.len();
            let length = self.before.trim_end().len() - start;
            let message = format!("`{digits}%` is no number");
            self.slip(start, length, message, format!("write `percent({digits})`"))
        })
    }

    /// `14.4x`.
    fn multiple(&self) -> Option<Slip> {
        let digits = trailing(self.before);
        let word = self.token.text();
        (matches!(word, "x" | "X" | "×") && digits.ends_with(|last: char| last.is_ascii_digit())).then(|| {
            let message = format!("`{digits}{word}` is no number");
            let (start, length) = (self.before.len() - digits.len(), digits.len() + word.len());
            self.slip(start, length, message, format!("write `{digits}`"))
        })
    }

    /// `and`, `≤`, `=<`.
    fn operator(&self) -> Option<Slip> {
        // The engine stumbles over the second character of some.
        let text = self.layout.source().text();
        let starts = [self.before.strip_suffix('=').map(str::len), Some(self.before.len())];
        let (start, written, operator) = starts.into_iter().flatten().find_map(|start| {
            let written = text.get(start..self.token.span.end)?;
            let known = OPERATORS.into_iter().find(|(word, _)| *word == written.to_lowercase());
            known.map(|(_, operator)| (start, written, operator))
        })?;
        let length = self.token.span.end - start;
        Some(self.slip(
            start,
            length,
            format!("`{}` is no operator", printable(written)),
            format!("write `{operator}`"),
        ))
    }

    /// `'production'`, `“production”`.
    fn quotes(&self) -> Option<Slip> {
        let first = self.rest.chars().next()?;
        let (_, close) = QUOTES.into_iter().find(|(open, _)| *open == first)?;
        let inside = self.rest.get(first.len_utf8()..)?.lines().next()?;
        let word = inside.split(close).next().unwrap_or_default();
        let closed = inside.get(word.len()..).is_some_and(|rest| rest.starts_with(close));
        let length = first.len_utf8() + word.len() + if closed { close.len_utf8() } else { 0 };
        let help = if closed {
            format!("write `\"{}\"`", printable(word))
        } else {
            "write a text in double quotes: `\"…\"`".to_owned()
        };
        let message = "a text stands in double quotes".to_owned();
        Some(self.slip(self.token.span.start, length, message, help))
    }

    /// `# a comment`.
    fn comment(&self) -> Option<Slip> {
        (self.rest.starts_with('#') && !self.rest.starts_with("#{")).then(|| {
            let message = "`#` begins no comment".to_owned();
            self.slip(self.token.span.start, 1, message, "write `//` before a comment".to_owned())
        })
    }

    /// `.until(…)`.
    fn until(&self) -> Option<Slip> {
        (self.token.text() == "until" && self.before.trim_end().ends_with('.')).then(|| {
            let help = "write `.thaws(|budget| …)`: the clause ends where that holds".to_owned();
            let message = "a clause has no `until`".to_owned();
            self.slip(self.token.span.start, "until".len(), message, help)
        })
    }

    /// A `;` or `,` that is missing at the end of a line.
    fn separator(&self, complaint: &str) -> Option<Slip> {
        let first = self.before.rsplit('\n').next()?.trim().is_empty();
        let separator = if complaint.contains("`;` to terminate") {
            ';'
        } else if complaint.contains("`,` to separate the items") {
            ','
        } else {
            return None;
        };
        // A bracket that closes too early is another mistake.
        let begins = first && !self.rest.starts_with([')', ']', '}', ';', ',', '.']);
        let last = self.layout.before(self.token.span.start).filter(|_| begins)?;
        let length = last.text().len();
        let message = format!("there is no `{separator}` at the end of the line");
        let help = format!("add `{separator}` here");
        Some(self.slip(last.span.start, length, message, help))
    }

    /// A fact without its budget, a budget without its closure, a name without its quotes.
    fn undeclared(&self, complaint: &str, names: &Names) -> Option<Slip> {
        let word = self.token.text();
        if !complaint.starts_with("there is no variable") {
            return None;
        }
        let lists = [&names.environments, &names.classes, &names.services, &names.teams, &names.dependencies];
        let mut declared = lists.into_iter().flatten();
        let takes_text = ["freeze(", "restrict("].iter().any(|call| self.before.trim_end().ends_with(call));
        let help = if word == "budget" {
            "write `|budget|` before the condition: `.when(|budget| budget.remaining <= 0)`".to_owned()
        } else if let Some(fact) = vocabulary::fact_named(word) {
            format!("did you mean `{}`?", fact.form)
        } else if takes_text || declared.any(|name| name == word) {
            format!("write it in quotes: `\"{}\"`", printable(word))
        } else {
            return None;
        };
        Some(Slip { place: self.token.clone(), message: complaint.to_owned(), help })
    }
}

/// The digits and points that a text ends with.
fn trailing(text: &str) -> &str {
    let rest = text.trim_end_matches(|next: char| next.is_ascii_digit() || next == '.');
    text.get(rest.len()..).unwrap_or_default().trim_start_matches('.')
}
