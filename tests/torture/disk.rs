//! Bad disks under a process that sends over HTTP: full, failing to sync, read-only, the outbox taken away and put back,
//! pages damaged. What is refused is sent again with the same key, as a caller should.

use crate::crew::Worker;
use crate::kill::random;
use crate::namespace::play;
use crate::rig::{Rig, preloaded};
use crate::table::{Row, Scale, Scenario};
use alimi::{Client, Settings};
use rusqlite::Connection;
use serde_json::json;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

pub const SCENARIOS: &[Scenario] = &[
    ("disk full and freed", |scale| fault(scale, "full", false)),
    ("small disk full and freed", small),
    ("syncs that fail", |scale| fault(scale, "sync", false)),
    ("syncs that fail, and kill -9", |scale| fault(scale, "sync", true)),
    ("disk read-only and not", |scale| fault(scale, "readonly", false)),
    ("outbox removed and put back", removed),
    ("damaged pages", damaged),
];

const MESSAGES: usize = 60;
const SPAN: usize = 1_000;

fn moment(most: u64) -> Instant {
    Instant::now() + Duration::from_millis(fastrand::u64(10..most))
}

/// Makes the disk fail and work again, in the midst of everything.
fn fault(scale: Scale, fault: &str, kills: bool) -> Row {
    let rounds = scale.part(10, 5);
    let mut rig = Rig::new("nhncloud");
    let (library, flag) = (preloaded(rig.folder(), "common/disk.c"), rig.folder().join(fault));
    let mut order = rig.order(&json!({}), 0, MESSAGES);
    order.pause_us = 2_000;
    let mut running: Option<Worker> = None;
    for round in 0..rounds as usize {
        let worker = running.take().unwrap_or_else(|| {
            order.first = round * SPAN;
            order.count = if kills { MESSAGES } else { MESSAGES * rounds as usize };
            let mut command = Command::new(std::env::current_exe().unwrap());
            command.env("LD_PRELOAD", &library).env("ALIMI_TEST_FAULTS", rig.folder());
            let worker = Worker::start_with(rig.folder(), &order, command);
            worker.await_line(&mut rig.witness, "started");
            worker
        });
        worker.listen(&mut rig.witness, moment(200), usize::MAX);
        fs::write(&flag, "").unwrap();
        worker.listen(&mut rig.witness, moment(300), usize::MAX);
        if kills {
            worker.kill(&mut rig.witness);
        } else {
            running = Some(worker);
        }
        fs::remove_file(&flag).unwrap();
    }
    match running {
        Some(worker) => {
            worker.await_sent(&mut rig.witness);
            rig.finish_with(worker, rounds)
        }
        None => rig.finish(&json!({}), rounds),
    }
}

/// A real disk that is full and freed: a small one in memory. The outbox is shared, whose log is not written ahead, so that
/// the disk is full for the next message.
fn small(scale: Scale) -> Row {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("disk")).unwrap();
    fs::write(folder.path().join("rounds"), scale.part(10, 5).to_string()).unwrap();
    play("disk", folder.path(), "ip link set lo up && mount -t tmpfs -o size=64m tmpfs \"$0/disk\"")
}

/// The row itself, in a namespace that has the disk.
pub fn inside(folder: &Path) -> Row {
    let rounds = fs::read_to_string(folder.join("rounds")).unwrap().parse().unwrap();
    let mut rig = Rig::within(&folder.join("disk"), "nhncloud");
    let outbox = json!({"shared": true});
    let mut order = rig.order(&outbox, 0, MESSAGES * rounds as usize);
    order.pause_us = 2_000;
    let worker = Worker::start(rig.folder(), &order);
    worker.await_line(&mut rig.witness, "started");
    for _ in 0..rounds {
        worker.listen(&mut rig.witness, moment(200), usize::MAX);
        let filler = rig.folder().join("filler");
        let mut file = fs::File::create(&filler).unwrap();
        for block in [1 << 16, 1] {
            while file.write_all(&vec![0; block]).is_ok() {}
        }
        worker.listen(&mut rig.witness, moment(300), usize::MAX);
        fs::remove_file(filler).unwrap();
    }
    worker.await_sent(&mut rig.witness);
    rig.finish_with(worker, rounds)
}

