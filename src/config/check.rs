//! What the configuration says, taken together: paths, secrets, names, and parts that contradict each other.

use super::secret::SecretSource;
use super::source::{self, ACCESS_DAYS, EXPIRES_IN, REPORT_TIMEOUT, Source, Within};
use super::{
    AccessRecord, Account, Encoding, Encryption, FallbackMode, FallbackSettings, GatewaySettings, Logging, OutboxKey,
    OutboxSettings, Retention, Retry, Routing, Settings,
};
use super::{gateway, routing};
use crate::content::{Template, normalise_sender};
use crate::error::{Code, Error, Result};
use crate::json::{Fault, Node, shown};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Longest name of a gateway, account or template.
const NAME_BYTES_MAX: usize = 64;
/// Longest number in `allowed_recipients`.
const PATTERN_DIGITS_MAX: usize = 12;

pub(super) fn refused(fault: Fault) -> Error {
    let code = if fault.unknown_key { Code::ConfigUnknownKey } else { Code::ConfigValue };
    let place = if fault.path.is_empty() { "config" } else { &fault.path };
    Error::new(code, format!("{place}: {}", fault.text))
}

pub(super) fn value(path: &str, wrong: &str) -> Error {
    Error::new(Code::ConfigValue, format!("{path}: {wrong}"))
}

pub(super) fn contradiction(path: &str, wrong: &str) -> Error {
    Error::new(Code::ConfigContradiction, format!("{path}: {wrong}"))
}

pub(super) fn settings(source: Source<'_>, directory: &Path) -> Result<Settings> {
    let outbox = outbox(source.outbox.unwrap_or_default(), directory)?;
    let mut routing = Routing::default();
    let gateways = gateways(source.gateways, source.encoding, directory, &mut routing)?;
    let accounts = accounts(source.accounts, source.encoding, &gateways, directory)?;
    let report_timeout = seconds(source.report_timeout_seconds, REPORT_TIMEOUT);
    let mut settings = Settings {
        logging: logging(source.logging, &outbox, directory)?,
        default_account: default_account(source.account, &accounts)?,
        templates: templates(source.templates, source.encoding, directory)?,
        retry: retry(&source.retry)?,
        expires_in: seconds(source.expires_in_seconds, EXPIRES_IN),
        fallback: fallback(&source.fallback, &accounts, report_timeout)?,
        retention: retention(&source.retention)?,
        access_record: access_record(source.access_record, directory)?,
        allowed_recipients: source.allowed_recipients.map(allowed_recipients).transpose()?,
        max_per_minute: source.max_per_minute.map(Within::get32),
        encoding: source.encoding,
        outbox,
        gateways,
        routing,
        accounts,
        report_timeout,
    };
    routing::check(&mut settings, source.routes)?;
    files_differ(&settings)?;
    Ok(settings)
}

fn outbox(source: source::Outbox, directory: &Path) -> Result<OutboxSettings> {
    let text = source.path.ok_or_else(|| {
        value("outbox.path", "is missing; name the file that keeps the messages, alimi does not choose one by itself")
    })?;
    Ok(OutboxSettings {
        path: file("outbox.path", &text, directory)?,
        shared: source.shared,
        max_messages: source.max_messages.get(),
        max_megabytes: source.max_megabytes.get(),
        encryption: encryption(source.key, source.old_keys, source.encryption.is_some(), directory)?,
    })
}

/// Nothing lies readable on a disk by oversight: whoever wants that must say so.
fn encryption(
    key: Option<SecretSource>,
    old_keys: Vec<SecretSource>,
    none: bool,
    directory: &Path,
) -> Result<Encryption> {
    let read = |source: SecretSource, path: &str| {
        OutboxKey::parse(&source.read(path, directory)?)
            .map_err(|wrong| Error::new(Code::ConfigSecret, format!("{path}: {wrong}")))
    };
    match (&key, none) {
        (None, false) => {
            return Err(value(
                "outbox.key",
                "is missing; give a key, with which names, numbers and texts are sealed on the disk: \
                 {\"file\": \"PATH\"} or {\"env\": \"NAME\"} with 32 random bytes, e.g. of `openssl rand -hex 32`; or set \
                 outbox.encryption to \"none\" to keep them readable",
            ));
        }
        (Some(_), true) => {
            let wrong = "is \"none\", but there is an outbox.key; take one of them out";
            return Err(contradiction("outbox.encryption", wrong));
        }
        _ => {}
    }
    let old_keys = old_keys.into_iter().enumerate().map(|(at, key)| read(key, &format!("outbox.old_keys[{at}]")));
    let old_keys = old_keys.collect::<Result<_>>()?;
    Ok(Encryption { key: key.map(|key| read(key, "outbox.key")).transpose()?, old_keys })
}

