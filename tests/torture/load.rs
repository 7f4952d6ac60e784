//! Load: many threads on one client, many processes on one outbox, a large backlog, and a soak in which memory, threads and
//! open files stay as they are.

use crate::crew::Worker;
use crate::rig::Rig;
use crate::table::{Row, Scale, Scenario};
use crate::vendors::reminder;
use crate::worker::Calls;
use alimi::{Client, Settings};
use alimi_simulator::Options;
use serde_json::json;
use std::fs;
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub const SCENARIOS: &[Scenario] =
    &[("200 threads", threads), ("8 processes", processes), ("backlog", backlog), ("soak", soak)];

const SPAN: usize = 1_000_000;

/// One client in this process, called from 200 threads at once; a process of its own then brings everything to its end.
fn threads(scale: Scale) -> Row {
    let each = if scale.long { 500 } else { 10 };
    let mut rig = Rig::with("nhncloud", Options::default());
    let settings = Settings::parse(&rig.configuration(&json!({})).to_string()).unwrap();
    let client = Client::start(settings).unwrap();
    let witness = Mutex::new(std::mem::take(&mut rig.witness));
    std::thread::scope(|scope| {
        for thread in 0..200 {
            let (client, witness) = (&client, &witness);
            scope.spawn(move || {
                for number in 0..each {
                    let accepted = client.send(reminder(thread * 10_000 + number, 0)).unwrap();
                    witness.lock().unwrap().note(&format!("accepted {}", accepted.key), Instant::now());
                }
            });
        }
    });
    rig.witness = witness.into_inner().unwrap();
    client.shutdown(Duration::from_secs(1)).unwrap();
    rig.finish(&json!({}), 1)
}

fn processes(scale: Scale) -> Row {
    let count = if scale.long { 5_000 } else { 60 };
    let mut rig = Rig::new("nhncloud");
    let outbox = json!({"shared": true});
    let mut crew: Vec<Worker> =
        (0..8).map(|process| Worker::start(rig.folder(), &rig.order(&outbox, process * SPAN, count))).collect();
    for worker in &crew {
        rig.witness.sent = false;
        worker.await_sent(&mut rig.witness);
    }
    let last = crew.pop().unwrap();
    // Those that end leave their results to the one that stays.
    for worker in crew {
        worker.end(&mut rig.witness);
    }
    rig.finish_with(last, 1)
}

/// Everything is accepted while the gateway is away, then it comes back.
fn backlog(scale: Scale) -> Row {
    let count = if scale.long { 1_000_000 } else { 2_000 };
    let mut rig = Rig::with("nhncloud", Options { faults: Vec::new(), ..Options::default() });
    rig.simulator.listen(false);
    let mut order = rig.order(&json!({}), 0, count);
    order.configuration["retry"]["max_attempts"] = json!(100);
    order.pause_us = 0;
    order.fates = Vec::new();
    (order.calls, order.batch) = (Calls::Batches, 1_000);
    let worker = Worker::start(rig.folder(), &order);
    worker.await_sent(&mut rig.witness);
    let accepted = Instant::now();
    rig.simulator.listen(true);
    let waiting = held(worker.id());
    let mut row = rig.finish_with(worker, 1);
    row.notes.push(format!(
        "{} MiB of memory with {count} waiting; all ended {:.0} s after the gateway was back",
        waiting[0] / 1024,
        accepted.elapsed().as_secs_f64()
    ));
    row
}

/// Memory in KiB, threads and open files of a process.
fn held(process: u32) -> [u64; 3] {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let number = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    [number("VmRSS:"), number("Threads:"), fs::read_dir(format!("/proc/{process}/fd")).unwrap().count() as u64]
}

fn soak(scale: Scale) -> Row {
    let length = scale.soak;
    let mut rig = Rig::new("nhncloud");
    let mut order = rig.order(&json!({}), 0, usize::MAX / 2);
    order.pause_us = 5_000;
    let mut worker = Worker::start(rig.folder(), &order);
    let (mut samples, end) = (Vec::new(), Instant::now() + length);
    while Instant::now() < end {
        worker.listen(&mut rig.witness, Instant::now() + length / 20, usize::MAX);
        samples.push(held(worker.id()));
    }
    worker.tell("hush");
    worker.await_sent(&mut rig.witness);
    let mut row = rig.finish_with(worker, 1);
    let most = |part: &[[u64; 3]], what: usize| part.iter().map(|sample| sample[what]).max().unwrap_or_default();
    let (early, late) = samples.split_at(samples.len() / 2);
    let parts: Vec<String> = ["KiB of memory", "threads", "open files"]
        .iter()
        .enumerate()
        .map(|(what, name)| format!("{} then {} {name}", most(early, what), most(late, what)))
        .collect();
    row.notes.push(format!("most in the first and the second half: {}", parts.join(", ")));
    // The statements and pages SQLite keeps come to a few MiB; a leak goes on.
    assert!(most(late, 0) < most(early, 0) + 16 * 1024, "memory grows: {samples:?}");
    assert!(most(late, 1) <= most(early, 1) + 4 && most(late, 2) <= most(early, 2) + 8, "it grows: {samples:?}");
    row
}
