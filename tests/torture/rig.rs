//! One scenario's bench: a simulator in this process, a folder with an outbox, and the judgement at the end.

use crate::crew::{COMPLAINTS, Worker};
use crate::table::Row;
use crate::vendors::{self, name_by_text};
use crate::witness::Witness;
use crate::worker::{Calls, Order};
use alimi::time::Timestamp;
use alimi_simulator::{Call, Fault, Kind, Options, Simulator};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

/// Recipients whose messages are delivered in the end: at once, by fallback, after lost answers that a look-up settles.
/// The fates that depend on the number of the try are not among them: our reference names the try, so that to the
/// simulator each is the first. Faults by script take their place.
pub const FATES: [usize; 10] = [0, 10, 0, 0, 30, 0, 50, 11, 0, 0];

/// What goes wrong now and then in every scenario that does not choose its own faults.
pub fn bad_luck() -> Vec<Fault> {
    let send = |kind, chance| Fault::new(kind).call(Call::Send).chance(chance);
    vec![
        send(Kind::LostAfter, 0.03),
        send(Kind::LostBefore, 0.03),
        send(Kind::ErrorBefore, 0.02),
        send(Kind::ErrorAfter, 0.02),
        Fault::new(Kind::ReportTwice).chance(0.05).delay_ms(50),
    ]
}

pub struct Rig {
    /// Kept for whoever looks for the cause when a scenario breaks off.
    folder: TempDir,
    pub simulator: Simulator,
    pub vendor: &'static str,
    pub witness: Witness,
    began: Timestamp,
}

impl Rig {
    pub fn new(vendor: &'static str) -> Rig {
        Rig::with(vendor, Options { faults: bad_luck(), ..Options::default() })
    }

    pub fn with(vendor: &'static str, options: Options) -> Rig {
        Rig::of(vendor, options, tempfile::tempdir().unwrap())
    }

    /// One whose outbox is in this place.
    pub fn within(place: &Path, vendor: &'static str) -> Rig {
        let options = Options { faults: bad_luck(), ..Options::default() };
        Rig::of(vendor, options, tempfile::tempdir_in(place).unwrap())
    }

