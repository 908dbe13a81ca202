//! Text that others wrote, made safe for the place where it is shown.
//!
//! Names, reasons, paths and messages come from repositories, pull requests and monitoring systems. Whatever
//! shows them passes them through here first: for Markdown as prose or as code, for a terminal. What cannot be
//! seen (control characters, direction marks, zero-width characters) becomes visible or goes, and length is
//! capped. Workflow commands have an escaping of their own, beside their writer.

/// The most characters of somebody else's text that are shown in one place.
pub const LONGEST: usize = 200;

/// The most characters of a message.
const LONGEST_MESSAGE: usize = 400;

/// The most characters of a block of code.
const LONGEST_BLOCK: usize = 2_000;

/// Zero-width space: keeps `@` and `#` from becoming a mention or a reference.
const ZERO_WIDTH_SPACE: char = '\u{200B}';

/// Prose in Markdown: shown as it was written, without becoming markup, a mention, a reference or a link.
#[must_use]
pub fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    let text = seen(text);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '@' => {
                safe.push('@');
                safe.push(ZERO_WIDTH_SPACE);
            }
            '#' => {
                safe.push_str("\\#");
                safe.push(ZERO_WIDTH_SPACE);
            }
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '|' | '!' | '~' | '$' => {
                safe.push('\\');
                safe.push(character);
            }
            // A scheme, a host and a reference such as `GH-1` or `org/repo#1` link themselves. A time of day stays whole,
            // because people copy it.
            ':' => {
                safe.push(':');
                if characters.peek().is_some_and(|next| !next.is_ascii_digit() && !next.is_whitespace()) {
                    safe.push(ZERO_WIDTH_SPACE);
                }
            }
            _ => safe.push(character),
        }
    }
    let safe = unlinked(&safe);
    // A list, a rule or a heading begins a line; the text may be put at the start of one.
    let number = safe.trim_start_matches(|c: char| c.is_ascii_digit());
    if safe.starts_with(['-', '+', '=']) {
        format!("\\{safe}")
    } else if number.len() < safe.len() && number.starts_with(". ") {
        let digits = safe.strip_suffix(number).unwrap_or_default();
        format!("{digits}\\{number}")
    } else {
        safe
    }
}

/// A message in Markdown: what stands between backticks becomes code, and all of it is as safe as what it is made of, so
/// that a backtick in somebody's name only moves the border between prose and code.
#[must_use]
pub fn message(text: &str) -> String {
    let text: String = match text.char_indices().nth(LONGEST_MESSAGE) {
        None => text.to_owned(),
        Some(_) => text.chars().take(LONGEST_MESSAGE - 1).chain(['…']).collect(),
    };
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return markdown(&text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for (index, part) in parts.into_iter().enumerate() {
        if index % 2 == 1 {
            safe.push_str(&code_span(part));
            continue;
        }
        // The blanks beside code are the message's own.
        let blank = |there: bool| if there { " " } else { "" };
        let inner = part.trim();
        safe.push_str(blank(part.starts_with(' ')));
        safe.push_str(&markdown(inner));
        safe.push_str(blank(part.ends_with(' ') && !inner.is_empty()));
    }
    safe
}

/// A reason as the public reads it: addresses in it are cut to their scheme, because where an internal system stands is
/// nobody's business in a comment or a status that may be public. The log has them.
#[must_use]
pub fn unaddressed(text: &str) -> String {
    let mut public = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        public.push_str(before);
        public.push_str("://");
        if before.ends_with("http") || before.ends_with("https") {
            public.push('…');
            rest = after.trim_start_matches(|c: char| !c.is_whitespace() && !"`'\"<>(),;".contains(c));
        } else {
            rest = after;
        }
    }
    public.push_str(rest);
    public
}

/// Code in Markdown: a code span whose fence is longer than any run of backticks inside. In a table, too.
#[must_use]
pub fn code_span(text: &str) -> String {
    let text = seen(text);
    if text.is_empty() {
        return "` `".to_owned();
    }
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    // Code spans fail in replies by e-mail, so a mention is broken here too; a pipe would end a table's cell.
    let inside = text
        .replace('@', &format!("@{ZERO_WIDTH_SPACE}"))
        .replace('#', &format!("#{ZERO_WIDTH_SPACE}"))
        .replace('|', "\u{2223}");
    let pad = if inside.starts_with('`') || inside.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{inside}{pad}{fence}")
}

