//! A name server that never answers, as it is for a host whose network is half down; and then does.
//!
//! Everything runs in a network namespace with a name server of its own. What waits for the silent server is known as not
//! sent, and no shutdown waits for it.

use crate::crew::Worker;
use crate::namespace::play;
use crate::rig::Rig;
use crate::table::{Row, Scale, Scenario};
use crate::worker::STOP;
use alimi_simulator::Options;
use serde_json::json;
use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub const SCENARIOS: &[Scenario] = &[("DNS that hangs", hangs)];

const MESSAGES: usize = 60;

fn hangs(_: Scale) -> Row {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("resolv.conf"), "nameserver 127.0.0.1\n").unwrap();
    play("dns", folder.path(), "ip link set lo up && mount --bind \"$0/resolv.conf\" /etc/resolv.conf")
}

/// The row itself, in the namespace.
pub fn inside(_: &Path) -> Row {
    let answers = Arc::new(AtomicBool::new(false));
    serve(&answers);
    let mut rig = Rig::with("nhncloud", Options::default());
    let mut order = rig.order(&json!({}), 0, MESSAGES);
    let port = rig.simulator.address().port();
    order.configuration["gateways"]["nhncloud"]["base_url"] = json!(format!("http://gateway.example:{port}"));
    order.configuration["gateways"]["nhncloud"]["connect_timeout_ms"] = json!(300);
    order.configuration["retry"]["max_attempts"] = json!(100);
    let mut worker = Worker::start(rig.folder(), &order);
    worker.await_sent(&mut rig.witness);
    let accepted = rig.witness.accepted.len();
    let log = rig.folder().join("outbox.log");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !fs::read_to_string(&log).unwrap_or_default().contains("no connection") {
        assert!(Instant::now() < deadline, "the name server's silence was not noticed");
        worker.listen(&mut rig.witness, Instant::now() + Duration::from_millis(20), usize::MAX);
    }
    worker.tell("stop");
    let stopped: u64 = worker.await_line(&mut rig.witness, "stopped ")[8..].parse().unwrap();
    worker.await_end(&mut rig.witness);
    assert_eq!(rig.simulator.journal(false).totals.accepted, 0, "there was a way around the name server");
    answers.store(true, Ordering::Relaxed);
    order.count = 0;
    let last = Worker::start(rig.folder(), &order);
    last.await_line(&mut rig.witness, "started");
    let mut row = rig.finish_with(last, 1);
    row.notes.push(format!(
        "{accepted} accepted while no name was told; a shutdown of {} ms ended after {stopped} ms meanwhile",
        STOP.as_millis()
    ));
    row
}

/// A name server that hears and says nothing, and later that every name is this host's.
fn serve(answers: &Arc<AtomicBool>) {
    let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
    let answers = Arc::clone(answers);
    std::thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            if !answers.load(Ordering::Relaxed) {
                continue;
            }
            // The name ends with an empty label; the type and the class follow. RFC 1035, 4.1.
            let end = 12 + question[12..length].iter().position(|byte| *byte == 0).unwrap() + 5;
            let asks_for_ipv4 = question[end - 4..end - 2] == [0, 1];
            let mut answer = question[..end].to_vec();
            answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, asks_for_ipv4.into(), 0, 0, 0, 0]);
            if asks_for_ipv4 {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
            }
            let _ = socket.send_to(&answer, from);
        }
    });
}
