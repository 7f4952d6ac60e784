//! Sealing with one key: XChaCha20-Poly1305.
//!
//! Invariants: a nonce is 24 random bytes and never used again, however many messages one key seals; what is sealed is bound
//! to its place, so that nothing can be moved to another; no error says anything of a content or a key.
//!
//! A sealed text is the mark [`SEALED`], the id of its key (8 bytes), the nonce (24), the content as long as it was, and the
//! proof that nothing of it was changed (16). A text that is not sealed is the mark [`PLAIN`] and the content.

use crate::config::OutboxKey;
use crate::error::{Code, Error, Result};
use alimi_cipher::{Cipher, Hash, NONCE_BYTES, TAG_BYTES};
use zeroize::Zeroizing;

const PLAIN: u8 = 0;
const SEALED: u8 = 1;
const ID_BYTES: usize = 8;
const HEAD_BYTES: usize = 1 + ID_BYTES + NONCE_BYTES;

/// The id of a key, made so that it tells nothing of the key.
pub(super) type KeyId = [u8; ID_BYTES];
/// The id of no key.
const NO_KEY: KeyId = [0; ID_BYTES];

/// What a content is, and of what: sealed texts are bound to it.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// The personal part of the message with this key.
    Payload(&'a str),
    /// The image with this name.
    Image(&'a [u8]),
    /// The key of digests.
    DigestKey,
}

impl Place<'_> {
    fn bound(self) -> Vec<u8> {
        let (kind, name) = match self {
            Place::Payload(key) => (&b"alimi payload\0"[..], key.as_bytes()),
            Place::Image(name) => (&b"alimi image\0"[..], name),
            Place::DigestKey => (&b"alimi digest key\0"[..], &[][..]),
        };
        [kind, name].concat()
    }
}

/// One way of sealing: with a key, or not at all.
pub(super) struct Seal {
    pub(super) id: KeyId,
    /// Overwritten when it is dropped.
    cipher: Option<Cipher>,
}

impl Seal {
    /// Sealing with `key`, or with none.
    pub(super) fn new(key: Option<&OutboxKey>) -> Seal {
        let Some(key) = key else { return Seal { id: NO_KEY, cipher: None } };
        let mut id = NO_KEY;
        let hash = Hash::new(key.bytes());
        id.copy_from_slice(&hash.of(&[b"alimi outbox 1 id"])[..ID_BYTES]);
        Seal { id, cipher: Some(Cipher::new(&hash.of(&[b"alimi outbox 1 seal"]))) }
    }

    /// Whether it seals with a key.
    pub(super) fn is_keyed(&self) -> bool {
        self.cipher.is_some()
    }

    /// Seals a content.
    pub(super) fn close(&self, place: Place<'_>, content: &[u8], nonces: &mut Nonces) -> Result<Vec<u8>> {
        let Some(cipher) = &self.cipher else { return Ok([&[PLAIN], content].concat()) };
        let nonce = nonces.next()?;
        let mut sealed = Vec::with_capacity(HEAD_BYTES + content.len() + TAG_BYTES);
        sealed.push(SEALED);
        sealed.extend_from_slice(&self.id);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(content);
        let body = sealed.get_mut(HEAD_BYTES..).unwrap_or_default();
        let tag = cipher.encrypt(&nonce, &place.bound(), body);
        let tag = tag.ok_or_else(|| Error::new(Code::Internal, "the message is too long to be sealed"))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what this seal closed; `None` when it was changed or moved.
    pub(super) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let Some(cipher) = &self.cipher else {
            return sealed.strip_prefix(&[PLAIN]).map(|content| Zeroizing::new(content.to_vec()));
        };
        let (head, rest) = sealed.split_at_checked(HEAD_BYTES)?;
        let (body, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_BYTES)?)?;
        let nonce: [u8; NONCE_BYTES] = head.get(1 + ID_BYTES..)?.try_into().ok()?;
        let tag: [u8; TAG_BYTES] = tag.try_into().ok()?;
        let mut content = Zeroizing::new(body.to_vec());
        cipher.decrypt(&nonce, &place.bound(), &mut content, &tag).then_some(content)
    }
}

