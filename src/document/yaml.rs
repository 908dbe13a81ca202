//! YAML into a tree with places: the one door to the YAML reader.
//!
//! The tree is built from the reader's events, because they carry the bytes of every key and value and the
//! text in which a number was written. What would let a small file grow large (anchors, aliases, nesting), or mean
//! two things at once (a key twice, merge keys, tags of somebody's own), is refused where it stands.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_yaml::granit_parser::{self, Event, Parser, ScalarStyle, Span, Tag};

use super::{Content, Document, MAX_PROBLEMS, Node, scalar};
use crate::diagnostic::{Code, Diagnostic, Place, SourceText};

/// How deep collections may be nested.
const MAX_DEPTH: usize = 64;
/// How many values a file may hold.
const MAX_NODES: usize = 1_000_000;
/// How many values a file's anchors and aliases may keep and repeat.
const MAX_REPEATED: usize = 100_000;
/// How many anchors, and how many aliases, a file may hold.
const MAX_ANCHORS: usize = 64;
/// Said where a limit is met.
const LIMIT_HELP: &str =
    "these limits keep a file from costing more than it says; write it flatter, or split it";

/// Reads all documents of a file.
pub(super) fn read(source: &SourceText) -> Result<Vec<Document>, Vec<Diagnostic>> {
    let mut options = granit_parser::options! {
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    options.set_emit_comments(false);
    let mut reader = Reader::new(source);
    for event in Parser::new_from_str_with_options(source.text(), options) {
        let outcome = match event {
            Ok((event, span)) => reader.take(event, &span),
            Err(error) => {
                let at = error.marker().byte_offset().unwrap_or_default();
                let info = error.info();
                // Its limits are ours, met while it looks ahead.
                if info.contains("recursion limit") {
                    Err(reader.too_deep(at..at))
                } else {
                    Err(reader.malformed(at, &info))
                }
            }
        };
        let ended = outcome.is_err() || reader.problems.len() >= MAX_PROBLEMS;
        reader.problems.extend(outcome.err());
        if ended {
            break;
        }
    }
    if reader.problems.is_empty() { Ok(reader.documents) } else { Err(reader.problems) }
}

/// A collection that has begun and not ended.
struct Open {
    /// The anchor that it defines; 0 for none.
    anchor: usize,
    /// Where it begins.
    start: usize,
    /// What has been read of it.
    kind: Kind,
}

/// What has been read of a collection.
enum Kind {
    /// The items of a list.
    List(Vec<Node>),
    /// The entries of a mapping.
    Map(Entries),
}

/// The entries of a mapping that has not ended.
#[derive(Default)]
struct Entries {
    /// Those that are complete.
    complete: Vec<(String, Node)>,
    /// The names that there were.
    names: BTreeSet<String>,
    /// A key whose value is still to come.
    key: Option<(String, Range<usize>)>,
}

/// Builds documents of events.
struct Reader<'a> {
    /// The file.
    source: &'a SourceText,
    /// The collections around the next value, outermost first.
    open: Vec<Open>,
    /// The values that aliases may repeat.
    anchors: BTreeMap<usize, Node>,
    /// How many values there are so far.
    nodes: usize,
    /// How many values anchors keep and aliases repeat so far.
    repeated: usize,
    /// How many aliases there are so far.
    aliases: usize,
    /// The documents that are complete.
    documents: Vec<Document>,
    /// What is wrong with what has been read.
    problems: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// A reader that has read nothing.
    const fn new(source: &'a SourceText) -> Self {
        Self {
            source,
            open: Vec::new(),
            anchors: BTreeMap::new(),
            nodes: 0,
            repeated: 0,
            aliases: 0,
            documents: Vec::new(),
            problems: Vec::new(),
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the reader's events may grow, and the rest carries no value"
    )]
    /// Takes the next event in; an error ends the reading, a problem that does not is kept.
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Diagnostic> {
        let bytes = span.byte_range().unwrap_or_default();
        if let Some(tag) = event.tag() {
            let place = span.tag_span().and_then(|span| span.byte_range()).unwrap_or_else(|| bytes.clone());
            self.known_tag(tag, place);
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let content = content(&text, style, tag.as_deref());
                let span = self.trimmed(bytes);
                self.complete(Node { key: None, span, content }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(anchor, bytes, Kind::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => self.begin(anchor, bytes, Kind::Map(Entries::default())),
            Event::SequenceEnd | Event::MappingEnd => self.end(&bytes),
            Event::Alias(anchor) => self.alias(anchor, bytes),
            Event::DocumentEnd => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Begins a collection.
    fn begin(&mut self, anchor: usize, bytes: Range<usize>, kind: Kind) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self.too_deep(bytes));
        }
        self.open.push(Open { anchor, start: bytes.start, kind });
        Ok(())
    }

    /// Ends the innermost collection.
    fn end(&mut self, bytes: &Range<usize>) -> Result<(), Diagnostic> {
        let Some(Open { anchor, start, kind }) = self.open.pop() else { return Ok(()) };
        let end_of = |node: &Node| node.key.as_ref().map_or(node.span.end, |key| key.end.max(node.span.end));
        let (content, last) = match kind {
            Kind::List(items) => {
                let last = items.last().map(end_of);
                (Content::List(items), last)
            }
            Kind::Map(Entries { complete, .. }) => {
                let last = complete.last().map(|(_, node)| end_of(node));
                (Content::Map(complete), last)
            }
        };
        // The end of a block collection is only seen at the next token; what it holds says where its text ends.
        let closed = !bytes.is_empty();
        let end = if closed { bytes.end } else { last.unwrap_or(start) };
        self.complete(Node { key: None, span: start..end.max(start), content }, anchor)
    }

    /// Repeats the value of an anchor.
    fn alias(&mut self, anchor: usize, bytes: Range<usize>) -> Result<(), Diagnostic> {
        self.aliases += 1;
        if self.aliases > MAX_ANCHORS {
            return Err(self.limit(bytes, &format!("this file has more than {MAX_ANCHORS} aliases")));
        }
        let Some(target) = self.anchors.get(&anchor) else {
            return Err(self.limit(bytes, "this alias stands inside of what it repeats"));
        };
        // Counted before it is copied, so that a bomb costs no more than the file that holds it.
        self.repeated += size(target);
        if self.repeated > MAX_REPEATED {
            return Err(self.limit(bytes, &format!("aliases repeat more than {MAX_REPEATED} values")));
        }
        let node = Node { key: None, span: bytes, content: target.content.clone() };
        self.complete(node, 0)
    }

    /// Puts a complete value where it belongs.
    fn complete(&mut self, node: Node, anchor: usize) -> Result<(), Diagnostic> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.limit(node.span, &format!("this file has more than {MAX_NODES} values")));
        }
        if anchor != 0 {
            if self.anchors.len() >= MAX_ANCHORS {
                return Err(self.limit(node.span, &format!("this file has more than {MAX_ANCHORS} anchors")));
            }
            self.repeated += size(&node);
            if self.repeated > MAX_REPEATED {
                return Err(self.limit(node.span, &format!("anchors keep more than {MAX_REPEATED} values")));
            }
            self.anchors.insert(anchor, node.clone());
        }
        let source = self.source;
        let problem = match self.open.last_mut().map(|open| &mut open.kind) {
            None => {
                if !matches!(node.content, Content::Null) {
                    self.documents.push(Document { source: source.clone(), root: node });
                }
                None
            }
            Some(Kind::List(items)) => {
                items.push(node);
                None
            }
            Some(Kind::Map(entries)) => entries.take(source, node),
        };
        self.problems.extend(problem);
        Ok(())
    }

    /// Refuses a tag that is not one of YAML's own.
    fn known_tag(&mut self, tag: &Tag, bytes: Range<usize>) {
        let plain =
            tag.handle().is_empty() && tag.suffix() == "!" || tag.handle() == "!" && tag.suffix().is_empty();
        let core =
            matches!(tag.core_suffix(), Some("str" | "int" | "float" | "bool" | "null" | "seq" | "map"));
        if !plain && !core {
            let place = Place::new(self.source, bytes);
            let message = format!("the tag `{}` is not read", place.text());
            let problem = Diagnostic::error(Code::YamlSyntax, message).at(place, "a tag").help(
                "write the value itself; files are read as they stand, without includes or types of one's own",
            );
            self.problems.push(problem);
        }
    }

    /// A scalar's bytes without the line end that a block scalar includes.
    fn trimmed(&self, bytes: Range<usize>) -> Range<usize> {
        let text = self.source.text().get(bytes.clone()).unwrap_or_default();
        bytes.start..bytes.start + text.trim_end().len()
    }

    /// Text that is not YAML.
    fn malformed(&self, at: usize, info: &str) -> Diagnostic {
        let text = self.source.text();
        let at = at.min(text.len());
        let here = text.get(at..).and_then(|rest| rest.chars().next());
        // At the end of a line there is nothing to underline, so the line's own text is.
        let place = match here {
            Some(character) if !character.is_whitespace() => {
                Place::new(self.source, at..at + character.len_utf8())
            }
            Some(_) | None => Place::line_of(self.source, self.source.line_column(at).0),
        };
        if here.is_some_and(|here| here.is_control() && !here.is_whitespace()) {
            let message = "a control character stands here, which YAML cannot hold";
            let help = "take it out; between double quotes it may be named, as in `\"\\0\"`";
            return Diagnostic::error(Code::YamlSyntax, message).at(place, "this one").help(help);
        }
        let tab =
            place.source.text().get(..at).is_some_and(|before| before.ends_with('\t')) || here == Some('\t');
        let help = if tab {
            "YAML is indented with spaces, never with tabs"
        } else {
            "look at the indentation, and quote a text that holds `: ` or ` #`, or begins with a sign"
        };
        Diagnostic::error(Code::YamlSyntax, format!("this is not YAML: {}", info.trim_end_matches('.')))
            .at(place, "here the reader stopped")
            .help(help)
    }

    /// A collection within too many others.
    fn too_deep(&self, bytes: Range<usize>) -> Diagnostic {
        self.limit(bytes, &format!("this is nested more than {MAX_DEPTH} levels deep"))
    }

    /// A file that breaks a limit.
    fn limit(&self, bytes: Range<usize>, message: &str) -> Diagnostic {
        let text = self.source.text().get(bytes.clone()).unwrap_or_default();
        let first = text.lines().next().map_or(0, str::len);
        let place = Place::new(self.source, bytes.start..bytes.start + first);
        Diagnostic::error(Code::YamlSyntax, message).at(place, "here").help(LIMIT_HELP)
    }
}

