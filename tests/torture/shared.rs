//! kill -9 of processes that share an outbox: of any of them at random moments, and of the one that has just taken over.

use crate::crew::Worker;
use crate::kill::{MESSAGES, Moments, SPAN, live_and_die, random};
use crate::rig::Rig;
use crate::table::{Row, Scale, Scenario};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub const SCENARIOS: &[Scenario] = &[("kill -9, shared outbox", shared), ("kill -9 in a take-over", taken_over)];

const PROCESSES: usize = 3;
/// Within two seconds another process delivers, on a machine that is not busy with this table.
const TAKE_OVER: Duration = Duration::from_secs(20);

/// Processes on one outbox; those that died are replaced.
struct Crew {
    rig: Rig,
    outbox: Value,
    workers: Vec<Worker>,
    born: usize,
}

impl Crew {
    fn new() -> Crew {
        Crew { rig: Rig::new("nhncloud"), outbox: json!({"shared": true}), workers: Vec::new(), born: 0 }
    }

    fn fill(&mut self) {
        while self.workers.len() < PROCESSES {
            let order = self.rig.order(&self.outbox, self.born * SPAN, MESSAGES);
            self.workers.push(Worker::start(self.rig.folder(), &order));
            self.born += 1;
        }
    }

    fn listen(&mut self) {
        for worker in &self.workers {
            worker.listen(&mut self.rig.witness, Instant::now(), usize::MAX);
        }
    }

    /// The place of the process that delivers; waits until one does.
    fn deliverer(&mut self) -> usize {
        let deadline = Instant::now() + TAKE_OVER;
        loop {
            for (place, worker) in self.workers.iter_mut().enumerate() {
                worker.tell("delivers");
                if worker.await_line(&mut self.rig.witness, "delivers ") == "delivers true" {
                    return place;
                }
            }
            assert!(Instant::now() < deadline, "nobody delivers");
        }
    }

    fn finish(mut self, rounds: u32, note: String) -> Row {
        for worker in self.workers {
            worker.kill(&mut self.rig.witness);
        }
        let mut row = self.rig.finish(&self.outbox, rounds);
        row.notes.push(note);
        row
    }
}

fn shared(scale: Scale) -> Row {
    let mut crew = Crew::new();
    let ((mut random, seed), mut moments) = (random(), Moments::default());
    for _ in 0..scale.rounds {
        crew.fill();
        let victim = crew.workers.swap_remove(random.usize(..PROCESSES));
        moments.note(&live_and_die(victim, &mut crew.rig.witness, &mut random));
        crew.listen();
    }
    crew.finish(scale.rounds, format!("{}; {seed}", moments.told()))
}

/// Kills whoever delivers, within the first moments in which it does.
fn taken_over(scale: Scale) -> Row {
    let mut crew = Crew::new();
    let ((mut random, seed), mut longest) = (random(), Duration::ZERO);
    let mut killed: Option<Instant> = None;
    for _ in 0..scale.rounds {
        crew.fill();
        let place = crew.deliverer();
        longest = longest.max(killed.map(|at| at.elapsed()).unwrap_or_default());
        let life = Duration::from_millis(100).mul_f64(random.f64().powi(3));
        let victim = crew.workers.swap_remove(place);
        victim.listen(&mut crew.rig.witness, Instant::now() + life, usize::MAX);
        victim.kill(&mut crew.rig.witness);
        killed = Some(Instant::now());
        crew.listen();
    }
    crew.finish(scale.rounds, format!("the next one delivered after {:.1} s at most; {seed}", longest.as_secs_f64()))
}
