//! What the fuzzers of `fuzz/` call: one function for each target, over any bytes.
//!
//! Invariants: not in any library that is built to be used, only in tests and under `cfg(fuzzing)`; nothing leaves the
//! machine; a target panics where a promise is broken and only there. What is public is gone through as it is; the
//! inner doors (CP949, the comparison of templates, the vendors' decoders) have no public way that takes less than a
//! commit or an HTTP server for each input.
#![allow(missing_docs, reason = "the names of the targets say it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is what a fuzzer finds")]

mod outbox;

pub use crate::content::fuzzing::{cp949, template};
pub use crate::ffi::fuzzing::abi;
pub use crate::gateway::fuzzing::vendors;
pub use outbox::outbox;

use crate::config::Settings;
use crate::content::{Album, prepare};
use crate::error::{Code, Error};
use crate::message::{Body, Message, Request, parse_batch, parse_options, parse_variables};
use crate::time::Timestamp;
use std::sync::OnceLock;

/// 2026-12-01 09:00 in Korea.
const NOW: Timestamp = Timestamp(1_796_083_200_000);

/// What every error must keep: it is no fault of ours and shows no number of a person.
pub(crate) fn is_sound(error: &Error) {
    assert_ne!(error.code(), Code::Internal, "{error}");
    let digits = |part: &str| part.len() >= 10 && part.starts_with("01") && part.bytes().all(|b| b.is_ascii_digit());
    let joined = error.text().replace(['-', '.'], "");
    assert!(!joined.split(|c: char| !c.is_ascii_digit()).any(digits), "a number is shown: {error}");
}

pub(crate) fn settings(more: serde_json::Value) -> Result<Settings, Error> {
    let mut all = serde_json::json!({
        "outbox": {"path": "unused", "encryption": "none"},
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 0}},
        "accounts": {"clinic": {"sender_key": "any", "sender_number": "070-0000-0001"}},
        "templates": {"visit": {
            "text": "#{name} - #{time}", "title": "#{time}",
            "buttons": [{"type": "WL", "name": "more", "link_mobile": "https://example.kr/#{id}"}],
            "fallback": {"text": "#{name}", "subject": "#{time}"},
        }},
        "logging": {"file": null},
    });
    if let (Some(all), serde_json::Value::Object(more)) = (all.as_object_mut(), more) {
        all.extend(more);
    }
    Settings::parse(&all.to_string())
}

fn usual() -> &'static Settings {
    static USUAL: OnceLock<Settings> = OnceLock::new();
    USUAL.get_or_init(|| settings(serde_json::json!({})).unwrap())
}

/// Prepares a message; an error is sound.
pub(crate) fn prepared(settings: &Settings, request: Request) -> Result<Message, Error> {
    prepare(settings, &Album::default(), request, NOW).inspect_err(is_sound)
}

pub fn configuration(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match Settings::parse(text) {
        Ok(settings) => {
            assert!(!settings.gateways.is_empty() && !settings.accounts.is_empty());
            // Secrets hide in every view of it; here it is only made.
            assert!(!format!("{settings:?}").is_empty());
            let body = Body::Text { text: "text".into() };
            let _ = prepared(&settings, Request { to: "010-0000-0000".into(), body, ..Request::default() });
        }
        Err(error) => is_sound(&error),
    }
}

pub fn options(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let variables = parse_variables(text).inspect_err(is_sound).unwrap_or_default();
    let options = parse_options(text).inspect_err(is_sound).unwrap_or_default();
    let to = || "010-0000-0000".to_owned();
    let body = Body::Alimtalk { template: "visit".into(), variables };
    let _ = prepared(usual(), Request { to: to(), body, options: options.clone(), ..Request::default() });
    let body = Body::Text { text: text.to_owned() };
    let _ = prepared(usual(), Request { to: to(), body, options, ..Request::default() });
}

pub fn batch(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(entries) = parse_batch(text).inspect_err(is_sound) else { return };
    for entry in entries {
        if let Ok(request) = entry.inspect_err(is_sound) {
            let _ = prepared(usual(), request);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// The inputs that fuzzing has chosen, and those that once broke something.
    fn every_input_is_survived(name: &str, target: fn(&[u8])) {
        let mut count = 0;
        for kind in ["corpus", "crashes"] {
            let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(kind).join(name);
            for file in std::fs::read_dir(place).into_iter().flatten() {
                let file = file.unwrap().path();
                let input = std::fs::read(&file).unwrap();
                let played = std::panic::catch_unwind(|| target(&input));
                assert!(played.is_ok(), "{}", file.display());
                count += 1;
            }
        }
        assert!(count > 0, "no inputs");
    }

    macro_rules! replay {
        ($($target:ident)*) => {
            mod every_kept_input_is_survived_by {
                $(#[test]
                fn $target() {
                    super::every_input_is_survived(stringify!($target), super::super::$target);
                })*
            }
        };
    }

    replay! { abi batch configuration cp949 options outbox template vendors }
}
