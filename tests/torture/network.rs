//! Bad networks: every kind of the simulator's faults, connections cut at every part of a request and of an answer by a
//! relay in between, answers that get lost, latency, a gateway that is away, and names that nobody resolves.

use crate::crew::Worker;
use crate::rig::Rig;
use crate::table::{Row, Scale, Scenario};
use alimi_simulator::{Fault, Kind, Options};
use serde_json::json;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub const SCENARIOS: &[Scenario] = &[
    ("faults of every kind", every_kind),
    ("30 % of answers lost", |scale| faulty(scale, vec![Fault::new(Kind::LostAfter).chance(0.3)])),
    ("2 s latency", |scale| faulty(scale, vec![Fault::new(Kind::Slow).delay_ms(2_000)])),
    ("gateway away", away),
    ("connection cut anywhere", cut),
];

const MESSAGES: usize = 100;

/// Sends under these faults and waits for every result.
fn faulty(scale: Scale, faults: Vec<Fault>) -> Row {
    let messages = MESSAGES * scale.part(100, 1) as usize;
    let mut rig = Rig::with("nhncloud", Options { faults, ..Options::default() });
    let mut order = rig.order(&json!({}), 0, messages);
    order.configuration["retry"]["request_timeout_ms"] = json!(5_000);
    order.pause_us = 5_000;
    let worker = Worker::start(rig.folder(), &order);
    worker.await_sent(&mut rig.witness);
    rig.finish_with(worker, 1)
}

/// One after the other, each for a while, at one request in three.
fn every_kind(scale: Scale) -> Row {
    const KINDS: [Kind; 12] = [
        Kind::Throttled,
        Kind::ErrorBefore,
        Kind::ErrorAfter,
        Kind::LostAfter,
        Kind::LostBefore,
        Kind::HalfClosed,
        Kind::Silent,
        Kind::SilentAfter,
        Kind::Garbage,
        Kind::Down,
        Kind::ReportLate,
        Kind::ReportTwice,
    ];
    let rounds = scale.part(100, 1) as usize * KINDS.len();
    let mut rig = Rig::with("nhncloud", Options::default());
    let mut order = rig.order(&json!({}), 0, rounds * 20);
    order.configuration["retry"]["request_timeout_ms"] = json!(300);
    order.configuration["retry"]["max_attempts"] = json!(100);
    order.pause_us = 20_000;
    let worker = Worker::start(rig.folder(), &order);
    for round in 0..rounds {
        let fault = Fault::new(KINDS[round % KINDS.len()]).chance(0.3).delay_ms(100);
        let number = rig.simulator.add_fault(fault);
        worker.listen(&mut rig.witness, Instant::now() + Duration::from_millis(500), usize::MAX);
        rig.simulator.remove_fault(number);
    }
    worker.await_sent(&mut rig.witness);
    rig.finish_with(worker, rounds as u32)
}

/// The port is closed and every connection dropped, for a minute in the long form.
fn away(scale: Scale) -> Row {
    let (rounds, away) = if scale.long { (5, Duration::from_secs(60)) } else { (2, Duration::from_secs(3)) };
    let mut rig = Rig::new("nhncloud");
    let mut order = rig.order(&json!({}), 0, rounds * MESSAGES);
    order.configuration["retry"]["max_attempts"] = json!(100);
    order.pause_us = 5_000;
    let worker = Worker::start(rig.folder(), &order);
    for _ in 0..rounds {
        worker.listen(&mut rig.witness, Instant::now() + Duration::from_millis(300), usize::MAX);
        rig.simulator.listen(false);
        worker.listen(&mut rig.witness, Instant::now() + away, usize::MAX);
        rig.simulator.listen(true);
    }
    worker.await_sent(&mut rig.witness);
    rig.finish_with(worker, rounds as u32)
}

/// A relay to the simulator that cuts connections after a random number of bytes of one direction.
fn cut(scale: Scale) -> Row {
    let rounds = scale.part(10, 5) as usize;
    let mut rig = Rig::with("nhncloud", Options { faults: Vec::new(), ..Options::default() });
    let relay = Relay::start(rig.simulator.address());
    let mut order = rig.order(&json!({}), 0, rounds * 20);
    order.configuration["gateways"]["nhncloud"]["base_url"] = json!(format!("http://{}", relay.address));
    order.configuration["retry"]["max_attempts"] = json!(100);
    order.configuration["retry"]["request_timeout_ms"] = json!(500);
    order.pause_us = 10_000;
    let worker = Worker::start(rig.folder(), &order);
    worker.await_sent(&mut rig.witness);
    relay.cuts.store(false, Ordering::Relaxed);
    rig.finish_with(worker, rounds as u32)
}

struct Relay {
    address: SocketAddr,
    cuts: Arc<AtomicBool>,
}

impl Relay {
    /// Its threads end with their connections; the listener with this process.
    fn start(to: SocketAddr) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = Arc::new(AtomicBool::new(true));
        let cutting = Arc::clone(&cuts);
        std::thread::spawn(move || {
            for here in listener.incoming().map_while(Result::ok) {
                let Ok(there) = TcpStream::connect(to) else { continue };
                // Of three connections one is whole, one is cut on its way there, one on its way back.
                let limit = |fate| match cutting.load(Ordering::Relaxed) && fastrand::u8(..3) == fate {
                    true => fastrand::usize(..4_000),
                    false => usize::MAX,
                };
                pass(&here, &there, limit(0));
                pass(&there, &here, limit(1));
            }
        });
        Relay { address, cuts }
    }
}

/// Carries so many bytes, then cuts both connections.
fn pass(from: &TcpStream, to: &TcpStream, mut left: usize) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut buffer = [0; 16_384];
        while left > 0 {
            let room = left.min(buffer.len());
            let Ok(count @ 1..) = from.read(&mut buffer[..room]) else { break };
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
            left -= count;
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    });
}
