//! Changing the vendor under load: every message arrives once, by one of the two, and no call is refused.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod vendors;

use alimi::Settings;
use alimi::message::State;
use alimi_simulator::{Options, Simulator};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;
use vendors::{configuration, judge, reminder, results, start};

const MESSAGES: usize = 10_000;
const BATCH: usize = 100;

fn simulator() -> Simulator {
    Simulator::start(Options { report_delay: Duration::from_millis(50), ..Options::default() }).unwrap()
}

type Change = fn(&mut Value);

/// The configuration after `change`.
fn changed(configuration: &Value, change: impl FnOnce(&mut Value)) -> Settings {
    let mut configuration = configuration.clone();
    change(&mut configuration);
    Settings::parse(&configuration.to_string()).unwrap()
}

#[test]
fn ten_thousand_messages_move_from_one_vendor_to_another_with_none_lost_or_doubled() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let before = configuration(folder.path(), &simulator, &["nhncloud", "bizgo"], json!({}));
    let client = start(&before);
    for first in (0..MESSAGES).step_by(BATCH) {
        let steps: [(usize, Change); 3] = [
            (MESSAGES / 4, |c| c["routes"] = json!([{"percent": 30, "gateway": "bizgo"}])),
            (MESSAGES / 2, |c| c["accounts"]["naru"]["gateway"] = json!("bizgo")),
            (MESSAGES / 4 * 3, |c| {
                c["accounts"]["naru"]["gateway"] = json!("bizgo");
                c["gateways"]["nhncloud"]["draining"] = json!(true);
            }),
        ];
        if let Some((_, change)) = steps.into_iter().find(|(at, _)| *at == first) {
            client.reload(changed(&before, change)).unwrap();
        }
        let requests = (first..first + BATCH).map(|number| reminder(number, 0)).collect();
        assert!(client.send_batch(requests).unwrap().iter().all(Result::is_ok), "no call is refused");
    }
    let results = results(&client, MESSAGES);
    assert!(results.values().all(|result| result.state == State::Delivered));
    assert_eq!(judge(&simulator, &results), (0, 0), "lost, doubled");
    let gateways: BTreeSet<&str> = results.values().map(|result| result.gateway.as_str()).collect();
    assert_eq!(gateways, ["bizgo", "nhncloud"].into(), "both had their part");
    assert_eq!(simulator.journal(false).totals.duplicates, 0);
}

#[test]
fn a_gateway_that_is_gone_leaves_its_waiting_messages_to_the_other() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let mut before = configuration(folder.path(), &simulator, &["nhncloud", "solapi"], json!({}));
    // Nobody listens there, so that everything waits and is certainly not sent.
    before["gateways"]["nhncloud"]["base_url"] = json!("http://127.0.0.1:9");
    let client = start(&before);
    let requests = (0..200).map(|number| reminder(number, 0)).collect();
    assert!(client.send_batch(requests).unwrap().iter().all(Result::is_ok));
    let after = changed(&before, |c| {
        c["accounts"]["naru"]["gateway"] = json!("solapi");
        c["accounts"]["naru"]["gateways"].as_object_mut().unwrap().remove("nhncloud");
        c["gateways"].as_object_mut().unwrap().remove("nhncloud");
    });
    client.reload(after).unwrap();
    let results = results(&client, 200);
    assert!(results.values().all(|r| r.state == State::Delivered && r.gateway == "solapi"));
    assert_eq!(judge(&simulator, &results), (0, 0), "lost, doubled");
}

#[test]
fn the_standby_takes_over_while_the_vendor_is_down() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let mut standby = configuration(folder.path(), &simulator, &["nhncloud", "solapi"], json!({}));
    standby["gateways"]["nhncloud"]["base_url"] = json!("http://127.0.0.1:9");
    standby["gateways"]["nhncloud"]["standby"] = json!("solapi");
    let client = start(&standby);
    let requests = (0..100).map(|number| reminder(number, 0)).collect();
    assert!(client.send_batch(requests).unwrap().iter().all(Result::is_ok));
    let results = results(&client, 100);
    assert!(results.values().all(|r| r.state == State::Delivered && r.gateway == "solapi"));
    assert_eq!(judge(&simulator, &results), (0, 0), "lost, doubled");
}

#[test]
fn what_the_client_stands_on_is_not_changed_while_it_runs() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let before = configuration(folder.path(), &simulator, &["solapi"], json!({}));
    let client = start(&before);
    let elsewhere = folder.path().join("other.db");
    let other = changed(&before, |c| c["outbox"]["path"] = json!(elsewhere));
    let error = client.reload(other).unwrap_err();
    assert!(error.text().starts_with("outbox.path: "), "{error}");
    let broken = changed(&before, |c| c["gateways"]["solapi"]["tls"] = json!({"ca_file": "no-such-file.pem"}));
    let error = client.reload(broken).unwrap_err();
    assert!(error.text().starts_with("gateways.solapi.tls.ca_file: "), "{error}");
    client.send(reminder(1, 0)).unwrap();
    assert_eq!(results(&client, 1).len(), 1, "it goes on as it was");
}
