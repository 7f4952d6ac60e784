//! What the processes said: the parent's own book of what was accepted and how it ended.
//!
//! Invariants: only whole lines count; a key has one final state for ever.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

#[derive(Debug)]
pub struct Witness {
    pub accepted: BTreeSet<String>,
    /// State of every key whose result was polled.
    pub ended: BTreeMap<String, String>,
    /// What was said of those that were not delivered.
    pub why: BTreeMap<String, String>,
    /// Refusals by the name of their error.
    pub refused: BTreeMap<String, usize>,
    /// What must never be said, as it was said.
    pub wrong: Vec<String>,
    pub stall: Duration,
    /// A process has sent all that it had to.
    pub sent: bool,
    last: Instant,
}

impl Default for Witness {
    fn default() -> Self {
        Witness {
            accepted: BTreeSet::new(),
            ended: BTreeMap::new(),
            why: BTreeMap::new(),
            refused: BTreeMap::new(),
            wrong: Vec::new(),
            stall: Duration::ZERO,
            sent: false,
            last: Instant::now(),
        }
    }
}

impl Witness {
    /// Writes a line of a process down, which came at this moment.
    pub fn note(&mut self, line: &str, at: Instant) {
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("accepted"), Some(key), _) => {
                self.progress(at);
                self.accepted.insert(key.to_owned());
            }
            (Some("ended"), Some(key), Some(state)) => {
                self.progress(at);
                if state != "delivered" {
                    self.why.insert(key.to_owned(), line.to_owned());
                }
                let before = self.ended.insert(key.to_owned(), state.to_owned());
                if before.is_some_and(|before| before != state) {
                    self.wrong.push(format!("{key} ended twice, the second time as {state}"));
                }
            }
            (Some("refused"), Some(_), Some(name)) => *self.refused.entry(name.to_owned()).or_default() += 1,
            (Some("sent"), None, None) => self.sent = true,
            (Some("wrong"), ..) => self.wrong.push(line.to_owned()),
            _ => {}
        }
    }

    fn progress(&mut self, at: Instant) {
        if self.waits() {
            self.stall = self.stall.max(at.saturating_duration_since(self.last));
        }
        self.last = at;
    }

    /// Whether something that was accepted has not ended.
    fn waits(&self) -> bool {
        self.accepted.len() > self.ended.len()
    }

    /// Everything that is known to have been kept, told or not.
    pub fn kept(&self) -> BTreeSet<&str> {
        self.accepted.iter().chain(self.ended.keys()).map(String::as_str).collect()
    }

    pub fn missing(&self) -> Vec<&String> {
        self.accepted.iter().filter(|key| !self.ended.contains_key(*key)).collect()
    }
}
