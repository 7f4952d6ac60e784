//! Statistics: one row per day and kind of outcome, written in the transaction of the final result.
//!
//! Invariants:
//! - A message is counted once, when it ends: on the day it was asked for (basis request) and on the day it ended
//!   (basis result). What is still under way is counted live by the reader, so nothing is written for it.
//! - "Sent" counts messages a gateway accepted by the channel they ended by; "billable" those a vendor charges for: delivered, or of
//!   unknown fate after a gateway may have taken them.

use super::Outbox;
use super::entry::{Entry, FellBack};
use crate::error::Result;
use crate::message::{Certainty, State};
use crate::time::{Day, Timestamp};
use rusqlite::params;
use std::collections::HashMap;

/// Which day a figure belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
pub(crate) enum Basis {
    /// The day the message was asked for.
    Request = 1,
    /// The day it ended.
    Result = 2,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    account: String,
    template: String,
    tag: String,
    channel: i32,
    state: i32,
    reason: i32,
}

/// One message that has ended, as the statistics see it.
pub(crate) struct Count {
    kind: Kind,
    asked_on: Day,
    ended_on: Day,
    figures: Figures,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Figures {
    asked: i64,
    sent: i64,
    delivered: i64,
    failed: i64,
    fell_back: i64,
    billable: i64,
}

impl Count {
    /// Counts a finished entry.
    pub fn of(entry: &Entry, now: Timestamp) -> Count {
        let delivered = entry.state == State::Delivered;
        let unknown = entry.state == State::Unknown && entry.certainty != Certainty::NotSent;
        Count {
            kind: Kind {
                account: entry.account.clone(),
                template: entry.template.clone(),
                tag: entry.tag.clone(),
                channel: entry.channel as i32,
                state: entry.state as i32,
                reason: entry.reason as i32,
            },
            asked_on: entry.created.day(),
            ended_on: now.day(),
            figures: Figures {
                asked: 1,
                sent: i64::from(entry.sent_at.is_some()),
                delivered: i64::from(delivered),
                failed: i64::from(matches!(entry.state, State::Failed | State::Expired)),
                fell_back: i64::from(entry.fell_back != FellBack::No),
                billable: i64::from(delivered || unknown),
            },
        }
    }
}

/// What a transaction has counted so far.
#[derive(Default)]
pub(crate) struct Statistics {
    pending: HashMap<(Basis, Day, Kind), Figures>,
}

impl Statistics {
    pub fn count(&mut self, count: &Count) {
        for (basis, day) in [(Basis::Request, count.asked_on), (Basis::Result, count.ended_on)] {
            let sum = self.pending.entry((basis, day, count.kind.clone())).or_default();
            sum.asked += count.figures.asked;
            sum.sent += count.figures.sent;
            sum.delivered += count.figures.delivered;
            sum.failed += count.figures.failed;
            sum.fell_back += count.figures.fell_back;
            sum.billable += count.figures.billable;
        }
    }

    pub fn clear(&mut self) {
        self.pending.clear();
    }
}

impl Outbox {
    pub(super) fn write_statistics(&mut self) -> Result<()> {
        if self.statistics.pending.is_empty() {
            return Ok(());
        }
        let mut statement = self
            .connection
            .prepare_cached(
                "INSERT INTO statistic VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) \
                 ON CONFLICT DO UPDATE SET asked = asked + ?9, sent = sent + ?10, delivered = delivered + ?11, \
                 failed = failed + ?12, fell_back = fell_back + ?13, billable = billable + ?14",
            )
            .map_err(|e| self.fault(e))?;
        for ((basis, day, kind), sum) in self.statistics.pending.drain() {
            statement
                .execute(params![
                    basis as i32,
                    day.0,
                    kind.account,
                    kind.template,
                    kind.tag,
                    kind.channel,
                    kind.state,
                    kind.reason,
                    sum.asked,
                    sum.sent,
                    sum.delivered,
                    sum.failed,
                    sum.fell_back,
                    sum.billable,
                ])
                .map_err(|e| super::fault(&self.path, e))?;
        }
        Ok(())
    }
}
