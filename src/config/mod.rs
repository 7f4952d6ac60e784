//! Configuration text -> checked [`Settings`]. Every error names the path of the key and shows no value.
//!
//! Invariants: [`Settings`] is complete and consistent, nothing after it checks configuration again; secrets are read
//! once, here, and no `Debug` shows them; paths are absolute, so the host may change its directory.
//!
//! Relative paths start from the directory of the configuration file, or from the current directory where the text itself
//! was given. A file may be UTF-8 or CP949. A key may be left out unless it is marked *required*; `null` is allowed where
//! the default is "none".
//!
//! | key | meaning | default | allowed |
//! |---|---|---|---|
//! | `outbox.path` | the file that keeps the messages | *required* | a path |
//! | `outbox.shared` | several processes use it together | `false` | |
//! | `outbox.max_messages` | messages that wait or are under way | 2,000,000 | 1 to 100,000,000 |
//! | `outbox.max_megabytes` | size of the file, MiB | 4,096 | 1 to 1,048,576 |
//! | `outbox.key` | recipients, texts and images are sealed with it: 32 bytes as 64 hexadecimal digits or in Base64 | *required*, unless `outbox.encryption` is `"none"` | text, `{"env": "NAME"}` or `{"file": "path"}` |
//! | `outbox.old_keys` | keys from before the present one; what is sealed with them is sealed anew | none | a list of such |
//! | `outbox.encryption` | `"none"`: nothing is sealed | sealed | `"none"`, where there is no `outbox.key` |
//! | `encoding` | the host's text encoding | `"utf-8"` | `"utf-8"`, `"cp949"` |
//! | `gateways.NAME.type` | the kind of gateway | one gateway `sandbox` | `"sandbox"` |
//! | `gateways.NAME.delay_ms` | sandbox: from acceptance to the report, ms | 50 | 0 to 86,400,000 |
//! | `gateways.NAME.journal` | sandbox: a file that gets a line for each accepted request | none | a path |
//! | `accounts.NAME.sender_key` | the sender profile key | *required* | text, `{"env": "NAME"}` or `{"file": "path"}` |
//! | `accounts.NAME.sender_number` | the registered sender number of text messages | none | a Korean number |
//! | `accounts.NAME.gateway` | the gateway it sends through | the only one | a name in `gateways` |
//! | `account` | the account of a request that names none | the only one | a name in `accounts` |
//! | `templates.NAME` | an approved template | none | see the templates |
//! | `retry.max_attempts` | requests per channel | 8 | 1 to 100 |
//! | `retry.initial_ms` | the first wait, doubled each time, ms | 1,000 | 1 to 3,600,000 |
//! | `retry.max_ms` | the longest wait, ms | 300,000 | 1 to 86,400,000 |
//! | `retry.request_timeout_ms` | how long one request may take, ms | 30,000 | 10 to 300,000 |
//! | `expires_in_seconds` | how long a message may wait, s | 86,400 | 1 to 2,592,000 |
//! | `fallback.mode` | what follows an AlimTalk that was not delivered | `"auto"`; `"none"` where no account has a sender number | `"auto"`, `"none"`, `"sms"`, `"lms"`, `"mms"` |
//! | `fallback.uncertain_after_seconds` | when a possibly sent one falls back all the same, s | none: never | 1 to 2,592,000 |
//! | `report_timeout_seconds` | how long a report is awaited, s | 259,200 | 1 to 2,592,000 |
//! | `retention.content_days` | numbers and texts are erased, days after the acknowledgement | 7 | 0 to 3,650 |
//! | `retention.key_days` | keys are erased, days after the acknowledgement | 90 | 0 to 3,650 |
//! | `retention.statistics_days` | statistics are erased, days after their day | 1,200 | 1 to 36,500 |
//! | `logging.file` | the log file; `null`: none | `outbox.path` with the ending `.log` | a path |
//! | `logging.level` | the most verbose level in it | `"info"` | `"off"`, `"error"`, `"warn"`, `"info"`, `"debug"`, `"trace"` |
//! | `logging.max_megabytes` | size at which a new file is begun, MiB | 10 | 1 to 1,024 |
//! | `logging.max_files` | how many old files stay | 5 | 1 to 100 |
//! | `access_record.file` | the access record: `NAME.log` becomes `NAME-2026-12.log` and so on, one file a month | none | a path |
//! | `access_record.days` | how long these stay | 731 | 1 to 36,500 |
//! | `allowed_recipients` | numbers a test installation may send to | none: everybody | digits, or digits and a final `*` |
//! | `max_per_minute` | guard against mass mis-sends | none | 1 to 10,000,000 |
//!
//! Names of gateways, accounts and templates have 1 to 64 bytes of UTF-8, no control characters, no space at the ends.

