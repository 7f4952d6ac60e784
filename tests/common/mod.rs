//! What the tests of faults share: a configuration, and a client in a process of its own that does what it is told.
//!
//! The process is this test binary again, running its test `player`. It reads one command a line and answers with one
//! line, so that a test decides the order of everything and waits for answers, never for time.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failure here is a failed test")]
#![allow(dead_code, reason = "every test takes what it needs")]

use alimi::message::{Body, Options, Request};
use alimi::time::Timestamp;
use alimi::{Client, Error, Settings};
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long an answer is waited for before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);
const CONFIGURATION: &str = "ALIMI_TEST_CONFIGURATION";
const USER: &str = "ALIMI_TEST_USER";
/// What every line for the test begins with; the test harness writes lines of its own.
const MARK: &str = "player: ";

/// A configuration whose outbox and journal are in `folder`, changed by `outbox`.
pub fn configuration(folder: &Path, outbox: &serde_json::Value) -> serde_json::Value {
    let mut section = serde_json::json!({"path": folder.join("outbox.db"), "key": "5a".repeat(32)});
    for (key, value) in outbox.as_object().unwrap() {
        section[key] = value.clone();
    }
    serde_json::json!({
        "outbox": section,
        "gateways": {"sandbox": {"type": "sandbox", "delay_ms": 20, "journal": folder.join("journal")}},
        "accounts": {"clinic": {"sender_key": "test", "sender_number": "070-0000-0001"}},
        "templates": {"note": {"text": "#{name}님, 예약을 알려 드립니다."}},
        "retry": {"initial_ms": 1, "max_ms": 5},
        "logging": {"file": null},
    })
}

pub fn start(configuration: &serde_json::Value) -> Result<Client, Error> {
    Client::start(Settings::parse(&configuration.to_string()).unwrap())
}

/// An AlimTalk to the number of the sandbox that ends as the key does after a `~`; by itself one that is delivered at once.
pub fn request(key: &str) -> Request {
    let ending = key.split_once('~').map_or("00", |(_, ending)| ending);
    Request {
        key: key.to_owned(),
        to: format!("010-0000-00{ending}"),
        body: Body::Alimtalk {
            template: "note".to_owned(),
            variables: [("name".to_owned(), "김하늘".to_owned())].into(),
        },
        options: Options::default(),
    }
}

/// An AlimTalk that waits for its time, thirty days from now.
pub fn reservation(key: &str) -> Request {
    let send_at = Timestamp::now().after(Duration::from_secs(30 * 86_400)).to_iso();
    Request { options: Options { send_at: Some(send_at), ..Options::default() }, ..request(key) }
}

/// How often the gateway took each message, by its first channel. `folder` is that of the configuration.
pub fn taken(folder: &Path) -> BTreeMap<String, u32> {
    let mut taken = BTreeMap::new();
    for line in fs::read_to_string(folder.join("journal")).unwrap_or_default().lines() {
        *taken.entry(line.split('\t').next().unwrap().to_owned()).or_default() += 1;
    }
    taken
}

/// Polls and acknowledges until each of `keys` has its result, and fails unless each is delivered.
pub fn deliver_all(client: &Client, keys: &[String]) {
    let mut missing: Vec<&String> = keys.iter().collect();
    while !missing.is_empty() {
        let result = client.poll(PATIENCE).unwrap().unwrap_or_else(|| panic!("no result of {missing:?}"));
        assert_eq!(result.state.word(), "delivered", "{}", result.key);
        missing.retain(|key| **key != result.key);
        client.acknowledge(&result.key).unwrap();
    }
}

/// A client in a process of its own.
pub struct Process {
    child: Child,
    input: ChildStdin,
    output: Receiver<String>,
}

impl Process {
    pub fn start(configuration: &serde_json::Value) -> Process {
        Process::start_with(configuration, Command::new(std::env::current_exe().unwrap()))
    }

    /// As a user without rights, where this one has all.
    pub fn start_without_rights(configuration: &serde_json::Value) -> Process {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(USER, "65534");
        Process::start_with(configuration, command)
    }