impl Entries {
    /// Takes the next key or value in, and says what is wrong with a key.
    fn take(&mut self, source: &SourceText, node: Node) -> Option<Diagnostic> {
        if let Some((name, key)) = self.key.take() {
            self.complete.push((name, Node { key: Some(key), ..node }));
            return None;
        }
        let place = Place::new(source, node.span.clone());
        let (name, problem) = match node.content {
            Content::Text(name) | Content::Number(name) => (name, None),
            Content::Bool(value) => (value.to_string(), None),
            Content::Null => (place.text().to_owned(), None),
            Content::List(_) | Content::Map(_) => {
                let problem = Diagnostic::error(Code::YamlSyntax, "a key must be a text")
                    .at(place.clone(), "a key that is a collection")
                    .help("write a name before the colon");
                (place.text().to_owned(), Some(problem))
            }
        };
        let problem = problem.or_else(|| {
            (name == "<<").then(|| {
                Diagnostic::error(Code::YamlSyntax, "merge keys (`<<`) are not read")
                    .at(place.clone(), "a merge key")
                    .help("write the keys out where they belong")
            })
        });
        let problem = problem.or_else(|| {
            let first = self.first(&name)?;
            let line = source.line_column(first).0;
            Some(
                Diagnostic::error(Code::Duplicate, format!("the key `{name}` stands here twice"))
                    .at(place, format!("it stands on line {line} already"))
                    .help("keep one of the two"),
            )
        });
        self.names.insert(name.clone());
        self.key = Some((name, node.span));
        problem
    }

