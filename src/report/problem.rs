//! Problems underlined where they stand, for a terminal or a log: the one door to miette.
//!
//! Each problem shows its message and code, the line with what is wrong underlined, and what to do next. The same
//! problems give the same text on every machine. Whatever comes from a file is shown, never obeyed: control and
//! direction characters become visible escapes, and the underline stays beneath what it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents};
use miette::{SourceCode, SourceSpan, SpanContents};

use crate::diagnostic::concealed::concealed;
use crate::diagnostic::{Code, Diagnostic, Place, Severity};
use crate::report::wrapped;

/// How problems are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// With colours; colour is never the only carrier of a meaning.
    pub colour: bool,
    /// With line-drawing characters instead of ASCII.
    pub unicode: bool,
    /// The width of drawings and tables, and that at which problems are wrapped, in columns.
    pub width: usize,
    /// The columns of a line of prose; `wrapped::ENDLESS` where nobody says how wide lines are, as in a pipe.
    pub room: usize,
}

impl Look {
    /// Lines that begin with `first` and go on behind so many spaces, as long as there is room, with a newline at the end.
    #[must_use]
    pub fn hanging(&self, first: &str, hang: usize, text: &str) -> String {
        format!("{}\n", wrapped::lines(first, &" ".repeat(hang), text, self.room))
    }
}

/// Draws problems in the order in which they are given, a blank line between two; past 200, says how many more.
#[must_use]
pub fn render(problems: &[Diagnostic], look: Look) -> String {
    let theme = match (look.unicode, look.colour) {
        (true, true) => GraphicalTheme::unicode(),
        (true, false) => GraphicalTheme::unicode_nocolor(),
        (false, true) => GraphicalTheme::ascii(),
        (false, false) => GraphicalTheme::none(),
    };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(look.width)
        .with_links(false)
        .without_syntax_highlighting()
        .with_wrap_lines(false)
        .tab_width(TAB);
    let (shown, folded) = folded(problems);
    let drawn = shown.iter().take(MOST).map(|problem| {
        let mut text = String::new();
        // Writing to a text cannot fail; if it ever does, the bare message is better than nothing.
        match handler.render_report(&mut text, &Drawn::new(problem, look)) {
            Ok(()) => trimmed(&text),
            Err(fmt::Error) => format!("{}\n", escaped(&problem.message)),
        }
    });
    let mut drawn: Vec<String> = drawn.collect();
    if shown.len() > MOST {
        drawn.push(format!("  and {} problems more\n", shown.len() - MOST));
    }
    drawn.extend(
        folded.iter().map(|(code, places)| format!("  {}\n", broken(&rest(*code, places), look.width, 2))),
    );
    drawn.join("\n")
}

/// The problems that are drawn, and the places of those that are not: of each code that recurs, one is drawn.
fn folded(problems: &[Diagnostic]) -> (Vec<&Diagnostic>, BTreeMap<Code, Vec<&Place>>) {
    let mut rest: BTreeMap<Code, Vec<&Place>> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut drawn = Vec::new();
    for problem in problems {
        match problem.place() {
            Some(place) if problem.code.recurs() && !seen.insert(problem.code) => {
                rest.entry(problem.code).or_default().push(place);
            }
            Some(_) | None => drawn.push(problem),
        }
    }
    (drawn, rest)
}

/// `and 12 more [unsaid]: slos/a.yaml:3, …`.
fn rest(code: Code, places: &[&Place]) -> String {
    let named: Vec<String> = places.iter().take(NAMED).map(|place| escaped(&place.to_string())).collect();
    let more = if places.len() > NAMED { " and others" } else { "" };
    format!("and {} more [{code}]: {}{more}", places.len(), named.join(", "))
}

/// How many places of problems that are not drawn are named.
const NAMED: usize = 6;
/// How many problems are drawn; whoever has mended so many runs the check again.
const MOST: usize = 200;
/// The narrowest width at which a drawing still makes sense, in columns.
const NARROWEST: usize = 40;
/// How far a message is indented behind its sign, in columns.
const MESSAGE_INDENT: usize = 4;
/// How far what to do next is indented, in columns.
const HELP_INDENT: usize = 8;
/// How many columns a tab spans at most.
const TAB: usize = 4;
/// How many lines are shown around the one that is underlined.
const CONTEXT: usize = 1;