/// Takes the file, or its log, away and puts the same one back.
fn removed(scale: Scale) -> Row {
    let rounds = scale.part(10, 5);
    let mut rig = Rig::new("nhncloud");
    let mut order = rig.order(&json!({}), 0, MESSAGES * rounds as usize);
    order.pause_us = 2_000;
    let worker = Worker::start(rig.folder(), &order);
    worker.await_line(&mut rig.witness, "started");
    for round in 0..rounds {
        let (name, kept) = (["outbox.db", "outbox.db-wal"][round as usize % 2], rig.folder().join("kept"));
        let path = rig.folder().join(name);
        worker.listen(&mut rig.witness, moment(200), usize::MAX);
        // The same file by another name, so that its content survives.
        fs::hard_link(&path, &kept).unwrap();
        fs::remove_file(&path).unwrap();
        worker.listen(&mut rig.witness, moment(300), usize::MAX);
        fs::rename(&kept, &path).unwrap();
    }
    worker.await_sent(&mut rig.witness);
    rig.finish_with(worker, rounds)
}

/// Damages the file or the log of an outbox in which half was sent. What the damaged file no longer tells of counts as
/// unknown; what it does tell of must not be sent twice, and nothing may panic.
fn damaged(scale: Scale) -> Row {
    let rounds = scale.part(10, 5);
    let mut total = Row { rounds, ..Row::default() };
    let ((mut random, seed), mut refused, mut forgotten) = (random(), 0, 0);
    for round in 0..rounds {
        let mut rig = Rig::new("nhncloud");
        let worker = Worker::start(rig.folder(), &rig.order(&json!({}), 0, MESSAGES));
        worker.listen(&mut rig.witness, Instant::now() + Duration::from_secs(5), 2 * MESSAGES);
        worker.kill(&mut rig.witness);
        overwrite(rig.folder(), round.is_multiple_of(2), &mut random);
        let settings = Settings::parse(&rig.configuration(&json!({})).to_string()).unwrap();
        match Client::start(settings) {
            Ok(client) => hear(&client, &mut rig),
            Err(_) => refused += 1,
        }
        let row = rig.judge(1);
        total.accepted += row.accepted;
        total.delivered += row.delivered;
        total.unknown += row.lost + row.unknown;
        total.unknowable = total.unknown;
        total.duplicated += row.duplicated;
        total.stall = total.stall.max(row.stall);
        total.notes.extend(row.notes.into_iter().filter(|note| note.starts_with("doubled")));
        forgotten += row.lost;
    }
    total.notes.push(format!("{refused} of {rounds} damaged files were refused at the start"));
    total.notes.push(format!("of {forgotten} messages the damaged files told nothing; {seed}"));
    total
}

/// Overwrites one to three places of the log, or of the file after the log was moved into it: few bytes, which leave the
/// form of a page whole, or many.
fn overwrite(folder: &Path, log: bool, random: &mut fastrand::Rng) {
    let path = folder.join(if log { "outbox.db-wal" } else { "outbox.db" });
    if !log {
        let connection = Connection::open(&path).unwrap();
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    }
    let mut bytes = fs::read(&path).unwrap();
    // Behind it the log is zeros that were written ahead.
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    for _ in 0..random.usize(1..=3) {
        let (at, longest) = (random.usize(..used), if random.bool() { 16 } else { 4096 });
        let count = random.usize(1..=longest);
        bytes.iter_mut().skip(at).take(count).for_each(|byte| *byte = random.u8(..));
    }
    fs::write(path, bytes).unwrap();
}

/// Takes what results the damaged file still gives, as long as they come.
fn hear(client: &Client, rig: &mut Rig) {
    let end = Instant::now() + Duration::from_secs(20);
    while let Ok(Some(result)) = client.poll(Duration::from_secs(2)) {
        // It may have forgotten that it told this already; then it says what it still knows.
        let forgot = result.state.to_string() == "unknown" && rig.witness.ended.contains_key(&result.key);
        if !forgot {
            rig.witness.note(&format!("ended {} {}", result.key, result.state), Instant::now());
        }
        let acknowledged = client.acknowledge(&result.key);
        if acknowledged.is_err() || Instant::now() > end {
            break;
        }
    }
    let _ = client.shutdown(Duration::from_secs(5));
}