    /// Where a key of this name stands already.
    fn first(&self, name: &str) -> Option<usize> {
        if !self.names.contains(name) {
            return None;
        }
        let entry = self.complete.iter().find(|(other, _)| other == name);
        entry.and_then(|(_, node)| node.key.as_ref()).map(|key| key.start)
    }
}

/// What a scalar is.
fn content(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Content {
    match tag.map(Tag::core_suffix) {
        None if style == ScalarStyle::Plain => scalar::plain(text),
        Some(Some("int" | "float" | "bool" | "null")) => scalar::plain(text),
        Some(_) | None => Content::Text(text.to_owned()),
    }
}

/// How many values a value holds, itself included.
fn size(node: &Node) -> usize {
    match &node.content {
        Content::Null | Content::Bool(_) | Content::Number(_) | Content::Text(_) => 1,
        Content::List(items) => items.iter().map(size).sum::<usize>() + 1,
        Content::Map(entries) => entries.iter().map(|(_, node)| size(node)).sum::<usize>() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::parse;

    /// The problems of a text.
    fn problems(text: &str) -> Vec<Diagnostic> {
        parse(&SourceText::new("a.yaml", text)).expect_err("it is refused")
    }

    #[test]
    fn every_key_and_value_knows_its_bytes() {
        let source = SourceText::new(
            "a.yaml",
            "# top\nzwölf: [1, \"b c\"]\nm:\n  k: v # why\n  t: |\n    x\n    y\n\nlast: 3\n",
        );
        let documents = parse(&source).expect("it is YAML");
        let document = documents.first().expect("there is one");
        assert_eq!(document.key_place("/zwölf").text(), "zwölf");
        assert_eq!(document.place("/zwölf").text(), "[1, \"b c\"]");
        assert_eq!(document.place("/zwölf/1").text(), "\"b c\"");
        assert_eq!(document.place("/m/k").text(), "v");
        assert_eq!(document.place("/m").text(), "k: v # why\n  t: |\n    x\n    y");
        assert_eq!(document.place("/last").line(), 9);
        assert_eq!(document.at("/m/t").and_then(super::super::Part::text), Some("x\ny\n"));
    }

    #[test]
    fn carriage_returns_do_not_shift_places() {
        let source = SourceText::new("a.yaml", "a: 1\r\nb:\r\n  - c: d\r\n  - e\r\n");
        let documents = parse(&source).expect("it is YAML");
        assert_eq!(documents[0].place("/b/0/c").text(), "d");
        assert_eq!(documents[0].place("/b/1").text(), "e");
        assert_eq!(documents[0].place("/b/1").line(), 4);
    }

    #[test]
    fn a_stream_holds_many_documents_and_empty_ones_are_left_out() {
        let source = SourceText::new("a.yaml", "---\na: 1\n---\n# nothing\n---\nb: 2\n...\n");
        let documents = parse(&source).expect("it is YAML");
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[1].place("/b").line(), 6);
        assert!(parse(&SourceText::new("a.yaml", "# nothing\n")).expect("it is YAML").is_empty());
    }

    #[test]
    fn a_key_twice_names_both_places() {
        let found = problems("a: 1\nb: 2\na: 3\nc: {x: 1, x: 2}\n");
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].message, "the key `a` stands here twice");
        let (place, label) = found[0].label.clone().expect("it is labelled");
        assert_eq!((place.line(), label.as_str()), (3, "it stands on line 1 already"));
    }

    #[test]
    fn a_bomb_is_refused_before_it_goes_off() {
        let levels: Vec<String> = (1..9)
            .map(|level| {
                format!(
                    "a{level}: &a{level} [{}]
",
                    vec![format!("*a{}", level - 1); 7].join(", ")
                )
            })
            .collect();
        let found = problems(&format!(
            "a0: &a0 [x, x, x, x, x, x, x, x, x, x]
{}",
            levels.concat()
        ));
        assert!(found[0].message.contains("more than 100000 values"), "{found:?}");
    }

    #[test]
    fn problems_are_bounded() {
        assert_eq!(problems(&"a: 1\n".repeat(5_000)).len(), MAX_PROBLEMS);
    }

    #[test]
    fn depth_anchors_and_aliases_are_bounded() {
        assert!(
            problems(&format!("{}{}", "[".repeat(100), "]".repeat(100)))[0].message.contains("64 levels")
        );
        let anchors = (0..70).map(|n| format!("a{n}: &a{n} 1\n")).collect::<Vec<_>>().concat();
        assert!(problems(&anchors)[0].message.contains("64 anchors"));
        let aliases = (0..70).map(|n| format!("b{n}: *a\n")).collect::<Vec<_>>().concat();
        assert!(problems(&format!("a: &a 1\n{aliases}"))[0].message.contains("64 aliases"));
        assert!(problems("a: &a [*a]\n")[0].message.contains("inside of what it repeats"));
    }

    #[test]
    fn an_alias_repeats_a_value_at_its_own_place() {
        let source = SourceText::new("a.yaml", "a: &x {k: v}\nb: *x\n");
        let documents = parse(&source).expect("it is YAML");
        assert_eq!(documents[0].place("/b").text(), "*x");
        assert_eq!(documents[0].at("/b/k").and_then(super::super::Part::text), Some("v"));
    }

    #[test]
    fn tags_and_merge_keys_are_refused_where_they_stand() {
        let found = problems("a: !include other.yaml\nb: !!str 1\n<<: {c: 1}\n");
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!(found[0].place().expect("placed").text(), "!include");
        assert!(found[1].message.contains("merge keys"));
    }

    #[test]
    fn malformed_text_points_at_its_line() {
        for (text, line) in
            [("a: b: c\n", 1), ("a:\n\tb: 1\n", 2), ("a: [1, 2\n", 2), ("a: 1\n b: 2\n", 2), ("a: 'x\n", 2)]
        {
            let found = problems(text);
            let place = found[0].place().expect("placed");
            assert!(place.line() <= line + 1, "{text:?}: {found:?}");
            assert_eq!(found[0].code, Code::YamlSyntax);
        }
        assert!(problems("a:\n\tb: 1\n")[0].help.contains("tabs"), "{:?}", problems("a:\n\tb: 1\n"));
    }
}
