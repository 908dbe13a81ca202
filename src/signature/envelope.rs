//! A signed text: the envelope of DSSE, the Dead Simple Signing Envelope of in-toto and Sigstore, version 1.0.2.
//!
//! What is signed is not the text alone but its type with it (the pre-authentication encoding), so that a text that was
//! signed as one thing is never read as another. The key's name in an envelope is a hint that nothing proves: every key
//! that is believed is tried. Nothing of the text is read before a signature holds.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{PublicKey, SecretKey, decode};

/// The most signatures of one envelope that are looked at.
const MOST: usize = 16;

/// An envelope as it is written. Keys that it does not know are passed over, as the standard asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// What the text is.
    payload_type: String,
    /// The text, in Base64.
    payload: String,
    /// Who signed it.
    signatures: Vec<Signed>,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Signed {
    /// Which key made it, as a hint.
    #[serde(default)]
    keyid: String,
    /// The signature, in Base64.
    sig: String,
}

/// Why a text is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It says that it is something else.
    #[error("it is signed as `{0}`, which is something else")]
    Type(String),
    /// What should be Base64 is none.
    #[error("its payload is no Base64")]
    Encoding,
    /// Nobody signed it.
    #[error("nobody signed it")]
    Unsigned,
    /// A key that is believed is named, and its signature does not hold.
    #[error("its signature by `{0}` does not hold: the text was changed, or another key signed it")]
    Broken(String),
    /// Only keys that are not believed are named.
    #[error("it is signed by `{0}`, and the settings do not name that key")]
    Stranger(String),
}

impl Envelope {
    /// Signs a text of a type; none where the key has no public half to be named by.
    #[must_use]
    pub fn seal(kind: &str, text: &[u8], key: &SecretKey) -> Option<Self> {
        let signature = key.sign(&encoding(kind, text));
        Some(Self {
            payload_type: kind.to_owned(),
            payload: STANDARD.encode(text),
            signatures: vec![Signed { keyid: key.public()?.to_string(), sig: STANDARD.encode(signature) }],
        })
    }

    /// Reads an envelope; none for a text that is none.
    #[must_use]
    pub fn read(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }

    /// The envelope as text.
    #[must_use]
    pub fn write(&self) -> String {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        let signatures: Vec<String> = self
            .signatures
            .iter()
            .map(|one| format!("{{\"keyid\": {}, \"sig\": {}}}", text(&one.keyid), text(&one.sig)))
            .collect();
        format!(
            "{{\n  \"payloadType\": {},\n  \"payload\": {},\n  \"signatures\": [{}]\n}}\n",
            text(&self.payload_type),
            text(&self.payload),
            signatures.join(", ")
        )
    }

    /// The text, and which of these keys signed it.
    ///
    /// # Errors
    /// When none of them did, or it is a text of another type.
    pub fn open(&self, kind: &str, keys: &[PublicKey]) -> Result<(Vec<u8>, PublicKey), Refusal> {
        let text = self.unproven(kind)?;
        let message = encoding(kind, &text);
        for signed in self.signatures.iter().take(MOST) {
            let signature = decode(&signed.sig).unwrap_or_default();
            if let Some(key) = keys.iter().find(|key| key.signed(&message, &signature)) {
                return Ok((text, *key));
            }
        }
        let mut names = self.signatures.iter().take(MOST).map(|signed| signed.keyid.clone());
        let known = names.clone().find(|name| keys.iter().any(|key| key.to_string() == *name));
        Err(match (known, names.next()) {
            (Some(known), _) => Refusal::Broken(known),
            (None, Some(name)) if PublicKey::read(&name).is_some() => Refusal::Stranger(name),
            (None, Some(_)) => Refusal::Stranger("a key without a name".to_owned()),
            (None, None) => Refusal::Unsigned,
        })
    }

    /// The text, whoever wrote it.
    ///
    /// # Errors
    /// When it is of another type, or no Base64.
    pub fn unproven(&self, kind: &str) -> Result<Vec<u8>, Refusal> {
        if self.payload_type != kind {
            return Err(Refusal::Type(self.payload_type.clone()));
        }
        decode(&self.payload).ok_or(Refusal::Encoding)
    }
}

/// What is signed: the type and the text, each with its length before it.
fn encoding(kind: &str, text: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {kind} {} ", kind.len(), text.len()).into_bytes();
    bytes.extend_from_slice(text);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::http::Secret;

    /// The type of the texts here.
    const KIND: &str = "application/vnd.test+json";

    /// A key of 32 equal bytes.
    fn key(byte: u8) -> SecretKey {
        let text = format!("ed25519-secret:{}", STANDARD.encode([byte; 32]));
        SecretKey::read(&Secret::new(text)).expect("a key")
    }

    #[test]
    fn the_encoding_is_that_of_the_standard() {
        let encoded = encoding("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn a_text_is_read_by_those_who_believe_its_key() {
        let sealed = Envelope::seal(KIND, b"{}", &key(1)).expect("sealed");
        let read = Envelope::read(sealed.write().as_bytes()).expect("an envelope");
        let (one, two) = (key(1).public().expect("a key"), key(2).public().expect("a key"));
        assert_eq!(read.open(KIND, &[two, one]), Ok((b"{}".to_vec(), one)));
        assert_eq!(read.open(KIND, &[two]), Err(Refusal::Stranger(one.to_string())));
        assert_eq!(read.open(KIND, &[]), Err(Refusal::Stranger(one.to_string())));
        assert_eq!(read.open("text/plain", &[one]), Err(Refusal::Type(KIND.to_owned())));
        let changed = Envelope { payload: STANDARD.encode(b"[]"), ..read.clone() };
        assert_eq!(changed.open(KIND, &[one]), Err(Refusal::Broken(one.to_string())));
        let unsigned = Envelope { signatures: Vec::new(), ..read.clone() };
        assert_eq!(unsigned.open(KIND, &[one]), Err(Refusal::Unsigned));
        let nameless = Signed { keyid: String::new(), sig: read.signatures[0].sig.clone() };
        let nameless = Envelope { signatures: vec![nameless], ..read };
        assert_eq!(nameless.open(KIND, &[one]), Ok((b"{}".to_vec(), one)), "the name is only a hint");
    }

    proptest! {
        /// Whatever happens to an envelope on the way: either nobody believes it, or it says what was signed.
        #[test]
        fn no_mangled_envelope_is_believed(
            at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<bool>(), more in any::<Option<u8>>(),
        ) {
            let text = br#"{"version": 1, "observations": []}"#;
            let mut bytes = Envelope::seal(KIND, text, &key(1)).expect("sealed").write().into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if let Some(more) = more {
                bytes.insert(at, more);
            }
            if cut {
                bytes.truncate(at);
            }
            let public = key(1).public().expect("a key");
            if let Some(Ok((read, by))) = Envelope::read(&bytes).map(|envelope| envelope.open(KIND, &[public])) {
                prop_assert_eq!((read.as_slice(), by), (text.as_slice(), public));
            }
        }

        /// Nobody's signature is anybody's.
        #[test]
        fn no_invented_signature_holds(sig in prop::collection::vec(any::<u8>(), 0..80), text in any::<Vec<u8>>()) {
            let signed = Signed { keyid: String::new(), sig: STANDARD.encode(sig) };
            let (payload_type, payload) = (KIND.to_owned(), STANDARD.encode(text));
            let envelope = Envelope { payload_type, payload, signatures: vec![signed] };
            prop_assert!(envelope.open(KIND, &[key(1).public().expect("a key")]).is_err());
        }
    }
}