mod check;
mod outbox_key;
mod read;
mod secret;
mod source;

pub use outbox_key::{Encryption, OutboxKey};
pub use secret::Secret;

use crate::content::{Template, mask_number};
use crate::error::{Code, Error, Result};
use crate::json::{self, Malformed};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Longest text of a configuration.
const TEXT_BYTES_MAX: usize = 4 << 20;
/// Most JSON values in it.
const VALUES_MAX: usize = 1_000_000;

/// The text encoding of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// CP949, what the field calls EUC-KR.
    #[serde(rename = "cp949")]
    Cp949,
}

/// What happens when an AlimTalk is certainly not delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FallbackMode {
    /// SMS or LMS by length, MMS with an image.
    #[default]
    Auto,
    /// Nothing.
    None,
    /// Always this channel.
    Sms,
    /// Always this channel.
    Lms,
    /// Always this channel.
    Mms,
}

/// The whole configuration, checked. `Debug` shows no secret and no number unmasked.
#[derive(Clone)]
pub struct Settings {
    /// Where messages are kept.
    pub outbox: OutboxSettings,
    /// The host's text encoding.
    pub encoding: Encoding,
    /// The gateways by name; at least one.
    pub gateways: BTreeMap<String, GatewaySettings>,
    /// The sending institutions by name.
    pub accounts: BTreeMap<String, Account>,
    /// The account of a request that names none.
    pub default_account: Option<String>,
    /// The templates by the hospital's own names.
    pub templates: BTreeMap<String, Template>,
    /// Retrying what was certainly not sent.
    pub retry: Retry,
    /// How long a message may wait before it is no longer sent, where the request does not say.
    pub expires_in: Duration,
    /// Falling back to a text message.
    pub fallback: FallbackSettings,
    /// How long after acceptance a report is awaited before the result is UNKNOWN.
    pub report_timeout: Duration,
    /// What is erased when.
    pub retention: Retention,
    /// The log file.
    pub logging: Logging,
    /// Who called what. `None`: not written down.
    pub access_record: Option<AccessRecord>,
    /// Numbers a test installation may send to: digits, or digits and a final `*`. `None`: everybody.
    pub allowed_recipients: Option<Vec<String>>,
    /// Guard against mass mis-sends. `None`: no limit.
    pub max_per_minute: Option<u32>,
}

/// Where messages are kept.
#[derive(Clone, Debug)]
pub struct OutboxSettings {
    /// The SQLite file.
    pub path: PathBuf,
    /// Whether several processes use it together.
    pub shared: bool,
    /// Most messages that may wait or be under way.
    pub max_messages: u64,
    /// Largest size of the file in MiB.
    pub max_megabytes: u64,
    /// How the personal part of messages lies in it.
    pub encryption: Encryption,
}

/// A gateway.
#[derive(Clone, Debug)]
pub enum GatewaySettings {
    /// The built-in sandbox.
    Sandbox(SandboxSettings),
}

