//! Clocks: the time of day jumps a day or two hours forth and back, crosses the end of a month and of a year in Korea, and
//! the process is stopped and let go on. Messages here may wait thirty days, so that no jump makes one expire.

use crate::crew::Worker;
use crate::rig::{Rig, preloaded};
use crate::table::{Row, Scale, Scenario};
use crate::vendors::VENDORS;
use alimi::time::Timestamp;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

pub const SCENARIOS: &[Scenario] = &[
    ("clock jumps ±2 h", |scale| jumps(scale, &[HOURS, 0, -HOURS, 0])),
    ("clock jumps ±1 day", |scale| jumps(scale, &[DAY, 0, -DAY, 0])),
    ("year and month end", ends),
    ("stopped and going on", stopped),
];

const HOURS: i64 = 2 * 3_600_000;
const DAY: i64 = 24 * 3_600_000;
const MESSAGES: usize = 60;
const STEP: Duration = Duration::from_millis(700);

fn with_clock(rig: &Rig, first: usize, count: usize) -> Worker {
    let library = rig.folder().join("preloaded.so");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env("LD_PRELOAD", library).env("ALIMI_TORTURE_CLOCK", rig.folder().join("clock"));
    let mut order = rig.order(&json!({}), first, count);
    order.configuration["expires_in_seconds"] = json!(30 * 86_400);
    order.configuration["report_timeout_seconds"] = json!(30 * 86_400);
    order.pause_us = 10_000;
    Worker::start_with(rig.folder(), &order, command)
}

/// Replaced as a whole: the clock is read all the time.
fn set(folder: &Path, ms: i64) {
    fs::write(folder.join("clock.new"), ms.to_string()).unwrap();
    fs::rename(folder.join("clock.new"), folder.join("clock")).unwrap();
}

/// The host's clock jumps, the gateway's does not. Of what was under way meanwhile and whose answer was lost, nobody can say
/// at what time the gateway would have it: it may end as unknown, and must not be sent again.
fn jumps(scale: Scale, moves: &[i64]) -> Row {
    let rounds = scale.part(100, 1);
    let mut rig = Rig::new("nhncloud");
    preloaded(rig.folder(), "torture/clock.c");
    for round in 0..rounds as usize {
        set(rig.folder(), 0);
        let mut worker = with_clock(&rig, round * 1_000, MESSAGES * moves.len());
        worker.await_line(&mut rig.witness, "started");
        for ms in moves {
            worker.listen(&mut rig.witness, Instant::now() + STEP, usize::MAX);
            set(rig.folder(), *ms);
        }
        worker.await_sent(&mut rig.witness);
        rig.witness.sent = false;
        worker.tell("drain");
        worker.await_line(&mut rig.witness, "drained");
        assert!(worker.end(&mut rig.witness), "messages are left in the outbox");
    }
    let row = rig.judge(rounds * moves.len() as u32);
    Row { unknowable: row.unknown, ..row }
}

/// The clocks of host and gateway cross midnight in Korea together, at the end of a month and of a year, with every gateway.
/// Only with Aligo a text message whose answer was lost then may end as unknown: its lists do not tell across midnight.
fn ends(scale: Scale) -> Row {
    let rounds = scale.part(100, 1);
    let mut total = Row { rounds: rounds * 2 * VENDORS.len() as u32, ..Row::default() };
    for vendor in VENDORS.iter().cycle().take(rounds as usize * VENDORS.len()) {
        let mut rig = Rig::new(vendor);
        preloaded(rig.folder(), "torture/clock.c");
        let next_year = Timestamp::now().to_iso()[..4].parse::<i32>().unwrap() + 1;
        for (round, first) in ["01-01", "02-01"].iter().enumerate() {
            let before = Timestamp::parse(&format!("{next_year}-{first}T00:00:00+09:00")).unwrap().0 - 300;
            rig.simulator.advance(Duration::from_millis((before - rig.simulator.now()) as u64));
            set(rig.folder(), rig.simulator.now() - Timestamp::now().0);
            let mut worker = with_clock(&rig, round * 1_000, MESSAGES);
            worker.await_sent(&mut rig.witness);
            rig.witness.sent = false;
            worker.tell("drain");
            worker.await_line(&mut rig.witness, "drained");
            assert!(worker.end(&mut rig.witness), "messages are left in the outbox");
        }
        let mut row = rig.judge(1);
        row.notes.iter_mut().for_each(|note| note.insert_str(0, &format!("{vendor}: ")));
        row.unknowable = if *vendor == "aligo" { row.unknown } else { 0 };
        total.add(row);
    }
    total
}

fn stopped(scale: Scale) -> Row {
    let rounds = scale.part(10, 5);
    let mut rig = Rig::new("nhncloud");
    let mut order = rig.order(&json!({}), 0, rounds as usize * MESSAGES);
    order.pause_us = 10_000;
    let worker = Worker::start(rig.folder(), &order);
    let signal = |signal| kill(Pid::from_raw(worker.id() as i32), signal).unwrap();
    worker.await_line(&mut rig.witness, "started");
    for _ in 0..rounds {
        worker.listen(&mut rig.witness, Instant::now() + Duration::from_millis(fastrand::u64(20..400)), usize::MAX);
        signal(Signal::SIGSTOP);
        // Longer than a request may take, now and then.
        let pause = Duration::from_millis(fastrand::u64(100..2_500));
        worker.listen(&mut rig.witness, Instant::now() + pause, usize::MAX);
        signal(Signal::SIGCONT);
    }
    worker.await_sent(&mut rig.witness);
    rig.finish_with(worker, rounds)
}
