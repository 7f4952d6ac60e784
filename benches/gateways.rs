//! How fast messages go to a vendor and come back as acknowledged results: `cargo bench --bench gateways [-- MESSAGES
//! [LATENCY]]`.
//!
//! The simulator runs in this process and the client in a child, on the same cores at the same time, so the figures hold
//! for a machine that does both. Nothing is asserted: a busy machine must not fail a build. A long latency, say 1,000 ms,
//! shows on any machine what waits for what: then the way there and back is the only bound.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[path = "../tests/vendors/mod.rs"]
mod vendors;

use alimi::Client;
use alimi::message::{Options as MessageOptions, Request, State};
use alimi_simulator::{Call, Fault, Kind, Options, Simulator};
use serde_json::json;
use std::process::Command;
use std::time::{Duration, Instant};
use vendors::{configuration, reminder, start};

const CLIENT: &str = "--client";
const BATCH: usize = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == CLIENT) {
        return client(&arguments[at + 1], &arguments[at + 2], arguments[at + 3].parse().unwrap());
    }
    let mut numbers = arguments.iter().filter_map(|argument| argument.parse().ok());
    let (messages, latency) = (numbers.next().unwrap_or(100_000), numbers.next());
    for vendor in ["solapi", "nhncloud"] {
        for latency in latency.map_or(vec![0, 50], |only| vec![only]) {
            println!("{vendor}, {messages} messages, {latency} ms added to every answer");
            run(vendor, "speed", messages, latency);
        }
        if latency.is_some() {
            continue;
        }
        println!("{vendor}, one urgent message among 100,000");
        run(vendor, "urgent", 100_000, 0);
    }
}

/// A fresh simulator, and a client in a process of its own.
fn run(vendor: &str, what: &str, messages: usize, latency: usize) {
    let faults = match latency {
        0 => Vec::new(),
        ms => vec![Fault::new(Kind::Slow).delay_ms(ms as u64), Fault::new(Kind::Slow).call(Call::Result).delay_ms(0)],
    };
    let options = Options {
        faults,
        keep: messages * 2,
        keep_texts: false,
        keep_names: false,
        report_delay: Duration::from_millis(20),
        ..Options::default()
    };
    let simulator = Simulator::start(options).unwrap();
    let folder = tempfile::tempdir_in("target").unwrap();
    let mut config = configuration(folder.path(), &simulator, &[vendor], json!({"logging": {"file": null}}));
    config["outbox"]["max_messages"] = json!(messages * 2);
    let path = folder.path().join("configuration.json");
    std::fs::write(&path, config.to_string()).unwrap();
    let own = std::env::current_exe().unwrap();
    let arguments = [CLIENT, path.to_str().unwrap(), what, &messages.to_string()];
    assert!(Command::new(own).args(arguments).status().unwrap().success());
    let totals = simulator.journal(false).totals;
    println!("  journal: {} accepted, {} twice", totals.accepted, totals.duplicates);
}

fn client(configuration: &str, what: &str, messages: usize) {
    let configuration = std::fs::read_to_string(configuration).unwrap();
    let client = start(&serde_json::from_str(&configuration).unwrap());
    match what {
        "urgent" => urgent(&client, messages),
        _ => speed(&client, messages),
    }
}

fn speed(client: &Client, messages: usize) {
    let began = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for first in (0..messages).step_by(BATCH) {
                let requests = (first..messages.min(first + BATCH)).map(|number| reminder(number, 0)).collect();
                assert!(client.send_batch(requests).unwrap().iter().all(Result::is_ok));
            }
            println!("  kept after              {:>10.2} s", began.elapsed().as_secs_f64());
        });
        let mut left = messages;
        while left > 0 {
            let result = client.poll(Duration::from_secs(60)).unwrap().expect("no result for a minute");
            assert_eq!(result.state, State::Delivered);
            client.acknowledge(&result.key).unwrap();
            left -= 1;
        }
    });
    let took = began.elapsed().as_secs_f64();
    println!("  sent, delivered, acknowledged {:>10.0} messages/s", messages as f64 / took);
    let (cpu, memory) = (cpu_seconds(), peak_mib());
    println!("  processor time of the client  {:>10.1} us/message", cpu * 1e6 / messages as f64);
    println!("  peak memory of the client     {memory:>10.1} MiB");
}

fn urgent(client: &Client, messages: usize) {
    let with = |number: usize, priority: &str| {
        let options = MessageOptions { priority: Some(priority.to_owned()), ..MessageOptions::default() };
        Request { options, ..reminder(number, 0) }
    };
    for first in (0..messages).step_by(BATCH) {
        client.send_batch((first..first + BATCH).map(|number| with(number, "bulk")).collect()).unwrap();
    }
    let waiting = client.health().unwrap().waiting;
    let began = Instant::now();
    let key = client.send(with(messages, "urgent")).unwrap().key;
    while client.status(&key).unwrap().state < State::Accepted {
        std::thread::yield_now();
    }
    let took = began.elapsed().as_secs_f64() * 1e3;
    println!("  accepted by the gateway after {took:>10.1} ms, while {waiting} waited");
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks / 100.0
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}
