//! A problem in something that a person wrote, as data: what is wrong, where, and what to do next.
//!
//! A diagnostic knows its file and the bytes that it is about, and nothing of how it will be shown:
//! the same problem appears underlined on a terminal, as an annotation on a pull request, in Markdown
//! and in JSON. Problems are collected, never thrown one by one. What the world did not answer is no
//! diagnostic (see `budget::gap`), and a bug of ours is a panic that `command` turns into an unknown verdict.

pub mod concealed;
mod meaning;
mod nearest;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use concealed::concealed;

pub use meaning::Meaning;
pub use nearest::{list, meant, nearest, suggestion};

/// What stands where only a person can say what belongs there: `slogate init` writes it, and whoever reads it warns.
pub const PLACEHOLDER: &str = "@fill-in";

/// The kinds of problem that slogate finds; the code is what a person looks up and a machine filters by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The text is not YAML, or breaks a limit on size, nesting or aliases.
    YamlSyntax,
    /// The file is not UTF-8.
    Encoding,
    /// A key that the format does not have.
    UnknownKey,
    /// A key that must be there is not.
    MissingKey,
    /// A value of the wrong type, outside its range, or none of those that are allowed.
    WrongValue,
    /// The file cannot be read: it is not there, too large, or a link that leads elsewhere.
    Unreadable,
    /// No `slogate.yaml`.
    NoSettings,
    /// No SLO definition was found.
    NoSlo,
    /// No policy was found.
    NoPolicy,
    /// A name that stands for nothing: a service, an SLI, a data source, an environment, a class.
    UnknownName,
    /// Two definitions with one name.
    Duplicate,
    /// Something that a definition can say and that slogate does not judge yet.
    Unsupported,
    /// A query that does not parse, or that cannot be counted over a window.
    Query,
    /// A policy that does not parse.
    PolicySyntax,
    /// A policy that breaks the rules of the sandbox: a forbidden name, a limit.
    PolicySandbox,
    /// A policy that fails when its declarations run, or when its conditions are tried on a sample budget.
    PolicyError,
    /// A fact, a window or a method that the policy language does not have.
    UnknownFact,
    /// A part that every policy must have is missing or malformed.
    PolicyPart,
    /// A service that was touched and has no SLO.
    ServiceWithoutSlo,
    /// A service that was touched and that no policy covers.
    ServiceWithoutPolicy,
    /// Two policies that cover one service.
    TwoPolicies,
    /// A condition that has the same answer for every budget.
    ConstantCondition,
    /// A threshold that an objective can never reach.
    Unreachable,
    /// A clause whose `thaws` holds while its `when` does.
    ThawsAtOnce,
    /// A clause that freezes while nothing has burned.
    WrongDirection,
    /// A clause that adds nothing to another one, or a part of a condition to the rest.
    Shadowed,
    /// A share of less than one per cent where more is surely meant.
    TinyShare,
    /// Something that was written and matched nothing.
    Unused,
    /// A text that `slogate init` wrote and that is still to be filled in.
    Placeholder,
    /// A commit, branch or tag that cannot be resolved.
    NoCommit,
    /// An organisation's layer that cannot be relied upon.
    Layer,
    /// Something of a team that is milder than its organisation asks.
    BelowLayer,
    /// A policy whose text changed under a version that was agreed.
    Version,
    /// An SLO that does not say its user journey, its owner, its runbook or who agreed to it.
    Unsaid,
    /// An objective of 100 %, which leaves no error budget.
    FullObjective,
    /// An SLA that is not below its SLO's objective.
    SlaNotLooser,
    /// Two services whose names differ only in how they are written.
    AmbiguousService,
    /// Services that depend on each other in a circle.
    DependencyCycle,
    /// Failures that are counted as good events, or successes as bad ones.
    GoodAndBadSwapped,
    /// Good or bad events that are no part of all events.
    GoodNotInTotal,
    /// A query that does not tell the events of an environment from those of another one.
    NoEnvironmentSelector,
    /// A name that does not follow the convention of the settings.
    OffConvention,
    /// A period of less than an hour.
    ShortPeriod,
    /// An availability objective above what hard dependencies promise together.
    TighterThanDependencies,
    /// An alert on a burn rate that no failure can reach, or over more than the period.
    UnreachableAlert,
    /// Something that a definition says and that OpenSLO v1 has no words for.
    NotConverted,
    /// An SLO, or a part of it, that no rules for a monitoring system are written for.
    NoRules,
    /// An objective that no whole period of the history met.
    TighterThanObserved,
    /// An SLO that saw no bad event for long, or no event at all.
    SilentSlo,
    /// An SLO that was loosened while its budget was exhausted.
    LoosenedWhileExhausted,
}