fn gateways(
    source: Option<BTreeMap<String, Node<'_>>>,
    encoding: Encoding,
    directory: &Path,
    routing: &mut Routing,
) -> Result<BTreeMap<String, GatewaySettings>> {
    let Some(source) = source else {
        let sandbox = gateway::sandbox("gateways.sandbox", source::Sandbox::default(), directory)?;
        return Ok(BTreeMap::from([("sandbox".to_owned(), sandbox)]));
    };
    if source.is_empty() {
        return Err(value("gateways", "is empty; name at least one, or leave the key out for the sandbox"));
    }
    let mut gateways = BTreeMap::new();
    for (name, mut node) in source {
        let path = named("gateways", &name, encoding)?;
        routing.take_from(&name, &path, &mut node)?;
        gateways.insert(name, gateway::gateway(&path, node, directory)?);
    }
    Ok(gateways)
}

fn accounts(
    source: BTreeMap<String, source::Account>,
    encoding: Encoding,
    gateways: &BTreeMap<String, GatewaySettings>,
    directory: &Path,
) -> Result<BTreeMap<String, Account>> {
    if source.is_empty() {
        return Err(value("accounts", "is empty; name at least one account with its sender_key"));
    }
    let mut accounts = BTreeMap::new();
    for (name, source) in source {
        let path = named("accounts", &name, encoding)?;
        let gateway = match (source.gateway, gateways.keys().next()) {
            (Some(name), _) if gateways.contains_key(&name) => name,
            (Some(_), _) => return Err(missing_name(&format!("{path}.gateway"), "gateways", gateways.keys())),
            (None, Some(only)) if gateways.len() == 1 => only.clone(),
            (None, _) => {
                let wrong = "is missing; there are several gateways, so each account must name its own";
                return Err(contradiction(&format!("{path}.gateway"), wrong));
            }
        };
        let sender_key = source.sender_key.read(&format!("{path}.sender_key"), directory)?;
        let number = source.sender_number.as_deref().map(normalise_sender).transpose();
        let sender_number = number.map_err(|error| error.at(format!("{path}.sender_number")))?;
        let mut sender_keys = BTreeMap::new();
        for (there, source) in source.gateways {
            let path = format!("{path}.gateways.{}", shown(&there));
            if !gateways.contains_key(&there) {
                return Err(missing_name(&path, "gateways", gateways.keys()));
            }
            sender_keys.insert(there, source.sender_key.read(&format!("{path}.sender_key"), directory)?);
        }
        accounts.insert(name, Account { sender_key, sender_number, gateway, sender_keys });
    }
    Ok(accounts)
}

fn default_account(name: Option<String>, accounts: &BTreeMap<String, Account>) -> Result<Option<String>> {
    match name {
        Some(name) if accounts.contains_key(&name) => Ok(Some(name)),
        Some(_) => Err(missing_name("account", "accounts", accounts.keys())),
        None if accounts.len() == 1 => Ok(accounts.keys().next().cloned()),
        None => Ok(None),
    }
}

pub(super) fn missing_name<'n>(path: &str, among: &str, names: impl Iterator<Item = &'n String>) -> Error {
    const NAMES_MAX: usize = 10;
    let listed: Vec<String> = names.take(NAMES_MAX).map(|name| shown(name)).collect();
    contradiction(path, &format!("names none of `{among}`, which has {}", listed.join(", ")))
}

fn templates(
    source: BTreeMap<String, crate::content::TemplateSource>,
    encoding: Encoding,
    directory: &Path,
) -> Result<BTreeMap<String, Template>> {
    let mut templates = BTreeMap::new();
    for (name, mut source) in source {
        let path = named("templates", &name, encoding)?;
        if !source.fallback.image.is_empty() {
            source.fallback.image = text_of(&format!("{path}.fallback.image"), &source.fallback.image, directory)?;
        }
        let template = Template::new(&name, source).map_err(|error| error.at(path))?;
        templates.insert(name, template);
    }
    Ok(templates)
}

fn retry(source: &source::Retry) -> Result<Retry> {
    if source.initial_ms.get() > source.max_ms.get() {
        return Err(contradiction("retry.initial_ms", "is more than retry.max_ms; it may be at most that"));
    }
    Ok(Retry {
        max_attempts: source.max_attempts.get32(),
        initial: Duration::from_millis(source.initial_ms.get()),
        max: Duration::from_millis(source.max_ms.get()),
        request_timeout: Duration::from_millis(source.request_timeout_ms.get()),
    })
}

/// Without a word about it, falling back is on wherever it is possible. Where it is asked for, it must be possible.
fn fallback(
    source: &source::Fallback,
    accounts: &BTreeMap<String, Account>,
    report_timeout: Duration,
) -> Result<FallbackSettings> {
    let possible = accounts.values().any(|account| account.sender_number.is_some());
    let mode = source.mode.unwrap_or(if possible { FallbackMode::Auto } else { FallbackMode::None });
    if mode != FallbackMode::None && !possible {
        let wrong = "needs a sender_number, which no account has; give an account one, or set the mode to \"none\"";
        return Err(contradiction("fallback.mode", wrong));
    }
    let uncertain_after = source.uncertain_after_seconds.map(|seconds| Duration::from_secs(seconds.get()));
    let path = "fallback.uncertain_after_seconds";
    if uncertain_after.is_some() && mode == FallbackMode::None {
        return Err(contradiction(path, "is set, but the fallback mode is \"none\""));
    }
    if uncertain_after.is_some_and(|after| after >= report_timeout) {
        return Err(contradiction(
            path,
            "never comes, for report_timeout_seconds ends the message first; set it to less",
        ));
    }
    Ok(FallbackSettings { mode, by: source.by, gateway: source.gateway.clone(), uncertain_after })
}