/// A drawing without spaces at the ends of its lines.
fn trimmed(text: &str) -> String {
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect::<Vec<_>>().concat()
}

/// One problem in miette's terms.
#[derive(Debug)]
struct Drawn<'a> {
    /// The problem.
    problem: &'a Diagnostic,
    /// What is wrong, and the code.
    message: String,
    /// What to do next.
    help: String,
    /// The lines that are shown.
    snippet: Option<Snippet>,
}

impl<'a> Drawn<'a> {
    /// Prepares a problem.
    fn new(problem: &'a Diagnostic, look: Look) -> Self {
        let message =
            broken(&format!("{} [{}]", escaped(&problem.message), problem.code), look.width, MESSAGE_INDENT);
        let help = broken(&escaped(&problem.help), look.width, HELP_INDENT);
        // Of a file that is empty or could not be read there is nothing to show.
        let shown = problem.label.as_ref().filter(|(place, _)| !place.source.text().is_empty());
        let snippet = shown.map(|(place, label)| Snippet::new(place, label, look));
        Self { problem, message, help, snippet }
    }
}

impl fmt::Display for Drawn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn<'_> {}

impl miette::Diagnostic for Drawn<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.problem.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        if self.help.is_empty() { None } else { Some(Box::new(&self.help)) }
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.snippet.as_ref().map(|snippet| -> &dyn SourceCode { snippet })
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let snippet = self.snippet.as_ref()?;
        let label = LabeledSpan::new_primary_with_span(Some(snippet.label.clone()), snippet.span);
        Some(Box::new(std::iter::once(label)))
    }
}

/// The lines around a place, made safe to show.
#[derive(Debug)]
struct Snippet {
    /// The file's path.
    name: String,
    /// The lines, without carriage returns, with escapes.
    text: String,
    /// The number of lines of the file before them.
    before: usize,
    /// The column of the place, from 0, in characters of the file.
    column: usize,
    /// What is underlined, in bytes of the text.
    span: SourceSpan,
    /// What stands under the underline.
    label: String,
}

impl Snippet {
    /// The line of a place with its neighbours; a place of several lines is underlined on its first.
    fn new(place: &Place, label: &str, look: Look) -> Self {
        let source = concealed(place.source.text());
        let (line, column) = (place.line(), place.column());
        let first = line.saturating_sub(CONTEXT).max(1);
        let mut text = String::new();
        let mut span = 0..0;
        let start = place.source.offset(first, 1);
        let mut at = start;
        let lines = source.get(start..).unwrap_or_default().split_inclusive('\n');
        for (number, raw) in (first..=line + CONTEXT).zip(lines) {
            let bare = raw.strip_suffix('\n').unwrap_or(raw);
            let bare = bare.strip_suffix('\r').unwrap_or(bare);
            let inside = if number == line {
                place.span.start.saturating_sub(at)..place.span.end.saturating_sub(at)
            } else {
                0..0
            };
            let (shown, marked) = shown(bare, inside, look);
            if number == line {
                span = text.len() + marked.start..text.len() + marked.end;
            }
            text.push_str(&shown);
            text.push('\n');
            at += raw.len();
        }
        if text.is_empty() {
            text.push('\n');
        }
        let span = SourceSpan::new(span.start.into(), span.len());
        Self {
            name: escaped(place.source.path()),
            text,
            before: first.saturating_sub(1),
            column: column.saturating_sub(1),
            span,
            label: escaped(label),
        }
    }
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let read = self.text.read_span(span, context_lines_before, context_lines_after)?;
        // Without context it is read for the header, which names the place in the file and not in what is shown.
        let column = if context_lines_before == 0 { self.column } else { read.column() };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            read.data(),
            *read.span(),
            read.line() + self.before,
            column,
            read.line_count(),
        )))
    }
}

