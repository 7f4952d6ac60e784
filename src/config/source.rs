//! The configuration as it is spelled. The ranges and defaults of numbers stand here, in types and `Default`.

use super::secret::SecretSource;
use super::{Encoding, FallbackBy, FallbackMode};
use crate::content::TemplateSource;
use crate::json::Node;
use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};
use std::collections::BTreeMap;
use std::fmt;

const DAY: u64 = 86_400;
const DAY_MS: u64 = 86_400_000;

/// A whole number within a range; errors name the range.
#[derive(Clone, Copy)]
pub(super) struct Within<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Within<MIN, MAX> {
    /// A default.
    pub(super) const fn new(value: u64) -> Self {
        assert!(MIN <= value && value <= MAX, "a default outside its range");
        Within(value)
    }

    pub(super) fn get(self) -> u64 {
        self.0
    }

    /// As 32 bits. Only for ranges that fit.
    pub(super) fn get32(self) -> u32 {
        const { assert!(MAX <= u32::MAX as u64) };
        u32::try_from(self.0).unwrap_or(u32::MAX)
    }
}

impl<'de, const MIN: u64, const MAX: u64> Deserialize<'de> for Within<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_u64(WithinVisitor::<MIN, MAX>)
    }
}

struct WithinVisitor<const MIN: u64, const MAX: u64>;

impl<const MIN: u64, const MAX: u64> Visitor<'_> for WithinVisitor<MIN, MAX> {
    type Value = Within<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {MIN} to {MAX}")
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        if (MIN..=MAX).contains(&value) {
            Ok(Within(value))
        } else {
            Err(E::invalid_value(Unexpected::Unsigned(value), &self))
        }
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Err(E::invalid_value(Unexpected::Signed(value), &self))
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source<'a> {
    pub(super) outbox: Option<Outbox>,
    #[serde(default)]
    pub(super) encoding: Encoding,
    #[serde(borrow)]
    pub(super) gateways: Option<BTreeMap<String, Node<'a>>>,
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) account: Option<String>,
    #[serde(default)]
    pub(super) routes: Vec<Route>,
    #[serde(default)]
    pub(super) templates: BTreeMap<String, TemplateSource>,
    #[serde(default)]
    pub(super) retry: Retry,
    pub(super) expires_in_seconds: Option<Within<1, { 30 * DAY }>>,
    #[serde(default)]
    pub(super) fallback: Fallback,
    pub(super) report_timeout_seconds: Option<Within<1, { 30 * DAY }>>,
    #[serde(default)]
    pub(super) retention: Retention,
    #[serde(default)]
    pub(super) logging: Logging,
    pub(super) access_record: Option<AccessRecord>,
    pub(super) allowed_recipients: Option<Vec<String>>,
    pub(super) max_per_minute: Option<Within<1, 10_000_000>>,
}

/// Seconds: a day.
pub(super) const EXPIRES_IN: u64 = DAY;
/// Seconds: three days, as long as KakaoTalk may take for an uncertain message.
pub(super) const REPORT_TIMEOUT: u64 = 3 * DAY;

#[derive(serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Outbox {
    pub(super) path: Option<String>,
    pub(super) shared: bool,
    pub(super) max_messages: Within<1, 100_000_000>,
    pub(super) max_megabytes: Within<1, { 1024 * 1024 }>,
    pub(super) encryption: Option<NoEncryption>,
    pub(super) key: Option<SecretSource>,
    pub(super) old_keys: Vec<SecretSource>,
}

/// The only word about encryption: that there is none. Otherwise the key says it all.
#[derive(serde::Deserialize)]
pub(super) enum NoEncryption {
    #[serde(rename = "none")]
    None,
}

impl Default for Outbox {
    fn default() -> Self {
        Outbox {
            path: None,
            shared: false,
            max_messages: Within(2_000_000),
            max_megabytes: Within(4_096),
            encryption: None,
            key: None,
            old_keys: Vec::new(),
        }
    }
}

/// What a gateway of type `sandbox` takes beside `type`.
#[derive(serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Sandbox {
    pub(super) delay_ms: Within<0, DAY_MS>,
    pub(super) journal: Option<String>,
}

impl Default for Sandbox {
    fn default() -> Self {
        Sandbox { delay_ms: Within(50), journal: None }
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub(super) sender_key: SecretSource,
    pub(super) sender_number: Option<String>,
    pub(super) gateway: Option<String>,
    /// By gateway: as what the account is known there.
    #[serde(default)]
    pub(super) gateways: BTreeMap<String, AccountThere>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountThere {
    pub(super) sender_key: SecretSource,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Route {
    pub(super) account: Option<String>,
    pub(super) template: Option<String>,
    #[serde(default = "all")]
    pub(super) percent: Within<1, 100>,
    pub(super) gateway: String,
}

fn all() -> Within<1, 100> {
    Within(100)
}

#[derive(serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Retry {
    pub(super) max_attempts: Within<1, 100>,
    pub(super) initial_ms: Within<1, 3_600_000>,
    pub(super) max_ms: Within<1, DAY_MS>,
    pub(super) request_timeout_ms: Within<10, 300_000>,
}

impl Default for Retry {
    fn default() -> Self {
        Retry {
            max_attempts: Within(8),
            initial_ms: Within(1_000),
            max_ms: Within(300_000),
            request_timeout_ms: Within(30_000),
        }
    }
}

#[derive(Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Fallback {
    pub(super) mode: Option<FallbackMode>,
    pub(super) by: FallbackBy,
    pub(super) gateway: Option<String>,
    pub(super) uncertain_after_seconds: Option<Within<1, { 30 * DAY }>>,
}

#[derive(serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Retention {
    pub(super) content_days: Within<0, 3_650>,
    /// A key that is forgotten while its gateway still speaks of it, or knows its request again (Bizgo: for a day), could have
    /// a new message taken for the earlier one.
    pub(super) key_days: Within<1, 3_650>,
    pub(super) statistics_days: Within<1, 36_500>,
}

impl Default for Retention {
    fn default() -> Self {
        Retention { content_days: Within(7), key_days: Within(90), statistics_days: Within(1_200) }
    }
}

#[derive(serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Logging {
    /// Outer `None`: the key is not there. Inner `None`: it is null.
    #[serde(deserialize_with = "given")]
    pub(super) file: Option<Option<String>>,
    pub(super) level: Level,
    pub(super) max_megabytes: Within<1, 1_024>,
    pub(super) max_files: Within<1, 100>,
}

impl Default for Logging {
    fn default() -> Self {
        Logging { file: None, level: Level::Info, max_megabytes: Within(10), max_files: Within(5) }
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccessRecord {
    pub(super) file: String,
    pub(super) days: Option<Within<1, 36_500>>,
}

/// Days: two years.
pub(super) const ACCESS_DAYS: u32 = 731;

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

#[derive(Clone, Copy, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

impl From<Level> for log::LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Off => log::LevelFilter::Off,
            Level::Error => log::LevelFilter::Error,
            Level::Warn => log::LevelFilter::Warn,
            Level::Info => log::LevelFilter::Info,
            Level::Debug => log::LevelFilter::Debug,
            Level::Trace => log::LevelFilter::Trace,
        }
    }
}
