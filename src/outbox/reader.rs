//! Reading beside the writer: a read-only connection that never waits for it.

use super::entry::{Entry, select};
use super::identity::Presence;
use super::statistics::Basis;
use super::{Phase, connect, fault};
use crate::error::{Error, Result};
use crate::message::{Channel, Reason, State};
use crate::time::{Day, Timestamp};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A read-only connection.
pub(crate) struct Reader {
    connection: Connection,
    _presence: Presence,
    path: PathBuf,
}

/// How much is where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Backlog {
    /// Waiting for their turn or their time.
    pub waiting: u64,
    /// Of these, due already: the time the longest waiting became due.
    pub oldest_due: Option<Timestamp>,
    /// Requests under way, and messages being settled.
    pub in_flight: u64,
    /// Accepted by each gateway, report awaited.
    pub accepted: BTreeMap<String, u64>,
    /// Results nobody has acknowledged.
    pub results: u64,
}

/// One line of the statistics.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Figure {
    pub day: String,
    pub account: String,
    pub template: String,
    pub tag: String,
    pub channel: &'static str,
    pub outcome: &'static str,
    pub reason: &'static str,
    pub asked: i64,
    pub sent: i64,
    pub delivered: i64,
    pub failed: i64,
    pub fell_back: i64,
    pub billable: i64,
}

impl Figure {
    /// Reads a line of either source; both name the columns in this order.
    fn read(row: &Row<'_>) -> rusqlite::Result<Figure> {
        Ok(Figure {
            day: Day(row.get(0)?).to_iso(),
            account: row.get(1)?,
            template: row.get(2)?,
            tag: row.get(3)?,
            channel: row.get::<_, Channel>(4)?.word(),
            outcome: row.get::<_, State>(5)?.word(),
            reason: row.get::<_, Reason>(6)?.word(),
            asked: row.get(7)?,
            sent: row.get(8)?,
            delivered: row.get(9)?,
            failed: row.get(10)?,
            fell_back: row.get(11)?,
            billable: row.get(12)?,
        })
    }
}

impl Reader {
    pub fn open(path: &Path) -> Result<Reader> {
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection
            .execute_batch("PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY;")
            .map_err(|e| fault(path, e))?;
        Ok(Reader { connection, _presence: Presence::at(path), path: path.to_owned() })
    }

    /// The entry with this key.
    pub fn find(&self, key: &str) -> Result<Option<Entry>> {
        let mut statement = self.connection.prepare_cached(select!("WHERE key = ?1")).map_err(|e| self.fault(e))?;
        statement.query_row([key], Entry::read).optional().map_err(|e| self.fault(e))
    }

    /// Counts what has not been acknowledged.
    pub fn backlog(&self, now: Timestamp) -> Result<Backlog> {
        // One moment for both questions: a message accepted between them would be counted by neither.
        let _moment = self.connection.unchecked_transaction().map_err(|e| self.fault(e))?;
        let mut statement = self
            .connection
            .prepare_cached("SELECT phase, count(*), min(due) FROM message WHERE phase <= ?1 GROUP BY phase")
            .map_err(|e| self.fault(e))?;
        let rows = statement
            .query_map([Phase::Result as i32], |row| {
                Ok((row.get::<_, Phase>(0)?, row.get::<_, i64>(1)?.unsigned_abs(), row.get::<_, Timestamp>(2)?))
            })
            .map_err(|e| self.fault(e))?;
        let mut backlog = Backlog { accepted: self.accepted()?, ..Backlog::default() };
        for row in rows {
            let (phase, count, due) = row.map_err(|e| self.fault(e))?;
            match phase {
                lane if lane.is_lane() => {
                    backlog.waiting += count;
                    if due <= now {
                        backlog.oldest_due = Some(backlog.oldest_due.map_or(due, |oldest| oldest.min(due)));
                    }
                }
                Phase::Sending | Phase::LookUp => backlog.in_flight += count,
                Phase::Await | Phase::Hold => {}
                _ => backlog.results += count,
            }
        }
        Ok(backlog)
    }

    fn accepted(&self) -> Result<BTreeMap<String, u64>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT gateway, count(*) FROM message WHERE phase IN (?1, ?2) GROUP BY gateway")
            .map_err(|e| self.fault(e))?;
        let rows = statement
            .query_map([Phase::Await as i32, Phase::Hold as i32], |row| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
            })
            .map_err(|e| self.fault(e))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|e| self.fault(e))
    }

    /// Statistics from one day to another, both included. What is still under way counts as asked only, by request day.
    pub fn figures(&self, basis: Basis, from: Day, to: Day, account: Option<&str>) -> Result<Vec<Figure>> {
        let mut figures = self.ended(basis, from, to, account)?;
        if basis == Basis::Request {
            figures.extend(self.under_way(from, to, account)?);
        }
        figures.sort_by(|a, b| {
            (&a.day, &a.account, &a.template, &a.tag, a.channel, a.outcome, a.reason).cmp(&(
                &b.day,
                &b.account,
                &b.template,
                &b.tag,
                b.channel,
                b.outcome,
                b.reason,
            ))
        });
        Ok(figures)
    }

    fn ended(&self, basis: Basis, from: Day, to: Day, account: Option<&str>) -> Result<Vec<Figure>> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT day, account, template, tag, channel, state, reason, asked, sent, delivered, failed, \
                 fell_back, billable FROM statistic \
                 WHERE basis = ?1 AND day BETWEEN ?2 AND ?3 AND (?4 IS NULL OR account = ?4)",
            )
            .map_err(|e| self.fault(e))?;
        let rows = statement
            .query_map(params![basis as i32, from.0, to.0, account], Figure::read)
            .map_err(|e| self.fault(e))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|e| self.fault(e))
    }

    fn under_way(&self, from: Day, to: Day, account: Option<&str>) -> Result<Vec<Figure>> {
        let mut statement = self
            .connection
            .prepare_cached(
                "SELECT (created + 32400000) / 86400000 AS day, account, template, tag, channel, state, reason, \
                 count(*), sum(sent_at IS NOT NULL), 0, 0, sum(fell_back > 0), 0 FROM message \
                 WHERE phase < ?1 AND day BETWEEN ?2 AND ?3 AND (?4 IS NULL OR account = ?4) \
                 GROUP BY day, account, template, tag, channel, state, reason",
            )
            .map_err(|e| self.fault(e))?;
        let rows = statement
            .query_map(params![Phase::Result as i32, from.0, to.0, account], Figure::read)
            .map_err(|e| self.fault(e))?;
        rows.collect::<rusqlite::Result<_>>().map_err(|e| self.fault(e))
    }

    fn fault(&self, error: rusqlite::Error) -> Error {
        fault(&self.path, error)
    }
}
