//! The promises of the configuration.

mod files;
mod gateways;
mod random;

use super::*;
use serde_json::{Value, json};

/// Stands for every secret, number and text: no error and no `Debug` may show it.
const MARK: &str = "0M4RK8";

fn base() -> Value {
    json!({"outbox": {"encryption": "none", "path": "box/alimi.db"}, "accounts": {"seoul": {"sender_key": MARK, "sender_number": "021234567"}}})
}

/// The smallest configuration with one value of it set, by its path.
fn with(path: &str, value: Value) -> String {
    let mut config = base();
    let mut place = &mut config;
    for name in path.split('.') {
        place = &mut place[name];
    }
    *place = value;
    config.to_string()
}

fn refused(text: &str) -> Error {
    let error = Settings::parse(text).unwrap_err();
    assert!(!error.to_string().contains(MARK), "{error}");
    error
}

/// Asserts the code and that the text begins with the path of the key.
fn refused_at(path: &str, value: Value, code: Code, begins: &str) {
    let error = refused(&with(path, value));
    assert_eq!(error.code(), code, "{error}");
    assert!(error.text().starts_with(begins), "expected {begins:?}..., got {:?}", error.text());
}

#[test]
fn the_smallest_configuration_has_the_documented_defaults() {
    let settings = Settings::parse(&base().to_string()).unwrap();
    let here = std::env::current_dir().unwrap();
    assert_eq!(settings.outbox.path, here.join("box/alimi.db"));
    assert!(!settings.outbox.shared);
    assert_eq!((settings.outbox.max_messages, settings.outbox.max_megabytes), (2_000_000, 4_096));
    assert_eq!(settings.encoding, Encoding::Utf8);
    let GatewaySettings::Sandbox(sandbox) = &settings.gateways["sandbox"] else { panic!("another type") };
    assert_eq!((sandbox.delay, &sandbox.journal), (Duration::from_millis(50), &None));
    assert_eq!(settings.accounts["seoul"].gateway, "sandbox");
    assert_eq!(settings.accounts["seoul"].sender_key.reveal(), MARK);
    assert_eq!(settings.default_account.as_deref(), Some("seoul"));
    assert!(settings.templates.is_empty());
    assert_eq!(settings.retry.max_attempts, 8);
    assert_eq!(settings.retry.initial, Duration::from_secs(1));
    assert_eq!(settings.retry.max, Duration::from_secs(300));
    assert_eq!(settings.retry.request_timeout, Duration::from_secs(30));
    assert_eq!(settings.expires_in, Duration::from_secs(86_400));
    assert_eq!(settings.fallback.mode, FallbackMode::Auto);
    assert_eq!(settings.fallback.uncertain_after, None);
    assert_eq!(settings.report_timeout, Duration::from_secs(259_200));
    let kept = &settings.retention;
    assert_eq!((kept.content_days, kept.key_days, kept.statistics_days), (7, 90, 1_200));
    assert_eq!(settings.logging.file, Some(here.join("box/alimi.log")));
    assert_eq!(settings.logging.level, log::LevelFilter::Info);
    assert_eq!((settings.logging.max_megabytes, settings.logging.max_files), (10, 5));
    assert!(settings.access_record.is_none());
    assert_eq!((settings.allowed_recipients, settings.max_per_minute), (None, None));
}