    fn of(vendor: &'static str, options: Options, folder: TempDir) -> Rig {
        let options = Options { report_delay: Duration::from_millis(60), keep: 2_000_000, ..options };
        let simulator = Simulator::start(options).unwrap();
        Rig { folder, simulator, vendor, witness: Witness::default(), began: Timestamp::now() }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration, changed by `outbox` in its section of the outbox.
    pub fn configuration(&self, outbox: &Value) -> Value {
        let mut configuration = vendors::configuration(
            self.folder(),
            &self.simulator,
            &[self.vendor],
            json!({"logging": {"level": "info"}}),
        );
        for (key, value) in outbox.as_object().unwrap() {
            configuration["outbox"][key] = value.clone();
        }
        configuration
    }

    /// An order for this many messages from this number on.
    pub fn order(&self, outbox: &Value, first: usize, count: usize) -> Order {
        Order {
            configuration: self.configuration(outbox),
            first,
            count,
            fates: FATES.to_vec(),
            pause_us: 500,
            calls: Calls::Both,
            batch: 10,
        }
    }

    /// Brings everything to its end in a process of its own and judges.
    pub fn finish(mut self, outbox: &Value, rounds: u32) -> Row {
        // What a thousand deaths left is looked up all at once, on a machine that may be busy.
        let mut order = self.order(outbox, 0, 0);
        order.configuration["retry"]["request_timeout_ms"] = json!(30_000);
        // Some were tried often while the gateway was away.
        order.configuration["retry"]["max_attempts"] = json!(100);
        let last = Worker::start(self.folder(), &order);
        last.await_line(&mut self.witness, "started");
        self.finish_with(last, rounds)
    }

    /// The same in a process that runs.
    pub fn finish_with(mut self, mut last: Worker, rounds: u32) -> Row {
        last.tell("drain");
        last.await_line(&mut self.witness, "drained");
        assert!(last.end(&mut self.witness), "messages are left in the outbox");
        self.judge(rounds)
    }

    /// Whether messages may have been lost so near to midnight in Korea that Aligo cannot be asked about them: how its lists
    /// count the days is not documented, and the library looks a quarter of an hour around each.
    fn may_be_midnight(&self) -> bool {
        let around = Duration::from_secs(20 * 60);
        self.began.before(around).day() != Timestamp::now().after(around).day()
    }

    /// Compares what the processes said with what the gateway took.
    pub fn judge(&self, rounds: u32) -> Row {
        let witness = &self.witness;
        assert!(witness.wrong.is_empty(), "{:?}", witness.wrong);
        let complaints = fs::read_to_string(self.folder().join(COMPLAINTS)).unwrap_or_default();
        assert!(!complaints.contains("panicked"), "{complaints}");
        let kept = witness.kept();
        let journal = Journal::of(&self.simulator, &kept);
        let is = |key: &str, state: &str| witness.ended.get(key).is_some_and(|ended| ended == state);
        let delivered = kept.iter().filter(|key| is(key, "delivered") && journal.delivered(key)).count();
        let unknown = kept.iter().filter(|key| is(key, "unknown")).count();
        let mut notes = Vec::new();
        let others: BTreeSet<_> = kept.iter().filter(|key| !is(key, "delivered")).collect();
        for key in others.iter().take(5) {
            notes.push(
                witness.why.get(**key).cloned().unwrap_or_else(|| format!("{key} has not ended as the gateway did")),
            );
        }
        if !journal.doubled.is_empty() {
            notes.push(format!("doubled: {:?}", journal.doubled));
        }
        if !witness.refused.is_empty() {
            notes.push(format!("refused and sent again: {:?}", witness.refused));
        }
        Row {
            rounds,
            accepted: kept.len(),
            delivered,
            lost: kept.len() - delivered - unknown,
            duplicated: journal.doubled.len(),
            unknown,
            stall: witness.stall,
            unknowable: if self.vendor == "aligo" && self.may_be_midnight() { unknown } else { 0 },
            notes,
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.folder.disable_cleanup(std::thread::panicking());
    }
}

/// What the gateway took, by key and channel.
pub struct Journal {
    /// How many channels delivered each key.
    keys: BTreeMap<String, u32>,
    /// Messages taken more than once by one channel, or delivered by more than one.
    pub doubled: Vec<String>,
}

impl Journal {
    /// `kept`: the keys that may be there. A vendor without references knows them by their texts.
    pub fn of(simulator: &Simulator, kept: &BTreeSet<&str>) -> Journal {
        let messages = simulator.journal(true).messages.unwrap();
        let by_text: BTreeMap<String, &str> = match messages.iter().any(|entry| entry.name.starts_with("text-")) {
            true => kept.iter().map(|key| (name_by_text(key), *key)).collect(),
            false => BTreeMap::new(),
        };
        let mut keys: BTreeMap<String, u32> = BTreeMap::new();
        let mut doubled = Vec::new();
        for entry in messages {
            let key = by_text.get(&*entry.name).map_or(&*entry.name, |key| *key);
            if entry.accepted > 1 {
                doubled.push(key.to_owned());
            }
            *keys.entry(key.to_owned()).or_default() += entry.delivered.min(1);
        }
        doubled.extend(keys.iter().filter(|(_, channels)| **channels > 1).map(|(key, _)| key.clone()));
        Journal { keys, doubled }
    }

    fn delivered(&self, key: &str) -> bool {
        self.keys.get(key).is_some_and(|times| *times > 0)
    }
}

/// Builds a library to be loaded before the C library, from a file in `tests/`.
pub fn preloaded(folder: &Path, source: &str) -> PathBuf {
    let library = folder.join("preloaded.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(source);
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(source).args(["-ldl", "-lpthread"]);
    assert!(compiler.status().unwrap().success());
    library
}
