//! The command line, and the one table.

use comfy_table::{Cell, CellAlignment, Table};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How much is done.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Kills of a scenario of kills; the other scenarios do a part of it.
    pub rounds: u32,
    /// The long form: a large backlog, every sync of a recorded run.
    pub long: bool,
    pub soak: Duration,
}

impl Scale {
    /// Of the rounds, one in `part`; at least `least`.
    pub fn part(self, part: u32, least: u32) -> u32 {
        (self.rounds / part).max(least)
    }
}

/// What a scenario found.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Row {
    pub rounds: u32,
    pub accepted: usize,
    pub delivered: usize,
    pub lost: usize,
    pub duplicated: usize,
    pub unknown: usize,
    /// The longest time in which nothing was accepted or ended though something waited, faults included.
    pub stall: Duration,
    /// How many of these nobody could know of.
    pub unknowable: usize,
    /// What else is worth saying.
    pub notes: Vec<String>,
}

impl Row {
    /// In one line, for whoever waits for the table.
    fn told(&self) -> String {
        let Row { rounds, accepted, delivered, lost, duplicated, unknown, stall, .. } = self;
        format!(
            "{rounds} rounds, {accepted} accepted, {delivered} delivered, {lost} lost, {duplicated} duplicated, \
             {unknown} unknown, longest stall {:.1} s; {}",
            stall.as_secs_f64(),
            self.notes.join("; ")
        )
    }

    /// Takes what a part of the scenario found.
    pub fn add(&mut self, part: Row) {
        self.accepted += part.accepted;
        self.delivered += part.delivered;
        self.lost += part.lost;
        self.duplicated += part.duplicated;
        self.unknown += part.unknown;
        self.unknowable += part.unknowable;
        self.stall = self.stall.max(part.stall);
        self.notes.extend(part.notes);
    }
}

/// A row of the table: its name, and what is done for it.
pub type Scenario = (&'static str, fn(Scale) -> Row);

const MINUTE: Duration = Duration::from_secs(60);
const LONG: Scale = Scale { rounds: 1_000, long: true, soak: Duration::from_secs(1_800) };
const SHORT: Scale = Scale { rounds: 10, long: false, soak: Duration::from_secs(20) };
/// Most scenarios wait for time-outs nearly all the time.
const AT_ONCE: usize = 3;

/// Runs what the command line asks for.
pub fn run(parts: &[&[Scenario]]) -> ExitCode {
    let mut scale = SHORT;
    let mut wanted = Vec::new();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--long" => scale = LONG,
            "--rounds" => match arguments.next().map(|n| n.parse()) {
                Some(Ok(rounds)) => scale.rounds = rounds,
                _ => return refuse("--rounds: a number is missing"),
            },
            "--soak" => match arguments.next().map(|minutes| minutes.parse::<u32>()) {
                Some(Ok(minutes @ 1..=1_440)) => scale.soak = MINUTE * minutes,
                _ => return refuse("--soak: a number of minutes is missing, at most 1440"),
            },
            // Of the test harness, whose command line this one shares.
            flag if flag.starts_with("--") => {}
            name => wanted.push(name.to_owned()),
        }
    }
    let all: Vec<Scenario> = parts.concat();
    let chosen = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
    let scenarios: Vec<Scenario> = all.iter().filter(|(name, _)| chosen(name)).copied().collect();
    if scenarios.is_empty() && scale.long {
        let names: Vec<_> = all.iter().map(|(name, _)| *name).collect();
        return refuse(&format!("no such scenario; there are: {}", names.join(", ")));
    }
    let rows = play(&scenarios, scale);
    if rows.is_empty() { ExitCode::SUCCESS } else { show(&rows) }
}

fn refuse(why: &str) -> ExitCode {
    say(&format!("torture: {why}"));
    ExitCode::FAILURE
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// Runs the scenarios, a few at once, and gives their rows in their order; a scenario that broke off gives its reason.
fn play(scenarios: &[Scenario], scale: Scale) -> Vec<(&'static str, Result<Row, String>)> {
    let next = AtomicUsize::new(0);
    let rows = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE.min(scenarios.len()) {
            scope.spawn(|| {
                while let Some(&(name, scenario)) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let began = Instant::now();
                    let row = catch_unwind(AssertUnwindSafe(|| scenario(scale))).map_err(reason);
                    let told = row.as_ref().map_or_else(ToString::to_string, Row::told);
                    say(&format!("{name}, {:.1} s: {told}", began.elapsed().as_secs_f64()));
                    rows.lock().unwrap().push((name, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap();
    rows.sort_by_key(|(name, _)| scenarios.iter().position(|(other, _)| other == name));
    rows
}

fn reason(payload: Box<dyn std::any::Any + Send>) -> String {
    let text = payload.downcast_ref::<String>().cloned();
    text.or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

fn show(rows: &[(&'static str, Result<Row, String>)]) -> ExitCode {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN);
    table.set_header(["scenario", "rounds", "accepted", "delivered", "lost", "duplicated", "unknown", "longest stall"]);
    let mut wrong = Vec::new();
    let mut notes = Vec::new();
    for (name, row) in rows {
        match row {
            Ok(row) => {
                let counts = [row.rounds as usize, row.accepted, row.delivered, row.lost, row.duplicated, row.unknown];
                let cells = counts.iter().map(usize::to_string).chain([format!("{:.1} s", row.stall.as_secs_f64())]);
                let cells = cells.map(|text| Cell::new(text).set_alignment(CellAlignment::Right));
                table.add_row([Cell::new(name)].into_iter().chain(cells));
                if row.lost > 0 || row.duplicated > 0 || row.unknown > row.unknowable {
                    wrong.push(format!("{name}: lost, doubled, or unknown without need"));
                }
                notes.extend(row.notes.iter().map(|note| format!("{name}: {note}")));
            }
            Err(why) => wrong.push(format!("{name}: broke off: {why}")),
        }
    }
    say(&format!("\n{table}\n"));
    notes.iter().for_each(|note| say(note));
    wrong.iter().for_each(|line| say(&format!("FAILED {line}")));
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
