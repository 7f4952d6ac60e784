//! Ending while the network hangs.

use super::listeners::silent;
use super::proxy::ProxyServer;
use super::trial::{KEY, Trial, setup, simulator};
use super::vendors::{PATIENCE, start};
use alimi::message::{Certainty, State};
use serde_json::{Value, json};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Waits for the end of a shutdown that has no time, in a thread of its own so that a hanging one fails the test.
fn ends(trial: Trial) -> tempfile::TempDir {
    let Trial { folder, client } = trial;
    let (tell, told) = channel();
    std::thread::spawn(move || tell.send(client.shutdown(Duration::ZERO)));
    let emptied = told.recv_timeout(PATIENCE).expect("the end of the shutdown");
    assert_eq!(emptied, Ok(false), "the message stays");
    folder
}

/// What the next client makes of it: nobody knows whether it left.
fn is_still_there(folder: &tempfile::TempDir, gateway: Value) {
    let client = start(&setup(folder, &simulator(), gateway, json!({})));
    let message = client.status(KEY).unwrap();
    assert_eq!((message.state, message.certainty), (State::Sending, Certainty::PossiblySent));
}

#[test]
fn shutdown_ends_while_an_answer_is_waited_for() {
    let server = silent();
    let slow = json!({"retry": {"request_timeout_ms": 300_000}});
    let gateway = json!({"base_url": server.http(), "settle_ms": 3_600_000});
    let trial = Trial::with(&simulator(), gateway.clone(), slow);
    server.next();
    is_still_there(&ends(trial), gateway);
}

#[test]
fn shutdown_ends_while_a_handshake_hangs() {
    let server = silent();
    let slow = json!({"retry": {"request_timeout_ms": 300_000}});
    let gateway = json!({"base_url": server.https(), "connect_timeout_ms": 120_000, "settle_ms": 3_600_000});
    let trial = Trial::with(&simulator(), gateway.clone(), slow);
    server.next();
    is_still_there(&ends(trial), gateway);
}

#[test]
fn shutdown_ends_while_a_proxy_hangs() {
    let proxy = ProxyServer::hanging();
    let slow = json!({"retry": {"request_timeout_ms": 300_000}});
    let gateway = json!({
        "base_url": "https://gateway.invalid", "proxy": {"url": proxy.url()}, "connect_timeout_ms": 120_000,
        "settle_ms": 3_600_000,
    });
    let trial = Trial::with(&simulator(), gateway.clone(), slow);
    assert!(proxy.next().starts_with("CONNECT gateway.invalid:443 "));
    is_still_there(&ends(trial), gateway);
}
