//! Texts of a monitoring system as they may be shown: on one line, cut, without control characters and without secrets.

use crate::http::Credentials;

/// The most characters of a server's own text that are shown.
const SHOWN: usize = 300;

/// A text of a server that was asked with these credentials.
pub fn shown(text: &str, credentials: &Credentials) -> String {
    let secrets = credentials.spellings();
    let hidden = secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"));
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
