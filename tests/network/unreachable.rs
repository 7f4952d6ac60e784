//! A gateway that is not reached: nothing has left, and the message waits for another try.

use super::listeners::silent;
use super::trial::{KEY, Trial, retries, simulator};
use super::vendors::{PATIENCE, start};
use alimi::message::{Certainty, Reason, State};
use serde_json::json;
use std::net::TcpListener;

/// A port at which nobody listens.
fn closed_port() -> String {
    format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap())
}

#[test]
fn a_name_that_nobody_knows_keeps_the_message() {
    let trial = Trial::new(&simulator(), json!({"base_url": "http://nowhere.invalid"}));
    trial.is_kept_because("no connection: dns error");
}

#[test]
fn a_refused_connection_keeps_the_message() {
    let trial = Trial::new(&simulator(), json!({"base_url": closed_port()}));
    trial.is_kept_because("no connection: tcp connect error");
}

#[test]
fn a_server_that_takes_the_connection_and_makes_no_handshake_keeps_the_message() {
    let server = silent();
    let trial = Trial::new(&simulator(), json!({"base_url": server.https(), "connect_timeout_ms": 300}));
    trial.is_kept_because("no connection: operation timed out");
    server.next();
}

#[test]
fn connecting_is_given_up_within_the_time_of_the_request() {
    let server = silent();
    let changes = json!({"retry": {"initial_ms": 3_600_000, "max_ms": 3_600_000, "request_timeout_ms": 300}});
    let gateway = json!({"base_url": server.https(), "connect_timeout_ms": 120_000});
    Trial::with(&simulator(), gateway, changes).is_kept_because("no connection: operation timed out");
}

#[test]
fn connections_come_from_the_address_that_was_chosen() {
    let server = silent();
    let _trial = Trial::new(&simulator(), json!({"base_url": server.http(), "source_address": "127.0.0.9"}));
    assert_eq!(server.next().ip().to_string(), "127.0.0.9");
}

#[test]
fn an_address_that_is_not_of_this_host_keeps_the_message() {
    let trial = Trial::new(&simulator(), json!({"source_address": "192.0.2.1"}));
    trial.is_kept_because("tcp bind local error");
}

#[test]
fn it_is_tried_as_often_as_allowed_and_then_failed_as_not_sent() {
    let changes = json!({"retry": retries(3)["retry"], "fallback": {"mode": "none"}});
    let trial = Trial::with(&simulator(), json!({"base_url": closed_port()}), changes);
    let result = trial.result();
    assert_eq!((result.state, result.certainty), (State::Failed, Certainty::NotSent));
    assert_eq!((result.reason, result.attempts), (Reason::ConnectionFailed, 3));
    trial.is_discreet();
}

#[test]
fn it_arrives_once_when_the_gateway_is_back() {
    let simulator = simulator();
    simulator.listen(false);
    let trial = Trial::with(&simulator, json!({}), retries(100));
    while trial.health().failures_in_row == 0 {
        assert!(trial.client.poll(std::time::Duration::from_millis(10)).unwrap().is_none());
    }
    simulator.listen(true);
    trial.is_delivered(&simulator);
    assert_eq!((trial.health().state, &*trial.health().last_trouble), ("ok", ""));
}

#[test]
fn a_file_of_tls_that_cannot_be_used_is_refused_at_the_start_and_named() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let junk = folder.path().join("junk.pem");
    std::fs::write(&junk, super::trial::SECRET).unwrap();
    let absent = folder.path().join("absent.pem");
    let cases = [
        ("ca_file", &absent, "cannot be read"),
        ("ca_file", &junk, "has no certificate"),
        ("client_certificate_file", &absent, "cannot be read"),
        ("client_certificate_file", &junk, "has no certificate"),
    ];
    for (key, file, wrong) in cases {
        let setup = super::trial::setup(&folder, &simulator, json!({"tls": {key: file}}), json!({}));
        let settings = alimi::Settings::parse(&setup.to_string()).unwrap();
        let error = alimi::Client::start(settings).err().unwrap();
        assert_eq!(error.code(), alimi::Code::ConfigFile);
        assert!(error.text().starts_with(&format!("gateways.solapi.tls.{key}: {wrong}")), "{error}");
        assert!(!error.text().contains(super::trial::SECRET));
    }
    // A running client goes on with what it has.
    let client = start(&super::trial::setup(&folder, &simulator, json!({}), json!({})));
    let changed = super::trial::setup(&folder, &simulator, json!({"tls": {"ca_file": absent}}), json!({}));
    assert!(client.reload(alimi::Settings::parse(&changed.to_string()).unwrap()).is_err());
    client.send(super::trial::message()).unwrap();
    assert_eq!(client.poll(PATIENCE).unwrap().map(|result| result.key).as_deref(), Some(KEY));
}
