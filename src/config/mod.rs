//! Configuration text -> checked [`Settings`]. Every error names the path of the key.
//!
//! Invariants: [`Settings`] is complete and consistent, nothing after it checks configuration again; secrets are read
//! once, here, and no `Debug` shows them.

use crate::content::Template;
use crate::error::Result;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A secret text. `Debug` and `Display` show nothing of it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the request that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The text encoding of the host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    #[default]
    Utf8,
    /// CP949, what the field calls EUC-KR.
    Cp949,
}

/// What happens when an AlimTalk is certainly not delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

/// The whole configuration, checked.
#[derive(Clone, Debug)]
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

/// A sending institution.
#[derive(Clone, Debug)]
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

impl Settings {
    /// Reads JSON text, or the JSON file at the path that `text` is. Text that begins with `{` (after white space) is JSON.
    pub fn parse(_text: &str) -> Result<Settings> {
        Err(crate::error::Error::new(crate::error::Code::ConfigSyntax, "not written yet"))
    }
}
