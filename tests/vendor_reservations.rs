//! Messages for later that a vendor keeps: handed over at once, sent while the hospital's computer is off, taken back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]

mod vendors;

use alimi::Client;
use alimi::message::{Options, Request, State};
use alimi::time::Timestamp;
use alimi_simulator::Simulator;
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant};
use vendors::{PATIENCE, configuration, reminder, results, text};

const HOUR: Duration = Duration::from_secs(3_600);

fn client(folder: &Path, simulator: &Simulator, vendor: &str) -> Client {
    let mut configuration = configuration(folder, simulator, &[vendor], json!({}));
    configuration["gateways"][vendor]["reserve"] = json!(true);
    vendors::start(&configuration)
}

fn later(request: Request) -> Request {
    let send_at = Some(Timestamp::now().after(HOUR).to_iso());
    Request { options: Options { send_at, ..request.options }, ..request }
}

/// Waits until the simulator has taken so many messages and the client knows.
fn handed_over(client: &Client, simulator: &Simulator, keys: &[&str]) {
    let end = Instant::now() + PATIENCE;
    let known = |key: &&str| !client.status(key).unwrap().reference.is_empty();
    while !keys.iter().all(known) {
        assert!(Instant::now() < end, "{:?}", keys.iter().map(|key| client.status(key)).collect::<Vec<_>>());
        std::thread::yield_now();
    }
    assert_eq!(simulator.journal(false).totals.accepted, keys.len() as u64);
    for key in keys {
        assert_eq!(client.status(key).unwrap().state, State::Scheduled);
    }
}

fn what_is_reserved_goes_out_while_the_computer_is_off(vendor: &str) {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), Simulator::start(Default::default()).unwrap());
    let client = client(folder.path(), &simulator, vendor);
    let accepted = client.send_batch(vec![later(reminder(1, 0)), later(text(2, 0))]).unwrap();
    assert!(accepted.iter().all(Result::is_ok), "{vendor}: {accepted:?}");
    handed_over(&client, &simulator, &["R-1", "T-2"]);
    client.shutdown(PATIENCE).unwrap();
    assert_eq!(simulator.journal(false).totals.delivered, 0, "{vendor}: not before its time");
    simulator.advance(HOUR + Duration::from_secs(120));
    let end = Instant::now() + PATIENCE;
    while simulator.journal(false).totals.delivered < 2 {
        assert!(Instant::now() < end, "{vendor}: {:?}", simulator.journal(false).totals);
        std::thread::yield_now();
    }
}

fn what_is_reserved_is_taken_back_by_cancelling(vendor: &str) {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), Simulator::start(Default::default()).unwrap());
    let client = client(folder.path(), &simulator, vendor);
    for request in [later(reminder(1, 0)), later(text(2, 0))] {
        client.send(request).unwrap();
    }
    handed_over(&client, &simulator, &["R-1", "T-2"]);
    for key in ["R-1", "T-2"] {
        assert_eq!(client.cancel(key), Ok(false), "{vendor}: {key}");
    }
    for result in results(&client, 2).values() {
        assert_eq!(result.state, State::Cancelled, "{vendor}: {result:?}");
    }
    assert_eq!(simulator.journal(false).totals.cancelled, 2, "{vendor}");
    simulator.advance(HOUR * 2);
    let totals = simulator.journal(false).totals;
    assert_eq!((totals.accepted, totals.delivered), (2, 0), "{vendor}");
}

macro_rules! of_every_vendor_that_takes_reservations {
    ($($vendor:ident)*) => {$(
        mod $vendor {
            #[test]
            fn what_is_reserved_goes_out_while_the_computer_is_off() {
                super::what_is_reserved_goes_out_while_the_computer_is_off(stringify!($vendor));
            }

            #[test]
            fn what_is_reserved_is_taken_back_by_cancelling() {
                super::what_is_reserved_is_taken_back_by_cancelling(stringify!($vendor));
            }
        }
    )*};
}

of_every_vendor_that_takes_reservations!(nhncloud bizgo sens aligo);
