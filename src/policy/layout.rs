//! From the positions of the script engine to bytes of the policy's text.
//!
//! The engine counts lines and characters and names one point; people need the whole token, call or clause
//! underlined. A layout knows where lines begin and how far a token, a call with its arguments and a chain of
//! method calls reach. It reads text only and knows nothing of what the text means.

use rhai::Position;

use crate::diagnostic::{Place, SourceText};

/// A policy's text with its line starts.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// The text.
    source: SourceText,
    /// The byte offset at which each line begins.
    lines: Vec<usize>,
}

impl Layout {
    /// Reads where lines begin.
    pub(super) fn new(source: &SourceText) -> Self {
        let newlines = source.text().match_indices('\n').map(|(at, _)| at + 1);
        Self { source: source.clone(), lines: std::iter::once(0).chain(newlines).collect() }
    }

    /// The text.
    pub(super) const fn source(&self) -> &SourceText {
        &self.source
    }

    /// The beginning of a block comment that is never closed.
    pub(super) fn open_comment(&self) -> Option<Place> {
        let text = self.source.text();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            if rest.starts_with("/*") && !comment(rest).1 {
                return Some(Place::new(&self.source, at..at + 2));
            }
            at = item_end(text, at).max(at + 1);
        }
        None
    }

    /// The byte offset of a position; none when the engine gave none.
    pub(super) fn offset(&self, position: Position) -> Option<usize> {
        let start = *self.lines.get(position.line()?.checked_sub(1)?)?;
        let rest = self.source.text().get(start..)?;
        let column = position.position().unwrap_or(1).saturating_sub(1);
        Some(start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at))
    }

    /// The token at a position.
    pub(super) fn token(&self, position: Position) -> Option<Place> {
        let start = self.offset(position)?;
        Some(Place::new(&self.source, start..token_end(self.source.text(), start)))
    }

    /// The call at a position: its name and its arguments.
    pub(super) fn call(&self, position: Position) -> Option<Place> {
        let start = self.offset(position)?;
        Some(Place::new(&self.source, start..call_end(self.source.text(), start)))
    }

    /// The call at a position and the method calls that follow it.
    pub(super) fn chain(&self, position: Position) -> Option<Place> {
        let (start, text) = (self.offset(position)?, self.source.text());
        let mut end = call_end(text, start);
        loop {
            let dot = blank_end(text, end);
            if text.get(dot..).is_none_or(|rest| !rest.starts_with('.')) {
                return Some(Place::new(&self.source, start..end));
            }
            end = call_end(text, blank_end(text, dot + 1));
        }
    }

    /// What stands between the parentheses of the call at a position; the call itself where that is nothing.
    pub(super) fn arguments(&self, position: Position) -> Option<Place> {
        let call = self.call(position)?;
        let open = call.text().find('(')? + call.span.start + 1;
        let close = call.span.end.saturating_sub(1);
        let start = blank_end(self.source.text(), open);
        let inside = self.source.text().get(start..close)?;
        let inside = inside.trim_end().trim_end_matches(',').trim_end();
        if inside.is_empty() {
            return Some(call);
        }
        Some(Place::new(&self.source, start..start + inside.len()))
    }

    /// The literal `word` among the arguments of the call at a position; the arguments where it is not literal.
    pub(super) fn literal(&self, position: Position, word: &str) -> Option<Place> {
        let arguments = self.arguments(position)?;
        let quoted = format!("\"{word}\"");
        let Some(at) = arguments.text().find(&quoted) else { return Some(arguments) };
        let start = arguments.span.start + at;
        Some(Place::new(&self.source, start..start + quoted.len()))
    }

    /// A place made wide enough to close every bracket that it opens, and to open every one that it closes.
    pub(super) fn balanced(&self, place: &Place) -> Place {
        let text = self.source.text();
        let (mut at, mut open, mut unopened) = (place.span.start, 0_usize, 0_usize);
        while at < place.span.end {
            let end = item_end(text, at);
            match text.get(at..end) {
                Some("(" | "[" | "{") => open += 1,
                Some(")" | "]" | "}") if open == 0 => unopened += 1,
                Some(")" | "]" | "}") => open -= 1,
                _ => {}
            }
            at = end.max(at + 1);
        }
        let (mut start, mut end) = (place.span.start, place.span.end);
        while unopened > 0 {
            let before = text.get(..start).unwrap_or_default().trim_end();
            if !before.ends_with(['(', '[', '{']) {
                break;
            }
            start = before.len() - 1;
            unopened -= 1;
        }
        while open > 0 {
            let next = blank_end(text, end);
            if text.get(next..).is_none_or(|rest| !rest.starts_with([')', ']', '}', ','])) {
                break;
            }
            open -= usize::from(text.get(next..).is_some_and(|rest| !rest.starts_with(',')));
            end = next + 1;
        }
        Place::new(&self.source, start..end)
    }

    /// What is written at a place, on one line and without comments.
    pub(super) fn bare(place: &Place) -> String {
        let text = place.text();
        let (mut at, mut bare) = (0, String::new());
        while at < text.len() {
            let end = item_end(text, at).max(at + 1);
            let item = text.get(at..end).unwrap_or_default();
            let comment = item.starts_with("//") || item.starts_with("/*");
            if !comment && !item.trim().is_empty() {
                bare.push_str(item);
            } else if !bare.ends_with(' ') {
                bare.push(' ');
            }
            at = end;
        }
        bare.trim().to_owned()
    }

    /// The last token before `end` that is no comment.
    pub(super) fn before(&self, end: usize) -> Option<Place> {
        let text = self.source.text();
        let (mut at, mut last) = (blank_end(text, 0), None);
        while at < end {
            let next = item_end(text, at).max(at + 1);
            last = Some(at..next);
            at = blank_end(text, next);
        }
        last.map(|span| Place::new(&self.source, span))
    }

    /// The name in the definition `fn name(...)`.
    pub(super) fn definition(&self, name: &str) -> Option<Place> {
        let text = self.source.text();
        let mut at = 0;
        let mut defines = false;
        while at < text.len() {
            let end = item_end(text, at);
            let item = text.get(at..end)?;
            if defines && item == name {
                return Some(Place::new(&self.source, at..end));
            }
            if !item.trim().is_empty() && !item.starts_with('/') {
                // `fn type.name(...)` has a type and a dot between.
                defines = item == "fn" || (defines && item != "(");
            }
            at = end.max(at + 1);
        }
        None
    }
}