fn retention(source: &source::Retention) -> Result<Retention> {
    if source.key_days.get() < source.content_days.get() {
        let wrong = "is less than retention.content_days; a key stays at least as long as its content";
        return Err(contradiction("retention.key_days", wrong));
    }
    Ok(Retention {
        content_days: source.content_days.get32(),
        key_days: source.key_days.get32(),
        statistics_days: source.statistics_days.get32(),
    })
}

fn logging(source: source::Logging, outbox: &OutboxSettings, directory: &Path) -> Result<Logging> {
    let file = match source.file {
        Some(Some(text)) => Some(file("logging.file", &text, directory)?),
        Some(None) => None,
        None => Some(outbox.path.with_extension("log")),
    };
    Ok(Logging {
        file,
        level: source.level.into(),
        max_megabytes: source.max_megabytes.get(),
        max_files: source.max_files.get32(),
    })
}

fn access_record(source: Option<source::AccessRecord>, directory: &Path) -> Result<Option<AccessRecord>> {
    let Some(source) = source else { return Ok(None) };
    let file = file("access_record.file", &source.file, directory)?;
    Ok(Some(AccessRecord { file, days: source.days.map_or(ACCESS_DAYS, Within::get32) }))
}

fn allowed_recipients(patterns: Vec<String>) -> Result<Vec<String>> {
    const ALLOWED: &str = "expected 1 to 12 digits that begin with 0, or fewer and a final `*`";
    if patterns.is_empty() {
        return Err(value(
            "allowed_recipients",
            "is empty, so nobody could be sent to; leave the key out to allow everybody",
        ));
    }
    for (at, pattern) in patterns.iter().enumerate() {
        let digits = pattern.strip_suffix('*').unwrap_or(pattern);
        let good = digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.starts_with('0');
        if !good || digits.len() > PATTERN_DIGITS_MAX {
            return Err(value(&format!("allowed_recipients[{at}]"), &format!("is no such number; {ALLOWED}")));
        }
    }
    Ok(patterns)
}

fn seconds<const MIN: u64, const MAX: u64>(given: Option<Within<MIN, MAX>>, default: u64) -> Duration {
    Duration::from_secs(given.map_or(default, Within::get))
}

/// The path of a named thing, once its name is good.
fn named(group: &str, name: &str, encoding: Encoding) -> Result<String> {
    let path = format!("{group}.{}", shown(name));
    if name.is_empty() || name.len() > NAME_BYTES_MAX || name.chars().any(char::is_control) || name.trim() != name {
        let wrong = "a name has 1 to 64 bytes of UTF-8, no control characters, and no space at the ends";
        return Err(value(&path, wrong));
    }
    if crate::encoding::encode(name, encoding).is_err() {
        return Err(contradiction(&path, "the name has a character that CP949 lacks, but the encoding is \"cp949\""));
    }
    Ok(path)
}

pub(super) fn file(path: &str, text: &str, directory: &Path) -> Result<PathBuf> {
    if text.is_empty() || text.chars().any(char::is_control) {
        return Err(value(path, "is not the path of a file: empty, or with a control character"));
    }
    std::path::absolute(directory.join(text))
        .map_err(|error| Error::new(Code::ConfigFile, format!("{path}: the path cannot be used: {error}")))
}

/// A path that goes on as text.
fn text_of(path: &str, text: &str, directory: &Path) -> Result<String> {
    let whole = file(path, text, directory)?.into_os_string().into_string();
    whole.map_err(|_| value(path, "lies in a directory that has no name in Unicode; write the whole path"))
}

/// One file cannot be the outbox, the log, the access record and a journal.
fn files_differ(settings: &Settings) -> Result<()> {
    let log = settings.logging.file.iter().map(|file| ("logging.file".to_owned(), file));
    let access = settings.access_record.iter().map(|record| ("access_record.file".to_owned(), &record.file));
    let journals = settings.gateways.iter().filter_map(|(name, gateway)| match gateway {
        GatewaySettings::Sandbox(sandbox) => {
            sandbox.journal.as_ref().map(|file| (format!("gateways.{}.journal", shown(name)), file))
        }
        GatewaySettings::Remote(_) => None,
    });
    let mut seen = BTreeMap::from([(&settings.outbox.path, "outbox.path".to_owned())]);
    for (path, file) in log.chain(access).chain(journals) {
        if let Some(earlier) = seen.insert(file, path.clone()) {
            return Err(contradiction(&path, &format!("is the same file as {earlier}; each needs its own")));
        }
    }
    Ok(())
}