#[test]
fn every_key_is_taken_over() {
    let text = json!({
        "outbox": {"encryption": "none", "path": "/var/alimi/a.db", "shared": true, "max_messages": 5, "max_megabytes": 6},
        "encoding": "cp949",
        "gateways": {"one": {"delay_ms": 7, "type": "sandbox", "journal": "j.txt"}, "two": {"type": "sandbox"}},
        "accounts": {
            "서울": {"sender_key": "k", "sender_number": "021234567", "gateway": "one"},
            "busan": {"sender_key": "k", "gateway": "two"},
        },
        "account": "busan",
        "templates": {"접수": {"text": "#{이름}님"}},
        "retry": {"max_attempts": 1, "initial_ms": 2, "max_ms": 3, "request_timeout_ms": 40},
        "expires_in_seconds": 60,
        "fallback": {"mode": "lms", "uncertain_after_seconds": 600},
        "report_timeout_seconds": 700,
        "retention": {"content_days": 1, "key_days": 2, "statistics_days": 3},
        "logging": {"file": "log/a.log", "level": "trace", "max_megabytes": 4, "max_files": 2},
        "access_record": {"file": "log/calls.log", "days": 9},
        "allowed_recipients": ["0100000*", "01012345678"],
        "max_per_minute": 6000,
    });
    let settings = Settings::parse(&text.to_string()).unwrap();
    let here = std::env::current_dir().unwrap();
    assert_eq!(settings.outbox.path, std::path::absolute("/var/alimi/a.db").unwrap());
    assert!(settings.outbox.shared);
    assert_eq!((settings.outbox.max_messages, settings.outbox.max_megabytes), (5, 6));
    assert_eq!(settings.encoding, Encoding::Cp949);
    let GatewaySettings::Sandbox(sandbox) = &settings.gateways["one"] else { panic!("another type") };
    assert_eq!((sandbox.delay, sandbox.journal.clone()), (Duration::from_millis(7), Some(here.join("j.txt"))));
    assert_eq!(settings.accounts["서울"].gateway, "one");
    assert_eq!(settings.accounts["busan"].gateway, "two");
    assert_eq!(settings.default_account.as_deref(), Some("busan"));
    assert!(settings.templates.contains_key("접수"));
    assert_eq!(settings.retry.max_attempts, 1);
    assert_eq!(settings.retry.request_timeout, Duration::from_millis(40));
    assert_eq!(settings.fallback.mode, FallbackMode::Lms);
    assert_eq!(settings.fallback.uncertain_after, Some(Duration::from_secs(600)));
    assert_eq!(settings.report_timeout, Duration::from_secs(700));
    assert_eq!(settings.logging.file, Some(here.join("log/a.log")));
    assert_eq!(settings.logging.level, log::LevelFilter::Trace);
    let record = settings.access_record.unwrap();
    assert_eq!((record.file, record.days), (here.join("log/calls.log"), 9));
    assert_eq!(settings.allowed_recipients.unwrap().len(), 2);
    assert_eq!(settings.max_per_minute, Some(6_000));
}

#[test]
fn an_unknown_key_is_named_by_its_path_with_the_keys_allowed() {
    for (path, allowed) in [
        ("colour", "outbox, encoding, gateways, accounts"),
        ("outbox.file", "path, shared, max_messages, max_megabytes, encryption, key, old_keys"),
        ("accounts.seoul.sender_keys", "sender_key, sender_number, gateway"),
        ("gateways.g.delay", "delay_ms, journal, type, standby, draining"),
        ("retry.attempts", "max_attempts, initial_ms, max_ms, request_timeout_ms"),
        ("fallback.after", "mode, by, gateway, uncertain_after_seconds"),
        ("retention.days", "content_days, key_days, statistics_days"),
        ("logging.path", "file, level, max_megabytes, max_files"),
        ("access_record.path", "file, days"),
        ("accounts.seoul.sender_key.value", "env, file"),
    ] {
        let text = match path {
            "gateways.g.delay" => with("gateways", json!({"g": {"type": "sandbox", "delay": MARK}})),
            "accounts.seoul.sender_key.value" => with("accounts.seoul.sender_key", json!({"value": MARK})),
            _ => with(path, json!(MARK)),
        };
        let error = refused(&text);
        assert_eq!(error.code(), Code::ConfigUnknownKey, "{error}");
        assert!(error.text().starts_with(&format!("{path}: unknown key; allowed are ")), "{error}");
        assert!(error.text().contains(allowed), "{error}");
    }
}

#[test]
fn a_wrong_type_is_named_by_path_kind_and_what_is_allowed() {
    for (path, text) in [
        ("outbox", "is a string; expected an object"),
        ("outbox.shared", "is a string; expected a boolean"),
        ("outbox.max_messages", "is a string; expected a whole number from 1 to 100000000"),
        ("encoding", "is none of the words allowed: utf-8, cp949"),
        ("gateways", "is a string; expected an object"),
        ("gateways.g", "is a string; expected an object"),
        ("accounts", "is a string; expected an object"),
        ("accounts.seoul", "is a string; expected an object"),
        ("templates", "is a string; expected an object"),
        ("templates.t", "is a string; expected an object"),
        ("retry.max_ms", "is a string; expected a whole number from 1 to 86400000"),
        ("expires_in_seconds", "is a string; expected a whole number from 1 to 2592000"),
        ("fallback.mode", "is none of the words allowed: auto, none, sms, lms, mms"),
        ("retention.key_days", "is a string; expected a whole number from 1 to 3650"),
        ("logging.level", "is none of the words allowed: off, error, warn, info, debug, trace"),
        ("allowed_recipients", "is a string; expected an array"),
        ("max_per_minute", "is a string; expected a whole number from 1 to 10000000"),
    ] {
        refused_at(path, json!(MARK), Code::ConfigValue, &format!("{path}: {text}"));
    }
    refused_at(
        "encoding",
        json!(5),
        Code::ConfigValue,
        "encoding: is a number; expected one of the words utf-8, cp949",
    );
    refused_at("accounts.seoul", json!([MARK]), Code::ConfigValue, "accounts.seoul: is an array; expected an object");
    refused_at("retry", Value::Null, Code::ConfigValue, "retry: is null; expected an object");
    refused_at("logging.file", json!(5), Code::ConfigValue, "logging.file: is a number; expected a string");
    refused_at(
        "allowed_recipients",
        json!(["010", 5]),
        Code::ConfigValue,
        "allowed_recipients[1]: is a number; expected",
    );
    refused_at(
        "accounts.seoul.sender_key",
        json!(5),
        Code::ConfigValue,
        "accounts.seoul.sender_key: is a number; expected a string, {\"env\"",
    );
}