/// Text between tags of HTML inside of Markdown, such as a summary, where Markdown is not read.
#[must_use]
pub fn html(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for character in seen(text).chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '@' | '#' | ':' => {
                safe.push(character);
                safe.push(ZERO_WIDTH_SPACE);
            }
            _ => safe.push(character),
        }
    }
    unlinked(&safe)
}

/// A block of code in Markdown that nothing inside of it can close, at most 2,000 characters long.
#[must_use]
pub fn code_block(text: &str, language: &str) -> String {
    let mut lines = Vec::new();
    for line in text.chars().take(LONGEST_BLOCK).collect::<String>().lines() {
        let line: String = line
            .chars()
            .filter_map(|character| match character {
                '\t' => Some(' '),
                _ if is_unseen(character) => None,
                _ => Some(character),
            })
            .collect();
        // Three backticks in a row could end the block, wherever a reader counts them.
        let line = if line.contains("```") { line.replace("``", "``\u{200B}") } else { line };
        lines.push(unmentioned(&line));
    }
    let more = if text.chars().nth(LONGEST_BLOCK).is_some() { "\n…" } else { "" };
    format!("```{language}\n{}{more}\n```\n", lines.join("\n"))
}

/// Code with mentions broken, because a reply by e-mail quotes it as prose. An `@` before a blank or a number is left to
/// those who copy the code.
fn unmentioned(code: &str) -> String {
    let mut safe = String::with_capacity(code.len());
    let mut characters = code.chars().peekable();
    while let Some(character) = characters.next() {
        safe.push(character);
        if character == '@' && characters.peek().is_some_and(|next| next.is_alphabetic()) {
            safe.push(ZERO_WIDTH_SPACE);
        }
    }
    safe
}

