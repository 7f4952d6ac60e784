//! kill -9 of the one process of an outbox: at random moments with every gateway, and aimed at one step of the way of a
//! message; and while everything is being sealed with a new key.
//!
//! Half of the kills at random come after a random time, half upon a random line of the process. An aimed kill comes after a
//! line of the process and a random moment more, or is done by the process itself in the midst of one certain call (`killer.c`).

use crate::crew::Worker;
use crate::rig::{Rig, preloaded};
use crate::table::{Row, Scale, Scenario};
use crate::witness::Witness;
use crate::worker::{Calls, Order};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

pub const SCENARIOS: &[Scenario] = &[
    ("kill -9, nhncloud", |scale| alone("nhncloud", scale)),
    ("kill -9, solapi", |scale| alone("solapi", scale)),
    ("kill -9, bizgo", |scale| alone("bizgo", scale)),
    ("kill -9, sens", |scale| alone("sens", scale)),
    ("kill -9, aligo", |scale| alone("aligo", scale)),
    ("kill -9 in init", |scale| aimed(scale, Aim::Upon("starting", 1, 120), |_| {})),
    ("kill -9 in a send", |scale| aimed(scale, Aim::Upon("calling", 20, 2), |order| order.calls = Calls::Singles)),
    ("kill -9 in a batch", |scale| aimed(scale, Aim::Upon("calling", 3, 4), |order| order.calls = Calls::Batches)),
    ("kill -9 in a commit", |scale| aimed(scale, Aim::Within("disk:outbox.db", 100), |_| {})),
    ("kill -9 in a request", |scale| aimed(scale, Aim::Within("ask:POST", 10), |_| {})),
    ("kill -9 in an answer", |scale| aimed(scale, Aim::Within("hear:POST", 10), |_| {})),
    ("kill -9 in a report", |scale| aimed(scale, Aim::Within("hear:GET", 4), |_| {})),
    // The fallback is a long text, and other texts are short.
    ("kill -9 in a fallback", |scale| {
        aimed(scale, Aim::Within("ask:/sender/mms", 4), |order| order.fates = vec![10, 11, 10, 11, 0])
    }),
    ("kill -9 in an acknowledgement", |scale| aimed(scale, Aim::Upon("ended", 8, 1), |_| {})),
    ("kill -9, new keys", resealing),
];

/// Long enough for reports, look-ups and the fallback of what was sent in the same life.
pub const LONGEST_LIFE: Duration = Duration::from_millis(600);
/// Of what is to die at a certain step, on a machine that is busy.
pub const AIMED_LIFE: Duration = Duration::from_secs(2);
pub const MESSAGES: usize = 30;
/// Deaths in one quarter of an hour after which Aligo can still tell what was lost.
const ALIGO_DEATHS: u32 = 100;
/// Numbers of messages that one process may use; no round number, so that many recipients take part.
pub const SPAN: usize = 1_030;

/// Lets a process live for a random time; returns the first word of what it said last.
pub fn live_and_die(worker: Worker, witness: &mut Witness, random: &mut fastrand::Rng) -> String {
    let by_time = random.bool();
    let life = if by_time { LONGEST_LIFE.mul_f64(random.f64().powi(2)) } else { AIMED_LIFE };
    let lines = if by_time { usize::MAX } else { random.usize(..3 * MESSAGES) };
    let heard = worker.listen(witness, Instant::now() + life, lines);
    let last = worker.kill(witness).or(heard).unwrap_or_default();
    last.split(' ').next().unwrap_or_default().to_owned()
}

/// The moments at which it was killed, for the notes.
#[derive(Default)]
pub struct Moments(BTreeMap<String, usize>);

impl Moments {
    pub fn note(&mut self, last: &str) {
        let moment = match last {
            "" | "starting" => "in init",
            "calling" => "in a call that sends",
            "started" | "accepted" | "refused" => "between calls",
            "ended" => "while results came",
            _ => "while it waited for answers and reports",
        };
        *self.0.entry(moment.to_owned()).or_default() += 1;
    }

    pub fn told(&self) -> String {
        let parts: Vec<_> = self.0.iter().map(|(moment, times)| format!("{times} {moment}")).collect();
        format!("killed {}", parts.join(", "))
    }
}

