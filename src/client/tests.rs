//! What callers get when a thread of ours stops on a fault.

use super::*;
use crate::config::testing;
use crate::gateway::Job;
use crate::message::{Body, Request, State};
use std::path::Path;

/// A network that cannot be. It is told that it must end when the engine has ended, and holds that up as long as the
/// gate is closed.
struct Bomb {
    ending: Sender<()>,
    gate: Receiver<()>,
}

impl Outlet for Bomb {
    fn hand(&self, _: Job) -> bool {
        panic!("010-0000-0001")
    }

    fn cancel(&self) {
        self.ending.send(()).unwrap();
        let _ = self.gate.recv();
    }

    fn wait(&self) {}
}

/// A client with such a network, the news of its end, and the gate, which opens when it is dropped.
fn client_with_bomb(directory: &Path) -> (Client, Receiver<()>, Sender<()>) {
    let (ending, ended) = bounded(1);
    let (open, gate) = bounded(0);
    let client = Client::start_with(settings(directory), |_, _, _, _| Ok(Bomb { ending, gate }));
    (client.unwrap(), ended, open)
}

fn assert_fault(error: &Error) {
    assert_eq!(error.code(), Code::Internal, "{error}");
}

fn settings(directory: &Path) -> Settings {
    let more = serde_json::json!({
        "outbox": {"encryption": "none", "path": directory.join("outbox.db")},
        "accounts": {"clinic": {"sender_key": "test", "sender_number": "070-0000-0001"}},
        "logging": {"file": directory.join("alimi.log")},
    });
    testing::settings(directory, more)
}

fn request(key: &str) -> Request {
    Request {
        key: key.into(),
        to: "010-0000-0000".into(),
        body: Body::Text { text: "text".into() },
        ..Request::default()
    }
}

#[test]
fn a_fault_in_the_engine_is_told_to_everybody_and_what_was_accepted_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let (client, _ended, open) = client_with_bomb(directory.path());
    drop(open);
    // It is kept before the fault, and its sender may be told of either.
    if let Err(error) = client.send(request("kept")) {
        assert_fault(&error);
    }
    assert_fault(&client.poll(Duration::from_secs(60)).unwrap_err());
    assert_fault(&client.send(request("late")).unwrap_err());
    assert_fault(&client.cancel("kept").unwrap_err());
    assert_fault(&client.acknowledge("kept").unwrap_err());
    assert_fault(&client.flush(Duration::from_secs(60)).unwrap_err());
    assert_eq!(client.status("kept").unwrap().state, State::Sending, "reading goes on");
    assert!(client.health().is_ok() && client.statistics("").is_ok());
    assert!(!client.shutdown(Duration::from_secs(60)).unwrap(), "a message remains");

    let log = std::fs::read_to_string(directory.path().join("alimi.log")).unwrap();
    assert!(log.contains("ALIMI_ERR_INTERNAL") && !log.contains("0000-0001"), "{log}");

    // The next start finds the outbox good, and the message as one whose request was under way.
    let client = Client::start(settings(directory.path())).unwrap();
    let result = client.poll(Duration::from_secs(60)).unwrap().unwrap();
    assert_eq!((result.key.as_str(), result.state), ("kept", State::Unknown));
    client.send(request("late")).unwrap();
    assert_eq!(client.poll(Duration::from_secs(60)).unwrap().unwrap().state, State::Delivered);
}

#[test]
fn a_call_that_comes_while_the_engine_ends_is_answered_and_does_not_wait_for_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let (client, ended, open) = client_with_bomb(directory.path());
    // Kept, and then the fault.
    let _ = client.send(request("kept"));
    ended.recv().unwrap();
    // The engine's thread is held up at its end; nobody waits for it.
    assert_fault(&client.send(request("late")).unwrap_err());
    assert_fault(&client.flush(DISK_WAIT).unwrap_err());
    drop(open);
    assert_eq!(client.status("late").unwrap_err().code(), Code::NotFound, "it was not kept");
}

/// A network whose errands take as long as the gate is closed.
struct Slow {
    busy: Sender<()>,
    gate: Receiver<()>,
}

impl Outlet for Slow {
    fn hand(&self, _: Job) -> bool {
        self.busy.send(()).unwrap();
        let _ = self.gate.recv();
        true
    }

    fn cancel(&self) {}

    fn wait(&self) {}
}

#[test]
fn a_shutdown_reaches_an_engine_that_has_too_much_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let (busy, is_busy) = bounded(1);
    let (open, gate) = bounded(0);
    let client = Client::start_with(settings(directory.path()), |_, _, _, _| Ok(Slow { busy, gate })).unwrap();
    client.send(request("kept")).unwrap();
    is_busy.recv().unwrap();
    while client.events.try_send(Event::Refill).is_ok() {}
    assert!(!client.shutdown(Duration::ZERO).unwrap(), "a message remains");

    drop(open);
    let mut tries = std::iter::repeat_with(|| Client::start(settings(directory.path()))).take(100_000);
    assert!(tries.any(|start| start.is_ok()), "the engine has ended and let the outbox go");
}

#[test]
fn each_message_of_a_large_batch_gets_its_own_verdict() {
    let directory = tempfile::tempdir().unwrap();
    let client = Client::start(settings(directory.path())).unwrap();
    let other = |key: &str| Request { body: Body::Text { text: "other".into() }, ..request(key) };
    let batch = (0..1_000).map(|number| match number {
        5 | 300 => Request { to: "not a number".into(), ..request("bad") },
        600 => other("0"),
        999 => request("1"),
        _ => request(&number.to_string()),
    });
    let verdicts = client.send_batch(batch.collect()).unwrap();
    for (number, verdict) in verdicts.into_iter().enumerate() {
        let expected = match number {
            5 | 300 => Err(Code::Recipient),
            600 => Err(Code::KeyConflict),
            999 => Ok(("1".to_owned(), true)),
            _ => Ok((number.to_string(), false)),
        };
        let found = verdict.map(|accepted| (accepted.key, accepted.duplicate)).map_err(|error| error.code());
        assert_eq!(found, expected, "message {number}");
    }
    assert!(client.send_batch(Vec::new()).unwrap().is_empty());
}

#[test]
fn health_says_how_many_messages_each_gateway_has_accepted() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = serde_json::json!({"type": "sandbox", "delay_ms": 86_400_000});
    let more = serde_json::json!({
        "outbox": {"encryption": "none", "path": directory.path().join("outbox.db")},
        "gateways": {"first": sandbox, "second": sandbox, "idle": sandbox},
        "accounts": {"clinic": {"sender_key": "test", "sender_number": "070-0000-0001", "gateway": "first"}},
    });
    let client = Client::start(testing::settings(directory.path(), more)).unwrap();
    for (number, gateway) in ["first", "first", "second"].into_iter().enumerate() {
        let mut request = request(&number.to_string());
        request.options.gateway = Some(gateway.to_owned());
        client.send(request).unwrap();
    }
    assert!(client.flush(Duration::from_secs(60)).unwrap(), "all have left");
    let health = client.health().unwrap();
    let accepted: Vec<u64> = health.gateways.values().map(|gateway| gateway.accepted).collect();
    assert_eq!(health.gateways.keys().collect::<Vec<_>>(), ["first", "idle", "second"]);
    assert_eq!((health.accepted, &*accepted), (3, &[2, 0, 1][..]));
}
