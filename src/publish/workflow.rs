//! Talking to the runner: outputs through its file, annotations through commands in the log.
//!
//! The runner obeys what stands at the start of a line, so nothing reaches it that was not escaped here, and what
//! others wrote goes to the log only through `inert`. No variable and no path of later steps is ever set.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::{Annotation, Level, Outcome};
use crate::report::escape;

/// The most annotations of one level that GitHub shows of a step.
const MOST: usize = 10;

/// Appends outputs to the file that GitHub reads; `salt` differs from run to run.
#[must_use]
pub fn append_outputs(path: Option<&Path>, outputs: &[(String, String)], salt: &str) -> Outcome {
    let Some(path) = path else { return Outcome::Skipped("the run takes no outputs".to_owned()) };
    let mut text = String::new();
    for (name, value) in outputs {
        match output(name, value, salt) {
            Some(written) => text.push_str(&written),
            None => return Outcome::Failed(format!("the output `{name}` cannot be written safely")),
        }
    }
    let write = || OpenOptions::new().append(true).create(true).open(path)?.write_all(text.as_bytes());
    match write() {
        Ok(()) => Outcome::Written,
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

/// One output: a line, or between two delimiters where it has several; none when the name is no name, or when no delimiter is free.
fn output(name: &str, value: &str, salt: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.is_empty() || !name.bytes().all(plain) {
        return None;
    }
    // The runner reads a line with `=` before any `<<` as a name and its value, whatever the value holds.
    if !value.contains(['\n', '\r']) {
        return Some(format!("{name}={value}\n"));
    }
    // The delimiter follows from the value, so a value cannot be made to hold its own.
    let delimiter =
        (0..8).map(|turn| delimiter(name, value, salt, turn)).find(|text| !value.contains(text))?;
    Some(format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"))
}

/// A delimiter that nobody can foresee who does not know the whole value and the run.
fn delimiter(name: &str, value: &str, salt: &str, turn: u8) -> String {
    let mut digest = Sha256::new();
    for part in [name, value, salt] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.update([turn]);
    let mut text = String::from("slogate_");
    for byte in digest.finalize().iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Writes annotations as commands into the log.
pub fn write_annotations(log: &mut dyn Write, annotations: &[Annotation]) -> Outcome {
    if annotations.is_empty() {
        return Outcome::Skipped("there is nothing to annotate".to_owned());
    }
    match log
        .write_all(commands(annotations, "the step summary has all of them").as_bytes())
        .and_then(|()| log.flush())
    {
        Ok(()) => Outcome::Written,
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

/// Annotations as commands: ten of each level, the last of which counts what was left out and says where it is.
#[must_use]
pub fn commands(annotations: &[Annotation], elsewhere: &str) -> String {
    let mut text = String::new();
    for level in [Level::Error, Level::Warning, Level::Notice] {
        let of_level: Vec<&Annotation> =
            annotations.iter().filter(|annotation| annotation.level == level).collect();
        let shown = if of_level.len() > MOST { MOST - 1 } else { of_level.len() };
        for annotation in of_level.iter().take(shown) {
            text.push_str(&command(annotation));
        }
        let more = of_level.len() - shown;
        if more > 0 {
            let _ = writeln!(text, "::{}::{more} more; {}", word(level), escape_data(elsewhere));
        }
    }
    text
}

/// One annotation as a command.
fn command(annotation: &Annotation) -> String {
    let properties: Vec<String> = [
        ("file", annotation.file.clone()),
        ("line", annotation.line.map(|line| line.to_string())),
        ("col", annotation.column.map(|column| column.to_string())),
        ("endColumn", annotation.end_column.map(|column| column.to_string())),
        ("title", Some(annotation.title.clone()).filter(|title| !title.is_empty())),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some(format!("{name}={}", escape_property(&value?))))
    .collect();
    let gap = if properties.is_empty() { "" } else { " " };
    let level = word(annotation.level);
    format!("::{level}{gap}{}::{}\n", properties.join(","), escape_data(&annotation.message))
}

/// A level as the runner calls it.
const fn word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Notice => "notice",
    }
}

/// A command's message.
fn escape_data(text: &str) -> String {
    escape::log(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A command's property.
fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}

/// Text for the log that may hold what others wrote: no line of it is a command.
#[must_use]
pub fn inert(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    // The runner takes a lone carriage return for the end of a line.
    for line in text.replace("\r\n", "\n").replace('\r', " ").split_inclusive('\n') {
        let start = line.len() - line.trim_start().len();
        let (indent, rest) = line.split_at(start);
        safe.push_str(indent);
        if rest.starts_with("::") {
            safe.push('\u{200B}');
        }
        // The older form is obeyed anywhere in a line.
        safe.push_str(&rest.replace("##[", "##\u{200B}["));
    }
    safe
}

/// Writes text into the log so that no line of it is a command.
///
/// # Errors
/// When the log cannot be written.
pub fn write_inert(log: &mut dyn Write, text: &str) -> io::Result<()> {
    log.write_all(inert(text).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Tree as _, WorkTree};

    fn annotation(level: Level, message: &str) -> Annotation {
        Annotation {
            level,
            file: Some("policies/a,b:c.rhai".to_owned()),
            line: Some(18),
            column: Some(5),
            end_column: Some(9),
            title: "50%\n".to_owned(),
            message: message.to_owned(),
        }
    }

    #[test]
    fn a_command_holds_what_it_is_given_and_no_second_command() {
        let text = commands(&[annotation(Level::Error, "one: 5%\r\n::stop-commands::x")], "");
        assert_eq!(
            text,
            "::error file=policies/a%2Cb%3Ac.rhai,line=18,col=5,endColumn=9,title=50%25%0A::one: 5%25%0D%0A::stop-commands::x\n"
        );
        let bare = Annotation {
            file: None,
            line: None,
            column: None,
            end_column: None,
            title: String::new(),
            ..annotation(Level::Notice, "x")
        };
        assert_eq!(commands(&[bare], ""), "::notice::x\n");
    }

    #[test]
    fn ten_of_each_level_are_shown_and_the_rest_is_counted() {
        let mut many = vec![annotation(Level::Error, "e"); 12];
        many.extend(vec![annotation(Level::Warning, "w"); 10]);
        let text = commands(&many, "see\nthere");
        assert_eq!(text.matches("::error ").count(), 9);
        assert!(text.contains("::error::3 more; see%0Athere\n"));
        assert_eq!(text.matches("::warning ").count(), 10);
    }

    #[test]
    fn an_output_cannot_end_itself() {
        let value = "a\nslogate_0\nverdict<<x\nproceed";
        let text = output("report", value, "7.1").expect("it is written");
        let delimiter = text.lines().next().and_then(|line| line.split_once("<<")).expect("a delimiter").1;
        assert_eq!(text, format!("report<<{delimiter}\n{value}\n{delimiter}\n"));
        assert_eq!(text.lines().filter(|line| *line == delimiter).count(), 1);
        assert_ne!(output("report", value, "7.1"), output("report", value, "7.2"));
        for name in ["", "a b", "a\nb", "a<<b", "a=b"] {
            assert_eq!(output(name, "x", ""), None, "{name}");
        }
    }

    #[test]
    fn outputs_are_appended_or_said_to_have_failed() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("output");
        let outputs = [("verdict".to_owned(), "freeze".to_owned())];
        assert_eq!(append_outputs(Some(&path), &outputs, "1"), Outcome::Written);
        assert_eq!(append_outputs(Some(&path), &outputs, "2"), Outcome::Written);
        let text = WorkTree::new(dir.path()).read("output").expect("it reads").expect("it is there");
        assert_eq!(String::from_utf8_lossy(&text).matches("verdict=freeze\n").count(), 2);
        assert!(matches!(append_outputs(None, &outputs, "1"), Outcome::Skipped(_)));
        assert!(matches!(append_outputs(Some(dir.path()), &outputs, "1"), Outcome::Failed(_)));
    }

    #[test]
    fn what_others_wrote_is_no_command() {
        assert_eq!(
            inert("ok\n  ::error::x\ra ##[add-mask]y\n"),
            "ok\n  \u{200B}::error::x a ##\u{200B}[add-mask]y\n"
        );
        assert_eq!(inert("\r::error::x\r\n"), " \u{200B}::error::x\n");
        assert_eq!(inert("a::b"), "a::b");
        assert_eq!(escape_property("x\u{1b}[31m\u{202e},%\n"), "x\\u{1b}[31m\\u{202e}%2C%25%0A");
    }
}
