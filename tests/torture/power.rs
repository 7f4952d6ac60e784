//! Power cuts: a run is recorded call by call (`recorder.c`), and then the power fails before every sync of it. What the
//! disk holds is made anew as of the last syncs, with the writes since then dropped, torn, or kept in part; on it a client
//! must find everything that had been called accepted by then, bring it to its end, and send nothing a second time.
//!
//! The gateway is the built-in sandbox, because its journal is a file: so what the gateway had taken at each moment is in
//! the same record, in the same order. It and the standard output are the world outside and survive the cut.

use crate::crew::Worker;
use crate::rig::{Rig, preloaded};
use crate::table::{Row, Scale, Scenario};
use crate::worker::{Calls, Order};
use alimi::{Client, Settings};
use crossbeam_channel::{Receiver, Sender};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

pub const SCENARIOS: &[Scenario] = &[("power loss at every sync", cut)];

/// Fates of the sandbox, which counts tries by itself: delivered, fallback, tried again, lost answers.
const FATES: [usize; 8] = [0, 10, 20, 0, 30, 31, 2, 50];
const PATIENCE: Duration = Duration::from_secs(60);
const WAYS: [Way; 3] = [Way::Dropped, Way::Torn, Way::InPart];

const FILES: [(u8, &str); 3] = [(b'd', "outbox.db"), (b'l', "outbox.db-wal"), (b'r', "outbox.db-journal")];

/// What becomes of the writes since the last sync.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// None reached the disk.
    Dropped,
    /// All did, the last one not to its end.
    Torn,
    /// Some did, some in part, in any order.
    InPart,
}

/// One recorded call.
struct Call {
    kind: u8,
    file: u8,
    at: usize,
    bytes: Vec<u8>,
}

fn read_record(path: &Path) -> Vec<Call> {
    let record = fs::read(path).unwrap();
    let (mut calls, mut rest) = (Vec::new(), &record[..]);
    while !rest.is_empty() {
        let number = |from: usize| u64::from_ne_bytes(rest[from..from + 8].try_into().unwrap()) as usize;
        let (kind, file, at, count) = (rest[0], rest[1], number(2), number(10));
        let bytes = if kind == b'w' { rest[18..18 + count].to_vec() } else { Vec::new() };
        rest = &rest[18 + bytes.len()..];
        calls.push(Call { kind, file, at, bytes });
    }
    calls
}

/// A file as the disk has it, and the calls since its last sync.
#[derive(Default)]
struct Stored<'a> {
    synced: Option<Vec<u8>>,
    since: Vec<&'a Call>,
}

impl<'a> Stored<'a> {
    fn call(&mut self, call: &'a Call) {
        if call.kind == b's' {
            for call in std::mem::take(&mut self.since) {
                apply(&mut self.synced, call, call.bytes.len());
            }
        } else {
            self.since.push(call);
        }
    }

    /// The folder is synced: a name that was removed stays away.
    fn folder_synced(&mut self) {
        if let Some(last) = self.since.iter().rposition(|call| call.kind == b'u') {
            self.since.drain(..=last);
            self.synced = None;
        }
    }

    /// What is left of it when the power fails this way.
    fn left(&self, way: Way, random: &mut fastrand::Rng) -> Option<Vec<u8>> {
        let mut file = self.synced.clone();
        if file.is_none() && !self.since.is_empty() {
            // Its name may be there before its content.
            file = Some(Vec::new());
        }
        for (index, call) in self.since.iter().enumerate() {
            let torn = random.usize(..=call.bytes.len());
            match way {
                Way::Dropped => {}
                Way::Torn if index + 1 == self.since.len() => apply(&mut file, call, torn),
                Way::Torn => apply(&mut file, call, call.bytes.len()),
                Way::InPart if random.bool() => {}
                Way::InPart => apply(&mut file, call, if random.u8(..4) == 0 { torn } else { call.bytes.len() }),
            }
        }
        file
    }
}