/// True for what names and numbers are made of.
fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The end of the token that begins at `start`.
fn token_end(text: &str, start: usize) -> usize {
    let Some(rest) = text.get(start..) else { return text.len() };
    let run = |belongs: fn(char) -> bool| start + rest.find(|next| !belongs(next)).unwrap_or(rest.len());
    match rest.chars().next() {
        None => start,
        Some(first) if first.is_ascii_digit() => run(|next| is_word(next) || next == '.'),
        Some(first) if is_word(first) => run(is_word),
        Some('|') => rest.get(1..).and_then(|inside| inside.find('|')).map_or(start + 1, |at| start + at + 2),
        Some('<' | '>' | '=' | '!' | '&' | '+' | '-' | '*' | '/' | '%') => {
            run(|next| "<>=!&+-*/%".contains(next))
        }
        Some('.') => {
            start
                + 1
                + rest.chars().skip(1).take_while(|next| is_word(*next)).map(char::len_utf8).sum::<usize>()
        }
        Some('"' | '`' | '\'') => item_end(text, start),
        Some(first) => start + first.len_utf8(),
    }
}

/// The end of the comment, text, word or single character that begins at `start`.
fn item_end(text: &str, start: usize) -> usize {
    let Some(rest) = text.get(start..) else { return text.len() };
    let Some(first) = rest.chars().next() else { return start };
    if rest.starts_with("//") {
        return start + rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return start + comment(rest).0;
    }
    if is_word(first) {
        return start + rest.find(|next| !is_word(next)).unwrap_or(rest.len());
    }
    if !matches!(first, '"' | '`' | '\'') {
        return start + first.len_utf8();
    }
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' if first != '`' => escaped = true,
            _ if character == first => return start + at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the block comment, possibly nested, that `rest` begins with, and whether it is closed.
fn comment(rest: &str) -> (usize, bool) {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                return (at, true);
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    (at, false)
}

/// The first byte from `start` on that is neither blank nor a comment.
fn blank_end(text: &str, start: usize) -> usize {
    let mut at = start;
    while let Some(rest) = text.get(at..) {
        let blank = rest.len() - rest.trim_start().len();
        if blank > 0 {
            at += blank;
        } else if rest.starts_with("//") || rest.starts_with("/*") {
            at = item_end(text, at);
        } else {
            break;
        }
    }
    at
}

/// The end of the name at `start` and of the parentheses that follow it.
fn call_end(text: &str, start: usize) -> usize {
    let name = token_end(text, start);
    let open = blank_end(text, name);
    if text.get(open..).is_none_or(|rest| !rest.starts_with('(')) {
        return name;
    }
    let mut depth = 0_usize;
    let mut at = open;
    while at < text.len() {
        let end = item_end(text, at);
        match text.get(at..end) {
            Some("(" | "[" | "{") => depth += 1,
            Some(")" | "]" | "}") => depth = depth.saturating_sub(1),
            _ => {}
        }
        at = end.max(at + 1);
        if depth == 0 {
            break;
        }
    }
    at.min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(text: &str) -> Layout {
        Layout::new(&SourceText::new("policies/a.rhai", text))
    }

    #[test]
    fn positions_count_characters_and_places_count_bytes() {
        let layout = layout("// größer\nlet ä = ünder_way + 1;\n");
        let place = layout.token(Position::new(2, 9)).expect("there is a token");
        assert_eq!(place.text(), "ünder_way");
        assert_eq!(place.column(), 9);
        assert!(layout.token(Position::NONE).is_none());
    }

    #[test]
    fn a_chain_reaches_over_lines_comments_and_brackets_in_texts() {
        let text =
            "clause(\"a)\", \"b\") // (\n  .when(|b| (b.remaining <= 0)) /* ) */\n  .then(warn(\"(\"));\n";
        let layout = layout(text);
        let chain = layout.chain(Position::new(1, 1)).expect("there is a chain");
        assert!(chain.text().ends_with(".then(warn(\"(\"))"), "{}", chain.text());
        let condition = layout.arguments(Position::new(2, 4)).expect("there are arguments");
        assert_eq!(condition.text(), "|b| (b.remaining <= 0)");
    }

    #[test]
    fn a_literal_argument_is_underlined_and_a_computed_one_is_not() {
        let layout = layout("freeze(\"prodution\").except([\"a\", \"hotfx\"]); freeze(name)");
        assert_eq!(layout.literal(Position::new(1, 1), "prodution").expect("found").text(), "\"prodution\"");
        assert_eq!(layout.literal(Position::new(1, 21), "hotfx").expect("found").text(), "\"hotfx\"");
        assert_eq!(layout.literal(Position::new(1, 45), "x").expect("found").text(), "name");
    }

    #[test]
    fn a_definition_is_found_past_comments_and_calls() {
        let layout = layout("// fn freeze()\nfreeze(1); fn x() { freeze(2) }\nfn  freeze(env) {}\n");
        let place = layout.definition("freeze").expect("found");
        assert_eq!((place.line(), place.column()), (3, 5));
    }

    #[test]
    fn text_that_ends_too_early_ends_the_place() {
        let layout = layout("clause(\"a");
        assert_eq!(layout.chain(Position::new(1, 1)).expect("found").text(), "clause(\"a");
        assert_eq!(layout.call(Position::new(1, 1)).expect("found").text(), "clause(\"a");
    }
}
