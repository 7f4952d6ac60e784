//! One message sent through a gateway that has something wrong with it, and what is to be seen of it.

use super::vendors::{PATIENCE, configuration, reminder, start};
use alimi::message::{Certainty, MessageResult, Reason, Request, State};
use alimi::{Client, GatewayHealth};
use alimi_simulator::{Options, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The key of the message. Like its number and its text it stands in no log and in no health.
pub const KEY: &str = "KEY-0M4RK8";
/// A wait that no test lives to see the end of: what is to be sent again stays queued.
const LONG: u64 = 3_600_000;

/// A client of its own with one message.
pub struct Trial {
    pub folder: TempDir,
    pub client: Client,
}

pub fn simulator() -> Simulator {
    Simulator::start(Options { capture: 1_000, ..Options::default() }).unwrap()
}

/// The configuration with one gateway, that of the simulator changed as said.
pub fn setup(folder: &TempDir, simulator: &Simulator, gateway: Value, changes: Value) -> Value {
    let mut whole = configuration(folder.path(), simulator, &["solapi"], changes);
    whole["gateways"]["solapi"].as_object_mut().unwrap().extend(gateway.as_object().unwrap().clone());
    whole
}

/// Tries that follow each other at once.
pub fn retries(max_attempts: u32) -> Value {
    json!({"retry": {"initial_ms": 1, "max_ms": 1, "max_attempts": max_attempts, "request_timeout_ms": 1_000}})
}

/// What cannot be settled is asked for no longer than a moment.
pub fn impatient() -> Value {
    json!({"retry": {"request_timeout_ms": 2_000}, "report_timeout_seconds": 1})
}

impl Trial {
    /// Starts a client and sends the message. It is tried once and stays queued where it is to be sent again.
    pub fn new(simulator: &Simulator, gateway: Value) -> Trial {
        let retry = json!({"initial_ms": LONG, "max_ms": LONG, "request_timeout_ms": 10_000});
        Trial::with(simulator, gateway, json!({"retry": retry}))
    }

    /// The same with these changes of the whole configuration.
    pub fn with(simulator: &Simulator, gateway: Value, changes: Value) -> Trial {
        let folder = tempfile::tempdir().unwrap();
        let client = start(&setup(&folder, simulator, gateway, changes));
        client.send(message()).unwrap();
        Trial { folder, client }
    }

    /// Where the message stands when nothing is under way.
    pub fn rest(&self) -> MessageResult {
        assert!(self.client.flush(PATIENCE).unwrap(), "everything under way ends");
        self.client.status(KEY).unwrap()
    }

    /// The result of the message.
    pub fn result(&self) -> MessageResult {
        let result = self.client.poll(PATIENCE).unwrap().unwrap_or_else(|| panic!("no result: {:?}", self.health()));
        assert_eq!(result.key, KEY);
        result
    }

    pub fn health(&self) -> GatewayHealth {
        self.client.health().unwrap().gateways["solapi"].clone()
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("outbox.log")).unwrap()
    }

    /// The message was delivered, and the simulator took it once.
    pub fn is_delivered(&self, simulator: &Simulator) {
        let result = self.result();
        assert_eq!((result.state, result.certainty), (State::Delivered, Certainty::Sent), "{:?}", self.health());
        let totals = simulator.journal(false).totals;
        assert_eq!((totals.accepted, totals.delivered), (1, 1));
        self.is_discreet();
    }

    /// It did not leave and waits to be sent again; log and health say why.
    pub fn is_kept_because(&self, trouble: &str) {
        self.is_kept(Reason::ConnectionFailed, trouble);
    }

    pub fn is_kept(&self, reason: Reason, trouble: &str) {
        let message = self.rest();
        let (state, certainty) = (State::Queued, Certainty::NotSent);
        assert_eq!((message.state, message.certainty, message.reason), (state, certainty, reason));
        let health = self.health();
        assert!(health.last_trouble.contains(trouble), "{health:?}");
        assert_eq!((health.state, health.last_reason), ("failing", reason.word()));
        let line = format!("gateway solapi: {}", health.last_trouble);
        assert_eq!(self.log().matches(&line).count(), 1, "{}", self.log());
        self.is_discreet();
    }

    /// Nobody can say whether it left.
    pub fn is_unknown(&self, trouble: &str) {
        let result = self.result();
        let found = (result.state, result.certainty, result.reason);
        assert_eq!(found, (State::Unknown, Certainty::PossiblySent, Reason::AnswerLost));
        let log = self.log();
        assert!(log.lines().any(|line| line.contains("gateway solapi: ") && line.contains(trouble)), "{log}");
        // Of the last question what became of the message.
        assert_ne!(self.health().last_trouble, "");
        self.is_discreet();
    }

    /// No number, key, text or secret is in what people see.
    pub fn is_discreet(&self) {
        let seen = format!("{:?}\n{}", self.client.health().unwrap(), self.log());
        let setup: Value = serde_json::from_str(include_str!("../../programs/simulator/setup.json")).unwrap();
        let secrets = ["api_key", "api_secret"].map(|name| setup["solapi"][name].as_str().unwrap().to_owned());
        for hidden in [KEY, "0100000", "가람의원", "김하늘", SECRET, &secrets[0], &secrets[1]] {
            assert!(!seen.contains(hidden), "{hidden} in {seen}");
        }
    }
}

/// Every password of these tests.
pub const SECRET: &str = "s3cret-pa55";

pub fn message() -> Request {
    Request { key: KEY.to_owned(), ..reminder(1, 0) }
}