/// Does a call, of a write the first `count` bytes.
fn apply(file: &mut Option<Vec<u8>>, call: &Call, count: usize) {
    match call.kind {
        b'u' => *file = None,
        b't' => file.get_or_insert_default().resize(call.at, 0),
        _ => {
            let file = file.get_or_insert_default();
            let end = call.at + count;
            if file.len() < end {
                file.resize(end, 0);
            }
            file[call.at..end].copy_from_slice(&call.bytes[..count]);
        }
    }
}

/// The moment of a cut: the files that are on the disk, what had been told, what the gateway had taken.
struct Cut {
    /// Which sync, and how; for the notes.
    name: String,
    files: Vec<(&'static str, Vec<u8>)>,
    told: Vec<String>,
}

fn configuration(rig: &Rig, folder: &Path) -> Value {
    let mut configuration = rig.configuration(&json!({"path": folder.join("outbox.db")}));
    let sandbox = json!({"type": "sandbox", "delay_ms": 2, "journal": folder.join("journal")});
    configuration["gateways"] = json!({rig.vendor: sandbox});
    configuration["retry"] = json!({"initial_ms": 1, "max_ms": 5});
    configuration["logging"] = json!({"file": null});
    configuration
}

/// Lets processes send, be stopped and be killed on one outbox, and returns what they did.
fn record(rig: &mut Rig, messages: usize) -> Vec<Call> {
    let place = rig.folder().join("recorded");
    fs::create_dir(&place).unwrap();
    let (library, record) = (preloaded(rig.folder(), "torture/recorder.c"), rig.folder().join("record"));
    let die = rig.folder().join("die");
    let start = |life: usize| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env("LD_PRELOAD", &library).env("ALIMI_TORTURE_RECORD", &record).env("ALIMI_TORTURE_FOLDER", &place);
        command.env("ALIMI_TORTURE_DIE", &die);
        let (fates, configuration) = (FATES.to_vec(), configuration(rig, &place));
        let order = Order {
            configuration,
            first: life * messages,
            count: messages,
            fates,
            pause_us: 500,
            calls: Calls::Both,
            batch: 10,
        };
        Worker::start_with(rig.folder(), &order, command)
    };
    let witness = &mut Default::default();
    for life in 0..3 {
        let mut worker = start(life);
        if life > 0 {
            worker.await_line(witness, "sent");
        }
        match life {
            // Without a word, with everything under way; then by a clean end, which empties the log; then by a kill at rest.
            0 => {
                worker.listen(witness, Instant::now() + PATIENCE, messages);
                fs::write(&die, "").unwrap();
                worker.await_end(witness);
                fs::remove_file(&die).unwrap();
            }
            1 => {
                worker.end(witness);
            }
            _ => {
                worker.tell("drain");
                worker.await_line(witness, "drained");
                worker.kill(witness);
            }
        }
    }
    let calls = read_record(&record);
    assert_recorded(&calls, &place);
    calls
}

/// The record is whole: played to its end it gives the files that are there.
fn assert_recorded(calls: &[Call], place: &Path) {
    for (file, name) in FILES {
        let mut played = None;
        calls.iter().filter(|call| call.file == file && call.kind != b's').for_each(|call| {
            apply(&mut played, call, call.bytes.len());
        });
        let there = fs::read(place.join(name)).ok();
        assert!(played == there, "{name} is not what was recorded");
    }
}

/// Makes the cuts at every `step`th sync, each way, one after the other: all together they fill any memory.
fn cuts(calls: &[Call], step: usize, random: &mut fastrand::Rng, made: &Sender<Cut>) {
    let mut stored: [Stored; 3] = Default::default();
    let (mut journal, mut output) = (Vec::new(), Vec::new());
    let mut syncs = 0;
    for call in calls {
        if call.kind == b's' {
            syncs += 1;
            for way in WAYS.iter().filter(|_| syncs % step == 0) {
                let left =
                    FILES.iter().zip(&stored).filter_map(|((_, name), file)| Some((*name, file.left(*way, random)?)));
                let told = String::from_utf8_lossy(&output).lines().map(str::to_owned).collect();
                let files = left.chain([("journal", journal.clone())]).collect();
                made.send(Cut { name: format!("sync {syncs}, {way:?}"), files, told }).unwrap();
            }
        }
        match (call.file, FILES.iter().position(|(file, _)| *file == call.file)) {
            (b'j', _) => journal.extend_from_slice(&call.bytes),
            (b'o', _) => output.extend_from_slice(&call.bytes),
            (_, Some(at)) => stored[at].call(call),
            _ => stored.iter_mut().for_each(Stored::folder_synced),
        }
    }
}