    /// `command` ends with this test binary.
    pub fn start_with(configuration: &serde_json::Value, mut command: Command) -> Process {
        let mut child = command
            .args(["--exact", "player", "--nocapture"])
            .env(CONFIGURATION, configuration.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (heard, output) = channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The harness does not end its own last line.
                if let Some((_, said)) = line.split_once(MARK) {
                    let _ = heard.send(said.to_owned());
                }
            }
        });
        Process { input: child.stdin.take().unwrap(), child, output }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What the start of the client led to: `started`, or the name of the error and its text.
    pub fn started(&self) -> String {
        self.answer()
    }

    /// Gives a command and does not wait for its answer.
    pub fn tell(&mut self, command: &str) {
        writeln!(self.input, "{command}").unwrap();
    }

    pub fn answer(&self) -> String {
        self.output.recv_timeout(PATIENCE).expect("an answer of the process")
    }

    pub fn ask(&mut self, command: &str) -> String {
        self.tell(command);
        self.answer()
    }

    pub fn send(&mut self, key: &str) -> String {
        self.ask(&format!("send {key}"))
    }

    /// As [`deliver_all`].
    pub fn deliver_all(&mut self, keys: &[String]) {
        let mut missing: Vec<&String> = keys.iter().collect();
        while !missing.is_empty() {
            let said = self.ask("poll 60000");
            let key = said.strip_suffix(" delivered").unwrap_or_else(|| panic!("{said}; no result of {missing:?}"));
            missing.retain(|missed| *missed != key);
            assert_eq!(self.ask(&format!("acknowledge {key}")), "done");
        }
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Shuts the client down and waits for the end of the process.
    pub fn end(mut self) -> String {
        let said = self.ask("end");
        assert!(self.child.wait().unwrap().success());
        said
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Of a test that failed in the middle; otherwise it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of the test `player`. By itself it has nothing to do.
pub fn play() {
    let Ok(configuration) = std::env::var(CONFIGURATION) else { return };
    #[cfg(unix)]
    if let (Ok(user), true) = (std::env::var(USER), nix::unistd::geteuid().is_root()) {
        nix::unistd::setuid(user.parse::<u32>().unwrap().into()).unwrap();
    }
    let client = match Client::start(Settings::parse(&configuration).unwrap()) {
        Ok(client) => client,
        Err(error) => return say(&error.to_string()),
    };
    say("started");
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        if verb == "end" {
            return say(&told(client.shutdown(PATIENCE), |empty| format!("empty: {empty}")));
        }
        say(&obey(&client, verb, rest));
    }
}

fn obey(client: &Client, verb: &str, rest: &str) -> String {
    let accepted = |accepted: alimi::Accepted| if accepted.duplicate { "duplicate" } else { "accepted" }.to_owned();
    let done = |()| "done".to_owned();
    match verb {
        "send" => told(client.send(request(rest)), accepted),
        "reserve" => told(client.send(reservation(rest)), accepted),
        "poll" => told(client.poll(Duration::from_millis(rest.parse().unwrap())), |result| {
            result.map_or("nothing".to_owned(), |result| format!("{} {}", result.key, result.state))
        }),
        "acknowledge" => told(client.acknowledge(rest), done),
        "cancel" => told(client.cancel(rest).map(drop), done),
        "status" => told(client.status(rest), |result| result.state.to_string()),
        "delivers" => told(client.health(), |health| health.delivers.to_string()),
        "trouble" => told(client.health(), |health| health.trouble),
        "touch" => told(fs::write(rest, ""), done),
        "remove" => told(fs::remove_file(rest), done),
        "fill" => told(fill(Path::new(rest)), done),
        _ => panic!("the player knows no {verb}"),
    }
}

/// Writes until the disk has no room for another byte.
fn fill(path: &Path) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    for size in [65_536, 4_096, 1] {
        let block = vec![0_u8; size];
        while file.write_all(&block).is_ok() {}
    }
    Ok(())
}

fn told<T, E: std::fmt::Display>(done: Result<T, E>, say: impl FnOnce(T) -> String) -> String {
    done.map_or_else(|error| error.to_string(), say)
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{MARK}{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}
