//! Each vendor's adapter on a bad day: lost answers, server errors, throttling, outages, late and repeated reports. What
//! the simulator's journal says is the truth.
//!
//! `ALIMI_FAULT_MESSAGES` sets how many messages go through each vendor, and with 20,000 or more the outages last the
//! ten seconds of the long proof, which counts only where every line of the script has struck. Messages come as results
//! go, so that there are many small requests for faults to strike, and messages under way in both outages.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(clippy::print_stdout, reason = "the figures of the long proof")]

mod vendors;

use alimi::Client;
use alimi::message::{MessageResult, State};
use alimi_simulator::{Call, Fault, Kind, Options, Simulator, Vendor};
use serde_json::json;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use vendors::{configuration, judge, reminder, results, start, states};

/// Messages through each vendor without a word from outside.
const MESSAGES: usize = 1_000;
const LONG: usize = 20_000;
/// Messages that are under way, and that are sent together.
const UNDER_WAY: usize = 640;
const GROUP: usize = 64;

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
    faults.extend([200, 200 + 3 * outage_ms / 2].map(|from_ms| Fault::new(Kind::Down).window(from_ms, outage_ms)));
    faults
}

/// Sends as many as there are results, and so many more, until every message has its result.
fn results_of_all(client: &Client, count: usize) -> BTreeMap<String, MessageResult> {
    let (mut sent, mut all) = (0, BTreeMap::new());
    while all.len() < count {
        while sent < count && sent - all.len() <= UNDER_WAY - GROUP {
            let group = sent..count.min(sent + GROUP);
            sent = group.end;
            let accepted = client.send_batch(group.map(|number| reminder(number, 0)).collect()).unwrap();
            assert!(accepted.iter().all(Result::is_ok));
        }
        all.append(&mut results(client, GROUP.min(count - all.len())));
    }
    all
}

/// Every message arrives once, or its result says that nobody can know. Returns how many are of that kind.
fn survives_a_bad_day(name: &str, vendor: Vendor) -> usize {
    let count = messages();
    let outage = if count >= LONG { Duration::from_secs(10) } else { Duration::from_secs(1) };
    let faults = bad_day(outage).into_iter().map(|fault| fault.vendor(vendor)).collect();
    let options = Options { faults, report_delay: Duration::from_millis(100), ..Options::default() };
    let (folder, simulator) = (tempfile::tempdir().unwrap(), Simulator::start(options).unwrap());
    let client = start(&configuration(folder.path(), &simulator, &[name], json!({"fallback": {"mode": "none"}})));
    let began = Instant::now();
    let results = results_of_all(&client, count);
    let states = states(&results);
    let struck: Vec<_> = simulator.faults().iter().map(|line| (line.fault.kind, line.struck)).collect();
    println!("{name}: {count} messages in {:.0} s, {states:?}", began.elapsed().as_secs_f64());
    println!("journal {:?}, faults {struck:?}", simulator.journal(false).totals);
    assert!(count < LONG || struck.iter().all(|(_, times)| *times > 0), "a fault that never struck proves nothing");
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