fn cut(scale: Scale) -> Row {
    let mut rig = Rig::new("nhncloud");
    let (mut random, messages) = (fastrand::Rng::with_seed(1), if scale.long { 150 } else { 30 });
    let calls = record(&mut rig, messages);
    let syncs = calls.iter().filter(|call| call.kind == b's').count();
    let step = if scale.long { 1 } else { syncs.div_ceil(15) };
    let (total, (made, taken)) = (Mutex::new(Row::default()), crossbeam_channel::bounded(2));
    let judge = |cuts: Receiver<Cut>| {
        for cut in cuts {
            let row = go_on(&rig, &cut);
            let mut total = total.lock().unwrap();
            total.rounds += 1;
            total.add(row);
        }
    };
    std::thread::scope(|scope| {
        let other = taken.clone();
        scope.spawn(|| judge(other));
        scope.spawn(|| judge(taken));
        cuts(&calls, step, &mut random, &made);
        drop(made);
    });
    let mut row = total.into_inner().unwrap();
    row.notes.truncate(10);
    row.notes.push(format!("{syncs} syncs of {} recorded calls; cut at every {step}th, in 3 ways", calls.len()));
    row
}

/// Starts on what is left and counts.
fn go_on(rig: &Rig, cut: &Cut) -> Row {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in &cut.files {
        fs::write(folder.path().join(name), bytes).unwrap();
    }
    let told = |word: &str| -> Vec<(&str, &str)> {
        let lines = cut.told.iter().filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
        lines.map(|rest| rest.split_once(' ').unwrap_or((rest, ""))).collect()
    };
    let (accepted, ended) = (told("accepted"), told("ended"));
    let mut row = Row { accepted: accepted.len(), ..Row::default() };
    let began = Instant::now();
    let settings = Settings::parse(&configuration(rig, folder.path()).to_string()).unwrap();
    let client = match Client::start(settings) {
        Ok(client) => client,
        Err(error) => {
            row.lost = accepted.len().max(1);
            row.notes.push(format!("{}: {error}", cut.name));
            return row;
        }
    };
    come_to_rest(&client);
    row.stall = began.elapsed();
    for (key, _) in &accepted {
        match client.status(key).map(|result| result.state.word()) {
            Ok("delivered") => row.delivered += 1,
            Ok("unknown") => row.unknown += 1,
            other => {
                row.lost += 1;
                row.notes.push(format!("{}: {key} is {other:?}", cut.name));
            }
        }
    }
    for (key, said) in ended {
        let state = said.split(' ').next().unwrap_or_default();
        let now = client.status(key).map(|result| result.state.word());
        if now.as_ref().ok() != Some(&state) {
            row.lost += 1;
            row.notes.push(format!("{}: {key} had ended as {state}, and now is {now:?}", cut.name));
        }
    }
    let mut taken: BTreeMap<(String, String), u32> = BTreeMap::new();
    for line in fs::read_to_string(folder.path().join("journal")).unwrap().lines() {
        let mut words = line.split('\t').map(str::to_owned);
        *taken.entry((words.next().unwrap(), words.next().unwrap())).or_default() += 1;
    }
    row.duplicated = taken.values().filter(|times| **times > 1).count();
    row
}

/// Takes every result until nothing is left.
fn come_to_rest(client: &Client) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        while let Some(result) = client.poll(Duration::from_millis(10)).unwrap() {
            client.acknowledge(&result.key).unwrap();
        }
        let health = client.health().unwrap();
        if health.waiting + health.in_flight + health.accepted + health.results == 0 {
            return;
        }
        assert!(Instant::now() < deadline, "it never comes to rest: {health:?}");
    }
}
