//! What callers ask for: keep, cancel, acknowledge.

use super::event::{Batch, Verdict};
use super::state::Engine;
use super::turn::Turn;
use crate::error::{Code, Error, Result};
use crate::message::{Certainty, Key, Message, Reason, State};
use crate::outbox::{Departure, Entry, Inserted, Outbox, Phase, Sealed};
use crate::time::Timestamp;

/// Messages kept between two looks at the size of the file.
const MEASURE_EVERY: usize = 256;

impl Engine {
    /// Keeps the messages of one caller, each part as it comes.
    pub(super) fn submit(&mut self, turn: &mut Turn, batch: &mut Batch) -> Result<Vec<Verdict>> {
        let mut verdicts = Vec::new();
        while let Some(messages) = batch.next() {
            self.keep(turn, messages, &mut verdicts)?;
        }
        Ok(verdicts)
    }

    /// Keeps messages. Those whose turn it is leave in the same transaction.
    fn keep(&mut self, turn: &mut Turn, messages: Vec<Sealed>, verdicts: &mut Vec<Verdict>) -> Result<()> {
        self.measure(messages.iter().map(Sealed::weight).sum())?;
        let owner = self.role.owner().unwrap_or(0);
        for sealed in messages {
            let message = &sealed.message;
            // A full outbox still knows its own messages: a repeat is answered as such.
            let refusal = self.refusal(turn);
            if let Some(error) = refusal {
                verdicts.push(self.verdict_without_room(message, error)?);
                continue;
            }
            let due = self.leaves_at(&message.gateway, message.created, message.send_at, turn.now);
            let depart = self.departs_at_once(message, due, turn);
            verdicts.push(match self.outbox.insert(sealed, owner, due, depart)? {
                Inserted::Duplicate => Verdict::Duplicate,
                Inserted::Conflict => Verdict::Refused(key_conflict()),
                Inserted::New(entry, payload) => {
                    turn.kept += 1;
                    self.agenda.note(&entry);
                    self.agenda.left(Phase::lane(entry.priority), &entry.gateway);
                    if depart.is_some() {
                        turn.depart(*entry, payload);
                    }
                    Verdict::Kept
                }
            });
        }
        Ok(())
    }

    /// Reads the size of the file now and then: it grows by little with each message.
    fn measure(&mut self, weight: usize) -> Result<()> {
        self.unmeasured = self.unmeasured.saturating_add(weight);
        if self.unmeasured >= MEASURE_EVERY || self.too_large {
            self.too_large = self.outbox.bytes()? >= self.settings.outbox.max_megabytes << 20;
            self.unmeasured = 0;
        }
        Ok(())
    }

    /// Why nothing more is kept now, if so.
    fn refusal(&mut self, turn: &Turn) -> Option<Error> {
        let bounds = &self.settings.outbox;
        if self.outbox.open_messages() >= bounds.max_messages {
            return Some(Error::new(
                Code::OutboxFull,
                format!("{} messages wait or are under way: outbox.max_messages allows no more", bounds.max_messages),
            ));
        }
        if self.too_large {
            return Some(Error::new(
                Code::OutboxFull,
                format!("the outbox holds {} MiB: outbox.max_megabytes allows no more", bounds.max_megabytes),
            ));
        }
        if !self.guard.allows(turn.kept + 1, turn.now) {
            let most = self.settings.max_per_minute.unwrap_or_default();
            return Some(Error::new(
                Code::RateLimited,
                format!("max_per_minute allows {most} new messages in a minute; send the rest later"),
            ));
        }
        None
    }

    fn verdict_without_room(&self, message: &Message, refusal: Error) -> Result<Verdict> {
        Ok(match self.outbox.digest_of(&message.key)? {
            Some(digest) if digest == message.digest => Verdict::Duplicate,
            Some(_) => Verdict::Refused(key_conflict()),
            None => Verdict::Refused(refusal),
        })
    }

    /// A message leaves in the turn that keeps it when it is due, nothing waits before it, and there is room.
    fn departs_at_once(&self, message: &Message, due: Timestamp, turn: &Turn) -> Option<Departure> {
        let first = due <= turn.now
            && self.role.delivers()
            && self.stopping.is_none()
            && self.leaves_at_once(&message.gateway, message.priority, turn);
        first.then(|| self.departure(&message.gateway, turn.now))
    }

    /// Cancels a message that has not left; of one that is reserved at its gateway, that is asked. True when it is
    /// cancelled. The outer error is of the outbox, the inner one for the caller.
    pub(super) fn cancel(&mut self, turn: &mut Turn, key: &Key) -> Result<Result<bool>> {
        Ok(match self.outbox.find(key.as_str())? {
            None => Err(not_found()),
            Some(entry) if self.can_be_taken_back(&entry, turn.now) => {
                self.take_back(turn, entry)?;
                Ok(false)
            }
            Some(mut entry) if entry.phase.is_lane() && entry.sound => {
                self.agenda.left(entry.phase, &entry.gateway);
                entry.reason = Reason::CancelledByCaller;
                self.finish(turn, entry, State::Cancelled, Certainty::NotSent)?;
                Ok(true)
            }
            Some(entry) => Err(too_late(&entry)),
        })
    }

    fn can_be_taken_back(&self, entry: &Entry, now: Timestamp) -> bool {
        let waits_there = entry.phase == Phase::Await && entry.reserved_for().is_some_and(|at| at > now);
        waits_there && self.gates.get(&entry.gateway).is_some()
    }

    /// Lets a result go.
    pub(super) fn acknowledge(&mut self, turn: &mut Turn, id: i64) -> Result<()> {
        let erase_at = Outbox::erase_at(&self.settings.retention, turn.now);
        self.agenda.note_phase(Phase::Erase, erase_at);
        self.outbox.acknowledge(id, erase_at)
    }

    /// Lets a result go that this process does not remember handing out.
    pub(super) fn acknowledge_key(&mut self, turn: &mut Turn, key: &Key) -> Result<Result<()>> {
        Ok(match self.outbox.find(key.as_str())? {
            None => Err(not_found()),
            Some(entry) if entry.phase.is_open() => Err(Error::new(
                Code::Unfinished,
                format!("key: the message is {}; there is no final result to acknowledge yet", entry.state),
            )),
            Some(entry) => {
                self.acknowledge(turn, entry.id)?;
                turn.let_go.push(entry.key);
                Ok(())
            }
        })
    }
}

fn too_late(entry: &Entry) -> Error {
    let left = if entry.phase.is_lane() { "may have left (the outbox is damaged)" } else { "has left" };
    let text = format!("key: the message is {} and {left}; only one that waits can be cancelled", entry.state);
    Error::new(Code::TooLate, text)
}

fn key_conflict() -> Error {
    Error::new(
        Code::KeyConflict,
        "key: belongs to an earlier message with other content; use a new key, or send the same content to repeat it",
    )
}

pub(crate) fn not_found() -> Error {
    Error::new(Code::NotFound, "key: no message with this key is in the outbox")
}
