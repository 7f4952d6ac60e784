//! SHA-256, and bytes in hexadecimal.

use ring::digest::{Context, SHA256};
use std::fmt::Write;

/// The first bytes of the hash of the parts one after the other; it has 32.
pub(crate) fn sha256<const N: usize>(parts: impl IntoIterator<Item: AsRef<[u8]>>) -> [u8; N] {
    let mut context = Context::new(&SHA256);
    parts.into_iter().for_each(|part| context.update(part.as_ref()));
    let mut hash = [0; N];
    hash.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
    hash
}

/// Two digits for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
