//! A host whose clock is hours off: what gateways keep by the time of day is found by theirs.

use super::vendors::{PATIENCE, configuration, reminder, results, start, text};
use alimi::message::State;
use alimi_simulator::{Options, Simulator};
use serde_json::json;
use std::time::Duration;

const HOURS: [i64; 2] = [3 * 3_600_000, -3 * 3_600_000];

fn simulator(ahead_ms: i64) -> Simulator {
    Simulator::start(Options { ahead_ms, report_delay: Duration::from_millis(50), ..Options::default() }).unwrap()
}

/// Reports come by polling alone within the patience of a test.
fn all_are_delivered(vendor: &str) {
    for ahead_ms in HOURS {
        let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator(ahead_ms));
        let client = start(&configuration(folder.path(), &simulator, &[vendor], json!({})));
        let requests = (0..10).flat_map(|number| [reminder(number, 0), text(number, 0)]).collect();
        assert!(client.send_batch(requests).unwrap().iter().all(Result::is_ok));
        let results = results(&client, 20);
        assert!(results.values().all(|result| result.state == State::Delivered), "{ahead_ms}");
        assert_eq!(simulator.journal(false).totals.duplicates, 0);
    }
}

#[test]
fn reports_of_nhn_cloud_are_found_by_its_clock() {
    all_are_delivered("nhncloud");
}

#[test]
fn reports_of_sens_are_found_and_requests_signed_by_its_clock() {
    all_are_delivered("sens");
}

/// A new process does not know the clock of the gateway before its first poll is answered.
fn is_delivered_after_a_restart(vendor: &str) {
    for ahead_ms in HOURS {
        let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator(ahead_ms));
        let mut setup = configuration(folder.path(), &simulator, &[vendor], json!({}));
        setup["gateways"][vendor]["poll_ms"] = json!(3_600_000);
        let client = start(&setup);
        client.send(reminder(1, 0)).unwrap();
        while simulator.journal(false).totals.accepted == 0 {
            assert_eq!(client.poll(Duration::from_millis(5)), Ok(None));
        }
        assert!(client.flush(PATIENCE).unwrap());
        assert!(client.shutdown(PATIENCE).is_ok_and(|empty| !empty), "its report is awaited");
        setup["gateways"][vendor]["poll_ms"] = json!(50);
        let results = results(&start(&setup), 1);
        assert!(results.values().all(|result| result.state == State::Delivered), "{ahead_ms}");
    }
}

#[test]
fn reports_of_nhn_cloud_are_found_after_a_restart() {
    is_delivered_after_a_restart("nhncloud");
}

#[test]
fn reports_of_sens_are_found_after_a_restart() {
    is_delivered_after_a_restart("sens");
}
