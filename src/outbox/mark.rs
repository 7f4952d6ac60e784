//! The check value of a row: whether what decides that a message may leave is as it was written.
//!
//! Invariants: a row is saved with the mark of what it says; one whose mark does not fit was changed by something other than
//! this library and may have left already, whatever it says now, so it never leaves. Once doubted, a row stays doubted. The
//! danger is chance, not malice: what is to be safe from malice is sealed.
//!
//! Left out is what one statement changes in many rows: `due`, `owner`, `certainty`, `reason`, and which of the phases of one
//! [`kind`] it is. None of these alone makes a message leave again.

use super::entry::{Entry, FellBack, select};
use super::{Outbox, Phase};
use crate::error::Result;
use rusqlite::{Transaction, params};

/// The mark of a row that is doubted.
const DOUBTED: i64 = 0;

impl Entry {
    /// The mark to be written.
    pub(super) fn mark(&self) -> i64 {
        if self.sound { self.fitting_mark() } else { DOUBTED }
    }

    /// The mark of a row that says this; never [`DOUBTED`].
    pub(super) fn fitting_mark(&self) -> i64 {
        let (fell_back, in_doubt) = (self.fell_back != FellBack::No, self.fell_back == FellBack::InDoubt);
        let flags = i64::from(fell_back) | i64::from(self.delegated) << 1 | i64::from(in_doubt) << 2;
        let times = [self.left_at, self.sent_at].map(|at| at.map_or(i64::MIN, |at| at.0));
        let small = [
            kind(self.phase),
            self.state as i32,
            self.channel as i32,
            self.attempts,
            self.tries,
            self.interrupted,
            self.priority as i32,
            self.fallback.map_or(0, |channel| channel as i32),
        ];
        let mut sum = Sum(0);
        small.map(i64::from).iter().chain(&times).for_each(|number| sum.add(number.cast_unsigned()));
        [flags, self.created.0, self.send_at.0, self.expires_at.0].iter().for_each(|n| sum.add(n.cast_unsigned()));
        [self.key.as_str(), &self.gateway, &self.reference, &self.account, &self.template]
            .iter()
            .for_each(|text| sum.add_text(text));
        sum.0.cast_signed() | 1
    }
}

impl Entry {
    /// A check value of what names it: its gateway, and that one's name for it.
    pub(super) fn place(&self) -> u64 {
        let mut sum = Sum(0);
        [&self.gateway, &self.reference].iter().for_each(|text| sum.add_text(text));
        sum.0
    }
}

/// A phase, or the first of those that follow each other without the row being written as a whole.
const fn kind(phase: Phase) -> i32 {
    match phase {
        Phase::LookUp => Phase::Sending as i32,
        Phase::Erase | Phase::Forget => Phase::Result as i32,
        other => other as i32,
    }
}

/// Each step is one-to-one, so a change of one word always shows in it; of several, but for one chance in 2^63.
struct Sum(u64);

impl Sum {
    fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }

    fn add_text(&mut self, text: &str) {
        self.add(text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut word = [0; 8];
            word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.add(u64::from_le_bytes(word));
        }
    }
}

impl Outbox {
    /// Doubts everything that has not ended: what was written last is gone, and with it what may have left. Called in a
    /// transaction; returns how much there is.
    pub(super) fn doubt_all(&self) -> Result<usize> {
        let sql = "UPDATE message SET mark = ?1 WHERE phase < ?2";
        self.connection.execute(sql, params![DOUBTED, Phase::Result as i32]).map_err(|e| self.fault(e))
    }
}

