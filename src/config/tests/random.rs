//! Wrong values and random texts.

use super::*;
use crate::config::read;
use proptest::prelude::*;

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(Value::from(MARK)),
    ];
    let name = "(type|path|env|file|text|a|sender_key)";
    leaf.prop_recursive(3, 16, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::hash_map(name, inner, 0..3).prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

const PATHS: &[&str] = &[
    "outbox",
    "outbox.path",
    "outbox.shared",
    "encoding",
    "gateways",
    "gateways.g",
    "accounts",
    "accounts.seoul",
    "accounts.seoul.sender_key",
    "accounts.seoul.sender_number",
    "accounts.seoul.gateway",
    "account",
    "templates",
    "templates.t",
    "retry",
    "retry.max_ms",
    "expires_in_seconds",
    "fallback",
    "fallback.mode",
    "retention",
    "logging",
    "logging.file",
    "logging.level",
    "allowed_recipients",
    "max_per_minute",
    "what.ever",
];

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), bytes in any::<Vec<u8>>()) {
        let _ = Settings::parse(&format!("{{{text}"));
        let _ = Settings::parse(&format!("{{{}", String::from_utf8_lossy(&bytes)));
        let _ = read::decode(&bytes);
    }

    #[test]
    fn no_wrong_value_is_ever_repeated(path in prop::sample::select(PATHS), value in any_json(), cut in any::<prop::sample::Index>()) {
        let text = with(path, value);
        if let Err(error) = Settings::parse(&text) {
            prop_assert!(!error.to_string().contains(MARK), "{error}");
            prop_assert!(error.code() as i32 <= -100, "{error}");
        }
        let at = cut.index(text.len());
        let error = Settings::parse(text.get(..at.max(1)).unwrap_or("{")).unwrap_err();
        prop_assert!(!error.to_string().contains(MARK), "{error}");
    }
}
