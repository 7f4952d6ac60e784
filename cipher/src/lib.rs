//! XChaCha20-Poly1305 and HMAC-SHA-256 as the outbox uses them.
//!
//! Invariants: keys are overwritten when they are dropped; nothing here is generic. One exception: ring does not overwrite
//! the key that XChaCha20 derives for one content. It opens nothing but that content, which lay beside it in memory.
//!
//! Why a package: the crates with the algorithms are generic to the core, so their inner loops are compiled where they are
//! used, with the optimisation level of that package. alimi is compiled for size, which leaves every vector instruction a
//! call of its own; this package is compiled for speed.
//!
//! Why ring and not `chacha20poly1305`: that one's Poly1305 calls a function for every vector instruction, whatever the
//! level, and takes five times as long for a message; and ring is there for TLS.

use chacha20::{R20, hchacha};
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a key of either algorithm.
pub const KEY_BYTES: usize = 32;
/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 24;
/// Bytes of the proof that nothing was changed.
pub const TAG_BYTES: usize = 16;

/// XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) with one key.
pub struct Cipher(Zeroizing<[u8; KEY_BYTES]>);

impl Cipher {
    /// The cipher with this key.
    pub fn new(key: &[u8; KEY_BYTES]) -> Cipher {
        Cipher(Zeroizing::new(*key))
    }

    /// Encrypts in place; the tag speaks for `body` and `bound`. `None` where the body is longer than the cipher can seal
    /// (256 GiB). A nonce must never be used again.
    pub fn encrypt(&self, nonce: &[u8; NONCE_BYTES], bound: &[u8], body: &mut [u8]) -> Option<[u8; TAG_BYTES]> {
        let (key, nonce) = self.derive(nonce)?;
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from(bound), body).ok()?;
        tag.as_ref().try_into().ok()
    }

    /// Decrypts in place. False, and nothing is told of the body, where it, `bound` or the tag is not what it was.
    pub fn decrypt(&self, nonce: &[u8; NONCE_BYTES], bound: &[u8], body: &mut [u8], tag: &[u8; TAG_BYTES]) -> bool {
        let Some((key, nonce)) = self.derive(nonce) else { return false };
        key.open_in_place_separate_tag(nonce, Aad::from(bound), (*tag).into(), body, 0..).is_ok()
    }

    /// The key and the nonce of ChaCha20-Poly1305 (RFC 8439) that stand for this nonce: section 2.3 of the draft.
    fn derive(&self, nonce: &[u8; NONCE_BYTES]) -> Option<(LessSafeKey, Nonce)> {
        let (first, last) = nonce.split_first_chunk::<16>()?;
        let key = Zeroizing::new(<[u8; KEY_BYTES]>::from(hchacha::<R20>((&*self.0).into(), first.into())));
        let mut short = [0; 12];
        short.get_mut(4..)?.copy_from_slice(last);
        let key = UnboundKey::new(&CHACHA20_POLY1305, &*key).ok()?;
        Some((LessSafeKey::new(key), Nonce::assume_unique_for_key(short)))
    }
}

/// HMAC-SHA-256 (RFC 2104) with one key.
pub struct Hash(Hmac<Sha256>);

impl Hash {
    /// The hash with this key.
    pub fn new(key: &[u8; KEY_BYTES]) -> Hash {
        // As HMAC itself fills up a key to a block.
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
        Hash(<Hmac<Sha256> as KeyInit>::new((&*block).into()))
    }

    /// The hash of the parts one after the other: only the first may have a length of its own.
    pub fn of(&self, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut hash = self.0.clone();
        parts.iter().for_each(|part| hash.update(part));
        Zeroizing::new(hash.finalize().into_bytes().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let hex: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        hex.chunks(2).map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
    }

    #[test]
    fn the_cipher_gives_the_example_of_its_draft() {
        // draft-irtf-cfrg-xchacha-03, A.3.1
        let text = b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, \
                     sunscreen would be it.";
        let bound = bytes("50515253c0c1c2c3c4c5c6c7");
        let key: [u8; 32] =
            bytes("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f").try_into().unwrap();
        let nonce: [u8; 24] = bytes("404142434445464748494a4b4c4d4e4f5051525354555657").try_into().unwrap();
        let cipher = Cipher::new(&key);
        let mut body = text.to_vec();
        let mut tag = cipher.encrypt(&nonce, &bound, &mut body).unwrap();
        assert_eq!(
            body,
            bytes(
                "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39
                 ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9
                 21f9664c97637da9768812f615c68b13b52e"
            )
        );
        assert_eq!(tag[..], bytes("c0875924c1c7987947deafd8780acf49"));
        assert!(cipher.decrypt(&nonce, &bound, &mut body, &tag));
        assert_eq!(body, text);
        tag[0] ^= 1;
        assert!(!cipher.decrypt(&nonce, &bound, &mut body, &tag));
    }

    #[test]
    fn the_hash_gives_what_others_give() {
        // Python: hmac.new(bytes(range(32)), b"one two", "sha256").hexdigest()
        let key: Vec<u8> = (0..32).collect();
        let hash = Hash::new(&key.try_into().unwrap());
        assert_eq!(
            hash.of(&[b"one ", b"two"])[..],
            bytes("9425fb1e6c440f116dd0f5e8cee273dd0e7a902e130134e64bd835b168fb9071")
        );
        assert_eq!(hash.of(&[b"one two"]), hash.of(&[b"one ", b"two"]));
    }
}