/// A line as it is shown, and where a stretch of it has come to stand. A long line is cut around the stretch.
fn shown(line: &str, stretch: std::ops::Range<usize>, look: Look) -> (String, std::ops::Range<usize>) {
    let ellipsis = if look.unicode { "…" } else { "..." };
    let longest = look.width.clamp(NARROWEST, 200);
    let before = line.get(..stretch.start).map_or(0, |text| text.chars().count());
    let skipped = if line.chars().count() > longest { before.saturating_sub(longest / 4) } else { 0 };
    let mut text = String::new();
    if skipped > 0 {
        text.push_str(ellipsis);
    }
    let mut marked = 0..0;
    let mut column = 0;
    let mut cut = false;
    for (offset, character) in line.char_indices().skip(skipped) {
        if offset == stretch.start {
            marked.start = text.len();
        }
        column += 1;
        if column > longest {
            cut = true;
            break;
        }
        if character == '\t' {
            // Tabs of the file are spaces here, so that nothing depends on where a terminal's tabs stop.
            text.push_str(&" ".repeat(TAB));
        } else if is_hidden(character) {
            text.extend(character.escape_unicode());
        } else {
            text.push(character);
        }
        if offset < stretch.end {
            marked.end = text.len();
        }
    }
    if stretch.start >= line.len() {
        marked.start = text.len();
    }
    if cut {
        text.push_str(ellipsis);
    }
    marked.end = marked.end.max(marked.start);
    (text, marked)
}

/// A text in lines of a width that begin behind an indentation, broken at spaces only: a code, a name or an option
/// with hyphens stays whole.
fn broken(text: &str, width: usize, indent: usize) -> String {
    let longest = width.max(NARROWEST) - indent;
    let mut lines = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > longest {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines
}

/// A text with its control and direction characters made visible; line ends become spaces.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\t' => safe.push(' '),
            character if is_hidden(character) => safe.extend(character.escape_unicode()),
            character => safe.push(character),
        }
    }
    safe
}

