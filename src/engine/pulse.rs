//! What the engine shows of itself to `health`: written after a turn, read by callers.

use crate::content::Catalogue;
use crate::error::Error;
use crate::message::{Class, Reason};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a gateway does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GatewayPulse {
    pub last_success: Option<Timestamp>,
    pub last_failure: Option<Timestamp>,
    pub last_reason: Option<Reason>,
    /// Requests that failed for a reason of the gateway itself since the last success.
    pub failures_in_row: u32,
    /// Why the last request had no answer; empty since the last one that had.
    pub last_trouble: String,
    /// The gateway's clock minus ours, as its last answer showed it.
    pub clock_difference_ms: Option<i64>,
}

/// How the engine does.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pulse {
    pub gateways: BTreeMap<String, GatewayPulse>,
    /// The error of the last commit, if it failed.
    pub trouble: Option<Error>,
    /// What is known of the gateways' templates.
    pub catalogue: Arc<Catalogue>,
    /// Whether this process delivers (always, in an exclusive outbox).
    pub delivers: bool,
}

impl Pulse {
    /// How this gateway does.
    pub fn of(&mut self, gateway: &str) -> &mut GatewayPulse {
        if !self.gateways.contains_key(gateway) {
            self.gateways.insert(gateway.to_owned(), GatewayPulse::default());
        }
        self.gateways.entry(gateway.to_owned()).or_default()
    }

    /// An answer came, or was lost.
    pub fn heard(&mut self, gateway: &str, class: Class, reason: Reason, now: Timestamp) {
        let pulse = self.of(gateway);
        match class {
            // A refusal of one message is an answer too: the gateway works.
            Class::Ok | Class::Pending | Class::Fallback | Class::Permanent | Class::Absent => {
                pulse.last_success = Some(now);
                pulse.failures_in_row = 0;
            }
            Class::Transient | Class::Operator | Class::Configuration | Class::Uncertain => {
                pulse.last_failure = Some(now);
                pulse.last_reason = Some(reason);
                pulse.failures_in_row = pulse.failures_in_row.saturating_add(1);
            }
            Class::Unsent => {}
        }
    }
}
