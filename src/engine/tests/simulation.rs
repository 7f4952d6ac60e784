//! Engines, callers and gateways in chance orders: whatever answers, reports, look-ups, deaths of processes, failing disks,
//! jumping clocks, cancellations and changes of the configuration come in whichever order, the promises of the queue hold.
//!
//! Invariants: one seed is one run, and a failure names its seed.
//!
//!     ALIMI_SIMULATION=100000 cargo test --release --lib simulation     # so many runs
//!     ALIMI_SIMULATION_SEED=7 cargo test --lib simulation                # this one alone

mod gateways;

use super::faults::{break_updates, mend_file};
use super::gateways::config;
use super::*;
use gateways::Gateways;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Runs of a usual test.
const RUNS: u64 = 40;
/// What happens in one before everything is left to come to its end.
const STEPS: usize = 150;
/// Few enough that some come again.
const KEYS: u32 = 30;
/// How long an AlimTalk is in doubt before a text may follow it.
const HOLD: Duration = Duration::from_secs(1_800);
/// Before that nothing may end as unknown: so long is a report waited for, but for what the clock passes at once.
const PATIENCE: Duration = Duration::from_secs(20 * 3_600);

/// What the caller knows of a message that was kept.
#[derive(Default)]
struct Kept {
    result: Option<MessageResult>,
    acknowledged: bool,
}

/// One process on the outbox.
struct Process {
    bench: Bench,
    /// What gateways have said and it has not heard yet.
    arriving: Vec<News>,
}

struct World {
    random: fastrand::Rng,
    folder: tempfile::TempDir,
    settings: Arc<Settings>,
    vendors: [Value; 2],
    processes: Vec<Process>,
    gateways: Gateways,
    kept: BTreeMap<String, Kept>,
    broken: bool,
    /// Whether the clock of this host jumps in this run.
    jumps: bool,
}

/// Their ways of settling, naming and reserving differ.
fn vendor(number: u32, reserve: bool) -> Value {
    match number {
        0 => json!({"type": "solapi", "api_key": "k", "api_secret": "s"}),
        1 => json!({"type": "bizgo", "api_key": "k", "reserve": reserve}),
        2 => json!({"type": "nhncloud", "app_key": "k", "secret_key": "s", "reserve": reserve}),
        _ => json!({"type": "sens", "access_key": "k", "secret_key": "s", "service_id": "i", "sms_service_id": "i"}),
    }
}

impl World {
    fn new(seed: u64) -> World {
        let mut random = fastrand::Rng::with_seed(seed);
        let vendors = [(); 2].map(|()| vendor(random.u32(..4), random.bool()));
        let folder = tempfile::tempdir().unwrap();
        let count = if random.bool() { 1 } else { 3 };
        let (jumps, holds) = (random.u32(..3) == 0, random.u32(..3) == 0);
        let settings = settings(&mut random, &folder, &vendors, count > 1, holds);
        let mut gateways = Gateways::new(&settings.gateways, random.fork(), START);
        gateways.hold = holds.then_some(if jumps { Duration::ZERO } else { HOLD });
        let (processes, kept, broken) = (Vec::new(), BTreeMap::new(), false);
        let mut world = World { random, folder, settings, vendors, processes, gateways, kept, broken, jumps };
        for at in 0..count {
            world.start(START, Instant::now());
            world.step(at, Vec::new());
        }
        world
    }

    /// A process begins.
    fn start(&mut self, now: Timestamp, instant: Instant) {
        let (mut engine, results) = open(&self.settings);
        engine.random = self.random.fork();
        let (errands, folder, settings) = (Vec::new(), tempfile::tempdir().unwrap(), Arc::clone(&self.settings));
        let bench = Bench { engine, results, now, instant, errands, folder, settings };
        self.processes.push(Process { bench, arriving: Vec::new() });
    }

    /// Whether a text may follow an AlimTalk in doubt in this run.
    fn holds(&self) -> bool {
        self.gateways.hold.is_some()
    }

    fn minutes(&mut self, most: u32) -> Duration {
        MINUTE * self.random.u32(0..most)
    }

    fn any_process(&mut self) -> usize {
        self.random.usize(..self.processes.len())
    }

    fn any_key(&mut self) -> Option<Key> {
        let at = self.random.usize(..self.kept.len().max(1));
        self.kept.keys().nth(at).map(|key| Key::parse(key).unwrap())
    }

