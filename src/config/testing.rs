//! Settings for the tests of other modules.

use super::Settings;
use std::path::Path;

/// One account `seoul` with a sender number, a sandbox without delay, no log file, everything in `directory`; then
/// `changes` on top, key by key of the outermost object.
pub(crate) fn settings(directory: &Path, changes: serde_json::Value) -> Settings {
    let mut config = serde_json::json!({
        "outbox": {"path": directory.join("alimi.db"), "encryption": "none"},
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 0}},
        "accounts": {"seoul": {"sender_key": "sandbox-key", "sender_number": "02-123-4567"}},
        "logging": {"file": null},
    });
    if let (Some(config), serde_json::Value::Object(changes)) = (config.as_object_mut(), changes) {
        config.extend(changes);
    }
    Settings::parse(&config.to_string()).unwrap()
}