/// By which key a text says it is sealed; `None` where it is none of ours.
pub(super) fn sealed_by(sealed: &[u8]) -> Option<KeyId> {
    match *sealed.first()? {
        PLAIN => Some(NO_KEY),
        SEALED => sealed.get(1..=ID_BYTES)?.try_into().ok(),
        _ => None,
    }
}

/// Nonces for so many contents, from the system together: it takes longer to ask than to answer.
///
/// Never kept longer than a call, for a process that forks would use those that are left twice.
pub(super) struct Nonces {
    expected: usize,
    ready: Vec<[u8; NONCE_BYTES]>,
}

impl Nonces {
    /// Most that are asked for at once.
    const TOGETHER: usize = 128;

    pub(super) fn of(contents: usize) -> Nonces {
        Nonces { expected: contents, ready: Vec::new() }
    }

    fn next(&mut self) -> Result<[u8; NONCE_BYTES]> {
        if let Some(nonce) = self.ready.pop() {
            return Ok(nonce);
        }
        self.ready.resize(self.expected.clamp(1, Self::TOGETHER), [0; NONCE_BYTES]);
        self.expected = self.expected.saturating_sub(self.ready.len());
        fill(self.ready.as_flattened_mut())?;
        self.next()
    }
}

/// Fills with random bytes of the system.
pub(super) fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| Error::new(Code::Internal, format!("the system gives no random numbers: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_at_its_place_with_its_key_and_nowhere_else() {
        for key in [None, Some(OutboxKey::of(1))] {
            let seal = Seal::new(key.as_ref());
            for content in [&b""[..], b"x", &[7; 5_000]] {
                let sealed = seal.close(Place::Payload("a"), content, &mut Nonces::of(1)).unwrap();
                assert_eq!(*seal.open(Place::Payload("a"), &sealed).unwrap(), content);
                assert_eq!(sealed_by(&sealed), Some(seal.id));
            }
        }
        let seal = Seal::new(Some(&OutboxKey::of(1)));
        let sealed = seal.close(Place::Payload("a"), b"content", &mut Nonces::of(1)).unwrap();
        assert!(seal.open(Place::Payload("b"), &sealed).is_none());
        assert!(seal.open(Place::Image(b"a"), &sealed).is_none());
        assert!(Seal::new(Some(&OutboxKey::of(2))).open(Place::Payload("a"), &sealed).is_none());
        assert!(Seal::new(None).open(Place::Payload("a"), &sealed).is_none());
    }

    #[test]
    fn a_change_of_any_byte_is_found() {
        let seal = Seal::new(Some(&OutboxKey::of(1)));
        let sealed = seal.close(Place::Payload("a"), b"content", &mut Nonces::of(1)).unwrap();
        for at in 1 + ID_BYTES..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(seal.open(Place::Payload("a"), &changed).is_none(), "byte {at}");
        }
        for length in 0..sealed.len() {
            assert!(seal.open(Place::Payload("a"), &sealed[..length]).is_none(), "{length} bytes");
        }
        for at in 0..=ID_BYTES {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_ne!(sealed_by(&changed), Some(seal.id), "byte {at}");
        }
    }

    #[test]
    fn the_same_content_never_looks_the_same_and_is_not_to_be_seen() {
        let seal = Seal::new(Some(&OutboxKey::of(1)));
        let nonces = &mut Nonces::of(200);
        let mut close = || seal.close(Place::Payload("a"), b"visible content", nonces).unwrap();
        let mut sealed: Vec<_> = (0..500).map(|_| close()).collect();
        assert!(!sealed.iter().flat_map(|sealed| sealed.windows(7)).any(|part| part == b"visible"));
        for part in
            [|sealed: &[u8]| sealed[1 + ID_BYTES..HEAD_BYTES].to_vec(), |sealed: &[u8]| sealed[HEAD_BYTES..].to_vec()]
        {
            sealed.sort_by_key(|sealed| part(sealed));
            assert!(sealed.windows(2).all(|two| part(&two[0]) != part(&two[1])));
        }
    }
}
