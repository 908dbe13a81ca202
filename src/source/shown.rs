//! Texts of a monitoring system as they may be shown: on one line, cut, without control characters and without secrets.

use crate::http::Credentials;

/// The most characters of a server's own text that are shown.
const SHOWN: usize = 300;

/// A text of a server that was asked with these credentials.
pub fn shown(text: &str, credentials: &Credentials) -> String {
    let secrets = credentials.spellings();
    let hidden = secrets.iter().fold(text.to_owned(), |text, secret| hide(&text, secret));
    let plain = |c: char| match c {
        '`' => '\'',
        // Marks that turn the direction of writing, or that are not seen.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => ' ',
        c if c.is_control() => ' ',
        c => c,
    };
    let mut text: String = hidden.chars().take(SHOWN).map(plain).collect();
    if hidden.chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    text
}

/// A text with a secret hidden, however a server that repeats an address spells it.
fn hide(text: &str, secret: &str) -> String {
    let mut hidden = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let after = spelled(rest, secret).and_then(|length| rest.get(length..));
        rest = if let Some(after) = after {
            hidden.push_str("***");
            after
        } else {
            hidden.push(first);
            rest.get(first.len_utf8()..).unwrap_or_default()
        };
    }
    hidden
}

/// How many bytes at the beginning of a text spell a secret, each byte as it is or percent-encoded; none where they do not.
fn spelled(text: &str, secret: &str) -> Option<usize> {
    let hex = |digits: [u8; 2]| u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok();
    let mut rest = text.as_bytes();
    for byte in secret.bytes() {
        rest = match rest {
            [b'%', high, low, after @ ..] if hex([*high, *low]) == Some(byte) => after,
            [b'+', after @ ..] if byte == b' ' => after,
            [first, after @ ..] if *first == byte => after,
            _ => return None,
        };
    }
    (!secret.is_empty()).then(|| text.len() - rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Secret;

    #[test]
    fn a_secret_is_hidden_however_an_address_spells_it() {
        let credentials = Credentials::bearer(Secret::new("pass W!ü%"));
        for spelling in ["pass W!ü%", "pass%20W%21%C3%BC%25", "pass+W!%c3%bc%25", "%70ass W!ü%25"] {
            assert_eq!(shown(&format!("<{spelling}>"), &credentials), "<***>", "{spelling}");
        }
        assert_eq!(shown("pass%20W", &credentials), "pass%20W");
        assert_eq!(shown("%7ü", &credentials), "%7ü");
    }
}
