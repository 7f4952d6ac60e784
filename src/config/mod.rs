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
//! | `gateways.NAME.type` | the kind of gateway | one gateway `sandbox` | `"sandbox"`, `"nhncloud"`, `"solapi"`, `"bizgo"`, `"sens"`, `"aligo"` |
//! | `gateways.NAME.delay_ms` | sandbox: from acceptance to the report, ms | 50 | 0 to 86,400,000 |
//! | `gateways.NAME.journal` | sandbox: a file that gets a line for each accepted request | none | a path |
//! | `gateways.NAME.app_key`, `.secret_key` | nhncloud: KakaoTalk Bizmessage | *required* | as `sender_key` |
//! | `gateways.NAME.sms_app_key`, `.sms_secret_key` | nhncloud: SMS | none: no text messages | as `sender_key` |
//! | `gateways.NAME.api_key`, `.api_secret` | solapi | *required* | as `sender_key` |
//! | `gateways.NAME.api_key` | bizgo | *required* | as `sender_key` |
//! | `gateways.NAME.access_key`, `.secret_key`, `.service_id` | sens | *required* | as `sender_key` |
//! | `gateways.NAME.sms_service_id` | sens: SMS | none: no text messages | as `sender_key` |
//! | `gateways.NAME.api_key`, `.user_id` | aligo | *required* | as `sender_key` |
//! | `gateways.NAME.base_url` | address instead of the vendor's, e.g. of a relay or the simulator | the vendor's | `https://` or `http://` |
//! | `gateways.NAME.sms_base_url` | nhncloud, aligo: the same for text messages | `base_url`, else the vendor's | as `base_url` |
//! | `gateways.NAME.tls.ca_file` | certificate authorities that are trusted on top of the usual ones | none | a PEM file |
//! | `gateways.NAME.tls.client_certificate_file` | certificate and private key that this host shows | none | a PEM file |
//! | `gateways.NAME.tls.public_key_pins` | keys of which one must stand in the server's chain | any | `sha256/` and Base64 |
//! | `gateways.NAME.proxy.url` | the proxy | none, whatever the environment says | `http://` or `https://` |
//! | `gateways.NAME.proxy.user`, `.password` | its login | none | the password as `sender_key` |
//! | `gateways.NAME.proxy.from_environment` | the proxy that `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY` name | `false` | |
//! | `gateways.NAME.connect_timeout_ms` | how long connecting may take, ms | 10,000 | 10 to 120,000 |
//! | `gateways.NAME.idle_timeout_ms` | how long an unused connection stays open, ms | 60,000 | 100 to 3,600,000 |
//! | `gateways.NAME.max_connections` | requests under way at once | 8 | 1 to 64 |
//! | `gateways.NAME.source_address` | the own address that connections come from | the system's choice | an IP address |
//! | `gateways.NAME.messages_per_second` | most messages sent in a second | bizgo 200, else none | 1 to 1,000,000 |
//! | `gateways.NAME.requests_per_second` | most requests made in a second | none | 1 to 100,000 |
//! | `gateways.NAME.poll_ms` | how often new reports are asked for, ms | by vendor | 50 to 3,600,000 |
//! | `gateways.NAME.settle_ms` | how long after a lost answer its message is looked up, ms | by vendor | 50 to 3,600,000 |
//! | `gateways.NAME.check_ms` | how often an accepted message without a report is asked about, at first, ms | by vendor | 50 to 86,400,000 |
//! | `gateways.NAME.reserve` | messages for later are handed over at once, so that they go out while this host is off; not solapi | `false` | |
//! | `gateways.NAME.standby` | the gateway that takes over while this one is down or draining | none | a name in `gateways` |
//! | `gateways.NAME.draining` | it takes no new messages and ends what it has | `false` | |
//! | `accounts.NAME.sender_key` | the sender profile key | *required* | text, `{"env": "NAME"}` or `{"file": "path"}` |
//! | `accounts.NAME.sender_number` | the registered sender number of text messages | none | a Korean number |
//! | `accounts.NAME.gateway` | the gateway it sends through | the only one | a name in `gateways` |
//! | `accounts.NAME.gateways.GATEWAY.sender_key` | the sender profile key there, where it is another | `sender_key` | as `sender_key` |
//! | `account` | the account of a request that names none | the only one | a name in `accounts` |
//! | `templates.NAME` | an approved template | none | see the templates |
//! | `templates.NAME.gateways.GATEWAY.code`, `.buttons`, `.quick_replies` | those it has there, where they are others | the template's own | as in the template |
//! | `routes[].gateway` | where messages go that fit this route; the first that fits is taken, else the account's | *required* | a name in `gateways` |
//! | `routes[].account` | only messages of this account | any | a name in `accounts` |
//! | `routes[].template` | only messages of this template | any | a name in `templates` |
//! | `routes[].percent` | only this share of them, chosen by the key | 100 | 1 to 100 |
//! | `retry.max_attempts` | requests per channel | 8 | 1 to 100 |
//! | `retry.initial_ms` | the first wait, doubled each time, ms | 1,000 | 1 to 3,600,000 |
//! | `retry.max_ms` | the longest wait, ms | 300,000 | 1 to 86,400,000 |
//! | `retry.request_timeout_ms` | how long one request may take, ms | 30,000 | 10 to 300,000 |
//! | `expires_in_seconds` | how long a message may wait, s | 86,400 | 1 to 2,592,000 |
//! | `fallback.mode` | what follows an AlimTalk that was not delivered | `"auto"`; `"none"` where no account has a sender number | `"auto"`, `"none"`, `"sms"`, `"lms"`, `"mms"` |
//! | `fallback.gateway` | the gateway it goes by where the engine sends it | that of the AlimTalk | a name in `gateways` |
//! | `fallback.by` | who sends the text message | `"engine"` | `"engine"`, `"gateway"` |
//! | `fallback.uncertain_after_seconds` | when a possibly sent one falls back all the same, s | none: never | 1 to 2,592,000 |
//! | `report_timeout_seconds` | how long a report is awaited, s | 259,200 | 1 to 2,592,000 |
//! | `retention.content_days` | numbers and texts are erased, days after the acknowledgement | 7 | 0 to 3,650 |
//! | `retention.key_days` | keys are erased, days after the acknowledgement | 90 | 1 to 3,650 |
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
mod gateway;
mod outbox_key;
mod read;
mod routing;
mod secret;
mod source;

