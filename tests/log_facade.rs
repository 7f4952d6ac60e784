//! A Rust host sees alimi's log through the `log` facade. In a test program of its own: a process has one logger.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use alimi::{Client, Settings};
use std::sync::Mutex;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Host;

impl log::Log for Host {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }
    fn log(&self, record: &log::Record<'_>) {
        if record.target() == "alimi" {
            LINES.lock().unwrap().push(format!("{} {}", record.level(), record.args()));
        }
    }
    fn flush(&self) {}
}

#[test]
fn every_record_reaches_the_facade_whatever_the_file_holds() {
    log::set_logger(&Host).unwrap();
    log::set_max_level(log::LevelFilter::Info);
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("alimi.log");
    let configuration = serde_json::json!({
        "outbox": {"encryption": "none", "path": folder.path().join("outbox.db")},
        "accounts": {"clinic": {"sender_key": "test"}},
        "logging": {"file": log, "level": "error"},
    });
    let client = Client::start(Settings::parse(&configuration.to_string()).unwrap()).unwrap();
    drop(client);
    assert!(LINES.lock().unwrap().iter().any(|line| line.starts_with("INFO this process delivers")));
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "", "the file takes errors only");
}
