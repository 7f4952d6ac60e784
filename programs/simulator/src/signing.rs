//! What the vendors' signatures are made of. Invariant: a signature is compared without saying where it differs.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use std::hash::{DefaultHasher, Hash, Hasher};

/// HMAC-SHA256. A key of any length is allowed.
pub fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    mac(Hmac::<sha2::Sha256>::new_from_slice(key), parts)
}

/// HMAC-MD5, which SOLAPI takes too.
pub fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    mac(Hmac::<md5::Md5>::new_from_slice(key), parts)
}

fn mac<M: Mac, E>(mac: Result<M, E>, parts: &[&[u8]]) -> Vec<u8> {
    // Only an algorithm with keys of one length can fail here; these have none.
    let Ok(mut mac) = mac else { return Vec::new() };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().to_vec()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Standard Base64.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads standard Base64.
pub fn read_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Equal, in a time that does not depend on where they differ.
pub fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

/// A number that stands for a text in the maps; two texts share one in one of 2^64 cases.
pub fn fingerprint(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
