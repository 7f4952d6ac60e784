//! A gateway that is reached and gives no answer, or none that can be used: the message may have left.

use super::listeners::{answering, silent};
use super::trial::{Trial, impatient, retries, simulator};
use alimi::message::{Certainty, Reason, State};
use alimi_simulator::{Call, Fault, Kind};
use serde_json::{Value, json};

/// What was possibly sent is settled at once.
fn soon(base_url: &str) -> Value {
    json!({"base_url": base_url, "settle_ms": 50})
}

#[test]
fn a_server_that_takes_the_request_and_never_answers_leaves_the_message_unknown() {
    let server = silent();
    Trial::with(&simulator(), soon(&server.http()), impatient()).is_unknown("no answer came in time");
}

#[test]
fn a_server_that_stops_in_the_middle_of_its_answer_leaves_the_message_unknown() {
    let server = answering("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{".to_owned(), b"");
    Trial::with(&simulator(), soon(&server.http()), impatient()).is_unknown("no answer came in time");
}

#[test]
fn an_endless_answer_is_read_up_to_its_bound() {
    let server = answering("HTTP/1.1 200 OK\r\n\r\n".to_owned(), &[b' '; 1 << 20]);
    let patient = json!({"retry": {"request_timeout_ms": 20_000}, "report_timeout_seconds": 1});
    Trial::with(&simulator(), soon(&server.http()), patient).is_unknown("the answer is longer than 32 MiB");
}

#[test]
fn an_answer_that_is_announced_as_too_long_is_not_read() {
    let server = answering(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", (32 << 20) + 1), b"");
    Trial::with(&simulator(), soon(&server.http()), impatient()).is_unknown("the answer is longer than 32 MiB");
}

#[test]
fn no_http_at_all_leaves_the_message_unknown() {
    let server = answering("220 mail.invalid ESMTP 01000000100\r\n\r\n".to_owned(), b"");
    Trial::with(&simulator(), soon(&server.http()), impatient()).is_unknown("invalid HTTP version parsed");
}

#[test]
fn a_server_that_half_closes_leaves_the_message_unknown() {
    let simulator = simulator();
    simulator.add_fault(Fault::new(Kind::HalfClosed));
    let trial = Trial::with(&simulator, json!({"settle_ms": 50}), impatient());
    trial.is_unknown("connection closed before message completed");
    assert_eq!(simulator.journal(false).totals.accepted, 0);
}

#[test]
fn a_message_whose_answer_was_lost_is_possibly_sent_until_it_is_settled() {
    let simulator = simulator();
    simulator.add_fault(Fault::new(Kind::Silent).call(Call::Send));
    let trial = Trial::with(&simulator, json!({"settle_ms": 3_600_000}), retries(3));
    let message = trial.rest();
    assert_eq!((message.state, message.certainty), (State::Sending, Certainty::PossiblySent));
    assert_eq!(message.reason, Reason::AnswerLost);
    assert_eq!((trial.health().state, trial.health().last_reason), ("failing", "answer_lost"));
    assert!(trial.log().contains("gateway solapi: no answer came in time"), "{}", trial.log());
    trial.is_discreet();
}

#[test]
fn whatever_becomes_of_the_answer_the_message_arrives_once() {
    for kind in [Kind::Silent, Kind::SilentAfter, Kind::LostBefore, Kind::LostAfter, Kind::HalfClosed, Kind::Garbage] {
        let simulator = simulator();
        simulator.add_fault(Fault::new(kind).call(Call::Send).next(1));
        Trial::with(&simulator, json!({"settle_ms": 50}), retries(3)).is_delivered(&simulator);
    }
}

#[test]
fn a_redirect_is_refused_and_nothing_goes_to_the_other_host() {
    let (simulator, elsewhere) = (simulator(), silent());
    let location = Some(elsewhere.http());
    simulator.add_fault(Fault { location, ..Fault::new(Kind::Redirect) });
    let trial = Trial::new(&simulator, json!({}));
    // It waits for whoever put the redirect there, and does not end because of it.
    trial.is_kept(Reason::GatewayConfiguration, "sends the request elsewhere, which is never followed; see base_url");
    assert_eq!(trial.rest().vendor_code, "HTTP 307");
    assert!(trial.client.shutdown(super::vendors::PATIENCE).is_ok());
    assert_eq!(elsewhere.so_far(), []);
    assert_eq!(simulator.journal(false).totals.accepted, 0);
}