impl Code {
    /// Every code, in the order of the documentation.
    pub const ALL: [Self; 50] = [
        Self::YamlSyntax,
        Self::Encoding,
        Self::UnknownKey,
        Self::MissingKey,
        Self::WrongValue,
        Self::Unreadable,
        Self::NoSettings,
        Self::NoSlo,
        Self::NoPolicy,
        Self::UnknownName,
        Self::Duplicate,
        Self::Unsupported,
        Self::Query,
        Self::PolicySyntax,
        Self::PolicySandbox,
        Self::PolicyError,
        Self::UnknownFact,
        Self::PolicyPart,
        Self::ServiceWithoutSlo,
        Self::ServiceWithoutPolicy,
        Self::TwoPolicies,
        Self::ConstantCondition,
        Self::Unreachable,
        Self::ThawsAtOnce,
        Self::WrongDirection,
        Self::Shadowed,
        Self::TinyShare,
        Self::Unused,
        Self::Placeholder,
        Self::NoCommit,
        Self::Layer,
        Self::BelowLayer,
        Self::Version,
        Self::Unsaid,
        Self::FullObjective,
        Self::SlaNotLooser,
        Self::AmbiguousService,
        Self::DependencyCycle,
        Self::GoodAndBadSwapped,
        Self::GoodNotInTotal,
        Self::NoEnvironmentSelector,
        Self::OffConvention,
        Self::ShortPeriod,
        Self::TighterThanDependencies,
        Self::UnreachableAlert,
        Self::NotConverted,
        Self::NoRules,
        Self::TighterThanObserved,
        Self::SilentSlo,
        Self::LoosenedWhileExhausted,
    ];

    /// The code as it is printed and looked up.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::YamlSyntax => "yaml-syntax",
            Self::Encoding => "encoding",
            Self::UnknownKey => "unknown-key",
            Self::MissingKey => "missing-key",
            Self::WrongValue => "wrong-value",
            Self::Unreadable => "unreadable",
            Self::NoSettings => "no-settings",
            Self::NoSlo => "no-slo",
            Self::NoPolicy => "no-policy",
            Self::UnknownName => "unknown-name",
            Self::Duplicate => "duplicate",
            Self::Unsupported => "unsupported",
            Self::Query => "query",
            Self::PolicySyntax => "policy-syntax",
            Self::PolicySandbox => "policy-sandbox",
            Self::PolicyError => "policy-error",
            Self::UnknownFact => "unknown-fact",
            Self::PolicyPart => "policy-part",
            Self::ServiceWithoutSlo => "service-without-slo",
            Self::ServiceWithoutPolicy => "service-without-policy",
            Self::TwoPolicies => "two-policies",
            Self::ConstantCondition => "constant-condition",
            Self::Unreachable => "unreachable",
            Self::ThawsAtOnce => "thaws-at-once",
            Self::WrongDirection => "wrong-direction",
            Self::Shadowed => "shadowed",
            Self::TinyShare => "tiny-share",
            Self::Unused => "unused",
            Self::Placeholder => "placeholder",
            Self::NoCommit => "no-commit",
            Self::Layer => "layer",
            Self::BelowLayer => "below-layer",
            Self::Version => "version",
            Self::Unsaid => "unsaid",
            Self::FullObjective => "full-objective",
            Self::SlaNotLooser => "sla-not-looser",
            Self::AmbiguousService => "ambiguous-service",
            Self::DependencyCycle => "dependency-cycle",
            Self::GoodAndBadSwapped => "good-and-bad-swapped",
            Self::GoodNotInTotal => "good-not-in-total",
            Self::NoEnvironmentSelector => "no-environment-selector",
            Self::OffConvention => "off-convention",
            Self::ShortPeriod => "short-period",
            Self::TighterThanDependencies => "tighter-than-dependencies",
            Self::UnreachableAlert => "unreachable-alert",
            Self::NotConverted => "not-converted",
            Self::NoRules => "no-rules",
            Self::TighterThanObserved => "tighter-than-observed",
            Self::SilentSlo => "silent-slo",
            Self::LoosenedWhileExhausted => "loosened-while-exhausted",
        }
    }
}

impl Code {
    /// True for a lint of which a repository that is new to it has one for each SLO: it is shown once, and counted.
    #[must_use]
    pub fn recurs(self) -> bool {
        self == Self::Unsaid
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing can be decided while it stands: exit 3.
    Error,
    /// Worth mending; it never stands in the way by itself.
    Warning,
}

/// The text of one file together with the path by which people know it. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct SourceText(Arc<File>);

/// A file that was read.
#[derive(PartialEq, Eq)]
struct File {
    /// Its path.
    path: String,
    /// Its text.
    text: String,
    /// The offset at which each line begins, so that a file with thousands of problems is walked once.
    lines: Vec<usize>,
}

impl SourceText {
    /// A file's text under its path, relative to the root of the repository, with forward slashes.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let ends = text.match_indices('\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(ends).collect();
        Self(Arc::new(File { path: path.into(), text, lines }))
    }

