//! What is due: by phase, and in the lanes by gateway.
//!
//! Invariants: every query is answered by one index; nothing scans the table.

use super::entry::{Entry, select};
use super::phase::lane;
use super::{Outbox, Phase};
use crate::error::{Code, Error, Result};
use crate::message::Priority;
use crate::time::Timestamp;
use rusqlite::{Row, params};

const DUE: &str = select!("WHERE phase = ?1 AND ", lane!(), " IS ?2 AND due <= ?3 ORDER BY due LIMIT ?4");
const EXPIRED: &str = concat!(
    "SELECT due, id, expires_at FROM message WHERE phase = ?1 AND ",
    lane!(),
    " = ?2 AND due <= ?3 AND (due, id) > (?4, ?5) ORDER BY due, id LIMIT ?6"
);
const NEXT: &str = concat!("SELECT min(due) FROM message WHERE phase = ?1 AND ", lane!(), " IS ?2");
const WAITING: &str = concat!("SELECT min(", lane!(), ") FROM message WHERE phase = ?1 AND ", lane!(), " > ?2");
const NAMED: &str = select!("WHERE reference = ?1 AND named = 1 AND gateway = ?2 LIMIT 1");

/// How far a look through a lane has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    due: Timestamp,
    id: i64,
}

impl Position {
    pub const START: Position = Position { due: Timestamp(i64::MIN), id: 0 };
}

impl Outbox {
    /// Entries of a phase that is no lane whose time has come, the longest waiting first.
    pub fn due(&self, phase: Phase, now: Timestamp, most: usize) -> Result<Vec<Entry>> {
        self.due_in(phase, None, now, most)
    }

    /// Entries of a gateway's lane whose time has come, the longest waiting first.
    pub fn due_in_lane(&self, priority: Priority, gateway: &str, now: Timestamp, most: usize) -> Result<Vec<Entry>> {
        self.due_in(Phase::lane(priority), Some(gateway), now, most)
    }

    fn due_in(&self, phase: Phase, lane: Option<&str>, now: Timestamp, most: usize) -> Result<Vec<Entry>> {
        let mut statement = self.connection.prepare_cached(DUE).map_err(|e| self.fault(e))?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows =
            statement.query_map(params![phase as i32, lane, now.0, most], Entry::read).map_err(|e| self.fault(e))?;
        self.led_to(phase, rows)
    }

    /// Entries of a gateway's lane that have waited too long, among the next `looks` that are due after `position`, and
    /// where to go on: from the start again, once the end was reached.
    pub fn expired_in_lane(
        &self,
        priority: Priority,
        gateway: &str,
        now: Timestamp,
        position: Position,
        looks: usize,
    ) -> Result<(Vec<Entry>, Position)> {
        let mut statement = self.connection.prepare_cached(EXPIRED).map_err(|e| self.fault(e))?;
        let most = i64::try_from(looks).unwrap_or(i64::MAX);
        let lane = Phase::lane(priority);
        let mut rows = statement
            .query(params![lane as i32, gateway, now.0, position.due.0, position.id, most])
            .map_err(|e| self.fault(e))?;
        let (mut expired, mut next, mut looked) = (Vec::new(), Position::START, 0);
        while let Some(row) = rows.next().map_err(|e| self.fault(e))? {
            let read = |row: &Row<'_>| rusqlite::Result::Ok((row.get(0)?, row.get(1)?, row.get::<_, Timestamp>(2)?));
            let (due, id, expires_at) = read(row).map_err(|e| self.fault(e))?;
            (next, looked) = (Position { due, id }, looked + 1);
            if expires_at <= now {
                expired.push(self.load(id)?.filter(|row| row.phase == lane).ok_or_else(|| self.misled())?);
            }
        }
        Ok((expired, if looked < looks { Position::START } else { next }))
    }

    /// The entries to which an index led. SQLite takes their phase from the index, which may be what is damaged.
    fn led_to(&self, phase: Phase, rows: impl Iterator<Item = rusqlite::Result<Entry>>) -> Result<Vec<Entry>> {
        let entries = rows.collect::<rusqlite::Result<Vec<_>>>().map_err(|e| self.fault(e))?;
        for entry in entries.iter().filter(|entry| !entry.sound) {
            if self.load(entry.id)?.is_none_or(|row| row.phase != phase) {
                return Err(self.misled());
            }
        }
        Ok(entries)
    }