    /// One turn of an engine; what it asks for reaches the gateways at once, and what they say lies ready.
    fn step(&mut self, at: usize, events: Vec<Event>) {
        let Process { bench, arriving } = &mut self.processes[at];
        let effects = bench.engine.step(events, bench.now, bench.instant);
        effects.replies.into_iter().for_each(super::super::turn::Response::send);
        for job in effects.jobs {
            match job {
                Job::Errand(errand) => arriving.push(self.gateways.reached(errand)),
                Job::Poll { gateway, .. } => arriving.push(self.gateways.polled(gateway)),
                Job::Confirm { .. } | Job::Templates(_) => {}
            }
        }
        if !self.settings.outbox.shared {
            let outbox = &bench.engine.outbox;
            let rows = (0..KEYS).filter_map(|number| outbox.find(&format!("k{number}")).unwrap());
            assert_eq!(outbox.open_messages(), rows.filter(|row| row.phase.is_open()).count() as u64, "as counted");
        }
    }

    fn ask<T>(&mut self, at: usize, event: impl FnOnce(Reply<T>) -> Event) -> Option<crate::Result<T>> {
        let (reply, answer) = ask();
        self.step(at, vec![event(reply)]);
        answer.now()
    }

    fn happen(&mut self) {
        match self.random.u32(..100) {
            0..20 => self.send(),
            20..60 => self.hear(),
            60..75 => {
                let span = Duration::from_millis(self.random.u64(0..60_000));
                self.pass(span);
            }
            75..77 => {
                let span = self.minutes(600);
                self.pass(span);
            }
            77..79 => self.jump(),
            79..84 => self.cancel(),
            84..93 => {
                let at = self.any_process();
                self.take_results(at);
            }
            93..96 => self.die(),
            96..98 => self.reconfigure(),
            _ if self.broken => self.mend(),
            _ => {
                break_updates(&self.processes[0].bench);
                self.broken = true;
            }
        }
    }

    fn send(&mut self) {
        let at = self.any_process();
        let bench = &self.processes[at].bench;
        let now = bench.now;
        let key = format!("k{}", self.random.u32(..KEYS));
        let mut message = if self.random.u32(..10) < 7 { message(&key) } else { without_fallback(&key) };
        message.gateway = self.random.choice(["a", "b"]).unwrap().into();
        message.priority = *self.random.choice(Priority::ALL).unwrap();
        message.created = now;
        message.send_at = if self.random.bool() { now } else { now.after(MINUTE * self.random.u32(1..60)) };
        message.expires_at = message.send_at.after(MINUTE * self.random.u32(1..1_000));
        let batch = Batch::whole(vec![bench.seal(message)]);
        match self.ask(at, |reply| Event::Submit { batch, reply }).unwrap().as_deref() {
            Ok([Verdict::Kept]) => assert!(self.kept.insert(key, Kept::default()).is_none(), "kept twice"),
            Ok([Verdict::Duplicate | Verdict::Refused(_)]) => assert!(self.kept.contains_key(&key)),
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(self.broken, "{error}"),
        }
    }

    /// A process hears some of what was said to it, in whichever order.
    fn hear(&mut self) {
        let at = self.any_process();
        let arriving = &mut self.processes[at].arriving;
        let mut events = Vec::new();
        while !arriving.is_empty() && (events.is_empty() || self.random.bool()) {
            let next = self.random.usize(..arriving.len());
            events.push(Event::Heard(arriving.swap_remove(next)));
        }
        self.step(at, events);
    }

    fn pass(&mut self, span: Duration) {
        self.gateways.now = self.gateways.now.after(span);
        for at in 0..self.processes.len() {
            let bench = &mut self.processes[at].bench;
            bench.now = bench.now.after(span);
            bench.instant += span;
            self.step(at, Vec::new());
        }
    }

    /// The clock of this host is set, by up to a day from those of the gateways.
    fn jump(&mut self) {
        let (span, true_time) = (self.minutes(1_500), self.gateways.now);
        let wrong = if self.random.bool() { true_time.before(span) } else { true_time.after(span) };
        self.processes.iter_mut().filter(|_| self.jumps).for_each(|process| process.bench.now = wrong);
        self.pass(Duration::ZERO);
    }

    fn cancel(&mut self) {
        let (at, key) = (self.any_process(), self.any_key());
        if let Some(key) = key {
            let _too_late_or_not = self.ask(at, |reply| Event::Cancel { key, reply });
        }
    }

