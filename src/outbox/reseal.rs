//! After a change of keys: what lies in the file is sealed anew, step by step, beside the sending.
//!
//! Invariants: a step is one bounded part of a transaction; where it stands counts only once it is committed; the names of
//! the old keys leave the file when nothing is left that they seal and nobody else may still use them, never earlier.

use super::Outbox;
use super::seal::{Nonces, Place};
use super::vault::Opened;
use crate::error::Result;
use rusqlite::params;

const MESSAGES_MAX: i64 = 200;
const IMAGES_MAX: i64 = 4;

/// How far it has come: ids up to which everything is sealed with the present key.
#[derive(Clone, Copy, Default)]
struct Position {
    message: i64,
    image: i64,
}

#[derive(Default)]
pub(super) struct Progress {
    now: Position,
    /// As of the last commit.
    kept: Position,
}

impl Progress {
    pub fn keep(&mut self) {
        self.kept = self.now;
    }

    pub fn undo(&mut self) {
        self.now = self.kept;
    }
}

/// What a step led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reseal {
    /// There is more to do.
    More,
    /// Everything is sealed with the present key, and the file says so.
    Done,
    /// Other processes that share the outbox may still seal with an old key: it begins again later.
    Shared,
}

impl Outbox {
    /// Whether the file may hold something that is not sealed with the present key.
    pub fn is_mixed(&self) -> bool {
        self.vault.is_mixed()
    }

    /// One step, within a transaction. `member`: this process among those that share the outbox.
    pub fn reseal(&mut self, member: Option<i64>) -> Result<Reseal> {
        if self.reseal_messages()? || self.reseal_images()? {
            return Ok(Reseal::More);
        }
        if let Some(member) = member
            && !self.members_but(member)?.is_empty()
        {
            self.progress.now = Position::default();
            return Ok(Reseal::Shared);
        }
        let sql = "DELETE FROM seal WHERE id <> ?1";
        self.connection.execute(sql, [self.vault.id()]).map_err(|e| self.fault(e))?;
        Ok(Reseal::Done)
    }

    fn reseal_messages(&mut self) -> Result<bool> {
        let sql = "SELECT message, key, payload FROM content JOIN message ON id = message \
                   WHERE message > ?1 ORDER BY message LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        let rows = statement
            .query_map([self.progress.now.message, MESSAGES_MAX], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .map_err(|e| self.fault(e))?;
        let rows: Vec<(i64, String, Vec<u8>)> = rows.collect::<rusqlite::Result<_>>().map_err(|e| self.fault(e))?;
        for (id, key, sealed) in &rows {
            self.reseal_one("UPDATE content SET payload = ?2 WHERE message = ?1", *id, Place::Payload(key), sealed)?;
            self.progress.now.message = *id;
        }
        Ok(!rows.is_empty())
    }

    fn reseal_images(&mut self) -> Result<bool> {
        let sql = "SELECT id, name, bytes FROM image WHERE id > ?1 ORDER BY id LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        let rows = statement
            .query_map([self.progress.now.image, IMAGES_MAX], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .map_err(|e| self.fault(e))?;
        let rows: Vec<(i64, Vec<u8>, Vec<u8>)> = rows.collect::<rusqlite::Result<_>>().map_err(|e| self.fault(e))?;
        for (id, name, sealed) in &rows {
            self.reseal_one("UPDATE image SET bytes = ?2 WHERE id = ?1", *id, Place::Image(name), sealed)?;
            self.progress.now.image = *id;
        }
        Ok(!rows.is_empty())
    }

    /// What cannot be opened stays as it is: sealing it anew would make it look whole.
    fn reseal_one(&self, update: &str, id: i64, place: Place<'_>, sealed: &[u8]) -> Result<()> {
        if self.vault.is_current(sealed) {
            return Ok(());
        }
        let Opened::Whole(content) = self.vault.open(place, sealed) else { return Ok(()) };
        let anew = self.vault.close(place, &content, &mut Nonces::of(1))?;
        let mut statement = self.connection.prepare_cached(update).map_err(|e| self.fault(e))?;
        statement.execute(params![id, anew]).map(drop).map_err(|e| self.fault(e))
    }
}
