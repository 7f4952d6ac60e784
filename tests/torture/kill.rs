//! kill -9 at random moments: of the one process of an outbox, of processes that share one, and while everything is being
//! sealed with a new key. The kill meets the start, a send, a batch, a commit, a request under way, a report, a fallback,
//! an acknowledgement, a take-over: half of the kills come after a random time, half upon a random line of the process.

use crate::crew::Worker;
use crate::rig::Rig;
use crate::table::{Row, Scale, Scenario};
use crate::witness::Witness;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

pub const SCENARIOS: &[Scenario] = &[
    ("kill -9, nhncloud", |scale| alone("nhncloud", scale.part(3, 10))),
    ("kill -9, solapi", |scale| alone("solapi", scale.part(3, 10))),
    ("kill -9, bizgo", |scale| alone("bizgo", scale.part(3, 10))),
    ("kill -9, shared outbox", shared),
    ("kill -9, new keys", resealing),
];

/// Long enough for reports, look-ups and the fallback of what was sent in the same life.
const LONGEST_LIFE: Duration = Duration::from_millis(600);
const MESSAGES: usize = 30;
/// Numbers of messages that one process may use.
const SPAN: usize = 1_000;

/// Lets a process live for a random time; returns the first word of what it said last.
fn live_and_die(worker: Worker, witness: &mut Witness, random: &mut fastrand::Rng) -> String {
    let by_time = random.bool();
    let life = if by_time { LONGEST_LIFE.mul_f64(random.f64().powi(2)) } else { LONGEST_LIFE };
    let lines = if by_time { usize::MAX } else { random.usize(..2 * MESSAGES) };
    let heard = worker.listen(witness, Instant::now() + life, lines);
    let last = worker.kill(witness).or(heard).unwrap_or_default();
    last.split(' ').next().unwrap_or_default().to_owned()
}

/// The moments at which it was killed, for the notes.
#[derive(Default)]
struct Moments(BTreeMap<String, usize>);

impl Moments {
    fn note(&mut self, last: &str) {
        let moment = match last {
            "" | "starting" => "in init",
            "started" | "accepted" => "while sending",
            "ended" => "while results came",
            _ => "while it waited for answers and reports",
        };
        *self.0.entry(moment.to_owned()).or_default() += 1;
    }

    fn told(&self) -> String {
        let parts: Vec<_> = self.0.iter().map(|(moment, times)| format!("{times} {moment}")).collect();
        format!("killed {}", parts.join(", "))
    }
}

fn random() -> (fastrand::Rng, String) {
    let seed = std::env::var("ALIMI_TORTURE_SEED").ok().and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    (fastrand::Rng::with_seed(seed), format!("ALIMI_TORTURE_SEED={seed}"))
}

fn alone(vendor: &'static str, rounds: u32) -> Row {
    let mut rig = Rig::new(vendor);
    let ((mut random, seed), mut moments) = (random(), Moments::default());
    for round in 0..rounds as usize {
        let worker = Worker::start(rig.folder(), &rig.order(&json!({}), round * SPAN, MESSAGES));
        moments.note(&live_and_die(worker, &mut rig.witness, &mut random));
    }
    let mut row = rig.finish(&json!({}), rounds);
    row.notes.push(format!("{}; {seed}", moments.told()));
    row
}

fn shared(scale: Scale) -> Row {
    const PROCESSES: usize = 3;
    let rounds = scale.part(3, 10);
    let mut rig = Rig::new("nhncloud");
    let outbox = json!({"shared": true});
    let ((mut random, seed), mut moments, mut born) = (random(), Moments::default(), 0);
    let mut crew: Vec<Worker> = Vec::new();
    for _ in 0..rounds {
        while crew.len() < PROCESSES {
            crew.push(Worker::start(rig.folder(), &rig.order(&outbox, born * SPAN, MESSAGES)));
            born += 1;
        }
        let victim = crew.swap_remove(random.usize(..crew.len()));
        moments.note(&live_and_die(victim, &mut rig.witness, &mut random));
        crew.iter().for_each(|worker| drop(worker.listen(&mut rig.witness, Instant::now(), usize::MAX)));
    }
    crew.into_iter().for_each(|worker| drop(worker.kill(&mut rig.witness)));
    let mut row = rig.finish(&outbox, rounds);
    row.notes.push(format!("{}; {seed}", moments.told()));
    row
}

/// Every start brings a new key, while the gateway is away and the backlog grows.
fn resealing(scale: Scale) -> Row {
    let rounds = scale.part(10, 10);
    let mut rig = Rig::new("nhncloud");
    let ((mut random, seed), mut moments) = (random(), Moments::default());
    rig.simulator.listen(false);
    for round in 0..rounds as usize {
        let worker = Worker::start(rig.folder(), &rig.order(&keys(round), round * SPAN, MESSAGES));
        moments.note(&live_and_die(worker, &mut rig.witness, &mut random));
    }
    rig.simulator.listen(true);
    let mut row = rig.finish(&keys(rounds as usize), rounds);
    row.notes.push(format!("{}; {seed}", moments.told()));
    row
}

/// The key of a round; all former ones are old keys.
fn keys(round: usize) -> Value {
    let key = |round: usize| format!("{:064x}", round + 1);
    let old: Vec<String> = (0..round).rev().map(key).collect();
    json!({"key": key(round), "old_keys": old})
}
