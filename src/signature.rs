//! Who said something: the keys of observers, and texts that are signed with them.
//!
//! Signatures are Ed25519 (RFC 8032). A public key is written `ed25519:` and its 32 bytes in Base64, a secret one
//! `ed25519-secret:` and the 32 bytes of its seed; the secret one never prints. `envelope` is the form in which signed
//! texts travel. Whose key is believed is for others to say. This is the one door to `ring`.

use std::fmt::{self, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};

use crate::http::Secret;

pub mod envelope;

/// What a public key begins with.
const PUBLIC: &str = "ed25519:";

/// What a secret key begins with.
const SECRET: &str = crate::diagnostic::concealed::SECRET_KEY;

/// The bytes of a key, public or secret.
const LENGTH: usize = 32;

/// A key with which signatures are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey([u8; LENGTH]);

impl PublicKey {
    /// Reads `ed25519:…`; none for any other text.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        key_bytes(text, PUBLIC).map(Self)
    }

    /// Whether this key signed this message.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(message, signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PUBLIC}{}", STANDARD.encode(self.0))
    }
}

/// A key that signs.
pub struct SecretKey(Ed25519KeyPair);

impl SecretKey {
    /// Reads `ed25519-secret:…`; none for any other text.
    #[must_use]
    pub fn read(secret: &Secret) -> Option<Self> {
        let seed = key_bytes(secret.expose(), SECRET)?;
        Ed25519KeyPair::from_seed_unchecked(&seed).ok().map(Self)
    }

    /// A new key as text; none where this machine has no randomness to give.
    #[must_use]
    pub fn generate() -> Option<Secret> {
        let mut seed = [0; LENGTH];
        SystemRandom::new().fill(&mut seed).ok()?;
        Some(Secret::new(format!("{SECRET}{}", STANDARD.encode(seed))))
    }

    /// The public key that goes with it.
    #[must_use]
    pub fn public(&self) -> Option<PublicKey> {
        self.0.public_key().as_ref().try_into().ok().map(PublicKey)
    }

    /// Signs a message.
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The HMAC-SHA-256 of a message under a secret (RFC 2104), in hexadecimal: proof for whoever has the secret, too.
#[must_use]
pub fn hmac_sha256(secret: &Secret, message: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = hmac::sign(&key, message);
    let mut digits = String::new();
    for byte in tag.as_ref() {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// The bytes of a key behind its kind.
fn key_bytes(text: &str, kind: &str) -> Option<[u8; LENGTH]> {
    let encoded = text.trim().strip_prefix(kind)?;
    STANDARD.decode(encoded).ok()?.try_into().ok()
}

/// Bytes from Base64 in either alphabet.
fn decode(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first test of RFC 8032, section 7.1: a seed, its public key, and the signature of the empty message.
    const SEED: [u8; 32] = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44,
        0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
    ];

    #[test]
    fn keys_and_signatures_are_those_of_the_standard() {
        let secret =
            SecretKey::read(&Secret::new(format!("{SECRET}{}", STANDARD.encode(SEED)))).expect("a key");
        let public = secret.public().expect("a key");
        assert_eq!(public.to_string(), "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        assert_eq!(PublicKey::read(&public.to_string()), Some(public));
        let signature = secret.sign(b"");
        assert_eq!(signature[..4], [0xe5, 0x56, 0x43, 0x00]);
        assert!(public.signed(b"", &signature));
        assert!(!public.signed(b"x", &signature) && !public.signed(b"", &signature[1..]));
        assert_eq!(format!("{secret:?}"), "***");
    }

    /// Test case 2 of RFC 4231.
    #[test]
    fn a_secret_proves_a_message_as_the_standard_says() {
        let tag = hmac_sha256(&Secret::new("Jefe"), b"what do ya want for nothing?");
        assert_eq!(tag, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn a_new_key_reads_and_is_another_every_time() {
        let [one, other] = [(); 2].map(|()| SecretKey::generate().expect("randomness"));
        assert!(one != other && SecretKey::read(&one).is_some());
    }

    #[test]
    fn what_is_no_key_is_none() {
        for text in ["", "ed25519:", "ed25519:AAAA", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="] {
            assert_eq!(PublicKey::read(text), None, "{text}");
        }
        let public = "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
        assert!(SecretKey::read(&Secret::new(public)).is_none(), "a public key signs nothing");
    }
}
