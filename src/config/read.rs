//! The configuration's own text: given as it is, or as the path of a file.

use super::{Encoding, TEXT_BYTES_MAX};
use crate::encoding;
use crate::error::{Code, Error, Result};
use crate::json::SHOWN_DIGITS_MAX;
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The text, what to call it in errors, and the directory that relative paths in it start from.
pub(super) struct Document<'a> {
    pub(super) name: String,
    pub(super) text: Cow<'a, str>,
    pub(super) directory: PathBuf,
}

/// Takes the text as JSON where it begins with `{`, else as a path.
pub(super) fn document(text: &str) -> Result<Document<'_>> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        if text.len() > TEXT_BYTES_MAX {
            return Err(too_long("config"));
        }
        let directory = std::env::current_dir()
            .map_err(|error| Error::new(Code::ConfigFile, format!("config: no current directory: {error}")))?;
        return Ok(Document { name: "config".to_owned(), text: Cow::Borrowed(text), directory });
    }
    let path = path_of(text)?;
    let name = format!("config file {}", shown(&path));
    let bytes = bytes(&path, TEXT_BYTES_MAX).map_err(|error| match error {
        Some(error) => Error::new(Code::ConfigFile, format!("{name}: cannot be read: {error}")),
        None => too_long(&name),
    })?;
    let text = decode(&bytes).map_err(|wrong| Error::new(Code::ConfigFile, format!("{name}: {wrong}")))?;
    let directory = path.parent().map(Path::to_path_buf).unwrap_or_default();
    let text = Cow::Owned(text.trim_start_matches('\u{feff}').to_owned());
    Ok(Document { name, text, directory })
}

fn too_long(name: &str) -> Error {
    Error::new(
        Code::ConfigSyntax,
        format!("{name}: has more than {} MiB; at most that is allowed", TEXT_BYTES_MAX >> 20),
    )
}

/// A text that cannot be a path may be JSON whose beginning got lost, so it is not repeated.
fn path_of(text: &str) -> Result<PathBuf> {
    const PATH_BYTES_MAX: usize = 4_096;
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::new(Code::ConfigSyntax, "config: is empty; expected JSON that begins with `{`, or a path"));
    }
    if text.len() > PATH_BYTES_MAX || text.contains(['"', '{']) || text.chars().any(char::is_control) {
        return Err(Error::new(
            Code::ConfigSyntax,
            "config: is neither JSON that begins with `{` nor the path of a file",
        ));
    }
    std::path::absolute(text)
        .map_err(|error| Error::new(Code::ConfigFile, format!("config: the path cannot be used: {error}")))
}

/// A path without what may be a telephone number: arguments may have been mixed up.
fn shown(path: &Path) -> String {
    let mut text = String::new();
    for part in path.display().to_string().split_inclusive(|c: char| !c.is_ascii_digit() && !matches!(c, '-' | '.')) {
        match part.chars().filter(char::is_ascii_digit).count() {
            0..=SHOWN_DIGITS_MAX => text.push_str(part),
            _ => text.push_str(&part.replace(|c: char| c.is_ascii_digit(), "*")),
        }
    }
    text
}

/// A file's bytes; the error is `None` when it has more than `max`.
pub(super) fn bytes(path: &Path, max: usize) -> std::result::Result<Vec<u8>, Option<std::io::Error>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    if bytes.len() > max { Err(None) } else { Ok(bytes) }
}

/// UTF-8 where the bytes are UTF-8, else CP949, strictly. The error says where each ends to be valid.
pub(super) fn decode(bytes: &[u8]) -> std::result::Result<Cow<'_, str>, String> {
    let utf8 = match encoding::decode(bytes, Encoding::Utf8) {
        Ok(text) => return Ok(text),
        Err(position) => position,
    };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("is UTF-16; save it as UTF-8 or CP949".to_owned());
    }
    encoding::decode(bytes, Encoding::Cp949).map_err(|cp949| {
        let (in_utf8, in_cp949) = (place(bytes, utf8), place(bytes, cp949));
        format!("is neither UTF-8 (wrong at {in_utf8}) nor CP949 (wrong at {in_cp949})")
    })
}

fn place(bytes: &[u8], at: usize) -> String {
    let line = bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    format!("byte {at}, line {line}")
}
