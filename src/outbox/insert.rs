//! Keeping a new message: once per key.

use super::entry::{Departure, Entry, FellBack};
use super::{Outbox, Phase, Sealed};
use crate::error::Result;
use crate::message::{Certainty, Key, Message, Payload, Reason, State};
use crate::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use std::sync::Arc;

/// What became of an insert.
#[derive(Debug)]
pub(crate) enum Inserted {
    /// Kept; the entry with its new id.
    New(Box<Entry>, Arc<Payload>),
    /// The key is there with the same content.
    Duplicate,
    /// The key is there with other content.
    Conflict,
}

impl Entry {
    /// A new message in its lane; its id is given by the insert.
    fn new(message: Message, owner: i64, due: Timestamp) -> (Entry, [u8; 16], Arc<Payload>) {
        let scheduled = message.send_at > message.created;
        let fallback = message.payload.alimtalk.as_ref().and(message.payload.text.as_ref()).map(|text| text.channel);
        let mut entry = Entry {
            id: 0,
            phase: Phase::lane(message.priority),
            due,
            state: if scheduled { State::Scheduled } else { State::Queued },
            channel: message.channel,
            certainty: Certainty::NotSent,
            reason: Reason::None,
            attempts: 0,
            tries: 0,
            interrupted: 0,
            fell_back: FellBack::No,
            left_at: None,
            sent_at: None,
            finished_at: None,
            reference: String::new(),
            vendor_code: String::new(),
            key: message.key,
            priority: message.priority,
            account: message.account,
            gateway: message.gateway,
            template: message.template,
            tag: message.tag,
            fallback,
            owner,
            created: message.created,
            send_at: message.send_at,
            expires_at: message.expires_at,
            delegated: false,
            sound: true,
            written_place: 0,
        };
        entry.written_place = entry.place();
        (entry, message.digest, message.payload)
    }
}

impl Outbox {
    /// Keeps a new message in its lane, where it waits until `due`, or in [`Phase::Sending`] when it leaves at once.
    pub fn insert(
        &mut self,
        sealed: Sealed,
        owner: i64,
        due: Timestamp,
        depart: Option<Departure>,
    ) -> Result<Inserted> {
        let (mut entry, digest, payload) = Entry::new(sealed.message, owner, due);
        if let Some(departure) = depart {
            entry.depart(departure);
        }
        let changed = {
            let mut statement = self
                .connection
                .prepare_cached(
                    "INSERT INTO message (phase, due, state, channel, certainty, reason, attempts, tries, fell_back, \
                     reference, vendor_code, key, digest, priority, account, gateway, template, tag, fallback, owner, \
                     created, send_at, expires_at, left_at, delegated, mark) \
                     VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7, 0, '', '', ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, \
                     ?17, ?18, ?19, ?20, ?21, ?22) ON CONFLICT (key) DO NOTHING",
                )
                .map_err(|e| self.fault(e))?;
            statement
                .execute(params![
                    entry.phase as i32,
                    entry.due.0,
                    entry.state as i32,
                    entry.channel as i32,
                    entry.certainty as i32,
                    entry.attempts,
                    entry.tries,
                    entry.key.as_str(),
                    digest,
                    entry.priority as i32,
                    entry.account,
                    entry.gateway,
                    entry.template,
                    entry.tag,
                    entry.fallback.map_or(0, |c| c as i32),
                    entry.owner,
                    entry.created.0,
                    entry.send_at.0,
                    entry.expires_at.0,
                    entry.left_at.map(|t| t.0),
                    entry.delegated,
                    entry.mark(),
                ])
                .map_err(|e| self.fault(e))?
        };
        if changed == 1 {
            entry.id = self.connection.last_insert_rowid();
            self.keep_content(entry.id, &sealed.bytes)?;
            for image in sealed.images {
                self.keep_image(entry.id, &image)?;
            }
            self.tally.opened();
            return Ok(Inserted::New(Box::new(entry), payload));
        }
        let same = self.digest_of(&entry.key)? == Some(digest);
        Ok(if same { Inserted::Duplicate } else { Inserted::Conflict })
    }

    fn keep_content(&self, id: i64, sealed: &[u8]) -> Result<()> {
        let sql = "INSERT INTO content (message, payload) VALUES (?1, ?2)";
        let mut statement = self.connection.prepare_cached(sql).map_err(|e| self.fault(e))?;
        statement.execute(params![id, sealed]).map(drop).map_err(|e| self.fault(e))
    }

    /// The digest of the message with this key.
    pub fn digest_of(&self, key: &Key) -> Result<Option<[u8; 16]>> {
        let mut statement =
            self.connection.prepare_cached("SELECT digest FROM message WHERE key = ?1").map_err(|e| self.fault(e))?;
        statement.query_row([key.as_str()], |row| row.get(0)).optional().map_err(|e| self.fault(e))
    }
}
