//! Secrets: inline, from an environment variable, or from a file.
//!
//! Invariants: read once, while the configuration is; no error repeats the secret, nor the name of the variable or file,
//! for a secret may have been written there by mistake; what was read is overwritten when it is no longer needed.

use super::read;
use crate::error::{Code, Error, Result};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use std::fmt;
use std::path::Path;
use zeroize::Zeroizing;

/// Most bytes of a secret.
const SECRET_BYTES_MAX: usize = 64 * 1024;

/// A secret text. `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself, for the request that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// A secret with this text.
    #[cfg(test)]
    pub(crate) fn of(text: &str) -> Secret {
        Secret(Zeroizing::new(text.to_owned()))
    }
}

#[cfg(any(test, fuzzing))]
impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(Zeroizing::new(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A secret as the configuration spells it.
pub(super) enum SecretSource {
    Inline(String),
    Env(String),
    File(String),
}

impl SecretSource {
    /// Reads it. `path` is the path of the key.
    pub(super) fn read(self, path: &str, directory: &Path) -> Result<Secret> {
        let refused =
            |place: &str, wrong: String| Err(Error::new(Code::ConfigSecret, format!("{path}{place}: {wrong}")));
        let (place, text) = match self {
            SecretSource::Inline(text) => ("", Zeroizing::new(text)),
            SecretSource::Env(name) => match std::env::var(&name) {
                Ok(text) => (".env", Zeroizing::new(text)),
                Err(std::env::VarError::NotPresent) => {
                    return refused(".env", "the environment variable of this name is not set".to_owned());
                }
                Err(std::env::VarError::NotUnicode(_)) => {
                    return refused(".env", "the environment variable of this name is not Unicode".to_owned());
                }
            },
            SecretSource::File(name) => match read::bytes(&directory.join(name), SECRET_BYTES_MAX) {
                Ok(bytes) => match read::decode(&Zeroizing::new(bytes)) {
                    Ok(text) => {
                        let text = Zeroizing::new(text.into_owned());
                        let line = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
                        (".file", Zeroizing::new(line.to_owned()))
                    }
                    Err(wrong) => return refused(".file", format!("the file {wrong}")),
                },
                Err(Some(error)) => return refused(".file", format!("the file cannot be read: {error}")),
                Err(None) => return refused(".file", format!("the file has more than {SECRET_BYTES_MAX} bytes")),
            },
        };
        if text.is_empty() {
            return refused(place, "is empty".to_owned());
        }
        if text.len() > SECRET_BYTES_MAX {
            return refused(place, format!("has more than {SECRET_BYTES_MAX} bytes"));
        }
        if text.chars().any(char::is_control) {
            return refused(place, "has a line break or another control character; it must be one line".to_owned());
        }
        Ok(Secret(text))
    }
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(SourceVisitor)
    }
}

struct SourceVisitor;

impl<'de> Visitor<'de> for SourceVisitor {
    type Value = SecretSource;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(r#"a string, {"env": "NAME"} or {"file": "path"}"#)
    }
    fn visit_str<E>(self, text: &str) -> std::result::Result<SecretSource, E> {
        Ok(SecretSource::Inline(text.to_owned()))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> std::result::Result<SecretSource, A::Error> {
        let one = || A::Error::custom(r#"expected {"env": "NAME"} or {"file": "path"}"#);
        let name: String = object.next_key()?.ok_or_else(one)?;
        let source = match name.as_str() {
            "env" => SecretSource::Env(object.next_value()?),
            "file" => SecretSource::File(object.next_value()?),
            _ => return Err(A::Error::unknown_field(&name, &["env", "file"])),
        };
        if object.next_key::<String>()?.is_some() { Err(one()) } else { Ok(source) }
    }
}
