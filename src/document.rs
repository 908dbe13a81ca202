//! A file that can point at its own lines.
//!
//! A document is one YAML document as a tree in which every key and every value knows the bytes where
//! it was written, so that whoever finds a problem in it can underline it. Reading is strict and bounded: 16 MiB
//! a file, 64 levels, few anchors, no key twice, no tags, no includes. `check` holds a document to one of the
//! schemas that are embedded in the binary. What the values mean is left to `settings` and `catalog`.

mod meant;
mod scalar;
mod write;
mod yaml;
mod schema;
mod dialects;
mod violation;

use std::ops::Range;

use serde_json::{Map, Value};

pub use dialects::{FILE as DIALECTS, dialects};
pub use schema::{RuleSet, Schema};
pub use write::write;

use crate::diagnostic::{Code, Diagnostic, Place, SourceText};

/// The largest text that is parsed, in bytes: some 20,000 SLOs in one file.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

/// One YAML document of a file.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file that it stands in.
    source: SourceText,
    /// Its outermost value.
    root: Node,
}

/// One value of a document, and where it and its key stand.
#[derive(Debug, Clone)]
struct Node {
    /// The bytes of the key, for a value of a mapping.
    key: Option<Range<usize>>,
    /// The bytes of the value; for a collection from its first to its last entry.
    span: Range<usize>,
    /// The value.
    content: Content,
}

/// What a value is. Numbers keep the text in which they were written, so that decimals are exact.
#[derive(Debug, Clone)]
enum Content {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order in which it was written.
    Map(Vec<(String, Node)>),
}

/// How many problems of one document are told; whoever has mended so many runs the check again.
const MAX_PROBLEMS: usize = 100;

/// Makes text of a file's bytes: UTF-8, without a byte order mark. How many bytes are read is left to `tree`, and how
/// many are parsed to `parse`.
///
/// # Errors
/// The file is not UTF-8; the problem points at the first byte that is not.
pub fn decode(path: &str, bytes: Vec<u8>) -> Result<SourceText, Diagnostic> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Err(not_utf8(path, &error)),
    };
    let stripped = text.strip_prefix('\u{feff}').map(ToOwned::to_owned);
    Ok(SourceText::new(path, stripped.unwrap_or(text)))
}

/// Reads all YAML documents of a file; documents that hold nothing are left out.
///
/// # Errors
/// The text is not YAML, or breaks one of the limits that keep reading cheap.
pub fn parse(source: &SourceText) -> Result<Vec<Document>, Vec<Diagnostic>> {
    if source.text().len() > MAX_BYTES {
        return Err(vec![too_large(source.path())]);
    }
    yaml::read(source)
}

/// A file that is larger than what is read.
fn too_large(path: &str) -> Diagnostic {
    Diagnostic::error(Code::Unreadable, format!("`{path}` is larger than {} MiB", MAX_BYTES >> 20))
        .at(Place::of_file(path), "too large")
        .help("split it into several files")
}

/// Bytes that are no UTF-8, shown where they begin.
fn not_utf8(path: &str, error: &std::string::FromUtf8Error) -> Diagnostic {
    let offset = error.utf8_error().valid_up_to();
    let bytes = error.as_bytes();
    // The text before the offset is the same in the lossy copy, so the offset points at the right place.
    let source = SourceText::new(path, String::from_utf8_lossy(bytes));
    let place = Place::new(&source, offset..offset + char::REPLACEMENT_CHARACTER.len_utf8());
    let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let (label, help) = if wide {
        ("the mark of UTF-16", "the file is UTF-16; save it as UTF-8")
    } else if bytes.starts_with(&[0x1f, 0x8b]) {
        ("the mark of gzip", "the file is compressed; unpack it")
    } else {
        ("this byte is not UTF-8", "save the file as UTF-8")
    };
    Diagnostic::error(Code::Encoding, format!("`{path}` is not UTF-8, from byte {offset} on"))
        .at(place, label)
        .help(help)
}

