//! One message as a row: what the engine moves from phase to phase.

use super::sealed::unseal;
use super::{Opened, Outbox, Phase};
use crate::error::Result;
use crate::message::{Certainty, Channel, Key, MessageResult, Payload, Priority, Reason, State};
use crate::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

/// A request that leaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Departure {
    pub at: Timestamp,
    /// When its answer is no longer waited for.
    pub given_up: Timestamp,
    /// The text channels to which the gateway falls back by itself.
    pub falls_back: &'static [Channel],
}

/// Whether a text message has taken over from the AlimTalk. Its number is what the row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FellBack {
    No = 0,
    /// The AlimTalk is certain not to have arrived.
    Certain = 1,
    /// The AlimTalk may have arrived (`fallback.uncertain_after_seconds`).
    InDoubt = 2,
}

/// A message without its personal part.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub id: i64,
    pub phase: Phase,
    pub due: Timestamp,
    pub state: State,
    pub channel: Channel,
    pub certainty: Certainty,
    pub reason: Reason,
    /// Requests that carried it, over all channels.
    pub attempts: i32,
    /// Requests that carried it by the present channel.
    pub tries: i32,
    /// How many of these tries ended with their process and never left: they count against nothing.
    pub interrupted: i32,
    pub fell_back: FellBack,
    /// When the last request that carried it left.
    pub left_at: Option<Timestamp>,
    /// When a gateway last accepted it.
    pub sent_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub reference: String,
    pub vendor_code: String,
    pub key: Key,
    pub priority: Priority,
    pub account: String,
    pub gateway: String,
    pub template: String,
    pub tag: String,
    /// The text message that stands ready, if the AlimTalk fails.
    pub fallback: Option<Channel>,
    /// The gateway that took the AlimTalk sends the fallback itself, should it be needed.
    pub delegated: bool,
    /// Which process submitted it (shared outbox); 0 in an exclusive one.
    pub owner: i64,
    pub created: Timestamp,
    pub send_at: Timestamp,
    pub expires_at: Timestamp,
    /// It is as this library wrote it (mark.rs). One that is not never leaves.
    pub sound: bool,
    /// The [`Entry::place`] that its row says.
    pub written_place: u64,
}

/// The SQL that reads whole entries, ending in these literals.
macro_rules! select {
    ($($rest:tt)+) => {
        concat!(
            "SELECT id, phase, due, state, channel, certainty, reason, attempts, tries, fell_back, sent_at, finished_at, ",
            "reference, vendor_code, key, priority, account, gateway, template, tag, fallback, owner, created, send_at, ",
            "expires_at, left_at, delegated, interrupted, mark FROM message ",
            $($rest)+
        )
    };
}
pub(super) use select;

/// Without the gateway and its reference: indexes hold these, and would be written too.
const SAVE: &str = "UPDATE message SET phase = ?2, due = ?3, state = ?4, channel = ?5, certainty = ?6, reason = ?7, \
     attempts = ?8, tries = ?9, fell_back = ?10, sent_at = ?11, finished_at = ?12, vendor_code = ?13, left_at = ?14, \
     fallback = ?15, delegated = ?16, interrupted = ?17, mark = ?18 WHERE id = ?1";
const SAVE_WITH_PLACE: &str = "UPDATE message SET phase = ?2, due = ?3, state = ?4, channel = ?5, certainty = ?6, \
     reason = ?7, attempts = ?8, tries = ?9, fell_back = ?10, sent_at = ?11, finished_at = ?12, vendor_code = ?13, \
     left_at = ?14, fallback = ?15, delegated = ?16, interrupted = ?17, mark = ?18, reference = ?19, gateway = ?20, \
     named = ?21 WHERE id = ?1";

impl FellBack {
    /// A number that is none of ours says that something was there: doubt claims least.
    fn read(number: i32) -> FellBack {
        match number {
            0 => FellBack::No,
            1 => FellBack::Certain,
            _ => FellBack::InDoubt,
        }
    }
}

impl Entry {
    pub(super) fn read(row: &Row<'_>) -> rusqlite::Result<Entry> {
        let fallback: i32 = row.get(20)?;
        let mut entry = Entry {
            id: row.get(0)?,
            phase: row.get(1)?,
            due: row.get(2)?,
            state: row.get(3)?,
            channel: row.get(4)?,
            certainty: row.get(5)?,
            reason: row.get(6)?,
            attempts: row.get(7)?,
            tries: row.get(8)?,
            fell_back: FellBack::read(row.get(9)?),
            sent_at: row.get(10)?,
            finished_at: row.get(11)?,
            reference: row.get(12)?,
            vendor_code: row.get(13)?,
            key: row.get(14)?,
            priority: row.get(15)?,
            account: row.get(16)?,
            gateway: row.get(17)?,
            template: row.get(18)?,
            tag: row.get(19)?,
            fallback: Channel::from_number(fallback),
            owner: row.get(21)?,
            created: row.get(22)?,
            send_at: row.get(23)?,
            expires_at: row.get(24)?,
            left_at: row.get(25)?,
            delegated: row.get(26)?,
            interrupted: row.get(27)?,
            sound: true,
            written_place: 0,
        };
        entry.written_place = entry.place();
        entry.sound = entry.fitting_mark() == row.get::<_, i64>(28)?;
        Ok(entry)
    }