/// True for what a terminal would obey instead of showing: controls, directions, invisible joiners and tags.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Code, SourceText};

    /// Without colour, in line-drawing characters.
    const PLAIN: Look = Look { colour: false, unicode: true, width: 100, room: wrapped::ENDLESS };

    /// A problem at the first `word` of a text.
    fn problem(text: &str, word: &str) -> Diagnostic {
        let source = SourceText::new("slogate.yaml", text);
        let start = text.find(word).expect("the word is there");
        Diagnostic::error(Code::UnknownKey, "unknown key `modee`")
            .at(Place::new(&source, start..start + word.len()), "an environment has no such key")
            .help("did you mean `mode`?")
    }

    /// The columns of the underline in a drawing, and the columns of `word` in the line above it.
    fn columns(drawn: &str, word: &str) -> ((usize, usize), (usize, usize)) {
        let lines: Vec<&str> = drawn.lines().collect();
        let mark = lines
            .iter()
            .position(|line| line.contains(['─', '┬', '▲']) && line.contains('·'))
            .expect("underlined");
        let width = |text: &str| text.chars().count();
        let marks = |text: &str| text.chars().filter(|mark| ['─', '┬', '▲'].contains(mark)).count();
        let (blank, _) = lines[mark].split_once(['─', '┬', '▲']).expect("underlined");
        let (before, _) = lines[mark - 1].split_once(word).expect("the word is above");
        ((width(blank), marks(lines[mark])), (width(before), width(word)))
    }

    #[test]
    fn a_problem_shows_message_code_place_underline_and_help() {
        let drawn =
            render(&[problem("version: 1\nenvironments:\n  p: { modee: warn }\nstep: 5m\n", "modee")], PLAIN);
        let wanted = "
  × unknown key `modee` [unknown-key]
   ╭─[slogate.yaml:3:8]
 2 │ environments:
 3 │   p: { modee: warn }
   ·        ──┬──
   ·          ╰── an environment has no such key
 4 │ step: 5m
   ╰────
  help: did you mean `mode`?
";
        assert_eq!(format!("\n{drawn}").as_str(), wanted);
    }

    #[test]
    fn without_unicode_everything_is_ascii() {
        let drawn = render(&[problem("a: 1\n", "a")], Look { unicode: false, ..PLAIN });
        assert!(drawn.is_ascii(), "{drawn}");
        let wanted = "
  x unknown key `modee` [unknown-key]
   ,-[slogate.yaml:1:1]
 1 | a: 1
   : |
   : `-- an environment has no such key
   `----
  help: did you mean `mode`?
";
        assert_eq!(format!("\n{drawn}").as_str(), wanted);
    }

    #[test]
    fn colour_is_only_where_it_is_asked_for() {
        let problems = [problem("a: 1\n", "a")];
        assert!(render(&problems, Look { colour: true, ..PLAIN }).contains('\u{1b}'));
        assert!(!render(&problems, PLAIN).contains('\u{1b}'));
    }

    #[test]
    fn tabs_carriage_returns_and_wide_letters_do_not_shift_the_underline() {
        for text in [
            "a: 1\r\n\tb:\tmodee: x\r\nc: 2\r\n",
            "zwölf: { modee: x }",
            "a: 1\n\n\n\n\nmodee",
            "\t\tmodee\n",
        ] {
            let drawn = render(&[problem(text, "modee")], PLAIN);
            let (underline, word) = columns(&drawn, "modee");
            assert_eq!(underline, word, "{drawn}");
            assert!(!drawn.contains(['\t', '\r']), "{drawn}");
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown_instead() {
        let text = "a: \u{1b}[31m\u{202e}\u{200b} modee\u{7}: x\n";
        let drawn = render(&[problem(text, "modee\u{7}").help("see \u{1b}]8;;http://x\u{7} \u{9b}")], PLAIN);
        assert!(drawn.chars().all(|character| character == '\n' || !is_hidden(character)), "{drawn:?}");
        assert!(drawn.contains("\\u{1b}[31m\\u{202e}\\u{200b} modee\\u{7}"), "{drawn}");
        let (underline, word) = columns(&drawn, "modee\\u{7}");
        assert_eq!(underline, word, "{drawn}");
    }

    #[test]
    fn the_header_counts_lines_and_characters_of_the_file() {
        let drawn = render(&[problem("ä: 1\nö:\tü\u{1b} modee\n", "modee")], PLAIN);
        assert!(drawn.contains("[slogate.yaml:2:7]"), "{drawn}");
    }

    #[test]
    fn a_long_line_is_cut_around_the_underline() {
        let text = format!("a: [{} modee {}]\n", "x, ".repeat(20_000), "y, ".repeat(20_000));
        let drawn = render(&[problem(&text, "modee")], PLAIN);
        assert!(drawn.lines().all(|line| line.chars().count() < 130), "{drawn}");
        let (underline, word) = columns(&drawn, "modee");
        assert_eq!(underline, word, "{drawn}");
    }

    #[test]
    fn a_place_at_the_end_or_over_several_lines_is_drawn() {
        let source = SourceText::new("a.yaml", "a:\n  b: 1\n  c: 2\n");
        for span in [0..16, 16..16, 3..99, 99..99] {
            let problem = Diagnostic::warning(Code::Unused, "unused").at(Place::new(&source, span), "here");
            assert!(render(&[problem], PLAIN).contains("here"));
        }
        let empty = SourceText::new("a.yaml", "");
        let problem = Diagnostic::error(Code::NoSlo, "empty").at(Place::new(&empty, 0..0), "nothing here");
        assert!(render(&[problem], PLAIN).contains("empty"));
    }

    #[test]
    fn text_is_wrapped_between_words_and_never_within_one() {
        let long = problem("a: 1\n", "a")
            .help("run `slogate check --save-observations history.json` and look at it");
        let drawn = render(&[long], Look { width: 44, ..PLAIN });
        assert!(
            drawn.contains("  help: run `slogate check\n        --save-observations history.json`\n"),
            "{drawn}"
        );
        assert!(drawn.lines().all(|line| line.chars().count() <= 44), "{drawn}");
    }

    #[test]
    fn of_many_problems_the_rest_is_counted() {
        let drawn = render(&vec![problem("a: 1\n", "a"); MOST + 3], PLAIN);
        assert!(drawn.ends_with("\n  and 3 problems more\n"), "{drawn}");
    }

    #[test]
    fn a_problem_of_no_file_is_message_and_help() {
        let problem =
            Diagnostic::error(Code::NoSettings, "there is no `slogate.yaml`").help("run `slogate init`");
        let one = "  × there is no `slogate.yaml` [no-settings]\n  help: run `slogate init`\n";
        assert_eq!(render(&[problem.clone(), problem], PLAIN), format!("{one}\n{one}"));
    }
}
