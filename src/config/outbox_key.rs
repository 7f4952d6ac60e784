//! The key of the outbox.
//!
//! Invariants: as for every secret: shown by nothing, overwritten when it is dropped.

use super::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use std::fmt;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;

/// How the personal part of messages lies in the outbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encryption {
    /// With what it is sealed; `None`: it is not, as the configuration says in so many words.
    pub key: Option<OutboxKey>,
    /// With what earlier messages may be sealed.
    pub old_keys: Vec<OutboxKey>,
}

/// A key: 32 bytes. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxKey(Zeroizing<[u8; KEY_BYTES]>);

impl OutboxKey {
    /// Reads it as 64 hexadecimal digits or as Base64. The error says what is allowed and nothing of the text.
    pub(super) fn parse(secret: &Secret) -> Result<OutboxKey, String> {
        let text = secret.reveal().trim();
        let bytes = hex(text).or_else(|| base64(text)).ok_or_else(|| {
            format!(
                "has {} characters and is no key; a key is {KEY_BYTES} random bytes, as 64 hexadecimal digits or in \
                 Base64 (44 characters); `openssl rand -hex 32` makes one",
                text.chars().count()
            )
        })?;
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        key.copy_from_slice(&bytes);
        Ok(OutboxKey(key))
    }

    /// The bytes, for sealing.
    pub(crate) fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// A key for tests: the same byte everywhere.
    #[cfg(test)]
    pub(crate) fn of(byte: u8) -> OutboxKey {
        OutboxKey(Zeroizing::new([byte; KEY_BYTES]))
    }
}

impl fmt::Debug for OutboxKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Exactly as many bytes as a key has.
type Bytes = Zeroizing<Vec<u8>>;

fn hex(text: &str) -> Option<Bytes> {
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let digits = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok());
    digits.collect::<Option<Vec<u8>>>().map(Zeroizing::new)
}

fn base64(text: &str) -> Option<Bytes> {
    [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
        .iter()
        .find_map(|engine| engine.decode(text).ok().map(Zeroizing::new))
        .filter(|bytes| bytes.len() == KEY_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<OutboxKey, String> {
        OutboxKey::parse(&Secret::of(text))
    }

    #[test]
    fn a_key_is_read_from_hexadecimal_and_from_base64() {
        let bytes: Vec<u8> = (0..32).map(|n| 255 - 7 * n).collect();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        for text in [
            hex.to_uppercase(),
            format!(" {hex} "),
            STANDARD.encode(&bytes),
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE.encode(&bytes),
            hex,
        ] {
            assert_eq!(parse(&text).unwrap().bytes()[..], bytes, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_and_not_shown() {
        for text in ["hunter2", &"ab".repeat(31), &"ab".repeat(33), &"zz".repeat(32), &STANDARD.encode([7; 31])] {
            let error = parse(text).unwrap_err();
            assert!(error.contains("64 hexadecimal digits or in Base64") && !error.contains(text), "{error}");
        }
        assert_eq!(format!("{:?}", OutboxKey::of(7)), "***");
    }
}