pub use gateway::{Connection, Proxy, RemoteSettings, Tls, Vendor};
pub use outbox_key::{Encryption, OutboxKey};
pub use routing::{Route, Routing};
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

/// Who sends the text message that follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FallbackBy {
    /// The engine, by any gateway, with the wording that was checked.
    #[default]
    Engine,
    /// The gateway that carried the AlimTalk, where it can; else the engine.
    Gateway,
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
    /// Which of them a message goes by.
    pub routing: Routing,
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
    /// A vendor's.
    Remote(Box<RemoteSettings>),
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
    /// Its sender profile keys at gateways where it has another.
    pub sender_keys: BTreeMap<String, Secret>,
}

/// As what an account and a template are known to one gateway. `Debug` shows no secret and no number unmasked.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Registration {
    /// The sender profile: sender key, channel id or `@channel`, as the vendor wants it.
    pub sender_key: Secret,
    /// The vendor's code of the template; empty for text messages.
    pub template_code: String,
    /// The account's sender number; empty where it has none.
    pub sender_number: String,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("sender_key", &self.sender_key)
            .field("template_code", &self.template_code)
            .field("sender_number", &mask_number(&self.sender_number))
            .finish()
    }
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
    /// Who sends it.
    pub by: FallbackBy,
    /// The gateway it goes by where the engine sends it. `None`: that of the AlimTalk.
    pub gateway: Option<String>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

    /// Whether a running client can go on with `other` in place of this.
    pub(crate) fn check_change(&self, other: &Settings) -> Result<()> {
        let (outbox, logging) = (&self.outbox, &self.logging);
        let fixed = [
            ("outbox.path", outbox.path == other.outbox.path),
            ("outbox.shared", outbox.shared == other.outbox.shared),
            ("outbox.key", outbox.encryption == other.outbox.encryption),
            ("encoding", self.encoding == other.encoding),
            ("logging", *logging == other.logging),
            ("access_record", self.access_record == other.access_record),
        ];
        match fixed.iter().find(|(_, same)| !same) {
            Some((key, _)) => Err(Error::new(
                Code::ConfigContradiction,
                format!("{key}: differs; it cannot be changed while the client runs, shut it down and start it anew"),
            )),
            None => Ok(()),
        }
    }

    /// As what an account and a template are known to a gateway. What is no longer configured is left empty.
    pub(crate) fn registration(&self, gateway: &str, account: &str, template: &str) -> Registration {
        let sender_key = |account: &Account| account.sender_keys.get(gateway).unwrap_or(&account.sender_key).clone();
        let template_code = |template: &Template| template.code_at(gateway).to_owned();
        Registration {
            sender_key: self.accounts.get(account).map(sender_key).unwrap_or_default(),
            template_code: self.templates.get(template).map(template_code).unwrap_or_default(),
            sender_number: self.accounts.get(account).and_then(|a| a.sender_number.clone()).unwrap_or_default(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("outbox", &self.outbox)
            .field("encoding", &self.encoding)
            .field("gateways", &self.gateways)
            .field("routing", &self.routing)
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
