//! What a client does when there is nothing to do.

use super::common::Process;
use super::listeners;
use super::trial::{Trial, setup, simulator};
use super::vendors::start;
use serde_json::json;
use std::io::Write;
use std::process::Command;
use std::time::Duration;

/// Many times the pause between two polls.
const WHILE: Duration = Duration::from_millis(500);

#[test]
fn a_client_that_awaits_nothing_makes_no_request() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let client = start(&setup(&folder, &simulator, json!({"poll_ms": 50}), json!({})));
    assert_eq!(client.poll(WHILE), Ok(None));
    assert!(simulator.requests().is_empty());
}

#[test]
fn a_client_whose_messages_have_their_results_makes_no_more_requests() {
    let simulator = simulator();
    let trial = Trial::new(&simulator, json!({"poll_ms": 50}));
    trial.is_delivered(&simulator);
    // The last poll may still be under way.
    assert_eq!(trial.client.poll(WHILE), Ok(None));
    let count = simulator.requests().len();
    assert_eq!(trial.client.poll(WHILE), Ok(None));
    assert_eq!(simulator.requests().len(), count);
}

#[test]
fn a_connection_that_is_not_used_is_let_go_of_after_its_time() {
    let server = listeners::Server::start(|mut stream, tell| {
        while !listeners::read_request(&mut stream).is_empty() {
            stream.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n").unwrap();
        }
        tell(());
    });
    let _trial = Trial::new(&simulator(), json!({"base_url": server.http(), "idle_timeout_ms": 100}));
    // Long before the default would have ended it.
    server.next();
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_at_rest_has_two_threads_though_names_were_resolved() {
    let (folder, simulator) = (tempfile::tempdir().unwrap(), simulator());
    let template = json!({"note": {"code": "REMIND01", "text": "#{name}님, 예약을 알려 드립니다."}});
    let changes = json!({"templates": template, "fallback": {"mode": "none"}});
    let by_name = json!({"base_url": format!("http://localhost:{}", simulator.address().port())});
    let command = Command::new(std::env::current_exe().unwrap());
    let mut process = Process::start_with(&setup(&folder, &simulator, by_name, changes), command);
    assert_eq!(process.started(), "started");
    assert_eq!(process.send("K"), "accepted");
    assert_eq!(process.ask("poll 60000"), "K failed");
    assert!(!simulator.requests().is_empty());
    let mut threads = ours(process.id());
    // Resolvers end soon after; what is waited for meanwhile is a result that does not come.
    for _ in 0..100 {
        if threads.len() <= 2 {
            break;
        }
        assert_eq!(process.ask("poll 100"), "nothing");
        threads = ours(process.id());
    }
    assert_eq!(threads, ["alimi-engine", "alimi-net"]);
    process.end();
}

/// The names of our threads in a process.
#[cfg(target_os = "linux")]
fn ours(process: u32) -> Vec<String> {
    let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let names = tasks.filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")).ok());
    let mut names: Vec<String> =
        names.map(|name| name.trim().to_owned()).filter(|name| name.starts_with("alimi")).collect();
    names.sort();
    names
}
