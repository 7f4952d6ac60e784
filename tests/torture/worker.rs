//! The process that is tortured: sends, polls and acknowledges as fast as it can and says so on its standard output.
//!
//! Invariants: a line is said after what it tells has happened, so nothing is told that was not accepted; a result is
//! told before it is acknowledged, so none is taken without being told; when the standard input closes, it ends.

use crate::vendors::{reminder, text};
use alimi::message::Request;
use alimi::{Client, Error, Settings};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The environment variable with the [`Order`].
pub const ORDER: &str = "ALIMI_TORTURE_ORDER";
/// How long something is tried that a fault forbids.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a shutdown may take that is not to wait for everything.
pub const STOP: Duration = Duration::from_millis(500);

/// What the process does.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Order {
    pub configuration: Value,
    /// Numbers of its messages: so many from this one on.
    pub first: usize,
    pub count: usize,
    /// The last two digits of the recipients, in turn.
    pub fates: Vec<usize>,
    /// The pause after each call that sends.
    pub pause_us: u64,
    pub calls: Calls,
    /// Messages of one call for many.
    pub batch: usize,
}

/// By which calls it sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Calls {
    #[default]
    Both,
    Singles,
    Batches,
}

/// Carries the order out.
pub fn run(order: &str) {
    let order: Order = serde_json::from_str(order).unwrap();
    say("starting");
    let settings = Settings::parse(&order.configuration.to_string()).unwrap();
    let client = match Client::start(settings) {
        Ok(client) => client,
        Err(error) => return say(&format!("failed {error}")),
    };
    say("started");
    let hushed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| send_all(&client, &order, &hushed));
        scope.spawn(|| hear(&client));
        obey(&client, &hushed);
    });
}

/// Sends everything, one by one and in groups, and what is refused again with the same key, as a caller should.
fn send_all(client: &Client, order: &Order, hushed: &AtomicBool) {
    let request = |number: usize| {
        let fate = if order.fates.is_empty() { 0 } else { order.fates[number % order.fates.len()] };
        if number % 5 == 4 { text(number, fate) } else { reminder(number, fate) }
    };
    let (mut number, end) = (order.first, order.first + order.count);
    while number < end && !hushed.load(Ordering::Relaxed) {
        let batch = match order.calls {
            Calls::Both => (number / order.batch).is_multiple_of(3),
            calls => calls == Calls::Batches,
        };
        let group = if batch { order.batch.min(end - number) } else { 1 };
        keep_all(client, (number..number + group).map(request).collect(), hushed);
        number += group;
        std::thread::sleep(Duration::from_micros(order.pause_us));
    }
    say("sent");
}

fn keep_all(client: &Client, mut requests: Vec<Request>, hushed: &AtomicBool) {
    let deadline = Instant::now() + PATIENCE;
    while !requests.is_empty() && Instant::now() < deadline && !hushed.load(Ordering::Relaxed) {
        say("calling");
        let verdicts = match requests.as_slice() {
            [request] => vec![client.send(request.clone())],
            all => client.send_batch(all.to_vec()).unwrap_or_else(|error| vec![Err(error); all.len()]),
        };
        let mut again = Vec::new();
        for (request, verdict) in requests.into_iter().zip(verdicts) {
            match verdict {
                Ok(accepted) => say(&format!("accepted {}", accepted.key)),
                Err(error) => {
                    say(&format!("refused {} {}", request.key, name(&error)));
                    again.push(request);
                }
            }
        }
        requests = again;
        if !requests.is_empty() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn name(error: &Error) -> String {
    error.to_string().split([':', ' ']).next().unwrap_or_default().to_owned()
}

/// Takes results until the client is shut down.
fn hear(client: &Client) {
    loop {
        match client.poll(Duration::from_secs(1)) {
            Ok(None) => {}
            Ok(Some(result)) => {
                say(&format!("ended {} {} {} {}", result.key, result.state, result.channel, result.reason));
                let deadline = Instant::now() + PATIENCE;
                while let Err(error) = client.acknowledge(&result.key) {
                    if name(&error) == "ALIMI_ERR_CLOSED" || Instant::now() > deadline {
                        return;
                    }
                    say(&format!("refused {} {}", result.key, name(&error)));
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            Err(error) if name(&error) == "ALIMI_ERR_CLOSED" => return,
            Err(error) => {
                say(&format!("refused poll {}", name(&error)));
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

/// Does what the standard input says, until it closes.
fn obey(client: &Client, hushed: &AtomicBool) {
    for line in std::io::stdin().lines().map_while(Result::ok) {
        match line.as_str() {
            "hush" => hushed.store(true, Ordering::Relaxed),
            "drain" => drain(client),
            "delivers" => say(&format!("delivers {}", client.health().is_ok_and(|health| health.delivers))),
            "end" => {
                hushed.store(true, Ordering::Relaxed);
                say(&format!("bye {}", client.shutdown(Duration::from_secs(10)).unwrap_or_default()));
                return;
            }
            "stop" => {
                let began = Instant::now();
                let _ = client.shutdown(STOP);
                return say(&format!("stopped {}", began.elapsed().as_millis()));
            }
            other => panic!("the worker knows no {other}"),
        }
    }
    std::process::exit(0);
}

/// Waits until nothing is left to do or to hear. The parent does not wait for ever.
fn drain(client: &Client) {
    loop {
        let left = client.health().map(|health| health.waiting + health.in_flight + health.accepted + health.results);
        if left.is_ok_and(|left| left == 0) {
            return say("drained");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // A parent that is gone hears nothing.
    let _ = out.write_all(format!("{line}\n").as_bytes()).and_then(|()| out.flush());
}
