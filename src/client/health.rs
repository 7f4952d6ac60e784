//! How the client is: for monitoring. Holds no personal data.

use super::Client;
use crate::error::Result;
use crate::logging::Access;
use crate::time::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// How the client is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Health {
    /// When this was taken.
    pub time: String,
    /// Messages that wait for their turn or their time.
    pub waiting: u64,
    /// For how many milliseconds the longest waiting message has been due; 0 when none is.
    pub oldest_waiting_ms: u64,
    /// Requests under way, and messages whose fate is being settled.
    pub in_flight: u64,
    /// Accepted by a gateway, report awaited; by all of them, those no longer configured too.
    pub accepted: u64,
    /// Results nobody has acknowledged.
    pub results: u64,
    /// Whether this process delivers; false in a shared outbox that another process serves.
    pub delivers: bool,
    /// Why the outbox cannot be written at present; empty when it can.
    pub trouble: String,
    /// Bytes free on the disk of the outbox.
    pub disk_free_bytes: u64,
    /// Lines of the log that could not be written.
    pub log_lines_lost: u64,
    /// Lines of the access record that could not be written.
    pub access_lines_lost: u64,
    /// The gateways by name.
    pub gateways: BTreeMap<String, GatewayHealth>,
}

/// How a gateway does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GatewayHealth {
    /// `idle` (nothing sent yet), `ok`, or `failing`.
    pub state: &'static str,
    /// Messages it has accepted whose report is awaited.
    pub accepted: u64,
    /// The last answer that was none of a fault; empty when there was none.
    pub last_success: String,
    /// The last fault; empty when there was none.
    pub last_failure: String,
    /// Its reason.
    pub last_reason: &'static str,
    /// Faults since the last success.
    pub failures_in_row: u32,
    /// Why the last request had no answer; empty since the last one that had.
    pub last_trouble: String,
    /// The gateway's clock minus this host's, as its last answer showed it; `null` before the first.
    pub clock_difference_ms: Option<i64>,
}

impl Client {
    pub(super) fn look(&self) -> Result<Health> {
        self.check_open()?;
        let now = Timestamp::now();
        let backlog = self.reader.lock().backlog(now)?;
        let pulse = self.pulse.lock().clone();
        let settings = self.settings();
        let gateways = settings.gateways.keys().map(|name| {
            let known = pulse.gateways.get(name).cloned().unwrap_or_default();
            let state = match (known.failures_in_row, known.last_success) {
                (0, None) => "idle",
                (0, Some(_)) => "ok",
                _ => "failing",
            };
            let health = GatewayHealth {
                state,
                accepted: backlog.accepted.get(name).copied().unwrap_or_default(),
                last_success: known.last_success.map(Timestamp::to_iso).unwrap_or_default(),
                last_failure: known.last_failure.map(Timestamp::to_iso).unwrap_or_default(),
                last_reason: known.last_reason.map_or("", |reason| reason.word()),
                failures_in_row: known.failures_in_row,
                last_trouble: known.last_trouble,
                clock_difference_ms: known.clock_difference_ms,
            };
            (name.clone(), health)
        });
        Ok(Health {
            time: now.to_iso(),
            waiting: backlog.waiting,
            oldest_waiting_ms: backlog
                .oldest_due
                .map_or(0, |due| u64::try_from(now.since(due).as_millis()).unwrap_or(u64::MAX)),
            in_flight: backlog.in_flight,
            accepted: backlog.accepted.values().sum(),
            results: backlog.results,
            delivers: pulse.delivers,
            trouble: pulse.trouble.map(|error| error.to_string()).unwrap_or_default(),
            disk_free_bytes: fs4::available_space(folder(&settings.outbox.path)).unwrap_or(0),
            log_lines_lost: self.log.lost(),
            access_lines_lost: self.access.as_ref().map_or(0, Access::lost),
            gateways: gateways.collect(),
        })
    }
}

fn folder(outbox: &Path) -> &Path {
    outbox.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
