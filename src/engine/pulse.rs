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
        self.gateways.entry(gateway.to_owned()).or_default()
    }
}

impl GatewayPulse {
    /// An answer about a message came, or was lost.
    pub fn heard(&mut self, class: Class, reason: Reason, now: Timestamp) {
        match class {
            // A refusal of one message is an answer too: the gateway works.
            Class::Ok | Class::Pending | Class::Fallback | Class::Permanent | Class::Absent => {
                self.last_success = Some(now);
                self.failures_in_row = 0;
            }
            Class::Transient | Class::Operator | Class::Configuration | Class::Uncertain => {
                self.last_failure = Some(now);
                self.last_reason = Some(reason);
                self.failures_in_row = self.failures_in_row.saturating_add(1);
            }
            Class::Unsent => {}
        }
    }
}
