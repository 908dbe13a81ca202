//! What a query may ask of its reader: nesting takes stack, and each regular expression takes time and memory.
//!
//! A query may come from the change that is judged, so what is dear is refused before the parser sees it.

use promql_parser::util::unquote_string;
use regex::RegexBuilder;

/// The most signs, comparisons and words such as `or` between operands: each nests the tree by one.
const MOST_OPERATORS: usize = 256;

/// The most signs in a row.
const MOST_SIGNS: usize = 64;

/// The most regular expressions of a query.
const MOST_REGEXES: usize = 128;

/// How large most regular expressions may be once they are compiled, in bytes.
const SMALL: usize = 64 * 1024;

/// How large a few of them may be.
const LARGE: usize = 1024 * 1024;

/// How many may be large.
const MOST_LARGE: usize = 8;

/// The longest regular expression that is taken for small as it stands.
const PLAIN: usize = 256;

/// Words that stand between operands.
const WORDS: [&str; 4] = ["and", "or", "unless", "atan2"];

/// What was seen of a query.
#[derive(Default)]
struct Seen {
    /// Operators between operands, and signs before them.
    operators: usize,
    /// Signs since the last operand.
    signs: usize,
    /// The texts of the regular expressions.
    regexes: Vec<String>,
    /// A backslash in a string stands before a character beyond ASCII, which the parser does not survive.
    odd_escape: bool,
}

/// Why a query asks too much; none when it may be parsed.
pub(super) fn exceeded(text: &str) -> Option<String> {
    let seen = seen(text);
    if seen.odd_escape {
        return Some(
            "the query is no PromQL: a backslash stands before a character that it cannot escape".to_owned(),
        );
    }
    if seen.signs > MOST_SIGNS || seen.operators > MOST_OPERATORS {
        return Some(format!(
            "a query has at most {MOST_OPERATORS} operators, and {MOST_SIGNS} signs in a row"
        ));
    }
    if seen.regexes.len() > MOST_REGEXES {
        return Some(format!("a query has at most {MOST_REGEXES} regular expressions"));
    }
    let larger = |regex: &&String| !is_plain(regex) && !fits(regex, SMALL);
    let mut large = seen.regexes.iter().filter(larger);
    let few: Vec<&String> = large.by_ref().take(MOST_LARGE).collect();
    let refused = few.into_iter().find(|regex| !fits(regex, LARGE)).or_else(|| large.next())?;
    let shown: String = refused.chars().take(60).collect();
    Some(format!("the regular expression that begins with `{}` selects by too much", shown.replace('`', "'")))
}

/// Looks a query over without parsing it.
fn seen(text: &str) -> Seen {
    let mut seen = Seen::default();
    let (mut most_signs, mut in_braces, mut is_regex) = (0, false, false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' | '\'' | '`' => literal(rest, c),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            c if c.is_ascii_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        if matches!(c, '"' | '\'') && has_odd_escape(token) {
            seen.odd_escape = true;
            return seen;
        }
        match c {
            '"' | '\'' | '`' if is_regex => {
                is_regex = false;
                seen.regexes.push(unquote_string(token).unwrap_or_else(|_| token.to_owned()));
            }
            '{' => in_braces = true,
            '}' => in_braces = false,
            '~' => is_regex = true,
            _ if in_braces || c == '#' || c.is_whitespace() => {}
            '+' | '-' => {
                seen.operators += 1;
                seen.signs += 1;
                most_signs = most_signs.max(seen.signs);
            }
            '*' | '/' | '%' | '^' | '<' | '>' | '=' | '!' => seen.operators += 1,
            _ if WORDS.iter().any(|word| token.eq_ignore_ascii_case(word)) => seen.operators += 1,
            _ => seen.signs = 0,
        }
    }
    seen.signs = most_signs;
    seen
}

/// How long the string at the beginning of a text is, with its quotes.
fn literal(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped && quote != '`';
    }
    text.len()
}

/// True for a string in which a backslash stands before a character beyond ASCII.
fn has_odd_escape(token: &str) -> bool {
    let mut escaped = false;
    token.chars().any(|c| {
        let odd = escaped && !c.is_ascii();
        escaped = c == '\\' && !escaped;
        odd
    })
}

/// True for a regular expression that is small whatever it says: without repetitions by number, flags and classes of
/// many characters.
fn is_plain(regex: &str) -> bool {
    let mut escaped = false;
    let mut classes = regex.chars().filter(|c| {
        let is_class = escaped && c.is_ascii_alphanumeric() && *c != 'd';
        escaped = *c == '\\' && !escaped;
        is_class
    });
    regex.len() <= PLAIN && !regex.contains('{') && !regex.contains("(?") && classes.next().is_none()
}

/// True when a regular expression is within a size once it is compiled. One that is none is the parser's to tell, which
/// tries it twice: it counts as large.
fn fits(regex: &str, size: usize) -> bool {
    match RegexBuilder::new(&format!("^(?:{regex})$")).size_limit(size).build() {
        Ok(_) => true,
        Err(regex::Error::CompiledTooBig(_)) => false,
        Err(_) => size >= LARGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nests_without_parentheses_is_bounded() {
        let signs = |count: usize| format!("{}a", "-".repeat(count));
        assert_eq!(exceeded(&signs(64)), None);
        assert!(exceeded(&signs(65)).is_some_and(|why| why.contains("64 signs")));
        assert!(exceeded(&signs(16_000)).is_some());
        for sign in ["+", "^", " or ", " AND ", "-", "> bool "] {
            assert_eq!(exceeded(&vec!["a"; 200].join(sign)), None, "{sign}");
            assert!(exceeded(&vec!["a"; 300].join(sign)).is_some(), "{sign}");
        }
        let quiet = format!("a{{b=\"{}\",c!=\"d\"}} # {}", "-".repeat(500), "+".repeat(500));
        assert_eq!(exceeded(&quiet), None);
    }

    #[test]
    fn an_escape_of_what_cannot_be_escaped_never_reaches_the_parser() {
        for text in ["'\\𐄀'", "a{b=\"\\é\"}", "a{b=~\"x\\\\\\é\"}", "\"\\é"] {
            assert!(exceeded(text).is_some_and(|why| why.contains("backslash")), "{text}");
        }
        for text in ["a{b=~\"\\\\é\"}", "a{b=`\\é`}", "a{b=\"é\"}"] {
            assert_eq!(exceeded(text), None, "{text}");
        }
    }

    #[test]
    fn regular_expressions_are_bounded_in_number_and_size() {
        let many = |regex: &str, count: usize| {
            let matchers: Vec<String> = (0..count).map(|at| format!("b{at}=~\"{regex}\"")).collect();
            exceeded(&format!("a{{{}}}", matchers.join(",")))
        };
        assert_eq!(many("5..|4\\\\d+", 100), None);
        assert_eq!(many("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{12}", 100), None);
        assert_eq!(many("\\\\w{8}", 8), None);
        assert!(many("5..", 129).is_some_and(|why| why.contains("at most 128 regular")));
        assert!(many("\\\\w{200}", 1).is_some_and(|why| why.contains("selects by too much")));
        assert!(many("\\x5cw\\x7b200}", 1).is_some(), "escapes hide nothing");
        assert!(many("\\\\w{16}", 100).is_some(), "and few are large");
        assert!(many("\\\\p{L}{500}", 1).is_some());
    }
}
