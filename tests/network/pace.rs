//! How fast requests follow each other, and what the clock of the gateway says.

use super::listeners::{answering, silent};
use super::trial::{Trial, simulator};
use super::vendors::{PATIENCE, configuration, reminder, results, start, text};
use alimi::message::{Certainty, Reason, State};
use alimi::time::Timestamp;
use alimi_simulator::{Call, Fault, Kind};
use serde_json::{Value, json};
use std::time::Duration;

const WAIT: Duration = Duration::from_secs(120);

/// As HTTP writes a time.
fn http_date(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A gateway that asks for a wait of two minutes in these headers is asked again after two minutes, by the log.
fn waits_two_minutes(headers: &str) {
    let head = format!("HTTP/1.1 429 Too Many Requests\r\n{headers}\r\nContent-Length: 2\r\n\r\n{{}}");
    let server = answering(head, b"");
    let before = Timestamp::now();
    let changes = json!({"retry": {"initial_ms": 1, "max_ms": 3_600_000}});
    let trial = Trial::with(&simulator(), json!({"base_url": server.http()}), changes);
    let message = trial.rest();
    let after = Timestamp::now();
    let found = (message.state, message.certainty, message.reason);
    assert_eq!(found, (State::Queued, Certainty::NotSent, Reason::Throttled));
    let log = trial.log();
    let (_, next) = log.split_once("throttled; next by alimtalk at ").unwrap_or_else(|| panic!("{log}"));
    let next = Timestamp::parse(next.lines().next().unwrap()).unwrap();
    // A random millisecond comes on top.
    let (least, most) = (before.after(WAIT), after.after(WAIT + Duration::from_millis(1)));
    assert!(least <= next && next <= most, "{least:?} {next:?} {most:?}");
}

#[test]
fn a_wait_in_seconds_is_obeyed() {
    waits_two_minutes("Retry-After: 120");
}

#[test]
fn a_wait_until_a_date_is_obeyed_by_the_clock_of_the_server() {
    // An hour behind ours.
    let now = Timestamp(Timestamp::now().0 - 3_600_000);
    waits_two_minutes(&format!("Date: {}\r\nRetry-After: {}", http_date(now), http_date(now.after(WAIT))));
}

#[test]
fn the_clock_of_the_gateway_is_shown_and_a_wrong_one_is_warned_of_once() {
    for (skew, warned) in [(0, 0), (300_000, 1), (-300_000, 1)] {
        let simulator = simulator();
        simulator.skew(skew);
        let trial = Trial::new(&simulator, json!({}));
        assert_eq!(trial.health().clock_difference_ms.unwrap_or(skew) / 60_000, skew / 60_000);
        trial.is_delivered(&simulator);
        let shown = trial.health().clock_difference_ms.unwrap();
        // The date has no more than seconds, and the answer is under way for a while.
        assert!((shown - skew).abs() < 50_000, "{shown}");
        assert_eq!(trial.log().matches("set the clock, or requests may be refused").count(), warned);
    }
}

/// Sends 30 messages through a gateway and returns how long the simulator has been at it when the last one is there, in
/// milliseconds, and the bodies of the requests.
fn send_thirty(vendor: &str, rate: Value) -> (i64, Vec<Value>) {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let retry = json!({"retry": {"initial_ms": 1, "max_ms": 1, "max_attempts": 2, "request_timeout_ms": 60_000}});
    let mut setup = configuration(folder.path(), &simulator, &[vendor], retry);
    setup["gateways"][vendor].as_object_mut().unwrap().extend(rate.as_object().unwrap().clone());
    let client = start(&setup);
    let began = simulator.now();
    assert!(client.send_batch((0..30).map(|n| reminder(n, 0)).collect()).unwrap().iter().all(Result::is_ok));
    while simulator.journal(false).totals.accepted < 30 {
        assert!(client.poll(Duration::from_millis(5)).is_ok());
    }
    let took = simulator.now() - began;
    // A request is listed when it is answered.
    assert!(client.flush(Duration::from_secs(60)).unwrap());
    let totals = simulator.journal(false).totals;
    assert_eq!((totals.accepted, totals.duplicates), (30, 0));
    (took, simulator.requests().into_iter().filter(|request| request.method == "POST").map(|r| r.body).collect())
}

// A bucket holds what a second allows and is full at first: so much may leave at once, the rest by the rate.

#[test]
fn no_more_messages_leave_than_a_second_allows() {
    let (took, bodies) = send_thirty("solapi", json!({"messages_per_second": 10}));
    assert!(took >= 2_000 - 20, "20 messages at 10 a second, in {took} ms");
    assert!(bodies.iter().filter_map(|body| body["messages"].as_array()).all(|messages| messages.len() <= 10));
}

#[test]
fn no_more_requests_are_made_than_a_second_allows() {
    let (took, bodies) = send_thirty("bizgo", json!({"requests_per_second": 10}));
    assert!(bodies.len() >= 30, "one message each");
    assert!(took >= 2_000 - 20, "20 requests at 10 a second, in {took} ms");
}

#[test]
fn no_more_requests_are_under_way_than_allowed() {
    let (folder, simulator, server) = (tempfile::tempdir().unwrap(), simulator(), silent());
    let mut setup = configuration(folder.path(), &simulator, &["bizgo"], json!({"retry": {}}));
    let few = json!({"base_url": server.http(), "max_connections": 2});
    setup["gateways"]["bizgo"].as_object_mut().unwrap().extend(few.as_object().unwrap().clone());
    let client = start(&setup);
    assert!(client.send_batch((0..30).map(|n| reminder(n, 0)).collect()).unwrap().iter().all(Result::is_ok));
    for _ in 0..2 {
        server.next();
    }
    assert_eq!(client.poll(Duration::from_millis(300)), Ok(None));
    assert_eq!(server.so_far(), []);
}

#[test]
fn without_a_rate_they_all_leave_at_once() {
    let (_, bodies) = send_thirty("solapi", json!({}));
    assert!(bodies.iter().filter_map(|body| body["messages"].as_array()).any(|messages| messages.len() > 10));
}

#[test]
fn what_waits_for_its_turn_at_a_slow_gateway_is_not_called_failed() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    // The time of a request is over long before the last one has its turn.
    let retry = json!({"initial_ms": 1, "max_ms": 1, "max_attempts": 2, "request_timeout_ms": 500});
    let changes = json!({"retry": retry, "fallback": {"mode": "none"}});
    let mut setup = configuration(folder.path(), &simulator, &["bizgo"], changes);
    setup["gateways"]["bizgo"]["requests_per_second"] = 10.into();
    let client = start(&setup);
    assert!(client.send_batch((0..30).map(|n| reminder(n, 0)).collect()).unwrap().iter().all(Result::is_ok));
    let results = results(&client, 30);
    let others: Vec<_> = results.values().filter(|result| result.state != State::Delivered).collect();
    assert!(others.is_empty(), "{} {others:?}", others.len());
}

