//! An organisation as one text: its layer and its policies, with the digest of both, as `slogate vendor` writes it.
//!
//! The text travels where no team can write: in a workflow's input or a variable of the organisation. Its first line
//! is the SHA-256 of all lines below, so that a change by hand or a cut text is noticed; those who fear more than that
//! pin the digest where the text is used. What the digest is of stands at [`digest`].

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Layer;
use super::layer;
use crate::diagnostic::{Code, Diagnostic, Place, SourceText};
use crate::document::{self, Document, Part, Schema};

/// How the first line begins.
const FIRST: &str = "sha256: \"";

/// The hexadecimal digits that reports show of a digest.
const SHOWN: usize = 12;

/// An organisation's layer and its policies, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// What it asks of settings and SLOs.
    pub layer: Layer,
    /// Its policies by path; the organisation's name and a colon stand before each path.
    pub policies: Vec<SourceText>,
    /// The SHA-256 of the text, in 64 hexadecimal digits.
    pub sha256: String,
}

impl Organization {
    /// `acme @ sha256 0f3c5a9b1d2e`.
    #[must_use]
    pub fn describe(&self) -> String {
        format!("{} @ sha256 {}", self.layer.name, self.sha256.get(..SHOWN).unwrap_or(&self.sha256))
    }
}

