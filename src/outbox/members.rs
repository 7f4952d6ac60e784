//! The processes that share an outbox.
//!
//! Invariants: a member lives as long as it holds the lock on its own file; messages of a dead member are adopted by
//! the process that delivers, so that no result is left without a reader.

use super::lock::{beside, holder};
use super::phase::lane;
use super::{Lock, Outbox, Phase};
use crate::error::{Code, Error, Result};
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
        match self.enter() {
            Ok(member) => self.commit().map(|()| member),
            Err(error) => {
                self.rollback();
                Err(error)
            }
        }
    }

    fn enter(&mut self) -> Result<Member> {
        self.share_tally()?;
        // Whoever sealed everything anew meanwhile has taken our key for out of use.
        self.vault.enter(&self.connection, &self.path)?;
        self.connection.execute("INSERT INTO member (holder) VALUES (?1)", [holder()]).map_err(|e| self.fault(e))?;
        let id = self.connection.last_insert_rowid();
        // Before the commit shows the member to others, who would take one without a lock for dead.
        let lock = Lock::try_file(&self.member_file(id))?;
        lock.map(|lock| Member { id, _lock: lock }).ok_or_else(|| {
            Error::new(Code::OutboxLocked, format!("member {id} of the outbox is held by another process"))
        })
    }

    /// Whether a member other than this one has died.
    pub fn somebody_died(&self, own: i64) -> Result<bool> {
        for id in self.members_but(own)? {
            if Lock::try_file(&self.member_file(id))?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes over what dead members left, and what belongs to no member, as after an exclusive owner. Called inside a
    /// transaction; true when something changed hands.
    pub fn adopt(&mut self, adopter: i64) -> Result<bool> {
        for id in self.members_but(adopter)? {
            let file = self.member_file(id);
            let Some(_dead) = Lock::try_file(&file)? else { continue };
            self.connection.execute("DELETE FROM member WHERE id = ?1", [id]).map_err(|e| self.fault(e))?;
            // Numbers of members are never given again, so nobody can be waiting for this file.
            let _ = std::fs::remove_file(file);
        }
        self.adopt_orphans(adopter)
    }

    /// Gives the messages of owners that are no members, as far as they are not acknowledged, to one that is. Results get
    /// new numbers, in their order, so that the new owner finds them behind those it has seen.
    fn adopt_orphans(&mut self, adopter: i64) -> Result<bool> {
        let run = |sql: &str, parameters: &[&dyn rusqlite::ToSql]| {
            self.connection.execute(sql, parameters).map_err(|e| self.fault(e))
        };
        let phase = Phase::Result as i32;
        let waiting = run(
            "UPDATE message SET owner = ?1 WHERE phase < ?2 AND owner NOT IN (SELECT id FROM member)",
            &[&adopter, &phase],
        )?;
        // The subquery is worked out once, before the first row changes.
        let results = run(
            concat!(
                "UPDATE message SET owner = ?1, due = due + 1 + ?3 - (SELECT min(due) FROM message WHERE phase = ?2 AND ",
                lane!(),
                " IS NULL AND owner NOT IN (SELECT id FROM member)) WHERE phase = ?2 AND ",
                lane!(),
                " IS NULL AND owner NOT IN (SELECT id FROM member)"
            ),
            &[&adopter, &phase, &self.tally.numbered()],
        )?;
        let last = self.highest_number()?;
        self.tally.numbered_up_to(last);
        Ok(waiting + results > 0)
    }

    pub(super) fn members_but(&self, own: i64) -> Result<Vec<i64>> {
        let mut statement =
            self.connection.prepare_cached("SELECT id FROM member WHERE id <> ?1").map_err(|e| self.fault(e))?;
        let rows = statement.query_map([own], |row| row.get(0)).map_err(|e| self.fault(e))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|e| self.fault(e))
    }

    fn member_file(&self, id: i64) -> PathBuf {
        beside(&self.path, &format!("-member-{id}"))
    }
}