pub fn random() -> (fastrand::Rng, String) {
    let seed = std::env::var("ALIMI_TORTURE_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    (fastrand::Rng::with_seed(seed), format!("ALIMI_TORTURE_SEED={seed}"))
}

fn alone(vendor: &'static str, scale: Scale) -> Row {
    let ((mut random, seed), mut moments) = (random(), Moments::default());
    let mut total = Row { rounds: scale.rounds, ..Row::default() };
    // What is lost with Aligo is known by its time and text alone, and of a time with very many requests nobody can tell:
    // so it begins anew, with a new outbox and a new gateway.
    let deaths = if vendor == "aligo" { ALIGO_DEATHS } else { scale.rounds };
    for first in (0..scale.rounds).step_by(deaths.max(1) as usize) {
        let (mut rig, rounds) = (Rig::new(vendor), deaths.min(scale.rounds - first));
        for round in 0..rounds as usize {
            let worker = Worker::start(rig.folder(), &rig.order(&json!({}), round * SPAN, MESSAGES));
            moments.note(&live_and_die(worker, &mut rig.witness, &mut random));
        }
        total.add(rig.finish(&json!({}), rounds));
    }
    total.notes.push(format!("{}; {seed}", moments.told()));
    total
}

/// When an aimed kill comes.
#[derive(Clone, Copy)]
enum Aim {
    /// Upon one of the first lines that begin so, and so many milliseconds later at most.
    Upon(&'static str, usize, u64),
    /// In the midst of one of the first calls of this kind, as `killer.c` says.
    Within(&'static str, usize),
}

fn aimed(scale: Scale, aim: Aim, change: impl Fn(&mut Order)) -> Row {
    let mut rig = Rig::new("nhncloud");
    let ((mut random, seed), mut hits) = (random(), 0);
    let library = preloaded(rig.folder(), "torture/killer.c");
    for round in 0..scale.rounds as usize {
        let mut order = rig.order(&json!({}), round * SPAN, MESSAGES);
        change(&mut order);
        let mut command = Command::new(std::env::current_exe().unwrap());
        if let Aim::Within(call, most) = aim {
            let number = random.usize(1..=most);
            command.env("LD_PRELOAD", &library).env("ALIMI_TORTURE_KILL", format!("{call}:{number}"));
        }
        let worker = Worker::start_with(rig.folder(), &order, command);
        hits += usize::from(die_there(worker, aim, &mut rig.witness, &mut random));
    }
    let mut row = rig.finish(&json!({}), scale.rounds);
    row.notes.push(format!("{hits} of {} kills came where they were aimed at, the others later; {seed}", scale.rounds));
    row
}

/// Kills a process where it is aimed at, or at the end of its time; whether it came so far.
fn die_there(mut worker: Worker, aim: Aim, witness: &mut Witness, random: &mut fastrand::Rng) -> bool {
    let end = Instant::now() + AIMED_LIFE;
    let hit = match aim {
        Aim::Within(..) => {
            worker.listen(witness, end, usize::MAX);
            worker.is_gone()
        }
        Aim::Upon(line, most, milliseconds) => {
            let mut left = random.usize(1..=most);
            while left > 0
                && let Some(said) = worker.listen(witness, end, 1)
            {
                left -= usize::from(said.starts_with(line));
            }
            let moment = Duration::from_millis(milliseconds).mul_f64(random.f64());
            worker.listen(witness, Instant::now() + moment, usize::MAX);
            left == 0
        }
    };
    worker.kill(witness);
    hit
}

/// Every start brings a new key, while the gateway is away and the backlog grows.
fn resealing(scale: Scale) -> Row {
    let mut rig = Rig::new("nhncloud");
    let ((mut random, seed), mut moments) = (random(), Moments::default());
    rig.simulator.listen(false);
    for round in 0..scale.rounds as usize {
        let mut order = rig.order(&keys(round), round * SPAN, MESSAGES / 5);
        // Rarely, or the tries would be used up before the gateway is back.
        order.configuration["retry"] = json!({"initial_ms": 20_000, "max_ms": 30_000, "max_attempts": 100});
        let worker = Worker::start(rig.folder(), &order);
        moments.note(&live_and_die(worker, &mut rig.witness, &mut random));
    }
    rig.simulator.listen(true);
    let mut row = rig.finish(&keys(scale.rounds as usize), scale.rounds);
    row.notes.push(format!("{}; {seed}", moments.told()));
    row
}

/// The key of a round; all former ones are old keys.
fn keys(round: usize) -> Value {
    let key = |round: usize| format!("{:064x}", round + 1);
    let old: Vec<String> = (0..round).rev().map(key).collect();
    json!({"key": key(round), "old_keys": old})
}