/// The built-in sandbox: no network, the recipient's number chooses the fate.
#[derive(Clone, Debug)]
pub struct SandboxSettings {
    /// From acceptance to the report.
    pub delay: Duration,
    /// A file to which every accepted request is written, one line each; lets a test count what was sent.
    pub journal: Option<PathBuf>,
}

/// A sending institution. `Debug` shows no secret and no number unmasked.
#[derive(Clone)]
pub struct Account {
    /// Its sender profile key at the gateway.
    pub sender_key: Secret,
    /// Its registered number, digits; needed for text messages.
    pub sender_number: Option<String>,
    /// The gateway it sends through.
    pub gateway: String,
}

/// Retrying what was certainly not sent.
#[derive(Clone, Debug)]
pub struct Retry {
    /// Most requests per channel.
    pub max_attempts: u32,
    /// The first wait; doubled each time, with full jitter.
    pub initial: Duration,
    /// The longest wait; also the cap on what a gateway asks for.
    pub max: Duration,
    /// How long one request may take.
    pub request_timeout: Duration,
}

/// Falling back to a text message.
#[derive(Clone, Debug)]
pub struct FallbackSettings {
    /// Where the request does not say.
    pub mode: FallbackMode,
    /// After how long a possibly sent AlimTalk falls back all the same. `None`: never.
    pub uncertain_after: Option<Duration>,
}

/// What is erased when.
#[derive(Clone, Debug)]
pub struct Retention {
    /// Numbers and bodies, days after the acknowledgement.
    pub content_days: u32,
    /// Keys, days after the acknowledgement.
    pub key_days: u32,
    /// Statistics, days after the day they speak of.
    pub statistics_days: u32,
}

/// The log file.
#[derive(Clone, Debug)]
pub struct Logging {
    /// `None`: no file.
    pub file: Option<PathBuf>,
    /// Most verbose level written.
    pub level: log::LevelFilter,
    /// Size at which a new file is begun, in MiB.
    pub max_megabytes: u64,
    /// How many old files stay.
    pub max_files: u32,
}

/// The access record: a line for each call that reads or changes something.
#[derive(Clone, Debug)]
pub struct AccessRecord {
    /// The file; the month is put behind its name.
    pub file: PathBuf,
    /// How many days after its month's end a file stays at least.
    pub days: u32,
}

impl Settings {
    /// Reads JSON text, or the JSON file at the path that `text` is. Text that begins with `{` (after white space) is JSON.
    pub fn parse(text: &str) -> Result<Settings> {
        let document = read::document(text)?;
        let node = json::parse(&document.text, VALUES_MAX).map_err(|malformed| match malformed {
            Malformed::Syntax(wrong) => Error::new(Code::ConfigSyntax, format!("{}: {wrong}", document.name)),
            Malformed::TooMany => {
                let wrong = format!("{}: has more than {VALUES_MAX} values; at most that is allowed", document.name);
                Error::new(Code::ConfigSyntax, wrong)
            }
        })?;
        check::settings(node.typed().map_err(check::refused)?, &document.directory)
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("outbox", &self.outbox)
            .field("encoding", &self.encoding)
            .field("gateways", &self.gateways)
            .field("accounts", &self.accounts)
            .field("default_account", &self.default_account)
            .field("templates", &self.templates.keys())
            .field("retry", &self.retry)
            .field("expires_in", &self.expires_in)
            .field("fallback", &self.fallback)
            .field("report_timeout", &self.report_timeout)
            .field("retention", &self.retention)
            .field("logging", &self.logging)
            .field("access_record", &self.access_record)
            .field("allowed_recipients", &self.allowed_recipients.as_ref().map(Vec::len))
            .field("max_per_minute", &self.max_per_minute)
            .finish()
    }
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account")
            .field("sender_key", &self.sender_key)
            .field("sender_number", &self.sender_number.as_deref().map(mask_number))
            .field("gateway", &self.gateway)
            .finish()
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
