//! Clocks: the time of day jumps a day or two hours forth and back, crosses the end of a month and of a year in Korea, and
//! the process is stopped and let go on. Messages here may wait thirty days, so that no jump makes one expire.

use crate::crew::Worker;
use crate::rig::{Rig, preloaded};
use crate::table::{Row, Scale, Scenario};
use alimi::time::Timestamp;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

pub const SCENARIOS: &[Scenario] = &[("stopped and going on", stopped)];

/// What is not mended yet. A message that left while the clock was wrong is looked up in a window of that clock, is not
/// found in it, and is sent again; and what was due by a clock that ran ahead waits until the time of day comes there.
pub const OPEN: &[Scenario] = &[
    ("clock jumps ±2 h", |scale| jumps(scale, &[HOURS, 0, -HOURS, 0])),
    ("clock jumps ±1 day", |scale| jumps(scale, &[DAY, 0, -DAY, 0])),
    ("month and year end", |scale| jumps(scale, &[until("2026-12-01"), until("2027-01-01")])),
];

const HOURS: i64 = 2 * 3_600_000;
const DAY: i64 = 24 * 3_600_000;
const MESSAGES: usize = 60;
const REST: Duration = Duration::from_secs(15);
const STEP: Duration = Duration::from_millis(700);

/// The milliseconds to half a second before midnight in Korea.
fn until(day: &str) -> i64 {
    Timestamp::parse(&format!("{day}T00:00:00+09:00")).unwrap().0 - 300 - Timestamp::now().0
}

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
        worker.listen(&mut rig.witness, Instant::now() + STEP, usize::MAX);
        worker.tell("drain");
        // What is left after this time counts as lost: the row is worth more than the reason for breaking off.
        worker.listen(&mut rig.witness, Instant::now() + REST, usize::MAX);
        worker.kill(&mut rig.witness);
    }
    rig.judge(rounds * moves.len() as u32)
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