/// The SHA-256 of a layer's text, in hexadecimal: of all that stands below the first line, as UTF-8, with `\n` at the
/// end of each line and exactly one at the end of the text. Of a file as it was written that is what
/// `tail -n +2 FILE | sha256sum` prints; a variable that loses the last line's end keeps its digest.
#[must_use]
pub fn digest(below: &str) -> String {
    let bytes = Sha256::digest(level(below));
    bytes.iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// A text with plain ends of lines, and one at its end.
fn level(text: &str) -> String {
    let mut level = text.replace("\r\n", "\n");
    level.truncate(level.trim_end_matches('\n').len());
    level.push('\n');
    level
}

/// Writes an organisation's settings and policies as one text. Nothing is judged here but that the text reads back.
///
/// # Errors
/// When it does not read back as what it was made of.
pub fn write(settings: &SourceText, policies: &[SourceText]) -> Result<String, String> {
    let mut below = String::from(
        "# Written by `slogate vendor`. The digest is of all lines below the first.\nversion: 1\n",
    );
    let _ = writeln!(below, "settings: {}", scalar(settings.text(), "  "));
    let _ = writeln!(below, "policies:{}", if policies.is_empty() { " {}" } else { "" });
    for policy in policies {
        let _ = writeln!(below, "  {}: {}", quoted(policy.path()), scalar(policy.text(), "    "));
    }
    let below = level(&below);
    let text = format!("{FIRST}{}\"\n{below}", digest(&below));
    let same = |found: &Organization| {
        let texts = |list: &[SourceText]| list.iter().map(|one| one.text().to_owned()).collect::<Vec<_>>();
        texts(&found.policies) == texts(policies)
    };
    match read(&SourceText::new("the layer", text.clone())) {
        Ok(found) if same(&found) => Ok(text),
        Ok(_) => Err("the layer does not read back as it was written".to_owned()),
        Err(problems) => {
            let why = problems.into_iter().next().map(|problem| problem.message).unwrap_or_default();
            Err(format!("the layer does not read back: {why}"))
        }
    }
}

/// A text as a YAML value: as it stands where it can, in quotes elsewhere.
fn scalar(text: &str, indent: &str) -> String {
    let begins = text.chars().next().is_some_and(|c| !c.is_whitespace());
    let ends = text.ends_with('\n') && !text.ends_with("\n\n");
    if !(begins && ends && text.chars().all(|c| c == '\n' || is_plain(c))) {
        return quoted(text);
    }
    let mut block = String::from("|");
    for line in text.lines() {
        block.push('\n');
        if !line.is_empty() {
            block.push_str(indent);
            block.push_str(line);
        }
    }
    block
}

/// True for a character that YAML takes as it is.
const fn is_plain(c: char) -> bool {
    matches!(c, '\t' | ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{2030}'..='\u{d7ff}')
}

/// A text in double quotes.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c if is_plain(c) => quoted.push(c),
            c => {
                // Writing to a string cannot fail.
                let _ = write!(quoted, "\\U{:08x}", u32::from(c));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// Reads an organisation from its text.
///
/// # Errors
/// The text is empty, is not what its digest is of, or holds no valid layer. Never an organisation that asks nothing.
pub fn read(source: &SourceText) -> Result<Organization, Vec<Diagnostic>> {
    const AGAIN: &str = "vendor the layer again with `slogate vendor`, and pass on the whole text";
    let first = Place::line_of(source, 1);
    let wrong = |message: &str, label: String| {
        vec![Diagnostic::error(Code::Layer, message).at(first.clone(), label).help(AGAIN)]
    };
    if source.text().trim().is_empty() {
        let message = format!("the organisation's layer in `{}` is empty", source.path());
        let help = "pass on the text that `slogate vendor` wrote; a gate without its layer is no gate";
        return Err(vec![Diagnostic::error(Code::Layer, message).help(help)]);
    }
    let (line, below) = source.text().split_once('\n').unwrap_or((source.text(), ""));
    let said = line.trim_end().strip_prefix(FIRST).and_then(|rest| rest.strip_suffix('"'));
    let Some(said) = said.filter(|said| is_digest(said)) else {
        let message = "the organisation's layer does not begin with its SHA-256";
        return Err(wrong(message, "not the first line that `slogate vendor` writes".to_owned()));
    };
    let sha256 = digest(below);
    if said != sha256 {
        let message = "the organisation's layer was changed or cut after it was vendored";
        return Err(wrong(message, format!("the lines below come to {sha256}")));
    }
    let leveled = SourceText::new(source.path(), format!("{line}\n{}", level(below)));
    let documents = document::parse(&leveled)?;
    let [document] = documents.as_slice() else {
        return Err(wrong("the organisation's layer is not one document", "here".to_owned()));
    };
    let problems = document.check(Schema::Layer);
    if !problems.is_empty() {
        return Err(problems);
    }
    let layer = settings(document)?;
    let policies = document.root().get("policies").into_iter().flat_map(Part::entries);
    let policies = policies.filter_map(|(path, text)| Some((path, text.text()?)));
    let policies =
        policies.map(|(path, text)| SourceText::new(format!("{}:{path}", layer.name), text)).collect();
    Ok(Organization { layer, policies, sha256 })
}

/// The layer in a document, whose problems are told under the organisation's name.
fn settings(document: &Document) -> Result<Layer, Vec<Diagnostic>> {
    let text = document.root().get("settings").and_then(Part::text).unwrap_or_default();
    let plain = SourceText::new(layer::FILE, text);
    let name = Layer::load(&plain)?.name;
    Layer::load(&SourceText::new(format!("{name}:{}", layer::FILE), text))
}

/// True for 64 hexadecimal digits in lower case.
#[must_use]
pub fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SETTINGS: &str = "# ours\nversion: 1\norganization: acme\non_unknown: block\n";

    fn vendored(settings: &str, policies: &[(&str, &str)]) -> String {
        let policies: Vec<SourceText> =
            policies.iter().map(|(path, text)| SourceText::new(*path, *text)).collect();
        write(&SourceText::new(layer::FILE, settings), &policies).expect("it reads back")
    }

    fn problem(text: &str) -> Diagnostic {
        read(&SourceText::new("acme.yaml", text)).expect_err("it is refused").remove(0)
    }

    #[test]
    fn what_is_written_reads_back_and_is_named_for_its_organisation() {
        let policies =
            [("policies/a.rhai", "policy(#{});\n\n\tclause(\"x\")\n"), ("policies/b.rhai", " // b\r\n")];
        let text = vendored(SETTINGS, &policies);
        let found = read(&SourceText::new("acme.yaml", text.as_str())).expect("it is valid");
        assert_eq!(found.layer.name, "acme");
        assert_eq!(found.policies[0].path(), "acme:policies/a.rhai");
        assert_eq!(found.policies[1].text(), " // b\r\n");
        assert_eq!(text.lines().next(), Some(format!("sha256: \"{}\"", found.sha256).as_str()));
        assert_eq!(found.describe(), format!("acme @ sha256 {}", found.sha256.split_at(12).0));
        assert!(
            text.contains("\n    policy(#{});\n\n    \tclause(\"x\")\n"),
            "a plain text stays readable: {text}"
        );
    }

    #[test]
    fn the_digest_is_of_the_lines_below_the_first() {
        assert_eq!(digest("abc"), digest("abc\r\n\n"));
        let sum = "edeaaff3f1774ad2888673770c6d64097e391bc362d7d6fb34982ddf0efd18cb";
        assert_eq!(digest("abc\n"), sum, "printf 'abc\\n' | sha256sum");
    }

    #[test]
    fn the_ends_of_lines_may_change_on_the_way() {
        let text = vendored(SETTINGS, &[("a.rhai", "x\ny\n")]);
        let plain = read(&SourceText::new("t", text.as_str())).expect("it is valid");
        for way in [text.trim_end().to_owned(), text.replace('\n', "\r\n"), format!("{text}\n\n")] {
            assert_eq!(read(&SourceText::new("t", way)).as_ref(), Ok(&plain));
        }
    }

    #[test]
    fn a_text_that_was_touched_is_refused() {
        let text = vendored(SETTINGS, &[("a.rhai", "freeze\n")]);
        for touched in [
            text.replace("block", "warn"),
            text.replace("freeze", "inform"),
            text.replace("version: 1\nsettings", "version: 1 \nsettings"),
            text.rsplit_once("    freeze").expect("it is there").0.to_owned(),
            format!("{text}# more\n"),
        ] {
            let found = problem(&touched);
            assert_eq!(found.code, Code::Layer);
            assert!(found.message.contains("changed or cut"), "{found:?}");
        }
        let (_, below) = text.split_once('\n').expect("lines");
        for none in [below, "sha256: \"00\"\n", "sha256: abc", "\u{feff}x", "-"] {
            assert!(problem(none).message.contains("does not begin with its SHA-256"), "{none}");
        }
        for empty in ["", " \n", "\r\n\t"] {
            assert!(problem(empty).message.ends_with("`acme.yaml` is empty"));
        }
    }

    #[test]
    fn a_digest_makes_nothing_valid() {
        let signed = |below: &str| format!("{FIRST}{}\"\n{below}", digest(below));
        assert_eq!(problem(&signed("version: 2\nsettings: x\npolicies: {}\n")).code, Code::WrongValue);
        assert_eq!(problem(&signed("version: 1\npolicies: {}\n")).code, Code::MissingKey);
        assert_eq!(problem(&signed("a: [\n")).code, Code::YamlSyntax);
        assert_eq!(problem(&signed("version: 1\nsettings: x\npolicies: {}\n---\na: 1\n")).code, Code::Layer);
        let empty = signed("version: 1\nsettings: \"version: 1\"\npolicies: {}\n");
        assert_eq!(problem(&empty).code, Code::MissingKey, "a layer without a name");
    }

    proptest! {
        #[test]
        fn every_text_reads_back(text in "(.|\n|\r|\t| ){0,40}") {
            let policy = [SourceText::new("a b/ü.rhai", text.as_str())];
            let written = write(&SourceText::new(layer::FILE, SETTINGS), &policy).expect("it reads back");
            let found = read(&SourceText::new("t", written)).expect("it is valid");
            prop_assert_eq!(found.policies[0].text(), text);
        }
    }
}