impl Document {
    /// The file that it stands in.
    #[must_use]
    pub fn source(&self) -> &SourceText {
        &self.source
    }

    /// Its outermost value.
    #[must_use]
    pub fn root(&self) -> Part<'_> {
        Part { source: &self.source, node: &self.root }
    }

    /// The value at a JSON pointer (`/spec/objectives/0`); the empty pointer is the root.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<Part<'_>> {
        self.root().at(pointer)
    }

    /// Where the value at a JSON pointer stands; what is not there is placed at what would hold it.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Place {
        self.root().nearest(pointer).place()
    }

    /// Where the key of the value at a JSON pointer stands, and the value itself where there is no key.
    #[must_use]
    pub fn key_place(&self, pointer: &str) -> Place {
        self.root().nearest(pointer).key_place()
    }

    /// The document as plain JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        self.root().value()
    }

    /// Everything in which the document breaks a schema, in the order of its lines.
    #[must_use]
    pub fn check(&self, schema: Schema) -> Vec<Diagnostic> {
        self.root().check(schema)
    }
}

/// One value of a document together with its place. Cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// The file that it stands in.
    source: &'a SourceText,
    /// The value.
    node: &'a Node,
}

impl<'a> Part<'a> {
    /// The same file, another value.
    const fn with(self, node: &'a Node) -> Self {
        Self { source: self.source, node }
    }

    /// The value under a key, when this is a mapping that has it.
    #[must_use]
    pub fn get(self, key: &str) -> Option<Self> {
        self.entries().find(|(name, _)| *name == key).map(|(_, part)| part)
    }

