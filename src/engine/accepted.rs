//! Accepted messages as they are on disk, to spare reading them when their report comes soon.
//!
//! Invariants: only a copy, dropped whenever the row might differ; bounded, and dropped as a whole when it is full; empty
//! where other processes write to the outbox too.

use crate::message::Key;
use crate::outbox::Entry;
use std::collections::HashMap;

/// Most messages of which a copy is held.
const COPIES_MAX: usize = 4_000;

#[derive(Default)]
pub(super) struct Accepted {
    entries: HashMap<i64, Entry>,
    ids: HashMap<Key, i64>,
}

impl Accepted {
    /// Holds a copy of a message whose report may come soon.
    pub fn hold(&mut self, entry: Entry) {
        if self.entries.len() >= COPIES_MAX {
            self.clear();
        }
        self.ids.insert(entry.key.clone(), entry.id);
        self.entries.insert(entry.id, entry);
    }

    /// The copy of the message with this id, which is no longer held.
    pub fn take(&mut self, id: i64) -> Option<Entry> {
        let entry = self.entries.remove(&id)?;
        self.ids.remove(&entry.key);
        Some(entry)
    }

    /// The copy of the message with this key, which is no longer held.
    pub fn take_by_key(&mut self, key: &Key) -> Option<Entry> {
        let id = self.ids.remove(key)?;
        self.entries.remove(&id)
    }

    /// Rows were changed that are not known one by one.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.ids.clear();
    }
}