#[test]
fn every_number_is_held_to_its_range() {
    for (path, min, max) in [
        ("outbox.max_messages", 1, 100_000_000_u64),
        ("outbox.max_megabytes", 1, 1_048_576),
        ("retry.max_attempts", 1, 100),
        ("retry.max_ms", 1_000, 86_400_000),
        ("retry.request_timeout_ms", 10, 300_000),
        ("expires_in_seconds", 1, 2_592_000),
        ("report_timeout_seconds", 1, 2_592_000),
        ("retention.key_days", 7, 3_650),
        ("retention.statistics_days", 1, 36_500),
        ("logging.max_megabytes", 1, 1_024),
        ("logging.max_files", 1, 100),
        ("max_per_minute", 1, 10_000_000),
    ] {
        for good in [min, max] {
            assert!(Settings::parse(&with(path, json!(good))).is_ok(), "{path} {good}");
        }
        for bad in [json!(max + 1), json!(-1), json!(1.5), json!(1e300)] {
            refused_at(path, bad, Code::ConfigValue, &format!("{path}: "));
        }
    }
    let no_days = json!({"content_days": 0, "key_days": 0});
    refused_at(
        "retention",
        no_days,
        Code::ConfigValue,
        "retention.key_days: is outside what is allowed; expected a whole number from 1 to 3650",
    );
}