#[test]
fn waiting_for_the_requests_before_it_is_no_try_and_no_trouble() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    simulator.add_fault(Fault::new(Kind::Slow).call(Call::Send).delay_ms(100));
    let retry = json!({"initial_ms": 1, "max_ms": 1, "max_attempts": 2, "request_timeout_ms": 1_000});
    let changes = json!({"retry": retry, "fallback": {"mode": "none"}});
    // Texts go one a request there: the time of a request is over when a third of them had its turn.
    let mut setup = configuration(folder.path(), &simulator, &["sens"], changes);
    setup["gateways"]["sens"]["max_connections"] = 1.into();
    setup["gateways"]["sens"]["poll_ms"] = 3_600_000.into();
    let client = start(&setup);
    assert!(client.send_batch((0..30).map(|n| text(n, 0)).collect()).unwrap().iter().all(Result::is_ok));
    while simulator.journal(false).totals.accepted < 30 {
        assert_eq!(client.poll(Duration::from_millis(5)), Ok(None), "none has ended");
    }
    assert!(client.flush(PATIENCE).unwrap(), "all are accepted");
    for number in 0..30 {
        let message = client.status(&text(number, 0).key).unwrap();
        assert_eq!((message.attempts, message.reason), (1, Reason::None), "{number}");
    }
    let health = &client.health().unwrap().gateways["sens"];
    assert_eq!((health.last_failure.as_str(), health.last_trouble.as_str()), ("", ""));
}
