//! Messages through the real adapters against the simulator: every vendor, every channel, every kind of end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod vendors;

use alimi::message::{Channel, State};
use alimi_simulator::{Call, Fault, Kind, Options, Simulator};
use serde_json::json;
use vendors::{configuration, judge, reminder, results, start, states, text};

fn simulator() -> Simulator {
    Simulator::start(Options::default()).unwrap()
}

/// Sends alimtalks and texts through one vendor and expects each to be delivered once.
fn everything_is_delivered(vendor: &str) {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let client = start(&configuration(folder.path(), &simulator, &[vendor], json!({})));
    let requests = (0..50).map(|n| reminder(n, 0)).chain((0..20).map(|n| text(n, 0))).collect();
    let accepted = client.send_batch(requests).unwrap();
    assert!(accepted.iter().all(Result::is_ok), "{accepted:?}");
    let results = results(&client, 70);
    assert_eq!(
        states(&results)["delivered"],
        70,
        "{vendor}: {:?}",
        results.values().find(|r| r.state != State::Delivered)
    );
    assert_eq!(judge(&simulator, &results), (0, 0), "{vendor}");
    assert!(results.values().all(|result| !result.reference.is_empty()), "{vendor} names its messages");
    let shown = format!("{results:?}");
    let log = std::fs::read_to_string(folder.path().join("outbox.log")).unwrap_or_default();
    for number in simulator.journal(true).messages.unwrap().iter().map(|entry| &*entry.to) {
        assert!(!shown.contains(number) && !log.contains(number), "{vendor}: a number in what callers and logs see");
    }
}

#[test]
fn nhncloud_delivers_everything_once() {
    everything_is_delivered("nhncloud");
}

#[test]
fn solapi_delivers_everything_once() {
    everything_is_delivered("solapi");
}

#[test]
fn bizgo_delivers_everything_once() {
    everything_is_delivered("bizgo");
}

#[test]
fn sens_delivers_everything_once() {
    everything_is_delivered("sens");
}

#[test]
fn aligo_delivers_everything_once() {
    everything_is_delivered("aligo");
}

/// What is not delivered by KakaoTalk arrives as a text message, whoever sends that.
fn undelivered_alimtalks_arrive_as_text(vendor: &str, by: &str, faults: Vec<Fault>) {
    let options = Options { faults, ..Options::default() };
    let (folder, simulator) = (tempfile::tempdir().unwrap(), Simulator::start(options).unwrap());
    let mut setup = configuration(folder.path(), &simulator, &[vendor], json!({"fallback": {"by": by}}));
    // Reports come first, and what became of a lost message is asked about later.
    setup["gateways"][vendor]["settle_ms"] = json!(1_000);
    let client = start(&setup);
    // 10: no KakaoTalk user; 11: blocks the channel.
    let requests = (0..20).map(|n| reminder(n, 10 + n % 2)).collect();
    assert!(client.send_batch(requests).unwrap().iter().all(Result::is_ok));
    let results = results(&client, 20);
    for result in results.values() {
        assert_eq!((result.state, result.channel), (State::Delivered, Channel::Lms), "{vendor}, {by}: {result:?}");
    }
    let doubled = judge(&simulator, &results).1;
    assert_eq!(doubled, 0, "{vendor}, {by}");
}

#[test]
fn undelivered_alimtalks_arrive_as_text_by_the_engine_with_every_vendor() {
    vendors::VENDORS.into_iter().for_each(|vendor| undelivered_alimtalks_arrive_as_text(vendor, "engine", Vec::new()));
}

#[test]
fn undelivered_alimtalks_arrive_as_text_by_the_gateway_with_every_vendor() {
    vendors::VENDORS.into_iter().for_each(|vendor| undelivered_alimtalks_arrive_as_text(vendor, "gateway", Vec::new()));
}

#[test]
fn the_text_of_the_gateway_is_told_from_the_alimtalk_also_where_no_answer_came_and_reports_come_twice() {
    let faults = [Fault::new(Kind::LostAfter).call(Call::Send).next(3), Fault::new(Kind::ReportTwice).delay_ms(50)];
    vendors::VENDORS
        .into_iter()
        .for_each(|vendor| undelivered_alimtalks_arrive_as_text(vendor, "gateway", faults.to_vec()));
}