    /// The path, relative to the root of the repository.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// Line and column, both from 1 and the column in characters, of a byte offset; past the end means the end.
    #[must_use]
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = if self.text().is_char_boundary(offset) { offset } else { self.text().len() };
        let lines = self.lines();
        let line = lines.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| lines.get(index)).copied().unwrap_or_default();
        let column = self.text().get(start..offset).map_or(0, |rest| rest.chars().count()) + 1;
        (line, column)
    }

    /// The offset at which each line begins; there is always a first one.
    fn lines(&self) -> &[usize] {
        &self.0.lines
    }

    /// The byte offset of a line and a column, both from 1 and the column in characters; past the end means the end.
    #[must_use]
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let start = self.lines().get(line.saturating_sub(1)).copied().unwrap_or(self.text().len());
        let rest = self.text().get(start..).unwrap_or_default();
        let inside = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
        start + inside
    }
}

impl fmt::Debug for SourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SourceText({})", self.path())
    }
}

/// A stretch of one file, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub source: SourceText,
    /// The bytes.
    pub span: Range<usize>,
}

impl Place {
    /// A stretch of `source`, cut to the text that there is.
    #[must_use]
    pub fn new(source: &SourceText, span: Range<usize>) -> Self {
        let end = span.end.min(source.text().len());
        Self { source: source.clone(), span: span.start.min(end)..end }
    }

    /// The whole of one line (from 1) without its indentation; the last line when there are fewer.
    #[must_use]
    pub fn line_of(source: &SourceText, line: usize) -> Self {
        let start = source.offset(line, 1);
        let text = source.text().get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let indent = text.len() - text.trim_start().len();
        Self::new(source, start + indent..start + text.trim_end().len().max(indent))
    }

    /// The beginning of a file of which nothing is known but its path.
    #[must_use]
    pub fn of_file(path: &str) -> Self {
        Self::new(&SourceText::new(path, ""), 0..0)
    }

    /// The stretch from the first byte of either to the last; the other must be of the same file.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        let span = self.span.start.min(other.span.start)..self.span.end.max(other.span.end);
        Self { source: self.source.clone(), span }
    }

    /// The line of the first byte, from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.source.line_column(self.span.start).0
    }

    /// The line of the last byte, from 1.
    #[must_use]
    pub fn end_line(&self) -> usize {
        self.source.line_column(self.span.end.saturating_sub(1).max(self.span.start)).0
    }

    /// The column of the first byte, from 1, in characters.
    #[must_use]
    pub fn column(&self) -> usize {
        self.source.line_column(self.span.start).1
    }

    /// The text that stands there.
    #[must_use]
    pub fn text(&self) -> &str {
        self.source.text().get(self.span.clone()).unwrap_or_default()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source.path(), self.line())
    }
}

/// One problem. Messages are lower case, one sentence, without a final period, the user's text in backticks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its kind.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where, and what to say under the underline; none for a problem of no file (`no slogate.yaml`).
    pub label: Option<(Place, String)>,
    /// What to do next.
    pub help: String,
}

impl Diagnostic {
    /// A problem that must be mended before anything can be decided.
    pub fn error(code: Code, message: impl Into<String>) -> Self {
        let message = concealed(&message.into()).into_owned();
        Self { code, severity: Severity::Error, message, label: None, help: String::new() }
    }

    /// A problem that is worth mending.
    pub fn warning(code: Code, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Says where it is, and what to write under the underline.
    #[must_use]
    pub fn at(mut self, place: Place, label: impl Into<String>) -> Self {
        self.label = Some((place, concealed(&label.into()).into_owned()));
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = concealed(&help.into()).into_owned();
        self
    }

    /// True when nothing can be decided while it stands.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Where it is, when it is of a file.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.label.as_ref().map(|(place, _)| place)
    }
}

/// Sorts problems by file, line and code, and drops exact repetitions.
pub fn sort(problems: &mut Vec<Diagnostic>) {
    fn key(problem: &Diagnostic) -> impl Ord + '_ {
        let place = problem.place().map(|place| (place.source.path(), place.span.start));
        (problem.severity, place, problem.code, problem.message.as_str())
    }
    problems.sort_by(|one, other| key(one).cmp(&key(other)));
    problems.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let source = SourceText::new("a.yaml", "eins\nzwölf: x\n");
        assert_eq!(source.line_column(0), (1, 1));
        let x = source.text().find('x').expect("there is an x");
        assert_eq!(source.line_column(x), (2, 8));
        assert_eq!(source.offset(2, 8), x);
        assert_eq!(source.offset(9, 9), source.text().len());
        assert_eq!(Place::line_of(&source, 2).text(), "zwölf: x");
    }
}
