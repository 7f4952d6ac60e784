//! Two outboxes with one login: where a poll hands a report out once, either may take those of the other.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod vendors;

use alimi::Client;
use alimi::message::{Channel, State};
use alimi_simulator::{Options, Simulator};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use tempfile::TempDir;
use vendors::{PATIENCE, VENDORS, configuration, reminder, results, start};

const MESSAGES: usize = 20;

/// A client with an outbox of its own.
fn client(vendor: &str, simulator: &Simulator, fallback: &Value) -> (TempDir, Client) {
    let folder = tempfile::tempdir().unwrap();
    let mut setup = configuration(folder.path(), simulator, &[vendor], json!({"fallback": fallback}));
    setup["gateways"][vendor]["check_ms"] = json!(500);
    let client = start(&setup);
    (folder, client)
}

/// Both use the same keys, as two branches that number their appointments do. To the second one's patients no AlimTalk can
/// be delivered; `end` is how theirs end.
fn each_has_its_own_results(vendor: &str, fallback: &Value, end: (State, Channel)) {
    // Less than what the vendors bear between two clocks.
    let delay = Duration::from_secs(240);
    let simulator = Simulator::start(Options { report_delay: delay, ..Options::default() }).unwrap();
    let (first, second) = (client(vendor, &simulator, fallback), client(vendor, &simulator, fallback));
    let requests = |fate: usize| (0..MESSAGES).map(|number| reminder(number, fate)).collect();
    assert!(first.1.send_batch(requests(0)).unwrap().iter().all(Result::is_ok));
    assert!(second.1.send_batch(requests(10)).unwrap().iter().all(Result::is_ok));
    // Every answer is in before there are reports.
    assert!(first.1.flush(PATIENCE).unwrap() && second.1.flush(PATIENCE).unwrap());
    simulator.advance(delay);
    let ends = |client: &Client| -> BTreeSet<_> {
        results(client, MESSAGES).into_values().map(|result| (result.state.word(), result.channel)).collect()
    };
    assert_eq!(ends(&first.1), [("delivered", Channel::Alimtalk)].into(), "{vendor}");
    // By the same delay the gateway's own texts have their reports.
    simulator.advance(delay);
    assert_eq!(ends(&second.1), [(end.0.word(), end.1)].into(), "{vendor}");
    assert_eq!(simulator.journal(false).totals.duplicates, 0, "{vendor}");
}

#[test]
fn two_outboxes_with_one_login_and_the_same_keys_have_each_their_own_results() {
    let end = (State::Failed, Channel::Alimtalk);
    VENDORS.into_iter().for_each(|vendor| each_has_its_own_results(vendor, &json!({"mode": "none"}), end));
}

#[test]
fn the_text_of_the_gateway_in_place_of_one_message_is_not_told_of_the_other_with_its_key() {
    let end = (State::Delivered, Channel::Lms);
    VENDORS.into_iter().for_each(|vendor| each_has_its_own_results(vendor, &json!({"by": "gateway"}), end));
}