    fn misled(&self) -> Error {
        Error::new(Code::OutboxCorrupt, format!("outbox {}: an index does not fit its table", self.path.display()))
    }

    /// The earliest due time of a phase that is no lane.
    pub fn next_due(&self, phase: Phase) -> Result<Option<Timestamp>> {
        self.next_in(phase, None)
    }

    /// The earliest due time of a gateway's lane.
    pub fn next_in_lane(&self, priority: Priority, gateway: &str) -> Result<Option<Timestamp>> {
        self.next_in(Phase::lane(priority), Some(gateway))
    }

    fn next_in(&self, phase: Phase, lane: Option<&str>) -> Result<Option<Timestamp>> {
        let mut statement = self.connection.prepare_cached(NEXT).map_err(|e| self.fault(e))?;
        statement.query_row(params![phase as i32, lane], |row| row.get(0)).map_err(|e| self.fault(e))
    }

    /// The gateways that messages in the lanes wait for. One look into the index for each.
    pub fn gateways_waiting(&self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare_cached(WAITING).map_err(|e| self.fault(e))?;
        let mut gateways = Vec::new();
        for priority in Priority::ALL {
            let mut last = String::new();
            while let Some(gateway) = statement
                .query_row(params![Phase::lane(*priority) as i32, last], |row| row.get::<_, Option<String>>(0))
                .map_err(|e| self.fault(e))?
            {
                if !gateways.contains(&gateway) {
                    gateways.push(gateway.clone());
                }
                last = gateway;
            }
        }
        Ok(gateways)
    }

    /// From now on the names that these gateways give to messages can be looked for. Those of others are kept in the rows
    /// alone: the index would have an entry for each of their messages that nobody ever reads.
    pub fn look_for_names_of(&mut self, gateways: Vec<String>) {
        self.looked_for = gateways;
    }

    pub(super) fn is_looked_for(&self, entry: &Entry) -> bool {
        !entry.reference.is_empty() && self.looked_for.contains(&entry.gateway)
    }

    /// The entry that a gateway calls by this name.
    pub fn find_reference(&self, gateway: &str, reference: &str) -> Result<Option<Entry>> {
        let mut statement = self.connection.prepare_cached(NAMED).map_err(|e| self.fault(e))?;
        let mut rows = statement.query_map([reference, gateway], Entry::read).map_err(|e| self.fault(e))?;
        rows.next().transpose().map_err(|e| self.fault(e))
    }

    /// Whether a gateway's name for a message belongs to one that left at another time than `left_at`: one request's
    /// messages may share a name.
    pub fn reference_taken(&self, gateway: &str, reference: &str, left_at: Option<Timestamp>) -> Result<bool> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM message WHERE reference = ?1 AND named = 1 AND gateway = ?2 \
                 AND left_at IS NOT ?3)",
            )
            .map_err(|e| self.fault(e))?;
        let parameters = params![reference, gateway, left_at.map(|t| t.0)];
        statement.query_row(parameters, |row| row.get(0)).map_err(|e| self.fault(e))
    }
}

#[cfg(test)]
mod tests {
    use super::super::phase::due_ids;
    use super::*;

    #[test]
    fn what_is_due_is_found_by_the_index_and_not_by_looking_through_the_messages() {
        let folder = tempfile::tempdir().unwrap();
        let keys = crate::config::Encryption { key: None, old_keys: Vec::new() };
        let outbox = Outbox::open(&folder.path().join("outbox.db"), &keys).unwrap();
        for (sql, by) in [
            (DUE, "message_work (phase=? AND <expr>=? AND due<?)"),
            (EXPIRED, "message_work (phase=? AND <expr>=? AND due>? AND due<?)"),
            (NEXT, "message_work (phase=? AND <expr>=?)"),
            (WAITING, "message_work (phase=? AND <expr>>?)"),
            (NAMED, "message_reference (reference=?)"),
            (
                concat!("SELECT * FROM message WHERE id IN ", due_ids!()),
                "message_work (phase=? AND <expr>=? AND due<?)",
            ),
        ] {
            let mut statement = outbox.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan: Vec<String> =
                statement.raw_query().mapped(|row| row.get("detail")).collect::<rusqlite::Result<_>>().unwrap();
            assert!(plan.iter().any(|step| step.contains(by)), "{sql}: {plan:?}");
            assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{sql}: {plan:?}");
        }
    }
}