    /// A caller takes the results of its process, and lets one go.
    fn take_results(&mut self, at: usize) {
        let mut taken = Vec::new();
        while let Some(result) = self.processes[at].bench.result() {
            let kept = self.kept.get_mut(&result.key).unwrap();
            assert!(!kept.acknowledged, "{}: a result after it was acknowledged", result.key);
            let known = kept.result.replace(result.clone());
            assert!(known.as_ref().is_none_or(|known| *known == result), "{known:?}, then {result:?}");
            self.assert_true(&result);
            taken.push(result.key);
        }
        if let Some(key) = self.random.choice(taken) {
            let named = Key::parse(&key).unwrap();
            let handed_out =
                self.random.bool().then(|| self.processes[at].bench.results.acknowledged(&named)).flatten();
            let let_go = match handed_out {
                Some(id) => {
                    self.step(at, vec![Event::Acknowledge(id)]);
                    // Else it is let go later, unless the process dies before.
                    !self.broken
                }
                None => matches!(self.ask(at, |reply| Event::AcknowledgeKey { key: named, reply }), Some(Ok(()))),
            };
            self.kept.get_mut(&key).unwrap().acknowledged = let_go;
        }
    }

    /// What the caller is told is what the gateways did.
    fn assert_true(&self, result: &MessageResult) {
        let delivered = self.gateways.delivered(&result.key);
        match result.state {
            State::Delivered => assert!(delivered == 1 || delivered == 2 && self.holds(), "{result:?}"),
            State::Unknown => {
                let age = result.finished.unwrap().since(result.created);
                assert!(self.jumps || self.holds() || age > PATIENCE, "{result:?}");
            }
            _ => assert_eq!(delivered, 0, "{result:?}"),
        }
    }

    /// A process ends, or is killed, and another begins: answers are lost, what was not written has not happened.
    fn die(&mut self) {
        let at = self.any_process();
        if self.broken {
            self.mend();
        }
        if self.random.bool() {
            let deadline = self.processes[at].bench.instant + MINUTE;
            self.step(at, vec![Event::Stop { deadline }]);
        }
        let dead = self.processes.remove(at);
        let (now, instant) = (dead.bench.now, dead.bench.instant);
        drop(dead);
        self.start(now, instant);
        self.step(self.processes.len() - 1, Vec::new());
    }

    fn reconfigure(&mut self) {
        let shared = self.settings.outbox.shared;
        let holds = self.holds();
        self.settings = settings(&mut self.random, &self.folder, &self.vendors, shared, holds);
        for at in 0..self.processes.len() {
            let settings = Arc::clone(&self.settings);
            let _where_the_disk_is_well = self.ask(at, |reply| Event::Reconfigure { settings, reply });
        }
    }

    fn mend(&mut self) {
        mend_file(&self.processes[0].bench);
        self.broken = false;
        self.pass(Duration::from_secs(2));
    }

    /// Everything goes on until all has ended.
    fn come_to_an_end(&mut self) {
        if self.broken {
            self.mend();
        }
        for _ in 0..5_000 {
            if self.kept.values().all(|kept| kept.result.is_some()) {
                break;
            }
            self.hear();
            self.pass(MINUTE);
            (0..self.processes.len()).for_each(|at| self.take_results(at));
        }
        for (key, kept) in &self.kept {
            assert!(kept.result.is_some(), "{key}: has no result");
        }
    }
}

/// The configuration, with or without what may change while messages are under way.
fn settings(
    random: &mut fastrand::Rng,
    folder: &tempfile::TempDir,
    vendors: &[Value; 2],
    shared: bool,
    holds: bool,
) -> Arc<Settings> {
    let [mut a, b] = vendors.clone();
    if random.bool() {
        a["standby"] = "b".into();
        a["draining"] = random.bool().into();
    }
    let by = if random.bool() { "gateway" } else { "engine" };
    let texts_by = random.bool().then_some("b");
    let hold = (holds && random.bool()).then_some(HOLD.as_secs());
    let fallback = json!({"by": by, "gateway": texts_by, "uncertain_after_seconds": hold});
    let changes = json!({"gateways": {"a": a, "b": b}, "fallback": fallback});
    let mut settings = config(folder.path(), changes);
    settings.outbox.shared = shared;
    Arc::new(settings)
}

#[test]
fn whatever_happens_in_whichever_order_no_message_is_lost_or_sent_twice_and_each_has_one_result() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seeds = match number("ALIMI_SIMULATION_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("ALIMI_SIMULATION").unwrap_or(RUNS),
    };
    for seed in seeds {
        let run = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            (0..STEPS).for_each(|_| world.happen());
            world.come_to_an_end();
        });
        assert!(run.is_ok(), "ALIMI_SIMULATION_SEED={seed}");
    }
}