#[test]
fn what_is_required_and_missing_is_named() {
    let error = refused(&json!({"accounts": {"a": {"sender_key": MARK}}}).to_string());
    assert_eq!(error.code(), Code::ConfigValue);
    assert!(error.text().starts_with("outbox.path: is missing; name the file"), "{error}");
    let error = refused(r#"{"outbox": {"encryption": "none", "path": "a.db"}}"#);
    assert_eq!(error.text(), "accounts: is missing");
    refused_at("accounts", json!({}), Code::ConfigValue, "accounts: is empty");
    refused_at("accounts.seoul", json!({}), Code::ConfigValue, "accounts.seoul.sender_key: is missing");
    refused_at("gateways", json!({}), Code::ConfigValue, "gateways: is empty");
    refused_at("gateways", json!({"g": {}}), Code::ConfigValue, "gateways.g.type: is missing; expected \"sandbox\"");
    refused_at("gateways", json!({"g": {"type": MARK}}), Code::ConfigValue, "gateways.g.type: is no type of gateway");
    refused_at("gateways", json!({"g": {"type": 1}}), Code::ConfigValue, "gateways.g.type: is a number");
    refused_at("outbox.path", json!(""), Code::ConfigValue, "outbox.path: is not the path of a file");
    refused_at("logging.file", json!("a\u{0}"), Code::ConfigValue, "logging.file: is not the path of a file");
    refused_at("allowed_recipients", json!([]), Code::ConfigValue, "allowed_recipients: is empty");
}

#[test]
fn a_pattern_of_recipients_is_digits_and_perhaps_a_star() {
    for bad in ["", "*", "10", "010-1234", "01*0", "0101234567890", "０１０", "010**"] {
        refused_at(
            "allowed_recipients",
            json!(["010*", bad]),
            Code::ConfigValue,
            "allowed_recipients[1]: is no such number",
        );
    }
}

#[test]
fn a_name_must_be_short_and_clean() {
    for bad in ["", " a", "a\u{85}", "a\nb", &"x".repeat(65), &"가".repeat(22)] {
        for group in ["accounts", "templates"] {
            let entry = if group == "accounts" { json!({"sender_key": "k"}) } else { json!({"text": "t"}) };
            refused_at(group, json!({bad: entry}), Code::ConfigValue, &format!("{group}."));
        }
        refused_at("gateways", json!({bad: {"type": "sandbox"}}), Code::ConfigValue, "gateways.");
    }
}

#[test]
fn the_same_key_twice_is_refused() {
    for (text, path) in [
        (
            r#"{"outbox": {"encryption": "none", "path": "a"}, "outbox": {"encryption": "none", "path": "b"}}"#,
            "outbox: appears twice",
        ),
        (r#"{"accounts": {"a": {"sender_key": "x"}, "a": {"sender_key": "x"}}}"#, "accounts.a: appears twice"),
        (r#"{"accounts": {"a": {"sender_key": "x", "sender_key": "y"}}}"#, "accounts.a.sender_key: appears twice"),
        (
            r#"{"outbox": {"encryption": "none", "path": "a"}, "accounts": {"a": {"sender_key": "x"}},
                "gateways": {"g": {"type": "sandbox", "type": "sandbox"}}}"#,
            "gateways.g.type: appears twice",
        ),
    ] {
        let error = refused(text);
        assert_eq!((error.code(), error.text()), (Code::ConfigValue, path));
    }
}

#[test]
fn every_contradiction_is_named_by_a_path() {
    let two = json!({"a": {"type": "sandbox"}, "b": {"type": "sandbox"}});
    for (path, value, begins) in [
        ("accounts.seoul.gateway", json!(MARK), "accounts.seoul.gateway: names none of `gateways`, which has sandbox"),
        ("gateways", two, "accounts.seoul.gateway: is missing; there are several gateways"),
        ("account", json!(MARK), "account: names none of `accounts`, which has seoul"),
        ("retry.initial_ms", json!(300_001), "retry.initial_ms: is more than retry.max_ms"),
        ("retention.key_days", json!(6), "retention.key_days: is less than retention.content_days"),
        ("fallback", json!({"mode": "none", "uncertain_after_seconds": 9}), "fallback.uncertain_after_seconds: is set"),
        ("fallback", json!({"uncertain_after_seconds": 259_200}), "fallback.uncertain_after_seconds: never comes"),
        ("logging.file", json!("box/./alimi.db"), "logging.file: is the same file as outbox.path"),
        (
            "gateways",
            json!({"g": {"type": "sandbox", "journal": "box/alimi.log"}}),
            "gateways.g.journal: is the same file as logging.file",
        ),
    ] {
        refused_at(path, value, Code::ConfigContradiction, begins);
    }
    let mut config: Value = serde_json::from_str(&with("encoding", json!("cp949"))).unwrap();
    config["accounts"]["é"] = json!({"sender_key": MARK});
    let error = refused(&config.to_string());
    assert_eq!(error.code(), Code::ConfigContradiction);
    assert!(error.text().starts_with("accounts.é: the name has a character that CP949 lacks"), "{error}");
}

#[test]
fn falling_back_needs_a_sender_number_where_it_is_asked_for_and_is_off_without_one_where_it_is_not() {
    let mut config = base();
    config["accounts"]["seoul"] = json!({"sender_key": MARK});
    assert_eq!(Settings::parse(&config.to_string()).unwrap().fallback.mode, FallbackMode::None);
    config["fallback"] = json!({"mode": "sms"});
    let error = refused(&config.to_string());
    assert_eq!(error.code(), Code::ConfigContradiction);
    assert!(error.text().starts_with("fallback.mode: needs a sender_number"), "{error}");
}

#[test]
fn malformed_json_is_named_by_line_and_column() {
    for (text, place) in [
        ("{", "line 1, column 1"),
        ("{\n  \"outbox\": {\"path\": \"0M4RK8\" \"b\"}\n}", "line 2, column 31"),
        ("{} x", "line 1, column 4"),
        ("{\"a\": tru}", "line 1, column 10"),
    ] {
        let error = refused(text);
        assert_eq!(error.code(), Code::ConfigSyntax);
        assert!(error.text().starts_with(&format!("config: {place}: ")), "{error}");
    }
}

#[test]
fn reservations_are_only_for_gateways_that_can_take_a_single_one_back() {
    let solapi = json!({"type": "solapi", "api_key": MARK, "api_secret": MARK, "reserve": true});
    refused_at("gateways", json!({"a": solapi}), Code::ConfigContradiction, "gateways.a.reserve: is not for this type");
    let sandbox = json!({"type": "sandbox", "reserve": true});
    refused_at("gateways", json!({"a": sandbox}), Code::ConfigUnknownKey, "gateways.a.reserve: ");
    Settings::parse(&with("gateways", json!({"a": {"type": "bizgo", "api_key": MARK, "reserve": true}}))).unwrap();
}
