//! Reads 1,000 appointments from a CP949 file, reminds every patient by AlimTalk with an LMS as fallback, and prints what
//! became of the messages. Everything goes to the built-in sandbox: no network, no person is reached.
//!
//! ```text
//! cargo run --release --example quickstart [-- --outbox PATH]
//! ```
//!
//! Run it twice, or stop it in the middle and run it again: nothing is sent twice.

// A program talks to its terminal; the library never does.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use alimi::message::{Body, Channel, MessageResult, Options, Request, State};
use alimi::{Accepted, Client, Settings};
use comfy_table::{CellAlignment, Table, presets};
use indicatif::{HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::{BTreeMap, HashSet};
use std::error::Error;
use std::io::IsTerminal;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/quickstart.json");
const APPOINTMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/appointments.csv");
const USAGE: &str = "usage: cargo run --release --example quickstart [-- --outbox PATH]";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("quickstart: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn Error>> {
    let outbox = std::path::absolute(outbox_argument()?)?;
    let appointments = read_appointments()?;
    let client = Client::start(settings(&outbox)?)?;

    let mut outcomes = Outcomes::new(&appointments);
    let mut waiting = send_all(&client, &appointments, &mut outcomes)?;
    collect_results(&client, &mut waiting, &mut outcomes)?;
    client.shutdown(Duration::from_secs(5))?;

    println!("\n{}\n\nThe outbox is {}", outcomes.table(), outbox.display());
    Ok(())
}

fn outbox_argument() -> Result<String, String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok("alimi-quickstart.db".to_owned()),
        ["--outbox", path] => Ok(path.to_owned()),
        _ => Err(USAGE.to_owned()),
    }
}

/// The configuration of the examples, with the outbox of this run.
fn settings(outbox: &Path) -> Result<Settings, Box<dyn Error>> {
    let text = std::fs::read_to_string(CONFIGURATION).map_err(|error| format!("{CONFIGURATION}: {error}"))?;
    let mut configuration: serde_json::Value = serde_json::from_str(&text)?;
    configuration["outbox"]["path"] = serde_json::to_value(outbox)?;
    Ok(Settings::parse(&configuration.to_string())?)
}

/// One line of the file, by its Korean headings.
#[derive(serde::Deserialize)]
struct Appointment {
    #[serde(rename = "예약번호")]
    number: String,
    #[serde(rename = "기관코드")]
    institution: String,
    #[serde(rename = "기관명")]
    institution_name: String,
    #[serde(rename = "환자명")]
    patient: String,
    #[serde(rename = "전화번호")]
    phone: String,
    #[serde(rename = "진료과")]
    department: String,
    #[serde(rename = "의사")]
    doctor: String,
    #[serde(rename = "예약일")]
    date: String,
    #[serde(rename = "예약시간")]
    time: String,
}

impl Appointment {
    /// The message. Its key is the reservation's number, which makes a second send of it harmless.
    fn reminder(&self) -> Request {
        let variables = [
            ("기관명", &self.institution_name),
            ("환자명", &self.patient),
            ("예약일", &self.date),
            ("예약시간", &self.time),
            ("진료과", &self.department),
            ("의사", &self.doctor),
        ];
        Request {
            key: self.number.clone(),
            to: self.phone.clone(),
            body: Body::Alimtalk {
                template: "reminder".to_owned(),
                variables: variables.map(|(name, value)| (name.to_owned(), value.clone())).into(),
            },
            options: Options { account: Some(self.institution.clone()), ..Options::default() },
        }
    }
}

/// Reads the file as it comes out of a hospital's program: CP949, which encoding_rs calls EUC-KR.
fn read_appointments() -> Result<Vec<Appointment>, Box<dyn Error>> {
    let bytes = std::fs::read(APPOINTMENTS).map_err(|error| format!("{APPOINTMENTS}: {error}"))?;
    let text = encoding_rs::EUC_KR
        .decode_without_bom_handling_and_without_replacement(&bytes)
        .ok_or_else(|| format!("{APPOINTMENTS}: not CP949 text"))?;
    let rows: Result<_, _> = csv::Reader::from_reader(text.as_bytes()).into_deserialize().collect();
    Ok(rows.map_err(|error| format!("{APPOINTMENTS}: {error}"))?)
}

