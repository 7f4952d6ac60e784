//! A sending process is killed at random moments, again and again, on one outbox. Then everything is brought to its end
//! and counted: nothing that was accepted is lost, nothing was sent twice. The judge is the sandbox's journal, which
//! knows every message it ever took.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use alimi::message::{Body, Options, Request, State};
use alimi::{Client, Settings};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const ROUNDS: u32 = 200;
const FOLDER: &str = "ALIMI_CRASH_TEST_FOLDER";
/// Numbers by their last two digits: delivered, fallback, retried, lost answers that a look-up settles.
const FATES: [u32; 10] = [0, 1, 2, 3, 10, 20, 30, 31, 45, 50];

fn client(folder: &Path) -> Client {
    let configuration = serde_json::json!({
        "outbox": {"encryption": "none", "path": folder.join("outbox.db")},
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 2, "journal": folder.join("journal")}},
        "accounts": {"clinic": {"sender_key": "test", "sender_number": "070-0000-0001"}},
        "templates": {"note": {"text": "#{name}님, 예약을 알려 드립니다."}},
        "retry": {"initial_ms": 1, "max_ms": 5},
        "logging": {"file": null},
    });
    Client::start(Settings::parse(&configuration.to_string()).unwrap()).unwrap()
}

fn request(key: &str, number: u32) -> Request {
    Request {
        key: key.to_owned(),
        to: format!("010-0000-00{:02}", FATES[number as usize % FATES.len()]),
        body: Body::Alimtalk {
            template: "note".into(), variables: [("name".to_owned(), "김하늘".to_owned())].into()
        },
        options: Options::default(),
    }
}

/// The process that is killed: sends, polls and acknowledges as fast as it can and says so on its standard output.
/// Started by the test below; by itself it has nothing to do.
#[test]
fn sending_process() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let round = std::env::var("ALIMI_CRASH_TEST_ROUND").unwrap();
    let client = client(Path::new(&folder));
    let say = |line: String| {
        let mut out = std::io::stdout().lock();
        out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
        out.flush().unwrap();
    };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0.. {
                let key = format!("{round}-{number}");
                // One by one and in groups, so that the kill meets both.
                if number % 3 == 0 {
                    let keys: Vec<String> = (0..20).map(|n| format!("{key}-{n}")).collect();
                    let requests = keys.iter().map(|key| request(key, number)).collect();
                    let verdicts = client.send_batch(requests).unwrap();
                    verdicts.into_iter().for_each(|v| say(format!("accepted {}", v.unwrap().key)));
                } else {
                    say(format!("accepted {}", client.send(request(&key, number)).unwrap().key));
                }
            }
        });
        loop {
            let result = client.poll(Duration::from_secs(60)).unwrap().unwrap();
            say(format!("ended {} {}", result.key, result.state));
            client.acknowledge(&result.key).unwrap();
        }
    });
}

#[derive(Default)]
struct Told {
    accepted: BTreeSet<String>,
    ended: BTreeMap<String, BTreeSet<String>>,
}

impl Told {
    fn note(&mut self, line: &str) {
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("accepted"), Some(key), None) => drop(self.accepted.insert(key.to_owned())),
            (Some("ended"), Some(key), Some(state)) => {
                self.ended.entry(key.to_owned()).or_default().insert(state.to_owned());
            }
            _ => {}
        }
    }
}

#[test]
fn a_process_killed_at_random_moments_loses_nothing_and_sends_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::new();
    let mut told = Told::default();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "sending_process", "--nocapture"])
            .env(FOLDER, folder.path())
            .env("ALIMI_CRASH_TEST_ROUND", round.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            // The last line may be cut off in the middle: only whole lines count as told.
            let mut lines = Vec::new();
            let mut reader = BufReader::new(output);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|bytes| bytes > 0) {
                if line.ends_with('\n') {
                    lines.push(line.trim_end().to_owned());
                }
                line.clear();
            }
            lines
        });
        // The moment of the kill is what is random here; nothing waits for it.
        let until = Instant::now() + Duration::from_micros(random.u64(1_000..80_000));
        while Instant::now() < until {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        reader.join().unwrap().iter().for_each(|line| told.note(line));
    }
    finish(folder.path(), &mut told);
    judge(folder.path(), &told);
}

/// Brings everything to its end in this process.
fn finish(folder: &Path, told: &mut Told) {
    let client = client(folder);
    loop {
        let health = client.health().unwrap();
        if health.waiting + health.in_flight + health.accepted + health.results == 0 {
            break;
        }
        if let Some(result) = client.poll(Duration::from_millis(50)).unwrap() {
            told.note(&format!("ended {} {}", result.key, result.state));
            client.acknowledge(&result.key).unwrap();
        }
    }
    for key in &told.accepted {
        assert!(client.status(key).unwrap().state.is_final(), "{key} has not ended");
    }
    assert!(client.shutdown(Duration::from_secs(10)).unwrap(), "messages remain");
}

fn judge(folder: &Path, told: &Told) {
    let mut taken: BTreeMap<(String, String), u32> = BTreeMap::new();
    for line in std::fs::read_to_string(folder.join("journal")).unwrap().lines() {
        let mut words = line.split('\t');
        let key = words.next().unwrap().to_owned();
        *taken.entry((key, words.next().unwrap().to_owned())).or_default() += 1;
    }
    let lost: Vec<_> = told.accepted.iter().filter(|key| !told.ended.contains_key(*key)).collect();
    let twice: Vec<_> = taken.iter().filter(|(_, count)| **count > 1).collect();
    let changed: Vec<_> = told.ended.iter().filter(|(_, states)| states.len() > 1).collect();
    let unknown = told.ended.values().filter(|states| states.contains(State::Unknown.word())).count();
    println!(
        "{ROUNDS} kills: {} accepted, {} ended, {} taken by the gateway, {unknown} unknown",
        told.accepted.len(),
        told.ended.len(),
        taken.values().sum::<u32>(),
    );
    assert!(told.accepted.len() > ROUNDS as usize, "the processes came to send");
    assert!(lost.is_empty(), "accepted and lost: {lost:?}");
    assert!(twice.is_empty(), "taken twice by one channel: {twice:?}");
    assert!(changed.is_empty(), "more than one final state: {changed:?}");
    assert_eq!(unknown, 0, "the journal lets the sandbox settle everything");
    let delivered = BTreeSet::from([State::Delivered.word().to_owned()]);
    assert!(told.ended.values().all(|states| *states == delivered), "every number here is delivered in the end");
}
