//! What was taken, counted: how often each message of each caller was accepted and delivered, so that losses and duplicates
//! are numbers.
//!
//! Invariants: a message is one (vendor, channel, recipient, name), where the name is the caller's reference without what
//! alimi adds to it for each try ([`name`]); the second acceptance of it is a duplicate whatever the request was; refused
//! messages are not in it. It is never shortened, only [`Journal::clear`]ed.

use crate::signing::fingerprint;
use crate::store::Vendor;
use alimi::message::Channel;
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};

/// The counts of one vendor and channel, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Acceptances.
    pub accepted: u64,
    /// Different messages among them.
    pub distinct: u64,
    /// Acceptances of a message that had been accepted before.
    pub duplicates: u64,
    /// Messages delivered.
    pub delivered: u64,
    /// Messages reported as not delivered.
    pub failed: u64,
    /// Accepted messages whose reservation was cancelled.
    pub cancelled: u64,
}

/// One message.
#[derive(Clone, Debug, Serialize)]
pub struct Entry {
    /// Who took it.
    pub vendor: Vendor,
    /// By which channel, as a word.
    pub channel: &'static str,
    /// The recipient; a number of the sandbox.
    pub to: Box<str>,
    /// The caller's reference as it was first accepted; for vendors without one a number made of the text.
    pub reference: Box<str>,
    /// What of the reference names the message: of alimi's own the key. By this and the channel it is counted.
    pub name: Box<str>,
    /// How often it was accepted.
    pub accepted: u32,
    /// How often it was delivered.
    pub delivered: u32,
}

/// The counts of everything taken.
#[derive(Debug)]
pub struct Journal {
    entries: HashMap<u64, Entry>,
    by_channel: BTreeMap<(Vendor, Channel), Totals>,
    names: bool,
}

/// What the control API gives.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// All vendors and channels together.
    #[serde(flatten)]
    pub totals: Totals,
    /// By `vendor/channel`.
    pub by_channel: BTreeMap<String, Totals>,
    /// Every message, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<Entry>>,
}

impl Journal {
    /// An empty one; without `names` it keeps no numbers and references, and is smaller.
    pub fn new(names: bool) -> Self {
        Journal { entries: HashMap::new(), by_channel: BTreeMap::new(), names }
    }

    /// Counts an acceptance.
    pub fn accept(&mut self, vendor: Vendor, channel: Channel, to: &str, reference: &str) {
        let totals = self.by_channel.entry((vendor, channel)).or_default();
        totals.accepted += 1;
        let kept = |text: &str| if self.names { text.into() } else { Box::default() };
        let entry = self.entries.entry(key(vendor, channel, to, reference)).or_insert_with(|| Entry {
            vendor,
            channel: channel.word(),
            to: kept(to),
            reference: kept(reference),
            name: kept(name(reference)),
            accepted: 0,
            delivered: 0,
        });
        entry.accepted += 1;
        if entry.accepted == 1 {
            totals.distinct += 1;
        } else {
            totals.duplicates += 1;
        }
    }

    /// Counts a report.
    pub fn report(&mut self, vendor: Vendor, channel: Channel, to: &str, reference: &str, delivered: bool) {
        let totals = self.by_channel.entry((vendor, channel)).or_default();
        if !delivered {
            totals.failed += 1;
            return;
        }
        totals.delivered += 1;
        if let Some(entry) = self.entries.get_mut(&key(vendor, channel, to, reference)) {
            entry.delivered += 1;
        }
    }

    /// Counts a cancelled reservation.
    pub fn cancel(&mut self, vendor: Vendor, channel: Channel) {
        self.by_channel.entry((vendor, channel)).or_default().cancelled += 1;
    }

    /// The counts, with every message if `list`.
    pub fn summary(&self, list: bool) -> Summary {
        let mut totals = Totals::default();
        let mut by_channel = BTreeMap::new();
        for ((vendor, channel), part) in &self.by_channel {
            by_channel.insert(format!("{}/{channel}", vendor.word()), *part);
            totals.accepted += part.accepted;
            totals.distinct += part.distinct;
            totals.duplicates += part.duplicates;
            totals.delivered += part.delivered;
            totals.failed += part.failed;
            totals.cancelled += part.cancelled;
        }
        let messages = list.then(|| {
            let mut messages: Vec<Entry> = self.entries.values().cloned().collect();
            messages.sort_by(|a, b| (a.vendor, &a.reference, &a.to).cmp(&(b.vendor, &b.reference, &b.to)));
            messages
        });
        Summary { totals, by_channel, messages }
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.by_channel.clear();
    }
}

fn key(vendor: Vendor, channel: Channel, to: &str, reference: &str) -> u64 {
    fingerprint((vendor as u8, channel as i32, to, name(reference)))
}

/// What names the message in a caller's reference. alimi's own is `key/channel/try`, a new one for each try, so that counted
/// by the whole of it a message sent twice would be two; of every other one it is all.
pub fn name(reference: &str) -> &str {
    let mut parts = reference.rsplitn(3, '/');
    let number = |part: Option<&str>| part.and_then(|text| text.parse::<i32>().ok());
    let (attempt, channel, key) = (number(parts.next()), number(parts.next()), parts.next());
    match (attempt, channel.and_then(Channel::from_number), key) {
        (Some(1..), Some(_), Some(key)) if !key.is_empty() => key,
        _ => reference,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_acceptance_is_a_duplicate_but_another_channel_is_not() {
        let mut journal = Journal::new(true);
        for (channel, reference) in
            [(Channel::Alimtalk, "a"), (Channel::Alimtalk, "a"), (Channel::Sms, "a"), (Channel::Alimtalk, "b")]
        {
            journal.accept(Vendor::Nhn, channel, "01000000001", reference);
        }
        let totals = journal.summary(false).totals;
        assert_eq!((totals.accepted, totals.distinct, totals.duplicates), (4, 3, 1));
        assert_eq!(journal.summary(true).messages.unwrap().len(), 3);
    }

    #[test]
    fn a_second_try_of_alimi_is_the_same_message() {
        let mut journal = Journal::new(true);
        for (channel, reference) in
            [(Channel::Alimtalk, "R/7/1/1"), (Channel::Alimtalk, "R/7/1/2"), (Channel::Sms, "R/7/2/1")]
        {
            journal.accept(Vendor::Nhn, channel, "01000000001", reference);
            journal.report(Vendor::Nhn, channel, "01000000001", reference, true);
        }
        let totals = journal.summary(false).totals;
        assert_eq!((totals.accepted, totals.distinct, totals.duplicates), (3, 2, 1));
        let messages = journal.summary(true).messages.unwrap();
        let told: Vec<_> = messages.iter().map(|m| (&*m.name, &*m.reference, m.accepted, m.delivered)).collect();
        assert_eq!(told, [("R/7", "R/7/1/1", 2, 2), ("R/7", "R/7/2/1", 1, 1)]);
    }

    #[test]
    fn of_other_references_all_of_it_is_the_name() {
        for reference in ["", "a", "a/1", "2026/11/23", "a/1/x", "/1/1", "a/1/0", "text-00"] {
            assert_eq!(name(reference), reference);
        }
    }
}