/// Hands every reminder over; each is on disk when `send` returns. Answers the keys whose result is still to come.
fn send_all(
    client: &Client,
    appointments: &[Appointment],
    outcomes: &mut Outcomes,
) -> Result<HashSet<String>, Box<dyn Error>> {
    let progress = Progress::new("messages handed over", appointments.len());
    let mut waiting = HashSet::new();
    let mut earlier = 0;
    for appointment in appointments {
        let Accepted { key, duplicate } = client.send(appointment.reminder())?;
        progress.step();
        earlier += u64::from(duplicate);
        // What an earlier run has acknowledged does not come again; its result can be looked up.
        let past = if duplicate { Some(client.status(&key)?) } else { None };
        match past.filter(|result| result.state.is_final()) {
            Some(result) => outcomes.count(&result),
            None => _ = waiting.insert(key),
        }
    }
    progress.finish();
    if earlier > 0 {
        println!("{} were accepted by an earlier run and are not sent again", HumanCount(earlier));
    }
    Ok(waiting)
}

/// Takes results until every message has one. What is not acknowledged comes again, after a crash as well.
fn collect_results(
    client: &Client,
    waiting: &mut HashSet<String>,
    outcomes: &mut Outcomes,
) -> Result<(), Box<dyn Error>> {
    let progress = Progress::new("results taken", waiting.len());
    loop {
        let patience = if waiting.is_empty() { Duration::ZERO } else { Duration::from_secs(1) };
        match client.poll(patience)? {
            Some(result) => {
                // Here a real program writes the result to its own database; then it lets it go.
                client.acknowledge(&result.key)?;
                if waiting.remove(&result.key) {
                    outcomes.count(&result);
                    progress.step();
                }
            }
            None if waiting.is_empty() => break,
            None => {}
        }
    }
    progress.finish();
    Ok(())
}

/// How many messages of each institution ended how.
struct Outcomes {
    names: BTreeMap<String, String>,
    counts: BTreeMap<String, [u64; COLUMNS.len()]>,
}

const COLUMNS: [&str; 5] = ["AlimTalk", "LMS/SMS", "failed", "unknown", "expired"];

impl Outcomes {
    fn new(appointments: &[Appointment]) -> Self {
        let names: BTreeMap<String, String> =
            appointments.iter().map(|a| (a.institution.clone(), a.institution_name.clone())).collect();
        let counts = names.keys().map(|code| (code.clone(), Default::default())).collect();
        Outcomes { names, counts }
    }

    fn count(&mut self, result: &MessageResult) {
        let column = match (result.state, result.channel) {
            (State::Delivered, Channel::Alimtalk) => 0,
            (State::Delivered, _) => 1,
            (State::Failed, _) => 2,
            (State::Unknown, _) => 3,
            _ => 4,
        };
        self.counts.entry(result.account.clone()).or_default()[column] += 1;
    }

    /// A table that counts a Hangul syllable as the two columns it takes.
    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::UTF8_BORDERS_ONLY);
        table.set_header(["institution"].iter().chain(&COLUMNS).chain(&["total"]));
        let mut total = [0; COLUMNS.len()];
        for (code, counts) in &self.counts {
            table.add_row(row(self.names.get(code).unwrap_or(code), counts));
            total.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        table.add_row(row("all", &total));
        table.column_iter_mut().skip(1).for_each(|column| column.set_cell_alignment(CellAlignment::Right));
        table
    }
}

fn row(name: &str, counts: &[u64]) -> Vec<String> {
    let numbers = counts.iter().copied().chain([counts.iter().sum()]).map(|n| HumanCount(n).to_string());
    [name.to_owned()].into_iter().chain(numbers).collect()
}

/// A bar on a terminal; elsewhere one line at the end.
struct Progress(ProgressBar, &'static str);

impl Progress {
    fn new(what: &'static str, total: usize) -> Self {
        let target =
            if std::io::stdout().is_terminal() { ProgressDrawTarget::stdout() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("{msg:20} {wide_bar} {human_pos}/{human_len} {elapsed}");
        let bar = ProgressBar::with_draw_target(Some(total as u64), target)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(what);
        Progress(bar, what)
    }

    fn step(&self) {
        self.0.inc(1);
    }

    fn finish(&self) {
        self.0.finish_and_clear();
        println!("{} {} in {:.1} s", HumanCount(self.0.position()), self.1, self.0.elapsed().as_secs_f64());
    }
}
