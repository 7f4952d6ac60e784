//! The processes that share an outbox.
//!
//! Invariants: a member lives as long as it holds the lock on its own file; messages of a dead member are adopted by
//! the process that delivers, so that no result is left without a reader.

use super::lock::{beside, holder};
use super::{Lock, Outbox, Phase};
use crate::error::{Code, Error, Result};
use rusqlite::params;
use std::path::PathBuf;

/// This process's place among those that share the outbox. Dropping it ends the membership.
#[derive(Debug)]
pub(crate) struct Member {
    /// The owner of the messages this process submits.
    pub id: i64,
    _lock: Lock,
}

impl Outbox {
    /// Joins. Called outside a transaction.
    pub fn join(&mut self) -> Result<Member> {
        self.begin()?;
        let joined = self
            .connection
            .execute("INSERT INTO member (holder) VALUES (?1)", [holder()])
            .map_err(|e| self.fault(e))
            .map(|_| self.connection.last_insert_rowid())
            .and_then(|id| {
                let lock = Lock::try_file(&self.member_file(id))?;
                lock.map(|lock| Member { id, _lock: lock }).ok_or_else(|| {
                    Error::new(Code::OutboxLocked, format!("member {id} of the outbox is held by another process"))
                })
            });
        match joined {
            Ok(member) => self.commit().map(|()| member),
            Err(error) => {
                self.rollback();
                Err(error)
            }
        }
    }

    /// Takes over what dead members (and an earlier exclusive owner, 0) left. Called inside a transaction; true when
    /// something changed hands.
    pub fn adopt(&mut self, adopter: i64) -> Result<bool> {
        let members: Vec<i64> = {
            let mut statement =
                self.connection.prepare_cached("SELECT id FROM member WHERE id <> ?1").map_err(|e| self.fault(e))?;
            let rows = statement.query_map([adopter], |row| row.get(0)).map_err(|e| self.fault(e))?;
            rows.collect::<rusqlite::Result<_>>().map_err(|e| self.fault(e))?
        };
        let mut adopted = false;
        for id in members {
            let file = self.member_file(id);
            let Some(_dead) = Lock::try_file(&file)? else { continue };
            adopted |= self.hand_over(id, adopter)? > 0;
            self.connection.execute("DELETE FROM member WHERE id = ?1", [id]).map_err(|e| self.fault(e))?;
            // Numbers of members are never given again, so nobody can be waiting for this file.
            let _ = std::fs::remove_file(file);
        }
        Ok(adopted)
    }

    /// Gives the messages of one owner that have not been acknowledged to another. Results get new numbers, in their
    /// order, so that the new owner finds them behind those it has seen.
    pub fn hand_over(&mut self, from: i64, to: i64) -> Result<usize> {
        self.refresh_result_sequence()?;
        let waiting = self
            .connection
            .execute(
                "UPDATE message SET owner = ?2 WHERE owner = ?1 AND phase < ?3",
                params![from, to, Phase::Result as i32],
            )
            .map_err(|e| self.fault(e))?;
        let results = self
            .connection
            .execute(
                "UPDATE message SET owner = ?2, due = due + 1 + ?4 - \
                 (SELECT min(due) FROM message WHERE owner = ?1 AND phase = ?3) WHERE owner = ?1 AND phase = ?3",
                params![from, to, Phase::Result as i32, self.result_sequence],
            )
            .map_err(|e| self.fault(e))?;
        self.refresh_result_sequence()?;
        Ok(waiting + results)
    }

    fn member_file(&self, id: i64) -> PathBuf {
        beside(&self.path, &format!("-member-{id}"))
    }
}
