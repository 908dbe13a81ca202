//! How things are to be named, as a team agreed: a regular expression for each sort of name.
//!
//! A name is matched whole, whether or not the expression has `^` and `$`. The engine is linear in the name's length, and
//! an expression that would need much memory is refused.

use regex::{Regex, RegexBuilder};

use super::load::Loader;
use crate::diagnostic::{Code, Diagnostic};

/// The most bytes of memory that an expression may need.
const LARGEST: usize = 1024 * 1024;

/// A regular expression that names are held to.
#[derive(Debug, Clone)]
pub struct Convention {
    /// As it is written.
    pub text: String,
    /// The whole name.
    regex: Regex,
}

impl PartialEq for Convention {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Convention {}

impl Convention {
    /// A convention of a text.
    ///
    /// # Errors
    /// When it is no regular expression; what is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        let build =
            |text: &str| RegexBuilder::new(text).size_limit(LARGEST).build().map_err(|error| reason(&error));
        // By itself first: `a)|(b` would only be one within parentheses.
        build(text)?;
        Ok(Self { text: text.to_owned(), regex: build(&format!("^(?:{text})$"))? })
    }

    /// True for a name that follows it.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        self.regex.is_match(name)
    }
}

/// Why a text is no expression, in one line.
fn reason(error: &regex::Error) -> String {
    if matches!(error, regex::Error::CompiledTooBig(_)) {
        return "it would need too much memory".to_owned();
    }
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// How things are to be named; what has no convention may have any name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conventions {
    /// SLOs.
    pub slo: Option<Convention>,
    /// Services.
    pub service: Option<Convention>,
    /// Endpoints.
    pub endpoint: Option<Convention>,
    /// SLIs.
    pub sli: Option<Convention>,
}

impl Loader<'_, '_> {
    /// The conventions; an expression that is none is told.
    pub(super) fn conventions(&mut self) -> Conventions {
        let Some(names) = self.root.get("names") else { return Conventions::default() };
        let mut convention = |key: &str| {
            let part = names.get(key)?;
            let text = part.text()?;
            let read = Convention::new(text);
            if let Err(reason) = &read {
                let message = format!("`{text}` is no regular expression: {reason}");
                self.problems.push(
                    Diagnostic::error(Code::WrongValue, message)
                        .at(part.place(), "cannot be matched")
                        .help("write an expression such as `[a-z][a-z0-9-]*`; it is held to the whole name"),
                );
            }
            read.ok()
        };
        Conventions {
            slo: convention("slo"),
            service: convention("service"),
            endpoint: convention("endpoint"),
            sli: convention("sli"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_matched_whole() {
        for text in ["[a-z-]+", "^[a-z-]+$", "a|check-out"] {
            let convention = Convention::new(text).expect("an expression");
            assert!(convention.allows("check-out"), "{text}");
            assert!(!convention.allows("check-out_2"), "{text}");
            assert!(!convention.allows("check-out\n"), "{text}");
        }
    }

    #[test]
    fn what_is_no_expression_or_needs_too_much_says_why() {
        assert_eq!(Convention::new("[a-"), Err("unclosed character class".to_owned()));
        assert_eq!(Convention::new("a)|(b"), Err("unopened group".to_owned()));
        assert_eq!(Convention::new("(?:.{1000}){1000}"), Err("it would need too much memory".to_owned()));
    }
}