/// Marks the rows of a time without marks, as far as they may still leave: they are taken as they are. One that cannot be
/// read is doubted. Reads whole entries: a later version with another column has to come before it in the same step.
pub(super) fn mark_all(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut read = transaction.prepare(select!("WHERE id > ?1 AND phase < ?2 ORDER BY id LIMIT 1000"))?;
    let mut write = transaction.prepare("UPDATE message SET mark = ?2 WHERE id = ?1")?;
    let mut last = i64::MIN;
    loop {
        let rows = read.query_map(params![last, Phase::Result as i32], |row| {
            Ok((row.get(0)?, Entry::read(row).map_or(DOUBTED, |entry| entry.fitting_mark())))
        })?;
        let marks = rows.collect::<rusqlite::Result<Vec<(i64, i64)>>>()?;
        let Some((end, _)) = marks.last() else { return Ok(()) };
        last = *end;
        for (id, mark) in marks {
            write.execute([id, mark])?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Outbox, Sealer};
    use super::*;
    use crate::config::Encryption;
    use crate::time::Timestamp;

    fn outbox_with_a_message(folder: &std::path::Path) -> (Outbox, i64) {
        let keys = Encryption { key: None, old_keys: Vec::new() };
        let mut outbox = Outbox::open(&folder.join("outbox.db"), &keys).unwrap();
        let sealed = Sealer::new(&outbox.vault(), 1).seal(crate::engine::tests::message("key")).unwrap();
        let super::super::Inserted::New(entry, _) = outbox.insert(sealed, 0, Timestamp(1), None).unwrap() else {
            panic!("the key is there")
        };
        (outbox, entry.id)
    }

    #[test]
    fn a_row_fits_its_mark_after_every_statement_that_changes_it() {
        let folder = tempfile::tempdir().unwrap();
        let (mut outbox, id) = outbox_with_a_message(folder.path());
        let sound = |outbox: &Outbox| outbox.load(id).unwrap().unwrap().sound;
        assert!(sound(&outbox));
        let mut entry = outbox.load(id).unwrap().unwrap();
        entry.phase = Phase::Sending;
        entry.tries = 1;
        entry.left_at = Some(Timestamp(2));
        entry.reference = "a reference".into();
        outbox.save(&mut entry).unwrap();
        assert!(sound(&outbox));
        outbox.rescue(Timestamp(3)).unwrap();
        assert!(sound(&outbox), "rescued");
        outbox.ask_again(Phase::LookUp, Timestamp(1), Timestamp(9)).unwrap();
        outbox.set_back(1).unwrap();
        assert!(sound(&outbox), "asked again");
        let (state, certainty) = (crate::message::State::Delivered, crate::message::Certainty::Sent);
        outbox.finish(&mut entry, state, certainty, Timestamp(4)).unwrap();
        outbox.acknowledge(id, Timestamp(5)).unwrap();
        assert!(sound(&outbox), "acknowledged");
    }

    #[test]
    fn a_change_of_anything_that_decides_whether_a_message_leaves_is_seen() {
        let changes = [
            "phase = 3",
            "phase = 5",
            "phase = 6",
            "phase = 7",
            "phase = 0",
            "state = 3",
            "channel = 2",
            "attempts = 1",
            "tries = 1",
            "fell_back = 1",
            "fell_back = 2",
            "left_at = 1",
            "sent_at = 1",
            "reference = 'x'",
            "key = 'kez'",
            "priority = 2",
            "account = 'other'",
            "gateway = 'other'",
            "template = 'other'",
            "fallback = 3",
            "created = 1",
            "send_at = 1",
            "expires_at = 1",
            "delegated = 1",
            "interrupted = 1",
            "mark = mark + 2",
        ];
        for change in changes {
            let folder = tempfile::tempdir().unwrap();
            let (mut outbox, id) = outbox_with_a_message(folder.path());
            let (sql, before) = (format!("UPDATE message SET {change}"), outbox.load(id).unwrap().unwrap().mark());
            outbox.connection.execute(&sql, []).unwrap();
            let mut entry = outbox.load(id).unwrap().unwrap();
            assert!(!entry.sound, "{change}: {before} is {}", entry.fitting_mark());
            outbox.save(&mut entry).unwrap();
            assert!(!outbox.load(id).unwrap().unwrap().sound, "{change}: saved, it is believed again");
        }
    }
}
