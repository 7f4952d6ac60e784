//! Reports that came before the answer that names their message.
//!
//! Where a gateway keeps no reference of ours, a report names its message as the gateway does, and that name is known
//! only once the answer to the send or to a look-up was heard. A report can be faster; its gateway does not repeat it.
//!
//! Invariants: bounded, and dropped as a whole when it is full; nothing of it is needed for safety: a message whose
//! report is dropped is asked for one by one, only much later.

use crate::message::Outcome;
use std::collections::HashMap;

/// Most reports that are held: another program with the same login has its reports here too.
const REPORTS_MAX: usize = 4_000;

/// By gateway and the gateway's name of the message.
#[derive(Default)]
pub(super) struct Early(HashMap<(String, String), Outcome>);

impl Early {
    /// Holds a report about a message that nobody here knows yet.
    pub fn hold(&mut self, gateway: &str, reference: &str, outcome: &Outcome) {
        if self.0.len() >= REPORTS_MAX {
            self.0.clear();
        }
        self.0.insert((gateway.to_owned(), reference.to_owned()), outcome.clone());
    }

    /// What was reported of a message whose name is now known.
    pub fn take(&mut self, gateway: &str, reference: &str) -> Option<Outcome> {
        if self.0.is_empty() || reference.is_empty() {
            return None;
        }
        self.0.remove(&(gateway.to_owned(), reference.to_owned()))
    }
}
