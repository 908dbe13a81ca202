//! What is never shown, although somebody wrote it into a file where it does not belong: the secret key of an observer.
//!
//! A file with a mistake in it is shown in logs and on pull requests, which are read by more people than the file.

use std::borrow::Cow;

/// What a secret key of an observer begins with.
pub const SECRET_KEY: &str = "ed25519-secret:";

/// A text of the same length in bytes, with stars in place of what stands behind the beginning of every secret key.
#[must_use]
pub fn concealed(text: &str) -> Cow<'_, str> {
    if !text.contains(SECRET_KEY) {
        return Cow::Borrowed(text);
    }
    let is_key = |character: char| character.is_ascii_alphanumeric() || "+/=-_".contains(character);
    let mut parts = text.split(SECRET_KEY);
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(is_key);
        shown.push_str(SECRET_KEY);
        shown.push_str(&"*".repeat(part.len() - rest.len()));
        shown.push_str(rest);
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_key_is_concealed_wherever_it_stands() {
        for (text, shown) in [
            ("[ed25519-secret:Ab+/=, 'ed25519:BB='] # é", "[ed25519-secret:*****, 'ed25519:BB='] # é"),
            ("ed25519-secret:ed25519-secret:A é", "ed25519-secret:ed25519-secret:* é"),
            ("ed25519-secret:", "ed25519-secret:"),
            ("é", "é"),
        ] {
            assert_eq!(concealed(text), shown);
            assert_eq!(concealed(text).len(), text.len());
        }
    }
}