    /// Marks the entry as carried by a request.
    pub fn depart(&mut self, departure: Departure) {
        self.phase = Phase::Sending;
        // Until the answer is stored a crash must find "possibly sent".
        self.certainty = Certainty::PossiblySent;
        self.left_at = Some(departure.at);
        // That was the gateway's name for the try before.
        self.reference.clear();
        self.state = if self.reserved_for().is_some() { State::Scheduled } else { State::Sending };
        self.due = departure.given_up;
        self.delegated = self.fallback.is_some_and(|fallback| departure.falls_back.contains(&fallback));
        self.attempts = self.attempts.saturating_add(1);
        self.tries = self.tries.saturating_add(1);
    }

    /// It has not left after all.
    pub fn stay(&mut self) {
        self.attempts = self.attempts.saturating_sub(1);
        self.tries = self.tries.saturating_sub(1);
    }

    /// What is certain of the message while its present channel has sent nothing.
    pub fn certainty_unsent(&self) -> Certainty {
        if self.fell_back == FellBack::InDoubt { Certainty::PossiblySent } else { Certainty::NotSent }
    }

    /// When the gateway is to deliver it, where that is its part: it left before its time.
    pub fn reserved_for(&self) -> Option<Timestamp> {
        let early = self.send_at > self.created && self.left_at.is_some_and(|left| left < self.send_at);
        (early && !self.phase.is_lane()).then_some(self.send_at)
    }

    /// From when on a report may come.
    pub fn under_way_since(&self) -> Timestamp {
        let since = self.sent_at.or(self.left_at).unwrap_or(self.created);
        self.reserved_for().map_or(since, |at| since.max(at))
    }

    /// The caller wants its reservation taken back, and the gateway has not said whether it was.
    pub fn is_to_be_taken_back(&self) -> bool {
        self.phase == Phase::Await && self.reason == Reason::CancelledByCaller
    }

    /// What the caller is told.
    pub fn into_result(self) -> MessageResult {
        let text = self.sentence();
        MessageResult {
            key: self.key.into(),
            state: self.state,
            channel: self.channel,
            certainty: self.certainty,
            attempts: self.attempts,
            reason: self.reason,
            account: self.account,
            gateway: self.gateway,
            reference: self.reference,
            vendor_code: self.vendor_code,
            template: self.template,
            tag: self.tag,
            created: self.created,
            sent: self.sent_at,
            finished: self.finished_at,
            text,
        }
    }

    fn sentence(&self) -> String {
        let fallback = match self.fell_back {
            FellBack::No => "",
            FellBack::Certain => " after the AlimTalk was not delivered",
            FellBack::InDoubt => " after an AlimTalk that may have been delivered",
        };
        match self.reason {
            Reason::None => format!("{} by {}{fallback}", self.state, self.channel),
            reason => format!("{} by {}{fallback}: {reason}", self.state, self.channel),
        }
    }
}

impl Outbox {
    /// Writes everything about an entry that can change.
    pub fn save(&mut self, entry: &mut Entry) -> Result<()> {
        let place = entry.place();
        let sql = if place == entry.written_place { SAVE } else { SAVE_WITH_PLACE };
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        let columns = params![
            entry.id,
            entry.phase as i32,
            entry.due.0,
            entry.state as i32,
            entry.channel as i32,
            entry.certainty as i32,
            entry.reason as i32,
            entry.attempts,
            entry.tries,
            entry.fell_back as i32,
            entry.sent_at.map(|t| t.0),
            entry.finished_at.map(|t| t.0),
            entry.vendor_code,
            entry.left_at.map(|t| t.0),
            entry.fallback.map_or(0, |c| c as i32),
            entry.delegated,
            entry.interrupted,
            entry.mark(),
            entry.reference,
            entry.gateway,
            self.is_looked_for(entry),
        ];
        let most = statement.parameter_count();
        statement.execute(columns.get(..most).unwrap_or(columns)).map_err(|e| self.fault(e))?;
        entry.written_place = place;
        Ok(())
    }

    /// The entry with this id.
    pub fn load(&self, id: i64) -> Result<Option<Entry>> {
        self.one(select!("WHERE id = ?1"), id)
    }

    /// The entry with this key.
    pub fn find(&self, key: &str) -> Result<Option<Entry>> {
        self.one(select!("WHERE key = ?1"), key)
    }

    fn one(&self, sql: &str, parameter: impl rusqlite::ToSql) -> Result<Option<Entry>> {
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.query_row([parameter], Entry::read).optional().map_err(|e| self.fault(e))
    }

    /// The personal part of a message that leaves by its present channel, with the images where that carries them.
    pub fn cargo(&self, entry: &Entry) -> Result<Opened<Payload>> {
        match self.payload(entry)? {
            Opened::Whole(payload) if entry.channel == Channel::Mms => self.load_images(payload),
            other => Ok(other),
        }
    }

    /// The personal part of a message without its images.
    pub fn payload(&self, entry: &Entry) -> Result<Opened<Payload>> {
        let sql = "SELECT payload FROM content WHERE message = ?1";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        let sealed: Option<Vec<u8>> =
            statement.query_row([entry.id], |row| row.get(0)).optional().map_err(|e| self.fault(e))?;
        Ok(sealed.map_or(Opened::Damaged, |sealed| unseal(&self.vault, entry.key.as_str(), &sealed)))
    }
}
