//! With what an outbox is sealed: the key of the configuration, those from before, and the key of digests.
//!
//! Invariants: the table `seal` names every key with which something in the file may be sealed, and a process starts only
//! when it has them all, so nothing turns out unreadable later; the digest key is made once, lies in the file sealed with
//! each of these keys, and outlives them all, so that repeats are found after a change of keys too.

use super::fault;
use super::seal::{KeyId, Nonces, Place, Seal, fill, sealed_by};
use crate::config::Encryption;
use crate::error::{Code, Error, Result};
use alimi_cipher::Hash;
use rusqlite::{Connection, params};
use std::path::Path;
use zeroize::Zeroizing;

/// Seals and opens; shared by the engine and the callers' threads.
pub(crate) struct Vault {
    current: Seal,
    /// Those from before of which the file still has something.
    old: Vec<Seal>,
    digest_key: Zeroizing<[u8; 32]>,
    digest: Hash,
}

/// What became of opening a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Opened<T> {
    /// It is this.
    Whole(T),
    /// It was changed, moved, or is erased.
    Damaged,
    /// It is sealed with a key that this process was not given: by another process, which has a newer configuration.
    Foreign,
}

impl Vault {
    /// The vault of a file; a new file gets its digest key. Called in a transaction.
    pub(super) fn of(connection: &Connection, path: &Path, keys: &Encryption) -> Result<Vault> {
        let rows = rows(connection, path)?;
        let current = Seal::new(keys.key.as_ref());
        let mut old = Vec::new();
        // That nothing was sealed needs no key; whoever wrote it into the table had to know the digest key.
        let candidates = || keys.old_keys.iter().map(Some).chain([None]).map(Seal::new);
        let mut digest_key = None;
        for (id, sealed) in &rows {
            let known = if *id == current.id { None } else { candidates().find(|seal| seal.id == *id) };
            let seal = known.as_ref().unwrap_or(&current);
            if seal.id != *id {
                return Err(wrong_key(path, &current));
            }
            let opened = seal.open(Place::DigestKey, sealed);
            let opened = opened.and_then(|key| <[u8; 32]>::try_from(&key[..]).ok()).map(Zeroizing::new);
            let same = match (&opened, &digest_key) {
                (Some(opened), Some(earlier)) => opened == earlier,
                (opened, _) => opened.is_some(),
            };
            if !same {
                let text = format!("outbox {}: the table of its keys is damaged", path.display());
                return Err(Error::new(Code::OutboxCorrupt, text));
            }
            digest_key = opened;
            old.extend(known);
        }
        let digest_key = match digest_key {
            Some(key) => key,
            None => {
                let mut key = Zeroizing::new([0; 32]);
                fill(&mut *key)?;
                key
            }
        };
        let vault = Vault { current, old, digest: Hash::new(&digest_key), digest_key };
        if !rows.iter().any(|(id, _)| *id == vault.current.id) {
            vault.enter(connection, path)?;
        }
        Ok(vault)
    }

    /// Says in the file that its contents may be sealed with the present key. Called in a transaction.
    pub(super) fn enter(&self, connection: &Connection, path: &Path) -> Result<()> {
        let sealed = self.current.close(Place::DigestKey, &*self.digest_key, &mut Nonces::of(1))?;
        let sql = "INSERT OR IGNORE INTO seal (id, digest_key) VALUES (?1, ?2)";
        connection.execute(sql, params![self.current.id, sealed]).map(drop).map_err(|e| fault(path, e))
    }

    /// The id of the present key.
    pub(super) fn id(&self) -> KeyId {
        self.current.id
    }

    /// Whether the file may have something that is not sealed with the present key.
    pub(super) fn is_mixed(&self) -> bool {
        !self.old.is_empty()
    }

    /// Whether a text is sealed with the present key.
    pub(super) fn is_current(&self, sealed: &[u8]) -> bool {
        sealed_by(sealed) == Some(self.current.id)
    }

    pub(super) fn close(&self, place: Place<'_>, content: &[u8], nonces: &mut Nonces) -> Result<Vec<u8>> {
        self.current.close(place, content, nonces)
    }

    pub(super) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Opened<Zeroizing<Vec<u8>>> {
        let Some(id) = sealed_by(sealed) else { return Opened::Damaged };
        let seal = if id == self.current.id { Some(&self.current) } else { self.old.iter().find(|seal| seal.id == id) };
        match seal.map(|seal| seal.open(place, sealed)) {
            Some(Some(content)) => Opened::Whole(content),
            Some(None) => Opened::Damaged,
            None => Opened::Foreign,
        }
    }

    /// The kept form of the digest of a content: without the key nobody can find out the content by trying.
    pub(super) fn digest(&self, content: &[u8; 16]) -> [u8; 16] {
        let mut digest = [0; 16];
        digest.copy_from_slice(&self.digest.of(&[b"message\0", content])[..16]);
        digest
    }

    /// The name under which an image is kept.
    pub(super) fn image_name(&self, digest: &str) -> [u8; 32] {
        *self.digest.of(&[b"image\0", digest.as_bytes()])
    }
}

fn rows(connection: &Connection, path: &Path) -> Result<Vec<(KeyId, Vec<u8>)>> {
    let mut statement = connection.prepare("SELECT id, digest_key FROM seal").map_err(|e| fault(path, e))?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(|e| fault(path, e))?;
    rows.collect::<rusqlite::Result<_>>().map_err(|e| fault(path, e))
}

fn wrong_key(path: &Path, current: &Seal) -> Error {
    let path = path.display();
    let text = if current.is_keyed() {
        format!(
            "outbox {path}: is sealed with another key than outbox.key; set outbox.key to the right one, or, when it was \
             changed, put the one from before into outbox.old_keys"
        )
    } else {
        format!(
            "outbox {path}: is sealed, but outbox.encryption is \"none\"; set outbox.key instead, or, to have it unsealed, \
             put its key into outbox.old_keys"
        )
    };
    Error::new(Code::OutboxKey, text)
}