    /// The keys and values of a mapping, in the order in which they were written; of anything else, none.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, Self)> {
        let entries: &'a [(String, Node)] = match &self.node.content {
            Content::Map(entries) => entries,
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) | Content::List(_) => {
                &[]
            }
        };
        entries.iter().map(move |(name, node)| (name.as_str(), self.with(node)))
    }

    /// The values of a list; of anything else, none.
    pub fn items(self) -> impl Iterator<Item = Self> {
        let items: &'a [Node] = match &self.node.content {
            Content::List(items) => items,
            Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) | Content::Map(_) => &[],
        };
        items.iter().map(move |node| self.with(node))
    }

    /// The text, when this is one.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        if let Content::Text(text) = &self.node.content { Some(text) } else { None }
    }

    /// The number as it was written, when this is one.
    #[must_use]
    pub fn number(self) -> Option<&'a str> {
        if let Content::Number(text) = &self.node.content { Some(text) } else { None }
    }

    /// The truth value, when this is one.
    #[must_use]
    pub fn boolean(self) -> Option<bool> {
        if let Content::Bool(value) = &self.node.content { Some(*value) } else { None }
    }

    /// True for a mapping.
    #[must_use]
    pub fn is_map(self) -> bool {
        matches!(self.node.content, Content::Map(_))
    }

    /// True for a list.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(self.node.content, Content::List(_))
    }

    /// What sort of value it is, in words.
    const fn sort(self) -> &'static str {
        match self.node.content {
            Content::Null => "nothing",
            Content::Bool(_) => "a truth value",
            Content::Number(_) => "a number",
            Content::Text(_) => "a text",
            Content::List(_) => "a list",
            Content::Map(_) => "a mapping",
        }
    }

    /// Where it stands; a value that was left empty is placed at its key.
    #[must_use]
    pub fn place(self) -> Place {
        match &self.node.key {
            Some(key) if self.node.span.is_empty() => Place::new(self.source, key.clone()),
            Some(_) | None => Place::new(self.source, self.node.span.clone()),
        }
    }

    /// Where its key stands; without a key, its own first key, and else its first line.
    #[must_use]
    pub fn key_place(self) -> Place {
        if let Some(key) = &self.node.key {
            return Place::new(self.source, key.clone());
        }
        if let Some((_, first)) = self.entries().next() {
            return first.key_place();
        }
        let place = self.place();
        let first = place.text().lines().next().map_or(0, |line| line.trim_end().len());
        Place::new(self.source, place.span.start..place.span.start + first)
    }

    /// The value at a JSON pointer below this one.
    #[must_use]
    pub fn at(self, pointer: &str) -> Option<Self> {
        steps(pointer).try_fold(self, |part, step| part.step(&step))
    }

    /// The value at a JSON pointer, or the last one on the way that there is.
    fn nearest(self, pointer: &str) -> Self {
        let mut part = self;
        for step in steps(pointer) {
            let Some(next) = part.step(&step) else { break };
            part = next;
        }
        part
    }

    /// One step of a JSON pointer.
    fn step(self, step: &str) -> Option<Self> {
        if self.is_list() { self.items().nth(step.parse().ok()?) } else { self.get(step) }
    }

    /// The value as plain JSON; a number beyond what JSON readers can hold becomes a text.
    #[must_use]
    pub fn value(self) -> Value {
        match &self.node.content {
            Content::Null => Value::Null,
            Content::Bool(value) => Value::Bool(*value),
            Content::Number(text) => {
                scalar::number(text).map_or_else(|| Value::from(text.as_str()), Value::Number)
            }
            Content::Text(text) => Value::from(text.as_str()),
            Content::List(_) => self.items().map(Self::value).collect(),
            Content::Map(_) => Value::Object(
                self.entries().map(|(key, part)| (key.to_owned(), part.value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// Everything in which the value breaks a schema, in the order of its lines.
    #[must_use]
    pub fn check(self, schema: Schema) -> Vec<Diagnostic> {
        self.check_by(schema, RuleSet::Strict)
    }

    /// Everything in which the value breaks one set of a schema's rules, in the order of its lines.
    #[must_use]
    pub fn check_by(self, schema: Schema, set: RuleSet) -> Vec<Diagnostic> {
        schema.check(self, set)
    }
}

/// The steps of a JSON pointer, unescaped.
fn steps(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_are_shown_where_they_begin() {
        let problem = decode("a.yaml", b"ok: 1\nname: caf\xe9\n".to_vec()).expect_err("it is refused");
        assert_eq!(problem.code, Code::Encoding);
        let place = problem.place().expect("it has a place");
        assert_eq!((place.line(), place.column()), (2, 10));
        assert!(
            decode("a.yaml", b"\xff\xfea\x00".to_vec())
                .expect_err("it is refused")
                .label
                .expect("it is labelled")
                .1
                .contains("UTF-16")
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        let source = decode("a.yaml", b"\xef\xbb\xbfa: 1\n".to_vec()).expect("it is UTF-8");
        assert_eq!(source.text(), "a: 1\n");
    }

    #[test]
    fn files_are_bounded() {
        let found = parse(&SourceText::new("a.yaml", "a".repeat(MAX_BYTES + 1))).expect_err("too large");
        assert_eq!(found[0].message, "`a.yaml` is larger than 16 MiB");
    }

    #[test]
    fn pointers_lead_to_values_and_to_what_would_hold_them() {
        let source = SourceText::new("a.yaml", "a/b:\n  - c: 99.70\n");
        let documents = parse(&source).expect("it is YAML");
        let part = documents[0].at("/a~1b/0/c").expect("it is there");
        assert_eq!(part.number(), Some("99.70"));
        assert_eq!(documents[0].place("/a~1b/0/missing").text(), "c: 99.70");
        assert!(documents[0].at("/a~1b/1").is_none());
    }

    #[test]
    fn an_empty_value_is_placed_at_its_key() {
        let source = SourceText::new("a.yaml", "a:\nb: 1\n");
        let documents = parse(&source).expect("it is YAML");
        assert_eq!(documents[0].place("/a").text(), "a");
    }
}
