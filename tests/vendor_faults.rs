//! Each vendor's adapter on a bad day: lost answers, server errors, throttling, outages, late and repeated reports. What
//! the simulator's journal says is the truth.
//!
//! `ALIMI_FAULT_MESSAGES` sets how many messages go through each vendor, and with 20,000 or more the outages last the
//! ten seconds of the long proof.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod vendors;

use alimi::message::State;
use alimi_simulator::{Call, Fault, Kind, Options, Simulator, Vendor};
use serde_json::json;
use std::time::Duration;
use vendors::{configuration, judge, reminder, results, start, states};

/// Messages through each vendor without a word from outside.
const MESSAGES: usize = 1_000;
const LONG: usize = 20_000;

fn messages() -> usize {
    std::env::var("ALIMI_FAULT_MESSAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(MESSAGES)
}

/// The script of the bad day.
fn bad_day(outage: Duration) -> Vec<Fault> {
    let send = |kind| Fault::new(kind).call(Call::Send);
    let outage_ms = i64::try_from(outage.as_millis()).unwrap();
    let mut faults = vec![
        send(Kind::LostAfter).chance(0.03),
        send(Kind::LostBefore).chance(0.02),
        send(Kind::ErrorAfter).chance(0.02),
        send(Kind::ErrorBefore).chance(0.03),
        send(Kind::Throttled).chance(0.05),
        Fault::new(Kind::ReportLate).chance(0.1).delay_ms(500),
        Fault::new(Kind::ReportTwice).chance(0.1).delay_ms(300),
    ];
    // Two outages, one of them right at the start.
    faults.extend([200, 200 + 3 * outage_ms].map(|from_ms| Fault::new(Kind::Down).window(from_ms, outage_ms)));
    faults
}

/// Every message arrives once, or its result says that nobody can know. Returns how many are of that kind.
fn survives_a_bad_day(name: &str, vendor: Vendor) -> usize {
    let count = messages();
    let outage = if count >= LONG { Duration::from_secs(10) } else { Duration::from_secs(1) };
    let faults = bad_day(outage).into_iter().map(|fault| fault.vendor(vendor)).collect();
    let options = Options { faults, report_delay: Duration::from_millis(100), ..Options::default() };
    let (folder, simulator) = (tempfile::tempdir().unwrap(), Simulator::start(options).unwrap());
    // Small requests, so that there are many to go wrong.
    let changes = json!({"fallback": {"mode": "none"}});
    let client = start(&configuration(folder.path(), &simulator, &[name], changes));
    for first in (0..count).step_by(500) {
        let requests = (first..count.min(first + 500)).map(|number| reminder(number, 0)).collect();
        assert!(client.send_batch(requests).unwrap().iter().all(Result::is_ok));
    }
    let results = results(&client, count);
    let states = states(&results);
    println!("{name}: {count} messages, {states:?}, journal {:?}", simulator.journal(false).totals);
    let other = results.values().find(|r| !matches!(r.state, State::Delivered | State::Unknown));
    assert_eq!(other, None, "{name}");
    assert_eq!(judge(&simulator, &results), (0, 0), "{name}: lost, doubled");
    states.get("unknown").copied().unwrap_or_default()
}

#[test]
fn nhncloud_loses_and_doubles_nothing_and_knows_everything() {
    assert_eq!(survives_a_bad_day("nhncloud", Vendor::Nhn), 0);
}

#[test]
fn solapi_loses_and_doubles_nothing_and_knows_everything() {
    assert_eq!(survives_a_bad_day("solapi", Vendor::Solapi), 0);
}

#[test]
fn sens_loses_and_doubles_nothing() {
    // Without a reference of ours a message is settled by its content, which no two of these share.
    assert_eq!(survives_a_bad_day("sens", Vendor::Sens), 0);
}

#[test]
fn aligo_loses_and_doubles_nothing() {
    assert_eq!(survives_a_bad_day("aligo", Vendor::Aligo), 0);
}

#[test]
fn bizgo_loses_and_doubles_nothing_and_knows_everything() {
    assert_eq!(survives_a_bad_day("bizgo", Vendor::Bizgo), 0);
}