/// One line on a terminal: control characters and characters that cannot be seen are written out.
#[must_use]
pub fn terminal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in cut(text).chars() {
        if is_unseen(character) {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The text with every character written out that a log would obey or hide, but for ends of lines, tabs, and the
/// zero-width space that keeps mentions and commands apart.
#[must_use]
pub fn log(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unseen(character) && !matches!(character, '\n' | '\r' | '\t' | '\u{200B}') {
            safe.extend(character.escape_unicode());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// The text on one line, without characters that cannot be seen, cut to the longest length.
fn seen(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(4 * LONGEST));
    for character in text.chars() {
        if matches!(character, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}') {
            line.push(' ');
        } else if !is_unseen(character) {
            line.push(character);
        }
    }
    cut(line.trim()).into_owned()
}

/// The text, or its beginning and an ellipsis.
fn cut(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        None => text.into(),
        Some(_) => text.chars().take(LONGEST - 1).chain(std::iter::once('…')).collect::<String>().into(),
    }
}

/// Keeps what GitHub links without a scheme from being linked: hosts that begin with `www.`, and `GH-1` where a word
/// begins. Whatever else has these letters stays whole, because people copy names.
fn unlinked(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = next_autolink(rest) {
        let (before, after) = rest.split_at(at);
        safe.push_str(before);
        safe.push(ZERO_WIDTH_SPACE);
        rest = after;
    }
    safe.push_str(rest);
    safe
}

/// The offset before the last character of the next `www.`, or of the `GH-` of a reference.
fn next_autolink(text: &str) -> Option<usize> {
    let lower = text.to_ascii_lowercase();
    let www = lower.find("www.").map(|at| at + "www".len());
    let is_reference = |at: usize| {
        let (before, after) = (lower.get(..at).unwrap_or_default(), lower.get(at..).unwrap_or_default());
        let number = after.trim_start_matches("gh-");
        !before.ends_with(char::is_alphanumeric) && number.starts_with(|next: char| next.is_ascii_digit())
    };
    let gh =
        lower.match_indices("gh-").map(|(at, _)| at).find(|at| is_reference(*at)).map(|at| at + "gh".len());
    match (www, gh) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// True for control characters and for those that change what is read without being seen: direction marks
/// and isolates, zero-width characters, variation selectors, tags, private use, and invisible operators.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}' | '\u{F0000}'..='\u{10FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_shown_and_not_obeyed() {
        assert_eq!(markdown("**bold** <b>&amp;"), "\\*\\*bold\\*\\* &lt;b&gt;&amp;amp;");
        assert_eq!(markdown("</details><!-- x"), "&lt;/details&gt;&lt;\\!-- x");
        assert_eq!(markdown("![a](b) | c"), "\\!\\[a\\]\\(b\\) \\| c");
        assert_eq!(markdown("one\n# two\r\n---"), "one \\#\u{200B} two  ---");
        assert_eq!(markdown("- a"), "\\- a");
        assert_eq!(markdown("1. a"), "1\\. a");
        assert_eq!(markdown("1.5 a"), "1.5 a");
    }

    #[test]
    fn mentions_references_and_links_are_broken() {
        assert_eq!(markdown("@team"), "@\u{200B}team");
        assert_eq!(markdown("a/b#1"), "a/b\\#\u{200B}1");
        assert_eq!(markdown("https://x"), "https:\u{200B}//x");
        assert_eq!(markdown("www.x.y GH-1"), "www\u{200B}.x.y GH\u{200B}-1");
        assert_eq!(markdown("(gh-12)"), "\\(gh\u{200B}-12\\)");
        assert_eq!(markdown("high-alert gh-pages high-1"), "high-alert gh-pages high-1");
        assert_eq!(code_span("@team #1"), "`@\u{200B}team #\u{200B}1`");
    }

    #[test]
    fn a_code_span_cannot_be_left() {
        assert_eq!(code_span("plain"), "`plain`");
        assert_eq!(code_span("a`b``c"), "```a`b``c```");
        assert_eq!(code_span("`"), "`` ` ``");
        assert_eq!(code_span("a|b\nc"), "`a∣b c`");
        assert_eq!(code_span(""), "` `");
    }

    #[test]
    fn the_public_reads_no_address() {
        let told =
            unaddressed("`http://prom.internal:9090/api/v1/query?x=1`: cannot connect, https://b.c; ok");
        assert_eq!(told, "`http://…`: cannot connect, https://…; ok");
        assert_eq!(unaddressed("14:00 UTC, a://b, no address"), "14:00 UTC, a://b, no address");
    }

    #[test]
    fn a_message_shows_code_as_code() {
        assert_eq!(message("no `a_b` in `x|y`: see"), "no `a_b` in `x∣y`: see");
        assert_eq!(message("`a` b"), "`a` b");
        // A name that holds a backtick.
        assert_eq!(message("no `a` @team `b`"), "no `a` @\u{200b}team `b`");
        assert_eq!(message("one ` alone"), "one \\` alone");
        assert!(message(&"`a` ".repeat(500)).chars().count() < 500);
    }

    #[test]
    fn a_block_of_code_cannot_be_left() {
        assert_eq!(code_block("sum(a)\n/ b @ end()", "promql"), "```promql\nsum(a)\n/ b @ end()\n```\n");
        let hostile = code_block("a\n`````\n</details>\r\n@team \u{202e}", "");
        assert_eq!(hostile, "```\na\n``\u{200b}``\u{200b}`\n</details>\n@\u{200b}team \n```\n");
        let long = code_block(&"ü".repeat(10_000), "");
        assert!(long.chars().count() < 2_020 && long.ends_with("ü\n…\n```\n"));
    }

    #[test]
    fn text_between_tags_stays_text() {
        assert_eq!(
            html("a_b </summary> \"x\" 'y' &"),
            "a_b &lt;/summary&gt; &quot;x&quot; &#39;y&#39; &amp;"
        );
        assert_eq!(html("@team #1 https://x"), "@\u{200b}team #\u{200b}1 https:\u{200b}//x");
    }

    #[test]
    fn what_cannot_be_seen_goes_or_is_written_out() {
        assert_eq!(markdown("a\u{202E}b\u{200D}c\u{1b}[31m"), "abc\\[31m");
        assert_eq!(terminal("a\u{202E}b\u{1b}[31m\n"), "a\\u{202e}b\\u{1b}[31m\\u{a}");
        assert_eq!(terminal("grün · ❄"), "grün · ❄");
    }

    #[test]
    fn length_is_capped_in_characters() {
        let long = "ü".repeat(10_000);
        assert_eq!(markdown(&long).chars().count(), LONGEST);
        assert!(terminal(&long).ends_with("ü…"));
        assert_eq!(terminal(&"ü".repeat(LONGEST)).chars().count(), LONGEST);
    }

    #[test]
    fn a_workflow_command_in_a_name_is_no_line_of_its_own() {
        assert!(!markdown("x\n::error::y").contains('\n'));
        assert!(!code_span("x\r\n::error::y").contains(['\n', '\r']));
        assert!(!terminal("x\n::error::y").contains('\n'));
    }
}
